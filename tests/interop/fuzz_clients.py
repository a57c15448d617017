"""Other people's clients, which call and are answered wrongly: in their names in device_findings.tsv and with the command
that calls."""

import dataclasses
import functools
import re
import subprocess
import typing

import device_findings
import print_commit_test
import products
import samples

STUDY = "2.25.314159265358979001000000"  # of the archive that answers
KEYS = f"-k QueryRetrieveLevel=STUDY -k StudyInstanceUID={STUDY}"
MODULES = products.ROOT / "build" / "interop" / "dcmjs" / "node_modules"


def image(folder):
    samples.write(folder / "image.dcm")


def print_job(folder):
    """Something to print, and a configuration with PORT where the printer's port is to stand."""
    print_commit_test.configuration(folder, ours="PORT")
    made = print_commit_test.tool("dcmpsprt", "-c", folder / "dcmpstat.cfg", "-p", "OURS", "--filmsize", "8INX10IN",
                                  products.synthetic_file(folder, 1))
    assert made.returncode == 0, made.stderr
    (job,) = (folder / "database").glob("SP_*")
    job.rename(folder / "job.dcm")


def dcmjs(folder):
    image(folder)
    subprocess.run([products.HERE / "dcmjs" / "get.sh"], check=True)
    (folder / "kept").mkdir()


@dataclasses.dataclass
class Client:
    product: str
    version: typing.Callable[[], str]
    command: str  # FOLDER, HERE and MODULES are filled in
    needs: typing.Sequence[str]
    prepare: typing.Callable = image

    def start(self, folder):
        self.prepare(folder)
        words = {"FOLDER": str(folder), "HERE": str(products.HERE), "MODULES": str(MODULES)}
        return re.sub("|".join(words), lambda found: words[found.group()], self.command)


def debian(product, package, command, prepare=image, more=()):
    """A program of a package, called as the last word of the product's name."""
    return Client(product, functools.partial(device_findings.package, package), command, [product.split()[-1], *more], prepare)


def node(action, words=""):
    return Client("dcmjs-dimse scu", device_findings.npm_version,
                  f"NODE_PATH=MODULES exec node HERE/dcmjs/services.js scu {action} 127.0.0.1 {{port}} ANY-SCP ME {words}",
                  ["node", "npm"], dcmjs)


CLIENTS = {
    "echoscu": debian("DCMTK echoscu", "dcmtk", "exec echoscu 127.0.0.1 {port}"),
    "findscu": debian("DCMTK findscu", "dcmtk", "exec findscu -S -k QueryRetrieveLevel=STUDY -k PatientName 127.0.0.1 {port}"),
    "findscu-worklist": debian("DCMTK findscu", "dcmtk", "exec findscu -W -k PatientName "
                               "-k 'ScheduledProcedureStepSequence[0].Modality=CT' 127.0.0.1 {port}"),
    "storescu": debian("DCMTK storescu", "dcmtk", "exec storescu 127.0.0.1 {port} FOLDER/image.dcm"),
    "movescu": debian("DCMTK movescu", "dcmtk", f"exec movescu -S -aem ME {KEYS} 127.0.0.1 {{port}}"),
    "getscu": debian("DCMTK getscu", "dcmtk", f"exec getscu --ignore -S {KEYS} 127.0.0.1 {{port}}"),
    "dcmprscu": debian("DCMTK dcmprscu", "dcmtk", "sed s/PORT/{port}/ FOLDER/dcmpstat.cfg >FOLDER/{port}.cfg; "
                       "exec dcmprscu -c FOLDER/{port}.cfg -p OURS FOLDER/job.dcm", print_job, ["dcmpsprt", "dump2dcm"]),
    "dicom_echo": debian("CTN dicom_echo", "ctn", "exec dicom_echo -a ME -c ANY-SCP 127.0.0.1 {port}"),
    "send_image": debian("CTN send_image", "ctn", "exec send_image -a ME -c ANY-SCP -q 127.0.0.1 {port} FOLDER/image.dcm"),
    "gdcmscu": debian("GDCM gdcmscu", "libgdcm-tools", "exec gdcmscu --echo 127.0.0.1 {port}"),
    "dcmjs-echo": node("echo"),
    "dcmjs-store": node("store", "FOLDER/image.dcm"),
    "dcmjs-find": node("find", STUDY),
    "dcmjs-move": node("move", f"{STUDY} ME"),
    "dcmjs-get": node("get", f"{STUDY} FOLDER/kept"),
    "dcmjs-worklist": node("worklist"),
    "dcmjs-mpps": node("mpps"),
    "dcmjs-commitment": node("commitment", "1.2.3"),
}
