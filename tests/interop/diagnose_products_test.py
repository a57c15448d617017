"""assay diagnose against real products, rightly and wrongly configured."""

import unittest

import orthanc
import products
from diagnose_cases import ARCHIVE, diagnose, words
from diagnose_peers import JPEG


# As Orthanc is when nobody has said anything about retrieving.
UNASKED = {"DicomAlwaysAllowGet": False, "DicomAlwaysAllowMove": False}


class Products(unittest.TestCase):
    """Real devices, rightly and wrongly configured."""

    def healthy(self, port, *arguments):
        code, out, err = diagnose(port, *arguments)
        self.assertEqual((code, err), (0, ""), out)
        self.assertIn("Healthy", out)
        return out

    def blamed(self, port, cause, *arguments):
        code, out, err = diagnose(port, *arguments)
        self.assertIn(f"[{cause}]", out + err)
        self.assertEqual(code, 1)
        return words(out)

    def test_storescp(self):
        products.need("storescp")
        with products.scratch() as folder:
            port = products.free_port()
            with products.server(["storescp", "-od", str(folder), str(port)], port, folder / "log"):
                self.healthy(port, "--service", "store")
                self.healthy(port, "--called-ae", "ANYTHING", "--check-callers")
                self.blamed(port, "sop-class-not-offered", "--service", "find")
                # It accepts the association and aborts as soon as it would have to keep to so little.
                self.healthy(port, "--max-pdu", "128")
                self.blamed(port, "hidden-maximum-length", "--max-pdu", "10")
            port = products.free_port()
            with products.server(["storescp", "--refuse", "-od", str(folder), str(port)], port, folder / "log"):
                self.blamed(port, "hidden-reason")
            port = products.free_port()
            with products.server(["storescp", "+xi", "-od", str(folder), str(port)], port, folder / "log"):
                out = self.blamed(port, "transfer-syntax-not-common", "--sop-class", "CTImageStorage", "--transfer-syntax", JPEG)
                self.assertIn("Implicit VR Little Endian", out)

    def test_dcmqrscp(self):
        products.need("dcmqrscp")
        with products.scratch() as folder:
            (folder / "db").mkdir()
            port = products.free_port()
            config = folder / "dcmqrscp.cfg"
            config.write_text(f"""NetworkTCPPort  = {port}
MaxPDUSize      = 16384
MaxAssociations = 16
HostTable BEGIN
ct = (CT01, localhost, 11199)
HostTable END
VendorTable BEGIN
VendorTable END
AETable BEGIN
ARCHIVE {folder}/db RW (10, 1024mb) ct
OPEN {folder}/db RW (10, 1024mb) ANY
AETable END
""")
            with products.server(["dcmqrscp", "-c", str(config)], port, folder / "log"):
                self.healthy(port, *ARCHIVE, "--service", "store,find,move")
                self.healthy(port, "--called-ae", "OPEN", "--service", "store,find,move,get")
                self.assertIn("Change the called AE title", self.blamed(port, "called-ae-misspelt", "--called-ae", "open"))
                self.blamed(port, "called-ae-unknown", "--called-ae", "NOWHERE")
                # dcmqrscp answers 1/1/7 where 1/1/3 were right.
                self.blamed(port, "misleading-reason", "--called-ae", "ARCHIVE", "--calling-ae", "ct01")
                self.blamed(port, "misleading-reason", "--called-ae", "ARCHIVE", "--calling-ae", "STRANGER", "--try-calling", "CT01")
                self.assertIn("See whether the caller 'STRANGER' is entered", self.blamed(port, "called-ae-unknown", "--called-ae", "ARCHIVE", "--calling-ae", "STRANGER"))
                self.blamed(port, "titles-swapped", "--called-ae", "CT01", "--calling-ae", "ARCHIVE")
                self.blamed(port, "sop-class-not-offered", *ARCHIVE, "--service", "worklist")
                # Without a match it does not look for the destination, so that it cannot be blamed.
                out = self.healthy(port, "--called-ae", "OPEN", "--calling-ae", "LAPTOP", "--service", "find,move", "--exercise")
                self.assertIn("only a real study shows", words(out))

    def test_wlmscpfs(self):
        products.need("wlmscpfs")
        with products.scratch() as folder:
            (folder / "RIS").mkdir()
            (folder / "RIS" / "lockfile").write_text("")
            port = products.free_port()
            with products.server(["wlmscpfs", "-dfp", str(folder), str(port)], port, folder / "log"):
                self.healthy(port, "--called-ae", "RIS", "--service", "worklist")
                self.blamed(port, "called-ae-misspelt", "--called-ae", "ris", "--service", "worklist")
                self.blamed(port, "sop-class-not-offered", "--called-ae", "RIS", "--service", "store")

    def test_orthanc(self):
        products.need("Orthanc")
        with products.scratch() as folder, orthanc.orthanc(folder, **UNASKED) as (port, http):
            self.healthy(port, "--called-ae", "ORTHANC", "--service", "store,find")
            self.healthy(port, "--called-ae", "orthanc")  # it does not tell capital from small letters
            self.blamed(port, "called-ae-misspelt", "--called-ae", "ORTHANC2")
            self.blamed(port, "called-ae-unknown", "--called-ae", "NOWHERE")
            self.blamed(port, "sop-class-not-offered", "--called-ae", "ORTHANC", "--service", "worklist")
            self.blamed(port, "tls-not-served", "--called-ae", "ORTHANC", "--tls")
            self.assertIn("web server", self.blamed(http, "web-server"))
            # The laptop on the network: echo and query work, retrieving does not until it is entered.
            out = self.blamed(port, "request-broken", "--called-ae", "ORTHANC", "--calling-ae", "LAPTOP", "--service", "find,move", "--exercise")
            self.assertIn("C-FIND answered with status 0x0000", out)
            self.assertIn("enter 'LAPTOP'", out)

    def test_orthanc_that_is_particular_about_callers(self):
        products.need("Orthanc")
        named = {**UNASKED, "DicomAlwaysAllowEcho": False, "DicomAlwaysAllowFind": False, "DicomAlwaysAllowStore": False,
                 "DicomModalities": {"ct": {"AET": "CT01", "Host": "127.0.0.1", "Port": 104},
                                     "mr": {"AET": "MR01", "Host": "127.0.0.1", "Port": 104, "AllowEcho": False},
                                     "us": {"AET": "US01", "Host": "192.0.2.9", "Port": 104}}, "DicomCheckModalityHost": True}
        called = ["--called-ae", "ORTHANC", "--calling-ae"]
        with products.scratch() as folder, orthanc.orthanc(folder, **named) as (port, _):
            self.healthy(port, *called, "CT01", "--service", "store,find,move", "--exercise")
            self.assertIn("Add the caller: AE title 'ASSAY'", self.blamed(port, "calling-ae-unknown", *called, "ASSAY"))
            self.blamed(port, "calling-ae-misspelt", *called, "CT02", "--try-calling", "CT01")
            self.assertIn("another IP address than 127.0.0.1", self.blamed(port, "calling-ae-unknown", *called, "US01"))
            self.assertIn("permission to echo", self.blamed(port, "echo-aborted", *called, "MR01"))

    def test_assay_serve(self):
        with products.scratch() as folder:
            port = products.free_port()
            with products.server([products.ASSAY, "serve", "--port", str(port), "--ae-title", "ASSAYSCP", "--check-called"], port, folder / "log"):
                self.healthy(port, "--called-ae", "ASSAYSCP", "--service", "store,find", "--associations", "8")
                self.blamed(port, "called-ae-misspelt", "--called-ae", "assayscp")


if __name__ == "__main__":
    unittest.main()
