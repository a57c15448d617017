"""Synthetic objects full of identities, and a de-identifier of our own that does what Table E.1-1 says: a second reading
of the table, by another language and other hands than the checker's."""

import copy
import datetime
import json
import pathlib
import re
import struct

import iod_objects
import products
import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filebase import DicomBytesIO
from pydicom.filewriter import write_dataset
from pydicom.sequence import Sequence
from pydicom.tag import Tag
from pydicom.uid import ExplicitVRLittleEndian, UID_dictionary

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
UIDS = "1.2.826.0.1.3680043.10.999.77."
CT = "1.2.840.10008.5.1.4.1.1.2"
ROW = re.compile(r"ASSAY_PROTECTED\(0x(\w{8}), 0x(\w{8}), (\w+), (.*)\)$")
ALLOWED = re.compile(r"(kept|cleaned)\(Option::(\w+)\)")
CODES = ["basic", "clean_pixel_data", "clean_recognizable_visual_features", "clean_graphics", "clean_structured_content",
         "clean_descriptors", "retain_full_dates", "retain_modified_dates", "retain_patient_characteristics", "retain_device",
         "retain_uids", "retain_safe_private", "retain_institution"]
# What a value of each VR may be replaced by.
DUMMY = {"AE": "DUMMY", "AS": "001Y", "CS": "DUMMY", "DA": "19000101", "DS": "1", "DT": "19000101000000", "IS": "1", "LO": "Dummy",
         "LT": "Dummy", "PN": "Dummy", "SH": "Dummy", "ST": "Dummy", "TM": "000000", "UC": "Dummy", "UT": "Dummy",
         "UR": "http://192.0.2.1/dummy", "OB": b"\1\2", "OW": b"\1\2", "UN": b"\1\2", "US": 1, "SS": 1, "UL": 1, "SL": 1, "FD": 1.0,
         "FL": 1.0, "UI": UIDS + "0", "AT": 0x00100010, "SV": 1, "UV": 1, "OV": b"\1" * 8, "OD": b"\1" * 8, "OF": b"\1" * 4, "OL": b"\1" * 4}


def table():
    """Rows of the table: tag, mask, action, what options do."""
    rows = []
    for line in (ROOT / "conformance/deidentification/protected.inc").read_text().splitlines():
        if match := ROW.match(line):
            rows.append((int(match[1], 16), int(match[2], 16), match[3].replace("_", "/"),
                         {option: kind for kind, option in ALLOWED.findall(match[4])}))
    return rows


EXACT = {tag: (action, options) for tag, mask, action, options in table() if mask == 0xFFFFFFFF}
REPEATING = [row for row in table() if row[1] != 0xFFFFFFFF]


def row_of(tag):
    if int(tag) in EXACT:
        return EXACT[int(tag)]
    return next(((action, options) for value, mask, action, options in REPEATING if int(tag) & mask == value), None)


def code(value, meaning, scheme="99ASSAY"):
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, scheme, meaning
    return item


def sound(number=1, patient=1, study=1, series=1):
    """A CT image with what its IOD demands and many who could be known by it."""
    ds = Dataset()
    ds.SpecificCharacterSet = "ISO_IR 100"
    ds.ImageType = ["ORIGINAL", "PRIMARY", "AXIAL"]
    ds.SOPClassUID, ds.SOPInstanceUID = CT, f"{UIDS}{patient}.{study}.{series}.{number}"
    ds.StudyInstanceUID, ds.SeriesInstanceUID = f"{UIDS}{patient}.{study}", f"{UIDS}{patient}.{study}.{series}"
    ds.FrameOfReferenceUID = f"{UIDS}{patient}.{study}.{series}.0.1"
    day = datetime.date(2024, 3, 1) + datetime.timedelta(days=40 * study + patient)
    ds.StudyDate = ds.SeriesDate = ds.AcquisitionDate = ds.ContentDate = day.strftime("%Y%m%d")
    ds.StudyTime = ds.SeriesTime = ds.AcquisitionTime = ds.ContentTime = "101530"
    ds.InstanceCreationDate = day.strftime("%Y%m%d")
    ds.AccessionNumber = f"ACC{patient}00{study}77"
    ds.Modality, ds.Manufacturer, ds.ManufacturerModelName = "CT", "Synthetic Works", "Scanner 5"
    ds.InstitutionName, ds.InstitutionAddress = "Hospital Of Nowhere", "1 Invented Street"
    ds.StationName, ds.DeviceSerialNumber = "CTROOM77", "SERIAL889977"
    ds.ReferringPhysicianName, ds.OperatorsName = "Referrer^Regina", "Operator^Oswald"
    ds.StudyDescription, ds.SeriesDescription = "Follow up of Mrs Fictional", "Thin slices for surgery"
    ds.PatientName, ds.PatientID = [("Fictional^Frida", "PID-4711-F"), ("Imaginary^Igor", "PID-8022-I")][patient - 1]
    ds.PatientBirthDate, ds.PatientSex, ds.PatientAge = f"196{patient}0704", "O", "063Y" if patient == 1 else "062Y"
    ds.OtherPatientIDsSequence = Sequence([Dataset()])
    ds.OtherPatientIDsSequence[0].PatientID, ds.OtherPatientIDsSequence[0].TypeOfPatientID = "OTHER-99-01", "TEXT"
    ds.PatientComments = "Called Frida at home"
    ds.BodyPartExamined, ds.SliceThickness, ds.KVP, ds.PatientPosition = "HEAD", "1", "120", "HFS"
    ds.ProtocolName = "Head routine"
    ds.StudyID, ds.SeriesNumber, ds.AcquisitionNumber, ds.InstanceNumber = f"STUDY{study}{patient}", series, 1, number
    ds.ImagePositionPatient, ds.ImageOrientationPatient, ds.PositionReferenceIndicator = [0, 0, number], [1, 0, 0, 0, 1, 0], ""
    ds.SamplesPerPixel, ds.PhotometricInterpretation, ds.Rows, ds.Columns, ds.PixelSpacing = 1, "MONOCHROME2", 4, 4, [1, 1]
    ds.BitsAllocated = ds.BitsStored = 16
    ds.HighBit, ds.PixelRepresentation, ds.RescaleIntercept, ds.RescaleSlope, ds.RescaleType = 15, 0, 0, 1, "HU"
    source = Dataset()
    source.ReferencedSOPClassUID, source.ReferencedSOPInstanceUID = CT, f"{UIDS}{patient}.{study}.{series}.{number + 1}"
    ds.SourceImageSequence = Sequence([source])
    request = Dataset()
    request.RequestedProcedureID, request.ScheduledProcedureStepID = "REQ5566", "STEP5566"
    request.RequestedProcedureDescription = "Head of Frida Fictional"
    ds.RequestAttributesSequence = Sequence([request])
    # Attributes that the table does not list, with one that it lists inside.
    equipment = Dataset()
    equipment.Manufacturer, equipment.InstitutionName, equipment.ContributionDateTime = "Gateway Works", "Hospital Of Nowhere", "20240401101010"
    equipment.PurposeOfReferenceCodeSequence = Sequence([code("109101", "Acquisition Equipment", "DCM")])
    equipment.OperatorsName = "Operator^Oswald"
    ds.ContributingEquipmentSequence = Sequence([equipment])
    ds.PixelData = bytes(range(32))
    return ds


def raw(keyword, value):
    """An element whose bytes are written as they are, of odd length too."""
    tag = Tag(keyword)
    return RawDataElement(tag, vr_of(tag), len(value), value, 0, False, True)


def twin(ds):
    """The same elements in another Data Set: what is added to it or taken away leaves the first one alone."""
    other = Dataset()
    other.update({element.tag: element for element in ds})
    return other


def with_value(file, tag, value):
    """Bytes of a file in which the first element of a tag has these bytes as its value, whatever their number."""
    at = file.index(struct.pack("<HH", tag >> 16, tag & 0xFFFF) + vr_of(tag).encode()) + 6
    length, = struct.unpack_from("<H", file, at)
    return file[:at] + struct.pack("<H", len(value)) + value + file[at + 2 + length:]


def with_media_uid(file, uid):
    """Bytes of a file whose meta information has another Media Storage SOP Instance UID than its Data Set."""
    changed = with_value(file, 0x00020003, uid.encode() + b"\0" * (len(uid) % 2))
    group, = struct.unpack_from("<I", file, 140)
    return changed[:140] + struct.pack("<I", group + len(changed) - len(file)) + changed[144:]


def twin(ds):
    """The same elements in another Data Set: what is added to it or taken away leaves the first one alone."""
    other = Dataset()
    other.update({element.tag: element for element in ds})
    return other


def with_media_uid(file, uid):
    """Bytes of a file whose meta information has another Media Storage SOP Instance UID than its Data Set."""
    value = uid.encode() + b"\0" * (len(uid) % 2)
    at = file.index(b"\x02\x00\x03\x00UI") + 6
    length, = struct.unpack_from("<H", file, at)
    group, = struct.unpack_from("<I", file, 140)
    file = file[:at] + struct.pack("<H", len(value)) + value + file[at + 2 + length:]
    return file[:140] + struct.pack("<I", group + len(value) - length) + file[144:]


def save(ds, path, meta=None, preamble=b"\0" * 128, media_uid=None):
    ds.file_meta = FileMetaDataset()
    ds.file_meta.MediaStorageSOPClassUID, ds.file_meta.MediaStorageSOPInstanceUID = ds.SOPClassUID, ds.SOPInstanceUID
    ds.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    ds.file_meta.ImplementationClassUID, ds.file_meta.ImplementationVersionName = UIDS + "99", "SYNTHETIC"
    for keyword, value in (meta or {}).items():
        setattr(ds.file_meta, keyword, value)
    ds.is_little_endian, ds.is_implicit_VR = True, False
    ds.preamble = preamble
    pydicom.dcmwrite(str(path), ds, write_like_original=False)
    if media_uid:
        path.write_bytes(with_media_uid(path.read_bytes(), media_uid))
    return path


class Writer:
    """Saves thousands of objects that have most elements in common: each is encoded once. No element may be changed after
    it was saved, only replaced by another one."""

    def __init__(self, folder):
        self.folder, self.elements, self.headers = folder, {}, {}

    def header(self, ds):
        if ds.SOPInstanceUID not in self.headers:
            file = save(ds, self.folder / "header").read_bytes()
            self.headers[ds.SOPInstanceUID] = file[:144 + struct.unpack_from("<I", file, 140)[0]]
            (self.folder / "header").unlink()
        return self.headers[ds.SOPInstanceUID]

    def encoded(self, element):
        if id(element) not in self.elements:
            alone, out = Dataset(), DicomBytesIO()
            alone.add(element)
            out.is_little_endian, out.is_implicit_VR = True, False
            write_dataset(out, alone)
            self.elements[id(element)] = (element, out.getvalue())  # the element too: its id must not be given to another
        return self.elements[id(element)][1]

    def save(self, ds, path):
        path.write_bytes(self.header(ds) + b"".join(map(self.encoded, ds)))


class Cleaner:
    """Table E.1-1 with options; the same replacements over everything that one cleaner sees."""

    def __init__(self, *options, days=-1000, required=()):
        self.options = {"basic", *(option.replace("-", "_") for option in options)}
        self.days, self.required = days, set(required)
        self.uids, self.people = {}, {}

    def uid(self, old):
        if str(old) in UID_dictionary or not old:
            return old
        return self.uids.setdefault(str(old), f"{UIDS}500.{len(self.uids) + 1}")

    def dummy(self, element):
        if element.VR == "SQ":
            return element.value
        if element.VR == "UI":
            return self.uid(element.value)
        if element.tag == 0x00100020:
            return self.people.setdefault(element.value, f"SUBJECT{len(self.people) + 1:04}")
        return DUMMY[element.VR]

    def shifted(self, text):
        day = datetime.datetime.strptime(text[:8], "%Y%m%d") + datetime.timedelta(days=self.days)
        return day.strftime("%Y%m%d") + text[8:]

    def clean(self, ds):
        ds = copy.deepcopy(ds)
        self.level(ds)
        ds.PatientIdentityRemoved = "YES"
        ds.DeidentificationMethodCodeSequence = Sequence(
            [code(str(113100 + CODES.index(option)), option, "DCM") for option in sorted(self.options, key=CODES.index)])
        ds.LongitudinalTemporalInformationModified = (
            "UNMODIFIED" if "retain_full_dates" in self.options else "MODIFIED" if "retain_modified_dates" in self.options else "REMOVED")
        if "clean_pixel_data" in self.options:
            ds.BurnedInAnnotation = "NO"
        if "clean_recognizable_visual_features" in self.options:
            ds.RecognizableVisualFeatures = "NO"
        return ds

    def level(self, ds):
        for element in list(ds):
            row = row_of(element.tag)
            if row is None:
                self.inside(element)
                continue
            action, options = row
            done = {options[option] for option in self.options if option in options}
            if "kept" in done:
                self.inside(element)
            elif "cleaned" in done:
                self.inside(element)
                if element.VR in ("DA", "DT") and element.value:
                    ds[element.tag].value = self.shifted(element.value)
                elif element.VR in ("LO", "ST", "LT", "SH", "UT"):
                    ds[element.tag].value = "Cleaned text"
                elif element.tag.is_private:
                    del ds[element.tag]
            else:
                self.act(ds, element, action)

    def inside(self, element):
        if element.VR == "SQ":
            for item in element.value:
                self.level(item)

    def act(self, ds, element, action):
        """Of several actions the first that the IOD allows."""
        type_ = 1 if (element.keyword, 1) in self.required else 2 if (element.keyword, 2) in self.required else 3
        first = action.split("/")[0]
        if first == "X" and (type_ == 3 or "/" not in action):
            del ds[element.tag]
        elif "Z" in action.split("/") and type_ != 1 and not (action == "Z/D" and element.tag == 0x00100020):
            element.value = Sequence([]) if element.VR == "SQ" else ""
        else:
            element.value = self.dummy(element)
            self.inside(element)


def dictionary():
    """VR and keyword by tag: pydicom's own dictionary is older than the table."""
    words = {}
    for line in (ROOT / "harness/dict/tables/data-elements.tsv").read_text().splitlines():
        cells = line.split("\t")
        if len(cells) > 2 and re.fullmatch(r"[0-9A-Fa-f]{8}", cells[0]):
            words[int(cells[0], 16)] = (cells[2].split(" or ")[0], cells[1])
    return words


WORDS = dictionary()


def vr_of(tag):
    """The VR of a row of the table, of a repeating group its data."""
    tag = Tag(tag)
    if tag.is_private:
        return "LO"
    return {0x5000: "OW", 0x6000: "OW" if tag.element == 0x3000 else "LT"}.get(tag.group) or WORDS[int(tag)][0]


def keyword_of(tag):
    return WORDS.get(int(tag), ("", ""))[1]


def judged(files, *more, profile="basic", only=True):
    """Exit code, findings by path of the file, and the objects of the files."""
    rules = ["--only", "ps3.15/**"] if only else []
    code, out, err = products.assay("validate", files, "--deidentified", profile, "--json", *rules, *more)
    lines = [json.loads(line) for line in out.splitlines()]
    files = {pathlib.Path(line["file"]).name: line for line in lines if "file" in line}
    return code, {name: line.get("findings", []) for name, line in files.items()}, files, err


def brief(findings):
    """(rule without its clause, path) of what is no note."""
    return sorted((f["rule"].split("/")[-1], f["path"]) for f in findings if f["severity"] != "note")


class Requirements:
    """Types of the attributes of a CT image at its top level, by the tables of the IODs."""

    def __init__(self):
        tables = iod_objects.Tables()
        self.types = set()
        modules = [tables.modules[module["module"]] for module in tables.iods["CTImage"]["modules"]]
        seen = set()
        while modules:
            module = modules.pop()
            for row in module["rows"]:
                if row["depth"] > 0:
                    continue
                if row["row"] == "include":
                    if row["macro"] not in seen:
                        seen.add(row["macro"])
                        modules.append(tables.modules[row["macro"]])
                elif "keyword" in row and row.get("type", "")[:1] in ("1", "2"):
                    self.types.add((row["keyword"], int(row["type"][0])))
