"""Devices of an XML file in one process: what they answer to DCMTK's programs and to each other, lines that name them, a
stop that loses nothing, and mistakes of the file with their place."""

import json
import re
import signal
import socket
import subprocess
import unittest

import products
import scu_support
from ris_test import SCHEDULE
from served import Served

EXAMPLES = products.ROOT / "peers" / "devices" / "examples"
SCHEMA = products.ROOT / "peers" / "devices" / "devices.xsd"

HOSPITAL = """<devices>
  <archive name="pacs" ae-title="PACS" port="0" folder="pacs">
    <destination device="second"/>
    <destination ae="ALIAS" device="second"/>
  </archive>
  <archive name="second" ae-title="SECOND" port="0" folder="second"/>
  <ris name="ris" ae-title="RIS" port="0" schedule="day.csv" folder="steps"/>
</devices>
"""
MODALITY = """  <modality name="ct" ae-title="CT1" instances="{instances}">
    <worklist device="ris"/> <mpps device="ris"/> <archive device="pacs"/>
  </modality>
</devices>
"""


def write(folder, text, name="hospital.xml"):
    (folder / "day.csv").write_text(SCHEDULE, encoding="utf-8")
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def run(*command):
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, errors="replace", timeout=120)


class Mistakes(unittest.TestCase):
    maxDiff = None

    def refused(self, folder, text, place, *words):
        file = write(folder, text)
        code, out, err = products.assay("serve", file, limit=60)
        self.assertEqual(code, 2, out + err)
        self.assertRegex(err, rf"(?m)^assay: {re.escape(str(file))}:{place}: ", text)
        for word in words:
            self.assertIn(word, err, text)
        self.assertNotIn("Listening", out, "nothing listens where a device is wrong")
        return err

    def test_what_is_wrong_in_the_file_is_told_with_line_and_column(self):
        archive = '<devices>\n <archive port="0" {}/>\n</devices>'
        rows = [("<devices>\n <archive", "2:9", "this is no XML"),
                ("<device/>", "1:1", "<devices>"),
                ("<devices/>", "1:1", "without a device"),
                ("<devices>\n <pacs/></devices>", "2:2", "<pacs> is not allowed", "archive, ris, printer, modality"),
                (archive.format('colour="red"'), "2:20", "no attribute colour", "ae-title"),
                (archive.format('sop-classes="CTImageStorage CTImageStorag"'), "2:33", "CTImageStorag"),
                (archive.format('sop-classes="Verification"'), "2:33", "no Storage SOP Class"),
                (archive.format('max-associations="0"'), "2:38", "from 1"),
                (archive.format('artim="soon"'), "2:27", "30s"),
                (archive.format('ae-title="SEVENTEEN-LETTERS"'), "2:30", "1 to 16 characters"),
                (archive.format('commitment="late"'), "2:32", "same, new and never"),
                (archive.format('index="memory"'), "2:27", "has a folder"),
                (archive.format('folder=""'), "2:28", "is empty"),
                (archive.format('folder="x" ignore="yes"'), "2:39", "keeps what comes"),
                (archive.format('folder="${x}"'), "2:28", "no variables"),
                ('<devices>\n <archive port="70000"/></devices>', "2:17", "65535"),
                ('<devices>\n <archive><destination device="ws"/></archive></devices>', "2:32", "called 'ws'", "there are: archive"),
                ("<devices>\n <archive><destination/></archive></devices>", "2:11", "device=", "target="),
                ('<devices>\n <archive><destination ae="A" target="here"/></archive></devices>', "2:39", "HOST:PORT"),
                ('<devices>\n <archive port="0"/>\n <archive port="0"/></devices>', "3:2", "second device is called 'archive'"),
                ('<devices>\n <archive port="4711"/>\n <ris port="4711"/></devices>', "3:13", "that of 'archive' already"),
                ("<devices>\n <modality/></devices>", "2:2", "needs a <worklist>"),
                ('<devices><ris/>\n <modality date="20260230"><worklist device="ris"/></modality></devices>', "2:18", "no day")]
        with products.scratch() as folder:
            for text, place, *words in rows:
                with self.subTest(text=text):
                    self.refused(folder, text, place, *words)

    def test_what_shows_when_devices_start_is_told_with_its_place_and_every_device_is_tried(self):
        with products.scratch() as folder, socket.create_server(("127.0.0.1", 0)) as taken:
            port = taken.getsockname()[1]
            (folder / "file").write_text("in the way")
            (folder / "bad.csv").write_text(SCHEDULE.replace("20260706,090000", "20260230,090000"), encoding="utf-8")
            err = self.refused(folder, f"""<devices>
 <archive name="a" port="{port}"/>
 <archive name="b" port="0" folder="file"/>
 <ris port="0" schedule="bad.csv"/>
 <ris name="r" port="0" schedule="none.csv"/>
 <printer name="p" port="0" folder="file/pages"/>
 <archive name="f" port="0" faults="none.xml"/>
 <archive name="i" address="here" port="0"/>
</devices>""", "2:26", f"port {port} is in use", 'port="..."')
            for line, column, words in ((3, 37, "folder"), (4, 26, "schedule"), (5, 35, "schedule"), (6, 37, "folder"),
                                        (7, 37, "faults"), (8, 41, "no IP address")):
                self.assertRegex(err, rf"hospital\.xml:{line}:{column}: .*{words}")
            self.assertRegex(err, r"bad\.csv:5:\d+: ScheduledProcedureStepStartDate.*20260230")
            self.assertIn("none.csv", err)

    def test_options_that_the_file_says_are_refused_beside_it(self):
        with products.scratch() as folder:
            file = write(folder, HOSPITAL)
            code, _, err = products.assay("serve", file, "--port", 0)
            self.assertEqual(code, 2)
            self.assertIn("--port is said in the file", err)
            code, _, err = products.assay("serve", folder / "none.xml")
            self.assertEqual(code, 2)
            self.assertIn("none.xml", err)

    def test_every_example_begins_and_the_schema_takes_it_and_refuses_mutated_ones(self):
        products.need("xmllint")
        code, schema, err = products.assay("schema", "devices")
        self.assertEqual(code, 0, err)
        self.assertEqual(schema, SCHEMA.read_text(encoding="utf-8"))
        examples = sorted(EXAMPLES.glob("*.xml"))
        self.assertGreaterEqual(len(examples), 3)
        with products.scratch() as folder:
            for example in examples:
                text = example.read_text(encoding="utf-8")
                for wanted, content in [(0, text), (3, text.replace("<devices", '<devices colour="red"')),
                                        (3, text.replace("</devices>", "<pacs/></devices>"))]:
                    changed = folder / example.name
                    changed.write_text(content, encoding="utf-8")
                    done = run("xmllint", "--noout", "--nonet", "--schema", SCHEMA, changed)
                    self.assertEqual(done.returncode, wanted, f"{example.name}: {done.stderr}")
                with Served(example) as devices:
                    self.assertTrue(devices.ports)
                    self.assertEqual(devices.stop(), 0, devices.lines)


class Devices(unittest.TestCase):
    maxDiff = None

    def found(self, target):
        code, out, err = products.assay("find", target, "-k", "StudyInstanceUID", "-k", "PatientID", "--json")
        self.assertEqual(code, 0, out + err)
        return {match["0020000D"]["Value"][0] for match in json.loads(out)}

    def test_dcmtk_stores_moves_between_devices_and_asks_the_worklist_and_nothing_is_lost(self):
        products.need("storescu", "movescu", "findscu", "echoscu")
        with products.scratch() as folder:
            file = write(folder, HOSPITAL)
            studies = [scu_support.study(folder / "files", n, images=2) for n in (1, 2)]
            with Served(file) as devices:
                pacs, second, ris = (devices.ports[name] for name in ("pacs", "second", "ris"))
                done = run("storescu", "-v", "-aec", "PACS", "127.0.0.1", pacs, *studies[0], *studies[1])
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertEqual((done.stdout + done.stderr).count("Received Store Response (Success)"), 4)
                for number, title in ((1, "SECOND"), (2, "ALIAS")):
                    done = run("movescu", "-v", "-S", "-aec", "PACS", "-aem", title, "-k", "QueryRetrieveLevel=STUDY", "-k",
                               f"StudyInstanceUID={scu_support.ROOT_UID}{number}", "127.0.0.1", pacs)
                    self.assertIn("Received Final Move Response (Success)", done.stdout + done.stderr)
                wanted = {scu_support.ROOT_UID + "1", scu_support.ROOT_UID + "2"}
                self.assertEqual(self.found(devices.target("second", "SECOND")), wanted)
                done = run("findscu", "-v", "-W", "-aec", "RIS", "-k", "AccessionNumber", "127.0.0.1", ris)
                self.assertEqual((done.stdout + done.stderr).count("Find Response: 4 (Pending)"), 1, done.stdout + done.stderr)
                self.assertEqual(devices.stop(), 0)
                said = "\n".join(devices.lines)
                for name, caller in (("pacs", "STORESCU"), ("pacs", "MOVESCU"), ("second", "PACS"), ("ris", "FINDSCU")):
                    self.assertRegex(said, rf"(?m)^{name}: {caller} from 127\.0\.0\.1:\d+: associated")
            with Served(file, "--quiet") as devices:
                for name, title in (("pacs", "PACS"), ("second", "SECOND")):
                    self.assertEqual(self.found(devices.target(name, title)), wanted)
                self.assertEqual(devices.stop(), 0)
                self.assertNotIn("associated", "\n".join(devices.lines))

    def test_a_modality_of_the_file_performs_what_its_ris_has_and_a_stop_ends_its_step(self):
        with products.scratch() as folder:
            text = HOSPITAL.replace("</devices>\n", MODALITY)
            with Served(write(folder, text.format(instances=2))) as devices:
                line = devices.wait_for(r"^ct: \d+ items")
                self.assertRegex(line, r"4 items, 4 performed, (\d+) objects made, \1 stored, 0 failures")
                self.assertEqual(len(self.found(devices.target("pacs", "PACS"))), 4)
                self.assertEqual(devices.stop(), 0)
            states = [json.loads(f.read_text())["00400252"]["Value"] for f in (folder / "steps").iterdir()]
            self.assertEqual(states, [["COMPLETED"]] * 4)
        with products.scratch() as folder:
            # Stopped with a step in hand: it is performed to its end, and stored whole.
            with Served(write(folder, text.format(instances=400))) as devices:
                devices.wait_for(r"^ris: MPPS \S+: new -> IN PROGRESS")
                self.assertEqual(devices.stop(), 0)
                line = [line for line in devices.lines if re.match(r"ct: \d+ items", line)][0]
                self.assertRegex(line, r"4 items, [123] performed, (\d+) objects made, \1 stored, 0 failures")
            states = [json.loads(f.read_text())["00400252"]["Value"] for f in (folder / "steps").iterdir()]
            self.assertEqual(states, [["COMPLETED"]] * int(line.split(", ")[1].split()[0]))

    def test_an_archive_of_two_classes_refuses_the_others_and_takes_these(self):
        products.need("storescu")
        with products.scratch() as folder:
            file = write(folder, '<devices><archive port="0" ae-title="PACS" sop-classes="CTImageStorage"/></devices>')
            other = products.synthetic_file(folder)  # a Secondary Capture
            taken = scu_support.study(folder / "files", 1, SOPClassUID="1.2.840.10008.5.1.4.1.1.2")
            with Served(file) as devices:
                target = devices.target("archive", "PACS")
                code, out, _ = products.assay("store", target, *taken)
                self.assertEqual(code, 0, out)
                code, out, err = products.assay("store", target, other)
                self.assertEqual(code, 3, out + err)
        code, _, err = products.assay("serve", "--port", 0, "--sop-class", "CTImageStorag")
        self.assertEqual(code, 2)
        self.assertIn("CTImageStorage", err)

    def test_a_second_interrupt_stops_at_once(self):
        with products.scratch() as folder, Served(write(folder, HOSPITAL)) as devices:
            with socket.create_connection(("127.0.0.1", devices.ports["pacs"])):
                devices.process.send_signal(signal.SIGINT)
                devices.wait_for("Stopping")
                self.assertEqual(devices.stop(limit=10), 0)


if __name__ == "__main__":
    unittest.main()
