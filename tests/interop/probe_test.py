"""assay probe over files that other people's packages ship, and over files that are no DICOM files: one line each, the
exit code of the worst, and one bad file never stops the rest."""

import gzip
import json
import pathlib
import subprocess
import unittest

import products

PYDICOM = pathlib.Path("/usr/lib/python3/dist-packages/pydicom/data")

# Files of the pydicom package that are known to be wrong about themselves, and what about them.
KNOWN = {
    "rtstruct.dcm": "bare Data Set",
    "ExplVR_LitEndNoMeta.dcm": "bare Data Set",
    "ExplVR_BigEndNoMeta.dcm": "bare Data Set",
    "no_meta.dcm": "bare Data Set",
    "image_dfl.dcm": "after the last block",
    "SC_rgb_jpeg.dcm": "declared Explicit VR Little Endian, looks like Implicit VR Little Endian",
    "no_meta_group_length.dcm": "(0002,0000)",
    "meta_missing_tsyntax.dcm": "(0002,0010)",
    "nested_priv_SQ.dcm": "(0002,0002)",
    "empty_charset_LEI.dcm": "(0002,0002)",
    "MR_truncated.dcm": "(7FE0,0010)",
    "DICOMDIR-nooffset": "(0004,1220)",
    # The UIDs of group 0002 and of the Data Set differ.
    "chrJapMultiExplicitIR6.dcm": "(0002,0003)",
    "chrJapMulti.dcm": "(0002,0003)",
    "rtplan.dcm": "(0002,0003)",
    "rtplan_truncated.dcm": "(0002,0003)",
    "badVR.dcm": "(0002,0003)",
    "rtdose.dcm": "(0002,0003)",
    "rtdose_1frame.dcm": "(0002,0003)",
    "rtdose_expb.dcm": "(0002,0003)",
    "rtdose_expb_1frame.dcm": "(0002,0003)",
}


class Probe(unittest.TestCase):
    def probe(self, *paths):
        code, out, err = products.assay("probe", "--json", *paths)
        return code, json.loads(out), err

    def test_no_file_of_others_is_misread_and_every_doubt_is_one_we_know(self):
        if not PYDICOM.is_dir():
            self.fail("python3-pydicom is not installed (tests/run installs what the tests need)")
        code, answers, err = self.probe(PYDICOM)
        self.assertEqual(code, 2, err)  # there are texts among them
        self.assertGreater(len(answers), 150)
        for answer in answers:
            name = pathlib.Path(answer["file"]).name
            with self.subTest(answer["file"]):
                if answer["verdict"] == "doubtful":
                    self.assertIn(name, KNOWN, answer)
                    self.assertIn(KNOWN[name], answer["what"] + answer["guess"] + answer["fault"])
                elif answer["verdict"] == "not DICOM":
                    self.assertFalse(name.endswith(".dcm") or name == "DICOMDIR", answer)
                else:
                    self.assertNotIn(name, KNOWN)

    def test_the_guess_reads_what_the_label_hides(self):
        with products.scratch() as folder:
            right = products.synthetic_file(folder)
            data = pathlib.Path(right).read_bytes()
            label = b"1.2.840.10008.1.2.1\0"
            self.assertIn(label, data)
            wrong = folder / "wrong.dcm"
            wrong.write_bytes(data.replace(label, b"1.2.840.10008.1.2.2\0", 1))
            code, answers, _ = self.probe(right, wrong)
            self.assertEqual(code, 1)
            self.assertEqual([a["verdict"] for a in answers], ["usable", "doubtful"])
            self.assertEqual(answers[1]["guess"], "declared Explicit VR Big Endian, looks like Explicit VR Little Endian")

    def test_twenty_names_and_contents(self):
        with products.scratch() as folder:
            data = pathlib.Path(products.synthetic_file(folder)).read_bytes()
            variants = {
                "right.dcm": (data, "usable"),
                "no_extension": (data, "usable"),
                "right.jpg": (data, "usable"),
                "DICOMDIR": (data, "usable"),
                "shifted.dcm": (b"\0" + data, "doubtful"),
                "lower.dcm": (data.replace(b"DICM", b"dicm", 1), "doubtful"),
                "no_preamble.dcm": (data[128:], "doubtful"),
                "no_prefix.dcm": (data[132:], "doubtful"),
                "tiff.dcm": (b"II*\0" + data[4:], "usable"),
                "program.dcm": (b"MZ\x90\0" + data[4:], "doubtful"),
                "cut.dcm": (data[:-3], "doubtful"),
                "padded.dcm": (data + bytes(64), "doubtful"),
                "short.dcm": (data[:131], "not DICOM"),
                "zipped.dcm": (gzip.compress(data), "not DICOM"),
                "text.dcm": (b"no image here\n", "not DICOM"),
                "page.dcm": (b"<!DOCTYPE html><html></html>", "not DICOM"),
                "report.pdf": (b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n", "not DICOM"),
                "photo.dcm": (b"\xff\xd8\xff\xe0\0\x10JFIF" + bytes(200), "not DICOM"),
                "zeros.dcm": (bytes(1000), "not DICOM"),
                "model.dcm": (b'[{"00080060": {"vr": "CS"}}]', "not DICOM"),
                "message.dcm": (b"MSH|^~\\&|A|B\r", "not DICOM"),
            }
            made = folder / "variants"
            made.mkdir()
            for name, (content, _) in variants.items():
                (made / name).write_bytes(content)
            (made / "empty.dcm").write_bytes(b"")
            code, answers, err = self.probe(made)
            self.assertEqual(code, 2)
            self.assertIn("empty.dcm: is empty", err)
            broken = [a for a in answers if "error" in a]
            self.assertEqual([pathlib.Path(a["file"]).name for a in broken], ["empty.dcm"])
            answers = [a for a in answers if "error" not in a]
            found = {pathlib.Path(a["file"]).name: a["verdict"] for a in answers}
            self.assertEqual(found, {name: verdict for name, (_, verdict) in variants.items()})
            for answer in answers:
                self.assertTrue(answer["next"].endswith("."), answer)

    def test_names_as_long_as_the_system_allows(self):
        with products.scratch() as folder:
            data = pathlib.Path(products.synthetic_file(folder)).read_bytes()
            deep = folder.joinpath(*["1.2.826.0.1.3680043.10.999." + "7" * 200] * 4)  # folders named by UIDs, and too long ones
            deep.mkdir(parents=True)
            (deep / ("9" * 255)).write_bytes(data)
            code, answers, err = self.probe(folder / deep.relative_to(folder).parts[0])
            self.assertEqual((code, err), (0, ""))
            self.assertEqual([a["verdict"] for a in answers], ["usable"])
            for command in ("dump", "validate"):
                code, _, err = products.assay(command, deep)
                self.assertEqual((code, err.count("cannot")), (0, 0), err)

    def test_lines_for_people(self):
        with products.scratch() as folder:
            file = products.synthetic_file(folder)
            code, out, err = products.assay("probe", file)
            self.assertEqual((code, err), (0, ""))
            self.assertEqual(out.count("\n"), 1, out)
            for part in (str(file), "DICOM file", "Secondary Capture", "Explicit VR Little Endian", "assay dump"):
                self.assertIn(part, out)
            code, out, err = products.assay("probe", folder / "missing", file)
            self.assertEqual(code, 2)
            self.assertIn("missing", err)
            self.assertIn("DICOM file", out)

    def test_standard_input(self):
        with products.scratch() as folder:
            data = pathlib.Path(products.synthetic_file(folder)).read_bytes()
            done = subprocess.run([products.ASSAY, "probe", "-"], input=data, capture_output=True, timeout=60)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertIn(b"DICOM file", done.stdout)


if __name__ == "__main__":
    unittest.main()
