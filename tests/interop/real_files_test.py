"""Files made by others, read by Assay, DCMTK and pydicom: element by element the same, or the difference has its line in
differential_clusters.tsv; and every file comes back from Assay byte by byte."""

import collections
import os
import pathlib
import re
import struct
import subprocess
import sys
import unittest

import corpus
import elements
import elements_clusters
import mutants
import products

TESTS = pathlib.Path(os.environ.get("ASSAY_TEST_BIN", pathlib.Path(products.ASSAY).parent / "tests"))
WALKER = TESTS / "dcmtk_elements"
TEXT = "AE AS CS DA DS DT IS LO LT PN SH ST TM UC UI UR UT".split()
NUMBERS = {"US": "H", "SS": "h", "UL": "I", "SL": "i"}


def round_trip(folder, scratch):
    """Runs the round-trip test over a folder; (what it said when it failed, the problems that Assay found)."""
    found = scratch / "problems.tsv"
    done = subprocess.run([TESTS / "loopback_tests", "--gtest_filter=DataRoundTrip.Every_file*"], capture_output=True, encoding="utf-8",
                          errors="replace", timeout=560, env={**os.environ, "ASSAY_CORPUS": str(folder), "ASSAY_PROBLEMS": str(found)})
    said = "" if done.returncode == 0 and "[  PASSED  ] 1 test" in done.stdout else done.stdout + done.stderr
    return said, elements.problems(found.read_text()) if found.is_file() else {}


def by_dcmdump(files):
    """What DCMTK's dcmdump prints: file -> [(row, printed value)]."""
    out = subprocess.run(["dcmdump", "-q", "+F", "+E", "-dc", "-Un", "+Qo", *map(str, files)], capture_output=True, timeout=300).stdout.decode("latin-1")
    dumps, current, open_paths = {}, None, []
    for line in out.split("\n"):
        if head := re.match(r"# dcmdump \(\d+/\d+\): (.*)$", line):
            current, open_paths = dumps.setdefault(head[1], []), []
            continue
        match = re.match(r"^( *)\((\w{4}),(\w{4})\) (\S\S) (.*?)\s*#\s*(\d+|u/l),[^#]*$", line)
        if not match or current is None or (match[2], match[3]) in (("fffe", "e00d"), ("fffe", "e0dd")):
            continue
        depth = len(match[1]) // 2
        del open_paths[depth:]
        if match[2] == "fffe":
            open_paths[-1][1] += 1
            path = f"{open_paths[-1][0]}[{open_paths[-1][1]}]"
            kind = "fragment" if match[4] == "pi" else "item"
        else:
            path = (open_paths[-1][0] + "/" if open_paths else "") + f"({match[2]},{match[3]})"
            kind = {"(Seque": "sequence", "(Pixel": "fragments"}.get(match[5][:6], "element")
        open_paths.append([path, 0])
        length = "undefined" if match[6] == "u/l" else match[6]
        row = elements.Row(None, path, kind, match[4], length, "?", "?")
        current.append((row, match[5]))
    return dumps


def printed_wrong(data, row, printed):
    """Why the printed value is not that of our row; None when it is, or is of a form that is not compared."""
    base = mutants.Base("", data, [])
    at = row.offset + base.header(row)[2]
    value = data[at:at + int(row.size)]
    cut = printed.endswith("...")
    order = ">" if base.big(row) else "<"
    if not value:
        return None if printed in ("(no value available)", "") else f"{printed} for no value"
    if row.vr in TEXT and printed.startswith("["):
        text = "".join(chr(b) if 0x20 <= b < 0x7f else f"\\{b:03o}" for b in value.rstrip(b" \0"))
        theirs, ours = (printed[1:-3], text) if cut else (re.sub(r"( |\\000)+$", "", printed[1:-1]), text)
        return None if (ours.startswith(theirs) if cut else ours == theirs) else f"{printed} for {text!r}"
    if row.vr in NUMBERS:
        size = struct.calcsize(NUMBERS[row.vr])
        ours = "\\".join(map(str, struct.unpack(f"{order}{len(value) // size}{NUMBERS[row.vr]}", value[:len(value) // size * size])))
    elif row.vr in ("OB", "UN") and re.fullmatch(r"[0-9a-f]{2}(\\[0-9a-f]{2})*(\.\.\.)?", printed):
        ours = "\\".join(f"{byte:02x}" for byte in value)
    elif row.vr == "OW" and re.fullmatch(r"[0-9a-f]{4}(\\[0-9a-f]{4})*(\.\.\.)?", printed):
        ours = "\\".join(f"{word:04x}" for word in struct.unpack(f"{order}{len(value) // 2}H", value[:len(value) // 2 * 2]))
    else:
        return None
    return None if (ours.startswith(printed[:-3]) if cut else ours == printed) else f"{printed} for {ours[:80]}"


class RealFiles(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        products.need("dcmdump")
        cls.scratch = cls.enterClassContext(products.scratch())
        cls.corpus = corpus.make(cls.scratch / "set")
        manifest = corpus.manifest(cls.corpus)
        print("\n".join(manifest))
        print(f"{len(manifest)} files:", dict(collections.Counter(line.split("\t")[0] for line in manifest)))
        cls.files = [str(entry.path) for entry in cls.corpus.entries]
        cls.corpus_folder = cls.scratch / "only"  # without what they were made of
        for n, entry in enumerate(cls.corpus.entries):
            link = cls.corpus_folder / f"{n:03d}-{entry.path.name}"
            link.parent.mkdir(exist_ok=True)
            link.symlink_to(entry.path)
        cls.round_trip, found = round_trip(cls.corpus_folder, cls.scratch)
        cls.problems = collections.defaultdict(list, {os.path.realpath(file): p for file, p in found.items()})
        cls.dcmtk = elements.by_dcmtk(WALKER, cls.files)
        cls.ours = elements.by_assay(products.ASSAY, cls.files)

    def test_every_file_comes_back_byte_by_byte_and_in_every_uncompressed_syntax(self):
        self.assertEqual(self.round_trip, "")

    def test_element_by_element_as_dcmtk_and_pydicom(self):
        clusters = elements_clusters.Clusters(["real"])
        for product, theirs in (("dcmtk", self.dcmtk), ("pydicom", elements.by_pydicom(self.files))):
            compared, agreed = elements_clusters.compare(clusters, product, self.ours, theirs, self.problems, refusals=True)
            print(f"{product}: {compared} files read by both, {agreed} without any difference")
            self.assertGreater(compared, len(self.files) * 0.95)
        print(f"{len(clusters.seen)} explained clusters with {sum(clusters.all.values())} differences")
        self.assertEqual(clusters.report(), "")

    def test_as_dcmdump_prints_them(self):
        clusters = elements_clusters.Clusters(["real"])
        dumps = by_dcmdump(self.files)
        wrong, values = [], 0
        for file in self.files:
            if elements_clusters.refusal(self.problems[file]) or self.dcmtk[file].refused or file not in dumps:
                continue
            rows = self.ours[file].rows
            for difference in elements.compare(rows, [row for row, _ in dumps[file]], lengths_only=True):
                key = elements_clusters.Key("dcmtk", difference.what, elements.rule_at(self.problems[file], difference, rows),
                                            elements.vr_of(difference))
                clusters.add(key, file, difference)
            data = pathlib.Path(file).read_bytes()
            printed = {(row.path, row.vr): text for row, text in dumps[file]}
            twice = collections.Counter(row.path for row in rows)
            base = mutants.Base("", data, rows)
            for _, _, row in base.spans:  # only what stands in the file at its offset, so nothing deflated
                if row.kind == "element" and twice[row.path] == 1 and (row.path, row.vr) in printed:
                    values += 1
                    if why := printed_wrong(data, row, printed[row.path, row.vr]):
                        wrong.append(f"{file} {row.path} {row.vr}: {why}")
        print(f"dcmdump: {len(dumps)} files, {values} values")
        self.assertGreater(values, 10_000)
        unexplained = "\n".join(line for line in clusters.report().splitlines() if not line.startswith("no longer"))
        self.assertEqual(unexplained, "")
        self.assertEqual("\n".join(wrong[:50]), "")


if __name__ == "__main__":
    sys.exit(unittest.main())
