#!/usr/bin/python3
"""The interoperability matrix: which service was tried in which role with which product. matrix.tsv is the table, one line
an exchange; every cell of service, role and product has an exchange or a reason why there is none.

An exchange passes through `assay proxy`, which records it; `assay explain` judges the packets. It is green when the
messages of the service went over the wire with the statuses they have when all is well, and when no rule blames either
side, but for what conformance/known-deviations/exchanges.txt explains. Nobody's exit code counts.

As a script it prints the table: `matrix.py` as planned; matrix_test.py writes what came of it to build/interop/matrix.txt."""

import contextlib
import csv
import fnmatch
import json
import os
import pathlib
import re
import subprocess
import sys
import time

import products
import pydicom
from proxy_test import proxy

TABLE = pathlib.Path(__file__).with_name("matrix.tsv")
DEVIATIONS = products.DEVIATIONS / "exchanges.txt"
RESULTS = products.ROOT / "build" / "interop" / "matrix.txt"
SERVICES = ("C-ECHO", "C-STORE", "C-FIND", "C-GET", "C-MOVE", "C-CANCEL", "Worklist", "MPPS", "Commitment", "Print")
ROLES = ("SCU", "SCP")
PRODUCTS = ("DCMTK", "Orthanc", "dcmjs-dimse", "CTN", "GDCM")
# The programs that have to be in the table whatever else is.
PROGRAMS = ("storescp storescu dcmqrscp findscu getscu movescu wlmscpfs dcmsend dcmrecv echoscu dcmpsrcv dcmprscp dcmprscu "
            "simple_storage Orthanc dcmjs-dimse").split()
COUNT = 3  # instances of the study that is stored and fetched
STUDY = "1.2.826.0.1.3680043.10.999.55"


class Row:
    def __init__(self, line):
        self.service, self.role, self.product, self.program, self.exchange, self.reason = (line[k] or "" for k in (
            "service", "role", "product", "program", "exchange", "reason"))
        self.cell = (self.service, self.role, self.product)
        self.id = "/".join(("interop", self.service, self.role, self.program))


def table():
    with open(TABLE, encoding="utf-8", newline="") as file:
        lines = [line for line in file if not line.startswith("#")]
    return [Row(line) for line in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)]


def mistakes(rows, exchanges):
    """What is wrong with the table itself: cells without a line, lines without a test or a reason."""
    out = [f"no line for {' '.join(cell)}" for cell in sorted(
        {(s, r, p) for s in SERVICES for r in ROLES for p in PRODUCTS} - {row.cell for row in rows})]
    out += [f"unknown cell {' '.join(row.cell)}" for row in rows
            if row.service not in SERVICES or row.role not in ROLES or row.product not in PRODUCTS]
    for row in rows:
        if bool(row.exchange) == bool(row.reason):
            out.append(f"{row.id}: needs either an exchange or a reason")
        if row.exchange and row.exchange not in exchanges:
            out.append(f"{row.id}: no exchange is called {row.exchange}")
        if row.reason and any(other.cell == row.cell and other is not row for other in rows):
            out.append(f"{row.id}: a reason for a cell that is tested")
    out += [f"exchange {name} stands in no line" for name in sorted(set(exchanges) - {row.exchange for row in rows})]
    out += [f"{name} is not in the table" for name in sorted(set(PROGRAMS) - {row.program for row in rows if row.exchange})]
    return out


class Deviations:
    """The lines of exchanges.txt: MODE ID "MESSAGE"  # reason, as in the other files of known deviations."""

    def __init__(self, text):
        self.lines = []
        for line in text.splitlines():
            if line.strip() and not line.startswith("#"):
                mode, pattern, message, reason = re.fullmatch(r'(fail|flaky)\s+(\S+)\s+"((?:[^"\\]|\\.)*)"\s+#\s*(.+)', line).groups()
                self.lines.append((mode, pattern, message, reason))
        self.seen = set()

    def reason(self, row, finding):
        for line in self.lines:
            if fnmatch.fnmatchcase(row.id, line[1]) and fnmatch.fnmatchcase(finding, f"*{line[2]}*"):
                self.seen.add(line)
                return line[3]
        return ""

    def stale(self, ran):
        """Lines that should have been needed for one of these rows."""
        return [f"{line[1]} \"{line[2]}\"" for line in self.lines
                if line[0] == "fail" and line not in self.seen and any(fnmatch.fnmatchcase(row.id, line[1]) for row in ran)]


class Exchange:
    """One line's doing: our devices and the product's programs, everything between them through recording proxies."""

    def __init__(self, row, folder, shared):
        self.row, self.folder, self.shared = row, folder, shared
        self.stack, self.proxies, self.said = contextlib.ExitStack(), {}, []
        self.files = [products.synthetic_file(folder, n) for n in range(1, COUNT + 1)]

    def through(self, port, name="main"):
        """A port that leads to this one and is recorded."""
        own, finish = self.stack.enter_context(proxy(port, self.folder, "--record", self.folder / "wire" / name))
        self.proxies[name] = finish
        return own

    def ours(self, device, *arguments):
        """One of Assay's devices; its port."""
        return self.program([products.ASSAY, "serve", device, "--quiet", *arguments, "--port"], "ours")

    def program(self, command, name="theirs", env=None, tail=(), cwd=None, ask=True):
        """A program that listens on a free port, which stands between `command` and `tail`; the port."""
        port = products.free_port()
        words = [str(w) for w in (*command, port, *tail)]
        log = self.folder / f"{name}.log"
        process = subprocess.Popen(words, stdout=open(log, "wb"), stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                                   start_new_session=True, env={**os.environ, **(env or {})}, cwd=cwd)
        self.stack.callback(products.end, process)
        if ask:
            products.wait_for_port(port, process, log)
        else:
            wait_until_listening(port, process, log)
        return port

    def run(self, *command, env=None, cwd=None):
        done = subprocess.run([str(w) for w in command], capture_output=True, text=True, errors="replace", timeout=60,
                              stdin=subprocess.DEVNULL, env={**os.environ, **(env or {})}, cwd=cwd or self.folder, check=False)
        self.said.append(f"$ {' '.join(map(str, command))}\n{done.stdout[-2000:]}{done.stderr[-2000:]}exit code {done.returncode}")
        return done.stdout + done.stderr

    def assay(self, *words):
        return self.run(products.ASSAY, *words)

    def make(self, name):
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        return folder

    def record(self):
        """Ends the proxies; what they recorded, judged."""
        wire = {}
        for name, finish in self.proxies.items():
            _, lines, _ = finish()
            _, out, err = products.assay("explain", self.folder / "wire" / name, "--json", "-")
            wire[name] = Recording(json.loads(out) if out.startswith("{") else {"cases": []}, err,
                                   [context for line in lines for context in line.get("contexts", ())])
        return wire


def wait_until_listening(port, process, log, limit=30):
    """Without connecting: the kernel's table says so."""
    until = time.monotonic() + limit
    while f":{port:04X} 00000000:0000 0A " not in pathlib.Path("/proc/net/tcp").read_text(encoding="ascii"):
        if process.poll() is not None or time.monotonic() > until:
            raise RuntimeError(f"nothing listens on port {port}:\n{log.read_text(errors='replace')}")
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=0.02)  # wakes up at once when it dies


class Recording:
    """What passed one proxy: messages as (side, command, status, length of its Data Set), findings as lines."""

    def __init__(self, explained, said="", contexts=()):
        self.messages, self.findings, self.connections, self.unjudged, self.contexts = [], [], 0, [], contexts
        for case in explained["cases"]:
            if case["verdict"] in ("inconclusive", "error", "skipped"):
                self.unjudged.append(f"{case['verdict']}: {case['reason']} {said}")
            for trace in case["traces"]:
                self.connections += 1
                self.messages += [(e["from"], e["command"], e.get("status"), e["data_set_length"])
                                  for e in trace["events"] if e["event"] == "message"]
                self.findings += [f"{f['severity']} {f['rule']} {f['side']} {f['field']}: found {f['found']}, expected {f['expected']}"
                                  for f in trace["findings"] if f["severity"] in ("error", "warning") and not f["provoked"]]


RQ, AC = "requestor", "acceptor"
STORED = [(RQ, "C-STORE-RQ"), (AC, "C-STORE-RSP", 0)] * COUNT
# What has to pass, in this order with other messages between: recording -> messages. A status may be several.
HAPPENED = {
    "C-ECHO": {"main": [(RQ, "C-ECHO-RQ"), (AC, "C-ECHO-RSP", 0)]},
    "C-STORE": {"main": STORED},
    "C-FIND": {"main": [(RQ, "C-FIND-RQ"), (AC, "C-FIND-RSP", 0xff00, 0xff01), (AC, "C-FIND-RSP", 0)]},
    "C-GET": {"main": [(RQ, "C-GET-RQ"), *[(AC, "C-STORE-RQ"), (RQ, "C-STORE-RSP", 0)] * COUNT, (AC, "C-GET-RSP", 0)]},
    "C-MOVE": {"main": [(RQ, "C-MOVE-RQ"), (AC, "C-MOVE-RSP", 0)], "destination": STORED},
    "C-CANCEL": {"main": [(RQ, "C-CANCEL-RQ"), (AC, None, 0xfe00)]},
    "Worklist": {"main": [(RQ, "C-FIND-RQ"), (AC, "C-FIND-RSP", 0xff00, 0xff01), (AC, "C-FIND-RSP", 0)]},
    "MPPS": {"main": [(RQ, "N-CREATE-RQ"), (AC, "N-CREATE-RSP", 0), (RQ, "N-SET-RQ"), (AC, "N-SET-RSP", 0)]},
    "Commitment": {"main": [(RQ, "N-ACTION-RQ"), (AC, "N-ACTION-RSP", 0)],
                   "report": [(RQ, "N-EVENT-REPORT-RQ"), (AC, "N-EVENT-REPORT-RSP", 0)]},
    "Print": {"main": [(RQ, "N-CREATE-RQ"), (AC, "N-CREATE-RSP", 0), (RQ, "N-SET-RQ"), (AC, "N-SET-RSP", 0),
                       (RQ, "N-ACTION-RQ"), (AC, "N-ACTION-RSP", 0)]},
}
# The SOP class that has to be accepted for it, by a part of its name; messages of another class would prove nothing.
CONTEXT = {"C-ECHO": "Verification", "C-STORE": "Secondary Capture", "Worklist": "Modality Worklist", "MPPS": "Modality Performed",
           "Commitment": "Storage Commitment", "Print": "Print Management", "C-FIND": "- FIND", "C-GET": "- GET", "C-MOVE": "- MOVE",
           "C-CANCEL": "Query/Retrieve"}


def missing(service, wire):
    """What of the service did not pass; empty when all did."""
    if "main" in wire and not any(CONTEXT[service] in context for context in wire["main"].contexts):
        return f"no context of {CONTEXT[service]} among {wire['main'].contexts}"
    for name, wanted in HAPPENED[service].items():
        if name not in wire:
            return f"nothing was recorded as {name}"
        left = iter(wire[name].messages)
        for side, command, *statuses in wanted:
            for message in left:
                if message[0] == side and command in (None, message[1]) and (not statuses or message[2] in statuses):
                    break
            else:
                return f"{name}: no {command} {statuses or ''} of the {side} in its place in {wire[name].messages}"
    return ""


def data_sets(files):
    """SOP Instance UID -> tag -> value as pydicom reads it; some VRs are lost on the way in Implicit VR."""
    read = [pydicom.dcmread(file, force=True) for file in files]
    return {str(one.SOPInstanceUID): {tag: {**element, "vr": ""} for tag, element in one.to_json_dict().items()} for one in read}


def below(folder):
    """The DICOM files somewhere below."""
    return [file for file in pathlib.Path(folder).rglob("*")
            if file.is_file() and file.stat().st_size > 200 and not file.name.startswith("index")]


def text(outcomes):
    """The table for people: a line a service and role, a column a product."""
    width = 40
    lines = ["Interoperability matrix. Role: what the other product is; Assay is its counterpart.", "",
             f"{'':17}" + "".join(f"{product:{width}}" for product in PRODUCTS).rstrip()]
    for service in SERVICES:
        for role in ROLES:
            cells = [[o for row, o in outcomes if row.cell == (service, role, product)] for product in PRODUCTS]
            for at in range(max(1, *map(len, cells))):
                name = f"{service:11} {role:5}" if at == 0 else " " * 17
                lines.append((name + "".join(f"{(c[at] if at < len(c) else ''):{width}}" for c in cells)).rstrip())
    notes = sorted({f"{row.service} {row.role} {row.product}: {row.reason}" for row, _ in outcomes if row.reason})
    return "\n".join([*lines, "", "Not tried:", *notes]) + "\n"


if __name__ == "__main__":
    sys.stdout.write(text([(row, f"{row.program}" if row.exchange else "-") for row in table()]))
