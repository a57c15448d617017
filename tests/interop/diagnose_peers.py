"""Badly configured and badly behaved devices for diagnose_test.py: plain sockets on the loopback, written from the
standard and knowing nothing of Assay's code. A device is a function that is called with each connection."""

import contextlib
import socket
import ssl
import struct
import threading
import warnings

VERIFICATION = "1.2.840.10008.1.1"
CT, MR, SC = "1.2.840.10008.5.1.4.1.1.2", "1.2.840.10008.5.1.4.1.1.4", "1.2.840.10008.5.1.4.1.1.7"
US = "1.2.840.10008.5.1.4.1.1.6.1"
FIND, PATIENT_FIND, MOVE = "1.2.840.10008.5.1.4.1.2.2.1", "1.2.840.10008.5.1.4.1.2.1.1", "1.2.840.10008.5.1.4.1.2.2.2"
IMPLICIT, EXPLICIT, JPEG = "1.2.840.10008.1.2", "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.4.50"
DICOM = "1.2.840.10008.3.1.1.1"
CLASS_UID = "1.2.826.0.1.3680043.10.999.77"


def item(kind, body):
    return struct.pack(">BBH", kind, 0, len(body)) + body


def pdu(kind, body):
    return struct.pack(">BBI", kind, 0, len(body)) + body


def exactly(conn, count):
    out = b""
    while len(out) < count:
        more = conn.recv(count - len(out))
        if not more:
            raise EOFError
        out += more
    return out


def read_pdu(conn):
    head = exactly(conn, 6)
    return head[0], exactly(conn, struct.unpack(">I", head[2:])[0])


def items(body):
    at = 0
    while at + 4 <= len(body):
        kind, _, length = struct.unpack(">BBH", body[at:at + 4])
        yield kind, body[at + 4:at + 4 + length]
        at += 4 + length


class Request:
    """An A-ASSOCIATE-RQ, as far as these devices look at it."""

    def __init__(self, body):
        self.head = body[:68]
        self.called, self.calling = body[4:20].decode().strip(), body[20:36].decode().strip()
        self.contexts, self.application_context = {}, ""
        self.class_uid, self.version_name, self.maximum_length = "", "", 0
        for kind, value in items(body[68:]):
            if kind == 0x10:
                self.application_context = value.decode()
            elif kind == 0x20:
                subs = list(items(value[4:]))
                self.contexts[value[0]] = (next(v.decode() for k, v in subs if k == 0x30),
                                           [v.decode() for k, v in subs if k == 0x40])
            elif kind == 0x50:
                for k, v in items(value):
                    if k == 0x51:
                        self.maximum_length = struct.unpack(">I", v)[0]
                    elif k == 0x52:
                        self.class_uid = v.decode()
                    elif k == 0x55:
                        self.version_name = v.decode()

    def proposes(self, uid):
        return any(abstract == uid for abstract, _ in self.contexts.values())


def associate_ac(rq, classes=None, syntaxes=(IMPLICIT, EXPLICIT), refuse_with=3, maximum=16384, version="SCRIPTED", answers=None):
    """Accepts these classes (None: all) in these syntaxes. `answers` replaces the answer of a context: {id: (result, ts)}."""
    body = rq.head + item(0x10, DICOM.encode())
    for id_, (abstract, proposed) in rq.contexts.items():
        common = [s for s in syntaxes if s in proposed]
        result, syntax = (0, common[0]) if common else (4, IMPLICIT)
        if classes is not None and abstract not in classes:
            result, syntax = refuse_with, IMPLICIT
        if answers and id_ in answers:
            result, syntax = answers[id_]
        body += item(0x21, bytes([id_, 0, result, 0]) + item(0x40, syntax.encode()))
    user = item(0x51, struct.pack(">I", maximum)) + item(0x52, CLASS_UID.encode())
    if version:
        user += item(0x55, version.encode())
    return pdu(2, body + item(0x50, user))


def reject(result, source, reason):
    return pdu(3, bytes([0, result, source, reason]))


def abort(source, reason):
    return pdu(7, bytes([0, 0, source, reason]))


def element(group, number, value):
    return struct.pack("<HHI", group, number, len(value)) + value


def response(command, status, field=None, message_id=None, context=1, extra=b""):
    """The P-DATA-TF of a response without Data Set to a command (a dict of what was in it)."""
    uid = command[0x0002]
    body = element(0, 0x0002, uid) + element(0, 0x0100, struct.pack("<H", field or command[0x0100] | 0x8000))
    body += element(0, 0x0120, struct.pack("<H", command[0x0110] if message_id is None else message_id))
    body += element(0, 0x0800, struct.pack("<H", 0x0101))
    if status is not None:
        body += element(0, 0x0900, struct.pack("<H", status))
    body += extra
    body = element(0, 0, struct.pack("<I", len(body))) + body
    return pdu(4, struct.pack(">IBB", len(body) + 2, context, 3) + body)


def read_command(conn):
    """The next request as (context id, {element: value}); its Data Set is read and dropped. None after a release or abort."""
    command, context, wants_data = None, 0, False
    while True:
        kind, body = read_pdu(conn)
        if kind != 4:
            if kind == 5:
                conn.sendall(pdu(6, bytes(4)))
            return None
        at = 0
        while at < len(body):
            length, context, header = struct.unpack(">IBB", body[at:at + 6])
            value, at = body[at + 6:at + 4 + length], at + 4 + length
            if header & 1:
                command, where = {}, 0
                while where < len(value):
                    _, number, size = struct.unpack("<HHI", value[where:where + 8])
                    raw, where = value[where + 8:where + 8 + size], where + 8 + size
                    command[number] = struct.unpack("<H", raw)[0] if number in (0x0100, 0x0110, 0x0800) else raw
                wants_data = command[0x0800] != 0x0101
            elif header & 2:
                wants_data = False
        if command is not None and not wants_data:
            return context, command


def serve(conn, statuses=None):
    """Answers every request with success, or with the status of its command field."""
    while (got := read_command(conn)) is not None:
        context, command = got
        conn.sendall(response(command, (statuses or {}).get(command[0x0100], 0), context=context))


def read_request(conn):
    kind, body = read_pdu(conn)
    if kind != 1:
        raise EOFError
    return Request(body)


def device(decide=lambda rq, n: None, then=serve, **accept):
    """A DICOM device. `decide` gives the bytes of a refusal, "close", "reset", "silence", or None to accept."""
    def handle(conn, n):
        rq = read_request(conn)
        answer = decide(rq, n)
        if answer == "close":
            return
        if answer == "reset":
            conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return
        if answer == "silence":
            conn.recv(1)
            return
        if answer is not None:
            conn.sendall(answer)
            conn.recv(1)  # the caller closes (AE-4)
            return
        conn.sendall(associate_ac(rq, **accept))
        then(conn)
    return handle


def inside_tls(handle, folder, kind="right", clients=False, newest=None):
    """The same device inside TLS, with a certificate of `assay certificates`; `clients`: they must show one as well."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / f"{kind}.pem", folder / f"{kind}.key")
    if clients:
        context.verify_mode = ssl.CERT_REQUIRED
        context.load_verify_locations(folder / "ca.pem")
    if newest is not None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            context.minimum_version = min(newest, ssl.TLSVersion.TLSv1_2)
            context.maximum_version = newest
        context.set_ciphers("ALL:@SECLEVEL=0")

    def within(conn, n):
        with context.wrap_socket(conn, server_side=True) as inside:
            handle(inside, n)
    return within


@contextlib.contextmanager
def listening(handle):
    """Runs a device on a free port; yields the port. Connections are numbered from 1."""
    server = socket.socket()
    server.bind(("127.0.0.1", 0))
    server.listen(32)
    connections, threads = [], []

    def one(conn, n):
        with contextlib.suppress(OSError, EOFError):
            handle(conn, n)
        with contextlib.suppress(OSError):
            conn.close()

    def accept():
        with contextlib.suppress(OSError):
            while True:
                conn, _ = server.accept()
                connections.append(conn)
                thread = threading.Thread(target=one, args=(conn, len(connections)), daemon=True)
                threads.append(thread)
                thread.start()

    acceptor = threading.Thread(target=accept, daemon=True)
    acceptor.start()
    try:
        yield server.getsockname()[1]
    finally:
        with contextlib.suppress(OSError):
            server.shutdown(socket.SHUT_RDWR)
        server.close()
        for conn in connections:
            with contextlib.suppress(OSError):
                conn.shutdown(socket.SHUT_RDWR)
        acceptor.join(5)
        for thread in threads:
            thread.join(5)
