#!/usr/bin/env python3
"""No note of unfinished work and no path of somebody's machine is left in any text of the project."""
import pathlib
import re

import lint

# Put together from parts, so that this file does not complain about itself.
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|X" r"XX)\b")
MACHINE = re.compile(r"(?<![\w.$}-])/(work|root|farm)(?=/)|(?<![\w.$}-])/home/[a-z]|(?<!\w)\.\./sha" r"red\b")


def check(root: pathlib.Path) -> list[str]:
    complaints = []
    for path in lint.files(root):
        if b"\0" in path.read_bytes()[:8192]:
            continue  # binary test data
        name = path.relative_to(root)
        for number, line in lint.lines(path):
            if word := UNFINISHED.search(line):
                complaints.append(f"{name}:{number}: {word[0]}: finish it or file an issue")
            if word := MACHINE.search(line):
                complaints.append(f"{name}:{number}: {word[0]} is a path of one machine")
    return complaints


if __name__ == "__main__":
    lint.main(
        check,
        broken=[
            ({"harness/a.cpp": "int x;  // TO" "DO: more\n"}, "a.cpp:1"),
            ({"README.md": "\nFIX" "ME\n"}, "README.md:2"),
            ({"peers/a.cpp": 'auto p = "/wo' 'rk/main";\n'}, "path of one machine"),
            ({"tests/a.py": "open('/ro" "ot/x')\n"}, "path of one machine"),
            ({"tests/a.py": "# see ../sha" "red/x\n"}, "path of one machine"),
        ],
        sound=[{"README.md": "net/work/x ${root}/work/x a to-do list, todos, /usr/bin/x, build/work/x\n"}],
    )
