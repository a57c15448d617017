"""The misconfigurations that assay diagnose has to name: scripted devices, what the caller says, the cause, and words a
technician has to read. Used by diagnose_test.py and its sisters."""

import concurrent.futures
import contextlib
import re
import ssl
import threading

import products
from diagnose_peers import (CT, FIND, IMPLICIT, JPEG, MR, PATIENT_FIND, SC, VERIFICATION, abort, associate_ac, device,
                            pdu, read_command, read_pdu, read_request, reject, response, serve)

# For devices that say nothing: the others answer when they can, however busy the machine is that runs the tests.
WAIT = ["--wait", "500ms"]
WAITS = {"silent", "answers-too-late", "echo-too-late", "answer-cut-short", "echo-unanswered", "release-unanswered", "find-unanswered", "move-unanswered"}


def bytes_only(data, end=False):
    """Something that is no DICOM: says `data` once it was spoken to."""
    def handle(conn, n):
        conn.recv(16)
        conn.sendall(data)
        if not end:
            conn.recv(65536)
            conn.recv(65536)
    return handle


def banner(data):
    """Says `data` first."""
    def handle(conn, n):
        conn.sendall(data)
        conn.recv(65536)
    return handle


def mirror(conn, n):
    conn.sendall(conn.recv(65536))
    conn.recv(1)


def silent(conn, n):
    while conn.recv(65536):
        pass


def hangs_up(conn, n):
    pass


def tls_only(conn, n):
    """Answers a ClientHello with a ServerHello and hangs up on all else, without an alert."""
    first = conn.recv(65536)
    if first[:1] == b"\x16":
        hello = b"\x03\x03" + bytes(32) + b"\x00" + b"\xc0\x2f" + b"\x00" + b"\x00\x00"
        conn.sendall(b"\x16\x03\x03" + (len(hello) + 4).to_bytes(2, "big") + b"\x02" + len(hello).to_bytes(3, "big") + hello)


def tls_alert(conn, n):
    conn.recv(65536)
    conn.sendall(b"\x15\x03\x03\x00\x02\x02\x28")


def knows(called=None, calling=None, unknown_called=reject(1, 1, 7), unknown_calling=reject(1, 1, 3)):
    def decide(rq, n):
        if called is not None and rq.called not in called:
            return unknown_called
        if calling is not None and rq.calling not in calling:
            return unknown_calling
        return None
    return decide


def refuses_when(condition, answer=reject(1, 1, 1)):
    return lambda rq, n: answer if condition(rq) else None


def echo_answers(make):
    """An association on which C-ECHO is answered by `make(conn, context, command)`."""
    def then(conn):
        got = read_command(conn)
        if got is None:
            return
        make(conn, *got)
        with contextlib.suppress(OSError, EOFError):
            serve(conn)
    return then


def late(conn, n):
    """Answers association requests after 0.8 s, which is longer than the caller waits."""
    rq = read_request(conn)
    threading.Event().wait(0.8)
    conn.sendall(associate_ac(rq))
    serve(conn)


def late_echo(conn, context, command):
    threading.Event().wait(0.8)
    conn.sendall(response(command, 0, context=context))


def cut_short(conn, n):
    rq = read_request(conn)
    conn.sendall(associate_ac(rq)[:40])


def broken_ac(conn, n):
    rq = read_request(conn)
    good = bytearray(associate_ac(rq))
    good[6 + 68 + 2:6 + 68 + 4] = b"\x7f\xff"  # the length of the application context item
    conn.sendall(bytes(good))
    conn.recv(1)


def after_acceptance(what):
    def handle(conn, n):
        rq = read_request(conn)
        conn.sendall(associate_ac(rq) + what)
    return handle


def no_release_answer(conn):
    got = read_command(conn)
    conn.sendall(response(got[1], 0, context=got[0]))
    read_pdu(conn)
    conn.recv(1)


class Limited:
    """At most so many associations at the same time."""

    def __init__(self, most):
        self.most, self.open, self.lock = most, 0, threading.Lock()

    def __call__(self, conn, n):
        rq = read_request(conn)
        with self.lock:
            full = self.open >= self.most
            self.open += 0 if full else 1
        if full:
            conn.sendall(reject(2, 3, 2))
            conn.recv(1)
            return
        try:
            conn.sendall(associate_ac(rq))
            serve(conn)
        finally:
            with self.lock:
                self.open -= 1


STORE_ONLY = dict(classes=[CT, MR, SC])
ARCHIVE = ["--called-ae", "ARCHIVE", "--calling-ae", "CT01"]

# what is wrong: (device, arguments, cause, a phrase a technician has to read)
SCRIPTED = {
    # what listens there?
    "a web server": (bytes_only(b"HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n", True), [], "web-server", "belongs to a web server"),
    "an SSH server": (banner(b"SSH-2.0-OpenSSH_9.2p1 Debian\r\n"), [], "ssh-server", "SSH-2.0-OpenSSH_9.2p1"),
    "a mail server": (banner(b"220 mail.example ESMTP ready\r\n"), [], "mail-server", "mail server"),
    "an FTP server": (banner(b"220 ProFTPD FTP Server ready\r\n"), [], "ftp-server", "file server"),
    "an HL7 interface": (bytes_only(b"\x0bMSH|^~\\&|RIS|H|||20260101||ACK|1|P|2.3\r\x1c\r"), [], "hl7-interface", "HL7 for orders"),
    "a Telnet server": (banner(b"\xff\xfd\x18\xff\xfd\x20\xff\xfd\x23"), [], "telnet-server", "Telnet"),
    "a MySQL database": (banner(b"\x4a\x00\x00\x00\x0a8.0.32\x00\x08\x00\x00\x00abcdefgh"), [], "database-server", "database of an archive"),
    "a Redis database": (bytes_only(b"-ERR unknown command\r\n"), [], "database-server", "Redis"),
    "a remote desktop": (bytes_only(b"\x03\x00\x00\x13\x0e\xd0\x00\x00\x12\x34\x00\x02\x00\x08\x00\x02\x00\x00\x00"), [],
                         "remote-desktop", "remote desktop"),
    "a VNC server": (banner(b"RFB 003.008\n"), [], "remote-desktop", "RFB 003.008"),
    "an echo service": (mirror, [], "mirror", "our own request byte by byte"),
    "a text protocol nobody knows": (bytes_only(b"ERROR what?\r\n"), [], "not-dicom", "answers in text: 'ERROR what?'"),
    "a binary protocol nobody knows": (bytes_only(bytes(range(0x80, 0xa0))), [], "not-dicom", "bytes of no protocol known here"),
    "a TLS server that sends an alert": (tls_alert, [], "tls-expected", "wants an encrypted connection"),
    "a TLS server that hangs up": (tls_only, [], "tls-expected", "TLS 1.2, cipher suite C02FH"),
    "plain DICOM where TLS was asked for": (device(), ["--tls"], "tls-not-served", "answers plain DICOM"),
    "a TLS server with nothing in common": (tls_alert, ["--tls"], "tls-refused", "handshake_failure"),
    "an application that hangs": (silent, [], "silent", "a 'ping' button"),
    "a device that resolves names first": (late, [], "answers-too-late", "Raise the time limit"),
    "a crash in the answer": (cut_short, [], "answer-cut-short", "40 bytes"),
    "another PDU than an answer": (device(lambda rq, n: pdu(6, bytes(4))), [], "wrong-pdu", "A-RELEASE-RP"),
    "a rejection of the wrong length": (device(lambda rq, n: pdu(3, bytes(2))), [], "wrong-pdu", "a broken A-ASSOCIATE-RJ"),
    "an address filter": (hangs_up, [], "closed-on-connect", "before a single byte was said"),
    # titles
    "a called title nobody has": (device(knows(called=["PACS"])), ARCHIVE, "called-ae-unknown", "no application on it answers to the title 'ARCHIVE'"),
    "a called title in small letters": (device(knows(called=["archive"])), ARCHIVE, "called-ae-misspelt", "differs only by capital and small letters"),
    "a called title with an underscore": (device(knows(called=["MY_ARCHIVE"])), ["--called-ae", "MY ARCHIVE"], "called-ae-misspelt",
                                          "Change the called AE title from 'MY ARCHIVE' to 'MY_ARCHIVE'"),
    "a called title that somebody guessed": (device(knows(called=["PACS"])), [*ARCHIVE, "--try-called", "STORE,PACS"], "called-ae-misspelt", "the device is 'PACS'"),
    "a wrong called title and an unknown caller": (device(knows(called=["archive"], calling=["MR"])), ARCHIVE, "called-ae-misspelt", "does not know the caller 'CT01'"),
    "swapped titles": (device(knows(called=["CT01"], calling=["ARCHIVE"])), ARCHIVE, "titles-swapped", "Exchange the two titles"),
    "a caller not entered": (device(knows(calling=["MR"])), ARCHIVE, "calling-ae-unknown", "Add the caller: AE title 'CT01'"),
    "a caller entered in small letters": (device(knows(calling=["ct01"])), ARCHIVE, "calling-ae-misspelt", "the device knows the caller as 'ct01'"),
    "a caller not entered, blamed on the called title": (device(knows(calling=["OLDCT"], unknown_calling=reject(1, 1, 7))), [*ARCHIVE, "--try-calling", "OLDCT"],
                                                         "misleading-reason", "blames the called title, but it is the caller"),
    "swapped titles, refused for the caller": (device(knows(calling=["ARCHIVE"])), ARCHIVE, "titles-swapped", "'CT01' is the device"),
    # other reasons given
    "an application context of its own": (device(refuses_when(lambda rq: rq.application_context != "1.2.3.4", reject(1, 1, 2))), [],
                                          "application-context-refused", "has to accept 1.2.840.10008.3.1.1.1"),
    "an application context that we changed": (device(refuses_when(lambda rq: rq.application_context == "1.2.3.4", reject(1, 1, 2))),
                                               ["--application-context", "1.2.3.4"], "application-context-refused", "with 1.2.840.10008.3.1.1.1: A-ASSOCIATE-AC"),
    "a protocol version refused": (device(lambda rq, n: reject(1, 2, 2)), [], "protocol-version-refused", "there is no other"),
    "temporary congestion": (device(lambda rq, n: reject(2, 3, 1)), [], "busy", "temporary-congestion"),
    "a limit of associations": (device(lambda rq, n: reject(2, 3, 2)), [], "busy", "local-limit-exceeded"),
    "permanent congestion, which contradicts itself": (device(lambda rq, n: reject(1, 3, 1)), [], "busy", "no association to spare"),
    # reasons hidden
    "a caller list behind 1/1/1": (device(knows(calling=["OLDCT"], unknown_calling=reject(1, 1, 1))), [*ARCHIVE, "--try-calling", "OLDCT"],
                                   "hidden-calling-ae", "it knows 'OLDCT'"),
    "a caller list behind a silent close": (device(knows(calling=["ct01"], unknown_calling="close")), ARCHIVE, "hidden-calling-ae", "called by 'ct01'"),
    "a caller list behind a reset": (device(knows(calling=["ct01"], unknown_calling="reset")), ARCHIVE, "hidden-calling-ae", "called by 'ct01'"),
    "a caller list behind an abort": (device(knows(calling=["ct01"], unknown_calling=abort(2, 0))), ARCHIVE, "hidden-calling-ae", "called by 'ct01'"),
    "a caller list behind silence": (device(knows(calling=["OLDCT"], unknown_calling="silence")), [*ARCHIVE, "--try-calling", "OLDCT"],
                                     "hidden-calling-ae", "called by 'OLDCT'"),
    "a caller list, and nobody knows who is on it": (device(knows(called=["ARCHIVE"], calling=["MR7"], unknown_calling=reject(1, 1, 1))), ARCHIVE,
                                                     "calling-ae-likely", "--try-calling"),
    "a called title behind 1/1/1": (device(knows(called=["archive"], unknown_called=reject(1, 1, 1))), ARCHIVE, "hidden-called-ae", "it wants 'archive'"),
    "a called title behind 1/2/1": (device(knows(called=["Archive"], unknown_called=reject(1, 2, 1))), ARCHIVE, "hidden-called-ae", "it wants 'Archive'"),
    "swapped titles behind 1/1/1": (device(knows(called=["CT1"], calling=["PACS"], unknown_called=reject(1, 1, 1))), ["--called-ae", "PACS", "--calling-ae", "CT1"],
                                    "titles-swapped", "Exchange the two titles"),
    "a rejection that means nothing": (device(lambda rq, n: reject(1, 1, 9)), [], "hidden-reason", "no rejection that PS3.8 Table 9-21 knows"),
    "a refusal without reason whatever is varied": (device(lambda rq, n: reject(1, 1, 1)), ARCHIVE, "hidden-reason", "does not say why"),
    "an allergy to version names": (device(refuses_when(lambda rq: rq.version_name)), [], "hidden-version-name", "must not decide anything"),
    "a version name of 18 characters": (device(refuses_when(lambda rq: len(rq.version_name) > 16, "close")), ["--version-name", "ArchiveVersion_1.0"],
                                        "version-name-too-long", "has 18 characters (16 is the most): 'ArchiveVersion_1.0'"),
    "a competitor refused by identity": (device(refuses_when(lambda rq: rq.class_uid == "1.2.3.4.5")), ["--implementation-uid", "1.2.3.4.5"],
                                         "hidden-identity", "chooses its partners by who made them"),
    "a private application context behind 1/1/1": (device(refuses_when(lambda rq: rq.application_context == "1.2.3.4")), ["--application-context", "1.2.3.4"],
                                                   "hidden-application-context", "Offer 1.2.840.10008.3.1.1.1"),
    "an unlimited PDU length refused": (device(refuses_when(lambda rq: rq.maximum_length == 0)), ["--max-pdu", "0"], "hidden-maximum-length", "0 (no limit)"),
    "one service that spoils the association": (device(refuses_when(lambda rq: rq.proposes(FIND))), ["--service", "store,find"], "hidden-contexts", "because of one service"),
    "an association for Verification alone refused": (device(refuses_when(lambda rq: rq.proposes(VERIFICATION)), classes=[CT, MR]), [],
                                                      "verification-not-accepted", "it is not dead"),
    "a refusal now and then": (device(lambda rq, n: reject(1, 1, 1) if n == 1 else None), [], "intermittent", "refuses one time and accepts the next"),
    # acceptances
    "an acceptance that cannot be read": (broken_ac, [], "ac-malformed", "broken at byte"),
    "a transfer syntax never proposed": (device(answers={1: (0, JPEG)}), [], "ac-contradicts-request", "JPEG Baseline"),
    "a maximum length of 4": (device(maximum=4), [], "maximum-length-unusable", "not even a command fits"),
    "an abort right after the acceptance": (after_acceptance(abort(2, 0)), [], "abort-after-accept", "aborts it before anything was asked"),
    "a close right after the acceptance": (after_acceptance(b""), [], "closed-after-accept", "has probably crashed"),
    "a licence for three associations": (Limited(3), ["--associations", "6"], "association-limit", "takes 3 associations at the same time, not 6"),
    # services
    "no Verification by design": (device(**STORE_ONLY), [], "verification-not-offered", "Do not judge this device by an echo test"),
    "nothing enabled at all": (device(classes=[]), [], "nothing-offered", "no service at all"),
    "CT needed, MR offered": (device(classes=[VERIFICATION, MR]), ["--sop-class", "CTImageStorage"], "sop-class-not-offered",
                              "does not offer CT Image Storage"),
    "patient root only": (device(classes=[VERIFICATION, PATIENT_FIND]), ["--sop-class", "StudyRootQueryRetrieveInformationModelFind"], "sop-class-not-offered",
                          "Of the same kind it offers: Patient Root"),
    "JPEG proposed, uncompressed taken": (device(syntaxes=[IMPLICIT]), ["--sop-class", "UltrasoundImageStorage", "--transfer-syntax", JPEG], "transfer-syntax-not-common",
                                          "The device takes it in: Implicit VR Little Endian"),
    "a private transfer syntax only": (device(), ["--sop-class", "CTImageStorage", "--transfer-syntax", "1.2.3.4.5"], "transfer-syntax-not-common", "1.2.3.4.5"),
    "a service refused to this caller": (device(classes=[VERIFICATION], refuse_with=1), ["--service", "store"], "service-refused", "grant echo, store and query one by one"),
    # verification
    "no answer to C-ECHO": (device(then=lambda conn: silent(conn, 0)), [], "echo-unanswered", "hangs behind its front door"),
    "a slow answer to C-ECHO": (device(then=echo_answers(late_echo)), [], "echo-too-late", "the answer to C-ECHO took"),
    "C-ECHO not authorised": (device(then=lambda conn: serve(conn, {0x30: 0x0124})), [], "echo-refused", "0124H means not authorised"),
    "C-ECHO with a processing failure": (device(then=lambda conn: serve(conn, {0x30: 0x0110})), [], "echo-refused", "0x0110"),
    "a wrong message id": (device(then=echo_answers(lambda conn, c, m: conn.sendall(response(m, 0, message_id=77, context=c)))), [],
                           "echo-wrong-response", "to message 77 instead of 1"),
    "another command as answer": (device(then=echo_answers(lambda conn, c, m: conn.sendall(response(m, 0, field=0x8001, context=c)))), [],
                                  "echo-wrong-response", "C-STORE-RSP instead of C-ECHO-RSP"),
    "no status": (device(then=echo_answers(lambda conn, c, m: conn.sendall(response(m, None, context=c)))), [], "echo-wrong-response", "without a Status"),
    "an abort at C-ECHO": (device(then=echo_answers(lambda conn, c, m: conn.sendall(abort(0, 0)))), [], "echo-aborted", "A-ABORT 0/0"),
    "a crash at C-ECHO": (device(then=lambda conn: read_command(conn)), [], "echo-closed", "probably crashed"),
    "a release never answered": (device(then=no_release_answer), [], "release-unanswered", "never lets go"),
    # services tried out
    "queries never answered": (device(then=echo_answers(lambda conn, c, m: conn.sendall(response(m, 0, context=c)) if m[0x0100] == 0x30 else conn.recv(1))),
                               ["--service", "find", "--exercise"], "find-unanswered", "never answers queries"),
    "queries refused": (device(then=lambda conn: serve(conn, {0x20: 0xC001})), ["--service", "find", "--exercise"], "find-refused", "instead of 'no match'"),
    "an unknown destination": (device(then=lambda conn: serve(conn, {0x21: 0xA801})), [*ARCHIVE, "--service", "find,move", "--exercise"],
                               "move-destination-unknown", "Enter 'CT01' as a destination"),
    "retrieval not authorised": (device(then=lambda conn: serve(conn, {0x21: 0x0124})), ["--service", "move", "--exercise"], "move-refused", "permission to retrieve"),
    "retrieval never answered": (device(then=echo_answers(lambda conn, c, m: conn.sendall(response(m, 0, context=c)) if m[0x0100] == 0x30 else conn.recv(1))),
                                 ["--service", "move", "--exercise"], "move-unanswered", "at an old address"),
    "a crash at C-FIND": (device(then=echo_answers(lambda conn, c, m: conn.sendall(response(m, 0, context=c) if m[0x0100] == 0x30 else abort(2, 0)))),
                          ["--service", "find", "--exercise"], "request-broken", "aborts with A-ABORT 2/0"),
}

# healthy devices: (device, arguments, a remark that is printed or "")
HEALTHY = {
    "a plain device": (device(), [], ""),
    "a device that knows both titles": (device(knows(["ARCHIVE"], ["CT01"])), ARCHIVE, ""),
    "a device without version name": (device(version=""), [], ""),
    "a device with a long version name": (device(version="ArchiveVersion_1.0"), [], "strict callers hang up on this"),
    "a device with small PDUs": (device(maximum=1024), [], "makes every transfer slow"),
    "a device that wants implicit little endian": (device(syntaxes=[IMPLICIT]), ["--service", "all"], ""),
    "a device that answers no Verification, asked for storage": (device(**STORE_ONLY), ["--service", "store"], "no fault of the service asked for"),
    "a device without limit, asked for six at the same time": (device(), ["--associations", "6"], "6 associations at the same time: all accepted"),
    "a device that was busy once": (device(lambda rq, n: reject(2, 3, 1) if n == 1 else None), [], "short of associations"),
    "a device that lets everybody in": (device(), ["--check-callers"], "reachable, but no check of callers"),
    "a device that checks callers": (device(knows(calling=["ASSAY"])), ["--check-callers"], "it checks its callers"),
    "a device that queries and retrieves": (device(), ["--service", "find,move,worklist", "--exercise"], ""),
    "a device that closes instead of releasing": (device(then=echo_answers(lambda conn, c, m: (conn.sendall(response(m, 0, context=c)), conn.close()))), [],
                                                  "closes the connection instead of answering A-RELEASE-RQ"),
}

# The real cases about associations (collected from the practice of hospitals), and where each is
# reproduced: names above, or of the tests below.
CASES = {
    "C01 two ports, one of them fixed": ["a closed port", "a device on another port"],
    "C02 an archive that does not know the scanner": ["a caller not entered", "a caller list behind 1/1/1", "a caller list behind a silent close"],
    "C03 odd titles, typing errors": ["a called title in small letters", "a called title with an underscore", "a called title nobody has", "swapped titles"],
    "C04 verification fails: network or DICOM addressing": ["a closed port", "a filtered port", "an application that hangs", "a called title nobody has",
                                                            "no Verification by design", "no answer to C-ECHO"],
    "C05 no Verification, called security": ["no Verification by design", "an association for Verification alone refused"],
    "C06 anybody may echo": ["a device that lets everybody in"],
    "C09 four reasons of a failed query": ["a caller not entered", "queries refused", "patient root only", "queries never answered"],
    "C16 a destination nobody knows": ["an unknown destination"],
    "C18 the address of a destination is old": ["retrieval never answered"],
    "C19 a firewall": ["a filtered port"],
    "C22 a ping that is no C-ECHO": ["an application that hangs"],
    "C23 CT needed, MR bought": ["CT needed, MR offered"],
    "C28 no reason given": ["a caller list behind 1/1/1", "a called title behind 1/1/1", "a refusal without reason whatever is varied"],
    "C29 ultrasound sends JPEG only": ["JPEG proposed, uncompressed taken"],
    "C30 a private transfer syntax": ["a private transfer syntax only"],
    "C31 application context wars": ["a competitor refused by identity", "a private application context behind 1/1/1", "an allergy to version names"],
    "C32 two characters too many": ["a version name of 18 characters", "a device with a long version name"],
    "C34 time limits": ["a device that resolves names first", "an application that hangs"],
    "C35 licences": ["a licence for three associations", "a limit of associations"],
    "C41 fails by design": ["a device that answers no Verification, asked for storage"],
    "C42 the server has another address": ["a device on another port", "an address that is not the archive"],
    "C43 a laptop on the network": ["an unknown destination", "a caller not entered"],
}
TESTED_BELOW = {"a closed port", "a device on another port", "a filtered port", "an address that is not the archive"}

CA = object()  # stands for --tls-ca and its file

# What the device does inside TLS, what the caller is told, the cause (None: healthy), a phrase, and the version.
INSIDE = {
    "a right certificate": ({}, [CA], None, "certificate of the peer trusted", "1.3"),
    "TLS 1.2": ({"newest": ssl.TLSVersion.TLSv1_2}, [CA], None, "TLS 1.2 TLS_ECDHE_RSA", "1.2"),
    "an expired certificate": ({"kind": "expired"}, [CA], "tls-certificate-expired", "Have the certificate renewed", "1.3"),
    "an expired certificate of an authority not told": ({"kind": "expired"}, [], "tls-certificate-expired", "has expired", "1.3"),
    "a certificate from the future": ({"kind": "not-yet-valid"}, [CA], "tls-certificate-not-yet-valid", "Check the date and time", "1.3"),
    "a certificate for another host": ({"kind": "wrong-host"}, [CA], "tls-certificate-wrong-host", "Have a certificate made that names 127.0.0.1", "1.3"),
    "a certificate for the name told": ({"kind": "wrong-host"}, [CA, "--tls-server-name", "wrong.host.invalid"], None, "server name wrong.host.invalid", "1.3"),
    "a self-signed certificate": ({"kind": "self-signed"}, [CA], "tls-certificate-self-signed", "vouches for itself", "1.3"),
    "a self-signed certificate and no authority told": ({"kind": "self-signed"}, ["--tls"], None, "give the authority of the site with --tls-ca", "1.3"),
    "an authority nobody knows": ({"kind": "unknown-issuer"}, [CA], "tls-certificate-unknown-issuer", "Enter the certificate of its issuer", "1.3"),
    "an authority nobody knows, and nobody looks": ({"kind": "unknown-issuer"}, [CA, "--tls-no-verify"], None, "not looked at, as was asked for", "1.3"),
    "a certificate for clients alone": ({"kind": "client-only"}, [CA], "tls-certificate-bad", "for use by a TLS server", "1.3"),
    "a client certificate not given": ({"clients": True}, [CA], "tls-client-certificate-required", "Give this side a certificate", "1.3"),
    "a client certificate not given in TLS 1.2": ({"clients": True, "newest": ssl.TLSVersion.TLSv1_2}, [CA], "tls-client-certificate-required",
                                                  "Give this side a certificate", ""),
    "a client certificate": ({"clients": True}, [CA, "right"], None, "client certificate sent", "1.3"),
    "a client certificate nobody trusts": ({"clients": True}, [CA, "unknown-issuer"], "tls-client-certificate-refused", "Enter the authority that issued", "1.3"),
    "a client certificate nobody trusts in TLS 1.2": ({"clients": True, "newest": ssl.TLSVersion.TLSv1_2}, [CA, "self-signed"],
                                                      "tls-client-certificate-refused", "unknown_ca", ""),
    "TLS 1.1 alone": ({"newest": ssl.TLSVersion.TLSv1_1}, [CA], "tls-version-withdrawn", "RFC 8996 forbids", ""),
}


def words(text):
    """Printed text without its line breaks."""
    return re.sub(r"\s+", " ", text)


def diagnose(port, *arguments, host="127.0.0.1"):
    code, out, err = products.assay("diagnose", f"{host}:{port}", "--only-this-port", *arguments, limit=60)
    return code, out, err


def together(function, entries):
    """All of them, some at the same time: most wait for time limits."""
    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        return list(pool.map(lambda entry: (entry[0], function(*entry)), entries))
