#!/usr/bin/env python3
"""The planted bugs are there and are the only ones: each trips on its witness with the report that bugs.tsv names, no
witness trips the plain targets, no correct input trips any target, and correct inputs are accepted.

A fixed sample of the bugs; ASSAY_LONG in the environment: all of them. Products go to PLANTED_OUT."""
import concurrent.futures
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

import build
import running
import witnesses

LONG = bool(os.environ.get("ASSAY_LONG"))
OUT = pathlib.Path(os.environ.get("PLANTED_OUT", build.OUT))
# Of each kind of report one: out of memory, stack, endless loop, palette, stale pointer, leak, fixed buffer, invariant.
SAMPLE = ["09", "10", "13", "35", "46", "52", "59", "77"]
# Hard to find without help: two values must agree on a name that no input has.
KNOWN = "77"
DIFFICULTIES = {"shallow", "medium", "deep"}


class Table(unittest.TestCase):
    def test_each_bug_has_a_row_a_witness_and_one_switch(self):
        rows = build.bugs()
        self.assertEqual([row["number"] for row in rows], [f"{i:02}" for i in range(1, len(rows) + 1)])
        self.assertEqual(sorted(witnesses.witnesses()), [row["number"] for row in rows])
        self.assertEqual(len({row["name"] for row in rows}), len(rows))
        for row in rows:
            with self.subTest(bug=row["number"]):
                self.assertEqual(row["where"].split(".cpp:")[0], build.holder(row["number"]))
                self.assertIn(row["needs"], build.SOURCES)
                self.assertIn(row["difficulty"], DIFFICULTIES)
                self.assertIn(row["where"].split(":")[1] + "(", (build.HERE / row["where"].split(":")[0]).read_text())

    def test_switches_stand_in_sources_only(self):
        for path in build.HERE.glob("*.hpp"):
            code = re.sub(r"//.*", "", path.read_text(encoding="utf-8"))
            self.assertNotRegex(code, r"\bPLANT\(\d", path.name)

    def test_every_switch_has_a_row(self):
        used = {number for path in build.HERE.glob("*.cpp") for number in re.findall(r"\bPLANT\((\d+)\)", path.read_text())}
        self.assertEqual(used, {row["number"] for row in build.bugs()})


class Targets(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.rows = [row for row in build.bugs() if LONG or row["number"] in SAMPLE]
        cls.targets = build.many(cls.rows, OUT, jobs=2)
        cls.folder = tempfile.TemporaryDirectory(prefix="assay-planted-")
        cls.addClassCleanup(cls.folder.cleanup)
        home = pathlib.Path(cls.folder.name)
        cls.correct = {}
        for entry in build.SOURCES:
            witnesses.write_correct(entry, home / entry)
            cls.correct[entry] = sorted((home / entry).iterdir())
        cls.witness = {}
        for number, content in witnesses.witnesses().items():
            cls.witness[number] = home / f"witness-{number}"
            cls.witness[number].write_bytes(content)

    def artifacts(self):
        return f"-artifact_prefix={self.folder.name}/"

    def test_plain_targets_accept_correct_inputs(self):
        for entry, files in self.correct.items():
            for file in files:
                with self.subTest(input=file.name):
                    done = running.run(self.targets[entry], self.artifacts(), file, environment={"PLANTED_TELL": "1"})
                    self.assertEqual(done.status, 0, done.output)
                    self.assertNotIn("refused", done.output)

    def test_plain_targets_refuse_some_witness(self):
        """Otherwise the test above could not tell: a broken file and a broken stream are refused."""
        for entry, number in (("file", "01"), ("wire", "53")):
            done = running.run(self.targets[entry], self.artifacts(), self.witness[number], environment={"PLANTED_TELL": "1"})
            self.assertEqual(done.status, 0, done.output)
            self.assertIn("refused", done.output)

    def test_plain_targets_trip_on_no_witness(self):
        for entry in build.SOURCES:
            done = running.run(self.targets[entry], self.artifacts(), *self.witness.values())
            self.assertFalse(done.tripped, done.output[-3000:])
            self.assertEqual(done.status, 0, done.output[-3000:])

    def check(self, row):
        """What is wrong with one bug."""
        target = self.targets[row["number"]]
        sound = running.run(target, self.artifacts(), *self.correct[row["needs"]])
        wrong = [f"{row['number']} trips on a correct input: {sound.output[-1500:]}"] if sound.status or sound.tripped else []
        broken = running.run(target, self.artifacts(), self.witness[row["number"]])
        if not broken.tripped:
            wrong.append(f"{row['number']} does not trip on its witness: {broken.output[-1500:]}")
        elif not re.search(row["report"], broken.output):
            wrong.append(f"{row['number']}: expected {row['report']}, not {broken.report()}")
        return wrong

    def test_each_bug_trips_on_its_witness_and_on_nothing_correct(self):
        with concurrent.futures.ThreadPoolExecutor(2) as pool:
            wrong = [text for texts in pool.map(self.check, self.rows) for text in texts]
        self.assertEqual(wrong, [], "\n".join(wrong))


class Measure(unittest.TestCase):
    def measure(self, folder, *arguments):
        command = [sys.executable, "-B", build.HERE / "measure.py", "--build", OUT, "--out", folder / "runs.tsv", "--seconds", "1",
                   "--modes", "plain", "none", "--seeds", "1", *arguments]
        return subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, timeout=300)

    def test_a_measurement_goes_on_where_it_was(self):
        with tempfile.TemporaryDirectory(prefix="assay-planted-") as name:
            folder = pathlib.Path(name)
            first = self.measure(folder, "--bugs", "09")
            self.assertEqual(first.returncode, 0, first.stdout + first.stderr)
            self.assertIn("3 runs to go", first.stdout)
            self.assertRegex(first.stdout, r"09\telement-length-wrap\tfile\tmedium\tplain\t1/1\t")
            table = folder / "runs.tsv"
            lines = table.read_text(encoding="utf-8").splitlines(keepends=True)
            self.assertEqual(len(lines), 4)
            table.write_text("".join(lines)[:-9], encoding="utf-8")  # killed while it wrote
            second = self.measure(folder, "--bugs", "09")
            self.assertIn("1 runs to go", second.stdout)
            self.assertEqual(len(table.read_text(encoding="utf-8").splitlines()), 4)
            self.assertIn("0 runs to go", self.measure(folder, "--bugs", "09").stdout)

    def test_a_library_of_mutators_is_used(self):
        """One that knows nothing but a witness finds at once what libFuzzer alone does not find in such a time."""
        with tempfile.TemporaryDirectory(prefix="assay-planted-") as name:
            folder = pathlib.Path(name)
            content = ",".join(map(str, witnesses.witnesses()[KNOWN]))
            source = folder / "mutator.cpp"
            source.write_text(f"""#include <algorithm>
                #include <cstdint>
                constexpr std::uint8_t input[] = {{{content}}};
                extern "C" std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t, std::size_t room,
                                                               unsigned) {{
                  return std::copy_n(input, std::min(room, sizeof input), data) - data;
                }}""", encoding="utf-8")
            build.run([build.COMPILER, "-O1", "-c", source, "-o", folder / "mutator.o"])
            done = self.measure(folder, "--bugs", KNOWN, "--modes", "mutators", "--mutators", folder / "mutator.o")
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertRegex(done.stdout, KNOWN + r"\t[^\n]*\tmutators\t1/1\t")


if __name__ == "__main__":
    unittest.main()
