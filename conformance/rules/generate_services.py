#!/usr/bin/env python3
"""Makes service_attributes.inc: what the Data Sets of the services have to say (tables of PS3.4).

    generate_services.py service-attributes.tsv     writes the file

The source is a table of facts: table, service, section, depth, tag, name, types. Its slips are mended here, each with its
reason. The build reads the .inc only.
"""
import csv
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
HEAD = """// ASSAY_SERVICE_TABLE(name, clause) and its ASSAY_SERVICE_ATTRIBUTE(table, depth, group, element, need): attributes of the
// Data Sets of services in the order of the tables of PS3.4. The depth counts the sequences around. A need is t1 to t3 by
// PS3.5 7.4, not_allowed, or the type of a key: unique, required, optional.
// Written by conformance/rules/generate_services.py; do not edit. Facts from: tables of PS3.4.
"""

# (table, depth, tag of the source) -> the right tag.
MENDED_TAGS = {
    ("PS3.4 F.8.2-1", 0, "00100032"): "00100030",  # named Patient's Birth Date; 0032 is the time
}

USAGE = {"M": "t1", "MC": "t1C", "U": "t3", "-": None}


def need_of_type(text):
    text = text.strip()
    return None if text in ("", "-") else "not_allowed" if text == "Not allowed" else "t" + text


def column(words, name):
    """The cell of a column whose title begins so."""
    for title, cell in words.items():
        if title.startswith(name):
            return cell
    return ""


def of_scu(name):
    return lambda words: need_of_type(column(words, name).split("/")[0])


def of_scp(name):
    return lambda words: need_of_type((column(words, name).split("/") + [""])[1])


def usage_of_scu(words):
    return USAGE[column(words, "Usage").split("/")[0]]


def made_by_scp(words):
    """What only the SCP makes, and must tell."""
    scu, scp = column(words, "Usage").split("/")
    return USAGE[scp] if scu == "-" else None


def told_by_scp(words):
    return USAGE[column(words, "Usage").split("/")[1]]


def key_type(words):
    return {"U": "unique", "R": "required", "O": "optional"}[words["Type"]]


# name, clause, table of the source, event of the table or None, what is needed of a row
TABLES = [
    ("patient_keys", "PS3.4 C.6.1.1.2", "PS3.4 C.6-1", None, key_type),
    ("study_keys", "PS3.4 C.6.1.1.3", "PS3.4 C.6-2", None, key_type),
    ("series_keys", "PS3.4 C.6.1.1.4", "PS3.4 C.6-3", None, key_type),
    ("image_keys", "PS3.4 C.6.1.1.5", "PS3.4 C.6-4", None, key_type),
    ("study_root_keys", "PS3.4 C.6.2.1.2", "PS3.4 C.6-5", None, key_type),
    ("worklist_match", "PS3.4 K.6.1.2.2", "PS3.4 K.6-1", None, of_scu("Return Key Type")),
    ("step_create", "PS3.4 F.7.2.1", "PS3.4 F.7.2-1", None, of_scu("Req. Type N-CREATE")),
    ("step_set", "PS3.4 F.7.2.2", "PS3.4 F.7.2-1", None, of_scu("Req. Type N-SET")),
    ("step_end", "PS3.4 F.7.2.2", "PS3.4 F.7.2-1", None, of_scu("Requirement Type Final State")),
    ("step_retrieved", "PS3.4 F.8.2.1", "PS3.4 F.8.2-1", None, of_scp("Requirement Type")),
    ("commitment_request", "PS3.4 J.3.2.1.1", "PS3.4 J.3-1", None, of_scu("Requirement Type")),
    ("commitment_success", "PS3.4 J.3.3.1.1", "PS3.4 J.3-2", "1", of_scp("Requirement Type")),
    ("commitment_failures", "PS3.4 J.3.3.1.1", "PS3.4 J.3-2", "2", of_scp("Requirement Type")),
    ("film_box_create", "PS3.4 H.4.2.2.1", "PS3.4 H.4-6", None, usage_of_scu),
    ("film_box_created", "PS3.4 H.4.2.2.1", "PS3.4 H.4-6", None, made_by_scp),
    ("gray_image_box", "PS3.4 H.4.3.1.2.1", "PS3.4 H.4-10", None, usage_of_scu),
    ("color_image_box", "PS3.4 H.4.3.2.2.1", "PS3.4 H.4-11", None, usage_of_scu),
    ("annotation_box", "PS3.4 H.4.4.2.1", "PS3.4 H.4-13", None, usage_of_scu),
    ("print_job_event", "PS3.4 H.4.5.2.1", "PS3.4 H.4-14", "2", told_by_scp),
    ("printer_event", "PS3.4 H.4.6.2.1", "PS3.4 H.4-16", "2", told_by_scp),
    ("availability", "PS3.4 R.3.2.1", "PS3.4 R.3.2-1", None, of_scu("Req. Type N-CREATE")),
]


def words_of(types):
    """"Action Type ID=1; Requirement Type SCU/SCP=1/1" as a dictionary."""
    return dict(part.split("=", 1) for part in re.split(r";\s*", types) if "=" in part)


def rows_of(facts, table, event):
    """(depth, tag, words) of a table; of one with a part for each event those of this event."""
    now = None
    for fact in facts:
        if fact["table"] != table:
            continue
        words = words_of(fact["types"])
        now = column(words, "Event Type ID") or now
        if event is not None and now != event:
            continue
        depth = int(fact["depth"])
        tag = MENDED_TAGS.get((table, depth, fact["tag"]), fact["tag"])
        if re.fullmatch(r"[0-9A-F]{8}", tag):
            yield depth, tag, words


def without_orphans(rows):
    """Rows in a sequence that is itself not in the table are left out."""
    kept, out_from = [], None
    for depth, tag, need in rows:
        if out_from is not None and depth > out_from:
            continue
        out_from = depth if need is None else None
        if need is not None:
            kept.append((depth, tag, need))
    return kept


def that_ask_for_something(rows):
    """Without the rows of type 3 that no other stands below, and what is in a sequence that is not allowed."""
    kept = []
    for depth, tag, need in reversed(rows):
        below = bool(kept) and kept[-1][0] > depth
        if need == "t3" and not below:
            continue
        if need == "not_allowed":
            while kept and kept[-1][0] > depth:
                kept.pop()
        kept.append((depth, tag, need))
    return kept[::-1]


def lines(facts):
    for name, clause, table, event, need in TABLES:
        yield f'ASSAY_SERVICE_TABLE({name}, "{clause}, Table {table.split()[1]}")'
        rows = without_orphans((d, t, need(w)) for d, t, w in rows_of(facts, table, event))
        for depth, tag, wanted in that_ask_for_something(rows):
            yield f"ASSAY_SERVICE_ATTRIBUTE({name}, {depth}, 0x{tag[:4]}, 0x{tag[4:]}, {wanted})"


def main(source):
    with open(source, encoding="utf-8", newline="") as file:
        facts = list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))
    with open(os.path.join(HERE, "service_attributes.inc"), "w", encoding="utf-8") as file:
        file.write(HEAD + "\n".join(lines(facts)) + "\n")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
