"""A signed object, stored and taken back by C-GET: what was signed, and the signature, must come back bit for bit."""
import hashlib

import assay
from made_up_studies import CT, GET, ROOT

SYNTAX = "ExplicitVRLittleEndian"
SIGNED = ("(0008,0016)", "(0008,0018)", "(0020,000D)", "(0020,000E)", "(0028,0010)", "(0028,0011)", "(7FE0,0010)")
RECORDS = ("(4FFE,0001)", "(FFFA,FFFA)")  # MAC Parameters and Digital Signatures Sequence


def at(tags):
    """Values of VR AT, little endian."""
    return b"".join(int(tag[i:i + 4], 16).to_bytes(2, "little") for tag in tags for i in (1, 6))


def signed_object(case, instance, mac=b""):
    certificate = bytes(range(256)) + bytes(44)  # any bytes: who reads the object here does not trust it
    return case.encode(assay.Synthetic("CT", 512, {
        "SOPInstanceUID": instance, "PatientID": "ASSAY-SIGNED", "StudyInstanceUID": f"{ROOT}.8101",
        "SeriesInstanceUID": f"{ROOT}.8101.1", "InstanceNumber": "1",
        "(4FFE,0001)": [{"(0400,0005)": 1, "(0400,0010)": SYNTAX, "(0400,0015)": "SHA256",
                         "(0400,0020)": assay.Raw("AT", at(SIGNED))}],
        "(FFFA,FFFA)": [{"(0400,0005)": 1, "(0400,0100)": f"{ROOT}.8101.9", "(0400,0105)": "20260105101500",
                         "(0400,0110)": "X509_1993_SIG", "(0400,0115)": assay.Raw("OB", certificate),
                         "(0400,0120)": assay.Raw("OB", mac or bytes(32))}]}), SYNTAX)


def parts(case, data, transfer):
    """The elements that are signed, and the records of the signature: tag -> what it holds."""
    return {tag.upper(): rest for tag, *rest in case.elements(data, transfer) if tag.upper() in SIGNED + RECORDS}


def mac_of(elements):
    """A digest over what is signed, the same for the same elements."""
    return hashlib.sha256(repr([(tag, elements.get(tag)) for tag in SIGNED]).encode()).digest()


@assay.scenario(
    id="ps3.15/C/signed-object-comes-back", role="requestor", tags="storage retrieve script signature",
    title="A signed object comes back by C-GET with its signature, and with what was signed as it was",
    clause=[("PS3.4", "B.4.1", "statement",
             "Level 2 (Full) storage keeps all attributes of an instance; level 0 and 1 say what they keep, and what becomes of "
             "digital signatures (B.4.1.1), in the conformance statement."),
            ("PS3.15", "C", "statement", "A digital signature is over the elements named in its MAC Parameters: one that "
             "changes makes it void.")],
    requirements=["media:R-075"],
    advice="An archive that changes a signed element without saying so makes the signature worthless. Look up what its "
           "conformance statement says of digital signatures, and switch coercion off for signed objects.",
    needs=["sop-class:CTImageStorage:scp", "study-root-get-scp"], timeout=60)
def signed_object_comes_back(case):
    association = case.associate((CT, [SYNTAX]), (GET, ["ImplicitVRLittleEndian"]),
                                 children=[assay.Element("role", {"sop-class": CT, "scu": 1, "scp": 1})])
    instance = f"{ROOT}.8101.1.{case.random.randrange(10**9)}"
    unsigned = parts(case, signed_object(case, instance), SYNTAX)
    data = signed_object(case, instance, mac_of(unsigned))
    before = parts(case, data, SYNTAX)
    assert len(before) == len(SIGNED + RECORDS), before
    answer = association.store(data, sop_class=CT, sop_instance=instance)
    case.check(answer.status in (0, 0xB000), "a signed object is not stored", "0000H", f"{answer.status:04X}H")
    objects, responses = association.get(
        {"QueryRetrieveLevel": "IMAGE", "StudyInstanceUID": f"{ROOT}.8101", "SeriesInstanceUID": f"{ROOT}.8101.1",
         "SOPInstanceUID": instance}, context=GET)
    case.check(responses[-1].status == 0 and len(objects) == 1, "the signed object was stored and does not come back once",
               "one object and 0000H", f"{len(objects)} objects and {responses[-1].status:04X}H")
    after = parts(case, objects[0].data, objects[0].transfer)
    kept = [tag for tag in RECORDS if tag in after]
    case.observe("signature", "kept" if len(kept) == len(RECORDS) else "removed" if not kept else "damaged")
    if answer.status == 0 or kept:
        # Who says that it changed nothing, or keeps the signature, owes both: signature and what is signed.
        case.check(len(kept) == len(RECORDS), "of the signature something is missing", " and ".join(RECORDS), " and ".join(kept))
        changed = [tag for tag in before if before[tag] != after.get(tag)]
        case.check(not changed and mac_of(after) == mac_of(before), f"the signature is void: {', '.join(changed)} came back otherwise",
                   before[changed[0]] if changed else "", after.get(changed[0]) if changed else "")
    association.release()
