"""The archive on disk keeps what it acknowledged: killed with SIGKILL while DCMTK's storescu sends, with a full disk, and
under 200 callers at once. Every instance with status 0000H in storescu's log is there afterwards, whole and found by
findscu; nothing else is there.

Quick: killed 20 times. ASSAY_LONG=1: 200 times."""

import contextlib
import fcntl
import hashlib
import os
import pathlib
import random
import re
import signal
import subprocess
import threading
import unittest

import pydicom
import pydicom.uid

import products

KILLS = 200 if products.LONG else 20
CALLERS = 200
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
ROOT = "1.2.826.0.1.3680043.10.999.77"


def image(file, uid, study, pixels):
    """A Secondary Capture with these pixel bytes; its digest."""
    meta = pydicom.dataset.FileMetaDataset()
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = SECONDARY_CAPTURE, uid
    meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    data = pydicom.dataset.FileDataset(str(file), {}, file_meta=meta, preamble=bytes(128))
    data.is_little_endian, data.is_implicit_VR = True, False
    data.SOPClassUID, data.SOPInstanceUID = SECONDARY_CAPTURE, uid
    data.PatientName, data.PatientID, data.Modality = "Keep^It", "KEEP", "OT"
    data.StudyInstanceUID, data.SeriesInstanceUID = study, study + ".1"
    data.StudyDate, data.StudyTime, data.AccessionNumber, data.StudyID = "20260101", "101010", "", "1"
    data.Columns = 10 if len(pixels) % 10 == 0 else 2
    data.Rows, data.BitsAllocated, data.BitsStored, data.HighBit = len(pixels) // data.Columns, 8, 8, 7
    data.SamplesPerPixel, data.PixelRepresentation, data.PhotometricInterpretation = 1, 0, "MONOCHROME2"
    data.PixelData = pixels
    data.save_as(str(file), write_like_original=False)
    return hashlib.sha256(pixels).hexdigest()


class Sender:
    """storescu with some files. What it was told of each is read from its log: its exit code says too little. With
    `pause` nothing more of the log is read once it is associated, until go() is called: it waits for that, since a pipe
    holds no more than the words of six files."""

    def __init__(self, test, port, files, pause=False):
        self.process = subprocess.Popen(["storescu", "-d", "-nh", "127.0.0.1", str(port), *map(str, files)],
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace",
                                        start_new_session=True)
        self.sent = []  # files, in order
        self.statuses = {}  # file -> status
        self.associated, self.may_go = False, threading.Event()
        if pause:
            fcntl.fcntl(self.process.stdout, fcntl.F_SETPIPE_SZ, 4096)
        else:
            self.may_go.set()
        self.progress = threading.Condition()
        self.over = False
        self.log = []
        self.reader = threading.Thread(target=self.read)
        self.reader.start()
        test.addCleanup(self.stop)

    def go(self):
        self.may_go.set()

    def stop(self):
        self.go()
        if self.process.poll() is None:
            products.end(self.process)

    def read(self):
        for line in self.process.stdout:
            self.log.append(line)
            with self.progress:
                if "Association Accepted" in line:
                    self.associated = True
                elif match := re.search(r"Sending file: (.*)", line):
                    self.sent.append(match[1].strip())
                elif match := re.search(r"DIMSE Status +: 0x([0-9a-f]{4})", line):
                    self.statuses[self.sent[-1]] = int(match[1], 16)
                self.progress.notify_all()
            if self.associated:
                self.may_go.wait()
        with self.progress:
            self.over = True
            self.progress.notify_all()

    def wait_until_associated(self):
        with self.progress:
            self.progress.wait_for(lambda: self.associated or self.over, timeout=60)

    def wait_for_answers(self, count):
        with self.progress:
            self.progress.wait_for(lambda: len(self.statuses) >= count or self.over, timeout=60)

    def end(self):
        self.process.wait(timeout=120)
        self.reader.join(timeout=60)
        self.process.stdout.close()
        return self.statuses


class Archive:
    """`assay serve --folder`; `inside` is put before the command, `seen` is where we see the folder."""

    def __init__(self, folder, log, *more, inside=(), seen=None):
        self.folder = pathlib.Path(seen or folder)
        self.log = pathlib.Path(log)
        self.port = products.free_port()
        with open(log, "ab") as out:
            self.process = subprocess.Popen([*inside, products.ASSAY, "serve", "--port", str(self.port), "--folder", str(folder),
                                             *map(str, more)], stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                                            start_new_session=True)
        try:
            products.wait_for_port(self.port, self.process, log)
        except RuntimeError:
            products.end(self.process)
            raise

    def kill(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(timeout=30)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        products.end(self.process)

    def found(self, study):
        """The SOP Instance UIDs that findscu is told of."""
        done = subprocess.run(["findscu", "-S", "-v", "-k", "QueryRetrieveLevel=IMAGE", "-k", f"StudyInstanceUID={study}", "-k",
                               f"SeriesInstanceUID={study}.1", "-k", "SOPInstanceUID", "127.0.0.1", str(self.port)],
                              capture_output=True, text=True, timeout=120)
        text = done.stdout + done.stderr
        assert "Received Final Find Response (Success)" in text, text[-2000:]
        responses = text[text.index("Association Accepted"):]
        return sorted(re.findall(r"\(0008,0018\) UI \[([0-9.]+)", responses)), text

    def files(self):
        """Everything below the folder but the index."""
        return sorted(p for p in self.folder.rglob("*") if p.is_file() and not p.name.startswith("index.sqlite"))

    def contents(self):
        """SOP Instance UID -> digest of the pixels, read by pydicom; a torn file is an error."""
        out = {}
        for file in self.files():
            data = pydicom.dcmread(str(file))
            assert len(data.PixelData) >= data.Rows * data.Columns, f"{file} is torn"
            assert data.file_meta.MediaStorageSOPInstanceUID == data.SOPInstanceUID == file.stem
            assert file.parent.name == data.SeriesInstanceUID and file.parent.parent.name == data.StudyInstanceUID
            assert data.SOPInstanceUID not in out, f"two files of {data.SOPInstanceUID}"
            out[data.SOPInstanceUID] = hashlib.sha256(data.PixelData[:data.Rows * data.Columns]).hexdigest()
        return out


class Expected:
    """What must be there, and what may: instance -> digests of which one is there."""

    def __init__(self):
        self.acknowledged = {}
        self.unanswered = {}  # sent since and never answered: may be there

    def note(self, sent, statuses, of):
        """`of`: file -> instance and digest. A refused one changes nothing."""
        for file in sent:
            uid, digest = of[file]
            if statuses.get(file) == 0:
                self.acknowledged[uid] = digest
                self.unanswered.pop(uid, None)
            elif file not in statuses:
                self.unanswered.setdefault(uid, set()).add(digest)

    def check(self, test, there):
        for uid, digest in self.acknowledged.items():
            test.assertIn(uid, there, "acknowledged and gone")
            test.assertIn(there[uid], {digest} | self.unanswered.get(uid, set()), "acknowledged and changed")
        for uid, digest in there.items():
            if uid not in self.acknowledged:
                test.assertIn(digest, self.unanswered.get(uid, set()), "nobody sent this")
        # From now on it is known which of the two is there.
        for uid in list(self.unanswered):
            if uid in there:
                self.acknowledged[uid] = there[uid]
        self.unanswered.clear()


class ArchiveKeeps(unittest.TestCase):
    def setUp(self):
        products.need("storescu", "findscu")

    def make(self, folder, study, numbers, chosen, sizes=(500, 60_000, 300_000)):
        """Files with new pixels; file -> instance and digest."""
        out = {}
        for number in numbers:
            uid = f"{study}.1.{number}"
            file = folder / f"{uid}-{chosen.getrandbits(32)}.dcm"
            out[str(file)] = (uid, image(file, uid, study, chosen.randbytes(chosen.choice(sizes))))
        return out

    def test_what_was_acknowledged_outlives_every_kill(self):
        chosen = random.Random(55)
        expected, studies, answered, killed_midway = Expected(), set(), 0, 0
        with products.scratch() as scratch:
            archive, log = scratch / "archive", scratch / "serve.log"
            for round_ in range(KILLS + 1):
                # Sometimes without an index file, which is then behind at the next start.
                index = ["--index", "memory"] if round_ % 5 == 3 else []
                with Archive(archive, log, *index) as device:
                    expected.check(self, device.contents())
                    for study in studies if round_ == KILLS else [f"{ROOT}.{round_ - 1}"] if round_ else []:
                        self.assertEqual(device.found(study)[0],
                                         sorted(uid for uid in expected.acknowledged if uid.startswith(study + ".1.")))
                    if round_ == KILLS:
                        break
                    # Two callers with new instances, and one that sends instances of before again, with other pixels.
                    study, sent = f"{ROOT}.{round_}", scratch / f"round{round_}"
                    studies.add(study)
                    sent.mkdir()
                    kinds = [self.make(sent, study, range(1, 25), chosen), self.make(sent, study, range(25, 49), chosen)]
                    if round_:
                        again = chosen.sample(range(1, 49), 12)
                        kinds.append(self.make(sent, f"{ROOT}.{round_ - 1}", again, chosen))
                    senders = [Sender(self, device.port, kind) for kind in kinds]
                    chosen.choice(senders).wait_for_answers(chosen.randint(0, 20))
                    device.kill()
                    for sender, kind in zip(senders, kinds, strict=True):
                        statuses = sender.end()
                        self.assertLessEqual(set(statuses.values()), {0}, "".join(sender.log)[-2000:])
                        expected.note(sender.sent, statuses, kind)
                        answered += len(statuses)
                        killed_midway += 0 < len(statuses) < len(kind)
                    for file in sent.iterdir():
                        file.unlink()
            self.assertGreater(killed_midway, KILLS, "most kills must hit callers at work")
            self.assertGreater(answered, 5 * KILLS)
        print(f"killed {KILLS} times: {answered} instances acknowledged, {len(expected.acknowledged)} there, none lost")

    def test_a_full_disk_refuses_with_A700H_loses_nothing_and_goes_on_when_there_is_room(self):
        chosen = random.Random(56)
        with products.scratch() as scratch, small_disk(scratch / "disk", "6m") as (inside, seen):
            (scratch / "sent").mkdir()
            (seen / "filler").write_bytes(bytes(2_000_000))
            study, expected, log = f"{ROOT}.1000", Expected(), scratch / "serve.log"
            kind = self.make(scratch / "sent", study, range(40), chosen, (150_000,))
            first = list(kind)

            def send(device, files):
                sender = Sender(self, device.port, files)
                statuses = sender.end()
                self.assertEqual(list(statuses), list(files), "".join(sender.log)[-2000:])
                expected.note(sender.sent, statuses, kind)
                expected.check(self, device.contents())
                self.assertEqual(device.found(study)[0], sorted(expected.acknowledged))
                return list(statuses.values())

            with Archive(scratch / "disk" / "archive", log, inside=inside, seen=seen / "archive") as device:
                statuses = send(device, first)
                self.assertEqual(set(statuses), {0, 0xa700})
                self.assertGreater(statuses.count(0), 10)
                refused = [file for file, status in zip(first, statuses, strict=True) if status]
                # A newer version of what is there is refused, and the older one stays.
                newer = self.make(scratch / "sent", study, range(5), chosen, (150_000, 250_000))
                kind.update(newer)
                self.assertIn(0xa700, send(device, list(newer)))
                # A caller who sends until not a byte is left meets a full index, too.
                tiny = self.make(scratch / "sent", study, range(2000, 2400), chosen, (2, 3000))
                kind.update(tiny)
                self.assertIn(0xa700, send(device, list(tiny)))
                device.kill()
            # It starts on the full disk, and goes on as soon as there is room.
            with Archive(scratch / "disk" / "archive", log, inside=inside, seen=seen / "archive") as device:
                expected.check(self, device.contents())
                self.assertEqual(device.found(study)[0], sorted(expected.acknowledged))
                self.assertIn(0xa700, send(device, refused))
                (seen / "filler").unlink()
                self.assertEqual(set(send(device, refused[:10])), {0})
            self.assertIn("No space left on device", log.read_text())
            self.assertIn("instances are stored again", log.read_text())

    def test_200_callers_at_once_are_all_served(self):
        chosen = random.Random(57)
        with products.scratch() as scratch:
            (scratch / "sent").mkdir()
            study, log = f"{ROOT}.2000", scratch / "serve.log"
            with Archive(scratch / "archive", log, "--max-associations", 256, "--idle-timeout", "10m") as device:
                kinds = [self.make(scratch / "sent", study, range(n * 8, n * 8 + 8), chosen, (15_000,)) for n in range(CALLERS)]
                senders = [Sender(self, device.port, kind, pause=True) for kind in kinds]
                for sender in senders:
                    sender.wait_until_associated()
                for sender in senders:
                    sender.go()
                for sender in senders:
                    self.assertEqual(list(sender.end().values()), [0] * 8, "".join(sender.log)[-2000:])
                there = device.contents()
                self.assertEqual(there, {uid: digest for kind in kinds for uid, digest in kind.values()})
                self.assertEqual(device.found(study)[0], sorted(there))
            self.assertEqual(peak(log), CALLERS, "none was to send its last file before all were associated")


def peak(log):
    """The most associations at the same time, by the lines of the device."""
    open_now = most = 0
    for line in log.read_text(errors="replace").splitlines():
        open_now += ": associated," in line
        open_now -= line.endswith((": released", "reset by the peer")) or ": aborted" in line
        most = max(most, open_now)
    return most


@contextlib.contextmanager
def small_disk(folder, size):
    """A disk of this size at `folder`, for those who are started with the words yielded; and where we see it."""
    folder.mkdir()
    user = [] if os.geteuid() == 0 else ["--map-root-user"]
    holder = subprocess.Popen(["unshare", "--mount", *user, "sh", "-c",
                               'mount -t tmpfs -o "size=$2" tmpfs "$1" && echo ready && exec cat', "sh", str(folder), size],
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        if holder.stdout.readline() != "ready\n":
            raise unittest.SkipTest("no small disk can be mounted here: " + holder.stderr.read().strip())
        enter = ["nsenter", "-t", str(holder.pid), "-m", *(["-U", "--preserve-credentials"] if user else []), "--"]
        yield enter, pathlib.Path(f"/proc/{holder.pid}/root{folder}")
    finally:
        holder.stdin.close()
        holder.wait(timeout=30)
        holder.stdout.close()
        holder.stderr.close()


if __name__ == "__main__":
    unittest.main()
