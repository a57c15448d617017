"""assay convert over files made by others: JSON against pydicom and DCMTK's dcm2json, native XML against dcm2xml, exact
XML and transfer syntaxes against the file itself; what cannot be converted, overwritten or read is refused clearly."""

import base64
import json
import math
import pathlib
import re
import shutil
import struct
import subprocess
import unittest
import xml.etree.ElementTree as ElementTree

import products

products.need("dcm2json", "dcm2xml", "xmllint")
import pydicom  # noqa: E402
import pydicom.uid  # noqa: E402

# Every file in the long tier, every third one in the quick one.
SHARE = 1 if products.LONG else 3
FOLDER = pathlib.Path(pydicom.__file__).parent / "data"
NATIVE = "{http://dicom.nema.org/PS3.19/models/NativeDICOM}"
UNCOMPRESSED = ("1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2", "1.2.840.10008.1.2.1.99")
BINARY = {"OB", "OD", "OF", "OL", "OV", "OW", "UN"}

# Files that assay refuses to convert, with the reason; every other one has to work.
BROKEN = re.compile(r"broken at offset|is no DICOM|not DICOM|prefix: found|found .*expected")


def assay(*arguments, code=0, stdin=None):
    done = subprocess.run([products.ASSAY, "convert", *map(str, arguments)], capture_output=True, timeout=120, input=stdin)
    if code is not None and done.returncode != code:
        raise AssertionError(f"convert {arguments}: exit {done.returncode}\n{done.stderr.decode(errors='replace')}")
    return done


# A Data Set behind one byte of something else: Assay finds it, pydicom makes one element of it all.
MISREAD_BY_PYDICOM = {"no_meta.dcm"}


def files():
    found = sorted(path for path in FOLDER.rglob("*") if path.is_file() and path.suffix in (".dcm", "") and path.stat().st_size > 0
                   and path.stat().st_size < 3_000_000)
    assert len(found) > 100, f"only {len(found)} files below {FOLDER}"
    return found[::SHARE]


def reads(path):
    try:
        return pydicom.dcmread(path, force=True)
    except Exception:  # pylint: disable=broad-except
        return None


def same_number(a, b, vr=""):
    try:
        x, y = float(a), float(b)
    except (TypeError, ValueError):
        return False
    if vr == "FL" and math.isfinite(x) and math.isfinite(y):
        return x == y or struct.pack("f", x) == struct.pack("f", y)  # the same 32 bits, printed with more or fewer digits
    return x == y or (math.isnan(x) and math.isnan(y))


def clean_name(name):
    """Component groups that are empty, and trailing delimiters, mean nothing."""
    if isinstance(name, str):
        return {"Alphabetic": name}
    return {k: re.sub(r"\^+$", "", v.strip()) for k, v in (name or {}).items() if v.strip("^ ")}


def stripped(value):
    return value.strip(" \0") if isinstance(value, str) else value


def same_values(vr, ours, theirs):
    """Values of the JSON model: numbers by value, texts without the spaces that the VR does not count."""
    ours, theirs = list(ours or []), list(theirs or [])
    empty = (None, "", {})
    if vr == "PN":
        ours, theirs = [clean_name(n) for n in ours], [clean_name(n) for n in theirs]
    if all(v in empty for v in ours) and all(v in empty for v in theirs):
        return True
    if len(ours) != len(theirs):
        return False
    for a, b in zip(ours, theirs):
        if a in empty and b in empty:
            continue
        if stripped(a) != stripped(b) and not same_number(a, b, vr):
            return False
    return True


def differences(ours, theirs, path=""):
    """Between two JSON data sets; group lengths are in neither."""
    for tag in sorted(set(ours) | set(theirs)):
        where = f"{path}/{tag}"
        if tag.endswith("0000") or tag.startswith("0002"):
            continue
        if tag not in ours or tag not in theirs:
            yield where, f"only in {'ours' if tag in ours else 'theirs'}", None, None
            continue
        a, b = ours[tag], theirs[tag]
        if a["vr"] != b["vr"]:
            yield where, "vr", a["vr"], b["vr"]
            continue
        if a["vr"] == "SQ":
            mine, its = a.get("Value", []), b.get("Value", [])
            if len(mine) != len(its):
                yield where, "items", len(mine), len(its)
            for number, (x, y) in enumerate(zip(mine, its), 1):
                yield from differences(x, y or {}, f"{where}[{number}]")
        elif a["vr"] in BINARY:
            mine = base64.b64decode(a.get("InlineBinary", ""))
            its = base64.b64decode(b.get("InlineBinary", "") or "")
            if mine != its:
                yield where, "bytes", mine[:20], its[:20]
        elif not same_values(a["vr"], a.get("Value"), b.get("Value")):
            yield where, "value", a.get("Value"), b.get("Value")


class Corpus(unittest.TestCase):
    """Everything that pydicom ships, converted once."""

    @classmethod
    def setUpClass(cls):
        cls.scratch = products.scratch()
        cls.folder = cls.scratch.__enter__()
        cls.files = files()
        cls.refused = {}
        cls.json = {}
        for index, path in enumerate(cls.files):
            out = cls.folder / f"{index}.json"
            done = assay(path, out, code=None)
            if done.returncode == 2:
                cls.refused[path] = done.stderr.decode(errors="replace").strip()
            else:
                assert done.returncode in (0, 1), (path, done.returncode, done.stderr)
                cls.json[path] = out

    @classmethod
    def tearDownClass(cls):
        cls.scratch.__exit__(None, None, None)

    def test_refuses_only_what_is_broken_with_one_line(self):
        for path, line in self.refused.items():
            self.assertEqual(line.count("\n"), 0, line)
            self.assertRegex(line, BROKEN)
        self.assertGreater(len(self.json), 100 // SHARE)
        self.assertLess(len(self.refused), 25 // SHARE, "\n".join(map(str, self.refused.values())))

    def test_JSON_agrees_with_pydicom_element_by_element(self):
        compared, unexplained = 0, []
        for path, out in self.json.items():
            theirs = reads(path)
            if theirs is None or path.name in MISREAD_BY_PYDICOM:
                continue
            try:
                # Raw values as pydicom read them; it refuses some files, which are then judged by DCMTK alone.
                model = theirs.to_json_dict(bulk_data_threshold=1 << 40)
            except Exception:  # pylint: disable=broad-except
                continue
            ours = json.loads(out.read_text(encoding="utf-8"))
            compared += 1
            for where, what, mine, its in differences(ours, model):
                if not self.explained(theirs, path, where, what, mine, its):
                    unexplained.append(f"{path.name} {where} {what}: {mine!r} / {its!r}")
        self.assertGreater(compared, 80 // SHARE)
        self.assertEqual(unexplained, [], "\n".join(unexplained[:40]))

    @staticmethod
    def explained(theirs, path, where, what, mine, its):
        tag = where.rsplit("/", 1)[-1][:8]
        if tag == "00080005":
            return True  # the text is UTF-8, and we say so
        if what == "vr":
            # pydicom has its own dictionary of private elements, and takes "US or SS" and "OB or OW" by other elements.
            private = int(tag[:4], 16) % 2 == 1
            return (private and mine == "UN") or {mine, its} <= {"US", "SS", "OW", "OB", "UN"} or mine == "UN" or its == "UN"
        if tag == "7FE00010" and what == "bytes" and bytes(mine).startswith(b"\xfe\xff\x00\xe0"):
            return True  # encapsulated: pydicom leaves out the Sequence Delimitation Item
        # PS3.18 F.2.7 asks for little endian; pydicom writes the bytes as they are.
        if what == "bytes" and not theirs.is_little_endian:
            return True
        if what == "bytes" and bytes(mine)[: len(its)] == bytes(its)[: len(mine)]:
            return True  # padding
        if what == "value":
            charset = theirs.get("SpecificCharacterSet", "") or ""
            # Text that is in no or a wrong character set is a guess on either side.
            guessed = not charset or re.search(r"lost: .*\[ps3.18/F.2/text-undecodable\]",
                                               assay(path, "-", "--to", "json", code=None).stderr.decode(errors="replace"))
            if guessed and any(ord(c) > 126 for c in json.dumps([mine, its], ensure_ascii=False)):
                return True
        return False

    def test_JSON_agrees_with_dcm2json(self):
        compared, unexplained = 0, []
        for path, out in self.json.items():
            done = subprocess.run(["dcm2json", "-q", str(path)], capture_output=True, timeout=60)
            if done.returncode != 0:
                continue
            try:
                theirs = json.loads(done.stdout.decode("utf-8"))
            except ValueError:
                continue  # DCMTK 3.6.7 writes bytes that are no UTF-8 as they are, and commas too many
            ours = json.loads(out.read_text(encoding="utf-8"))
            compared += 1
            for where, what, mine, its in differences(ours, theirs):
                tag = where.rsplit("/", 1)[-1][:8]
                # Its dictionary of private elements; its view of "US or SS" and unknown elements.
                if what == "vr" or tag == "00080005" or tag == "7FE00010":
                    continue
                if what == "bytes" and bytes(mine)[: len(its)] == bytes(its)[: len(mine)]:
                    continue
                if what.startswith("only in") and int(tag[4:], 16) == 0:
                    continue
                if what == "value" and any(ord(c) > 126 for c in json.dumps([mine, its], ensure_ascii=False)):
                    continue
                unexplained.append(f"{path.name} {where} {what}: {mine!r} / {its!r}")
        self.assertGreater(compared, 50 // SHARE)
        self.assertEqual(unexplained, [], "\n".join(unexplained[:40]))

    def test_JSON_and_XML_come_back_with_the_same_values(self):
        for path, out in self.json.items():
            syntax = []
            text = out.read_text(encoding="utf-8")
            if '"00041220"' in text:
                continue  # a DICOMDIR cannot be moved
            encapsulated = re.search(r'"7FE00010":\{"vr":"O[BW]","InlineBinary":"/v8A4', text)
            if encapsulated:
                syntax = ["--to", "1.2.840.10008.1.2.4.50"]
            back = self.folder / "back.dcm"
            again = self.folder / "again.json"
            xml = self.folder / "native.xml"
            assay("--force", out, back, *syntax)
            # Text that had to be guessed may be no text of ISO_IR 192 either: exit code 1.
            assay("--force", "-q", back, again, code=None)
            self.same_but_padding(again, text, path)
            assay("--force", "-q", "--to", "xml", back, xml)
            assay("--force", "-q", xml, back, *syntax)
            assay("--force", "-q", back, again, code=None)
            self.same_but_padding(again, text, path)

    def same_but_padding(self, out, text, path):
        if out.read_text(encoding="utf-8") == text:
            return
        for where, what, mine, its in differences(json.loads(out.read_text(encoding="utf-8")), json.loads(text)):
            self.assertEqual(what, "bytes", (path, where, mine, its))  # of odd length, now padded
            self.assertEqual(mine[:len(its)], its, (path, where))

    def test_exact_XML_gives_every_file_back_and_is_well_formed(self):
        for path in self.files:
            xml = self.folder / "exact.xml"
            back = self.folder / "exact.dcm"
            assay("--force", "--to", "exact-xml", path, xml)
            assay("--force", xml, back)
            self.assertEqual(back.read_bytes(), path.read_bytes(), path)
            done = subprocess.run(["xmllint", "--huge", "--noout", str(xml)], capture_output=True, timeout=60)
            self.assertEqual(done.returncode, 0, (path, done.stderr[:500]))

    def test_native_XML_agrees_with_dcm2xml(self):
        compared, unexplained = 0, []
        for path in self.json:
            done = subprocess.run(["dcm2xml", "-q", "-nat", str(path)], capture_output=True, timeout=60)
            if done.returncode != 0:
                continue
            try:
                theirs = ElementTree.fromstring(done.stdout)
            except ElementTree.ParseError:
                continue  # DCMTK 3.6.7 writes control characters as they are
            xml = self.folder / "compare.xml"
            assay("--force", "-q", "--to", "xml", path, xml, code=None)
            ours = ElementTree.parse(xml).getroot()
            compared += 1
            unexplained += [f"{path.name} {line}" for line in self.xml_differences(ours, theirs)]
        self.assertGreater(compared, 50 // SHARE)
        self.assertEqual(unexplained, [], "\n".join(unexplained[:40]))

    def xml_differences(self, ours, theirs, where=""):
        key = lambda a: (a.get("tag"), a.get("privateCreator"))  # noqa: E731
        mine = {key(a): a for a in ours if a.tag.endswith("DicomAttribute")}
        its = {key(a): a for a in theirs if a.tag.endswith("DicomAttribute")}
        for tag in its.keys() - mine.keys():
            # Group lengths; private attributes whose block DCMTK leaves out though nobody reserved it.
            if not tag[0].endswith("0000") and int(tag[0][:4], 16) % 2 == 0:
                yield f"{where}/{tag}: only theirs"
        for tag in mine.keys() & its.keys():
            a, b = mine[tag], its[tag]
            if a.get("vr") != b.get("vr") or a.get("vr") in BINARY or tag[0] == "00080005":
                continue  # VRs are compared in JSON; DCMTK does not write the bytes
            if a.get("vr") == "SQ":
                for x, y in zip([i for i in a if i.tag.endswith("Item")], [i for i in b if i.tag.endswith("Item")]):
                    yield from self.xml_differences(x, y, f"{where}/{tag[0]}")
                continue
            x, y = [[" ".join(" ".join(v.itertext()).split()) for v in values] for values in (a, b)]
            x, y = [[v for v in values if v] for values in (x, y)]
            if x == y or (len(x) == len(y) and all(p == q or same_number(p, q, a.get("vr")) for p, q in zip(x, y))):
                continue
            if any(ord(c) > 126 for c in "".join(x + y)):
                continue  # characters are compared in JSON
            yield f"{where}/{tag[0]} {a.get('vr')}: {x[:4]} / {y[:4]}"

    def test_transfer_syntaxes_keep_the_values(self):
        converted = 0
        for path in self.json:
            theirs = reads(path)
            syntax = str(getattr(getattr(theirs, "file_meta", None), "TransferSyntaxUID", "")) if theirs is not None else ""
            if syntax not in UNCOMPRESSED or path.stat().st_size > 200_000:
                continue
            if "DirectoryRecordSequence" in theirs:
                done = assay("--to", "big-endian", path, self.folder / "dir", code=2)
                self.assertIn(b"linked by offsets", done.stderr)
                continue
            base = self.folder / "base.json"
            assay("--force", "-q", path, base, code=None)
            expected = json.loads(base.read_text(encoding="utf-8"))
            for to in ("implicit", "explicit", "big-endian", "deflated"):
                out = self.folder / "syntax.dcm"
                again = self.folder / "syntax.json"
                assay("--force", "-q", "--to", to, path, out)
                assay("--force", "-q", out, again, code=None)
                found = json.loads(again.read_text(encoding="utf-8"))
                for where, what, mine, its in differences(found, expected):
                    # Who reads implicit VR knows no private VRs: UN (PS3.5 6.2.2).
                    padded = what == "bytes" and mine[:len(its)] == its
                    self.assertTrue(padded or (to == "implicit" and what == "vr"), (path, to, where, what, mine, its))
                self.assertIsNotNone(reads(out), (path, to))
            converted += 1
        self.assertGreater(converted, 20 // SHARE)


class Edges(unittest.TestCase):
    def setUp(self):
        self.scratch = products.scratch()
        self.folder = self.scratch.__enter__()
        self.ct = FOLDER / "test_files" / "CT_small.dcm"

    def tearDown(self):
        self.scratch.__exit__(None, None, None)

    def test_overwrites_nothing_unless_forced(self):
        out = self.folder / "a.json"
        out.write_text("mine")
        done = assay(self.ct, out, code=2)
        self.assertIn(b"exists already; --force", done.stderr)
        self.assertEqual(out.read_text(), "mine")
        assay("--force", "-q", self.ct, out)
        self.assertTrue(out.read_text().startswith("{"))

    def test_refuses_compressed_pixels(self):
        done = assay(FOLDER / "test_files" / "JPEG2000.dcm", self.folder / "a.dcm", "--to", "explicit", code=2)
        self.assertIn(b"compressed pixel data (JPEG 2000", done.stderr)
        self.assertFalse((self.folder / "a.dcm").exists())

    def test_converts_folders_and_goes_on_after_a_bad_file(self):
        source = self.folder / "in"
        (source / "deep").mkdir(parents=True)
        shutil.copy(self.ct, source / "deep" / "ct.dcm")
        (source / "bad").write_bytes(b"GIF89a")
        done = assay("-q", source, "--out", self.folder / "out", "--to", "json", code=2)
        self.assertIn(b"bad", done.stderr)
        self.assertTrue((self.folder / "out" / "deep" / "ct.json").exists())

    def test_says_where_a_text_is_wrong(self):
        text = self.folder / "a.json"
        text.write_text('{"00100020":\n {"vr":"LO","Value":[true]}}')
        done = assay(text, self.folder / "a.dcm", code=2)
        self.assertIn(b"line 2, column", done.stderr)
        done = assay("--to", "dicom", "-", self.folder / "b.dcm", code=2, stdin=b"<NativeDicomModel><Study/></NativeDicomModel>")
        self.assertIn(b"line 1, column 20", done.stderr)

    def test_keeps_large_values_in_files_and_reads_no_others(self):
        out, bulk = self.folder / "a.json", self.folder / "bulk"
        assay("-q", self.ct, out, "--bulk-data", bulk)
        model = json.loads(out.read_text())
        self.assertEqual(model["7FE00010"]["BulkDataURI"].split("/")[0], "bulk")
        assay("-q", out, self.folder / "b.dcm", "--bulk-data", bulk)
        self.assertEqual(pydicom.dcmread(self.folder / "b.dcm").PixelData, pydicom.dcmread(self.ct).PixelData)
        self.assertIn(b"a.json-1.bin", assay(out, self.folder / "c.dcm", code=2).stderr)
        for uri in ("../secret", "/etc/hostname", "file:///etc/hostname", "http://127.0.0.1/x", "bulk/../../secret"):
            (self.folder.parent / "secret").exists()
            model["7FE00010"] = {"vr": "OW", "BulkDataURI": uri}
            out.write_text(json.dumps(model))
            done = assay(out, self.folder / "d.dcm", "--bulk-data", bulk, code=2)
            self.assertIn(b"bulk data that can be read", done.stderr)
            self.assertFalse((self.folder / "d.dcm").exists())

    def test_writes_to_standard_output(self):
        done = assay(self.ct, "-", "--to", "json")
        self.assertEqual(json.loads(done.stdout)["00100010"]["vr"], "PN")

    def test_turns_the_numbers_of_a_big_endian_file(self):
        big = self.folder / "big.dcm"
        assay("-q", self.ct, big, "--to", "big-endian")
        theirs = pydicom.dcmread(big)
        ours = pydicom.dcmread(self.ct)
        self.assertEqual(theirs.file_meta.TransferSyntaxUID, pydicom.uid.ExplicitVRBigEndian)
        self.assertEqual((theirs.Rows, theirs.PatientName), (ours.Rows, ours.PatientName))
        words = struct.unpack(f">{len(theirs.PixelData) // 2}H", theirs.PixelData)
        self.assertEqual(words, struct.unpack(f"<{len(ours.PixelData) // 2}H", ours.PixelData))


if __name__ == "__main__":
    unittest.main()
