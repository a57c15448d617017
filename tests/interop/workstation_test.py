"""The workstation: everything that is found is retrieved, at every level and in every way, from our archive, from DCMTK's
dcmqrscp and from Orthanc; and what these do when a mover with one thread keeps them waiting."""

import contextlib
import json
import os
import time
import unittest

import orthanc
import products
import scu_support
from served import Served

WAYS = ("get", "collect", "blocking", "inside", "several")
IMAGES = {"1": (2, 2), "2": (1, 1)}  # study: series, images of each


class Archive:
    """An archive with two studies that knows the workstation by both of its titles."""

    def __init__(self, target, port, timeout="30s"):
        self.target, self.port, self.timeout = target, port, timeout

    def fill(self, folder):
        files = [file for number, (series, images) in IMAGES.items()
                 for file in scu_support.study(folder / "files", int(number), series=series, images=images)]
        code, out, err = products.assay("store", self.target, *files)
        assert code == 0, out + err
        return self

    def workstation(self, *words, way="blocking"):
        listen = [] if way == "get" else ["--listen", self.port]
        code, out, err = products.assay("workstation", self.target, "--ae-title", "WS", "--receiver", "WSREC", "--way", way, *listen,
                                        "--timeout", self.timeout, "--json", *words)
        return code, json.loads(out) if out else err


@contextlib.contextmanager
def ours(folder):
    port = products.free_port()
    file = folder / "archive.xml"
    file.write_text(f"""<devices><archive port="0" ae-title="PACS" folder="pacs">
      <destination ae="WS" target="127.0.0.1:{port}"/><destination ae="WSREC" target="127.0.0.1:{port}"/></archive></devices>""")
    with Served(file) as devices:
        yield Archive(devices.target("archive", "PACS"), port).fill(folder)


@contextlib.contextmanager
def dcmqrscp(folder):
    products.need("dcmqrscp")
    own, port = products.free_port(), products.free_port()
    env = {"DESTINATION": f"WS, 127.0.0.1, {port}", "SECOND": f"WSREC, 127.0.0.1, {port}"}
    with products.server([str(products.HERE / "start_dcmqrscp.sh"), str(folder), str(own), "QRSCP"], own, folder / "log", env):
        yield Archive(f"QRSCP@127.0.0.1:{own}", port, "60s").fill(folder)


@contextlib.contextmanager
def of_orthanc(folder):
    products.need("Orthanc")
    port = products.free_port()
    known = {name: [title, "127.0.0.1", port] for name, title in (("ws", "WS"), ("wsrec", "WSREC"))}
    with orthanc.orthanc(folder, DicomModalities=known) as (dicom, _):
        yield Archive(f"ORTHANC@127.0.0.1:{dicom}", port, "60s").fill(folder)


class Workstation(unittest.TestCase):
    maxDiff = None

    def everything(self, product):
        with products.scratch() as folder, product(folder) as archive:
            for way in WAYS:
                for model, level, found in (("study", "study", 2), ("study", "series", 3), ("study", "image", 5),
                                            ("patient", "patient", 2), ("patient", "study", 2)):
                    with self.subTest(way=way, level=level, model=model):
                        out = folder / f"{way}-{model}-{level}"
                        code, report = archive.workstation("--model", model, "--level", level, "--out", out, way=way)
                        self.assertEqual(code, 0, report)
                        self.assertEqual((report["found"], report["expected"], report["received"]), (found, 5, 5))
                        self.assertEqual((report["others"], report["missing"], report["failures"]), (0, [], 0))
                        self.assertEqual(report["sub_operations"]["failed"], 0)
                        self.assertEqual(len(list(out.iterdir())), 5)
                        self.assertEqual(report["answered"], found)
            # Narrowed by a key, and nothing there.
            code, report = archive.workstation("-k", "PatientID=P1", "--level", "series", way="several")
            self.assertEqual((code, report["found"], report["received"]), (0, 2, 4), report)
            code, report = archive.workstation("-k", "PatientID=NOBODY")
            self.assertEqual((code, report["found"], report["received"]), (0, 0, 0), report)

    def test_our_archive_in_every_way(self):
        self.everything(ours)

    def test_dcmqrscp_in_every_way(self):
        self.everything(dcmqrscp)

    def test_orthanc_in_every_way(self):
        self.everything(of_orthanc)

    def deadlocked(self, product):
        """A mover with one thread: the archive must end the move by itself, and serve others meanwhile and after."""
        with products.scratch() as folder, product(folder) as archive:
            began = time.monotonic()
            code, report = archive.workstation("-k", "PatientID=P2", way="deadlock")
            took = time.monotonic() - began
            self.assertEqual((report["found"], report["expected"], report["received"]), (1, 1, 0), report)
            self.assertEqual((code, len(report["missing"])), (1, 1), report)
            code, after = archive.workstation("-k", "PatientID=P2", way="inside")
            self.assertEqual((code, after["received"]), (0, 1), after)
            return report, took

    def test_a_mover_with_one_thread_gets_its_answer_when_the_archive_gives_up(self):
        for product in (ours, dcmqrscp, of_orthanc):
            with self.subTest(product=product.__name__):
                report, took = self.deadlocked(product)
                self.assertEqual(report["answered"], 1, report)
                self.assertEqual(report["worst"], "status", report)
                self.assertLess(took, 55)

    def test_another_application_collects(self):
        with products.scratch() as folder:
            file = folder / "two.xml"
            file.write_text('<devices><archive name="a" ae-title="A" port="0" folder="a"><destination device="b"/></archive>'
                            '<archive name="b" ae-title="B" port="0" folder="b"/></devices>')
            with Served(file) as devices:
                archive = Archive(devices.target("a", "A"), 0).fill(folder)
                for way in ("blocking", "several", "collect"):
                    code, out, err = products.assay("workstation", archive.target, "--to", "B", "--way", way, "--json")
                    self.assertEqual(code, 0, out + err)
                    report = json.loads(out)
                    self.assertEqual((report["sub_operations"]["completed"], report["answered"]), (5, 2))
                code, out, err = products.assay("workstation", archive.target, "--to", "NOBODY", "--json")
                self.assertEqual(code, 1, out + err)
                self.assertEqual(json.loads(out)["worst"], "status")
                devices.say("b list study")
                devices.wait_for("b: ok: 2 listed")

    def test_usage(self):
        for words, said in (([], "--listen PORT"), (["--way", "slowly", "--to", "X"], "get, collect, blocking"),
                            (["--level", "leaf", "--to", "X"], "no level"), (["--model", "x", "--to", "X"], "no model"),
                            (["-k", "Nonsense=1", "--way", "get"], "Nonsense"), (["--to", "A\\B"], "")):
            code, _, err = products.assay("workstation", "127.0.0.1:1", *words)
            self.assertIn(code, (2, 3), err)
            self.assertIn(said, err)
        with products.scratch() as folder, ours(folder) as archive:
            code, report = archive.workstation("-k", "Modality=CT")
            self.assertEqual((code, report["worst"]), (2, "usage"))


class Device(unittest.TestCase):
    def test_a_workstation_of_a_file_retrieves_when_told_and_by_itself(self):
        with products.scratch() as folder:
            file = folder / "devices.xml"
            text = """<devices>
              <archive name="pacs" ae-title="PACS" port="0" folder="pacs">
                <destination device="ws"/><destination ae="REC" device="ws"/></archive>
              <workstation name="ws" ae-title="WS" receiver="REC" port="0" folder="ws" level="series" way="several"{}>
                <archive device="pacs"/></workstation>
            </devices>"""
            file.write_text(text.format(""))
            with Served(file) as devices:
                Archive(devices.target("pacs", "PACS"), 0).fill(folder)
                for way, level, found in (("several", "series", 3), ("collect", "image", 5), ("inside", "study", 2), ("get", "study", 2)):
                    devices.say(f"ws retrieve way={way} level={level}")
                    devices.wait_for("^ws: ok: asks the archive")
                    line = devices.wait_for(rf"^ws: {found} found")
                    self.assertIn(f"at the level {level}, {way}: 5 of 5 instances came", line)
                devices.say("ws retrieve PatientID=P2")
                devices.wait_for("^ws: 1 found at the level series, several: 1 of 1 instances came")
                for wrong in ("ws retrieve way=slowly", "ws retrieve level=leaf", "ws retrieve Nonsense=1", "ws fetch"):
                    devices.say(wrong)
                    devices.wait_for("^ws: error: ")
                devices.say("ws list")
                devices.wait_for("^ws: ok: 5 instances")
                self.assertEqual(devices.stop(), 0)
            file.write_text(text.format(' every="100ms"'))
            with Served(file, "--quiet") as devices:
                for _ in range(2):
                    devices.wait_for("^ws: 3 found at the level series, several: 5 of 5 instances came")
                self.assertEqual(devices.stop(), 0)


if __name__ == "__main__":
    unittest.main()
