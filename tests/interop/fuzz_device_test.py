#!/usr/bin/python3
"""`assay fuzz device` against devices that break in one known way, against healthy ones, and with bad arguments."""

import json
import os
import pathlib
import shlex
import signal
import socket
import subprocess
import sys
import tempfile
import unittest

import products

HERE = pathlib.Path(__file__).parent
FRAGILE = HERE / "fragile_device.py"
LONG = os.environ.get("ASSAY_LONG") == "1"


def fuzz(*arguments, limit=180):
    return subprocess.run([products.ASSAY, "fuzz", "device", *map(str, arguments)], capture_output=True, text=True, timeout=limit,
                          check=False)


def fragile(mode):
    return f"exec {sys.executable} -B {FRAGILE} {mode} {{port}}"


def findings(folder):
    return [json.loads(file.read_text()) for file in sorted(pathlib.Path(folder).glob("findings/*/finding.json"))]


class Fuzz(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.out = self.folder / "out"

    def found(self, mode, kinds):
        run = fuzz("--start", fragile(mode), "--out", self.out, "--first", "--time", "60s", "--only", "verification", "--only",
                   "association", "--timeout", "1s", "--reduce-time", "10s")
        self.assertEqual(run.returncode, 1, run.stdout + run.stderr)
        of_kind = [one for one in findings(self.out) if one["kind"] in kinds]
        self.assertTrue(of_kind, run.stdout + run.stderr)
        return of_kind

    def test_a_healthy_archive_gives_no_finding(self):
        run = fuzz("--start", f"exec {products.ASSAY} serve archive --port {{port}}", "--out", self.out, "--time",
                   "300s" if LONG else "10s")
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        self.assertEqual(findings(self.out), [])
        self.assertTrue((self.out / "junit.xml").exists())
        self.assertIn("C-ECHO-RSP 0000", (self.out / "places.txt").read_text())

    def test_a_healthy_twin_of_the_fragile_device_gives_no_finding(self):
        run = fuzz("--start", fragile("healthy"), "--out", self.out, "--count", 80, "--time", "60s", "--timeout", "2s", "--only",
                   "verification", "--only", "association")
        grave = [one for one in findings(self.out) if one["kind"] != "forbidden-answer"]
        self.assertEqual(grave, [], run.stdout + run.stderr)

    def test_a_device_that_dies_is_found_reduced_and_the_scenario_shows_it(self):
        found = self.found("segv", {"crash"})
        self.assertTrue(any(one["reproducible"] for one in found))
        folder = next(file.parent for file in self.out.glob("findings/*/finding.json")
                      if json.loads(file.read_text())["kind"] == "crash" and json.loads(file.read_text())["reproducible"])
        for name in ("input", "original", "scenario.xml", "capture.pcapng", "finding.txt"):
            self.assertTrue((folder / name).exists(), name)
        check = subprocess.run([products.ASSAY, "list", "--check", folder / "scenario.xml"], capture_output=True, text=True,
                               check=False)
        self.assertEqual(check.returncode, 0, check.stdout + check.stderr)
        for mode, code in (("segv", 1), ("healthy", 0)):
            run = subprocess.run([products.ASSAY, "run", folder / "scenario.xml", "--dut-start", fragile(mode), "--timeout", "2s"],
                                 capture_output=True, text=True, timeout=120, check=False)
            self.assertEqual(run.returncode, code, mode + run.stdout + run.stderr)

    def test_a_signal_that_a_shell_passes_on_is_told_as_the_signal(self):
        run = fuzz("--start", f"{sys.executable} -B {FRAGILE} segv {{port}}; exit $?", "--out", self.out, "--first", "--time", "60s",
                   "--only", "verification", "--timeout", "1s", "--reduce-time", "2s")
        self.assertEqual(run.returncode, 1, run.stdout + run.stderr)
        self.assertEqual({one["detail"] for one in findings(self.out)}, {"signal 11"})

    def replayed(self, reproduce, mode):
        """The exit code of the line that a finding names, on a device of this mode, and what it said."""
        words = shlex.split(reproduce)
        self.assertEqual(words[:3], ["assay", "fuzz", "replay"], reproduce)
        words[words.index("--start") + 1] = fragile(mode)
        run = subprocess.run([products.ASSAY, *words[1:], "--time", "2s"], capture_output=True, text=True, timeout=120, check=False)
        return run.returncode, run.stdout + run.stderr

    def test_the_line_that_a_finding_names_shows_it_again_until_it_is_repaired(self):
        found = next(one for one in self.found("segv", {"crash"}) if one["reproducible"])
        self.assertIn(f"--start '{fragile('segv')}'", found["reproduce"])
        for mode, code, word in (("segv", 1, "reproduced"), ("asan", 1, "breaks otherwise"), ("healthy", 0, "fixed")):
            with self.subTest(mode):
                returned, said = self.replayed(found["reproduce"], mode)
                self.assertEqual(returned, code, said)
                self.assertIn(word, said)

    def test_a_device_that_does_not_come_up_at_once_after_it_broke_is_started_once_more(self):
        ends = "import socket, sys; socket.create_server(('127.0.0.1', int(sys.argv[1]))).accept(); sys.exit('not yet')"
        starts, known = self.folder / "starts", self.folder / "known.tsv"
        known.write_text("fragile\t*\tcrash\tsignal 11\t*\tof old\n")
        # Of its second and third start nothing is left after the first caller.
        run = fuzz("--start", f"echo >> {starts}; case $(wc -l < {starts}) in 2 | 3) exec {sys.executable} -c {shlex.quote(ends)} {{port}};; esac; "
                   + fragile("segv"), "--out", self.out, "--count", 200, "--time", "60s", "--only", "verification", "--only", "association",
                   "--timeout", "1s", "--known", known, "--product", "fragile")
        said = run.stdout + run.stderr
        self.assertNotIn("does not start again", said)
        self.assertIn("200 conversations", said)
        self.assertIn("1 known", said)
        self.assertGreater(len(starts.read_text().splitlines()), 2, said)

    def test_a_device_that_comes_up_no_more_is_told_with_its_last_words(self):
        starts = self.folder / "starts"
        run = fuzz("--start", f"echo >> {starts}; [ $(wc -l < {starts}) = 1 ] || {{ echo 'no licence'; exit 7; }}; " + fragile("segv"),
                   "--out", self.out, "--time", "60s", "--only", "verification", "--only", "association", "--timeout", "1s")
        self.assertEqual(run.returncode, 1, run.stdout + run.stderr)
        self.assertIn("the device does not start again: the device ended at once (exit 7): no licence", run.stdout + run.stderr)

    def test_what_only_two_conversations_break_together_is_found_as_both(self):
        found = [one for one in self.found("pair", {"crash"}) if one["reproducible"]]
        self.assertTrue(found, "it did not come again")
        folder = pathlib.Path(shlex.split(found[0]["reproduce"])[3])
        self.assertGreaterEqual((folder / "scenario.xml").read_text().count("<connect "), 2)
        for mode, code in (("pair", 1), ("healthy", 0)):
            returned, said = self.replayed(found[0]["reproduce"], mode)
            self.assertEqual(returned, code, said)

    def test_what_is_known_of_a_device_is_told_as_known_and_breaks_no_build(self):
        arguments = ["--start", fragile("blocks"), "--count", 1, "--timeout", "1s", "--only", "verification"]
        new = fuzz(*arguments, "--out", self.out)
        self.assertEqual(new.returncode, 1, new.stdout + new.stderr)
        known = fuzz(*arguments, "--out", self.folder / "known", "--known", HERE / "device_findings.tsv", "--product", "DCMTK dcmqrscp")
        self.assertEqual(known.returncode, 0, known.stdout + known.stderr)
        self.assertRegex(known.stdout, r"(?m)^known +blocked by a silent connection")
        self.assertIn("0 findings: 0 critical, 0 high, 0 medium, 0 low and 1 known", known.stdout)
        self.assertEqual([one["detail"] for one in findings(self.folder / "known")], ["blocked by a silent connection"])

    def test_a_file_of_known_findings_that_is_none_is_refused_with_its_line(self):
        file = self.folder / "known.tsv"
        for text, options, words in (("# a\nx\t*\tcrash\n", [], "known.tsv:2: 3 columns"),
                                     ("x\t*\tbang\ta\t*\twhy\n", [], "known.tsv:1: "),
                                     ("x\t*\tcrash\ta\t*\twhy\n", ["--product", "y"], "no line is about 'y'")):
            file.write_text(text)
            run = fuzz("127.0.0.1:1", "--out", self.out, "--known", file, *options)
            self.assertEqual(run.returncode, 2, run.stdout + run.stderr)
            self.assertIn(words, run.stderr)
        run = fuzz("127.0.0.1:1", "--out", self.out, "--product", "y")
        self.assertEqual(run.returncode, 2)
        self.assertIn("--known FILE", run.stderr)

    def test_the_report_of_a_sanitizer_is_found(self):
        self.assertEqual(self.found("asan", {"sanitizer"})[0]["place"], "parse_item")

    def test_a_device_that_listens_no_more_is_found(self):
        self.found("deaf", {"dead-listener", "unhealthy"})

    def test_a_killed_run_loses_nothing_and_goes_on(self):
        arguments = ["--start", fragile("segv"), "--out", self.out, "--only", "verification", "--timeout", "1s"]
        run = subprocess.Popen([products.ASSAY, "fuzz", "device", *map(str, arguments), "--time", "60s"],
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        # The first finding is told once it is kept.
        self.assertTrue(any("/findings/" in line for line in run.stdout), "nothing was found in its time")
        before = {one["detail"] for one in findings(self.out)}
        run.send_signal(signal.SIGKILL)
        run.wait()
        run.stdout.close()
        log = self.out / "log"
        executed = log.read_text().count("\nrun ")
        self.assertTrue(before)
        self.assertGreater(executed, 0)
        again = fuzz(*arguments, "--count", 3, "--time", "60s")
        self.assertIn("goes on behind execution", again.stdout)
        self.assertGreaterEqual(log.read_text().count("\nrun "), executed)
        self.assertLessEqual(before, {one["detail"] for one in findings(self.out)})

    def test_one_execution_can_be_made_again(self):
        device = ("--start", fragile("healthy"), "--out", self.out, "--only", "verification", "--timeout", "1s")
        fuzz(*device, "--count", 10, "--time", "60s")
        first, second = (fuzz(*device, "--execution", 5).stdout for _ in range(2))
        line = next(line for line in first.splitlines() if line.startswith("Execution 5: "))
        self.assertIn(line, second)
        wrong = fuzz(*device, "--execution", 99999)
        self.assertEqual(wrong.returncode, 2)
        self.assertIn("holds no such execution", wrong.stderr)

    def test_another_machine_is_refused_without_the_word(self):
        run = fuzz("192.0.2.1:104", "--out", self.out)
        self.assertEqual(run.returncode, 2)
        self.assertIn("--i-am-authorised", run.stderr)
        self.assertFalse(self.out.exists())

    def test_nobody_listening_is_exit_code_3(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        run = fuzz(f"127.0.0.1:{port}", "--out", self.out, "--timeout", "1s")
        self.assertEqual(run.returncode, 3, run.stdout + run.stderr)

    def test_bad_arguments_are_told_before_anything_is_sent(self):
        for arguments, words in (
            (["127.0.0.1:1", "--only", "nonsense"], "no kind of conversation is called so"),
            (["127.0.0.1:1", "--time", "soon"], "is no duration"),
            ([], "give HOST:PORT"),
            (["127.0.0.1"], "127.0.0.1"),
            (["127.0.0.1:1", "--out", "/dev/null/x"], "cannot be made"),
        ):
            run = fuzz(*arguments, *([] if "--out" in arguments else ["--out", self.out]))
            self.assertEqual(run.returncode, 2, run.stdout + run.stderr)
            self.assertIn(words, run.stderr)


if __name__ == "__main__":
    unittest.main(verbosity=2)
