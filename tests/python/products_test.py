#!/usr/bin/python3
"""The scripts of the catalogue against other people's software and our own archive: every verdict green, or a known
deviation with its clause."""
import sys
import unittest

from support import ROOT, archive

sys.path.insert(0, str(ROOT / "tests" / "interop"))
import orthanc  # noqa: E402
import products  # noqa: E402

FEWEST = 12  # verdicts of the scripts


class Scripts(unittest.TestCase):
    maxDiff = None

    def judge(self, name, *arguments, passes):
        """Runs the scripts; at least so many pass, none is in error, red ones are known."""
        known = ["--expected", products.DEVIATIONS / f"{name}.txt"] if name else []
        with products.scratch() as folder:
            code, said, complained = products.assay("run", "--tag", "script", "--role", "requestor", "--timeout", "5s",
                                                    "--out", folder, *known, *arguments)
            cases = products.results(folder)["cases"]
        verdicts = {case["id"]: case["verdict"] for case in cases}
        self.assertEqual(code, 0, said + complained)
        self.assertGreaterEqual(len(cases), FEWEST)
        self.assertNotIn("error", verdicts.values(), said)
        good = [name for name, verdict in verdicts.items() if verdict in ("pass", "warning")]
        self.assertGreaterEqual(len(good), passes, said)
        return {case["id"]: case for case in cases}

    def test_our_own_archive(self):
        with archive("--ae-title", "ARCHIVE") as target:
            cases = self.judge("", "--target", target, "--called-ae", "ARCHIVE", "--skip", "ps3.4/K.4.1/*", passes=12)
        observed = {one["name"]: one["value"] for one in cases["ps3.8/D.1/smallest-maximum-length"]["observations"]}
        self.assertRegex(observed["smallest-maximum-length"], r"^\d+$")

    def test_storescp(self):
        products.need("storescp")
        with products.scratch() as folder:
            self.judge("dcmtk-storescp", "--dut-start", f"exec storescp -ta 20 -td 20 -od {folder} -aet {{called}} {{port}}", "--called-ae", "STORESCP", "--profile",
                       "dcmtk-storescp", passes=4)

    def test_dcmqrscp(self):
        products.need("dcmqrscp")
        with products.scratch() as folder:
            start = ROOT / "tests" / "interop" / "start_dcmqrscp.sh"
            self.judge("dcmtk-dcmqrscp", "--dut-start", f"{start} {folder} {{port}} {{called}}", "--called-ae", "QRSCP",
                       "--profile", "dcmtk-dcmqrscp", passes=9)

    def test_orthanc(self):
        products.need("Orthanc")
        with products.scratch() as folder, orthanc.orthanc(folder) as (port, _):
            self.judge("orthanc", "--target", f"127.0.0.1:{port}", "--called-ae", "ORTHANC", "--profile", "orthanc", passes=9)

    def test_wlmscpfs(self):
        products.need("wlmscpfs")
        with products.scratch() as folder:
            start = ROOT / "tests" / "interop" / "start_wlmscpfs.sh"
            self.judge("dcmtk-wlmscpfs", "--dut-start", f"{start} {folder} {{port}} {{called}}", "--called-ae", "RIS",
                       "--profile", "dcmtk-wlmscpfs", passes=4)


if __name__ == "__main__":
    unittest.main()
