"""Generated queries of all four levels against the golden set: Assay's archive answers every one of them as the reference
does; dcmqrscp and Orthanc as well, or the cluster of the difference has its line in query_differences.tsv. 60 queries per
level in the quick tier, 500 in the long one."""

import contextlib
import pathlib
import subprocess
import sys
import unittest

import dimse_client
import golden_queries
import golden_set
import orthanc
import products
import pydicom
import query_clusters
from embedded_device_test import Served
from matching_reference import KEYS, Combined, Reference, Relational

COUNT = 500 if products.LONG else 60
PRODUCT_COUNT = 500 if products.LONG else 25  # other products take a tenth of a second each
# Optional Keys that the products ignore (PS3.4 C.2.2.1.3).
UNMATCHED = {
    "dcmqrscp": set("NumberOfPatientRelatedStudies NumberOfPatientRelatedSeries NumberOfPatientRelatedInstances "
                    "NumberOfStudyRelatedSeries NumberOfStudyRelatedInstances ModalitiesInStudy SOPClassesInStudy "
                    "ProcedureCodeSequence".split() + KEYS["SERIES"][3:] + KEYS["IMAGE"][2:]),
    "orthanc": set("ProcedureCodeSequence RequestAttributesSequence ReferencedImageSequence".split()),
}


@contextlib.contextmanager
def archive(_folder):
    """Assay's archive: yields its port and AE title."""
    with Served("--ae-title", "GOLDEN-SCP", "--quiet") as device:
        yield device.port, "GOLDEN-SCP"


@contextlib.contextmanager
def dcmqrscp(folder):
    products.need("dcmqrscp")
    port = products.free_port()
    with products.server([f"{products.HERE}/start_dcmqrscp.sh", str(folder), str(port), "QRSCP"], port, folder / "log"):
        yield port, "QRSCP"


@contextlib.contextmanager
def orthanc_scp(folder):
    products.need("Orthanc")
    with orthanc.orthanc(folder, DefaultEncoding="Utf8", DicomScpTimeout=60) as (port, _):
        yield port, "ORTHANC"


class GoldenQueries(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        products.need("storescu")
        cls.scratch = cls.enterClassContext(products.scratch())
        cls.files = golden_set.write(cls.scratch / "set")
        cls.reference = Reference(golden_set.instances())

    def judged(self, product, start, count=COUNT):
        """The product with the golden set in it, asked everything."""
        folder = self.scratch / product
        folder.mkdir()
        with start(folder) as (port, title):
            stored = subprocess.run(["storescu", "-xe", "-aec", title, "127.0.0.1", str(port), *map(str, self.files)],
                                    capture_output=True, text=True, timeout=120)
            self.assertEqual(stored.returncode, 0, stored.stderr)
            with dimse_client.Association(port, title) as association:
                self.assertEqual(len(association.accepted), 2, "FIND of both roots")
                judge = query_clusters.Judge(self.reference, association.find, UNMATCHED.get(product, ()))
                queries = golden_queries.queries(self.reference, count)
                for query in queries:
                    judge.judge(query)
        print(f"{product}: {judge.equal} of {len(queries)} queries answered as the reference does, "
              f"{len(judge.differences)} clusters of differences")
        return judge

    def compared(self, product, start):
        judge = self.judged(product, start, PRODUCT_COUNT)
        new, gone = query_clusters.Table(product).report(judge.differences)
        if gone and products.LONG:
            print(f"warning: no longer seen:{gone}")
        self.assertEqual(new, "", "differences without a line in query_differences.tsv")

    def test_the_golden_set_is_read_by_another_product_as_it_was_written(self):
        for file, instance in zip(self.files, golden_set.instances(), strict=True):
            read = pydicom.dcmread(file)
            self.assertEqual(str(read.PatientName), instance["PatientName"])
            self.assertEqual(read.StudyInstanceUID, instance["StudyInstanceUID"])
            self.assertEqual([item.RequestedProcedureID for item in read.get("RequestAttributesSequence", [])],
                             [item["RequestedProcedureID"] for item in instance.get("RequestAttributesSequence", [])])

    def test_the_archive_answers_as_the_reference(self):
        judge = self.judged("assay", archive)
        wrong = "".join(f"\n{len(examples)} times {' '.join(cluster)}\n  {examples[0]}"
                        for cluster, examples in sorted(judge.differences.items()))
        self.assertEqual(wrong, "")

    def extended(self, reference, queries, items):
        """Assay's archive under extended negotiation; what differs, as text."""
        folder = self.scratch / f"assay-{items.hex()}"
        folder.mkdir()
        with archive(folder) as (port, title):
            stored = subprocess.run(["storescu", "-xe", "-aec", title, "127.0.0.1", str(port), *map(str, self.files)],
                                    capture_output=True, text=True, timeout=120)
            self.assertEqual(stored.returncode, 0, stored.stderr)
            with dimse_client.Association(port, title, extended=items) as association:
                self.assertEqual(set(association.granted.values()), {items})
                judge = query_clusters.Judge(reference, association.find)
                for query in queries:
                    judge.judge(query)
        print(f"{judge.equal} of {len(queries)} queries with {items.hex()} answered as the reference does")
        return "".join(f"\n{len(examples)} times {' '.join(cluster)}\n  {examples[0]}" for cluster, examples in sorted(judge.differences.items()))

    def test_relational_queries_are_answered_as_by_the_reference(self):
        reference = Relational(golden_set.instances())
        queries = [golden_queries.relational_query(reference, level, number) for level in ("STUDY", "SERIES", "IMAGE") for number in range(COUNT)]
        self.assertEqual(self.extended(reference, queries, b"\1"), "")

    def test_combined_dates_and_times_are_matched_as_by_the_reference(self):
        reference = Combined(golden_set.instances())
        queries = [golden_queries.period_query(reference, level, number) for level in reference.PAIRS for number in range(COUNT)]
        plain = Reference(golden_set.instances())
        differ = sum(reference.answers(q.model, q.identifier).keys() != plain.answers(q.model, q.identifier).keys() for q in queries)
        self.assertGreater(differ, len(queries) // 20, "the queries tell both ways of matching apart")
        self.assertEqual(self.extended(reference, queries, b"\0\1"), "")

    def test_the_archive_grants_item_by_item_what_it_does(self):
        with archive(None) as (port, title):
            for asked, granted in ((b"\1\1\1\1\1", b"\1\1\0\0\0"), (b"\0\0\0", b"\0\0\0"), (b"\0\1\1", b"\0\1\0"), (b"\1" * 9, b"\1\1\0\0\0\0\0")):
                with dimse_client.Association(port, title, extended=asked) as association:
                    self.assertEqual(set(association.granted.values()), {granted}, asked)
            with dimse_client.Association(port, title) as association:
                self.assertEqual(association.granted, {})

    def test_dcmqrscp_differs_only_where_known(self):
        self.compared("dcmqrscp", dcmqrscp)

    def test_orthanc_differs_only_where_known(self):
        self.compared("orthanc", orthanc_scp)


if __name__ == "__main__":
    sys.exit(unittest.main())
