"""The catalogue with Assay as acceptor and Orthanc as the device that calls."""

import http.client
import json
import unittest

import orthanc
import products
import relay

# Legal, and it ends Orthanc 1.10.1: run on one of its own, after everything else.
DEADLY = "ps3.8/E.2/response-command-and-data-in-one-pdu/16"


STUDY = "1.2.826.0.1.3680043.10.999.55"  # that of products.synthetic_file
SOP_CLASS = "1.2.840.10008.5.1.4.1.1.7"


def call(port, method, path, body):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=40)
    try:
        connection.request(method, path, body)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def acting(port, instance):
    """Makes it act as SCU. What the peer did to it is for Assay to judge from the wire; here it matters that it acted."""

    def act(action, host, dicom, called, calling):
        name = f"peer{dicom}"
        call(port, "PUT", f"/modalities/{name}", json.dumps({
            "AET": called, "Host": host, "Port": int(dicom), "Manufacturer": "Generic", "LocalAet": calling, "Timeout": 3}))
        path, body = {
            "echo": ("echo", {}),
            "store": ("store", {"Resources": [instance]}),
            "find": ("query", {"Level": "Study", "Query": {"PatientName": ""}}),
            "move": ("move", {"Level": "Study", "Resources": [{"StudyInstanceUID": STUDY}], "TargetAet": calling}),
            "commit": ("storage-commitment", {"DicomInstances": [{"SOPClassUID": SOP_CLASS, "SOPInstanceUID": f"{STUDY}.1"}]}),
            "worklist": ("find-worklist", {"PatientName": "", "ScheduledProcedureStepSequence": [{"Modality": "CT"}]}),
        }[action]
        try:
            status, answer = call(port, "POST", f"/modalities/{name}/{path}", json.dumps(body))
        except OSError as lost:
            return f"Orthanc is gone: {lost}"
        return f"HTTP {status}: {answer.decode(errors='replace')[:200]}".replace("\n", " ")

    return act


class OrthancScu(products.CatalogueTest):
    def run_catalogue(self, folder, *more):
        with orthanc.orthanc(folder) as (_, port):
            file = products.synthetic_file(folder)
            status, answer = call(port, "POST", "/instances", file.read_bytes())
            self.assertEqual(status, 200, answer)
            with relay.relay(acting(port, json.loads(answer)["ID"])) as act:
                return products.assay(
                    "run", "--role", "acceptor", "--dut-act", act, "--called-ae", "ORTHANC", "--timeout", "8s",
                    "--profile", "orthanc", "--expected", products.DEVIATIONS / "orthanc.txt", "--out", folder / "report", *more)

    def test_the_catalogue_has_no_error_and_only_known_deviations(self):
        products.need("Orthanc", "dump2dcm")
        with products.scratch() as folder:
            code, out, err = self.run_catalogue(folder, "--jobs", 12, "--skip", DEADLY, *products.quick())
            self.judge(code, out, err, folder / "report", expect_cases=650 if products.LONG else 160)

    def test_command_and_data_in_one_PDU_end_it(self):
        products.need("Orthanc", "dump2dcm")
        with products.scratch() as folder:
            code, out, err = self.run_catalogue(folder, "--only", DEADLY)
            self.assertEqual(code, 0, out + err)
            self.assertIn("expected deviation", out)


if __name__ == "__main__":
    unittest.main()
