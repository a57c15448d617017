"""Broken files read by Assay, DCMTK and pydicom: where a product and Assay both take a file, tags, VRs, lengths and values
agree, or the cluster of the difference has its line in differential_clusters.tsv. Whatever Assay could read comes back byte by
byte. 1,000 mutants of the real set in the quick tier, 10,000 in the long one."""

import collections
import os
import pathlib
import sys
import unittest

import corpus
import elements
import elements_clusters
import mutants
import products
from real_files_test import WALKER, round_trip

COUNT = 10_000 if products.LONG else 1_000


class Differential(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        cls.scratch = cls.enterClassContext(products.scratch())
        made = corpus.make(cls.scratch / "set", fixed_only=True)
        cls.bases = mutants.bases(cls.scratch / "bases", made.entries)
        cls.how = mutants.make(cls.bases, cls.scratch / "mutants", COUNT)
        cls.files = sorted(cls.how)
        cls.round_trip, cls.problems = round_trip(cls.scratch / "mutants", cls.scratch)

    def test_mutants_are_the_same_on_every_run(self):
        self.assertGreater(len(self.bases), 80)
        for n in range(0, COUNT, 97):
            self.assertEqual(mutants.mutant(self.bases, n)[0], pathlib.Path(self.files[n]).read_bytes())

    def test_every_mutant_comes_back_byte_by_byte_and_in_every_uncompressed_syntax(self):
        self.assertEqual(self.round_trip, "")

    def test_where_they_accept_a_mutant_the_products_agree(self):
        clusters = elements_clusters.Clusters(["mutants", "mutants-long"] if products.LONG else ["mutants"], also=["mutants-long"])
        ours = elements.by_assay(products.ASSAY, self.files)
        readings = {"dcmtk": elements.by_dcmtk(WALKER, self.files), "pydicom": elements.by_pydicom(self.files)}
        for product, theirs in readings.items():
            compared, agreed = elements_clusters.compare(clusters, product, ours, theirs, self.problems, refusals=False)
            print(f"{product}: {compared} mutants read by both, {agreed} without any difference")
            self.assertGreater(compared, COUNT * 0.3)
        accepted = collections.Counter()
        for file in self.files:
            mine = "refuses" if elements_clusters.refusal(self.problems[file]) else "reads"
            accepted[f"assay {mine}, " + ", ".join(f"{p} {'refuses' if r[file].refused else 'reads'}" for p, r in readings.items())] += 1
        for who, count in accepted.most_common():
            print(f"{count:6} {who}")
        right = collections.Counter(line.right for line in clusters.seen)
        print(f"{len(clusters.seen)} explained clusters with {sum(clusters.all.values())} differences; right: {dict(right)}")
        if clusters.unexplained:
            self.keep(clusters)
        self.assertEqual(clusters.report(), "")

    def keep(self, clusters):
        """The smallest example of each new cluster outside the scratch folder, and in hex."""
        kept = pathlib.Path(os.environ.get("TMPDIR", "/tmp")) / "assay-differential"
        kept.mkdir(exist_ok=True)
        for key, examples in clusters.unexplained.items():
            file = min((example[0] for example in examples), key=lambda f: pathlib.Path(f).stat().st_size)
            data = pathlib.Path(file).read_bytes()
            copy = kept / pathlib.Path(file).name
            copy.write_bytes(data)
            print(f"{chr(9).join(key)}: {self.how[file]}, kept as {copy}\n{data.hex()}")


if __name__ == "__main__":
    sys.exit(unittest.main())
