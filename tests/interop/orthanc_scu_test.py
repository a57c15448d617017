"""The catalogue with Assay as acceptor and Orthanc as the device that calls."""

import json
import sys
import unittest
import urllib.request

import orthanc
import products


class OrthancScu(products.CatalogueTest):
    def test_the_catalogue_has_no_error_and_only_known_deviations(self):
        products.need("Orthanc", "dump2dcm")
        with products.scratch() as folder, orthanc.orthanc(folder) as (_, http):
            file = products.synthetic_file(folder)
            request = urllib.request.Request(f"http://127.0.0.1:{http}/instances", method="POST", data=file.read_bytes())
            with urllib.request.urlopen(request, timeout=30) as answer:
                instance = json.loads(answer.read())["ID"]
            act = f"{sys.executable} {products.HERE}/act_orthanc.py {http} {{action}} {{host}} {{port}} {{called}} {{calling}} {instance}"
            code, out, err = products.assay(
                "run", "--role", "acceptor", "--dut-act", act, "--called-ae", "ORTHANC", "--timeout", "12s", "--jobs", 2,
                "--profile", "orthanc", "--expected", products.DEVIATIONS / "orthanc.txt", "--out", folder / "report")
            self.judge(code, out, err, folder / "report", expect_cases=25)


if __name__ == "__main__":
    unittest.main()
