"""The catalogue against Orthanc as SCP: several Orthancs side by side, a part of the catalogue each."""

import concurrent.futures
import pathlib
import unittest

import orthanc
import products

PARTS = 8


class OrthancScp(products.CatalogueTest):
    def part(self, folder, number):
        home = pathlib.Path(folder) / str(number)
        home.mkdir()
        ours = products.free_port()
        # Its C-MOVE and its commitment reports reach us.
        (home / "profile.xml").write_text((products.ROOT / "conformance" / "profiles" / "orthanc.xml").read_text().replace(
            '"knows-our-address" value="no"', '"knows-our-address" value="yes"'))
        with orthanc.orthanc(home, DicomModalities={"assay": {"AET": "ASSAY", "Host": "127.0.0.1", "Port": ours}}) as (dicom, _):
            return products.catalogue(
                "--jobs", 1, "--shard", f"{number}/{PARTS}", "--listen", ours, "--target", f"127.0.0.1:{dicom}", "--called-ae", "ORTHANC", "--profile",
                home / "profile.xml", "--expected", products.DEVIATIONS / "orthanc.txt", "--out", home / "report") + (home / "report",)

    def test_the_catalogue_has_no_error_and_only_known_deviations(self):
        products.need("Orthanc")
        with products.scratch() as folder, concurrent.futures.ThreadPoolExecutor(PARTS) as pool:
            cases = 0
            for code, out, err, report in list(pool.map(lambda number: self.part(folder, number), range(1, PARTS + 1))):
                cases += len(self.judge(code, out, err, report, expect_cases=80)["cases"])
            self.assertGreaterEqual(cases, 650)


if __name__ == "__main__":
    unittest.main()
