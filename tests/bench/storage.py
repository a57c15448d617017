#!/usr/bin/env python3
"""C-STORE over one association: DCMTK's storescu and storescp, Assay's store and serve, and a raw peer of plain sockets that
neither reads nor judges what it moves, in all pairs that say something. All in one run, in interleaved rounds, with the
same images; prints images a second and ratios: ours to raw with raw, and ours to DCMTK.

The raw peer is the ceiling: each image is one write of bytes made beforehand, and one read of as many bytes as the first
image had; storescu reads each file each time, Assay's store once. What comes is forgotten, as by storescp --ignore, except
where a row says that it is kept. "Unjudged" is what the other toolkits do, too: nothing is held against the rules. Both
ways have the same gates. Both ends run on one processor (the rate is then the cost of both together), or
with --processors 2 on one each.

    tests/bench/storage.py                     512x512 CTs of 526 kB, 3 rounds
    tests/bench/storage.py --size 64000 --rounds 5 --processors 2
    tests/bench/storage.py --images 1 --repeat 1000   from memory that is warm
    tests/bench/storage.py --gate              exit code 1 when a ratio is below its gate
"""

import argparse
import contextlib
import os
import pathlib
import re
import shutil
import signal
import socket
import statistics
import struct
import subprocess
import sys
import tempfile
import time

REPOSITORY = pathlib.Path(__file__).resolve().parents[2]
ASSAY = str(pathlib.Path(os.environ.get("ASSAY_BIN", REPOSITORY / "build" / "release" / "assay")).absolute())
CT = b"1.2.840.10008.5.1.4.1.1.2"
EXPLICIT = b"1.2.840.10008.1.2.1"
ROOT = "1.2.826.0.1.3680043.10.999.90.1."
PDU = 16384
LENGTH = len(ROOT) + 6  # of the UIDs in use, padded
INSTANCE = b"\0\0\0\x10" + struct.pack("<I", LENGTH)  # head of Affected SOP Instance UID
# name -> (numerator, denominator, gate, target); without a gate it is only told.
RATIOS = (
    ("ours unjudged -> raw", "assay unjudged -> raw", "raw -> raw", 0.5, 0.7),
    ("raw -> ours unjudged", "raw -> assay unjudged", "raw -> raw", 0.5, 0.7),
    ("ours unjudged -> ours unjudged", "assay unjudged -> assay unjudged", "raw -> raw", 0.35, 0.5),
    ("ours -> raw", "assay -> raw", "raw -> raw", 0.5, 0.7),
    ("raw -> ours", "raw -> assay", "raw -> raw", 0.5, 0.7),
    ("ours -> ours", "assay -> assay", "raw -> raw", 0.35, 0.5),
    ("raw -> ours, kept in memory", "raw -> assay keeping", "raw -> raw", None, None),
    ("ours -> raw, by DCMTK's", "assay -> raw", "storescu -> raw", None, None),
    ("raw -> ours, by DCMTK's", "raw -> assay", "raw -> storescp", None, None),
    ("ours -> ours, by DCMTK's pair", "assay -> assay", "storescu -> storescp", None, None),
    ("storescu -> ours, by DCMTK's pair", "storescu -> assay", "storescu -> storescp", None, None),
    ("ours -> storescp, by DCMTK's pair", "assay -> storescp", "storescu -> storescp", None, None),
    ("to files, raw -> ours, by storescp's", "raw -> assay folder", "raw -> storescp folder", None, None),
)


def item(kind, content):
    return struct.pack(">BBH", kind, 0, len(content)) + content


def associate(kind, contexts):
    user = item(0x51, struct.pack(">I", PDU)) + item(0x52, b"1.2.3.4")
    body = struct.pack(">HH", 1, 0) + b"ANY-SCP".ljust(16) + b"RAW".ljust(16) + bytes(32) + item(
        0x10, b"1.2.840.10008.3.1.1.1") + contexts + item(0x50, user)
    return struct.pack(">BBI", kind, 0, len(body)) + body


def command(elements):
    body = b"".join(struct.pack("<HHI", 0, number, len(value)) + value for number, value in elements)
    return struct.pack("<HHII", 0, 0, 4, len(body)) + body


def even(uid):
    return uid + b"\0" if len(uid) % 2 else uid


def response(instance, context):
    body = command([(0x0002, even(CT)), (0x0100, b"\1\x80"), (0x0120, b"\1\0"), (0x0800, b"\1\1"), (0x0900, b"\0\0"),
                    (0x1000, even(instance))])
    return struct.pack(">BBIIBB", 4, 0, len(body) + 6, len(body) + 2, context, 3) + body


def request(instance, data_set):
    """A whole C-STORE-RQ as the bytes of its PDUs."""
    body = command([(0x0002, even(CT)), (0x0100, b"\1\0"), (0x0110, b"\1\0"), (0x0700, b"\2\0"), (0x0800, b"\0\0"),
                    (0x1000, even(instance))])
    out = [struct.pack(">BBIIBB", 4, 0, len(body) + 6, len(body) + 2, 1, 3) + body]
    for at in range(0, len(data_set), PDU - 6):
        part = data_set[at:at + PDU - 6]
        out.append(struct.pack(">BBIIBB", 4, 0, len(part) + 6, len(part) + 2, 1, 2 if at + PDU - 6 >= len(data_set) else 0) + part)
    return b"".join(out)


def element(group, number, vr, value):
    value += (b"\0" if vr == b"UI" else b" ") * (len(value) % 2)
    return struct.pack("<HH", group, number) + vr + (
        struct.pack("<HI", 0, len(value)) if vr in (b"OW", b"OB") else struct.pack("<H", len(value))) + value


def data_set(uid, size, number):
    side = int((size / 2) ** 0.5)
    pixels = (struct.pack("<I", number) * (side * side // 2 + 1))[:side * side * 2]
    us = lambda n: struct.pack("<H", n)  # noqa: E731
    return b"".join((
        element(8, 0x16, b"UI", CT), element(8, 0x18, b"UI", uid), element(8, 0x20, b"DA", b"20260101"),
        element(8, 0x60, b"CS", b"CT"), element(0x10, 0x10, b"PN", b"Bench^Mark"), element(0x10, 0x20, b"LO", b"BENCH"),
        element(0x20, 0xd, b"UI", ROOT.encode() + b"1"), element(0x20, 0xe, b"UI", ROOT.encode() + b"2"),
        element(0x28, 2, b"US", us(1)), element(0x28, 4, b"CS", b"MONOCHROME2"), element(0x28, 0x10, b"US", us(side)),
        element(0x28, 0x11, b"US", us(side)), element(0x28, 0x100, b"US", us(16)), element(0x28, 0x101, b"US", us(16)),
        element(0x28, 0x102, b"US", us(15)), element(0x28, 0x103, b"US", us(0)), element(0x7fe0, 0x10, b"OW", pixels)))


def part10(uid, body):
    meta = element(2, 1, b"OB", b"\0\1") + element(2, 2, b"UI", CT) + element(2, 3, b"UI", uid) + element(
        2, 0x10, b"UI", EXPLICIT) + element(2, 0x12, b"UI", b"1.2.3.4")
    return bytes(128) + b"DICM" + element(2, 0, b"UL", struct.pack("<I", len(meta))) + meta + body


def exactly(connection, count):
    out = bytearray(count)
    view = memoryview(out)
    while view:
        got = connection.recv_into(view, 0, socket.MSG_WAITALL)
        if not got:
            raise EOFError
        view = view[got:]
    return bytes(out)


def pdu(connection):
    head = exactly(connection, 6)
    return head[0], exactly(connection, struct.unpack(">I", head[2:])[0])


def raw_scp(port):
    """Serves one association after another. The first message of each is read PDU by PDU; all others have its length."""
    with socket.create_server(("127.0.0.1", port)) as listener:
        while True:
            connection, _ = listener.accept()
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with connection, contextlib.suppress(EOFError, ConnectionError):
                kind, body = pdu(connection)
                # CT in Explicit VR Little Endian is accepted, everything else refused.
                answers, at, chosen = b"", 68, 1
                while at < len(body):
                    code, length = struct.unpack_from(">BxH", body, at)
                    content = body[at + 4:at + 4 + length]
                    if code == 0x20:
                        good = CT + b"@" in content and EXPLICIT in content and content[4 + 4 + len(CT):].startswith(b"@\0")
                        chosen = content[0] if good else chosen
                        answers += item(0x21, bytes([content[0], 0, 0 if good else 3, 0]) + item(0x40, EXPLICIT))
                    at += 4 + length
                connection.sendall(associate(2, answers))
                first = b""
                while True:
                    kind, body = pdu(connection)
                    first += struct.pack(">BBI", kind, 0, len(body)) + body
                    if kind != 4 or body[5] == 2:
                        break
                answer, buffer = bytearray(response(ROOT.encode() + b"10000", chosen)), bytearray(first)
                # Where Message ID and Affected SOP Instance UID stand in the request and in the response.
                moved = [(first.index(old) + 8, answer.index(new) + 8, length) for old, new, length in (
                    (b"\0\0\x10\1\2\0\0\0", b"\0\0\x20\1\2\0\0\0", 2), (INSTANCE, INSTANCE, LENGTH))]
                while kind == 4:
                    for source, target, length in moved:
                        answer[target:target + length] = buffer[source:source + length]
                    connection.sendall(answer)
                    if connection.recv_into(buffer, 6, socket.MSG_WAITALL) < 6 or buffer[0] != 4:
                        connection.sendall(b"\6\0\0\0\0\4\0\0\0\0")
                        break
                    view = memoryview(buffer)[6:]
                    while view:
                        view = view[connection.recv_into(view, 0, socket.MSG_WAITALL):]


def raw_scu(port, messages, count):
    """Sends so many; seconds from the first to the last response."""
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        connection.sendall(associate(1, item(0x20, b"\1\0\0\0" + item(0x30, CT) + item(0x40, EXPLICIT))))
        kind, _ = pdu(connection)
        assert kind == 2, "the association was refused"
        begun = time.perf_counter()
        for number in range(count):
            connection.sendall(messages[number % len(messages)])
            kind, body = pdu(connection)
            assert kind == 4 and struct.unpack_from("<H", body, body.index(b"\0\0\0\x09\2\0\0\0") + 8)[0] == 0, body
        took = time.perf_counter() - begun
        connection.sendall(b"\5\0\0\0\0\4\0\0\0\0")
        pdu(connection)
        return took


def processor_time(process):
    """Seconds that a process has used."""
    fields = pathlib.Path(f"/proc/{process.pid}/stat").read_text(encoding="ascii").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Bench:
    def __init__(self, folder, given):
        size, images, repeat, processors = given.size, given.images, given.repeat, given.processors
        self.folder, self.repeat, self.count, self.first = folder, repeat, images * repeat, given.first
        self.scu, self.scp = ([0], [1 % os.cpu_count()]) if processors == 2 else ([0], [0])
        self.sent, self.received = folder / "sent", folder / "received"
        self.sent.mkdir()
        self.messages, self.files = [], []
        for number in range(images):
            uid = f"{ROOT}{10000 + number}".encode()
            body = data_set(uid, size, number)
            self.bytes = len(body)
            self.messages.append(request(uid, body))
            self.files.append(self.sent / f"{number}.dcm")
            self.files[-1].write_bytes(part10(uid, body))

    def place(self, processors):
        os.sched_setaffinity(0, processors)
        if self.first:
            os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))

    @contextlib.contextmanager
    def server(self, name, port):
        shutil.rmtree(self.received, ignore_errors=True)
        self.received.mkdir()
        commands = {
            "raw": [sys.executable, __file__, "raw-scp", port], "storescp": ["storescp", "--ignore", port],
            "storescp folder": ["storescp", "+B", "-od", self.received, port],
            "assay": [ASSAY, "serve", "--quiet", "--ignore", "--port", port],
            "assay unjudged": [ASSAY, "serve", "--quiet", "--no-judging", "--ignore", "--port", port],
            "assay keeping": [ASSAY, "serve", "--quiet", "--port", port],
            "assay folder": [ASSAY, "serve", "--quiet", "--port", port, "--folder", self.received],
            "assay folder unsynced": [ASSAY, "serve", "--quiet", "--port", port, "--folder", self.received, "--no-sync"],
            "assay folder unsynced unjudged": [ASSAY, "serve", "--quiet", "--port", port, "--folder", self.received, "--no-sync",
                                               "--no-judging"]}
        process = subprocess.Popen([str(word) for word in commands[name]], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   start_new_session=True, env={**os.environ, "TCP_NODELAY": "1"},
                                   preexec_fn=lambda: self.place(self.scp))
        try:
            until = time.monotonic() + 20
            while f":{port:04X} 00000000:0000 0A " not in pathlib.Path("/proc/net/tcp").read_text(encoding="ascii"):
                if process.poll() is not None or time.monotonic() > until:
                    sys.exit(f"{name} does not listen")
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(timeout=0.02)
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    def images_per_second(self, scu, scp):
        """And the processor time of the SCP for an image, in microseconds."""
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        with self.server(scp, port) as process:
            before = processor_time(process)
            if scu == "raw":
                self.place(self.scu)
                took = raw_scu(port, self.messages, self.count)
            else:
                # A whole process; the time of one that sends one image only is taken off.
                took = self.run(scu, port, self.files, self.repeat) - self.run(scu, port, self.files[:1], 1)
            return self.count / took, (processor_time(process) - before) / self.count * 1e6

    def run(self, scu, port, files, repeat):
        command = {"storescu": ["storescu", "-v", "--repeat", repeat, "127.0.0.1", port, *files],
                   "assay": [ASSAY, "store", f"127.0.0.1:{port}", "--repeat", repeat, *files],
                   "assay unjudged": [ASSAY, "store", f"127.0.0.1:{port}", "--no-judging", "--repeat", repeat, *files]}[scu]
        begun = time.perf_counter()
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False,
                              env={**os.environ, "TCP_NODELAY": "1"}, preexec_fn=lambda: self.place(self.scu))
        took = time.perf_counter() - begun
        said, wanted = done.stdout + done.stderr, len(files) * repeat
        stored = said.count("Received Store Response (Success)") if scu == "storescu" else int(
            (re.search(r"(\d+) of \d+ files? stored", said) or [0, 0])[1])
        if stored != wanted:
            sys.exit(f"{scu}: {stored} of {wanted} images were acknowledged:\n{said[-1500:]}")
        return took


PAIRS = (("raw", "raw"), ("assay", "raw"), ("raw", "assay"), ("raw", "assay unjudged"), ("assay", "assay"),
         ("assay unjudged", "raw"), ("assay unjudged", "assay unjudged"),
         ("storescu", "raw"), ("raw", "storescp"), ("storescu", "storescp"), ("storescu", "assay"), ("assay", "storescp"),
         ("raw", "assay keeping"), ("raw", "storescp folder"), ("raw", "assay folder"), ("raw", "assay folder unsynced"), ("raw", "assay folder unsynced unjudged"))


def main():
    if sys.argv[1:2] == ["raw-scp"]:
        raw_scp(int(sys.argv[2]))
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=524_288, help="bytes of pixels")
    parser.add_argument("--images", type=int, default=100, help="different ones")
    parser.add_argument("--repeat", type=int, default=5, help="times each")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--processors", type=int, choices=(1, 2), default=1)
    parser.add_argument("--folder", default="/dev/shm", help="where files lie and go (default: in memory)")
    parser.add_argument("--first", action="store_true", help="before everything else on this machine (SCHED_RR, needs root)")
    parser.add_argument("--gate", action="store_true")
    given = parser.parse_args()
    rates = {}
    with tempfile.TemporaryDirectory(prefix="assay-bench-", dir=given.folder) as folder:
        bench = Bench(pathlib.Path(folder), given)
        for _ in range(given.rounds):
            for scu, scp in PAIRS:
                rates.setdefault(f"{scu} -> {scp}", []).append(bench.images_per_second(scu, scp))
        print(f"{bench.count} C-STOREs of {bench.bytes} bytes, PDUs of {PDU}, {given.rounds} rounds, both ends on "
              f"{given.processors} processor{'s' * (given.processors > 1)}, files in {given.folder}")
    for name, found in rates.items():
        speeds = sorted(speed for speed, _ in found)
        median = statistics.median(speeds)
        print(f"  {name:42} {median:8.0f} images/s [{speeds[0]:.0f}-{speeds[-1]:.0f}] {median * bench.bytes / 1e6:7.0f} MB/s, "
              f"SCP {statistics.median(cost for _, cost in found):5.0f} us of processor an image")
    below = 0
    for name, over, under, gate, target in RATIOS:
        # Round by round: what disturbs the machine disturbs both.
        ratio = statistics.median(a / b for (a, _), (b, _) in zip(rates[over], rates[under], strict=True))
        mark = "" if gate is None else f"  gate {gate}, target {target}: " + (
            "BELOW THE GATE" if ratio < gate else "gate held" if ratio < target else "target reached")
        below += gate is not None and ratio < gate
        print(f"  {name:42} {ratio:8.2f}{mark}")
    return 1 if given.gate and below else 0


if __name__ == "__main__":
    sys.exit(main())
