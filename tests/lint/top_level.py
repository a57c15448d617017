#!/usr/bin/env python3
"""At the top stand the names below, dotfiles and the build folder; nothing else grows there."""
import pathlib

import lint

ALLOWED = set(
    "CMakeLists.txt CMakePresets.json README.md LICENSE assay harness peers scenarios fuzz conformance reports tests build".split()
)


def check(root: pathlib.Path) -> list[str]:
    return [
        f"{path.name} does not belong at the top level"
        for path in sorted(root.iterdir())
        if path.name not in ALLOWED and not path.name.startswith((".", "assay-report"))
    ]


if __name__ == "__main__":
    lint.main(
        check,
        broken=[({"notes.txt": "\n"}, "notes.txt"), ({"src/a.cpp": "\n", "harness/b.cpp": "\n"}, "src does not belong")],
        sound=[{"README.md": "\n", "harness/a.cpp": "\n", "build/x": "\n", ".clang-format": "\n", "assay-report-1/x": "\n"}],
    )
