"""`assay serve` under `assay load` from a second process: many idle associations and some busy ones in one process, the
memory that one idle association costs, silent and dripping callers that delay nobody, file descriptors that run out.

Quick: 1000 idle and 50 busy. ASSAY_LONG=1: 10,000 idle and 500 busy."""

import contextlib
import json
import os
import pathlib
import resource
import signal
import socket
import struct
import subprocess
import threading
import unittest

import products

LONG = os.environ.get("ASSAY_LONG") == "1"
IDLE, BUSY, DURATION = (10_000, 500, "20s") if LONG else (1000, 50, "2s")


def resident(pid):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) * 1024
    return 0


def load(port, idle, busy, duration, *more):
    code, out, err = products.assay("load", f"127.0.0.1:{port}", "--associations", idle, "--busy", busy, "--duration",
                                    duration, "--timeout", "120s", "--json", *more)
    return code, json.loads(out) if out.startswith("{") else out, err


@contextlib.contextmanager
def serving(folder, *more, **limits):
    port = products.free_port()
    command = [products.ASSAY, "serve", "--port", str(port), "--idle-timeout", "30m", "--quiet", *more]
    if "files" in limits:
        command = ["/bin/sh", "-c", f'ulimit -n {limits["files"]}; exec "$@"', "sh", *command]
    log = pathlib.Path(folder) / "serve.log"
    with products.server(command, port, log) as process:
        yield process, port, log


def associate_rq():
    def item(kind, content):
        return struct.pack(">BBH", kind, 0, len(content)) + content

    context = struct.pack(">BBBB", 1, 0, 0, 0) + item(0x30, b"1.2.840.10008.1.1") + item(0x40, b"1.2.840.10008.1.2")
    user = item(0x51, struct.pack(">I", 16384)) + item(0x52, b"1.2.3.4")
    body = (struct.pack(">HH", 1, 0) + b"ANY-SCP".ljust(16) + b"SLOW".ljust(16) + bytes(32) +
            item(0x10, b"1.2.840.10008.3.1.1.1") + item(0x20, context) + item(0x50, user))
    return struct.pack(">BBI", 1, 0, len(body)) + body


@contextlib.contextmanager
def slow_callers(port, count):
    """Connections that say nothing, and as many that drip their A-ASSOCIATE-RQ byte by byte."""
    stop = threading.Event()
    sockets = [socket.create_connection(("127.0.0.1", port)) for _ in range(2 * count)]
    rq = associate_rq()

    def drip():
        at = 0
        while not stop.wait(0.02) and at < len(rq) - 1:
            for one in sockets[count:]:
                with contextlib.suppress(OSError):
                    one.send(rq[at:at + 1])
            at += 1

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        yield sockets
    finally:
        stop.set()
        thread.join()
        for one in sockets:
            one.close()


class Load(unittest.TestCase):
    def held(self, result, code, err):
        self.assertEqual(result["failures"], [], err)
        self.assertEqual(result["idle"]["kept"], IDLE)
        self.assertEqual(result["busy"]["opened"], BUSY)
        self.assertEqual(result["released"], IDLE + BUSY)
        self.assertEqual(result["failed_operations"], 0)
        self.assertGreater(result["operations"], BUSY)
        self.assertEqual(code, 0, err)

    def test_idle_and_busy_associations_are_held_and_cost_little_memory(self):
        if resource.getrlimit(resource.RLIMIT_NOFILE)[1] < IDLE + BUSY + 100:
            self.skipTest("this system lets a program have too few files open")
        figures = {}
        for mode in ([], ["--no-judging"]):
            with products.scratch() as folder, serving(folder, "--max-associations", "11000", *mode) as (device, port, log):
                # The first run makes what is made once; the second one counts.
                load(port, 10, 10, "200ms")
                before = resident(device.pid)
                files = self.files(device.pid)
                peak = []
                client = subprocess.Popen([products.ASSAY, "load", f"127.0.0.1:{port}", "--associations", str(IDLE),
                                           "--busy", "0", "--duration", "5m", "--timeout", "120s", "--json"],
                                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
                try:
                    # Connections of before may be counted in `files` that close only now: a few less must do.
                    while self.files(device.pid) < files + IDLE - 32 and client.poll() is None:
                        with contextlib.suppress(subprocess.TimeoutExpired):
                            client.wait(timeout=0.1)
                    # One more association that is served says that all before it have been.
                    self.assertEqual(products.assay("echo", f"127.0.0.1:{port}", "--timeout", "60s")[0], 0)
                    peak.append(resident(device.pid))
                    client.send_signal(signal.SIGINT)
                    out, err = client.communicate(timeout=120)
                finally:
                    client.kill()
                    client.wait()
                self.assertEqual(client.returncode, 130, err)
                interrupted = json.loads(out)
                # The last ones on the way may have been cut off by the interrupt.
                self.assertGreaterEqual(interrupted["idle"]["kept"], IDLE - 64, out)
                self.assertTrue(interrupted["interrupted"])
                each = (peak[0] - before) / IDLE
                figures["judged" if not mode else "not judged"] = each
                # A tenth of a megabyte would be a gigabyte for ten thousand.
                self.assertLess(each, 100_000, f"{each:.0f} bytes for each idle association")
                code, result, err = load(port, IDLE, BUSY, DURATION)
                self.held(result, code, err)
                print(f"{'judged' if not mode else 'not judged'}: {each:.0f} bytes each of {IDLE} idle associations; "
                      f"{BUSY} busy: {result['operations_per_second']:.0f} echoes a second, median "
                      f"{result['median_ms']:.1f} ms, p99 {result['p99_ms']:.1f} ms")
                self.assertIsNone(device.poll())

    @staticmethod
    def files(pid):
        return len(os.listdir(f"/proc/{pid}/fd"))

    def test_silent_and_dripping_callers_delay_nobody(self):
        with products.scratch() as folder, serving(folder, "--max-associations", "1000") as (device, port, log):
            with slow_callers(port, 50) as slow:
                code, crowded, err = load(port, 0, 8, "1s")
                # All of them are still waited for, so nobody has waited for one of them.
                for one in slow:
                    one.setblocking(False)
                    with self.assertRaises(BlockingIOError):
                        one.recv(1)
            self.assertEqual(code, 0, err)
            self.assertEqual(crowded["busy"]["opened"], 8)
            self.assertGreater(crowded["operations"], 8)

    def test_callers_wait_when_files_run_out_and_are_served_as_soon_as_there_are_some(self):
        with products.scratch() as folder, serving(folder, "--max-associations", "200", files=40) as (device, port, log):
            text = log.read_text(encoding="utf-8")
            self.assertIn("this system lets a program have 40 files open", text)
            many = [socket.create_connection(("127.0.0.1", port)) for _ in range(60)]
            waiting = subprocess.Popen([products.ASSAY, "echo", f"127.0.0.1:{port}", "--timeout", "60s"],
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            try:
                with self.assertRaises(subprocess.TimeoutExpired):
                    waiting.wait(timeout=0.5)
                for one in many:
                    one.close()
                out, err = waiting.communicate(timeout=60)
                self.assertEqual(waiting.returncode, 0, err)
            finally:
                waiting.kill()
                waiting.wait()
            self.assertIsNone(device.poll())

    def test_too_few_files_and_nobody_there_are_said_clearly(self):
        done = subprocess.run(["/bin/sh", "-c", f'ulimit -n 64; exec "{products.ASSAY}" load 127.0.0.1:1 --associations 1000'],
                              capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 2)
        self.assertIn("64 files open, too few for 1010 associations", done.stderr)
        code, out, err = products.assay("load", f"127.0.0.1:{products.free_port()}", "--associations", 2, "--busy", 1,
                                        "--duration", "1s")
        self.assertEqual(code, 3, out)
        self.assertIn("3 failed: no connection:", out)
        code, out, err = products.assay("load", f"127.0.0.1:{products.free_port()}", "--associations", 1000, "--duration", "1h")
        self.assertEqual(code, 3, out)
        self.assertIn("the rest was not tried", out)

    def test_more_than_the_device_takes_is_counted_as_refused(self):
        with products.scratch() as folder, serving(folder, "--max-associations", "5") as (device, port, log):
            code, result, err = load(port, 8, 0, "100ms", "--opening", "1")
            self.assertEqual(code, 1, err)
            self.assertEqual(result["idle"]["opened"], 5)
            self.assertEqual([f["associations"] for f in result["failures"]], [3])
            self.assertIn("local-limit-exceeded", result["failures"][0]["why"])
            code, result, err = load(port, 0, 2, "200ms", "--operation", "store")
            self.assertEqual(code, 0, err)
            self.assertGreater(result["operations"], 0)


if __name__ == "__main__":
    unittest.main()
