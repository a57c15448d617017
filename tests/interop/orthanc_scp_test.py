"""The catalogue against Orthanc as SCP."""

import unittest

import orthanc
import products


class OrthancScp(products.CatalogueTest):
    def test_the_catalogue_has_no_error_and_only_known_deviations(self):
        products.need("Orthanc")
        with products.scratch() as folder, orthanc.orthanc(folder) as (dicom, _):
            code, out, err = products.assay(
                "run", "--role", "requestor", "--target", f"127.0.0.1:{dicom}", "--called-ae", "ORTHANC", "--timeout", "5s",
                "--profile", "orthanc", "--expected", products.DEVIATIONS / "orthanc.txt", "--out", folder / "report")
            self.judge(code, out, err, folder / "report", expect_cases=60)


if __name__ == "__main__":
    unittest.main()
