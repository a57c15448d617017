#!/usr/bin/env python3
"""junit_counts.py REPORT: prints "passed failed skipped" of a CTest JUnit report.

A test that could not be started (its program is missing) counts as failed; one that says itself that it does not
apply here counts as skipped."""
import sys
import xml.etree.ElementTree as ElementTree


def counts(text: str) -> tuple[int, int, int]:
    passed = failed = skipped = 0
    for case in ElementTree.fromstring(text).iter("testcase"):
        status = case.get("status")
        if status == "run":
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
    return 0 if counts(report) == (1, 2, 2) else 1


if __name__ == "__main__":
    if sys.argv[1:] == ["--self-test"]:
        sys.exit(self_test())
    try:
        with open(sys.argv[1], encoding="utf-8") as report_file:
            print(*counts(report_file.read()))
    except (OSError, ElementTree.ParseError) as problem:
        sys.exit(f"{sys.argv[1]}: {problem}")
