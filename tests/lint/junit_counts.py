#!/usr/bin/env python3
"""junit_counts.py REPORT [FOLDER]: prints "passed failed skipped" of a CTest JUnit report.

A test that could not be started (its program is missing) counts as failed; one that says itself that it does not
apply here counts as skipped. A test that left a GoogleTest report FOLDER/NAME.xml counts as the tests in there; if it
failed without a failure in that report (a leak, a crash at the end, or no report at all), that is one failure more."""
import pathlib
import sys
import tempfile
import xml.etree.ElementTree as ElementTree


def inner_counts(report: pathlib.Path) -> tuple[int, int, int]:
    passed = failed = skipped = 0
    for case in ElementTree.parse(report).getroot().iter("testcase"):
        if case.find("failure") is not None:
            failed += 1
        elif case.get("status") == "notrun" or case.get("result") in ("skipped", "suppressed"):
            skipped += 1
        else:
            passed += 1
    return passed, failed, skipped


def counts(text: str, folder: pathlib.Path | None = None) -> tuple[int, int, int]:
    passed = failed = skipped = 0
    for case in ElementTree.fromstring(text).iter("testcase"):
        status = case.get("status")
        report = folder / (case.get("name", "") + ".xml") if folder else None
        if report and report.is_file():
            try:
                inner = inner_counts(report)
            except ElementTree.ParseError:
                inner = (0, 0, 0)
            if status != "run" and inner[1] == 0:
                inner = (inner[0], 1, inner[2])
            if status == "run" and inner[0] + inner[2] == 0:
                inner = (0, inner[1] + 1, 0)  # it ran nothing: that is not a success
            passed, failed, skipped = (a + b for a, b in zip((passed, failed, skipped), inner))
        elif status == "run":
            passed += 1
        elif status == "disabled":
            skipped += 1
        elif status == "notrun" and any(s.get("message", "").startswith("SKIP_") for s in case.iter("skipped")):
            skipped += 1
        else:
            failed += 1
    return passed, failed, skipped


def self_test() -> int:
    report = """<testsuite>
      <testcase name="a" status="run"/><testcase name="b" status="fail"/><testcase name="c" status="disabled"/>
      <testcase name="d" status="notrun"><skipped message="SKIP_RETURN_CODE=77"/></testcase>
      <testcase name="e" status="notrun"><skipped message="Unable to find executable: e"/></testcase></testsuite>"""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        good = '<testcase name="x" status="run" result="completed"/>'
        bad = '<testcase name="y" status="run" result="completed"><failure message="no"/></testcase>'
        off = '<testcase name="z" status="notrun" result="suppressed"/>'
        (folder / "a.xml").write_text(f"<testsuites><testsuite>{good}{good}{off}</testsuite></testsuites>")
        (folder / "b.xml").write_text(f"<testsuites><testsuite>{good}{bad}</testsuite></testsuites>")
        inside = counts(report, folder)
        (folder / "b.xml").write_text(f"<testsuites><testsuite>{good}</testsuite></testsuites>")
        at_the_end = counts(report, folder)
        (folder / "b.xml").write_text("<testsuites><tests")
        cut_off = counts(report, folder)
        (folder / "a.xml").write_text("<testsuites/>")
        nothing = counts(report, folder)
    wanted = [(1, 2, 2), (3, 2, 3), (3, 2, 3), (2, 2, 3), (0, 3, 2)]
    return 0 if [counts(report), inside, at_the_end, cut_off, nothing] == wanted else 1


if __name__ == "__main__":
    if sys.argv[1:] == ["--self-test"]:
        sys.exit(self_test())
    try:
        with open(sys.argv[1], encoding="utf-8") as report_file:
            print(*counts(report_file.read(), pathlib.Path(sys.argv[2]) if len(sys.argv) > 2 else None))
    except (OSError, ElementTree.ParseError) as problem:
        sys.exit(f"{sys.argv[1]}: {problem}")
