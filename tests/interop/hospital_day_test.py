"""A hospital day (wf/day): a modality takes its worklist from a RIS, reports its steps and stores into an archive, which
commits to what it has; a workstation finds and fetches the studies; a printer prints one of them. Each device is ours in
one day, and once DCMTK's or Orthanc's where these have the part. What is judged is what each device has in the end: the
same patients, studies, accession numbers and objects from the schedule to the film, Data Set for Data Set."""

import contextlib
import json
import pathlib
import re
import subprocess
import unittest
import urllib.request

import orthanc
import products
import pydicom
from print_commit_test import configuration, until
from retrieve_test import by_uid, tool

# Patient's name, its ID, study, accession number, modality, step.
SCHEDULE = [("DOE^JANE", "P1", "2.25.101", "A1", "CT", "S1"), ("ROE^RICHARD", "P2", "2.25.102", "A2", "MR", "S2"),
            ("DOE^JANE", "P1", "2.25.103", "A3", "CR", "S3")]
STUDIES = {study: (patient, accession) for _, patient, study, accession, _, _ in SCHEDULE}
SC = "1.2.840.10008.5.1.4.1.1.7"


def rest(port, path, body=None):
    """One call of Orthanc's interface."""
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(f"http://127.0.0.1:{port}/{path}", data=data), timeout=60) as answer:
        return json.loads(answer.read())


class Day:
    """The devices of one day; each method starts one, or plays its part."""

    def __init__(self, test, folder, running):
        self.test, self.folder, self.running = test, folder, running
        self.workstation = products.free_port()
        self.reports = products.free_port()
        self.sent = {}

    def start(self, name, command, env=None, port=None):
        port = port or products.free_port()
        self.running.enter_context(products.server([str(word).replace("{port}", str(port)) for word in command], port,
                                                   self.folder / f"{name}.log", env))
        return port

    def ours(self, *words):
        code, out, err = products.assay(*words, "--json")
        self.test.assertEqual(code, 0, out + err)
        return json.loads(out)

    # The RIS: the address of its worklist, and that of its performed steps or None.

    def ris_assay(self):
        schedule = self.folder / "schedule.csv"
        schedule.write_text("PatientName,PatientID,StudyInstanceUID,AccessionNumber,Modality,ScheduledProcedureStepID,RequestedProcedureID,"
                            "ScheduledStationAETitle,ScheduledProcedureStepStartDate,ScheduledProcedureStepStartTime\n" +
                            "".join(",".join([*row, row[5], "STATION", "20260705", "090000"]) + "\n" for row in SCHEDULE))
        port = self.start("ris", [products.ASSAY, "serve", "ris", "--ae-title", "RIS", "--schedule", schedule, "--folder",
                                  self.folder / "steps", "--port", "{port}"])
        return f"RIS@127.0.0.1:{port}", f"RIS@127.0.0.1:{port}"

    def ris_wlmscpfs(self):
        home = self.folder / "wlm" / "RIS"
        home.mkdir(parents=True)
        (home / "lockfile").touch()
        for name, patient, study, accession, modality, step in SCHEDULE:
            dump = self.folder / "item.dump"
            dump.write_text(
                "(0008,0005) CS [ISO_IR 100]\n"
                f"(0008,0050) SH [{accession}]\n(0010,0010) PN [{name}]\n(0010,0020) LO [{patient}]\n(0010,0030) DA []\n"
                f"(0010,0040) CS [F]\n(0020,000d) UI [{study}]\n(0032,1060) LO [HEAD]\n(0040,1001) SH [{step}]\n"
                f"(0040,0100) SQ\n(fffe,e000) -\n(0008,0060) CS [{modality}]\n(0040,0001) AE [STATION]\n"
                "(0040,0002) DA [20260705]\n(0040,0003) TM [0900]\n(0040,0006) PN [DOC]\n(0040,0007) LO [HEAD]\n"
                f"(0040,0009) SH [{step}]\n(fffe,e00d) -\n(fffe,e0dd) -\n")
            made = tool("dump2dcm", "-q", dump, home / f"{step}.wl")
            self.test.assertEqual(made.returncode, 0, made.stderr)
        port = self.start("ris", ["wlmscpfs", "-dfp", self.folder / "wlm", "{port}"])
        return f"RIS@127.0.0.1:{port}", None  # DCMTK has no MPPS

    # The archive: its address, and whether it commits.

    def archive_assay(self):
        port = self.start("archive", [products.ASSAY, "serve", "archive", "--ae-title", "ARCHIVE", "--folder",
                                      self.folder / "archive", "--destination", f"WS=127.0.0.1:{self.workstation}",
                                      "--destination", f"ASSAY=127.0.0.1:{self.reports}", "--port", "{port}"])
        return f"ARCHIVE@127.0.0.1:{port}", True

    def archive_dcmqrscp(self):
        port = self.start("archive", [products.HERE / "start_dcmqrscp.sh", self.folder, "{port}", "ARCHIVE"],
                          env={"DESTINATION": f"WS, localhost, {self.workstation}"})
        return f"ARCHIVE@127.0.0.1:{port}", False

    def archive_orthanc(self):
        home = self.folder / "orthanc-archive"
        home.mkdir()
        known = {"ws": {"AET": "WS", "Host": "127.0.0.1", "Port": self.workstation},
                 "modality": {"AET": "ASSAY", "Host": "127.0.0.1", "Port": self.reports}}
        dicom, _ = self.running.enter_context(orthanc.orthanc(home, DicomModalities=known))
        return f"ORTHANC@127.0.0.1:{dicom}", True

    # The modality: what it stored, by SOP Instance UID.

    def modality_assay(self, worklist, steps, archive):
        report = self.ours("modality", "--worklist", worklist, *(["--mpps", steps] if steps else []), "--archive", archive,
                           "--out", self.folder / "objects", "--instances", 2)
        self.test.assertEqual((report["performed"], report["failures"]), (len(SCHEDULE), 0), report)
        made = by_uid(self.folder / "objects")
        self.test.assertEqual(report["stored"], len(made))
        return made

    def modality_dcmtk(self, worklist, _, archive):
        """findscu asks, dump2dcm makes a Secondary Capture of each answer, storescu stores."""
        answers = self.folder / "answers"
        answers.mkdir()
        keys = ["PatientName", "PatientID", "StudyInstanceUID", "AccessionNumber", "ScheduledProcedureStepSequence[0].Modality"]
        title, address = worklist.split("@")
        host, port = address.split(":")
        found = subprocess.run(["findscu", "-W", "-X", "-aec", title, *[word for key in keys for word in ("-k", key)], host, port],
                               cwd=answers, capture_output=True, text=True, timeout=60)
        self.test.assertEqual(found.returncode, 0, found.stderr)
        objects = self.folder / "objects"
        objects.mkdir()
        pixels = "\\".join(f"{i:02x}" for i in range(64))
        for number, answer in enumerate(sorted(answers.glob("rsp*.dcm")), 1):
            item = pydicom.dcmread(answer, force=True)
            dump = self.folder / "object.dump"
            dump.write_text(products.SYNTHETIC_DUMP.format(n=number, pixels=pixels)
                            .replace("[1.2.826.0.1.3680043.10.999.55]", f"[{item.StudyInstanceUID}]")
                            .replace("[1.2.826.0.1.3680043.10.999.55.0]", f"[{item.StudyInstanceUID}.1]")
                            .replace(f"[SYN{number}]", f"[{item.AccessionNumber}]")
                            .replace("[Synthetic^Interop]", f"[{item.PatientName}]").replace("[SYN-INTEROP]", f"[{item.PatientID}]"))
            made = tool("dump2dcm", "-q", dump, objects / f"{number}.dcm")
            self.test.assertEqual(made.returncode, 0, made.stderr)
        title, address = archive.split("@")
        host, port = address.split(":")
        stored = tool("storescu", "-v", "-aec", title, host, port, *sorted(objects.iterdir()))
        self.test.assertEqual(stored.stderr.count("(Success)") + stored.stdout.count("(Success)"), len(SCHEDULE), stored.stderr)
        return by_uid(objects)

    # The workstation: what it found, as study -> (patient, accession number), and what it fetched, by SOP Instance UID.

    def workstation_assay(self, archive):
        answers = self.ours("find", archive, "-k", "StudyInstanceUID", "-k", "PatientID", "-k", "AccessionNumber")
        found = {one["0020000D"]["Value"][0]: (one["00100020"]["Value"][0], one["00080050"]["Value"][0]) for one in answers}
        fetched = {}
        for number, study in enumerate(sorted(found)):
            way = (["get", archive, "-k", f"StudyInstanceUID={study}"] if number % 2 else
                   ["move", archive, "-k", f"StudyInstanceUID={study}", "--calling-ae", "WS", "--listen", self.workstation])
            into = self.folder / "fetched" / study
            self.ours(*way, "--out", into)
            fetched |= by_uid(into)
        return found, fetched

    def workstation_dcmtk(self, archive):
        title, address = archive.split("@")
        host, port = address.split(":")
        answers = self.folder / "found"
        answers.mkdir()
        keys = [word for key in ("QueryRetrieveLevel=STUDY", "StudyInstanceUID", "PatientID", "AccessionNumber")
                for word in ("-k", key)]
        subprocess.run(["findscu", "-S", "-X", "-aec", title, *keys, host, port], cwd=answers, capture_output=True, timeout=60,
                       check=True)
        items = [pydicom.dcmread(file, force=True) for file in answers.glob("rsp*.dcm")]
        found = {str(item.StudyInstanceUID): (str(item.PatientID), str(item.AccessionNumber)) for item in items}
        into = self.folder / "fetched"
        into.mkdir()
        self.start("workstation", ["storescp", "-aet", "WS", "-od", into, "{port}"], port=self.workstation)
        for number, study in enumerate(sorted(found)):
            key = ["-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={study}"]
            done = (tool("getscu", "-S", "-aec", title, "-od", into, *key, host, port) if number % 2 else
                    tool("movescu", "-S", "-aet", "WS", "-aec", title, "-aem", "WS", *key, host, port))
            self.test.assertEqual(done.returncode, 0, done.stderr)
        return found, by_uid(into)

    def workstation_orthanc(self, archive):
        title, address = archive.split("@")
        host, port = address.split(":")
        home = self.folder / "orthanc-workstation"
        home.mkdir()
        _, http = self.running.enter_context(orthanc.orthanc(
            home, DicomAet="WS", DicomPort=self.workstation,
            DicomModalities={"archive": {"AET": title, "Host": host, "Port": int(port)}}))
        query = rest(http, "modalities/archive/query", {"Level": "Study", "Query": {"StudyInstanceUID": "", "PatientID": "",
                                                                                    "AccessionNumber": ""}})["ID"]
        found = {}
        for number in rest(http, f"queries/{query}/answers"):
            one = rest(http, f"queries/{query}/answers/{number}/content?simplify")
            found[one["StudyInstanceUID"]] = (one["PatientID"], one["AccessionNumber"])
        rest(http, f"queries/{query}/retrieve", {"TargetAet": "WS"})
        into = self.folder / "fetched"
        into.mkdir()
        for instance in rest(http, "instances"):
            with urllib.request.urlopen(f"http://127.0.0.1:{http}/instances/{instance}/file", timeout=60) as file:
                (into / f"{instance}.dcm").write_bytes(file.read())
        return found, by_uid(into)

    # The printer: prints this file, and gives the number of its films.

    def printer_assay(self, file):
        pages = self.folder / "pages"
        port = self.start("printer", [products.ASSAY, "serve", "printer", "--folder", pages, "--port", "{port}"])
        self.print(port, "ANY-SCP", file)
        return len(until(lambda: list(pages.glob("*.png"))))

    def printer_dcmtk(self, file):
        port = products.free_port()
        cfg = configuration(self.folder, theirs=port)
        self.start("printer", ["dcmprscp", "-c", cfg, "-p", "THEIRS"], port=port)
        self.print(port, "THEIRS", file)
        return len(until(lambda: list((self.folder / "database").glob("SP_*"))))

    def print(self, port, title, file):
        done = self.ours("print", f"127.0.0.1:{port}", file, "--called-ae", title, "--film-size", "8INX10IN")
        self.test.assertEqual({step["status"] for step in done["steps"]}, {"0000H"}, done)


class HospitalDay(unittest.TestCase):
    maxDiff = None

    def day(self, ris="assay", archive="assay", modality="assay", workstation="assay", printer="assay"):
        with products.scratch() as folder, contextlib.ExitStack() as running:
            day = Day(self, folder, running)
            worklist, steps = getattr(day, "ris_" + ris)()
            archive, commits = getattr(day, "archive_" + archive)()
            made = getattr(day, "modality_" + modality)(worklist, steps, archive)
            self.assertGreaterEqual(len(made), len(SCHEDULE))
            self.assertEqual({one["0020000D"]["Value"][0]: (one["00100020"]["Value"][0], one["00080050"]["Value"][0])
                              for one in made.values()}, STUDIES, "what was scheduled was made")
            if steps and modality == "assay":
                self.steps_tell_of(made, folder / "steps")
            if commits:
                report = day.ours("commit", archive, folder / "objects", "--listen", day.reports)
                self.assertEqual(sorted(one["sop_instance"] for one in report["committed"]), sorted(made))
            found, fetched = getattr(day, "workstation_" + workstation)(archive)
            self.assertEqual(found, STUDIES, "what was made is found")
            self.assertEqual(sorted(fetched), sorted(made))
            self.assertEqual(fetched, made, "what was made is fetched, Data Set for Data Set")
            picture = next(path for path in sorted((folder / "fetched").rglob("*")) if path.is_file() and self.is_picture(path))
            self.assertEqual(getattr(day, "printer_" + printer)(picture), 1, "a film")

    def steps_tell_of(self, made, folder):
        steps = [json.loads(file.read_text()) for file in pathlib.Path(folder).iterdir()]
        self.assertEqual([step["00400252"]["Value"][0] for step in steps], ["COMPLETED"] * len(SCHEDULE))
        told = [one["00081155"]["Value"][0] for step in steps for series in step["00400340"]["Value"]
                for sequence in ("00081140", "00400220") for one in series.get(sequence, {}).get("Value", [])]
        self.assertEqual(sorted(told), sorted(made), "the steps tell of what was made")
        self.assertEqual({step["00400270"]["Value"][0]["0020000D"]["Value"][0]:
                          (step["00100020"]["Value"][0], step["00400270"]["Value"][0]["00080050"]["Value"][0]) for step in steps},
                         STUDIES)

    @staticmethod
    def is_picture(path):
        read = pydicom.dcmread(path, force=True)
        return "PixelData" in read and not re.match("1.2.840.10008.5.1.4.1.1.(481|88|104)", str(read.SOPClassUID))

    def test_with_our_devices_alone(self):
        self.day()

    def test_with_dcmtk_s_archive(self):
        products.need("dcmqrscp")
        self.day(archive="dcmqrscp")

    def test_with_orthanc_as_archive(self):
        products.need("Orthanc")
        self.day(archive="orthanc")

    def test_with_dcmtk_s_worklist(self):
        products.need("wlmscpfs", "dump2dcm")
        self.day(ris="wlmscpfs")

    def test_with_a_modality_of_dcmtk_s_tools(self):
        products.need("findscu", "storescu", "dump2dcm")
        self.day(modality="dcmtk")

    def test_with_a_workstation_of_dcmtk_s_tools(self):
        products.need("findscu", "getscu", "movescu", "storescp")
        self.day(workstation="dcmtk")

    def test_with_orthanc_as_workstation(self):
        products.need("Orthanc")
        self.day(workstation="orthanc")

    def test_with_dcmtk_s_printer(self):
        products.need("dcmprscp")
        self.day(printer="dcmtk")

    def test_with_nothing_of_ours_but_the_steps_in_between(self):
        products.need("Orthanc", "wlmscpfs", "findscu", "storescu", "dcmprscp")
        self.day(ris="wlmscpfs", archive="orthanc", modality="dcmtk", workstation="dcmtk", printer="dcmtk")


if __name__ == "__main__":
    unittest.main()
