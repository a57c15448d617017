"""Synthetic objects that have a value of every key that `assay learn` asks for, so that none of them stays open."""

import pydicom
from pydicom.dataset import Dataset, FileMetaDataset

ROOT = "1.2.826.0.1.3680043.10.999.88"
CT = "1.2.840.10008.5.1.4.1.1.2"
# {n} is the number of the object; what differs between objects can be told apart by a query.
VALUES = dict(
    PatientName="Statement^Name{n}", PatientID="STMT-{n}", IssuerOfPatientID="ISSUER{n}", PatientBirthDate="1970010{n}",
    PatientBirthTime="10150{n}", PatientSex="F", OtherPatientIDs="OTHER{n}", OtherPatientNames="Other^Name{n}",
    EthnicGroup="ETHNIC{n}", PatientComments="comment {n}", StudyDate="2026010{n}", StudyTime="12150{n}",
    AccessionNumber="ACC{n}", StudyID="S{n}", ReferringPhysicianName="Referring^Name{n}", StudyDescription="study {n}",
    NameOfPhysiciansReadingStudy="Reading^Name{n}", AdmittingDiagnosesDescription="diagnosis {n}", PatientAge="05{n}Y",
    PatientSize="1.7{n}", PatientWeight="7{n}", Occupation="work {n}", AdditionalPatientHistory="history {n}",
    OtherStudyNumbers="{n}", InstitutionName="Institution {n}", Modality="CT", SeriesNumber="{n}",
    SeriesDescription="series {n}", SeriesDate="2026010{n}", SeriesTime="12160{n}", BodyPartExamined="HEAD",
    ProtocolName="protocol {n}", Manufacturer="Maker {n}", StationName="STATION{n}", OperatorsName="Operator^Name{n}",
    PerformingPhysicianName="Performing^Name{n}", PerformedProcedureStepStartDate="2026010{n}",
    PerformedProcedureStepStartTime="12150{n}", InstanceNumber="{n}", ContentDate="2026010{n}", ContentTime="12170{n}",
    AcquisitionDate="2026010{n}", AcquisitionNumber="{n}", NumberOfFrames="1", ContainerIdentifier="CONTAINER{n}",
    RelatedGeneralSOPClassUID=CT)


def written(folder, count=3):
    """The files."""
    return [one(folder / f"statement{n}.dcm", n) for n in range(1, count + 1)]


def one(file, n):
    out = Dataset()
    out.SpecificCharacterSet, out.ImageType = "ISO_IR 100", ["ORIGINAL", "PRIMARY", "AXIAL"]
    out.SOPClassUID, out.SOPInstanceUID = CT, f"{ROOT}.{n}.1.1"
    out.StudyInstanceUID, out.SeriesInstanceUID = f"{ROOT}.{n}", f"{ROOT}.{n}.1"
    for keyword, value in VALUES.items():
        setattr(out, keyword, value.format(n=n))
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = f"P{n}", "99ASSAY", f"procedure {n}"
    out.ProcedureCodeSequence = [code]
    out.SamplesPerPixel, out.PhotometricInterpretation, out.Rows, out.Columns = 1, "MONOCHROME2", 2, 2
    out.BitsAllocated, out.BitsStored, out.HighBit, out.PixelRepresentation, out.PixelData = 8, 8, 7, 0, bytes(4)
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = pydicom.uid.ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = CT, out.SOPInstanceUID
    meta.ImplementationClassUID = "1.2.826.0.1.3680043.10.999.5"
    out.file_meta, out.is_little_endian, out.is_implicit_VR = meta, True, False
    out.save_as(str(file), write_like_original=False)
    return file
