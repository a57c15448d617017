"""`assay learn` against DCMTK's dcmqrscp, wlmscpfs and storescp, Orthanc and Assay's own archive, each in several
configurations: what is learned equals the configuration in the fields that the configuration decides. Statements held
against devices, two versions held against each other, bad input.

Quick: a few configurations each, --quick. ASSAY_LONG=1: more of them, every transfer syntax."""

import contextlib
import json
import re
import signal
import socket
import socketserver
import subprocess
import threading
import time
import unittest
import xml.etree.ElementTree as ET

import orthanc
import products
from products import LONG

IMPLICIT, EXPLICIT, BIG = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.2"
JPEG, LOSSLESS, RLE = "1.2.840.10008.1.2.4.50", "1.2.840.10008.1.2.4.70", "1.2.840.10008.1.2.5"
CT, MR = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4"
STUDY_FIND, PATIENT_FIND = "1.2.840.10008.5.1.4.1.2.2.1", "1.2.840.10008.5.1.4.1.2.1.1"
WORKLIST = "1.2.840.10008.5.1.4.31"


def learn(target, folder, *more, called=None, full=False, limit=560):
    """Exit code, JSON, standard error, and the profile, which must load."""
    profile = folder / "learned.xml"
    titles = ["--called-ae", called] if called else []
    code, out, err = products.assay("learn", target, *titles, *([] if full or LONG else ["--quick"]), "--out", profile,
                                    "--timeout", "3s", "--json", *more, limit=limit)
    return code, json.loads(out) if out.startswith("{") else out, err, profile


def policy(report, name):
    return report["policies"].get(name, {}).get("value")


def service(report, uid, role="scp"):
    """Its transfer syntaxes: of its own entry, else of that for every Storage SOP Class."""
    every = "1.2.840.10008.5.1.4.1.1.*"
    for wanted in (uid, every) if uid.startswith(every[:-1]) else (uid,):
        for one in report["services"]:
            if one["sop_class"] == wanted and one["role"] == role:
                return one["transfer_syntaxes"]
    return None


def key(report, level, name):
    for one in report["keys"]:
        if one["level"] == level and one["key"] == name:
            return one
    return None


@contextlib.contextmanager
def dcmqrscp(folder, title="QRSCP", pdu=16384, associations=16, peers="ANY", access="RW", options=()):
    port = products.free_port()
    (folder / "area").mkdir(exist_ok=True)
    config = folder / "dcmqrscp.cfg"
    config.write_text(f"""NetworkTCPPort  = {port}
MaxPDUSize      = {pdu}
MaxAssociations = {associations}
HostTable BEGIN
known = (KNOWN, {socket.getfqdn("127.0.0.1")}, 11199)
HostTable END
VendorTable BEGIN
VendorTable END
AETable BEGIN
{title} {folder}/area {access} (200, 1024mb) {peers}
AETable END
""")
    with products.server(["dcmqrscp", *options, "-ta", "20", "-td", "20", "-c", str(config), str(port)], port,
                         folder / "dcmqrscp.log"):
        yield f"127.0.0.1:{port}"


@contextlib.contextmanager
def storescp(folder, *options):
    port = products.free_port()
    with products.server(["storescp", "-od", str(folder), *options, str(port)], port, folder / "storescp.log"):
        yield f"127.0.0.1:{port}"


WORKLIST_DUMP = """
(0008,0005) CS [ISO_IR 100]
(0008,0050) SH [ACC{n}]
(0010,0010) PN [WORKLIST^{name}]
(0010,0020) LO [WL-{n}]
(0010,0030) DA [19700102]
(0010,0040) CS [F]
(0020,000d) UI [1.2.826.0.1.3680043.10.999.66.{n}]
(0032,1060) LO [PROCEDURE {n}]
(0040,0100) SQ
(fffe,e000) -
(0008,0060) CS [{modality}]
(0040,0001) AE [STATION{n}]
(0040,0002) DA [2026010{n}]
(0040,0003) TM [101500]
(0040,0006) PN [PERFORMER^{name}]
(0040,0007) LO [STEP {n}]
(0040,0009) SH [SPS{n}]
(fffe,e00d) -
(fffe,e0dd) -
(0040,1001) SH [RP{n}]
"""


@contextlib.contextmanager
def wlmscpfs(folder, title="WLM", items=True, options=()):
    port = products.free_port()
    area = folder / "wlm" / title
    area.mkdir(parents=True)
    (area / "lockfile").write_text("")
    for n, (name, modality) in enumerate((("ANNA", "CT"), ("BERTA", "MR"), ("CARLA", "US")), 1):
        if not items:
            break
        dump = folder / f"item{n}.dump"
        dump.write_text(WORKLIST_DUMP.format(n=n, name=name, modality=modality))
        subprocess.run(["dump2dcm", "-q", str(dump), str(area / f"item{n}.wl")], check=True)
    with products.server(["wlmscpfs", *options, "-ta", "20", "-td", "20", "-dfp", str(folder / "wlm"), str(port)], port,
                         folder / "wlmscpfs.log"):
        yield f"127.0.0.1:{port}"


@contextlib.contextmanager
def archive(folder, *options, title="ARCHIVE"):
    port = products.free_port()
    with products.server([products.ASSAY, "serve", "archive", "--port", str(port), "--ae-title", title, "--quiet",
                          "--no-judging", *map(str, options)], port, folder / "archive.log"):
        yield f"127.0.0.1:{port}"


class Relay:
    """Passes connections on to a device; after so many it takes them and says nothing, or does not listen any more."""

    def __init__(self, target, passes, then="silent"):
        host, port = target.split(":")
        self.to, self.passes, self.then = (host, int(port)), passes, then
        self.silent = threading.Event()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=100)
        self.target = f"127.0.0.1:{self.listener.getsockname()[1]}"
        self.open = []

    def __enter__(self):
        self.thread = threading.Thread(target=self.serve)
        self.thread.start()
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.thread.join()
        for one in self.open:
            one.close()

    def serve(self):
        count = 0
        while True:
            try:
                here, _ = self.listener.accept()
            except OSError:
                return
            self.open.append(here)
            count += 1
            if count <= self.passes:
                there = socket.create_connection(self.to)
                self.open.append(there)
                for one, other in ((here, there), (there, here)):
                    threading.Thread(target=self.pump, args=(one, other), daemon=True).start()
            elif self.then == "gone":
                here.close()
                self.listener.close()
                return
            else:
                self.silent.set()

    @staticmethod
    def pump(one, other):
        with contextlib.suppress(OSError):
            while data := one.recv(65536):
                other.sendall(data)
        with contextlib.suppress(OSError):
            other.shutdown(socket.SHUT_WR)


class Busy(Relay):
    """Refuses the first queries for the moment (A-ASSOCIATE-RJ 2/3/2), and passes on whatever else it is asked."""

    def __init__(self, target, refusals):
        super().__init__(target, 0)
        self.refusals, self.refused = refusals, 0

    def serve(self):
        while True:
            try:
                here, _ = self.listener.accept()
            except OSError:
                return
            self.open.append(here)
            first = here.recv(65536)
            contexts = [at for at in range(74, len(first) - 4) if first[at:at + 2] == b"\x20\0" and first[at + 4] % 2]
            if STUDY_FIND.encode() in first and b"1.2.840.10008.1.1" + bytes(1) not in first and len(
                    first) < 400 and contexts and self.refused < self.refusals:
                self.refused += 1
                here.sendall(bytes((3, 0, 0, 0, 0, 4, 0, 2, 3, 2)))
                continue
            there = socket.create_connection(self.to)
            self.open.append(there)
            there.sendall(first)
            for one, other in ((here, there), (there, here)):
                threading.Thread(target=self.pump, args=(one, other), daemon=True).start()


class Learns(unittest.TestCase):
    maxDiff = None

    def learned(self, target, folder, *more, code=0, **options):
        got, report, err, profile = learn(target, folder, *more, **options)
        self.assertEqual(got, code, f"{report}\n{err}")
        self.loads(profile)
        if LONG:
            self.passes(target, folder, profile, more)
        return report

    def passes(self, target, folder, profile, more):
        """Certify finds nothing in it that another look contradicts; certify_test.py has the quick ones."""
        kept = [word for i, word in enumerate(more) if word in ("--slow", "--may-store") or
                {word, more[i - 1]} & {"--calling-ae", "--associations", "--longest"}]
        # dcmqrscp refuses for a moment while its ended children are not reaped: what one look misses, the next one sees.
        for _ in range(3):
            code, out, err = products.assay("certify", profile, "--target", target, "--no-cases", "--unattended", "--json",
                                            "--timeout", "3s", "--out", folder / "certificate", *kept)
            self.assertIn(code, (0, 1), err)
            untrue = [one for one in json.loads(out)["claims"] if one["standing"] == "contradicted"]
            if not untrue:
                return
        self.fail(json.dumps(untrue, indent=1)[:4000])

    def loads(self, profile):
        """Held against itself a profile that loads has no difference."""
        code, out, err = products.assay("learn", "--diff", profile, profile)
        self.assertEqual((code, err), (0, ""), out)
        self.assertIn("0 gone, 0 changed, 0 added", out)


class Dcmqrscp(Learns):
    def setUp(self):
        products.need("dcmqrscp")

    def test_limits_and_titles_are_those_of_the_configuration(self):
        configurations = [dict(pdu=16384, associations=4, peers="ANY"), dict(pdu=32768, associations=9, peers="ANY")]
        if LONG:
            configurations += [dict(pdu=65536, associations=2, peers="ANY", title="OTHER"),
                               dict(pdu=16384, associations=16, peers="known"),
                               dict(pdu=16384, associations=6, access="R")]
        for one in configurations:
            with self.subTest(**one), products.scratch() as folder, dcmqrscp(folder, **one) as target:
                title = one.get("title", "QRSCP")
                more = ["--calling-ae", "KNOWN"] if one.get("peers") == "known" else []
                report = self.learned(target, folder, "--no-keys", *more, called=title)
                self.assertEqual(policy(report, "maximum-length"), str(one["pdu"]))
                self.assertEqual(policy(report, "maximum-associations"), str(one["associations"]))
                self.assertEqual(policy(report, "checks-called-ae-title"), "yes")
                self.assertEqual(policy(report, "called-ae-titles"), title)
                self.assertEqual(policy(report, "implementation-class-uid"), "1.2.276.0.7230010.3.0.3.6.7")
                self.assertEqual(policy(report, "implementation-version-name"), "OFFIS_DCMTK_367")
                self.assertEqual(policy(report, "transfer-syntax-choice"), "own-order")
                self.assertEqual(policy(report, "operations-performed"), "1")
                # What may only be read takes nothing.
                stores = None if one.get("access") == "R" else [EXPLICIT, BIG, IMPLICIT]
                self.assertEqual(service(report, CT), stores)
                self.assertEqual(service(report, STUDY_FIND), [EXPLICIT, BIG, IMPLICIT])

    def test_the_options_that_choose_transfer_syntaxes_show(self):
        cases = {"+xi": [IMPLICIT], "+xs": None} if LONG else {"+xi": [IMPLICIT]}
        for option, expected in cases.items():
            with self.subTest(option), products.scratch() as folder, dcmqrscp(folder, options=[option]) as target:
                report = self.learned(target, folder, "--no-keys", "--associations", 2, called="QRSCP")
                if expected:
                    self.assertEqual(service(report, CT), expected)
                else:
                    self.assertEqual(service(report, CT)[0], LOSSLESS)

    def test_an_empty_archive_leaves_its_keys_open_until_something_may_be_stored(self):
        with products.scratch() as folder, dcmqrscp(folder) as target:
            report = self.learned(target, folder, "--associations", 2, called="QRSCP")
            self.assertEqual(report["keys"], [])
            self.assertIn("key/study", [one["claim"] for one in report["unknown"]])
            self.assertIn("--may-store", " ".join(report["remarks"]))
            report = self.learned(target, folder, "--associations", 2, "--may-store", called="QRSCP")
            self.assertIn("synthetic objects were stored", " ".join(report["remarks"]))
            self.assertEqual(key(report, "study", "PatientName")["matching"], ["single", "wildcard"])
            self.assertEqual(key(report, "study", "PatientName")["case_sensitive"], True)
            self.assertEqual(key(report, "study", "StudyDate")["matching"], ["single", "range"])
            self.assertEqual(key(report, "study", "StudyInstanceUID")["matching"], ["single", "uid-list"])
            self.assertEqual(key(report, "series", "Modality")["matching"], ["single", "wildcard"])
            self.assertEqual(policy(report, "move-destinations"), "configured")
            if not LONG:
                return
            # Once there is something, no permission is needed.
            again = self.learned(target, folder, "--associations", 2, called="QRSCP")
            self.assertEqual(again["keys"], report["keys"])
            self.assertEqual(again["remarks"], [])

    def test_what_was_learned_is_confirmed_by_the_next_look(self):
        with products.scratch() as folder, dcmqrscp(folder) as target:
            self.learned(target, folder, "--associations", 2, "--may-store", called="QRSCP")
            code, out, err = products.assay("learn", target, "--diff", folder / "learned.xml", "--quick", "--timeout",
                                            "3s", "--associations", 2, "--json")
            report = json.loads(out)["diff"]
            self.assertEqual(code, 0, err)
            self.assertGreater(report["confirmed"], 300)
            # Whether a C-CANCEL comes before the last of a few matches is a race.
            self.assertEqual([one for one in report["claims"] if one["standing"] in ("contradicted", "undeclared")
                              and "cancel" not in one["text"].lower()], [])

    def test_the_shipped_statement_is_held_against_the_product(self):
        with products.scratch() as folder, dcmqrscp(folder, title="ASSAY-QR") as target:
            code, out, err = products.assay("learn", target, "--diff", "dcmtk-dcmqrscp", "--quick", "--may-store",
                                            "--timeout", "3s", "--json")
            claims = {one["id"]: one for one in json.loads(out)["diff"]["claims"]}
            for id in ("policy/maximum-length", "policy/maximum-associations", "policy/implementation-class-uid",
                       "policy/checks-called-ae-title", "sop-class/Verification/scp", "key/study/PatientName/wildcard",
                       "key/study/StudyDate/range", "ae-title"):
                self.assertEqual(claims[id]["standing"], "confirmed", claims[id])
            contradicted = [one for one in claims.values() if one["standing"] == "contradicted"]
            self.assertEqual(code, 1 if contradicted else 0, err)


class Storescp(Learns):
    def setUp(self):
        products.need("storescp")

    def test_options_show_in_what_is_learned(self):
        configurations = [
            (["--max-pdu", "4096"], dict(pdu="4096", ct=[EXPLICIT, BIG, IMPLICIT])),
            (["+xi", "--fork"], dict(ct=[IMPLICIT])),
        ]
        if LONG:
            configurations += [
                (["+xs", "--fork"], dict(first=LOSSLESS)),
                (["+xr", "--fork"], dict(first=RLE)),
                (["+xb", "--fork"], dict(first=BIG)),
                (["+xa", "--fork"], dict(most=20)),
                (["--max-pdu", "131072", "--fork"], dict(pdu="131072")),
                (["--promiscuous", "--fork"], dict(any_class=True)),
            ]
        for options, expected in configurations:
            with self.subTest(options), products.scratch() as folder, storescp(folder, *options) as target:
                report = self.learned(target, folder, "--associations", 12)
                self.assertEqual(policy(report, "maximum-length"), expected.get("pdu", "16384"))
                # One process serves one association; a child for each serves as many as there are.
                self.assertEqual(policy(report, "maximum-associations"), None if "--fork" in options else "1")
                self.assertEqual(policy(report, "checks-called-ae-title"), "no")
                self.assertIsNone(service(report, STUDY_FIND))
                self.assertEqual(report["any_sop_class"], expected.get("any_class", False))
                if "ct" in expected:
                    self.assertEqual(service(report, CT), expected["ct"])
                if "first" in expected:
                    self.assertEqual(service(report, CT)[0], expected["first"])
                if "most" in expected:
                    self.assertGreater(len(service(report, CT)), expected["most"])


class Wlmscpfs(Learns):
    def setUp(self):
        products.need("wlmscpfs", "dump2dcm")

    def test_a_worklist_with_items_shows_its_keys(self):
        with products.scratch() as folder, wlmscpfs(folder) as target:
            report = self.learned(target, folder, "--associations", 3, called="WLM")
            self.assertEqual(service(report, WORKLIST), [EXPLICIT, BIG, IMPLICIT])
            self.assertIsNone(service(report, CT))
            self.assertEqual(policy(report, "checks-called-ae-title"), "yes")
            for name in ("ScheduledStationAETitle", "Modality", "PatientName"):
                self.assertIn("single", key(report, "worklist", name)["matching"], name)
            self.assertIn("range", key(report, "worklist", "ScheduledProcedureStepStartDate")["matching"])
            self.assertEqual(key(report, "worklist", "ScheduledProcedureStepSequence")["matching"], ["sequence"])

    def test_an_empty_worklist_says_so(self):
        with products.scratch() as folder, wlmscpfs(folder, items=False, options=["-pdu", "8192"]) as target:
            report = self.learned(target, folder, "--associations", 3, called="WLM")
            self.assertEqual(policy(report, "maximum-length"), "8192")
            self.assertEqual(report["keys"], [])
            self.assertIn("key/worklist", [one["claim"] for one in report["unknown"]])


class Orthanc(Learns):
    def setUp(self):
        products.need("Orthanc")

    def test_its_configuration_shows(self):
        configurations = [
            (dict(AcceptedTransferSyntaxes=[IMPLICIT, EXPLICIT], DicomCheckCalledAet=True, MaximumPduLength=32768),
             dict(called="yes", syntaxes={IMPLICIT, EXPLICIT}, pdu="32768")),
            (dict(AcceptedTransferSyntaxes=[IMPLICIT, EXPLICIT, JPEG, RLE], DicomCheckCalledAet=False,
                  UnknownSopClassAccepted=True),
             dict(called="no", syntaxes={IMPLICIT, EXPLICIT, JPEG, RLE}, any_class=True)),
        ]
        if LONG:
            configurations.append((dict(DicomCheckCalledAet=True, AcceptedTransferSyntaxes=["1.2.840.10008.1.2.*"]),
                                   dict(called="yes", more_than=20)))
        for changes, expected in configurations:
            with self.subTest(**changes), products.scratch() as folder, \
                    orthanc.orthanc(folder, DicomScpTimeout=30, **changes) as (port, _):
                report = self.learned(f"127.0.0.1:{port}", folder, "--associations", 3, "--may-store", called="ORTHANC")
                self.assertEqual(policy(report, "checks-called-ae-title"), expected["called"])
                if "syntaxes" in expected:
                    self.assertEqual(set(service(report, CT)), expected["syntaxes"])
                if "more_than" in expected:
                    self.assertGreater(len(service(report, CT)), expected["more_than"])
                if "pdu" in expected:
                    self.assertEqual(policy(report, "maximum-length"), expected["pdu"])
                self.assertEqual(report["any_sop_class"], expected.get("any_class", False))
                self.assertIn("single", key(report, "study", "PatientName")["matching"])
                self.assertEqual(policy(report, "implementation-class-uid"), "1.2.276.0.7230010.3.0.3.6.7")


class OwnArchive(Learns):
    def test_its_options_show(self):
        configurations = [
            (["--check-called", "--max-associations", 5, "--window", "4:2"],
             dict(called="yes", associations="5", performed="4", invoked="2")),
            (["--sop-class", "CTImageStorage", "--sop-class", "MRImageStorage"], dict(only=[CT, MR])),
        ]
        if LONG:
            configurations += [(["--max-associations", 1], dict(associations="1")),
                               (["--window", "0"], dict(performed="0"))]
        for options, expected in configurations:
            with self.subTest(options), products.scratch() as folder, archive(folder, *options) as target:
                report = self.learned(target, folder, "--associations", 12, called="ARCHIVE")
                self.assertEqual(policy(report, "checks-called-ae-title"), expected.get("called", "no"))
                self.assertEqual(policy(report, "maximum-associations"), expected.get("associations"))
                self.assertEqual(policy(report, "operations-performed"), expected.get("performed", "1"))
                self.assertEqual(policy(report, "operations-invoked"), expected.get("invoked", "1"))
                storage = [one["sop_class"] for one in report["services"]
                           if one["role"] == "scp" and one["sop_class"].startswith("1.2.840.10008.5.1.4.1.1.")]
                if "only" in expected:
                    self.assertEqual(sorted(storage), sorted(expected["only"]))
                else:
                    self.assertIn("1.2.840.10008.5.1.4.1.1.*", storage)
                self.assertEqual(key(report, "study", "PatientName")["matching"], ["single", "wildcard"])
                self.assertEqual(key(report, "study", "PatientName")["case_sensitive"], False)
                self.assertEqual(policy(report, "relational-queries"), "yes")
                statuses = {one["status"] for one in report["statuses"]}
                self.assertLessEqual({"0000", "FF00", "A900", "A801"}, statuses)

    def test_queries_that_are_refused_for_the_moment_are_made_again(self):
        with products.scratch() as folder, archive(folder) as target:
            plain = self.learned(target, folder, "--associations", 2, called="ARCHIVE")
            with Busy(target, 3) as busy:
                again = self.learned(busy.target, folder, "--associations", 2, called="ARCHIVE")
            self.assertEqual(busy.refused, 3)
            self.assertGreater(len(plain["keys"]), 20)
            self.assertEqual(again["keys"], plain["keys"])
            self.assertEqual(again["remarks"], plain["remarks"])

    def test_timers_are_measured_when_asked_for(self):
        with products.scratch() as folder, archive(folder, "--artim", "2s", "--idle-timeout", "3s") as target:
            report = self.learned(target, folder, "--slow", "--longest", "10s", "--no-keys", "--associations", 2)
            self.assertEqual(policy(report, "artim"), "2s")
            self.assertEqual(policy(report, "idle-timeout"), "3s")

    def test_ctrl_c_keeps_what_was_finished(self):
        with products.scratch() as folder, archive(folder) as target, Relay(target, passes=30) as relay:
            profile = folder / "learned.xml"
            process = subprocess.Popen([products.ASSAY, "learn", relay.target, "--out", str(profile), "--quick",
                                        "--timeout", "2s", "--json"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                       text=True)
            self.assertTrue(relay.silent.wait(60))
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 130, out + err)
            self.loads(profile)
            report = json.loads(out)
            self.assertTrue(report["interrupted"])
            self.assertTrue(report["services"] or report["refused"])
            self.assertTrue(report["unknown"])

    def test_a_device_that_goes_away_is_reported_as_far_as_it_is_known(self):
        with products.scratch() as folder, archive(folder) as target, Relay(target, passes=30, then="gone") as relay:
            code, report, err, profile = learn(relay.target, folder)
            self.assertEqual(code, 3, err)
            self.assertIn("stopped answering", err)
            self.loads(profile)

    def test_the_statement_for_people_has_its_tables(self):
        with products.scratch() as folder, archive(folder) as target:
            page = folder / "archive.html"
            self.learned(target, folder, "--html", page, "--associations", 3, called="ARCHIVE")
            html = page.read_text(encoding="utf-8")
            for words in ("Overview of network services", "Association policies", "Every Storage SOP Class",
                          "Query keys", "What stays unknown", "Statuses seen"):
                self.assertIn(words, html)
            self.assertNotIn("<script", html)
            self.assertNotIn("http://", html)
            ET.fromstring(html.replace("<!doctype html>", "").replace('<meta charset="utf-8">', "")
                          .replace('<meta name="viewport" content="width=device-width">', "").replace("<br>", "<br/>"))

    def test_a_statement_with_one_wrong_claim_is_contradicted_there_and_nowhere_else(self):
        with products.scratch() as folder, archive(folder, "--check-called") as target:
            self.learned(target, folder, "--associations", 3, called="ARCHIVE")
            text = (folder / "learned.xml").read_text()
            wrong = folder / "wrong.xml"
            changed = text.replace('name="operations-performed" value="1"', 'name="operations-performed" value="7"')
            self.assertNotEqual(text, changed)
            wrong.write_text(changed)
            code, out, err = products.assay("learn", target, "--diff", wrong, "--quick", "--associations", 3, "--json")
            self.assertEqual(code, 1, err)
            contradicted = [one["id"] for one in json.loads(out)["diff"]["claims"] if one["standing"] == "contradicted"]
            self.assertEqual(contradicted, ["policy/operations-performed"])
            code, out, err = products.assay("learn", "--diff", folder / "learned.xml", wrong)
            self.assertEqual(code, 1, err)
            self.assertIn("changed  policy/operations-performed", out)
            self.assertIn("0 gone, 1 changed, 0 added", out)


class Played(Learns):
    def test_a_played_profile_is_confirmed_by_whoever_asks_it(self):
        names = ["orthanc", "dcmtk-wlmscpfs"]
        if LONG:
            names += ["assay-archive", "dcmtk-storescp", "workstation"]
        for name in names:
            port = products.free_port()
            with self.subTest(name), products.scratch() as folder, products.server(
                    [products.ASSAY, "serve", "--as", name, "--port", str(port), "--quiet"], port, folder / "played.log"):
                code, report, err, profile = learn(f"127.0.0.1:{port}", folder, "--diff", name)
                # What it does not play is said at the start.
                said = re.findall(r"not played: keys that Assay's archive does not have there: (.*)",
                                  (folder / "played.log").read_text())
                absent = tuple("key/{1}/{0}/".format(*one.split(" at ")) for one in (said[0].split(", ") if said else ()))
                self.assertEqual(bool(absent), name == "orthanc")
                contradicted = [one["id"] for one in report["diff"]["claims"] if one["standing"] == "contradicted" and not
                                (absent and one["id"].startswith(absent))]
                self.assertEqual(contradicted, [], err)
                self.assertEqual(code, 1 if absent else 0)
                self.assertGreater(report["diff"]["confirmed"], 10)
                self.loads(profile)


class Web(socketserver.BaseRequestHandler):
    """What web servers say to bytes that are no request."""

    def handle(self):
        self.request.recv(1024)
        self.request.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n")


class BadInput(unittest.TestCase):
    def learn(self, *arguments):
        return products.assay("learn", *arguments)

    def test_a_target_that_cannot_be_reached_is_told(self):
        code, out, err = self.learn("no-such-host.invalid:104", "--timeout", "3s")
        self.assertEqual(code, 3, err)
        self.assertIn("no-such-host.invalid", err)
        code, out, err = self.learn(f"127.0.0.1:{products.free_port()}")
        self.assertEqual(code, 3, err)
        self.assertIn("refuses connections", err)
        self.assertEqual(self.learn("127.0.0.1")[0], 2)
        self.assertEqual(self.learn()[0], 2)

    def test_a_web_server_is_recognised(self):
        server = socketserver.TCPServer(("127.0.0.1", 0), Web)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            code, out, err = self.learn(f"127.0.0.1:{server.server_address[1]}", "--timeout", "3s")
        finally:
            server.shutdown()
            thread.join()
            server.server_close()
        self.assertEqual(code, 3, out + err)
        self.assertIn("HTTP", err)

    def test_a_silent_target_is_given_up(self):
        with socket.socket() as silent:
            silent.bind(("127.0.0.1", 0))
            silent.listen()
            began = time.monotonic()
            code, out, err = self.learn(f"127.0.0.1:{silent.getsockname()[1]}", "--timeout", "1s")
            self.assertEqual(code, 3, out + err)
            self.assertIn("does not answer", err)
            self.assertLess(time.monotonic() - began, 10)

    def test_files_that_are_no_statements_are_named_before_anything_is_sent(self):
        with products.scratch() as folder:
            broken = folder / "broken.xml"
            broken.write_text("<profile product='p' version='1'>\n<ae title='A'><service sop-class='NoSuchClass' scp='yes' "
                              "transfer='ImplicitVRLittleEndian'/></ae></profile>")
            code, out, err = self.learn("127.0.0.1:1", "--diff", broken)
            self.assertEqual(code, 2)
            self.assertRegex(err, r"broken\.xml:2:\d+: .*NoSuchClass")
            self.assertEqual(self.learn("127.0.0.1:1", "--diff", folder / "absent.xml")[0], 2)
            self.assertEqual(self.learn("--diff", "orthanc")[0], 2)
            self.assertEqual(self.learn("--diff", "orthanc", broken)[0], 2)
            self.assertEqual(self.learn("127.0.0.1:1", "--diff", "orthanc", "orthanc")[0], 2)
            code, out, err = self.learn("127.0.0.1:1", "--out", folder / "no" / "such" / "folder.xml")
            self.assertEqual(code, 2)
            self.assertEqual(self.learn("127.0.0.1:1", "--timeout", "soon")[0], 2)

    def test_a_wrong_title_is_told_with_what_to_do(self):
        with products.scratch() as folder, archive(folder, "--check-called") as target:
            code, out, err = self.learn(target, "--called-ae", "WRONG")
            self.assertEqual(code, 3, out)
            self.assertIn("1/1/7" if "1/1/7" in err else "called-AE-title", err)
            self.assertIn("assay diagnose", err)


if __name__ == "__main__":
    unittest.main()
