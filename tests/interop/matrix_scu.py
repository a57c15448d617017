"""Exchanges of the matrix in which the other product is the SCU and Assay the SCP. Each makes the product act once and says
what arrived; what passed on the wire is judged by matrix.py."""

import re

import matrix
import print_commit_test
import products
import pydicom

EXCHANGES = {}
STUDY_KEYS = ("-k", "QueryRetrieveLevel=STUDY", "-k", f"StudyInstanceUID={matrix.STUDY}")


def exchange(function):
    EXCHANGES[function.__name__] = function
    return function


def archive(x, *arguments):
    """Our archive behind a proxy, with a folder that can be looked into."""
    return x.through(x.ours("archive", "--ae-title", "ARCHIVE", "--folder", x.folder / "archive", *arguments))


def filled(x, *arguments):
    """The same with the study in it, put there past the proxy."""
    port = x.ours("archive", "--ae-title", "ARCHIVE", "--folder", x.folder / "archive", *arguments)
    x.assay("store", f"ARCHIVE@127.0.0.1:{port}", *x.files)
    return x.through(port)


def twenty(x, *arguments):
    """Our archive with a study of twenty images, so that a cancel after the first finds it at work: it waits for the
    answer to each before it gives the next."""
    x.files = [products.synthetic_file(x.folder, n) for n in range(1, 21)]
    return filled(x, *arguments)


def arrived(x, folder, files=None, but=()):
    """The study is in the folder, whole and unchanged in all elements but these."""
    have, wanted = matrix.data_sets(matrix.below(folder)), matrix.data_sets(files or x.files)
    assert sorted(have) == sorted(wanted), f"{folder}: other instances arrived: {sorted(have)}"
    changed = [f"{uid} {tag}: {data_set.get(tag)} came as {have[uid].get(tag)}" for uid, data_set in wanted.items()
               for tag in sorted({*data_set, *have[uid]} - {*but}) if data_set.get(tag) != have[uid].get(tag)]
    assert not changed, changed


@exchange
def echoscu(x):
    x.run("echoscu", "-aec", "ARCHIVE", "127.0.0.1", archive(x))


@exchange
def storescu(x):
    x.run("storescu", "-aec", "ARCHIVE", "127.0.0.1", archive(x), *x.files)
    arrived(x, x.folder / "archive")


@exchange
def dcmsend(x):
    x.run("dcmsend", "-aec", "ARCHIVE", "127.0.0.1", archive(x), *x.files)
    arrived(x, x.folder / "archive")


@exchange
def findscu(x):
    x.run("findscu", "-S", "-aec", "ARCHIVE", *STUDY_KEYS, "-k", "PatientName", "127.0.0.1", filled(x))


@exchange
def getscu(x):
    into = x.make("got")
    x.run("getscu", "-S", "-aec", "ARCHIVE", "-od", into, *STUDY_KEYS, "127.0.0.1", filled(x))
    arrived(x, into)


@exchange
def movescu(x):
    into, own = x.make("moved"), products.free_port()
    port = filled(x, "--destination", f"MOVESCU=127.0.0.1:{x.through(own, 'destination')}")
    x.run("movescu", "-S", "-aec", "ARCHIVE", "+P", own, "-od", into, *STUDY_KEYS, "127.0.0.1", port)
    arrived(x, into)


@exchange
def movescu_to_storescp(x):
    into = x.make("moved")
    theirs = x.program(["storescp", "-aet", "WS1", "-od", into])
    port = filled(x, "--destination", f"WS1=127.0.0.1:{x.through(theirs, 'destination')}")
    x.run("movescu", "-S", "-aec", "ARCHIVE", "-aem", "WS1", *STUDY_KEYS, "127.0.0.1", port)
    arrived(x, into)


@exchange
def movescu_cancels(x):
    own = products.free_port()
    port = twenty(x, "--destination", f"MOVESCU=127.0.0.1:{x.through(own, 'destination')}")
    x.run("movescu", "-S", "-aec", "ARCHIVE", "--cancel", 1, "+P", own, "-od", x.make("moved"), *STUDY_KEYS, "127.0.0.1", port)


@exchange
def findscu_worklist(x):
    ris = x.through(x.ours("ris", "--ae-title", "RIS"))
    x.run("findscu", "-W", "-aec", "RIS", "-k", "PatientName", "-k", "ScheduledProcedureStepSequence[0].Modality=CT", "127.0.0.1", ris)


@exchange
def dcmprscu(x):
    pages = x.make("pages")
    port = x.through(x.ours("printer", "--ae-title", "PRINTER", "--folder", pages, "--dots-per-inch", 20))
    cfg = print_commit_test.configuration(x.folder, ours=port)
    x.run("dcmpsprt", "-c", cfg, "-p", "OURS", "--filmsize", "8INX10IN", x.files[0])
    x.run("dcmprscu", "-c", cfg, "-p", "OURS", *sorted((x.folder / "database").glob("SP_*")))
    print_commit_test.until(lambda: list(pages.glob("*.png")))


def stored_in_orthanc(x):
    """The study is in Orthanc and in no other place."""
    return [x.shared.orthanc.rest("instances", file.read_bytes())["ID"] for file in x.files]


@exchange
def orthanc_echo(x):
    x.shared.orthanc.modality("ours", "ARCHIVE", archive(x))
    x.shared.orthanc.rest("modalities/ours/echo", {})


@exchange
def orthanc_store(x):
    x.shared.orthanc.modality("ours", "ARCHIVE", archive(x))
    x.shared.orthanc.rest("modalities/ours/store", {"Resources": stored_in_orthanc(x)})
    arrived(x, x.folder / "archive")


@exchange
def orthanc_find(x):
    x.shared.orthanc.modality("ours", "ARCHIVE", filled(x))
    query = x.shared.orthanc.rest("modalities/ours/query", {"Level": "Study", "Query": {"StudyInstanceUID": matrix.STUDY}})
    assert len(x.shared.orthanc.rest(f"queries/{query['ID']}/answers")) == 1


@exchange
def orthanc_move(x):
    x.shared.orthanc.empty()
    port = filled(x, "--destination", f"ORTHANC=127.0.0.1:{x.through(x.shared.orthanc.dicom, 'destination')}")
    x.shared.orthanc.modality("ours", "ARCHIVE", port)
    x.shared.orthanc.rest("modalities/ours/move", {
        "Level": "Study", "Resources": [{"StudyInstanceUID": matrix.STUDY}], "TargetAet": "ORTHANC"})
    arrived(x, x.shared.orthanc.files(x.make("moved")))


@exchange
def orthanc_worklist(x):
    x.shared.orthanc.modality("ours", "RIS", x.through(x.ours("ris", "--ae-title", "RIS")))
    found = x.shared.orthanc.rest("modalities/ours/find-worklist", {
        "PatientName": "", "PatientID": "", "ScheduledProcedureStepSequence": [{"Modality": "CT"}]})
    assert found, "no item"


@exchange
def orthanc_commitment(x):
    port = filled(x, "--commitment", "new", "--destination", f"ORTHANC=127.0.0.1:{x.through(x.shared.orthanc.dicom, 'report')}")
    x.shared.orthanc.modality("ours", "ARCHIVE", port)
    named = [{"SOPClassUID": d.SOPClassUID, "SOPInstanceUID": d.SOPInstanceUID} for d in map(pydicom.dcmread, x.files)]
    asked = x.shared.orthanc.rest("modalities/ours/storage-commitment", {"DicomInstances": named})
    path = asked["Path"].lstrip("/")
    print_commit_test.until(lambda: x.shared.orthanc.rest(path)["Status"] == "Success")


@exchange
def dcmpssnd(x):
    """What dcmpsrcv took in before is sent on: the two share a database."""
    cfg, received = presentation_state_tools(x, archive(x))
    x.run("storescu", "-aec", "RECEIVER", "127.0.0.1", received, *x.files)
    x.run("dcmpssnd", cfg, "TARGET", matrix.STUDY)
    arrived(x, x.folder / "archive")


def presentation_state_tools(x, target=0):
    """dcmpsrcv at work on a database of its own; the configuration, which knows a target, and the port."""
    own, database = products.free_port(), x.make("database")
    cfg = x.folder / "dcmpstat.cfg"
    cfg.write_text(f"[[GENERAL]]\n[DATABASE]\nDirectory = {database}\n[NETWORK]\nAetitle = DCMPSTATE\n[[COMMUNICATION]]\n"
                   f"[RECEIVER]\nType = RECEIVER\nAetitle = RECEIVER\nDescription = receiver\nPort = {own}\nUseTLS = false\n"
                   f"[TARGET]\nType = STORAGE\nAetitle = ARCHIVE\nDescription = target\nHostname = localhost\nPort = {target}\n")
    x.stack.enter_context(products.server(["dcmpsrcv", str(cfg), "RECEIVER"], own, x.folder / "dcmpsrcv.log"))
    return cfg, own


@exchange
def dicom_echo(x):
    x.run("dicom_echo", "-c", "ARCHIVE", "127.0.0.1", archive(x))


@exchange
def send_image(x):
    x.run("send_image", "-c", "ARCHIVE", "-q", "127.0.0.1", archive(x), *x.files)
    arrived(x, x.folder / "archive")


@exchange
def mwl_query(x):
    ris = x.through(x.ours("ris", "--ae-title", "RIS"))
    dump, query = x.folder / "query.dump", x.folder / "query.dcm"
    dump.write_text("(0010,0010) PN\n(0010,0020) LO\n(0040,0100) SQ\n(fffe,e000) -\n(0008,0060) CS [CT]\n(fffe,e00d) -\n(fffe,e0dd) -\n")
    x.run("dump2dcm", "-q", "-F", "+ti", dump, query)
    x.run("mwlQuery", "-c", "RIS", "-f", query, "127.0.0.1", ris)


@exchange
def gdcmscu_echo(x):
    x.run("gdcmscu", "--echo", "--call", "ARCHIVE", "127.0.0.1", archive(x))


@exchange
def gdcmscu_store(x):
    x.run("gdcmscu", "--store", "--call", "ARCHIVE", "127.0.0.1", archive(x), *x.files)
    arrived(x, x.folder / "archive")


@exchange
def gdcmscu_find(x):
    x.run("gdcmscu", "--find", "--studyroot", "--study", "--call", "ARCHIVE", "--key", "20,d=", "127.0.0.1", filled(x))


UTF8 = ("00080005",)  # dcmjs writes every Data Set anew in ISO_IR 192


def dcmjs(x, action, port, called="ARCHIVE", *words):
    said = x.shared.dcmjs(x, "scu", action, "127.0.0.1", port, called, "DCMJS", *words)
    assert re.search(r"^closed$", said, re.M), said


@exchange
def dcmjs_echo(x):
    dcmjs(x, "echo", archive(x))


@exchange
def dcmjs_store(x):
    dcmjs(x, "store", archive(x), "ARCHIVE", *x.files)
    arrived(x, x.folder / "archive", but=UTF8)


@exchange
def dcmjs_find(x):
    dcmjs(x, "find", filled(x), "ARCHIVE", matrix.STUDY)


@exchange
def dcmjs_get(x):
    into = x.make("got")
    dcmjs(x, "get", filled(x), "ARCHIVE", matrix.STUDY, into)
    arrived(x, into, but=UTF8)


@exchange
def dcmjs_move(x):
    into = x.make("moved")
    theirs = x.shared.dcmjs_scp(x, into)
    port = filled(x, "--destination", f"WS1=127.0.0.1:{x.through(theirs, 'destination')}")
    dcmjs(x, "move", port, "ARCHIVE", matrix.STUDY, "WS1")
    arrived(x, into, but=UTF8)


@exchange
def dcmjs_cancels(x):
    dcmjs(x, "cancel", twenty(x), "ARCHIVE", matrix.STUDY, x.make("got"))


@exchange
def dcmjs_worklist(x):
    dcmjs(x, "worklist", x.through(x.ours("ris", "--ae-title", "RIS")), "RIS")


@exchange
def dcmjs_mpps(x):
    dcmjs(x, "mpps", x.through(x.ours("ris", "--ae-title", "RIS")), "RIS")


@exchange
def dcmjs_commitment(x):
    theirs = x.shared.dcmjs_scp(x, x.make("received"))
    port = filled(x, "--commitment", "new", "--destination", f"DCMJS=127.0.0.1:{x.through(theirs, 'report')}")
    dcmjs(x, "commitment", port, "ARCHIVE", *(str(pydicom.dcmread(file).SOPInstanceUID) for file in x.files))
    log = x.folder / "dcmjs.log"
    print_commit_test.until(lambda: "event report" in log.read_text())
