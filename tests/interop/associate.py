"""A-ASSOCIATE of a few lines, independent of Assay: proposes presentation contexts and says what became of each
(PS3.8 9.3.2, 9.3.3). Only for tests over loopback."""

import socket
import struct

MOST_CONTEXTS = 128  # odd identifiers from 1 to 255 (PS3.8 9.3.2.2)


def item(kind, content):
    return struct.pack(">BBH", kind, 0, len(content)) + content


def request(contexts, called, calling, maximum_length=16384):
    body = struct.pack(">HH", 1, 0) + called.ljust(16).encode() + calling.ljust(16).encode() + bytes(32)
    body += item(0x10, b"1.2.840.10008.3.1.1.1")
    for number, (abstract, syntaxes) in enumerate(contexts):
        inside = item(0x30, abstract.encode()) + b"".join(item(0x40, one.encode()) for one in syntaxes)
        body += item(0x20, struct.pack(">BBBB", 2 * number + 1, 0, 0, 0) + inside)
    body += item(0x50, item(0x51, struct.pack(">I", maximum_length)) + item(0x52, b"1.2.826.0.1.3680043.10.999.5"))
    return struct.pack(">BBI", 1, 0, len(body)) + body


def receive(connection, count):
    data = b""
    while len(data) < count:
        more = connection.recv(count - len(data))
        if not more:
            raise ConnectionError("closed before an answer was complete")
        data += more
    return data


def items(data):
    at = 0
    while at + 4 <= len(data):
        kind, length = data[at], struct.unpack_from(">H", data, at + 2)[0]
        yield kind, data[at + 4:at + 4 + length]
        at += 4 + length


def ask(connection, contexts, called, calling):
    """The body of the A-ASSOCIATE-AC on a connection that is open, or Refused."""
    connection.sendall(request(contexts, called, calling))
    kind, _, length = struct.unpack(">BBI", receive(connection, 6))
    body = receive(connection, length)
    if kind == 3:
        raise Refused(*body[1:4])
    if kind != 2:
        raise ConnectionError(f"PDU of type {kind} instead of A-ASSOCIATE-AC")
    return body


def user_information(body):
    """Sub-items of an A-ASSOCIATE-AC's User Information by their types (PS3.7 D.3.3)."""
    return dict(items(next(content for kind, content in items(body[68:]) if kind == 0x50)))


class Refused(Exception):
    """A-ASSOCIATE-RJ; args: result, source, reason."""


def propose(port, contexts, called="ANY-SCP", calling="ASSAY", limit=30, whole=False):
    """For each (abstract syntax, [transfer syntaxes]): (result, the transfer syntax where it is accepted). `whole`: None
    where the association as a whole was refused, as some do when nothing in it is of use to them."""
    answers = []
    for first in range(0, len(contexts), MOST_CONTEXTS):
        with socket.create_connection(("127.0.0.1", port), timeout=limit) as connection:
            try:
                body = ask(connection, contexts[first:first + MOST_CONTEXTS], called, calling)
            except Refused:
                if not whole:
                    raise
                answers += [None] * len(contexts[first:first + MOST_CONTEXTS])
                continue
            found = {}
            for what, content in items(body[68:]):
                if what == 0x21:
                    syntax = next((value.decode().rstrip("\0") for sub, value in items(content[4:]) if sub == 0x40), "")
                    found[content[0]] = (content[2], syntax if content[2] == 0 else "")
            answers += [found[2 * i + 1] for i in range(len(contexts[first:first + MOST_CONTEXTS]))]
            connection.sendall(struct.pack(">BBII", 5, 0, 4, 0))
            receive(connection, 10)
    return answers
