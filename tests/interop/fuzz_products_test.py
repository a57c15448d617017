"""`assay fuzz device` on other people's servers, as Debian and npm package them, and on our own. What is found in them must
stand in device_findings.tsv, which a person wrote; in our own nothing may be found. A few seconds of two of them, with
ASSAY_LONG=1 fifteen minutes of each. ASSAY_FUZZ_DEVICES="storescp dcmqrscp" and ASSAY_FUZZ_TIME=5m choose otherwise,
ASSAY_FUZZ_OUT=DIR keeps what was found."""

import contextlib
import json
import os
import pathlib
import re
import subprocess
import unittest

import device_findings
import fuzz_clients
import products
from device_findings import package

HERE = products.HERE


class Device:
    def __init__(self, product, version, start, called, needs, stored=None, more=()):
        self.product, self.version, self.start, self.called = product, version, start, called
        self.needs, self.stored, self.more = needs, stored, more

    def arguments(self, folder):
        words = {"FOLDER": str(folder), "HERE": str(HERE), "ASSAY": products.ASSAY,
                 "MODULES": str(products.ROOT / "build" / "interop" / "dcmjs" / "node_modules")}
        def filled(text):
            return re.sub("|".join(words), lambda found: words[found.group()], text)
        out = ["--start", filled(self.start), "--called-ae", self.called]
        if self.stored:
            out += ["--stored", filled(self.stored)]
        return out


DEVICES = {
    "storescp": Device("DCMTK storescp", lambda: package("dcmtk"),
                       "mkdir -p FOLDER/in; exec storescp -aet STORESCP -od FOLDER/in {port}", "STORESCP", ["storescp"], "FOLDER/in"),
    "storescp-fork": Device("DCMTK storescp --fork", lambda: package("dcmtk"),
                            "mkdir -p FOLDER/in; exec storescp --fork -aet STORESCP -od FOLDER/in {port}", "STORESCP", ["storescp"],
                            "FOLDER/in"),
    "dcmqrscp": Device("DCMTK dcmqrscp", lambda: package("dcmtk"), "exec HERE/start_dcmqrscp.sh FOLDER {port} QRSCP", "QRSCP",
                       ["dcmqrscp"]),
    "wlmscpfs": Device("DCMTK wlmscpfs", lambda: package("dcmtk"), "exec HERE/start_wlmscpfs.sh FOLDER {port} WLM", "WLM",
                       ["wlmscpfs"]),
    "orthanc": Device("Orthanc", lambda: package("orthanc"), "exec HERE/start_orthanc.sh FOLDER {port} ORTHANC", "ORTHANC",
                      ["Orthanc"]),
    "dcmjs": Device("dcmjs-dimse", device_findings.npm_version,
                    "mkdir -p FOLDER/in; LISTEN_PORT={port} NODE_PATH=MODULES exec node HERE/dcmjs/services.js scp FOLDER/in 1", "DCMJS",
                    ["node", "npm"], "FOLDER/in"),
    "simple_storage": Device("CTN simple_storage", lambda: package("ctn"), "exec HERE/start_simple_storage.sh FOLDER {port} CTN",
                             "CTN", ["simple_storage"]),
    "embedded": Device("assay serve archive", lambda: "", "exec ASSAY serve archive --port {port} --ae-title DEVICE", "DEVICE", []),
}


def findings(folder):
    return [json.loads(file.read_text()) for file in sorted((folder / "findings").glob("*/finding.json"))]


def replays(folder):
    """(scenario, finding) of what can be held again."""
    return [(file.parent / "scenario.xml", json.loads(file.read_text())) for file in sorted((folder / "findings").glob("*/finding.json"))
            if (file.parent / "scenario.xml").exists()]


class Products(unittest.TestCase):
    maxDiff = None

    def fuzz(self, name, time):
        device = DEVICES[name]
        products.need(*device.needs)
        if name == "dcmjs":
            subprocess.run([HERE / "dcmjs" / "get.sh"], check=True)
        with contextlib.ExitStack() as stack:
            scratch = stack.enter_context(products.scratch())
            kept = os.environ.get("ASSAY_FUZZ_OUT")
            out = pathlib.Path(kept) / name if kept else scratch / "out"
            done = subprocess.run([products.ASSAY, "fuzz", "device", *device.arguments(scratch), "--time", time, "--out", out,
                                   "--seed", "1", *device_findings.arguments(device.product)],
                                  capture_output=True, text=True, stdin=subprocess.DEVNULL, check=False)
            said = done.stdout + done.stderr
            self.assertIn(done.returncode, (0, 1), said)
            found = findings(out)
            version = device.version()
            rows = device_findings.known(device.product, version)
            new = [f'{f["title"]}\n{f["happened"]}' for f in found if not device_findings.is_known(f, rows)]
            self.assertEqual(done.returncode, 1 if new else 0, said)
            self.assertEqual(new, [], f"{device.product} {version}: not in {device_findings.KNOWN.name}\n{said}")
            return found, said


def chosen():
    names = os.environ.get("ASSAY_FUZZ_DEVICES")
    return names.split() if names else list(DEVICES) if products.LONG else ["storescp", "embedded"]


def add(name):
    def test(self):
        found, said = self.fuzz(name, os.environ.get("ASSAY_FUZZ_TIME", "15m" if products.LONG else "6s"))
        if name == "embedded":
            self.assertEqual(found, [], said)
    setattr(Products, f"test_what_is_found_in_{name.replace('-', '_')}_is_known", test)


for one in chosen():
    add(one)


class Table(unittest.TestCase):
    def test_every_row_has_its_columns_and_names_a_product(self):
        # What is found in clients, which fuzz_scp_test.py lets call, stands in the same table.
        names = {one.product for one in (*DEVICES.values(), *fuzz_clients.CLIENTS.values())}
        for row in device_findings.rows():
            self.assertEqual(len(row), 6, row)
            self.assertIn(row[0], names, row)
            self.assertTrue(row[5].strip(), row)


if __name__ == "__main__":
    unittest.main()
