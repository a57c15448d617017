"""The catalogue with Assay as acceptor and DCMTK's echoscu, storescu and findscu as the devices that call."""

import unittest

import products


class DcmtkScu(products.CatalogueTest):
    def test_the_catalogue_has_no_error_and_only_known_deviations(self):
        products.need("echoscu", "storescu", "findscu", "getscu", "movescu", "dump2dcm")
        with products.scratch() as folder:
            file = products.synthetic_file(folder)
            act = f"{products.HERE}/act_dcmtk.sh {{action}} {{host}} {{port}} {{called}} {{calling}} {file}"
            code, out, err = products.assay(
                "run", "--role", "acceptor", "--dut-act", act, "--called-ae", "DCMTK", "--timeout", "8s", "--jobs", 12,
                "--profile", "dcmtk-scu", "--expected", products.DEVIATIONS / "dcmtk-scu.txt", "--out", folder / "report", *products.quick())
            self.judge(code, out, err, folder / "report", expect_cases=650 if products.LONG else 160)


if __name__ == "__main__":
    unittest.main()
