"""Printing and Storage Commitment with other people's software: DCMTK's print spooler on our printer, our images on
DCMTK's printer, Orthanc as the archive that commits and as the one that asks. What is judged is what came out: pages,
hardcopy images, lists of instances."""

import contextlib
import json
import struct
import subprocess
import threading
import time
import unittest
import urllib.request
import zlib

import orthanc
import products
import pydicom

CLASS = "1.2.840.10008.5.1.4.1.1.7"
INSTANCE = "1.2.826.0.1.3680043.10.999.55"

PRINTER = """Hostname = localhost
BorderDensity = 150\\20\\BLACK\\WHITE
DisplayFormat = 1,1\\1,2\\2,2
EmptyImageDensity = 20\\BLACK\\WHITE
FilmDestination = MAGAZINE\\PROCESSOR
FilmSizeID = 8INX10IN\\14INX17IN
MagnificationType = REPLICATE\\BILINEAR\\CUBIC\\NONE
MaxDensity = 320
MinDensity = 20
MaxPDU = 32768
MediumType = PAPER\\CLEAR FILM\\BLUE FILM
ResolutionID = STANDARD\\HIGH
SmoothingType = NONE
Supports12Bit = true
SupportsDecimateCrop = true
SupportsImageSize = true
SupportsPresentationLUT = true
SupportsTrim = true
"""


def configuration(folder, ours=0, theirs=0):
    """dcmpstat.cfg with our printer as a remote one and DCMTK's as a local one."""
    for name in ("spool", "database"):
        (folder / name).mkdir(exist_ok=True)
    file = folder / "dcmpstat.cfg"
    file.write_text(
        f"[[GENERAL]]\n[PRINT]\nDirectory = {folder}/spool\nDetailedLog = false\nDeletePrintJobs = false\n"
        f"[DATABASE]\nDirectory = {folder}/database\n[NETWORK]\nAetitle = DCMPSTATE\n[[COMMUNICATION]]\n"
        f"[OURS]\nType = PRINTER\nAetitle = PRINTER\nDescription = ours\nPort = {ours}\n{PRINTER}"
        f"[THEIRS]\nType = LOCALPRINTER\nAetitle = THEIRS\nDescription = theirs\nPort = {theirs}\n{PRINTER}")
    return file


def tool(*words, limit=60):
    return subprocess.run([str(w) for w in words], capture_output=True, text=True, timeout=limit, stdin=subprocess.DEVNULL,
                          check=False)


def until(what, limit=30):
    """Waits for a condition with a limit, and gives what it gave."""
    end, pause = time.monotonic() + limit, threading.Event()
    while time.monotonic() < end:
        found = what()
        if found:
            return found
        pause.wait(0.05)
    raise AssertionError("it did not come about in time")


@contextlib.contextmanager
def serving(folder, *words):
    port = products.free_port()
    log = folder / "serve.log"
    with products.server([products.ASSAY, "serve", *map(str, words), "--port", str(port)], port, log):
        yield port, log


def gray_png(path):
    """Width, height and rows of an 8-bit gray PNG, read without the library that wrote it."""
    data = path.read_bytes()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, body = 8, b""
    while at < len(data):
        length, kind = struct.unpack(">I4s", data[at:at + 8])
        chunk = data[at + 8:at + 8 + length]
        if kind == b"IHDR":
            width, height, depth, color = struct.unpack(">IIBB", chunk[:10])
            assert (depth, color) == (8, 0), "8-bit gray"
        if kind == b"IDAT":
            body += chunk
        at += 12 + length
    raw, rows, before = zlib.decompress(body), [], bytes(width)
    for y in range(height):
        line = raw[y * (width + 1):(y + 1) * (width + 1)]
        row = bytearray(line[1:])
        for x in range(width):
            left = row[x - 1] if x else 0
            up, corner = before[x], before[x - 1] if x else 0
            if line[0] == 1:
                row[x] = (row[x] + left) & 255
            elif line[0] == 2:
                row[x] = (row[x] + up) & 255
            elif line[0] == 3:
                row[x] = (row[x] + (left + up) // 2) & 255
            elif line[0] == 4:
                guess = left + up - corner
                near = min((abs(guess - left), 0, left), (abs(guess - up), 1, up), (abs(guess - corner), 2, corner))
                row[x] = (row[x] + near[2]) & 255
        rows.append(bytes(row))
        before = rows[-1]
    return width, height, rows


class Printing(unittest.TestCase):
    maxDiff = None

    def spooled(self, folder, cfg, files, *words):
        """Stored print objects of DCMTK for these files."""
        before = set((folder / "database").glob("SP_*"))
        made = tool("dcmpsprt", "-c", cfg, "-p", "OURS", *words, *files)
        self.assertEqual(made.returncode, 0, made.stderr)
        return sorted(set((folder / "database").glob("SP_*")) - before)

    def test_dcmtk_prints_on_our_printer(self):
        products.need("dcmpsprt", "dcmprscu", "dump2dcm")
        with products.scratch() as folder:
            pages = folder / "pages"
            with serving(folder, "printer", "--folder", pages, "--ae-title", "PRINTER", "--check-called",
                         "--dots-per-inch", 20) as (port, log):
                cfg = configuration(folder, ours=port)
                file = products.synthetic_file(folder, 1)
                jobs = self.spooled(folder, cfg, [file], "--identity", "--filmsize", "8INX10IN")
                printed = tool("dcmprscu", "-v", "-c", cfg, "-p", "OURS", "--copies", 2, "--medium-type", "PAPER", *jobs)
                self.assertEqual(printed.returncode, 0, printed.stderr + printed.stdout)
                page = until(lambda: sorted(pages.glob("*.json")))[0]
                about = json.loads(page.read_text())
                self.assertEqual(about["originator"], "DCMPSTATE")
                self.assertEqual(about["session"]["NumberOfCopies"], "2", about)
                self.assertEqual(about["session"]["MediumType"], "PAPER")
                self.assertEqual(about["film"]["FilmSizeID"], "8INX10IN")
                width, height, rows = gray_png(page.with_suffix(".png"))
                self.assertEqual((width, height), (160, 200))
                # The synthetic image is a ramp from 0 to 63 of 255 over its 8 rows: dark above, lighter below.
                self.assertLess(rows[30][80], rows[100][80])
                self.assertLess(rows[100][80], rows[170][80])
                self.assertEqual(rows[0][0], 0, "the border is black")
            text = log.read_text()
            self.assertNotIn(" error ", text, text)

    def test_dcmtk_prints_a_whole_session_of_several_images(self):
        with products.scratch() as folder:
            pages = folder / "pages"
            with serving(folder, "printer", "--folder", pages, "--dots-per-inch", 20) as (port, _):
                cfg = configuration(folder, ours=port)
                files = [products.synthetic_file(folder, n) for n in (1, 2, 3)]
                jobs = self.spooled(folder, cfg, files, "--layout", 2, 2)
                printed = tool("dcmprscu", "-v", "-c", cfg, "-p", "OURS", "--session-print", *jobs)
                self.assertEqual(printed.returncode, 0, printed.stderr + printed.stdout)
                page = until(lambda: sorted(pages.glob("*.json")))[0]
                about = json.loads(page.read_text())
                self.assertEqual(about["film"]["ImageDisplayFormat"], "STANDARD\\2,2")
                self.assertEqual([one["position"] for one in about["images"]], [1, 2, 3])

    def test_we_print_on_dcmtk_s_printer(self):
        products.need("dcmprscp")
        with products.scratch() as folder:
            port = products.free_port()
            cfg = configuration(folder, theirs=port)
            files = [products.synthetic_file(folder, n) for n in (1, 2)]
            with products.server(["dcmprscp", "-v", "-c", str(cfg), "-p", "THEIRS"], port, folder / "dcmprscp.log"):
                code, out, err = products.assay("print", f"127.0.0.1:{port}", *files, "--called-ae", "THEIRS", "--format",
                                                "STANDARD\\1,2", "--film-size", "8INX10IN", "--copies", 2, "--json")
                self.assertEqual(code, 0, out + err)
                answer = json.loads(out)
                self.assertEqual(answer["films"], 1)
                self.assertEqual({step["status"] for step in answer["steps"]}, {"0000H"}, out)
                hardcopies = until(lambda: (lambda found: found if len(found) == 2 else [])(
                    sorted((folder / "database").glob("HG_*"))))
                for hardcopy in hardcopies:
                    image = pydicom.dcmread(hardcopy)
                    ramp = image.PixelData[:64]
                    # No window: the whole range of the image is the whole range of the print.
                    self.assertEqual(list(ramp), [round(i * 255 / 63) for i in range(64)])
                prints = list((folder / "database").glob("SP_*"))
                self.assertEqual(len(prints), 1)
                stored = pydicom.dcmread(prints[0])
                self.assertEqual(stored.FilmBoxContentSequence[0].FilmSizeID, "8INX10IN")

    def test_a_printer_that_refuses_is_reported_step_by_step(self):
        with products.scratch() as folder:
            port = products.free_port()
            cfg = configuration(folder, theirs=port)
            file = products.synthetic_file(folder, 1)
            with products.server(["dcmprscp", "-c", str(cfg), "-p", "THEIRS"], port, folder / "dcmprscp.log"):
                code, out, err = products.assay("print", f"127.0.0.1:{port}", file, "--called-ae", "THEIRS", "--color")
                self.assertEqual(code, 3, out + err)
                self.assertIn("--color", err)
                code, out, err = products.assay("print", f"127.0.0.1:{port}", file, "--called-ae", "THEIRS", "--format",
                                                "STANDARD\\9,9")
                self.assertEqual(code, 1, out + err)
                self.assertIn("Film Box 1 N-CREATE", out)
                self.assertIn("Film Session N-DELETE", out)

    def test_bad_input_is_named(self):
        with products.scratch() as folder:
            text = folder / "notes.txt"
            text.write_text("no image")
            code, _, err = products.assay("print", "127.0.0.1:1", text)
            self.assertEqual(code, 2, err)
            self.assertIn("notes.txt", err)
            file = products.synthetic_file(folder, 1)
            code, _, err = products.assay("print", "127.0.0.1:1", file, "--format", "GRID\\2")
            self.assertEqual(code, 2, err)
            self.assertIn("STANDARD", err)
            code, _, err = products.assay("print", f"127.0.0.1:{products.free_port()}", file)
            self.assertEqual(code, 3, err)
            code, _, err = products.assay("serve", "printer", "--folder", text, "--port", 0)
            self.assertEqual(code, 2, err)
            self.assertIn("notes.txt", err)


def rest(http, path, body=None):
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(f"http://127.0.0.1:{http}/{path}", data=data, timeout=60) as answer:
        return json.loads(answer.read() or b"null")


class Commitment(unittest.TestCase):
    maxDiff = None

    def test_orthanc_commits_to_what_it_has(self):
        products.need("Orthanc", "storescu", "dump2dcm")
        with products.scratch() as folder:
            ours = products.free_port()
            modalities = {"assay": {"AET": "ASSAY", "Host": "127.0.0.1", "Port": ours}}
            with orthanc.orthanc(folder, DicomModalities=modalities) as (dicom, _):
                files = [products.synthetic_file(folder, n) for n in (1, 2)]
                stored = tool("storescu", "-aec", "ORTHANC", "127.0.0.1", dicom, *files)
                self.assertEqual(stored.returncode, 0, stored.stderr)

                def commit(*what):
                    return products.assay("commit", f"127.0.0.1:{dicom}", *what, "--called-ae", "ORTHANC", "--listen", ours,
                                          "--wait", "30s", "--json")
                code, out, err = commit(*files)
                answer = json.loads(out)
                self.assertEqual((code, answer["faults"]), (0, []), out + err)
                self.assertEqual(sorted(one["sop_instance"] for one in answer["committed"]),
                                 [f"{INSTANCE}.1", f"{INSTANCE}.2"])
                self.assertEqual(answer["association"], "new")
                code, out, err = commit(files[0], f"SecondaryCaptureImageStorage={INSTANCE}.404")
                answer = json.loads(out)
                self.assertEqual((code, answer["faults"]), (1, []), out + err)
                self.assertEqual([one["sop_instance"] for one in answer["committed"]], [f"{INSTANCE}.1"])
                self.assertEqual([(one["sop_instance"], one["reason"][:5]) for one in answer["failed"]],
                                 [(f"{INSTANCE}.404", "0112H")])

    def test_orthanc_asks_our_archive(self):
        with products.scratch() as folder:
            dicom = products.free_port()
            with serving(folder, "--ae-title", "ARCHIVE", "--destination", f"ORTHANC=127.0.0.1:{dicom}") as (port, log):
                file = products.synthetic_file(folder, 1)
                self.assertEqual(tool("storescu", "-aec", "ARCHIVE", "127.0.0.1", port, file).returncode, 0)
                changes = {"DicomPort": dicom, "DicomModalities": {"archive": ["ARCHIVE", "127.0.0.1", port]}}
                with orthanc.orthanc(folder, **changes) as (_, http):
                    for number, expected in ((1, "Success"), (404, "Failure")):
                        asked = rest(http, "modalities/archive/storage-commitment", {
                            "DicomInstances": [{"SOPClassUID": CLASS, "SOPInstanceUID": f"{INSTANCE}.{number}"}]})

                        def reported(path=asked["Path"].lstrip("/")):
                            answer = rest(http, path)
                            return answer if answer["Status"] != "Pending" else None
                        answer = until(reported)
                        self.assertEqual(answer["Status"], expected, log.read_text())
                        listed = answer["Success"] if number == 1 else answer["Failures"]
                        self.assertEqual([one["SOPInstanceUID"] for one in listed], [f"{INSTANCE}.{number}"])
                text = log.read_text()
                self.assertNotIn("given up", text)
                self.assertNotIn(" error ", text)

    def test_our_archive_in_its_several_ways(self):
        with products.scratch() as folder:
            file = products.synthetic_file(folder, 1)
            named = f"{CLASS}={INSTANCE}.1"

            def commit(port, *words):
                code, out, _ = products.assay("commit", f"127.0.0.1:{port}", named, "--json", *words)
                return code, json.loads(out)
            with serving(folder) as (port, _):
                code, answer = commit(port)
                self.assertEqual((code, answer["failed"][0]["reason"][:5]), (1, "0112H"), answer)
                self.assertEqual(tool("storescu", "127.0.0.1", port, file).returncode, 0)
                code, answer = commit(port)
                self.assertEqual((code, answer["association"]), (0, "same"), answer)
            listening = products.free_port()
            with serving(folder, "--commitment", "new", "--commitment-delay", "200ms", "--destination",
                         f"ASSAY=127.0.0.1:{listening}") as (port, _):
                tool("storescu", "127.0.0.1", port, file)
                code, answer = commit(port, "--listen", listening)
                self.assertEqual((code, answer["association"]), (0, "new"), answer)
                code, answer = commit(port, "--wait", "300ms")
                self.assertEqual(code, 3, answer)
                self.assertIn("--listen", answer["message"])
            with serving(folder, "--commitment", "never") as (port, _):
                code, answer = commit(port, "--wait", "300ms")
                self.assertEqual((code, answer["taken"], answer["reported"]), (3, True, False), answer)
            with serving(folder, "--commitment-fail-every", 1) as (port, _):
                tool("storescu", "127.0.0.1", port, file)
                code, answer = commit(port)
                self.assertEqual((code, answer["failed"][0]["reason"][:5]), (1, "0110H"), answer)

    def test_what_cannot_be_asked_for_is_named(self):
        code, _, err = products.assay("commit", "127.0.0.1:1", "/nowhere/file.dcm")
        self.assertEqual(code, 2, err)
        self.assertIn("/nowhere/file.dcm", err)
        code, _, err = products.assay("commit", f"127.0.0.1:{products.free_port()}", f"{CLASS}=1.2.3")
        self.assertEqual(code, 3, err)
        with products.scratch() as folder:
            port = products.free_port()
            with products.server(["storescp", str(port)], port, folder / "storescp.log"):
                code, _, err = products.assay("commit", f"127.0.0.1:{port}", f"{CLASS}=1.2.3")
                self.assertEqual(code, 3, err)
                self.assertIn("Storage Commitment", err)


if __name__ == "__main__":
    unittest.main()
