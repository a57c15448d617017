"""Differences between readings, clustered; differential_clusters.tsv explains every cluster in one line.

A line's first five fields say what it explains: the set of files (real, mutants, mutants-long: seen only among the many
of the long tier), the product, what differs, the rule that Assay reports there ("-": none) and the VR (ours>theirs where
the VRs differ). "*" stands for anything. Then the clause, who is right (assay, the product, both, none) and why.
"""

import collections
import fnmatch
import pathlib

import elements

FILE = pathlib.Path(__file__).resolve().parent / "differential_clusters.tsv"
FIELDS = ("set", "product", "what", "rule", "vr", "clause", "right", "why")

Line = collections.namedtuple("Line", FIELDS)
Key = collections.namedtuple("Key", "product what rule vr")


def load():
    lines = []
    for number, text in enumerate(FILE.read_text().splitlines(), 1):
        if not text or text.startswith("#"):
            continue
        fields = text.split("\t")
        if len(fields) != len(FIELDS) or not all(fields):
            raise ValueError(f"{FILE.name}:{number}: {len(fields)} fields, not {len(FIELDS)}")
        line = Line(*fields)
        if line.right not in ("assay", line.product, "both", "none"):
            raise ValueError(f"{FILE.name}:{number}: who is right: assay, {line.product}, both or none")
        lines.append(line)
    return lines


class Clusters:
    def __init__(self, sets, also=()):
        """Lines of `sets` must happen, lines of the sets `also` may."""
        self.sets = sets
        self.lines = [line for line in load() if line.set in (*sets, *also)]
        self.seen = collections.Counter()
        self.unexplained = {}  # key -> [(file, difference)]
        self.all = collections.Counter()

    def add(self, key, file, difference):
        self.all[key] += 1
        for line in self.lines:
            if line.product == key.product and all(fnmatch.fnmatchcase(a, b) for a, b in
                                                   ((key.what, line.what), (key.rule, line.rule), (key.vr, line.vr))):
                self.seen[line] += 1
                return
        self.unexplained.setdefault(key, []).append((file, difference))

    def stale(self):
        return [line for line in self.lines if line.set in self.sets and not self.seen[line]]

    def report(self):
        """What to put into a failure: each new cluster with an example and the readings of it."""
        text = []
        for key, examples in sorted(self.unexplained.items(), key=lambda item: -len(item[1])):
            file, difference = min(examples, key=lambda example: pathlib.Path(example[0]).stat().st_size)
            text.append("\t".join(key) + f"\t{len(examples)} times, as in {file}")
            if difference:
                text.append(f"    assay   {difference.ours}\n    {key.product:7} {difference.theirs}")
        text += ["no longer happens: " + "\t".join(line[:5]) for line in self.stale()]
        return "\n".join(text)


def refusal(found):
    """The rule of Assay's first error in a file, or nothing."""
    return next((rule for _, rule, gravity in found if gravity == "error"), None)


def compare(clusters, product, readings, others, problems, refusals):
    """Adds every difference of two products' readings; `refusals`: also who reads a file that the other refuses."""
    agreed = compared = 0
    for file, ours in readings.items():
        theirs = others[file]
        found = [p for p in problems[file] if p[2] != "note"]
        mine = refusal(found)
        if refusals and mine and not theirs.refused:
            clusters.add(Key(product, "reads-on", mine, "-"), file, None)
        if refusals and theirs.refused and not mine:
            clusters.add(Key(product, "refuses", found[0][1] if found else "-", "-"), file, elements.Difference("", "reads it", theirs.refused))
        if mine or theirs.refused:
            continue
        compared += 1
        differences = elements.compare(ours.rows, theirs.rows, keeps_last=product == "pydicom")
        agreed += not differences
        for difference in differences:
            key = Key(product, difference.what, elements.rule_at(found, difference, ours.rows), elements.vr_of(difference))
            clusters.add(key, file, difference)
    return compared, agreed
