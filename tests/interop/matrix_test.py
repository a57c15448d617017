"""The interoperability matrix (matrix.tsv): every service in every role with every product is tried, or a reason stands
there why it cannot be. Each exchange is judged from the packets of both sides: what had to pass did pass, and nobody broke
a rule but in the ways that known-deviations/exchanges.txt explains.

The table with what came of it is written to build/interop/matrix.txt; `matrix.py` prints it without trying anything."""

import contextlib
import traceback
import unittest

import matrix
import matrix_scp
import matrix_scu
import matrix_shared
import products

EXCHANGES = {**matrix_scu.EXCHANGES, **matrix_scp.EXCHANGES}
ROWS = matrix.table()


class Table(unittest.TestCase):
    def test_every_cell_has_an_exchange_or_a_reason(self):
        self.assertEqual(len(EXCHANGES), len(matrix_scu.EXCHANGES) + len(matrix_scp.EXCHANGES), "two exchanges of one name")
        self.assertEqual(matrix.mistakes(ROWS, EXCHANGES), [])

    def test_a_gap_is_found(self):
        self.assertEqual(len(matrix.mistakes([row for row in ROWS if row.cell != ("MPPS", "SCU", "CTN")], EXCHANGES)), 1)
        gone = [row for row in ROWS if row.exchange == "findscu"]
        self.assertEqual(matrix.mistakes(ROWS, {k: v for k, v in EXCHANGES.items() if k != "findscu"}),
                         [f"{gone[0].id}: no exchange is called findscu"])
        self.assertEqual(matrix.mistakes(ROWS, {**EXCHANGES, "nowhere": None}), ["exchange nowhere stands in no line"])

    def test_an_exchange_that_did_not_take_place_is_found(self):
        good = [("requestor", "C-ECHO-RQ", None, 0), ("acceptor", "C-ECHO-RSP", 0, 0)]
        for messages, fine in ((good, True), (good[:1], False), (good[::-1], False),
                               ([good[0], ("acceptor", "C-ECHO-RSP", 0x122, 0)], False), ([], False)):
            recording = matrix.Recording({"cases": []}, contexts=["Verification in Implicit VR Little Endian"])
            recording.messages = messages
            self.assertEqual(matrix.missing("C-ECHO", {"main": recording}) == "", fine, messages)
        recording.messages, recording.contexts = good, ["CT Image Storage"]
        self.assertIn("no context of Verification", matrix.missing("C-ECHO", {"main": recording}))
        recording.messages = [("requestor", "C-MOVE-RQ", None, 60), ("acceptor", "C-MOVE-RSP", 0, 0)]
        recording.contexts = ["Study Root Query/Retrieve Information Model - MOVE in Implicit VR Little Endian"]
        self.assertIn("nothing was recorded as destination", matrix.missing("C-MOVE", {"main": recording}))

    def test_deviations_excuse_what_they_name_and_are_missed_when_they_are_gone(self):
        row = next(row for row in ROWS if row.exchange == "findscu")
        known = matrix.Deviations('# text\nfail  interop/C-FIND/SCU/findscu  "rule-a requestor"  # why\n')
        self.assertEqual(known.reason(row, "error rule-b requestor: found 1"), "")
        self.assertEqual(len(known.stale([row])), 1)
        self.assertEqual(known.reason(row, "error rule-a requestor: found 1"), "why")
        self.assertEqual(known.stale([row]), [])


class Exchanges(unittest.TestCase):
    """A test a line of the table; they are made below."""

    maxDiff = None

    @classmethod
    def setUpClass(cls):
        products.need("dump2dcm")
        cls.stack = contextlib.ExitStack()
        cls.shared = matrix_shared.Shared(cls.stack)
        cls.deviations = matrix.Deviations(matrix.DEVIATIONS.read_text(encoding="utf-8"))
        cls.outcomes = {row.id: "-" if row.reason else "not run" for row in ROWS}

    @classmethod
    def tearDownClass(cls):
        cls.stack.close()
        matrix.RESULTS.parent.mkdir(parents=True, exist_ok=True)
        matrix.RESULTS.write_text(matrix.text([(row, cls.outcomes[row.id]) for row in ROWS]), encoding="utf-8")

    def judge(self, row):
        with products.scratch() as folder:
            x = matrix.Exchange(row, folder, self.shared)
            trouble = ""
            with x.stack:
                try:
                    EXCHANGES[row.exchange](x)
                except unittest.SkipTest as why:
                    self.outcomes[row.id] = f"{row.program}: skipped"
                    raise why
                except Exception:  # what the wire says is told all the same
                    trouble = traceback.format_exc()
                wire = x.record()
            said = "\n".join(x.said) + "".join(f"\n{log.name}: {log.read_text(errors='replace')[-1500:]}" for log in folder.glob("*.log"))
            self.outcomes[row.id] = f"{row.program}: RED"
            self.assertEqual(matrix.missing(row.service, wire), "", said + trouble)
            self.assertEqual(trouble, "", said)
            found = [finding for recording in wire.values() for finding in recording.findings]
            reasons = {finding: self.deviations.reason(row, finding) for finding in found}
            self.assertEqual([finding for finding, reason in reasons.items() if not reason], [], said)
            self.assertEqual([one for recording in wire.values() for one in recording.unjudged], [])
            self.assertEqual(self.deviations.stale([row]), [], "no longer seen: take the line out")
            messages = sum(len(recording.messages) for recording in wire.values())
            self.outcomes[row.id] = f"{row.program}: ok, {messages} messages" + (f", {len(reasons)} known" if reasons else "")


def make_tests():
    for row in ROWS:
        if row.exchange:
            def test(self, row=row):
                self.judge(row)
            name = "_".join((row.service, row.role, row.product, row.exchange)).replace("-", "_")
            setattr(Exchanges, f"test_{name}", test)


make_tests()

if __name__ == "__main__":
    unittest.main()
