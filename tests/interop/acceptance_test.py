"""The eight acceptance packs of scenarios/README.md, in their order: each has cases for what it asks, and our own archive and
RIS pass them."""

import json
import unittest

import products
from embedded_device_test import Served
from ris_test import Ris

# Pack -> how many cases it has at least, and how many of them have a device that calls.
PACKS = {1: (4, 2), 2: (9, 1), 3: (4, 1), 4: (8, 0), 5: (2, 0), 6: (19, 0), 7: (4, 1), 8: (2, 0)}


class Acceptance(unittest.TestCase):
    maxDiff = None

    def test_each_pack_has_its_cases_in_both_directions(self):
        for pack, (cases, calling) in PACKS.items():
            with self.subTest(pack=pack):
                _, out, err = products.assay("list", "--json", "--tag", f"acceptance-{pack}")
                listed = json.loads(out)
                self.assertGreaterEqual(len(listed), cases, err)
                self.assertGreaterEqual(len([one for one in listed if one["role"] == "acceptor"]), calling)

    def verdicts(self, folder, pack, port, title):
        """Of the cases that the device's own profile does not leave out."""
        report = folder / f"{pack}-{title}"
        code, out, err = products.assay("run", "--tag", f"acceptance-{pack}", "--role", "requestor", "--target", f"127.0.0.1:{port}",
                                        "--called-ae", title, "--timeout", "5s", "--out", report)
        return code, [(c["id"], c["verdict"], c["reason"]) for c in products.results(report)["cases"]], out + err

    def test_our_archive_and_our_ris_pass_them_in_order(self):
        with products.scratch() as folder, Served("--ae-title", "ARCHIVE", "--quiet") as archive, \
                Ris("--ae-title", "RIS", "--quiet", "--no-judging") as ris:
            for pack in PACKS:
                with self.subTest(pack=pack):
                    port, title = (ris.port, "RIS") if pack == 7 else (archive.port, "ARCHIVE")
                    _, cases, said = self.verdicts(folder, pack, port, title)
                    self.assertGreater(len([case for case in cases if case[1] in ("pass", "warning")]), 0, said)
                    # What needs another device than this one is not judged; nothing may be red.
                    self.assertEqual([case for case in cases if case[1] in ("fail", "error")], [], said)

    def test_a_device_that_aborts_passes_no_pack(self):
        with products.scratch() as folder, Served("--ae-title", "ARCHIVE", "--quiet", "--faults",
                                                  str(products.ROOT / "peers" / "faults" / "examples" / "abort.xml")) as archive:
            for pack in (1, 2):
                code, cases, said = self.verdicts(folder, pack, archive.port, "ARCHIVE")
                self.assertIn(code, (1, 3), said)
                self.assertNotIn("pass", [verdict for case, verdict, _ in cases if "titles" not in case and "-ae" not in case], said)


if __name__ == "__main__":
    unittest.main()
