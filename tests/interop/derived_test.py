"""assay validate --derived-from on images that DCMTK and GDCM derived from one CT image and one colour capture: what each
tool leaves undone is found, and nothing else; objects that were only coded in another way are healthy."""

import json
import pathlib
import shutil
import subprocess
import unittest

import products

SAMPLES = pathlib.Path("/usr/lib/python3/dist-packages/pydicom/data/test_files")
# The rules of rules/derived_rules.inc, as they are told.
RULES = ["ps3.3/A.1.2.3/series-kept", "ps3.3/A.1.2.4/*", "ps3.3/C.11.1/*", "ps3.3/C.12.1/derived-before-source", "ps3.3/C.12.1/maker-unknown",
         "ps3.3/C.12.4.1.2/source-*", "ps3.3/C.7.1.1/*-not-copied", "ps3.3/C.7.1.1/derived-*", "ps3.3/C.7.10.1/acquisition-not-kept",
         "ps3.3/C.7.2.1/*", "ps3.3/C.7.3.1/procedure-*", "ps3.3/C.7.3.1.1.1/*", "ps3.3/C.7.6.1/burned-in-denied",
         "ps3.3/C.7.6.1/burned-in-not-told", "ps3.3/C.7.6.1.1.2/*", "ps3.3/C.7.6.1.1.5/lossy-forgotten",
         "ps3.3/C.7.6.1.1.5.2/lossy-steps-forgotten", "ps3.3/C.7.6.2/*", "ps3.3/C.7.6.3.1.2/*", "ps3.5/7.8/private-copied"]
# A new object of another program in the old series with the old maker, and the GE scanner's 163 private elements in it: dcmdump
# shows (0020,000e), (0008,0070) and the groups 0009 to 0043 as in the source, and no (0018,a001).
RELABELLED = {"series-kept", "maker-unknown"}
CARRIED_ON = RELABELLED | {"private-copied"}


def made(target, *command):
    """The file that a command wrote."""
    subprocess.run([*map(str, command)], check=True, capture_output=True)
    return target


def findings(source, *files, rules=RULES):
    """File name -> [finding], the sources each was held against, exit code."""
    only = [word for rule in rules for word in ("--only", rule)]
    code, out, err = products.assay("validate", "--json", *only, "--derived-from", source, *files)
    lines = [json.loads(line) for line in out.splitlines()]
    assert lines, err
    return {pathlib.Path(line["file"]).name: line for line in lines if "file" in line}, code


def slugs(file):
    return {finding["rule"].rsplit("/", 1)[1] for finding in file["findings"]}


class Derived(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        products.need("dcmcjpeg", "dcmdjpeg", "dcmcrle", "dcmcjpls", "dcmscale", "dcmquant", "dcmconv", "dcmodify", "img2dcm", "dcmj2pnm",
                      "gdcmconv", "gdcmimg")

    def judged(self, folder, source, made_of):
        """Name -> slugs, of files that commands make in the folder; `made_of` has the command without the file at its end."""
        files = [made(folder / f"{name}.dcm", *command, folder / f"{name}.dcm") for name, command in made_of.items()]
        found, _ = findings(source, *files)
        for file in files:
            self.assertEqual(found[file.name]["derived_from"], [str(source)], file.name)
        return {file.stem: slugs(found[file.name]) for file in files}

    def test_other_codings_of_an_image_are_healthy(self):
        with products.scratch() as folder:
            source = shutil.copy(SAMPLES / "CT_small.dcm", folder / "source.dcm")
            found = self.judged(folder, source, {
                "rle": ("dcmcrle", source),
                "jpeg-lossless": ("dcmcjpeg", "+e1", source),
                "jpeg-ls": ("dcmcjpls", source),
                "implicit": ("dcmconv", "+ti", source),
                "big-endian": ("dcmconv", "+tb", source),
                "gdcm-jpeg": ("gdcmconv", "-J", source),
                "gdcm-jpeg-2000": ("gdcmconv", "-K", source),
            })
            self.assertEqual(found, {name: set() for name in found})

    def test_what_dcmtk_leaves_undone_is_found_and_nothing_else(self):
        with products.scratch() as folder:
            source = shutil.copy(SAMPLES / "CT_small.dcm", folder / "source.dcm")
            found = self.judged(folder, source, {
                "new-uid": ("dcmcrle", "+ua", source),
                # dcmcjpeg says DERIVED, names the source, sets the flag and the ratio, and makes a new UID.
                "lossy": ("dcmcjpeg", "+eb", source),
                # By order it keeps the UID: C.7.6.1.1.5 asks for a new one.
                "lossy-old-uid": ("dcmcjpeg", "+eb", "+un", source),
                # C.7.6.1: dcmdump shows no (0028,0301) in the new Secondary Capture.
                "capture": ("dcmcjpeg", "+eb", "+cs", source),
                # dcmscale says DERIVED and computes the spacing, and names no source: there is no (0008,2112).
                "scaled": ("dcmscale", "+Sxf", "2", source),
                "scaled-old-uid": ("dcmscale", "+un", "+Sxf", "2", source),
            })
            self.assertEqual(found, {
                "new-uid": RELABELLED,
                "lossy": CARRIED_ON,
                "lossy-old-uid": {"uid-kept", "private-copied"},
                "capture": CARRIED_ON | {"burned-in-not-told"},
                "scaled": CARRIED_ON | {"source-not-named"},
                "scaled-old-uid": {"uid-kept", "private-copied"},
            })

    def test_decompressed_images_keep_their_label(self):
        with products.scratch() as folder:
            source = shutil.copy(SAMPLES / "CT_small.dcm", folder / "source.dcm")
            lossy = made(folder / "lossy.dcm", "dcmcjpeg", "+eb", source, folder / "lossy.dcm")
            healthy = made(folder / "plain.dcm", "dcmdjpeg", lossy, folder / "plain.dcm")
            forgot = shutil.copy(healthy, folder / "forgot.dcm")
            made(forgot, "dcmodify", "-nb", "-e", "(0028,2110)", forgot)
            reset = shutil.copy(healthy, folder / "reset.dcm")
            made(reset, "dcmodify", "-nb", "-m", "(0028,2110)=00", reset)
            found, code = findings(lossy, healthy, forgot, reset)
            self.assertEqual({name: slugs(file) for name, file in found.items()},
                             {"plain.dcm": set(), "forgot.dcm": {"lossy-forgotten"}, "reset.dcm": {"lossy-forgotten"}})
            self.assertEqual(code, 1)
            self.assertEqual({f["path"] for f in found["reset.dcm"]["findings"]}, {"(0028,2110)"})

    def test_gdcm_makes_a_new_object_by_loss_and_none_by_painting(self):
        with products.scratch() as folder:
            source = shutil.copy(SAMPLES / "CT_small.dcm", folder / "source.dcm")
            found = self.judged(folder, source, {
                "lossy": ("gdcmconv", "-K", "-Y", source),
                # dcmdump: Image Type ORIGINAL and the same (0008,0018), though a rectangle of pixels is 0 now.
                "painted": ("gdcmimg", "--fill", "0", "-R", "10,20,10,20", source),
            })
            self.assertEqual(found, {"lossy": CARRIED_ON, "painted": {"uid-kept", "derived-called-original", "private-copied"}})

    def test_a_photograph_of_a_ct_image_is_no_ct_image(self):
        with products.scratch() as folder:
            source = shutil.copy(SAMPLES / "CT_small.dcm", folder / "source.dcm")
            jpeg = made(folder / "a.jpg", "dcmj2pnm", "+oj", source, folder / "a.jpg")
            found = self.judged(folder, source, {
                "study": ("img2dcm", "-q", "-stf", source, jpeg),
                "alone": ("img2dcm", "-q", jpeg),
            })
            # img2dcm copies patient and study with -stf, and neither without.
            capture = {"rescale-lost", "burned-in-not-told", "source-not-named"}
            self.assertEqual(found["study"], capture)
            self.assertEqual(found["alone"], capture | {"patient-not-copied", "study-not-copied"})

    def test_a_palette_is_no_other_image(self):
        with products.scratch() as folder:
            source = shutil.copy(SAMPLES / "SC_rgb_small_odd.dcm", folder / "source.dcm")
            found = self.judged(folder, source, {
                "quantised": ("dcmquant", source),
                "old-uid": ("dcmquant", "+un", source),
            })
            # The nine pixels keep their colours: nothing says that a reader would see another image.
            self.assertEqual(found, {"quantised": {"series-kept"}, "old-uid": set()})

    def test_sources_are_found_in_a_folder_by_what_the_derived_image_names(self):
        with products.scratch() as folder:
            (folder / "study").mkdir()
            source = shutil.copy(SAMPLES / "CT_small.dcm", folder / "study" / "a.dcm")
            shutil.copy(SAMPLES / "MR_small.dcm", folder / "study" / "b.dcm")
            derived = made(folder / "study" / "c.dcm", "dcmcjpeg", "+eb", source, folder / "study" / "c.dcm")
            found, code = findings(folder / "study", derived)
            self.assertEqual(found["c.dcm"]["derived_from"], [str(source)])
            self.assertEqual(slugs(found["c.dcm"]), CARRIED_ON)
            self.assertEqual(code, 0)
            stranger = shutil.copy(SAMPLES / "CT_small.dcm", folder / "stranger.dcm")
            made(stranger, "dcmodify", "-nb", "-gin", stranger)
            found, _ = findings(folder / "study", stranger)
            self.assertEqual(found["stranger.dcm"]["derived_from"], [])
            self.assertIn("names none", found["stranger.dcm"]["not_held_against_source"])
            code, out, _ = products.assay("validate", "--derived-from", folder / "study", derived)
            self.assertIn("held against", out)
            self.assertIn("series-kept [PS3.3 A.1.2.3]", out)

    def test_a_source_that_is_none_is_said(self):
        with products.scratch() as folder:
            (folder / "text").write_text("no object")
            code, _, err = products.assay("validate", "--derived-from", folder / "text", SAMPLES / "CT_small.dcm")
            self.assertEqual(code, 2)
            self.assertIn("is no DICOM file", err)
            self.assertIn("--derived-from names no DICOM object", err)
            code, _, err = products.assay("validate", "--derived-from", folder / "missing", SAMPLES / "CT_small.dcm")
            self.assertEqual(code, 2)

    def test_values_that_a_tool_made_untrue_are_found(self):
        with products.scratch() as folder:
            source = SAMPLES / "CT_small.dcm"
            # dcmscale keeps 11 of 16 bits for the part it cuts out, and the padding value -2000 of the whole.
            part = made(folder / "part.dcm", "dcmscale", "+C", "0", "0", "64", "64", source, folder / "part.dcm")
            found, code = findings(source, part, rules=["ps3.3/C.7.5.1.1.2/*"])
            self.assertEqual([(f["rule"], f["path"], f["found"]) for f in found["part.dcm"]["findings"]],
                             [("ps3.3/C.7.5.1.1.2/padding-out-of-range", "(0028,0120)", "-2000")])
            self.assertEqual(code, 1)
            dump = subprocess.run(["dcmdump", "+P", "0028,0101", "+P", "0028,0120", part], capture_output=True, text=True, check=True)
            self.assertRegex(dump.stdout, r"US 11\b[^\n]*BitsStored")
            self.assertRegex(dump.stdout, r"SS -2000\b[^\n]*PixelPaddingValue")

    def test_copies_of_an_object_are_told_apart_from_versions_of_it(self):
        with products.scratch() as folder:
            first = shutil.copy(SAMPLES / "CT_small.dcm", folder / "a.dcm")
            copy = made(folder / "b.dcm", "dcmconv", "+te", first, folder / "b.dcm")
            version = shutil.copy(first, folder / "c.dcm")
            made(version, "dcmodify", "-nb", "-i", "(0008,103e)=OTHER", version)
            _, out, _ = products.assay("validate", "--json", first, copy, version, "--only", "ps3.5/9/*")
            between = json.loads(out.splitlines()[-1])["summary"]["between_files"]
            self.assertEqual([(b["rule"], b["severity"], pathlib.Path(b["file"]).name) for b in between],
                             [("ps3.5/9/same-object-twice", "note", "b.dcm"), ("ps3.5/9/instance-uid-twice", "warning", "c.dcm")])


if __name__ == "__main__":
    unittest.main()
