"""The same files read by Assay, DCMTK and pydicom, each as a table of elements, and what differs between two tables.

A reading is the rows in document order and why the product did not read the file to its end, if it did not. Values are
compared by length and FNV-1a digest of their bytes as they stand in the file.

    elements.py --pydicom < LIST-OF-FILES    prints pydicom's reading (in a process of its own: it may hang or die)
"""

import collections
import os
import pathlib
import resource
import signal
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
SECONDS_PER_FILE = 10

Row = collections.namedtuple("Row", "offset path kind vr length size digest")


class Reading:
    def __init__(self):
        self.rows = []
        self.refused = None  # the product's own words


Difference = collections.namedtuple("Difference", "what ours theirs")

# Where an implicit VR leaves a choice, the products name it in their own ways.
CHOICES = {"xs": "US SS", "lt": "US SS OW", "ox": "OB OW", "px": "OB OW", "up": "UL", "US or SS": "US SS", "OB or OW": "OB OW",
           "US or OW": "US OW", "US or SS or OW": "US SS OW", "na": "", "??": "UN", "": "", "-": "", "--": ""}


def same_vr(a, b):
    return a == b or b == "*" or bool(set(CHOICES.get(a, a).split()) & set(CHOICES.get(b, b).split()))


def parse(text):
    readings = collections.defaultdict(Reading)
    for line in text.splitlines():
        fields = line.split("\t")
        if len(fields) == 3 and fields[1] == "!":
            readings[fields[0]].refused = fields[2]
        elif len(fields) == 2 and fields[1] == ".":
            readings[fields[0]]
        elif len(fields) == 8:
            file, offset, path, kind, vr, length, size, digest = fields
            readings[file].rows.append(Row(int(offset) if offset.isdigit() else None, path.lower(), kind, vr, length, size, digest))
    return readings


def by_assay(assay, files):
    """No rows for what is no DICOM to Assay; `refused` comes from the problems, not from here."""
    readings = collections.defaultdict(Reading)
    files = [str(f) for f in files]
    for at in range(0, len(files), 2000):
        done = subprocess.run([assay, "dump", "--elements", *files[at:at + 2000]], capture_output=True, timeout=560, stdin=subprocess.DEVNULL)
        if done.returncode not in (0, 1, 2):
            raise RuntimeError(f"assay dump: exit {done.returncode}: {done.stderr[-2000:]}")
        readings.update(parse(done.stdout.decode("utf-8", "replace")))
    for file in files:
        readings[file]
    return readings


def by_dcmtk(walker, files):
    done = subprocess.run([walker], input="\n".join(map(str, files)), capture_output=True, timeout=560, encoding="utf-8", errors="replace")
    if done.returncode != 0:
        raise RuntimeError(f"{walker}: exit {done.returncode}: {done.stderr[-2000:]}")
    return parse(done.stdout)


def by_pydicom(files):
    files = [str(f) for f in files]
    readings = {}
    while files:
        try:
            done = subprocess.run([sys.executable, "-B", __file__, "--pydicom"], input="\n".join(files), capture_output=True, encoding="utf-8",
                                  timeout=60 + len(files), errors="replace")
            out = done.stdout
        except subprocess.TimeoutExpired as late:
            out = (late.stdout or b"").decode("utf-8", "replace")
        got = parse(out)
        readings.update(got)
        finished = [f for f in files if f in got]
        if len(finished) == len(files):
            break
        lost = files[len(finished)]  # it took pydicom's process down
        readings[lost] = Reading()
        readings[lost].refused = "the process ended"
        files = files[len(finished) + 1:]
    return readings


def problems(text):
    """File -> [(offset, rule, gravity)], from what the round-trip test of the data layer writes."""
    found = collections.defaultdict(list)
    for line in text.splitlines():
        file, offset, rule, gravity = line.split("\t")
        found[file].append((int(offset), rule, gravity))
    for of_file in found.values():
        of_file.sort()
    return found


class Node:
    def __init__(self, row):
        self.row = row
        self.children = []


def tree(rows):
    """The top level as nodes. A child belongs to the last node that has its parent's path."""
    root = Node(None)
    latest = {"": root}
    for row in rows:
        if row.path.endswith("]"):
            parent = row.path[:row.path.rindex("[")]
        else:
            parent = row.path[:-11].removesuffix("/")
        node = Node(row)
        latest.get(parent, root).children.append(node)
        latest[row.path] = node
    return root


STRUCTURE = ("kind", "stray", "only-ours", "only-theirs", "items", "length", "size", "value", "offset")


def compare(ours, theirs, lengths_only=False, keeps_last=False):
    """Differences between two lists of rows, in the order of our document, up to the first in structure: what comes
    after that follows from it. Sorting and dropping of duplicates, as others do, are one difference per level each.
    `lengths_only`: the other table has no values; `keeps_last`: of two equal tags it has the last."""
    found = []  # (position in our document, difference)
    positions = {id(row): i for i, row in enumerate(ours)}

    def add(at, what, a, b):
        found.append((at, Difference(what, a, b)))

    def pair(a, b):
        at = positions[id(a.row)]
        one, other = a.row, b.row
        if other.digest == "?" and not lengths_only:  # pydicom keeps no bytes of what it has used itself
            return
        if one.kind != other.kind:
            add(at, "kind", one, other)
            return
        if one.kind not in ("item", "fragment") and not same_vr(one.vr, other.vr):
            add(at, "vr", one, other)
        if "?" != other.length != one.length:
            add(at, "length", one, other)
        elif other.offset is not None and other.offset - one.offset not in (8, 12):
            add(at, "offset", one, other)
        elif lengths_only:
            pass
        elif one.size != other.size:
            add(at, "size", one, other)
        elif one.digest != other.digest:
            add(at, "value", one, other)
        if one.kind in ("sequence", "fragments"):
            mine = [n for n in a.children if n.row.kind != "stray"]
            for n in a.children:
                if n.row.kind == "stray":
                    add(positions[id(n.row)], "stray", n.row, None)
            for left, right in zip(mine, b.children):
                pair(left, right)
            if len(mine) > len(b.children):
                add(positions[id(mine[len(b.children)].row)], "items", mine[len(b.children)].row, None)
            elif len(mine) < len(b.children):
                add(positions[id(a.children[-1].row)] + 0.5 if a.children else at, "items", one, b.children[len(mine)].row)
        else:
            level(a, b)

    def level(a, b):
        mine, its = collections.defaultdict(list), collections.defaultdict(list)
        for n in a.children:
            if n.row.kind == "stray":
                add(positions[id(n.row)], "stray", n.row, None)
            else:
                mine[n.row.path].append(n)
        for n in b.children:
            its[n.row.path].append(n)
        for path, nodes in mine.items():
            if path not in its:
                add(positions[id(nodes[0].row)], "only-ours", nodes[0].row, None)
                continue
            if len(nodes) > len(its[path]):
                add(positions[id(nodes[1].row)], "duplicate", nodes[1].row, its[path][0].row)
            if len(nodes) > len(its[path]):
                nodes = nodes[-len(its[path]):] if keeps_last else nodes
            for left, right in zip(nodes, its[path]):
                pair(left, right)
        at = positions[id(a.row)] if a.row else -1
        for n in b.children:
            if n.row.path in mine:
                at = positions[id(mine[n.row.path][0].row)]
            elif "(fffe," not in n.row.path[-11:]:  # that is our stray
                add(at + 0.5, "only-theirs", ours[int(at)] if at >= 0 else None, n.row)
        common = [path for path in mine if path in its]
        if common != [path for path in its if path in mine]:
            tags = [(n.row.path[-11:], n.row) for n in a.children if n.row.kind != "stray"]
            out = next((row for (before, _), (tag, row) in zip(tags, tags[1:]) if tag < before), mine[common[0]][0].row)
            add(positions[id(out)], "order", out, None)

    level(tree(ours), tree(theirs))
    result = []
    for _, difference in sorted(found, key=lambda entry: entry[0]):
        result.append(difference)
        if difference.what in STRUCTURE:
            break
    return result


def rule_at(found, difference, rows):
    """The rule that Assay reported about the element where the readings part; "-" for none. For an element that only
    the other product sees: the last rule reported before."""
    if difference.ours is None:
        return "-"
    offset = difference.ours.offset
    after = next((r.offset for r in rows if r.offset is not None and r.offset > offset), 1 << 62)
    here = [rule for at, rule, _ in found if offset <= at < after]
    if difference.what in ("duplicate", "order"):
        here.sort(key=lambda rule: not rule.endswith(("/duplicate", "/order")))
    if here or difference.what != "only-theirs":
        return here[0] if here else "-"
    for _, rule, _ in found:
        if rule.startswith("ps3.10/7.2/"):  # what comes after the end of the Data Set is only kept, not decoded
            return rule
    inside = difference.ours.path  # strays in a sequence have no "[n]"
    after = next((r.offset for r in rows if r.offset is not None and r.offset > offset and not r.path.startswith(inside)), 1 << 62)
    return next((rule for at, rule, _ in reversed(found) if at < after), "-")


def vr_of(difference):
    if difference.what in ("order", "duplicate", "stray"):
        return "-"
    ours = difference.ours.vr if difference.ours else ""
    theirs = difference.theirs.vr if difference.theirs else ""
    if difference.what == "vr":
        return f"{ours}>{theirs}"
    if difference.what == "kind":
        return f"{ours} {difference.ours.kind}>{theirs} {difference.theirs.kind}"
    return (theirs if difference.what == "only-theirs" else ours) or "-"


# --- pydicom, in its own process


def fnv(data):
    value = 0xcbf29ce484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001b3 & 0xffffffffffffffff
    return f"{value:016x}"


def pydicom_rows(file, out):
    import pydicom
    from pydicom.dataelem import DataElement_from_raw, RawDataElement
    from pydicom.encaps import generate_pixel_data_fragment
    from pydicom.filebase import DicomBytesIO
    from pydicom.filereader import data_element_generator, read_preamble
    from pydicom.uid import DeflatedExplicitVRLittleEndian
    from pydicom.values import convert_SQ

    def line(offset, path, kind, vr, length, data=None):
        stated = "undefined" if length == 0xffffffff else length
        measured = "-\t-" if data is None else f"{len(data)}\t{fnv(data)}"
        out.append(f"{file}\t{offset}\t{path}\t{kind}\t{vr}\t{stated}\t{measured}")

    def items(sequence, path):
        for n, item in enumerate(sequence, 1):
            line("-", f"{path}[{n}]", "item", "", 0xffffffff if item.is_undefined_length_sequence_item else "?")
            level(item, f"{path}[{n}]/", False)

    def level(data_set, prefix, offsets):
        for tag, element in list(data_set._dict.items()):
            path = f"{prefix}({tag >> 16:04x},{tag & 0xffff:04x})"
            if not isinstance(element, RawDataElement) and element.VR != "SQ":
                out.append(f"{file}\t-\t{path}\telement\t{element.VR}\t?\t?\t?")  # pydicom itself has used it
                continue
            if not isinstance(element, RawDataElement):
                line("-", path, "sequence", getattr(element.VR, "value", element.VR), 0xffffffff if element.is_undefined_length else "?")
                items(element.value, path)
                continue
            vr = element.VR
            if vr is None:
                vr = DataElement_from_raw(element._replace(value=b"", length=0), None, data_set).VR
            vr = getattr(vr, "value", vr)  # an enumeration in newer versions
            value = element.value or b""
            offset = element.value_tell if offsets else "-"
            if vr == "SQ":
                line(offset, path, "sequence", vr, element.length)
                if len(value) != element.length:
                    raise ValueError(f"{path}: {len(value)} bytes of {element.length}")
                items(convert_SQ(value, element.is_implicit_VR, element.is_little_endian, ["iso8859"], element.value_tell), path)
            elif element.length == 0xffffffff:
                line(offset, path, "fragments", vr, element.length)
                parts = DicomBytesIO(value)
                parts.is_little_endian = element.is_little_endian
                for n, part in enumerate(generate_pixel_data_fragment(parts), 1):
                    line("-", f"{path}[{n}]", "fragment", "", len(part), part)
            else:
                line(offset, path, "element", vr, element.length, value)
                if len(value) != element.length:
                    raise ValueError(f"{path}: {len(value)} bytes of {element.length}")

    data_set = pydicom.dcmread(file, force=True)
    syntax = data_set.file_meta.get("TransferSyntaxUID")
    with open(file, "rb") as raw:
        read_preamble(raw, True)
        for element in data_element_generator(raw, False, True, stop_when=lambda tag, *_: tag.group != 2):
            path = f"({element.tag >> 16:04x},{element.tag & 0xffff:04x})"
            line(element.value_tell, path, "element", element.VR or "*", element.length, element.value or b"")
    level(data_set, "", syntax != DeflatedExplicitVRLittleEndian)


def pydicom_main():
    import logging
    import warnings
    warnings.simplefilter("ignore")
    logging.disable(logging.CRITICAL)
    resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30))

    def late(*_):
        raise TimeoutError(f"not finished after {SECONDS_PER_FILE} s")
    signal.signal(signal.SIGALRM, late)
    for file in sys.stdin.read().splitlines():
        out = []
        signal.alarm(SECONDS_PER_FILE)
        try:
            pydicom_rows(file, out)
        except Exception as wrong:  # whatever pydicom raises is its answer
            out.append(f"{file}\t!\t{type(wrong).__name__}: {' '.join(str(wrong).split())}")
        signal.alarm(0)
        out.append(f"{file}\t.\n")
        sys.stdout.write("\n".join(out))
    sys.stdout.flush()


if __name__ == "__main__" and sys.argv[1:] == ["--pydicom"]:
    pydicom_main()
