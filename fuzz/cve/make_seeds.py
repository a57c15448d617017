#!/usr/bin/env python3
"""Seeds for every fault of rows.tsv, made with encode.py, never taken from anybody's proof of concept: inputs that have
the shape that once broke a parser, each named cve-ID-OPERATOR in the seeds of its target.

    fuzz/cve/make_seeds.py          writes them
    fuzz/cve/make_seeds.py --check  says which are missing or differ, and ends with 1 if any do
"""
import pathlib
import struct
import sys
import zlib

import encode as e

ROOT = pathlib.Path(__file__).resolve().parents[1]  # fuzz
ECHO = [e.context(1, e.VERIFICATION)]
CT = [e.context(1, e.CT)]
FIND = [e.context(1, e.STUDY_FIND)]


def query(*keys):
    asked = e.command(0x0020, 1, e.STUDY_FIND, 0)
    return e.message(1, asked, b"".join(keys))


def find(*keys):
    return e.program(e.associate(FIND), query(e.plain(8, 0x52, b"STUDY "), *keys), e.RELEASE)


def stored(instance, *, called="ANY-SCP", more=b"", study="1.2.3"):
    content = (e.plain(8, 0x16, e.text(e.CT, "UI")) + e.plain(8, 0x18, e.text(instance, "UI")) + more +
               e.plain(0x20, 0xD, e.text(study, "UI")))
    return e.program(e.associate(CT, called=called), e.store(1, instance, content), e.RELEASE)


def image(changes=None, syntax=e.EXPLICIT, **how):
    return e.file(e.image(**how) | (changes or {}), syntax)


def deflated(plain):
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
    return e.file(squeeze.compress(plain) + squeeze.flush(), e.DEFLATED)


def nested(depth):
    one = e.el(0x0040, 0xA730, "SQ", b"", e.UNDEFINED) + e.item(b"", e.UNDEFINED)
    return e.file(e.data_set(e.identity()) + one * depth)


def rle_header(*words):
    return struct.pack("<16I", *(words + (0,) * 16)[:16])


def palette(descriptor, entries, vr="OW"):
    return {0x00281101: e.el(0x0028, 0x1101, "US", descriptor), 0x00281102: e.el(0x0028, 0x1102, "US", descriptor),
            0x00281103: e.el(0x0028, 0x1103, "US", descriptor), 0x00281201: e.el(0x0028, 0x1201, vr, entries),
            0x00281202: e.el(0x0028, 0x1202, vr, entries), 0x00281203: e.el(0x0028, 0x1203, vr, entries)}


def overlay(rows=4, columns=4, data=b"\0\0", allocated=1, position=0):
    return {0x60000010: e.el(0x6000, 0x0010, "US", rows), 0x60000011: e.el(0x6000, 0x0011, "US", columns),
            0x60000040: e.el(0x6000, 0x0040, "CS", "G "), 0x60000050: e.el(0x6000, 0x0050, "SS", (1, 1)),
            0x60000100: e.el(0x6000, 0x0100, "US", allocated), 0x60000102: e.el(0x6000, 0x0102, "US", position),
            **({0x60003000: e.el(0x6000, 0x3000, "OW", data)} if data else {})}


def directory(file_id="IMAGES\\IM1 ", next_record=0, lower=0, kind="IMAGE "):
    record = (e.el(4, 0x1400, "UL", next_record) + e.el(4, 0x1410, "US", 0xFFFF) + e.el(4, 0x1420, "UL", lower) +
              e.el(4, 0x1430, "CS", kind) + e.el(4, 0x1500, "CS", file_id))
    head = e.meta(sop_class="1.2.840.10008.1.3.10")
    start = 132 + len(head) + 14 + 12 + 12 + 10 + 12
    body = (e.el(4, 0x1130, "CS", "ASSAY ") + e.el(4, 0x1200, "UL", start) + e.el(4, 0x1202, "UL", start) +
            e.el(4, 0x1212, "US", 0) + e.el(4, 0x1220, "SQ", e.item(record)))
    return e.file(body, head=head)


def broken_meta(more=b"", length=None):
    return e.file(e.identity(), head=e.meta(more=more, length=length))


ONE_PIXEL = e.el(0x7FE0, 0x0010, "OW", bytes(2))

SEEDS = {  # ID-OPERATOR -> (target, bytes)
    "48d00326a-len": ("fuzz_acceptor", e.program(e.associate(ECHO, user=e.sub(0x51, struct.pack(">I", 16384), 0xFFFF)))),
    "10428a74e-trunc": ("fuzz_acceptor", e.program(e.associate(ECHO, user=e.MAXIMUM + e.sub(0x54, b"\0\x11" + e.VERIFICATION.encode(), 19)))),
    "1549d8ccc-len": ("fuzz_acceptor", e.program(e.associate(ECHO), e.pdu(4, e.pdv(1, 3, e.command(0x30), 0x7FFFFFFF)))),
    "2024-34508-len": ("fuzz_acceptor", e.program(e.associate(ECHO), e.message(1, e.command(0x30, more=e.el(0, 0x1000, "", b"1.2", 0x4000, explicit=False))))),
    "2024-34509-frag": ("fuzz_acceptor", e.program(e.associate(ECHO), e.pdu(4, e.pdv(1, 3, e.command(0x30)[:20])))),
    "2021-41687-trunc": ("fuzz_acceptor", e.program(e.associate(ECHO + [e.context(3, e.CT)])[:150])),
    "2021-41689-fsm": ("fuzz_acceptor", e.program(e.associate(ECHO)[:90], e.ABORT)),
    "2022-43272-loop": ("fuzz_acceptor", e.program(e.associate(ECHO), e.ABORT, e.associate(ECHO), e.ABORT)),
    "2026-50254-loop": ("fuzz_acceptor", e.program(e.associate(ECHO), e.RELEASE, e.associate(ECHO), e.RELEASE)),
    "2026-44628-vr": ("fuzz_acceptor", find(e.plain(0x10, 0x10, e.item()), e.plain(0x0040, 0x0100, b"CT"))),
    "2025-14841-vr": ("fuzz_acceptor", e.program(e.associate(FIND), query(e.plain(8, 0x52, b""), e.plain(0x10, 0x20, b"")))),
    "2025-14607-len": ("fuzz_file", e.file(e.el(8, 0x60, "CS", b"CT ", 3) + e.el(0x10, 0x10, "PN", b"ODD", 3))),
    "2026-10194-cnt": ("fuzz_acceptor", e.program(e.associate(CT), *(e.store(1, f"1.2.3.{i}", e.plain(8, 0x18, e.text(f"1.2.3.{i}", "UI")), i) for i in range(1, 7)))),
    "2022-2119-str": ("fuzz_acceptor", stored("../../../../tmp/x")),
    "2026-50003-str": ("fuzz_requestor", e.program(e.accepted(1, 3, 5), e.store(3, "/tmp/assay-x", e.plain(8, 0x18, b"/tmp/assay-x")))),
    "2026-52868-str": ("fuzz_acceptor", stored("1.2.3", called="../x")),
    "4527dff56-str": ("fuzz_acceptor", stored("1.2.3", study="..")),
    "2022-2121-trunc": ("fuzz_file", e.file(e.identity(), head=e.el(2, 0x10, "UI", e.EXPLICIT))[:-7]),
    "2024-28130-vr": ("fuzz_file", image(palette((256, 0, 16), bytes(8)) | {0x00281101: e.el(0x28, 0x1101, "LO", "256\\0\\16"), 0x00283010: e.el(0x28, 0x3010, "LO", "X")})),
    "2024-27628-cnt": ("fuzz_file", image({0x52009230: e.el(0x5200, 0x9230, "SQ", e.item())}, frames=3, sop_class=e.ENHANCED_CT)),
    "2024-47796-cnt": ("fuzz_file", image({0x7FE00010: ONE_PIXEL}, rows=512, columns=512, allocated=16, stored=12)),
    "2024-52333-cnt": ("fuzz_file", image(allocated=8, stored=8, high=9)),
    "2025-9732-cnt": ("fuzz_file", image({0x00280006: e.el(0x28, 6, "US", 1), 0x7FE00010: ONE_PIXEL}, samples=3, photometric="YBR_FULL")),
    "2019-1010228-len": ("fuzz_file", image(syntax=e.RLE, pixels=e.fragments(b"", rle_header(3, 64, 0x7FFFFFFF, 60) + b"\x7f\0"))),
    "2025-2357-trunc": ("fuzz_file", image(syntax=e.JPEG_LS, pixels=e.fragments(b"", b"\xff\xd8\xff\xf7\x00\x0b\x11\x00\x04\x00\x04\x01"))),
    "885ff0f10-nest": ("fuzz_file", nested(65)),
    "6043bf669-str": ("fuzz_file", e.file(e.el(9, 0x10, "LO", b"\x80\xff") + e.el(9, 0x1001, "LO", "X "))),
    "2025-11266-len": ("fuzz_file", image(syntax=e.JPEG, pixels=e.fragments(e.item(b"", 0xFFFFFFFE), b"\xff\xd8", end=False))),
    "2026-3650-vr": ("fuzz_file", broken_meta(b"\x02\x00\x13\x00ZZ\xff\xff\xff\x7f\x00\x00")),
    "2024-22391-cnt": ("fuzz_file", image(palette((0, 0, 16), bytes(2)), photometric="PALETTE COLOR ")),
    "2024-22373-cnt": ("fuzz_file", image(syntax=e.JPEG_2000, rows=2, columns=2, pixels=e.fragments(b"", b"\xff\x4f\xff\x51\x00\x29" + bytes(4) + struct.pack(">II", 4096, 4096)))),
    "2025-52582-cnt": ("fuzz_file", image(overlay(64, 64, b"", 16, 15) | {0x7FE00010: ONE_PIXEL})),
    "2025-48429-len": ("fuzz_file", image(syntax=e.RLE, pixels=e.fragments(b"", rle_header(1, 64) + b"\x81"))),
    "2024-24793-dup": ("fuzz_file", broken_meta(e.el(2, 0x10, "UI", e.IMPLICIT) + e.el(2, 0x10, "UI", e.EXPLICIT))),
    "2024-24794-trunc": ("fuzz_file", broken_meta(length=20)),
    "2026-5437-len": ("fuzz_file", e.file(b"", head=e.meta()[:-5])),
    "2026-5442-vr": ("fuzz_file", image({0x00280010: e.el(0x28, 0x10, "UL", 0x10001), 0x00280011: e.el(0x28, 0x11, "UL", 0x10001)})),
    "2026-5443-cnt": ("fuzz_file", image(palette((256, 0, 8), bytes(256)), rows=0xFFFF, columns=0xFFFF, samples=1, photometric="PALETTE COLOR ")),
    "2026-5438-len": ("fuzz_file", deflated(e.el(8, 0x60, "CS", "CT") + e.el(0x7FE0, 0x10, "OW", bytes(200_000)))),
    "2023-33466-str": ("fuzz_file", e.file(e.identity(), preamble=b'{"Plugins":["x"]}'.ljust(128, b" "))),
    "2019-11687-str": ("fuzz_file", e.file(e.identity(), preamble=b"MZ".ljust(60, b"\0") + struct.pack("<I", 0x98) + bytes(64))),
    "2024-23912-len": ("fuzz_file", e.file(e.el(8, 0x60, "CS", "CT", 0xFFFE))),
    "2024-23914-str": ("fuzz_acceptor", e.program(e.associate([e.context(1, "%n%s%08x%n")], called="%n%s%n%s", calling="%08x%08x%n"))),
    "2025-3483-str": ("fuzz_file", e.file(e.el(0x10, 0x10, "PN", "A" * 1024) + e.el(0x10, 0x20, "LO", "B" * 512) + e.el(0x20, 0xD, "UI", "1." * 200))),
    "2025-27578-ref": ("fuzz_file", image({0x00082112: e.el(8, 0x2112, "SQ", e.item(e.el(8, 0x1150, "UI", e.SECONDARY_CAPTURE) + e.el(8, 0x1155, "UI", "1.2.3.4.5")))})),
    "2024-22100-cnt": ("fuzz_file", image(rows=0x8000, columns=2, allocated=32, stored=32)),
    "2025-35975-str": ("fuzz_file", e.file(e.el(8, 0x60, "CS", "C" * 300) + e.el(8, 0x20, "DA", "2" * 200))),
    "2024-1453-cnt": ("fuzz_file", image({0x00880200: e.el(0x88, 0x200, "SQ", e.item(e.el(0x28, 0x10, "US", 0xFFFF) + e.el(0x28, 0x11, "US", 0xFFFF) + ONE_PIXEL))})),
    "2025-5307-cnt": ("fuzz_file", image(overlay(0x7FFF, 0x7FFF))),
    "2019-5085-len": ("fuzz_acceptor", e.program(e.associate(ECHO, length=0xFFFFFFFA))),
    "2019-5091-str": ("fuzz_acceptor", e.program(e.associate([e.context(1, "1." * 60, "1." * 60)]))),
    "2015-8979-str": ("fuzz_acceptor", e.program(e.associate([e.sub(0x20, bytes((1, 0, 0, 0)) + e.sub(0x30, "1" * 400) + e.sub(0x40, "2" * 400))]))),
    "2026-32711-str": ("fuzz_dicomdir", directory("\\ETC\\PASSWD ")),
    "fo-dicom-1090-fsm": ("fuzz_requestor", e.program(e.accepted(1, 3, 5), e.accepted(1, 3, 5), e.pdu(6, bytes(4)))),
    "fo-dicom-2114-nest": ("fuzz_file", nested(180)),
    "fo-dicom-2148-fsm": ("fuzz_acceptor", e.program(e.associate(ECHO), e.pdu(0x08, b"abcd"), e.pdu(0xFF, b""))),
    "pynetdicom-721-fsm": ("fuzz_acceptor", e.program(e.RELEASE, e.associate(ECHO))),
    "dicom-rs-545-vr": ("fuzz_file", image({0x00280010: e.el(0x28, 0x10, "US"), 0x00281050: e.el(0x28, 0x1050, "DS")}, syntax=e.JPEG, pixels=e.fragments(b"", b""))),
    "dicomdir-loop-ref": ("fuzz_dicomdir", directory(next_record=0x188, lower=0x188, kind="STUDY ")),
}


def main():
    checking = sys.argv[1:] == ["--check"]
    if sys.argv[1:] and not checking:
        print(__doc__)
        return 0 if sys.argv[1] in ("-h", "--help") else 2
    wrong = []
    for name, (target, content) in SEEDS.items():
        path = ROOT / "seeds" / target / f"cve-{name}"
        if checking:
            if not path.is_file() or path.read_bytes() != content:
                wrong.append(str(path.relative_to(ROOT.parent)))
        else:
            path.write_bytes(content)
    if wrong:
        print("not what make_seeds.py makes:", *wrong, sep="\n  ")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
