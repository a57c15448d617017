"""Data Sets made by chance, stored and taken back by C-GET: every element must come back as it was."""
import assay
from made_up_studies import CT, GET, ROOT

SYNTAX = "ExplicitVRLittleEndian"
OBJECTS = 8
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ 0123456789"


def text(random, length):
    return "".join(random.choice(LETTERS) for _ in range(random.randint(1, length))).strip() or "X"


def made(random, number):
    """Elements of many VRs, nested ones among them, beside what makes it a CT image."""
    windows = random.randint(1, 4)
    values = {
        "PatientName": f"{text(random, 20)}^{text(random, 20)}",
        "PatientComments": text(random, 500),
        "StudyDescription": text(random, 60),
        "SeriesDescription": text(random, 60),
        "ImageComments": text(random, 800),
        "PatientWeight": f"{random.uniform(1, 200):.3f}",
        "ImageType": ["ORIGINAL", "PRIMARY", "AXIAL", text(random, 10).replace(" ", "_")],
        "WindowCenter": [str(random.randint(-1000, 1000)) for _ in range(windows)],
        "WindowWidth": [str(random.randint(1, 4000)) for _ in range(windows)],
        "SmallestImagePixelValue": random.randrange(65536),
        "ReferencedStudySequence": [{"ReferencedSOPClassUID": "1.2.840.10008.3.1.2.3.1",
                                     "ReferencedSOPInstanceUID": f"{ROOT}.{random.randrange(10**6)}"}
                                    for _ in range(random.randint(1, 3))],
        "RequestAttributesSequence": [{
            "RequestedProcedureDescription": text(random, 60),
            "ScheduledProtocolCodeSequence": [{"CodeValue": text(random, 10), "CodingSchemeDesignator": "99ASSAY",
                                               "CodeMeaning": text(random, 40)}]}],
        "(0029,0010)": assay.Raw("LO", b"ASSAY SCRIPT"),
        "(0029,1001)": assay.Raw("OB", bytes(random.randrange(256) for _ in range(2 * random.randint(1, 300)))),
        "(0029,1002)": assay.Raw("FD", bytes(random.randrange(256) for _ in range(8))),
    }
    values = dict(random.sample(list(values.items()), random.randint(6, len(values))))
    if len({"WindowCenter", "WindowWidth"} & values.keys()) == 1:  # one needs the other
        values.pop("WindowCenter", None)
        values.pop("WindowWidth", None)
    if "(0029,1001)" in values or "(0029,1002)" in values:
        values["(0029,0010)"] = assay.Raw("LO", b"ASSAY SCRIPT")
    return {**values, "PatientID": "ASSAY-ROUND", "StudyInstanceUID": f"{ROOT}.8001",
            "SeriesInstanceUID": f"{ROOT}.8001.1", "InstanceNumber": str(number)}


@assay.scenario(
    id="ps3.4/B.4.1/random-round-trip", role="requestor", tags="storage retrieve script",
    title="Data Sets of any elements come back by C-GET bit for bit as they were stored",
    clause=[("PS3.4", "B.4.1", "statement",
             "Level 2 (Full) storage keeps all attributes of an instance, private ones as well; levels 0 and 1 say what "
             "they keep in the conformance statement."),
            ("PS3.4", "B.4.1.3", "shall", "An SCP that changes an attribute says so by the status B000H.")],
    requirements=["data:R177"],
    advice="What an archive drops or changes without saying so is gone when the images are compared in years. Look up its "
           "level of storage conformance, and whether coercion rules are switched on.",
    needs=["sop-class:CTImageStorage:scp", "study-root-get-scp"], timeout=120)
def random_round_trip(case):
    association = case.associate((CT, [SYNTAX]), (GET, ["ImplicitVRLittleEndian"]),
                                 children=[assay.Element("role", {"sop-class": CT, "scu": 1, "scp": 1})])
    sent = {}
    for number in range(1, OBJECTS + 1):
        instance = f"{ROOT}.8001.1.{case.random.randrange(10**9)}"
        data = case.encode(assay.Synthetic("CT", case.random.randint(64, 4096),
                                           {**made(case.random, number), "SOPInstanceUID": instance}), SYNTAX)
        answer = association.store(data, sop_class=CT, sop_instance=instance)
        case.check(answer.status in (0, 0xB000, 0xB006, 0xB007), f"object {number} is not stored", "0000H",
                   f"{answer.status:04X}H")
        if answer.status == 0:
            sent[instance] = data
    case.check(sent, "every object was changed (B000H): there is nothing to compare", "0000H", "B000H")
    wanted = list(sent)
    case.random.shuffle(wanted)
    for instance in wanted:
        objects, responses = association.get(
            {"QueryRetrieveLevel": "IMAGE", "StudyInstanceUID": f"{ROOT}.8001",
             "SeriesInstanceUID": f"{ROOT}.8001.1", "SOPInstanceUID": instance}, context=GET)
        case.check(responses[-1].status == 0 and len(objects) == 1, f"{instance} was stored and does not come back once",
                   "one object and 0000H", f"{len(objects)} objects and {responses[-1].status:04X}H")
        before = {tag: rest for tag, *rest in case.elements(sent[instance], SYNTAX)}
        after = {tag: rest for tag, *rest in case.elements(objects[0].data, objects[0].transfer)}
        lost = sorted(before.keys() - after.keys())
        case.check(not lost, f"stored with 0000H, {', '.join(lost)} did not come back", "every element", f"{len(lost)} lost")
        changed = [tag for tag in sorted(before) if before[tag] != after[tag]]
        case.check(not changed, f"stored with 0000H, {', '.join(changed)} came back otherwise",
                   before[changed[0]] if changed else "", after[changed[0]] if changed else "")
    case.observe("objects", len(sent))
    association.release()
