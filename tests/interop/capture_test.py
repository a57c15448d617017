"""Captures: the same conversations judged live by a run, from the recording the run writes, and from what tcpdump saw on
the loopback interface give the same findings; damaged captures are judged as far as possible and say what is missing.
Where capturing is not permitted (a container), the recording stands in for tcpdump and the exit status is 77."""

import os
import re
import signal
import socket
import struct
import subprocess
import sys
import time
import unittest

import pydicom

import products

SELECTION = [products.ROOT / "scenarios" / name for name in ("association", "state-machine", "pdata", "verification")]


class Capture:
    """tcpdump on one loopback port; `why_not` says why it cannot."""

    def __init__(self, folder, port):
        self.file = folder / "lo.pcap"
        self.port = port
        self.why_not = ""
        command = ["tcpdump", "-i", "lo", "-s", "0", "-U", "--immediate-mode", "-B", "16384", "-w", str(self.file), "tcp", "port", str(port)]
        if os.geteuid() == 0:
            command[1:1] = ["-Z", "root"]  # the scratch folder is ours alone
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True, start_new_session=True)
        said = ""
        for line in self.process.stderr:
            said += line
            if "listening on" in line:
                return
        self.process.wait(timeout=10)
        self.why_not = "tcpdump cannot capture here: " + " ".join(said.split())

    def finish(self):
        """Waits until a last, marked packet is in the file, so that all before it are."""
        marker = b"END-OF-THE-CAPTURE"
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as s:
            s.sendall(marker)
        until = time.monotonic() + 20
        while marker not in self.file.read_bytes():
            if time.monotonic() > until:
                raise RuntimeError("tcpdump did not write the last packet")
            try:
                self.process.wait(timeout=0.05)
                raise RuntimeError("tcpdump ended by itself")
            except subprocess.TimeoutExpired:
                pass
        self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=20)
        return self.file

    def stop(self):
        if self.process.poll() is None:
            products.end(self.process)
        self.process.stderr.close()


def said_of(finding):
    return (finding["rule"], finding["side"], finding["severity"], finding["pdu"], finding["offset"], finding["field"], finding["found"])


def live_findings(report):
    """By our port: what the run found on each connection it opened itself."""
    out = {}
    for case in products.results(report)["cases"]:
        for trace in case["traces"]:
            ports = [m[1] for e in trace["events"] if e["event"] == "mark" and (m := re.fullmatch(r"from 127\.0\.0\.1:(\d+)", e["text"]))]
            if len(ports) == 1:
                out[int(ports[0])] = sorted(said_of(f) for f in trace["findings"])
    return out


def explained_findings(report):
    """By the requestor's port: what explain found, and whether all of the connection was there."""
    out = {}
    for case in products.results(report)["cases"]:
        port = int(re.match(r"\S+:(\d+) -> ", case["title"])[1])
        whole = not any(o["name"] == "missing" for o in case["observations"])
        out[port] = (sorted(said_of(f) for t in case["traces"] for f in t["findings"]), whole, case)
    return out


def packets_of(file):
    """Of a classic pcap as tcpdump writes it: the header and the records."""
    data = file.read_bytes()
    assert data[:4] == b"\xd4\xc3\xb2\xa1", "tcpdump writes little-endian pcap here"
    at, records = 24, []
    while at < len(data):
        length = struct.unpack_from("<I", data, at + 8)[0]
        records.append(data[at:at + 16 + length])
        at += 16 + length
    return data[:24], records


def payload_length(record):
    ip = record[16 + 14:]
    total, header = struct.unpack_from(">H", ip, 2)[0], (ip[0] & 15) * 4
    return total - header - (ip[header + 12] >> 4) * 4


class CaptureTest(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        products.need("storescp", "storescu", "echoscu", "tcpdump", "dump2dcm")
        cls.scratch = products.scratch()
        cls.folder = cls.scratch.__enter__()
        port = products.free_port()
        start = ["storescp", "-ta", "20", "-td", "20", "-od", str(cls.folder), str(port)]
        cls.capture = None
        with products.server(start, port, cls.folder / "storescp.log"):
            cls.capture = Capture(cls.folder, port)
            cls.code, cls.out, cls.err = products.assay(
                "run", *SELECTION, "--role", "requestor", "--target", f"127.0.0.1:{port}", "--timeout", "3s", "--skip", "**/*artim*",
                "--out", cls.folder / "live")
            # Large enough that packets lie wholly within the pixels.
            large = products.synthetic_file(cls.folder, 7)
            image = pydicom.dcmread(large)
            image.Rows, image.Columns, image.PixelData = 250, 400, bytes(range(250)) * 400
            image.save_as(large)
            cls.tools = [subprocess.run([tool, "-aet", "HEALTHY", "127.0.0.1", str(port), *files], capture_output=True, timeout=60,
                                        stdin=subprocess.DEVNULL).returncode
                         for tool, files in (("echoscu", []), ("storescu", [str(large)]))]
            if not cls.capture.why_not:
                cls.file = cls.capture.finish()

    @classmethod
    def tearDownClass(cls):
        if cls.capture:
            cls.capture.stop()
        cls.scratch.__exit__(None, None, None)

    def need_capture(self):
        if self.capture.why_not:
            self.skipTest(self.capture.why_not)

    def explain(self, name, *arguments):
        out = self.folder / name
        code, text, err = products.assay("explain", *arguments, "--out", out)
        self.assertIn(code, (0, 1, 3), text + err)
        return code, text, explained_findings(out)

    def compare(self, live, explained):
        self.assertGreater(len(live), 20, self.out + self.err)
        different = {}
        for port, findings in live.items():
            there = explained.get(port)
            if there is None or not there[1] or there[0] != findings:
                different[port] = (findings, there and there[0], there and there[2]["reason"])
        self.assertEqual(different, {}, f"{len(different)} of {len(live)} connections differ")
        self.assertGreater(sum(len(f) for f in live.values()), 10, "faulty conversations are among them")

    def test_the_recording_of_a_run_gives_the_findings_of_the_run(self):
        _, _, explained = self.explain("from-recording", self.folder / "live")
        self.compare(live_findings(self.folder / "live"), explained)

    def test_tcpdump_gives_the_findings_of_the_run(self):
        self.need_capture()
        _, _, explained = self.explain("from-tcpdump", self.file, "--port", self.capture.port)
        self.compare(live_findings(self.folder / "live"), explained)

    def test_healthy_tools_are_not_accused(self):
        self.need_capture()
        self.assertEqual(self.tools, [0, 0])
        _, _, explained = self.explain("healthy", self.file)
        healthy = [c for _, _, c in explained.values() if "HEALTHY" in c["reason"]]
        self.assertEqual([c["verdict"] for c in healthy], ["pass", "pass"], healthy)

    def test_every_recording_is_read_by_libpcap_without_a_complaint(self):
        files = sorted((self.folder / "live" / "pcap").glob("*.pcapng"))
        self.assertGreater(len(files), 20)
        for file in files:
            done = subprocess.run(["tcpdump", "-nvvr", str(file)], capture_output=True, text=True, timeout=60, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertNotRegex(done.stdout, r"\(incorrect|bad (cksum|hdr|opt)|truncated-", file.name)
            self.assertIn("Flags [S.]", done.stdout)

    def healthy_packets(self):
        """Header and records of the healthy storescu, from tcpdump's file."""
        self.need_capture()
        _, _, explained = self.explain("of-storescu", self.file)
        port = [p for p, (_, _, c) in explained.items() if "HEALTHY" in c["reason"] and "P-DATA" not in c["title"]][-1]
        header, records = packets_of(self.file)
        return header, [r for r in records if port in struct.unpack_from(">HH", r, 16 + 14 + (r[16 + 14] & 15) * 4)]

    def damaged(self, name, header, records):
        file = self.folder / (name + ".pcap")
        file.write_bytes(header + b"".join(records))
        code, text, explained = self.explain(name, file)
        self.assertEqual([f for f, _, _ in explained.values() if any(x[2] != "note" for x in f)], [], text)
        return code, text, explained

    def test_every_lost_packet_is_told_and_held_against_nobody(self):
        header, records = self.healthy_packets()
        self.assertGreater(len(records), 15)
        for lost in range(len(records)):
            code, text, _ = self.damaged("lost", header, records[:lost] + records[lost + 1:])
            if payload_length(records[lost]) > 0:
                self.assertEqual(code, 3, text)
                self.assertRegex(text, r"missing: \d+ bytes of the (requestor|acceptor) from byte \d+ on are not in the capture", text)
            else:
                self.assertEqual(code, 0, text)

    def test_a_hole_in_pixels_does_not_stop_the_judging(self):
        header, records = self.healthy_packets()

        def is_whole_p_data(record):
            size = payload_length(record)
            payload = record[len(record) - size:]
            return size > 5000 and payload[0] == 4 and struct.unpack_from(">I", payload, 2)[0] + 6 == size

        # The loopback interface carries a whole PDU in a packet: the hole is made by cutting one.
        at = next(i for i, r in enumerate(records) if is_whole_p_data(r))
        kept = records[at][:16 + 14 + 60 + 500]
        records[at] = kept[:8] + struct.pack("<I", len(kept) - 16) + kept[12:]
        code, text, _ = self.damaged("pixels", header, records)
        self.assertEqual(code, 3, text)
        self.assertIn("they lie in the Data Set of a C-STORE-RQ, which is not judged, everything else is", text)
        self.assertIn("1 A-RELEASE-RP", text)

    def test_a_cut_start_is_told_and_held_against_nobody(self):
        header, records = self.healthy_packets()
        for cut in range(1, len(records) - 1):
            code, text, explained = self.damaged("cut", header, records[cut:])
            first = next((i for i, r in enumerate(records) if payload_length(r) > 0))
            if cut <= first:
                self.assertEqual(code, 0, text)  # only the handshake is gone
            else:
                self.assertEqual(code, 3, text)
                if any(c["verdict"] != "skipped" for _, _, c in explained.values()):
                    self.assertIn("the beginning of the connection is not in the capture", text)

    def test_cut_packets_and_a_cut_file_are_told(self):
        header, records = self.healthy_packets()
        short = []
        for r in records:
            kept = r[:16 + 96]
            short.append(kept[:8] + struct.pack("<I", len(kept) - 16) + kept[12:])
        code, text, _ = self.damaged("snap", header, short)
        self.assertEqual(code, 3, text)
        self.assertIn("were cut off by the capture", text)
        code, text, _ = self.damaged("torn", header, [*records[:-3], records[-3][:20]])
        self.assertIn("the file is damaged: packet", text)

    def test_what_is_no_capture_is_bad_input(self):
        text_file = self.folder / "notes.txt"
        text_file.write_text("hello")
        for bad in (text_file, self.folder / "missing.pcap"):
            code, _, err = products.assay("explain", bad)
            self.assertEqual(code, 2, err)
            self.assertIn(bad.name, err)
        (self.folder / "empty").mkdir()
        self.assertEqual(products.assay("explain", self.folder / "empty")[0], 2)
        code, _, err = products.assay("explain", self.folder / "live", "--out", self.folder / "live")
        self.assertEqual(code, 2, err)
        self.assertTrue((self.folder / "live" / "pcap").is_dir(), "the recording survives")


if __name__ == "__main__":
    result = unittest.main(exit=False).result
    if not result.wasSuccessful():
        sys.exit(1)
    for _, why in result.skipped:
        print("skipped:", why)
    sys.exit(77 if result.skipped else 0)
