"""What a fleet runs beside the fuzz targets: the black-box generator and application of fuzz/oss-fuzz/blackbox against
DCMTK's storescp and against a device that dies of what it is sent, and the array job of fuzz/oss-fuzz/centipede with a
stand-in for the engine (Debian has none), which keeps the files of its shards as Centipede does."""

import os
import pathlib
import signal
import subprocess
import sys
import unittest
import xml.etree.ElementTree as tree

import products

FOLDER = products.ROOT / "fuzz" / "oss-fuzz"
RUN, REPLAY, JOB = FOLDER / "blackbox" / "run", FOLDER / "blackbox" / "replay", FOLDER / "centipede" / "job"

# A device that answers associations, echoes and releases, and dies, by what argv[2] says, when anything else comes.
DEVICE = r"""
import os, select, signal, socket, struct, sys
def item(kind, body): return struct.pack(">BxH", kind, len(body)) + body
def pdu(kind, body): return struct.pack(">BxI", kind, len(body)) + body
def exactly(one, count):
    data = b""
    while len(data) < count:
        more = one.recv(count - len(data))
        if not more: return data
        data += more
    return data
def accept(body):
    at, contexts = 68, b""
    while at + 4 <= len(body):
        kind, length = struct.unpack(">BxH", body[at:at + 4])
        if kind == 0x20: contexts += item(0x21, body[at + 4:at + 5] + b"\0\0\0" + item(0x40, b"1.2.840.10008.1.2"))
        at += 4 + length
    user = item(0x50, item(0x51, struct.pack(">I", 16384)) + item(0x52, b"1.2.3"))
    return pdu(2, body[:68] + item(0x10, b"1.2.840.10008.3.1.1.1") + contexts + user)
def element(number, value): return struct.pack("<HHI", 0, number, len(value)) + value
def echo(body):
    at = body.find(struct.pack("<HHI", 0, 0x110, 2))
    command = element(2, b"1.2.840.10008.1.1\0") + element(0x100, b"\x30\x80") + element(0x120, body[at + 8:at + 10])
    command += element(0x800, b"\x01\x01") + element(0x900, b"\0\0")
    command = element(0, struct.pack("<I", len(command))) + command
    return pdu(4, struct.pack(">IBB", len(command) + 2, body[4], 3) + command)
def serve(one):
    while len(header := exactly(one, 6)) == 6:
        kind, length = struct.unpack(">BxI", header)
        if kind not in (1, 4, 5):
            if sys.argv[2] == "late": select.select([listener], [], [])  # the system has taken the next connection
            if sys.argv[2] in ("abort", "late"): os.kill(os.getpid(), signal.SIGABRT)
            if sys.argv[2] == "report":
                print("==1==ERROR: AddressSanitizer: heap-buffer-overflow", file=sys.stderr, flush=True); os._exit(1)
            break
        body = exactly(one, length)
        one.sendall(accept(body) if kind == 1 else echo(body) if kind == 4 else pdu(6, bytes(4)))
listener = socket.socket(); listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
listener.bind(("127.0.0.1", int(sys.argv[1]))); listener.listen()
while True:
    one, _ = listener.accept()
    try: serve(one)
    except (OSError, IndexError, struct.error): pass  # a peer that is gone, or says nonsense
    one.close()
"""

# Appends what it was told to the corpus of its own shard and looks into those of the others, as Centipede does.
ENGINE = """#!/usr/bin/env python3
import pathlib, sys
given = dict(word[2:].split("=", 1) for word in sys.argv[1:])
work, mine, all = pathlib.Path(given["workdir"]), int(given["my_shard_index"]), int(given["total_shards"])
assert 0 <= mine < all and pathlib.Path(given["binary"]).is_file()
with open(work / f"corpus.{mine:06}", "a") as corpus: corpus.write(f"input of {mine}\\n")
print(" ".join(sys.argv[1:]))
print("others:", len([p for p in work.glob("corpus.*") if p.name != f"corpus.{mine:06}"]))
"""

CASE = ('<scenario id="ps3.8/9.2/one" role="requestor"><title>t</title><clause part="PS3.8" section="9.2" level="shall">c</clause>'
        '<advice>a</advice><connect/><send provoke="yes"><raw hex="{}"/></send><close/></scenario>')


def call(*command, env=None):
    return subprocess.run([str(part) for part in command], env={**os.environ, **(env or {})}, capture_output=True, text=True,
                          timeout=120, stdin=subprocess.DEVNULL)


class BlackBoxTest(unittest.TestCase):
    def setUp(self):
        self.scratch = products.scratch()
        self.folder = self.scratch.__enter__()
        self.addCleanup(self.scratch.__exit__, None, None, None)
        self.device = self.folder / "device.py"
        self.device.write_text(DEVICE)

    def replay(self, device, case):
        return call(REPLAY, "--assay", products.ASSAY, "--step", "1", "--device", device, case)

    def case(self, hex):
        path = self.folder / "case.xml"
        path.write_text(CASE.format(hex))
        return path

    def test_the_generator_writes_scenarios_and_the_same_ones_for_a_seed(self):
        command = [RUN, "--input_dir", products.ROOT / "scenarios" / "association", "--no_of_files", 40, "--seed", 7]
        for out in ("a", "b"):
            self.assertEqual(call(*command, "--output_dir", self.folder / out).returncode, 0)
        names = sorted(path.name for path in (self.folder / "a").iterdir())
        self.assertEqual(len(names), 40)
        self.assertTrue(all(name.startswith("fuzz-") for name in names))
        for name in names:
            self.assertEqual((self.folder / "a" / name).read_bytes(), (self.folder / "b" / name).read_bytes())
            self.assertEqual(tree.parse(self.folder / "a" / name).getroot().tag, "scenario")
        taken = products.assay("list", *[self.folder / "a" / name for name in names[:20]])
        self.assertIn(taken[0], (0, 2), taken[2])

    def test_most_generated_cases_can_be_played(self):
        done = call(RUN, "--input_dir", self.folder, "--output_dir", self.folder / "out", "--no_of_files", 4, "--seed", 1)
        self.assertEqual(done.returncode, 0, done.stderr)
        healthy = f"{sys.executable} {self.device} {{port}} live"
        played = [self.replay(healthy, path) for path in sorted((self.folder / "out").iterdir())]
        self.assertEqual([one.returncode for one in played], [0] * 4, [one.stdout + one.stderr for one in played])
        self.assertLess(sum("is no scenario" in one.stdout for one in played), 2, [one.stdout for one in played])

    def test_a_device_that_dies_is_a_crash_with_its_signal(self):
        done = self.replay(f"{sys.executable} {self.device} {{port}} abort", self.case("ff0000000000"))
        self.assertEqual(done.returncode, 128 + signal.SIGABRT, done.stdout + done.stderr)
        self.assertIn("SIGABRT", done.stdout)

    def test_a_device_that_dies_when_the_next_connection_waits_already_is_a_crash(self):
        done = self.replay(f"{sys.executable} {self.device} {{port}} late", self.case("ff0000000000"))
        self.assertEqual(done.returncode, 128 + signal.SIGABRT, done.stdout + done.stderr)

    def test_a_report_of_a_sanitizer_is_printed_and_the_exit_code_is_its_own(self):
        done = self.replay(f"{sys.executable} {self.device} {{port}} report", self.case("ff0000000000"))
        self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
        self.assertIn("ERROR: AddressSanitizer: heap-buffer-overflow", done.stdout)

    def test_a_device_that_lives_is_no_crash(self):
        products.need("storescp")
        done = self.replay("storescp --ignore {port}", self.case("ff0000000000"))
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)

    def test_a_file_that_is_no_scenario_is_no_crash(self):
        path = self.folder / "case.xml"
        path.write_text("<nothing/>")
        done = self.replay(f"{sys.executable} {self.device} {{port}} abort", path)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertIn("is no scenario", done.stdout)

    def test_what_is_missing_is_said(self):
        self.assertIn("no such file", self.replay("true", self.folder / "none.xml").stderr)
        done = self.replay("/nonexistent {port}", self.case("07"))
        self.assertEqual(done.returncode, 2)
        self.assertIn("cannot be started", done.stderr)


class CentipedeTest(unittest.TestCase):
    def setUp(self):
        self.scratch = products.scratch()
        self.folder = self.scratch.__enter__()
        self.addCleanup(self.scratch.__exit__, None, None, None)
        self.engine = self.folder / "centipede"
        self.engine.write_text(ENGINE)
        self.target = self.folder / "pdu_fuzzer"
        self.target.write_text("#!/bin/sh\n")
        for path in (self.engine, self.target):
            path.chmod(0o755)
        self.work = self.folder / "shared"
        self.setting = {"CENTIPEDE": str(self.engine), "JOBS": "4", "WORKDIR": str(self.work)}

    def job(self, **setting):
        return call(JOB, self.target, env={**self.setting, **setting})

    def test_every_job_of_an_array_owns_its_shard_and_goes_on_with_it(self):
        schedulers = ["SLURM_ARRAY_TASK_ID", "JOB_COMPLETION_INDEX", "AWS_BATCH_JOB_ARRAY_INDEX", "PBS_ARRAY_INDEX"]
        jobs = [subprocess.Popen([JOB, self.target], env={**os.environ, **self.setting, schedulers[i]: str(i)},
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) for i in range(4)]
        for one in jobs:
            out, err = one.communicate(timeout=60)
            self.assertEqual(one.returncode, 0, err)
            self.assertIn("--total_shards=4", out)
        again = self.job(INDEX="2")
        self.assertEqual(again.returncode, 0, again.stderr)
        self.assertIn("others: 3", again.stdout)
        self.assertEqual({path.name: path.read_text().count("\n") for path in self.work.glob("corpus.*")},
                         {"corpus.000000": 1, "corpus.000001": 1, "corpus.000002": 2, "corpus.000003": 1})

    def test_dictionary_and_end_are_handed_on(self):
        pathlib.Path(f"{self.target}.dict").write_text('"a"\n')
        done = self.job(INDEX="0", HOURS="2")
        self.assertIn(f"--dictionary={self.target}.dict", done.stdout)
        self.assertRegex(done.stdout, r"--stop_at=20\d\d-\d\d-\d\dT\d\d:\d\d:\d\dZ")

    def test_another_build_of_the_target_is_refused(self):
        self.assertEqual(self.job(INDEX="0").returncode, 0)
        self.target.write_text("#!/bin/sh\ntrue\n")
        done = self.job(INDEX="1")
        self.assertEqual(done.returncode, 2)
        self.assertIn("another build", done.stderr)

    def test_what_is_wrong_is_said(self):
        for setting, words in (({"INDEX": "4"}, "count from 0"), ({}, "no index"), ({"INDEX": "0", "JOBS": "x"}, "JOBS"),
                               ({"INDEX": "0", "CENTIPEDE": "/nonexistent"}, "is not installed")):
            done = self.job(**setting)
            self.assertEqual(done.returncode, 2, setting)
            self.assertIn(words, done.stderr)


if __name__ == "__main__":
    result = unittest.main(exit=False).result
    if not result.wasSuccessful():
        sys.exit(1)
    for _, why in result.skipped:
        print("skipped:", why)
    sys.exit(77 if result.skipped else 0)
