"""The catalogue against Orthanc as SCP: several Orthancs side by side, a part of the catalogue each."""

import concurrent.futures
import pathlib
import unittest

import orthanc
import products

PARTS = 8
# Legal, and it ends Orthanc 1.10.1: run on one of its own.
DEADLY = "ps3.8/9.3.5/image-and-command-in-one-pdu/many-pieces-of-both"


class OrthancScp(products.CatalogueTest):
    def run_catalogue(self, home, *selection):
        ours = products.free_port()
        # Its C-MOVE and its commitment reports reach us.
        profile = home / "profile.xml"
        profile.write_text((products.ROOT / "conformance" / "profiles" / "orthanc.xml").read_text().replace(
            '"knows-our-address" value="no"', '"knows-our-address" value="yes"'))
        with orthanc.orthanc(home, DicomModalities={"assay": {"AET": "ASSAY", "Host": "127.0.0.1", "Port": ours}}) as (dicom, _):
            return products.catalogue(
                "--jobs", 1, *selection, "--listen", ours, "--target", f"127.0.0.1:{dicom}", "--called-ae", "ORTHANC",
                "--profile", profile, "--expected", products.DEVIATIONS / "orthanc.txt", "--out", home / "report") + (home / "report",)

    def part(self, folder, number):
        home = pathlib.Path(folder) / str(number)
        home.mkdir()
        return self.run_catalogue(home, "--shard", f"{number}/{PARTS}", "--skip", DEADLY)

    def test_the_catalogue_has_no_error_and_only_known_deviations(self):
        products.need("Orthanc")
        with products.scratch() as folder, concurrent.futures.ThreadPoolExecutor(PARTS) as pool:
            cases = 0
            for code, out, err, report in list(pool.map(lambda number: self.part(folder, number), range(1, PARTS + 1))):
                cases += len(self.judge(code, out, err, report, expect_cases=150)["cases"])
            self.assertGreaterEqual(cases, 1200)

    def test_many_pieces_of_command_and_data_in_one_PDU_end_it(self):
        products.need("Orthanc")
        with products.scratch() as folder:
            code, out, err, _ = self.run_catalogue(folder, "--only", DEADLY)
            self.assertEqual(code, 0, out + err)
            self.assertIn("expected deviation", out)


if __name__ == "__main__":
    unittest.main()
