#!/usr/bin/env python3
"""fuzz/cve/rows.tsv: every known fault has a mutator that exists and a seed that lies in fuzz/seeds; every seed of that
kind stands in the table."""
import pathlib
import re

import lint

TABLE = "fuzz/cve/rows.tsv"
COLUMNS = ["ids", "product", "fault", "operators", "mutators", "seeds"]
OPERATORS = {"LEN", "TRUNC", "DUP", "CNT", "NEST", "VR", "STR", "UNDEF", "FRAG", "FSM", "LOOP", "REF"}


def check(root: pathlib.Path) -> list[str]:
    table = root / TABLE
    if not table.is_file():
        return [f"{TABLE} is missing"]
    mutators = set()
    for path in lint.files(root, ".cpp", below="fuzz/mutators"):
        mutators.update(re.findall(r'Mutator\{"([^"]+)"', path.read_text(encoding="utf-8")))
    seeds = {path.name.removeprefix("cve-") for path in (root / "fuzz" / "seeds").glob("*/cve-*")}
    complaints = []
    named: set[str] = set()
    rows = [(number, text.split("\t")) for number, text in lint.lines(table) if not text.startswith("#")]
    if not rows or rows[0][1] != COLUMNS:
        return [f"{TABLE}: expected the columns {' '.join(COLUMNS)}"]
    for number, cells in rows[1:]:
        where = f"{TABLE}:{number}: "
        if len(cells) != len(COLUMNS) or not all(cells):
            complaints.append(f"{where}a cell is missing or empty")
            continue
        row = dict(zip(COLUMNS, cells))
        complaints += [f"{where}no operator is called {one}" for one in row["operators"].split() if one not in OPERATORS]
        complaints += [f"{where}no mutator is called {one}" for one in row["mutators"].split() if one not in mutators]
        complaints += [f"{where}there is no seed cve-{one}" for one in row["seeds"].split() if one not in seeds]
        named.update(row["seeds"].split())
    return complaints + [f"{TABLE}: the seed cve-{one} is in no row" for one in sorted(seeds - named)]


def tree(row: str, seed: str = "cve-1-len") -> lint.Tree:
    head = "\t".join(COLUMNS)
    return {TABLE: f"{head}\n{row}\n", "fuzz/mutators/a.cpp": 'Mutator{"cut", 1, cut}', f"fuzz/seeds/fuzz_x/{seed}": "x"}


if __name__ == "__main__":
    lint.main(
        check,
        broken=[
            ({}, "is missing"),
            (tree("1\tp\tf\tLEN\tnone\t1-len"), "no mutator is called none"),
            (tree("1\tp\tf\tLONG\tcut\t1-len"), "no operator is called LONG"),
            (tree("1\tp\tf\tLEN\tcut\t2-len"), "there is no seed cve-2-len"),
            (tree("1\tp\tf\tLEN\tcut\t1-len", seed="cve-2-len"), "the seed cve-2-len is in no row"),
            (tree("1\tp\tf\tLEN\t\t1-len"), "missing or empty"),
        ],
        sound=[tree("1\tp\tf\tLEN\tcut\t1-len")],
    )
