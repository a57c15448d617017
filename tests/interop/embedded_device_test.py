"""DCMTK's tools against the embedded device, and Assay's echo against DCMTK's storescp."""

import re
import subprocess
import unittest

import products
import samples


class Served:
    """`assay serve` on a port it picks."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen([products.ASSAY, "serve", "--port", "0", *arguments], stdout=subprocess.PIPE, text=True,
                                        start_new_session=True)
        line = self.process.stdout.readline()
        self.port = int(line.split("127.0.0.1:")[1].split()[0])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        products.end(self.process)
        self.process.stdout.close()


def tool(*command):
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=60)


class EmbeddedDevice(unittest.TestCase):
    def test_echoscu_storescu_and_findscu_work(self):
        products.need("echoscu", "storescu", "findscu", "dump2dcm")
        with products.scratch() as folder, Served("--ae-title", "DEVICE") as device:
            echoed = tool("echoscu", "-v", "--repeat", 20, "-aec", "DEVICE", "127.0.0.1", device.port)
            self.assertEqual(echoed.returncode, 0, echoed.stderr)
            before = tool("findscu", "-S", "-aec", "DEVICE", "-k", "QueryRetrieveLevel=STUDY", "-k", "StudyInstanceUID=1.2.826.0.1.3680043.10.999.55",
                          "127.0.0.1", device.port)
            self.assertEqual(before.returncode, 0, before.stderr)
            self.assertNotIn("Find Response: 1", before.stdout + before.stderr)
            for number, pixels in ((1, 64), (2, 200_000)):
                file = products.synthetic_file(folder, number, 64)
                stored = tool("storescu", "-v", "-aec", "DEVICE", "127.0.0.1", device.port, file)
                self.assertEqual(stored.returncode, 0, stored.stderr)
            after = tool("findscu", "-v", "-S", "-aec", "DEVICE", "-k", "QueryRetrieveLevel=STUDY", "-k", "PatientID", "-k",
                         "StudyInstanceUID=1.2.826.0.1.3680043.10.999.55", "127.0.0.1", device.port)
            self.assertEqual(after.returncode, 0, after.stderr)
            self.assertIn("SYN-INTEROP", after.stdout + after.stderr)

    def test_what_objects_lack_is_told_once_of_each_attribute_and_then_counted(self):
        with products.scratch() as folder, Served() as device:
            for number in (1, 2):
                file = samples.write(folder / f"{number}.dcm", uid=f"1.2.826.0.1.3680043.9.9999.{number}")
                code, out, err = products.assay("store", f"127.0.0.1:{device.port}", file)
                self.assertEqual(code, 0, out + err)
            products.end(device.process)
            said = device.process.stdout.read()
        told = [line for line in said.splitlines() if "[PS3.5 7.4" in line or "[PS3.3" in line]
        self.assertGreater(len(told), 2, said)
        places = [re.search(r" (?:error|warning) (\S+) .*\(0x\w+\) (\S+):", line).groups() for line in told]
        self.assertEqual(len(set(places)), len(places), said)
        self.assertLessEqual(len(told), 16, said)
        self.assertRegex(said, r"\d+ more about its objects, told before or like these: 'assay validate'")

    def test_a_wrong_called_title_is_refused_when_asked_to_check(self):
        products.need("echoscu")
        with Served("--ae-title", "DEVICE", "--check-called") as device:
            self.assertEqual(tool("echoscu", "-aec", "DEVICE", "127.0.0.1", device.port).returncode, 0)
            refused = tool("echoscu", "-v", "-aec", "OTHER", "127.0.0.1", device.port)
            self.assertNotEqual(refused.returncode, 0)
            self.assertIn("Called AE Title Not Recognized", refused.stderr)

    def test_assay_echo_reaches_storescp_with_and_without_Nagle(self):
        products.need("storescp")
        with products.scratch() as folder:
            port = products.free_port()
            with products.server(["storescp", "--ignore", str(port)], port, folder / "log"):
                code, out, err = products.assay("echo", f"127.0.0.1:{port}", "--count", 50)
                self.assertEqual(code, 0, out + err)
                self.assertIn("50 of 50", out)


if __name__ == "__main__":
    unittest.main()
