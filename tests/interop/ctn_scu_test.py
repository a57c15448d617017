"""The catalogue with Assay as acceptor and CTN's dicom_echo and send_image as the devices that call."""

import unittest

import products

# They wait for ever; each of these cases gives them a minute.
ENDLESS = ("ps3.8/9.2.3/*silence", "ps3.8/9.1/silent-listener", "ps3.8/9.1/answer-stalls/*", "ps3.4/B.2/partner-freezes-in-transfer")


class CtnScu(products.CatalogueTest):
    def test_the_catalogue_has_no_error_and_only_known_deviations(self):
        products.need("dicom_echo", "send_image", "dump2dcm")
        with products.scratch() as folder:
            file = products.synthetic_file(folder)
            act = f"{products.HERE}/act_ctn.sh {{action}} {{host}} {{port}} {{called}} {{calling}} {file}"
            short = () if products.LONG else [word for id in ENDLESS for word in ("--skip", id)]
            code, out, err = products.assay(
                "run", "--role", "acceptor", "--dut-act", act, "--called-ae", "CTN", "--timeout", "5s", "--jobs", 12,
                "--profile", "ctn-scu", "--expected", products.DEVIATIONS / "ctn-scu.txt", "--out", folder / "report",
                *short, *products.quick())
            r = self.judge(code, out, err, folder / "report", expect_cases=650 if products.LONG else 160)
            skipped = {c["reason"] for c in r["cases"] if c["verdict"] == "skipped"} - {"this run speaks no TLS: add --tls"}
            self.assertEqual([one for one in skipped if not one.startswith("the profile does not claim ") or not one.endswith("scu")], [])


if __name__ == "__main__":
    unittest.main()
