"""Assay in Python: talk DICOM with full control over every byte, and judge what comes back.

    import assay
    with assay.Session("127.0.0.1:11112", called_ae="ARCHIVE") as session:
        association = session.associate("Verification", ("CTImageStorage", ["ExplicitVRLittleEndian"]))
        print(association.echo().status, association.store(assay.Synthetic("CT")).status)
        association.release()
        for finding in session.findings():
            print(finding["text"])

Messages, matchers and modifications have the names of the scenario language (scenarios/README.md), with underscores for
hyphens. Scripts below scenarios/ declare cases with @assay.scenario and are run by `assay run`."""
from ._connection import Connection
from ._errors import Error, Failed, Inconclusive, Skipped, StepError, Unexpected
from ._scenario import scenario
from ._seen import Seen
from ._session import Session, run
from ._xml import Absent, Element, File, Raw, Synthetic, change, match
from ._xml import message as _message


def message(name, **attributes):
    """A message for send([...]): several that leave in one write."""
    return _message(name, attributes)


__all__ = ["Absent", "Connection", "Element", "Error", "Failed", "File", "Inconclusive", "Raw", "Seen", "Session",
           "Skipped", "StepError", "Synthetic", "Unexpected", "change", "match", "message", "run", "scenario"]
