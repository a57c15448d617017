"""C-FIND of the Query/Retrieve Information Models as PS3.4 C.2.2, C.4.1 and C.6 tell it: slow, plain, and written from the
text of the standard, so that an archive can be held against it. Nothing here is shared with Assay.

Where the standard leaves the matching to the implementation, `Choices` says what Assay has stated; the places are marked
"implementation dependent". Data Sets are the dictionaries of dimse_client.py, with text as Unicode."""

import dataclasses
import datetime
import functools
import re

from dimse_client import PATIENT_ROOT, STUDY_ROOT, vr_of

LEVELS = ["PATIENT", "STUDY", "SERIES", "IMAGE"]
UNIQUE_KEYS = dict(PATIENT="PatientID", STUDY="StudyInstanceUID", SERIES="SeriesInstanceUID", IMAGE="SOPInstanceUID")
# Required and unique keys of the levels (PS3.4 C.6.1.1.2 to C.6.1.1.5).
REQUIRED = dict(
    PATIENT="PatientName PatientID",
    STUDY="StudyDate StudyTime AccessionNumber StudyID StudyInstanceUID",
    SERIES="Modality SeriesNumber SeriesInstanceUID",
    IMAGE="InstanceNumber SOPInstanceUID")
# Optional keys that Assay states to support, for matching like required ones (PS3.4 C.2.2.1.3).
OPTIONAL = dict(
    PATIENT="PatientBirthDate PatientSex OtherPatientIDs PatientComments NumberOfPatientRelatedStudies "
            "NumberOfPatientRelatedSeries NumberOfPatientRelatedInstances",
    STUDY="StudyDescription ReferringPhysicianName PatientAge PatientWeight NameOfPhysiciansReadingStudy "
          "AdmittingDiagnosesDescription ProcedureCodeSequence ModalitiesInStudy SOPClassesInStudy NumberOfStudyRelatedSeries "
          "NumberOfStudyRelatedInstances",
    SERIES="SeriesDescription SeriesDate SeriesTime BodyPartExamined ProtocolName StationName InstitutionName "
           "PerformingPhysicianName OperatorsName PerformedProcedureStepStartDate PerformedProcedureStepStartTime "
           "RequestAttributesSequence NumberOfSeriesRelatedInstances",
    IMAGE="SOPClassUID ContentDate ContentTime AcquisitionDateTime AcquisitionNumber ImageType SliceThickness ImageComments "
          "ReferencedImageSequence Rows")
KEYS = {level: REQUIRED[level].split() + OPTIONAL[level].split() for level in LEVELS}
WILD_CARD_VRS = {"AE", "CS", "LO", "LT", "PN", "SH", "ST", "UC", "UR", "UT"}  # PS3.4 C.2.2.2.4
ONE_VALUE_VRS = {"LT", "ST", "UT", "UR"}  # a backslash is a character like any other (PS3.5 6.2)
LEADING_BLANKS_COUNT = {"LT", "ST", "UT", "UC"}  # PS3.5 6.2; in the others they are padding


@dataclasses.dataclass(frozen=True)
class Choices:
    """What PS3.4 leaves to the SCP and its conformance statement."""
    names_ignore_case: bool = True         # C.2.2.2.1.1: A to Z and the letters of ISO 8859-1
    group_matches_alone: bool = True       # C.2.2.2.1.1: a key without '=' may match one component group of a name
    # C.2.2.1.2: "all matching against the zero length Required Key shall be considered a successful match". Read as the key
    # of the request it says no more than universal matching; that is how the editor of the standard explains it
    # (dcm4chee-arc-light issue 100) and how DCMTK, Orthanc and dcm4chee do it. Read as the attribute of the entity, a value
    # that is not known matches every key. For worklists K.2.2.1.1.1 says outright that it matches none.
    unknown_matches: bool = False
    numbers_by_value: bool = True          # C.2.2.2.1, CP-2305: IS and DS "+7", "007" and "7"
    multiple_values: bool = False          # C.2.2.2.8, only when negotiated
    empty_value: bool = False              # C.2.2.2.7, only when negotiated


# Values ---------------------------------------------------------------------------------------------------------------

def stripped(vr, text):
    """Without padding (PS3.5 6.2): trailing blanks mean nothing, leading ones neither except in texts."""
    text = text.rstrip(" \0")
    return text if vr in LEADING_BLANKS_COUNT else text.lstrip(" ")


def values(vr, text):
    """The single values of an element; no value at all for one of zero length."""
    if stripped(vr, text) == "":
        return []
    return [stripped(vr, one) for one in ([text] if vr in ONE_VALUE_VRS else text.split("\\"))]


def match_type(vr, key):
    """How a key is matched (PS3.4 C.2.2.2.1 to C.2.2.2.6)."""
    if vr == "SQ":
        return "sequence"
    if vr == "US":
        return "universal" if key == "" else "single"
    key = stripped(vr, key)
    if key == "":
        return "universal"
    if vr == "UI":
        return "uid-list" if "\\" in key else "single"
    if vr in WILD_CARD_VRS and ("*" in key or "?" in key):
        return "universal" if key == "*" else "wildcard"  # C.2.2.2.4 note 1
    if vr in ("DA", "TM", "DT") and "-" in key:
        return "range"  # C.2.2.2.1.3 note 3
    return "single"


# Dates and times: a moment is the first and the last microsecond that a value can mean, because what is left out on the
# right is not known to be zero but less precise (PS3.5 6.2, TM and DT). -------------------------------------------------

DAY = 24 * 3600 * 1000000
CLOCK = r"(?:(\d\d)(?:(\d\d)(?:(\d\d)(?:\.(\d{1,6}))?)?)?)?"


def clock(hour, minute, second, fraction):
    low = high = 0
    for text, unit, last in ((hour, 3600, 23), (minute, 60, 59), (second, 1, 59)):
        low += int(text or 0) * unit * 1000000
        high += int(last if text is None else text) * unit * 1000000
    return low + int((fraction or "").ljust(6, "0")), high + int((fraction or "").ljust(6, "9"))


def midnight(year, month, day):
    return datetime.date(int(year), int(month), int(day)).toordinal() * DAY


def parts(pattern, text):
    found = re.fullmatch(pattern, text)
    if not found:
        raise ValueError(f"{text!r} is no date or time")
    return found.groups()


def moment(vr, text):
    """(first, last) microsecond of a single value; ValueError when it is none. DA and DT count from the year 1, DT in UTC, TM from midnight."""
    if vr == "DA":
        year, month, day = parts(r"(\d{4})(\d\d)(\d\d)", text)
        start = midnight(year, month, day)
        return start, start + DAY - 1
    if vr == "TM":
        return clock(*parts(CLOCK, text))
    year, month, day, hour, minute, second, fraction, sign, zone_hours, zone_minutes = parts(
        r"(\d{4})(?:(\d\d)(?:(\d\d)" + CLOCK + r")?)?(?:([+-])(\d\d)(\d\d))?", text)
    first = midnight(year, month or 1, day or 1)
    if day:
        last = first
    elif month:
        following = (int(year), int(month) + 1) if int(month) < 12 else (int(year) + 1, 1)
        last = midnight(*following, 1) - DAY
    else:
        last = midnight(year, 12, 31)
    low, high = clock(hour, minute, second, fraction)
    # C.2.2.2.5.3 d: the offset counts. Without one UTC is taken, as in C.2.2.2.1.3 note 1: "19980128103000" is
    # "19980128073000-0300".
    offset = (int(zone_hours) * 60 + int(zone_minutes)) * 60 * 1000000 * (-1 if sign == "-" else 1) if sign else 0
    return first + low - offset, last + high - offset


def range_ends(vr, key):
    """The two sides of the hyphen, as text. In a DT a hyphen may also begin an offset from UTC (PS3.5 6.2): an end takes
    four digits behind a hyphen for its offset whenever the rest is then still a range."""
    one = {"DA": r"\d{8}", "TM": r"\d\d(?:\d\d(?:\d\d(?:\.\d{1,6})?)?)?",
           "DT": r"\d{4}(?:\d\d){0,5}(?:\.\d{1,6})?(?:[+-]\d{4})?"}[vr]
    found = re.fullmatch(f"({one})?-({one})?", key)
    if not found or found.group(0) == "-":
        raise ValueError(f"{key} is no range of {vr}")
    return found.groups()


def match_moment(vr, kind, key, value):
    """C.2.2.2.1.3 (by meaning, not as strings) and C.2.2.2.5. A stored value stands for its first moment; implementation
    dependent where it is less precise than the key."""
    at = moment(vr, value)[0]
    first, last = range_ends(vr, key) if kind == "range" else (key, key)
    return (not first or moment(vr, first)[0] <= at) and (not last or at <= moment(vr, last)[1])


# Text -----------------------------------------------------------------------------------------------------------------

def wild_card(pattern, text):
    """C.2.2.2.4: '*' any characters or none, '?' exactly one; everything else stands for itself."""
    if pattern == "":
        return text == ""
    if pattern[0] == "*":
        return any(wild_card(pattern[1:].lstrip("*"), text[at:]) for at in range(len(text) + 1))
    return text != "" and pattern[0] in ("?", text[0]) and wild_card(pattern[1:], text[1:])


def folded(text):
    return "".join(c.lower() if c < "\u0100" and c != "\u00d7" else c for c in text)


def spelled_short(name):
    """Empty components at the end of a group and empty groups at the end may be left out (PS3.5 6.2.1.1)."""
    return "=".join(group.rstrip("^ ") for group in name.split("=")).rstrip("=")


def match_name(kind, key, value, choices):
    """C.2.2.2.1.1, C.2.2.2.4; both implementation dependent."""
    if choices.names_ignore_case:
        key, value = folded(key), folded(value)
    candidates = {value, spelled_short(value)}
    if choices.group_matches_alone and "=" not in key:
        candidates |= {part for one in list(candidates) for part in one.split("=")}
    if kind == "single":
        return spelled_short(key) in {spelled_short(one) for one in candidates}
    return any(wild_card(key, one) for one in candidates)


def same_number(key, value):
    try:
        return float(key) == float(value)
    except ValueError:
        return False


# One key ----------------------------------------------------------------------------------------------------------------

def matches(vr, key, stored, choices=Choices()):
    """One key against what the entity has; `stored` is None when the attribute is not there."""
    kind = match_type(vr, key)
    if kind == "sequence":
        if not stored:
            return choices.unknown_matches or item_matches(key, {}, choices)
        return bool(matching_items(key, stored, choices))
    if kind == "universal":
        return True  # C.2.2.2.3
    if choices.empty_value and key == '""':
        return not stored  # C.2.2.2.7
    has = [] if stored is None or stored == "" else [stored] if vr == "US" else values(vr, stored)
    if not has:
        # Nothing to compare with; only stars match a value of zero length (C.2.2.2.4).
        return choices.unknown_matches or kind == "wildcard" and set(stripped(vr, key)) == {"*"}
    if vr == "US":
        return key == stored
    if choices.multiple_values and "\\" in key and vr in ("AE", "AS", "AT", "CS", "LO", "PN", "SH", "UC"):
        return all(any(match_one(vr, "single", one, value, choices) for value in has) for one in values(vr, key))  # C.2.2.2.8
    if kind == "uid-list":
        return any(one in has for one in values(vr, key))  # C.2.2.2.2
    return any(match_one(vr, kind, stripped(vr, key), value, choices) for value in has)  # C.2.2.3: any value of several


def match_one(vr, kind, key, value, choices):
    if vr == "PN":
        return match_name(kind, key, value, choices)
    if vr in ("DA", "TM", "DT"):
        try:
            return match_moment(vr, kind, key, value)
        except ValueError:
            return key == value  # no moments: nothing but the text is left to compare
    if kind == "wildcard":
        return wild_card(key, value)
    if vr in ("IS", "DS") and choices.numbers_by_value:
        return key == value or same_number(key, value)
    return key == value  # C.2.2.2.1: exactly, case included


def item_matches(key, item, choices):
    """C.2.2.2.6: every Item Key Attribute holds in this one item; a key without an item or an empty one asks for nothing."""
    return not key or all(matches(vr_of(keyword), value, item.get(keyword), choices) for keyword, value in key[0].items())


def matching_items(key, stored, choices):
    return [item for item in stored or [] if item_matches(key, item, choices)]


# The model ------------------------------------------------------------------------------------------------------------

@dataclasses.dataclass
class Entity:
    level: str
    path: tuple        # unique keys from the patient down
    attributes: dict   # of one of the instances, and what is counted


class Reference:
    """Answers of an SCP that manages these instances and knows the keys of KEYS."""

    def __init__(self, instances, choices=Choices()):
        self.choices = choices
        self.entities = {level: self.entities_of(level, instances) for level in LEVELS}

    @staticmethod
    def entities_of(level, instances):
        path_keys = [UNIQUE_KEYS[one] for one in LEVELS[:LEVELS.index(level) + 1]]

        def path(instance):
            return tuple(stripped(vr_of(keyword), instance[keyword]) for keyword in path_keys)

        def distinct(below, keyword):
            return sorted({i[keyword] for i in below})
        out = []
        for one in sorted({path(instance) for instance in instances}):
            below = [instance for instance in instances if path(instance) == one]
            attributes = dict(below[0])
            series, studies = len(distinct(below, "SeriesInstanceUID")), len(distinct(below, "StudyInstanceUID"))
            # Additional attributes, PS3.4 C.3.4
            if level == "PATIENT":
                attributes.update(NumberOfPatientRelatedStudies=str(studies), NumberOfPatientRelatedSeries=str(series),
                                  NumberOfPatientRelatedInstances=str(len(below)))
            if level == "STUDY":
                attributes.update(NumberOfStudyRelatedSeries=str(series), NumberOfStudyRelatedInstances=str(len(below)),
                                  ModalitiesInStudy="\\".join(distinct(below, "Modality")),
                                  SOPClassesInStudy="\\".join(distinct(below, "SOPClassUID")))
            if level == "SERIES":
                attributes["NumberOfSeriesRelatedInstances"] = str(len(below))
            out.append(Entity(level, one, attributes))
        return out

    @staticmethod
    def keys_here(model, level):
        """The keys of a level; in Study Root the patient's stand at the study level (C.3.2, C.6.2.1). What is counted of
        a patient is optional there (Table C.6-5), and Assay does without."""
        if model != STUDY_ROOT or level != "STUDY":
            return KEYS[level]
        return [one for one in KEYS["PATIENT"] if not one.startswith("NumberOfPatientRelated")] + KEYS["STUDY"]

    def upper(self, model, level):
        """The unique keys of the levels above."""
        return [UNIQUE_KEYS[one] for one in LEVELS[LEVELS.index("STUDY" if model == STUDY_ROOT else "PATIENT"):LEVELS.index(level)]]

    def unsupported(self, model, identifier):
        """Optional Keys that are neither matched nor returned (C.2.2.1.3)."""
        level = identifier["QueryRetrieveLevel"]
        known = self.keys_here(model, level) + self.upper(model, level) + ["QueryRetrieveLevel", "SpecificCharacterSet"]
        return [keyword for keyword in identifier if keyword not in known]

    def answers(self, model, identifier):
        """{path: Identifier} of all pending responses, by the Hierarchical Search Method (C.4.1.3.1.1)."""
        level = identifier["QueryRetrieveLevel"]
        return {entity.path: self.response(model, identifier, entity) for entity in self.entities[level]
                if self.is_below(model, identifier, entity) and self.entity_matches(model, identifier, entity)}

    def is_below(self, model, identifier, entity):
        """C.4.1.3.1.1 b: at each level above, the one entity of that unique key."""
        above = self.upper(model, entity.level)
        return all(stripped(vr_of(keyword), entity.attributes[keyword]) == stripped(vr_of(keyword), identifier[keyword]) for keyword in above)

    def entity_matches(self, model, identifier, entity):
        """C.4.1.3.1.1 a: all keys of the level."""
        return all(matches(vr_of(keyword), identifier[keyword], entity.attributes.get(keyword), self.choices)
                   for keyword in self.keys_here(model, entity.level) if keyword in identifier)

    def response(self, model, identifier, entity):
        """C.4.1.1.3.2, C.4.1.3.1.1 a: requested keys, empty where there is no value, and the unique keys above."""
        out = {"QueryRetrieveLevel": entity.level}
        for keyword in self.keys_here(model, entity.level) + self.upper(model, entity.level):
            if keyword in identifier:
                out[keyword] = self.returned(keyword, identifier[keyword], entity.attributes.get(keyword))
        for keyword in self.upper(model, entity.level) + [UNIQUE_KEYS[entity.level]]:
            out.setdefault(keyword, entity.attributes[keyword])
        return out

    def returned(self, keyword, key, stored):
        if vr_of(keyword) != "SQ":
            return "" if stored is None else stored  # C.2.2.3: all values of several
        # C.2.2.2.6: the matching items with the requested attributes; the entire sequence when none is named.
        items = matching_items(key, stored, self.choices)
        if not key or not key[0]:
            return items
        return [{name: self.returned(name, value, item.get(name)) for name, value in key[0].items()} for item in items]


# What is counted or gathered below an entity stands with its own level alone.
GATHERED = {keyword for keys in KEYS.values() for keyword in keys if keyword.startswith("NumberOf")} | {"ModalitiesInStudy", "SOPClassesInStudy"}


class Relational(Reference):
    """Answers where relational queries were agreed on (C.4.1.3.2): any keys of the level and of those above."""

    def keys_above(self, model, level):
        above = [one for upper in LEVELS[:LEVELS.index(level)] for one in KEYS[upper]]
        return [one for one in above if one not in GATHERED and one not in self.keys_here(model, level)]

    def unsupported(self, model, identifier):
        above = self.keys_above(model, identifier["QueryRetrieveLevel"])
        return [keyword for keyword in super().unsupported(model, identifier) if keyword not in above]

    def is_below(self, model, identifier, entity):
        return all(matches(vr_of(keyword), identifier[keyword], entity.attributes.get(keyword), self.choices)
                   for keyword in self.keys_above(model, entity.level) if keyword in identifier)

    def response(self, model, identifier, entity):
        upper = self.upper(model, entity.level)
        given = {keyword: value for keyword, value in identifier.items() if keyword not in upper}
        out = super().response(model, given, entity)
        for keyword in self.keys_above(model, entity.level):
            if keyword in identifier:
                out[keyword] = self.returned(keyword, identifier[keyword], entity.attributes.get(keyword))
        return out


class Combined(Reference):
    """Answers where combined date-time matching was agreed on: a range of dates and one of times are one period (C.5.1.1)."""

    PAIRS = dict(STUDY=("StudyDate", "StudyTime"), SERIES=("SeriesDate", "SeriesTime"), IMAGE=("ContentDate", "ContentTime"))

    def entity_matches(self, model, identifier, entity):
        date, time = self.PAIRS.get(entity.level, ("", ""))
        both = (identifier.get(date, ""), identifier.get(time, ""))
        if not all("-" in one for one in both):
            return super().entity_matches(model, identifier, entity)
        rest = {keyword: value for keyword, value in identifier.items() if keyword not in (date, time)}
        return super().entity_matches(model, rest, entity) and self.in_period(*both, entity.attributes.get(date) or "", entity.attributes.get(time) or "")

    @staticmethod
    def in_period(dates, times, date, time):
        if not date:
            return False
        at = moment("DT", date.strip() + time.strip().replace(":", ""))[0]
        (first_day, last_day), (first_time, last_time) = range_ends("DA", dates), range_ends("TM", times)
        return ((not first_day or moment("DT", first_day + (first_time or ""))[0] <= at) and
                (not last_day or at <= moment("DT", last_day + (last_time or ""))[1]))


def model_name(model):
    return {PATIENT_ROOT: "patient root", STUDY_ROOT: "study root"}[model]


wild_card = functools.lru_cache(maxsize=1 << 18)(wild_card)
