#!/usr/bin/env python3
"""The stage table of harness/README.md: every room is in it, and every file and benchmark it names exists."""
import pathlib
import re

import lint

COLUMNS = ["folder", "input -> output", "clause", "fuzz target", "benchmark", "unit tests"]
NOTHING = "-"


def names_in(cell: str) -> list[str]:
    return re.findall(r"`([^`]+)`", cell)


def rows_of(readme: pathlib.Path) -> tuple[list[str], list[dict[str, str]]]:
    """Complaints about the shape of the table, and its rows."""
    table: list[list[str]] = []
    complaints = []
    for number, line in lint.lines(readme):
        if not line.startswith("|"):
            if table:
                break
            continue
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if table and len(cells) != len(COLUMNS):
            complaints.append(f"{readme.name}:{number}: {len(cells)} cells, expected {len(COLUMNS)}")
            continue
        if table or cells == COLUMNS:
            table.append(cells)
    if len(table) < 3:
        return [f"{readme.name}: no stage table with the columns {' | '.join(COLUMNS)}"], []
    return complaints, [dict(zip(COLUMNS, cells)) for cells in table[2:]]


def check(root: pathlib.Path) -> list[str]:
    readme = root / "harness/README.md"
    if not readme.exists():
        return ["harness/README.md is missing"]
    complaints, rows = rows_of(readme)
    if not rows:
        return complaints
    benchmarks = "".join(path.read_text(encoding="utf-8") for path in lint.files(root, ".cpp", below="tests/bench"))
    listed: set[str] = set()
    fuzzed: set[str] = set()
    for row in rows:
        folders = [name.rstrip("/") for name in names_in(row["folder"])]
        if not folders:
            complaints.append(f"a row names no folder: {row['folder']}")
            continue
        where = f"row {folders[0]}: "
        for folder in folders:
            listed.add(folder)
            if not (root / "harness" / folder).is_dir():
                complaints.append(f"{where}harness/{folder} does not exist")
        for column in COLUMNS[1:]:
            if not row[column]:
                complaints.append(f"{where}the cell '{column}' is empty; write {NOTHING} if there is none")
        for target in names_in(row["fuzz target"]):
            fuzzed.add(target)
            if not (root / f"fuzz/targets/{target}.cpp").is_file():
                complaints.append(f"{where}fuzz/targets/{target}.cpp does not exist")
        for benchmark in names_in(row["benchmark"]):
            if not re.search(rf'"{re.escape(benchmark)}["/]', benchmarks):
                complaints.append(f"{where}no benchmark in tests/bench is called {benchmark}")
        for tests in names_in(row["unit tests"]):
            if not any((root / tests).rglob("*.cpp")):
                complaints.append(f"{where}{tests} holds no test")
        own = root / "tests/unit" / folders[0]
        if own.is_dir() and f"tests/unit/{folders[0]}" not in [t.rstrip("/") for t in names_in(row["unit tests"])]:
            complaints.append(f"{where}tests/unit/{folders[0]} exists but is not named")
    for folder in sorted((root / "harness").iterdir()):
        if folder.is_dir() and folder.name not in listed and any(lint.files(folder)):
            complaints.append(f"harness/{folder.name} is missing in the stage table")
    for target in sorted((root / "fuzz/targets").glob("fuzz_*.cpp")):
        if target.stem not in fuzzed:
            complaints.append(f"fuzz target {target.stem} is missing in the stage table")
    return complaints


HEAD = "| " + " | ".join(COLUMNS) + " |\n|---|---|---|---|---|---|\n"
TREE = {
    "harness/pdu/a.cpp": "\n",
    "fuzz/targets/fuzz_pdu.cpp": "\n",
    "tests/bench/a.cpp": 'RegisterBenchmark("pdu/decode/16384", f);\n',
    "tests/unit/pdu/a.cpp": "\n",
}
ROW = "| `pdu/` | bytes -> PDU | PS3.8 9.3 | `fuzz_pdu` | `pdu/decode` | `tests/unit/pdu` |\n"

if __name__ == "__main__":
    lint.main(
        check,
        broken=[
            (TREE, "README.md is missing"),
            ({**TREE, "harness/README.md": "nothing\n"}, "no stage table"),
            ({**TREE, "harness/README.md": HEAD + ROW, "harness/dul/a.cpp": "\n"}, "harness/dul is missing"),
            ({**TREE, "harness/README.md": HEAD + ROW.replace("`pdu/`", "`pd/`")}, "harness/pd does not exist"),
            ({**TREE, "harness/README.md": HEAD + ROW.replace("fuzz_pdu", "fuzz_p")}, "fuzz/targets/fuzz_p.cpp"),
            ({**TREE, "harness/README.md": HEAD + ROW.replace("`fuzz_pdu`", "-")}, "fuzz target fuzz_pdu is missing"),
            ({**TREE, "harness/README.md": HEAD + ROW.replace("pdu/decode", "pdu/encode")}, "is called pdu/encode"),
            ({**TREE, "harness/README.md": HEAD + ROW.replace("unit/pdu", "unit/dul")}, "tests/unit/dul holds no test"),
            ({**TREE, "harness/README.md": HEAD + ROW.replace("`tests/unit/pdu`", "-")}, "exists but is not named"),
            ({**TREE, "harness/README.md": HEAD + ROW.replace("PS3.8 9.3", "")}, "is empty"),
            ({**TREE, "harness/README.md": HEAD + ROW + "| a | b |\n"}, "2 cells"),
        ],
        sound=[{**TREE, "harness/README.md": "# x\n\n" + HEAD + ROW}],
    )
