"""What a run leaves behind is evidence: digests of every part that `sha256sum` checks, the version of Assay, the editions of
the standard's tables, dates that cannot be misread, a JUnit report that a schema takes, and no word that only a developer
knows or that promises a certificate. And it runs from a folder of its own, by a user who may install nothing."""

import json
import os
import pathlib
import re
import shutil
import subprocess
import unittest

import products
import pydicom
import samples
from embedded_device_test import Served

ISO = r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d"
# Dates that two people read as two days, and months by name.
AMBIGUOUS = re.compile(r"\b\d{1,2}[/.]\d{1,2}[/.](?:19|20)\d\d\b|\b(?:19|20)\d\d/\d{1,2}/\d{1,2}\b|"
                       r"\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]* \d{1,2}\b")
# What a tool that talks to its own developers says.
JARGON = re.compile(r"\b(?:null pointer|nullptr|segfault|assert(?:ion)? failed|exception|stack ?trace|errno|core dumped|"
                    r"std::\w+|0x[0-9a-f]{12,}|recursion|bad_alloc|enum)\b", re.IGNORECASE)
# The form that build servers read (after the JUnit task of Ant): who counts what, and a name for everything.
JUNIT = """<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
 <xs:complexType name="outcome"><xs:simpleContent><xs:extension base="xs:string"><xs:attribute name="message"/>
  <xs:attribute name="type"/></xs:extension></xs:simpleContent></xs:complexType>
 <xs:element name="testsuites"><xs:complexType><xs:sequence>
  <xs:element name="testsuite" maxOccurs="unbounded"><xs:complexType><xs:sequence>
   <xs:element name="properties" minOccurs="0"><xs:complexType><xs:sequence>
    <xs:element name="property" maxOccurs="unbounded"><xs:complexType><xs:attribute name="name" use="required"/>
     <xs:attribute name="value"/></xs:complexType></xs:element></xs:sequence></xs:complexType></xs:element>
   <xs:element name="testcase" minOccurs="0" maxOccurs="unbounded"><xs:complexType><xs:sequence>
    <xs:choice minOccurs="0"><xs:element name="skipped" type="outcome"/><xs:element name="failure" type="outcome"/>
     <xs:element name="error" type="outcome"/></xs:choice>
    <xs:element name="system-out" type="xs:string" minOccurs="0"/><xs:element name="system-err" type="xs:string" minOccurs="0"/>
   </xs:sequence><xs:attribute name="name" use="required"/><xs:attribute name="classname" use="required"/>
    <xs:attribute name="time" type="xs:decimal" use="required"/><xs:attribute name="file"/></xs:complexType></xs:element>
   <xs:element name="system-out" type="xs:string" minOccurs="0"/>
  </xs:sequence><xs:attribute name="name" use="required"/><xs:attribute name="tests" type="xs:nonNegativeInteger" use="required"/>
   <xs:attribute name="failures" type="xs:nonNegativeInteger" use="required"/>
   <xs:attribute name="errors" type="xs:nonNegativeInteger" use="required"/>
   <xs:attribute name="skipped" type="xs:nonNegativeInteger"/><xs:attribute name="time" type="xs:decimal"/>
   <xs:attribute name="timestamp" type="xs:dateTime"/><xs:attribute name="hostname"/></xs:complexType></xs:element>
 </xs:sequence><xs:attribute name="name"/><xs:attribute name="tests" type="xs:nonNegativeInteger"/>
  <xs:attribute name="failures" type="xs:nonNegativeInteger"/><xs:attribute name="errors" type="xs:nonNegativeInteger"/>
  <xs:attribute name="skipped" type="xs:nonNegativeInteger"/><xs:attribute name="time" type="xs:decimal"/>
 </xs:complexType></xs:element></xs:schema>"""


def checked(folder):
    return subprocess.run(["sha256sum", "--quiet", "--strict", "-c", "SHA256SUMS"], cwd=folder, capture_output=True, text=True)


class Evidence(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        products.need("sha256sum", "xmllint")
        cls.scratch = products.scratch()
        cls.folder = cls.scratch.__enter__()
        abort = products.ROOT / "peers" / "faults" / "examples" / "abort.xml"
        # A device that does well, one that aborts, and one that is not there.
        with Served("--quiet") as good, Served("--quiet", "--faults", str(abort)) as bad:
            for name, port in (("good", good.port), ("again", good.port), ("bad", bad.port), ("nobody", products.free_port())):
                code, out, err = products.assay("run", "ps3.7/9.1.5", "--role", "requestor", "--target", f"127.0.0.1:{port}",
                                                "--timeout", "2s", "--out", cls.folder / name)
                if code not in ({"good": 0, "again": 0, "bad": 1, "nobody": 3}[name], 3 if name == "bad" else -1):
                    raise RuntimeError(f"{name}: exit code {code}\n{out}{err}")

    @classmethod
    def tearDownClass(cls):
        cls.scratch.__exit__(None, None, None)

    def runs(self):
        return [self.folder / name for name in ("good", "again", "bad", "nobody")]

    def texts(self, run):
        return {file: file.read_text(encoding="utf-8")
                for file in sorted(run.rglob("*")) if file.suffix in (".json", ".jsonl", ".xml", ".html", ".log")}

    def test_every_part_has_a_digest_and_a_changed_part_is_found(self):
        for run in self.runs():
            listed = {line.split("  ", 1)[1] for line in (run / "SHA256SUMS").read_text().splitlines()}
            there = {str(file.relative_to(run)) for file in run.rglob("*") if file.is_file()}
            self.assertEqual(there - listed, {"SHA256SUMS", "console.log"})
            self.assertEqual(listed - there, set())
            self.assertEqual(checked(run).returncode, 0)
        copy = self.folder / "copy"
        shutil.copytree(self.folder / "good", copy)
        changed = sorted((copy / "pcap").iterdir())[0]
        changed.write_bytes(changed.read_bytes()[:-1] + b"\xff")
        done = checked(copy)
        self.assertEqual(done.returncode, 1)
        self.assertIn(f"{changed.relative_to(copy)}: FAILED", done.stdout)

    def test_a_run_says_what_it_was_made_with_and_comes_out_alike_again(self):
        one, two = (products.results(self.folder / name) for name in ("good", "again"))
        for report in (one, two):
            self.assertRegex(report["assay"], r"^\d+\.\d+\.\d+")
            self.assertRegex(report["edition"], r"\b20\d\d[a-e]\b")
            self.assertRegex(report["started"], ISO)
            self.assertIn("assay run", report["command"])
        self.assertEqual([(c["id"], c["verdict"]) for c in one["cases"]], [(c["id"], c["verdict"]) for c in two["cases"]])
        self.assertIn(one["edition"], (self.folder / "good" / "report.html").read_text())

    def test_dates_cannot_be_misread(self):
        for run in self.runs():
            for file, text in self.texts(run).items():
                self.assertIsNone(AMBIGUOUS.search(text), f"{file}: {AMBIGUOUS.search(text)}")
        for date, misread in (("05/01/2026", True), ("5.1.2026", True), ("2026/01/05", True), ("Jan 5", True),
                              ("2026-01-05 10:15:00", False), ("1.2.840.10008.1.1", False), ("20260105", False)):
            self.assertEqual(bool(AMBIGUOUS.search(date)), misread, date)

    def test_the_junit_report_is_taken_by_a_schema(self):
        schema = self.folder / "junit.xsd"
        schema.write_text(JUNIT)

        def takes(file):
            return subprocess.run(["xmllint", "--noout", "--nonet", "--schema", str(schema), str(file)], capture_output=True, text=True)

        for run in self.runs():
            done = takes(run / "junit.xml")
            self.assertEqual(done.returncode, 0, done.stderr)
            for line in (run / "cases.jsonl").read_text().splitlines():
                self.assertIn("verdict", json.loads(line))
        text = (self.folder / "bad" / "junit.xml").read_text()
        for before, after in ((' classname="', ' klass="'), (' time="', ' time="x'), ("<testcase ", "<case ")):
            broken = self.folder / "broken.xml"
            broken.write_text(text.replace(before, after))
            self.assertNotEqual(takes(broken).returncode, 0, before)

    def test_what_it_says_is_for_users_of_devices_and_certifies_nothing(self):
        for run in self.runs():
            for file, text in self.texts(run).items():
                if file.name in ("console.log", "report.html", "junit.xml"):
                    self.assertIsNone(JARGON.search(text), f"{file}: {JARGON.search(text)}")
                    self.assertNotIn("certified", text.lower(), file)
        for command in ("run", "serve", "learn", "validate", "diagnose", "match", "explain", "store", "get", "dicomdir", "edit"):
            _, out, _ = products.assay(command, "--help")
            self.assertIsNone(JARGON.search(out), f"{command}: {JARGON.search(out)}")
        self.assertTrue(JARGON.search("caught an exception in std::vector"))

    def test_it_runs_from_a_folder_of_its_own_for_a_user_who_may_install_nothing(self):
        """The program and what it reads (scenarios, profiles) in a folder: no path of the build, no home, no root."""
        place = self.folder / "stick"
        place.mkdir()
        shutil.copy(products.ASSAY, place / "assay")
        for name in ("scenarios", "conformance/profiles"):
            shutil.copytree(products.ROOT / name, place / name)
        for path in (self.folder, place):
            path.chmod(0o755)
        out = self.folder / "out"
        out.mkdir(mode=0o777)
        out.chmod(0o777)
        # Below the scratch folder nothing but `out` may be written by nobody.
        as_nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"] if os.geteuid() == 0 else []
        with Served("--quiet") as archive:
            done = subprocess.run([*as_nobody, str(place / "assay"), "run", "ps3.7/9.1.5/echo-once", "--role", "requestor", "--target",
                                   f"127.0.0.1:{archive.port}", "--profile", "assay-archive", "--out", str(out / "report")],
                                  capture_output=True, text=True, timeout=60, cwd="/", env={"ASSAY_HOME": str(place)}, check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual(products.results(out / "report")["cases"][0]["verdict"], "pass")
        self.assertFalse([file for file in place.rglob("*") if file.stat().st_uid == 65534])


class Identity(unittest.TestCase):
    """One product names one implementation, on the wire and in files; a statement of another version is told."""

    def test_files_and_associations_name_the_same_and_another_version_is_told(self):
        with products.scratch() as folder:
            with Served("--quiet", "--folder", str(folder / "store")) as archive:
                code, _, err = products.assay("store", f"127.0.0.1:{archive.port}", samples.write(folder / "a.dcm"))
                self.assertEqual(code, 0, err)
                code, _, err = products.assay("learn", f"127.0.0.1:{archive.port}", "--quick", "--no-keys", "--timeout", "2s",
                                              "--associations", "2", "--out", folder / "learned.xml")
                self.assertEqual(code, 0, err)
            (kept,) = (folder / "store").rglob("*.dcm")
            meta = pydicom.dcmread(kept).file_meta
            learned = (folder / "learned.xml").read_text()
            self.assertIn(f'value="{meta.ImplementationClassUID}"', learned)
            self.assertIn(f'value="{meta.ImplementationVersionName}"', learned)
            code, out, _ = products.assay("validate", "--only", "ps3.10/7.1/**", "--strict", kept, "--profile", folder / "learned.xml")
            self.assertEqual(code, 0, out)
            other = folder / "other.xml"
            other.write_text(learned.replace(f'value="{meta.ImplementationVersionName}"', 'value="OLDER_1"'))
            code, out, _ = products.assay("validate", "--only", "ps3.10/7.1/**", "--strict", kept, "--profile", other)
            self.assertEqual(code, 1)
            self.assertRegex(out, rf"ps3\.10/7\.1/other-implementation .*\(0002,0013\) .*found {meta.ImplementationVersionName}, expected OLDER_1")
            code, _, err = products.assay("validate", kept, "--profile", "no-such-product")
            self.assertEqual(code, 2)
            self.assertIn("no-such-product", err)

    def test_the_edition_of_a_statement_is_named_or_missed(self):
        with products.scratch() as folder, Served("--quiet") as archive:
            target = f"127.0.0.1:{archive.port}"
            looks = ("--quick", "--timeout", "2s", "--associations", "2")
            code, _, err = products.assay("learn", target, *looks, "--no-keys", "--out", folder / "plain.xml")
            self.assertEqual(code, 0, err)
            text = (folder / "plain.xml").read_text()
            (folder / "dated.xml").write_text(re.sub(r"<profile ", '<profile edition="2016c" ', text, count=1))
            for name, edition, words in (("plain", "", "the statement names no edition of the standard"),
                                         ("dated", "2016c", "the statement is after the edition 2016c")):
                code, out, err = products.assay("certify", folder / f"{name}.xml", "--target", target, *looks, "--no-cases",
                                                "--unattended", "--out", folder / name)
                self.assertIn(code, (0, 1), out + err)
                self.assertRegex(out, rf"\nEdition: .*20\d\d[a-e].*; {words}\n")
                self.assertIn(words, (folder / name / "certificate.html").read_text())
                self.assertEqual(json.loads((folder / name / "certificate.json").read_text())["statement"]["edition"], edition)

    def test_a_recorded_conversation_shows_that_a_statement_is_of_another_version(self):
        with products.scratch() as folder, Served("--quiet") as archive:
            code, _, err = products.assay("run", "ps3.7/9.1.5/echo-once", "--role", "requestor", "--target",
                                          f"127.0.0.1:{archive.port}", "--out", folder / "run")
            self.assertEqual(code, 0, err)
            statement = folder / "statement.xml"
            head = '<profile product="P" version="1"><ae title="X"><policy name="implementation-version-name" value="{}"/>' \
                   '<service sop-class="Verification" scp="yes" transfer="ImplicitVRLittleEndian"/></ae></profile>'
            _, out, _ = products.assay("learn", f"127.0.0.1:{archive.port}", "--quick", "--no-keys", "--timeout", "2s",
                                       "--associations", "2", "--json")
            name = json.loads(out)["policies"]["implementation-version-name"]["value"]
            for said, told in ((name, False), ("ANOTHER_1", True)):
                statement.write_text(head.format(said))
                code, out, err = products.assay("explain", folder / "run", "--profile", statement)
                self.assertEqual(code, 0, out + err)
                self.assertEqual(f"its Implementation Version Name is {name}, and the profile of P 1 says ANOTHER_1" in out, told, out)


if __name__ == "__main__":
    unittest.main()
