"""RLE Lossless (PS3.5 G) as others write it: the frames of pydicom's test files and of dcmcrle decode to the pixels of their
uncompressed twins, and a segment that is cut short is found at its place."""

import json
import pathlib
import subprocess
import unittest

import products
import pydicom
from pydicom.data import get_testdata_file
from pydicom.encaps import encapsulate

FILES = ("MR_small_RLE.dcm", "SC_rgb_rle.dcm", "SC_rgb_rle_2frame.dcm", "SC_rgb_rle_16bit.dcm", "SC_rgb_rle_16bit_2frame.dcm",
         "SC_rgb_rle_32bit.dcm", "rtdose_rle.dcm", "rtdose_rle_1frame.dcm")


class Rle(unittest.TestCase):
    maxDiff = None

    def remarks(self, first, second):
        code, out, err = products.assay("diff", first, second, "--remarks", "--json")
        self.assertIn(code, (0, 1), err)
        return {one["remark"]: one["text"] for one in map(json.loads, out.splitlines()) if "remark" in one}

    def plain(self, file, folder):
        """Decompressed by DCMTK, in the order of samples that the compressed file names."""
        out = folder / ("plain-" + pathlib.Path(file).name)
        subprocess.run(["dcmdrle", str(file), str(out)], check=True, capture_output=True)
        return out

    def test_frames_of_others_are_those_that_dcmtk_makes_of_them(self):
        products.need("dcmdrle")
        with products.scratch() as folder:
            for name in FILES:
                with self.subTest(name):
                    compressed = get_testdata_file(name)
                    plain = self.plain(compressed, folder)
                    self.assertNotIn("pixels", self.remarks(compressed, plain))
                    # One other byte in the plain one is one other sample.
                    data = bytearray(plain.read_bytes())
                    data[data.rindex(b"\xe0\x7f\x10\x00O") + 112] ^= 1
                    plain.write_bytes(data)
                    self.assertRegex(self.remarks(compressed, plain)["pixels"], r"^1 of \d+ samples differ")

    def test_what_dcmcrle_compresses_comes_back(self):
        products.need("dcmcrle")
        with products.scratch() as folder:
            for name in ("CT_small.dcm", "MR_small.dcm", "rtdose.dcm"):
                with self.subTest(name):
                    compressed = folder / name
                    subprocess.run(["dcmcrle", get_testdata_file(name), str(compressed)], check=True, capture_output=True)
                    self.assertNotIn("pixels", self.remarks(get_testdata_file(name), compressed))

    def test_a_segment_that_is_too_short_is_found_and_the_files_of_others_are_right(self):
        with products.scratch() as folder:
            for name in FILES:
                _, out, _ = products.assay("validate", get_testdata_file(name), "--only", "ps3.5/G*/**", "--json")
                self.assertEqual(json.loads(out.splitlines()[0])["findings"], [], name)
            data = pydicom.dcmread(get_testdata_file("MR_small_RLE.dcm"))
            frame = next(pydicom.encaps.generate_pixel_data_frame(data.PixelData))
            data.PixelData = encapsulate([frame[:-200]])
            broken = folder / "broken.dcm"
            data.save_as(broken)
            code, out, _ = products.assay("validate", broken, "--only", "ps3.5/G*/**")
            self.assertEqual(code, 1)
            self.assertRegex(out, r"error ps3\.5/G\.3\.2/rle-length .*segment 2 of \d+ bytes, expected 4096, one for each pixel")
            self.assertIn("cannot be compared: segment 2 has", self.remarks(broken, get_testdata_file("MR_small.dcm"))["pixels"])


if __name__ == "__main__":
    unittest.main()
