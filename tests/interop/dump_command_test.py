"""assay dump against real programs' files: readable, safe, complete, and one bad file never stops the rest."""

import json
import os
import re
import subprocess
import unittest

import products
import pydicom
import samples


class Dump(unittest.TestCase):
    def test_the_elements_are_those_that_pydicom_and_dcmdump_see(self):
        products.need("dcmdump")
        with products.scratch() as folder:
            for syntax in samples.SYNTAXES:
                path = samples.write(folder / f"{syntax}.dcm", syntax)
                code, out, err = products.assay("dump", "--elements", path)
                self.assertEqual((code, err), (0, ""), out)
                rows = [line.split("\t") for line in out.splitlines()]
                self.assertEqual({len(row) for row in rows}, {8})
                mine = [row[2][-11:] for row in rows if row[3] in ("element", "sequence")]
                ds = pydicom.dcmread(str(path))
                theirs = [e.tag for e in ds.file_meta] + [e.tag for e in ds.iterall()]
                self.assertEqual(mine, [f"({t.group:04X},{t.element:04X})" for t in theirs])
                dcmtk = subprocess.run(["dcmdump", "-q", str(path)], capture_output=True, text=True, errors="replace").stdout
                tags = [t for t in re.findall(r"^ *(\([0-9a-f]{4},[0-9a-f]{4}\))", dcmtk, re.M) if not t.startswith("(fffe")]
                self.assertEqual([t.lower() for t in mine], tags)

    def test_people_see_tag_VR_length_VM_name_and_value_nested(self):
        with products.scratch() as folder:
            path = samples.write(folder / "a.dcm")
            code, out, err = products.assay("dump", path)
            self.assertEqual((code, err), (0, ""))
            self.assertIn("Explicit VR Little Endian, CT Image Storage", out.splitlines()[0])
            self.assertRegex(out, r"\n +\d+  \(0010,0010\) PN +8   1  PatientName +Doe\^Jane\n")
            self.assertRegex(out, r"\n +\d+    item 2 ")
            self.assertRegex(out, r"\n +\d+      \(0008,0060\) CS +2   1  Modality +CT\n")
            self.assertIn("[ASSAY TEST]", out)
            self.assertRegex(out, r"PixelData +32 bytes\n")
            self.assertNotIn("\x1b", out)
            offset = int(re.search(r"(\d+)  \(0010,0010\)", out).group(1))
            self.assertEqual(path.read_bytes()[offset : offset + 6], b"\x10\x00\x10\x00PN")
            code, out, _ = products.assay("dump", path, "--tag", "ScheduledProcedureStepSequence[2]/Modality")
            self.assertEqual(code, 0)
            self.assertIn("(0040,0100)[2]/(0008,0060)", out)
            self.assertEqual(len(out.splitlines()), 2)
            code, out, _ = products.assay("dump", path, "--stop-before", "PatientID")
            self.assertIn("PatientName", out)
            self.assertNotIn("PatientID", out)
            code, out, _ = products.assay("dump", path, "--json", "--depth", "0")
            objects = [json.loads(line) for line in out.splitlines()]
            self.assertIn("Doe^Jane", [o.get("value") for o in objects])

    def test_a_mistake_in_an_option_is_one_line_and_exit_2(self):
        with products.scratch() as folder:
            path = samples.write(folder / "a.dcm")
            for arguments, word in ((["--tag", "PatientNam"], "PatientName"), (["--stop-before", "Nonsense"], "Nonsense"),
                                    (["--as", "Verification"], "transfer syntax"), (["--json", "--elements"], "--help")):
                code, out, err = products.assay("dump", path, *arguments)
                self.assertEqual((code, out), (2, ""), arguments)
                self.assertEqual(len(err.splitlines()), 1, err)
                self.assertIn(word, err)

    def test_bad_files_cost_one_line_each_and_the_others_are_still_shown(self):
        with products.scratch() as folder:
            good = samples.write(folder / "good.dcm")
            bad = samples.bad_ones(folder)
            whole = good.read_bytes()
            (folder / "truncated.dcm").write_bytes(whole[:-10])
            code, out, err = products.assay("dump", folder / "truncated.dcm", *[folder / name for name in bad], good)
            self.assertEqual(code, 2)
            self.assertIn("Doe^Jane", out)
            self.assertIn(f"{good}: Explicit", out)
            self.assertEqual(len(err.splitlines()), len(bad) + 1, err)
            for name, word in bad.items():
                self.assertEqual([word in line for line in err.splitlines() if name in line], [True], err)
            code, out, err = products.assay("dump", folder / "truncated.dcm")
            self.assertEqual(code, 1, err)
            self.assertIn("Doe^Jane", out)
            self.assertIn("truncated.dcm", err)
            code, out, err = products.assay("dump", folder / "nothing-there")
            self.assertEqual(code, 2)

    def test_problems_are_shown_where_they_are(self):
        with products.scratch() as folder:
            path = samples.write(folder / "a.dcm")
            data = path.read_bytes().replace(b"CS\x02\x00CT\x10", b"CS\x01\x00T\x10", 1)
            path.write_bytes(data)
            code, out, _ = products.assay("dump", path, "--problems")
            self.assertEqual(code, 1)
            lines = out.splitlines()
            at = next(i for i, line in enumerate(lines) if "Modality" in line)
            self.assertIn("ps3.5/7.1.1/odd-length", lines[at + 1])

    def test_many_files_in_one_view_by_level(self):
        with products.scratch() as folder:
            for i in range(3):
                samples.write(folder / f"{i}.dcm", uid=f"1.2.826.0.1.3680043.9.9999.1.{i + 1}", InstanceNumber=str(i))
            code, out, err = products.assay("dump", folder, "--group-by-level")
            self.assertEqual((code, err), (0, ""))
            self.assertIn("patient 12345: 3 instances, 1 studies", out)
            self.assertEqual(out.count("Doe^Jane"), 1)
            self.assertRegex(out, r"InstanceNumber +3 values")

    def test_the_header_of_a_huge_file_is_shown_without_reading_its_pixels(self):
        with products.scratch() as folder:
            path = samples.write(folder / "huge.dcm")
            data = path.read_bytes()
            at = data.index(b"\xe0\x7f\x10\x00OW\x00\x00")
            script = ("import resource, subprocess, sys\n"
                      "r = subprocess.run(sys.argv[1:], stdout=subprocess.PIPE)\n"
                      "sys.stderr.write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))\n"
                      "sys.stdout.buffer.write(r.stdout); sys.exit(r.returncode)\n")
            for size in (1 << 30, 3 << 30):  # the second is no 32-bit signed number
                with open(path, "r+b") as file:  # a sparse file: it takes no room
                    file.seek(at + 8)
                    file.write(size.to_bytes(4, "little"))
                    file.truncate(at + 12 + size)
                done = subprocess.run(["python3", "-c", script, products.ASSAY, "dump", str(path)], capture_output=True, text=True, timeout=60)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertRegex(done.stdout, rf"PixelData +{size} bytes\n")
                self.assertLess(int(done.stderr), 64 * 1024, "KiB in memory at the peak")

    def test_the_text_form_leads_back_to_the_same_file(self):
        with products.scratch() as folder:
            for syntax in samples.SYNTAXES:
                path = samples.write(folder / f"{syntax}.dcm", syntax)
                data = path.read_bytes()
                for number, changed in enumerate((data, data[:-3], data.replace(b"Doe^Jane", b"Doe\x00\xff\x1b e"))):
                    path.write_bytes(changed)
                    _, text, _ = products.assay("dump", path, "--text-form")
                    (folder / "form.txt").write_text(text)
                    back = folder / "back.dcm"
                    code, out, err = products.assay("edit", back, "--from-text", folder / "form.txt")
                    self.assertEqual((code, out, err), (0, "", ""), number)
                    self.assertEqual(back.read_bytes(), changed, f"{syntax} {number}")
            (folder / "form.txt").write_text("assay-text-form 1\nencoding explicit-le\n(0010,0010) PN Doe\n")
            code, _, err = products.assay("edit", folder / "never.dcm", "--from-text", folder / "form.txt")
            self.assertEqual(code, 2)
            self.assertIn("form.txt:3:16: ", err)
            self.assertFalse((folder / "never.dcm").exists())


if __name__ == "__main__":
    unittest.main()
