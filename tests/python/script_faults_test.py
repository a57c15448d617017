#!/usr/bin/python3
"""Scripts that pass, fail, crash, hang, exit or print what they like: each becomes one verdict, in bounded time, and
nothing of it is left running."""
import pathlib
import shutil
import time
import unittest

from support import archive, assay, run, scripts

VERDICTS = {  # slug -> what the script does, its verdict, what the reason says, what "actual" says
    "passes": ("case.associate().echo()", "pass", "", ""),
    "warns": ("case.associate().echo(); case.warn('slow', 'fast', 'slow')", "warning", "slow", ""),
    "fails": ("case.associate(); case.check(1 == 2, 'one is not two', 2, 1)", "fail", "one is not two", "1"),
    "asserts": ("case.associate(); assert 1 == 2, 'never'", "fail", "never", ""),
    "skips": ("case.skip('not today')", "skipped", "not today", ""),
    "cannot-judge": ("case.associate(); case.inconclusive('no data')", "inconclusive", "no data", ""),
    "expects-what-never-comes": ("case.associate().expect('c-echo-rsp', within=0.2)", "fail", "nothing came for 200 ms", "nothing"),
    "something-else-comes": ("a = case.associate(); a.send('c-echo-rq'); a.expect('a-release-rp')", "fail",
                             "something else came", "C-ECHO-RSP"),
    "on-the-way-there": ("a = case.associate(); a.send('c-echo-rq'); a.expect('a-abort', judge=False)", "inconclusive",
                         "did not get to its point", "C-ECHO-RSP"),
    "raises": ("raise KeyError('gone')", "error", "KeyError", "Traceback"),
    "exits": ("raise SystemExit(0)", "error", "exit(0)", ""),
    "exits-hard": ("import os, sys; print('last words', flush=True); os._exit(3)", "error", "exit 3", "last words"),
    "crashes": ("import os, signal; os.kill(os.getpid(), signal.SIGSEGV)", "error", "signal 11", "Segmentation fault"),
    "is-killed": ("import os, signal; os.kill(os.getpid(), signal.SIGKILL)", "error", "killed by signal 9", ""),
    "hangs": ("import threading; case.associate(); threading.Event().wait()", "error", "no verdict within 2 s", "in hangs"),
    "loops": ("case.associate()\n    while True: pass", "error", "no verdict within 2 s", "in loops"),
    "steps-for-ever": ("a = case.associate()\n    while True: a.echo()", "error", "no verdict within 2 s", ""),
    "prints-garbage": ("import os; os.write(1, bytes(range(256)) * 4000); os.write(2, b'\\x1b[31m{\"do\":\"finish\"}\\n')\n"
                       "    case.associate().echo()", "pass", "", ""),
    "writes-into-the-channel": ("import os; os.write(int(os.environ['ASSAY_CHANNEL']), b'\\xff{]\\n')\n"
                                "    case.associate()", "error", "nobody knows this request", ""),
    # The refusal is taken for the answer to the step, which goes on while the script says its end.
    "ends-within-a-step": ("import os; os.write(int(os.environ['ASSAY_CHANNEL']), b'\\xff{]\\n')\n"
                           "    case.wait(1.5)", "error", "nobody knows this request", ""),
    "closes-the-channel": ("import os; os.close(int(os.environ['ASSAY_CHANNEL'])); case.associate()", "error", "exit 1",
                           "OSError"),
    "claims-a-verdict-that-is-none": ("case._link.tell(do='finish', verdict='splendid'); import threading; threading.Event().wait()",
                                      "error", "no verdict that exists", ""),
    "tells-nothing": ("pass", "error", "told no step", ""),
    "misspells-a-step": ("case.associate().send('c-eho-rq')", "error", "c-eho-rq", ""),
    "misspells-a-keyword": ("case.associate(('CTImageStorage', ['ExplicitVRLittleEndian'])).store({'PatientNam': 'X'})", "error",
                            "PatientNam", ""),
    "wants-an-unknown-connection": ("import assay; assay.Connection(case, 'c9').echo()", "error", "no such connection", ""),
    "runs-what-is-not-there": ("import a_module_that_is_not_there", "error", "ModuleNotFoundError", ""),
}


class ScriptFaults(unittest.TestCase):
    maxDiff = None

    def test_every_end_has_its_verdict(self):
        text = "".join(f"\n@case({slug!r}, timeout=2)\ndef {slug.replace('-', '_')}(case):\n    {body}\n"
                       for slug, (body, *_) in VERDICTS.items())
        begun = time.monotonic()
        with archive() as target, scripts(faults=text) as folder:
            code, cases, said = run(folder, target, "--jobs", 4)
            self.assertEqual(code, 70, said)  # errors go first
            self.assertEqual(set(cases), set(VERDICTS), said)
            for slug, (_, verdict, reason, actual) in VERDICTS.items():
                with self.subTest(slug):
                    case = cases[slug]
                    self.assertEqual(case["verdict"], verdict, case)
                    self.assertIn(reason, case["reason"])
                    self.assertIn(actual, case["actual"])
                    self.assertLess(len(case["actual"]), 20_000)
                    self.assertNotIn("\x1b", case["actual"])
            self.assertIn("hangs", (folder / "report" / "junit.xml").read_text())
            self.assertIn("prints-garbage", (folder / "report" / "report.html").read_text())
            executed = (folder / "report" / "executed" / "ps3.7_9.1.5_passes.xml").read_text()
            self.assertIn("<received", executed)
            self.assertIn("<c-echo-rq", executed)
            self.assertTrue((folder / "report" / "pcap" / "ps3.7_9.1.5_passes.pcapng").stat().st_size > 200)
        self.assertLess(time.monotonic() - begun, 60)
        left = [path for path in pathlib.Path("/proc").glob("[0-9]*/cmdline") if self.is_child(path, str(folder))]
        self.assertEqual(left, [], "children are left running")

    @staticmethod
    def is_child(path, folder):
        try:
            return folder.encode() in path.read_bytes()
        except OSError:
            return False

    def test_what_was_executed_is_a_scenario_that_runs(self):
        body = """
            @case("echo")
            def echo(case):
                association = case.associate("Verification")
                association.echo(message_id=7)
                association.release()
            """
        with archive() as target, scripts(echo=body) as folder:
            run(folder, target)
            executed = folder / "report" / "executed" / "ps3.7_9.1.5_echo.xml"
            code, said, complained = assay("run", executed, "--target", target)
            self.assertEqual(code, 0, said + complained + executed.read_text())

    def test_mistakes_of_declarations_are_found_before_anything_is_sent(self):
        good = "\n@case('fine')\ndef fine(case):\n    case.associate()\n"
        mistakes = {
            "syntax": ("\ndef broken(:\n", "invalid syntax"),
            "dies": ("\nraise RuntimeError('at once')\n", "RuntimeError: at once"),
            "exits": ("\nimport sys; sys.exit(3)\n", "SystemExit"),
            "bad_id": ("\n@case('UPPER CASE')\ndef f(case): pass\n", "id"),
            "bad_role": ("\n@case('x', role='judge')\ndef f(case): pass\n", "role"),
            "bad_level": ("\n@case('x', clause=('PS3.7', '9.1.5', 'must', 'D.'))\ndef f(case): pass\n", "level"),
            "no_title": ("\n@case('x', title='')\ndef f(case): pass\n", "title"),
            "unknown_word": ("\n@case('x', colour='red')\ndef f(case): pass\n", "colour"),
            "unknown_rule": ("\n@case('x', judge_findings=['ps3.8/none'])\ndef f(case): pass\n", "there is no rule"),
            "unknown_parameter": ("\n@case('x', title='${size}')\ndef f(case): pass\n", "parameter"),
            "twice": ("\n@case('x')\ndef f(case): pass\n@case('x')\ndef g(case): pass\n", "stands already"),
            "nothing": ("\nassay.scenario\n", "declares no scenario"),
        }
        for name, (text, complaint) in mistakes.items():
            with self.subTest(name), scripts(**{name: text, "good": good}) as folder:
                code, said, complained = assay("list", "--check", folder / f"{name}.py")
                self.assertEqual(code, 2, said + complained)
                self.assertRegex(complained, rf"{name}\.py:\d+:\d+: .*{complaint}")
                code, said, complained = assay("run", folder / f"{name}.py", "--target", "127.0.0.1:9")
                self.assertEqual(code, 2, said + complained)
        with scripts(good=good) as folder:
            self.assertEqual(assay("list", "--check", folder / "good.py")[:2], (0, "1 scenario: nothing wrong\n"))

    def test_a_script_that_hangs_when_it_is_read_is_ended(self):
        with scripts(stuck="\n@case('x')\ndef f(case): pass\nimport threading\nthreading.Event().wait()\n") as folder:
            code, _, complained = assay("list", "--check", folder / "stuck.py", limit=60)
        self.assertEqual(code, 2)
        self.assertIn("stopped after 30 s", complained)

    def test_rules_parameters_tags_and_refusals_are_as_in_xml(self):
        body = """
            @case("table", tags="one two", parameters=[{"name": "a", "size": 1}, {"name": "b", "size": 2}],
                  title="Of ${size}", requirements=["net:018"])
            def table(case, size):
                case.observe("size", size)
                case.associate()
            @case("full", tags="two", parameters={"x": ["1", "2"], "y": ["3", "4"]})
            def full(case, x, y):
                case.associate()
            @case("refused", needs=["sop-class:BasicColorPrintManagementMeta:scp"])
            def refused(case):
                case.associate("BasicColorPrintManagementMeta")
            @case("our-own-fault")
            def our_own_fault(case):
                case.associate(called_ae="ANY-SCP", max_length=4096, protocol_version=0)
            @case("on-purpose")
            def on_purpose(case):
                case.connect().raw(b"\\x09\\x00\\x00\\x00\\x00\\x00")
                case.check_health()
            """
        with archive() as target, scripts(more=body) as folder:
            code, cases, said = run(folder, target)
            self.assertEqual(cases["table/a"]["title"], "Of 1")
            self.assertEqual(cases["table/b"]["observations"], [{"name": "size", "value": "2"}])
            self.assertEqual(cases["table/a"]["requirements"], ["net:018"])
            self.assertEqual(sum(slug.startswith("full/") for slug in cases), 4)
            self.assertEqual(cases["refused"]["verdict"], "inconclusive", said)
            self.assertIn("no profile says", cases["refused"]["reason"])
            self.assertEqual(cases["our-own-fault"]["verdict"], "error", cases["our-own-fault"])
            self.assertIn("Assay itself broke a rule", cases["our-own-fault"]["reason"])
            self.assertEqual(cases["on-purpose"]["verdict"], "pass", cases["on-purpose"])
            for option, count in ((["--tag", "one"], 2), (["--skip-tag", "two"], 3), (["--only", "**/b"], 1)):
                code, cases, said = run(folder, target, *option)
                self.assertEqual(len(cases), count, said)
            shutil.rmtree(folder / "report")
            listed = assay("list", folder)[1]
            self.assertIn("ps3.7/9.1.5/table/a\n      Of 1", listed)
            expected = folder / "expected.txt"
            run(folder, target, "--only", "**/our-own-fault", "--write-expected", expected)
            self.assertTrue(expected.exists())


if __name__ == "__main__":
    unittest.main()
