"""Files made to hurt, given to every command that reads files, with a bound on memory: each ends with one of the exit
codes of the program, says something, and stays below the bound. The bounds are address space and peak memory of the
release build; time is limited only so that a hang is found."""

import os
import pathlib
import resource
import struct
import subprocess
import threading
import unittest
import zlib

import products

MIB = 1 << 20
SECONDS = 300
# The full million in the quick tier as well: DeepNesting.* of tests/unit/dataset/deep_nesting_test.cpp.
LEVELS = 1_000_000 if products.LONG else 100_000
INFLATED = 2048 if products.LONG else 320  # MiB; reading stops at 256


def share(mib):
    """MiB for a file of LEVELS levels that takes `mib` with a million of them: a part of the input beside the constant."""
    return 64 + (mib - 64) * LEVELS // 1_000_000


def part10(syntax, data):
    def element(tag, vr, value):
        value += (b"\0" if vr == b"UI" else b" ") if len(value) % 2 else b""
        group, number = tag
        if vr == b"OB":
            return struct.pack("<HH2sHI", group, number, vr, 0, len(value)) + value
        return struct.pack("<HH2sH", group, number, vr, len(value)) + value

    meta = element((2, 1), b"OB", b"\0\1")
    meta += element((2, 2), b"UI", b"1.2.840.10008.5.1.4.1.1.7")
    meta += element((2, 3), b"UI", b"1.2.3.4")
    meta += element((2, 0x10), b"UI", syntax)
    meta += element((2, 0x12), b"UI", b"1.2.3")
    return bytes(128) + b"DICM" + element((2, 0), b"UL", struct.pack("<I", len(meta))) + meta + data


EXPLICIT, IMPLICIT, BIG, DEFLATED, RLE = (
    b"1.2.840.10008.1.2.1",
    b"1.2.840.10008.1.2",
    b"1.2.840.10008.1.2.2",
    b"1.2.840.10008.1.2.1.99",
    b"1.2.840.10008.1.2.5",
)
UNDEFINED = 0xFFFFFFFF
SOP = struct.pack("<HH2sH", 8, 0x16, b"UI", 26) + b"1.2.840.10008.5.1.4.1.1.7\0"
SOP_IMPLICIT = struct.pack("<HHI", 8, 0x16, 26) + b"1.2.840.10008.5.1.4.1.1.7\0"
SOP_BIG = struct.pack(">HH2sH", 8, 0x16, b"UI", 26) + b"1.2.840.10008.5.1.4.1.1.7\0"


def nested(syntax, closed=True):
    order = ">" if syntax == BIG else "<"
    if syntax == IMPLICIT:
        start = struct.pack("<HHI", 0x40, 0x100, UNDEFINED)
    else:
        start = struct.pack(order + "HH2sHI", 0x40, 0x100, b"SQ", 0, UNDEFINED)
    start += struct.pack(order + "HHI", 0xFFFE, 0xE000, UNDEFINED)
    end = struct.pack(order + "HHI", 0xFFFE, 0xE00D, 0) + struct.pack(order + "HHI", 0xFFFE, 0xE0DD, 0)
    head = {IMPLICIT: SOP_IMPLICIT, BIG: SOP_BIG}.get(syntax, SOP)
    return part10(syntax, head + start * LEVELS + (end * LEVELS if closed else b""))


def private_blocks():
    parts = [SOP]
    count = 0
    for group in range(9, 0x7FE0, 2):
        for block in range(0x10, 0x100):
            parts.append(struct.pack("<HH2sH", group, block, b"LO", 2) + b"X ")
            count += 1
            if count == 100_000:
                return part10(EXPLICIT, b"".join(parts))
    raise AssertionError("groups ran out")


def bomb(size):
    """Deflates to a thousandth: one element of `size` zero bytes."""
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    out = deflater.compress(SOP + struct.pack("<HH2sHI", 0x7FE0, 0x10, b"OB", 0, size))
    chunk = bytes(MIB)
    for _ in range(size // MIB):
        out += deflater.compress(chunk)
    return part10(DEFLATED, out + deflater.flush())


def files():
    """name -> (bytes, bound on memory in MiB); the bound is a constant for the program and a share per input byte."""
    lie = struct.pack("<HH2sHI", 0x7FE0, 0x10, b"OB", 0, 0xFFFFFFFE) + b"x"
    yield "nested-explicit", nested(EXPLICIT), share(640)
    yield "nested-implicit", nested(IMPLICIT), share(640)
    yield "nested-big-endian", nested(BIG), share(640)
    yield "nested-cut", nested(EXPLICIT, closed=False), share(640)
    yield "four-gigabytes-claimed", part10(EXPLICIT, SOP + lie), 64
    yield "four-gigabytes-fragment", part10(
        RLE, SOP + struct.pack("<HH2sHI", 0x7FE0, 0x10, b"OB", 0, UNDEFINED)
        + struct.pack("<HHI", 0xFFFE, 0xE000, 0) + struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFE) + b"x"), 64
    yield "private-blocks", private_blocks(), 128
    yield "deflate-bomb", bomb(INFLATED * MIB), 640


# The exact form of a million levels is a text of 175 MB, which is read back as a check; bombs stop at 256 MB.
EXACT_BOUND = {"nested-explicit": share(1400), "deflate-bomb": 1400}

COMMANDS = {
    "dump": ["dump", "{file}"],
    "dump-elements": ["dump", "--elements", "{file}"],
    "validate": ["validate", "{file}"],
    "probe": ["probe", "{file}"],
    "diff": ["diff", "{file}", "{file}"],
    "edit": ["edit", "{file}", "--set", "PatientID=1", "--out", "{out}"],
    "to-implicit": ["convert", "{file}", "{out}/implicit.dcm", "--to", "implicit"],
    "to-json": ["convert", "{file}", "{out}/a.json", "--to", "json"],
    "to-xml": ["convert", "{file}", "{out}/a.xml", "--to", "xml"],
    "to-exact-xml": ["convert", "{file}", "{out}/exact.xml", "--to", "exact-xml"],
}


# What is asked of every deep file; the others of COMMANDS are asked of one, and of all in the long tier.
OF_ALL = ("dump-elements", "validate", "edit", "to-implicit")


def wanted(name, title):
    return title in OF_ALL or not name.startswith("nested-") or name == "nested-explicit" or products.LONG


def limited(command, bound_mib, output):
    """Exit code and peak memory in MiB; the address space is limited, so that a run away ends as an error."""

    def limit():
        resource.setrlimit(resource.RLIMIT_AS, (bound_mib * MIB + 512 * MIB, bound_mib * MIB + 512 * MIB))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    with open(output, "wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, preexec_fn=limit)
    try:
        timer = threading.Timer(SECONDS, process.kill)
        timer.start()
        _, status, usage = os.wait4(process.pid, 0)
    finally:
        timer.cancel()
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage.ru_maxrss / 1024


class HostileFiles(unittest.TestCase):
    def test_every_command_ends_below_its_bound(self):
        with products.scratch() as folder:
            for name, data, bound in files():
                path = folder / f"{name}.dcm"
                path.write_bytes(data)
                for title, arguments in COMMANDS.items():
                    if not wanted(name, title):
                        continue
                    if title == "to-exact-xml":
                        bound = EXACT_BOUND.get(name, EXACT_BOUND["nested-explicit"] if "nested" in name else bound)
                    with self.subTest(file=name, command=title):
                        out = folder / f"{name}-{title}"
                        out.mkdir()
                        command = [products.ASSAY] + [a.format(file=path, out=out) for a in arguments]
                        output = folder / "output"
                        code, peak = limited(command, bound, output)
                        told = output.read_bytes()[:2000]
                        self.assertIn(code, (0, 1, 2), f"{command}: {told!r}")
                        self.assertLess(peak, bound, command)
                        self.assertTrue(told or code == 0, f"{command} failed without a word")
                        for made in out.iterdir():
                            made.unlink()
                path.unlink()


if __name__ == "__main__":
    unittest.main()
