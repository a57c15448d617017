"""Objects held to their IOD: for every storage SOP class with tables an object that has what the tables demand is silent for
Assay and right for dciodvfy; for every row of the modules and macros that can be broken, an object that breaks it is found
at its tag path. Where dciodvfy says otherwise, iod_differences.tsv says who is right. ASSAY_LONG=1: every row."""

import collections
import concurrent.futures
import csv
import json
import pathlib
import re
import struct
import subprocess
import unittest

import pydicom

import iod_objects
import iod_variants
import products

IOD_RULES = re.compile(r"ps3\.3/C/|ps3\.3/C\.7\.6\.16/|ps3\.3/A\.|ps3\.5/7\.4\.|ps3\.5/6\.3/(enumerated|defined)|ps3\.5/7\.5/item-count|"
                       r"ps3\.5/6\.4/module-vm|ps3\.2/7\.3/")
# What dciodvfy does not hold against the IOD: encodings, dubious values, DICOMDIR, look-up tables, geometry.
OTHER_MATTERS = re.compile(r"Retired Person Name|build DICOMDIR|Value (invalid|dubious)|MediaStorage|LookupTableData (has|bad)|Orientation vector|"
                           r"wrong length|same value as|not present in standard DICOM IOD|Retired attribute|Bad attribute Value Mult.*dictionary")


def validated(folder):
    """File name -> what Assay says of it, from one call for the whole folder."""
    code, out, err = products.assay("validate", "--json", folder)
    assert code in (0, 1), err
    lines = [json.loads(line) for line in out.splitlines()]
    return {pathlib.Path(line["file"]).name: line for line in lines if "findings" in line}, lines[-1]["summary"]


def by_dciodvfy(file):
    """[(Error or Warning, tag path without values' numbers, message)]."""
    done = subprocess.run(["dciodvfy", "-new", str(file)], capture_output=True, text=True, errors="replace", timeout=60)
    found = []
    for line in done.stderr.splitlines():
        match = re.match(r"(Error|Warning) - (?:<(/[^>]*)> - )?(.*)", line)
        if match and not OTHER_MATTERS.search(line):
            steps = re.findall(r"\(([0-9a-f]{4}),([0-9a-f]{4})\)(\[\d+\])?", match[2] or "")
            path = "/".join(f"({g},{e}){n}".upper() for g, e, n in steps)
            found.append((match[1], re.sub(r"\[\d+\]$", "", path), match[3]))
    return found


def all_by_dciodvfy(files):
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        return dict(zip((file.name for file in files), pool.map(by_dciodvfy, files)))


def differences(name="iod_differences.tsv"):
    """Where the two say otherwise, and who is right: of sound objects, or of those that break one row."""
    with open(products.HERE / name, encoding="utf-8") as table:
        return [row for row in csv.DictReader((line for line in table if not line.startswith("#")), delimiter="\t")]


def found(file, path, rule):
    return any(f["path"] == path and re.search(rf"[-/]{rule}(-unlikely)?$", f["rule"]) for f in file["findings"])


class Iods(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        products.need("dciodvfy")
        cls.tables = iod_objects.Tables()
        cls.variants = iod_variants.Variants(cls.tables)

    def test_a_sound_object_of_every_class_is_silent_and_dciodvfy_passes_it(self):
        with products.scratch() as folder:
            count = 0
            for name, root in self.variants.fresh.items():
                if name == "BasicDirectory":
                    continue  # a DICOMDIR is held to its own rules
                for sop_class in self.tables.iods[name]["sop_classes"]:
                    maker = iod_objects.Maker(self.tables, name, sop_class)
                    (folder / f"{name}-{sop_class}").write_bytes(iod_objects.file_of(maker.fresh()))
                    count += 1
            self.assertGreaterEqual(count, 118)
            files, _ = validated(folder)
            self.assertEqual(len(files), count)
            known = differences()
            loud = {}
            for file, said in files.items():
                name = file.split("-")[0]
                self.assertEqual(said["iod"], name)
                findings = [f for f in said["findings"] if IOD_RULES.search(f["rule"])
                            and not any(row["iod"] == name and row["tool"] == "assay" and row["path"] == f["path"] for row in known)]
                if findings:
                    loud[file] = [(f["rule"], f["path"], f["found"]) for f in findings]
            self.assertEqual(loud, {})
            used, unexplained = set(), []
            for file, complaints in all_by_dciodvfy(sorted(folder.iterdir())).items():
                for kind, path, message in complaints:
                    row = next((i for i, row in enumerate(known) if row["tool"] == "dciodvfy" and row["iod"] in (file.split("-")[0], "*")
                                and row["path"] == path and row["message"] in message), None)
                    if row is None and kind == "Error":
                        unexplained.append((file, path, message))
                    used.add(row)
            self.assertEqual(unexplained, [])
            stale = [row for i, row in enumerate(known) if row["tool"] == "dciodvfy" and i not in used]
            self.assertEqual(stale, [], "differences that are none any more")

    def test_an_object_that_breaks_one_row_is_found_at_its_tag_path(self):
        rows = [(module, i) for module, i in self.variants.rows()
                if iod_variants.rows_to_break(self.tables.modules[module]["rows"][i])]
        self.assertGreater(len(rows), 4300)
        if not products.LONG:
            rows = rows[::16]
        with products.scratch() as folder:
            cases, reached = {}, set()
            for module, i in rows:
                for kind, name, sound, broken, path, rule in self.variants.of(module, i):
                    key = f"{module}.{i}.{kind}"
                    (folder / f"{key}.sound").write_bytes(iod_objects.file_of(sound))
                    (folder / f"{key}.broken").write_bytes(iod_objects.file_of(broken, self.variants.makers[name].uid))
                    cases[key] = (name, path, rule)
            files, _ = validated(folder)
            missed, unsound = [], []
            for key, (name, path, rule) in cases.items():
                if found(files[f"{key}.sound"], path, rule):
                    unsound.append(key)
                elif not found(files[f"{key}.broken"], path, rule):
                    missed.append((key, name, path, rule, [(f["rule"], f["path"]) for f in files[f"{key}.broken"]["findings"]][:5]))
                else:
                    reached.add(tuple(key.split(".")[:2]))
            share = len(reached) / len(rows)
            print(f"{len(cases)} broken objects for {len(rows)} rows, {len(reached)} rows found, {len(missed)} objects missed, "
                  f"{len(unsound)} of which the sound object has the same finding")
            self.assertEqual(missed, [])
            self.assertGreater(share, 0.9)
            self.assertLess(len(unsound), 1 + len(cases) / 300)
            self.agreement({key: case for key, case in cases.items() if key not in unsound}, folder)

    def agreement(self, cases, folder):
        """How often dciodvfy finds the same, per IOD; the long tier holds it to a bound."""
        keys = sorted(cases) if products.LONG else sorted(cases)[::4]
        said = all_by_dciodvfy([folder / f"{key}.broken" for key in keys])
        known = differences("iod_agreement.tsv")
        per_iod = collections.defaultdict(lambda: [0, 0])
        newer, used, unexplained = 0, collections.Counter(), []
        for key in keys:
            name, path, rule = cases[key]
            if rule == "defined-term":
                continue  # a warning there, a note here
            per_iod[name][1] += 1
            if any(theirs == path for _, theirs, _ in said[f"{key}.broken"]):
                per_iod[name][0] += 1
                continue
            around = {re.sub(r"\[\d+\]$", "", path[:end]) for end in [m.start() for m in re.finditer("/", path)] + [len(path)]}
            if any("Information Object Not found" in message or "nrecognized tag" in message and theirs in around
                   for _, theirs, message in said[f"{key}.broken"]):
                newer += 1
                continue
            row = next((i for i, row in enumerate(known) if row["iod"] in ("*", name) and row["module"] in ("*", key.split(".")[0])
                        and row["rule"] in ("*", rule) and row["path"] in ("*", path)), None)
            if row is None:
                unexplained.append((key, name, path, rule, said[f"{key}.broken"][:2]))
            used[row] += 1
        same, all_ = (sum(column) for column in zip(*per_iod.values()))
        print(f"dciodvfy finds {same} of {all_} at the same tag path; {newer} are of attributes and IODs newer than it, "
              f"{sum(used.values())} explained in iod_agreement.tsv")
        self.assertEqual(unexplained, [])
        if products.LONG:
            for name, (same_here, all_here) in sorted(per_iod.items()):
                print(f"  {name}: {same_here} of {all_here}")
            self.assertEqual([row for i, row in enumerate(known) if i not in used], [], "differences that are none any more")
        self.assertGreater(same / all_, 0.95)


class Commands(unittest.TestCase):
    """What the command says about it."""

    @classmethod
    def setUpClass(cls):
        cls.tables = iod_objects.Tables()
        cls.maker = iod_objects.Maker(cls.tables, "CTImage", "1.2.840.10008.5.1.4.1.1.2")

    def test_it_says_what_the_object_was_judged_as_and_what_was_not_judged(self):
        with products.scratch() as folder:
            root = self.maker.fresh()
            del root.elements["PatientName"]
            (folder / "ct.dcm").write_bytes(iod_objects.file_of(root))
            root.elements["SOPClassUID"].values = ["1.2.3.4.5"]
            (folder / "own.dcm").write_bytes(iod_objects.file_of(root))
            code, out, _ = products.assay("validate", folder)
            self.assertEqual(code, 1)
            self.assertIn("judged as CT Image", out)
            self.assertIn("not judged against an IOD: there is no table for 1.2.3.4.5", out)
            self.assertRegex(out, r"error ps3\.5/7\.4\.3/type-2-missing \[PS3\.5 7\.4\.3\] byte \d+ .*\(0010,0010\) PatientName: found absent")
            self.assertIn("Type 2 in Patient (PS3.3 C.7.1.1)", out)
            code, out, _ = products.assay("validate", "--no-iod", folder)
            self.assertEqual(code, 0, out)
            self.assertNotIn("judged", out)
            code, out, _ = products.assay("validate", "--json", folder / "own.dcm")
            file, summary = map(json.loads, out.splitlines())
            self.assertEqual((file["sop_class"], "iod" in file), ("1.2.3.4.5", False))
            self.assertEqual(summary["summary"]["without_iod"], 1)

    def test_the_iods_are_listed(self):
        code, out, _ = products.assay("validate", "--list-iods")
        self.assertEqual(code, 0)
        self.assertRegex(out, r"1\.2\.840\.10008\.5\.1\.4\.1\.1\.2 +CT Image\n")
        rest = self.tables.not_judged
        self.assertGreater(len(rest), 10)
        judged = {uid for iod in self.tables.iods.values() for uid in iod["sop_classes"]}
        storage = {uid for uid, entry in pydicom._uid_dict.UID_dictionary.items()
                   if entry[1] == "SOP Class" and "Storage" in entry[0] and not entry[0].startswith("Storage Commitment")}
        self.assertEqual(storage - judged - set(rest), set(), "neither judged nor listed as not judged")
        self.assertEqual(judged & set(rest), set())
        for uid, entry in rest.items():
            self.assertIn("none for it", entry["reason"])
            self.assertRegex(out, rf"(?m)^{re.escape(uid)} +{re.escape(entry['name'])}: not judged{' .retired.' if entry['retired'] else ''}$")
        code, _, err = products.assay("validate")
        self.assertEqual(code, 2)
        self.assertIn("--list-iods", err)

    def test_files_that_contradict_each_other_are_told_with_both(self):
        with products.scratch() as folder:
            for name, changes in (("a", {}), ("b", {"PatientID": ["OTHER"]}), ("c", {"Modality": ["MR"]})):
                root = self.maker.fresh()
                root.elements["PatientID"].values = ["ID1"]
                root.elements["Modality"].values = ["CT"]
                root.elements["SOPInstanceUID"].values = [iod_objects.ROOT + str(ord(name))]
                for keyword, values in changes.items():
                    root.elements[keyword].values = values
                (folder / f"{name}.dcm").write_bytes(iod_objects.file_of(root))
            code, out, _ = products.assay("validate", folder)
            self.assertEqual(code, 1)
            self.assertRegex(out, r"error ps3\.3/A\.1\.2\.1/patient-differs .*PatientID: found OTHER in \S*b\.dcm, expected ID1, as in \S*a\.dcm")
            self.assertRegex(out, r"error ps3\.3/A\.1\.2\.3/modality-differs .*Modality: found MR in \S*c\.dcm, expected CT, as in \S*a\.dcm")
            _, out, _ = products.assay("validate", "--json", folder)
            between = json.loads(out.splitlines()[-1])["summary"]["between_files"]
            self.assertEqual({(f["rule"].split("/")[-1], pathlib.Path(f["file"]).name, pathlib.Path(f["other_file"]).name) for f in between},
                             {("patient-differs", "b.dcm", "a.dcm"), ("modality-differs", "c.dcm", "a.dcm")})
            (folder / "c.dcm").unlink()
            (folder / "b.dcm").unlink()
            code, out, _ = products.assay("validate", folder)
            self.assertEqual(code, 0, out)

    def test_objects_that_are_suspiciously_alike_are_noted_and_nothing_turns_red(self):
        with products.scratch() as folder:
            for number, series, patient in ((1, 1, "123"), (2, 2, "123"), (3, 3, "123.Followup")):
                root = self.maker.fresh()
                root.elements["PatientID"].values = [patient]
                root.elements["PatientName"].values = ["Doe^Jane"]
                root.elements["PatientBirthDate"].values = ["19700101"]
                root.elements["SOPInstanceUID"].values = [iod_objects.ROOT + str(number)]
                root.elements["SeriesInstanceUID"].values = [iod_objects.ROOT + f"9.{series}"]
                root.elements["StudyInstanceUID"].values = [iod_objects.ROOT + f"8.{patient[3:] and 1}"]
                data = iod_objects.file_of(root)
                at = data.rindex(struct.pack("<HH", 0x7FE0, 0x10) + b"OW") + 12
                pixels = bytes((i * (2 if number < 3 else 3)) % 251 for i in range(512))
                (folder / f"{number}.dcm").write_bytes(data[:at - 4] + struct.pack("<I", len(pixels)) + pixels)
            code, out, _ = products.assay("validate", folder, "--only", "ps3.3/C.7.*/*")
            self.assertEqual(code, 0, out)
            between = out[out.index("between the files"):]
            self.assertRegex(between, r"note ps3\.3/C\.7\.1\.1/id-with-suffix .*found 123\.Followup in \S*3\.dcm, expected 123, as in \S*1\.dcm")
            self.assertRegex(between, r"note ps3\.3/C\.7\.6\.1/same-pixels .*in \S*2\.dcm, expected pixels of its own, and not what is in \S*1\.dcm")


class Extensions(unittest.TestCase):
    """Attributes that the user's table adds, in objects that pydicom writes."""

    TABLE = """iod\tattribute\ttype
CT Image\t(0029,xx10,"ASSAY TEST")\t1\t\tLOW\\HIGH\t1
CTImageStorage\t(0029,xx11,"ASSAY TEST")\t1C\tModality == 'CT'
module:General Series\tDiffusionDirectionality\t3\t\tNONE
*\tOperatorsName\t2
"""
    WRONG = [("CT Imige\tPatientID\t1", "1:1: 'CT Imige' is no SOP Class"), ("*\tPatientIDs\t1", "1:3: 'PatientIDs' is no keyword"),
             ("*\t(0029,1010)\t1", "1:3: (0029,1010) is private"), ("*\tPatientID\t1D", "1:13: '1D' is no type"),
             ("*\tPatientID\t1C", "1:13: type 1C needs a condition"),
             ("*\tPatientID\t2C\tModality == CT", "1:28: a text in quotation marks"),
             ("*\tPatientID\t1\n*\tPatientID\t2", "2:3: PatientID of * stands in line 1 already"),
             ("*\tPatientID\t1\t\t\tmany", "1:17: 'many' is no number of values"), ("# nothing", "1:1: no line adds")]

    @classmethod
    def setUpClass(cls):
        cls.maker = iod_objects.Maker(iod_objects.Tables(), "CTImage", "1.2.840.10008.5.1.4.1.1.2")

    def judged(self, folder, change, *words):
        """(rule, path) of the findings of an object that `change` has changed."""
        file = folder / "ct.dcm"
        file.write_bytes(iod_objects.file_of(self.maker.fresh()))
        data = pydicom.dcmread(file)
        data.Modality, data.OperatorsName = "CT", "DOE^JANE"
        data.DiffusionDirectionality = "NONE"
        block = data.private_block(0x0029, "ASSAY TEST", create=True)
        block.add_new(0x10, "CS", "LOW")
        block.add_new(0x11, "LO", "X")
        change(data, block)
        data.save_as(file)
        code, out, err = products.assay("validate", "--json", file, *words)
        self.assertIn(code, (0, 1), err)
        return {(f["rule"], f["path"]) for f in json.loads(out.splitlines()[0])["findings"]}

    def test_added_attributes_are_judged_as_those_of_the_standard(self):
        def drop(tag):
            return lambda data, block: data.__delitem__(tag)

        def put(tag, value):
            return lambda data, block: setattr(data[tag], "value", value)

        def block_of_another(data, block):
            data[0x0029, 0x0010].value = "SOMEONE ELSE"

        faults = [(drop((0x0029, 0x1010)), {("ps3.5/7.4.1/type-1-missing", "(0029,1010)")}),
                  (put((0x0029, 0x1010), ""), {("ps3.5/7.4.1/type-1-empty", "(0029,1010)")}),
                  (put((0x0029, 0x1010), "OFF"), {("ps3.5/6.3/enumerated-value", "(0029,1010)")}),
                  (put((0x0029, 0x1010), ["LOW", "HIGH"]), {("ps3.5/6.4/module-vm", "(0029,1010)")}),
                  (drop((0x0029, 0x1011)), {("ps3.5/7.4.2/type-1c-missing", "(0029,1011)")}),
                  (block_of_another, {("ps3.5/7.4.1/type-1-missing", "(0029,1110)"), ("ps3.5/7.4.2/type-1c-missing", "(0029,1111)")}),
                  (drop("DiffusionDirectionality"), set()),
                  (put("DiffusionDirectionality", "ISOTROPIC"), {("ps3.5/6.3/enumerated-value", "(0018,9075)")}),
                  (drop("OperatorsName"), {("ps3.5/7.4.3/type-2-missing", "(0008,1070)")}),
                  (put("OperatorsName", ""), set())]
        noted = ("ps3.2/7.3/not-in-iod", "(0018,9075)")
        with products.scratch() as folder:
            table = folder / "ours.tsv"
            table.write_text(self.TABLE)
            sound = self.judged(folder, lambda data, block: None)
            self.assertIn(noted, sound)
            self.assertEqual(self.judged(folder, lambda data, block: None, "--extension", table), sound - {noted})
            for number, (change, expected) in enumerate(faults):
                with self.subTest(number):
                    without = self.judged(folder, change)
                    self.assertEqual(self.judged(folder, change, "--extension", table), without - {noted} | expected)
                    self.assertEqual(without & expected, set(), "told without the table, too")

    def test_every_mistake_is_told_at_its_place_and_nothing_is_judged(self):
        with products.scratch() as folder:
            file = folder / "ct.dcm"
            file.write_bytes(iod_objects.file_of(self.maker.fresh()))
            table = folder / "wrong.tsv"
            for text, said in self.WRONG:
                table.write_text(text + "\n")
                code, out, err = products.assay("validate", file, "--extension", table)
                self.assertEqual((code, out), (2, ""), text)
                self.assertIn(f"wrong.tsv:{said}", err, text)
            table.write_text("".join(text + "\n" for text, _ in self.WRONG[:6]))
            code, _, err = products.assay("validate", file, "--extension", table)
            self.assertEqual((code, err.count("wrong.tsv:")), (2, 6), err)
            for words, said in ((["--extension", folder / "none.tsv"], "none.tsv"), (["--extension", table, "--no-iod"], "--no-iod")):
                code, out, err = products.assay("validate", file, *words)
                self.assertEqual((code, out), (2, ""))
                self.assertIn(said, err)
            self.assertEqual(products.assay("validate", "--list-iods", "--extension", table)[0], 2)


class Flaws(unittest.TestCase):
    """Objects with the flaws of well-known files: exactly those findings, no more."""

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        products.need("dciodvfy")
        cls.tables = iod_objects.Tables()

    def sound(self, iod):
        maker = iod_objects.Maker(self.tables, iod, self.tables.iods[iod]["sop_classes"][0])
        return maker.fresh()

    def findings(self, data):
        with products.scratch() as folder:
            (folder / "x.dcm").write_bytes(data)
            files, _ = validated(folder)
            return sorted((f["severity"], f["rule"], f["path"]) for f in files["x.dcm"]["findings"]), by_dciodvfy(folder / "x.dcm")

    @staticmethod
    def element(tag, vr, value):
        return struct.pack("<HH", *tag) + vr.encode() + struct.pack("<H", len(value)) + value

    def with_value(self, data, tag, vr, value):
        """The file with another value for an element of the Data Set, as it stands: no padding."""
        at = data.index(struct.pack("<HH", *tag) + vr.encode(), 132)
        length = struct.unpack("<H", data[at + 6:at + 8])[0]
        return data[:at] + self.element(tag, vr, value) + data[at + 8 + length:]

    def test_replacement_values_that_are_no_dates_and_have_odd_lengths(self):
        data = iod_objects.file_of(self.sound("SCImage"))
        capture = [("note", "ps3.3/C.7.6.1/burned-in-unknown", "(0028,0301)")]  # Type 3, and worth knowing of a capture
        self.assertEqual(self.findings(data)[0], capture)
        for tag, vr in (((0x8, 0x20), "DA"), ((0x8, 0x30), "TM"), ((0x10, 0x30), "DA")):
            data = self.with_value(data, tag, vr, b"???")
        self.assertEqual(self.findings(data)[0], sorted(
            [("error", "ps3.5/7.1.1/odd-length", path) for path in ("(0008,0020)", "(0008,0030)", "(0010,0030)")]
            + [("error", "ps3.5/6.2/date", "(0008,0020)"), ("error", "ps3.5/6.2/time", "(0008,0030)"), ("error", "ps3.5/6.2/date", "(0010,0030)")]
            + capture))

    def test_a_ct_series_without_two_type_2_attributes_and_with_a_name_of_one_component(self):
        root = self.sound("CTImage")
        root.elements["PatientName"].values = ["Visible Human Male"]
        del root.elements["AcquisitionNumber"], root.elements["PositionReferenceIndicator"]
        ours, theirs = self.findings(iod_objects.file_of(root))
        self.assertEqual(ours, [("error", "ps3.5/7.4.3/type-2-missing", "(0020,0012)"), ("error", "ps3.5/7.4.3/type-2-missing", "(0020,1040)"),
                                ("note", "ps3.5/6.2.1/name-shape", "(0010,0010)")])
        self.assertEqual({path for kind, path, _ in theirs if kind == "Error" and path != "(0020,0060)"}, {"(0020,0012)", "(0020,1040)"})

    def test_a_polarity_that_contradicts_the_presentation_of_the_image(self):
        """White where black belongs: Photometric Interpretation and Presentation LUT Shape say which, and must agree."""
        found = {}
        for photometric in ("MONOCHROME1", "MONOCHROME2"):
            for shape in ("IDENTITY", "INVERSE"):
                root = self.sound("CRImage")
                root.elements["PhotometricInterpretation"].values = [photometric]
                data = iod_objects.file_of(root)
                at = data.rindex(struct.pack("<HH", 0x7FE0, 0x10) + b"OW")
                data = data[:at] + self.element((0x2050, 0x20), "CS", f"{shape:8}".encode()) + data[at:]
                found[photometric, shape] = self.findings(data)[0]
        wrong = [("error", "ps3.5/6.3/enumerated-value", "(2050,0020)")]
        self.assertEqual(found, {("MONOCHROME1", "INVERSE"): [], ("MONOCHROME2", "IDENTITY"): [],
                                 ("MONOCHROME1", "IDENTITY"): wrong, ("MONOCHROME2", "INVERSE"): wrong})

    def test_a_header_that_was_offered_as_a_good_example(self):
        """Retired group lengths, a name of one component, and File Meta Information whose implementation is a SOP Class."""
        root = self.sound("CTImage")
        root.elements["PatientName"].values = ["Good Example"]
        data = iod_objects.file_of(root)
        self.assertEqual(self.findings(data)[0], [("note", "ps3.5/6.2.1/name-shape", "(0010,0010)")])
        at = data.index(struct.pack("<HH", 2, 0x12) + b"UI")
        length = struct.unpack("<H", data[at + 6:at + 8])[0]
        meta = struct.unpack("<I", data[140:144])[0]
        end = 144 + meta
        own = self.element((2, 0x12), "UI", b"1.2.840.10008.5.1.4.1.1.2\0")
        kept = data[144:at] + own + data[at + 8 + length:end]
        name = kept.find(struct.pack("<HH", 2, 0x13))
        if name >= 0:
            kept = kept[:name] + kept[name + 8 + struct.unpack("<H", kept[name + 6:name + 8])[0]:]
        body = data[end:]
        first = body.index(struct.pack("<HH", 0x10, 0x10) + b"PN")
        group_8 = self.element((8, 0), "UL", struct.pack("<I", first))
        flawed = data[:140] + struct.pack("<I", len(kept)) + kept + group_8 + body
        self.assertEqual(self.findings(flawed)[0], sorted([
            ("error", "ps3.10/7.1/uid-kind", "(0002,0012)"), ("note", "ps3.5/6.2.1/name-shape", "(0010,0010)"),
            ("note", "ps3.5/7.2/group-length", "(0008,0000)")]))

    def test_a_private_creator_that_was_masked_while_its_elements_stay(self):
        data = iod_objects.file_of(self.sound("CTImage"))
        at = data.index(struct.pack("<HH", 0x20, 0xd) + b"UI")
        live = self.element((0x1f, 0x1001), "LO", b"live")
        named = data[:at] + self.element((0x1f, 0x10), "LO", b"MAKER 1 ") + live + data[at:]
        masked = data[:at] + self.element((0x1f, 0x10), "LO", b"        ") + live + data[at:]
        absent = data[:at] + live + data[at:]
        self.assertEqual(self.findings(named)[0], [])
        self.assertEqual(self.findings(masked)[0], [("error", "ps3.5/7.8.1/creator-empty", "(001F,0010)")])
        self.assertEqual(self.findings(absent)[0], [("error", "ps3.5/7.8.1/no-creator", "(001F,1001)")])


if __name__ == "__main__":
    unittest.main(verbosity=2)
