"""Every object the modality makes: without errors by dciodvfy and by assay validate, whole for DCMTK's storescp, and one set of identifiers from
the worklist to the step to the stored file."""

import json
import re
import shutil
import subprocess
import unittest

import orthanc
import products
from ris_test import Ris
from served import Served

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
            code, out, err = products.assay("validate", "--strict", folder / "objects")
            self.assertEqual(code, 0, out + err)
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

    def performed(self, ris, archive, *words):
        """Exit code and report of a modality that performs the CT of the worklist and asks for commitment."""
        code, out, err = products.assay("modality", "--worklist", f"127.0.0.1:{ris.port}", "--modality", "CT", "--ae-title", "CT1",
                                        "--archive", archive, "--commit", "--json", *words)
        self.assertTrue(out, err)
        return code, json.loads(out)

    def test_our_archive_commits_to_what_was_stored_in_each_of_its_ways(self):
        with products.scratch() as folder, Ris() as ris:
            port = products.free_port()
            file = folder / "archives.xml"
            file.write_text(f"""<devices>
              <archive name="same" ae-title="A" port="0"/>
              <archive name="new" ae-title="B" port="0" commitment="new"><destination ae="CT1" target="127.0.0.1:{port}"/></archive>
              <archive name="never" ae-title="C" port="0" commitment="never"/>
              <archive name="part" ae-title="D" port="0" commitment-fail-every="2"/>
            </devices>""")
            with Served(file, "--quiet") as archives:
                for name, title, words, wanted in (("same", "A", (), 0), ("same", "A", ("--commit-listen", port), 0),
                                                   ("new", "B", ("--commit-listen", port), 0),
                                                   ("never", "C", ("--commit-wait", "300ms"), 3), ("part", "D", (), 1)):
                    with self.subTest(archive=name, words=words):
                        code, report = self.performed(ris, archives.target(name, title), *words)
                        self.assertEqual(code, wanted, report)
                        self.assertGreater(report["stored"], 0)
                        lost = {"never": report["stored"], "part": report["performed"]}.get(name, 0)
                        self.assertEqual((report["committed"], report["not_committed"]), (report["stored"] - lost, lost), report)
        code, _, err = products.assay("modality", "--worklist", "127.0.0.1:1", "--commit")
        self.assertEqual(code, 2)
        self.assertIn("--archive", err)

    def test_orthanc_commits_on_an_association_of_its_own(self):
        products.need("Orthanc")
        with products.scratch() as folder, Ris() as ris:
            port = products.free_port()
            with orthanc.orthanc(folder, DicomModalities={"ct": ["CT1", "127.0.0.1", port]}) as (dicom, _):
                code, report = self.performed(ris, f"ORTHANC@127.0.0.1:{dicom}", "--commit-listen", port)
                self.assertEqual(code, 0, report)
                self.assertGreater(report["committed"], 0)
                self.assertEqual((report["committed"], report["not_committed"]), (report["stored"], 0))

    def test_a_modality_of_a_file_asks_its_archive(self):
        with products.scratch() as folder:
            file, port = folder / "devices.xml", products.free_port()
            file.write_text(f"""<devices>
              <ris port="0" ae-title="RIS"/>
              <archive name="pacs" ae-title="PACS" port="0" commitment="new"><destination device="ct"/></archive>
              <modality name="ct" ae-title="CT1" modality="CT" commit="yes" commit-listen="{port}">
                <worklist device="ris"/><mpps device="ris"/><archive device="pacs"/></modality>
            </devices>""")
            with Served(file) as devices:
                devices.wait_for(r"^ct: CT of \S+: (\d+) of \1 instances committed, reported on an association of the archive's own")
                devices.wait_for(r"^ct: \d+ items, .* (\d+) stored, \1 of \1 committed, 0 failures")
                self.assertEqual(devices.stop(), 0)


if __name__ == "__main__":
    unittest.main()
