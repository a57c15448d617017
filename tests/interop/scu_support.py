"""What the tests of the everyday SCU commands share: archives with their folders, small studies, and Data Sets as values
that can be compared whatever their encoding."""

import contextlib
import json
import pathlib
import subprocess
import unittest
import urllib.request

import products
import pydicom
import samples

ROOT_UID = "1.2.826.0.1.3680043.9.9999."


def normalised(file):
    """tag -> value, whatever the encoding: DCMTK turns it into Explicit VR Little Endian first, where it can."""
    plain = pathlib.Path(str(file) + ".plain")
    done = subprocess.run(["dcmconv", "+te", str(file), str(plain)], capture_output=True)
    data_set = pydicom.dcmread(plain if done.returncode == 0 else file, force=True)
    plain.unlink(missing_ok=True)
    return values(data_set)


def values(data_set):
    def value(element):
        if element.VR == "SQ":
            return [values(item) for item in element.value]
        text = element.value if isinstance(element.value, bytes) else str(element.value).encode()
        return text.rstrip(b"\0 ")
    return {int(e.tag): value(e) for e in data_set if e.tag.element != 0 and e.tag.group > 2}


def by_instance(folder):
    """SOP Instance UID -> file; storescp keeps what it refused for want of one, too: that is under ""."""
    found = {}
    for file in pathlib.Path(folder).iterdir():
        found[str(pydicom.dcmread(file, force=True, stop_before_pixels=True).get("SOPInstanceUID", ""))] = file
    return found


@contextlib.contextmanager
def storescp(folder, *options):
    """Yields (target, folder that it writes to)."""
    products.need("storescp", "dcmconv")
    port, received = products.free_port(), folder / "received"
    received.mkdir()
    command = ["storescp", *options, "-od", str(received), "-aet", "STORESCP", str(port)]
    with products.server(command, port, folder / "storescp.log"):
        yield f"STORESCP@127.0.0.1:{port}", received


@contextlib.contextmanager
def dcmqrscp(folder):
    products.need("dcmqrscp", "findscu")
    port = products.free_port()
    command = [str(products.HERE / "start_dcmqrscp.sh"), str(folder), str(port), "QRSCP"]
    with products.server(command, port, folder / f"dcmqrscp-{port}.log"):
        yield f"QRSCP@127.0.0.1:{port}"


def rest(http, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{http}{path}", timeout=30) as answer:
        return json.load(answer)


def study(folder, number, series=1, images=1, **more):
    """A small study as files; returns them."""
    folder.mkdir(exist_ok=True)
    files = []
    for s in range(1, series + 1):
        for i in range(1, images + 1):
            uid = f"{ROOT_UID}{number}.{s}.{i}"
            files.append(samples.write(folder / f"{number}-{s}-{i}.dcm", uid=uid, **{
                "StudyInstanceUID": f"{ROOT_UID}{number}", "SeriesInstanceUID": f"{ROOT_UID}{number}.{s}",
                "PatientID": f"P{number}", "StudyDate": f"202601{number:02}", "StudyTime": "101500", "StudyID": str(number),
                "AccessionNumber": f"A{number}", "SeriesNumber": s, "InstanceNumber": i, **more}))
    return files


class Asks(unittest.TestCase):
    maxDiff = None

    def assay(self, expected, *arguments):
        code, out, err = products.assay(*arguments)
        self.assertEqual(code, expected, out + err)
        self.assertNotIn("\r", out)
        return out, err

    def refused(self, arguments, *words, code=2):
        _, err = self.assay(code, *arguments)
        for word in words:
            self.assertIn(word, err)
