"""Synthetic objects from the tables of `assay validate --list-iods --json`: for an IOD one that has all it demands, and
from that for a row of a module one that breaks just this row."""

import json
import re
import struct

import iod_conditions as conditions
import products
from iod_conditions import Element, Level

META = {"TransferSyntaxUID": "1.2.840.10008.1.2.1"}
ROOT = "1.2.826.0.1.3680043.9.9999."
TEXT = {"CS": "ASSAY", "DA": "20260105", "TM": "101500", "DT": "20260105101500", "AS": "042Y", "IS": "1", "DS": "1",
        "PN": "DOE^JANE", "AE": "ASSAY", "UR": "http://192.0.2.1/x", "LO": "Text", "SH": "Text", "ST": "Text", "LT": "Text",
        "UC": "Text", "UT": "Text"}
PACK = {"US": "H", "SS": "h", "UL": "I", "SL": "i", "FL": "f", "FD": "d", "UV": "Q", "SV": "q"}
LONG = {"OB", "OD", "OF", "OL", "OV", "OW", "SQ", "UC", "UN", "UR", "UT", "SV", "UV"}
# What fits together in every object.
VALUES = {
    "ImageOrientationPatient": ["1", "0", "0", "0", "1", "0"], "ImageOrientationSlide": ["1", "0", "0", "0", "1", "0"],
    "PatientPosition": ["HFS"], "Rows": [1], "Columns": [1], "NumberOfFrames": ["1"], "PixelAspectRatio": ["1", "1"],
    "CodeValue": ["1"], "CodingSchemeDesignator": ["99ASSAY"], "CodeMeaning": ["Text"], "PatientSex": ["F"],
    "SpecificCharacterSet": ["ISO_IR 100"], "Laterality": ["L"], "BitsAllocated": [16], "BitsStored": [16], "HighBit": [15], "InConcatenationTotalNumber": [2],
    "DisplayedAreaTopLeftHandCorner": [1, 1], "DisplayedAreaBottomRightHandCorner": [2, 2],
    "VelocityEncodingDirection": [1, 0, 0], "SlabOrientation": [1, 0, 0],
    "WindowWidth": ["2"], "PatientOrientation": ["L", "P"], "DimensionIndexValues": [1], "PixelPaddingValue": [0],
}
# What some IODs want besides.
HINTS = {
    "VLSlideCoordinatesMicroscopicImage": {"PositionReferenceIndicator": ["SLIDE_CORNER"]},
    "OphthalmicPhotography8BitImage": {"ImageType": ["ORIGINAL", "PRIMARY"]},
    "OphthalmicPhotography16BitImage": {"ImageType": ["ORIGINAL", "PRIMARY"]},
    "VLWholeSlideMicroscopyImage": {"PositionReferenceIndicator": ["SLIDE_CORNER"], "SpecimenLabelInImage": ["NO"],
                                     "DimensionOrganizationType": ["TILED_FULL"]},
}


class Tables:
    def __init__(self):
        code, out, err = products.assay("validate", "--list-iods", "--json")
        assert code == 0, err
        tables = json.loads(out)
        self.iods, self.modules, self.not_judged = tables["iods"], tables["modules"], tables["not_judged"]
        self.lists = {name: text.split("\\") for name, text in tables["lists"].items()}
        self.conditions = {name: conditions.parse(text) for name, text in tables["conditions"].items()}
        self.rows = {}  # keyword -> a row, for its tag and VR
        for module in self.modules.values():
            for row in module["rows"]:
                if "keyword" in row:
                    self.rows.setdefault(row["keyword"], row)
        conditions.TAGS.update({keyword: row["tag"][1:5] + row["tag"][6:10] for keyword, row in self.rows.items()})

    def holds(self, name, level):
        return conditions.holds(self.conditions[name], level, META) if name else True


def inside(rows, i):
    end = i + 1
    while end < len(rows) and rows[end]["depth"] > rows[i]["depth"]:
        end += 1
    return rows[i + 1:end]


class Maker:
    def __init__(self, tables, iod, sop_class):
        self.tables, self.name, self.iod, self.uid = tables, iod, tables.iods[iod], sop_class
        self.count = 0

    def fresh(self):
        """The least that the IOD allows."""
        root = Level()
        root.elements["SOPClassUID"] = Element(self.tables.rows["SOPClassUID"], [self.uid], True)
        for keyword, values in HINTS.get(self.name, {}).items():
            root.elements[keyword] = Element(self.tables.rows[keyword], list(values), True)
        return self.settle(root)

    def settle(self, root):
        """Adds what is missing and takes away what is not allowed until nothing changes."""
        for _ in range(12):
            self.changed = False
            self.limits, self.allowed, self.unwanted = {}, set(), []
            for module in self.wanted(root):
                self.apply(root, self.tables.modules[module]["rows"])
            for level, keyword in self.unwanted:
                element = level.elements.get(keyword)
                if element and (id(level), keyword) not in self.allowed and not element.pinned:
                    del level.elements[keyword]
                    self.changed = True
            for (_, keyword), (level, lists) in self.limits.items():
                self.choose(level, keyword, lists)
            if not self.changed:
                return root
        return root

    def wanted(self, root):
        known = set()
        later = []
        for module in self.iod["modules"]:
            condition = module.get("condition")
            if condition or module["usage"] == "M":
                if self.tables.holds(condition, root):
                    known |= set(self.top(module["module"]))
                    yield module["module"]
            else:
                later.append(module["module"])
        for name in later:
            if any(keyword in root.elements for keyword in self.top(name) if keyword not in known):
                yield name

    def top(self, name, seen=()):
        for row in self.tables.modules[name]["rows"]:
            if row["depth"] == 0:
                if row["row"] == "include" and row["macro"] not in seen:
                    yield from self.top(row["macro"], (*seen, name))
                elif "keyword" in row and row["row"] != "verify":
                    yield row["keyword"]

    def apply(self, level, rows):
        for i, row in enumerate(rows):
            if row["depth"] != rows[0]["depth"]:
                continue
            condition = self.tables.holds(row.get("condition"), level)
            if condition is None and row.get("type") in ("1", "2"):
                condition = True
            if row["row"] == "include":
                if condition:
                    self.apply(level, self.tables.modules[row["macro"]]["rows"])
                continue
            keyword, kind = row["keyword"], row.get("type", "")
            element = level.elements.get(keyword)
            if row["row"] != "verify":
                if kind in ("1C", "2C", "3C") and condition is False and not row.get("may_be_present_otherwise"):
                    if element:
                        self.unwanted.append((level, keyword))
                    continue
                must = condition is True and kind in ("1", "1C", "2", "2C")
                if not element and must:
                    element = self.add(level, row, kind in ("1", "1C"))
                if not element:
                    continue
                if kind != "3":
                    self.allowed.add((id(level), keyword))
                if (must and kind in ("1", "1C") or kind == "1C") and not element.values and not element.pinned:
                    element.values = self.default(row, level)
                    self.changed = True
                if row["row"] == "sequence":
                    below = inside(rows, i)
                    while element.values and len(element.values) < row.get("least", 0) and not element.pinned:
                        element.values.append(Level(level))
                        self.changed = True
                    for item in element.values:
                        if below:
                            self.apply(item, below)
            elif condition is not True:
                continue
            if element and element.values and row["row"] != "sequence":
                which = row.get("enumerated") or row.get("defined")
                if row.get("least", 0) > len(element.values) and not element.pinned:
                    element.values += [self.scalar(row)] * (row["least"] - len(element.values))
                    self.changed = True
                if which:
                    lists = self.limits.setdefault((id(level), keyword), (level, []))[1]
                    lists.append((row.get("value"), self.tables.lists[which], "enumerated" in row))

    def add(self, level, row, filled):
        element = level.elements[row["keyword"]] = Element(row, [])
        if filled or row["keyword"] in VALUES:
            element.values = self.default(row, level)
        self.changed = True
        return element

    def scalar(self, row):
        vr = row["vr"]
        if vr == "UI":
            self.count += 1
            fixed = {"StudyInstanceUID": "1", "SeriesInstanceUID": "2", "SOPInstanceUID": "3", "FrameOfReferenceUID": "4"}
            if row["keyword"].endswith("SOPClassUID"):
                return "1.2.840.10008.5.1.4.1.1.2"
            return ROOT + fixed.get(row["keyword"], f"9.{self.count}")
        if vr == "AT":
            return "00280008"
        return TEXT.get(vr, 1 if vr in PACK else b"")

    def default(self, row, level):
        if row["row"] == "sequence" or row["vr"] == "SQ":
            return [Level(level) for _ in range(max(1, row.get("least", 1)))]
        if row["keyword"] in VALUES:
            return list(VALUES[row["keyword"]])
        least = re.match(r"\d+", row["vm"])
        return [self.scalar(row)] * max(1, int(least[0]), row.get("least", 1))

    def choose(self, level, keyword, lists):
        """Values that all the lists have, each at its place."""
        element = level.elements.get(keyword)
        if element is None or element.pinned is True:
            return
        number = max([len(element.values)] + [place for place, allowed, _ in lists if place and "" not in allowed])
        values = list(element.values) + [""] * (number - len(element.values))
        for i in range(number):
            strict = [set(allowed) for place, allowed, strict in lists if strict and place in (None, i + 1)]
            loose = [allowed for place, allowed, strict in lists if place in (None, i + 1)]
            if not loose:
                values[i] = values[i] or "ASSAY"
                continue
            text = str(values[i])
            candidates = [v for v in loose[0] if all(v in s for s in strict) and all(v in other for other in loose)]
            candidates = candidates or [v for allowed in loose for v in allowed if all(v in s for s in strict)]
            if text not in candidates and candidates:
                number = conditions.number_of(candidates[0])
                values[i] = int(number) if element.row["vr"] in PACK and number is not None else candidates[0]
        if values != element.values:
            element.values = values
            self.changed = True


def first(level, keyword, default):
    element = level.elements.get(keyword)
    try:
        return int(element.values[0])
    except (AttributeError, IndexError, ValueError):
        return default


def pixels(level):
    """As many as the other attributes say, all black."""
    bits = first(level, "BitsAllocated", 16)
    for keyword, default in (("Rows", 1), ("Columns", 1), ("SamplesPerPixel", 1), ("NumberOfFrames", 1)):
        bits *= first(level, keyword, default)
    size = min(-(-bits // 8), 1 << 20)
    return b"\0" * (size + size % 2)


def lut(level, keyword):
    """A look-up table with one entry, the greatest of the bits that its descriptor says."""
    if not level.elements[keyword].values:
        return b""
    found = re.match(r"(Red|Green|Blue)Palette(ColorLookupTable)Data$|(LUT)Data$", keyword)
    if not found:
        return b"\0\0" if keyword == "OverlayData" else b""
    descriptor = (found[1] + "Palette" + found[2] if found[1] else "LUT") + "Descriptor"
    element = level.elements.get(descriptor)
    bits = int(element.values[2]) if element and len(element.values) > 2 else 16
    return struct.pack("<H", (1 << bits) - 1) if 0 < bits <= 16 else b"\0\0"


def encode(level):
    """Explicit VR Little Endian."""
    out = bytearray()
    for keyword, element in sorted(level.elements.items(), key=lambda pair: pair[1].row["tag"]):
        vr = element.row["vr"]
        if vr == "SQ":
            body = b"".join(struct.pack("<HHI", 0xFFFE, 0xE000, len(item)) + item for item in map(encode, filter(lambda v: isinstance(v, Level), element.values)))
        elif vr == "AT":
            tags = [v if re.fullmatch("[0-9A-Fa-f]{8}", str(v)) else "00000000" for v in element.values]
            body = b"".join(struct.pack("<HH", int(v[:4], 16), int(v[4:], 16)) for v in tags)
        elif keyword == "LUTData":
            body = lut(level, keyword)
        elif vr in PACK:
            body = b"".join(struct.pack("<" + PACK[vr], (float if vr in ("FL", "FD") else int)(conditions.number_of(v) or 0))
                            for v in element.values)
        elif vr in TEXT or vr == "UI":
            body = "\\".join(map(str, element.values)).encode()
            body += (b"\0" if vr == "UI" else b" ") * (len(body) % 2)
        else:
            body = pixels(level) if keyword == "PixelData" and element.values else lut(level, keyword) or b"\0" * 8 * len(element.values)
            if keyword == "PixelData" and first(level, "BitsAllocated", 16) > 8:
                vr = "OW"
        tag = element.row["tag"]
        out += struct.pack("<HH", int(tag[1:5], 16), int(tag[6:10], 16)) + vr.encode()
        out += struct.pack("<HI", 0, len(body)) if vr in LONG else struct.pack("<H", len(body))
        out += body
    return bytes(out)


def text_of(level, keyword):
    element = level.elements.get(keyword)
    return str(element.values[0]) if element and element.values else ""


def file_of(level, sop_class=""):
    rows = {"MediaStorageSOPClassUID": ("0002", "UI", text_of(level, "SOPClassUID") or sop_class),
            "MediaStorageSOPInstanceUID": ("0003", "UI", text_of(level, "SOPInstanceUID") or ROOT + "3"),
            "TransferSyntaxUID": ("0010", "UI", META["TransferSyntaxUID"]),
            "ImplementationClassUID": ("0012", "UI", ROOT + "8")}
    meta = b"\x02\0\x01\0OB\0\0\x02\0\0\0\0\x01"
    for element, vr, text in rows.values():
        value = text.encode() + b"\0" * (len(text) % 2)
        meta += struct.pack("<HH", 2, int(element, 16)) + vr.encode() + struct.pack("<H", len(value)) + value
    head = b"\x02\0\0\0UL\x04\0" + struct.pack("<I", len(meta))
    return b"\0" * 128 + b"DICM" + head + meta + encode(level)
