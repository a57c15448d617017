"""Where the time of a transfer goes. A line of a known rate takes the time that the rate says; fewer bytes take less of it;
image by image costs an association each; `assay explain` tells the slow line, the slow archive and the slow sender apart,
from what `assay proxy` recorded, and says when the first image was there. The lines are slowed down by faults."""

import contextlib
import json
import pathlib
import re
import subprocess
import unittest

import products
import samples
from embedded_device_test import Served
from proxy_test import proxy
from scu_support import ROOT_UID, study

PIXELS = 512 * 512 * 2  # bytes of the image of the old rule of thumb
T1 = 1_500_000  # bits a second


def faults(folder, text):
    file = folder / "faults.xml"
    file.write_text(f"<faults>{text}</faults>")
    return "--faults", file


def noisy(count):
    """Bytes that compress to about a half and look alike on every run."""
    out, state = bytearray(), 1
    while len(out) < count:
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        out += bytes((state >> 16 & 0xFF, 0))
    return bytes(out[:count])


class Pace(unittest.TestCase):
    maxDiff = None

    def assay(self, *arguments):
        code, out, err = products.assay(*arguments)
        self.assertEqual(code, 0, out + err)
        return out

    def stored(self, target, *arguments):
        """What store says of itself: seconds and bytes."""
        report = json.loads(self.assay("store", target, *arguments, "--json"))
        return report["seconds"], report["bytes"]

    @contextlib.contextmanager
    def recorded(self, *served):
        """An archive behind a proxy that records; yields (target, function that ends both and tells what explain says)."""
        with products.scratch() as folder, Served("--quiet", *map(str, served)) as archive, \
                proxy(archive.port, folder, "--record", folder / "evidence") as (port, finish):
            def told():
                finish()
                # The objects are the least that can be stored: their IOD misses much in them, which is judged, too.
                code, out, err = products.assay("explain", folder / "evidence")
                self.assertIn(code, (0, 1), out + err)
                everything = re.search(r"^in all: (\d+) associations?, (.*)$", out, re.M)
                paces = re.findall(r"^c(\d+)(?:/c1)?  \d.*?^      pace: (.*?)$", out, re.M | re.S)
                return [pace for _, pace in sorted(paces, key=lambda one: int(one[0]))], everything
            yield f"ANY-SCP@127.0.0.1:{port}", told

    def test_a_slow_line_takes_the_time_that_its_rate_says(self):
        products.need("dcmconv")
        with products.scratch() as folder, Served("--quiet") as archive:
            target = f"127.0.0.1:{archive.port}"
            plain = samples.write(folder / "plain.dcm", Rows=512, Columns=512, BitsStored=16, HighBit=15, SamplesPerPixel=1,
                                  PixelData=noisy(PIXELS))
            deflated = folder / "deflated.dcm"
            subprocess.run(["dcmconv", "-q", "+td", str(plain), str(deflated)], check=True)
            _, sent = self.stored(target, plain)
            self.assertGreaterEqual(sent, PIXELS)
            slow, _ = self.stored(target, plain, *faults(folder, f'<limit-rate bytes-per-second="{T1 // 8}"/>'))
            computed = PIXELS * 8 / T1
            self.assertAlmostEqual(computed, 2.8, 1)
            # No less; how much more is the machine's matter.
            self.assertGreater(slow, computed * 0.9)
            # Fewer bytes need less; neither is compressed by us.
            less, fewer = self.stored(target, deflated, *faults(folder, f'<limit-rate bytes-per-second="{T1 // 8}"/>'))
            self.assertLess(fewer, sent * 0.7)
            self.assertGreater(less, fewer * 8 / T1 * 0.9)
            out = self.assay("store", target, plain)
            # Both units, of 1000 each: a line of T1 is told in bits, the file in bytes.
            told = re.search(r"1 of 1 file stored; 52\d kB in \d+\.\d\d s, ([\d.]+) ([kMG])B/s \(([\d.]+) ([kMG])bit/s\)$", out, re.M)
            self.assertTrue(told, out)
            units = {"k": 1e3, "M": 1e6, "G": 1e9}
            self.assertAlmostEqual(float(told[3]) * units[told[4]] / (float(told[1]) * units[told[2]]), 8, delta=0.5)

    def test_image_by_image_costs_an_association_each(self):
        with products.scratch() as folder, self.recorded() as (target, told):
            files = study(folder / "files", 1, images=6)
            self.assay("store", target, *files)
            for file in files:
                self.assay("store", target, file)
            for keys in ([], *([f"{ROOT_UID}1.1.{i}"] for i in range(1, 7))):
                one = [word for key in keys for word in ("-k", f"SeriesInstanceUID={ROOT_UID}1.1", "-k", f"SOPInstanceUID={key}")]
                self.assay("get", target, "-k", f"StudyInstanceUID={ROOT_UID}1", *one, "--out", folder / f"got{len(keys)}{keys}")
            paces, everything = told()
        self.assertEqual([int(pace.split()[0]) for pace in paces], [6] + [1] * 6 + [7] + [2] * 6)
        self.assertEqual(everything[1], "14")
        self.assertTrue(everything[2].startswith("31 operations in "), everything[2])
        share = [float(re.search(r"([\d.]+) % of the bytes are protocol", pace)[1]) for pace in paces]
        self.assertTrue(all(one > share[0] for one in share[1:7]), share)
        self.assertTrue(all(one > share[7] for one in share[8:]), share)

    def test_the_slow_part_is_named(self):
        """A slow line, an archive that answers late, a sender that takes its time; and nobody when all are quick."""
        for fault, at_archive, words in (
                ('<limit-rate bytes-per-second="80000"/>', False, "the line, or the sizes"),
                ('<delay on="c-store-rsp" time="320ms"/>', True, "the side that answers is slow"),
                ('<delay on="c-store-rq" time="320ms"/>', False, "the side that asks is slow"),
                ("", False, None)):
            with self.subTest(fault), products.scratch() as folder:
                option = faults(folder, fault) if fault else ()
                with self.recorded(*option if at_archive else ()) as (target, told):
                    files = study(folder / "files", 1, images=4, Rows=128, Columns=128, PixelData=noisy(128 * 128 * 2))
                    self.assay("store", target, *files, *() if at_archive else option)
                    (pace,), _ = told()
                self.assertTrue(pace.startswith("4 operations in "), pace)
                self.assertEqual(re.findall("the line, or the sizes|the side that a\\w+ is slow|associating takes", pace),
                                 [words] if words else [])

    def test_the_first_image_is_there_long_before_the_last(self):
        """And a retrieval that is many times slower than the storing of the same study shows as such."""
        with products.scratch() as folder, \
                self.recorded(*faults(folder, '<limit-rate bytes-per-second="160000"/>')) as (target, told):
            files = study(folder / "files", 1, images=8, Rows=128, Columns=128, PixelData=noisy(128 * 128 * 2))
            self.assay("store", target, *files)
            self.assay("get", target, "-k", f"StudyInstanceUID={ROOT_UID}1", "--out", folder / "got")
            self.assertEqual(len(list(pathlib.Path(folder / "got").rglob("*.dcm"))), 8)
            paces, _ = told()
        seconds = [float(re.search(r"operations in ([\d.]+) s", pace)[1]) for pace in paces]
        first = [float(re.search(r"8 objects, the first after ([\d.]+) s", pace)[1]) for pace in paces]
        self.assertGreater(seconds[1], seconds[0])
        self.assertLess(first[1], seconds[1] / 3)
        self.assertIn("the line, or the sizes", paces[1])
        self.assertNotIn("the line", paces[0])


if __name__ == "__main__":
    unittest.main()
