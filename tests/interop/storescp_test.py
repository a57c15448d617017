"""The catalogue against DCMTK's storescp, which serves one association at a time: one instance a job."""

import unittest

import products


class Storescp(products.CatalogueTest):
    def test_the_catalogue_has_no_error_and_only_known_deviations(self):
        products.need("storescp")
        with products.scratch() as folder:
            start = f"mkdir -p {folder}/store-{{port}} && exec storescp -ta 20 -td 20 -aet {{called}} -od {folder}/store-{{port}} {{port}}"
            code, out, err = products.catalogue(
                "--dut-start", start, "--called-ae", "STORESCP", "--profile", "dcmtk-storescp", "--expected", products.DEVIATIONS / "dcmtk-storescp.txt", "--out",
                folder / "report")
            r = self.judge(code, out, err, folder / "report", expect_cases=1200)
            queries = [c for c in r["cases"] if c["id"] == "ps3.4/C.4.1/find-nothing"]
            self.assertEqual([c["verdict"] for c in queries], ["skipped"], "storescp claims no query: skipped, not failed")


if __name__ == "__main__":
    unittest.main()
