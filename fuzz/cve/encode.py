"""A small encoder of PDUs, messages, Data Sets and files, right by default, for the seeds of make_seeds.py."""
import struct

IMPLICIT = "1.2.840.10008.1.2"
EXPLICIT = "1.2.840.10008.1.2.1"
DEFLATED = "1.2.840.10008.1.2.1.99"
RLE = "1.2.840.10008.1.2.5"
JPEG_LS = "1.2.840.10008.1.2.4.80"
JPEG_2000 = "1.2.840.10008.1.2.4.90"
JPEG = "1.2.840.10008.1.2.4.50"
VERIFICATION = "1.2.840.10008.1.1"
CT = "1.2.840.10008.5.1.4.1.1.2"
ENHANCED_CT = "1.2.840.10008.5.1.4.1.1.2.1"
SECONDARY_CAPTURE = "1.2.840.10008.5.1.4.1.1.7"
STUDY_FIND = "1.2.840.10008.5.1.4.1.2.2.1"
WORKLIST = "1.2.840.10008.5.1.4.31"
LONG = {"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"}
UNDEFINED = 0xFFFFFFFF


# Data Sets (PS3.5 7), little endian


def even(value, fill=b" "):
    return value + fill if len(value) % 2 else value


def text(value, vr):
    return even(value.encode("latin-1"), b"\0" if vr == "UI" else b" ")


def el(group, number, vr, value=b"", length=None, explicit=True):
    """One element; `value` is text, a number of a numeric VR, or bytes; `length` is written instead of the true one."""
    if isinstance(value, str):
        value = text(value, vr)
    elif isinstance(value, (int, tuple)):
        form = {"US": "H", "SS": "h", "UL": "I", "OW": "H", "AT": "H"}[vr]
        numbers = value if isinstance(value, tuple) else (value,)
        value = struct.pack("<" + form * len(numbers), *numbers)
    length = len(value) if length is None else length
    head = struct.pack("<HH", group, number)
    if not explicit:
        return head + struct.pack("<I", length) + value
    if vr in LONG:
        return head + vr.encode() + b"\0\0" + struct.pack("<I", length) + value
    return head + vr.encode() + struct.pack("<H", length & 0xFFFF) + value


def item(content=b"", length=None):
    return struct.pack("<HHI", 0xFFFE, 0xE000, len(content) if length is None else length) + content


END_OF_ITEM = struct.pack("<HHI", 0xFFFE, 0xE00D, 0)
END_OF_SEQUENCE = struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)


def fragments(*pieces, length=UNDEFINED, end=True):
    """Encapsulated Pixel Data (PS3.5 A.4): offset table, fragments, delimiter."""
    inside = b"".join(piece if isinstance(piece, bytes) and piece[:4] == b"\xfe\xff\x00\xe0" else item(piece) for piece in pieces)
    return el(0x7FE0, 0x0010, "OB", inside + (END_OF_SEQUENCE if end else b""), length)


def identity(sop_class=SECONDARY_CAPTURE, instance="1.2.3.4.5", study="1.2.3"):
    return {0x00080016: el(0x0008, 0x0016, "UI", sop_class), 0x00080018: el(0x0008, 0x0018, "UI", instance),
            0x00100010: el(0x0010, 0x0010, "PN", "TEST^CASE"), 0x00100020: el(0x0010, 0x0020, "LO", "T1"),
            0x0020000D: el(0x0020, 0x000D, "UI", study), 0x0020000E: el(0x0020, 0x000E, "UI", study + ".1")}


def image(rows=4, columns=4, allocated=8, stored=8, high=None, samples=1, photometric="MONOCHROME2 ", frames=None,
          pixels=None, **who):
    out = identity(**who)
    out |= {0x00280002: el(0x0028, 0x0002, "US", samples), 0x00280004: el(0x0028, 0x0004, "CS", photometric),
            0x00280010: el(0x0028, 0x0010, "US", rows), 0x00280011: el(0x0028, 0x0011, "US", columns),
            0x00280100: el(0x0028, 0x0100, "US", allocated), 0x00280101: el(0x0028, 0x0101, "US", stored),
            0x00280102: el(0x0028, 0x0102, "US", stored - 1 if high is None else high), 0x00280103: el(0x0028, 0x0103, "US", 0)}
    if frames is not None:
        out[0x00280008] = el(0x0028, 0x0008, "IS", str(frames))
    out[0x7FE00010] = pixels if pixels is not None else el(0x7FE0, 0x0010, "OW", bytes(16))
    return out


def data_set(elements):
    """The elements of a dictionary in the order of their tags."""
    return b"".join(elements[tag] for tag in sorted(elements))


# Files (PS3.10 7)


def meta(syntax=EXPLICIT, sop_class=SECONDARY_CAPTURE, instance="1.2.3.4.5", more=b"", length=None):
    inside = (el(0x0002, 0x0001, "OB", b"\0\1") + el(0x0002, 0x0002, "UI", sop_class) + el(0x0002, 0x0003, "UI", instance) +
              el(0x0002, 0x0010, "UI", syntax) + el(0x0002, 0x0012, "UI", "1.2.3.4") + more)
    return el(0x0002, 0x0000, "UL", len(inside) if length is None else length) + inside


def file(elements, syntax=EXPLICIT, preamble=bytes(128), head=None):
    body = elements if isinstance(elements, bytes) else data_set(elements)
    return preamble + b"DICM" + (meta(syntax) if head is None else head) + body


# PDUs (PS3.8 9.3)


def pdu(kind, body, length=None):
    return struct.pack(">BBI", kind, 0, len(body) if length is None else length) + body


def sub(kind, value, length=None):
    value = value.encode("latin-1") if isinstance(value, str) else value
    return struct.pack(">BBH", kind, 0, len(value) if length is None else length) + value


def context(number, abstract, *syntaxes):
    return sub(0x20, bytes((number, 0, 0, 0)) + sub(0x30, abstract) + b"".join(sub(0x40, s) for s in syntaxes or (IMPLICIT,)))


def role(uid, scu=1, scp=1, length=None):
    return sub(0x54, struct.pack(">H", len(uid) if length is None else length) + uid.encode() + bytes((scu, scp)))


MAXIMUM = sub(0x51, struct.pack(">I", 16384))
IMPLEMENTATION = sub(0x52, "1.2.3.4")


def associate(contexts, called="ANY-SCP", calling="FUZZ", user=MAXIMUM + IMPLEMENTATION, kind=1, length=None):
    body = (b"\0\1\0\0" + called.encode("latin-1")[:16].ljust(16) + calling.encode("latin-1")[:16].ljust(16) + bytes(32) +
            sub(0x10, "1.2.840.10008.3.1.1.1") + b"".join(contexts) + (sub(0x50, user) if user else b""))
    return pdu(kind, body, length)


def accepted(*numbers):
    return associate([sub(0x21, bytes((n, 0, 0, 0)) + sub(0x40, IMPLICIT)) for n in numbers], kind=2)


RELEASE = pdu(5, bytes(4))
ABORT = pdu(7, bytes(4))


def pdv(number, control, content, length=None):
    return struct.pack(">IBB", len(content) + 2 if length is None else length, number, control) + content


def plain(group, number, value):
    return el(group, number, "", value, explicit=False)


def u16(value):
    return struct.pack("<H", value)


def command(field, message=1, sop_class=VERIFICATION, data=0x0101, more=b""):
    inside = (plain(0, 2, text(sop_class, "UI")) + plain(0, 0x0100, u16(field)) + plain(0, 0x0110, u16(message)) +
              plain(0, 0x0700, u16(0)) + plain(0, 0x0800, u16(data)) + more)
    return plain(0, 0, struct.pack("<I", len(inside))) + inside


def message(number, command_set, content=None):
    out = pdu(4, pdv(number, 3, command_set))
    return out if content is None else out + pdu(4, pdv(number, 2, content))


def store(number, instance, elements, message_id=1):
    """A C-STORE-RQ with a Data Set in Implicit VR Little Endian."""
    asked = command(0x0001, message_id, CT, 0, plain(0, 0x1000, text(instance, "UI")))
    return message(number, asked, elements)


def program(*pieces, setup=0):
    """The instructions of fuzz_acceptor and fuzz_requestor: bytes of the peer as they stand."""
    out = bytes((setup,))
    for piece in pieces:
        for start in range(0, len(piece), 0xFFFF):
            part = piece[start:start + 0xFFFF]
            out += b"\0" + struct.pack("<H", len(part)) + part
    return out
