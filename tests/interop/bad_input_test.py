"""What goes wrong at the edges: each a clear line with what to do, the right exit code, nothing lost of what had finished."""

import json
import pathlib
import signal
import socket
import subprocess
import threading
import unittest

import products

GOOD = (products.ROOT / "scenarios" / "verification" / "scp_under_test.xml").read_text()


class Listener:
    """A TCP server that does one thing to every connection: not DICOM, silent, or gone."""

    def __init__(self, behave):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.behave = behave
        self.kept = []
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            self.kept.append(connection)
            try:
                self.behave(connection)
            except OSError:
                pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
        for c in self.kept:
            c.close()


def http(connection):
    connection.recv(4096)
    connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")
    connection.close()


def silent(connection):
    connection.settimeout(60)


def gone(connection):
    connection.close()


class BadInput(unittest.TestCase):
    def refused(self, arguments, code, *words):
        got, out, err = products.assay(*arguments, limit=60)
        self.assertEqual(got, code, out + err)
        for word in words:
            self.assertIn(word, err + out)
        return out, err

    def one_line(self, arguments, code, *words):
        _, err = self.refused(arguments, code, *words)
        self.assertEqual(len(err.strip().splitlines()), 1, err)

    def test_usage_mistakes_are_one_line_and_exit_2(self):
        self.one_line(["nonsense"], 2, "--help")
        self.one_line(["run"], 2, "--target")
        self.one_line(["run", "--target", "nowhere"], 2, "HOST:PORT")
        with products.scratch() as folder:
            self.one_line(["run", folder, "--target", "127.0.0.1:104"], 2, "no scenario in this folder")
            self.one_line(["list", "--check", folder], 2, "no scenario in this folder")
        self.one_line(["run", "--target", "127.0.0.1:99999"], 2, "1 to 65535")
        self.one_line(["run", "--target", "127.0.0.1:104", "--called-ae", "SEVENTEEN-LETTERS"], 2, "1 to 16 characters")
        self.one_line(["echo", "127.0.0.1:104", "--called-ae", "SEVENTEEN-LETTERS"], 2, "1 to 16 characters")
        self.one_line(["load", "127.0.0.1:104", "--calling-ae", "A\\B"], 2, "1 to 16 characters")
        self.one_line(["serve", "--port", "0", "--ae-title", " "], 2, "1 to 16 characters")
        self.one_line(["run", "--target", "127.0.0.1:104", "--timeout", "soon"], 2, "no duration")
        self.one_line(["run", "--target", "127.0.0.1:104", "--profile", "no-such"], 2, "shipped profile")
        self.one_line(["run", "--target", "127.0.0.1:104", "--expected", "no-such.txt"], 2, "no-such.txt")
        self.one_line(["run", "ps3.99/1", "--target", "127.0.0.1:104"], 2, "ps3.99/1", "assay list")
        self.one_line(["run", "missing.xml", "--target", "127.0.0.1:104"], 2, "missing.xml")
        self.one_line(["run", "--only", "nothing/**", "--target", "127.0.0.1:104"], 2, "nothing is left")
        self.one_line(["echo", "127.0.0.1"], 2, "port is missing")
        self.one_line(["serve", "archiv"], 2, "'archiv'", "archive, ris, printer")
        self.one_line(["workstation", "127.0.0.1:104", "--way", "fly"], 2, "'fly' is no way", "blocking")
        self.one_line(["workstation", "127.0.0.1:104"], 2, "--listen")
        self.one_line(["store", "127.0.0.1:104", __file__, "--window", "x"], 2, "--window")

    def test_nothing_is_said_of_a_window_that_was_never_agreed_on(self):
        products.need("dump2dcm")
        with products.scratch() as folder, Listener(silent) as listener:
            file = products.synthetic_file(folder)
            target = f"127.0.0.1:{listener.port}"
            for command in (["store", target, file], ["echo", target]):
                out, err = self.refused([*command, "--window", 4, "--timeout", "1s"], 3)
                self.assertNotIn("agreed on", out + err)
                out, _ = self.refused([*command, "--window", 4, "--timeout", "1s", "--json"], 3)
                self.assertIsNone(json.loads(out)["window"])

    def test_a_scenario_with_mistakes_is_refused_with_file_line_and_column_before_anything_is_sent(self):
        mistakes = {
            "not-xml.xml": ("<scenario", ":1:"),
            "unknown-element.xml": (GOOD.replace("<send><c-echo-rq/></send>", "<send><c-ekko-rq/></send>", 1), "c-ekko-rq"),
            "unknown-attribute.xml": (GOOD.replace("<c-echo-rq/>", '<c-echo-rq mesage-id="1"/>', 1), "mesage-id"),
            "bad-value.xml": (GOOD.replace('status="0000"', 'status="zero"', 1), "zero"),
        }
        with products.scratch() as folder, Listener(silent) as listener:
            for name, (text, word) in mistakes.items():
                file = folder / name
                file.write_text(text)
                out, err = self.refused(["run", file, "--target", f"127.0.0.1:{listener.port}"], 2, word)
                self.assertRegex(err, rf"{name}:\d+:\d+: ")
                code, _, check = products.assay("list", "--check", file)
                self.assertEqual(code, 2)
                self.assertRegex(check, rf"{name}:\d+:\d+: ")
            self.assertEqual(listener.kept, [], "something was sent although the scenario is wrong")

    def test_a_wrong_profile_or_expectation_file_names_the_line(self):
        with products.scratch() as folder:
            profile = folder / "p.xml"
            profile.write_text("<profile>\n <nonsense/>\n</profile>\n")
            _, err = self.refused(["run", "--target", "127.0.0.1:104", "--profile", profile], 2, "p.xml:")
            self.assertRegex(err, r"p\.xml:\d+:\d+: ")
            known = folder / "known.txt"
            known.write_text("\nfial ps3.8/**\n")
            self.one_line(["run", "--target", "127.0.0.1:104", "--expected", known], 2, "known.txt:2:1: ")

    def test_a_refused_silent_foreign_or_closing_target_is_inconclusive_with_one_line_of_advice(self):
        port = products.free_port()
        cases = [(None, port, "refuses"), (http, None, "HTTP"), (silent, None, "silent"), (gone, None, "association to spare")]
        for behave, port, word in cases:
            with products.scratch() as folder:
                with (Listener(behave) if behave else Listener(gone)) as listener:
                    target = f"127.0.0.1:{listener.port if behave else port}"
                    _, err = self.refused(["run", "ps3.7/9.1.5", "--role", "requestor", "--target", target, "--timeout", "1s", "--out", folder], 3)
                    self.assertEqual(len(err.strip().splitlines()), 1, err)
                    self.assertTrue(word.lower() in err.lower() or (word == "silent" and "answer" in err), err)
                    r = products.results(folder)
                    self.assertTrue(r["cases"])
                    self.assertEqual({c["verdict"] for c in r["cases"]}, {"inconclusive"})
                    code, _, err = products.assay("echo", target, "--timeout", "1s", limit=60)
                    self.assertEqual(code, 3, err)
                    self.assertEqual(len(err.strip().splitlines()), 1, err)

    def test_a_port_in_use_says_so(self):
        with Listener(silent) as listener:
            self.one_line(["serve", "--port", listener.port], 2, "in use")
            self.one_line(["run", "--role", "acceptor", "--dut-act", "true", "--listen", listener.port], 2, "in use")
        self.one_line(["run", "--role", "acceptor", "--dut-act", "true", "--listen-address", "nowhere"], 2, "nowhere")

    def test_an_authority_is_not_made_over_another(self):
        with products.scratch() as folder:
            self.one_line(["certificates", folder / "tls", "--host", "no host"], 2, "no name or address")
            self.refused(["certificates", folder / "tls"], 0)
            key = (folder / "tls/ca.key").read_bytes()
            self.one_line(["certificates", folder / "tls"], 2, "an authority lies there already")
            self.assertEqual((folder / "tls/ca.key").read_bytes(), key)

    def test_the_rules_can_be_had_as_json(self):
        out, _ = self.refused(["list", "--rules", "--json"], 0)
        rules = json.loads(out)
        self.assertTrue(all(rule["id"] and rule["clause"] and rule["advice"] for rule in rules))
        self.assertGreater(len(rules), 100)

    def test_a_folder_that_cannot_be_made_says_so(self):
        with products.scratch() as folder:
            (folder / "file").write_text("")
            self.one_line(["demo", "--only", "ps3.7/9.1.5/echo-once", "--out", folder / "file"], 2, "--out")

    def test_ctrl_c_keeps_what_had_finished_and_exits_130(self):
        with products.scratch() as folder, Listener(silent) as listener:
            scenario = folder / "two.xml"
            scenario.write_text(GOOD)
            port = products.free_port()
            with products.server(["storescp", "--ignore", str(port)], port, folder / "log"):
                hang = folder / "hang.xml"
                hang.write_text("""<scenario id="ps3.8/9.1.5/hang" role="requestor"><title>Waits</title>
                  <clause part="PS3.8" section="9.1.5" level="may">Waiting is allowed.</clause><advice>Interrupt it.</advice>
                  <associate><context id="1" abstract="Verification"/></associate>
                  <expect within="60s"><closed/></expect></scenario>""")
                process = subprocess.Popen([products.ASSAY, "run", str(scenario), str(hang), "--target", f"127.0.0.1:{port}", "--out",
                                            str(folder / "report"), "--skip", "**/echo-after-*"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
                seen = []
                for line in process.stdout:
                    seen.append(line)
                    if "echo-100" in line:
                        process.send_signal(signal.SIGINT)
                        break
                rest, _ = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 130, "".join(seen) + rest)
            r = products.results(folder / "report")
            self.assertTrue(r["interrupted"])
            self.assertIn("ps3.7/9.1.5/echo-once", [c["id"] for c in r["cases"] if c["verdict"] == "pass"])
            self.assertTrue((folder / "report" / "report.html").exists())

    def test_a_kill_leaves_the_verdicts_that_had_finished(self):
        with products.scratch() as folder:
            port = products.free_port()
            with products.server(["storescp", "--ignore", str(port)], port, folder / "log"):
                process = subprocess.Popen([products.ASSAY, "run", "ps3.7/9.1.5", "--role", "requestor", "--target", f"127.0.0.1:{port}",
                                            "--out", str(folder / "report")], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
                for line in process.stdout:
                    if "echo-once" in line:
                        process.kill()
                        break
                process.communicate(timeout=60)
            lines = (folder / "report" / "cases.jsonl").read_text().splitlines()
            self.assertIn("ps3.7/9.1.5/echo-once", [json.loads(line)["id"] for line in lines])
            self.assertIn("echo-once", (folder / "report" / "console.log").read_text())


class Output(unittest.TestCase):
    def test_every_command_has_help_with_an_example(self):
        for command in ("run", "demo", "list", "serve", "echo"):
            code, out, _ = products.assay(command, "--help")
            self.assertEqual(code, 0)
            self.assertIn(f"assay {command}", out)

    def test_the_list_can_be_filtered_and_read_by_tools(self):
        code, out, _ = products.assay("list", "--json", "--role", "acceptor", "--layer", "storage")
        self.assertEqual(code, 0)
        cases = json.loads(out)
        self.assertTrue(cases)
        self.assertEqual({(c["role"], c["layer"]) for c in cases}, {("acceptor", "storage")})
        everything = json.loads(products.assay("list", "--json")[1])
        self.assertGreaterEqual(len(everything), 60)
        self.assertEqual(len({c["id"] for c in everything}), len(everything))
        self.assertTrue(all(c["clauses"] for c in everything))
        clause = json.loads(products.assay("list", "--json", "--clause", "PS3.8 9.3.4")[1])
        self.assertTrue(clause and len(clause) < len(everything))

    def test_demo_is_green_and_writes_the_whole_report_folder(self):
        with products.scratch() as folder:
            code, out, err = products.assay("demo", "--out", folder / "report", limit=300)
            self.assertEqual(code, 0, out + err)
            self.assertEqual(err, "")
            self.assertNotIn("\x1b", out)
            for name in ("results.json", "junit.xml", "report.html", "console.log", "cases.jsonl"):
                self.assertTrue((folder / "report" / name).stat().st_size > 0, name)
            r = products.results(folder / "report")
            without_tls = "this run speaks no TLS: add --tls"  # tls_test.py has those
            other = [f'{c["id"]}: {c["verdict"]}: {c["reason"]}' for c in r["cases"] if c["verdict"] != "pass" and c["reason"] != without_tls]
            self.assertEqual(other, [], out)
            self.assertEqual({c["role"] for c in r["cases"]}, {"requestor", "acceptor"})
            checked = subprocess.run(["xmllint", "--noout", str(folder / "report" / "junit.xml")], capture_output=True, text=True)
            self.assertEqual(checked.returncode, 0, checked.stderr)

    def test_known_deviations_go_there_and_back(self):
        with products.scratch() as folder:
            port = products.free_port()
            with products.server(["storescp", "--ignore", str(port)], port, folder / "log"):
                wrong = folder / "wrong.xml"
                wrong.write_text("""<scenario id="ps3.7/9.1.5/never-true" role="requestor"><title>Expects a failure</title>
                  <clause part="PS3.7" section="9.1.5" level="shall">Made to fail.</clause><advice>None.</advice>
                  <associate><context id="1" abstract="Verification"/></associate>
                  <send><c-echo-rq/></send><expect><c-echo-rsp status="0122"/></expect></scenario>""")
                known = folder / "known.txt"
                target = ["--target", f"127.0.0.1:{port}"]
                code, out, _ = products.assay("run", wrong, *target, "--write-expected", known)
                self.assertEqual(code, 1, out)
                code, out, _ = products.assay("run", wrong, *target, "--expected", known)
                self.assertEqual(code, 0, out)
                self.assertIn("EXPECTED", out)
                known.write_text(known.read_text() + "fail ps3.7/9.1.5/gone\n")
                code, out, _ = products.assay("run", wrong, *target, "--expected", known)
                self.assertEqual(code, 5, out)
                self.assertIn("names no case", out)


if __name__ == "__main__":
    unittest.main()
