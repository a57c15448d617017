"""The golden set: synthetic instances whose attributes are as awkward as the standard allows. Names with component groups
and in four character sets, identifiers that differ by case or by a blank, UIDs that begin alike, dates at the ends of
months, times cut short, numbers spelled in several ways, several values, no value, no attribute, wild card characters.

`python3 golden_set.py FOLDER` writes the files."""

import pathlib
import random
import sys

import dimse_client

ROOT = "1.2.826.0.1.3680043.10.999.77"
CT, MR, SC = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4", "1.2.840.10008.5.1.4.1.1.7"
UTF8, LATIN1, JAPANESE = "ISO_IR 192", "ISO_IR 100", "\\ISO 2022 IR 87"
ABSENT = None  # an attribute that is not there; "" stands for one of zero length

PATIENTS = [
    dict(PatientName="Doe^Jane", PatientID="G-001", PatientBirthDate="19800229", PatientSex="F",
         OtherPatientIDs="X1\\X10\\Y1", PatientComments="first line"),
    dict(PatientName="DOE^JANE", PatientID="g-001", PatientBirthDate="19800228", PatientSex="F",
         OtherPatientIDs="x1", PatientComments="First line"),
    dict(PatientName="Doe^Jane^Ann^Dr^PhD", PatientID="G-0011", PatientBirthDate="19800301", PatientSex="O",
         OtherPatientIDs="X1 \\ Z", PatientComments=" first line"),
    dict(PatientName="Müller^Jörg", PatientID="G-MULLER 1", PatientBirthDate="19991231", PatientSex="M",
         SpecificCharacterSet=LATIN1, PatientComments="läuft gut", OtherPatientIDs=""),
    dict(PatientName="MÜLLER^JÖRG", PatientID="G-MULLER  1", PatientBirthDate="20000101", PatientSex="M",
         SpecificCharacterSet=UTF8, PatientComments="Läuft gut"),
    dict(PatientName="Muller^Jorg", PatientID="G-MULLER", PatientBirthDate="", PatientSex="",
         OtherPatientIDs="Y1\\Y10"),
    dict(PatientName="Żółć^Łukasz", PatientID="G-006", PatientBirthDate="19000101", PatientSex="M",
         SpecificCharacterSet=UTF8, OtherPatientIDs="ŻÓŁĆ\\X10", PatientComments="ab\\cd"),
    dict(PatientName="Yamada^Tarou=山田^太郎=やまだ^たろう", PatientID="G-007", PatientBirthDate="19640415", PatientSex="M",
         SpecificCharacterSet=JAPANESE, PatientComments="腹部"),
    dict(PatientName="Wang^XiaoDong=王^小東", PatientID="G-008", PatientBirthDate="19700131", PatientSex="M",
         SpecificCharacterSet=UTF8, PatientComments="腹部 CT"),
    dict(PatientName="", PatientID="G-009", PatientBirthDate=ABSENT, PatientSex=ABSENT, PatientComments=""),
    dict(PatientName="O'Neill^Brian", PatientID="G*9", PatientBirthDate="20240229", PatientSex="M",
         OtherPatientIDs="G?9\\[G]", PatientComments="what? [sic] *"),
    dict(PatientName="Smith^John^^^", PatientID="G-011", PatientBirthDate="20231231", PatientSex="F",
         OtherPatientIDs="G-011 \\ G-012"),
    dict(PatientName="Doe", PatientID="G-[0]12", PatientBirthDate="20230101", PatientSex="O", PatientComments="a  b"),
]

# Values of the lower levels, dealt out one after another, each attribute at its own pace.
STUDY_VALUES = dict(
    StudyDate=["20251231", "20260101", "20260131", "20260201", "", "20240229", "20260228", "20260301", "20260101"],
    StudyTime=["000000", "235959.999999", "1015", "101500", "10", "101530.5", "", "235959", "101530.500000", "0000", "101559"],
    AccessionNumber=["A1", "A10", "a1", "A*1", "A 1", "", "A1", "A?1", "B1 "],
    StudyID=["1", "01", " 1", "10", "", "S[1]"],
    StudyDescription=["CT Thorax", "CT thorax", "CT*Thorax", "Thorax [CT]", "", "What?", "CT  Thorax", ABSENT, " CT Thorax"],
    ReferringPhysicianName=["House^Gregory", "HOUSE^GREGORY^^Dr", "", "House", "Houseman^Greg"],
    PatientAge=["045Y", "045M", "", "004Y", ABSENT],
    PatientWeight=["70", "70.0", "7.0E1", "+70", "70.5", "", ABSENT],
    NameOfPhysiciansReadingStudy=["Reader^One\\Reader^Two", "Reader^Two", ABSENT, ""],
    AdmittingDiagnosesDescription=["Cough\\Fever", "Fever", "Feverish", ABSENT, ""],
    ProcedureCodeSequence=[
        [dict(CodeValue="1", CodingSchemeDesignator="99G", CodeMeaning="Thorax")],
        [dict(CodeValue="1", CodingSchemeDesignator="99H", CodeMeaning="Head"),
         dict(CodeValue="2", CodingSchemeDesignator="99G", CodeMeaning="Thorax and head")], [], ABSENT,
        [dict(CodeValue="11", CodingSchemeDesignator="99G", CodeMeaning="thorax")]],
)
SERIES_VALUES = dict(
    Modality=["CT", "MR", "CT", "OT", "CT"],
    SeriesNumber=["1", "01", "+1", "10", "", "2"],
    SeriesDescription=["Axial", "axial", "AXIAL 5mm", "", "Axial*", ABSENT, "Ax?al"],
    SeriesDate=["20260131", "20260201", "", "20251231", ABSENT, "20260228"],
    SeriesTime=["235959.9", "000000.000001", "12", "1200", "", "120000"],
    BodyPartExamined=["CHEST", "HEAD", "", "CHESTABDOMEN", ABSENT],
    ProtocolName=["Thorax routine", "THORAX ROUTINE", "Thorax", "", "thorax"],
    StationName=["CT1", "CT10", "ct1", "", "MR1"],
    InstitutionName=["General [1]", "General", "", ABSENT],
    PerformingPhysicianName=["Hand^A\\Hand^B", "Hand^B", "", "HAND^A"],
    OperatorsName=["Op^One\\Op^Two\\Op^Three", "Op^Two", ABSENT],
    PerformedProcedureStepStartDate=["20260101", "20251231", "", ABSENT],
    PerformedProcedureStepStartTime=["0830", "083000", "083000.000", "08", ""],
    RequestAttributesSequence=[
        [dict(RequestedProcedureID="RP1", ScheduledProcedureStepID="SPS1", ScheduledProcedureStepDescription="Thorax")],
        [dict(RequestedProcedureID="RP1", ScheduledProcedureStepID="SPS2", ScheduledProcedureStepDescription="Head"),
         dict(RequestedProcedureID="RP2", ScheduledProcedureStepID="SPS1", ScheduledProcedureStepDescription="")],
        [], [dict(RequestedProcedureID="RP10", ScheduledProcedureStepID="SPS1",
                  ScheduledProtocolCodeSequence=[dict(CodeValue="P1", CodingSchemeDesignator="99G", CodeMeaning="p one"),
                                                 dict(CodeValue="P2", CodingSchemeDesignator="99H", CodeMeaning="p two")])],
        ABSENT],
)
IMAGE_VALUES = dict(
    InstanceNumber=["1", "2", "03", "+4", "10", ""],
    ContentDate=["20251231", "20260101", "20260131", "20260201", ""],
    ContentTime=["235959.999999", "000000", "0000", "12", "120000.5", ""],
    AcquisitionDateTime=["20260101000000", "20251231230000-0100", "20260101010000+0100", "20260101120000.123456", "202601",
                         "20251231", "", ABSENT, "20260131235959.999999+0000", "2026"],
    AcquisitionNumber=["1", "01", "", ABSENT, "12"],
    ImageType=["ORIGINAL\\PRIMARY\\AXIAL", "DERIVED\\SECONDARY", "ORIGINAL\\PRIMARY", "DERIVED\\PRIMARY\\MPR\\X"],
    SliceThickness=["5", "5.0", "5.00", "0.5E1", "5.5", ABSENT, ""],
    ImageComments=["plain", " leading blank", "leading blank", "Plain", "", ABSENT, "two\\parts", "pl*in"],
    ReferencedImageSequence=[
        [dict(ReferencedSOPClassUID=CT, ReferencedSOPInstanceUID=f"{ROOT}.9.1"),
         dict(ReferencedSOPClassUID=MR, ReferencedSOPInstanceUID=f"{ROOT}.9.11")],
        ABSENT, [], [dict(ReferencedSOPClassUID=CT, ReferencedSOPInstanceUID=f"{ROOT}.9.11")]],
    Rows=[1, 2, 3],
)


class Dealer:
    """Deals values out in a shuffled order that is the same on every run, each once before any comes again."""

    def __init__(self, values):
        self.values, self.hands, self.rng = values, {}, random.Random("golden set")

    def deal(self):
        out = {}
        for keyword, choices in self.values.items():
            hand = self.hands.setdefault(keyword, [])
            if not hand:
                hand.extend(range(len(choices)))
                self.rng.shuffle(hand)
            value = choices[hand.pop()]
            if value is not ABSENT:
                out[keyword] = value
        return out


def instances():
    """All of them, as Data Sets; attributes of an upper level are the same in all instances below it."""
    studies, series, images = Dealer(STUDY_VALUES), Dealer(SERIES_VALUES), Dealer(IMAGE_VALUES)
    out = []
    number = 0
    for p, patient in enumerate(PATIENTS):
        patient = {k: v for k, v in patient.items() if v is not ABSENT}
        for s in range(1 + (p % 3 == 2 or p == 6)):
            number += 1
            # "...1", "...11", "...111", "...1111", "...2" and so on: many are the beginning of another.
            study_uid = f"{ROOT}.1.{(number + 3) // 4}{'1' * (number % 4)}"
            study = {**patient, **studies.deal(), "StudyInstanceUID": study_uid}
            if s and study["PatientID"] == "G-011":
                study["PatientID"] = " G-011 "  # the same identifier: blanks around an LO mean nothing (PS3.5 6.2)
            for r in range(4 if number % 4 == 1 else 1):
                one = {**study, **series.deal(), "SeriesInstanceUID": f"{study_uid}.{'1' * (r + 1)}"}
                for i in range(8 if number % 3 == 1 and r == 0 else 1):
                    image = {**one, **images.deal(), "SOPInstanceUID": f"{one['SeriesInstanceUID']}.{'1' * (i + 1)}"}
                    image["SOPClassUID"] = {"CT": CT, "MR": MR}.get(image["Modality"], SC)
                    out.append(finished(image))
    return out


def finished(image):
    """With the little that makes an image of it."""
    image.update(SamplesPerPixel=1, PhotometricInterpretation="MONOCHROME2", Columns=2, BitsAllocated=16, BitsStored=16, HighBit=15,
                 PixelRepresentation=0, PixelData=bytes(4 * image["Rows"]))
    return image


def write(folder):
    """One file each; returns their paths."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number, image in enumerate(instances()):
        paths.append(folder / f"{number:03}.dcm")
        paths[-1].write_bytes(dimse_client.part10(image))
    return paths


if __name__ == "__main__":
    print(f"{len(write(sys.argv[1]))} files")
