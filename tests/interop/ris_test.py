"""The RIS and its SCUs: DCMTK's findscu against our worklist, our modality against DCMTK's wlmscpfs, and performed
procedure steps with dcmjs-dimse in both roles (no program of DCMTK speaks MPPS). What is judged is what was answered,
never another program's exit code alone."""

import json
import os
import re
import signal
import subprocess
import unittest

import dcmjs_scu_test
import products

SCHEDULE = """# two days
SpecificCharacterSet,PatientName,PatientID,PatientBirthDate,PatientSex,StudyInstanceUID,RequestedProcedureID,RequestedProcedureDescription,AccessionNumber,Modality,ScheduledStationAETitle,ScheduledProcedureStepStartDate,ScheduledProcedureStepStartTime,ScheduledPerformingPhysicianName,ScheduledProcedureStepDescription,ScheduledProcedureStepID
,DOE^JANE,P1,19800101,F,2.25.101,R1,CT HEAD,A1,CT,CT1,20260705,090000,DOC^ONE,CT HEAD,S1
,DOE^JOHN,P2,19700202,M,2.25.102,R2,CT CHEST,A2,CT,CT2,20260705,110000,DOC^TWO,CT CHEST,S2
ISO_IR 100,Müller^Eva,P3,,F,2.25.103,R3,MR KNEE,A3,MR,MR1,20260706,090000,DOC^ONE,MR KNEE,S3
,ROE^RITA,P4,19900303,O,2.25.104,R4,US ABDOMEN,A4,US,US1,20260707,170000,DOC^TWO,US ABDOMEN,S4
"""


class Ris:
    """`assay serve ris` on a port it picks, its lines as they came."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen([products.ASSAY, "serve", "ris", "--port", "0", *map(str, arguments)],
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
        self.first = self.process.stdout.readline()
        self.port = int(self.first.split("127.0.0.1:")[1].split()[0])

    def __enter__(self):
        return self

    def __exit__(self, *_):
        products.end(self.process)
        self.process.stdout.close()
        self.process.stderr.close()

    def stop(self):
        """Ends it as Ctrl-C does; everything it said."""
        self.process.send_signal(signal.SIGINT)
        out, err = self.process.communicate(timeout=30)
        return out, err


def schedule_file(folder, text=SCHEDULE, name="day.csv"):
    file = folder / name
    file.write_text(text, encoding="utf-8")
    return file


def run(*command, **more):
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, errors="replace", timeout=60, **more)


class WorklistScp(unittest.TestCase):
    maxDiff = None

    def ask(self, ris, folder, *keys, query=None):
        """Accession numbers found by findscu, in order; its responses stay as rsp*.dcm in the folder."""
        for old in folder.glob("rsp*.dcm"):
            old.unlink()
        words = [word for key in keys for word in ("-k", key)]
        done = run("findscu", "-v", "-W", "-X", "-aec", "RIS", *words, "127.0.0.1", ris.port,
                   *([query] if query else []), cwd=folder)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("Received Final Find Response (Success)", done.stdout + done.stderr)
        return [self.value(file, "0008,0050") for file in sorted(folder.glob("rsp*.dcm"))]

    def value(self, file, tag):
        found = re.search(rf"\({tag}\) .. \[([^]]*)\]", run("dcmdump", "+P", tag, file).stdout)
        return found[1].strip() if found else ""

    def test_findscu_gets_what_the_keys_say(self):
        products.need("findscu", "dump2dcm", "dcmdump")
        with products.scratch() as folder, Ris("--schedule", schedule_file(folder), "--ae-title", "RIS") as ris:
            step = "ScheduledProcedureStepSequence[0]."
            base = ("AccessionNumber", step + "Modality")
            for keys, wanted in (
                    ((), ["A1", "A2", "A3", "A4"]),
                    ((step + "Modality=CT",), ["A1", "A2"]),
                    ((step + "Modality=CT", step + "ScheduledStationAETitle=CT2"), ["A2"]),
                    ((step + "ScheduledProcedureStepStartDate=20260706-",), ["A3", "A4"]),
                    ((step + "ScheduledProcedureStepStartDate=20260705-20260707", step + "ScheduledProcedureStepStartTime=100000-180000"),
                     ["A2", "A3", "A4"]),
                    ((step + "ScheduledPerformingPhysicianName=doc^o*",), ["A1", "A3"]),
                    (("PatientName=DOE*",), ["A1", "A2"]),
                    (("PatientID=P4",), ["A4"]),
                    (("PatientID=NOBODY",), [])):
                with self.subTest(keys=keys):
                    self.assertEqual(self.ask(ris, folder, *base, *keys), wanted)
            out, _ = ris.stop()
            self.assertNotIn("ps3.", out.lower(), "findscu breaks no rule")

    def test_a_query_of_a_dump_file_gets_every_key_it_asks_for(self):
        products.need("findscu", "dump2dcm", "dcmdump")
        with products.scratch() as folder, Ris("--schedule", schedule_file(folder), "--ae-title", "RIS") as ris:
            (folder / "query.dump").write_text(
                "(0008,0005) CS [ISO_IR 100]\n(0008,0050) SH\n(0010,0010) PN [M*]\n(0010,0020) LO\n(0010,1030) DS\n"
                "(0032,1064) SQ\n(fffe,e000) -\n(0008,0100) SH\n(fffe,e00d) -\n(fffe,e0dd) -\n"
                "(0040,0100) SQ\n(fffe,e000) -\n(0008,0060) CS\n(0040,0011) SH\n(fffe,e00d) -\n(fffe,e0dd) -\n")
            run("dump2dcm", "-q", folder / "query.dump", folder / "query.dcm")
            self.assertEqual(self.ask(ris, folder, query=folder / "query.dcm"), ["A3"])
            text = run("dcmdump", folder / "rsp0001.dcm").stdout
            tags = re.findall(r"^\s*\(([0-9a-f]{4},[0-9a-f]{4})\)", text, re.M)
            for tag in ("0008,0005", "0008,0050", "0010,0010", "0010,0020", "0010,1030", "0032,1064", "0040,0100", "0008,0060", "0040,0011"):
                self.assertIn(tag, tags, text)
            self.assertNotIn("0040,0001", tags, "not asked for")
            self.assertIn("ISO_IR 100", text)

    def test_findscu_may_cancel(self):
        products.need("findscu")
        with Ris("--ae-title", "RIS") as ris:
            done = run("findscu", "-v", "-W", "-aec", "RIS", "--cancel", 2, "-k", "PatientName", "127.0.0.1", ris.port)
            said = done.stdout + done.stderr
            self.assertRegex(said, r"Final Find Response \((Cancel|Success)", said)
            self.assertIn("12 items", ris.first)

    def test_a_schedule_that_is_edited_is_read_again(self):
        products.need("findscu", "dcmdump")
        with products.scratch() as folder:
            file = schedule_file(folder)
            with Ris("--schedule", file, "--ae-title", "RIS") as ris:
                self.assertEqual(len(self.ask(ris, folder, "AccessionNumber")), 4)
                lines = SCHEDULE.splitlines(keepends=True)
                file.write_text("".join(lines[:4]), encoding="utf-8")
                self.assertEqual(self.ask(ris, folder, "AccessionNumber"), ["A1", "A2"])
                file.write_text("".join(lines[:4]).replace("20260705", "20261305"), encoding="utf-8")
                self.assertEqual(self.ask(ris, folder, "AccessionNumber"), ["A1", "A2"], "a broken one changes nothing")
                out, err = ris.stop()
                self.assertIn("2 items", out)
                self.assertIn("day.csv:3:55: ScheduledProcedureStepStartDate", err)

    def test_mistakes_of_a_schedule_are_told_before_anything_is_served(self):
        with products.scratch() as folder:
            for text, wanted in ((SCHEDULE.replace("20260706", "20260230"), "day.csv:5:60: ScheduledProcedureStepStartDate"),
                                 (SCHEDULE.replace("Modality,", "Modalty,"), "Modality"),
                                 (SCHEDULE.replace("2.25.104", ""), "day.csv:6:1: lacks StudyInstanceUID")):
                code, out, err = products.assay("serve", "ris", "--port", 0, "--schedule", schedule_file(folder, text))
                self.assertEqual(code, 2, out + err)
                self.assertIn(wanted, err)
            code, _, err = products.assay("serve", "ris", "--port", 0, "--schedule", folder / "none.csv")
            self.assertEqual(code, 2)
            self.assertIn("none.csv", err)


class WorklistScu(unittest.TestCase):
    def test_our_modality_asks_wlmscpfs(self):
        products.need("wlmscpfs", "dump2dcm", "dcmdump")
        with products.scratch() as folder:
            (folder / "WLM").mkdir()
            (folder / "WLM" / "lockfile").touch()
            for number, modality in ((1, "CT"), (2, "MR"), (3, "CT")):
                dump = folder / "item.dump"
                dump.write_text(
                    "(0008,0005) CS [ISO_IR 100]\n"
                    f"(0008,0050) SH [A{number}]\n(0010,0010) PN [DOE^N{number}]\n(0010,0020) LO [P{number}]\n"
                    f"(0010,0030) DA [19800101]\n(0010,0040) CS [F]\n(0020,000d) UI [2.25.20{number}]\n"
                    f"(0032,1060) LO [HEAD]\n(0040,1001) SH [R{number}]\n(0040,0100) SQ\n(fffe,e000) -\n"
                    f"(0008,0060) CS [{modality}]\n(0040,0001) AE [STATION]\n(0040,0002) DA [20260705]\n"
                    f"(0040,0003) TM [0900]\n(0040,0006) PN [DOC]\n(0040,0007) LO [HEAD]\n(0040,0009) SH [S{number}]\n"
                    "(fffe,e00d) -\n(fffe,e0dd) -\n")
                made = run("dump2dcm", "-q", dump, folder / "WLM" / f"item{number}.wl")
                self.assertEqual(made.returncode, 0, made.stderr)
            port = products.free_port()
            with products.server(["wlmscpfs", "-dfp", str(folder), str(port)], port, folder / "log"):
                objects = folder / "objects"
                code, out, err = products.assay("modality", "--worklist", f"WLM@127.0.0.1:{port}", "--modality", "CT",
                                                "--out", objects, "--json")
                self.assertEqual(code, 0, out + err + (folder / "log").read_text(errors="replace"))
                report = json.loads(out)
                self.assertEqual((report["items"], report["performed"], report["made"]), (2, 2, 6))
                patients = set()
                for file in objects.iterdir():
                    dumped = run("dcmdump", "+P", "0010,0020", "+P", "0020,000d", "+P", "0008,0050", file).stdout
                    patients.add(tuple(sorted(re.findall(r"\[([^]]*)\]", dumped), key=lambda v: (v[0] == "2", v))))
                self.assertEqual(patients, {("A1", "P1", "2.25.201"), ("A3", "P3", "2.25.203")})


class Mpps(unittest.TestCase):
    maxDiff = None

    def mpps(self, ris, *words, wrong=False):
        """Exit code and answer; the rules blame nobody, or only us where the request is wrong on purpose."""
        code, out, err = products.assay("mpps", f"RIS@127.0.0.1:{ris.port}", *words, "--json")
        self.assertTrue(out.strip(), err)
        answer = json.loads(out)
        blamed = [finding for finding in answer["findings"] if not wrong or " requestor, " not in finding]
        self.assertEqual(blamed, [])
        return code, answer

    def test_the_state_machine_from_the_command_line(self):
        with products.scratch() as folder, Ris("--folder", folder / "steps", "--ae-title", "RIS") as ris:
            code, made = self.mpps(ris, "create", "-k", "PatientID=P1", "-k", "Modality=CT")
            self.assertEqual((code, made["status"]), (0, "0000"))
            uid = made["sop_instance_uid"]
            for words, wanted in ((("create", "--uid", uid), "0111"),
                                  (("create", "-k", "PerformedProcedureStepStatus=COMPLETED"), "0106"),
                                  (("create", "--key=-PerformedStationAETitle"), "0120"),
                                  (("create", "-k", "Modality"), "0121"),
                                  (("set", "--uid", "2.25.1", "--status", "COMPLETED"), "0112"),
                                  (("set", "--uid", uid, "--status", "DONE"), "0106"),
                                  (("set", "--uid", uid, "-k", "PatientID=P2"), "0105"),
                                  (("set", "--uid", uid, "--status", "COMPLETED", "--key=-PerformedSeriesSequence"), "0121")):
                with self.subTest(words=words):
                    code, answer = self.mpps(ris, *words, wrong=True)
                    self.assertEqual((code, answer["status"]), (1, wanted))
            self.assertEqual(self.mpps(ris, "set", "--uid", uid, "-k", "CommentsOnThePerformedProcedureStep=late")[0], 0)
            self.assertEqual(self.mpps(ris, "set", "--uid", uid, "--status", "COMPLETED")[0], 0)
            code, answer = self.mpps(ris, "set", "--uid", uid, "--status", "DISCONTINUED")
            self.assertEqual((code, answer["status"]), (1, "0110"))
            code, answer = self.mpps(ris, "get", "--uid", uid)
            self.assertEqual(answer["step"]["00400252"]["Value"], ["COMPLETED"])
            self.assertEqual(answer["step"]["00400280"]["Value"], ["late"])
            code, chosen = self.mpps(ris, "create", "--no-uid")
            self.assertEqual(code, 0)
            self.assertTrue(chosen["sop_instance_uid"].startswith("2.25."))
            out, _ = ris.stop()
            self.assertIn(f"MPPS {uid}: new -> IN PROGRESS by ASSAY (CT P1", out)
            self.assertIn(f"MPPS {uid}: IN PROGRESS -> COMPLETED", out)

    def test_what_was_acknowledged_is_there_after_a_kill(self):
        with products.scratch() as folder:
            uids = []
            for _ in range(3):
                with Ris("--folder", folder / "steps", "--ae-title", "RIS") as ris:
                    for uid in uids:
                        self.assertEqual(self.mpps(ris, "get", "--uid", uid)[0], 0)
                    uids.append(self.mpps(ris, "create")[1]["sop_instance_uid"])
                    ris.process.kill()
                    ris.process.wait(timeout=10)
            (folder / "steps" / "2.25.9.mpps.json").write_text("{")
            code, out, err = products.assay("serve", "ris", "--port", 0, "--folder", folder / "steps")
            self.assertEqual(code, 2, out)
            self.assertIn("2.25.9.mpps.json", err)

    def test_a_step_that_cannot_be_kept_is_refused(self):
        with products.scratch() as folder, Ris("--folder", folder / "steps", "--ae-title", "RIS") as ris:
            (folder / "steps").rmdir()
            (folder / "steps").write_text("in the way")
            code, answer = self.mpps(ris, "create")
            self.assertEqual((code, answer["status"]), (1, "0110"))

    def test_dcmjs_reports_a_step_to_our_ris(self):
        dcmjs_scu_test.get()
        series = {"PerformingPhysicianName": "", "ProtocolName": "HEAD", "OperatorsName": "", "SeriesInstanceUID": "2.25.8",
                  "SeriesDescription": "", "RetrieveAETitle": "", "ReferencedImageSequence": [],
                  "ReferencedNonImageCompositeSOPInstanceSequence": []}
        start = {"ScheduledStepAttributesSequence": [{"StudyInstanceUID": "2.25.7", "ReferencedStudySequence": [], "AccessionNumber": "A1",
                                                      "RequestedProcedureID": "", "RequestedProcedureDescription": "",
                                                      "ScheduledProcedureStepID": "", "ScheduledProcedureStepDescription": "",
                                                      "ScheduledProtocolCodeSequence": []}],
                 "PatientName": "DOE^JANE", "PatientID": "P1", "PatientBirthDate": "", "PatientSex": "", "ReferencedPatientSequence": [],
                 "PerformedProcedureStepID": "PPS1", "PerformedStationAETitle": "CT1", "PerformedStationName": "", "PerformedLocation": "",
                 "PerformedProcedureStepStartDate": "20260705", "PerformedProcedureStepStartTime": "0900",
                 "PerformedProcedureStepStatus": "IN PROGRESS", "PerformedProcedureStepDescription": "",
                 "PerformedProcedureTypeDescription": "", "ProcedureCodeSequence": [], "PerformedProcedureStepEndDate": "",
                 "PerformedProcedureStepEndTime": "", "Modality": "CT", "StudyID": "", "PerformedProtocolCodeSequence": [],
                 "PerformedSeriesSequence": []}
        end = {"PerformedProcedureStepStatus": "COMPLETED", "PerformedProcedureStepEndDate": "20260705",
               "PerformedProcedureStepEndTime": "0930", "PerformedSeriesSequence": [series]}
        with products.scratch() as folder, Ris("--ae-title", "RIS") as ris:
            file = folder / "operations.json"
            file.write_text(json.dumps([["create", "2.25.6", start], ["create", "2.25.6", start], ["set", "2.25.6", end],
                                        ["set", "2.25.6", end], ["set", "2.25.5", end]]))
            done = run("node", dcmjs_scu_test.FOLDER / "mpps.js", "scu", "127.0.0.1", ris.port, "RIS", "DCMJS", file,
                       env={**os.environ, "NODE_PATH": str(dcmjs_scu_test.INSTALLED / "node_modules")})
            self.assertEqual(sorted(done.stdout.split("\n")[:-1]),
                             sorted(["create 0000", "create 0111", "set 0000", "set 0110", "set 0112"]), done.stdout + done.stderr)
            code, answer = self.mpps(ris, "get", "--uid", "2.25.6")
            self.assertEqual(answer["step"]["00400252"]["Value"], ["COMPLETED"])

    def test_our_step_reaches_dcmjs(self):
        dcmjs_scu_test.get()
        device = subprocess.Popen(["node", dcmjs_scu_test.FOLDER / "mpps.js", "scp"], stdout=subprocess.PIPE, text=True,
                                  stderr=subprocess.DEVNULL, start_new_session=True,
                                  env={**os.environ, "NODE_PATH": str(dcmjs_scu_test.INSTALLED / "node_modules")})
        try:
            port = int(device.stdout.readline().split()[-1])
            products.wait_for_port(port, device, os.devnull)
            for words in (("create", "--uid", "2.25.6", "-k", "PatientID=P1"), ("set", "--uid", "2.25.6", "--status", "COMPLETED")):
                code, out, err = products.assay("mpps", f"127.0.0.1:{port}", *words, "--json")
                self.assertEqual(code, 0, out + err)
                told = json.loads(device.stdout.readline())
                self.assertEqual(told["operation"], words[0])
                if words[0] == "create":
                    self.assertEqual(told["elements"]["PatientID"], "P1")
                    self.assertEqual(told["elements"]["PerformedProcedureStepStatus"], "IN PROGRESS")
                else:
                    self.assertEqual(told["elements"]["PerformedProcedureStepStatus"], "COMPLETED")
        finally:
            products.end(device)
            device.stdout.close()


class Catalogue(unittest.TestCase):
    """The scenarios of worklist and procedure steps, once with our RIS as the device and once with our modality."""

    def verdicts(self, folder, *words):
        code, out, err = products.assay("run", products.ROOT / "scenarios" / "mpps", products.ROOT / "scenarios" / "worklist",
                                        "--jobs", 4, "--timeout", "5s", "--out", folder / "report", *words)
        return [(c["id"], c["verdict"], c["reason"]) for c in products.results(folder / "report")["cases"]], out + err

    def test_our_RIS_passes_every_case(self):
        with products.scratch() as folder, Ris("--ae-title", "RIS", "--quiet", "--no-judging") as ris:
            cases, said = self.verdicts(folder, "--role", "requestor", "--target", f"127.0.0.1:{ris.port}", "--called-ae", "RIS")
            self.assertGreaterEqual(len(cases), 120, said)
            self.assertEqual([c for c in cases if c[1] != "pass"], [])

    def test_our_modality_passes_every_case(self):
        # Begin and end of a step go over two associations, as a modality's do: cases that wait for both on one stay out.
        with products.scratch() as folder:
            act = f"{products.HERE}/act_modality.sh {{action}} {{host}} {{port}} {{called}} {{calling}}"
            cases, said = self.verdicts(folder, "--role", "acceptor", "--dut-act", act, "--skip", "ps3.4/F.7.2.2/scu-step-ends",
                                        "--skip", "ps3.4/F.7.2.2.4/scu-set-refused/*")
            self.assertGreaterEqual(len(cases), 60, said)
            self.assertEqual([c for c in cases if c[1] != "pass"], [])


if __name__ == "__main__":
    unittest.main()
