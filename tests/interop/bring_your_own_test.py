"""Bring your own parser: the commands of fuzz/bring_your_own/README.md, as they stand there, with the small parser that
has a planted bug; the same parser without it gives nothing. A view that is right agrees with Assay, one that forgets an item
or takes a VR for another is reported with the element. ASSAY_LONG=1 also builds the examples for DCMTK and GDCM as a vendor
would, outside the tree."""

import os
import re
import shutil
import subprocess
import sys
import unittest

import products

HOME = products.ROOT / "fuzz" / "bring_your_own"
CXX = "clang++-19"


class BringYourOwn(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        products.need(CXX, "g++", "cmake", "ninja")
        cls.scratch = cls.enterClassContext(products.scratch())
        # `clang++` of the README is the compiler of this project.
        (cls.scratch / "bin").mkdir()
        (cls.scratch / "bin" / "clang++").symlink_to(shutil.which(CXX))
        (cls.scratch / "bin" / "clang").symlink_to(shutil.which("clang-19"))
        (cls.scratch / "bin" / "assay").symlink_to(products.ASSAY)
        cls.home = cls.scratch / "assay-fuzz"
        cls.environment = {**os.environ, "PATH": f"{cls.scratch / 'bin'}:{os.environ['PATH']}", "ASSAY_FUZZ_HOME": str(cls.home),
                           "CXX": CXX, "CMAKE_GENERATOR": "Ninja"}
        text = (HOME / "README.md").read_text()
        cls.blocks = [block.strip() for block in re.findall(r"^```sh\n(.*?)^```$", text, re.M | re.S)]
        cls.exported = cls.run_block(cls, "export", products.ROOT)
        cls.toy = cls.home / "examples" / "toy"

    def run_block(self, word, folder, **more):
        """The first block of the README in which the word stands."""
        block = next(b for b in self.blocks if word in b)
        return subprocess.run(["bash", "-ec", block], cwd=folder, env={**self.environment, **more}, capture_output=True, text=True,
                              errors="replace", timeout=580, stdin=subprocess.DEVNULL)

    def build(self, source, name, *options):
        done = subprocess.run([CXX, "-g", "-fsanitize=fuzzer,address", *options, source, f"-I{self.home}/include", f"-L{self.home}/lib",
                               "-lassay_fuzz", "-lz", "-o", self.scratch / name], cwd=self.toy, capture_output=True, text=True, timeout=300)
        self.assertEqual(done.returncode, 0, done.stderr)
        return self.scratch / name

    def fuzz(self, program, runs, **environment):
        corpus = self.scratch / f"{program.name}.corpus"
        corpus.mkdir(exist_ok=True)
        return subprocess.run([program, f"-runs={runs}", "-seed=1", "-max_len=4096", f"-dict={self.home}/dictionaries/dataset.dict",
                               f"-artifact_prefix={corpus}/", corpus, self.home / "seeds" / "explicit-le"], cwd=self.toy,
                              env={**self.environment, **environment}, capture_output=True, text=True, errors="replace", timeout=580,
                              stdin=subprocess.DEVNULL)

    def test_export_makes_a_folder_with_all_that_is_needed(self):
        self.assertEqual(self.exported.returncode, 0, self.exported.stderr)
        self.assertRegex(self.exported.stdout, r"\d+ seeds, .* of library")
        for name in ("include/assay_fuzz.h", "include/assay_mutators.h", "lib/libassay_fuzz.a", "AssayFuzz.cmake", "README.md", "options", "device_coverage.c",
                     "dictionaries/dataset.dict", "dictionaries/pdu.dict"):
            self.assertTrue((self.home / name).is_file(), name)
        for name in ("file", "implicit-le", "explicit-le", "explicit-be", "encapsulated", "deflated", "pdu"):
            self.assertGreater(len(list((self.home / "seeds" / name).iterdir())), 5, name)

    def test_the_command_line_of_the_readme_finds_the_planted_bug(self):
        done = self.run_block("-o fuzz_parser", self.scratch)
        self.assertNotEqual(done.returncode, 0, done.stderr[-2000:])
        self.assertIn("stack-buffer-overflow", done.stderr)
        self.assertRegex(done.stderr, r"in .*Instance::element")
        self.assertEqual(len(list(self.toy.glob("crash-*"))), 1)

    def test_the_cmake_of_the_readme_builds_replays_the_seeds_and_finds_the_planted_bug(self):
        place = self.scratch / "project"
        place.mkdir()
        done = self.run_block("cmake --build build", place)
        self.assertIn("100% tests passed, 0 tests failed out of 2", done.stdout, done.stderr)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("stack-buffer-overflow", done.stderr)

    def test_without_libfuzzer_the_seeds_are_replayed(self):
        done = self.run_block("g++ -std", self.toy)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"replayed \d\d+ inputs")
        alone = subprocess.run([self.toy / "replay_parser"], capture_output=True, text=True, timeout=60)
        self.assertEqual(alone.returncode, 2)
        self.assertIn("FILE|FOLDER", alone.stderr)

    def test_the_server_of_the_readme_offers_its_coverage(self):
        done = self.run_block("assay fuzz device", self.scratch)
        self.assertIn("coverage: on", done.stdout, done.stdout + done.stderr)
        self.assertRegex(done.stdout, r"Coverage offered: \d\d+ edges reached")
        done = self.run_block("trace-pc server.c", self.scratch)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_healthy_parser_gives_nothing(self):
        done = self.fuzz(self.build("parse.cpp", "fixed", "-DFIXED"), 20_000)
        self.assertEqual(done.returncode, 0, done.stderr[-2000:])

    def test_a_view_that_is_right_agrees(self):
        done = self.run_block("-o fuzz_differential", self.toy)
        self.assertEqual(done.returncode, 0, done.stderr[-2000:])
        self.assertIn("DONE", done.stderr)

    def test_a_forgotten_item_and_a_wrong_vr_are_reported_with_the_element(self):
        done = self.fuzz(self.build("differential.cpp", "forgets", "-DFORGETS_LAST_ITEM"), 20_000)
        self.assertNotEqual(done.returncode, 0)
        self.assertRegex(done.stderr, r"where    \([0-9A-F]{4},[0-9A-F]{4}\).*\[\d+\], byte \d+\n  Assay    item.*\n  toy      nothing there")
        self.assertRegex(done.stderr, r"SUMMARY: AssayDifferential: items\|-\|-\|item\|explicit-le")
        done = self.fuzz(self.build("differential.cpp", "vr", "-DTAKES_US_FOR_SS"), 20_000)
        self.assertNotEqual(done.returncode, 0)
        self.assertRegex(done.stderr, r"Assay    element (\([0-9A-F,]{9}\)) VR US, .*\n  toy      element \1 VR SS")

    def test_collecting_goes_on_and_counts_each_kind_with_its_smallest_input(self):
        program = self.build("differential.cpp", "collects", "-DTAKES_US_FOR_SS")
        folder = self.scratch / "clusters"
        done = self.fuzz(program, 5_000, ASSAY_DIFFERENTIAL=f"collect:{folder}")
        self.assertEqual(done.returncode, 0, done.stderr[-2000:])
        table = [line.split("\t") for line in (folder / "clusters.tsv").read_text().splitlines()]
        totals = {line[0]: int(line[1]) for line in table if len(line) == 2}
        self.assertGreaterEqual(totals["inputs"], 5_000)
        self.assertEqual(totals["inputs"], sum(n for name, n in totals.items() if name != "inputs"))
        fresh = [line for line in table if line[0] == "new"]
        self.assertEqual({(line[3], line[5]) for line in fresh}, {("vr", "US>SS")})
        for line in fresh:
            example = folder / line[2]
            again = subprocess.run([program, example], cwd=self.toy, capture_output=True, text=True, errors="replace", timeout=60)
            self.assertRegex(again.stderr, r"SUMMARY: AssayDifferential: vr\|.*\|US>SS\|")
            self.assertIn("where", example.with_name(example.name + ".txt").read_text())
        explained = self.scratch / "all.tsv"
        explained.write_text((self.toy / "explained.tsv").read_text() + "vr\t*\tUS>SS\t*\t*\tPS3.5 6.2\tassay\tplanted\n")
        done = self.fuzz(program, 2_000, ASSAY_EXPLAINED=str(explained))
        self.assertEqual(done.returncode, 0, done.stderr[-2000:])

    def test_what_is_wrong_with_the_environment_is_said_in_one_line(self):
        program = self.build("differential.cpp", "environment")
        broken = self.scratch / "broken.tsv"
        broken.write_text("items\tsomething\n")
        for more, said in (({"ASSAY_EXPLAINED": str(broken)}, "broken.tsv:1: a line has 8 fields"),
                           ({"ASSAY_EXPLAINED": "/nonexistent"}, "/nonexistent: cannot be read"),
                           ({"ASSAY_DIFFERENTIAL": "collect"}, "it may be abort or collect:FOLDER"),
                           ({"ASSAY_DIFFERENTIAL": "collect:/proc/nothing"}, "/proc/nothing: cannot be written to")):
            done = self.fuzz(program, 1, **more)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn(said, done.stderr)
        done = subprocess.run([HOME / "export"], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 2)
        self.assertIn("fuzz/bring_your_own/export FOLDER", done.stdout)

    @unittest.skipUnless(products.LONG, "the preset fuzz builds them as well")
    def test_the_examples_build_outside_the_tree(self):
        for product in ("dcmtk", "gdcm"):
            build = self.scratch / product
            for command in (["cmake", "-S", self.home / "examples" / product, "-B", build, f"-DCMAKE_CXX_COMPILER={CXX}",
                             f"-DASSAY_FUZZ_HOME={self.home}"], ["cmake", "--build", build]):
                done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=580)
                self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            self.assertTrue(os.access(build / f"{product}_differential", os.X_OK))


if __name__ == "__main__":
    sys.exit(unittest.main())
