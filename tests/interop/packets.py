"""TCP connections out of packet captures, read without Assay, so that its reading can be held against something else.
Only what the loopback interface and a run's recording hold: Ethernet, IPv4, nothing lost, nothing out of order."""

import bisect
import struct

FIN, SYN, RST, ACK = 1, 2, 4, 16
REQUESTOR, ACCEPTOR = 0, 1


class Packet:
    """A TCP segment; `head` is the record's header in a classic pcap file, empty for one of a pcapng file."""

    def __init__(self, head, frame):
        self.head, self.frame = head, frame
        self.tcp = 14 + (frame[14] & 15) * 4
        self.source, self.target, self.sequence = struct.unpack_from(">HHI", frame, self.tcp)
        self.flags = frame[self.tcp + 13]
        self.data = self.tcp + (frame[self.tcp + 12] >> 4) * 4
        self.payload = frame[self.data:14 + struct.unpack_from(">H", frame, 16)[0]]

    def record(self):
        return self.head[:8] + struct.pack("<I", len(self.frame)) + self.head[12:] + self.frame

    def cut(self, length):
        """As a capture keeps it that cuts packets off at this length."""
        return Packet(self.head, self.frame[:length])

    def part(self, start, stop):
        """The segment with only these bytes of its payload. Checksums are left as they are: in a capture made on the
        sending machine they are not filled in either."""
        payload = self.payload[start:stop]
        frame = bytearray(self.frame[:self.data] + payload)
        struct.pack_into(">H", frame, 16, len(frame) - 14)
        struct.pack_into(">I", frame, self.tcp + 4, (self.sequence + start) % 2**32)
        return Packet(self.head[:12] + struct.pack("<I", len(frame)), bytes(frame))


def of_pcap(file):
    """Of a classic pcap as tcpdump writes it: the header and the packets."""
    data = file.read_bytes()
    assert data[:4] == b"\xd4\xc3\xb2\xa1", "tcpdump writes little-endian pcap here"
    at, packets = 24, []
    while at < len(data):
        length = struct.unpack_from("<I", data, at + 8)[0]
        packets.append(Packet(data[at:at + 16], data[at + 16:at + 16 + length]))
        at += 16 + length
    return data[:24], packets


def of_pcapng(file):
    """Of a pcapng as Assay writes it."""
    data = file.read_bytes()
    at, packets = 0, []
    while at < len(data):
        kind, total = struct.unpack_from("<II", data, at)
        if kind == 6:
            length = struct.unpack_from("<I", data, at + 20)[0]
            packets.append(Packet(b"", data[at + 28:at + 28 + length]))
        at += total
    return packets


class Connection:
    """Both byte streams, who closed how, and what of the acceptor was there before each thing the requestor did."""

    def __init__(self):
        self.packets = []
        self.streams = [bytearray(), bytearray()]
        self.closed = ["", ""]
        self.next = [None, None]  # sequence numbers
        self.starts, self.before = [], []  # positions in the requestor's stream; progress of the acceptor there
        self.before_closing = None

    def progress(self, end):
        """Bytes, and one more for the closing."""
        return len(self.streams[end]) + bool(self.closed[end])

    def add(self, end, packet):
        self.packets.append(packet)
        if packet.flags & SYN:
            self.next[end] = packet.sequence + 1
            return
        if packet.payload:
            again = (self.next[end] - packet.sequence) % 2**32
            assert again < 2**31, "a packet is not in the capture"
            fresh = packet.payload[again:]
            if fresh and end == REQUESTOR:
                self.starts.append(len(self.streams[end]))
                self.before.append(self.progress(ACCEPTOR))
            self.streams[end] += fresh
            self.next[end] += len(fresh)
        if packet.flags & (FIN | RST) and not self.closed[end]:
            if end == REQUESTOR:
                self.before_closing = self.progress(ACCEPTOR)
            self.closed[end] = "FIN" if packet.flags & FIN else "RST"

    def before_byte(self, position):
        return self.before[bisect.bisect_right(self.starts, position) - 1]


def connections(packets, port):
    """To this port, by the requestor's port: one after another where a port was used again."""
    out = {}
    for packet in packets:
        end = REQUESTOR if packet.target == port else ACCEPTOR
        mine = out.setdefault(packet.source if end == REQUESTOR else packet.target, [])
        if packet.flags & (SYN | ACK) == SYN:
            mine.append(Connection())
        mine[-1].add(end, packet)
    return out


def unread(wire, seen):
    """What the acceptor had already sent when the requestor acted without having read it; empty when both orders are
    the same. `wire` was captured between the kernels, `seen` is what the requestor's program read and did."""
    for position in sorted({*wire.starts, *seen.starts}):
        if wire.before_byte(position) > seen.before_byte(position):
            return f"byte {position} left after {wire.before_byte(position)} of the acceptor, {seen.before_byte(position)} read"
    if seen.closed[REQUESTOR] and not wire.closed[REQUESTOR] and wire.closed[ACCEPTOR] == "RST":
        return "the acceptor's reset came before the closing, which so never left"
    if seen.closed[REQUESTOR] and wire.closed[REQUESTOR] and wire.before_closing > seen.before_closing:
        return f"the closing left after {wire.before_closing} of the acceptor, {seen.before_closing} read"
    if len(wire.streams[ACCEPTOR]) > len(seen.streams[ACCEPTOR]):
        return f"the last {len(wire.streams[ACCEPTOR]) - len(seen.streams[ACCEPTOR])} bytes of the acceptor were never read"
    return ""


def data_set_values(stream):
    """Where the values of the PDVs lie that carry a Data Set: (start, stop) in the stream."""
    at = 0
    while at + 6 <= len(stream):
        kind, end = stream[at], at + 6 + struct.unpack_from(">I", stream, at + 2)[0]
        pdv = at + 6
        while kind == 4 and pdv + 6 <= end:
            after = pdv + 4 + struct.unpack_from(">I", stream, pdv)[0]
            if stream[pdv + 5] & 1 == 0:
                yield pdv + 6, after
            pdv = after
        at = end
