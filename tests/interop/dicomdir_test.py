"""DICOMDIRs that other people's software makes, judged by Assay, and Assay's read by other people's software."""

import hashlib
import json
import pathlib
import shutil
import subprocess
import unittest

import products

DATA = pathlib.Path("/usr/lib/python3/dist-packages/pydicom/data/test_files/dicomdirtests")
SYSTEM_PYTHON = "/usr/bin/python3"  # the one that Debian's pydicom belongs to


def file_set(folder):
    """The patients of pydicom's test file-set, without a DICOMDIR."""
    root = folder / "set"
    root.mkdir()
    for name in ("77654033", "98892001", "98892003"):
        shutil.copytree(DATA / name, root / name)
    return root


def digests(root):
    return {str(p.relative_to(root)): hashlib.sha256(p.read_bytes()).hexdigest() for p in sorted(root.rglob("*")) if p.is_file()}


def run(*command, cwd=None):
    return subprocess.run(list(map(str, command)), cwd=cwd, capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL)


class Dicomdir(unittest.TestCase):
    def verify(self, path, expect=None):
        code, out, err = products.assay("dicomdir", "verify", path, "--json")
        self.assertIn(code, (0, 1), err)
        answer = json.loads(out)
        self.assertEqual(answer["verdict"] == "fail", code == 1)
        if expect is not None:
            self.assertEqual(sorted({p["rule"] for p in answer["findings"]}), sorted(expect), out)
        return answer

    def build(self, root, *options, code=0):
        done, out, err = products.assay("dicomdir", "build", root, "--json", *options)
        self.assertEqual(done, code, out + err)
        return json.loads(out)

    # Others write, Assay judges.

    def test_dcmtk_writes_what_is_right(self):
        products.need("dcmgpdir")
        with products.scratch() as folder:
            root = file_set(folder)
            made = run("dcmgpdir", "+r", "+I", "77654033", "98892001", "98892003", cwd=root)
            self.assertEqual(made.returncode, 0, made.stderr)
            answer = self.verify(root, expect=[])
            self.assertEqual((answer["records"], answer["files"]), (52, 31))

    def test_gdcm_writes_a_wrong_last_root_offset(self):
        # GDCM 3.0 lets (0004,1202) point to the last record of all, an IMAGE, and not to the last of the root
        # (PS3.3 F.3.2.2). Everything else is right.
        products.need("gdcmgendir")
        with products.scratch() as folder:
            root = file_set(folder)
            made = run("gdcmgendir", "-r", "-i", ".", "-o", "DICOMDIR", "--descriptor", "TEST", cwd=root)
            self.assertEqual(made.returncode, 0, made.stderr)
            answer = self.verify(root, expect=["ps3.3/F.3.2.2/root-offset"])
            self.assertEqual(answer["findings"][0]["path"], "(0004,1202)")
            self.assertEqual(answer["records"], 52)

    def test_the_broken_ones_of_pydicom_are_named(self):
        expected = {
            "DICOMDIR": [],
            "DICOMDIR-reordered": [],
            "DICOMDIR-bigEnd": ["ps3.10/7.1/transfer-syntax-retired", "ps3.10/8.6/dicomdir-transfer-syntax"],
            "DICOMDIR-implicit": ["ps3.10/8.6/dicomdir-transfer-syntax"],
            # An item is longer than its sequence, and the offset before it leads there.
            "DICOMDIR-nooffset": ["ps3.3/F.3.2.2/next-offset", "ps3.5/7.1/length-past-end", "ps3.10/8.6/file-unlisted"],
            "DICOMDIR-nopatient": ["ps3.3/F.3.2.2/record-orphan", "ps3.3/F.3.2.2/record-type", "ps3.3/F.3.2.2/root-offset",
                                   "ps3.3/F.4/record-nesting"],
        }
        for name, rules in expected.items():
            with self.subTest(name), products.scratch() as folder:
                root = file_set(folder)
                shutil.copy(DATA / name, root / "DICOMDIR")
                self.verify(root, expect=rules)

    # Assay writes, others read.

    def test_what_is_built_is_read_by_dcmtk_gdcm_pydicom_and_dicom3tools(self):
        products.need("dcmdump", "dcmgpdir", "dcdirdmp", "dciodvfy")
        with products.scratch() as folder:
            root = file_set(folder)
            answer = self.build(root, "--file-set-id", "ASSAY_TEST")
            self.assertEqual((answer["listed"], answer["records"], answer["not_listed"]), (31, 52, []))
            self.verify(root, expect=[])

            dump = run("dcmdump", "+E", root / "DICOMDIR")
            self.assertEqual((dump.returncode, dump.stderr), (0, ""))
            self.assertEqual(dump.stdout.count('"Directory Record" IMAGE'), 31)
            reading = run(SYSTEM_PYTHON, "-c", """
import sys
from pydicom.fileset import FileSet
found = FileSet(sys.argv[1])
print(len(found), found.ID, len(found.find_values("PatientID")), len(found.find_values("SeriesInstanceUID")))
for instance in found:
    instance.load()
""", root / "DICOMDIR")
            self.assertEqual(reading.returncode, 0, reading.stderr)
            self.assertEqual(reading.stdout.split()[:3], ["31", "ASSAY_TEST", "2"])
            tools = run("dcdirdmp", root / "DICOMDIR")
            self.assertEqual(tools.returncode, 0, tools.stderr)
            self.assertEqual((tools.stdout + tools.stderr).count("IMAGE"), 31)
            judged = run("dciodvfy", "-dump", root / "DICOMDIR")
            self.assertNotIn("Error - Bad", judged.stderr)

            # DCMTK takes it further: a file is added to our DICOMDIR, and the result is still right.
            extra = pathlib.Path(products.synthetic_file(folder))
            shutil.copy(extra, root / "EXTRA")
            added = run("dcmgpdir", "+A", "+I", "EXTRA", cwd=root)
            self.assertEqual(added.returncode, 0, added.stderr)
            answer = self.verify(root, expect=[])
            self.assertEqual(answer["files"], 32)

    def test_objects_of_many_kinds(self):
        products.need("dcmdump")
        with products.scratch() as folder:
            root = folder / "set"
            root.mkdir()
            tests = DATA.parent
            kinds = {"rtplan.dcm": "RT PLAN", "rtdose.dcm": "RT DOSE", "test-SR.dcm": "SR DOCUMENT", "waveform_ecg.dcm": "WAVEFORM",
                     "CT_small.dcm": "IMAGE", "JPEG2000.dcm": "IMAGE", "image_dfl.dcm": "IMAGE"}
            for number, name in enumerate(kinds):
                shutil.copy(tests / name, root / f"F{number}")
            answer = self.build(root)
            self.assertEqual(answer["not_listed"], [])
            dump = run("dcmdump", "+P", "0004,1430", "+P", "0004,1500", "+L", root / "DICOMDIR").stdout
            for kind in set(kinds.values()):
                self.assertIn(f"[{kind}", dump)

    # What stays as it was, and what is said.

    def test_verify_changes_nothing_and_build_only_the_DICOMDIR(self):
        with products.scratch() as folder:
            root = file_set(folder)
            before = digests(root)
            self.build(root)
            after = digests(root)
            self.assertEqual({k: v for k, v in after.items() if k != "DICOMDIR"}, before)
            self.verify(root)
            self.assertEqual(digests(root), after)
            code, _, err = products.assay("dicomdir", "build", root)
            self.assertEqual(code, 2)
            self.assertIn("--force", err)
            self.build(root, "--force")
            self.assertEqual(digests(root), after)  # the same files give the same bytes

    def test_files_that_came_and_went(self):
        with products.scratch() as folder:
            root = file_set(folder)
            self.build(root)
            images = sorted(p for p in root.rglob("*") if p.is_file() and p.name != "DICOMDIR")
            images[0].rename(root / "MOVED")
            images[1].write_bytes(b"overwritten")
            shutil.copy(images[2], images[3])
            shutil.copy(root / "DICOMDIR", images[4].parent / "DICOMDIR")
            answer = self.verify(root)
            self.assertEqual({p["rule"] for p in answer["findings"]}, {
                "ps3.10/8.6/file-missing", "ps3.10/8.6/file-unlisted", "ps3.10/8.6/file-not-dicom",
                "ps3.10/8.6/file-sop-class", "ps3.10/8.6/file-sop-instance", "ps3.10/8.6/dicomdir-second"})
            for problem in answer["findings"]:
                self.assertTrue(problem["advice"].endswith("."), problem)

    def test_pixels_are_not_needed(self):
        with products.scratch() as folder:
            root = folder / "set"
            root.mkdir()
            data = pathlib.Path(products.synthetic_file(folder)).read_bytes()
            (root / "CUT").write_bytes(data[:-20])
            self.assertEqual(self.build(root)["listed"], 1)
            self.verify(root, expect=[])

    def test_names_that_are_no_file_ids_and_files_that_are_no_objects(self):
        with products.scratch() as folder:
            root = folder / "set"
            root.mkdir()
            file = pathlib.Path(products.synthetic_file(folder))
            shutil.copy(file, root / "GOOD")
            shutil.copy(file, root / "image.dcm")
            (root / "README").write_text("hello\n")
            answer = self.build(root, code=1)
            self.assertEqual((answer["listed"], answer["other_files"]), (1, 1))
            self.assertIn("image.dcm", answer["not_listed"][0])
            self.assertIn("rename it", answer["not_listed"][0])

    def test_folders_without_a_DICOMDIR(self):
        with products.scratch() as folder:
            code, _, err = products.assay("dicomdir", "verify", folder)
            self.assertEqual(code, 2, err)
            root = file_set(folder)
            answer = self.verify(root, expect=["ps3.10/8.6/dicomdir-missing"])
            self.assertEqual(answer["dicom_files"], 31)
            (folder / "empty").mkdir()
            self.assertEqual(self.build(folder / "empty")["records"], 0)
            self.verify(folder / "empty", expect=[])
            code, _, err = products.assay("dicomdir", "verify", folder / "nothing")
            self.assertEqual(code, 2, err)
            code, _, err = products.assay("dicomdir", "build", folder / "nothing")
            self.assertEqual(code, 2, err)
            (folder / "text").write_text("no DICOMDIR")
            code, _, err = products.assay("dicomdir", "verify", folder / "text")
            self.assertEqual(code, 2, err)
            self.assertIn("a text", err)


if __name__ == "__main__":
    unittest.main()
