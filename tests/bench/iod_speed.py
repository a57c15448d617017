#!/usr/bin/env python3
"""How fast CT headers are held to their IOD, as a ratio to dciodvfy on the same files in the same run: CPU time of one
`assay validate` over the folder against one dciodvfy for each file, which is how it takes them.

    tests/bench/iod_speed.py [--files 500] [--rounds 3] [--gate 20]"""
import argparse
import pathlib
import resource
import statistics
import subprocess
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "interop"))

import iod_objects  # noqa: E402
import products  # noqa: E402


def cpu(*commands):
    """Seconds of CPU that the commands took, one after another."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    for command in commands:
        subprocess.run([*map(str, command)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--files", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--gate", type=float, default=0, help="exit code 1 below this ratio")
    options = parser.parse_args()
    products.need("dciodvfy")
    maker = iod_objects.Maker(iod_objects.Tables(), "CTImage", "1.2.840.10008.5.1.4.1.1.2")
    with products.scratch() as folder:
        root = maker.fresh()
        for number in range(options.files):
            root.elements["SOPInstanceUID"].values = [f"{iod_objects.ROOT}7.{number + 1}"]
            (folder / f"{number:05}.dcm").write_bytes(iod_objects.file_of(root))
        files = sorted(folder.iterdir())
        ours, one_by_one, theirs = [], [], []
        for _ in range(options.rounds):
            ours.append(cpu([products.ASSAY, "validate", "--quiet", folder]))
            theirs.append(cpu(*([*("dciodvfy", file)] for file in files)))
            one_by_one.append(cpu(*([products.ASSAY, "validate", file] for file in files[:50])) * len(files) / 50)
    ours, one_by_one, theirs = map(statistics.median, (ours, one_by_one, theirs))
    print(f"{options.files} CT headers: assay {ours * 1e3:.0f} ms, one call for each file {one_by_one * 1e3:.0f} ms; "
          f"dciodvfy {theirs * 1e3:.0f} ms: {theirs / ours:.0f} times as fast, {theirs / one_by_one:.1f} times by single calls")
    return 1 if theirs / ours < options.gate else 0


if __name__ == "__main__":
    sys.exit(main())
