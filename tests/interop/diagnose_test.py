"""assay diagnose against reproduced misconfigurations: each names the right cause, by code and in words, and no healthy
device is blamed. The cases stand in diagnose_cases.py, scripted devices in diagnose_peers.py; TLS and real products have
files of their own."""

import contextlib
import json
import socket
import subprocess
import threading
import unittest

import products
from diagnose_cases import (ARCHIVE, CASES, HEALTHY, INSIDE, SCRIPTED, TESTED_BELOW, WAIT, WAITS, diagnose, knows, silent,
                            together, words)
from diagnose_peers import associate_ac, device, listening, read_command, read_request, reject, response


class Causes(unittest.TestCase):
    maxDiff = None

    def test_every_reproduced_misconfiguration_gets_its_cause_and_its_words(self):
        def one(name, entry):
            handle, arguments, cause, _ = entry
            with listening(handle) as port:
                return diagnose(port, *(WAIT if cause in WAITS or "silence" in name else []), *arguments)
        for name, (code, out, err) in together(one, SCRIPTED.items()):
            _, _, cause, phrase = SCRIPTED[name]
            with self.subTest(name):
                self.assertEqual(err, "")
                self.assertIn(f"[{cause}]", out)
                self.assertIn(phrase, words(out))
                self.assertEqual(code, 1, out)
                self.assertNotRegex(out, r"\{[a-z]+\}", "a word was not filled in")
                self.assertIn("Evidence", out)
                # Nothing above the rung that broke is called good, except where a whole service was tried beside it.
                marks = [line.strip()[0] for line in out.split("\n\n")[1].splitlines() if line[2:3].strip()]
                self.assertEqual((len(marks), marks.count("✗")), (8, 1), out)
                if cause != "association-limit":
                    self.assertNotIn("✓", marks[marks.index("✗"):], out)

    def test_no_healthy_device_is_blamed(self):
        def one(name, entry):
            handle, arguments, _ = entry
            with listening(handle) as port:
                return diagnose(port, *arguments)
        for name, (code, out, err) in together(one, HEALTHY.items()):
            with self.subTest(name):
                self.assertEqual((code, err), (0, ""), out)
                self.assertIn("Healthy", out)
                self.assertIn(HEALTHY[name][2], words(out))

    def test_every_case_is_reproduced_and_every_cause_is_known(self):
        known = {*SCRIPTED, *HEALTHY, *TESTED_BELOW}
        self.assertEqual([(case, name) for case, names in CASES.items() for name in names if name not in known], [])
        causes = {line.split()[0] for line in products.assay("diagnose", "--causes")[1].splitlines()}
        named = {entry[2] for entry in SCRIPTED.values()} | {entry[2] for entry in INSIDE.values() if entry[2]} | {"tls-broken"}
        self.assertEqual(named - causes, set())
        # Reproduced in test_below_the_association and, for what no loopback can do, in tests/unit/diagnose.
        below = {"called-title-invalid", "calling-title-invalid", "name-unknown", "port-closed", "peer-moved", "port-filtered", "interrupted"}
        unit = {"not-proven", "name-server-silent", "wrong-port", "host-silent", "host-unreachable", "network-unreachable", "blocked-here", "connect-failed"}
        self.assertEqual(causes - named - below - unit, set(), "a cause that nothing reproduces")
        self.assertGreaterEqual(len(SCRIPTED), 40)

    def test_a_healthy_device_sees_one_association_and_only_c_echo(self):
        seen = []

        def watch(conn, n):
            rq = read_request(conn)
            conn.sendall(associate_ac(rq))
            while (got := read_command(conn)) is not None:
                seen.append((n, got[1][0x0100]))
                conn.sendall(response(got[1], 0, context=got[0]))
        with listening(watch) as port:
            code, out, _ = diagnose(port, "--service", "all", "--json")
        self.assertEqual((code, seen), (0, [(1, 0x30)]), out)
        self.assertEqual(json.loads(out)["probes"], 1)

    def test_the_number_of_probes_and_the_time_are_bounded(self):
        counted = []

        def count(conn, n):
            counted.append(n)
            device(lambda rq, k: reject(1, 1, 1))(conn, n)
        with listening(count) as port:
            many = ",".join(f"T{i}" for i in range(60))
            code, out, _ = diagnose(port, "--try-calling", many, "--json")
        answer = json.loads(out)
        self.assertEqual((code, answer["cause"]["code"], answer["stopped_early"]), (1, "hidden-reason", True))
        self.assertLessEqual(len(counted), 40)
        with listening(silent) as port:
            code, out, _ = diagnose(port, "--wait", "2s", "--timeout", "600ms", "--json")
        answer = json.loads(out)
        self.assertEqual(answer["cause"]["code"], "silent")
        self.assertLess(answer["seconds"], 1.5)


class BelowTheAssociation(unittest.TestCase):
    def expect(self, answer, cause, phrase, exit_code):
        code, out, err = answer
        self.assertIn(f"[{cause}]", out + err)
        self.assertIn(phrase, words(out))
        self.assertEqual(code, exit_code)

    def test_a_closed_port(self):
        self.expect(diagnose(products.free_port()), "port-closed", "Check that the DICOM service is running", 3)

    def test_a_device_on_another_port(self):
        with listening(device()) as port:
            self.expect(diagnose(products.free_port(), "--also", f"127.0.0.1:{port}"), "peer-moved", f"Enter 127.0.0.1:{port}", 1)

    def test_an_address_that_is_not_the_archive(self):
        with listening(device(knows(["PACS"]))) as wrong, listening(device(knows(["ARCHIVE"]))) as right:
            self.expect(diagnose(wrong, *ARCHIVE, "--also", f"127.0.0.1:{right}"), "peer-moved", "is not known there", 1)

    def test_a_filtered_port(self):
        # A listener that takes no more calls: further SYNs are dropped without an answer, as by a firewall.
        with socket.socket() as listener, contextlib.ExitStack() as stack:
            listener.bind(("127.0.0.1", 0))
            listener.listen(0)
            for _ in range(3):
                filler = stack.enter_context(socket.socket())
                filler.setblocking(False)
                filler.connect_ex(listener.getsockname())
            self.expect(diagnose(listener.getsockname()[1], *WAIT), "port-filtered", "A firewall throws these packets away", 3)

    def test_a_name_nobody_knows(self):
        self.expect(diagnose(104, host="no such host"), "name-unknown", "Check the spelling of the host name", 3)

    def test_titles_that_cannot_be(self):
        for title, why in (("THIS_TITLE_IS_TOO_LONG", "16 is the most"), ("A\\B", "a backslash"), ("   ", "all blanks")):
            self.expect(diagnose(104, "--called-ae", title), "called-title-invalid", why, 1)
            self.expect(diagnose(104, "--calling-ae", title), "calling-title-invalid", why, 1)

    def test_bad_usage_says_what_is_wrong(self):
        for arguments, why in ((["nohost"], "HOST:PORT"), (["h:1", "--service", "tea"], "there is no service 'tea'"), (["h:1", "--sop-class", "Nothing"], "no SOP Class"),
                               (["h:1", "--wait", "soon"], "no duration"), ([], "which device?")):
            code, out, err = products.assay("diagnose", *arguments)
            self.assertEqual((code, out), (2, ""))
            self.assertIn(why, err)

    def test_an_interrupt_keeps_what_is_known(self):
        started = threading.Event()

        def handle(conn, n):
            started.set()
            silent(conn, n)
        with listening(handle) as port:
            process = subprocess.Popen([products.ASSAY, "diagnose", f"127.0.0.1:{port}", "--wait", "30s"], stdout=subprocess.PIPE, text=True)
            self.assertTrue(started.wait(20))
            process.terminate()
            out, _ = process.communicate(timeout=20)
        self.assertEqual(process.returncode, 130)
        self.assertIn("[interrupted]", out)
        self.assertIn("asking for an association", out)


if __name__ == "__main__":
    unittest.main()
