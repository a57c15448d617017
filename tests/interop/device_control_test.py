"""Devices that die, hang or refuse: what is a failure, what is inconclusive, and that the next case gets a living device."""

import contextlib
import pathlib
import sys
import unittest

import products

SCENARIOS = """<scenarios>
  <scenario id="ps3.7/9.1.5/dies-meanwhile" role="requestor"><title>The device dies before it answers</title>
    <clause part="PS3.7" section="9.1.5" level="shall">A C-ECHO is answered.</clause><advice>Restart it.</advice>
    <associate><context id="1" abstract="Verification"/></associate>
    <wait for="3s"/>
    <send><c-echo-rq/></send><expect judge="yes"><c-echo-rsp status="0000"/></expect><release/>
  </scenario>
  <scenario id="ps3.7/9.1.5/lives-again" role="requestor"><title>The next case has a living device</title>
    <clause part="PS3.7" section="9.1.5" level="shall">A C-ECHO is answered.</clause><advice>Restart it.</advice>
    <associate><context id="1" abstract="Verification"/></associate>
    <send><c-echo-rq/></send><expect judge="yes"><c-echo-rsp status="0000"/></expect><release/>
  </scenario>
</scenarios>
"""

# A small SCP with one fault: argv is PORT and FAULT. Answers C-ECHO, releases, closes.
FAULTY = """
import socket, struct, sys
port, fault = int(sys.argv[1]), sys.argv[2]
def item(kind, value): return bytes([kind, 0]) + struct.pack(">H", len(value)) + value
def element(tag, value): return struct.pack("<HHI", 0, tag, len(value)) + value
def take(c, n):
    data = b""
    while len(data) < n:
        more = c.recv(n - len(data))
        if not more: raise EOFError
        data += more
    return data
def accept(rq):
    context = 3 if fault == "foreign-context" else 1
    body = rq[:68] + item(0x10, b"1.2.840.10008.3.1.1.1") + item(0x21, bytes([context, 0, 0, 0]) + item(0x40, b"1.2.840.10008.1.2"))
    version = b"SEVENTEEN_LETTERS" if fault == "long-version" else b"FAULTY"
    return body + item(0x50, item(0x51, struct.pack(">I", 16384)) + item(0x52, b"1.2.3.4") + item(0x55, version))
def echo(message_id):
    uid = b"1.2.840.10008.1.2\\0" if fault == "wrong-class" else b"1.2.840.10008.1.1\\0"
    answered = message_id + 1 if fault == "wrong-message-id" else message_id
    rest = (element(2, uid) + element(0x100, struct.pack("<H", 0x8030)) + element(0x120, struct.pack("<H", answered))
            + element(0x800, struct.pack("<H", 0x101)) + element(0x900, struct.pack("<H", 0)))
    return element(0, struct.pack("<I", len(rest))) + rest
server = socket.create_server(("127.0.0.1", port))
while True:
    c, _ = server.accept()
    try:
        while True:
            kind, _, length = struct.unpack(">BBI", take(c, 6))
            body = take(c, length)
            if kind == 1: c.sendall(struct.pack(">BBI", 2, 0, len(accept(body))) + accept(body))
            elif kind == 4:
                at = body.index(bytes([0, 0, 0x10, 1, 2, 0, 0, 0])) + 8
                answer = echo(struct.unpack("<H", body[at:at + 2])[0])
                c.sendall(struct.pack(">BBIIBB", 4, 0, len(answer) + 6, len(answer) + 2, 1, 3) + answer)
            elif kind == 5: c.sendall(struct.pack(">BBII", 6, 0, 4, 0))
            else: break
    except (EOFError, OSError): pass
    c.close()
"""

# Ends by itself after its first association; started again, it stays.
ENDS_ONCE = """
import os, pathlib, sys
before = pathlib.Path(sys.argv[3])
ends = not before.exists()
before.touch()
""" + FAULTY.replace("    c.close()\n", "    c.close()\n    if ends: os._exit(1)\n")

# Answers the request for an association with the bytes it is given, then says nothing more.
HANGING = """
import socket, sys
server = socket.create_server(("127.0.0.1", int(sys.argv[1])))
kept = []
while True:
    connection, _ = server.accept()
    kept.append(connection)
"""


def commands_with(word):
    """The command lines of this machine that name it."""
    found = []
    for file in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            line = file.read_bytes().replace(b"\0", b" ").decode(errors="replace")
            if str(word) in line:
                found.append(line)
    return found


class DeviceControl(unittest.TestCase):
    def verdicts(self, folder, *arguments):
        code, out, err = products.assay("run", *arguments, "--out", folder / "report")
        return code, {c["id"]: c for c in products.results(folder / "report")["cases"]}, out + err

    def test_a_device_that_dies_at_the_judged_step_fails_and_is_started_again(self):
        products.need("storescp", "timeout")
        with products.scratch() as folder:
            file = folder / "dying.xml"
            file.write_text(SCENARIOS)
            code, cases, text = self.verdicts(folder, file, "--dut-start", "exec timeout 2 storescp --ignore {port}", "--timeout", "5s")
            self.assertEqual(code, 1, text)
            self.assertEqual(cases["ps3.7/9.1.5/dies-meanwhile"]["verdict"], "fail", text)
            self.assertEqual(cases["ps3.7/9.1.5/lives-again"]["verdict"], "pass", text)

    def test_a_device_that_ends_between_two_cases_is_started_again_and_ended_with_the_run(self):
        echo = SCENARIOS[SCENARIOS.index('  <scenario id="ps3.7/9.1.5/lives-again"'):SCENARIOS.index("</scenarios>")]
        with products.scratch() as folder:
            program = folder / "ends_once.py"
            program.write_text(ENDS_ONCE)
            file = folder / "echo.xml"
            # It ends while the first case still waits, so that the second one finds it gone.
            first = echo.replace("lives-again", "lives-1").replace("<release/>", '<release/><wait for="1s"/>')
            file.write_text(f"<scenarios>{first}{echo}</scenarios>")
            mark = folder / "started-before"
            code, cases, text = self.verdicts(folder, file, "--jobs", "1", "--dut-start",
                                              f"exec {sys.executable} {program} {{port}} none {mark}", "--timeout", "5s")
            self.assertEqual((code, [c["verdict"] for c in cases.values()]), (0, ["pass", "pass"]), text)
            self.assertTrue(mark.exists(), "it ended once")
            self.assertEqual(commands_with(program), [], "it was not ended with the run")

    def test_a_hang_at_the_judged_step_is_a_failure_and_before_it_inconclusive(self):
        with products.scratch() as folder:
            program = folder / "hanging.py"
            program.write_text(HANGING)
            judged = folder / "judged.xml"
            judged.write_text("""<scenarios>
              <scenario id="ps3.8/9.3.2/hangs" role="requestor"><title>Hangs at the judged step</title>
                <clause part="PS3.8" section="9.3.2" level="shall">A request is answered.</clause><advice>None.</advice>
                <send><a-associate-rq><context id="1" abstract="Verification"/></a-associate-rq></send>
                <expect judge="yes" within="1s"><a-associate-ac/><a-associate-rj/></expect></scenario>
              <scenario id="ps3.7/9.1.5/hangs-before" role="requestor"><title>Hangs before the judged step</title>
                <clause part="PS3.7" section="9.1.5" level="shall">A C-ECHO is answered.</clause><advice>None.</advice>
                <associate><context id="1" abstract="Verification"/></associate>
                <send><c-echo-rq/></send><expect judge="yes"><c-echo-rsp/></expect></scenario>
            </scenarios>""")
            code, cases, text = self.verdicts(folder, judged, "--dut-start", f"exec {sys.executable} {program} {{port}}", "--timeout", "1s")
            self.assertEqual(code, 1, text)
            self.assertEqual(cases["ps3.8/9.3.2/hangs"]["verdict"], "fail", text)
            self.assertEqual(cases["ps3.8/9.3.2/hangs"]["termination"], "hang", text)
            self.assertEqual(cases["ps3.7/9.1.5/hangs-before"]["verdict"], "inconclusive", text)
            self.assertIn("association", cases["ps3.7/9.1.5/hangs-before"]["reason"])

    def test_a_device_with_one_fault_is_blamed_for_it_by_rule_and_side_and_a_right_one_is_not(self):
        expected = {"none": None, "wrong-class": "ps3.7/9.3/response-sop-class", "wrong-message-id": "ps3.7/9.3/response-without-request",
                    "foreign-context": "ps3.8/9.3.3.2/context-never-proposed", "long-version": "ps3.7/D.3.3.2.4/version-name-length"}
        with products.scratch() as folder:
            program = folder / "faulty.py"
            program.write_text(FAULTY)
            for fault, rule in expected.items():
                code, cases, text = self.verdicts(folder, "ps3.7/9.1.5/echo-once", "ps3.7/9.1.5/echo-100", "--dut-start",
                                                  f"exec {sys.executable} {program} {{port}} {fault}", "--timeout", "2s")
                case = cases["ps3.7/9.1.5/echo-once"]
                found = {(f["rule"], f["side"]) for t in case["traces"] for f in t["findings"] if f["severity"] == "error"}
                if rule is None:
                    self.assertEqual((code, {c["verdict"] for c in cases.values()}), (0, {"pass"}), text)
                    self.assertEqual(found, set())
                else:
                    self.assertEqual((code, case["verdict"]), (1, "fail"), f"{fault}\n{text}")
                    self.assertIn((rule, "acceptor"), found)
                if fault in ("wrong-class", "long-version"):
                    # The conversation works all the same: its group is judged.
                    self.assertEqual(cases["ps3.7/9.1.5/echo-100"]["verdict"], "fail", text)

    def test_a_refused_service_is_an_observation_without_a_profile_a_skip_or_a_failure_with_one(self):
        products.need("wlmscpfs")
        with products.scratch() as folder:
            start = f"{products.HERE}/start_wlmscpfs.sh {folder} {{port}} {{called}}"
            common = ["ps3.4/B.2/store-once", "--dut-start", start, "--called-ae", "WLM", "--timeout", "5s"]
            code, cases, text = self.verdicts(folder, *common)
            self.assertEqual((code, cases["ps3.4/B.2/store-once"]["verdict"]), (3, "inconclusive"), text)
            self.assertIn("refused", cases["ps3.4/B.2/store-once"]["reason"])
            code, cases, text = self.verdicts(folder, *common, "--profile", "dcmtk-wlmscpfs")
            self.assertEqual((code, cases["ps3.4/B.2/store-once"]["verdict"]), (0, "skipped"), text)
            code, cases, text = self.verdicts(folder, *common, "--profile", "dcmtk-storescp")
            self.assertEqual((code, cases["ps3.4/B.2/store-once"]["verdict"]), (1, "fail"), text)

    def test_a_device_that_does_not_start_is_named(self):
        with products.scratch() as folder:
            code, cases, text = self.verdicts(folder, "ps3.7/9.1.5/echo-once", "--dut-start", "exec no-such-program {port}", "--timeout", "1s")
            self.assertEqual(code, 3, text)
            self.assertEqual(cases["ps3.7/9.1.5/echo-once"]["verdict"], "inconclusive", text)

    def test_a_device_that_cannot_be_made_to_act_is_skipped_with_the_reason(self):
        products.need("storescp")
        with products.scratch() as folder:
            code, cases, text = self.verdicts(folder, "ps3.7/9.1.5", "--skip", "**/echo-after-*", "--dut-start",
                                              "exec storescp --ignore {port}", "--timeout", "5s")
            self.assertEqual(code, 0, text)
            self.assertIn("--dut-act", cases["ps3.7/9.1.5/scu-echo"]["reason"])


if __name__ == "__main__":
    unittest.main()
