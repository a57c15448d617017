#!/usr/bin/env python3
"""Makes protected.inc, the attributes of PS3.15 Table E.1-1 with what each profile and option does to them.

    generate.py FOLDER     writes the file

FOLDER holds confidentiality-profile.tsv: name, tag, whether a Composite IOD has it, and an action code for the Basic
Profile and each option that has a column. The build reads protected.inc only."""
import csv
import pathlib
import re
import sys

HERE = pathlib.Path(__file__).resolve().parent
HEAD = """// PS3.15 Table E.1-1, 2024e: attributes that the confidentiality profile protects, by tag.
// Written by conformance/deidentification/generate.py; do not edit. Facts from: the table in the edition of innolitics'
// copy of the standard.
// ASSAY_PROTECTED(tag, mask, action of the Basic Profile, options that overrule it): the mask says which bits of the tag
// count.
"""
OPTIONS = {  # column -> option
    "cleanDescOpt": "clean_descriptors",
    "cleanStructContOpt": "clean_structured_content",
    "rtnLongFullDatesOpt": "retain_full_dates",
    "rtnLongModifDatesOpt": "retain_modified_dates",
    "rtnUIDsOpt": "retain_uids",
    "rtnPatCharsOpt": "retain_patient_characteristics",
    "rtnDevIdOpt": "retain_device",
    "rtnInstIdOpt": "retain_institution",
    "cleanGraphOpt": "clean_graphics",
    "rtnSafePrivOpt": "retain_safe_private",
}
ACTIONS = {"X", "Z", "D", "U", "Z/D", "X/Z", "X/D", "X/Z/D", "X/Z/U*"}
# Groups that repeat, and private ones: tag and mask.
PATTERNS = {
    "(50XX,XXXX)": (0x50000000, 0xFF010000),
    "(60XX,3000)": (0x60003000, 0xFF01FFFF),
    "(60XX,4000)": (0x60004000, 0xFF01FFFF),
    "(GGGG,EEEE) WHERE GGGG IS ODD": (0x00010000, 0x00010000),
}


def tag_of(text):
    """Tag and mask of a cell."""
    if text in PATTERNS:
        return PATTERNS[text]
    match = re.fullmatch(r"\(([0-9A-F]{4}),([0-9A-F]{4})\)", text)
    if not match:
        raise SystemExit(f"no tag: {text}")
    return int(match[1] + match[2], 16), 0xFFFFFFFF


def line_of(row):
    """Sort key and line of a row."""
    tag, mask = tag_of(row["tag"])
    action = row["basicProfile"]
    if action not in ACTIONS:
        raise SystemExit(f"{row['tag']}: no action code: {action}")
    overruled = []
    for column, option in OPTIONS.items():
        code = row[column]
        if code not in ("", "K", "C"):
            raise SystemExit(f"{row['tag']}: no action code of an option: {code}")
        if code:
            overruled.append(f"{'kept' if code == 'K' else 'cleaned'}(Option::{option})")
    word = action.replace("/", "_").replace("*", "")
    return tag, f"ASSAY_PROTECTED(0x{tag:08X}, 0x{mask:08X}, {word}, {' | '.join(overruled) or 'never'})\n"


def main(folder):
    with open(pathlib.Path(folder) / "confidentiality-profile.tsv", encoding="utf-8", newline="") as file:
        rows = [line_of(row) for row in csv.DictReader(file, delimiter="\t")]
    if len({tag for tag, _ in rows}) != len(rows):
        raise SystemExit("a tag stands twice")
    (HERE / "protected.inc").write_text(HEAD + "".join(line for _, line in sorted(rows)), encoding="utf-8")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(sys.argv[1])
