"""State feedback of the fuzz targets (fuzz/targets/state_counters.hpp): a new cell of the state table alone makes
libFuzzer keep an input, and a target writes down what its inputs reached, added up over processes."""

import os
import pathlib
import subprocess
import sys
import unittest

import products

BUILD = pathlib.Path(os.environ["ASSAY_TEST_BIN"]).parent
# Without a branch: no input covers an edge that another does not.
PROGRAM = """
#include <cstddef>
#include "fuzz/targets/state_counters.hpp"
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
#ifdef CELLS
  const unsigned a = size > 0 ? data[0] : 0, b = size > 1 ? data[1] : 0;
  assay::fuzz::cell_reached(static_cast<assay::dul::State>(a % 13 + 1), static_cast<assay::dul::Event>(b % 19 + 1));
#endif
  (void)data; (void)size;
  return 0;
}
"""


class StateCountersTest(unittest.TestCase):
    def setUp(self):
        self.scratch = products.scratch()
        self.folder = self.scratch.__enter__()
        self.addCleanup(self.scratch.__exit__, None, None, None)

    def kept(self, name, *flags):
        products.need("clang++-19")
        source, program, corpus = self.folder / "tiny.cpp", self.folder / name, self.folder / f"{name}-corpus"
        source.write_text(PROGRAM)
        corpus.mkdir()
        rooms = [BUILD / f"libassay_{room}.a" for room in ("dimse", "dataset", "dict", "dul", "pdu", "base")]
        done = subprocess.run(["clang++-19", "-std=c++23", "-O1", "-DASSAY_LIBFUZZER", *flags, f"-I{products.ROOT}", source,
                               "-fsanitize=fuzzer", *rooms, *rooms, "-lfmt", "-lz", "-lpugixml", "-o", program],
                              capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stderr[-3000:])
        done = subprocess.run([program, "-runs=30000", "-seed=1", "-max_len=2", corpus], capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr[-3000:])
        return len(list(corpus.iterdir()))

    def test_a_new_cell_alone_makes_the_engine_keep_an_input(self):
        without = self.kept("without")
        self.assertLess(without, 10)
        self.assertGreater(self.kept("with", "-DCELLS"), without + 100)

    def test_a_target_writes_down_what_its_inputs_reached(self):
        target = BUILD / "fuzz" / "fuzz_requestor"
        seeds = sorted((products.ROOT / "fuzz" / "seeds" / "fuzz_requestor").iterdir())
        table = self.folder / "states"

        def counts():
            return {line.rsplit(" ", 1)[0]: int(line.rsplit(" ", 1)[1]) for line in table.read_text().splitlines()}

        for round in (1, 2):
            done = subprocess.run([target, *seeds], env={**os.environ, "ASSAY_STATE_TABLE": str(table)}, capture_output=True,
                                  text=True, timeout=120)
            self.assertEqual(done.returncode, 0, done.stderr)
            now = counts()
            if round == 1:
                first = now
        self.assertEqual(now, {name: 2 * count for name, count in first.items()}, "what was there is added to")
        for line in ("cell Sta4 Evt2", "cell Sta5 Evt3", "cell Sta6 Evt10", "command sent C-ECHO-RQ none",
                     "command received C-ECHO-RSP success"):
            self.assertGreater(first.get(line, 0), 0, line + " in " + table.read_text())
        self.assertNotIn("cell Sta2 Evt6", first, "a requestor takes no request")
        plain = subprocess.run([target, *seeds], capture_output=True, text=True, timeout=120)
        self.assertEqual(plain.returncode, 0)

    def test_the_seeds_of_the_session_go_through_every_cell_of_the_table(self):
        table = self.folder / "states"
        seeds = sorted((products.ROOT / "fuzz" / "seeds" / "fuzz_session").iterdir())
        done = subprocess.run([BUILD / "fuzz" / "fuzz_session", *seeds], env={**os.environ, "ASSAY_STATE_TABLE": str(table)},
                              capture_output=True, text=True, timeout=120)
        self.assertEqual(done.returncode, 0, done.stderr)
        rows = [line.split("\t") for line in (products.ROOT / "tests/golden/ul-state-table.tsv").read_text().splitlines()]
        defined = {f"cell {row[2]} {row[0]}" for row in rows if row[0].startswith("Evt") and len(row) > 4 and row[3] not in ("", "-")}
        self.assertEqual(len(defined), 123)
        self.assertEqual({line.rsplit(" ", 1)[0] for line in table.read_text().splitlines() if line.startswith("cell")}, defined)

    def test_a_table_that_cannot_be_written_is_said(self):
        target = BUILD / "fuzz" / "fuzz_requestor"
        seed = next((products.ROOT / "fuzz" / "seeds" / "fuzz_requestor").iterdir())
        done = subprocess.run([target, seed], env={**os.environ, "ASSAY_STATE_TABLE": str(self.folder / "no" / "table")},
                              capture_output=True, text=True, timeout=60)
        self.assertIn("no/table", done.stderr)


if __name__ == "__main__":
    result = unittest.main(exit=False).result
    if not result.wasSuccessful():
        sys.exit(1)
    for _, why in result.skipped:
        print("skipped:", why)
    sys.exit(77 if result.skipped else 0)
