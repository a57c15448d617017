"""What the exchanges of the matrix share because it is slow to start: one Orthanc, Node.js."""

import contextlib
import json
import os
import re
import time
import urllib.error
import urllib.request

import dcmjs_scu_test
import orthanc
import products


class Orthanc:
    """Orthanc with its worklist plugin, told what to do through REST."""

    def __init__(self, dicom, http, worklists):
        self.dicom, self.http, self.worklists = dicom, http, worklists

    def rest(self, path, body=None, method=None):
        data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        request = urllib.request.Request(f"http://127.0.0.1:{self.http}/{path}", data=data, method=method)
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return json.loads(answer.read() or b"null")
        except urllib.error.HTTPError as refused:
            raise AssertionError(f"Orthanc: {path}: {refused.code} {refused.read()[:500]}") from None

    def modality(self, name, title, port):
        self.rest(f"modalities/{name}", {"AET": title, "Host": "127.0.0.1", "Port": port, "Manufacturer": "Generic", "Timeout": 10,
                                         "AllowTranscoding": False, "AllowStorageCommitment": True}, "PUT")

    def empty(self):
        for patient in self.rest("patients"):
            self.rest(f"patients/{patient}", method="DELETE")

    def files(self, folder):
        """All instances as files in the folder."""
        for one in self.rest("instances"):
            with urllib.request.urlopen(f"http://127.0.0.1:{self.http}/instances/{one}/file", timeout=60) as answer:
                (folder / f"{one}.dcm").write_bytes(answer.read())
        return folder


class Shared:
    def __init__(self, stack):
        self.stack, self.started = stack, None
        self.folder = stack.enter_context(products.scratch())

    @property
    def orthanc(self):
        if self.started is None:
            products.need("Orthanc")
            worklists = self.folder / "worklists"
            worklists.mkdir()
            dicom, http = self.stack.enter_context(orthanc.orthanc(
                self.folder, DicomAssociationCloseDelay=0, DicomCheckCalledAet=False, StableAge=1,
                Plugins=["/usr/share/orthanc/plugins/libModalityWorklists.so"],
                Worklists={"Enable": True, "Database": str(worklists), "FilterIssuerAet": False}))
            self.started = Orthanc(dicom, http, worklists)
        return self.started

    @staticmethod
    def node(*words):
        return ["node", str(dcmjs_scu_test.FOLDER / "services.js"), *map(str, words)]

    @staticmethod
    def environment():
        dcmjs_scu_test.get()
        return {"NODE_PATH": str(dcmjs_scu_test.INSTALLED / "node_modules")}

    def dcmjs(self, x, *words):
        return x.run(*self.node(*words), env=self.environment())

    def dcmjs_scp(self, x, folder, report_port=0, *files):
        """An SCP of dcmjs-dimse; its port."""
        log = x.folder / "dcmjs.log"
        process = products.subprocess.Popen(self.node("scp", folder, report_port, *files), stdout=open(log, "wb"),
                                            stderr=products.subprocess.STDOUT, stdin=products.subprocess.DEVNULL,
                                            start_new_session=True, env={**os.environ, **self.environment()})
        x.stack.callback(products.end, process)
        until = time.monotonic() + 30
        while not (said := re.search(r"listening on (\d+)\n", log.read_text())):
            if process.poll() is not None or time.monotonic() > until:
                raise RuntimeError("dcmjs-dimse does not listen: " + log.read_text())
            with contextlib.suppress(products.subprocess.TimeoutExpired):
                process.wait(timeout=0.02)  # wakes up at once when it dies
        products.wait_for_port(int(said[1]), process, log)
        return int(said[1])
