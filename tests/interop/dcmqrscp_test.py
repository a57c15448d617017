"""The catalogue against DCMTK's dcmqrscp: two instances, each started, restarted and ended by Assay."""

import unittest

import products


class Dcmqrscp(products.CatalogueTest):
    def test_the_catalogue_has_no_error_and_only_known_deviations(self):
        products.need("dcmqrscp")
        with products.scratch() as folder:
            start = f"{products.HERE}/start_dcmqrscp.sh {folder} {{port}} {{called}}"
            code, out, err = products.catalogue(
                "--dut-start", start, "--called-ae", "QRSCP", "--profile", "dcmtk-dcmqrscp", "--expected", products.DEVIATIONS / "dcmtk-dcmqrscp.txt", "--out",
                folder / "report")
            self.judge(code, out, err, folder / "report", expect_cases=1200)


if __name__ == "__main__":
    unittest.main()
