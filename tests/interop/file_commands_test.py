"""The commands that work on files, side by side: whatever is wrong with an input, each says so in one clear line, ends with
the right code and still does the other files; nothing that a file or its name holds reaches a terminal as a control byte."""

import contextlib
import ctypes
import json
import os
import pathlib
import pty
import re
import select
import signal
import struct
import subprocess
import unittest

import products

ESCAPES = b"\x1b[31mE\x1b]0;t\x07\x9b31m\r\n"
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")

# {file} the input under test, {good} a healthy file, {out} a folder for what is written
READERS = {
    "dump": ["dump", "{file}", "{good}"],
    "dump json": ["dump", "--json", "{file}", "{good}"],
    "dump elements": ["dump", "--elements", "{file}", "{good}"],
    "dump text form": ["dump", "--text-form", "{file}", "{good}"],
    "dump problems": ["dump", "--problems", "{file}", "{good}"],
    "dump levels": ["dump", "--group-by-level", "{file}", "{good}"],
    "validate": ["validate", "{file}", "{good}"],
    "validate json": ["validate", "--json", "{file}", "{good}"],
    "probe": ["probe", "{file}", "{good}"],
    "probe json": ["probe", "--json", "{file}", "{good}"],
    "convert": ["convert", "{file}", "{good}", "--out", "{out}", "--to", "implicit", "--force", "--quiet"],
    "edit": ["edit", "{file}", "{good}", "--set", "PatientID=7", "--out", "{out}"],
    "diff": ["diff", "{file}", "{good}"],
    "diff json": ["diff", "--json", "{file}", "{good}"],
    "dicomdir": ["dicomdir", "verify", "{file}"],
}


def element(group, number, vr, value):
    value += b" " * (len(value) % 2)
    return struct.pack("<HH2sH", group, number, vr, len(value)) + value


def evil(syntax=b"1.2.840.10008.1.2.1\0"):
    """A file whose every text holds escape sequences."""
    meta = element(2, 2, b"UI", b"1.2" + ESCAPES) + element(2, 3, b"UI", b"1.2" + ESCAPES) + element(2, 0x10, b"UI", syntax)
    body = b"".join(element(g, e, vr, ESCAPES) for g, e, vr in (
        (8, 5, b"CS"), (8, 0x16, b"UI"), (8, 0x18, b"UI"), (8, 0x20, b"DA"), (8, 0x60, b"CS"), (9, 0x10, b"LO"), (9, 0x1001, b"LO"),
        (0x10, 0x10, b"PN"), (0x10, 0x20, b"LO"), (0x20, 0xD, b"UI"), (0x20, 0xE, b"UI"), (0x28, 0x10, b"IS"), (0x28, 0x30, b"DS")))
    return bytes(128) + b"DICM" + element(2, 0, b"UL", struct.pack("<I", len(meta))) + meta + body


def nested(levels):
    """A file with sequences of undefined length inside one another."""
    opening = (struct.pack("<HH2sHI", 0x40, 0x100, b"SQ", 0, 0xFFFFFFFF) + struct.pack("<HHI", 0xFFFE, 0xE000, 0xFFFFFFFF)) * levels
    closing = (struct.pack("<HHI", 0xFFFE, 0xE00D, 0) + struct.pack("<HHI", 0xFFFE, 0xE0DD, 0)) * levels
    meta = element(2, 0x10, b"UI", b"1.2.840.10008.1.2.1\0")
    return bytes(128) + b"DICM" + element(2, 0, b"UL", struct.pack("<I", len(meta))) + meta + opening + closing


def run(*arguments, **how):
    done = subprocess.run([products.ASSAY, *map(str, arguments)], capture_output=True, timeout=120, stdin=subprocess.DEVNULL, **how)
    return done.returncode, done.stdout.decode(errors="surrogateescape"), done.stderr.decode(errors="surrogateescape")


def inputs(folder, good):
    """Name, path, exit codes that fit, words of the error line."""
    data = good.read_bytes()
    odd = folder / "odd \x1b[31m\r\nname"
    made = {"empty": b"", "text": b"hello, this is a letter\n", "zeros": bytes(3000), "truncated": data[:500]}
    for name, content in made.items():
        (folder / name).write_bytes(content)
    odd.write_bytes(b"hello, this is a letter with an odd name\n")
    (folder / "dangling").symlink_to("nowhere")
    (folder / "nothing").mkdir()
    os.mkfifo(folder / "pipe")
    yield "missing", folder / "missing", (2,), "No such file"
    yield "empty", folder / "empty", (2,), "is empty"
    yield "text", folder / "text", (2,), "but a text"
    yield "zeros", folder / "zeros", (2,), "but "
    yield "dangling link", folder / "dangling", (2,), "No such file"
    yield "empty folder", folder / "nothing", (2,), None
    yield "pipe", folder / "pipe", (2,), "no regular file"
    yield "odd name", odd, (2,), "but a text"
    yield "truncated", folder / "truncated", (1, 2), None


@contextlib.contextmanager
def opened(path):
    """Yields a function that returns when somebody has opened the file, by whatever of its names, or after 20 s."""
    libc = ctypes.CDLL(None, use_errno=True)
    watch = libc.inotify_init1(os.O_CLOEXEC)
    try:
        if watch < 0 or libc.inotify_add_watch(watch, os.fsencode(path), 0x20) < 0:  # IN_OPEN
            raise OSError(ctypes.get_errno(), "inotify")
        yield lambda: select.select([watch], [], [], 20)
    finally:
        os.close(watch)


class FileCommands(unittest.TestCase):
    maxDiff = None

    def setUp(self):
        scratch = products.scratch()
        self.folder = scratch.__enter__()
        self.addCleanup(scratch.__exit__, None, None, None)
        self.good = self.folder / "good.dcm"
        pathlib.Path(products.synthetic_file(self.folder)).rename(self.good)

    def words(self, command, file, out="out"):
        return [w.format(file=file, good=self.good, out=self.folder / out) for w in command]

    def test_each_bad_input_costs_one_line_and_the_others_are_done(self):
        for name, path, codes, words in inputs(self.folder, self.good):
            for title, command in READERS.items():
                with self.subTest(input=name, command=title):
                    code, out, err = run(*self.words(command, path))
                    self.assertIn(code, codes, out + err)
                    self.assertNotRegex((out + err).replace("\n", ""), CONTROL)
                    told = err.splitlines()
                    probed = title.startswith("probe") and words and words.startswith("but")
                    if codes == (2,):
                        # What a file is instead of DICOM is the very answer of probe, not an error.
                        self.assertLessEqual(len(told), 2 if name == "empty folder" else 1, err)
                        self.assertEqual(len(told) == 0, bool(probed), err)
                    for line in told:
                        self.assertTrue(line.startswith("assay: "), err)
                        if not line.startswith("assay: nothing"):
                            self.assertIn(path.name.split("\r")[0].replace("\x1b", "\\x1b"), line)
                    if words and not probed:
                        self.assertIn(words, err)
                    if command[0] in ("dump", "validate", "probe"):
                        self.assertIn("Explicit VR" if title in ("dump", "dump problems", "probe") else "", out)
                        self.assertTrue(out, "the healthy file is not there")
                    if command[0] in ("edit", "convert"):
                        self.assertTrue((self.folder / "out" / "good.dcm").exists())

    def test_json_is_json_and_names_files_as_they_are(self):
        odd = self.folder / "o\u00fd \x1b[31m\n.dcm"
        odd.write_bytes(evil())
        missing = self.folder / "missing"
        for command in ("dump", "validate"):
            _, out, _ = run(command, "--json", odd, missing, self.good)
            lines = [json.loads(line) for line in out.splitlines()]
            self.assertEqual({str(odd), str(self.good)} - {line.get("file") for line in lines}, set(), command)
        _, out, _ = run("validate", "--json", odd, missing)
        self.assertEqual([line["file"] for line in map(json.loads, out.splitlines()) if "error" in line], [str(missing)])
        _, out, _ = run("probe", "--json", odd, missing)
        self.assertEqual([entry["file"] for entry in json.loads(out)], [str(odd), str(missing)])
        _, out, _ = run("diff", "--json", odd, self.good)
        self.assertIn("PatientName", [json.loads(line).get("name") for line in out.splitlines()])
        _, out, _ = run("dicomdir", "verify", "--json", self.folder)
        self.assertEqual(json.loads(out)["verdict"], "fail")

    def test_findings_have_one_shape_in_every_command(self):
        keys = {"rule", "clause", "severity", "offset", "path", "found", "expected", "advice"}
        bad = self.folder / "bad.dcm"
        bad.write_bytes(self.good.read_bytes().replace(b"20260105", b"20261305"))
        _, out, _ = run("validate", "--json", bad)
        first = json.loads(out.splitlines()[0])["findings"][0]
        self.assertEqual(set(first), keys | {"name"})
        self.assertEqual((first["path"], first["name"]), ("(0008,0020)", "StudyDate"))
        _, out, _ = run("dicomdir", "verify", "--json", self.folder)
        self.assertEqual(set(json.loads(out)["findings"][0]), keys)
        shape = r"\n  (error|warning|note) ps3\S+ \[PS3\.\d+ [^]]+\] byte \d+ \(0x[0-9A-F]+\) .*: found .*, expected .*\n"
        for command in (["validate", bad], ["dicomdir", "verify", self.folder]):
            self.assertRegex(run(*command)[1], shape)

    def test_no_control_byte_of_a_value_or_name_comes_out(self):
        for name, data in (("e\x1b[31m.dcm", evil()), ("f\x9b.dcm", evil(b"1.2" + ESCAPES))):
            file = self.folder / name
            file.write_bytes(data)
            for title, command in READERS.items():
                with self.subTest(command=title, file=name):
                    _, out, err = run(*self.words(command, file))
                    self.assertNotRegex((out + err).replace("\n", ""), CONTROL)
            _, out, err = run("edit", file, "--delete", "(0009,1001)", "--dry-run")
            self.assertNotRegex((out + err).replace("\n", ""), CONTROL)
            root = self.folder / "set"
            root.mkdir(exist_ok=True)
            (root / "E1").write_bytes(data)
            _, out, err = run("dicomdir", "build", root, "--force")
            self.assertNotRegex((out + err).replace("\n", ""), CONTROL)

    def test_wrong_usage_names_what_is_wrong(self):
        cases = [
            (["dump"], "dump --help"), (["dump", self.good, "--nosuch"], "--nosuch"), (["dicomdir", "verify"], "dicomdir verify --help"),
            (["dump", self.good, "--tag", "PatientNam"], "did you mean PatientName?"),
            (["dump", self.good, "--tag", "(0010,00"], "at character"),
            (["edit", self.good, "--set", "PatientName=x"], "--out DIR"),
            (["edit", self.good, "--dry-run"], "--set"),
            (["convert", self.good], "IN and OUT"),
            (["convert", self.good, self.folder], "is a directory"),
            (["convert", self.good, self.good], "--force"),
            (["validate", self.good, "--only", "nosuch"], "list --rules"),
            (["diff", self.good, self.folder], "is a folder"),
            (["dicomdir", "build", self.good], "is no folder"),
        ]
        for command, words in cases:
            with self.subTest(command=command):
                code, out, err = run(*command)
                self.assertEqual((code, out, len(err.splitlines())), (2, "", 1), err)
                self.assertIn(words, err)

    def test_reading_options_work_alike(self):
        deep = self.folder / "deep.dcm"
        deep.write_bytes(nested(100))
        table = self.folder / "own.tsv"
        table.write_text("ASSAY TEST\t0029\txx01\tSH\t1\tOwn Name\n")
        wrong = self.folder / "wrong.tsv"
        wrong.write_text("ASSAY TEST\t0029\n")
        commands = {"dump": ["dump", "{file}"], "validate": ["validate", "--no-iod", "{file}"], "diff": ["diff", "{file}", "{file}"],
                    "convert": ["convert", "{file}", "-", "--to", "implicit"], "edit": ["edit", "{file}", "--set", "PatientID=7", "--dry-run"]}
        for title, command in commands.items():
            with self.subTest(command=title):
                code, out, err = run(*self.words(command, deep))
                self.assertNotIn("cannot be read past", err)
                code, out, err = run(*self.words(command, deep), "--max-nesting", "10")
                self.assertIn(code, (1, 2))
                self.assertIn("at most 10", out + err)
                self.assertIn(run(*self.words(command, deep), "--max-nesting", "100")[0], (0, 1))
                for word in ("ExplicitVRLittleEndian", "1.2.840.10008.1.2.1", "explicit"):
                    self.assertEqual(run(*self.words(command, self.good), "--as", word)[0], 0, word)
                self.assertNotEqual(run(*self.words(command, self.good), "--as", "implicit")[0], 0)
                self.assertEqual(run(*self.words(command, self.good), "--as", "Latin")[0], 2)
                self.assertEqual(run(*self.words(command, self.good), "--private-dictionary", table)[0], 0)
                code, _, err = run(*self.words(command, self.good), "--private-dictionary", wrong)
                self.assertEqual(code, 2)
                self.assertIn("wrong.tsv:1: ", err)
        private = self.folder / "private.dcm"
        run("edit", self.good, "--insert", "(0029,0010):LO=ASSAY TEST", "--out", self.folder / "p")
        (self.folder / "p" / "good.dcm").rename(private)
        code, _, err = run("edit", private, "--insert", "(0029,1001)=x", "--in-place")
        self.assertEqual(code, 2, "nothing tells the VR")
        code, _, err = run("edit", private, "--insert", "(0029,xx01,ASSAY TEST)=x", "--in-place", "--private-dictionary", table)
        self.assertEqual(code, 0, err)
        self.assertRegex(run("dump", private, "--private-dictionary", table)[1], r"\(0029,1001\) SH .*\[ASSAY TEST\] Own Name +x")
        self.assertIn("(0029,1001) [ASSAY TEST] Own Name: x", run("diff", private, self.good, "--private-dictionary", table)[1])

    def test_what_is_written_through_links_and_to_devices(self):
        (self.folder / "link.dcm").symlink_to(self.good.name)
        self.assertEqual(run("edit", self.folder / "link.dcm", "--set", "PatientID=LINK", "--in-place")[0], 0)
        self.assertTrue((self.folder / "link.dcm").is_symlink())
        self.assertIn("LINK", run("dump", self.good, "--tag", "PatientID")[1])
        code, out, _ = run("convert", self.good, "/dev/stdout", "--to", "json")
        self.assertEqual((code, json.loads(out)["00100020"]["Value"]), (0, ["LINK"]))
        full = pathlib.Path("/dev/full")
        for command in (["dump", self.good], ["validate", self.good], ["probe", self.good, "--json"], ["convert", self.good, "-", "--to", "xml"]):
            with open(full, "wb") as out:
                done = subprocess.run([products.ASSAY, *map(str, command)], stdout=out, stderr=subprocess.PIPE, timeout=60)
            self.assertEqual(done.returncode, 70)
            self.assertIn(b"could not be written to the end", done.stderr)
        code, _, err = run("convert", self.good, full, "--to", "json")
        self.assertEqual(code, 2)
        self.assertIn("/dev/full: No space left", err)
        self.assertTrue(full.is_char_device())

    def test_a_broken_link_in_a_folder_is_said_and_the_rest_is_done(self):
        root = self.folder / "study"
        root.mkdir()
        (root / "a.dcm").write_bytes(self.good.read_bytes())
        (root / "b.dcm").symlink_to("nowhere")
        (root / "c.dcm").write_bytes(self.good.read_bytes())
        code, out, err = run("probe", root)
        self.assertEqual((code, len(out.splitlines()), len(err.splitlines())), (2, 2, 1))
        self.assertIn("b.dcm: No such file", err)

    def test_interrupted_in_a_big_folder(self):
        root = self.folder / "many"
        root.mkdir()
        (root / "!first").symlink_to("nowhere")  # costs a line on the error stream: the walk has begun
        for number in range(3000):
            os.link(self.good, root / f"{number}.dcm")
        out = self.folder / "converted"
        for command in (["dump", root], ["validate", root], ["probe", root], ["diff", root, root, "--only", "same"],
                        ["convert", root, "--out", out, "--to", "json"], ["edit", root, "--set", "PatientID=7", "--out", out / "e"],
                        ["dicomdir", "verify", root]):
            quiet = command[0] == "dicomdir"  # it says nothing before its end: wait until it opens a file
            with self.subTest(command=command), open(self.folder / "told", "wb") as told, \
                    opened(root / "0.dcm") as wait_until_opened:
                process = subprocess.Popen([products.ASSAY, *map(str, command)], stdout=told, stderr=subprocess.PIPE)
                first = wait_until_opened() if quiet else process.stderr.readline()
                process.send_signal(signal.SIGINT)
                _, err = process.communicate(timeout=60)
                if not quiet:
                    self.assertIn(b"!first", first)
                self.assertEqual(process.returncode, 130, err)
                self.assertIn(b"interrupted", err)
        for file in out.glob("*.json"):
            json.loads(file.read_text())
        self.assertEqual([f for f in out.rglob("*") if f.is_file() and f.suffix not in (".json", ".dcm")], [])

    def test_a_closed_pipe_ends_quietly(self):
        root = self.folder / "many"
        root.mkdir()
        for number in range(500):
            os.link(self.good, root / f"{number}.dcm")
        for command in ("dump", "validate", "probe"):
            process = subprocess.Popen([products.ASSAY, command, str(root)], stdout=subprocess.PIPE, stderr=subprocess.PIPE)
            process.stdout.readline()
            process.stdout.close()
            self.assertEqual(process.stderr.read(), b"", command)
            process.stderr.close()
            process.wait(timeout=60)

    def test_colour_on_a_terminal_only(self):
        self.assertNotIn("\x1b", run("dump", self.good)[1])
        main, other = pty.openpty()
        process = subprocess.Popen([products.ASSAY, "dump", str(self.good)], stdout=other, stderr=other, stdin=subprocess.DEVNULL)
        os.close(other)
        shown = b""
        while select.select([main], [], [], 30)[0]:
            try:
                got = os.read(main, 65536)
            except OSError:
                break
            if not got:
                break
            shown += got
        os.close(main)
        self.assertEqual(process.wait(timeout=30), 0)
        self.assertIn(b"\x1b[36m(0010,0010)\x1b[0m", shown)

    def test_the_first_page_groups_the_commands_and_every_command_has_examples(self):
        _, page, _ = run("--help")
        for group in ("Judge a device", "Talk to a device", "Work on files"):
            self.assertIn(group, page)
        self.assertLess(page.index("Work on files"), page.index("About Assay"))
        for command in ("dump", "validate", "diff", "convert", "edit", "probe", "dicomdir"):
            code, out, _ = run(command, "--help")
            self.assertEqual(code, 0)
            self.assertIn("Exit code", out)
            examples = re.findall(r"^  assay (\S+) ", out, re.M)
            self.assertTrue(examples and set(examples) == {command}, out)


if __name__ == "__main__":
    unittest.main()
