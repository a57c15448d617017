#!/usr/bin/env python3
"""How much of a layer the seeds of its fuzz targets reach by themselves: builds the targets with clang's source
coverage (build/coverage), replays every seed once, prints lines per file, and fails below the bound.

    fuzz/seed_coverage.py [--layer data] [--bound 95] [--missing FILE] [--corpus DIR]

The layer `data` is harness/dataset and harness/dict by the targets that use nothing above them; `protocol` is
harness/{pdu,dul,dimse,dataset,session} by all targets up to the services. --missing lists the lines of one source that
no seed reaches; --functions the functions of the layer that none enters; --corpus DIR replays what lies in DIR/TARGET
too, as build/fuzz-corpus.
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
DATA_ROOMS = ("base", "dict", "dataset")
PROTOCOL_ROOMS = (*DATA_ROOMS, "pdu", "dul", "dimse", "session", "trace", "observe", "service")
LAYERS = {"data": (("harness/dataset/", "harness/dict/"), DATA_ROOMS),
          "protocol": (tuple(f"harness/{room}/" for room in ("pdu", "dul", "dimse", "dataset", "session")), PROTOCOL_ROOMS)}


def run(*command, **options):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, check=False, **options)
    if done.returncode:
        sys.exit(f"{command[0]} failed ({done.returncode}):\n{(done.stdout + done.stderr)[-4000:]}")
    return done.stdout


def targets(rooms):
    """Fuzz targets that use these rooms and nothing above them."""
    layer = tuple(f"harness/{room}/" for room in rooms)

    def included(source):
        """What a file includes, and what the headers of the targets include for it."""
        names = set(re.findall(r'^#include "([^"]+)"', source.read_text(encoding="utf-8"), re.MULTILINE))
        return names.union(*(included(ROOT / name) for name in names if name.startswith("fuzz/")))

    return [source.stem for source in sorted((ROOT / "fuzz/targets").glob("fuzz_*.cpp"))
            if source.stem != "fuzz_mutators" and all(name.startswith((*layer, "fuzz/targets/", "fuzz/mutators/")) for name in included(source))]


def build(names, rooms):
    run("cmake", "-S", ROOT, "-B", BUILD, "-G", "Ninja", "-DCMAKE_CXX_COMPILER=clang++-19", "-DCMAKE_BUILD_TYPE=Debug",
        "-DCMAKE_CXX_FLAGS_DEBUG=-O0 -g1 -fprofile-instr-generate -fcoverage-mapping", "-DASSAY_UNIT_TESTS=OFF",
        f"-DASSAY_ROOMS={';'.join((*rooms, 'mutators'))}")
    run("ninja", "-C", BUILD, *names)


def replay(names, corpus):
    profiles = BUILD / "profiles"
    profiles.mkdir(exist_ok=True)
    for old in profiles.iterdir():
        old.unlink()
    for name in names:
        seeds = sorted((ROOT / "fuzz/seeds" / name).glob("*"))
        if not seeds:
            sys.exit(f"{name} has no seed in fuzz/seeds/{name}")
        if corpus:
            seeds += sorted(path for path in (pathlib.Path(corpus) / name).glob("*") if path.is_file())
        run(BUILD / "fuzz" / name, *seeds, env=dict(os.environ, LLVM_PROFILE_FILE=str(profiles / f"{name}.profraw")))
    merged = BUILD / "seeds.profdata"
    run("llvm-profdata-19", "merge", "-sparse", *sorted(profiles.glob("*.profraw")), "-o", merged)
    return merged


def cov(what, names, merged, *more):
    objects = [BUILD / "fuzz" / name for name in names]
    return run("llvm-cov-19", what, objects[0], *(f"-object={o}" for o in objects[1:]), f"-instr-profile={merged}", *more)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--layer", choices=LAYERS, default="data")
    parser.add_argument("--corpus", metavar="DIR", help="a folder of folders named as the targets")
    parser.add_argument("--functions", action="store_true", help="list what no seed enters")
    parser.add_argument("--bound", type=float, default=95, help="per cent of lines that must be reached")
    parser.add_argument("--missing", metavar="FILE", help="a source, as harness/dataset/decode.cpp")
    parser.add_argument("--keep-build", action="store_true", help="take the targets that are built already")
    arguments = parser.parse_args()
    layer, rooms = LAYERS[arguments.layer]
    names = targets(rooms)
    if not arguments.keep_build:
        build(names, rooms)
    merged = replay(names, arguments.corpus)
    if arguments.functions:
        for function in json.loads(cov("export", names, merged))["data"][0]["functions"]:
            source = pathlib.Path(function["filenames"][0])
            if function["count"] == 0 and source.is_relative_to(ROOT) and source.relative_to(ROOT).as_posix().startswith(layer):
                print(f"{source.relative_to(ROOT)}  {function['name']}")
        return 0
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
        if not name.startswith(layer):
            continue
        lines = entry["summary"]["lines"]
        total += lines["count"]
        reached += lines["covered"]
        print(f"{name:<48}{lines['covered']:>6} of {lines['count']:>5}  {lines['percent']:6.2f} %")
    if not total:
        sys.exit("no source of the layer was measured")
    share = 100 * reached / total
    print(f"{'the layer, by the seeds of ' + str(len(names)) + ' targets':<48}{reached:>6} of {total:>5}  {share:6.2f} %"
          f"  (bound {arguments.bound:g} %)")
    return 0 if share >= arguments.bound else 1


if __name__ == "__main__":
    sys.exit(main())
