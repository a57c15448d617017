"""Exchanges of the matrix in which the other product is the SCP and Assay's commands are the SCU."""

import subprocess

import matrix
import print_commit_test
import products
import services_test
from matrix_scu import UTF8, arrived, presentation_state_tools

EXCHANGES = {}
KEY = ("-k", f"StudyInstanceUID={matrix.STUDY}")


def exchange(function):
    EXCHANGES[function.__name__] = function
    return function


def echo(x, title, port):
    x.assay("echo", f"{title}@127.0.0.1:{x.through(port)}")


def store(x, title, port, received=None, but=()):
    x.assay("store", f"{title}@127.0.0.1:{x.through(port)}", *x.files)
    if received:
        arrived(x, received, but=but)


def storescp(x):
    return x.program(["storescp", "-aet", "STORESCP", "-od", x.make("received")])


def dcmrecv(x):
    return x.program(["dcmrecv", "-aet", "DCMRECV", "-xf", "/etc/dcmtk/storescp.cfg", "Default", "-od", x.make("received")])


def dcmqrscp(x, files=(), destination=0):
    """dcmqrscp with these files in it; it may move to us."""
    own = products.free_port()
    command = [products.HERE / "start_dcmqrscp.sh", x.folder, own, "QRSCP"]
    env = {"DESTINATION": f"ASSAY, 127.0.0.1, {destination}"} if destination else {}
    x.stack.enter_context(products.server([str(w) for w in command], own, x.folder / "dcmqrscp.log", env))
    if files:
        x.assay("store", f"QRSCP@127.0.0.1:{own}", *files)
    return own


@exchange
def storescp_echo(x):
    echo(x, "STORESCP", storescp(x))


@exchange
def storescp_store(x):
    store(x, "STORESCP", storescp(x), x.folder / "received")


@exchange
def dcmrecv_echo(x):
    echo(x, "DCMRECV", dcmrecv(x))


@exchange
def dcmrecv_store(x):
    store(x, "DCMRECV", dcmrecv(x), x.folder / "received")


@exchange
def dcmqrscp_echo(x):
    echo(x, "QRSCP", dcmqrscp(x))


@exchange
def dcmqrscp_store(x):
    store(x, "QRSCP", dcmqrscp(x))
    arrived(x, next(x.folder.glob("dcmqrscp-*")) / "area")


@exchange
def dcmpsrcv_store(x):
    store(x, "RECEIVER", presentation_state_tools(x)[1], x.folder / "database")


def find(x, title, port):
    x.assay("find", f"{title}@127.0.0.1:{x.through(port)}", *KEY, "-k", "PatientName")


def get(x, title, port):
    x.assay("get", f"{title}@127.0.0.1:{x.through(port)}", *KEY, "--out", x.make("got"))
    arrived(x, x.folder / "got")


def move(x, title, port, own):
    x.assay("move", f"{title}@127.0.0.1:{x.through(port)}", *KEY, "--listen", own, "--out", x.make("moved"))
    arrived(x, x.folder / "moved")


@exchange
def dcmqrscp_find(x):
    find(x, "QRSCP", dcmqrscp(x, x.files))


@exchange
def dcmqrscp_get(x):
    get(x, "QRSCP", dcmqrscp(x, x.files))


@exchange
def dcmqrscp_move(x):
    own = products.free_port()
    move(x, "QRSCP", dcmqrscp(x, x.files, x.through(own, "destination")), own)


def cancel(x, title, port):
    """A C-GET, which waits for our answer to each image: a C-FIND may be over before the product reads on."""
    x.assay("get", f"{title}@127.0.0.1:{x.through(port)}", *KEY, "--out", x.make("got"), "--cancel-after", 1)


def twenty(x):
    return [products.synthetic_file(x.folder, n) for n in range(1, 21)]


@exchange
def dcmqrscp_cancelled(x):
    cancel(x, "QRSCP", dcmqrscp(x, twenty(x)))


@exchange
def wlmscpfs_echo(x):
    echo(x, "WLM", wlmscpfs(x))


@exchange
def wlmscpfs_worklist(x):
    x.assay("worklist", f"WLM@127.0.0.1:{x.through(wlmscpfs(x))}", "-k", "PatientName",
            "-k", "ScheduledProcedureStepSequence[0].Modality=CT")


def items(folder):
    """Two worklist items as files of wlmscpfs."""
    for n in (1, 2):
        (folder / f"{n}.dump").write_text(services_test.ITEM.format(n=n))
        subprocess.run(["dump2dcm", "-q", str(folder / f"{n}.dump"), str(folder / f"{n}.wl")], check=True)
    return folder


def wlmscpfs(x):
    own = products.free_port()
    command = [products.HERE / "start_wlmscpfs.sh", x.folder, own, "WLM"]
    x.stack.enter_context(products.server([str(w) for w in command], own, x.folder / "wlmscpfs.log",
                                          {"ITEMS": str(items(x.make("items")))}))
    return own


def dcmprscp(x):
    own = products.free_port()
    cfg = print_commit_test.configuration(x.folder, theirs=own)
    x.stack.enter_context(products.server(["dcmprscp", "-c", str(cfg), "-p", "THEIRS"], own, x.folder / "dcmprscp.log"))
    return own


@exchange
def dcmprscp_echo(x):
    echo(x, "THEIRS", dcmprscp(x))


@exchange
def dcmprscp_print(x):
    x.assay("print", f"THEIRS@127.0.0.1:{x.through(dcmprscp(x))}", x.files[0], "--film-size", "8INX10IN", "--medium", "PAPER")
    print_commit_test.until(lambda: list((x.folder / "database").glob("HG_*")))


@exchange
def orthanc_echoed(x):
    echo(x, "ORTHANC", x.shared.orthanc.dicom)


@exchange
def orthanc_stored(x):
    x.shared.orthanc.empty()
    store(x, "ORTHANC", x.shared.orthanc.dicom)
    arrived(x, x.shared.orthanc.files(x.make("received")))


def in_orthanc(x, files=None):
    x.shared.orthanc.empty()
    for file in files or x.files:
        x.shared.orthanc.rest("instances", file.read_bytes())
    return x.shared.orthanc.dicom


@exchange
def orthanc_found(x):
    find(x, "ORTHANC", in_orthanc(x))


@exchange
def orthanc_got(x):
    get(x, "ORTHANC", in_orthanc(x))


@exchange
def orthanc_moved(x):
    own = products.free_port()
    x.shared.orthanc.modality("assay", "ASSAY", x.through(own, "destination"))
    move(x, "ORTHANC", in_orthanc(x), own)


@exchange
def orthanc_asked_for_worklist(x):
    items(x.shared.orthanc.worklists)
    x.assay("worklist", f"ORTHANC@127.0.0.1:{x.through(x.shared.orthanc.dicom)}", "-k", "PatientName",
            "-k", "ScheduledProcedureStepSequence[0].Modality=CT")


@exchange
def orthanc_commits(x):
    own = products.free_port()
    x.shared.orthanc.modality("assay", "ASSAY", x.through(own, "report"))
    port = in_orthanc(x)
    x.assay("commit", f"ORTHANC@127.0.0.1:{x.through(port)}", *x.files, "--listen", own)


def simple_storage(x):
    """It ends when a connection closes without a request, so it is not asked by connecting whether it listens."""
    return x.program(["simple_storage", "-c", "CTN", "-x", x.make("received"), "-s"], ask=False)


@exchange
def simple_storage_echo(x):
    echo(x, "CTN", simple_storage(x))


@exchange
def simple_storage_store(x):
    store(x, "CTN", simple_storage(x), x.folder / "received")


def dcmjs(x):
    return x.shared.dcmjs_scp(x, x.make("received"))


@exchange
def dcmjs_echoed(x):
    echo(x, "DCMJS", dcmjs(x))


@exchange
def dcmjs_stored(x):
    store(x, "DCMJS", dcmjs(x), x.folder / "received", UTF8)


@exchange
def dcmjs_found(x):
    find(x, "DCMJS", dcmjs(x))


@exchange
def dcmjs_asked_for_worklist(x):
    x.assay("worklist", f"DCMJS@127.0.0.1:{x.through(dcmjs(x))}", "-k", "PatientName",
            "-k", "ScheduledProcedureStepSequence[0].Modality=CT")


@exchange
def dcmjs_told_of_step(x):
    target = f"DCMJS@127.0.0.1:{x.through(dcmjs(x))}"
    x.assay("mpps", target, "create", "--uid", "2.25.6", "-k", "PatientID=P1", "-k", "Modality=CT")
    x.assay("mpps", target, "set", "--uid", "2.25.6", "--status", "COMPLETED")


@exchange
def dcmjs_commits(x):
    own = products.free_port()
    theirs = x.shared.dcmjs_scp(x, x.make("received"), x.through(own, "report"))
    x.assay("commit", f"DCMJS@127.0.0.1:{x.through(theirs)}", *x.files, "--listen", own, "--wait", "10s")


@exchange
def dcmjs_prints(x):
    x.assay("print", f"DCMJS@127.0.0.1:{x.through(dcmjs(x))}", x.files[0])


@exchange
def orthanc_cancelled(x):
    cancel(x, "ORTHANC", in_orthanc(x, twenty(x)))
