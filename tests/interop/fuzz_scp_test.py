#!/usr/bin/python3
"""`assay fuzz device --as-scp` against clients that break in one known way, against healthy ones, and with bad arguments."""

import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import unittest

import device_findings
import fuzz_clients
import products

HERE = pathlib.Path(__file__).parent
FRAGILE = HERE / "fragile_caller.py"
LONG = os.environ.get("ASSAY_LONG") == "1"
TIME = os.environ.get("ASSAY_FUZZ_TIME", "5m" if LONG else "")


def fuzz(*arguments, limit=180):
    return subprocess.run([products.ASSAY, "fuzz", "device", "--as-scp", *map(str, arguments)], capture_output=True, text=True,
                          timeout=limit, check=False)


def fragile(mode):
    return f"exec {sys.executable} -B {FRAGILE} {mode} {{port}}"


def findings(folder):
    return [(file.parent, json.loads(file.read_text())) for file in sorted(pathlib.Path(folder).glob("findings/*/finding.json"))]


class Fuzz(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.out = self.folder / "out"

    def found(self, mode, kind, *arguments):
        run = fuzz("--start", fragile(mode), "--out", self.out, "--first", "--timeout", "2s", *(arguments or ("--time", "30s")))
        self.assertEqual(run.returncode, 1, run.stdout + run.stderr)
        of_kind = [one for one in findings(self.out) if one[1]["kind"] == kind]
        self.assertTrue(of_kind, run.stdout + run.stderr)
        return of_kind[0]

    def replayed(self, folder, mode):
        run = subprocess.run([products.ASSAY, "run", folder / "scenario.xml", "--dut-act", fragile(mode), "--timeout", "5s"],
                             capture_output=True, text=True, timeout=120, check=False)
        return run.returncode, run.stdout + run.stderr

    def test_a_client_that_dies_is_found_reduced_and_replayed(self):
        folder, finding = self.found("segv", "crash")
        self.assertEqual(finding["detail"], "signal 11")
        self.assertTrue(finding["reproducible"])
        self.assertIn("--dut-act", finding["reproduce"])
        for name in ("input", "original", "scenario.xml", "capture.pcapng", "finding.txt"):
            self.assertTrue((folder / name).exists(), name)
        # The association, and the response that breaks it; nothing of the release.
        self.assertLessEqual((folder / "input").read_text().count("\nsend "), 2)
        check = subprocess.run([products.ASSAY, "list", "--check", folder / "scenario.xml"], capture_output=True, text=True,
                               check=False)
        self.assertEqual(check.returncode, 0, check.stdout + check.stderr)
        for mode, code in (("segv", 1), ("healthy", 0)):
            returned, said = self.replayed(folder, mode)
            self.assertEqual(returned, code, mode + said)
        for mode, code, word in (("segv", 1, "reproduced"), ("healthy", 0, "fixed")):
            again = subprocess.run([products.ASSAY, "fuzz", "replay", self.out, "--dut-act", fragile(mode)], capture_output=True,
                                   text=True, timeout=120, check=False)
            self.assertEqual(again.returncode, code, again.stdout + again.stderr)
            self.assertIn(word, again.stdout)
        again = subprocess.run([products.ASSAY, "fuzz", "replay", self.out, "--start", fragile("segv")], capture_output=True,
                               text=True, timeout=120, check=False)
        self.assertEqual(again.returncode, 3, again.stdout + again.stderr)
        self.assertIn("say --dut-act", again.stdout)

    def test_what_is_known_is_told_as_known(self):
        known = self.out.with_suffix(".tsv")
        self.addCleanup(known.unlink, missing_ok=True)
        known.write_text("# what is known\nfragile\t1\tcrash\tsignal 11\t*\tits parser of responses\n")
        run = fuzz("--start", fragile("segv"), "--out", self.out, "--timeout", "2s", "--time", "60s", "--count", 40, "--known", known)
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        self.assertRegex(run.stdout, r"(?m)^known +signal 11")
        self.assertRegex(run.stdout, r"0 findings: .* and \d+ known;")

    def test_the_report_of_a_sanitizer_is_found(self):
        folder, finding = self.found("asan", "sanitizer")
        self.assertEqual(finding["place"], "parse_status")
        self.assertEqual(self.replayed(folder, "asan")[0], 1)

    def test_a_client_that_does_not_end_is_found(self):
        folder, finding = self.found("hangs", "hang")
        self.assertEqual(finding["detail"], "does not end")
        self.assertTrue(finding["reproducible"])
        self.assertEqual(self.replayed(folder, "hangs")[0], 1)
        self.assertEqual(self.replayed(folder, "healthy")[0], 0)

    def test_a_client_that_keeps_a_core_busy_is_told_so(self):
        self.assertIn("busy", self.found("spins", "hang")[1]["detail"])

    def test_a_forbidden_pdu_is_found(self):
        folder, _ = self.found("forbidden", "forbidden-answer", "--time", "100s")
        self.assertEqual(self.replayed(folder, "forbidden")[0], 1)
        self.assertEqual(self.replayed(folder, "healthy")[0], 0)

    def test_a_healthy_client_gives_no_finding(self):
        run = fuzz("--start", fragile("healthy"), "--out", self.out, "--count", 400 if LONG else 30, "--time", "120s")
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        self.assertEqual(findings(self.out), [])
        self.assertTrue((self.out / "junit.xml").exists())
        places = (self.out / "places.txt").read_text()
        self.assertIn("exit 0", places)
        self.assertIn("exit 1", places)

    def test_an_exit_code_above_128_is_the_clients_own_word_unless_a_signal_was_seen(self):
        behind_a_shell = f"{sys.executable} -B {FRAGILE} MODE {{port}}; exit CODE"
        def run(mode, code):
            return fuzz("--start", behind_a_shell.replace("MODE", mode).replace("CODE", code), "--out", self.out / mode, "--first",
                        "--count", 10, "--time", "60s", "--timeout", "2s")
        healthy = run("healthy", "159")  # as storescu, which ends with a part of the status that it was given
        self.assertEqual(healthy.returncode, 0, healthy.stdout + healthy.stderr)
        dead = run("segv", "$?")
        self.assertEqual(dead.returncode, 1, dead.stdout + dead.stderr)
        self.assertEqual({one["detail"] for _, one in findings(self.out / "segv")}, {"signal 11"})
        # As one that has used up the memory of the machine.
        killed = fuzz("--start", f"{sys.executable} -B {FRAGILE} healthy {{port}}; sh -c 'kill -KILL $$'", "--out",
                      self.out / "killed", "--first", "--count", 10, "--time", "60s", "--timeout", "2s", "--reduce-time", "1s")
        self.assertEqual(killed.returncode, 1, killed.stdout + killed.stderr)
        self.assertEqual({one["detail"] for _, one in findings(self.out / "killed")}, {"signal 9"})

    def test_a_device_that_calls_again_and_again_is_answered_again_and_again(self):
        run = fuzz("--start", fragile("again"), "--out", self.out, "--count", 30, "--time", "60s", "--timeout", "2s")
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        self.assertIn("calls again and again", run.stdout)

    def test_one_that_calls_again_and_dies_is_found_and_started_again(self):
        self.assertTrue(self.found("again-dies", "crash")[1]["reproducible"])

    def test_one_that_calls_no_more_is_found(self):
        self.assertEqual(self.found("again-stops", "hang")[1]["detail"], "calls no more")

    def test_descriptors_that_grow_without_end_are_found(self):
        self.found("again-files", "descriptors")

    def test_a_device_that_calls_by_itself_is_waited_for(self):
        with socket.create_server(("127.0.0.1", 0)) as server:
            port = server.getsockname()[1]
        device = subprocess.Popen([sys.executable, "-B", FRAGILE, "again", str(port)], stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL)
        self.addCleanup(device.wait)
        self.addCleanup(device.kill)
        run = fuzz("--listen", port, "--process", device.pid, "--out", self.out, "--count", 20, "--time", "60s")
        self.assertEqual(run.returncode, 0, run.stdout + run.stderr)
        self.assertIn("it calls by itself", run.stdout)
        self.assertIn("20 calls", run.stdout)

    def test_an_interrupted_run_loses_nothing_and_goes_on(self):
        arguments = ["--start", fragile("segv"), "--out", self.out, "--timeout", "2s"]
        run = subprocess.Popen([products.ASSAY, "fuzz", "device", "--as-scp", *map(str, arguments), "--time", "60s"],
                               stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
        # The first finding is told once it is kept.
        for line in run.stdout:
            if "/findings/" in line:
                break
        run.send_signal(signal.SIGINT)
        run.stdout.read()
        self.assertEqual(run.wait(60), 130)
        run.stdout.close()
        before = {one["detail"] for _, one in findings(self.out)}
        self.assertTrue(before)
        again = fuzz(*arguments, "--count", 3, "--time", "60s")
        self.assertIn("goes on behind execution", again.stdout)
        self.assertLessEqual(before, {one["detail"] for _, one in findings(self.out)})
        other = subprocess.run([products.ASSAY, "fuzz", "device", "127.0.0.1:9", "--out", self.out], capture_output=True, text=True,
                               check=False, timeout=60)
        self.assertEqual(other.returncode, 2)
        self.assertIn("--as-scp", other.stderr)

    def test_one_execution_can_be_made_again(self):
        device = ("--start", fragile("healthy"), "--out", self.out)
        fuzz(*device, "--count", 8, "--time", "60s")
        first, second = (fuzz(*device, "--execution", 5).stdout for _ in range(2))
        line = next(line for line in first.splitlines() if line.startswith("Execution 5: "))
        self.assertIn(line, second)
        wrong = fuzz(*device, "--execution", 99999)
        self.assertEqual(wrong.returncode, 2)
        self.assertIn("holds no such execution", wrong.stderr)

    def test_what_does_not_call_is_exit_code_3(self):
        for start, words in (("true {port}", "has not called"), ("exit 7", "exit 7")):
            run = fuzz("--start", start, "--out", self.out, "--time", "10s")
            self.assertEqual(run.returncode, 3, run.stdout + run.stderr)
            self.assertIn(words, run.stderr)

    def test_bad_arguments_are_told_before_anybody_is_started(self):
        for arguments, words in (
            ([], "give --start CMD"),
            (["127.0.0.1:104"], "the device calls us"),
            (["--start", "x {port}", "--only", "storage"], "the device asks"),
            (["--listen", "11112", "--listen-address", "0.0.0.0"], "--i-am-authorised"),
            (["--start", "x {port}", "--process", "1"], "--process"),
            (["--start", "x {port}", "--out", "/dev/null/x"], "cannot be made"),
        ):
            run = fuzz(*arguments, *([] if "--out" in arguments else ["--out", self.out]))
            self.assertEqual(run.returncode, 2, run.stdout + run.stderr)
            self.assertIn(words, run.stderr)
            self.assertFalse(self.out.exists())


class Products(unittest.TestCase):
    """Other people's clients: nothing but what stands in device_findings.tsv may be found. ASSAY_FUZZ_CLIENTS="findscu
    getscu" and ASSAY_FUZZ_TIME=1m choose some, and how long each is fuzzed."""

    def fuzz(self, name):
        client = fuzz_clients.CLIENTS[name]
        products.need(*client.needs)
        with products.scratch() as folder:
            limit = ("--time", TIME, *device_findings.arguments(client.product)) if TIME else ("--count", 15, "--time", "120s")
            run = fuzz("--start", client.start(folder), "--out", folder / "out", *limit, limit=900)
            self.assertIn(run.returncode, (0, 1), run.stdout + run.stderr)
            version = client.version()
            rows = device_findings.known(client.product, version)
            new = [f"{one['title']}\n{one['happened']}" for _, one in findings(folder / "out")
                   if not device_findings.is_known(one, rows)]
            self.assertEqual(new, [], f"{client.product} {version}: not in {device_findings.KNOWN.name}\n{run.stdout}{run.stderr}")
            return run

    def test_what_is_found_in_other_clients_is_known(self):
        chosen = os.environ.get("ASSAY_FUZZ_CLIENTS")
        for name in chosen.split() if chosen else fuzz_clients.CLIENTS if LONG else ("echoscu", "findscu", "dcmprscu"):
            with self.subTest(name):
                self.fuzz(name)

    def test_a_client_that_breaks_on_sane_answers_is_a_finding(self):
        run = self.fuzz("gdcmscu")
        self.assertEqual(run.returncode, 1, run.stdout + run.stderr)
        self.assertIn("breaks on the very answers that were recorded", run.stdout)


if __name__ == "__main__":
    unittest.main(verbosity=2)
