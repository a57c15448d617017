"""From crash files to findings and back: small broken programs, one for each kind of breakage, compiled here with clang and
gcc; their inputs are triaged, reduced and replayed, with the bug and without it; the scenario of a finding runs against
storescp and its capture is explained."""

import json
import os
import pathlib
import shutil
import struct
import subprocess
import unittest
import xml.etree.ElementTree

import products

TOY = products.HERE / "fuzz_toy.cpp"
FUZZER = ("clang++-19", "-g", "-O1", "-fsanitize=fuzzer,address,undefined", "-fno-sanitize-recover=undefined")
GCC = ("g++", "-g", "-O1", "-fsanitize=address", "-DMAIN")

# First byte of the input -> kind, detail, place.
KINDS = {
    "r": ("sanitizer", "heap-buffer-overflow read", "toy::heap_read"),
    "w": ("sanitizer", "heap-buffer-overflow write", "toy::heap_write"),
    "f": ("sanitizer", "heap-use-after-free read", "toy::after_free"),
    "s": ("sanitizer", "stack-overflow", "toy::deep"),
    "o": ("sanitizer", "signed-integer-overflow", "toy::overflow"),
    "l": ("leak", "memory-leak", "toy::leak"),
    "t": ("hang", "timeout", "toy::spin"),
    "m": ("out-of-memory", "large-allocation", "toy::eat"),
    "p": ("property", "property: encoder and layout agree", "toy::property"),
    "e": ("crash", "uncaught exception std::out_of_range", "toy::throws"),
    "a": ("crash", 'assertion size > 1000 && "too short"', "toy::run"),
    "A": ("crash", "deadly signal", "toy::run"),
}


def program(file, text):
    file.write_text(text)
    file.chmod(0o755)
    return file


def findings(folder):
    """The findings below a folder: id -> (JSON, folder)."""
    out = {}
    for file in pathlib.Path(folder).glob("*/finding.json"):
        one = json.loads(file.read_text())
        out[one["id"]] = (one, file.parent)
    return out


def associate_rq(maximum_length_item):
    """An A-ASSOCIATE-RQ whose last item is that one, with right lengths elsewhere."""
    def item(kind, content):
        return struct.pack(">BBH", kind, 0, len(content)) + content
    context = item(0x20, b"\x01\0\0\0" + item(0x30, b"1.2.840.10008.1.1") + item(0x40, b"1.2.840.10008.1.2"))
    user = item(0x50, item(0x52, b"1.2.3.4") + maximum_length_item)
    body = struct.pack(">HH", 1, 0) + b"ANY-SCP".ljust(16) + b"ASSAY".ljust(16) + bytes(32)
    body += item(0x10, b"1.2.840.10008.3.1.1.1") + context + user
    return struct.pack(">BBI", 1, 0, len(body)) + body


class FuzzFindings(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        products.need("clang++-19", "g++", "storescp", "dump2dcm")
        cls.scratch = products.scratch()
        cls.folder = cls.scratch.__enter__()
        shifted = cls.folder / "shifted.cpp"
        shifted.write_text("\n" * 40 + TOY.read_text())
        for name, command in {"toy": (*FUZZER, TOY), "later/toy": (*FUZZER, shifted), "fixed/toy": (*FUZZER, "-DFIXED", TOY),
                              "wire_toy": (*FUZZER, "-DWIRE", TOY), "gcc_toy": (*GCC, TOY)}.items():
            (cls.folder / name).parent.mkdir(exist_ok=True)
            done = subprocess.run([*command, "-o", cls.folder / name], capture_output=True, text=True)
            if done.returncode != 0:
                raise RuntimeError(done.stderr[-3000:])
        cls.crashes = cls.folder / "crashes"
        cls.crashes.mkdir()
        for letter in KINDS:
            (cls.crashes / f"crash-{letter}").write_text(letter + "123")
        cls.first = cls.folder / "first"
        cls.triaged = cls.triage(cls.crashes, cls.first, "--sarif", cls.folder / "f.sarif", "--junit", cls.folder / "f.xml",
                                 "--json", cls.folder / "f.json")

    @classmethod
    def tearDownClass(cls):
        cls.scratch.__exit__(None, None, None)

    @classmethod
    def triage(cls, crashes, out, *more, target="toy", time="1s"):
        return products.assay("fuzz", "triage", crashes, "--target-program", cls.folder / target, "--out", out,
                              "--time", time, "--reduce-time", "60s", *more)

    def scratch_folder(self, name):
        folder = self.folder / name
        folder.mkdir()
        return folder

    def test_each_kind_of_breakage_is_a_finding_of_its_kind(self):
        code, out, err = self.triaged
        self.assertEqual(code, 1, out + err)
        seen = {one["place"] + " " + one["detail"]: one["kind"] for one, _ in findings(self.first).values()}
        for kind, detail, place in KINDS.values():
            self.assertEqual(seen.get(f"{place} {detail}"), kind, seen)
        self.assertEqual(len(seen), len(KINDS), out)
        for one, folder in findings(self.first).values():
            self.assertTrue(one["reproducible"], one["title"])
            self.assertEqual((folder / "input").read_bytes()[:1], (folder / "original").read_bytes()[:1])
            self.assertLessEqual((folder / "input").stat().st_size, 4)
            text = (folder / "finding.txt").read_text()
            for word in (one["title"], "Reproduce", f"assay fuzz replay {folder}", one["severity"], "there is no scenario"):
                self.assertIn(word, text)

    def test_outputs_for_other_programs_say_the_same(self):
        log = json.loads((self.folder / "f.sarif").read_text())
        self.assertEqual((log["version"], len(log["runs"])), ("2.1.0", 1))
        run = log["runs"][0]
        self.assertEqual({r["partialFingerprints"]["assayFinding/v1"] for r in run["results"]}, set(findings(self.first)))
        for result in run["results"]:
            self.assertEqual(run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"], result["ruleId"])
            self.assertEqual(result["baselineState"], "new")
        suites = xml.etree.ElementTree.parse(self.folder / "f.xml").getroot()
        self.assertEqual(len(list(suites.iter("failure"))), len(KINDS))
        self.assertEqual(len(json.loads((self.folder / "f.json").read_text())), len(KINDS))

    def test_ids_are_the_same_after_a_rebuild_with_other_lines(self):
        again = self.scratch_folder("again")
        fast = self.scratch_folder("fast")
        for letter in "rwfsolpea":
            shutil.copy(self.crashes / f"crash-{letter}", fast)
        self.triage(fast, again, "--no-reduce", target="later/toy")
        self.assertEqual(len(findings(again)), 9)
        self.assertLessEqual(set(findings(again)), set(findings(self.first)))

    def test_gcc_and_an_own_main_give_findings_too(self):
        out = self.scratch_folder("gcc")
        code, text, err = self.triage(self.crashes / "crash-w", out, target="gcc_toy")
        self.assertEqual(code, 1, text + err)
        (one, _), = findings(out).values()
        self.assertEqual((one["detail"], one["severity"]), ("heap-buffer-overflow write", "critical"))
        self.assertIn("heap_write", one["place"])

    def test_two_inputs_of_one_bug_are_one_finding_and_two_bugs_are_two(self):
        crashes, out = self.scratch_folder("few"), self.folder / "few-out"
        for name, text in {"crash-1": "w1", "crash-2": "wwwwwwwwwwwwwwwww", "crash-3": "r1"}.items():
            (crashes / name).write_text(text)
        self.triage(crashes, out)
        by_place = {one["place"]: one["times"] for one, _ in findings(out).values()}
        self.assertEqual(by_place, {"toy::heap_write": 2, "toy::heap_read": 1})
        # What was tried before is not tried, and not counted, again.
        code, text, err = self.triage(crashes, out)
        self.assertEqual(code, 1, err)
        self.assertNotIn("new ", text)
        self.assertEqual({one["place"]: one["times"] for one, _ in findings(out).values()}, by_place)

    def test_an_input_of_4_kilobytes_is_reduced_to_the_bytes_that_matter(self):
        file = self.folder / "large"
        content = bytearray(b"M" + bytes(range(0x80, 0xC0)) * 64)
        content[900], content[3500] = ord("X"), ord("Y")
        file.write_bytes(content)
        code, out, err = products.assay("fuzz", "minimize", file, "--target-program", self.folder / "toy", "--time", "40s")
        self.assertEqual(code, 0, out + err)
        self.assertEqual((self.folder / "large.min").read_bytes(), b"MXY")
        self.assertIn(f"3 bytes of {len(content)}", out)

    def test_a_finding_is_reduced_further_where_it_lies(self):
        out = self.folder / "raw"
        crash = self.folder / "crash-raw"
        crash.write_text("w" + "x" * 60)
        self.triage(crash, out, "--no-reduce")
        (one, folder), = findings(out).values()
        self.assertEqual((folder / "input").stat().st_size, 61)
        code, text, err = products.assay("fuzz", "minimize", folder, "--time", "10s")
        self.assertEqual(code, 0, text + err)
        self.assertEqual((folder / "input").read_bytes(), b"w")
        self.assertEqual(findings(out)[one["id"]][0]["times"], 1)

    def test_replay_tells_what_comes_again_from_what_is_fixed(self):
        few = self.scratch_folder("replay")
        for letter in "wpe":
            folder = next(f for one, f in findings(self.first).values() if (f / "input").read_bytes()[:1] == letter.encode())
            shutil.copytree(folder, few / folder.name)
        code, out, err = products.assay("fuzz", "replay", few, "--json", self.folder / "replay.json")
        self.assertEqual(code, 1, out + err)
        self.assertEqual(out.count("reproduced  "), 3, out)
        self.assertEqual([r["result"] for r in json.loads((self.folder / "replay.json").read_text())], ["reproduced"] * 3)
        code, out, err = products.assay("fuzz", "replay", few, "--build", self.folder / "fixed")
        self.assertEqual((code, out.count("fixed  ")), (0, 3), out + err)
        one = next(few.iterdir())
        self.assertEqual(products.assay("fuzz", "replay", one)[0], 1)
        self.assertEqual(products.assay("fuzz", "replay", one / "finding.json")[0], 1)
        # Another bug in its place is not the same, and not fixed.
        other = program(self.folder / "other", "#!/bin/sh\nexit 3\n")
        code, out, err = products.assay("fuzz", "replay", one, "--target-program", other)
        self.assertEqual(code, 1, out + err)
        self.assertIn("breaks otherwise", out)

    def test_a_healthy_target_has_no_findings(self):
        out = self.folder / "healthy"
        code, text, err = self.triage(self.crashes / "crash-w", out, target="fixed/toy")
        self.assertEqual((code, err), (0, ""), text)
        self.assertIn("healthy", text)
        self.assertIn("no findings", text)

    def test_what_comes_only_sometimes_is_kept_and_says_so(self):
        mark = self.folder / "mark"
        sometimes = program(self.folder / "sometimes", f"#!/bin/sh\nif [ ! -e {mark} ]; then touch {mark}; exit 9; fi\n")
        out = self.folder / "sometimes-out"
        code, text, err = self.triage(self.crashes / "crash-w", out, target=sometimes.name)
        self.assertEqual(code, 1, text + err)
        (one, _), = findings(out).values()
        self.assertIn("1 of 3 runs", one["happened"])

    def check_scenario(self, folder, *expected):
        code, out, err = products.assay("list", "--check", folder / "scenario.xml")
        self.assertEqual(code, 0, out + err)
        code, out, err = products.assay("explain", folder / "capture.pcapng", "--trace")
        self.assertIn(code, (0, 1, 3), out + err)
        for word in expected:
            self.assertIn(word, out)
        port, received = products.free_port(), folder / "received"
        received.mkdir()
        with products.server(["storescp", "-od", str(received), "-aet", "STORESCP", str(port)], port, folder / "storescp.log"):
            target = f"127.0.0.1:{port}"
            code, out, err = products.assay("run", folder / "scenario.xml", "--target", target, "--called-ae", "STORESCP")
            self.assertEqual(code, 0, out + err)
            self.assertIn("PASS", out)
            code, out, err = products.assay("fuzz", "replay", folder, "--target", target, "--called-ae", "STORESCP")
            self.assertEqual(code, 0, out + err)
            self.assertIn("fixed", out)
        start = f"exec storescp -od {received} -aet STORESCP {{port}}"
        code, out, err = products.assay("fuzz", "replay", folder, "--dut-start", start, "--called-ae", "STORESCP")
        self.assertEqual(code, 0, out + err)
        code, out, err = products.assay("fuzz", "replay", folder, "--target", target)
        self.assertEqual(code, 3, "nobody listens: not fixed, but not run\n" + out + err)

    def test_pdus_become_a_scenario_that_runs_and_a_capture_that_is_explained(self):
        crash = self.folder / "crash-wire"
        crash.write_bytes(associate_rq(b"\x51\0\x20\0\0\0\x40\0"))
        out = self.folder / "wire-out"
        code, text, err = self.triage(crash, out, target="wire_toy")
        self.assertEqual(code, 1, text + err)
        (one, folder), = findings(out).values()
        self.assertEqual(one["place"], "toy::maximum_length")
        self.assertLess((folder / "input").stat().st_size, crash.stat().st_size)
        self.check_scenario(folder, "A-ASSOCIATE-RQ" if (folder / "input").stat().st_size > 80 else "c1")

    def test_a_file_becomes_a_c_store_of_the_same_bytes(self):
        object_file = products.synthetic_file(self.folder)
        reader = program(self.folder / "reader", "#!/bin/sh\nif grep -q DICM \"$1\"; then exit 3; fi\n")
        out = self.folder / "file-out"
        code, text, err = self.triage(object_file, out, "--no-reduce", target=reader.name)
        self.assertEqual(code, 1, text + err)
        (_, folder), = findings(out).values()
        self.assertIn("c-store-rq", (folder / "scenario.xml").read_text())
        self.check_scenario(folder, "C-STORE-RQ")
        stored, = (folder / "received").iterdir()
        whole = object_file.read_bytes()
        self.assertTrue(whole.endswith(stored.read_bytes()[-60:]))

    def test_a_target_that_ignores_signals_and_prints_without_end_is_ended(self):
        stubborn = program(self.folder / "stubborn", "#!/bin/sh\ntrap '' TERM ABRT INT\nwhile :; do echo still here; done\n")
        out = self.folder / "stubborn-out"
        code, text, err = self.triage(self.crashes / "crash-w", out, "--no-reduce", time="200ms", target=stubborn.name)
        self.assertEqual(code, 1, text + err)
        (one, folder), = findings(out).values()
        self.assertEqual((one["kind"], one["detail"]), ("hang", "timeout"))
        self.assertLess((folder / "report.txt").stat().st_size, 70_000)

    def test_bad_input_is_told_with_what_to_do(self):
        crash = self.crashes / "crash-w"
        script = program(self.folder / "no-interpreter", "#!/no/such/interpreter\n")
        plain = self.folder / "plain"
        plain.write_text("text")
        damaged = self.scratch_folder("damaged")
        (damaged / "one").mkdir()
        (damaged / "one" / "finding.json").write_text('{"kind": "crash"')
        toy = self.folder / "toy"
        for arguments, code, said in (
                (("triage", crash, "--target-program", "/no/such/toy"), 2, "no such program"),
                (("triage", crash, "--target-program", self.folder), 2, "a program is needed"),
                (("triage", crash, "--target-program", plain), 2, "cannot be executed"),
                (("triage", crash), 2, "--target-program"),
                (("triage", self.folder / "none", "--target-program", toy), 2, "none"),
                (("triage", crash, "--target-program", toy, "--out", plain / "below"), 2, "cannot be made"),
                (("triage", crash, "--target-program", toy, "--time", "soon"), 2, "duration"),
                (("triage", crash, "--target-program", script, "--out", self.folder / "x"), 3, "cannot start"),
                (("replay", self.folder / "none"), 2, "no finding"),
                (("replay", damaged), 2, "no JSON object"),
                (("replay", self.first, "--target", "nowhere"), 2, "HOST:PORT"),
                (("replay", self.first, "--build", damaged), 3, "no such program"),
                (("minimize", crash), 2, "--target-program"),
                (("minimize", self.folder / "none", "--target-program", toy), 2, "none"),
                (("minimize", damaged / "one"), 2, "no JSON object"),
                (("minimize", crash, "--target-program", self.folder / "fixed" / "toy"), 3, "nothing to reduce"),
                (("minimize", crash, "--target-program", toy, "--out", plain / "below"), 2, "cannot be written"),
        ):
            done, out, err = products.assay("fuzz", *arguments)
            self.assertEqual(done, code, (arguments, out, err))
            self.assertIn(said, out + err, arguments)

    def test_help_has_examples(self):
        for command in ("replay", "triage", "minimize"):
            code, out, _ = products.assay("fuzz", command, "--help")
            self.assertEqual(code, 0)
            self.assertIn("Examples:", out)
            self.assertIn("Exit code:", out)


if __name__ == "__main__":
    os.environ.pop("ASAN_OPTIONS", None)
    unittest.main()
