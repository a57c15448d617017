"""The catalogue against DCMTK's wlmscpfs: what it does not claim is skipped, the rest is judged."""

import unittest

import products


class Wlmscpfs(products.CatalogueTest):
    def test_the_catalogue_has_no_error_and_only_known_deviations(self):
        products.need("wlmscpfs")
        with products.scratch() as folder:
            start = f"{products.HERE}/start_wlmscpfs.sh {folder} {{port}} {{called}}"
            code, out, err = products.catalogue(
                "--dut-start", start, "--called-ae", "WLM", "--profile", "dcmtk-wlmscpfs", "--expected", products.DEVIATIONS / "dcmtk-wlmscpfs.txt", "--out",
                folder / "report")
            r = self.judge(code, out, err, folder / "report", expect_cases=1200)
            stores = [c["verdict"] for c in r["cases"] if c["id"] == "ps3.4/B.2/store-once"]
            self.assertEqual(stores, ["skipped"], "wlmscpfs claims no storage: skipped, not failed")


if __name__ == "__main__":
    unittest.main()
