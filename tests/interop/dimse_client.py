"""A C-FIND SCU of a few lines, independent of Assay: Data Sets in Explicit VR Little Endian from and to plain dictionaries,
one association, one query after another on it (PS3.5 7.1, PS3.7 9.3.2, PS3.8 9.3). Only for tests over loopback.

A Data Set is {keyword: value}: text of all values with backslashes between them, a whole number for US, a list of such
dictionaries for a sequence. Text is Unicode; (0008,0005) of the same Data Set says how it is encoded."""

import functools
import socket
import struct

from pydicom import datadict

PATIENT_ROOT = "1.2.840.10008.5.1.4.1.2.1.1"
STUDY_ROOT = "1.2.840.10008.5.1.4.1.2.2.1"
EXPLICIT_LE = "1.2.840.10008.1.2.1"
# What Python calls the character sets of (0008,0005) that the golden set uses; a first value left empty is ISO_IR 6.
CODECS = {"": "ascii", "ISO_IR 100": "latin-1", "ISO_IR 192": "utf-8", "\\ISO 2022 IR 87": "iso2022_jp"}
IN_CHARACTER_SET = {"SH", "LO", "ST", "LT", "UC", "UT", "PN"}  # PS3.5 6.1.2.2
LONG_FORM = {"OB", "OW", "SQ", "UN", "UT", "UC", "UR", "OD", "OF", "OL", "OV", "SV", "UV"}  # PS3.5 7.1.2


@functools.cache
def tag_of(keyword):
    tag = datadict.tag_for_keyword(keyword)
    if tag is None:
        raise KeyError(f"PS3.6 knows no {keyword}")
    return tag


@functools.cache
def vr_of(keyword):
    if keyword == "PixelData":
        return "OW"
    return datadict.dictionary_VR(tag_of(keyword)).split(" or ")[0]


def codec(data_set):
    return CODECS[data_set.get("SpecificCharacterSet", "")]


def encode(data_set, outer="ascii"):
    """The bytes of a Data Set; raises UnicodeEncodeError where its character set lacks a character."""
    text_codec = codec(data_set) if "SpecificCharacterSet" in data_set else outer
    out = bytearray()
    for keyword in sorted(data_set, key=tag_of):
        tag, vr, value = tag_of(keyword), vr_of(keyword), data_set[keyword]
        if vr == "SQ":
            raw = b"".join(struct.pack("<HHI", 0xFFFE, 0xE000, len(item)) + item for item in (encode(i, text_codec) for i in value))
        elif isinstance(value, bytes):
            raw = value
        elif isinstance(value, int):
            raw = struct.pack("<H", value)
        else:
            raw = value.encode(text_codec if vr in IN_CHARACTER_SET else "ascii")
            raw += (b"\0" if vr == "UI" else b" ") * (len(raw) % 2)
        head = struct.pack("<HH", tag >> 16, tag & 0xFFFF) + vr.encode()
        out += head + (struct.pack("<HI", 0, len(raw)) if vr in LONG_FORM else struct.pack("<H", len(raw))) + raw
    return bytes(out)


def elements(data):
    """(tag, VR, value) of each element; of a sequence the value is a list of the items' bytes."""
    at = 0
    while at < len(data):
        group, element = struct.unpack_from("<HH", data, at)
        vr = data[at + 4:at + 6].decode("ascii")
        if vr in LONG_FORM:
            length, at = struct.unpack_from("<I", data, at + 8)[0], at + 12
        else:
            length, at = struct.unpack_from("<H", data, at + 6)[0], at + 8
        if vr == "SQ":
            items, at = items_of(data, at, length)
            yield group << 16 | element, vr, items
        else:
            if length > len(data) - at:
                raise ValueError(f"({group:04X},{element:04X}) is longer than the Data Set")
            yield group << 16 | element, vr, data[at:at + length]
            at += length


def items_of(data, at, length):
    """The items of a sequence and where it ends; defined and undefined lengths (PS3.5 7.5)."""
    end = None if length == 0xFFFFFFFF else at + length
    items = []
    while end is None or at < end:
        group, element, size = struct.unpack_from("<HHI", data, at)
        at += 8
        if (group, element) == (0xFFFE, 0xE0DD):
            break
        if size == 0xFFFFFFFF:
            size = undefined_item(data, at)
            items.append(data[at:at + size])
            at += 8
        else:
            items.append(data[at:at + size])
        at += size
    return items, at


def undefined_item(data, start):
    """How long the item is, up to its delimiter."""
    at = start
    while struct.unpack_from("<HH", data, at) != (0xFFFE, 0xE00D):
        vr = data[at + 4:at + 6].decode("ascii")
        if vr in LONG_FORM:
            length, at = struct.unpack_from("<I", data, at + 8)[0], at + 12
        else:
            length, at = struct.unpack_from("<H", data, at + 6)[0], at + 8
        at = items_of(data, at, length)[1] if vr == "SQ" else at + length
    return at - start


def decode(data, outer="ascii"):
    """The dictionary of a Data Set; what its character set cannot read becomes U+FFFD."""
    found = list(elements(data))
    text_codec = outer
    for tag, _, value in found:
        if tag == 0x00080005:
            text_codec = CODECS.get(value.decode("ascii").strip(" \0"), "ascii")
    out = {}
    for tag, vr, value in found:
        keyword = datadict.keyword_for_tag(tag) or f"{tag:08X}"
        if vr == "SQ":
            out[keyword] = [decode(item, text_codec) for item in value]
        elif vr == "US":
            out[keyword] = struct.unpack("<H", value)[0] if len(value) == 2 else ""
        else:
            out[keyword] = value.decode(text_codec if vr in IN_CHARACTER_SET else "ascii", "replace").rstrip("\0 ")
    return out


def part10(data_set):
    """A file in Explicit VR Little Endian (PS3.10 7.1)."""
    def element(number, vr, raw):
        raw += b"\0" * (len(raw) % 2)
        return struct.pack("<HH", 2, number) + vr + (struct.pack("<HI", 0, len(raw)) if vr == b"OB" else struct.pack("<H", len(raw))) + raw
    meta = (element(1, b"OB", b"\0\1") + element(2, b"UI", data_set["SOPClassUID"].encode()) +
            element(3, b"UI", data_set["SOPInstanceUID"].encode()) + element(0x10, b"UI", EXPLICIT_LE.encode()) +
            element(0x12, b"UI", b"1.2.826.0.1.3680043.10.999.1"))
    return b"\0" * 128 + b"DICM" + element(0, b"UL", struct.pack("<I", len(meta))) + meta + encode(data_set)


class Answer:
    """What one query brought: (status, Identifier) of each pending response, and the final status."""

    def __init__(self):
        self.pending, self.final = [], None


class Association:
    """One association with FIND of Patient and Study Root; `accepted` are the SOP Classes that the peer took. `extended` is
    the application information proposed for both (PS3.4 C.5.1.1), `granted` what the peer answered, by SOP Class."""

    def __init__(self, port, called, calling="GOLDEN", limit=60, extended=b""):
        self.extended = extended
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=limit)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.received = bytearray()
        self.message = 0
        self.contexts = {PATIENT_ROOT: 1, STUDY_ROOT: 3}
        self.socket.sendall(self.request(called, calling))
        kind, body = self.pdu()
        if kind != 2:
            raise RuntimeError(f"no A-ASSOCIATE-AC but PDU type {kind}: {body.hex()}")
        taken, self.max_length = self.accepted_contexts(body)
        self.granted = self.extended_negotiation(body)
        self.accepted = [uid for uid, number in self.contexts.items() if number in taken]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        try:
            self.socket.sendall(struct.pack(">BBII", 5, 0, 4, 0))
            while self.pdu()[0] != 6:
                pass
        except (OSError, RuntimeError):
            pass  # the test has its answers, or its error, by now
        self.socket.close()

    def request(self, called, calling):
        def item(kind, body):
            return struct.pack(">BBH", kind, 0, len(body)) + body
        contexts = b"".join(item(0x20, bytes([number, 0, 0, 0]) + item(0x30, uid.encode()) + item(0x40, EXPLICIT_LE.encode()))
                            for uid, number in self.contexts.items())
        user = item(0x51, struct.pack(">I", 0)) + item(0x52, b"1.2.826.0.1.3680043.10.999.1")
        if self.extended:
            user += b"".join(item(0x56, struct.pack(">H", len(uid)) + uid.encode() + self.extended) for uid in self.contexts)
        body = (struct.pack(">HH", 1, 0) + called.ljust(16).encode() + calling.ljust(16).encode() + bytes(32) +
                item(0x10, b"1.2.840.10008.3.1.1.1") + contexts + item(0x50, user))
        return struct.pack(">BBI", 1, 0, len(body)) + body

    @staticmethod
    def accepted_contexts(body):
        taken, longest, at = set(), 16384, 68
        while at + 4 <= len(body):
            kind, _, length = struct.unpack_from(">BBH", body, at)
            if kind == 0x21 and body[at + 6] == 0:
                taken.add(body[at + 4])
            if kind == 0x50 and body[at + 4] == 0x51:
                longest = struct.unpack_from(">I", body, at + 8)[0] or 16384
            at += 4 + length
        return taken, longest

    @staticmethod
    def extended_negotiation(body):
        out, at = {}, 68
        while at + 4 <= len(body):
            kind, _, length = struct.unpack_from(">BBH", body, at)
            if kind == 0x50:  # the items of User Information stand in it
                length = 0
            elif kind == 0x56:
                size = struct.unpack_from(">H", body, at + 4)[0]
                out[body[at + 6:at + 6 + size].decode()] = body[at + 6 + size:at + 4 + length]
            at += 4 + length
        return out

    def take(self, count):
        while len(self.received) < count:
            more = self.socket.recv(1 << 16)
            if not more:
                raise RuntimeError("the peer closed the connection")
            self.received += more
        out = bytes(self.received[:count])
        del self.received[:count]
        return out

    def pdu(self):
        kind, _, length = struct.unpack(">BBI", self.take(6))
        body = self.take(length)
        if kind == 7:
            raise RuntimeError(f"A-ABORT, source {body[2]}, reason {body[3]}")
        return kind, body

    def send(self, context, data, flag):
        room = self.max_length - 6
        for at in range(0, len(data), room):
            part = data[at:at + room]
            last = 2 if at + room >= len(data) else 0
            self.socket.sendall(struct.pack(">BBIIBB", 4, 0, len(part) + 6, len(part) + 2, context, flag | last) + part)

    def messages(self):
        """(Command Set, Data Set or None) of each message that comes in."""
        parts = {1: bytearray(), 0: bytearray()}
        command = None
        while True:
            kind, body = self.pdu()
            if kind != 4:
                raise RuntimeError(f"no P-DATA-TF but PDU type {kind}")
            at = 0
            while at < len(body):
                length, _, flags = struct.unpack_from(">IBB", body, at)
                parts[flags & 1] += body[at + 6:at + 4 + length]
                at += 4 + length
                if not flags & 2:
                    continue
                if flags & 1:
                    command = command_set(bytes(parts[1]))
                    parts[1].clear()
                    if command[0x0800] != 0x0101:
                        continue
                    yield command, None
                else:
                    data = bytes(parts[0])
                    parts[0].clear()
                    yield command, data

    def find(self, sop_class, identifier):
        """One C-FIND, to its final response."""
        self.message = self.message % 65535 + 1
        context = self.contexts[sop_class]
        self.send(context, command_bytes({0x0002: sop_class, 0x0100: 0x0020, 0x0110: self.message, 0x0700: 0, 0x0800: 1}), 1)
        self.send(context, encode(identifier), 0)
        answer = Answer()
        for command, data in self.messages():
            if command[0x0120] != self.message:
                raise RuntimeError(f"an answer to message {command[0x0120]}, {self.message} was asked")
            if command[0x0900] not in (0xFF00, 0xFF01):
                answer.final = command[0x0900]
                return answer
            answer.pending.append((command[0x0900], decode(data)))


def command_bytes(fields):
    """Implicit VR Little Endian with its group length (PS3.7 6.3.1)."""
    out = b""
    for element, value in sorted(fields.items()):
        raw = struct.pack("<H", value) if isinstance(value, int) else value.encode() + b"\0" * (len(value) % 2)
        out += struct.pack("<HHI", 0, element, len(raw)) + raw
    return struct.pack("<HHII", 0, 0, 4, len(out)) + out


def command_set(data):
    """The numbers of a Command Set by element."""
    out, at = {}, 0
    while at < len(data):
        _, element, length = struct.unpack_from("<HHI", data, at)
        if length == 2:
            out[element] = struct.unpack_from("<H", data, at + 8)[0]
        at += 8 + length
    return out
