"""Every object the modality makes: without errors by dciodvfy, whole for DCMTK's storescp, and one set of identifiers from
the worklist to the step to the stored file."""

import json
import re
import shutil
import subprocess
import unittest

import products
from ris_test import Ris

MODALITIES = {"CT", "MR", "US", "CR", "DX", "OT", "SR", "DOC", "ECG", "PR", "RTPLAN"}


def complaints(file):
    """Errors that dciodvfy finds in a file."""
    done = subprocess.run(["dciodvfy", str(file)], capture_output=True, text=True, errors="replace", timeout=60)
    return [line for line in (done.stdout + done.stderr).splitlines() if line.startswith("Error")]


class Modality(unittest.TestCase):
    maxDiff = None

    def test_every_object_is_right_by_dciodvfy(self):
        products.need("dciodvfy", "dcmodify")
        with products.scratch() as folder, Ris() as ris:
            code, out, err = products.assay("modality", "--worklist", f"127.0.0.1:{ris.port}", "--mpps", f"127.0.0.1:{ris.port}",
                                            "--out", folder / "objects", "--json")
            self.assertEqual(code, 0, out + err)
            report = json.loads(out)
            files = sorted((folder / "objects").iterdir())
            self.assertEqual((report["performed"], report["made"]), (12, len(files)))
            self.assertEqual({file.name.split(".")[0] for file in files}, MODALITIES)
            self.assertEqual({file.name: complaints(file) for file in files if complaints(file)}, {})
            # The check bites: an attribute of type 1 taken out.
            broken = folder / "broken.dcm"
            shutil.copyfile(files[0], broken)
            subprocess.run(["dcmodify", "-nb", "-ea", "(0008,0060)", str(broken)], check=True, timeout=60)
            self.assertTrue(complaints(broken))

    def test_storescp_takes_them_and_identifiers_agree(self):
        products.need("storescp", "dcmdump")
        with products.scratch() as folder, Ris("--folder", folder / "steps") as ris:
            stored = folder / "stored"
            stored.mkdir()
            port = products.free_port()
            with products.server(["storescp", "-od", str(stored), "+xa", str(port)], port, folder / "log"):
                code, out, err = products.assay("modality", "--worklist", f"127.0.0.1:{ris.port}", "--mpps", f"127.0.0.1:{ris.port}",
                                                "--archive", f"STORE@127.0.0.1:{port}", "--json")
                self.assertEqual(code, 0, out + err + (folder / "log").read_text(errors="replace"))
            report = json.loads(out)
            files = list(stored.iterdir())
            self.assertEqual(report["stored"], len(files))
            self.assertEqual(report["failures"], 0)
            steps = [json.loads(file.read_text()) for file in (folder / "steps").iterdir()]
            self.assertEqual(len(steps), 12)
            reported = {}
            for step in steps:
                self.assertEqual(step["00400252"]["Value"], ["COMPLETED"])
                scheduled = step["00400270"]["Value"][0]
                for series in step["00400340"]["Value"]:
                    for sequence in ("00081140", "00400220"):
                        for one in series.get(sequence, {}).get("Value", []):
                            reported[one["00081155"]["Value"][0]] = (
                                step["00100020"]["Value"][0], scheduled["0020000D"]["Value"][0], scheduled["00080050"]["Value"][0],
                                series["0020000E"]["Value"][0])
            found = {}
            for file in files:
                words = [word for tag in ("0008,0018", "0010,0020", "0020,000d", "0008,0050", "0020,000e") for word in ("+P", tag)]
                dumped = subprocess.run(["dcmdump", "+p", *words, str(file)], capture_output=True, text=True, errors="replace", timeout=60)
                values = dict(re.findall(r"^\((\w{4},\w{4})\) .. \[([^]]*)\]", dumped.stdout, re.M))
                found[values["0008,0018"]] = (values["0010,0020"], values["0020,000d"], values["0008,0050"], values["0020,000e"])
            self.assertEqual(found, reported, "stored objects and reported ones are the same")


if __name__ == "__main__":
    unittest.main()
