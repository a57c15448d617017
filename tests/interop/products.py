"""Other people's DICOM software as devices under test: started on free loopback ports with a scratch folder, ended by
process id. Used by the *_test.py files beside this one; nothing here sleeps, every wait is for an event with a limit."""

import contextlib
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
ASSAY = str(pathlib.Path(os.environ.get("ASSAY_BIN", ROOT / "build" / "release" / "assay")).absolute())
# The long tier (tests/run --long): full counts instead of small ones.
LONG = bool(os.environ.get("ASSAY_LONG"))
DEVIATIONS = ROOT / "conformance" / "known-deviations"


def need(*programs):
    """Says which program is missing; tests/run installs all of them, so a missing one is an error, not a skip."""
    missing = [p for p in programs if shutil.which(p) is None]
    if missing:
        sys.exit("not installed: " + ", ".join(missing) + " (tests/run installs what the tests need)")


def quick():
    """Three quarters of the cases are left to the long tier."""
    return () if LONG else ("--shard", "1/4")


def free_port():
    """A port that nobody holds. Below those that the system gives to whoever connects or asks for any (32768 and up):
    between this look and the start of a server no other test comes by one of these."""
    for port in random.sample(range(20000, 32000), 1000):
        with socket.socket() as s, contextlib.suppress(OSError):
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            s.bind(("127.0.0.1", port))
            return port
    raise OSError("no port from 20000 to 31999 is free")


@contextlib.contextmanager
def scratch():
    folder = tempfile.mkdtemp(prefix="assay-interop-")
    try:
        yield pathlib.Path(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def end(process):
    """Ends a process group by its id: asks first, then kills."""
    for sig in (signal.SIGTERM, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, sig)
        try:
            process.wait(timeout=10)
            return
        except subprocess.TimeoutExpired:
            continue


@contextlib.contextmanager
def server(command, port, log, env=None):
    """A program that listens on a port: yields once it accepts."""
    with open(log, "wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                                   start_new_session=True, env={**os.environ, **(env or {})})
        try:
            wait_for_port(port, process, log)
            yield process
        finally:
            end(process)


def wait_for_port(port, process, log, limit=30):
    until = time.monotonic() + limit
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"ended at once with {process.returncode}:\n{pathlib.Path(log).read_text(errors='replace')}")
        with socket.socket() as s:
            s.settimeout(0.2)
            if s.connect_ex(("127.0.0.1", port)) == 0:
                return
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=0.05)  # wakes up at once when it dies
    raise RuntimeError(f"nothing listens on port {port} after {limit} s")


def assay(*arguments, limit=560):
    """Runs assay; returns exit code, standard output and standard error. It must not die, whatever it is given."""
    done = subprocess.run([ASSAY, *map(str, arguments)], capture_output=True, text=True, timeout=limit, stdin=subprocess.DEVNULL)
    if done.returncode < 0:
        raise AssertionError(f"assay was killed by {signal.Signals(-done.returncode).name}: {done.stderr[-6000:]}\n(standard output: {done.stdout[-2000:]})")
    return done.returncode, done.stdout, done.stderr


def catalogue(*more):
    """The whole requestor catalogue; what waits for the device's own clocks only in the long tier."""
    tier = [] if LONG else ["--skip-tag", "slow"]
    jobs = [] if "--jobs" in more else ["--jobs", 12]
    return assay("run", "--role", "requestor", *jobs, "--timeout", "5s", *tier, *more)


def results(folder):
    return json.loads((pathlib.Path(folder) / "results.json").read_text())


class CatalogueTest(unittest.TestCase):
    """What must hold for every product, whatever its deviations are."""

    maxDiff = None

    def judge(self, code, out, err, folder, expect_cases):
        self.assertEqual(code, 0, out + err)
        r = results(folder)
        self.assertGreaterEqual(len(r["cases"]), expect_cases, out)
        self.assertEqual([c["id"] for c in r["cases"] if c["verdict"] == "error"], [], out)
        self.assertEqual(r["stale_expectations"], [])
        unnamed = [c["id"] for c in r["cases"] if c["verdict"] in ("inconclusive", "skipped") and not c["reason"]]
        self.assertEqual(unnamed, [], "an inconclusive or skipped verdict without a named cause")
        inconclusive = [f'{c["id"]}: {c["reason"]}' for c in r["cases"] if c["verdict"] == "inconclusive"]
        self.assertEqual(inconclusive, [])
        ours = [f for c in r["cases"] for t in c["traces"] for f in t["findings"]
                if not f["provoked"] and f["severity"] == "error" and f["side"] == c["role"] and t["connection"] == "c1"]
        self.assertEqual(ours, [], "Assay itself broke a rule without meaning to")
        return r


SYNTHETIC_DUMP = """
(0008,0005) CS [ISO_IR 100]
(0008,0016) UI [1.2.840.10008.5.1.4.1.1.7]
(0008,0018) UI [1.2.826.0.1.3680043.10.999.55.{n}]
(0008,0020) DA [20260105]
(0008,0030) TM [101500]
(0008,0050) SH [SYN{n}]
(0008,0060) CS [OT]
(0008,0064) CS [WSD]
(0008,0090) PN []
(0010,0010) PN [Synthetic^Interop]
(0010,0020) LO [SYN-INTEROP]
(0010,0030) DA []
(0010,0040) CS [O]
(0020,000d) UI [1.2.826.0.1.3680043.10.999.55]
(0020,000e) UI [1.2.826.0.1.3680043.10.999.55.0]
(0020,0010) SH [1]
(0020,0011) IS [1]
(0020,0013) IS [{n}]
(0020,0020) CS []
(0028,0002) US 1
(0028,0004) CS [MONOCHROME2]
(0028,0010) US 8
(0028,0011) US 8
(0028,0100) US 8
(0028,0101) US 8
(0028,0102) US 7
(0028,0103) US 0
(7fe0,0010) OB {pixels}
"""


def synthetic_file(folder, number=1, pixels=64):
    """A small Secondary Capture object made by DCMTK's dump2dcm."""
    dump = folder / f"synthetic{number}.dump"
    dump.write_text(SYNTHETIC_DUMP.format(n=number, pixels="\\".join(f"{i % 256:02x}" for i in range(pixels))))
    file = folder / f"synthetic{number}.dcm"
    subprocess.run(["dump2dcm", "-q", str(dump), str(file)], check=True)
    return file
