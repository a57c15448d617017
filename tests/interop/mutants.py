"""Files broken on purpose: copies of the small files of the real set with one to three faults each, the same for the
same seed on every machine. Most faults know where the elements are; some are blind.

    mutants.py CORPUS-FOLDER FOLDER COUNT     makes them from a set that corpus.py made
"""

import pathlib
import random
import re
import struct
import sys

import elements
import products

SEED = 20261122
LARGEST = 6000
VRS = ("AE AS AT CS DA DS DT FL FD IS LO LT OB OD OF OL OV OW PN SH SL SQ SS ST SV TM UC UI UL UN UR US UT UV ZZ ox").split()


class Base:
    """A file and where its elements stand, by the reading of Assay."""

    def __init__(self, name, data, rows):
        self.name = name
        self.data = data
        # (offset, end) of what has an offset in the file; a container ends where the next thing outside it starts.
        self.spans = []
        at = [r for r in rows if r.offset is not None and r.kind != "stray" and self.fits(r)]
        for i, row in enumerate(at):
            after = next((r for r in at[i + 1:] if not r.path.startswith(row.path + "[") and not r.path.startswith(row.path + "/")), None)
            self.spans.append((row.offset, after.offset if after else len(data), row))

    def fits(self, row):
        """Whether the row's tag stands at its offset: not so in deflated files."""
        tag = struct.unpack_from("<HH", self.data, row.offset) if row.offset + 8 <= len(self.data) else (0, 0)
        big = struct.unpack_from(">HH", self.data, row.offset) if row.offset + 8 <= len(self.data) else (0, 0)
        if row.kind in ("item", "fragment"):
            return (0xfffe, 0xe000) in (tag, big)
        written = tuple(int(x, 16) for x in row.path[-10:-1].split(","))
        return written in (tag, big)

    def big(self, row):
        group = 0xfffe if row.kind in ("item", "fragment") else int(row.path[-10:-6], 16)
        return struct.unpack_from("<H", self.data, row.offset)[0] != group

    def header(self, row):
        """(offset of the length, its size, size of the header)."""
        vr = self.data[row.offset + 4:row.offset + 6]
        if row.kind in ("item", "fragment") or not re.fullmatch(rb"[A-Z]{2}", vr):
            return row.offset + 4, 4, 8
        if vr in (b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"):
            return row.offset + 8, 4, 12
        return row.offset + 6, 2, 8


def shortened(data, rows):
    """Without most of the pixels, which hide what comes after them."""
    last = rows[-1] if rows else None
    if last is None or last.path != "(7fe0,0010)" or last.kind != "element" or last.offset is None or int(last.size) <= 64:
        return data
    base = Base("", data, rows)
    if not base.spans or base.spans[-1][2] is not last:
        return data
    at, size, header = base.header(last)
    order = ">" if base.big(last) else "<"
    return data[:at] + struct.pack(order + ("I" if size == 4 else "H"), 64) + data[at + size:last.offset + header] + data[last.offset + header:last.offset + header + 64]


def bases(folder, entries):
    """The small files that are the same on every run, with many alike ones left out."""
    chosen = [e for e in entries if e.fixed and "TINY_ALPHA/PT" not in str(e.path) and "charset_files" not in str(e.path)]
    seen = {}
    for e in chosen:  # of the many files of one folder of the media tests two
        key = str(e.path.parent) if "dicomdirtests/" in str(e.path) else str(e.path)
        seen.setdefault(key, []).append(e.path)
    paths = sorted(p for group in seen.values() for p in sorted(group)[:2])
    first = elements.by_assay(products.ASSAY, paths)
    made = pathlib.Path(folder)
    made.mkdir(parents=True, exist_ok=True)
    kept = []
    for n, path in enumerate(paths):
        data = shortened(path.read_bytes(), first[str(path)].rows)
        if len(data) <= LARGEST:
            copy = made / f"{n:03d}-{path.name}"
            copy.write_bytes(data)
            kept.append((str(path), copy, data))
    readings = elements.by_assay(products.ASSAY, [copy for _, copy, _ in kept])
    return [Base(name, data, readings[str(copy)].rows) for name, copy, data in kept]


def flip(r, base, data):
    at = r.randrange(len(data))
    data[at] ^= 1 << r.randrange(8)


def set_byte(r, base, data):
    data[r.randrange(len(data))] = r.choice((0, 1, 0x20, 0x5c, 0x7f, 0x80, 0xff, r.randrange(256)))


def header_byte(r, base, data):
    offset, _, row = r.choice(base.spans)
    at = offset + r.randrange(base.header(row)[2])
    if at < len(data):
        data[at] = r.choice((0, 1, 2, 0x20, 0x41, 0xff, r.randrange(256)))


def lie(r, base, data):
    _, end, row = r.choice(base.spans)
    at, size, _ = base.header(row)
    if at + size > len(data):
        return
    form = (">" if base.big(row) else "<") + ("I" if size == 4 else "H")
    old = struct.unpack_from(form, data, at)[0]
    new = r.choice((0, 1, old + 1, old - 1, old + 2, old - 2, old + 8, old - 8, old * 2, end - at, 0xffff, 0xffffffff, 0x7fffffff, 0xfffffffe))
    struct.pack_into(form, data, at, new & (0xffffffff if size == 4 else 0xffff))


def other_tag(r, base, data):
    offset, _, row = r.choice(base.spans)
    from_offset = r.choice(base.spans)[0]
    if r.random() < 0.6:
        data[offset:offset + 4] = base.data[from_offset:from_offset + 4]
    else:
        new = r.choice(((0x0008, 0x0005), (0x0009, 0x0010), (0x0009, 0x1001), (0x0008, 0x0000), (0xfffe, 0xe000), (0xfffe, 0xe00d), (0xfffe, 0xe0dd),
                        (0x0002, 0x0010), (0x0000, 0x0000), (0x6002, 0x3000), (0x7fe0, 0x0010), (0x0040, 0xa730), (0xfffc, 0xfffc), (0x0028, 0x0106)))
        data[offset:offset + 4] = struct.pack(">HH" if base.big(row) else "<HH", *new)


def other_vr(r, base, data):
    found = [s for s in base.spans if base.header(s[2])[0] != s[0] + 4]
    if found:
        offset = r.choice(found)[0]
        data[offset + 4:offset + 6] = r.choice(VRS).encode()


def truncate(r, base, data):
    at = r.choice(base.spans)[0] if base.spans and r.random() < 0.5 else r.randrange(len(data))
    del data[max(at, 1):]


def duplicate(r, base, data):
    offset, end, _ = r.choice(base.spans)
    data[end:end] = base.data[offset:end]


def reorder(r, base, data):
    i = r.randrange(len(base.spans) - 1)
    (a, b, _), (c, d, _) = base.spans[i], base.spans[i + 1]
    if b == c:
        data[a:d] = base.data[c:d] + base.data[a:b]


def remove(r, base, data):
    offset, end, _ = r.choice(base.spans)
    del data[offset:end]


def no_delimiter(r, base, data):
    marks = [m.start() for tag in (b"\xfe\xff\x0d\xe0", b"\xfe\xff\xdd\xe0", b"\xff\xfe\xe0\x0d", b"\xff\xfe\xe0\xdd") for m in re.finditer(re.escape(tag), data)]
    if marks:
        at = r.choice(sorted(marks))
        if r.random() < 0.7:
            del data[at:at + 8]
        else:  # the other delimiter, or one with a length
            data[at:at + 4] = r.choice((b"\xfe\xff\x0d\xe0", b"\xfe\xff\xdd\xe0", b"\xfe\xff\x00\xe0"))


def insert(r, base, data):
    offset = r.choice(base.spans)[0]
    data[offset:offset] = r.choice((b"\0", b"\0\0", bytes(8), b"\xff" * 4, b"\xfe\xff\x0d\xe0\0\0\0\0", b"\xfe\xff\xdd\xe0\0\0\0\0", b"\xfe\xff\x00\xe0\0\0\0\0"))


BLIND = (flip, set_byte, truncate)
PLANNED = (flip, set_byte, header_byte, header_byte, lie, lie, lie, other_tag, other_tag, other_vr, other_vr, truncate, duplicate, reorder, remove,
           no_delimiter, no_delimiter, insert)


def mutant(bases_, n):
    """(bytes, how) of mutant number n."""
    r = random.Random(f"{SEED}-{n}")
    base = bases_[r.randrange(len(bases_))]
    data = bytearray(base.data)
    how = []
    if len(base.spans) > 2 and r.random() < 0.05:  # the head of one file with the tail of another
        other = bases_[r.randrange(len(bases_))]
        if other.spans:
            data = bytearray(base.data[:r.choice(base.spans)[0]] + other.data[r.choice(other.spans)[0]:])
            how.append("splice with " + pathlib.Path(other.name).name)
    for _ in range(r.choice((1, 1, 1, 2, 3)) if not how else 0):
        fault = r.choice(PLANNED if len(base.spans) > 2 else BLIND)
        if data:
            fault(r, base, data)
            how.append(fault.__name__)
    return bytes(data), f"{pathlib.Path(base.name).name}: {', '.join(how)}"


def make(bases_, folder, count):
    """Writes `count` mutants; file -> how it was made."""
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True)
    made = {}
    for n in range(count):
        data, how = mutant(bases_, n)
        file = folder / f"{n:05d}.dcm"
        file.write_bytes(data)
        made[str(file)] = how
    return made


if __name__ == "__main__":
    import corpus
    whole = corpus.make(sys.argv[1])
    make(bases(pathlib.Path(sys.argv[1]) / "bases", whole.entries), sys.argv[2], int(sys.argv[3]))
