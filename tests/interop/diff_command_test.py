"""assay diff: what real programs changed in a file, as text, JSON and CSV, in files and folders."""

import csv
import io
import json
import shutil
import subprocess
import unittest

import products
import samples


class Diff(unittest.TestCase):
    def test_finds_what_dcmodify_changed_and_nothing_else(self):
        products.need("dcmodify", "dcmconv")
        with products.scratch() as folder:
            a = samples.write(folder / "a.dcm")
            b = folder / "b.dcm"
            shutil.copy(a, b)
            subprocess.run(["dcmodify", "-q", "-nb", "-nrc", "-m", "PatientName=Smith", "-e", "(0010,0020)", "-i", "PatientSex=F",
                            "-m", "(0040,0100)[1].(0008,0060)=MR", str(b)], check=True)
            ignored = [word for tag in ("(0002,0000)", "(0002,0012)", "(0002,0013)") for word in ("--ignore", tag)]
            code, out, err = products.assay("diff", a, b, "--json", *ignored)
            self.assertEqual((code, err), (1, ""))
            found = {(o["difference"], o["path"]) for o in map(json.loads, out.splitlines())}
            self.assertEqual(found, {("changed", "(0010,0010)"), ("only-first", "(0010,0020)"), ("only-second", "(0010,0040)"),
                                     ("changed", "(0040,0100)[2]/(0008,0060)")})
            code, out, _ = products.assay("diff", a, b, "--only", "changed", *ignored)
            self.assertIn("~ (0010,0010) PatientName: Doe^Jane -> Smith", out)
            self.assertNotIn("PatientSex", out)
            code, out, _ = products.assay("diff", a, b, "--csv", *ignored)
            rows = list(csv.DictReader(io.StringIO(out)))
            self.assertEqual(len(rows), 4)
            self.assertEqual({row["name"] for row in rows}, {"PatientName", "PatientID", "PatientSex", "Modality"})
            code, out, _ = products.assay("diff", a, a)
            self.assertEqual((code, out), (0, ""))

    def test_another_transfer_syntax_is_no_difference_in_value(self):
        products.need("dcmconv")
        with products.scratch() as folder:
            a = samples.write(folder / "a.dcm")
            for option in ("+ti", "+tb", "+te"):
                b = folder / f"b{option}.dcm"
                subprocess.run(["dcmconv", "-q", option, "-e", str(a), str(b)], check=True)
                code, out, _ = products.assay("diff", a, b, "--ignore", "(0002,*)")
                self.assertEqual((code, out), (0, ""), option)
            code, out, _ = products.assay("diff", a, b, "--ignore", "(0002,*)", "--encoding")
            self.assertEqual(code, 1)
            self.assertIn("length form differs", out)

    def test_remarks_say_what_the_changes_mean(self):
        with products.scratch() as folder:
            whole = dict(SamplesPerPixel=1, BitsStored=16, HighBit=15, StudyDate="20260105")
            a = samples.write(folder / "a.dcm", **whole)
            b = samples.write(folder / "b.dcm", name="Smith", **whole, PixelData=bytes([3, 1]) + bytes(range(2, 32)))
            code, out, _ = products.assay("diff", a, b, "--remarks")
            self.assertEqual(code, 1)
            remarks = [line.strip() for line in out.splitlines() if line.startswith("  ! ")]
            self.assertEqual(remarks, [
                "! pixels: 1 of 16 samples differ, by 3 at most and 0.1875 on average",
                "! lossy-steps: the pixels changed, and no further lossy compression is recorded (0 in both)",
                "! previous-values: 1 value changed or went, and no Original Attributes Sequence (0400,0561) of the second keeps what "
                "it was before: PatientName"])
            code, out, _ = products.assay("diff", a, b, "--remarks", "--json")
            self.assertEqual([one["remark"] for one in map(json.loads, out.splitlines()) if "remark" in one],
                             ["pixels", "lossy-steps", "previous-values"])
            code, out, _ = products.assay("diff", a, b, "--remarks", "--csv")
            self.assertEqual({len(row) for row in csv.reader(io.StringIO(out))}, {9})
            self.assertNotIn("!", products.assay("diff", a, b)[1])
            self.assertEqual(products.assay("diff", a, a, "--remarks")[:2], (0, ""))

    def test_folders_pair_by_path_or_by_instance(self):
        with products.scratch() as folder:
            for side in ("one", "two"):
                (folder / side).mkdir()
            samples.write(folder / "one" / "x.dcm", uid="1.2.3")
            samples.write(folder / "two" / "renamed.dcm", uid="1.2.3", name="Smith")
            samples.write(folder / "one" / "same.dcm", uid="1.2.4")
            samples.write(folder / "two" / "same.dcm", uid="1.2.4")
            code, out, _ = products.assay("diff", folder / "one", folder / "two")
            self.assertEqual(code, 1)
            self.assertEqual(out.splitlines(), ["renamed.dcm", "  + (file): ", "x.dcm", "  - (file): "])
            code, out, _ = products.assay("diff", folder / "one", folder / "two", "--by-instance")
            self.assertEqual(code, 1)
            self.assertEqual(out.splitlines(), ["1.2.3", "  ~ (0010,0010) PatientName: Doe^Jane -> Smith"])

    def test_bad_files_cost_one_line_each_and_exit_2_and_the_others_are_compared(self):
        with products.scratch() as folder:
            good = samples.write(folder / "good.dcm")
            for name, word in samples.bad_ones(folder).items():
                code, out, err = products.assay("diff", good, folder / name)
                self.assertEqual((code, out), (2, ""))
                self.assertEqual(len(err.splitlines()), 1, err)
                self.assertIn(word, err)
            code, _, err = products.assay("diff", good, folder)
            self.assertEqual(code, 2)
            self.assertIn("folder", err)
            code, _, err = products.assay("diff", good, good, "--ignore", "PatientNam")
            self.assertEqual(code, 2)
            self.assertIn("did you mean PatientName?", err)
            (folder / "cut.dcm").write_bytes(good.read_bytes()[:-10])
            code, out, err = products.assay("diff", good, folder / "cut.dcm")
            self.assertEqual(code, 1)
            self.assertEqual(len(err.splitlines()), 1)
            self.assertIn("PixelData", out)
            for side in ("one", "two"):
                (folder / side).mkdir()
                shutil.copy(folder / "text.dcm", folder / side / "a.dcm")
            samples.write(folder / "one" / "b.dcm")
            samples.write(folder / "two" / "b.dcm", name="Other")
            code, out, err = products.assay("diff", folder / "one", folder / "two")
            self.assertEqual(code, 2)
            self.assertIn("Doe^Jane -> Other", out)


if __name__ == "__main__":
    unittest.main()
