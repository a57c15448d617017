"""assay edit: other programs read what it wrote, and not a byte differs outside the element and the lengths around it."""

import os
import shutil
import subprocess
import unittest

import products
import pydicom
import samples


def differing_span(a, b):
    """Lengths of the common start and of the common end of two byte strings."""
    start = len(os.path.commonprefix([a, b]))
    end = len(os.path.commonprefix([a[start:][::-1], b[start:][::-1]]))
    return start, end


class Edit(unittest.TestCase):
    def edited(self, path, *words, code=0):
        got, out, err = products.assay("edit", path, "--in-place", *words)
        self.assertEqual(got, code, out + err)
        return out, err

    def test_pydicom_and_dcmdump_read_the_edits_in_every_syntax(self):
        products.need("dcmdump")
        with products.scratch() as folder:
            for syntax in samples.SYNTAXES:
                path = samples.write(folder / f"{syntax}.dcm", syntax)
                self.edited(path, "--set", "PatientName=Smith^Al", "--clear", "PatientID", "--delete", "(0029,xx10,ASSAY TEST)",
                            "--set", "ScheduledProcedureStepSequence[2]/Modality=MR",
                            "--insert", "ScheduledProcedureStepSequence[+]", "--set", "(0040,0100)[3]/Modality=US",
                            "--set", "ReferencedStudySequence[1]/ReferencedSOPInstanceUID=1.2.3", "--create-missing",
                            "--set", "Rows=8", "--set-hex", "PixelData=00010203")
                ds = pydicom.dcmread(str(path))
                self.assertEqual(ds.PatientName, "Smith^Al")
                self.assertEqual(ds.PatientID, "")
                self.assertEqual([i.get("Modality") for i in ds.ScheduledProcedureStepSequence], ["CT", "MR", "US"])
                self.assertEqual(ds.ReferencedStudySequence[0].ReferencedSOPInstanceUID, "1.2.3")
                self.assertEqual(ds.Rows, 8)
                self.assertEqual(ds.PixelData, b"\x00\x01\x02\x03")
                self.assertNotIn((0x0029, 0x1010), ds)
                done = subprocess.run(["dcmdump", "-q", str(path)], capture_output=True, text=True)
                self.assertEqual((done.returncode, done.stderr), (0, ""))
                self.assertIn("[Smith^Al]", done.stdout)

    def test_the_same_as_dcmodify_makes_of_it(self):
        products.need("dcmodify")
        with products.scratch() as folder:
            ours = samples.write(folder / "ours.dcm")
            theirs = folder / "theirs.dcm"
            shutil.copy(ours, theirs)
            self.edited(ours, "--set", "PatientName=Smith", "--set", "(0040,0100)[1]/(0008,0060)=MR", "--delete", "PatientID")
            subprocess.run(["dcmodify", "-q", "-nb", "-m", "PatientName=Smith", "-m", "(0040,0100)[0].(0008,0060)=MR", "-e",
                            "(0010,0020)", str(theirs)], check=True)
            code, out, _ = products.assay("diff", ours, theirs, "--ignore", "(0002,*)")
            self.assertEqual((code, out), (0, ""))

    def test_nothing_changes_outside_the_element(self):
        with products.scratch() as folder:
            path = samples.write(folder / "a.dcm")
            before = path.read_bytes()
            self.edited(path, "--set", "PatientName=Smith^Al")
            after = path.read_bytes()
            start, end = differing_span(before, after)
            self.assertEqual(before[start : len(before) - end], b"Doe^Jane")
            self.edited(path, "--set", "PatientName=Doe^Jane")
            self.assertEqual(path.read_bytes(), before)
            self.edited(path, "--set", "(0040,0100)[1]/Modality=MR")
            start, end = differing_span(before, path.read_bytes())
            self.assertLessEqual(len(before) - end - start, 2)

    def test_the_file_meta_information_follows_the_instance_unless_told_otherwise(self):
        with products.scratch() as folder:
            path = samples.write(folder / "a.dcm")
            out, _ = self.edited(path, "--set", "SOPInstanceUID=1.2.3.4567")
            self.assertIn("(0002,0003)", out)
            ds = pydicom.dcmread(str(path))
            self.assertEqual((ds.SOPInstanceUID, ds.file_meta.MediaStorageSOPInstanceUID), ("1.2.3.4567", "1.2.3.4567"))
            size = ds.file_meta.FileMetaInformationGroupLength
            self.assertEqual(path.read_bytes()[144 + size : 148 + size], b"\x08\x00\x16\x00", "the group length leads to the data set")
            self.edited(path, "--set", "SOPInstanceUID=1.2.3", "--keep-meta")
            self.assertEqual(pydicom.dcmread(str(path)).file_meta.MediaStorageSOPInstanceUID, "1.2.3.4567")

    def test_a_folder_of_files_goes_to_another_folder_and_a_dry_run_writes_nothing(self):
        with products.scratch() as folder:
            (folder / "in" / "deep").mkdir(parents=True)
            originals = [samples.write(folder / "in" / "a.dcm", uid="1.2.3"), samples.write(folder / "in" / "deep" / "b.dcm", uid="1.2.4")]
            before = [p.read_bytes() for p in originals]
            code, out, _ = products.assay("edit", folder / "in", "--set", "PatientID=X", "--dry-run")
            self.assertEqual(code, 0)
            self.assertIn("(0010,0020) LO: '12345' -> 'X'", out)
            code, out, err = products.assay("edit", folder / "in", "--set", "PatientID=X", "--out", folder / "out")
            self.assertEqual((code, err), (0, ""))
            self.assertEqual(len(out.splitlines()), 2)
            self.assertEqual([p.read_bytes() for p in originals], before)
            for name in ("a.dcm", "deep/b.dcm"):
                self.assertEqual(pydicom.dcmread(str(folder / "out" / name)).PatientID, "X")
            self.assertEqual(sorted(p.name for p in (folder / "out").rglob("*") if p.is_file()), ["a.dcm", "b.dcm"], "no temporary files")

    def test_illegal_values_need_force(self):
        with products.scratch() as folder:
            path = samples.write(folder / "a.dcm")
            before = path.read_bytes()
            for words, told in ((["--set", "Modality=ct!"], "CS"), (["--set", "Rows=70000"], "65535"), (["--set", "PatientName=M\u00fcller"], "ASCII"),
                                (["--set", "TransferSyntaxUID=1.2.840.10008.1.2"], "convert"), (["--set-hex", "Rows=01"], "even")):
                _, err = self.edited(path, *words, code=2)
                self.assertEqual(len(err.splitlines()), 1, err)
                self.assertIn(told, err)
                self.assertEqual(path.read_bytes(), before)
            self.edited(path, "--set", "Modality=ct!", "--set-hex", "Rows=01", "--force")
            data = path.read_bytes()
            self.assertIn(b"\x08\x00\x60\x00CS\x04\x00ct! ", data)
            self.assertIn(b"\x28\x00\x10\x00US\x01\x00\x01\x28\x00", data)

    def test_a_damaged_file_keeps_its_damage(self):
        with products.scratch() as folder:
            path = samples.write(folder / "a.dcm")
            cut = path.read_bytes()[:-10]
            path.write_bytes(cut)
            _, err = self.edited(path, "--set", "PatientID=54321", code=1)
            self.assertEqual(len(err.splitlines()), 1)
            self.assertEqual(path.read_bytes(), cut.replace(b"12345", b"54321"))

    def test_usage_mistakes_and_bad_files_cost_one_line_each(self):
        with products.scratch() as folder:
            good = samples.write(folder / "good.dcm")
            for words, told in (([], "--set"), (["--set", "PatientID=X"], "--out"), (["--set", "PatientID", "--in-place"], "'='"),
                                (["--set", "PatientNam=X", "--in-place"], "did you mean PatientName?"),
                                (["--set", "PatientID:QQ=X", "--in-place"], "VR"), (["--set-hex", "PatientID=xx", "--in-place"], "hexadecimal"),
                                (["--delete", "PatientWeight", "--in-place"], "there is no"),
                                (["--set", "(0040,0100)[9]/Modality=X", "--in-place"], "2 items, not 9")):
                code, out, err = products.assay("edit", good, *words)
                self.assertEqual((code, out), (2, ""), words)
                self.assertEqual(len(err.splitlines()), 1, err)
                self.assertIn(told, err)
            bad = samples.bad_ones(folder)
            code, out, err = products.assay("edit", *[folder / name for name in bad], good, "--set", "PatientID=X", "--in-place")
            self.assertEqual(code, 2)
            self.assertEqual(len(err.splitlines()), len(bad), err)
            for name, word in bad.items():
                self.assertTrue(any(name in line and word in line for line in err.splitlines()), err)
            self.assertEqual(pydicom.dcmread(str(good)).PatientID, "X")


if __name__ == "__main__":
    unittest.main()
