#!/usr/bin/env python3
"""Every C++ source is formatted as clang-format-19 and .clang-format want it."""
import os
import pathlib
import subprocess

import lint


def check(root: pathlib.Path) -> list[str]:
    sources = [str(path) for path in lint.files(root, *lint.SOURCES)]
    style = pathlib.Path(__file__).resolve().parents[2] / ".clang-format"
    command = ["xargs", "-0", "-P", str(os.cpu_count()), "-n", "20", "clang-format-19", "--dry-run", "-Werror"]
    run = subprocess.run(
        [*command, f"--style=file:{style}"], input="\0".join(sources), capture_output=True, text=True, check=False
    )
    first: dict[str, str] = {}  # one complaint per file: the cure is the same for all
    for line in run.stderr.splitlines():
        if ": error: " in line:
            name, number = line.split(":")[:2]
            first.setdefault(name, f"{pathlib.Path(name).relative_to(root)}:{number}: run clang-format-19 -i on this file")
    complaints = sorted(first.values())
    if run.returncode and not complaints:
        complaints = run.stderr.splitlines() or ["clang-format-19 failed"]
    return complaints


if __name__ == "__main__":
    lint.main(
        check,
        broken=[({"harness/base/a.cpp": "int  f( ){return 1;}\n"}, "a.cpp:1")],
        sound=[{"harness/base/a.cpp": "int f() { return 1; }\n"}],
    )
