"""The rules about services hold for healthy products: assay proxy stands between DCMTK's SCUs and dcmqrscp, Orthanc and
wlmscpfs, and whatever it tells is one of the deviations named here with the clause that proves it."""

import json
import subprocess
import unittest
import urllib.request

import orthanc
import products
from proxy_test import proxy, run

STUDY = "1.2.826.0.1.3680043.10.999.55"
SERIES = STUDY + ".0"

WORKLIST = """
(0008,0005) CS [ISO_IR 100]
(0008,0050) SH [A{n}]
(0010,0010) PN [Synthetic^Worklist]
(0010,0020) LO [WL{n}]
(0010,0030) DA [19600101]
(0010,0040) CS [F]
(0020,000d) UI [1.2.826.0.1.3680043.10.999.77.{n}]
(0032,1032) PN [Roe^Richard]
(0032,1060) LO [HEAD]
(0040,1001) SH [R{n}]
(0040,1003) SH [LOW]
(0040,0100) SQ
(fffe,e000) -
(0008,0060) CS [CT]
(0040,0001) AE [CT1]
(0040,0002) DA [20260105]
(0040,0003) TM [101500]
(0040,0006) PN [Roe^Richard]
(0040,0007) LO [HEAD]
(0040,0009) SH [S{n}]
(0040,0010) SH [ROOM1]
(0040,0011) SH [CELLAR]
(fffe,e00d) -
(fffe,e0dd) -
"""


def keys(*pairs):
    return [part for pair in pairs for part in ("-k", pair)]


STUDIES = keys("QueryRetrieveLevel=STUDY", "PatientName", "PatientID=SYN*", "StudyInstanceUID", "StudyDate", "AccessionNumber",
               "StudyID", "ModalitiesInStudy", "NumberOfStudyRelatedInstances")
SERIES_OF_STUDY = keys("QueryRetrieveLevel=SERIES", f"StudyInstanceUID={STUDY}", "SeriesInstanceUID", "Modality=OT",
                       "SeriesNumber")
IMAGES = keys("QueryRetrieveLevel=IMAGE", f"StudyInstanceUID={STUDY}", f"SeriesInstanceUID={SERIES}", "SOPInstanceUID",
              "InstanceNumber")
PATIENTS = keys("QueryRetrieveLevel=PATIENT", "PatientName=Synthetic*", "PatientID")


def told(lines):
    """Rule and side of every error and warning."""
    out = set()
    for party in lines[-1]["summary"]["parties"]:
        for one in party["broken"]:
            if one["severity"] in ("error", "warning"):
                out.add((party["side"], one["rule"]))
    return out


class ServiceRules(unittest.TestCase):
    maxDiff = None

    def clean(self, finish, known=()):
        code, lines, text = finish()
        self.assertIn("summary", lines[-1], text)
        self.assertEqual(told(lines) - set(known), set(), text)
        return text

    def talk(self, port, title, folder):
        """Queries at every level, C-MOVE and C-GET of DCMTK; every one does its work."""
        for command in (["-S", *STUDIES], ["-S", *SERIES_OF_STUDY], ["-S", *IMAGES], ["-P", *PATIENTS]):
            self.assertEqual(run("findscu", "-aec", title, *command, "127.0.0.1", port), 0)
        got = folder / "got"
        got.mkdir()
        self.assertEqual(run("getscu", "-aec", title, "-od", got, "-S", *keys("QueryRetrieveLevel=STUDY",
                                                                              f"StudyInstanceUID={STUDY}"),
                             "127.0.0.1", port), 0)
        return list(got.iterdir())

    def test_dcmqrscp_is_asked_and_answers_cleanly(self):
        products.need("dcmqrscp", "findscu", "getscu", "movescu", "storescu", "dump2dcm")
        with products.scratch() as folder:
            target, receiver = products.free_port(), products.free_port()
            area = folder / "area"
            area.mkdir()
            config = folder / "dcmqrscp.cfg"
            config.write_text(f"NetworkTCPPort = {target}\nMaxPDUSize = 16384\nMaxAssociations = 16\nHostTable BEGIN\n"
                              f"me = (MOVER, 127.0.0.1, {receiver})\nHostTable END\nVendorTable BEGIN\nVendorTable END\n"
                              f"AETable BEGIN\nARCHIVE {area} RW (200, 1024mb) ANY\nAETable END\n")
            files = [products.synthetic_file(folder, n) for n in (1, 2, 3)]
            with products.server(["dcmqrscp", "-c", str(config), str(target)], target, folder / "dcmqrscp.log"), \
                    proxy(target, folder) as (port, finish):
                self.assertEqual(run("storescu", "-aec", "ARCHIVE", "127.0.0.1", port, *files), 0)
                self.assertEqual(len(self.talk(port, "ARCHIVE", folder)), 3)
                moved = folder / "moved"
                moved.mkdir()
                self.assertEqual(run("movescu", "-aet", "MOVER", "-aec", "ARCHIVE", "-aem", "MOVER", "+P", receiver,
                                     "-od", moved, "-S", *keys("QueryRetrieveLevel=SERIES", f"StudyInstanceUID={STUDY}",
                                                               f"SeriesInstanceUID={SERIES}"), "127.0.0.1", port), 0)
                self.assertEqual(len(list(moved.iterdir())), 3)
                text = self.clean(finish, DCMQRSCP)
            self.assertIn("ARCHIVE", text)

    def test_orthanc_is_asked_and_answers_cleanly(self):
        products.need("Orthanc", "findscu", "getscu", "storescu", "dump2dcm")
        with products.scratch() as folder, orthanc.orthanc(folder, DicomAlwaysAllowGet=True) as (target, _):
            files = [products.synthetic_file(folder, n) for n in (1, 2, 3)]
            with proxy(target, folder) as (port, finish):
                self.assertEqual(run("storescu", "-aec", "ORTHANC", "127.0.0.1", port, *files), 0)
                self.talk(port, "ORTHANC", folder)
                self.clean(finish, ORTHANC)

    def test_orthanc_asks_and_moves_cleanly(self):
        products.need("Orthanc", "dcmqrscp", "storescu", "dump2dcm")
        with products.scratch() as folder:
            target = products.free_port()
            area = folder / "area"
            area.mkdir()
            config = folder / "dcmqrscp.cfg"
            with proxy(target, folder) as (port, finish), orthanc.orthanc(
                    folder, DicomModalities={"archive": ["ARCHIVE", "127.0.0.1", port]}) as (dicom, http):
                config.write_text(f"NetworkTCPPort = {target}\nMaxPDUSize = 16384\nMaxAssociations = 16\nHostTable BEGIN\n"
                                  f"o = (ORTHANC, 127.0.0.1, {dicom})\nHostTable END\nVendorTable BEGIN\nVendorTable END\n"
                                  f"AETable BEGIN\nARCHIVE {area} RW (200, 1024mb) ANY\nAETable END\n")
                with products.server(["dcmqrscp", "-c", str(config), str(target)], target, folder / "dcmqrscp.log"):
                    files = [products.synthetic_file(folder, n) for n in (1, 2)]
                    self.assertEqual(run("storescu", "-aec", "ARCHIVE", "127.0.0.1", target, *files), 0)

                    def post(path, body):
                        request = urllib.request.Request(f"http://127.0.0.1:{http}{path}", json.dumps(body).encode())
                        with urllib.request.urlopen(request, timeout=60) as answer:
                            return json.load(answer)

                    query = post("/modalities/archive/query", {"Level": "Study", "Query": {"PatientID": "SYN*"}})
                    post(query["Path"] + "/retrieve", {"TargetAet": "ORTHANC", "Synchronous": True})
                    series = post("/modalities/archive/query",
                                  {"Level": "Series", "Query": {"StudyInstanceUID": STUDY, "Modality": "OT"}})
                    self.assertIn("Path", series)
                    with urllib.request.urlopen(f"http://127.0.0.1:{http}/instances", timeout=60) as answer:
                        stored = json.load(answer)
                    self.assertEqual(len(stored), 2)
                    post("/modalities/archive/store", stored)
                    self.clean(finish, ORTHANC | DCMQRSCP)

    def test_wlmscpfs_answers_cleanly(self):
        products.need("wlmscpfs", "findscu", "dump2dcm")
        with products.scratch() as folder:
            target = products.free_port()
            area = folder / "worklists" / "RIS"
            area.mkdir(parents=True)
            (area / "lockfile").touch()
            for n in (1, 2):
                dump = folder / f"worklist{n}.dump"
                dump.write_text(WORKLIST.format(n=n))
                subprocess.run(["dump2dcm", "-q", str(dump), str(area / f"w{n}.wl")], check=True)
            step = "ScheduledProcedureStepSequence[0]."
            with products.server(["wlmscpfs", "-dfp", str(folder / "worklists"), str(target)], target, folder / "wlm.log"), \
                    proxy(target, folder) as (port, finish):
                self.assertEqual(run("findscu", "-aec", "RIS", "-W", *keys(
                    "PatientName", "PatientID", "PatientBirthDate", "PatientSex", "AccessionNumber", "StudyInstanceUID",
                    "RequestedProcedureID", step + "Modality=CT", step + "ScheduledStationAETitle=CT1",
                    step + "ScheduledProcedureStepStartDate=20260101-20260131", step + "ScheduledProcedureStepStartTime",
                    step + "ScheduledPerformingPhysicianName", step + "ScheduledProcedureStepID"), "127.0.0.1", port), 0)
                self.clean(finish)


# What the products really do, with the clause that proves it.
# dcmqrscp answers FF00H, "optional keys were supported in the same manner as required keys", and leaves out Modalities in
# Study (PS3.4 C.4.1.1.4; C.2.2.1.3 lets it leave out the key, not the FF01H).
DCMQRSCP = {("acceptor", "ps3.4/C.4.1.1.4/optional-key-not-returned")}
ORTHANC = set()

if __name__ == "__main__":
    unittest.main()
