#!/usr/bin/env python3
"""Builds the fuzz targets of the planted parser (planted_file) and server (planted_wire), plain or with one bug switched
on. Needs clang 19 with libFuzzer, and zlib. Only the source that holds the switch is compiled again for a bug; the rest is
compiled once. What is up to date stays.

    tests/planted/build.py                       both targets without any bug: build/planted/plain-file, plain-wire
    tests/planted/build.py 07 42 75              one target for each bug: build/planted/bug-07 ...
    tests/planted/build.py all -j 2              all of bugs.tsv
    tests/planted/build.py 42 --mutators libassay_mutators.a        build/planted/bug-42-mutators, linked with a library
                                                 that defines LLVMFuzzerCustomMutator
"""
import argparse
import concurrent.futures
import csv
import pathlib
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
OUT = ROOT / "build/planted"
COMPILER = "clang++-19"
CACHE = ["ccache"] if shutil.which("ccache") else []
FLAGS = ["-std=c++23", "-O1", "-g1", "-Wall", "-Wextra", "-fno-omit-frame-pointer", "-fsanitize=address,undefined",
         "-fno-sanitize-recover=all", f"-I{HERE}"]
SOURCES = {
    "file": ["planted_file", "suppressions", "file", "dataset", "text", "pixels", "frames", "tables", "dicomdir"],
    "wire": ["planted_wire", "suppressions", "server", "associate", "pdata", "command", "services", "dataset", "text"],
}


def bugs():
    """The rows of bugs.tsv, in order: number, name, class, real, where, clause, needs, difficulty, report, witness."""
    with open(HERE / "bugs.tsv", encoding="utf-8", newline="") as table:
        return list(csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE))


def holder(number):
    """The source with the switch of a bug; a bug has one."""
    switch = re.compile(rf"\bPLANT\({number}\)")
    found = [path.stem for path in sorted(HERE.glob("*.cpp")) if switch.search(path.read_text(encoding="utf-8"))]
    if len(found) != 1:
        raise SystemExit(f"bug {number} has its switch in {found or 'no source'}; it must be in one")
    return found[0]


def older(product, *inputs):
    return not product.exists() or any(path.stat().st_mtime > product.stat().st_mtime for path in inputs)


def run(command):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")


def compiled(source, out, number=None):
    """The object of a source, with the switch of a bug or without."""
    path = HERE / f"{source}.cpp"
    product = out / (f"{source}.o" if number is None else f"{source}-{number}.o")
    if older(product, path, *HERE.glob("*.hpp"), pathlib.Path(__file__)):
        # Where the fuzzer begins there is nothing to learn for it.
        instrumented = [] if source in ("planted_file", "planted_wire", "suppressions") else ["-fsanitize=fuzzer-no-link"]
        switch = [] if number is None else [f"-DPLANT_{number}"]
        run([*CACHE, COMPILER, *FLAGS, *instrumented, *switch, "-c", path, "-o", product])
    return product


def target(entry, out=OUT, number=None, mutators=None):
    """The fuzz target of an entry point, `file` or `wire`, with a bug or without; `mutators`: more for the linker."""
    out.mkdir(parents=True, exist_ok=True)
    changed = None if number is None else holder(number)
    objects = [compiled(source, out, number if source == changed else None) for source in SOURCES[entry]]
    name = f"plain-{entry}" if number is None else f"bug-{number}"
    libraries = mutators or []
    product = out / (name + "-mutators" if libraries else name)
    files = [pathlib.Path(library) for library in libraries if not library.startswith("-")]
    if older(product, *objects, *files):
        run([COMPILER, "-fsanitize=fuzzer,address,undefined", "-fuse-ld=lld", *objects, *libraries, "-lz", "-o", product])
    return product


def many(rows, out=OUT, mutators=None, jobs=1):
    """The targets of these bugs by number, and the plain ones under `file` and `wire`."""
    made = {entry: target(entry, out, mutators=mutators) for entry in SOURCES}
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        products = pool.map(lambda row: target(row["needs"], out, row["number"], mutators), rows)
        made.update(zip([row["number"] for row in rows], products))
    return made


def chosen(numbers):
    """Rows of bugs.tsv by number, all of them for `all`."""
    rows = bugs()
    if "all" in numbers:
        return rows
    unknown = set(numbers) - {row["number"] for row in rows}
    if unknown:
        raise SystemExit(f"no such bug: {' '.join(sorted(unknown))}; see bugs.tsv")
    return [row for row in rows if row["number"] in numbers]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bugs", nargs="*", help="numbers of bugs.tsv with two digits, or all")
    parser.add_argument("--out", type=pathlib.Path, default=OUT, help="folder of the products (default build/planted)")
    parser.add_argument("--mutators", action="append",
                        help="object, library or linker flag to link with as well; may come more than once")
    parser.add_argument("-j", "--jobs", type=int, default=2, help="compilers at once (default 2)")
    options = parser.parse_args()
    for product in many(chosen(options.bugs), options.out, options.mutators, options.jobs).values():
        print(product)


if __name__ == "__main__":
    sys.exit(main())
