#!/usr/bin/env python3
"""Writes the seeds of the targets whose inputs are made from others: bodies of PDUs from those of fuzz_pdu, conversations
for fuzz_observer and fuzz_rules with every DIMSE command, every cell of the state table for fuzz_session, fault files from peers/faults/examples. The same seeds every
time.

    fuzz/make_seeds.py [--check]      --check writes nothing and fails where a seed is missing or another
"""
import argparse
import pathlib
import struct
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
SEEDS = ROOT / "fuzz/seeds"
COMMANDS = ["c-store-rq", "c-store-rsp", "c-find-rq", "c-find-rsp", "c-cancel-rq", "c-get-rq", "c-get-rsp",
            "c-move-rq", "c-move-rsp", "c-echo-rq", "c-echo-rsp", "n-event-report-rq", "n-event-report-rsp",
            "n-get-rq", "n-get-rsp", "n-set-rq", "n-set-rsp", "n-action-rq", "n-action-rsp", "n-create-rq",
            "n-create-rsp", "n-delete-rq", "n-delete-rsp"]


def pdus(data):
    """The PDUs of a stream whose lengths are right; nothing from the first that is cut short on."""
    while len(data) >= 6:
        length = 6 + struct.unpack(">I", data[2:6])[0]
        if length > len(data):
            return
        yield data[:length]
        data = data[length:]


def bodies():
    for path in sorted((SEEDS / "fuzz_pdu").glob("*")):
        for number, pdu in enumerate(pdus(path.read_bytes())):
            if 1 <= pdu[0] <= 7:
                yield f"{path.name}{'-' + str(number) if number else ''}", bytes([pdu[0] - 1]) + pdu[6:]


def conversations():
    """fuzz_observer: an opcode is a kind times two and the side; kind 3 is a PDU or message by number and value."""
    def message(side, which, value):
        return bytes([3 * 2 + side, which, value])
    release = message(0, 0, 0) + message(1, 1, 0) + bytes([0, 1])
    yield "release", bytes([0]) + release
    yield "abort-by-acceptor", bytes([0]) + message(1, 2, 2) + bytes([1])
    yield "abort-by-requestor", bytes([0]) + message(0, 2, 0) + bytes([0])
    yield "release-collision", bytes([0]) + message(0, 0, 0) + message(1, 0, 0) + message(0, 1, 0) + message(1, 1, 0)
    yield "request-alone", bytes([0x80]) + message(0, 3, 0) + bytes([1])
    yield "answer-before-request", bytes([0x80]) + message(1, 4, 0)
    yield "second-request", bytes([0]) + message(0, 3, 0) + release
    yield "closed-by-reset", bytes([0, 0x80])
    yield "provoked", bytes([0, 2 * 2 + 0x80]) + message(0, 5, 0) + bytes([2 * 2]) + release
    for number, name in enumerate(COMMANDS):
        yield f"message-{name}", bytes([0]) + message(0, 5, number) + message(1, 6, number + 1) + release
    element = b"\x08\x00\x52\x00\x06\x00\x00\x00STUDY " + b"\x10\x00\x20\x00\x00\x00\x00\x00"
    yield "data-set", bytes([0]) + message(0, 5, 2) + bytes([5 * 2, 5, 2, len(element)]) + element + release
    for path in sorted((SEEDS / "fuzz_pdu").glob("a-*")):
        data = path.read_bytes()
        if len(data) < 256:
            yield f"bytes-{path.name}", bytes([0x80 if "associate" in path.name else 0, 6 * 2, len(data)]) + data


def traces():
    """fuzz_rules: see Grammar there; bit 7 of an opcode is the side."""
    def operand(data):
        return struct.pack("<H", len(data)) + data
    acceptor = 0x80
    statuses = {"success": 0, "pending": 0xff00, "cancel": 0xfe00, "warning": 0xb000, "refused": 0xa700, "failure": 0xc000}
    for number, name in enumerate(COMMANDS):
        yield f"message-{name}", bytes([0, 3, 1 + 2 * (number % 6), number, 1, 4 | acceptor, 0, 0, 5, 1, 6])
    for name, status in statuses.items():
        for command in (0, 2, 7, 19):
            yield f"{COMMANDS[command]}-{name}", bytes([0, 3, 2 * (command % 6) + 1, command, 7, 4 | acceptor, status >> 8, status & 255])
    level = b"\x08\x00\x52\x00\x06\x00\x00\x00STUDY " + b"\x20\x00\x0d\x00\x06\x00\x00\x001.2.3\0"
    yield "query", bytes([0, 3, 5, 2, 1, 2]) + operand(level) + bytes([4 | acceptor, 0xff, 0, 2 | acceptor]) + operand(level)
    yield "nothing-agreed", bytes([1, 3, 1, 9, 1, 4 | acceptor, 0, 0])
    yield "not-answered", bytes([2, 3, 1, 9, 1])
    yield "context-refused", bytes([4, 3, 3, 0, 1, 4 | acceptor, 0xa7, 0])
    for name, data in bodies():
        whole = bytes([data[0] + 1, 0]) + struct.pack(">I", len(data) - 1) + data[1:]
        yield f"pdu-{name}", bytes([1]) + bytes([0 | (acceptor if data[0] in (1, 2, 5) else 0)]) + operand(whole) + bytes([6])


def cells():
    """fuzz_session: one for each cell of Table 9-10 that is defined, by the shortest way to its state. An opcode is 1 for
    the transport, 2 for a primitive, 5 for the end of the transport, 4 for seconds, 0 for bytes, 6 for a whole PDU."""
    events = {1: [2, 0, 0], 2: [1], 3: [6, 1], 4: [6, 2], 5: [1], 6: [6, 0], 7: [2, 1, 0], 8: [2, 2, 1], 9: [2, 4, 3],
              10: [6, 17, 2, 0, 0], 11: [2, 5, 0], 12: [6, 4], 13: [6, 5], 14: [2, 6, 0], 15: [2, 7, 0], 16: [6, 6], 17: [5],
              18: [4, 7], 19: [0, 6, 255, 0, 0, 0, 0, 0, 3]}
    accepted, asked = [5, 6, 7], [1, 2, 3]  # the ways to Sta6 as acceptor and as requestor
    ways = {1: (0, []), 2: (0, [5]), 3: (0, [5, 6]), 4: (1, [1]), 5: (1, [1, 2]), 6: (0, accepted), 7: (0, accepted + [11]),
            8: (0, accepted + [12]), 9: (1, asked + [11, 12]), 10: (0, accepted + [11, 12]), 11: (1, asked + [11, 12, 14]),
            12: (0, accepted + [11, 12, 13]), 13: (0, [5, 12])}
    for line in (ROOT / "tests/golden/ul-state-table.tsv").read_text(encoding="utf-8").splitlines():
        fields = line.split("\t")
        if not fields[0].startswith("Evt") or len(fields) < 5 or fields[3] in ("", "-"):
            continue
        state, event = int(fields[2][3:]), int(fields[0][3:])
        role, way = ways[state]
        if state == 1:
            role = int(event == 1)
        yield f"cell-sta{state}-evt{event}", bytes([role, *(byte for one in [*way, event] for byte in events[one])])


def fault_files():
    for path in sorted((ROOT / "peers/faults/examples").glob("*.xml")):
        yield path.stem, path.read_bytes()


def device_files():
    for path in sorted((ROOT / "peers/devices/examples").glob("*.xml")):
        yield path.stem, path.read_bytes()
    yield "mistakes", (b'<devices>\n  <archive name="a" port="70000" ae-title="MUCH TOO LONG A TITLE" sop-classes="1.2.840.10008.1.1"/>\n'
                       b'  <workstation name="a" way="none"><archive device="b"/><key is="x"/></workstation>\n</devices>\n')


def wanted():
    for target, make in (("fuzz_pdu_body", bodies), ("fuzz_observer", conversations), ("fuzz_rules", traces),
                         ("fuzz_session", cells),
                         ("fuzz_fault_file", fault_files), ("fuzz_device_file", device_files)):
        for name, data in make():
            yield SEEDS / target / name, data


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing, fail where a seed is missing or another")
    arguments = parser.parse_args()
    wrong = count = 0
    for path, data in wanted():
        count += 1
        if arguments.check:
            if not path.is_file() or path.read_bytes() != data:
                print(f"{path.relative_to(ROOT)} is not what fuzz/make_seeds.py makes")
                wrong += 1
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(data)
    print(f"{count} seeds" + (f", {wrong} are wrong" if wrong else ""))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
