"""Synthetic DICOM files for the tests of the file commands, written by pydicom."""

import pathlib

import pydicom
from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import CTImageStorage, ExplicitVRBigEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

SYNTAXES = {"explicit": ExplicitVRLittleEndian, "implicit": ImplicitVRLittleEndian, "big": ExplicitVRBigEndian}


def write(path, syntax="explicit", uid="1.2.826.0.1.3680043.9.9999.1", name="Doe^Jane", **more):
    """A small CT with two nested items and a private block; returns the path."""
    path = pathlib.Path(path)
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = CTImageStorage
    meta.MediaStorageSOPInstanceUID = uid
    meta.TransferSyntaxUID = SYNTAXES[syntax]
    meta.ImplementationClassUID = "1.2.826.0.1.3680043.9.9999.9"
    ds = FileDataset(str(path), {}, file_meta=meta, preamble=b"\0" * 128)
    ds.SOPClassUID = CTImageStorage
    ds.SOPInstanceUID = uid
    ds.Modality = "CT"
    ds.PatientName = name
    ds.PatientID = "12345"
    ds.StudyInstanceUID = "1.2.826.0.1.3680043.9.9999.2"
    ds.SeriesInstanceUID = "1.2.826.0.1.3680043.9.9999.3"
    item = Dataset()
    item.Modality = "CT"
    item.ScheduledStationAETitle = "STATION"
    ds.ScheduledProcedureStepSequence = Sequence([item, Dataset(item)])
    block = ds.private_block(0x0029, "ASSAY TEST", create=True)
    block.add_new(0x10, "LO", "private")
    ds.Rows = 4
    ds.Columns = 4
    ds.BitsAllocated = 16
    ds.PixelRepresentation = 0
    ds.add_new(0x7FE00010, "OW", bytes(range(32)))
    for keyword, value in more.items():
        setattr(ds, keyword, value)
    ds.is_little_endian = syntax != "big"
    ds.is_implicit_VR = syntax == "implicit"
    pydicom.dcmwrite(str(path), ds, write_like_original=False)
    return path


def bad_ones(folder):
    """What people hand to a file command by mistake: name -> a word its one line of complaint must hold."""
    folder = pathlib.Path(folder)
    (folder / "empty.dcm").write_bytes(b"")
    (folder / "text.dcm").write_text("This is no DICOM file, it is a letter to somebody.\n" * 20)
    (folder / "dangling.dcm").symlink_to(folder / "nowhere.dcm")
    return {"empty.dcm": "empty", "text.dcm": "DICOM", "dangling.dcm": "No such file", "missing.dcm": "No such file"}
