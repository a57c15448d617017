"""Lines said to `assay serve` while it plays: each is answered, does what it says, and nothing that is said stops it."""

import json
import re
import subprocess
import unittest

import products
import scu_support
from ris_test import SCHEDULE
from served import Served

FILE = """<devices>
  <archive name="pacs" ae-title="PACS" port="0" folder="pacs"/>
  <archive name="memory" ae-title="MEMORY" port="0"/>
  <ris name="ris" ae-title="RIS" port="0" schedule="day.csv"/>
  <printer name="printer" ae-title="PRINTER" port="0" folder="pages"/>
</devices>
"""


class ControlLines(unittest.TestCase):
    maxDiff = None

    def served(self, folder, text=FILE):
        (folder / "day.csv").write_text(SCHEDULE, encoding="utf-8")
        (folder / "hospital.xml").write_text(text, encoding="utf-8")
        return Served(folder / "hospital.xml", "--quiet")

    def ask(self, devices, line, wanted="ok"):
        """The lines of an answer, its last one included."""
        before = len(devices.lines)
        devices.say(line)
        last = devices.wait_for(r"^(\w+: )?(ok|error): ")
        self.assertRegex(last, rf"^(\w+: )?{wanted}: ", line)
        # What is told of an object that came before may come in between.
        return [said for said in devices.lines[before:] if not re.match(r"  .*\[PS3\.|  .* more (findings|about)|    \S", said)]

    def worklist(self, devices):
        code, out, err = products.assay("worklist", devices.target("ris", "RIS"), "-k", "AccessionNumber", "--json")
        self.assertEqual(code, 0, err)
        return sorted(match["00080050"]["Value"][0] for match in json.loads(out))

    def test_what_an_archive_has_is_listed_and_deleted(self):
        with products.scratch() as folder, self.served(folder) as devices:
            files = scu_support.study(folder / "files", 1, series=2, images=2) + scu_support.study(folder / "files", 2)
            root = scu_support.ROOT_UID
            for name, title in (("pacs", "PACS"), ("memory", "MEMORY")):
                code, out, err = products.assay("store", devices.target(name, title), *files)
                self.assertEqual(code, 0, out + err)
                listed = self.ask(devices, f"{name} list")
                there = 5 if name == "pacs" else len(listed) - 1
                self.assertEqual(listed[-1], f"{name}: ok: {there} listed")
                self.assertIn(f"{name}:   {root}1.2.2 series={root}1.2 CT Image Storage", "\n".join(listed))
                self.assertIn(f"{name}:   {root}1 patient=P1 series=2 instances=4", self.ask(devices, f"{name} list study"))
                for uid, gone in ((f"{root}1.1.1", 1), (f"{root}1.2", 2), (f"{root}1", 1)):
                    self.assertEqual(self.ask(devices, f"{name} delete {uid}"), [f"{name}: ok: {gone} deleted"])
                    self.ask(devices, f"{name} delete {uid}", "error")
                code, out, _ = products.assay("find", devices.target(name, title), "-k", f"StudyInstanceUID={root}1", "--json")
                self.assertEqual(json.loads(out), [])
                self.assertIn(f"{name}:   {root}2 patient=P2 series=1 instances=1", self.ask(devices, f"{name} list study"))
            self.assertEqual(devices.stop(), 0)
            with self.served(folder) as again:
                self.assertEqual(self.ask(again, "pacs list")[-1], "pacs: ok: 1 listed", "what was deleted stays so")

    def test_a_file_that_somebody_else_put_there_is_not_deleted(self):
        with products.scratch() as folder:
            scu_support.study(folder / "pacs", 1)
            with self.served(folder) as devices:
                self.assertIn("somebody else", self.ask(devices, f"pacs delete {scu_support.ROOT_UID}1", "error")[-1])
                self.assertEqual(self.ask(devices, "pacs list")[-1], "pacs: ok: 1 listed")

    def test_commitment_changes_from_the_next_request_on(self):
        with products.scratch() as folder, self.served(folder) as devices:
            files = scu_support.study(folder / "files", 1, images=2)
            target = devices.target("pacs", "PACS")
            self.assertEqual(products.assay("store", target, *files)[0], 0)

            def committed(*words):
                code, out, err = products.assay("commit", target, *files, "--json", *words)
                return code, json.loads(out)
            code, told = committed()
            self.assertEqual((code, len(told["committed"]), told["association"]), (0, 2, "same"))
            self.ask(devices, "pacs commitment same 10ms 2")
            code, told = committed()
            self.assertEqual((code, len(told["committed"]), len(told["failed"])), (1, 1, 1))
            port = products.free_port()
            self.ask(devices, "pacs commitment new")
            self.ask(devices, f"pacs destination ASSAY=127.0.0.1:{port}")
            code, told = committed("--listen", port)
            self.assertEqual((code, told["association"]), (0, "new"))
            self.ask(devices, "pacs commitment never")
            self.assertEqual(committed("--wait", "200ms")[0], 3)
            for wrong in ("pacs commitment", "pacs commitment later", "pacs commitment new soon", "pacs commitment new 1s x",
                          "pacs destination ASSAY"):
                self.ask(devices, wrong, "error")

    def test_the_schedule_of_a_ris_is_edited(self):
        with products.scratch() as folder, self.served(folder) as devices:
            self.assertEqual(self.worklist(devices), ["A1", "A2", "A3", "A4"])
            item = ('ris add PatientID=P9 "PatientName=NEW^ONE TWO" StudyInstanceUID=2.25.109 RequestedProcedureID=R9 '
                    "AccessionNumber=A9 Modality=CT ScheduledStationAETitle=CT1 ScheduledProcedureStepStartDate={} "
                    "ScheduledProcedureStepStartTime=0900 ScheduledProcedureStepID=S9")
            self.assertIn("20260230", self.ask(devices, item.format("20260230"), "error")[-1])
            self.assertEqual(self.ask(devices, item.format("20260708")), ["ris: ok: 5 items"])
            self.ask(devices, item.format("20260708"), "error")
            self.assertEqual(self.worklist(devices), ["A1", "A2", "A3", "A4", "A9"])
            self.assertIn("ris:   S9 CT 20260708 P9 2.25.109 ", self.ask(devices, "ris list"))
            self.assertEqual(self.ask(devices, "ris remove S2"), ["ris: ok: 1 removed"])
            self.assertEqual(self.ask(devices, "ris remove 2.25.101"), ["ris: ok: 1 removed"])
            self.ask(devices, "ris remove S2", "error")
            self.assertEqual(self.worklist(devices), ["A3", "A4", "A9"])
            self.assertEqual(self.ask(devices, "ris reload"), ["ris: ok: 4 items"])
            self.assertEqual(self.worklist(devices), ["A1", "A2", "A3", "A4"])
            code, _, err = products.assay("mpps", devices.target("ris", "RIS"), "create", "--uid", "2.25.6")
            self.assertEqual(code, 0, err)
            self.assertRegex(self.ask(devices, "ris steps")[-2], r"ris:   2\.25\.6 IN PROGRESS")

    def test_a_device_misbehaves_from_now_on_and_stops_to(self):
        faults = products.ROOT / "peers" / "faults" / "examples" / "refuse.xml"
        with products.scratch() as folder, self.served(folder) as devices:
            plan = folder / "refuse.xml"
            plan.write_text('<faults><refuse result="1" source="1" reason="3"/></faults>')
            self.assertTrue(faults.exists())
            for name, title in (("pacs", "PACS"), ("ris", "RIS"), ("printer", "PRINTER")):
                self.assertEqual(products.assay("echo", devices.target(name, title))[0], 0)
                self.ask(devices, f"{name} faults {plan}")
                code, out, err = products.assay("echo", devices.target(name, title))
                self.assertNotEqual(code, 0)
                self.assertIn("calling-AE-title-not-recognized", out + err)
                self.ask(devices, f"{name} faults none")
                self.assertEqual(products.assay("echo", devices.target(name, title))[0], 0)
                self.ask(devices, f"{name} faults {folder / 'none.xml'}", "error")

    def test_a_printer_says_what_it_is_told_to(self):
        products.need("dcmdump")
        with products.scratch() as folder, self.served(folder) as devices:
            file = products.synthetic_file(folder)
            self.ask(devices, 'printer status failure "SUPPLY EMPTY"')
            code, out, _ = products.assay("print", devices.target("printer", "PRINTER"), file)
            self.assertIn("SUPPLY EMPTY", out)
            self.assertEqual(self.ask(devices, "printer list")[-1].split(":")[-1], " 0 pages printed, 1 jobs wait")
            self.ask(devices, "printer status normal")
            self.ask(devices, "printer status odd", "error")
            self.assertEqual(devices.stop(), 0)
            self.assertIn("printer: 1 page printed.", devices.lines)

    def test_one_device_needs_no_name_and_quit_stops(self):
        with subprocess.Popen([products.ASSAY, "serve", "--port", "0"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as one:
            out, _ = one.communicate("help\nlist patient\ndevices\nquit\n", timeout=60)
        self.assertEqual(one.returncode, 0, out)
        for words in ("  delete UID", "studies=", "ok: 1 devices", "ok: stopping", "Stopped."):
            self.assertIn(words, out)

    def test_whatever_is_said_it_goes_on(self):
        with products.scratch() as folder, self.served(folder) as devices:
            for line, words in (("nobody list", "no device is called 'nobody'; there are: pacs, memory, ris, printer"),
                                ("pacs", "not understood"), ("pacs list tree", "none of"), ('pacs "list', "quotation mark"),
                                ("pacs explode", "delete UID"), ("pacs list \x01", "no text"),
                                ("pacs delete " + "1" * 10000, "longer than 4096"), ("ris add PatientID", "KEY=VALUE")):
                self.assertIn(words, self.ask(devices, line, "error")[-1], line[:40])
            devices.process.stdin.buffer.write(b"\xff\xfe\x80\n" + b"x" * 5_000_000 + b"\n" + b"#" * 100 + b"\n\n \t\n")
            devices.say("devices")
            devices.wait_for(r"^ok: 4 devices")
            self.assertEqual(products.assay("echo", devices.target("pacs", "PACS"))[0], 0)
            devices.process.stdin.close()
            self.assertEqual(products.assay("echo", devices.target("pacs", "PACS"))[0], 0, "the end of the lines is not the end")
            self.assertEqual(devices.stop(), 0)
            self.assertTrue(all(re.fullmatch(r"[\x20-\x7e]*", line) for line in devices.lines))


if __name__ == "__main__":
    unittest.main()
