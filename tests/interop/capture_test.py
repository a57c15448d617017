"""Captures: the same conversations judged live by a run, from the recording the run writes, and from what tcpdump saw on
the loopback interface give the same findings; damaged captures are judged as far as possible and say what is missing.
Where capturing is not permitted (a container), the recording stands in for tcpdump and the exit status is 77.

The run judges what it read and did, tcpdump sees what passed between the kernels. Where the device's bytes or reset lay
unread in the run's socket while it sent or closed, the two orders differ, and a finding that depends on the order may:
a request on top of an unanswered one is none when the answer was already there. The packets cannot tell what a program
had read. So findings must be the same wherever packets.unread() proves nothing of that kind; elsewhere the bytes must
be, only our own side may be judged otherwise, and the recording, which keeps the run's order, gives its findings."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
import unittest

import pydicom

import packets
import products

SELECTION = [products.ROOT / "scenarios" / name for name in ("association", "state-machine", "pdata", "verification")]
# An eighth of the cases, and short waits for answers that never come; the ARTIM of the device is waited for nowhere.
TIER = ["--dul-timeout", "1s"] if products.LONG else ["--dul-timeout", "400ms", "--shard", "1/8"]
LEAST = 800 if products.LONG else 100  # connections


def places(count):
    """Packets of the storescu to damage: in the quick tier not those in the middle, which carry pixels like the others."""
    return range(count) if products.LONG else sorted({*range(min(12, count)), *range(max(0, count - 6), count)})


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
        self.at_the_end = self.process.communicate(timeout=20)[1]
        return self.file

    def stop(self):
        if self.process.poll() is None:
            products.end(self.process)
        self.process.stderr.close()


def said_of(finding):
    return (finding["rule"], finding["side"], finding["severity"], finding["pdu"], finding["offset"], finding["field"], finding["found"])


def live_findings(report):
    """By our port: what the run found on each connection it opened itself, as (case, findings), in order of time."""
    found = []
    for case in products.results(report)["cases"]:
        for trace in case["traces"]:
            ports = [m[1] for e in trace["events"] if e["event"] == "mark" and (m := re.fullmatch(r"from 127\.0\.0\.1:(\d+)", e["text"]))]
            if len(ports) == 1:
                found.append((trace["events"][0]["at"], int(ports[0]), case["id"], sorted(said_of(f) for f in trace["findings"])))
    out = {}
    for _, port, case, findings in sorted(found):
        out.setdefault(port, []).append((case, findings))
    return out


def explained(report):
    """What explain found in each connection: (id, requestor's port, findings, whether all of it was there, the case)."""
    out = []
    for case in products.results(report)["cases"]:
        whole = not any(o["name"] == "missing" for o in case["observations"])
        out.append((case["id"], int(re.match(r"\S+:(\d+) -> ", case["title"])[1]),
                    sorted(said_of(f) for t in case["traces"] for f in t["findings"]), whole, case))
    return out


def file_of(case):
    return case.replace("/", "_")


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
                "run", *SELECTION, "--role", "requestor", "--target", f"127.0.0.1:{port}", "--timeout", "3s", "--skip-tag", "artim",
                *TIER, "--out", cls.folder / "live")
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
        return code, text, explained(out)

    def live(self):
        live = live_findings(self.folder / "live")
        self.assertGreater(sum(map(len, live.values())), LEAST, self.out + self.err)
        self.assertGreater(sum(bool(findings) for uses in live.values() for _, findings in uses), LEAST // 10,
                           "faulty conversations are among them")
        return live

    def test_the_recording_of_a_run_gives_the_findings_of_the_run(self):
        _, _, found = self.explain("from-recording", self.folder / "live")
        there = {}
        for name, port, findings, whole, case in found:
            there.setdefault((name.split("/")[0], port), []).append((findings, whole, case["reason"]))
        different = []
        for port, uses in self.live().items():
            for case, findings in uses:
                mine = there.get((file_of(case), port), [])
                one = mine.pop(0) if mine else None
                if one is None or one[:2] != (findings, True):
                    different.append((case, port, findings, one))
        self.assertEqual(different, [])

    def test_tcpdump_gives_the_findings_of_the_run(self):
        self.need_capture()
        self.assertIn("\n0 packets dropped by kernel", self.capture.at_the_end)
        _, _, found = self.explain("from-tcpdump", self.file, "--port", self.capture.port)
        there = {}
        for _, port, findings, whole, case in found:
            there.setdefault(port, []).append((findings, whole, case["reason"]))
        wires = packets.connections(packets.of_pcap(self.file)[1], self.capture.port)
        different, excused, crossed, count = [], [], 0, 0
        for port, uses in self.live().items():
            # A port may have been used again: by the tools after the run, or by a case of several associations, which is in no list
            # of ours. So what was seen is looked for among what passed, in order of time.
            self.assertEqual(len(there.get(port, [])), len(wires[port]), port)
            passed = iter(zip(wires[port], there[port]))
            for at, (case, findings) in enumerate(uses):
                recording = self.folder / "live" / "pcap" / (file_of(case) + ".pcapng")
                earlier = sum(name == case for name, _ in uses[:at])
                seen = packets.connections(packets.of_pcapng(recording), self.capture.port)[port][earlier]
                sent = seen.streams[packets.REQUESTOR]
                wire, (others, whole, reason) = next((one for one in passed if one[0].streams[packets.REQUESTOR] == sent), (None, (0, 0, 0)))
                self.assertIsNotNone(wire, f"no connection from port {port} carried what {case} sent: {sent!r}")
                self.assertTrue(wire.streams[packets.ACCEPTOR].startswith(seen.streams[packets.ACCEPTOR]), case)
                why = packets.unread(wire, seen)
                count += 1
                crossed += bool(why)
                if whole and others == findings:
                    continue
                sides = {f[1] for f in set(others) ^ set(findings)}
                ours = sides <= {"requestor"} or wire.progress(packets.ACCEPTOR) > seen.progress(packets.ACCEPTOR)
                (excused if whole and why and ours else different).append((case, port, findings, others, reason, why))
        self.assertEqual(different, [], f"of {count} connections")
        # In nearly all cases the run waits for the answer, so the orders are the same.
        self.assertLess(crossed, count // 4)
        self.assertLess(len(excused), 3 + count // 20, excused)

    def test_healthy_tools_are_not_accused(self):
        self.need_capture()
        self.assertEqual(self.tools, [0, 0])
        _, _, found = self.explain("healthy", self.file)
        healthy = [case for *_, case in found if "HEALTHY" in case["reason"]]
        self.assertEqual([c["verdict"] for c in healthy], ["pass", "pass"], healthy)

    def test_every_recording_is_read_by_libpcap_without_a_complaint(self):
        files = sorted((self.folder / "live" / "pcap").glob("*.pcapng"))
        self.assertGreater(len(files), LEAST // 2)
        for file in files if products.LONG else files[::4]:
            done = subprocess.run(["tcpdump", "-nvvr", str(file)], capture_output=True, text=True, timeout=60, check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertNotRegex(done.stdout, r"\(incorrect|bad (cksum|hdr|opt)|truncated-", file.name)
            self.assertIn("Flags [S.]", done.stdout)

    def healthy_packets(self):
        """Header of tcpdump's file, and the connection of the healthy storescu in it."""
        self.need_capture()
        header, all_packets = packets.of_pcap(self.file)
        stored = [one for uses in packets.connections(all_packets, self.capture.port).values() for one in uses
                  if b"HEALTHY" in one.streams[packets.REQUESTOR][:80] and len(one.streams[packets.REQUESTOR]) > 100_000]
        self.assertEqual(len(stored), 1)
        return header, stored[0]

    def damaged(self, name, header, left):
        file = self.folder / (name + ".pcap")
        file.write_bytes(header + b"".join(p.record() for p in left))
        code, text, found = self.explain(name, file)
        self.assertEqual([f for _, _, f, *_ in found if any(x[2] != "note" for x in f)], [], text)
        return code, text, found

    def test_every_lost_packet_is_told_and_held_against_nobody(self):
        header, stored = self.healthy_packets()
        whole = stored.packets
        self.assertGreater(len(whole), 15)
        for lost in places(len(whole)):
            code, text, _ = self.damaged("lost", header, whole[:lost] + whole[lost + 1:])
            if whole[lost].payload:
                self.assertEqual(code, 3, text)
                self.assertRegex(text, r"missing: \d+ bytes? of the (requestor|acceptor) from byte \d+ on (are|was|were) not ", text)
            else:
                self.assertEqual(code, 0, text)

    def test_a_hole_in_pixels_does_not_stop_the_judging(self):
        header, stored = self.healthy_packets()
        # However the kernel cut the PDUs into packets: these bytes are taken out of the longest PDV, and nothing else.
        begin, end = max(packets.data_set_values(stored.streams[packets.REQUESTOR]), key=lambda v: v[1] - v[0])
        self.assertGreater(end - begin, 3000)
        hole = (begin + 1000, begin + 2000)
        first = next(p.sequence + 1 for p in stored.packets if p.flags & (packets.SYN | packets.ACK) == packets.SYN)
        left = []
        for p in stored.packets:
            at = (p.sequence - first) % 2**32
            if p.target != self.capture.port or at >= hole[1] or at + len(p.payload) <= hole[0]:
                left.append(p)
                continue
            if at < hole[0]:
                left.append(p.part(0, hole[0] - at))
            if at + len(p.payload) > hole[1]:
                left.append(p.part(hole[1] - at, len(p.payload)))
        code, text, _ = self.damaged("pixels", header, left)
        self.assertEqual(code, 3, text)
        self.assertIn(f"missing: 1000 bytes of the requestor from byte {hole[0]} on ", text)
        self.assertIn("they lie in the Data Set of a C-STORE-RQ, which is not judged, everything else is", text)
        self.assertIn("1 A-RELEASE-RP", text)

    def test_a_cut_start_is_told_and_held_against_nobody(self):
        header, stored = self.healthy_packets()
        whole = stored.packets
        first = next(i for i, p in enumerate(whole) if p.payload)
        for place in places(len(whole) - 2):
            cut = place + 1
            code, text, found = self.damaged("cut", header, whole[cut:])
            if cut <= first:
                self.assertEqual(code, 0, text)  # only the handshake is gone
            else:
                self.assertEqual(code, 3, text)
                if any(case["verdict"] != "skipped" for *_, case in found):
                    self.assertIn("the beginning of the connection is not in the capture", text)

    def test_cut_packets_and_a_cut_file_are_told(self):
        header, stored = self.healthy_packets()
        short = [p.cut(96) for p in stored.packets]
        code, text, _ = self.damaged("snap", header, short)
        self.assertEqual(code, 3, text)
        self.assertIn("were cut off by the capture", text)
        whole = [p.record() for p in stored.packets]
        file = self.folder / "torn.pcap"
        file.write_bytes(header + b"".join([*whole[:-3], whole[-3][:20]]))
        code, text, _ = self.explain("torn", file)
        self.assertIn("the file is damaged: packet", text)
        # Whatever is open where the file breaks off may have gone wrong behind it.
        file.write_bytes(header + b"".join([*whole[:len(whole) // 2], whole[len(whole) // 2][:20]]))
        code, text, _ = self.explain("torn", file)
        self.assertEqual(code, 3, text)
        self.assertIn("the file breaks off while the connection is open", text)

    def test_a_connection_that_has_hardly_begun_has_passed_nothing(self):
        header, stored = self.healthy_packets()
        packets = stored.packets
        for end in range(1, next(i for i, p in enumerate(packets) if p.payload) + 2):
            code, text, _ = self.damaged("begun", header, packets[:end])
            self.assertEqual(code, 3, text)
        code, text, _ = self.damaged("whole", header, packets)
        self.assertEqual(code, 0, text)
        done = subprocess.run([products.ASSAY, "explain", self.folder / "whole.pcap", "--connection", "c999"], capture_output=True,
                              text=True, timeout=60)
        self.assertIn("there is none of that name", done.stderr)

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
