"""assay fuzz coverage with a small tree of its own: a parser, a target and seeds that clang builds here. Which lines and
cells of the state table the inputs reach, what is written where, and what is said when something is missing."""

import json
import os
import pathlib
import shutil
import subprocess
import unittest

import products

# A room of its own. Nobody calls unused().
PARSER = """\
int unused() {
  return 1;
}
int parse(const unsigned char* d, unsigned long n) {
  if (n == 0) return 0;
  if (d[0] == 'A') return 1;
  if (d[0] == 'B') return 2;
  if (d[0] == 'C') return 3;
  return 4;
}
"""
TARGET = """\
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <string>
int parse(const unsigned char* d, unsigned long n);
int main(int argc, char** argv) {
  const char* states = std::getenv("ASSAY_STATE_TABLE");
  for (int i = 1; i < argc; ++i) {
    std::ifstream file(argv[i], std::ios::binary);
    const std::string text((std::istreambuf_iterator<char>(file)), {});
    if (text == "crash") std::abort();
    parse(reinterpret_cast<const unsigned char*>(text.data()), text.size());
  }
  if (WITH_STATES && states != nullptr)
    if (std::FILE* out = std::fopen(states, "a")) {
      std::fputs("cell Sta1 Evt1 1\\ncell Sta6 Evt10 3\\n", out);
      std::fclose(out);
    }
}
"""
COVERAGE = ["-fprofile-instr-generate", "-fcoverage-mapping"]


class FuzzCoverageTest(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        products.need("clang++-19", "llvm-cov-19", "llvm-profdata-19")
        cls.scratch = products.scratch()
        cls.home = cls.scratch.__enter__() / "tree"
        cls.write("harness/toy/parse.cpp", PARSER)
        # By their sources the targets of a tree are known.
        for name in ("fuzz_toy", "fuzz_quiet"):
            cls.write(f"fuzz/targets/{name}.cpp", TARGET)
        cls.build("with/fuzz_toy", "fuzz_toy", "-DWITH_STATES=1", *COVERAGE)
        cls.build("with/fuzz_quiet", "fuzz_quiet", "-DWITH_STATES=0", *COVERAGE)
        cls.build("without/fuzz_toy", "fuzz_toy", "-DWITH_STATES=1")

    @classmethod
    def tearDownClass(cls):
        cls.scratch.__exit__(None, None, None)

    @classmethod
    def write(cls, name, text):
        path = cls.home / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    @classmethod
    def build(cls, name, target, *flags):
        program = cls.home.parent / name
        program.parent.mkdir(exist_ok=True)
        sources = [cls.home / f"fuzz/targets/{target}.cpp", cls.home / "harness/toy/parse.cpp"]
        subprocess.run(["clang++-19", "-g1", "-O0", *flags, *sources, "-o", program], check=True, timeout=300)

    def setUp(self):
        self.folder = self.enterContext(products.scratch())
        self.out = self.folder / "out"
        seeds = self.home / "fuzz/seeds"
        shutil.rmtree(seeds, ignore_errors=True)
        self.put(seeds / "fuzz_toy", one=b"A", other=b"z")

    def put(self, folder, **files):
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in files.items():
            (folder / name).write_bytes(data)

    def coverage(self, *arguments, build="with", path=None):
        env = {**os.environ, "ASSAY_HOME": str(self.home), **({"PATH": str(path)} if path else {})}
        done = subprocess.run([products.ASSAY, "fuzz", "coverage", "--build", self.home.parent / build, "--out", self.out,
                               *arguments], env=env, capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL)
        return done.returncode, done.stdout, done.stderr

    def reached(self, out):
        """Lines and reached lines by room, as the table says them."""
        return {words[0]: (int(words[1]), int(words[2])) for words in (line.split() for line in out.splitlines())
                if len(words) == 5 and words[4] == "%"}

    def test_the_seeds_reach_lines_of_rooms_and_cells_of_the_state_table(self):
        code, out, err = self.coverage("--target", "fuzz_toy")
        self.assertEqual(code, 0, out + err)
        rooms = self.reached(out)
        lines = len(PARSER.splitlines())
        self.assertEqual(rooms["harness/toy"], (lines, lines - 3))
        self.assertEqual(rooms["all"], tuple(map(sum, zip(rooms["harness/toy"], rooms["fuzz/targets"]))))
        self.assertNotIn("usr", out)
        self.assertRegex(out, r"(?m)^2 inputs of 1 target run\. Pages: .*out/html/index\.html$")
        self.assertRegex(out, r"Evt10 .*\b3\b")
        # The same in files: for people, for programs, and each source as a page.
        self.assertEqual((self.out / "coverage.txt").read_text(), out)
        files = {pathlib.Path(f["filename"]).name: f["summary"]["lines"]
                 for f in json.loads((self.out / "summary.json").read_text())["data"][0]["files"]}
        self.assertEqual((files["parse.cpp"]["count"], files["parse.cpp"]["covered"]), rooms["harness/toy"])
        self.assertIn("parse.cpp", (self.out / "html/index.html").read_text())
        (page,) = (self.out / "html").rglob("parse.cpp.html")
        self.assertIn("return 4;", page.read_text())

    def test_the_corpus_of_a_campaign_adds_to_the_seeds(self):
        before = self.page("fuzz_toy")
        self.assertEqual([before[n] for n in ("'A'", "'B'", "'C'")], [2, 1, 1])
        campaign = self.folder / "campaign"
        self.put(campaign / "corpus" / "fuzz_toy", more=b"B", yet=b"B")
        self.out = campaign / "coverage"
        code, out, err = self.coverage(campaign, "--target", "fuzz_toy")
        self.assertEqual(code, 0, out + err)
        self.assertIn("4 inputs of 1 target run.", out)
        self.assertEqual(self.counts()["'B'"], 3)

    def page(self, target):
        code, out, err = self.coverage("--target", target)
        self.assertEqual(code, 0, out + err)
        return self.counts()

    def counts(self):
        """How often each test of the parser was asked, by the letter it asks for."""
        program = self.home.parent / "with/fuzz_toy"
        shown = subprocess.run(["llvm-cov-19", "show", program, f"-instr-profile={self.out}/coverage.profdata",
                                self.home / "harness/toy/parse.cpp"], capture_output=True, text=True, check=True).stdout
        rows = [line.split("|") for line in shown.splitlines() if "d[0]" in line]
        return {row[2].split("== ")[1].split(")")[0]: int(row[1]) for row in rows}

    def test_an_input_that_breaks_its_target_costs_no_other_its_coverage(self):
        self.put(self.home / "fuzz/seeds/fuzz_toy", bad=b"crash", late=b"zz")
        code, out, err = self.coverage("--target", "fuzz_toy")
        self.assertEqual(code, 0, out + err)
        self.assertIn("4 inputs of 1 target run, 1 of them broke their target and are not counted.", out)
        self.assertEqual(self.counts(), {"'A'": 3, "'B'": 2, "'C'": 2})

    def test_a_target_without_states_says_so(self):
        self.put(self.home / "fuzz/seeds/fuzz_quiet", one=b"C")
        code, out, err = self.coverage("--target", "fuzz_quiet")
        self.assertEqual(code, 0, out + err)
        self.assertIn("No target wrote cells of the state table.", out)

    def test_several_targets_add_up(self):
        self.put(self.home / "fuzz/seeds/fuzz_quiet", one=b"C")
        code, out, err = self.coverage()
        self.assertEqual(code, 0, out + err)
        self.assertIn("3 inputs of 2 targets run.", out)
        self.assertIn("fuzz/targets", self.reached(out))

    def test_without_the_tools_the_package_is_named(self):
        tools = self.folder / "bin"
        tools.mkdir()
        for missing, there in (("llvm-profdata-19", "llvm-cov-19"), ("llvm-cov-19", "llvm-profdata-19")):
            for file in tools.iterdir():
                file.unlink()
            (tools / there).symlink_to(shutil.which(there))
            code, out, err = self.coverage("--target", "fuzz_toy", path=tools)
            self.assertEqual((code, out), (2, ""), err)
            self.assertIn(f'cannot start "{missing}"', err)
            self.assertIn("apt-get install llvm-19", err)

    def test_targets_that_were_built_without_coverage_are_told(self):
        code, out, err = self.coverage("--target", "fuzz_toy", build="without")
        self.assertEqual((code, out), (2, ""), err)
        self.assertIn("were built without source coverage", err)
        self.assertIn("-fprofile-instr-generate -fcoverage-mapping", err)

    def test_without_any_target_it_is_said_how_to_build_them(self):
        code, out, err = self.coverage(build="nowhere")
        self.assertEqual((code, out), (2, ""), err)
        self.assertIn("--make builds them", err)
        self.assertIn("-fprofile-instr-generate -fcoverage-mapping", err)
        code, out, err = self.coverage("--target", "fuzz_tyo")
        self.assertEqual((code, out), (2, ""), err)
        self.assertIn("did you mean fuzz_toy?", err)

    def test_without_any_input_there_is_nothing_to_say(self):
        shutil.rmtree(self.home / "fuzz/seeds/fuzz_toy")
        campaign = self.folder / "campaign"
        self.put(campaign / "corpus" / "fuzz_toy")
        code, out, err = self.coverage(campaign, "--target", "fuzz_toy")
        self.assertEqual((code, out), (2, ""), err)
        self.assertIn("neither seeds nor a corpus", err)

    def test_what_is_no_campaign_and_where_nothing_can_be_written(self):
        code, _, err = self.coverage(self.folder, "--target", "fuzz_toy")
        self.assertEqual(code, 2)
        self.assertIn("it has no corpus/", err)
        self.out = self.folder / "file" / "out"
        (self.folder / "file").write_text("")
        code, _, err = self.coverage("--target", "fuzz_toy")
        self.assertEqual(code, 2)
        self.assertIn("the folder cannot be made", err)


if __name__ == "__main__":
    unittest.main()
