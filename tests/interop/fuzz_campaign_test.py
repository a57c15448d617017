"""assay fuzz campaign, merge and coverage with small targets that clang builds here: what is found, once, over several
campaigns; what is fixed; what a kill must not lose; and what is wrong with what it is given."""

import json
import os
import pathlib
import pty
import random
import resource
import select
import shutil
import signal
import subprocess
import time
import unittest
import xml.etree.ElementTree as ET

import products

HEALTHY = r"""
#include <cstddef>
#include <cstdint>
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* d, std::size_t n) {
  volatile int depth = 0;
  if (n > 0 && d[0] == 'A') { depth = 1; if (n > 1 && d[1] == 'S') { depth = 2; if (n > 2 && d[2] == 'S') depth = 3; } }
  return 0;
}
"""
BUG = r"""
#include <cstddef>
#include <cstdint>
#include <vector>
__attribute__((noinline)) int parse_length(const std::uint8_t* d, std::size_t n) {
  std::vector<std::uint8_t> copy(d, d + n);
  return copy.data()[FIXED ? 0 : n];
}
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* d, std::size_t n) {
  volatile int got = 0;
  if (n > 3 && d[0] == 'P' && d[1] == 'D' && d[2] == 'U') got = parse_length(d, n);
  return 0;
}
"""
BROKEN_SEED = r"""
#include <cstddef>
#include <cstdint>
#include <cstdlib>
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* d, std::size_t n) {
  if (n == 4 && d[0] == 'S' && d[3] == '!') std::abort();
  return 0;
}
"""


def build(source, program, *flags):
    text = program.with_suffix(".cpp")
    text.write_text(source)
    subprocess.run(["clang++-19", "-g1", "-O1", "-fsanitize=fuzzer,address", *flags, text, "-o", program], check=True, timeout=300)


def campaign_file(folder, *targets, more=""):
    lines = "".join(f'<target program="{folder}/{name}" name="{name}"><seeds folder="{folder}/seeds-{name}"/></target>\n'
                    for name in targets)
    file = folder / "campaign.xml"
    file.write_text(f'<campaign time="3s">\n<limits timeout="5s"/>\n{more}{lines}</campaign>\n')
    return file


def tree(folder):
    return {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}


class FuzzCampaignTest(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        products.need("clang++-19")
        cls.scratch = products.scratch()
        cls.tools = cls.scratch.__enter__()
        build(HEALTHY, cls.tools / "healthy")
        build(BUG, cls.tools / "bug", "-DFIXED=0")
        build(BUG, cls.tools / "no-bug", "-DFIXED=1")
        build(BROKEN_SEED, cls.tools / "seedy")

    @classmethod
    def tearDownClass(cls):
        cls.scratch.__exit__(None, None, None)

    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(products.scratch()))
        for name, seed in {"healthy": b"AS", "bug": b"PD", "seedy": b"S"}.items():
            shutil.copy(self.tools / name, self.folder / name)
            (self.folder / f"seeds-{name}").mkdir()
            (self.folder / f"seeds-{name}" / "first").write_bytes(seed)
        self.out = self.folder / "out"

    def campaign(self, *targets, seconds=3, more="", arguments=()):
        file = campaign_file(self.folder, *targets, more=more)
        return products.assay("fuzz", "campaign", file, "--out", self.out, "--time", f"{seconds}s", *arguments)

    def results(self):
        return json.loads((self.out / "results.json").read_text())

    def test_a_healthy_target_leaves_nothing_open(self):
        code, out, err = self.campaign("healthy")
        self.assertEqual(code, 0, out + err)
        r = self.results()
        self.assertEqual((r["new"], r["open"], r["fixed"], r["findings"]), (0, 0, 0, []))
        (target,) = r["targets"]
        self.assertEqual(target["name"], "healthy")
        self.assertGreater(target["executions"], 1000)
        self.assertGreater(target["coverage"], 3)
        self.assertGreater(target["corpus_files"], 0)
        for name in ("junit.xml", "results.sarif", "report.html", "console.log", "history.jsonl", "state.json"):
            self.assertTrue((self.out / name).stat().st_size > 0, name)
        self.assertEqual(ET.parse(self.out / "junit.xml").getroot().attrib["failures"], "0")
        self.assertIn("0 new, 0 came back, 0 still open, 0 fixed", out)

    def test_a_bug_is_one_finding_over_campaigns_until_it_is_fixed_and_when_it_comes_back(self):
        code, out, err = self.campaign("healthy", "bug", seconds=4)
        self.assertEqual(code, 1, out + err)
        r = self.results()
        self.assertEqual((r["new"], r["open"]), (1, 0), out)
        (finding,) = r["findings"]
        self.assertEqual(finding["standing"], "new")
        self.assertEqual(finding["subject"], "bug")
        self.assertIn("heap-buffer-overflow", finding["detail"])
        self.assertIn("parse_length", finding["place"] + " ".join(finding["stack"]))
        folder = pathlib.Path(finding["folder"])
        self.assertLessEqual((folder / "input").stat().st_size, 4 + 4)
        self.assertEqual(tree(self.out / "artifacts"), set(), "what was looked into is no artifact any more")
        sarif = json.loads((self.out / "results.sarif").read_text())
        self.assertEqual(sarif["version"], "2.1.0")
        self.assertEqual(len(sarif["runs"][0]["results"]), 1)
        junit = ET.parse(self.out / "junit.xml").getroot()
        self.assertEqual(junit.attrib["failures"], "1")
        html = (self.out / "report.html").read_text()
        self.assertIn("parse_length", html)
        self.assertNotRegex(html, r"(src|href)=\"http")

        code, out, err = self.campaign("healthy", "bug")
        self.assertEqual(code, 1, out + err)
        r = self.results()
        self.assertEqual((r["campaign"], r["new"], r["open"]), (2, 0, 1), out)
        self.assertEqual(r["findings"][0]["id"], finding["id"])
        self.assertGreaterEqual(r["findings"][0]["times"], finding["times"])
        self.assertIn("coverage_before", r["targets"][0])

        shutil.copy(self.tools / "no-bug", self.folder / "bug")
        code, out, err = self.campaign("healthy", "bug")
        self.assertEqual(code, 0, out + err)
        r = self.results()
        self.assertEqual((r["new"], r["open"], r["fixed"]), (0, 0, 1), out)
        # All is well: nothing came back, the seeds hold.
        regression = ("fuzz", "campaign", self.folder / "campaign.xml", "--out", self.out, "--regression")
        code, out, err = products.assay(*regression)
        self.assertEqual(code, 0, out + err)

        shutil.copy(self.tools / "bug", self.folder / "bug")
        code, out, err = products.assay(*regression)
        self.assertEqual(code, 1, out + err)
        self.assertIn("red", out)
        junit = ET.parse(self.out / "regression-junit.xml").getroot()
        self.assertEqual((junit.attrib["tests"], junit.attrib["failures"]), ("3", "1"))
        code, out, err = self.campaign("bug")
        self.assertEqual((code, self.results()["returned"]), (1, 1), out + err)

    def test_a_seed_that_breaks_the_target_is_found_and_the_rest_is_fuzzed(self):
        (self.folder / "seeds-seedy" / "breaks").write_bytes(b"SOS!")
        code, out, err = self.campaign("seedy")
        self.assertEqual(code, 1, out + err)
        r = self.results()
        self.assertGreater(r["targets"][0]["executions"], 50, out)  # it does not end with the seed
        self.assertNotIn("could_not_run", r["targets"][0])
        code, out, err = products.assay("fuzz", "campaign", self.folder / "campaign.xml", "--out", self.out, "--regression")
        self.assertEqual(code, 1, out + err)
        self.assertIn("breaks it", out)

    def test_a_target_that_does_not_start_is_said_and_the_others_go_on(self):
        refuses = self.folder / "refuses"
        refuses.write_text("#!/bin/sh\necho no licence for this machine >&2\nexit 1\n")
        refuses.chmod(0o755)
        (self.folder / "seeds-refuses").mkdir()
        code, out, err = self.campaign("healthy", "refuses")
        self.assertEqual(code, 3, out + err)
        self.assertIn("no licence for this machine", err)
        by_name = {t["name"]: t for t in self.results()["targets"]}
        self.assertIn("no licence", by_name["refuses"]["could_not_run"])
        self.assertGreater(by_name["healthy"]["executions"], 1000)
        self.assertEqual(ET.parse(self.out / "junit.xml").getroot().attrib["errors"], "1")

    def test_ctrl_c_writes_the_summary_and_the_same_command_goes_on(self):
        file = campaign_file(self.folder, "healthy", "bug")
        command = [products.ASSAY, "fuzz", "campaign", file, "--out", self.out, "--time", "60s"]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        try:
            self.wait_for(lambda: list((self.out / "findings").glob("*/finding.json")), process)
            process.send_signal(signal.SIGINT)
            out = process.communicate(timeout=60)[0].decode()
        finally:
            process.kill()
        self.assertEqual(process.returncode, 130, out)
        self.assertIn("was interrupted", out)
        r = self.results()
        self.assertTrue(r["interrupted"])
        self.assertEqual(len(r["findings"]), 1)
        self.assertFalse((self.out / "history.jsonl").exists())
        self.assertEqual(self.alive(), [])
        spent = json.loads((self.out / "state.json").read_text())["spent"]
        code, out, err = products.assay("fuzz", "campaign", file, "--out", self.out, "--time", f"{int(spent) + 3}s")
        self.assertEqual(code, 1, out + err)
        self.assertIn("goes on", out)
        r = self.results()
        self.assertEqual((r["campaign"], r["new"]), (1, 1), out)

    def test_a_kill_loses_no_finding_and_no_input_and_leaves_no_child(self):
        file = campaign_file(self.folder, "healthy", "bug")
        # libFuzzer itself replaces an input by a smaller one that reaches the same: here it shall not.
        file.write_text(file.read_text().replace("<seeds", "<option>-reduce_inputs=0</option><seeds"))
        command = [products.ASSAY, "fuzz", "campaign", file, "--out", self.out, "--time", "600s"]
        dice = random.Random(7)
        seen = set()
        for _ in range(20 if products.LONG else 5):
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
            try:
                # After it has begun, at any moment: in rounds, in triage, while files are written.
                self.wait_for(lambda: self.children(process.pid), process)
                with self.assertRaises(subprocess.TimeoutExpired):
                    process.wait(timeout=dice.uniform(0, 2))
                seen |= {name for name in self.kept() if not name.endswith(".part")}
            finally:
                process.kill()
                process.wait()
            self.wait_for(lambda: not self.alive())
            self.assertLessEqual(seen, self.kept())
        code, out, err = products.assay("fuzz", "campaign", file, "--out", self.out, "--restart", "--time", "4s")
        self.assertEqual(code, 1, out + err)
        r = self.results()
        self.assertEqual(len([f for f in r["findings"] if "parse_length" in f["place"] + " ".join(f["stack"])]), 1, r["findings"])
        self.assertLessEqual(seen, self.kept())
        self.assertEqual(tree(self.out / "artifacts"), set())

    def kept(self):
        """What a kill may not lose."""
        return {name for name in tree(self.out) if name.startswith(("findings/", "corpus/"))}

    def children(self, pid):
        task = pathlib.Path(f"/proc/{pid}/task/{pid}/children")
        return task.read_text().split() if task.exists() else []

    def alive(self):
        """Processes that run a program of this test's folder."""
        found = []
        for exe in pathlib.Path("/proc").glob("[0-9]*/exe"):
            try:
                if os.readlink(exe).startswith(str(self.folder)):
                    found.append(exe)
            except OSError:
                pass
        return found

    def wait_for(self, holds, process=None, limit=60):
        until = time.monotonic() + limit
        while time.monotonic() < until:
            if holds():
                return
            if process is not None and process.poll() is not None:
                self.fail(f"it ended with {process.returncode}")
            select.select([], [], [], 0.02)
        self.fail("what was waited for did not happen")

    def test_artifacts_of_a_killed_campaign_are_looked_into_at_the_next_start(self):
        (self.out / "artifacts" / "bug").mkdir(parents=True)
        (self.out / "artifacts" / "bug" / "crash-left").write_bytes(b"PDU and more behind it")
        (self.out / "artifacts" / "healthy").mkdir(parents=True)
        (self.out / "artifacts" / "healthy" / "crash-nothing").write_bytes(b"ok")
        code, out, err = self.campaign("healthy", "bug")
        self.assertEqual(code, 1, out + err)
        self.assertEqual(self.results()["new"], 1)
        self.assertIn("crash-nothing of healthy broke nothing", out)
        self.assertEqual(tree(self.out / "not-reproduced"), {"healthy/crash-nothing"})

    def test_the_screen_is_drawn_in_place_on_a_terminal(self):
        file = campaign_file(self.folder, "healthy")
        pid, terminal = pty.fork()
        if pid == 0:
            os.execv(products.ASSAY, [products.ASSAY, "fuzz", "campaign", str(file), "--out", str(self.out), "--time", "4s"])
        seen = b""
        try:
            while True:
                try:
                    piece = os.read(terminal, 65536)
                except OSError:
                    break
                if not piece:
                    break
                seen += piece
        finally:
            os.close(terminal)
            status = os.waitpid(pid, 0)[1]
        self.assertEqual(os.waitstatus_to_exitcode(status), 0, seen.decode(errors="replace"))
        self.assertIn(b"> healthy", seen)
        self.assertIn(b"\x1b[J", seen)
        self.assertNotIn(b"exec/s ", (self.out / "console.log").read_bytes().split(b"\n")[0])

    def test_two_campaigns_do_not_share_a_folder(self):
        file = campaign_file(self.folder, "healthy")
        first = subprocess.Popen([products.ASSAY, "fuzz", "campaign", file, "--out", self.out, "--time", "60s"],
                                 stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        try:
            self.wait_for(lambda: self.children(first.pid), first)
            code, out, err = products.assay("fuzz", "campaign", file, "--out", self.out, "--time", "2s")
            self.assertEqual(code, 2, out)
            self.assertIn(f"another campaign runs in this folder (process {first.pid})", err)
        finally:
            first.kill()
            first.wait()

    def test_a_state_that_is_damaged_costs_no_finding(self):
        self.campaign("bug")
        (self.out / "state.json").write_text('{"version": 1, "number": 1, "sta')
        code, out, err = self.campaign("bug")
        self.assertEqual(code, 1, out + err)
        self.assertIn("state.json.damaged", err)
        self.assertEqual((self.results()["open"], self.results()["new"]), (1, 0))
        self.assertTrue((self.out / "state.json.damaged").exists())

    def test_merged_campaigns_have_the_inputs_and_findings_of_all_once(self):
        self.campaign("bug")
        other = self.folder / "other"
        shutil.copytree(self.out, other)
        (other / "corpus" / "bug" / "more").write_bytes(b"something else")
        (other / "corpus" / "bug" / "same").write_bytes(b"PD")
        both = self.folder / "both"
        code, out, err = products.assay("fuzz", "merge", self.out, other, "--out", both, "--all-inputs")
        self.assertEqual(code, 0, out + err)
        inputs = sorted(p.read_bytes() for p in (both / "corpus" / "bug").iterdir())
        wanted = {p.read_bytes() for folder in (self.out, other) for p in (folder / "corpus" / "bug").iterdir()}
        self.assertEqual(inputs, sorted(wanted))
        (merged,) = (json.loads(p.read_text()) for p in (both / "findings").glob("*/finding.json"))
        (single,) = (json.loads(p.read_text()) for p in (self.out / "findings").glob("*/finding.json"))
        self.assertEqual(merged["times"], 2 * single["times"])
        self.assertEqual(tree(both / "findings"), tree(self.out / "findings"))
        # Where the target is there, the corpus is pruned to what reaches something.
        pruned = self.folder / "pruned"
        code, out, err = products.assay("fuzz", "merge", self.out, other, "--out", pruned, "--build", self.folder)
        self.assertEqual(code, 0, out + err)
        self.assertIn("inputs reach the same", out)
        self.assertLess(len(tree(pruned / "corpus" / "bug")), len(inputs))
        self.assertFalse((pruned / "corpus" / "bug.before").exists())
        code, _, err = products.assay("fuzz", "merge", self.folder / "seeds-bug", "--out", both)
        self.assertEqual(code, 2)
        self.assertIn("neither corpus/ nor findings/", err)

    def test_bad_input_is_said_with_what_to_do(self):
        def refused(*arguments, **more):
            code, out, err = products.assay("fuzz", "campaign", *arguments, "--out", self.out, "--time", "1s")
            self.assertEqual(code, 2, out + err)
            return err

        file = campaign_file(self.folder, "healthy")
        self.assertIn("did you mean healthy?", refused(file, "--target", "helthy"))
        self.assertIn("/none/healthy: there is no such program", refused(self.bad("<target program='none/healthy'/>")))
        err = refused(self.bad("<target program='healthy' share='much'/>\n<target/>"))
        self.assertRegex(err, r"bad.xml:2:\d+: share: 'much' is no number from 0.1 to 100")
        self.assertRegex(err, r"bad.xml:3:\d+: .*program")
        self.assertIn("-runs is the campaign's own to set", refused(self.bad("<target program='healthy'><option>-runs=1</option></target>")))
        self.assertIn("the folder", refused(self.bad("<target program='healthy'><seeds folder='nowhere'/></target>")))
        self.assertIn("no target is built in", refused("--build", self.folder / "seeds-bug"))
        self.assertIn("cmake --preset fuzz", refused("--build", self.folder / "seeds-bug"))
        self.assertFalse(any((self.out / "corpus").glob("*")) if self.out.exists() else False)
        code, _, err = products.assay("fuzz", "campaign", file, "--out", file / "below", "--time", "1s")
        self.assertEqual(code, 2)
        self.assertIn("the folder cannot be made", err)
        code, _, err = products.assay("fuzz", "campaign", file, "--out", self.out, "--time", "soon")
        self.assertEqual(code, 2)
        self.assertIn("'soon' is no duration", err)
        self.assertIn("reading stopped half way", refused("/proc/self/mem"))
        self.assertEqual(products.assay("fuzz", "campaign", "--help")[0], 0)

    def bad(self, text):
        file = self.folder / "bad.xml"
        file.write_text(f"<campaign>\n{text}\n</campaign>\n")
        return file

    def test_without_clang_the_packages_are_named(self):
        env = {**os.environ, "PATH": "/nonexistent"}
        done = subprocess.run([products.ASSAY, "fuzz", "campaign", "--build", self.folder / "seeds-bug", "--out", self.out],
                              env=env, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, 2)
        self.assertIn("apt-get install clang-19", done.stderr)

    def test_a_full_disk_is_said_and_what_was_there_stays(self):
        self.campaign("bug")
        kept = {n: (self.out / n).read_bytes() for n in tree(self.out) if n.startswith("findings/") or n == "history.jsonl"}

        def small():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (64, 64))

        file = campaign_file(self.folder, "bug")
        done = subprocess.run([products.ASSAY, "fuzz", "campaign", file, "--out", self.out, "--time", "2s"], preexec_fn=small,
                              capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
        self.assertIn("cannot be written", done.stderr)
        for name, content in kept.items():
            self.assertEqual((self.out / name).read_bytes(), content, name)

    def test_a_corpus_of_many_files_is_taken_in_and_pruned(self):
        many = self.folder / "seeds-healthy"
        for i in range(100_000 if products.LONG else 2000):
            (many / f"i{i}").write_bytes(b"AS" + i.to_bytes(4, "big"))
        code, out, err = self.campaign("healthy", seconds=60 if products.LONG else 8)
        self.assertEqual(code, 0, out + err)
        (target,) = self.results()["targets"]
        self.assertLess(target["corpus_files"], 1000, out)

    def test_the_schema_is_that_of_the_loader(self):
        code, out, _ = products.assay("schema", "campaign")
        self.assertEqual(code, 0)
        xsd = self.folder / "campaign.xsd"
        xsd.write_text(out)
        products.need("xmllint")
        file = campaign_file(self.folder, "healthy", "bug")
        done = subprocess.run(["xmllint", "--noout", "--schema", xsd, file], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    unittest.main()
