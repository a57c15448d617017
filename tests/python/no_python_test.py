#!/usr/bin/python3
"""Without Python everything else works, and one line says how many scripts were left out, and why."""
import json
import pathlib
import unittest

from support import ROOT, archive, assay, scripts

WITHOUT = {"ASSAY_PYTHON": "/nonexistent/python3"}
SCRIPT = "\n@case('from-a-script')\ndef f(case):\n    case.associate()\n"
XML = ROOT / "scenarios" / "verification" / "scp_under_test.xml"
SAID = "1 script is left out: there is no Python at /nonexistent/python3 (ASSAY_PYTHON names another)"


class WithoutPython(unittest.TestCase):
    def test_the_rest_runs_and_the_line_is_said(self):
        with archive() as target, scripts(one=SCRIPT) as folder:
            (folder / "one.xml").write_text(XML.read_text())
            code, said, complained = assay("run", folder, "--target", target, "--only", "**/echo-once", env=WITHOUT)
            self.assertEqual(code, 0, said + complained)
            self.assertEqual(said.count(SAID), 1, said)
            self.assertEqual(complained, "")
            code, said, _ = assay("list", folder, env=WITHOUT)
            self.assertEqual(code, 0)
            self.assertIn(SAID, said)
            self.assertNotIn("from-a-script", said)
            code, said, complained = assay("list", folder, "--json", env=WITHOUT)
            self.assertTrue(json.loads(said))
            self.assertIn(SAID, complained)

    def test_a_script_that_is_named_is_a_mistake(self):
        with scripts(one=SCRIPT) as folder:
            for arguments in (["list", "--check", folder / "one.py"], ["list", folder / "one.py"],
                              ["run", folder / "one.py", "--target", "127.0.0.1:9"]):
                code, _, complained = assay(*arguments, env=WITHOUT)
                self.assertEqual(code, 2)
                self.assertIn("this is a script, and there is no Python at /nonexistent/python3", complained)

    def test_known_deviations_of_left_out_scripts_are_not_stale(self):
        with archive() as target, scripts() as folder:
            (folder / "one.py").write_text('import assay\n@assay.scenario(id="ps3.7/9.1.5/from-a-script", role="requestor")\n'
                                           'def f(case): pass\n')
            (folder / "one.xml").write_text(XML.read_text())
            known = folder / "known.txt"
            known.write_text('fail  ps3.7/9.1.5/from-a-script/row  "anything"  # known\n')
            arguments = ["run", folder, "--target", target, "--only", "**/echo-once", "--expected", known]
            self.assertEqual(assay(*arguments, env=WITHOUT)[0], 0, assay(*arguments, env=WITHOUT))

    def test_the_catalogue_lists_without_scripts(self):
        code, said, _ = assay("list", env=WITHOUT)
        self.assertEqual(code, 0)
        count = len([path for path in pathlib.Path(ROOT / "scenarios").glob("**/*.py")
                     if "@assay.scenario" in path.read_text()])
        self.assertIn(f"{count} scripts are left out", said)


if __name__ == "__main__":
    unittest.main()
