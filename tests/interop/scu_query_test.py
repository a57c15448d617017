"""assay find, worklist and reconcile against DCMTK's dcmqrscp and wlmscpfs and Orthanc: judged by what was stored before and
by the answers that DCMTK's findscu gets, Data Set by Data Set."""

import contextlib
import json
import subprocess
import unittest

import orthanc
import products
import pydicom
from pydicom.dataset import Dataset
from scu_support import ROOT_UID, Asks, dcmqrscp, rest, study, values


class Find(Asks):
    def ask(self, *arguments):
        out, _ = self.assay(0, "find", *arguments, "--json")
        return json.loads(out)

    @staticmethod
    def of(matches, tag):
        return sorted(match[tag]["Value"][0] for match in matches)

    def findscu(self, folder, target, *keys):
        """The same query by DCMTK: its answers as sets of values."""
        title, place = target.split("@")
        host, port = place.split(":")
        folder.mkdir()
        command = ["findscu", "-S", "-X", "-od", str(folder), "-aec", title, host, port]
        subprocess.run([*command, *(word for key in keys for word in ("-k", key))], check=True, capture_output=True, timeout=60)
        return [values(pydicom.dcmread(file, force=True)) for file in sorted(folder.iterdir())]

    def test_every_level_tells_what_findscu_is_told(self):
        with products.scratch() as folder, dcmqrscp(folder) as target:
            for number in (1, 2, 3):
                study(folder / "files", number, series=2, images=2)
            self.assay(0, "store", target, folder / "files")
            one = f"StudyInstanceUID={ROOT_UID}2"
            for level, keys in {
                "STUDY": ["PatientID=P*", "StudyDate=20260102-", "PatientName", "StudyInstanceUID"],
                "SERIES": [one, "SeriesInstanceUID", "Modality", "SeriesNumber"],
                "IMAGE": [one, f"SeriesInstanceUID={ROOT_UID}2.1", "SOPInstanceUID", "InstanceNumber"],
            }.items():
                with self.subTest(level):
                    out = folder / level
                    options = [word for key in keys for word in ("-k", key)]
                    text, _ = self.assay(0, "find", target, "--level", level, *options, "--out", out)
                    theirs = self.findscu(folder / f"findscu-{level}", target, f"QueryRetrieveLevel={level}", *keys)
                    ours = [values(pydicom.dcmread(file)) for file in sorted(out.iterdir())]
                    self.assertEqual(len(ours), 2)
                    self.assertCountEqual(ours, theirs)
                    self.assertIn(f"2 matches at {level} level", text)
                    self.assertIn(f"{ROOT_UID}2", text)

    def test_Orthanc_is_asked_in_every_way(self):
        products.need("Orthanc")
        with products.scratch() as folder, orthanc.orthanc(folder) as (port, http):
            target = f"ORTHANC@127.0.0.1:{port}"
            study(folder / "files", 1, name="Doe^Jane")
            study(folder / "files", 2, series=2, images=2, name="M\u00fcller^J\u00f6rg", SpecificCharacterSet="ISO_IR 192")
            self.assay(0, "store", target, folder / "files")
            self.assertEqual(len(rest(http, "/studies")), 2)
            self.assertEqual(self.of(self.ask(target), "0020000D"), [ROOT_UID + "1", ROOT_UID + "2"])
            self.assertEqual(self.of(self.ask(target, "-k", "PatientName=M\u00fcller*"), "0020000D"), [ROOT_UID + "2"])
            self.assertEqual(self.ask(target, "-k", "PatientName=M\u00fcller*")[0]["00100010"]["Value"],
                             [{"Alphabetic": "M\u00fcller^J\u00f6rg"}])
            out, _ = self.assay(0, "find", target, "-k", "PatientName=M\u00fcller*")
            self.assertIn("M\u00fcller^J\u00f6rg", out)
            self.assertEqual(self.of(self.ask(target, "--model", "patient"), "00100020"), ["P1", "P2"])
            by_patient = self.ask(target, "--model", "patient", "--level", "study", "-k", "(0010,0020)=P2")
            self.assertEqual(self.of(by_patient, "0020000D"), [ROOT_UID + "2"])
            above = ["-k", f"StudyInstanceUID={ROOT_UID}2"]
            self.assertEqual(len(self.ask(target, "--level", "SERIES", *above)), 2)
            images = self.ask(target, "--level", "IMAGE", *above, "-k", f"SeriesInstanceUID={ROOT_UID}2.2")
            self.assertEqual(self.of(images, "00080018"), [ROOT_UID + "2.2.1", ROOT_UID + "2.2.2"])
            self.assertEqual(self.ask(target, "-k", "PatientID=NOBODY"), [])
            out, _ = self.assay(0, "find", target, "-k", "PatientID=NOBODY")
            self.assertIn("0 matches at STUDY level", out)

    def test_a_query_file_in_any_form(self):
        with products.scratch() as folder, dcmqrscp(folder) as target:
            for number in (1, 2):
                study(folder / "files", number)
            self.assay(0, "store", target, folder / "files")
            query = folder / "query.json"
            query.write_text(json.dumps({
                "00080052": {"vr": "CS", "Value": ["STUDY"]}, "00100020": {"vr": "LO", "Value": ["P2"]},
                "00100010": {"vr": "PN"}, "0020000D": {"vr": "UI"}}))
            forms = [query]
            for form in ("query.xml", "query.dcm"):
                forms.append(folder / form)
                self.assay(0, "convert", query, folder / form)
            text, _ = self.assay(0, "dump", "--text-form", folder / "query.dcm")
            (folder / "query.txt").write_text(text)
            forms.append(folder / "query.txt")
            answers = [self.ask(target, "--query", form) for form in forms]
            self.assertEqual(self.of(answers[0], "0020000D"), [ROOT_UID + "2"])
            self.assertNotIn("00080050", answers[0][0], "only what the file asks for")
            for form, answer in zip(forms, answers):
                self.assertEqual(answer, answers[0], form)
            self.assertEqual(self.of(self.ask(target, "--query", query, "-k", "PatientID=P1"), "0020000D"), [ROOT_UID + "1"])
            (folder / "broken.json").write_text('{"00100020": ')
            self.refused(["find", target, "--query", folder / "broken.json"], "broken.json", "line 1")
            self.refused(["find", target, "--query", folder / "nowhere"], "No such file")

    def test_limit_and_cancel(self):
        with products.scratch() as folder, dcmqrscp(folder) as target:
            study(folder / "files", 1, images=60)
            self.assay(0, "store", target, folder / "files")
            keys = ["--level", "IMAGE", "-k", f"StudyInstanceUID={ROOT_UID}1", "-k", f"SeriesInstanceUID={ROOT_UID}1.1"]
            self.assertEqual(len(self.ask(target, *keys)), 60)
            self.assertEqual(len(self.ask(target, *keys, "--limit", 5)), 5)
            out, _ = self.assay(0, "find", target, *keys, "--cancel-after", 3, "--trace")
            self.assertIn("C-CANCEL-RQ", out)
            self.assertIn("cancelled; the device ended with 0x", out)
            out, _ = self.assay(0, "find", target, *keys, "--repeat", 3)
            self.assertIn("asked 3 times", out)
            self.assertIn("60 matches", out)

    def test_a_refused_query_is_told_with_advice(self):
        with products.scratch() as folder, dcmqrscp(folder) as target:
            study(folder / "files", 1)
            self.assay(0, "store", target, folder / "files")
            out, err = self.assay(1, "find", target, "--level", "IMAGE")
            self.assertIn("needs one value of StudyInstanceUID", err)
            self.assertIn("failure", err)
            self.assertIn("leave keys out one by one", out)
            out, err = self.assay(3, "find", target, "--model", "HangingProtocolInformationModelFind", "-k", "Modality")
            self.assertIn("does not accept Hanging Protocol", err)

    def test_wrong_keys_are_named(self):
        with products.scratch() as folder, dcmqrscp(folder) as target:
            self.refused(["find", target, "-k", "PatientNmae=X"], "did you mean PatientName?")
            self.refused(["find", target, "-k", "Rows=many"], "no integer")
            self.refused(["find", target, "-k", "(0010,00=X"], "hexadecimal")
            self.refused(["find", target, "--level", "FILM"], "'FILM' is no level")
            self.refused(["find", target, "--level", "PATIENT"], "--model patient")
            self.refused(["find", target, "--level", "SERIES", "-k", "QueryRetrieveLevel=STUDY"], "contradict")
            self.refused(["find", target, "--model", "studies"], "'studies' is no SOP Class")
            self.refused(["find", target, "--model", "ImplicitVRLittleEndian"], "is no SOP Class but Implicit VR")
            self.refused(["find", target, "--limit", "0"], "--limit")
            for key, words in {"StudyDate=2026-13-45": "month from 01 to 12", "Modality=ct": "(0008,0060) Modality"}.items():
                _, err = self.assay(0, "find", target, "-k", key)
                self.assertIn("warning: ", err)
                self.assertIn(words, err)
            _, err = self.assay(0, "find", target, "-k", "StudyDate=20260101-", "-k", "PatientName=*doe")
            self.assertEqual(err, "")
            (folder / "file").write_text("")
            self.refused(["find", target, "--out", folder / "file"], "--out")
            self.refused(["find", f"127.0.0.1:{products.free_port()}"], "refuses connections", code=3)


def worklist_item(number, modality, station, name="Doe^Jane"):
    item = Dataset()
    item.SpecificCharacterSet = "ISO_IR 100"
    item.AccessionNumber = f"A{number}"
    item.ReferringPhysicianName = "Ref^Dr"
    item.PatientName, item.PatientID, item.PatientBirthDate, item.PatientSex = name, f"P{number}", "19600101", "O"
    item.MedicalAlerts, item.Allergies, item.PregnancyStatus = "", "", 4
    item.StudyInstanceUID = f"{ROOT_UID}50.{number}"
    item.RequestingPhysician, item.RequestedProcedureDescription = "Req^Dr", f"PROCEDURE {number}"
    step = Dataset()
    step.Modality, step.ScheduledStationAETitle = modality, station
    step.ScheduledProcedureStepStartDate, step.ScheduledProcedureStepStartTime = f"202601{number:02}", "101500"
    step.ScheduledPerformingPhysicianName = "Perf^Dr"
    step.ScheduledProcedureStepDescription, step.ScheduledProcedureStepID = f"STEP {number}", f"S{number}"
    step.ScheduledStationName, step.ScheduledProcedureStepLocation = "NAME", "ROOM"
    item.ScheduledProcedureStepSequence = [step]
    item.RequestedProcedureID, item.RequestedProcedurePriority = f"R{number}", "ROUTINE"
    return item


class Worklist(Asks):
    @contextlib.contextmanager
    def ris(self, folder):
        products.need("wlmscpfs", "findscu")
        entries = folder / "worklist" / "RIS"
        entries.mkdir(parents=True)
        (entries / "lockfile").write_text("")
        for number, (modality, station) in enumerate((("CT", "CT1"), ("MR", "MR1"), ("CT", "CT2")), 1):
            item = worklist_item(number, modality, station, "M\u00fcller^J\u00f6rg" if number == 3 else "Doe^Jane")
            item.is_little_endian, item.is_implicit_VR = True, False
            meta = pydicom.dataset.FileMetaDataset()
            meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
            meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = "1.2.276.0.7230010.3.1.0.1", f"{ROOT_UID}60.{number}"
            file = pydicom.dataset.FileDataset(str(entries / f"{number}.wl"), item, file_meta=meta, preamble=b"\0" * 128)
            file.is_little_endian, file.is_implicit_VR = True, False
            file.save_as(str(entries / f"{number}.wl"), write_like_original=False)
        port = products.free_port()
        with products.server(["wlmscpfs", "-csk", "-dfp", str(folder / "worklist"), str(port)], port, folder / "wlmscpfs.log"):
            yield f"RIS@127.0.0.1:{port}"

    def test_nested_keys_in_every_spelling_find_the_same_steps(self):
        with products.scratch() as folder, self.ris(folder) as target:
            everything = json.loads(self.assay(0, "worklist", target, "--json")[0])
            self.assertEqual(sorted(m["00100020"]["Value"][0] for m in everything), ["P1", "P2", "P3"])
            for key in ("ScheduledProcedureStepSequence[0].Modality=CT", "(0040,0100)[0].Modality=CT",
                        "(0040,0100)[1]/(0008,0060)=CT", "ScheduledProcedureStepSequence/Modality=CT"):
                with self.subTest(key):
                    found = json.loads(self.assay(0, "worklist", target, "-k", key, "--json")[0])
                    self.assertEqual(sorted(m["00100020"]["Value"][0] for m in found), ["P1", "P3"])
            out, _ = self.assay(0, "worklist", target, "-k", "(0040,0100)[0].(0040,0001)=CT2")
            self.assertIn("STEP 3", out)
            self.assertIn("M\u00fcller^J\u00f6rg", out)
            self.assertNotIn("STEP 1", out)

    def test_answers_equal_those_of_findscu(self):
        with products.scratch() as folder, self.ris(folder) as target:
            keys = ["PatientName", "PatientID", "StudyInstanceUID", "(0040,0100)[0].Modality=CT",
                    "(0040,0100)[0].ScheduledProcedureStepStartDate=20260101-20260102", "(0040,0100)[0].ScheduledProcedureStepID"]
            options = [word for key in keys for word in ("-k", key)]
            self.assay(0, "worklist", target, *options, "--out", folder / "ours")
            (folder / "theirs").mkdir()
            subprocess.run(["findscu", "-W", "-X", "-od", str(folder / "theirs"), "-aec", "RIS", "127.0.0.1",
                            target.rsplit(":")[-1], *options], check=True, capture_output=True, timeout=60)
            ours = [values(pydicom.dcmread(file)) for file in sorted((folder / "ours").iterdir())]
            theirs = [values(pydicom.dcmread(file, force=True)) for file in sorted((folder / "theirs").iterdir())]
            self.assertEqual(len(ours), 1)
            self.assertEqual(ours, theirs)

    def test_wrong_use(self):
        self.refused(["worklist", "127.0.0.1:104", "-k", "ScheduledProcedureStepSequence[0].Modallity=CT"], "did you mean Modality?")
        self.refused(["worklist", "127.0.0.1:104", "-k", "ScheduledProcedureStepSequence=CT"], "is a sequence and takes no value")
        self.refused(["worklist", "127.0.0.1:104", "--level", "STUDY"], "--level")


class Reconcile(Asks):
    def test_what_is_missing_on_either_side_is_listed(self):
        products.need("Orthanc")
        with products.scratch() as folder, dcmqrscp(folder) as a, orthanc.orthanc(folder) as (port, _):
            b = f"ORTHANC@127.0.0.1:{port}"
            files = {n: study(folder / "files", n, series=2, images=3) for n in (1, 2, 3, 4)}
            self.assay(0, "store", a, *files[1], *files[2], *files[3])
            only_b = [f for f in files[2] if "-2-" not in f.name]  # its second series is missing
            part_b = [f for f in files[3] if f.name != "3-1-2.dcm"]  # one image is
            self.assay(0, "store", b, *only_b, *part_b, *files[4])

            out, _ = self.assay(1, "reconcile", a, b)
            self.assertIn(f"missing in {a}: 1 study", out)
            self.assertIn(f"missing in {b}: 1 study", out)
            listed = folder / "missing.tsv"
            for level, expected in {
                "study": [("a", "STUDY", "4"), ("b", "STUDY", "1")],
                "series": [("a", "STUDY", "4"), ("b", "STUDY", "1"), ("b", "SERIES", "2.2")],
                "image": [("a", "STUDY", "4"), ("b", "STUDY", "1"), ("b", "SERIES", "2.2"), ("b", "IMAGE", "3.1.2")],
            }.items():
                with self.subTest(level):
                    out, _ = self.assay(1, "reconcile", a, b, "--level", level, "--json", "--missing", listed)
                    report = json.loads(out)
                    self.assertTrue(report["complete"])
                    found = [(m["missing_in"], m["level"], m.get("instance", m.get("series", m["study"]))) for m in report["missing"]]
                    self.assertCountEqual(found, [(side, what, ROOT_UID + uid) for side, what, uid in expected])
                    head, *lines = listed.read_text().splitlines()
                    self.assertEqual(len(head.split("\t")), 7)
                    self.assertEqual(len(lines), len(expected))
                    self.assertTrue(all(len(line.split("\t")) == 7 for line in lines))

            # The list says what to send; then nothing is missing any more.
            self.assay(0, "store", a, *files[4])
            self.assay(0, "store", b, *files[1], *files[2], *files[3])
            out, _ = self.assay(0, "reconcile", a, b, "--level", "image", "--missing", listed)
            self.assertIn("nothing is missing on either side", out)
            self.assertIn("instances in both: 24", out)
            self.assertEqual(len(listed.read_text().splitlines()), 1)
            out, _ = self.assay(0, "reconcile", a, b, "--level", "image", "-k", "StudyDate=20260102-20260103")
            self.assertIn("instances in both: 12", out)

    def test_an_archive_that_cannot_be_asked_is_no_archive_without_studies(self):
        with products.scratch() as folder, dcmqrscp(folder) as a:
            study(folder / "files", 1)
            self.assay(0, "store", a, folder / "files")
            b = f"B@127.0.0.1:{products.free_port()}"
            for one, two in ((a, b), (b, a)):
                out, err = self.assay(3, "reconcile", one, two, "--missing", folder / "missing.tsv")
                self.assertIn("refuses connections", err)
                self.assertIn("nothing was compared", out)
                self.assertEqual(len((folder / "missing.tsv").read_text().splitlines()), 1)
            self.refused(["reconcile", a, a], "are the same")
            self.refused(["reconcile", a], "B is required")
            self.refused(["reconcile", a, b, "-k", "StudyDat=1"], "did you mean StudyDate?")
            self.refused(["reconcile", a, b, "--missing", folder / "no" / "where"], "--missing")
            self.refused(["reconcile", a, "127.0.0.1"], "port is missing")


if __name__ == "__main__":
    unittest.main()
