"""`assay certify` against DCMTK's servers, Orthanc and Assay's own archive: statements that are true are confirmed, each
falsified one is contradicted at the claim that was changed and nowhere else, and a record judges without the device.

Quick: 150 falsifications and more judged from one record of dcmqrscp, one of them live; the shipped statements of
DCMTK's servers, Orthanc and the archive with a few cases, and by the record of each what learn writes, true and
falsified. ASSAY_LONG=1: every falsification, ten of them live; all cases."""

import contextlib
import json
import os
import pty
import signal
import subprocess
import threading
import time
import unittest

import learn_test
import orthanc
import products
import statement_objects
from falsify import Falsifier
from products import LONG

QUIET = ("--unattended", "--timeout", "3s", "--json")


def certify(profile, out, *more, limit=900):
    """Exit code, certificate.json, standard error."""
    code, said, err = products.assay("certify", profile, "--out", out, *QUIET, *more, limit=limit)
    return code, json.loads(said) if said.startswith("{") else said, err


def standings(certificate):
    return {one["id"]: one["standing"] for one in certificate["claims"]}


class Certifies(unittest.TestCase):
    maxDiff = None

    def record(self, target, folder, *more, called=None):
        """A statement that is true, learned from the device itself, and its record."""
        titles = ["--called-ae", called] if called else []
        # dcmqrscp refuses for a moment while its ended children are not reaped: what one look then misses, the other sees.
        for _ in range(3):
            certificate = self.one_record(target, folder, titles, more)
            if certificate["counts"]["contradicted"] + certificate["counts"]["undeclared"] == 0:
                break
        return certificate

    def one_record(self, target, folder, titles, more):
        code, _, err = products.assay("learn", target, "--quick", "--may-store", "--timeout", "3s", "--out",
                                      folder / "true.xml", "--associations", 20, "--json", *titles)
        self.assertEqual(code, 0, err)
        code, certificate, err = certify(folder / "true.xml", folder / "first", "--target", target, "--quick", "--no-cases",
                                         "--associations", 20, *titles, *more)
        self.assertIn(code, (0, 1), f"{err}\n{certificate}")
        return certificate

    def hold(self, base, certificate, about):
        """The changed claim is found untrue; what has nothing to do with it stands as before."""
        before, after = standings(base), standings(certificate)
        found = {id for id, standing in after.items() if standing in ("contradicted", "undeclared")}
        concerned = lambda id: any(id.startswith(part) for part in about)  # noqa: E731
        hit = {id for id in found if concerned(id) and before.get(id) != after[id]}
        stray = {id for id in found if not concerned(id) and before.get(id) != after[id]}
        moved = {id: (before[id], after.get(id)) for id in before if not concerned(id) and after.get(id) != before[id]}
        return bool(hit), stray, moved

    def judged(self, base, untrue, folder, record, live=None):
        """Judges untrue statements from a record: how many of each kind, those that were not found at their place.
        `live` judges some of them again by asking the device: (how many, arguments)."""
        kinds, missed, asked = {}, [], 0
        for one in untrue:
            near = one.about[0].rsplit("/", 1)[0] + "/" if one.about[0].startswith("key/") else one.about[0]
            if "not tested" in {standing for id, standing in standings(base).items() if id.startswith(near)}:
                continue  # it could not be seen (a busy dcmqrscp refuses; C-CANCEL may come too late): nobody can tell
            (folder / "false.xml").write_text(one.text)
            code, certificate, err = certify(folder / "false.xml", folder / "again", "--record", record)
            if code == 2:
                continue  # it contradicts itself, and is refused
            self.assertIn(code, (0, 1), err)
            kinds[one.kind] = kinds.get(one.kind, 0) + 1
            hit, stray, moved = self.hold(base, certificate, one.about)
            if not hit or stray or moved:
                missed.append((one.what, one.about, hit, sorted(stray)[:4], dict(list(moved.items())[:4])))
            if live and sum(kinds.values()) % 40 == 7 and asked < live[0]:
                asked += 1
                _, at_once, err = certify(folder / "false.xml", folder / "live", *live[1])
                if not self.hold(base, at_once, one.about)[0]:
                    missed.append((one.what, "live", [said for said in at_once["claims"] if said["id"] in one.about], err))
        if live:
            self.assertEqual(asked, live[0])
        return kinds, missed


class Falsified(Certifies):
    def test_every_falsified_statement_is_found_at_its_claim_and_nowhere_else(self):
        products.need("dcmqrscp")
        with products.scratch() as folder, learn_test.dcmqrscp(folder) as target:
            base = self.record(target, folder, called="QRSCP")
            self.assertEqual(base["counts"]["contradicted"], 0)
            # Whether C-CANCEL comes in time is a matter of luck, so the second look may have seen what the first had not.
            self.assertEqual([id for id, standing in standings(base).items() if standing == "undeclared" and
                              id != "policy/cancels-queries" and not id.endswith("/FE00")], [])
            self.assertGreater(base["counts"]["confirmed"], 300)
            untrue = list(Falsifier((folder / "true.xml").read_text()).all())
            kinds, missed = self.judged(
                base, untrue if LONG else untrue[::max(1, len(untrue) // 180)], folder, folder / "first" / "record.json",
                (10 if LONG else 1, ["--target", target, "--quick", "--no-cases", "--associations", 20, "--called-ae", "QRSCP"]))
            self.assertEqual(missed, [])
            self.assertGreaterEqual(sum(kinds.values()), 150, kinds)


class Products(Certifies):
    """The shipped statement of a product, the one that is learned from it, and untrue ones, by the same live run."""

    def check(self, profile, target, *more, called, associations=20, kinds=3, least=20):
        with products.scratch() as folder:
            tier = ["--jobs", 6] if LONG else ["--quick", "--only", "ps3.8/9.3.*/*"]
            code, certificate, err = certify(profile, folder / "out", "--target", target, "--may-store", "--associations",
                                             associations, "--called-ae", called, *tier, *more)
            self.assertIn(code, (0, 1), err)
            self.agrees(certificate)
            self.assertNotIn("certified", (folder / "out" / "certificate.html").read_text().lower())
            self.learned(target, folder, called, associations, kinds, least)
            return certificate

    def agrees(self, certificate):
        untrue = [one for one in certificate["claims"] if one["standing"] == "contradicted"]
        self.assertEqual(untrue, [], json.dumps(untrue, indent=1)[:4000])
        for one in certificate["claims"]:
            if one["standing"] == "not tested":
                self.assertTrue(one["why"], one)
            elif one["standing"] == "confirmed":
                self.assertTrue(one["evidence"], one)
        self.assertIn("agrees with", certificate["sentence"])

    def learned(self, target, folder, called, associations, each, least):
        """What learn writes passes, by what another look has seen; and it does not when it is falsified."""
        code, _, err = products.assay("learn", target, "--quick", "--timeout", "3s", "--out", folder / "true.xml",
                                      "--associations", associations, "--called-ae", called, "--json")
        self.assertEqual(code, 0, err)
        record = folder / "out" / "record.json"
        code, base, err = certify(folder / "true.xml", folder / "true", "--record", record)
        self.assertEqual(code, 0, f"{err}\n" + json.dumps([one for one in base["claims"] if one["standing"] == "contradicted"])[:4000])
        self.assertGreater(base["counts"]["confirmed"], 20)
        untrue = Falsifier((folder / "true.xml").read_text())
        kinds, missed = self.judged(base, untrue.sample(40 if LONG else each), folder, record)
        self.assertEqual(missed, [])
        self.assertGreaterEqual(sum(kinds.values()), least, kinds)
        self.assertLessEqual({"policy", "service more", "service less", "syntax more"}, set(kinds))
        if base["claims"] and any(one["id"].startswith("key/") for one in base["claims"]):
            self.assertIn("matching", kinds)

    def test_storescp(self):
        products.need("storescp")
        with products.scratch() as folder, learn_test.storescp(folder) as target:
            certificate = self.check("dcmtk-storescp", target, called="STORESCP", kinds=5)
            self.assertEqual(standings(certificate)["sop-class/CTImageStorage/scp"], "confirmed")

    def test_dcmqrscp(self):
        products.need("dcmqrscp")
        with products.scratch() as folder, learn_test.dcmqrscp(folder, title="ASSAY-QR") as target:
            self.check("dcmtk-dcmqrscp", target, called="ASSAY-QR")

    def test_wlmscpfs(self):
        products.need("wlmscpfs", "dump2dcm")
        with products.scratch() as folder, learn_test.wlmscpfs(folder) as target:
            self.check("dcmtk-wlmscpfs", target, called="WLM", kinds=8)

    def test_orthanc(self):
        products.need("Orthanc")
        with products.scratch() as folder, orthanc.orthanc(folder, DicomCheckCalledAet=False, DicomThreadsCount=4,
                                                           DicomScpTimeout=30) as (port, _):
            code, _, err = products.assay("store", f"ORTHANC@127.0.0.1:{port}", *statement_objects.written(folder))
            self.assertEqual(code, 0, err)
            certificate = self.check("orthanc", f"127.0.0.1:{port}", called="ORTHANC")
            self.assertGreater(certificate["counts"]["confirmed"], 7000)
            standing = standings(certificate)
            keys = {id for id in standing if id.startswith("key/")}
            self.assertEqual({id for id in keys if standing[id] == "undeclared"}, set())
            # Sequences are not asked for.
            self.assertEqual({id for id in keys if standing[id] != "confirmed"}, {"key/study/ProcedureCodeSequence/returned"})

    def test_archive(self):
        with products.scratch() as folder, learn_test.archive(folder) as target:
            self.check("assay-archive", target, called="ARCHIVE")


class Interrupted(Certifies):
    def test_Ctrl_C_in_the_middle_of_the_cases_keeps_and_judges_what_was_seen(self):
        products.need("storescp")
        with products.scratch() as folder, learn_test.storescp(folder) as target:
            out = folder / "out"
            with subprocess.Popen([products.ASSAY, "certify", "dcmtk-storescp", "--target", target, "--quick", "--out",
                                   str(out), *QUIET, "--associations", "3"], stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, text=True) as running:
                until = time.monotonic() + 60
                while running.poll() is None and time.monotonic() < until:
                    if (out / "run" / "cases.jsonl").exists() and (out / "run" / "cases.jsonl").read_text():
                        break
                    try:
                        running.wait(timeout=0.05)
                    except subprocess.TimeoutExpired:
                        continue
                running.send_signal(signal.SIGINT)
                said, _ = running.communicate(timeout=60)
            certificate = json.loads(said)
            self.assertEqual(running.returncode, 130, certificate["sentence"])
            self.assertTrue(certificate["interrupted"])
            self.assertEqual(standings(certificate)["sop-class/CTImageStorage/scp"], "confirmed")
            self.assertTrue((out / "record.json").exists())


class Guided(Certifies):
    """A device that acts when a person makes it: certify asks for that on a terminal, and waits."""

    CASE = "ps3.8/9.3.2/device-associates-sanely"

    def guided(self, act, answer):
        """certify on a terminal: at each prompt `act` is called with the port that the device is to call, then `answer`
        is typed. Exit code, prompts, certificate."""
        with products.scratch() as folder, learn_test.archive(folder) as target:
            (folder / "asks.xml").write_text(
                '<profile product="Device" version="1"><ae title="DEVICE"><service sop-class="Verification" scu="yes" '
                'scp="yes" transfer="ImplicitVRLittleEndian"/></ae></profile>')
            port, (ours, theirs) = products.free_port(), pty.openpty()
            try:
                with subprocess.Popen([products.ASSAY, "certify", folder / "asks.xml", "--target", target, "--quick",
                                       "--out", folder / "out", "--associations", "2", "--timeout", "5s", "--listen",
                                       str(port), "--only", self.CASE, "--json"], stdin=theirs, stdout=theirs,
                                      stderr=subprocess.PIPE, start_new_session=True) as running:
                    # What it prints is not wanted, but a terminal that nobody reads stands still.
                    reader = threading.Thread(target=self.drain, args=(ours,), daemon=True)
                    reader.start()
                    said, prompts = b"", 0
                    while chunk := os.read(running.stderr.fileno(), 4096):
                        said += chunk
                        if said.count(b"Enter when done") > prompts:
                            prompts += 1
                            act(port)
                            os.write(ours, answer)
                    code = running.wait(timeout=60)
            finally:
                os.close(theirs)
                os.close(ours)
            return code, said.decode(), json.loads((folder / "out" / "certificate.json").read_text())

    @staticmethod
    def drain(terminal):
        with contextlib.suppress(OSError):
            while os.read(terminal, 65536):
                pass

    def test_what_a_person_makes_the_device_do_is_judged(self):
        products.need("echoscu")
        code, said, certificate = self.guided(
            lambda port: subprocess.run(["echoscu", "127.0.0.1", str(port)], check=True, timeout=30), b"\n")
        self.assertEqual(code, 0, said)
        self.assertIn(">>> ", said)
        claims = {one["id"]: one for one in certificate["claims"]}
        self.assertEqual(claims["sop-class/Verification/scu"]["standing"], "confirmed", said)
        self.assertIn(self.CASE, [one["source"] for one in claims["sop-class/Verification/scu"]["evidence"]])
        self.assertEqual(claims["sop-class/Verification/scp"]["standing"], "confirmed")

    def test_what_cannot_be_done_stays_open_with_the_reason(self):
        code, said, certificate = self.guided(lambda port: None, b"n\n")
        self.assertEqual(code, 0, said)
        claim = {one["id"]: one for one in certificate["claims"]}["sop-class/Verification/scu"]
        self.assertEqual(claim["standing"], "not tested", claim)
        self.assertTrue(claim["why"])


class Input(Certifies):
    def refused(self, profile, *more, code=2, says):
        with products.scratch() as folder:
            got, said, err = certify(profile, folder / "out", *more)
            self.assertEqual(got, code, err)
            self.assertRegex(err, says)
            self.assertFalse((folder / "out" / "certificate.json").exists())

    def test_a_wrong_statement_is_refused_with_its_place_and_nothing_is_asked(self):
        with products.scratch() as folder:
            wrong = folder / "wrong.xml"
            for text, says in (
                    ('<profile product="x" version="1">\n<ae title="A"><service sop-class="NoSuchThing" scp="yes" '
                     'transfer="ImplicitVRLittleEndian"/></ae></profile>', r"wrong\.xml:2:\d+: .*NoSuchThing"),
                    ('<profile product="x" version="1" base="wrong.xml"/>', r"wrong\.xml:1:\d+: "),
                    ('<profile product="x" version="1"><ae title="A">\n<policy name="maximum-associations" value="1"/>\n'
                     '<policy name="maximum-associations" value="2"/></ae></profile>', r"wrong\.xml:3:\d+: ")):
                wrong.write_text(text)
                self.refused(wrong, "--target", "127.0.0.1:1", says=says)

    def test_without_a_device_or_a_record_it_says_what_is_missing(self):
        self.refused("orthanc", says="--target HOST:PORT")
        self.refused("orthanc", "--target", "127.0.0.1:1", "--only", "no/such/case", says="--only leaves no case")
        self.refused("no-such-profile", "--target", "127.0.0.1:1", says="no-such-profile")
        self.refused("orthanc", "--target", f"127.0.0.1:{products.free_port()}", code=3, says="refuses connections")

    def test_a_record_that_is_none_is_refused(self):
        with products.scratch() as folder:
            record = folder / "record.json"
            self.refused("orthanc", "--record", record, says="record.json")
            for text in ("", "{}", "[1]", '{"format": 99}', '{"format": 1, "learned": 3}', "\x00" * 100):
                record.write_text(text)
                self.refused("orthanc", "--record", record, says=r"record\.json: ")


if __name__ == "__main__":
    unittest.main()
