"""Statements that are untrue in one place: each claim of a true one is turned round, one at a time, by the kind of thing
that it is about. Used by certify_test.py."""

import copy
import dataclasses
import xml.etree.ElementTree as ET

# Transfer syntaxes that are asked for in a quick look, and that few products take.
RARE = ("JPEGExtended12Bit", "MPEG4HP41")
OPPOSITE = {"yes": "no", "no": "yes", "own-order": "requestor-order", "requestor-order": "own-order",
            "sensitive": "ignored", "ignored": "sensitive"}
NOT_SERVED = ("ModalityPerformedProcedureStep", "StorageCommitmentPushModel", "BasicGrayscalePrintManagementMeta",
              "ModalityWorklistInformationModelFind", "InstanceAvailabilityNotification", "PrintJob",
              "UnifiedProcedureStepPush", "HangingProtocolInformationModelFind")


@dataclasses.dataclass
class Untrue:
    kind: str  # "policy", "syntax more"...
    what: str
    text: str  # the profile
    about: list  # beginnings of the ids of the claims that it is about


def other(name, value):
    """Another value of a policy; None where it is not known what that would be."""
    if name == "implementation-class-uid":
        return value + ".1"
    if name == "implementation-version-name":
        return "OTHER"
    if value in OPPOSITE:
        return OPPOSITE[value]
    return str(int(value) * 2 + 2) if value.isdigit() else None


class Falsifier:
    def __init__(self, text):
        self.root = ET.fromstring(text)

    def made(self, kind, what, change):
        root = copy.deepcopy(self.root)
        about = change(root.find("ae"))
        return Untrue(kind, f"{kind}: {what}", ET.tostring(root, encoding="unicode"), about)

    def all(self):
        ae = self.root.find("ae")
        yield from self.attributes(ae)
        yield from self.policies(ae)
        yield from self.services(ae)
        yield from self.not_served(ae)
        yield from self.keys(ae)

    def sample(self, each):
        """At most so many of each kind, spread over all of them."""
        kinds = {}
        for one in self.all():
            kinds.setdefault(one.kind, []).append(one)
        return [one for some in kinds.values() for one in some[::max(1, len(some) // each)][:each]]

    def attributes(self, ae):
        for name, value in ae.attrib.items():
            wrong = None if name == "title" else other(name, value)
            if wrong:
                def change(ae, name=name, wrong=wrong):
                    ae.set(name, wrong)
                    return [f"policy/{name}"]
                yield self.made("attribute", f"{name} {wrong}", change)

    def policies(self, ae):
        for i, policy in enumerate(ae.findall("policy")):
            wrong = other(policy.get("name"), policy.get("value"))
            if wrong:
                def change(ae, i=i, wrong=wrong):
                    one = ae.findall("policy")[i]
                    one.set("value", wrong)
                    return [f"policy/{one.get('name')}"]
                yield self.made("policy", f"{policy.get('name')} {wrong}", change)

    def services(self, ae):
        for i, service in enumerate(ae.findall("service")):
            name = "storage" if service.get("storage") else service.get("sop-class")
            if [role for role in ("scu", "scp") if service.get(role) == "yes"] != ["scp"]:
                continue
            syntaxes = service.get("transfer").split()

            def listed(ae, i, syntaxes, about):
                ae.findall("service")[i].set("transfer", " ".join(syntaxes))
                return [about]
            for wrong in RARE:
                if wrong not in syntaxes:
                    yield self.made("syntax more", f"{name} in {wrong}", lambda ae, i=i, wrong=wrong, name=name, syntaxes=syntaxes: listed(
                        ae, i, [*syntaxes, wrong], f"sop-class/{name}/scp/{wrong}"))
            if name == "storage":
                continue  # what is taken out is said by no single claim
            for gone in syntaxes if len(syntaxes) > 1 else []:
                yield self.made("syntax less", f"{name} not in {gone}", lambda ae, i=i, gone=gone, name=name, syntaxes=syntaxes: listed(
                    ae, i, [one for one in syntaxes if one != gone], f"sop-class/{name}/scp/{gone}"))

            def without(ae, i=i, name=name):
                ae.remove(ae.findall("service")[i])
                return [f"sop-class/{name}/scp", f"status/{name}/scp", f"extended/{name}/scp"]
            yield self.made("service less", name, without)

    def not_served(self, ae):
        taken = {one.get("sop-class") for one in ae.findall("service")}
        for absent in NOT_SERVED:
            if absent not in taken:
                def change(ae, absent=absent):
                    at = 1 + max((i for i, one in enumerate(ae) if one.tag in ("policy", "service")), default=-1)
                    ae.insert(at, ET.Element("service", {"sop-class": absent, "scp": "yes",
                                                         "transfer": "ImplicitVRLittleEndian"}))
                    return [f"sop-class/{absent}/scp"]
                yield self.made("service more", absent, change)

    def keys(self, ae):
        keys = [(query.get("level"), key) for query in ae.iter("keys") for key in query if key.tag == "key"]
        for i, (level, key) in enumerate(keys):
            id = f"key/{level}/{key.get('tag')}/"
            kinds = (key.get("matching") or "").split()

            def at(ae, i):
                return list(ae.iter("key"))[i]
            for kind in ("single", "wildcard", "range", "uid-list"):
                if kind not in kinds and key.get("tag").startswith("NumberOf") and key.get("tag") != "NumberOfFrames":
                    continue  # counts are not matched by definition (PS3.4 C.3.4), so nobody asks
                def match(ae, i=i, kind=kind, id=id, kinds=kinds):
                    one = at(ae, i)
                    now = [k for k in kinds if k != kind] if kind in kinds else [*kinds, kind]
                    if now:
                        one.set("matching", " ".join(now))
                    elif "matching" in one.attrib:
                        del one.attrib["matching"]
                    return [id + kind]
                if kinds != [kind] or key.get("returned") != "no":
                    yield self.made("matching", f"{key.attrib} {'without' if kind in kinds else 'with'} {kind}", match)
            if key.get("case"):
                def case(ae, i=i, id=id):
                    at(ae, i).set("case", OPPOSITE[at(ae, i).get("case")])
                    return [id]
                yield self.made("case", f"{key.attrib} the other way round", case)
            if kinds and key.get("returned") != "no":
                def silent(ae, i=i, id=id):
                    at(ae, i).set("returned", "no")
                    return [id + "returned"]
                yield self.made("returned", f"{key.attrib} not returned", silent)
