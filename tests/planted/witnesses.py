#!/usr/bin/env python3
"""Inputs for the planted targets: correct ones of every kind, which no bug may trip on and which are the seeds of the
fuzzer, and for each bug of bugs.tsv one small input that it trips on.

    tests/planted/witnesses.py OUT      writes OUT/correct/file/*, OUT/correct/wire/*, OUT/witness/07 ...
"""
import argparse
import pathlib
import struct
import sys

from encode import (ABORT, BIG, CT, DEFLATED, E, EXPLICIT, FIND, I, IMPLICIT, JPEG, MAXIMUM, RELEASE, RLE, VERIFICATION, Writer,
                    associate, command, context, directory, image, item, meta, p_data, part10, pdu, pdv, record, rle)

B = Writer(big=True)
UID = "1.2.3"
PALETTE = {"photometric": "PALETTE COLOR", "red": (4, 0, 16), "green": (4, 0, 16), "blue": (4, 0, 16), "red_data": bytes(8),
           "green_data": bytes(8), "blue_data": bytes(8), "pixels": b"\0\1\2\3"}
COLOUR = {"samples": 3, "photometric": "RGB", "planar": 0, "pixels": bytes(range(12))}
SUBSAMPLED = {"samples": 3, "photometric": "YBR_FULL_422", "planar": 0, "pixels": bytes(8)}
NO_PIXELS = {"pixels": None}


def overlay(group=0x6000, rows=2, columns=2, origin=(1, 1), data=b"\x0f\0"):
    base = group << 16
    return (E.element(base | 0x10, "US", rows) + E.element(base | 0x11, "US", columns) +
            E.element(base | 0x50, "SS", origin) + E.element(base | 0x3000, "OW", data))


def icon(**changes):
    return E.sequence(0x00880200, E.item(image(rows=1, columns=2, **changes)))


def groups(count):
    return E.sequence(0x52009230, *[E.item(E.element(0x00209111, "SQ", b"")) for _ in range(count)])


def lut():
    return E.sequence(0x00283000, E.item(E.element(0x00283002, "US", (2, 0, 16)) + E.element(0x00283006, "OW", bytes(4))))


def text(*values, terms="ISO_IR 100"):
    """Elements with text in a character set."""
    return E.element(0x00080005, "CS", terms) + b"".join(E.element(0x00100010 + i, "LO", value) for i, value in enumerate(values))


def rle_image(frame, **changes):
    return part10(image(**NO_PIXELS, behind=E.encapsulated(b"", frame), **changes), RLE)


def jpeg_image(*fragments, frames=2, **options):
    return part10(image(**NO_PIXELS, frames=str(frames), behind=E.encapsulated(*fragments, **options)), JPEG)


def words(*numbers):
    return struct.pack(f"<{len(numbers)}I", *numbers)


def correct_files():
    nested = E.sequence(0x00081140, E.open_item(E.element(0x00081155, "UI", UID)), E.item(E.sequence(0x00081199)))
    plain = E.element(0x00100010, "PN", "Doe^Jane") + E.element(0x00100020, "LO", "17")
    rle_word = rle(b"\x03\0\0\0\0", b"\xfd\x07")
    return {
        "explicit": part10(plain + nested + image()),
        "implicit": part10(image(Writer(explicit=False), before=I.element(0x00100010, "PN", "Doe")), IMPLICIT),
        "big": part10(image(B, allocated=16, stored=12, high_bit=11, pixels=bytes(8)), BIG),
        "deflated": part10(plain + image(pixels=b"\5" * 400, rows=20, columns=20), DEFLATED),
        "sized": part10(E.sized_sequence(0x00081140, E.item(E.element(0x00081155, "UI", UID))) + image()),
        "colour": part10(image(**COLOUR)),
        "planes": part10(image(**{**COLOUR, "planar": 1})),
        "subsampled": part10(image(**SUBSAMPLED)),
        "frames": part10(image(frames="2", between=groups(2), pixels=bytes(8))),
        "signed": part10(image(allocated=16, stored=16, high_bit=15, representation=1, pixels=b"\xff\xff" * 4)),
        "palette": part10(image(**PALETTE)),
        "icon-lut": part10(image(between=lut() + icon())),
        "overlay": part10(image(between=overlay() + overlay(0x6002, origin=(2, 2)))),
        "rle": rle_image(rle(b"\x03\1\2\3\4")),
        "rle-word": rle_image(rle_word, allocated=16, stored=16, high_bit=15),
        "jpeg": jpeg_image(b"", b"\xff\xd8\xff\xd9", frames=1),
        "jpeg-table": jpeg_image(words(0, 12), b"\xff\xd8\xff\xd9", b"\xff\xd8\xff\xd9"),
        "jpeg-frames": jpeg_image(b"", b"\xff\xd8\xff\xd9", b"\xff\xd8\xd9\0"),
        "latin": part10(text(b"B\xe4r ")),
        "japanese": part10(text(b"\x1b$B:3\x1b(B", terms="\\ISO 2022 IR 87")),
        "korean": part10(text(b"\x1b$)C\xb1\xe8", terms="\\ISO 2022 IR 149")),
        "private": part10(E.element(0x00090010, "LO", "ASSAY") + E.element(0x00091001, "LO", "x ")),
        "directory": directory(lambda at: [record((at[2], at[1])), record((0, 0), "B"), record((0, 0), "A\\B")], 3),
    }


ECHO = command(0x0030)


def storing(number=3, instance=UID, said=None, lie=None, data=0):
    """PDVs of a C-STORE."""
    inside = E.element(0x00080018, "UI", instance if said is None else said)
    return pdv(number, 3, command(0x0001, CT, data, instance, lie)) + pdv(number, 2, inside)


def finding(keys=None, number=5):
    keys = E.element(0x00080052, "CS", "IMAGE") + E.element(0x00100010, "PN", "") if keys is None else keys
    return p_data(pdv(number, 3, command(0x0020, FIND, 0))) + p_data(pdv(number, 2, keys))


ALL = (context(1), context(3, CT, EXPLICIT), context(5, FIND, EXPLICIT), context(7, "1.2.3.4", IMPLICIT, EXPLICIT))
OPEN = associate(*ALL)
ONE = associate(context(1))
STORE = associate(context(3, CT, EXPLICIT))


def correct_streams():
    role = item(0x54, struct.pack(">H", len(CT)) + CT.encode() + b"\1\1")
    extended = item(0x56, struct.pack(">H", len(FIND)) + FIND.encode() + b"\1\1\1")
    about = MAXIMUM + item(0x52, "1.2.3") + item(0x53, b"\0\1\0\1") + role + item(0x55, "ASSAY") + extended
    return {
        "echo": ONE + p_data(pdv(1, 3, ECHO)) + RELEASE,
        "echo-in-pieces": ONE + p_data(pdv(1, 1, ECHO[:20]), pdv(1, 3, ECHO[20:])) + RELEASE,
        "items": associate(*ALL, user=about) + RELEASE,
        "any-length": associate(context(1), user=item(0x51, bytes(4))) + p_data(pdv(1, 3, ECHO)) + RELEASE,
        "short-length": associate(context(1), user=item(0x51, b"\0\0\0\x40")) + p_data(pdv(1, 3, ECHO)) + RELEASE,
        "store": OPEN + p_data(storing()) + p_data(storing(instance="1.2.4")) + RELEASE,
        "store-find": OPEN + p_data(storing()) + finding() + RELEASE,
        "find": OPEN + finding(E.element(0x00080052, "CS", "STUDY")) + RELEASE,
        "find-steps": OPEN + finding(E.element(0x00080052, "CS", "IMAGE") + E.sequence(0x00400100, E.item(b""))) + RELEASE,
        "cancel": OPEN + finding() + p_data(pdv(5, 3, command(0x0FFF))) + RELEASE,
        "abort": ONE + ABORT,
    }


def file_witnesses():
    """By number."""
    long_uid = meta(E.element(0x00020010, "UI", "1." + "2" * 98))
    twice = meta(E.element(0x00020010, "UI", EXPLICIT) * 2)
    deep = b"".join(E.element(0x00081140, "SQ", E.item(b"", 0xFFFFFFFF), 0xFFFFFFFF) for _ in range(STACK_LEVELS))
    grey = {"allocated": 16, "stored": 16}
    frame = b"\xff\xd8\xff\xd9"
    return {
        "01": b"DICM",
        "02": part10(b"", information=meta(E.element(0x00020010, "UI", EXPLICIT), length=200)),
        "03": part10(b"", information=twice),
        "04": part10(b"", information=meta(E.element(0x00020001, "OB", b"\0\1"))),
        "05": part10(b"", information=long_uid),
        "06": part10(E.element(0x00091001, "UN", bytes(1 << 21)), DEFLATED),
        "07": part10(E.element(0x00100020, "LO", "x" * 60), DEFLATED)[:-4],
        "08": part10(E.element(0x00100020, "ZZ", b"", 0xF0000000)),
        "09": part10(E.element(0x00091001, "UN", b"", 0xFFFFFFFA)),
        "10": part10(deep),
        "11": part10(E.sized_sequence(0x00081140, E.item(b"", 64))),
        "12": part10(E.sequence(0x00081140, end=64)),
        "13": jpeg_image(b"", frame, closing=0x7FE00020, frames=1),
        "14": part10(B.element(0x00281201, "OW", b"\0\0\0"), BIG),
        "15": part10(image(rows=b"")),
        "16": part10(E.element(0x00080005, "CS", b"ISO_IR 100 ")),
        "17": part10(text(b"a\x1b", terms="\\ISO 2022 IR 87")),
        "18": part10(text(b"\x1b$B:", terms="\\ISO 2022 IR 87")),
        "19": part10(E.element(0x00090080, "LO", "ASSAY ")),
        "20": part10(E.element(0x00091001, "LO", "x ")),
        "21": part10(image(rows=("UL", 0x00010001), columns=16, pixels=bytes(16))),
        "22": part10(image(**grey, high_bit=60, pixels=bytes(8))),
        "23": part10(image(frames="2", between=groups(0), pixels=bytes(8))),
        "24": part10(image(**{**SUBSAMPLED, "planar": 1})),
        "25": part10(image(between=icon(pixels=b"\1"))),
        "26": part10(image(rows=65535, columns=65535)),
        "27": jpeg_image(b"", b"", frames=1),
        "28": jpeg_image(words(0, 4000), frame, frame),
        "29": jpeg_image(words(12, 0), frame, frame),
        "30": jpeg_image(b"", frame),
        "31": rle_image(rle(b"\x03\1\2\3\4", offsets=[4000])),
        "32": rle_image(rle(b"\x03\1\2\3\4" * 8, count=16)),
        "33": rle_image(rle(b"\xf0\1")),
        "34": rle_image(rle(b"\x03\1")),
        "35": part10(image(**{**PALETTE, "red_data": bytes(2)})),
        "36": part10(image(**{**PALETTE, "red": (4, 200, 16)})),
        "37": part10(image(**{**PALETTE, "red": (0, 0, 16), "red_data": bytes(8)})[:-4] + b"\0\0\0\0"),
        "38": part10(image(between=E.element(0x00283000, "LO", "x "))),
        "39": part10(image(between=overlay(rows=8, columns=8))),
        "40": part10(image(between=overlay(origin=(-4, 1)))),
        "41": part10(image(between=overlay(0x6080))),
        "42": directory(lambda at: [record((at[0], 0))], 1),
        "43": directory(lambda at: [record((0, at[0]))], 1),
        "44": directory(lambda at: [record((at[0] + 1, 0))], 1),
        "45": directory(lambda at: [record((0, 0), "..\\A")], 1),
        "46": directory(lambda at: [record((0, 0), in_use=0), record((0, 0), "B")], 2),
    }


# Nested sequences that exhaust the stack that targets run with.
STACK_LEVELS = 700


def wire_witnesses():
    half = pdv(1, 1, ECHO[:20])
    uid = struct.pack(">H", len(CT)) + CT.encode()
    await_data = pdv(3, 3, command(0x0001, CT, 0, UID))
    reordered = I.element(0x0100, "US", 1) + I.element(0x0110, "US", 1) + I.element(0x0800, "US", 0)
    return {
        "47": pdu(4, b"", 0xF0000000),
        "48": pdu(1, b"", 0xFFFFFFFB),
        "49": pdu(200, b""),
        "50": ONE + p_data(half) + ONE + p_data(half),
        "51": ONE + p_data(half) + ABORT,
        "52": associate(context(1), version=2),
        "53": p_data(pdv(1, 3, ECHO)),
        "54": pdu(1, b"\0\1"),
        "55": associate(rest=item(0x20, b"", 400)),
        "56": associate(context(1), user=item(0x51, b"")),
        "57": associate(context(1), user=item(0x54, uid)),
        "58": associate(context(1, "1." + "2" * 98)),
        "59": associate(*[item(0x20, b"\1\0\0\0" + item(0x40, b"")) for _ in range(129)]),
        "60": associate(item(0x20, b"\1\0\0\0" + item(0x30, VERIFICATION))),
        "61": associate(context(1), user=item(0x56, b"\0\xff" + b"1.2")),
        "62": associate(context(1), user=item(0x52, b"1.2", 40)),
        "63": associate(context(1), calling="%s%s"),
        "64": ONE + p_data(pdv(1, 3, ECHO, 0xFFFFFFFD)),
        "65": ONE + p_data(pdv(1, 3, b"", 1)),
        "66": ONE + p_data(pdv(9, 3, ECHO)),
        "67": associate(context(3, CT, "1.2.3")) + p_data(storing()),
        "68": ONE + p_data(pdv(1, 2, b"")),
        "69": STORE + p_data(await_data, pdv(3, 1, b"\0\0"), pdv(3, 0, b"\0\0")),
        "70": OPEN + p_data(await_data, pdv(5, 2, b"")),
        "71": ONE + p_data(b"\0\0\0"),
        "72": STORE + p_data(pdv(3, 3, reordered + I.element(0x0002, "UI", CT, 99)), pdv(3, 2, b"")),
        "73": ONE + p_data(pdv(1, 3, b"")),
        "74": STORE + p_data(pdv(3, 3, command(0x0001, CT, 0x0102, UID))),
        "75": associate(context(3, CT, EXPLICIT), calling="../x") + p_data(storing()),
        "76": STORE + p_data(storing(instance="../x")),
        "77": STORE + p_data(storing(instance="..")),
        "78": STORE + b"".join(p_data(storing(instance=f"1.{i}")) for i in range(5)),
        "79": associate(context(1), user=item(0x51, b"\0\0\0\6")) + p_data(pdv(1, 3, ECHO)),
        "80": OPEN + finding(E.element(0x00080052, "CS", "")),
        "81": OPEN + finding(E.element(0x00080052, "CS", "IMAGE") + E.element(0x00400100, "LO", "x ")),
        "82": OPEN + p_data(pdv(1, 3, command(0x0FFF, message=9))),
        "83": OPEN + p_data(storing()) + p_data(storing()) + finding(),
    }


def correct():
    """Entry point -> name -> bytes."""
    return {"file": correct_files(), "wire": correct_streams()}


def witnesses():
    """Number of the bug -> bytes."""
    return {**file_witnesses(), **wire_witnesses()}


def write_correct(entry, folder):
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in correct()[entry].items():
        (folder / name).write_bytes(content)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path, help="folder to write to")
    out = parser.parse_args().out
    for entry in correct():
        write_correct(entry, out / "correct" / entry)
    (out / "witness").mkdir(parents=True, exist_ok=True)
    for number, content in witnesses().items():
        (out / "witness" / number).write_bytes(content)


if __name__ == "__main__":
    sys.exit(main())
