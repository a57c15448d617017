"""Orthanc from the Debian package, as SCP and, told through its REST interface, as SCU."""

import contextlib
import json

import products


@contextlib.contextmanager
def orthanc(folder, **changes):
    """Yields (dicom port, http port). `changes` are entries of its configuration."""
    for left in (2, 1, 0):
        with contextlib.ExitStack() as running:
            try:
                ports = running.enter_context(started(folder, changes))
            except RuntimeError as error:
                # Between asking for a free port and using it another product may have got it.
                if left == 0 or "already in use" not in str(error):
                    raise
                continue
            yield ports
            return


@contextlib.contextmanager
def started(folder, changes):
    dicom, http = products.free_port(), products.free_port()
    config = {
        "Name": "interop", "StorageDirectory": str(folder / "orthanc"), "IndexDirectory": str(folder / "orthanc"),
        "DicomAet": "ORTHANC", "DicomPort": dicom, "DicomServerEnabled": True, "DicomCheckCalledAet": True,
        "DicomScpTimeout": 3, "DicomScuTimeout": 10, "DicomCheckModalityHost": False, "DicomAlwaysAllowStore": True,
        "DicomAlwaysAllowEcho": True, "DicomAlwaysAllowFind": True, "DicomAlwaysAllowGet": True, "DicomAlwaysAllowMove": True, "DicomThreadsCount": 8,
        "HttpServerEnabled": True, "HttpPort": http, "RemoteAccessAllowed": False, "AuthenticationEnabled": False,
        "DicomModalities": {}, "Plugins": [], "LimitFindResults": 0, "LimitFindInstances": 0,
    }
    config.update(changes)
    dicom = config["DicomPort"]
    file = folder / "orthanc.json"
    file.write_text(json.dumps(config))
    log = folder / "orthanc.log"
    with products.server(["Orthanc", str(file)], http, log) as process:
        products.wait_for_port(dicom, process, log)  # its DICOM server starts after the one for HTTP
        yield dicom, http
