#!/usr/bin/python3
"""scenarios/scenario.xsd and conformance/profile.xsd, held against every file they describe by xmllint; mutated files
must be refused. The same mutations are refused by the loader: tests/unit/scenario/loader_test.cpp.

Usage: scenario_xsd_test.py [project folder]; with --self-test only the mutations are tried.
"""
import pathlib
import re
import subprocess
import sys
import tempfile

SELF_TEST = "--self-test" in sys.argv[1:]
FOLDERS = [argument for argument in sys.argv[1:] if not argument.startswith("--")]
ROOT = pathlib.Path(FOLDERS[0] if FOLDERS else pathlib.Path(__file__).resolve().parents[2])
SCENARIO_XSD = ROOT / "scenarios" / "scenario.xsd"
PROFILE_XSD = ROOT / "conformance" / "profile.xsd"


def xmllint(schema, *files):
    done = subprocess.run(["xmllint", "--noout", "--nonet", "--schema", str(schema), *map(str, files)],
                          capture_output=True, text=True)
    return done.returncode == 0, done.stderr


# What to change in a right file, each by itself: name, pattern, replacement.
SCENARIO_MUTATIONS = [
    ("an unknown step", r"<close", "<cloze"),
    ("an unknown element", r"</title>", "</title><colour/>"),
    ("an unknown attribute", r"<scenario ", '<scenario colour="red" '),
    ("a role that is none", r'role="[a-z]+"', 'role="listener"'),
    ("a level that is none", r'level="[a-z]+"', 'level="must"'),
    ("no role", r' role="[a-z]+"', ""),
    ("an id that is no address", r' id="[^"]+"', ' id="test"'),
    ("an empty title", r"<title>[^<]*</title>", "<title> </title>"),
    ("text between steps", r"</title>", "</title>text"),
]
PROFILE_MUTATIONS = [
    ("an unknown element", r"<ae ", "<aet/><ae "),
    ("an unknown attribute", r"<profile ", '<profile colour="red" '),
    ("a role that is neither yes nor no", r'scp="yes"', 'scp="perhaps"'),
    ("no title", r' title="[^"]*"', ""),
]


def mutations_refused(schema, source, mutations):
    failures = []
    text = source.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        mutated = pathlib.Path(folder) / "mutated.xml"
        for name, pattern, replacement in mutations:
            changed, count = re.subn(pattern, replacement, text, count=1)
            if count == 0:
                failures.append(f"{source}: nothing to mutate for {name}")
                continue
            mutated.write_text(changed, encoding="utf-8")
            accepted, _ = xmllint(schema, mutated)
            if accepted:
                failures.append(f"{schema.name} takes {name} (made from {source})")
    return failures


def main():
    failures = []
    scenarios = sorted(ROOT.glob("scenarios/**/*.xml"))
    profiles = sorted(ROOT.glob("conformance/profiles/**/*.xml"))
    for schema, files in () if SELF_TEST else ((SCENARIO_XSD, scenarios), (PROFILE_XSD, profiles)):
        if not files:
            failures.append(f"no file to hold against {schema.name}")
            continue
        valid, said = xmllint(schema, *files)
        if not valid:
            failures += [line for line in said.splitlines() if not line.endswith(" validates")]
    with tempfile.TemporaryDirectory() as folder:
        example = pathlib.Path(folder) / "example.xml"
        example.write_text(
            '<scenario id="ps3.8/9.3.4/example" role="requestor"><title>T</title>'
            '<clause part="PS3.8" section="9.3.4" level="shall">D</clause><advice>A</advice>'
            '<send><a-release-rq/></send><expect within="2s"><a-abort source="0|2"/></expect><close/></scenario>',
            encoding="utf-8")
        valid, said = xmllint(SCENARIO_XSD, example)
        if not valid:
            failures.append(said)
        failures += mutations_refused(SCENARIO_XSD, example, SCENARIO_MUTATIONS)
    for profile in profiles[:1]:
        failures += mutations_refused(PROFILE_XSD, profile, PROFILE_MUTATIONS)
    for failure in failures:
        print(failure)
    print(f"{len(scenarios)} scenario files, {len(profiles)} profiles, "
          f"{len(SCENARIO_MUTATIONS) + len(PROFILE_MUTATIONS)} mutations: {'FAILED' if failures else 'ok'}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
