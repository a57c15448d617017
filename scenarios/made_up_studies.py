"""Studies that scripts store before they ask for them: always the same, so that a device that was tested before is left
as it was. No scenario by itself."""
import assay

FIND = "StudyRootQueryRetrieveInformationModelFind"
GET = "StudyRootQueryRetrieveInformationModelGet"
CT = "CTImageStorage"
ROOT = "1.2.826.0.1.3680043.10.999"

# What two of them share tells conjunctions from single keys.
_STUDIES = [
    ("Alder^Ann", "1", "20240105", "S-100"),
    ("Alder^Ann", "1", "20240306", "S-101"),
    ("Birch^Bob", "2", "20240306", "S-102"),
    ("Cedar^Cat", "3", "20240105", "S-100"),
    ("Cedar^Cat", "3", "20240818", "S-104"),
]


def store(case, group):
    """Stores the five studies of one image each, of which only this group's scripts know; gives back a dict of keys for
    each. The patients' ids begin with "ASSAY-<group>-"."""
    association = case.associate(CT)
    studies = []
    for number, (name, patient, date, accession) in enumerate(_STUDIES, 1):
        study = {
            "PatientName": name,
            "PatientID": f"ASSAY-{group}-{patient}",
            "StudyDate": date,
            "AccessionNumber": accession,
            "StudyInstanceUID": f"{ROOT}.{7000 + sum(map(ord, group))}.{number}",
        }
        made = assay.Synthetic("CT", changes={**study, "SeriesInstanceUID": study["StudyInstanceUID"] + ".1",
                                              "StudyID": str(number)})
        answer = association.store(made, sop_instance=study["StudyInstanceUID"] + ".1.1", judge=False)
        if answer.status not in (0x0000, 0xB000, 0xB006, 0xB007):
            case.inconclusive(f"the device did not keep the objects that this case asks for: status {answer.status:04X}H")
        studies.append(study)
    association.release()
    return studies
