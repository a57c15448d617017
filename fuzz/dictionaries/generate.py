#!/usr/bin/env python3
"""Makes the dictionaries of the fuzz targets from the tables of PS3.6 (harness/dict/tables), a schema and short lists here.

    generate.py            writes dataset.dict, file.dict, dicomdir.dict, pdu.dict, dimse.dict, device_file.dict beside this script
    generate.py --check    compares only; exit 1 when a file is not what the tables give
    generate.py --self-test

Of the elements of PS3.6 those are words that say how other bytes are read, not those that are only carried along: the
rule is `drives()`. Peer.dict and profile.dict are written by hand.
"""
import pathlib
import re
import struct
import sys
import tempfile
from xml.etree import ElementTree

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
TABLES = ROOT / "harness/dict/tables"
DEVICES = ROOT / "peers/devices/devices.xsd"
LONGEST = 64  # bytes of a word that libFuzzer takes
LONG_FORM = "OB OD OF OL OV OW SQ SV UC UN UR UT UV".split()
SHORT_FORM = "AE AS AT CS DA DS DT FD FL IS LO LT PN SH SL SS ST TM UI UL US".split()
FIXED = {"US": 2, "SS": 2, "UL": 4, "SL": 4, "AT": 4, "FL": 4, "FD": 8}

# Elements outside of groups 0002, 0004, 0028, 60xx and 7FE0 by which a parser decides what follows means.
DECIDING = ("SpecificCharacterSet SOPClassUID SOPInstanceUID QueryRetrieveLevel ReferencedImageSequence IconImageSequence "
            "ContentSequence WaveformSequence ScheduledProcedureStepSequence SharedFunctionalGroupsSequence "
            "PerFrameFunctionalGroupsSequence").split()
# Of group 0028 numbers and sequences with one of these in their keyword.
COUNTING = re.compile(r"^(Rows|Columns|SamplesPerPixel|PlanarConfiguration|PhotometricInterpretation|NumberOfFrames|"
                      r"Bits(Allocated|Stored)|HighBit|PixelRepresentation|FrameIncrementPointer)$|"
                      r"^(Red|Green|Blue|SegmentedRed)Palette.*(Descriptor|Data)$|^LUT(Descriptor|Data)$|^(Modality|VOI)LUTSequence$")
DIRECTORY = re.compile(r"Offset|Flag|^DirectoryRecordSequence$|^ReferencedFileID$|^DirectoryRecordType$")
SYNTAXES = ("ImplicitVRLittleEndian ExplicitVRLittleEndian ExplicitVRBigEndian DeflatedExplicitVRLittleEndian "
            "EncapsulatedUncompressedExplicitVRLittleEndian JPEGBaseline8Bit JPEGLosslessSV1 JPEGLSLossless JPEG2000 "
            "RLELossless").split()
CLASSES = ("Verification CTImageStorage MRImageStorage SecondaryCaptureImageStorage StudyRootQueryRetrieveInformationModelFind "
           "StudyRootQueryRetrieveInformationModelMove PatientRootQueryRetrieveInformationModelGet "
           "ModalityWorklistInformationModelFind StorageCommitmentPushModel ModalityPerformedProcedureStep "
           "MediaStorageDirectoryStorage").split()

LENGTHS = [b"\xff" * 4, b"\xfe\xff\xff\xff", b"\xfc\xff\xff\xff", b"\xf8\xff\xff\xff", b"\x00\x00\x00\x80", b"\xff\xff\xff\x7f",
           b"\xff\xff", b"\x00\x80", b"\x00\x00\x01\x00"]
TEXTS = [b"..", b"../", b"\\", b"%s%s", b"%n%n", b"^", b"=", b"\0\0", b"-1", b"0 "]
CHARACTER_SETS = [b"ISO_IR 100", b"ISO_IR 192", b"GB18030 ", b"\\ISO 2022 IR 87", b"\\ISO 2022 IR 149", b"ISO 2022 IR 13"]
ESCAPES = [b"\x1b", b"\x1b$", b"\x1b$B", b"\x1b(B", b"\x1b(J", b"\x1b$)C", b"\x1b$(D", b"\x1b)I", b"\x1b-A"]
PHOTOMETRIC = [b"MONOCHROME2 ", b"PALETTE COLOR ", b"RGB ", b"YBR_FULL", b"YBR_FULL_422", b"YBR_ICT "]
PDUS = range(1, 8)
ITEMS = [0x10, 0x20, 0x21, 0x30, 0x40, 0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x59]
# PS3.7 E.1: requests; the responses to those that have one carry 8000H more.
COMMANDS = [0x0001, 0x0010, 0x0020, 0x0021, 0x0030, 0x0100, 0x0110, 0x0120, 0x0130, 0x0140, 0x0150, 0x0FFF]
STATUSES = [0x0000, 0x0110, 0x0117, 0xA700, 0xA900, 0xB000, 0xC000, 0xFE00, 0xFF00, 0xFF01]


def rows(name):
    """Cells of each row of a table, without what is retired."""
    lines = [line for line in (TABLES / name).read_text(encoding="ascii").splitlines() if line and not line.startswith("#")]
    return [cells for cells in (line.split("\t") for line in lines[1:]) if not (len(cells) > 5 and cells[5] == "R")]


def drives(tag, keyword):
    """Whether bytes elsewhere are read by what this element says."""
    group = tag[:4]
    return (group == "0002" or (group == "0004" and DIRECTORY.search(keyword)) or (group == "0028" and COUNTING.search(keyword)) or
            (group == "60xx" and tag[4:] in ("0010", "0011", "0015", "0050", "0100", "0102", "3000")) or group == "7FE0" or
            keyword in DECIDING)


def elements(chosen):
    """(keyword, group, element, VR, values) of those that drive a parser and lie in a group that is chosen."""
    out = []
    for tag, keyword, vr, vm, *_ in rows("data-elements.tsv"):
        if drives(tag, keyword) and chosen(tag[:4]):
            number = int(tag.replace("x", "0"), 16)
            # Of two VRs the one that is longer on the wire or, of Pixel Data, the one that may be encapsulated.
            count = 3 if keyword.endswith("Descriptor") else int(vm) if vm.isdigit() else 0
            out.append((keyword, number >> 16, number & 0xFFFF, vr.split("/")[0] if vr != "US/OW" else "OW", count))
    return out


def header(group, element, vr, count=1, order="<"):
    """Tag and VR of an element, and the length where VR and number of values (0: any) say it."""
    out = struct.pack(order + "HH", group, element) + vr.encode()
    if vr in LONG_FORM:
        return out + b"\0\0"
    return out + struct.pack(order + "H", count * FIXED[vr]) if vr in FIXED and count else out


def explicit(chosen):
    return [(f"{key}_le", header(*rest)) for key, *rest in elements(chosen)]


def other_encodings():
    """Big endian, and implicit VR, for what describes pixels: the forms differ, so the words do."""
    described = elements(lambda group: group in ("0028", "7FE0"))
    big = [(f"{key}_be", header(*rest, order=">")) for key, *rest in described]
    implicit = [(f"{key}_implicit", struct.pack("<HHI", group, number, count * FIXED[vr]))
                for key, group, number, vr, count in described if vr in FIXED and count]
    return big + implicit


def uids(keywords):
    known = {keyword: uid for uid, keyword, *_ in rows("uids.tsv")}
    return [(keyword, known[keyword].encode() + b"\0" * (len(known[keyword]) % 2)) for keyword in keywords]


def named(prefix, words):
    return [(f"{prefix}_{number}", word) for number, word in enumerate(words)]


def structure():
    """Items, delimiters, undefined lengths, VRs."""
    out = []
    for suffix, order in (("le", "<"), ("be", ">")):
        for name, number, length in (("item", 0xE000, None), ("item_undefined", 0xE000, 0xFFFFFFFF), ("item_empty", 0xE000, 0),
                                     ("item_end", 0xE00D, 0), ("sequence_end", 0xE0DD, 0)):
            tag = struct.pack(order + "HH", 0xFFFE, number)
            out.append((f"{name}_{suffix}", tag if length is None else tag + struct.pack(order + "I", length)))
    out += [(f"undefined_{vr}", vr.encode() + b"\0\0" + b"\xff" * 4) for vr in ("SQ", "UN", "OB", "OW")]
    out += [(f"vr_{vr}", vr.encode() + (b"\0\0" if vr in LONG_FORM else b"")) for vr in SHORT_FORM + LONG_FORM]
    return out + [("vr_unknown", b"ZZ")] + named("length", LENGTHS)


def texts():
    private = [("private_creator", b"\x09\x00\x10\x00LO"), ("private_creator_high", b"\x09\x00\xff\x00LO"),
               ("private_element", b"\x09\x00\x01\x10UN\0\0"), ("group_length", b"\x08\x00\x00\x00UL\x04\x00")]
    return (private + named("text", TEXTS) + named("character_set", CHARACTER_SETS) + named("escape", ESCAPES) +
            named("photometric", PHOTOMETRIC))


def data_set():
    return structure() + texts() + explicit(lambda group: group not in ("0002", "0004")) + other_encodings()


def file():
    return [("prefix", b"DICM")] + explicit(lambda group: group == "0002") + uids(SYNTAXES) + data_set()


def directory():
    return explicit(lambda group: group == "0004") + file()


def pdus():
    out = [(f"pdu_{kind}", bytes([kind, 0, 0, 0])) for kind in PDUS]
    out += [(f"pdu_{kind}_whole", bytes([kind, 0, 0, 0, 0, 4, 0, 0, 0, 0])) for kind in (5, 6, 7)]
    out += [("reject_whole", bytes([3, 0, 0, 0, 0, 4, 0, 1, 1, 7])), ("abort_by_provider", bytes([7, 0, 0, 0, 0, 4, 0, 0, 2, 6]))]
    out += [(f"item_{kind:02x}", bytes([kind, 0, 0])) for kind in ITEMS] + [(f"item_{kind:02x}_empty", bytes([kind, 0, 0, 0]))
                                                                          for kind in ITEMS]
    out += [(f"maximum_length_{size}", b"\x51\0\0\4" + struct.pack(">I", size)) for size in (0, 6, 16384, 0xFFFFFFFF)]
    out += [(f"pdv_{control}", bytes([0, 0, 0, 2, 1, control])) for control in range(4)]
    out += named("length", [b"\xff" * 4, b"\xff\xff\xff\xfc", b"\xff\xff\xff\xfe", b"\x80\0\0\0", b"\xff\xff", b"\0\0\0\1"])
    out += [("version", b"\0\1\0\0"), ("title", b"ANY-SCP".ljust(16))] + named("text", TEXTS)
    plain = {key: word.rstrip(b"\0") for key, word in uids(SYNTAXES[:5] + CLASSES) + [("ApplicationContext", b"1.2.840.10008.3.1.1.1")]}
    for key, word in plain.items():
        kind = 0x40 if key in SYNTAXES else 0x10 if key == "ApplicationContext" else 0x30
        out.append((f"{key}_item", bytes([kind, 0, 0, len(word)]) + word))
    return out


def messages():
    out = []
    for tag, keyword, vr, *_ in rows("data-elements.tsv"):
        if tag.startswith("0000"):
            word = struct.pack("<HH", 0, int(tag[4:], 16)) + (struct.pack("<I", FIXED[vr]) if vr in FIXED else b"")
            out.append((keyword, word))
    out += [(f"command_{value:04x}", struct.pack("<HHIH", 0, 0x0100, 2, value)) for value in COMMANDS]
    out += [(f"command_{value | 0x8000:04x}", struct.pack("<HHIH", 0, 0x0100, 2, value | 0x8000)) for value in COMMANDS[:-1]]
    out += [(f"status_{value:04x}", struct.pack("<HHIH", 0, 0x0900, 2, value)) for value in STATUSES]
    out += [(f"data_set_{value:04x}", struct.pack("<HHIH", 0, 0x0800, 2, value)) for value in (0, 0x0101, 0x0102, 0xFFFF)]
    levels = [b"PATIENT ", b"STUDY ", b"SERIES", b"IMAGE "]
    out += [(f"level_{level.decode().strip()}", b"\x08\x00\x52\x00CS" + struct.pack("<H", len(level)) + level) for level in levels]
    return out + uids(CLASSES) + structure()[:5] + [("step", b"\x40\x00\x00\x01SQ\0\0"), ("vr_LO", b"LO"), ("vr_SQ", b"SQ\0\0")]


def devices():
    """Elements, attributes and words of the schema."""
    root = ElementTree.parse(DEVICES).getroot()
    xs = "{http://www.w3.org/2001/XMLSchema}"
    out = [("end", b"/>"), ("root", b"<devices>"), ("number", b'="65536"'), ("target", b'target="X@127.0.0.1:104"')]
    elements = sorted({one.get("name") for one in root.iter(f"{xs}element") if one.get("name")})
    attributes = sorted({one.get("name") for one in root.iter(f"{xs}attribute") if one.get("name")})
    words = sorted({one.get("value") for one in root.iter(f"{xs}enumeration")})
    out += [(f"element_{name}", f"<{name} ".encode()) for name in elements]
    out += [(f"close_{name}", f"</{name}>".encode()) for name in elements]
    out += [(f"attribute_{name}", f' {name}="'.encode()) for name in attributes]
    return out + [(f"word_{word}", word.encode()) for word in words]


ALL = {"dataset": ("Data Sets", data_set), "file": ("files (PS3.10 7)", file), "dicomdir": ("DICOMDIRs (PS3.3 F)", directory),
       "pdu": ("PDUs (PS3.8 9.3)", pdus), "dimse": ("Command Sets and Identifiers (PS3.7)", messages),
       "device_file": ("files of devices", devices)}


def line(name, word):
    if not 0 < len(word) <= LONGEST:
        raise SystemExit(f"{name}: a word of {len(word)} bytes; libFuzzer takes 1 to {LONGEST}")
    shown = "".join(chr(byte) if 32 <= byte < 127 and chr(byte) not in '"\\' else f"\\x{byte:02x}" for byte in word)
    return f'{name}="{shown}"\n'


def written(name):
    title, make = ALL[name]
    source = DEVICES.relative_to(ROOT) if make is devices else TABLES.relative_to(ROOT)
    once = {}
    for key, word in make():
        once.setdefault(word, key)
    head = f"# Words of {title}. Made by fuzz/dictionaries/generate.py from {source}; do not edit.\n"
    return head + "".join(line(key, word) for word, key in once.items())


def check(folder):
    """What differs, as one line each."""
    out = []
    for name in ALL:
        path = folder / f"{name}.dict"
        if not path.is_file() or path.read_text(encoding="ascii") != written(name):
            out.append(f"{path.name} is not what fuzz/dictionaries/generate.py writes: run it")
    return out


def write(folder):
    for name in ALL:
        (folder / f"{name}.dict").write_text(written(name), encoding="ascii")


def self_test():
    with tempfile.TemporaryDirectory() as scratch:
        folder = pathlib.Path(scratch)
        assert len(check(folder)) == len(ALL), "missing files are told"
        write(folder)
        assert not check(folder), "what was written is right"
        path = folder / "pdu.dict"
        path.write_text(path.read_text() + 'more="x"\n')
        assert check(folder) == ["pdu.dict is not what fuzz/dictionaries/generate.py writes: run it"], "another word is told"
    assert drives("00280010", "Rows") and not drives("00280030", "PixelSpacing")
    assert header(0x0028, 0x0010, "US") == b"\x28\0\x10\0US\2\0" and header(0x7FE0, 0x10, "OW", order=">") == b"\x7f\xe0\0\x10OW\0\0"
    assert line("a", b'"\\\0z') == 'a="\\x22\\x5c\\x00z"\n'


def main():
    if sys.argv[1:] == ["--self-test"]:
        self_test()
    elif sys.argv[1:] == ["--check"]:
        complaints = check(HERE)
        print("\n".join(complaints), end="\n" if complaints else "")
        return 1 if complaints else 0
    elif not sys.argv[1:]:
        write(HERE)
    else:
        sys.exit(__doc__)
    return 0


if __name__ == "__main__":
    sys.exit(main())
