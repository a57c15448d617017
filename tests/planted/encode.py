"""Writes DICOM by hand, right or wrong: elements, sequences, files, PDUs. Every length may be given, to lie."""
import struct
import zlib

LONG = {"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "SV", "UC", "UN", "UR", "UT", "UV"}
NUMBERS = {"US": "H", "SS": "h", "UL": "I", "SL": "i"}
UNDEFINED = 0xFFFFFFFF

IMPLICIT = "1.2.840.10008.1.2"
EXPLICIT = "1.2.840.10008.1.2.1"
BIG = "1.2.840.10008.1.2.2"
DEFLATED = "1.2.840.10008.1.2.1.99"
RLE = "1.2.840.10008.1.2.5"
JPEG = "1.2.840.10008.1.2.4.50"


class Writer:
    """Data sets in one of the three encodings."""

    def __init__(self, explicit=True, big=False):
        self.explicit, self.order = explicit, ">" if big else "<"

    def pack(self, letters, *numbers):
        return struct.pack(self.order + letters, *numbers)

    def tag(self, tag):
        return self.pack("HH", tag >> 16, tag & 0xFFFF)

    def value(self, vr, value):
        """Bytes of a value: numbers by their VR, text padded to even length, bytes as they are."""
        if isinstance(value, int):
            value = (value,)
        if isinstance(value, tuple):
            return self.pack(NUMBERS[vr] * len(value), *value)
        if isinstance(value, str):
            value = value.encode("latin-1")
            return value + (b"\0" if vr == "UI" else b" ") * (len(value) % 2)
        return value

    def element(self, tag, vr, value, length=None):
        body = self.value(vr, value)
        length = len(body) if length is None else length
        if not self.explicit:
            return self.tag(tag) + self.pack("I", length) + body
        if vr in LONG or vr not in KNOWN:
            return self.tag(tag) + vr.encode("latin-1") + self.pack("HI", 0, length) + body
        return self.tag(tag) + vr.encode("latin-1") + self.pack("H", length) + body

    def item(self, body, length=None):
        return self.tag(0xFFFEE000) + self.pack("I", len(body) if length is None else length) + body

    def open_item(self, body):
        return self.item(body, UNDEFINED) + self.tag(0xFFFEE00D) + self.pack("I", 0)

    def sequence(self, tag, *items, end=0):
        """Of undefined length; `end` is the length of its delimiter."""
        return self.element(tag, "SQ", b"".join(items) + self.tag(0xFFFEE0DD) + self.pack("I", end), UNDEFINED)

    def sized_sequence(self, tag, *items):
        return self.element(tag, "SQ", b"".join(items))

    def encapsulated(self, *fragments, closing=0xFFFEE0DD):
        """Pixel data of fragments; the first is the basic offset table."""
        body = b"".join(self.item(fragment) for fragment in fragments)
        return self.element(0x7FE00010, "OB", body + self.tag(closing) + self.pack("I", 0), UNDEFINED)


KNOWN = LONG | set(NUMBERS) | set("AE AS AT CS DA DS DT FD FL IS LO LT PN SH ST TM UI".split())
E = Writer()


def meta(*elements, length=None):
    body = b"".join(elements)
    return E.element(0x00020000, "UL", len(body) if length is None else length) + body


def part10(data_set, syntax=EXPLICIT, information=None):
    if information is None:
        information = meta(E.element(0x00020001, "OB", b"\0\1"), E.element(0x00020010, "UI", syntax))
    if syntax == DEFLATED:
        packer = zlib.compressobj(9, zlib.DEFLATED, -15)
        data_set = packer.compress(data_set) + packer.flush()
    return bytes(128) + b"DICM" + information + data_set


IMAGE = {  # name: tag, VR, value; a grey image of two by two
    "samples": (0x00280002, "US", 1), "photometric": (0x00280004, "CS", "MONOCHROME2"), "planar": (0x00280006, "US", None),
    "frames": (0x00280008, "IS", None), "rows": (0x00280010, "US", 2), "columns": (0x00280011, "US", 2),
    "allocated": (0x00280100, "US", 8), "stored": (0x00280101, "US", 8), "high_bit": (0x00280102, "US", 7),
    "representation": (0x00280103, "US", 0),
    "red": (0x00281101, "US", None), "green": (0x00281102, "US", None), "blue": (0x00281103, "US", None),
    "red_data": (0x00281201, "OW", None), "green_data": (0x00281202, "OW", None), "blue_data": (0x00281203, "OW", None),
    "pixels": (0x7FE00010, "OW", b"\1\2\3\4"),
}


def image(writer=E, before=b"", between=b"", behind=b"", **changes):
    """Elements of an image: a value for a name of IMAGE replaces, (VR, value) does so with another VR, None leaves out.
    `before` stands in front of group 0028, `between` in front of the pixel data, `behind` behind it."""
    out = before
    for name, (tag, vr, value) in IMAGE.items():
        value = changes.get(name, value)
        if isinstance(value, tuple) and isinstance(value[0], str):
            vr, value = value
        if name == "pixels":
            out += between
        if value is not None:
            out += writer.element(tag, vr, value)
    return out + behind


def record(offsets, file="A", in_use=0xFFFF):
    """A directory record with (next, lower) and a Referenced File ID."""
    return E.item(E.element(0x00041400, "UL", offsets[0]) + E.element(0x00041410, "US", in_use) +
                  E.element(0x00041420, "UL", offsets[1]) + E.element(0x00041500, "CS", file))


RECORD = len(record((0, 0)))


def directory(make, count, root=0):
    """A DICOMDIR of `count` records; make(offset of the first record) gives them. `root` is which one is first."""
    head = part10(b"")
    first = len(head) + 12 + 12 + 12
    records = make([first + RECORD * i for i in range(count)])
    return head + (E.element(0x00041200, "UL", first + RECORD * root) + E.element(0x00041202, "UL", first) +
                   E.sized_sequence(0x00041220, *records))


def rle(*segments, count=None, offsets=None):
    """A frame: header of 64 bytes, segments."""
    places = [64 + sum(map(len, segments[:i])) for i in range(len(segments))] if offsets is None else offsets
    header = struct.pack("<I", len(segments) if count is None else count) + b"".join(struct.pack("<I", place) for place in places)
    return header.ljust(64, b"\0") + b"".join(segments)


# Upper layer and DIMSE. Numbers of the upper layer are big endian, command sets implicit VR little endian.

VERIFICATION = "1.2.840.10008.1.1"
CT = "1.2.840.10008.5.1.4.1.1.2"
FIND = "1.2.840.10008.5.1.4.1.2.2.1"
I = Writer(explicit=False)


def pdu(kind, body, length=None):
    return struct.pack(">BBI", kind, 0, len(body) if length is None else length) + body


def item(kind, body, length=None):
    body = body.encode("latin-1") if isinstance(body, str) else body
    return struct.pack(">BBH", kind, 0, len(body) if length is None else length) + body


def context(number, abstract=VERIFICATION, *transfer):
    syntaxes = b"".join(item(0x40, uid) for uid in (transfer or (IMPLICIT,)))
    return item(0x20, struct.pack(">BBBB", number, 0, 0, 0) + item(0x30, abstract) + syntaxes)


MAXIMUM = item(0x51, struct.pack(">I", 16384))


def associate(*contexts, user=MAXIMUM, calling="ASSAY", version=1, rest=b""):
    fixed = struct.pack(">HH", version, 0) + b"ANY-SCP".ljust(16) + calling.encode("latin-1").ljust(16) + bytes(32)
    return pdu(1, fixed + item(0x10, "1.2.840.10008.3.1.1.1") + b"".join(contexts) + item(0x50, user) + rest)


def pdv(number, control, body, length=None):
    return struct.pack(">IBB", len(body) + 2 if length is None else length, number, control) + body


def p_data(*values):
    return pdu(4, b"".join(values))


def command(field, sop_class=VERIFICATION, data=0x0101, instance=None, lie=None, message=1):
    """A command set; `lie` is the length of its last element."""
    elements = [(0x0002, "UI", sop_class), (0x0100, "US", field), (0x0110, "US", message), (0x0800, "US", data)]
    if field == 0x0FFF:
        elements = [(0x0100, "US", field), (0x0120, "US", message), (0x0800, "US", data)]
    if instance is not None:
        elements.append((0x1000, "UI", instance))
    parts = [I.element(number, vr, value) for number, vr, value in elements[:-1]]
    number, vr, value = elements[-1]
    return b"".join(parts) + I.element(number, vr, value, lie)


RELEASE = pdu(5, bytes(4))
ABORT = pdu(7, bytes(4))
