#!/usr/bin/env python3
"""Where a comment or a README names a file of the project (tests/unit/pdu/framer_test.cpp), the file is there."""
import pathlib
import re

import lint

NAMED = re.compile(r"(?<![\w/.$-])(?:tests|harness|peers|fuzz|conformance|reports)/[\w/-]+\.(?:cpp|hpp|py|tsv|inc|md|xsd)\b(?![\w*])")
COMMENT = re.compile(r"//.*")


def check(root: pathlib.Path) -> list[str]:
    complaints = []
    for path in lint.files(root, ".cpp", ".hpp", ".md"):
        for number, text in lint.lines(path):
            said = text if path.suffix == ".md" else "".join(COMMENT.findall(text))
            complaints += [
                f"{path.relative_to(root)}:{number}: there is no {name}"
                for name in NAMED.findall(said)
                if not (root / name).is_file()
            ]
    return complaints


if __name__ == "__main__":
    there = {"tests/unit/a_test.cpp": "", "harness/b.hpp": "// Tests: tests/unit/a_test.cpp, fuzz target fuzz_b\n"}
    lint.main(
        check,
        broken=[
            ({"harness/b.hpp": "// Tests: tests/unit/a_test.cpp\n"}, "harness/b.hpp:1: there is no tests/unit/a_test.cpp"),
            ({"README.md": "see harness/c.cpp\n"}, "README.md:1: there is no harness/c.cpp"),
        ],
        sound=[there, {"harness/b.hpp": '#include "harness/c.hpp"\n// tests/unit/*_test.cpp\n'}],
    )
