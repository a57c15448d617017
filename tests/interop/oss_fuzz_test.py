"""The fuzz targets as a fleet builds and runs them: fuzz/oss-fuzz/build_targets with the compiler, flags and engine of the
environment, for AddressSanitizer and UndefinedBehaviorSanitizer; what it leaves in one folder is run from a folder that
nobody knows, with nothing but that folder. MemorySanitizer wants every library instrumented, which only the image of
OSS-Fuzz has. In the quick tier two targets of few rooms, in the long tier all."""

import os
import re
import subprocess
import sys
import unittest
import zipfile

import products

SCRIPT = products.ROOT / "fuzz" / "oss-fuzz" / "build_targets"
TARGETS = sorted(path.stem for path in (products.ROOT / "fuzz" / "targets").glob("fuzz_*.cpp")) if products.LONG else ["fuzz_mutators", "fuzz_pdu"]
ROOMS = "" if products.LONG else "base;pdu;mutators"
COMMON = "-O1 -fno-omit-frame-pointer -gline-tables-only -Wno-error=enum-constexpr-conversion -DFUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION"
SANITIZERS = {
    "address": "-fsanitize=address -fsanitize-address-use-after-scope",
    "undefined": "-fsanitize=array-bounds,bool,builtin,enum,integer-divide-by-zero,null,object-size,return,returns-nonnull-attribute,"
                 "shift,signed-integer-overflow,unreachable,vla-bound -fno-sanitize-recover=array-bounds,bool,builtin,enum,"
                 "integer-divide-by-zero,null,object-size,return,returns-nonnull-attribute,shift,signed-integer-overflow,unreachable,vla-bound",
}


def build(out, work, sanitizer, *targets, **more):
    environment = os.environ | {"OUT": str(out), "WORK": str(work), "CXX": "clang++-19", "ASSAY_ROOMS": ROOMS,
                                "CXXFLAGS": f"{COMMON} {SANITIZERS[sanitizer]} -fsanitize=fuzzer-no-link",
                                "LIB_FUZZING_ENGINE": "-fsanitize=fuzzer"} | more
    return subprocess.run([SCRIPT, *targets], env=environment, capture_output=True, text=True, timeout=3000, stdin=subprocess.DEVNULL)


class OssFuzzTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        products.need("clang++-19", "zip", "cmake", "ninja")
        cls.scratch = products.scratch()
        cls.folder = cls.scratch.__enter__()
        cls.out = {}
        for sanitizer in SANITIZERS:
            out = cls.folder / sanitizer / "out"
            done = build(out, cls.folder / sanitizer / "work", sanitizer, *TARGETS)
            if done.returncode != 0:
                raise RuntimeError(done.stdout[-4000:] + done.stderr[-4000:])
            cls.out[sanitizer] = out

    @classmethod
    def tearDownClass(cls):
        cls.scratch.__exit__(None, None, None)

    def test_each_target_comes_with_seeds_dictionary_and_options(self):
        for out in self.out.values():
            for target in TARGETS:
                name = target.removeprefix("fuzz_") + "_fuzzer"
                self.assertRegex(name, r"^[A-Za-z0-9_-]+$")
                self.assertTrue(os.access(out / name, os.X_OK), name)
                options = (out / f"{name}.options").read_text()
                self.assertTrue(options.startswith("[libfuzzer]\nmax_len = "), options)
                wanted = re.search(r"^dict = (.*)$", options, re.M)
                self.assertEqual([p.name for p in out.glob(f"{name}.dict")], [wanted[1]] if wanted else [])
                seeds = list((products.ROOT / "fuzz" / "seeds" / target).glob("*"))
                corpus = out / f"{name}_seed_corpus.zip"
                self.assertEqual(corpus.is_file(), bool(seeds), name)
                if seeds:
                    with zipfile.ZipFile(corpus) as packed:
                        self.assertEqual(sorted(packed.namelist()), sorted(p.name for p in seeds))

    def test_what_was_built_runs_anywhere_and_finds_nothing_in_its_seeds(self):
        for sanitizer, out in self.out.items():
            for target in TARGETS:
                name = target.removeprefix("fuzz_") + "_fuzzer"
                place = self.folder / "elsewhere" / sanitizer / name
                corpus = place / "corpus"
                corpus.mkdir(parents=True)
                if (out / f"{name}_seed_corpus.zip").is_file():
                    with zipfile.ZipFile(out / f"{name}_seed_corpus.zip") as packed:
                        packed.extractall(corpus)
                command = [out / name, "-runs=2000", "-timeout=25", "-rss_limit_mb=2560", "-max_len=1024"]
                if (out / f"{name}.dict").is_file():
                    command.append(f"-dict={out / name}.dict")
                done = subprocess.run([*command, corpus], cwd=place, env={"PATH": "/nonexistent"}, capture_output=True, text=True,
                                      timeout=600, stdin=subprocess.DEVNULL)
                self.assertEqual(done.returncode, 0, done.stderr[-3000:])
                counters = re.search(r"Loaded \d+ modules +\((\d+) inline 8-bit counters\)", done.stderr)
                self.assertGreater(int(counters[1]), 100, "the code under test is instrumented")
                self.assertIn("Done 2000 runs", done.stderr)

    def test_the_sanitizer_is_the_one_of_the_environment(self):
        for sanitizer, out in self.out.items():
            symbols = subprocess.run(["nm", out / "pdu_fuzzer"], capture_output=True, text=True, timeout=60).stdout
            self.assertEqual("__asan_init" in symbols, sanitizer == "address")
            self.assertIn("LLVMFuzzerTestOneInput", symbols)

    def test_what_is_wrong_is_said_in_one_line(self):
        done = build(self.folder / "none", self.folder / "none-work", "address", "fuzz_nothing")
        self.assertEqual(done.returncode, 2)
        self.assertIn("no target is called fuzz_nothing; there are: fuzz_acceptor", done.stderr)
        done = subprocess.run([SCRIPT, "fuzz_pdu"], env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, timeout=60)
        self.assertNotEqual(done.returncode, 0)
        self.assertIn("OUT: is not set", done.stderr)

    def test_project_files_name_what_the_images_need(self):
        for folder in ("fuzz/oss-fuzz", ".clusterfuzzlite"):
            folder = products.ROOT / folder
            self.assertIn("language: c++", (folder / "project.yaml").read_text())
            self.assertTrue(os.access(folder / "build.sh", os.X_OK))
            self.assertIn("fuzz/oss-fuzz/build_targets", (folder / "build.sh").read_text())
            docker = (folder / "Dockerfile").read_text()
            self.assertIn("FROM gcr.io/oss-fuzz-base/base-builder", docker)
            for package in ("cmake", "libfmt-dev", "libpugixml-dev", "ninja-build", "nlohmann-json3-dev", "zip", "zlib1g-dev"):
                self.assertIn(package, docker)


if __name__ == "__main__":
    result = unittest.main(exit=False).result
    if not result.wasSuccessful():
        sys.exit(1)
    for _, why in result.skipped:
        print("skipped:", why)
    sys.exit(77 if result.skipped else 0)
