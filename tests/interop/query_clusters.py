"""What a product answers otherwise than the reference, clustered: what differs, the type of matching, the VR, and in which
circumstance. Explained clusters are the lines of query_differences.tsv."""

import collections
import pathlib

import golden_queries
from dimse_client import vr_of
from matching_reference import LEVELS, ONE_VALUE_VRS, UNIQUE_KEYS, match_type, matches, spelled_short, stripped, values

TABLE = pathlib.Path(__file__).with_name("query_differences.tsv")
# What may stand in a response without having been asked for (PS3.4 C.4.1.1.3.2).
ALWAYS_ALLOWED = {"SpecificCharacterSet", "QueryRetrieveLevel", "RetrieveAETitle", "InstanceAvailability", "StorageMediaFileSetID",
                  "StorageMediaFileSetUID", "TimezoneOffsetFromUTC", *UNIQUE_KEYS.values()}


def comparable(keyword, value):
    """Without what means nothing: padding, and the order and the empty attributes of items."""
    vr = vr_of(keyword)
    if vr == "SQ":
        return [{name: comparable(name, inner) for name, inner in sorted(item.items())} for item in value]
    if vr == "US":
        return value
    if keyword in ("ModalitiesInStudy", "SOPClassesInStudy"):  # PS3.4 C.3.4: each once, in no order
        return sorted(values(vr, value))
    return stripped(vr, value) if vr in ("LT", "ST", "UT") else "\\".join(values(vr, value))


def known_vr(keyword):
    try:
        return vr_of(keyword)
    except KeyError:
        return "-"  # a private attribute


def path_of(level, identifier, golden):
    """The entity that a response is of: its unique keys, those above filled in from the golden set when it leaves them out."""
    own = stripped(vr_of(UNIQUE_KEYS[level]), identifier.get(UNIQUE_KEYS[level], ""))
    return golden[level].get(own)


class Judge:
    """Holds answers against the reference. `ask(model, identifier)` asks the product; `unmatched` are the Optional Keys
    that it ignores: what follows from that is a cluster of its own for all VRs."""

    def __init__(self, reference, ask, unmatched=()):
        self.reference, self.ask, self.unmatched = reference, ask, unmatched
        self.asked_alone = {}
        self.golden = {level: {e.path[-1]: e.path for e in reference.entities[level]} for level in LEVELS}
        self.entity = {level: {e.path: e for e in reference.entities[level]} for level in LEVELS}
        self.differences = collections.defaultdict(list)  # cluster -> examples
        self.equal = 0

    def judge(self, query):
        found = self.found(query)
        self.equal += not found
        for cluster, example in found:
            self.differences[cluster].append(f"{query}\n    {example}")

    def found(self, query):
        """(cluster, example) of each difference."""
        wanted = self.reference.answers(query.model, query.identifier)
        answer = self.ask(query.model, query.identifier)
        if answer.final != 0:
            return [(("status", self.kinds(query), "-", f"{answer.final:04X}H"), f"{len(wanted)} matches, status {answer.final:04X}H")]
        out, seen = [], {}
        ignored = self.reference.unsupported(query.model, query.identifier)
        for status, identifier in answer.pending:
            path = path_of(query.level, identifier, self.golden)
            if path is None:
                if self.foreign(query.level, identifier):
                    continue
                out.append((("answer", "-", "-", "unknown entity"), f"{identifier}"))
                continue
            if path in seen:
                out.append((("answer", "-", "-", "entity twice"), f"{path[-1]}"))
            seen[path] = identifier
            if path in wanted and status != (0xFF01 if ignored else 0xFF00):
                out.append((("pending", "-", "-", f"{status:04X}H"), f"keys not supported here: {ignored}"))
            if path in wanted:
                out += self.values(query, wanted[path], identifier)
        out += [self.blamed(query, "missing", path) for path in wanted if path not in seen]
        out += [self.blamed(query, "extra", path) for path in seen if path not in wanted]
        return list({cluster: (cluster, example) for cluster, example in out}.values())

    def foreign(self, level, identifier):
        """Not of the golden set: what the device had before."""
        return not identifier.get("PatientID", "").strip() in self.golden["PATIENT"] and (
            level == "PATIENT" or not identifier.get("StudyInstanceUID", "").startswith("1.2.826.0.1.3680043.10.999.77."))

    @staticmethod
    def kinds(query):
        kinds = {match_type(vr_of(k), v) for k, v in query.identifier.items() if k not in ALWAYS_ALLOWED} - {"universal"}
        return "+".join(sorted(kinds)) or "universal"

    def values(self, query, wanted, got):
        """Differences of the returned attributes."""
        out = []
        for keyword, value in wanted.items():
            if keyword not in got:
                if keyword in query.identifier:
                    kind = ("-", "Optional Key not supported") if keyword in self.unmatched else (vr_of(keyword), "not returned")
                    out.append((("value", "return", *kind), f"{keyword}"))
                continue
            mine, other = comparable(keyword, value), comparable(keyword, got[keyword])
            if mine != other:
                out.append((("value", "return", vr_of(keyword), self.how(mine, other)), f"{keyword} is {got[keyword]!r}, not {value!r}"))
        for keyword in got:
            if keyword not in wanted and keyword not in ALWAYS_ALLOWED:
                where = "not supported, yet there" if keyword in query.identifier else "not asked for"
                out.append((("value", "return", known_vr(keyword), where), keyword))
        return out

    @staticmethod
    def how(mine, other):
        if isinstance(mine, list):
            return "other items" if len(mine) != len(other) else "items are different"
        if other == "":
            return "empty"
        if "\ufffd" in other or (not str(mine).isascii() and spelled_short(mine).count("^") == spelled_short(other).count("^")):
            return "character set"
        return "other value"

    def blamed(self, query, what, path):
        """Which key it is that let an entity in or kept it out: the one that does so alone."""
        entity = self.entity[query.level][path]
        if not self.reference.is_below(query.model, query.identifier, entity):
            return (what, "hierarchy", "-", "another path"), f"{path}"
        here = self.reference.keys_here(query.model, query.level)
        keys = [k for k, v in query.identifier.items() if v not in ("", []) and (k in here or k not in ALWAYS_ALLOWED)]
        if what == "extra":
            keys = [k for k in keys if k in here and not matches(vr_of(k), query.identifier[k], entity.attributes.get(k),
                                                                 self.reference.choices)]
            if all(k in self.unmatched for k in keys):
                return (what, "any", "-", "Optional Key not matched"), f"{what} {path[-1]}: {keys}"
            keys = [k for k in keys if k not in self.unmatched]
        elif self.keeps_out(golden_queries.without_keys(query), path):
            return (what, "hierarchy", "-", "the path above"), f"{what} {path}"
        else:
            keys = [k for k in keys if self.keeps_out(golden_queries.single_key(query, k), path)]
        if not keys:
            return (what, "combination", "-", "-"), f"{what} {path[-1]}"
        key, stored = query.identifier[keys[0]], entity.attributes.get(keys[0])
        special = circumstance(keys[0], key, stored) if keys[0] in here else "key of a lower level"
        return ((what, match_type(vr_of(keys[0]), key), vr_of(keys[0]), special), f"{what} {path[-1]}: {keys[0]}={key!r} against {stored!r}")

    def keeps_out(self, one, path):
        """True when the product does not answer this query with this entity."""
        known = one.model, repr(one.identifier)
        if known not in self.asked_alone:
            answer = self.ask(one.model, one.identifier)
            self.asked_alone[known] = {path_of(one.level, identifier, self.golden) for _, identifier in answer.pending}
        return path not in self.asked_alone[known]


def circumstance(keyword, key, stored):
    """What is special about this key and this value, the first that applies."""
    vr = vr_of(keyword)
    if stored in (None, "", []):
        return "no value"
    if vr == "SQ":
        return "item"
    if keyword.startswith("NumberOf") or keyword in ("ModalitiesInStudy", "SOPClassesInStudy"):
        return "computed"
    if vr == "US":
        return "-"
    if vr != "UI" and "\\" in stored:
        return "backslash in a text" if vr in ONE_VALUE_VRS else "one of several values"
    if not (key.isascii() and stored.isascii()):
        return "character set"
    if vr == "PN":
        if "=" in stored:
            return "component groups"
        if spelled_short(stored) != stored or spelled_short(key) != key:
            return "empty components"
    if vr == "PN" and matches("LO", key, stored) != matches("PN", key, stored) or key != stored and key.lower() == stored.lower():
        return "case"
    if vr in ("TM", "DT"):
        return "time"
    if stripped(vr, stored) != stored or stripped(vr, key) != key or stored[:1] == " ":
        return "padding"
    return "-"


class Table:
    """Explained clusters of one product."""

    def __init__(self, product):
        self.product = product
        lines = [line.split("\t") for line in TABLE.read_text().splitlines() if line and not line.startswith("#")]
        self.lines = {tuple(line[1:5]): line for line in lines if line[0] == product}
        for line in lines:
            if len(line) != 8 or line[6] not in ("reference", "both"):
                raise ValueError(f"{TABLE.name}: {line} has not 8 columns with reference or both in the seventh")

    def report(self, differences):
        """(text about clusters that have no line, text about lines of which nothing was seen)."""
        new = "".join(f"\n{self.product}\t" + "\t".join(cluster) + f"\t?\t?\t{len(examples)} times\n  {examples[0]}"
                      for cluster, examples in sorted(differences.items()) if cluster not in self.lines)
        gone = "".join(f"\n{self.product}\t" + "\t".join(cluster) for cluster in self.lines if cluster not in differences)
        return new, gone
