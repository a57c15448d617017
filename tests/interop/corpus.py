"""Files made by other people's software, for the tests that hold our reading against theirs: what Debian's packages
ship, what their tools generate from inputs made here, and what Orthanc exports. Nothing here is made by Assay.

    corpus.py FOLDER    makes the set and prints the manifest: maker, SOP Class, Transfer Syntax, how it was made
"""

import dataclasses
import gzip
import io
import json
import pathlib
import shutil
import struct
import subprocess
import sys
import urllib.request
import zipfile

import orthanc
import products

PYDICOM = pathlib.Path("/usr/lib/python3/dist-packages/pydicom/data")
SHIPPED = {"dicom3tools": pathlib.Path("/usr/share/doc/dicom3tools/examples"),
           "gdcm": pathlib.Path("/usr/share/doc/libgdcm3.0/examples")}
ROOT_UID = "1.2.826.0.1.3680043.10.999.56"

# dicom3tools' writers are not in Debian's package: dcunrgb, the one that is, needs programs that it leaves out.

# One element of every VR, the first value odd so that it needs padding.
EVERY_VR = """
(0008,0005) CS [ISO_IR 100]
(0008,0016) UI [1.2.840.10008.5.1.4.1.1.7]
(0008,0018) UI [{root}.{n}]
(0008,0020) DA [20260105]
(0008,0030) TM [101500.123]
(0008,0060) CS [OT]
(0010,0010) PN [Synthetic^Every^VR^^III]
(0010,0020) LO [SYN-EVERY-VR]
(0020,000d) UI [{root}.1]
(0020,000e) UI [{root}.2]
(0028,0002) US 1
(0028,0010) US 4
(0028,0011) US 4
(0028,0100) US 16
(0028,0101) US 16
(0028,0102) US 15
(0028,0103) US 1
(0028,0106) SS -5
(0028,0120) SS -32768
(0072,005e) AE [STATION]
(0072,005f) AS [035Y]
(0072,0060) AT (0010,0010)\\(7fe0,0010)
(0072,0061) DA [20260105]
(0072,0062) CS [ONE\\TWO\\THREE]
(0072,0063) DT [20260105101500.123456+0100]
(0072,0064) IS [-12\\0\\34567]
(0072,0065) OB 01\\02\\03
(0072,0066) LO [A long string\\another]
(0072,0068) LT [Text with a \\\\ in it]
(0072,0069) OW 0102\\0304\\fffe
(0072,006a) PN [One^A\\Two^B]
(0072,006b) TM [101500]
(0072,006c) SH [SHORT]
(0072,006e) ST [Short text]
(0072,0070) UT [Unlimited text]
(0072,0072) DS [-1.5E3\\0.25]
(0072,0074) FD 3.25\\-1e300
(0072,0076) FL 1.5\\-0.0
(0072,0078) UL 4294967295\\1
(0072,007a) US 65535\\0
(0072,007c) SL -2147483648\\7
(0072,007e) SS -32768\\9
(0072,007f) UI [1.2.3.4.5]
"""
EVERY_NEW_VR = """
(0072,0067) OF 1.5\\2.5
(0072,006d) UN 01\\02\\03\\04
(0072,006f) UC [Unlimited characters\\second]
(0072,0071) UR [https://example.invalid/a?b=c]
(0072,0073) OD 1.5\\-2.25
(0072,0075) OL 1\\3735928559
(0072,0081) OV 1\\16045690984503098046
(0072,0082) SV -9223372036854775808\\5
(0072,0083) UV 18446744073709551615\\6
"""
PRIVATE = """
(0029,0010) LO [SYNTHETIC PRIVATE]
(0029,1001) LO [private text]
(0029,1002) US 7
(0029,1003) SQ
(fffe,e000) na
(0029,0011) LO [INNER PRIVATE]
(0029,1101) UL 77
(fffe,e00d) na
(fffe,e0dd) na
"""
NESTED = """
(0040,0275) SQ
(fffe,e000) na
(0040,0007) LO [first]
(0040,0008) SQ
(fffe,e000) na
(0008,0100) SH [CODE1]
(0008,0102) SH [99SYN]
(0008,0104) LO [Meaning one]
(fffe,e00d) na
(fffe,e000) na
(fffe,e00d) na
(fffe,e0dd) na
(fffe,e00d) na
(fffe,e000) na
(0008,1140) SQ
(fffe,e0dd) na
(0040,0008) SQ
(fffe,e000) na
(0008,0100) SH [A]
(0008,0121) SQ
(fffe,e000) na
(0008,0100) SH [deep]
(0008,0121) SQ
(fffe,e000) na
(0008,0100) SH [deeper]
(fffe,e00d) na
(fffe,e0dd) na
(fffe,e00d) na
(fffe,e0dd) na
(fffe,e00d) na
(fffe,e0dd) na
(fffe,e00d) na
(fffe,e0dd) na
"""
PIXELS = "(7fe0,0010) OW " + "\\".join(f"{i * 257:04x}" for i in range(16)) + "\n"


@dataclasses.dataclass
class Entry:
    path: pathlib.Path
    maker: str
    how: str
    fixed: bool  # the same bytes on every run: what mutants may be made of


class Corpus:
    def __init__(self, folder, fixed_only=False):
        self.fixed_only = fixed_only
        self.folder = pathlib.Path(folder)
        self.work = self.folder / "work"
        self.work.mkdir(parents=True, exist_ok=True)
        self.entries = []
        self.failed = []

    def take(self, maker, name, source, how, fixed=True):
        target = self.folder / maker / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(source, bytes):
            target.write_bytes(source)
        elif pathlib.Path(source) != target:
            shutil.copyfile(source, target)
        self.entries.append(Entry(target, maker, how, fixed))
        return target

    def run(self, maker, name, command, fixed=True, cwd=None):
        """Runs a tool; "{out}" among its arguments is the file it makes."""
        if self.fixed_only and not fixed:
            return None
        target = self.folder / maker / name
        target.parent.mkdir(parents=True, exist_ok=True)
        arguments = [str(target) if a == "{out}" else str(a) for a in command]
        done = subprocess.run(arguments, capture_output=True, text=True, timeout=60, stdin=subprocess.DEVNULL, cwd=cwd,
                              errors="replace")
        how = " ".join(pathlib.Path(a).name if a.startswith("/") else a for a in arguments)
        if done.returncode != 0 or not target.is_file() or target.stat().st_size == 0:
            self.failed.append(f"{how}: exit {done.returncode}: {(done.stderr + done.stdout).strip()[-300:]}")
            return None
        self.entries.append(Entry(target, maker, how, fixed))
        return target


def jpeg():
    """A grey baseline JPEG of 16 x 16: one block lighter than the others."""
    def segment(marker, body):
        return bytes([0xff, marker]) + struct.pack(">H", len(body) + 2) + body
    return (b"\xff\xd8" + segment(0xe0, b"JFIF\0\x01\x01\0\0\x01\0\x01\0\0")
            + segment(0xdb, b"\0" + bytes([16]) * 64)
            + segment(0xc0, struct.pack(">BHHB", 8, 16, 16, 1) + b"\x01\x11\0")
            + segment(0xc4, b"\0" + bytes([1, 1]) + bytes(14) + b"\0\x03")
            + segment(0xc4, b"\x10" + bytes([1]) + bytes(15) + b"\0")
            + segment(0xda, b"\x01\x01\0\0\x3f\0") + b"\xb8\x0f\xff\xd9")


def bmp(width=10, height=6):
    """24 bits per pixel; the rows of a BMP are padded to 4 bytes."""
    row = b"".join(bytes([x * 20 % 256, x * 7 % 256, 255 - x]) for x in range(width))
    row += bytes(-len(row) % 4)
    return (b"BM" + struct.pack("<IHHI", 54 + len(row) * height, 0, 0, 54)
            + struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, len(row) * height, 2835, 2835, 0, 0) + row * height)


def dcmtk(c):
    def dump(name, text, n, *options):
        source = c.work / (name + ".dump")
        source.write_text(text.format(root=ROOT_UID, n=n))
        return c.run("dcmtk", name + ".dcm", ["dump2dcm", "-q", *options, source, "{out}"])

    full = EVERY_VR + PRIVATE + NESTED + EVERY_NEW_VR
    for n, (form, options) in enumerate({"explicit": ["+te"], "big": ["+tb"], "implicit": ["+ti"], "deflated": ["+td"]}.items()):
        for lengths, more in {"defined": ["+e"], "undefined": ["-e"]}.items():
            dump(f"{form}-{lengths}", full + PIXELS, 10 + n, *options, *more)
        dump(f"{form}-group-lengths", full + PIXELS, 20 + n, *options, "+g")
        dump(f"{form}-padded", full + PIXELS, 30 + n, *options, "+p", "512", "64")
    dump("explicit-old-vrs", full + PIXELS, 40, "+te", "-u")
    for form, option in {"explicit": "+te", "big": "+tb", "implicit": "+ti"}.items():
        dump(f"bare-{form}", EVERY_VR + NESTED, 50, "-F", option)
    base = c.folder / "dcmtk" / "explicit-defined.dcm"
    for form, option in {"explicit": "+te", "big": "+tb", "implicit": "+ti", "deflated": "+td", "ge": "+tg"}.items():
        c.run("dcmtk", f"dcmconv-{form}.dcm", ["dcmconv", "-q", "+F", option, base, "{out}"])
    if not base.is_file():
        raise RuntimeError("\n".join(c.failed))
    edited = c.take("dcmtk", "dcmodify.dcm", base, "dcmodify -nb -i -m -e -le on explicit-defined.dcm")
    subprocess.run(["dcmodify", "-q", "-nb", "-le", "-i", "(0040,0275)[2].(0040,0008)[0].(0008,0104)=Inserted", "-m",
                    "(0010,0010)=Changed^Name", "-e", "(0072,0068)", "-i", "(0010,4000)=", edited], check=True, timeout=60)
    grouped = c.take("dcmtk", "dcmodify-groups.dcm", base, "dcmodify -nb +g +p 256 32 on explicit-defined.dcm")
    subprocess.run(["dcmodify", "-q", "-nb", "+g", "+p", "256", "32", "-m", "(0010,0020)=CHANGED", grouped], check=True, timeout=60)

    (c.work / "grey.jpg").write_bytes(jpeg())
    (c.work / "colour.bmp").write_bytes(bmp())
    uid = ["-k", "0008,0018=" + ROOT_UID + ".60"]
    for name, options in {"sc": ["-sc"], "new-sc": ["-nsc"], "vl": ["-vlp"], "undefined": ["-e"], "groups": ["+g"],
                          "padded": ["+p", "512", "32"]}.items():
        c.run("dcmtk", f"img2dcm-jpeg-{name}.dcm", ["img2dcm", "-q", *uid, *options, c.work / "grey.jpg", "{out}"], fixed=False)
    colour = c.run("dcmtk", "img2dcm-bmp.dcm", ["img2dcm", "-q", "-i", "BMP", *uid, c.work / "colour.bmp", "{out}"], fixed=False)
    for name, command in {
            "rle": ["dcmcrle", "-q", "+un"], "rle-no-table": ["dcmcrle", "-q", "+un", "-ot"],
            "rle-fragments": ["dcmcrle", "-q", "+un", "+fs", "1"],
            "jpeg-lossless": ["dcmcjpeg", "-q", "+e1", "+un"], "jpeg-baseline": ["dcmcjpeg", "-q", "+eb", "+un"],
            "jpeg-extended": ["dcmcjpeg", "-q", "+ee", "+un"], "jpeg-progressive": ["dcmcjpeg", "-q", "+ep", "+un"],
            "jpegls": ["dcmcjpls", "-q", "+un"], "palette": ["dcmquant", "-q", "+un"], "scaled": ["dcmscale", "-q", "+Sxv", "5", "+un"],
    }.items():
        c.run("dcmtk", f"colour-{name}.dcm", [*command, colour, "{out}"], fixed=False)
    c.run("dcmtk", "rle-decoded.dcm", ["dcmdrle", "-q", c.folder / "dcmtk/colour-rle.dcm", "{out}"], fixed=False)
    c.run("dcmtk", "jpeg-decoded-big.dcm", ["dcmdjpeg", "-q", "+tb", c.folder / "dcmtk/colour-jpeg-lossless.dcm", "{out}"], fixed=False)

    grey = c.folder / "gdcm" / "grey-raw.dcm"  # made before
    c.run("dcmtk", "lut-voi.dcm", ["dcmmklut", "-q", "-b", "12", "-e", "64", "-E", "Synthetic", "+Tv", "{out}"])
    c.run("dcmtk", "lut-modality.dcm", ["dcmmklut", "-q", "-e", "64", "+Du", "+Tm", "{out}"])
    c.run("dcmtk", "presentation-state.dcm", ["dcmpsmk", "-q", grey, "{out}"], fixed=False)
    (c.work / "curve.txt").write_text("1 1\n2 3\n4 4\n")
    c.run("dcmtk", "curve.dcm", ["dcmmkcrv", "-q", base, c.work / "curve.txt", "{out}"])
    (c.work / "a.pdf").write_bytes(b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n")
    for form, option in {"explicit": "+te", "big": "+tb", "implicit": "+ti"}.items():
        c.run("dcmtk", f"pdf-{form}.dcm", ["pdf2dcm", "-q", "+pn", "Synthetic^Pdf", "+pi", "SYN-PDF", option, c.work / "a.pdf", "{out}"], fixed=False)
    triangle = struct.pack("<12fH", 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0)
    (c.work / "a.stl").write_bytes(b"synthetic".ljust(80) + struct.pack("<I", 1) + triangle)
    c.run("dcmtk", "stl.dcm", ["stl2dcm", "-q", "+pn", "Synthetic^Stl", "+pi", "SYN-STL", c.work / "a.stl", "{out}"], fixed=False)
    (c.work / "a.xml").write_bytes(subprocess.run(["dsr2xml", "-q", PYDICOM / "test_files/test-SR.dcm"], capture_output=True, timeout=60).stdout)
    c.run("dcmtk", "report.dcm", ["xml2dsr", "-q", c.work / "a.xml", "{out}"], fixed=False)
    (c.work / "b.xml").write_bytes(subprocess.run(["dcm2xml", "-q", "+Wb", base], capture_output=True, timeout=60).stdout)
    c.run("dcmtk", "from-xml.dcm", ["xml2dcm", "-q", c.work / "b.xml", "{out}"])

    for name, options in {"dicomdir": [], "dicomdir-undefined": ["-e"], "dicomdir-groups": ["+g"]}.items():
        media = c.work / name
        media.mkdir()
        for i, source in enumerate(sorted((PYDICOM / "test_files/dicomdirtests/98892003/MR700").iterdir())):
            shutil.copyfile(source, media / f"IM{i}")
        c.run("dcmtk", f"{name}/DICOMDIR", ["dcmgpdir", "-q", "+I", "-Nxc", *options, "+D", "{out}", *sorted(p.name for p in media.iterdir())],
              fixed=False, cwd=media)


def gdcm(c):
    (c.work / "grey.raw").write_bytes(b"".join(struct.pack("<H", i * 37 % 4096) for i in range(16 * 8)))
    (c.work / "colour.ppm").write_bytes(b"P6\n8 6\n255\n" + bytes(i % 256 for i in range(8 * 6 * 3)))
    (c.work / "grey.pgm").write_bytes(b"P5\n8 6\n255\n" + bytes(range(48)))
    raw = c.run("gdcm", "grey-raw.dcm", ["gdcmimg", "--endian", "LSB", "-d", "16", "--sign", "0", "-s", "16,8", "-i", c.work / "grey.raw", "-o", "{out}"], fixed=False)
    colour = c.run("gdcm", "colour-ppm.dcm", ["gdcmimg", "-i", c.work / "colour.ppm", "-o", "{out}"], fixed=False)
    c.run("gdcm", "grey-pgm.dcm", ["gdcmimg", "-i", c.work / "grey.pgm", "-o", "{out}"], fixed=False)
    c.run("gdcm", "jpeg.dcm", ["gdcmimg", "-i", c.work / "grey.jpg", "-o", "{out}"], fixed=False)
    convert = {"explicit": ["-X"], "implicit": ["-M"], "deflated": ["-d"], "rle": ["-R"], "jpeg": ["-J"], "j2k": ["-K"],
               "jpegls": ["-L"], "raw": ["-w"], "icon": ["--generate-icon"]}
    for what, source in {"grey": raw, "colour": colour}.items():
        for name, options in convert.items():
            if (what, name) in (("colour", "icon"), ("colour", "j2k")):  # gdcmconv refuses
                continue
            c.run("gdcm", f"{what}-{name}.dcm", ["gdcmconv", *options, "-i", source, "-o", "{out}"], fixed=False)
    for name in ("CT_small", "MR_small_implicit", "liver_1frame", "rtplan", "test-SR", "badVR"):  # refuses others
        for form, option in {"explicit": "-X", "implicit": "-M"}.items():
            file = PYDICOM / "test_files" / (name + ".dcm")
            if file.is_file():
                c.run("gdcm", f"{name}-{form}.dcm", ["gdcmconv", "-I", option, "-i", file, "-o", "{out}"], fixed=False)
    media = c.work / "gdcm-media"
    media.mkdir()
    for i, source in enumerate(sorted((PYDICOM / "test_files/dicomdirtests/77654033/CT2").iterdir())):
        shutil.copyfile(source, media / f"IM{i}")
    c.run("gdcm", "DICOMDIR", ["gdcmgendir", "-r", "-i", media, "-o", "{out}"], fixed=False)


def shipped(c):
    for maker, folder in SHIPPED.items():
        for file in sorted(folder.glob("*.dcm")):
            c.take(maker, "shipped-" + file.name, file, f"shipped by the package of {maker}")
    for file in sorted(PYDICOM.rglob("*")):
        if not file.is_file() or file.suffix not in (".dcm", "") and not file.name.startswith("DICOMDIR"):
            continue
        if file.suffix == "" and "README" in file.name:
            continue
        c.take("pydicom", str(file.relative_to(PYDICOM)), file, "shipped by the package of pydicom")
    packed = PYDICOM / "test_files/zipMR.gz"
    if packed.is_file():
        c.take("pydicom", "test_files/zipMR.dcm", gzip.decompress(packed.read_bytes()), "shipped by the package of pydicom, unpacked")


def written_by_pydicom(c):
    from pydicom.dataset import Dataset, FileDataset, FileMetaDataset
    from pydicom.sequence import Sequence
    for n, (name, uid) in enumerate({"implicit": "1.2.840.10008.1.2", "explicit": "1.2.840.10008.1.2.1", "big": "1.2.840.10008.1.2.2",
                                     "deflated": "1.2.840.10008.1.2.1.99", "jpeg": "1.2.840.10008.1.2.4.50"}.items()):
        meta = FileMetaDataset()
        meta.TransferSyntaxUID = uid
        meta.MediaStorageSOPClassUID = "1.2.840.10008.5.1.4.1.1.7"
        meta.MediaStorageSOPInstanceUID = f"{ROOT_UID}.{70 + n}"
        ds = FileDataset(None, {}, file_meta=meta, preamble=bytes(128))
        ds.is_implicit_VR, ds.is_little_endian = name == "implicit", name != "big"
        ds.SpecificCharacterSet = ["", "ISO 2022 IR 87"]
        ds.SOPClassUID, ds.SOPInstanceUID = meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID
        ds.PatientName = "Yamada^Tarou=山田^太郎=やまだ^たろう"
        ds.Modality, ds.Rows, ds.Columns = "OT", 2, 2
        ds.BitsAllocated, ds.BitsStored, ds.HighBit, ds.PixelRepresentation, ds.SamplesPerPixel = 8, 8, 7, 0, 1
        inner = Dataset()
        inner.CodeValue, inner.CodingSchemeDesignator, inner.CodeMeaning = "1", "99SYN", "Meaning"
        item = Dataset()
        item.ConceptNameCodeSequence = Sequence([inner])
        item.is_undefined_length_sequence_item = True
        ds.ContentSequence = Sequence([item, Dataset()])
        ds["ContentSequence"].is_undefined_length = True
        ds.private_block(0x0029, "SYNTHETIC", create=True).add_new(1, "UN", b"\x01\x02\x03\x04")
        ds.add_new(0x00080110, "SQ", [])
        if name == "jpeg":
            from pydicom.encaps import encapsulate
            ds.PixelData = encapsulate([jpeg()])
            ds["PixelData"].is_undefined_length, ds["PixelData"].VR = True, "OB"
        else:
            ds.add_new(0x7FE00010, "OB" if name != "implicit" else "OW", b"\0\x40\x80\xc0")
        out = io.BytesIO()
        ds.save_as(out, write_like_original=False)
        c.take("pydicom", f"written-{name}.dcm", out.getvalue(), "written by pydicom's save_as()")


def orthanc_exports(c):
    folder = c.work / "orthanc"
    folder.mkdir()
    sources = [c.folder / "dcmtk/explicit-defined.dcm", c.folder / "dcmtk/explicit-undefined.dcm", c.folder / "gdcm/grey-raw.dcm",
               PYDICOM / "test_files/CT_small.dcm", PYDICOM / "test_files/MR_small_RLE.dcm", PYDICOM / "test_files/rtplan.dcm"]
    with orthanc.orthanc(folder) as (_, http):
        def call(path, data=None):
            request = urllib.request.Request(f"http://127.0.0.1:{http}{path}", data=data)
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.read()

        stored = []
        for source in sources:
            stored.append(json.loads(call("/instances", source.read_bytes())))
        for i, one in enumerate(stored):
            if i in (1, 5):
                continue
            c.take("orthanc", f"instance-{i}.dcm", call(f"/instances/{one['ID']}/file"), "GET /instances/ID/file", fixed=False)
        patient = stored[0]["ParentPatient"]
        modified = call(f"/instances/{stored[0]['ID']}/modify", json.dumps({"Replace": {"PatientName": "Changed^Name"}, "Remove": ["PatientBirthDate"]}).encode())
        c.take("orthanc", "modified.dcm", modified, "POST /instances/ID/modify", fixed=False)
        created = json.loads(call("/tools/create-dicom", json.dumps({"Tags": {"PatientName": "Created^Here", "Modality": "OT", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.7"},
                                                                    "Content": "data:text/plain;base64,"}).encode().replace(b', "Content": "data:text/plain;base64,"', b"")))
        c.take("orthanc", "created.dcm", call(f"/instances/{created['ID']}/file"), "POST /tools/create-dicom", fixed=False)
        for kind in ("archive", "media"):
            with zipfile.ZipFile(io.BytesIO(call(f"/patients/{patient}/{kind}"))) as packed:
                for i, name in enumerate(sorted(packed.namelist())):
                    if not name.endswith("/"):
                        last = "DICOMDIR" if name.endswith("DICOMDIR") else f"{i}.dcm"
                        c.take("orthanc", f"{kind}/{last}", packed.read(name), f"GET /patients/ID/{kind}", fixed=False)


def make(folder, fixed_only=False):
    """Makes the set in an empty folder, or only what is the same on every run; the entries in a fixed order."""
    products.need("dump2dcm", "img2dcm", "gdcmimg", "gdcmconv", "gdcmgendir", "Orthanc")
    c = Corpus(folder, fixed_only)
    (c.work / "grey.jpg").write_bytes(jpeg())
    gdcm(c)
    dcmtk(c)
    shipped(c)
    written_by_pydicom(c)
    if not fixed_only:
        orthanc_exports(c)
    if c.failed:
        raise RuntimeError("could not make all of the real set:\n" + "\n".join(c.failed))
    return c


def describe(entry):
    """(SOP Class UID, Transfer Syntax UID) in File Meta Information, as pydicom reads them."""
    from pydicom.filereader import read_file_meta_info
    try:
        meta = read_file_meta_info(str(entry.path))
        return str(meta.get("MediaStorageSOPClassUID", "-")), str(meta.get("TransferSyntaxUID", "-"))
    except Exception:  # whatever pydicom makes of a file without one
        return "-", "-"


def manifest(c):
    lines = []
    for entry in c.entries:
        sop_class, syntax = describe(entry)
        lines.append("\t".join((entry.maker, str(entry.path.relative_to(c.folder)), sop_class, syntax, entry.how)))
    return lines


if __name__ == "__main__":
    made = make(sys.argv[1])
    print("\n".join(manifest(made)))
