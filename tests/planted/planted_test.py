#!/usr/bin/env python3
"""The planted bugs are there and are the only ones: each trips on its witness with the report that bugs.tsv names, no
witness trips the plain targets, no correct input trips any target, and correct inputs are accepted.

A fixed sample of the bugs; ASSAY_LONG in the environment: all of them. Products go to PLANTED_OUT."""
import concurrent.futures
import os
import pathlib
import re
import tempfile
import unittest

import build
import running
import witnesses

LONG = bool(os.environ.get("ASSAY_LONG"))
OUT = pathlib.Path(os.environ.get("PLANTED_OUT", build.OUT))
# Of each kind of report one: out of memory, stack, endless loop, palette, stale pointer, leak, fixed buffer, invariant.
SAMPLE = ["09", "10", "13", "35", "46", "52", "59", "77"]
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


if __name__ == "__main__":
    unittest.main()
