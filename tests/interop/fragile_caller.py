"""A small client that calls, asks for a C-ECHO and releases, and breaks in one way on what it is answered: one mode per oracle of
`assay fuzz device --as-scp`, and healthy twins. It shares no code with Assay. What makes it break is a response that is no
success, so that both a plain test and a fuzzer reach it. Only for tests over loopback.

    fragile_caller.py MODE PORT
"""

import contextlib
import os
import signal
import socket
import struct
import sys
import threading

ASAN = """=================================================================
==4711==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x602000000011 at pc 0x000000401234 bp 0x7ffd0 sp 0x7ffc8
READ of size 1 at 0x602000000011 thread T0
    #0 0x401234 in parse_status /src/client/status.c:42:7
    #1 0x401300 in parse_response /src/client/response.c:17:3
    #2 0x401500 in main /src/client/main.c:5:3

SUMMARY: AddressSanitizer: heap-buffer-overflow /src/client/status.c:42:7 in parse_status
==4711==ABORTING
"""

MODES = {
    "healthy": "fails with exit code 1 on what it does not understand",
    "segv": "dies by a signal",
    "asan": "writes what AddressSanitizer writes, and ends",
    "hangs": "waits for ever",
    "spins": "goes round for ever",
    "forbidden": "sends an A-ASSOCIATE-RQ in the midst of the association",
    "again": "calls again and again: healthy",
    "again-dies": "calls again and again, and dies by a signal",
    "again-stops": "calls again and again, and then no more",
    "again-files": "calls again and again, and loses a descriptor each time",
}


class Wrong(Exception):
    pass


def item(kind, content):
    return struct.pack(">BBH", kind, 0, len(content)) + content


def element(number, value):
    value += b"\0" * (len(value) % 2)
    return struct.pack("<HHI", 0, number, len(value)) + value


class Call:
    def __init__(self, mode, port):
        self.mode = mode
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=20)

    def take(self, count):
        data = b""
        while len(data) < count:
            more = self.socket.recv(count - len(data))
            if not more:
                raise Wrong("closed")
            data += more
        return data

    def pdu(self, wanted):
        kind, _, length = struct.unpack(">BBI", self.take(6))
        if kind != wanted or length > 1 << 20:
            raise Wrong(f"PDU {kind} of {length} bytes")
        return self.take(length)

    def send(self, kind, body):
        self.socket.sendall(struct.pack(">BBI", kind, 0, len(body)) + body)

    def associate(self):
        context = item(0x20, bytes([1, 0, 0, 0]) + item(0x30, b"1.2.840.10008.1.1") + item(0x40, b"1.2.840.10008.1.2"))
        user = item(0x50, item(0x51, struct.pack(">I", 16384)) + item(0x52, b"1.2.826.0.1.3680043.10.999.8"))
        self.send(1, struct.pack(">HH", 1, 0) + b"ANY-SCP".ljust(16) + b"FRAGILE".ljust(16) + bytes(32) +
                  item(0x10, b"1.2.840.10008.3.1.1.1") + context + user)

    def run(self):
        self.associate()
        accepted = self.pdu(2)
        at = accepted.find(b"\x51\0\0\x04")
        if at >= 0 and 0 < int.from_bytes(accepted[at + 4:at + 8], "big") < 100:
            raise Wrong("maximum length")
        command = element(0x0002, b"1.2.840.10008.1.1") + element(0x0100, b"\x30\0") + element(0x0110, b"\x07\0") + element(
            0x0800, b"\x01\x01")
        command = element(0, struct.pack("<I", len(command))) + command
        self.send(4, struct.pack(">IBB", len(command) + 2, 1, 3) + command)
        answer = self.pdu(4)
        at = answer.find(struct.pack("<HHI", 0, 0x0900, 2))
        if at < 0 or len(answer) < at + 10:
            raise Wrong("no status")
        if answer[at + 8:at + 10] != b"\0\0":
            self.trigger()
        self.send(5, bytes(4))
        self.pdu(6)

    def trigger(self):
        if self.mode in ("segv", "again-dies"):
            signal.pthread_kill(threading.get_ident(), signal.SIGSEGV)  # as a fault does: to the thread that is at fault
        elif self.mode == "asan":
            sys.stderr.write(ASAN)
            sys.stderr.flush()
            os._exit(1)
        elif self.mode in ("hangs", "again-stops"):
            threading.Event().wait()
        elif self.mode == "spins":
            while True:
                pass
        elif self.mode == "forbidden":
            self.associate()
        raise Wrong("status")


def main():
    mode, port = sys.argv[1], int(sys.argv[2])
    if mode not in MODES:
        sys.exit(f"no mode {mode}")
    kept = []
    while True:
        good = False
        with contextlib.suppress(OSError, struct.error, Wrong):
            call = Call(mode, port)
            try:
                call.run()
                good = True
            finally:
                call.socket.close()
        if not mode.startswith("again"):
            sys.exit(0 if good else 1)
        if mode == "again-files":
            kept.append(open(os.devnull))


if __name__ == "__main__":
    main()
