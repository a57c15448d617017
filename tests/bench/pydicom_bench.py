#!/usr/bin/python3
"""pydicom on the inputs that `bench --write-inputs=FOLDER` wrote: prints Google Benchmark's JSON shape, so that
tests/bench/run can treat it like the others. Decoding touches tag, VR, length and value of every element."""
import gc
import io
import json
import pathlib
import sys
import time

from pydicom.dataset import Dataset
from pydicom.filereader import dcmread, read_dataset
from pydicom.filewriter import write_dataset
from pydicom.filebase import DicomBytesIO


def touch(dataset: Dataset) -> int:
    elements = 0
    for element in dataset:
        elements += 1
        if element.VR == "SQ":
            for item in element.value:
                elements += touch(item)
        else:
            _ = element.tag, element.VR, element.value
    return elements


def measure(work, seconds: float) -> float:
    """CPU microseconds per call, at least three calls."""
    work()
    gc.collect()
    calls = 0
    start = time.process_time()
    while calls < 3 or time.process_time() - start < seconds:
        work()
        calls += 1
    return (time.process_time() - start) / calls * 1e6


def main() -> None:
    folder, seconds = pathlib.Path(sys.argv[1]), float(sys.argv[2])
    results = []

    def note(name: str, microseconds: float, items: int) -> None:
        results.append({"name": name, "run_name": name, "run_type": "iteration", "time_unit": "us",
                        "cpu_time": microseconds, "items_per_second": items / microseconds * 1e6})

    for line in (folder / "inputs.tsv").read_text(encoding="utf-8").splitlines():
        name, explicit, elements = line.split("\t")
        data = (folder / name).read_bytes()
        implicit = explicit == "0"

        def decode() -> Dataset:
            dataset = read_dataset(io.BytesIO(data), implicit, True)
            seen = touch(dataset)
            if seen != int(elements):
                sys.exit(f"pydicom read {seen} of {elements} elements of {name}")
            return dataset

        note(f"pydicom/dataset/decode/{name}", measure(decode, seconds), int(elements))
        dataset = decode()

        def encode() -> None:
            out = DicomBytesIO()
            out.is_implicit_VR, out.is_little_endian = implicit, True
            write_dataset(out, dataset)

        note(f"pydicom/dataset/encode/{name}", measure(encode, seconds), int(elements))
    files = [path.read_bytes() for path in sorted((folder / "files").iterdir())]

    def headers() -> None:
        for data in files:
            if "InstanceNumber" not in dcmread(io.BytesIO(data), stop_before_pixels=True):
                sys.exit("pydicom misses an element")

    note("pydicom/dataset/headers/1000_files", measure(headers, 0), len(files))
    json.dump({"context": {}, "benchmarks": results}, sys.stdout)


main()
