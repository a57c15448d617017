"""ps3.15/C/signed-object-comes-back: an archive that keeps a signed object passes; one changed byte on its way back is a
failure where it was signed or belongs to the signature, and none where it was not."""

import json
import unittest

import products
from embedded_device_test import Served

CASE = "ps3.15/C/signed-object-comes-back"
HEADERS = 12  # of the P-DATA-TF PDU and its only PDV


class SignedObjects(unittest.TestCase):
    maxDiff = None

    def verdict(self, folder, *served):
        with Served("--quiet", *map(str, served)) as archive:
            code, out, err = products.assay("run", CASE, "--role", "requestor", "--target", f"127.0.0.1:{archive.port}",
                                            "--timeout", "5s", "--seed", "7", "--out", folder / "report")
        (case,) = products.results(folder / "report")["cases"]
        return case["verdict"], case["reason"] + json.dumps(case["observations"])

    def test_a_changed_byte_counts_where_it_was_signed(self):
        with products.scratch() as folder:
            verdict, why = self.verdict(folder, "--folder", folder / "store")
            self.assertEqual(verdict, "pass", why)
            self.assertIn("kept", why)
            (file,) = (file for file in (folder / "store").rglob("*.dcm") if b"ASSAY-SIGNED" in file.read_bytes())
            data = file.read_bytes()
            meta = int.from_bytes(data[140:144], "little")
            data = data[144 + meta:]
            places = {
                "pixels": (data.index(b"\xe0\x7f\x10\x00OW") + 60, "(7FE0,0010)"),
                "certificate": (data.index(bytes(range(200))) + 50, "(FFFA,FFFA)"),
                "signature": (len(data) - 5, "(FFFA,FFFA)"),
                "manufacturer": (data.index(b"\x08\x00\x70\x00LO") + 10, None),
            }
            for name, (at, tag) in places.items():
                with self.subTest(name):
                    faults = folder / "faults.xml"
                    faults.write_text(f'<faults><corrupt on="data" byte="{HEADERS + at}" xor="01"/></faults>')
                    verdict, why = self.verdict(folder, "--faults", faults)
                    self.assertEqual(verdict, "fail" if tag else "pass", why)
                    if tag:
                        self.assertIn(tag, why)
                        self.assertIn("the signature is void", why)


if __name__ == "__main__":
    unittest.main()
