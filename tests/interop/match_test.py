"""assay match: what it says on paper, for tools and as a page; and what it foretells, held against associations: each
shipped profile played by `assay serve --as`, and the products that are installed, asked by every other one."""

import contextlib
import json
import pathlib
import re
import socket
import struct
import subprocess
import unittest

import associate
import orthanc
import products

PROFILES = sorted(path.stem for path in (products.ROOT / "conformance" / "profiles").glob("*.xml"))


def run(*arguments):
    done = subprocess.run([products.ASSAY, *map(str, arguments)], capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout, done.stderr


def matched(*profiles):
    code, out, err = run("match", "--json", *profiles)
    assert code in (0, 1), err
    return json.loads(out)


@contextlib.contextmanager
def serving(*words):
    """`assay serve`; yields its port and what it said at start."""
    process = subprocess.Popen([products.ASSAY, "serve", *map(str, words), "--port", "0", "--quiet"],
                               stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)
    try:
        line = process.stdout.readline()
        found = re.search(r"Listening on 127\.0\.0\.1:(\d+)", line)
        if not found:
            raise AssertionError(line + process.stdout.read())
        yield int(found[1]), line
    finally:
        products.end(process)
        process.stdout.close()


def played(profile, *more):
    return serving("--as", profile, *more)


def other_than_foretold(direction, port, called=None, calling=None, whole=False):
    """Contexts that are not answered as foretold."""
    contexts = direction["contexts"]
    proposed = [(one["abstract"], one["proposed"]) for one in contexts]
    answers = associate.propose(port, proposed, called or direction["provider_ae"], calling or direction["user_ae"],
                                whole=whole)
    return [(one["abstract"], one["proposed"], (one["result"], one["chosen"]), answer)
            for one, answer in zip(contexts, answers)
            if (one["result"], one["chosen"]) != answer and not (answer is None and one["result"] != 0)]


class Foretold(unittest.TestCase):
    """The accepted contexts and the transfer syntaxes that are agreed on."""

    @classmethod
    def setUpClass(cls):
        match = matched(*PROFILES)
        cls.directions = [one for one in match["directions"] if one["contexts"]]
        cls.names = [pathlib.Path(one["file"]).stem for one in match["products"]]

    def to(self, provider):
        return [one for one in self.directions if self.names[one["provider"]] == provider]

    def test_there_is_something_to_foretell(self):
        self.assertGreater(len(self.directions), 60)
        results = {context["result"] for one in self.directions for context in one["contexts"]}
        self.assertEqual(results, {0, 3, 4} & results | {0, 3})

    def test_each_profile_that_is_played_answers_as_foretold(self):
        pairs = contexts = 0
        for provider in self.names:
            directions = self.to(provider)
            if not directions:
                continue
            with played(provider) as (port, _):
                for one in directions:
                    if any(reason["fatal"] for reason in one["policies"]):
                        continue
                    with self.subTest(user=self.names[one["user"]], provider=provider):
                        self.assertEqual(other_than_foretold(one, port), [])
                        pairs += 1
                        contexts += len(one["contexts"])
        self.assertGreater(pairs, 100)
        self.assertGreater(contexts, 10_000)

    def test_who_may_not_call_is_refused_as_foretold(self):
        with products.scratch() as folder:
            strict = folder / "strict.xml"
            strict.write_text('<profile product="Strict" base="orthanc"><ae title="ORTHANC"><policy '
                              'name="checks-calling-ae-title" value="yes"/><policy name="calling-ae-titles" '
                              'value="FRIEND"/><policy name="checks-called-ae-title" value="yes"/></ae></profile>')
            match = matched("ct-scanner", strict)
            direction = next(one for one in match["directions"] if one["provider"] == 1)
            fatal = [one for one in direction["policies"] if one["fatal"]]
            self.assertEqual([one["clause"] for one in fatal], ["PS3.8 9.3.4"])
            self.assertIn("Enter CT_SCANNER as calling AE title", fatal[0]["change"])
            with played(strict) as (port, _):
                with self.assertRaises(associate.Refused) as refused:
                    other_than_foretold(direction, port)
                self.assertEqual(refused.exception.args, (1, 1, 3))
                self.assertEqual(other_than_foretold(direction, port, calling="FRIEND"), [])
                with self.assertRaises(associate.Refused) as refused:
                    other_than_foretold(direction, port, called="NOBODY", calling="FRIEND")
                self.assertEqual(refused.exception.args, (1, 1, 7))

    def test_our_own_devices_answer_as_their_profiles_say(self):
        with products.scratch() as folder:
            for provider, device in (("assay-archive", ["archive"]), ("assay-ris", ["ris"]),
                                     ("assay-printer", ["printer", "--folder", folder / "pages"])):
                with serving(*device) as (port, _):
                    for one in self.to(provider):
                        with self.subTest(user=self.names[one["user"]], provider=provider):
                            self.assertEqual(other_than_foretold(one, port), [])

    def product(self, provider, port, called=None):
        """Every other product asks it: each presentation context is answered as foretold."""
        asked = 0
        for one in self.to(provider):
            with self.subTest(user=self.names[one["user"]], provider=provider):
                self.assertEqual(other_than_foretold(one, port, called, "ASSAY", whole=True), [])
                asked += len(one["contexts"])
        self.assertGreater(asked, 100)

    def test_dcmtk_answers_as_its_profiles_say(self):
        products.need("storescp", "dcmqrscp", "wlmscpfs")
        scripts = pathlib.Path(__file__).parent
        with products.scratch() as folder:
            for provider, title, command in (
                    ("dcmtk-storescp", "STORESCP", ["storescp", "-od", str(folder), "{port}"]),
                    ("dcmtk-dcmqrscp", "ASSAY-QR", ["sh", str(scripts / "start_dcmqrscp.sh"), str(folder), "{port}", "ASSAY-QR"]),
                    ("dcmtk-wlmscpfs", "WLM", ["sh", str(scripts / "start_wlmscpfs.sh"), str(folder), "{port}", "WLM"])):
                port = products.free_port()
                with products.server([one.format(port=port) for one in command], port, folder / f"{provider}.log"):
                    self.product(provider, port, title)

    def test_orthanc_answers_as_its_profile_says(self):
        products.need("Orthanc")
        with products.scratch() as folder, orthanc.orthanc(folder, DicomCheckCalledAet=False, DicomThreadsCount=4) as (port, _):
            self.product("orthanc", port)


class Played(unittest.TestCase):
    def test_what_cannot_be_played_is_said_at_the_start(self):
        with subprocess.Popen([products.ASSAY, "serve", "--as", "workstation", "--port", "0"], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, start_new_session=True) as process:
            said = ""
            while "the AE WS_QUERY" not in said:
                line = process.stdout.readline()
                self.assertTrue(line, said)
                said += line
            products.end(process)
        self.assertIn("as WS_STORE", said)
        self.assertIn("played as Workstation 1.0", said)
        self.assertIn("at most 8 associations; called titles: WS_STORE", said)
        self.assertIn("not played: TLS: give --tls-cert", said)

    def test_a_profile_that_serves_nothing_or_contradicts_itself_is_not_played(self):
        code, _, err = run("serve", "--as", "assay-modality", "--port", "0")
        self.assertEqual(code, 2)
        self.assertIn("serves nothing as SCP", err)
        with products.scratch() as folder:
            wrong = folder / "wrong.xml"
            wrong.write_text('<profile product="P" version="1"><ae title="A">\n<service sop-class="1.2.3" scp="yes" '
                             'transfer="ImplicitVRLittleEndian"/></ae></profile>')
            code, out, err = run("serve", "--as", wrong, "--port", "0")
            self.assertEqual((code, out), (2, ""))
            self.assertIn("wrong.xml:2:21: '1.2.3' is no SOP Class", err)
        code, _, err = run("serve", "ris", "--as", "orthanc")
        self.assertEqual(code, 2)
        self.assertIn("leave 'ris' out", err)

    def test_limits_and_identity_are_those_of_the_profile(self):
        echo = [("1.2.840.10008.1.1", ["1.2.840.10008.1.2"])]
        with played("dcmtk-storescp") as (port, _), contextlib.ExitStack() as open_ones:
            def connect():
                return open_ones.enter_context(socket.create_connection(("127.0.0.1", port), timeout=30))

            said = associate.user_information(associate.ask(connect(), echo, "WHOEVER", "ME"))
            self.assertEqual(struct.unpack(">I", said[0x51])[0], 16384)
            self.assertEqual(said[0x52].rstrip(b"\0"), b"1.2.276.0.7230010.3.0.3.6.7")
            self.assertEqual(said[0x55], b"OFFIS_DCMTK_367")
            with self.assertRaises(associate.Refused) as refused:  # it serves one association at a time
                associate.ask(connect(), echo, "WHOEVER", "ME")
            self.assertEqual(refused.exception.args, (2, 3, 2))

    def test_queries_know_the_keys_of_the_profile_and_no_others(self):
        with products.scratch() as folder:
            few = folder / "few.xml"
            few.write_text('<profile product="Few keys" version="1"><ae title="FEW"><service sop-class="'
                           'StudyRootQueryRetrieveInformationModelFind" scp="yes" transfer="ImplicitVRLittleEndian"/>'
                           '<keys level="study"><key tag="PatientID" matching="single"/><key tag="PatientName" '
                           'matching="single"/><key tag="StudyInstanceUID" matching="single uid-list"/></keys></ae></profile>')
            with played(few) as (port, _), played("assay-archive") as (full, _):
                def ask(where, *keys):
                    options = [word for key in keys for word in ("-k", key)]
                    code, out, err = run("find", f"FEW@127.0.0.1:{where}", "--json", *options)
                    self.assertEqual(code, 0, err)
                    return json.loads(out)

                everything = len(ask(full, "PatientID", "StudyInstanceUID"))
                self.assertGreater(everything, 1)
                one = ask(full, "PatientID", "StudyInstanceUID")[0]
                wanted = one["00100020"]["Value"][0]
                self.assertLess(len(ask(port, f"PatientID={wanted}")), everything)
                # Wild cards of a key that is matched by single values alone, and a key that is not known.
                self.assertEqual(len(ask(port, "PatientID=ZZZ*")), everything)
                known = ask(port, "PatientID", "StudyDate=19000101", "StudyInstanceUID")
                self.assertEqual(len(known), everything)
                self.assertNotIn("00080020", known[0])
                self.assertEqual(len(ask(full, "PatientID=ZZZ*")), 0)

    def test_services_stand_behind_what_is_played(self):
        with products.scratch() as folder, played("archive-1995", "--ae-title", "ARCHIVE95") as (port, _):
            file = products.synthetic_file(folder)
            code, out, err = run("store", f"ARCHIVE95@127.0.0.1:{port}", file)
            self.assertEqual(code, 0, out + err)
            code, out, err = run("store", f"OTHER@127.0.0.1:{port}", file)
            self.assertNotEqual(code, 0)
            code, out, err = run("find", f"ARCHIVE95@127.0.0.1:{port}", "--model", "study", "-k", "PatientID")
            self.assertNotEqual(code, 0)  # Patient Root alone
            code, out, err = run("find", f"ARCHIVE95@127.0.0.1:{port}", "--model", "patient", "--level", "patient", "-k", "PatientID")
            self.assertEqual(code, 0, out + err)


class Words(unittest.TestCase):
    def test_a_pair_is_told_for_each_use_case_in_both_directions(self):
        code, out, err = run("match", "ct-scanner", "archive-1995")
        self.assertEqual((code, err), (1, ""))
        self.assertIn("CT scanner asks Archive of 1995", out)
        self.assertIn("Archive of 1995 asks CT scanner", out)
        self.assertRegex(out, r"~ store images +2 of \d SOP Classes|! store images +2 of \d SOP Classes")
        self.assertIn("Implicit VR Little Endian", out)
        self.assertRegex(out, r"✗ query\n")
        self.assertIn("both claim to query, but no SOP Class is the same", out)
        self.assertRegex(out, r"· worklist +asked for, not served")
        self.assertNotIn("\x1b", out)

    def test_exit_codes_and_bad_input(self):
        self.assertEqual(run("match", "assay-modality", "assay-ris")[0], 0)
        self.assertEqual(run("match", "orthanc")[0], 2)
        code, out, err = run("match", "orthanc", "no-such-profile")
        self.assertEqual((code, out), (2, ""))
        self.assertIn("no shipped profile of that name (there are: archive-1995", err)
        with products.scratch() as folder:
            (folder / "a.xml").write_text('<profile product="P" version="1"><ae title="A"><include href="f.xml"/></ae></profile>')
            (folder / "f.xml").write_text('<fragment>\n <include href="f.xml"/></fragment>')
            code, out, err = run("match", folder / "a.xml", "orthanc", "--html", folder / "m.html")
            self.assertEqual((code, out), (2, ""))
            self.assertRegex(err, r"f\.xml:2:\d+: include goes in a circle: .*f\.xml -> .*f\.xml")
            self.assertFalse((folder / "m.html").exists())

    def test_many_products_make_a_matrix(self):
        code, out, _ = run("match", "ct-scanner", "ultrasound", "workstation", "archive-1995", "assay-ris", "orthanc")
        self.assertEqual(code, 1)
        self.assertIn("Who asks (row) whom (column): V verify, S store", out)
        rows = re.findall(r"^   \d (.*)$", out, re.M)
        self.assertEqual(len(rows), 6)
        # The CT scanner verifies, stores to and asks Orthanc, and the RIS for its worklist.
        self.assertRegex(rows[0].split()[-1], r"^VSQM")
        self.assertIn("W", rows[0].split()[-2])

    def test_a_new_scanner_does_not_print_on_the_old_printer(self):
        """Before and after the scanner was replaced: what fails is foretold, shown on the wire, and put down to the change."""
        scanner = ('<profile product="Scanner" version="{}"><ae title="SCANNER"><service sop-class="{}" scu="yes" '
                   'transfer="ImplicitVRLittleEndian"/></ae></profile>')
        with products.scratch() as folder:
            for name, meta in (("old", "BasicGrayscalePrintManagementMeta"), ("new", "BasicColorPrintManagementMeta")):
                (folder / f"{name}.xml").write_text(scanner.format(name, meta))
            (folder / "printer.xml").write_text(
                '<profile product="Printer" version="1"><ae title="PRINTER"><service sop-class="BasicGrayscalePrintManagementMeta" '
                'scp="yes" transfer="ImplicitVRLittleEndian"/></ae></profile>')
            code, out, _ = run("match", folder / "old.xml", folder / "printer.xml")
            self.assertEqual(code, 0, out)
            code, out, _ = run("match", folder / "new.xml", folder / "printer.xml")
            self.assertEqual(code, 1, out)
            self.assertRegex(" ".join(out.split()), r"Scanner asks for Basic Color Print Management.*Printer serves Basic Grayscale Print Management")
            code, out, _ = run("learn", "--diff", folder / "old.xml", folder / "new.xml")
            self.assertEqual(code, 1, out)
            self.assertIn("sop-class/BasicGrayscalePrintManagementMeta/scu", out)
            self.assertIn("sop-class/BasicColorPrintManagementMeta/scu", out)
            image = products.synthetic_file(folder)
            with played(folder / "printer.xml", "--folder", folder / "pages") as (port, _):
                code, out, err = run("print", f"PRINTER@127.0.0.1:{port}", image)
                self.assertEqual(code, 0, out + err)
                code, out, err = run("print", f"PRINTER@127.0.0.1:{port}", image, "--color")
                self.assertEqual(code, 3, out + err)  # nothing that could be judged came about
                self.assertIn("does not accept Basic Color Print Management", err)

    def test_the_page_is_whole_and_needs_no_network(self):
        from html.parser import HTMLParser

        class Balanced(HTMLParser):
            depth, seen = [], set()

            def handle_starttag(self, tag, attrs):
                self.seen.add(tag)
                if tag not in ("meta", "br"):
                    self.depth.append(tag)

            def handle_endtag(self, tag):
                assert self.depth.pop() == tag, tag

        with products.scratch() as folder:
            self.assertEqual(run("match", "ct-scanner", "archive-1995", "orthanc", "--html", folder / "m.html")[0], 1)
            text = (folder / "m.html").read_text(encoding="utf-8")
            parser = Balanced()
            parser.feed(text)
            self.assertEqual(parser.depth, [])
            self.assertLessEqual({"table", "details", "summary", "h2"}, parser.seen)
            self.assertNotRegex(text, r"(src|href)=\"(https?:|//)")
            self.assertIn("Archive of 1995", text)

    def test_keys_that_are_needed_and_not_known_are_red(self):
        with products.scratch() as folder:
            for name, scheme in (("a", "a"), ("e", "e")):
                (folder / f"{name}.xml").write_text(
                    f'<profile product="Archive {name}" version="1"><ae title="{name.upper()}"><service sop-class="'
                    'StudyRootQueryRetrieveInformationModelFind" scp="yes" transfer="ImplicitVRLittleEndian"/><keys '
                    f'level="study"><include href="{products.ROOT}/conformance/profiles/fragments/query-keys-{scheme}.xml"/>'
                    '</keys></ae></profile>')
            (folder / "asks.xml").write_text(
                '<profile product="Viewer" version="1"><ae title="V"><service sop-class="'
                'StudyRootQueryRetrieveInformationModelFind" scu="yes" transfer="ImplicitVRLittleEndian"/><keys level="study" '
                'role="scu"><key tag="ModalitiesInStudy" matching="single" needed="yes"/><key tag="PatientBirthDate" '
                'matching="single"/></keys></ae></profile>')
            self.assertEqual(run("match", folder / "asks.xml", folder / "a.xml")[0], 0)
            code, out, _ = run("match", folder / "asks.xml", folder / "e.xml")
            self.assertEqual(code, 1)
            self.assertIn("Viewer wants ModalitiesInStudy at the level study, Archive e does not know that key", " ".join(out.split()))
            self.assertIn("An optional key that is not supported must not fail the query", " ".join(out.split()))


if __name__ == "__main__":
    unittest.main()
