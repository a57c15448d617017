"""Queries against the golden set: by level and number, the same on every run. Each asks for one entity that is there, turns
some of its values into keys of every kind that their VR allows, spoils some of them, and asks for other attributes back."""

import dataclasses
import random

import dimse_client
from dimse_client import PATIENT_ROOT, STUDY_ROOT, vr_of
from matching_reference import KEYS, LEVELS, UNIQUE_KEYS, stripped, values


@dataclasses.dataclass(frozen=True)
class Query:
    level: str
    number: int
    model: str
    identifier: dict

    def __str__(self):
        keys = ", ".join(f"{k}={v!r}" for k, v in self.identifier.items() if k != "QueryRetrieveLevel")
        return f"{self.level} {self.number} ({'patient' if self.model == PATIENT_ROOT else 'study'} root): {keys}"


def query(reference, level, number):
    rng = random.Random(f"{level} {number}")
    model = PATIENT_ROOT if level == "PATIENT" or rng.random() < 0.4 else STUDY_ROOT
    # "G*9" above the level of the query would be a wild card, not the single value of C.4.1.2.1.
    target = rng.choice([e for e in reference.entities[level] if model == STUDY_ROOT or level == "PATIENT" or "*" not in e.path[0]])
    identifier = {"QueryRetrieveLevel": level}
    for keyword in reference.upper(model, level):
        identifier[keyword] = target.attributes[keyword]
        if rng.random() < 0.04:  # another one's: often there is no such path
            identifier[keyword] = rng.choice([e for e in reference.entities["IMAGE"] if "*" not in e.path[0]]).attributes[keyword]
    # Entities around the target give values that are near misses.
    near = [e for e in reference.entities[level] if reference.is_below(model, identifier, e)] or [target]
    identifier[UNIQUE_KEYS[level]] = unique_key(rng, level, target, near)
    keywords = [k for k in reference.keys_here(model, level) if k not in identifier]
    for keyword in rng.sample(keywords, rng.choice([1, 1, 1, 1, 2, 2, 3])):
        source = rng.choice([target, target, rng.choice(near), rng.choice(reference.entities[level])])
        identifier[keyword] = key(rng, keyword, source.attributes.get(keyword), reference.entities[level])
    for keyword in rng.sample(keywords, rng.randrange(4)):
        identifier.setdefault(keyword, [] if vr_of(keyword) == "SQ" else "")
    if rng.random() < 0.03 and level != "IMAGE":  # a key of a lower level: not supported here
        keyword = rng.choice([k for k in KEYS["SERIES" if level != "SERIES" else "IMAGE"] if vr_of(k) in ("CS", "IS")])
        identifier[keyword] = rng.choice(["", "1"])
    return Query(level, number, model, with_character_set(rng, identifier))


def with_character_set(rng, identifier):
    """(0008,0005) where the keys need it, one of those that can write them."""
    for name in rng.sample(["", "ISO_IR 100", "ISO_IR 192", "\\ISO 2022 IR 87"], 4) if rng.random() < 0.2 else [
            "", *rng.sample(["ISO_IR 100", "ISO_IR 192", "\\ISO 2022 IR 87"], 3)]:
        out = {**identifier, "SpecificCharacterSet": name} if name else dict(identifier)
        try:
            dimse_client.encode(out)
        except UnicodeEncodeError:
            continue
        return out
    raise AssertionError("ISO_IR 192 writes everything")


def unique_key(rng, level, target, near):
    own = target.attributes[UNIQUE_KEYS[level]]
    kind = rng.random()
    if kind < 0.75:
        return ""
    if level == "PATIENT":
        return own
    others = [e.attributes[UNIQUE_KEYS[level]] for e in near]
    if kind < 0.85:
        return own
    if kind < 0.95:
        return "\\".join(rng.sample(others, rng.randint(1, min(3, len(others)))) + [own] * rng.randrange(2))
    return own[:-1] + rng.choice(["", "9"]) if own[-2] != "." else own + "9"  # no such UID, or another one


def key(rng, keyword, stored, entities):
    """A key of some kind for an attribute that has this value in the entity asked for."""
    vr = vr_of(keyword)
    if vr == "SQ":
        return sequence_key(rng, stored)
    if vr == "US":
        return rng.choice([stored, stored, 1, 7])
    if rng.random() < 0.08:
        return ""
    own = values(vr, stored) if stored else []
    if not own:  # nothing to ask for: what others have
        own = [one for e in entities for one in values(vr, e.attributes.get(keyword) or "")]
    value = rng.choice(own) if own else "1"
    return KINDS.get(vr, text_key)(rng, vr, value)


def sequence_key(rng, stored):
    """No item, an empty one, or one with some of the attributes of a stored one."""
    if rng.random() < 0.1:
        return []
    item = rng.choice(stored) if stored else {}
    if not item or rng.random() < 0.1:
        return [{}] if rng.random() < 0.5 else [{"CodeValue" if not item or "CodeValue" in item else rng.choice(list(item)): ""}]
    out = {}
    for keyword in rng.sample(list(item), rng.randint(1, len(item))):
        if isinstance(item[keyword], list):
            out[keyword] = sequence_key(rng, item[keyword])
        else:
            other = rng.choice(stored).get(keyword, "")
            out[keyword] = key(rng, keyword, rng.choice([item[keyword], item[keyword], other if isinstance(other, str) else ""]), [])
    return [out]


def text_key(rng, vr, value):
    kind = rng.random()
    if vr in ("LT", "ST", "UT", "UC") and "*" not in value and "?" not in value and kind < 0.3:
        return rng.choice([value, value, " " + value, value.lstrip(" ")]) or "x"
    if kind < 0.25:
        return plain(value)
    if kind < 0.32:
        return plain(rng.choice([value.lower(), value.upper(), value.swapcase()])) if vr != "CS" else plain(value)
    if kind < 0.37:
        return plain(rng.choice([value + " ", value[:-1], value + "x"]) if vr != "CS" else value[:-1]) or "X"
    if vr == "PN" and kind < 0.5 and ("=" in value or "^" in value):
        groups = value.split("=")
        return rng.choice([groups[0], groups[-1], groups[0].split("^")[0] + "*", groups[0].rstrip("^"), groups[0] + "^", "*" + groups[-1] + "*",
                           value.split("^")[0]]) or "*"
    return wild(rng, value)


def plain(text):
    """Backslashes between several values are no part of a key; without negotiation several values mean nothing (C.2.2.2.8)."""
    return text.split("\\")[0]


def wild(rng, value):
    """A few characters replaced by '*' or '?', or one put in."""
    value = plain(value)
    kind = rng.randrange(9)
    at = rng.randrange(len(value) + 1)
    end = rng.randint(at, len(value))
    return [value[:at] + "*", "*" + value[at:], value[:at] + "*" + value[end:], "*" + value[at:end] + "*", value[:at] + "?" + value[at + 1:],
            "?" * len(value) or "?", value + rng.choice(["?", "*", "**", " *"]), "*", value[:at] + "?" * (end - at) + value[end:] + "*"][kind]


def date_key(rng, _vr, value):
    other = rng.choice(["20251231", "20260101", "20260131", "20260201", "20240229", "20260301", "19991231", "20000101"])
    return range_or_single(rng, value, rng.choice([value, other]))


def time_key(rng, _vr, value):
    other = rng.choice([value, "000000", "235959.999999", "10", "1015", "101530", "12", "120000.0", "0830", "235959", "101559.999999",
                        "101500.0"])
    return range_or_single(rng, value, other)


def datetime_key(rng, _vr, value):
    other = rng.choice([value, "20251231", "20260101", "2026", "20260101000000+0000", "20260101010000+0200", "20260131235959.999999",
                        "20251231230000-0100", "202601", "20260101120000"])
    if rng.random() < 0.5:
        value = other
    out = range_or_single(rng, value, other)
    # A hyphen is a range (C.2.2.2.1.3 note 3): no single value with a negative offset.
    return value.split("-")[0] if out == value and "-" in value else out


def range_or_single(rng, value, other):
    kind = rng.random()
    if kind < 0.3:
        return other if rng.random() < 0.3 and "-" not in other else value
    if kind < 0.45:
        return value + "-"
    if kind < 0.6:
        return "-" + value
    low, high = sorted([value, other])
    return f"{low}-{high}"


def number_key(rng, vr, value):
    whole = value.lstrip("+")
    return rng.choice([value, value, whole, whole.lstrip("0") or "0", "0" + whole, "+" + whole, "77"]) if vr == "IS" else rng.choice(
        [value, value, whole, whole + ("0" if "." in whole and "E" not in whole else ""), "70", "70.00", "5", "5.000", "99.5"])


def exact_key(rng, _vr, value):
    return rng.choice([value, value, value, "099Y"])


def uid_key(rng, _vr, value):
    return rng.choice([value, value, value + ".1", "\\".join(rng.sample([value, value + ".1", "1.2.840.10008.5.1.4.1.1.2"], 3))])


KINDS = {"DA": date_key, "TM": time_key, "DT": datetime_key, "IS": number_key, "DS": number_key, "AS": exact_key, "UI": uid_key}


def relational_query(reference, level, number):
    """Keys of the levels above as well, and their unique keys only now and then (PS3.4 C.4.1.2.2.1)."""
    rng = random.Random(f"relational {level} {number}")
    asked = query(reference, level, number)
    target = rng.choice(reference.entities[level])
    identifier = {k: v for k, v in asked.identifier.items() if k != "SpecificCharacterSet"}
    for keyword in reference.upper(asked.model, level):
        if rng.random() < 0.7:
            identifier.pop(keyword, None)
        elif rng.random() < 0.3:
            identifier[keyword] = ""
    above = [k for k in reference.keys_above(asked.model, level) if vr_of(k) != "SQ" and k not in identifier]
    for keyword in rng.sample(above, min(len(above), rng.choice([1, 1, 2]))):
        source = rng.choice([target, target, rng.choice(reference.entities[level])])
        identifier[keyword] = key(rng, keyword, source.attributes.get(keyword), reference.entities[level])
    return Query(level, number, asked.model, with_character_set(rng, identifier))


def period_query(reference, level, number):
    """A range of dates and a range of times, mostly around an entity that is there."""
    rng = random.Random(f"period {level} {number}")
    date, time = reference.PAIRS[level]
    target = rng.choice([e for e in reference.entities[level] if e.attributes.get(date)])
    identifier = {"QueryRetrieveLevel": level, UNIQUE_KEYS[level]: ""}
    for keyword in reference.upper(STUDY_ROOT, level):
        identifier[keyword] = target.attributes[keyword]
    others = [e.attributes[date] for e in reference.entities[level] if e.attributes.get(date)]
    days = sorted([target.attributes[date], rng.choice(others)])
    times = [rng.choice([target.attributes.get(time) or "12", "000000", "10", "1015", "1200", "1830", "235959.999999"]) for _ in "ab"]
    identifier[date] = rng.choice(["{}-{}", "{}-{}", "{}-{}", "{}-", "-{1}"]).format(*days)
    identifier[time] = rng.choice(["{}-{}", "{}-{}", "{}-{}", "{}-", "-{1}"]).format(*times)
    return Query(level, number, STUDY_ROOT, identifier)


def queries(reference, count):
    """`count` of each level; those of a smaller count are the first of a larger one."""
    return [query(reference, level, number) for level in LEVELS for number in range(count)]


def single_key(asked, keyword):
    """The same query with this key alone, to see which of several keys makes a difference."""
    return dataclasses.replace(asked, identifier={**without_keys(asked).identifier, keyword: asked.identifier[keyword]})


def without_keys(asked):
    """The same query for all entities on its path."""
    top = LEVELS.index("PATIENT" if asked.model == PATIENT_ROOT else "STUDY")
    upper = [UNIQUE_KEYS[one] for one in LEVELS[top:LEVELS.index(asked.level)]]
    kept = {k: v for k, v in asked.identifier.items() if k in ("QueryRetrieveLevel", "SpecificCharacterSet") or k in upper}
    return dataclasses.replace(asked, identifier={**kept, UNIQUE_KEYS[asked.level]: ""})
