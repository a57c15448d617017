#!/usr/bin/env python3
"""How fast fuzzing finds the planted bugs. Each bug has a target of its own with that bug alone; each run starts from the
correct inputs (never from a witness), with a seed of its own, and ends with the first report or after so many CPU seconds.
Every run is one line of a table; what stands there is not run again, so a measurement that was killed goes on where it was.

    tests/planted/measure.py                                         all bugs, plain and dictionary, 5 seeds, 60 s
    tests/planted/measure.py --bugs 10 42 75 --seeds 10              three of them
    tests/planted/measure.py --modes plain --seeds 1 --seconds 10 --nice 19      a first look, out of the way of others
    tests/planted/measure.py --modes mutators --mutators any.o --mutators build/fuzz/libassay_mutators.a --decide
                                                 any.o: fuzz/custom_mutators/any.cpp; three seeds of five are enough
    tests/planted/measure.py --modes none --seeds 1 --mutators any.o --mutators build/fuzz/libassay_mutators.a
                                                 is there a fault in the correct parser that nobody planted?
    tests/planted/measure.py --table                                 what was measured so far; runs nothing

Modes: plain: libFuzzer alone. dictionary: with fuzz/dictionaries. mutators: with these and the library of --mutators, which
defines LLVMFuzzerCustomMutator. none: the targets without any bug, with dictionaries and what --mutators names: nothing may be
found there.
Exit code: 0; 1 if a target without bugs tripped."""
import argparse
import collections
import concurrent.futures
import math
import os
import pathlib
import re
import statistics
import sys
import tempfile
import threading

import build
import running
import witnesses

DICTIONARIES = {"file": ["dicomdir"], "wire": ["pdu", "dimse"]}
MODES = ["plain", "dictionary", "mutators", "none"]
COLUMNS = ["bug", "mode", "seed", "limit", "found", "seconds", "executions", "expected", "report"]
PLAIN = [{"number": f"plain-{entry}", "name": "no bug", "needs": entry, "difficulty": "none", "report": "nothing"}
         for entry in build.SOURCES]


class Table:
    """The file of runs: lines are appended as they end; a torn last line counts for nothing."""

    def __init__(self, path):
        self.path, self.lock = path, threading.Lock()
        self.runs = {}
        path.parent.mkdir(parents=True, exist_ok=True)
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True) if path.exists() else []
        sound = [line for line in lines if line.endswith("\n") and line.count("\t") == len(COLUMNS) - 1]
        if sound != lines or not lines:
            sound = sound or ["\t".join(COLUMNS) + "\n"]
            whole = path.with_suffix(".new")
            whole.write_text("".join(sound), encoding="utf-8")
            whole.replace(path)
        for line in sound[1:]:
            run = dict(zip(COLUMNS, line.rstrip("\n").split("\t")))
            self.runs[self.key(run)] = run

    @staticmethod
    def key(run):
        return run["bug"], run["mode"], int(run["seed"]), int(run["limit"])

    def add(self, run):
        with self.lock, self.path.open("a", encoding="utf-8") as out:
            out.write("\t".join(str(run[column]) for column in COLUMNS) + "\n")
            out.flush()
            os.fsync(out.fileno())
            self.runs[self.key(run)] = {column: str(run[column]) for column in COLUMNS}


def dictionary(entry, folder):
    path = folder / f"{entry}.dict"
    path.write_text("".join((build.ROOT / f"fuzz/dictionaries/{name}.dict").read_text() for name in DICTIONARIES[entry]))
    return path


def executions(output):
    """The last count that libFuzzer printed."""
    counts = [line.split()[0].strip("#") for line in output.splitlines() if line.startswith("#")]
    return next((count for count in reversed(counts) if count.isdigit()), "0")


def measured(row, target, mode, seed, options):
    """One run as a line of the table."""
    with tempfile.TemporaryDirectory(prefix="assay-planted-") as scratch:
        folder = pathlib.Path(scratch)
        witnesses.write_correct(row["needs"], folder / "corpus")
        arguments = [f"-seed={seed}", f"-max_len={running.MAX_LENGTH}", f"-artifact_prefix={folder}/", "-print_final_stats=0"]
        if mode != "plain":
            arguments.append(f"-dict={dictionary(row['needs'], folder)}")
        done = running.run(target, *arguments, folder / "corpus", cpu_seconds=options.seconds, nice=options.nice)
    if not done.tripped and done.status not in (-24, -9):  # SIGXCPU and SIGKILL: its time was over
        raise SystemExit(f"{target} ended with {done.status}:\n{done.output[-3000:]}")
    return {"bug": row["number"], "mode": mode, "seed": seed, "limit": options.seconds, "found": int(done.tripped),
            "seconds": f"{done.cpu_seconds:.2f}", "executions": executions(done.output),
            # Whether the report is of the kind that bugs.tsv names; another one may be another effect of the bug, or a
            # bug that nobody planted.
            "expected": "yes" if done.tripped and re.search(row["report"], done.output) else "no" if done.tripped else "-",
            "report": done.report().replace("\t", " ").replace(str(build.ROOT) + "/", "") or "-"}


def decided(table, number, mode, options):
    """Whether most of the seeds found it, or most did not, so that the others cannot change on which side the median is."""
    by_seed = times(table, number, mode, options)
    hits = sum(not math.isinf(seconds) for seconds in by_seed)
    return 2 * max(hits, len(by_seed) - hits) > options.seeds


def measure(table, rows, options):
    """All runs that are not in the table yet, seed by seed, so that a part of it is a sample of the whole."""
    todo = []
    for seed in range(1, options.seeds + 1):
        for mode in options.modes:
            for row in PLAIN if mode == "none" else rows:
                if (row["number"], mode, seed, options.seconds) not in table.runs:
                    todo.append((row, mode, seed))
    print(f"{len(todo)} runs to go", flush=True)
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        made = {}
        for row, mode in {(row["number"], mode): (row, mode) for row, mode, _ in todo}.values():
            mutators = options.mutators if mode in ("mutators", "none") else None
            number = None if mode == "none" else row["number"]
            made[row["number"], mode] = build.target(row["needs"], options.build, number, mutators)

        def unless_decided(row, mode, seed):
            if options.decide and decided(table, row["number"], mode, options):
                return None
            return measured(row, made[row["number"], mode], mode, seed, options)

        for ended in concurrent.futures.as_completed([pool.submit(unless_decided, *one) for one in todo]):
            run = ended.result()
            if run is None:
                continue
            table.add(run)
            print(f"{run['bug']} {run['mode']} seed {run['seed']}: "
                  f"{'found after ' if run['found'] else 'nothing in '}{run['seconds']} s  {run['report']}", flush=True)


def times(table, number, mode, options):
    """Seconds to find by seed; infinite where it was not found."""
    runs = (table.runs.get((number, mode, seed, options.seconds)) for seed in range(1, options.seeds + 1))
    return [float(run["seconds"]) if run["found"] == "1" else math.inf for run in runs if run is not None]


def said(seconds):
    return "-" if math.isinf(seconds) else f"{seconds:.1f}"


def print_table(table, rows, options):
    print("\t".join(["bug", "name", "needs", "difficulty", "mode", "found", "median", "seconds by seed"]))
    found, medians = collections.Counter(), collections.defaultdict(list)
    total = collections.Counter()
    for row in rows:
        for mode in options.modes:
            by_seed = times(table, row["number"], mode, options)
            if mode == "none" or not by_seed:
                continue
            median = statistics.median_high(by_seed)
            hits = sum(not math.isinf(seconds) for seconds in by_seed)
            print("\t".join([row["number"], row["name"], row["needs"], row["difficulty"], mode, f"{hits}/{len(by_seed)}",
                             said(median), " ".join(map(said, by_seed))]))
            for group in (row["difficulty"], row["needs"], "all"):
                total[mode, group] += 1
                found[mode, group] += hits > 0
                medians[mode, group].append(median)
    print("\nmode\tbugs\tof\tfound by a seed\tmedian of medians")
    for mode in options.modes:
        for group in ("shallow", "medium", "deep", "file", "wire", "all"):
            if total[mode, group]:
                print("\t".join([mode, group, str(total[mode, group]), str(found[mode, group]),
                                 said(statistics.median_high(medians[mode, group]))]))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bugs", nargs="+", default=["all"], help="numbers of bugs.tsv (default: all)")
    parser.add_argument("--modes", nargs="+", choices=MODES, default=["plain", "dictionary"])
    parser.add_argument("--seconds", type=int, default=60, help="CPU seconds of a run (default 60)")
    parser.add_argument("--seeds", type=int, default=5, help="runs of each bug in each mode (default 5)")
    parser.add_argument("--jobs", type=int, default=1, help="runs at once (default 1)")
    parser.add_argument("--decide", action="store_true",
                        help="leave the other seeds of a bug when most of them found it, or most did not")
    parser.add_argument("--nice", type=int, default=0, help="niceness of the runs")
    parser.add_argument("--mutators", action="append",
                        help="object, library or linker flag of the mutators; may come more than once")
    parser.add_argument("--build", type=pathlib.Path, default=build.OUT, help="folder of the targets (default build/planted)")
    parser.add_argument("--out", type=pathlib.Path, default=build.OUT / "runs.tsv",
                        help="the table (default build/planted/runs.tsv)")
    parser.add_argument("--table", action="store_true", help="only print what was measured")
    options = parser.parse_args()
    if "mutators" in options.modes and not options.mutators and not options.table:
        parser.error("the mode mutators needs --mutators")
    rows = build.chosen(options.bugs)
    table = Table(options.out)
    if not options.table:
        measure(table, rows, options)
    print_table(table, rows, options)
    chosen = {row["number"] for row in rows}
    for run in table.runs.values():
        if run["expected"] == "no" and run["bug"] in chosen:
            print(f"not the report of bugs.tsv: {run['bug']} {run['mode']} seed {run['seed']}: {run['report']}")
    tripped = [run for run in table.runs.values() if run["mode"] == "none" and run["found"] == "1"]
    for run in tripped:
        print(f"{run['bug']} tripped without a bug: {run['report']}", file=sys.stderr)
    return 1 if tripped else 0


if __name__ == "__main__":
    sys.exit(main())
