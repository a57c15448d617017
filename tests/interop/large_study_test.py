"""A large study of 64 kB images through our archive: stored by DCMTK's storescu and by `assay store`, found by findscu and
`assay find`, fetched with C-GET and C-MOVE by DCMTK's tools and by ours. Whatever comes back has the very bytes that were
sent: Data Set against Data Set, file by file. Times and the archive's memory are printed.

Quick: 200 images. ASSAY_LONG=1: 5000."""

import contextlib
import hashlib
import json
import os
import pathlib
import random
import shutil
import struct
import subprocess
import time
import unittest

import products
from archive_keeps_test import ROOT, Archive, image

COUNT = 5000 if products.LONG else 200
PIXELS = 64_000
STUDY = f"{ROOT}.3000"
LIMIT = 500  # seconds for one tool
# The archive keeps files, not images, in memory: what it may need at its peak, whatever the study.
MEMORY = 200_000_000


def data_set(file):
    """The bytes behind the File Meta Information (PS3.10 7.1), whose group length comes first."""
    data = pathlib.Path(file).read_bytes()
    assert data[128:132] == b"DICM", file
    return data[144 + struct.unpack_from("<I", data, 140)[0]:]


def digests(folder):
    """Digest of the Data Set -> how many such files lie below; the UID is in the Data Set."""
    out = {}
    for file in pathlib.Path(folder).rglob("*"):
        if file.is_file() and not file.name.startswith("index.sqlite"):
            digest = hashlib.sha256(data_set(file)).digest()
            out[digest] = out.get(digest, 0) + 1
    return out


def make(folder):
    """The study as files; every one differs in its UID and all of its pixels."""
    chosen, first = random.Random(58), f"{STUDY}.1.{10_000}"
    image(folder / "first", first, STUDY, bytes(PIXELS))
    template = (folder / "first").read_bytes()
    (folder / "first").unlink()
    assert template.endswith(bytes(PIXELS)) and template.count(first.encode()) == 2
    for number in range(COUNT):
        uid = f"{STUDY}.1.{10_000 + number}".encode()
        (folder / f"{number}.dcm").write_bytes(template[:-PIXELS].replace(first.encode(), uid) + chosen.randbytes(PIXELS))


class LargeStudy(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        products.need("storescu", "findscu", "getscu", "movescu", "storescp")
        cls.stack = contextlib.ExitStack()
        cls.addClassCleanup(cls.stack.close)
        cls.scratch = cls.stack.enter_context(products.scratch())
        cls.sent = cls.scratch / "sent"
        cls.sent.mkdir()
        make(cls.sent)
        cls.wanted = digests(cls.sent)
        assert len(cls.wanted) == COUNT
        cls.ports = {title: products.free_port() for title in ("STORESCP", "MOVESCU", "ASSAY")}
        more = [word for title, port in cls.ports.items() for word in ("--destination", f"{title}=127.0.0.1:{port}")]
        cls.archive = cls.stack.enter_context(Archive(cls.scratch / "archive", cls.scratch / "serve.log", "--quiet", *more))
        # Half of it comes from DCMTK, half from us.
        halves = [cls.scratch / name for name in ("dcmtk", "ours")]
        for half in halves:
            half.mkdir()
        for number, file in enumerate(sorted(cls.sent.iterdir())):
            os.link(file, halves[number % 2] / file.name)
        cls.told(cls, "storescu", ["storescu", "+sd", "127.0.0.1", cls.archive.port, halves[0]], COUNT // 2)
        cls.told(cls, "assay store", [products.ASSAY, "store", f"127.0.0.1:{cls.archive.port}", halves[1]], COUNT // 2)
        for half in halves:
            shutil.rmtree(half)

    @classmethod
    def tearDownClass(cls):
        print(f"{COUNT} images of {PIXELS} bytes: the archive needed {cls.peak(cls) / 1e6:.0f} MB at its peak")

    def peak(self):
        status = pathlib.Path(f"/proc/{self.archive.process.pid}/status").read_text(encoding="ascii")
        return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM:"))

    def told(self, name, command, count=COUNT, cwd=None):
        """Runs it and prints how long it took."""
        begun = time.monotonic()
        # Without this, DCMTK's tools wait 40 ms for an acknowledgement in each message.
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, timeout=LIMIT,
                              stdin=subprocess.DEVNULL, env={**os.environ, "TCP_NODELAY": "1"}, cwd=cwd, check=False)
        took = time.monotonic() - begun
        print(f"  {name:24} {took:7.2f} s, {count / took:6.0f} images/s")
        return done.stdout + done.stderr

    def keys(self, *more):
        return [word for key in ("QueryRetrieveLevel=STUDY", f"StudyInstanceUID={STUDY}", *more) for word in ("-k", key)]

    @contextlib.contextmanager
    def into(self):
        """A folder for what comes, which must be the study when it is left."""
        with products.scratch() as folder:
            yield folder
            self.assertEqual(digests(folder), self.wanted)
        self.assertLess(self.peak(), MEMORY)

    def test_it_is_kept_as_it_came(self):
        self.assertEqual(digests(self.archive.folder), self.wanted)

    def test_findscu_and_assay_find_are_told_of_all_of_it(self):
        begun = time.monotonic()
        found, _ = self.archive.found(STUDY)
        print(f"  {'findscu':24} {time.monotonic() - begun:7.2f} s")
        uids = sorted(f"{STUDY}.1.{10_000 + number}" for number in range(COUNT))
        self.assertEqual(found, uids)
        _, out, err = products.assay("find", f"127.0.0.1:{self.archive.port}", "--level", "IMAGE", "-k", f"StudyInstanceUID={STUDY}",
                                     "-k", f"SeriesInstanceUID={STUDY}.1", "-k", "SOPInstanceUID", "--json")
        self.assertEqual(sorted(match["00080018"]["Value"][0] for match in json.loads(out)), uids, err)

    def test_getscu_gets_its_bytes(self):
        with self.into() as folder:
            self.told("getscu", ["getscu", "-S", "+B", "-od", folder, *self.keys(), "127.0.0.1", self.archive.port])

    def test_assay_get_gets_its_bytes(self):
        with self.into() as folder:
            self.told("assay get", [products.ASSAY, "get", f"127.0.0.1:{self.archive.port}", "-k", f"StudyInstanceUID={STUDY}",
                                    "--out", folder])

    def test_movescu_is_sent_its_bytes(self):
        with self.into() as folder:
            # With +B it writes where it stands, whatever -od says.
            self.told("movescu", ["movescu", "-S", "+B", "-aet", "MOVESCU", "+P", self.ports["MOVESCU"], *self.keys(), "127.0.0.1",
                                  self.archive.port], cwd=folder)

    def test_storescp_is_sent_its_bytes_by_movescu_and_by_assay_move(self):
        port = self.ports["STORESCP"]
        for name, command in (("movescu to storescp", ["movescu", "-S", "-aem", "STORESCP", *self.keys(), "127.0.0.1", self.archive.port]),
                              ("assay move to storescp", [products.ASSAY, "move", f"127.0.0.1:{self.archive.port}", "-k",
                                                          f"StudyInstanceUID={STUDY}", "--to", "STORESCP"])):
            with self.into() as folder, products.server(["storescp", "+B", "-od", str(folder), str(port)], port,
                                                        self.scratch / "storescp.log", {"TCP_NODELAY": "1"}):
                self.told(name, command)

    def test_assay_move_is_sent_its_bytes(self):
        with self.into() as folder:
            self.told("assay move", [products.ASSAY, "move", f"127.0.0.1:{self.archive.port}", "-k", f"StudyInstanceUID={STUDY}",
                                     "--listen", self.ports["ASSAY"], "--out", folder])


if __name__ == "__main__":
    unittest.main()
