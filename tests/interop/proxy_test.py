"""assay proxy between other people's products: they behave as without it, nobody healthy is blamed, a faulty device on
either side is, and what was recorded replays with the same outcome."""

import contextlib
import json
import os
import pathlib
import signal
import socket
import struct
import subprocess
import threading
import unittest

import orthanc
import products

LIMIT = 60


@contextlib.contextmanager
def proxy(target, folder, *more):
    """Yields the port and a function that ends the proxy and returns exit code, JSON lines and text."""
    port = products.free_port()
    process = subprocess.Popen([products.ASSAY, "proxy", "--listen", f"127.0.0.1:{port}", "--target", f"127.0.0.1:{target}",
                                "--json", *map(str, more)],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True)
    lines, text = [], []
    ready = threading.Event()

    def read_text():
        for line in process.stderr:
            text.append(line)
            if line.startswith("Listening"):
                ready.set()
        ready.set()

    def read_lines():
        for line in process.stdout:
            lines.append(json.loads(line))

    readers = [threading.Thread(target=read_text), threading.Thread(target=read_lines)]
    for reader in readers:
        reader.start()
    try:
        if not ready.wait(LIMIT) or process.poll() is not None:
            raise RuntimeError("the proxy does not listen: " + "".join(text))

        def finish():
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
            code = process.wait(LIMIT)
            for reader in readers:
                reader.join(LIMIT)
            return code, lines, "".join(text)

        yield port, finish
    finally:
        products.end(process)
        for reader in readers:
            reader.join(LIMIT)
        process.stdout.close()
        process.stderr.close()


@contextlib.contextmanager
def storescp(folder):
    port = products.free_port()
    store = folder / "stored"
    store.mkdir(exist_ok=True)
    with products.server(["storescp", "-aet", "STORESCP", "-od", str(store), str(port)], port, folder / "storescp.log"):
        yield port, store


def run(*command):
    return subprocess.run([str(c) for c in command], capture_output=True, text=True, timeout=LIMIT).returncode


def parties(lines):
    summary = lines[-1]["summary"]
    return {side: [p for p in summary["parties"] if p["side"] == side] for side in ("requestor", "acceptor")}


def broken(lines, side):
    return [b["rule"] for p in parties(lines)[side] for b in p["broken"] if b["severity"] == "error"]


def exactly(connection, count):
    got = b""
    while len(got) < count:
        more = connection.recv(count - len(got))
        if not more:
            break
        got += more
    return got


def pdu(connection):
    header = exactly(connection, 6)
    return header[:1], exactly(connection, struct.unpack(">I", header[2:])[0]) if len(header) == 6 else b""


def item(kind, content):
    return struct.pack(">BBH", kind, 0, len(content)) + content


def associate(kind=1, contexts=None, reserved=b"\0" * 32):
    if contexts is None:
        contexts = item(0x20, b"\1\0\0\0" + item(0x30, b"1.2.840.10008.1.1") + item(0x40, b"1.2.840.10008.1.2"))
    body = (b"\0\1\0\0" + b"STORESCP".ljust(16) + b"SCRIPT".ljust(16) + reserved + item(0x10, b"1.2.840.10008.3.1.1.1")
            + contexts + item(0x50, item(0x51, struct.pack(">I", 16384)) + item(0x52, b"1.2.3.4")))
    return struct.pack(">BBI", kind, 0, len(body)) + body


class Proxy(unittest.TestCase):
    maxDiff = None

    def test_dcmtk_talks_through_it_as_without_it_and_nobody_is_blamed(self):
        products.need("storescp", "echoscu", "storescu", "dump2dcm")
        with products.scratch() as folder, storescp(folder) as (target, store):
            files = [products.synthetic_file(folder, 1), products.synthetic_file(folder, 2, pixels=64)]
            with proxy(target, folder, "--record", folder / "evidence") as (port, finish):
                self.assertEqual(run("echoscu", "-aec", "STORESCP", "127.0.0.1", port), 0)
                self.assertEqual(run("storescu", "-aec", "STORESCP", "127.0.0.1", port, *files), 0)
                code, lines, text = finish()
            self.assertEqual(code, 0, text)
            self.assertEqual(len(list(store.iterdir())), 2)
            self.assertIn("Recorded by", (folder / "evidence/connections/c2/replay-requestor.xml").read_text())
            self.assertEqual([broken(lines, side) for side in ("requestor", "acceptor")], [[], []], text)
            self.assertIn("The acceptor STORESCP", text)
            self.assertIn("broke nothing", text)
            evidence = folder / "evidence"
            for name in ("results.json", "junit.xml", "report.html", "console.log", "cases.jsonl"):
                self.assertTrue((evidence / name).stat().st_size > 0, name)
            cases = products.results(evidence)["cases"]
            self.assertEqual([c["verdict"] for c in cases], ["pass"] * 4, text)
            code, out, err = products.assay("explain", evidence, "--json", "-")
            ids = [case["id"] for case in json.loads(out)["cases"]]
            self.assertEqual(ids, ["c1/c1", "c2/c1"], err)
            for connection in ("c1", "c2"):
                folder_of = evidence / "connections" / connection
                for name in ("traffic.pcapng", "trace.txt", "replay-requestor.xml", "replay-acceptor.xml"):
                    self.assertTrue((folder_of / name).stat().st_size > 0, name)

            # The requestor again, against the same product: the same outcome, and it stores the same two objects.
            for file in store.iterdir():
                file.unlink()
            code, out, err = products.assay("run", evidence / "connections/c2/replay-requestor.xml", "--target",
                                            f"127.0.0.1:{target}", "--called-ae", "STORESCP")
            self.assertEqual(code, 0, out + err)
            self.assertIn("1 pass", out)
            self.assertEqual(len(list(store.iterdir())), 2)

            # The acceptor again, for the same product.
            act = f"storescu -aec STORESCP {{host}} {{port}} {files[0]} {files[1]}"
            code, out, err = products.assay("run", evidence / "connections/c2/replay-acceptor.xml", "--dut-act", act)
            self.assertEqual(code, 0, out + err)
            self.assertIn("1 pass", out)
            act = "echoscu -aec STORESCP {host} {port}"
            code, out, err = products.assay("run", evidence / "connections/c1/replay-acceptor.xml", "--dut-act", act)
            self.assertEqual(code, 0, out + err)

    def test_findings_are_those_of_a_direct_conversation(self):
        products.need("storescp")
        with products.scratch() as folder, storescp(folder) as (target, _):
            chosen = [line["id"] for line in json.loads(products.assay("list", "--json", "--role", "requestor")[1])
                      if line["id"].startswith(("ps3.8/9.3.1", "ps3.8/9.3.8", "ps3.8/9.2"))][:12]
            self.assertGreaterEqual(len(chosen), 5)
            outcome = []
            for through in (False, True):
                with contextlib.ExitStack() as stack:
                    port = stack.enter_context(proxy(target, folder))[0] if through else target
                    report = folder / f"report-{through}"
                    products.assay("run", *chosen, "--target", f"127.0.0.1:{port}", "--called-ae", "STORESCP", "--timeout", "5s",
                                   "--out", report)
                    outcome.append([(c["id"], c["verdict"],
                                     sorted((f["rule"], f["side"]) for t in c["traces"] for f in t["findings"]))
                                    for c in products.results(report)["cases"]])
            self.assertEqual(outcome[0], outcome[1])

    def test_orthanc_and_findscu_through_it(self):
        products.need("Orthanc", "findscu", "storescu", "dump2dcm")
        with products.scratch() as folder, orthanc.orthanc(folder) as (target, _):
            file = products.synthetic_file(folder)
            with proxy(target, folder, "--record", folder / "evidence") as (port, finish):
                self.assertEqual(run("storescu", "-aec", "ORTHANC", "127.0.0.1", port, file), 0)
                self.assertEqual(run("findscu", "-S", "-aec", "ORTHANC", "-k", "QueryRetrieveLevel=STUDY", "-k", "PatientID",
                                     "-k", "StudyInstanceUID", "127.0.0.1", port), 0)
                self.assertNotEqual(run("echoscu", "-aec", "NOBODY", "127.0.0.1", port), 0)
                code, lines, text = finish()
            self.assertEqual(code, 0, text)
            self.assertIn("called-AE-title-not-recognized", text)
            self.assertIn("after 1 pending", text)
            self.assertTrue(lines[-1]["summary"]["troubles"], "the rejection is told though nobody broke a rule")
            for connection in ("c1", "c2", "c3"):
                code, out, err = products.assay("run", folder / f"evidence/connections/{connection}/replay-requestor.xml",
                                                "--target", f"127.0.0.1:{target}", "--called-ae", "ORTHANC")
                self.assertEqual(code, 0, connection + out + err)

    def test_a_faulty_requestor_is_blamed_and_the_product_is_not(self):
        products.need("storescp")
        with products.scratch() as folder, storescp(folder) as (target, _):
            with proxy(target, folder) as (port, finish):
                with socket.create_connection(("127.0.0.1", port), timeout=LIMIT) as caller:
                    caller.sendall(associate())
                    self.assertEqual(pdu(caller)[0], b"\2")
                    # A release request with bytes in it, of a length the standard does not know.
                    caller.sendall(b"\5\0\0\0\0\6" + b"\0" * 6)
                    pdu(caller)
                code, lines, text = finish()
            self.assertEqual(code, 1, text)
            self.assertTrue(broken(lines, "requestor"), text)
            self.assertEqual(broken(lines, "acceptor"), [], text)
            self.assertIn("The acceptor STORESCP", text)

    def test_a_faulty_acceptor_is_blamed_and_the_product_is_not(self):
        products.need("echoscu")

        def serve(listener):
            connection, _ = listener.accept()
            with connection:
                pdu(connection)
                # Accepts a context that nobody proposed beside the one that was.
                answer = b"".join(item(0x21, bytes([n, 0, 0, 0]) + item(0x40, b"1.2.840.10008.1.2")) for n in (1, 5))
                connection.sendall(associate(2, answer))
                pdu(connection)

        with products.scratch() as folder, socket.create_server(("127.0.0.1", 0)) as listener:
            server = threading.Thread(target=serve, args=(listener,))
            server.start()
            with proxy(listener.getsockname()[1], folder) as (port, finish):
                run("echoscu", "-aec", "STORESCP", "-ta", 5, "-td", 5, "127.0.0.1", port)
                server.join(LIMIT)
                code, lines, text = finish()
            self.assertEqual(code, 1, text)
            self.assertTrue(broken(lines, "acceptor"), text)
            self.assertEqual(broken(lines, "requestor"), [], text)

    def test_a_target_that_is_down_is_told(self):
        products.need("echoscu")
        with products.scratch() as folder:
            with proxy(products.free_port(), folder) as (port, finish):
                self.assertNotEqual(run("echoscu", "127.0.0.1", port), 0)
                code, lines, text = finish()
            self.assertEqual(code, 3, text)
            self.assertIn("refuses connections", text)
            self.assertRegex(text, r"(?m)^c1  .* called: ")
            self.assertEqual(lines[-1]["summary"]["unreached"], 1)
            with proxy(products.free_port(), folder, "--quiet") as (port, finish):
                self.assertNotEqual(run("echoscu", "127.0.0.1", port), 0)
                code, lines, text = finish()
            self.assertEqual(code, 3, text)
            self.assertNotRegex(text, r"(?m)^c1 ")

    def test_a_recording_is_not_recorded_over_and_an_abort_after_an_abort_is_told_once(self):
        def serve(listener):
            with contextlib.suppress(OSError):
                connection, _ = listener.accept()
                with connection:
                    pdu(connection)
                    connection.sendall(b"\7\0\0\0\0\4\0\0\2\0" * 5)

        with products.scratch() as folder, socket.create_server(("127.0.0.1", 0)) as listener:
            listener.settimeout(LIMIT)
            evidence = folder / "evidence"
            server = threading.Thread(target=serve, args=(listener,), daemon=True)
            server.start()
            with proxy(listener.getsockname()[1], folder, "--record", evidence) as (port, finish):
                with socket.create_connection(("127.0.0.1", port), timeout=LIMIT) as caller:
                    caller.sendall(associate())
                    while caller.recv(100):
                        pass
                code, lines, text = finish()
            server.join(LIMIT)
            told = [line["troubles"] for line in lines if "troubles" in line]
            self.assertEqual([len([t for t in one if "aborted" in t]) for one in told], [1], told)
            packets = (evidence / "connections/c1/traffic.pcapng").read_bytes()
            code, out, err = products.assay("proxy", "--listen", f"127.0.0.1:{products.free_port()}", "--target", "127.0.0.1:1",
                                            "--record", evidence)
            self.assertEqual(code, 2, out + err)
            self.assertIn("a recording lies there already", err)
            self.assertEqual((evidence / "connections/c1/traffic.pcapng").read_bytes(), packets)
            # The recording is judged again as a capture.
            code, out, err = products.assay("explain", evidence)
            self.assertIn("A-ABORT", out + err)
            port = products.free_port()
            code, out, err = products.assay("proxy", "--listen", str(port), "--target", f"127.0.0.1:{port}")
            self.assertEqual(code, 2, out + err)
            self.assertIn("call itself", err)

    def test_a_kill_keeps_what_had_ended(self):
        products.need("storescp", "echoscu")
        with products.scratch() as folder, storescp(folder) as (target, _):
            evidence = folder / "evidence"
            port = products.free_port()
            process = subprocess.Popen([products.ASSAY, "proxy", "--listen", f"127.0.0.1:{port}", "--target",
                                        f"127.0.0.1:{target}", "--record", str(evidence)],
                                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)
            try:
                self.assertIn("Listening", process.stdout.readline())
                self.assertEqual(run("echoscu", "-aec", "STORESCP", "127.0.0.1", port), 0)
                for line in process.stdout:
                    if "acceptor STORESCP" in line:
                        break
                with socket.create_connection(("127.0.0.1", port), timeout=LIMIT) as open_one:
                    open_one.sendall(associate())
                    self.assertEqual(pdu(open_one)[0], b"\2")
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait(LIMIT)
            finally:
                products.end(process)
                process.stdout.close()
            self.assertEqual(len((evidence / "cases.jsonl").read_text().splitlines()), 2)
            self.assertEqual(len(products.results(evidence)["cases"]), 2)
            self.assertTrue((evidence / "connections/c1/replay-requestor.xml").exists())
            self.assertGreater(pathlib.Path(evidence / "connections/c2/traffic.pcapng").stat().st_size, 0)

    def test_mistakes_on_the_command_line_say_what_to_do(self):
        for arguments, word in ((["--listen", "0x", "--target", "127.0.0.1:104"], "--listen"),
                                (["--listen", "11112", "--target", "nobody"], "--target")):
            code, out, err = products.assay("proxy", *arguments)
            self.assertEqual(code, 2, out + err)
            self.assertIn(word, err)


if __name__ == "__main__":
    unittest.main()
