"""C-GET and C-MOVE against other people's software: the archive answers DCMTK's getscu and movescu and Orthanc; what is
judged is what arrived, Data Set against Data Set."""

import contextlib
import json
import pathlib
import socket
import subprocess
import unittest
import urllib.request

import orthanc
import products
import pydicom
from embedded_device_test import Served, tool

STUDY = "1.2.826.0.1.3680043.10.999.55"
COUNT = 5


def data_set(path):
    """Everything above the File Meta Information, as pydicom reads it."""
    return pydicom.dcmread(path, force=True).to_json_dict()


def by_uid(folder):
    found = {}
    for path in pathlib.Path(folder).rglob("*"):
        if path.is_file() and path.stat().st_size > 132:
            try:
                found[str(pydicom.dcmread(path, force=True).SOPInstanceUID)] = data_set(path)
            except (AttributeError, pydicom.errors.InvalidDicomError):
                continue
    return found


@contextlib.contextmanager
def archive(folder, *arguments):
    """The archive with a study of some Secondary Captures; yields it and what it has, by SOP Instance UID."""
    files = [products.synthetic_file(folder, n, 64) for n in range(1, COUNT + 1)]
    with Served("--ae-title", "ARCHIVE", *arguments) as served:
        stored = tool("storescu", "-aec", "ARCHIVE", "127.0.0.1", served.port, *files)
        assert stored.returncode == 0, stored.stderr
        yield served, {str(pydicom.dcmread(f).SOPInstanceUID): data_set(f) for f in files}


def keys(level="STUDY", **more):
    out = ["-k", f"QueryRetrieveLevel={level}", "-k", f"StudyInstanceUID={STUDY}"]
    for keyword, value in more.items():
        out += ["-k", f"{keyword}={value}"]
    return out


class AsProvider(unittest.TestCase):
    maxDiff = None

    def test_getscu_gets_what_was_stored(self):
        products.need("getscu", "storescu", "dump2dcm")
        with products.scratch() as folder, archive(folder) as (served, have):
            for model, extra in (("-S", []), ("-P", ["-k", "PatientID=SYN-INTEROP"])):
                into = folder / f"got{model}"
                into.mkdir()
                got = tool("getscu", "-v", model, "-aec", "ARCHIVE", "-od", into, *keys(), *extra, "127.0.0.1", served.port)
                self.assertEqual(got.returncode, 0, got.stderr)
                self.assertEqual(by_uid(into), have)

    def test_getscu_of_one_instance_and_of_nothing(self):
        with products.scratch() as folder, archive(folder) as (served, have):
            into = folder / "one"
            into.mkdir()
            tool("getscu", "-S", "-aec", "ARCHIVE", "-od", into,
                 *keys("IMAGE", SeriesInstanceUID=f"{STUDY}.0", SOPInstanceUID=f"{STUDY}.2"), "127.0.0.1", served.port)
            self.assertEqual(list(by_uid(into)), [f"{STUDY}.2"])
            none = tool("getscu", "-v", "-S", "-aec", "ARCHIVE", "-od", into, "-k", "QueryRetrieveLevel=STUDY", "-k",
                        "StudyInstanceUID=1.2.3.404", "127.0.0.1", served.port)
            self.assertEqual(none.returncode, 0, none.stderr)
            self.assertEqual(len(by_uid(into)), 1)

    def test_text_that_no_character_set_explains_comes_back_byte_for_byte(self):
        with products.scratch() as folder, Served("--ae-title", "ARCHIVE", "--folder", str(folder / "archive")) as served:
            name = b"A\xffB\xfe^C\xc3C"
            file = products.synthetic_file(folder, 1, 64)
            whole = file.read_bytes()
            file.write_bytes(whole.replace(b"Synthetic^Interop ", name.ljust(18)).replace(b"ISO_IR 100", b"ISO_IR 192"))
            self.assertIn(name, file.read_bytes())
            stored = tool("storescu", "-aec", "ARCHIVE", "127.0.0.1", served.port, file)
            self.assertEqual(stored.returncode, 0, stored.stderr)
            code, out, err = products.assay("get", f"ARCHIVE@127.0.0.1:{served.port}", "-k", f"StudyInstanceUID={STUDY}", "--out",
                                            folder / "got")
            self.assertEqual(code, 0, out + err)
            got, = [path for path in (folder / "got").rglob("*") if path.is_file()]
            self.assertEqual(bytes(pydicom.dcmread(got).get_item("PatientName").value).rstrip(), name)

    def test_movescu_moves_to_storescp(self):
        products.need("movescu", "storescp")
        with products.scratch() as folder:
            into = folder / "moved"
            into.mkdir()
            port = products.free_port()
            with products.server(["storescp", "-aet", "WS1", "-od", str(into), str(port)], port, folder / "storescp.log"), \
                    archive(folder, "--destination", f"WS1=127.0.0.1:{port}") as (served, have):
                moved = tool("movescu", "-v", "-S", "-aet", "ASKER", "-aec", "ARCHIVE", "-aem", "WS1", *keys(), "127.0.0.1",
                             served.port)
                self.assertEqual(moved.returncode, 0, moved.stderr)
                self.assertEqual(by_uid(into), have)
                stranger = tool("movescu", "-v", "-S", "-aec", "ARCHIVE", "-aem", "NOBODY", *keys(), "127.0.0.1", served.port)
                self.assertIn("MoveDestinationUnknown", stranger.stdout + stranger.stderr)

    def test_movescu_receives_itself(self):
        with products.scratch() as folder:
            into = folder / "moved"
            into.mkdir()
            port = products.free_port()
            with archive(folder, "--destination", f"ASKER=127.0.0.1:{port}") as (served, have):
                moved = tool("movescu", "-v", "-S", "-aet", "ASKER", "-aec", "ARCHIVE", "+P", port, "-od", into, *keys(),
                             "127.0.0.1", served.port)
                self.assertEqual(moved.returncode, 0, moved.stderr)
                self.assertEqual(by_uid(into), have)

    def test_a_destination_behind_a_firewall_fails_in_time_and_is_explained(self):
        with products.scratch() as folder, socket.socket() as wall, contextlib.ExitStack() as waiting:
            # A listener whose queue is full: the kernel drops every further SYN, as a firewall does.
            wall.bind(("127.0.0.1", 0))
            wall.listen(0)
            port = wall.getsockname()[1]
            for _ in range(3):
                caller = waiting.enter_context(socket.socket())
                caller.setblocking(False)
                caller.connect_ex(("127.0.0.1", port))
            with archive(folder, "--destination", f"WALL=127.0.0.1:{port}") as (served, have):
                code, out, err = products.assay("move", f"ARCHIVE@127.0.0.1:{served.port}", "-k", f"StudyInstanceUID={STUDY}",
                                                "--to", "WALL")
                self.assertEqual(code, 1, out + err)
                self.assertIn("0xA702", err)
                self.assertIn(f"0 of {COUNT} instances sent, {COUNT} failed", out)
                self.assertIn("a firewall lets no association in", out)
                # What the advice says: over the association that there is, they come.
                code, out, err = products.assay("get", f"ARCHIVE@127.0.0.1:{served.port}", "-k", f"StudyInstanceUID={STUDY}",
                                                "--out", folder / "got")
                self.assertEqual(code, 0, out + err)
                self.assertEqual(by_uid(folder / "got"), have)

    def test_orthanc_queries_and_retrieves(self):
        products.need("Orthanc")
        with products.scratch() as folder:
            with archive_and_orthanc(folder) as (have, rest):
                query = rest("modalities/archive/query", {"Level": "Study", "Query": {"StudyInstanceUID": STUDY}})
                answers = rest(f"queries/{query['ID']}/answers")
                self.assertEqual(len(answers), 1)
                rest(f"queries/{query['ID']}/answers/0/retrieve", "ORTHANC")
                arrived = rest("instances")
                got = {}
                for one in arrived:
                    tags = rest(f"instances/{one}/simplified-tags")
                    got[tags["SOPInstanceUID"]] = tags["PatientName"]
                self.assertEqual(sorted(got), sorted(have))


@contextlib.contextmanager
def archive_and_orthanc(folder):
    """Each has to know the other's port: the archive is told where Orthanc will be."""
    dicom = products.free_port()
    with archive(folder, "--destination", f"ORTHANC=127.0.0.1:{dicom}") as (served, have):
        changes = {"DicomPort": dicom, "DicomModalities": {"archive": ["ARCHIVE", "127.0.0.1", served.port]}}
        with orthanc.orthanc(folder, **changes) as (_, http):
            def rest(path, body=None):
                data = None if body is None else (body if isinstance(body, str) else json.dumps(body)).encode()
                with urllib.request.urlopen(f"http://127.0.0.1:{http}/{path}", data=data, timeout=60) as answer:
                    return json.loads(answer.read() or b"null")
            yield have, rest


if __name__ == "__main__":
    unittest.main()
