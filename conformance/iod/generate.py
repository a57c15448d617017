#!/usr/bin/env python3
"""Makes tables/*.inc from a folder of tables: IODs, modules, conditions, lists of values, module sections.

    generate.py FOLDER     writes the files

FOLDER holds iods.tsv, modules.tsv, conditions.tsv, value-lists.tsv, module-index.tsv (facts of dicom3tools 2025-07, of
PS3.3 2008 and 2016c) and uids.tsv, data-elements.tsv (PS3.6). The build reads tables/ only.
"""
import csv
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
HEAD = """// {what}
// Written by conformance/iod/generate.py; do not edit. Facts from: {source}.
"""
DICOM3TOOLS = "the IOD and module templates of dicom3tools, 2025-07"

# SOP Classes that the templates call otherwise than PS3.6.
SOP_CLASSES = {
    "AdvancedBlendingSoftcopyPresentationStateStorage": "1.2.840.10008.5.1.4.1.1.11.8",
    "AmbulatoryECGStorage": "1.2.840.10008.5.1.4.1.1.9.1.3",
    "BasicVoiceStorage": "1.2.840.10008.5.1.4.1.1.9.4.1",
    "DigitalIntraoralXRayImageStorageForPresentation": "1.2.840.10008.5.1.4.1.1.1.3",
    "DigitalIntraoralXRayImageStorageForProcessing": "1.2.840.10008.5.1.4.1.1.1.3.1",
    "GeneralECGStorage": "1.2.840.10008.5.1.4.1.1.9.1.2",
    "IVOCTImageStorageForPresentation": "1.2.840.10008.5.1.4.1.1.14.1",
    "IVOCTImageStorageForProcessing": "1.2.840.10008.5.1.4.1.1.14.2",
    "MultiframeGrayscaleByteSecondaryCaptureImageStorage": "1.2.840.10008.5.1.4.1.1.7.2",
    "MultiframeGrayscaleWordSecondaryCaptureImageStorage": "1.2.840.10008.5.1.4.1.1.7.3",
    "MultiframeSingleBitSecondaryCaptureImageStorage": "1.2.840.10008.5.1.4.1.1.7.1",
    "MultiframeTrueColorSecondaryCaptureImageStorage": "1.2.840.10008.5.1.4.1.1.7.4",
    "PETImageStorage": "1.2.840.10008.5.1.4.1.1.128",
    "PrivatePixelMedLegacyConvertedEnhancedCTImageStorage": "1.3.6.1.4.1.5962.301.1",
    "PrivatePixelMedLegacyConvertedEnhancedMRImageStorage": "1.3.6.1.4.1.5962.301.2",
    "PrivatePixelMedLegacyConvertedEnhancedPETImageStorage": "1.3.6.1.4.1.5962.301.3",
    "TwelveLeadECGStorage": "1.2.840.10008.5.1.4.1.1.9.1.1",
    "UltrasoundMultiframeImageStorage": "1.2.840.10008.5.1.4.1.1.3.1",
    "VisibleLightEndoscopicImageStorage": "1.2.840.10008.5.1.4.1.1.77.1.1",
    "VisibleLightMicroscopicImageStorage": "1.2.840.10008.5.1.4.1.1.77.1.2",
    "VisibleLightPhotographicImageStorage": "1.2.840.10008.5.1.4.1.1.77.1.4",
    "VisibleLightSlideCoordinatesMicroscopicImageStorage": "1.2.840.10008.5.1.4.1.1.77.1.3",
    "XRayAngiographicBiplaneImageStorage": "1.2.840.10008.5.1.4.1.1.12.3",
    "XRayRadioFluoroscopicImageStorage": "1.2.840.10008.5.1.4.1.1.12.2",
    "MediaStorageDirectoryStorage": "1.2.840.10008.1.3.10",
}

# Of several IODs for one SOP Class the profiles of IHE, of dental media and of vendors are left out.
LEFT_OUT_IODS = re.compile(r"IHE|DentalMedia|QTUS|IDCVOI|BasicDirectoryDental$")
# File Meta Information has rules of its own (PS3.10 7.1).
LEFT_OUT_MODULES = {"FileMetaInformation"}

# Slips of the source, and what its names say instead.
CORRECTIONS = {
    "TypeOfInstancesInParentIsCDA": "parent.TypeOfInstances = 'CDA'",
}
# Conditions of the source that ask for more than anybody can tell: without a body part nobody knows whether it is paired.
NARROWER = {"LateralityRequired": "filled(BodyPartExamined) or items(AnatomicRegionSequence) > 0 or unspecified"}
MISSPELT = {"MONONCHROME2": "MONOCHROME2"}

# Conditions that a test wants to hold; all others describe what is wrong.
WANTED = {"PhotometricInterpretationIsGrayscaleOrAbsent": "PhotometricInterpretationIsNeitherGrayscaleNorAbsent"}

# Of the conditions that a test does not want to hold, those that are unwise and no more.
UNWISE = {
    "AnatomicRegionSequencePresentAndEmptyButBodyPartExaminedHasValue", "CTDIvolIsPresentButCTDIPhantomTypeCodeSequenceIsNot",
    "CodingSchemeDesignatorDeprecated", "LossyImageCompressionMethodInconsistentWithTransferSyntax",
    "PhotometricInterpretationIsGrayscaleOrAbsent", "ReferencedSeriesSequencePresentAndInstanceDoesNotReferencesInstances",
    "RescaleInterceptPresentAndNotIdentity", "RescaleSlopePresentAndNotIdentity",
    "RescaleTypeIsPresentAndIsHUAndImageIsOriginalLocalizerAndNotMultienergyAcquisition",
    "RescaleTypeIsPresentAndNotHUAndImageIsOriginalNotLocalizerAndNotMultienergyAcquisition",
    "StudiesContainingOtherReferencedInstancesSequencePresentAndInstanceDoesNotReferencesInstances",
}
# Those that are allowed: an empty Laterality is one that nobody knows.
NOTED = {"LateralityHasNoValue"}

# Names of modules in the index of sections that are put together otherwise.
SECTION_NAMES = {
    "SupplementalPaletteColorLUT": "supplemental-palette-color-lookup-table",
    "MultiFrameFunctionalGroupsCommon": "multi-frame-functional-groups",
}


def rows(folder, name):
    with open(os.path.join(folder, name), encoding="utf-8") as table:
        return list(csv.DictReader(table, delimiter="\t", quoting=csv.QUOTE_NONE))


class Expressions:
    """The templates' conditions, which are evaluated from left to right, written with the parentheses this means."""

    TOKEN = re.compile(r"\s*('[^']*'|tag\(0x[0-9a-fA-F]{4},0x[0-9a-fA-F]{4}\)|group-present\(\)|[<>!=]=|[<>=()]|"
                       r"-?[0-9][0-9.]*|[A-Za-z][\w.\[\]]*)")

    def __init__(self, uids, keywords, inside):
        self.uids, self.keywords, self.inside = uids, keywords, inside

    def path(self, text):
        """Where the templates name a sequence and what is not directly in its items, they look at any depth."""
        steps = text.split(".")
        written = steps[0]
        for before, step in zip(steps, steps[1:]):
            sequence, name = before.partition("[")[0], step.partition("[")[0]
            direct = sequence in ("root", "parent") or name in self.inside.get(sequence, ())
            written += ("." if direct else "..") + step
        return written

    def uid(self, name):
        short = name[: -len("SOPClassUID")]
        return SOP_CLASSES.get(short) or self.uids[short]

    def convert(self, text):
        text = text.replace("= ==", "==")
        self.tokens, at = [], 0
        while text[at:].strip():
            match = self.TOKEN.match(text, at)
            if not match:
                raise ValueError(f"cannot read {text[at:at + 30]!r}")
            self.tokens.append(match[1])
            at = match.end()
        self.at = 0
        kind, written = self.chain()
        if self.at != len(self.tokens):
            raise ValueError(f"{self.tokens[self.at]!r} left over")
        return written

    def peek(self):
        return self.tokens[self.at] if self.at < len(self.tokens) else None

    def take(self, wanted=None):
        token = self.peek()
        if token is None or (wanted and token != wanted):
            raise ValueError(f"found {token!r}, wanted {wanted!r}")
        self.at += 1
        return token

    def chain(self):
        kind, written = self.term()
        while self.peek() in ("and", "or"):
            word = self.take()
            right_kind, right = self.term()
            if kind in ("and", "or") and kind != word:
                written = f"({written})"
            if right_kind in ("and", "or") and right_kind != word:
                right = f"({right})"
            kind, written = word, f"{written} {word} {right}"
        return kind, written

    def term(self):
        token = self.take()
        if token == "not":
            kind, written = self.term()
            return "", f"not ({written})" if kind in ("and", "or") else f"not {written}"
        if token == "(":
            kind, written = self.chain()
            self.take(")")
            return kind, written
        if token == "group-present()":
            return "", "unspecified"
        if token in ("present", "filled", "items"):
            self.take("(")
            path = self.take()
            if self.peek() == "in":
                self.take()
                path = f"{self.take()}.{path}"
            self.take(")")
            written = f"{token}({self.path(path)})"
            if token != "items":
                return "", written
            return "", f"{written} {self.compare()}"
        return "", f"{self.path(token)} {self.compare()}"

    def compare(self):
        operator = self.take()
        operator = "==" if operator == "=" else operator
        value = self.take()
        if value.endswith("SOPClassUID") and value not in self.keywords.values():
            value = f"'{self.uid(value)}'"
        elif value.startswith("tag("):
            tag = value[4:-1].replace("0x", "").upper()
            value = f"tag({self.keywords.get(tag) or tag})"
        return f"{operator} {value}"


def write(name, what, source, lines):
    with open(os.path.join(HERE, "tables", name), "w", encoding="ascii") as out:
        out.write(HEAD.format(what=what, source=source))
        out.writelines(line + "\n" for line in lines)


def quoted(text):
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def normal(name):
    return re.sub(r"[^a-z0-9]", "", name.lower())


def inside_sequences(table):
    """Keyword of a sequence -> keywords that stand directly in its items, in any module."""
    modules = {}
    for row in table:
        modules.setdefault(row["name"], []).append(row)

    def top(name, seen=()):
        for row in modules[name]:
            if row["depth"] == "0" and row["row"] != "include":
                yield row["keyword"]
            elif row["depth"] == "0" and row["keyword"] not in seen:
                yield from top(row["keyword"], (*seen, name))

    inside = {}
    for own in modules.values():
        around = []
        for row in own:
            depth = int(row["depth"])
            del around[depth:]
            if depth and row["row"] != "verify":
                keywords = top(row["keyword"]) if row["row"] == "include" else [row["keyword"]]
                inside.setdefault(around[depth - 1], set()).update(keywords)
            if row["row"] != "verify":
                around += [""] * (depth - len(around)) + [row["keyword"]]
    return inside


def main(folder):
    keywords = {f"{row['tag'][:4]},{row['tag'][4:]}".upper(): row["keyword"] for row in rows(folder, "data-elements.tsv")}
    uids = {row["keyword"]: row["uid"] for row in rows(folder, "uids.tsv")}
    expressions = Expressions(uids, keywords, inside_sequences(rows(folder, "modules.tsv")))

    conditions = {"None": "true", "Always": "true", "Never": "false", "unspecified": "unspecified"}
    for row in rows(folder, "conditions.tsv"):
        row["expression"] = CORRECTIONS.get(row["condition"], row["expression"])
        for wrong, right in MISSPELT.items():
            row["expression"] = row["expression"].replace(wrong, right)
        # Without an expression: a code in an item, of which the source does not say where it stands.
        conditions[row["condition"]] = expressions.convert(row["expression"]) if row["expression"] else "unspecified"
    for name, narrower in NARROWER.items():
        conditions[name] += f" and ({narrower})"
    for name, opposite in WANTED.items():
        conditions[opposite] = f"not ({conditions[name]})"
    write("conditions.inc", "ASSAY_CONDITION(name, expression): conditions of modules and attributes, in the notation of "
          "conformance/iod/condition.hpp.", DICOM3TOOLS,
          [f"ASSAY_CONDITION({name}, {quoted(expression)})" for name, expression in conditions.items()])

    lists, kinds = {"None": []}, {"None": "string"}
    values = rows(folder, "value-lists.tsv")
    for row in values:
        lists.setdefault(row["list"], []).append(row["value"])
        kinds[row["list"]] = row["kind"]
    lines = []
    for name, entries in lists.items():
        if kinds[name] == "tag":
            entries = [f"{int(group, 16):04X}{int(element, 16):04X}" for group, element in zip(entries[::2], entries[1::2])]
        elif kinds[name] == "binary":
            entries = [str(int(entry, 0)) for entry in entries]
        joined = "\\".join(dict.fromkeys("" if entry == "***EMPTYVALUE***" else entry for entry in entries))
        lines.append(f"ASSAY_VALUES({name}, {'numbers' if kinds[name] == 'binary' else kinds[name]}, {quoted(joined)})")
    write("value_lists.inc", "ASSAY_VALUES(name, kind, values): enumerated values and defined terms; values between "
          "backslashes.", DICOM3TOOLS, lines)

    sections = {}
    for row in rows(folder, "module-index.tsv"):
        key = (row["kind"], normal(row["module"]))
        if key not in sections or row["edition"] == "2016c":
            sections[key] = row["section"]
    modules = {}
    for row in rows(folder, "modules.tsv"):
        modules.setdefault(row["name"], (row["kind"], []))[1].append(row)
    lines, count = ['ASSAY_MODULE(None, "", 0, 0)'], 0
    row_lines = []
    for name, (kind, own) in modules.items():
        wanted = normal(SECTION_NAMES.get(name, name))
        short = normal(re.sub(r"(Functional)?(Group)?Macro$", "", name))
        section = (sections.get(("module", wanted)) or sections.get((kind, wanted)) or sections.get(("macro", short))
                   or sections.get(("module", short)) or "")
        lines.append(f'ASSAY_MODULE({name}, "{section}", {count}, {len(own)})')
        count += len(own)
        for row in own:
            least, _, most = row["vm"].partition("-")
            vm = (f"{least or 0}, {'any' if most == 'n' or not least else most or least}")
            which = "enumerated" if row["enumerated"] else "defined" if row["defined"] else "none"
            tested = row["enumerated"] or row["defined"] or "None"
            include = row["row"] == "include"
            condition = row["condition"] or "None"
            if row["row"] == "verify":
                condition = WANTED.get(condition, condition)
            if row["nonzero"]:
                which = {"none": "", "enumerated": "enumerated_", "defined": "defined_"}[which] + "nonzero_" + row["nonzero"]
            if row["condition"] in UNWISE and which == "none":
                which = "unwise"
            if row["condition"] in NOTED and which == "none":
                which = "noted"
            flags = "otherwise" if row["may-be-present-otherwise"] else "strictly"
            row_lines.append(
                f"ASSAY_ROW({row['depth']}, {row['row']}, {'NoTag' if include else row['keyword']}, "
                f"{row['keyword'] if include else 'None'}, t{row['type']}, {vm}, {condition}, {flags}, {which}, {tested}, "
                f"{row['value-number'] or 'any'})")
    write("modules.inc", "ASSAY_MODULE(name, section of PS3.3, first row, number of rows): modules and macros.",
          DICOM3TOOLS + "; PS3.3 2008 and 2016c for the sections", lines)
    write("rows.inc", "ASSAY_ROW(depth, kind, attribute, included macro, type, least values or items, most, condition, "
          "may be present otherwise, what is tested, list, value number from 0): rows of modules and macros.", DICOM3TOOLS,
          row_lines)

    iods = {}
    for row in rows(folder, "iods.tsv"):
        if not LEFT_OUT_IODS.search(row["iod"]):
            iods.setdefault((row["iod"], row["applies-when"]), []).append(row)
    lines, module_lines, count = [], [], 0
    class_lines = {}
    for (name, when), own in iods.items():
        own = [row for row in own if row["module"] not in LEFT_OUT_MODULES]
        lines.append(f'ASSAY_IOD({name}, {count}, {len(own)})')
        count += len(own)
        module_lines += [f"ASSAY_IOD_MODULE({row['information-entity']}, {row['module']}, {row['usage']}, "
                         f"{row['condition'] or 'None'})" for row in own]
        for uid in re.findall(r"'([0-9.]+)'", conditions[when]):
            assert "not" not in conditions[when].split() and uid not in class_lines, (name, uid)
            class_lines[uid] = f'ASSAY_SOP_CLASS("{uid}", {name})'
    write("iods.inc", "ASSAY_IOD(name, first module, number of modules): composite IODs.", DICOM3TOOLS, lines)
    write("iod_modules.inc", "ASSAY_IOD_MODULE(information entity, module, usage, condition): modules of the IODs, in the "
          "order of iods.inc.", DICOM3TOOLS, module_lines)
    write("sop_classes.inc", "ASSAY_SOP_CLASS(uid, iod): in ascending order of the UID's characters.", DICOM3TOOLS,
          [class_lines[uid] for uid in sorted(class_lines)])


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    main(sys.argv[1])
