"""A small acceptor that breaks in one way: one mode per oracle of `assay fuzz device`, and healthy twins. It shares no code
with Assay. What makes it break is a called AE title of TRIGGER, or a PDU of a type that PS3.8 does not know, so that both a
plain test and a fuzzer reach it. Only for tests over loopback; nothing it keeps is of anybody.

    fragile_device.py MODE PORT [--stored DIR]
"""

import argparse
import contextlib
import os
import pathlib
import signal
import socket
import struct
import sys
import threading

MODES = {
    "healthy": "does what it should",
    "exit": "ends itself with code 3",
    "segv": "dies by a signal",
    "pair": "dies by a signal when a peer has aborted an association before",
    "asan": "writes what AddressSanitizer writes, and ends",
    "ubsan": "writes what UndefinedBehaviorSanitizer writes, and goes on",
    "stall": "takes connections and says nothing any more",
    "deaf": "closes its listening socket",
    "rejects": "rejects every association from then on",
    "second": "serves one peer at a time from then on",
    "descriptors": "loses a descriptor with every association",
    "memory": "loses memory with every association",
    "cache": "keeps something of every association, up to a limit: healthy",
    "heap": "lets go of its memory from time to time only: healthy",
    "forgets": "deletes what it has stored",
    "spoils": "overwrites what it has stored",
    "child": "serves every association in a child process, which dies by a signal",
    "child-asan": "the same with what AddressSanitizer writes",
    "child-healthy": "serves every association in a child process: healthy",
    "forbidden": "answers with an A-ASSOCIATE-AC where there is an association already",
    "blocks": "reads what comes first from each connection before it takes the next",
    "hangs": "does not answer this one association, and serves the others",
}

ASAN = """=================================================================
==4711==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x602000000011 at pc 0x000000401234 bp 0x7ffd0 sp 0x7ffc8
READ of size 1 at 0x602000000011 thread T0
    #0 0x401234 in parse_item /src/device/items.c:42:7
    #1 0x401300 in parse_associate /src/device/associate.c:17:3
    #2 0x401400 in serve /src/device/server.c:99:5
    #3 0x401500 in main /src/device/main.c:5:3

SUMMARY: AddressSanitizer: heap-buffer-overflow /src/device/items.c:42:7 in parse_item
==4711==ABORTING
"""
UBSAN = "/src/device/items.c:51:12: runtime error: signed integer overflow: 2147483647 + 1 cannot be represented in type 'int'\n"

IMPLICIT_LE = "1.2.840.10008.1.2"


class Closed(Exception):
    pass


def item(kind, content):
    return struct.pack(">BBH", kind, 0, len(content)) + content


def items(data):
    at = 0
    while at + 4 <= len(data):
        kind, length = data[at], struct.unpack_from(">H", data, at + 2)[0]
        yield kind, data[at + 4:at + 4 + length]
        at += 4 + length


def elements(data, explicit):
    """{(group, element): value} of the top level; stops at what it cannot read."""
    out, at = {}, 0
    with contextlib.suppress(struct.error):
        while at + 8 <= len(data):
            group, element = struct.unpack_from("<HH", data, at)
            if not explicit:
                length, at = struct.unpack_from("<I", data, at + 4)[0], at + 8
            elif data[at + 4:at + 6] in (b"OB", b"OW", b"SQ", b"UN", b"UT", b"UC", b"UR"):
                length, at = struct.unpack_from("<I", data, at + 8)[0], at + 12
            else:
                length, at = struct.unpack_from("<H", data, at + 6)[0], at + 8
            if length > len(data) - at:
                break
            out[group, element] = data[at:at + length]
            at += length
    return out


def encode(values, explicit):
    out = b""
    for (group, element), (vr, raw) in sorted(values.items()):
        raw += b"\0" * (len(raw) % 2) if vr == b"UI" else b" " * (len(raw) % 2)
        out += struct.pack("<HH", group, element) + (vr + struct.pack("<H", len(raw)) if explicit else struct.pack("<I", len(raw))) + raw
    return out


def command(fields):
    out = b""
    for element, value in sorted(fields.items()):
        raw = struct.pack("<H", value) if isinstance(value, int) else value + b"\0" * (len(value) % 2)
        out += struct.pack("<HHI", 0, element, len(raw)) + raw
    return struct.pack("<HHII", 0, 0, 4, len(out)) + out


class Device:
    def __init__(self, mode, stored):
        self.mode, self.stored = mode, stored
        self.listener = None
        self.broken = False
        self.aborted = False  # by a peer, once
        self.one_at_a_time = threading.Lock()
        self.kept, self.lost = {}, []

    def say(self, text):
        sys.stderr.write(text)
        sys.stderr.flush()

    def die(self):
        signal.pthread_kill(threading.get_ident(), signal.SIGSEGV)  # as a fault does: to the thread that is at fault
        threading.Event().wait()

    def trigger(self):
        """Returns when the device goes on."""
        self.broken = True
        if self.mode == "exit":
            os._exit(3)
        elif self.mode in ("segv", "child") or (self.mode == "pair" and self.aborted):
            self.die()
        elif self.mode in ("asan", "child-asan"):
            self.say(ASAN)
            os._exit(1)
        elif self.mode == "ubsan":
            self.say(UBSAN)
        elif self.mode == "deaf":
            self.listener.shutdown(socket.SHUT_RDWR)
            self.listener.close()
        elif self.mode in ("forgets", "spoils"):
            self.kept.clear()
            for file in self.stored.iterdir() if self.stored else ():
                if self.mode == "forgets":
                    file.unlink()
                else:
                    file.write_bytes(file.read_bytes()[:-2] + b"!!")

    def hoard(self):
        if self.mode == "descriptors":
            self.lost.append(open(os.devnull))
        elif self.mode == "memory" or (self.mode == "cache" and len(self.lost) < 60):
            self.lost.append(os.urandom(1 << 18))
        elif self.mode == "heap":
            self.lost.append(os.urandom(1 << 18))
            if len(self.lost) == 40:
                self.lost.clear()

    def serve(self, connection):
        with contextlib.suppress(Closed, OSError, struct.error):
            if self.mode == "stall" and self.broken:
                self.wait_for_close(connection)
            if self.mode == "second" and self.broken:
                with self.one_at_a_time:
                    Association(self, connection).run()
            else:
                Association(self, connection).run()
        connection.close()
        self.hoard()

    @staticmethod
    def wait_for_close(connection):
        while connection.recv(4096):
            pass
        raise Closed

    def run(self, port):
        self.listener = socket.create_server(("127.0.0.1", port), backlog=64)
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:  # mode deaf: the process lives, and nobody listens
                threading.Event().wait()
            if self.mode.startswith("child"):
                child = os.fork()
                if child == 0:
                    self.listener.close()
                    self.serve(connection)
                    os._exit(0)
                connection.close()
                with contextlib.suppress(ChildProcessError):
                    while os.waitpid(-1, os.WNOHANG)[0]:
                        pass
            else:
                if self.mode == "blocks":
                    connection.recv(1, socket.MSG_PEEK)
                threading.Thread(target=self.serve, args=(connection,), daemon=True).start()


class Association:
    def __init__(self, device, connection):
        self.device, self.connection = device, connection
        connection.settimeout(30)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.contexts = {}
        self.requestor_maximum = 16384
        self.parts = {0: b"", 1: b""}
        self.request = None

    def take(self, count):
        data = b""
        while len(data) < count:
            more = self.connection.recv(min(count - len(data), 65536))
            if not more:
                raise Closed
            data += more
        return data

    def pdu(self):
        kind, _, length = struct.unpack(">BBI", self.take(6))
        if not 1 <= kind <= 7:
            self.device.trigger()
            if self.device.mode == "hangs":
                Device.wait_for_close(self.connection)
            self.abort(2, 1)
        if length > 1 << 24:
            self.abort(2, 6)
        return kind, self.take(length)

    def send(self, kind, body):
        self.connection.sendall(struct.pack(">BBI", kind, 0, len(body)) + body)

    def abort(self, source, reason):
        self.send(7, bytes([0, 0, source, reason]))
        raise Closed

    def run(self):
        kind, body = self.pdu()
        if kind != 1:
            self.abort(2, 2)
        if not self.associate(body):
            return
        while True:
            kind, body = self.pdu()
            if kind == 4:
                self.data(body)
            elif kind == 5:
                self.send(6, bytes(4))
                return
            elif kind == 7:
                self.device.aborted = True
                return
            else:
                self.abort(2, 2)

    def associate(self, body):
        if len(body) < 68:
            self.abort(2, 6)
        if body[4:20].strip() == b"TRIGGER":
            self.device.trigger()
            if self.device.mode == "hangs":
                Device.wait_for_close(self.connection)
        if self.device.mode == "rejects" and self.device.broken:
            self.send(3, bytes([0, 2, 3, 1]))
            return False
        answer = struct.pack(">HH", 1, 0) + body[4:68] + item(0x10, b"1.2.840.10008.3.1.1.1")
        user = item(0x51, struct.pack(">I", 16384)) + item(0x52, b"1.2.826.0.1.3680043.10.999.7")
        for kind, content in items(body[68:]):
            if kind == 0x20 and len(content) >= 4:
                inside = list(items(content[4:]))
                syntaxes = [value for sub, value in inside if sub == 0x40]
                chosen = next((s for s in syntaxes if s.rstrip(b"\0") in (b"1.2.840.10008.1.2", b"1.2.840.10008.1.2.1")), None)
                answer += item(0x21, bytes([content[0], 0, 0 if chosen else 4, 0]) + item(0x40, chosen or IMPLICIT_LE.encode()))
                if chosen:
                    self.contexts[content[0]] = chosen.rstrip(b"\0").decode() != IMPLICIT_LE
            elif kind == 0x50:
                for sub, value in items(content):
                    if sub == 0x51 and len(value) == 4:
                        self.requestor_maximum = struct.unpack(">I", value)[0] or 16384
        self.send(2, answer + item(0x50, user))
        return True

    def data(self, body):
        at = 0
        while at + 6 <= len(body):
            length, context, flags = struct.unpack_from(">IBB", body, at)
            if length < 2 or length > len(body) - at - 4 or context not in self.contexts:
                self.abort(2, 6)
            self.parts[flags & 1] += body[at + 6:at + 4 + length]
            at += 4 + length
            if flags & 2:
                whole, self.parts[flags & 1] = self.parts[flags & 1], b""
                if flags & 1:
                    self.request = elements(whole, False)
                    if self.number(0x0800, 0x0101) == 0x0101:
                        self.answer(context, b"")
                elif self.request is None:
                    self.abort(2, 2)
                else:
                    self.answer(context, whole)

    def number(self, element, otherwise=0):
        value = self.request.get((0, element), b"")
        return struct.unpack("<H", value)[0] if len(value) == 2 else otherwise

    def respond(self, context, fields, data=None):
        base = {0x0002: self.request.get((0, 0x0002), b""), 0x0100: self.number(0x0100) | 0x8000, 0x0120: self.number(0x0110),
                0x0800: 0x0101 if data is None else 1}
        if self.device.mode == "forbidden" and self.device.broken:
            self.send(2, bytes(68))
            return
        for part, flag in ((command({**base, **fields}), 3), (data, 2)):
            if part is not None:
                self.send(4, struct.pack(">IBB", len(part) + 2, context, flag) + part)

    def answer(self, context, data):
        what = self.number(0x0100)
        if what == 0x0030:
            self.respond(context, {0x0900: 0})
        elif what == 0x0001:
            uid = self.request.get((0, 0x1000), b"")
            self.respond(context, {0x0900: 0 if self.keep(uid, data, context) else 0xA700, 0x1000: uid})
        elif what == 0x0020:
            asked = elements(data, self.contexts[context]).get((0x0020, 0x000D), b"").rstrip(b"\0 ")
            for study in sorted(self.device.kept):
                if study == asked:
                    self.respond(context, {0x0900: 0xFF00}, encode(
                        {(0x0008, 0x0052): (b"CS", b"STUDY"), (0x0020, 0x000D): (b"UI", study)}, self.contexts[context]))
            self.respond(context, {0x0900: 0})
        elif what == 0x0FFF:
            pass
        else:
            self.respond(context, {0x0900: 0x0211})
        self.request = None

    def keep(self, uid, data, context):
        name = uid.rstrip(b"\0 ").decode("ascii", "replace")
        if not name or any(c not in "0123456789." for c in name):
            return False
        study = elements(data, self.contexts[context]).get((0x0020, 0x000D), b"").rstrip(b"\0 ")
        if len(self.device.kept) < 10000:
            self.device.kept[study] = uid
        if self.device.stored:
            (self.device.stored / name).write_bytes(data)
        return True


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0],
                                     epilog="; ".join(f"{name}: {what}" for name, what in MODES.items()))
    parser.add_argument("mode", choices=MODES)
    parser.add_argument("port", type=int)
    parser.add_argument("--stored", type=pathlib.Path)
    given = parser.parse_args()
    if given.stored:
        given.stored.mkdir(exist_ok=True)
    Device(given.mode, given.stored).run(given.port)


if __name__ == "__main__":
    main()
