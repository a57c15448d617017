#!/usr/bin/env python3
"""How much of the data layer the seeds of its fuzz targets reach by themselves: builds the targets with clang's source
coverage (build/coverage), replays every seed once, prints lines per file, and fails below the bound.

    fuzz/seed_coverage.py [--bound 95] [--missing FILE]     --missing lists the lines of one source that no seed reaches
"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
BUILD = ROOT / "build/coverage"
LAYER = ("harness/dataset/", "harness/dict/")


def run(*command, **options):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, **options)
    if done.returncode:
        sys.exit(f"{command[0]} failed ({done.returncode}):\n{(done.stdout + done.stderr)[-4000:]}")
    return done.stdout


def targets():
    """Fuzz targets that use the data layer and nothing above it."""
    layer = ("harness/base/", "harness/dict/", "harness/dataset/")

    def included(source):
        """What a file includes, and what the headers of the targets include for it."""
        names = set(re.findall(r'^#include "([^"]+)"', source.read_text(encoding="utf-8"), re.MULTILINE))
        return names.union(*(included(ROOT / name) for name in names if name.startswith("fuzz/")))

    return [source.stem for source in sorted((ROOT / "fuzz/targets").glob("fuzz_*.cpp"))
            if all(name.startswith((*layer, "fuzz/")) for name in included(source))]


def build(names):
    run("cmake", "-S", ROOT, "-B", BUILD, "-G", "Ninja", "-DCMAKE_CXX_COMPILER=clang++-19", "-DCMAKE_BUILD_TYPE=Debug",
        "-DCMAKE_CXX_FLAGS_DEBUG=-O0 -g1 -fprofile-instr-generate -fcoverage-mapping", "-DASSAY_UNIT_TESTS=OFF",
        "-DASSAY_ROOMS=base;dict;dataset")
    run("ninja", "-C", BUILD, *names)


def replay(names):
    profiles = BUILD / "profiles"
    profiles.mkdir(exist_ok=True)
    for old in profiles.iterdir():
        old.unlink()
    for name in names:
        seeds = sorted((ROOT / "fuzz/seeds" / name).glob("*"))
        if not seeds:
            sys.exit(f"{name} has no seed in fuzz/seeds/{name}")
        run(BUILD / "fuzz" / name, *seeds, env=dict(os.environ, LLVM_PROFILE_FILE=str(profiles / f"{name}.profraw")))
    merged = BUILD / "seeds.profdata"
    run("llvm-profdata-19", "merge", "-sparse", *sorted(profiles.glob("*.profraw")), "-o", merged)
    return merged


def cov(what, names, merged, *more):
    objects = [BUILD / "fuzz" / name for name in names]
    return run("llvm-cov-19", what, objects[0], *(f"-object={o}" for o in objects[1:]), f"-instr-profile={merged}", *more)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bound", type=float, default=95, help="per cent of lines that must be reached")
    parser.add_argument("--missing", metavar="FILE", help="a source, as harness/dataset/decode.cpp")
    parser.add_argument("--keep-build", action="store_true", help="take the targets that are built already")
    arguments = parser.parse_args()
    names = targets()
    if not arguments.keep_build:
        build(names)
    merged = replay(names)
    if arguments.missing:
        for line in cov("show", names, merged, str(ROOT / arguments.missing)).splitlines():
            fields = line.split("|", 2)
            if len(fields) == 3 and fields[1].strip() == "0":
                print(line)
        return 0
    report = json.loads(cov("export", names, merged, "-summary-only"))
    total = reached = 0
    for entry in sorted(report["data"][0]["files"], key=lambda e: e["filename"]):
        name = pathlib.Path(entry["filename"])
        name = name.relative_to(ROOT).as_posix() if name.is_relative_to(ROOT) else entry["filename"]
        if not name.startswith(LAYER):
            continue
        lines = entry["summary"]["lines"]
        total += lines["count"]
        reached += lines["covered"]
        print(f"{name:<48}{lines['covered']:>6} of {lines['count']:>5}  {lines['percent']:6.2f} %")
    if not total:
        sys.exit("no source of the data layer was measured")
    share = 100 * reached / total
    print(f"{'the layer, by the seeds of ' + str(len(names)) + ' targets':<48}{reached:>6} of {total:>5}  {share:6.2f} %"
          f"  (bound {arguments.bound:g} %)")
    return 0 if share >= arguments.bound else 1


if __name__ == "__main__":
    sys.exit(main())
