#!/usr/bin/python3
"""Coverage that an instrumented device offers through shared memory guides `assay fuzz device`; a server without is fuzzed
as before. The server, which forks, and the file that a vendor links are those of fuzz/bring_your_own."""

import contextlib
import json
import os
import pathlib
import select
import signal
import subprocess
import sys
import unittest

import products

HOME = products.ROOT / "fuzz" / "bring_your_own"
SERVER = HOME / "examples" / "server" / "server.c"
RUNTIME = HOME / "device_coverage.c"
CLANG = "clang-19"
GCC = "gcc-12"
GUARDS = "-fsanitize-coverage=trace-pc-guard"
# Found with coverage after one or two thousand conversations, without hardly ever: the long tier. That the same guide finds it in a
# device without a network, by seed and count, is tests/unit/device_fuzz/guide_test.cpp.
COUNT = 4000 if products.LONG else 60


def segments():
    """The shared memory of this machine: {number: process that made it}."""
    rows = [line.split() for line in pathlib.Path("/proc/sysvipc/shm").read_text().splitlines()]
    number, maker = rows[0].index("shmid"), rows[0].index("cpid")
    return {row[number]: int(row[maker]) for row in rows[1:]}


def attached(number):
    """Processes that were told of the segment."""
    word = f"__AFL_SHM_ID={number}".encode()
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if word in (folder / "environ").read_bytes().split(b"\0"):
                yield int(folder.name)


class DeviceCoverage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        products.need(CLANG, GCC)
        cls.scratch = cls.enterClassContext(products.scratch())
        cls.servers = {name: cls.build(name, compiler, *more) for name, compiler, *more in (
            ("plain", CLANG, SERVER), ("guards", CLANG, GUARDS, SERVER, RUNTIME),
            ("blocks", GCC, "-fsanitize-coverage=trace-pc", SERVER, RUNTIME))}

    @classmethod
    def build(cls, name, compiler, *arguments):
        program = cls.scratch / name
        done = subprocess.run([compiler, "-g", "-O1", "-Wall", "-Wextra", "-Werror", *arguments, "-o", program], capture_output=True,
                              text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        return program

    def command(self, name, *more, out=None):
        out = out or self.scratch / f"{self.id()}-{name}"
        return out, [products.ASSAY, "fuzz", "device", "--start", f"exec {self.servers[name]} {{port}}", "--out", str(out),
                     "--only", "verification", "--rate", "0", "--seed", "1", "--time", "60m", "--timeout", "1s", *map(str, more)]

    def fuzz(self, name, *more, **how):
        out, command = self.command(name, *more, **how)
        return out, subprocess.run(command, capture_output=True, text=True, timeout=7200 if products.LONG else 170, check=False)

    def crashes(self, out):
        found = [json.loads(file.read_text()) for file in out.glob("findings/*/finding.json")]
        return [one for one in found if one["kind"] == "crash"]

    def test_code_that_is_reached_guides_where_it_is_offered_and_is_not_spoken_of_elsewhere(self):
        out, run = self.fuzz("guards", "--count", COUNT)
        self.assertIn("coverage: on: the device offers it", run.stdout)
        self.assertRegex(run.stdout, r"Coverage offered: \d\d+ edges reached")
        if products.LONG:
            self.assertEqual(run.returncode, 1, run.stdout + run.stderr)
            self.assertTrue(self.crashes(out), run.stdout)
        # What was kept for its code alone is a step on the way: features below 2^32 are edges.
        kept = [[int(word, 16) for word in line.split()[2:]] for line in (out / "log").read_text().splitlines()
                if line.startswith("kept ") and not line.startswith("kept 0 ")]
        self.assertGreaterEqual(sum(any(feature < 1 << 32 for feature in features) for features in kept), 5)
        self.assertIn("edge ", (out / "edges.txt").read_text())

        out, run = self.fuzz("plain", "--count", COUNT)
        self.assertEqual(self.crashes(out), [], run.stdout)
        self.assertNotRegex(run.stdout, r"coverage: |Coverage offered")
        self.assertFalse((out / "edges.txt").exists())

    def test_blocks_of_gcc_are_counted_as_well(self):
        _, run = self.fuzz("blocks", "--count", 20)
        self.assertRegex(run.stdout, r"Coverage offered: \d\d+ edges reached", run.stderr)

    def test_one_execution_can_be_made_again(self):
        out, _ = self.fuzz("guards", "--count", 60)
        again = [self.fuzz("guards", "--execution", 50, out=out)[1].stdout for _ in range(2)]
        line = next(line for line in again[0].splitlines() if line.startswith("Execution 50: "))
        self.assertIn(line, again[1])

    def test_a_killed_run_leaves_no_shared_memory(self):
        _, command = self.command("guards", "--count", 100000)
        run = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        self.assertTrue(any("conversations it holds" in line for line in run.stdout), "it did not begin")
        mine = [number for number, maker in segments().items() if maker == run.pid]
        self.assertEqual(len(mine), 1)
        devices = [os.pidfd_open(process) for process in attached(mine[0])]
        self.assertTrue(devices)
        run.send_signal(signal.SIGKILL)
        run.wait()
        run.stdout.close()
        for device in devices:  # the kernel ends them with it
            self.assertTrue(select.select([device], [], [], 30)[0], "the device lives")
            os.close(device)
        self.assertNotIn(mine[0], segments())


if __name__ == "__main__":
    sys.exit(unittest.main())
