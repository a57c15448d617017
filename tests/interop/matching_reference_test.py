"""The rules of matching_reference.py one by one, each with what matches and what does not. The examples that the standard
gives itself are marked with their clause."""

import unittest

import dimse_client
import golden_queries
import golden_set
from dimse_client import PATIENT_ROOT, STUDY_ROOT
from matching_reference import Choices, Reference, match_type, matches


class OneKey(unittest.TestCase):
    def rows(self, vr, *rows, choices=Choices()):
        """(key, a value that matches, one that does not; None where there is none)."""
        for key, right, wrong in rows:
            with self.subTest(vr=vr, key=key):
                if right is not None:
                    self.assertTrue(matches(vr, key, right, choices), right)
                if wrong is not None:
                    self.assertFalse(matches(vr, key, wrong, choices), wrong)

    def test_the_type_of_matching_follows_from_vr_and_value(self):
        for vr, key, kind in (("LO", "", "universal"), ("LO", "*", "universal"), ("LO", "**", "wildcard"), ("UI", "1.*", "single"),
                              ("UI", "1.2\\1.3", "uid-list"), ("LO", "A\\B", "single"), ("DA", "2026*", "single"),
                              ("DA", "20260101-", "range"), ("SH", "1-2", "single"), ("IS", "1?", "single"), ("SQ", [], "sequence"),
                              ("AS", "04?Y", "single"), ("LT", " ", "universal"), ("DT", "2026+0100", "single")):
            self.assertEqual(match_type(vr, key), kind, (vr, key))

    def test_single_value_is_exact_and_case_counts(self):  # C.2.2.2.1
        self.rows("LO", ("Thorax", "Thorax", "thorax"), ("Thorax", " Thorax ", "Thorax 1"), ("é", "é", "e"), ("A[1]", "A[1]", "A1"))
        self.rows("LT", (" note", " note ", "note"), ("note", "note", " note"), ("a\\b", "a\\b", "a"))
        self.rows("CS", ("CT", "CT", "CTA"))
        self.rows("UI", ("1.2", "1.2", "1.22"), ("1.2.*", None, "1.2.3"))
        self.rows("AS", ("045Y", "045Y", "045M"))
        self.rows("US", (2, 2, 3))

    def test_numbers_are_compared_by_value(self):  # CP-2305: implementation dependent
        self.rows("IS", ("7", "007", "70"), ("+7", "7", "-7"), ("7", "+7", "7.5"))
        self.rows("DS", ("5", "5.00", "5.5"), ("5", "0.5E1", "0.5"))
        self.rows("IS", ("7", "7", "007"), choices=Choices(numbers_by_value=False))

    def test_names(self):  # C.2.2.2.1.1: implementation dependent
        self.rows("PN", ("doe^jane", "DOE^JANE", "Doe^John"), ("MÜLLER^JÖRG", "Müller^Jörg", "Muller^Jorg"),
                  ("Doe^Jane^^", "Doe^Jane", "Doe^^Jane"),
                  ("Smith^John", "Smith^John^^^", "Smith"), ("山田^太郎", "Yamada^Tarou=山田^太郎=やまだ^たろう", "Yamada^Tarou"),
                  ("Wang^XiaoDong=王^小東", "Wang^XiaoDong=王^小東", "Wang^XiaoDong"), ("Doe*", "doe^jane", "Moe^Doe"))
        self.rows("PN", ("DOE", "DOE", "Doe"), choices=Choices(names_ignore_case=False))
        self.rows("PN", ("山田^太郎", "山田^太郎", "Yamada^Tarou=山田^太郎"), choices=Choices(group_matches_alone=False))

    def test_list_of_uid(self):  # C.2.2.2.2
        self.rows("UI", ("1.2\\1.3", "1.3", "1.33"), ("1.2\\1.3", "1.5\\1.2", "1.5\\1.4"))

    def test_several_values_are_no_list_for_other_vrs(self):  # C.2.2.2.8 note 4: undefined; here they equal no single value
        self.rows("CS", ("CT\\MR", None, "CT"))

    def test_universal(self):  # C.2.2.2.3
        self.rows("LO", ("", "any", None), ("", "", None), ("", None, None))
        self.assertTrue(matches("DA", "", None))

    def test_wild_cards(self):  # C.2.2.2.4
        self.rows("LO", ("A*", "A", "BA"), ("A?", "AB", "A"), ("A?", "A*", "ABC"), ("*B*", "ABC", "AC"), ("?", "é", "ab"),
                  ("A.*", "A.B", "AB"),
                  ("[A]*", "[A]x", "Ax"), ("a*", "ab", "AB"), ("*?", "x", None), ("A?", None, "A "), ("A*C*E", "ABCDE", "AECBD"))
        self.rows("DA", ("2026*", None, "20260101"))

    def test_dates_and_ranges(self):  # C.2.2.2.5.1
        self.rows("DA", ("20260101", "20260101", "20260102"), ("20260131-20260201", "20260201", "20260202"),
                  ("20260131-20260201", "20260131", "20260130"),
                  ("-20260131", "20260131", "20260201"), ("20240229-", "20240229", "20240228"),
                  ("20240228-20240301", "20240229", "20240302"))

    def test_times_and_ranges(self):  # C.2.2.2.5.2; C.2.2.2.1.3 note 1
        self.rows("TM", ("2230", "223000", "223100"), ("223000", "2230", "223001"), ("10", "1059", "1100"),
                  ("1000-1100", "110059.999999", "110100"),
                  ("-000000", "0000", "000001"), ("235959.9-", "235959.95", "235959.8"), ("101530.5", "101530.50", "101530.6"))

    def test_date_times_and_offsets(self):  # C.2.2.2.5.3, C.2.2.2.1.3 note 1
        self.rows("DT", ("19980128103000.0000", "19980128103000", "19980128103001"),
                  ("19980128103000", "19980128073000-0300", "19980128103000-0300"),
                  ("20260101000000+0100", "20251231230000", "20260101000000"), ("2026", "20260715", "20251231"),
                  ("20260101-20260131", "20260131235959.999999", "202602"),
                  ("20251231230000-0100-20260101000000+0000", "20260101000000", "20260101000001"),
                  ("-2025", "20251231", "20260101"), ("202602-", "20260201", "20260131"))

    def test_a_value_that_is_not_there_matches_no_key_that_asks_for_one(self):  # C.2.2.1.2: two readings
        for vr, key in (("LO", "A"), ("LO", "?"), ("PN", "A*"), ("DA", "20260101-"), ("UI", "1.2\\1.3"), ("IS", "1"), ("US", 1),
                        ("SQ", [{"CodeValue": "A"}])):
            for nothing in (None, "" if vr != "SQ" else []):
                self.assertFalse(matches(vr, key, nothing), (vr, key))
                self.assertTrue(matches(vr, key, nothing, Choices(unknown_matches=True)), (vr, key))
        for key in ("", "*", "**"):
            self.assertTrue(matches("LO", key, None), key)
        self.assertTrue(matches("SQ", [{"CodeValue": ""}], []))
        self.rows("LO", ("A", None, "B"), ("A", "\\A", "\\B"), choices=Choices(unknown_matches=True))

    def test_one_of_several_values_is_enough(self):  # C.2.2.3
        self.rows("CS", ("MR", "CT\\MR", "CT\\MRA"))
        self.rows("PN", ("reader^two", "Reader^One\\Reader^Two", "Reader^One\\Reader^Three"))
        self.rows("LO", ("X1*", "Y\\X10", "Y\\Y10"))

    def test_sequences(self):  # C.2.2.2.6
        stored = [{"CodeValue": "1", "CodingSchemeDesignator": "A"}, {"CodeValue": "2", "CodingSchemeDesignator": "B"}]
        for key, right in (([{"CodeValue": "1", "CodingSchemeDesignator": "A"}], True),
                           ([{"CodeValue": "1", "CodingSchemeDesignator": "B"}], False),
                           ([{"CodeValue": "?"}], True), ([{"CodeValue": "3"}], False), ([{}], True), ([], True),
                           ([{"CodeValue": "", "CodingSchemeDesignator": "B"}], True)):
            self.assertEqual(matches("SQ", key, stored), right, key)
        nested = [{"ScheduledProcedureStepID": "S", "ScheduledProtocolCodeSequence": stored}]
        self.assertTrue(matches("SQ", [{"ScheduledProtocolCodeSequence": [{"CodeValue": "2", "CodingSchemeDesignator": "B"}]}], nested))
        self.assertFalse(matches("SQ", [{"ScheduledProtocolCodeSequence": [{"CodeValue": "2", "CodingSchemeDesignator": "A"}]}], nested))

    def test_multiple_values_when_negotiated(self):  # C.2.2.2.8: a logical and
        self.rows("CS", ("CT\\PT", "PT\\MR\\CT", "CT\\MR"), ("CT", "CT\\PT", "PT"), choices=Choices(multiple_values=True))

    def test_empty_value_when_negotiated(self):  # C.2.2.2.7
        self.rows("LO", ('""', "", "A"), choices=Choices(empty_value=True))
        self.assertTrue(matches("LO", '""', None, Choices(empty_value=True)))
        self.rows("LO", ('""', '""', "A"))


class Hierarchy(unittest.TestCase):
    """C.4.1.3.1.1 over three instances of two patients."""

    @classmethod
    def setUpClass(cls):
        def one(patient, study, series, image, **more):
            return dict(PatientID=patient, PatientName="N", StudyInstanceUID=study, SeriesInstanceUID=series, SOPInstanceUID=image,
                        SOPClassUID="1.5", **more)
        codes = [{"CodeValue": "1", "CodeMeaning": "one"}, {"CodeValue": "2", "CodeMeaning": "two"}]
        cls.reference = Reference([one("P", "1", "1.1", "1.1.1", Modality="CT", ProcedureCodeSequence=codes),
                                   one(" P", "1", "1.2", "1.2.1", Modality="MR", ProcedureCodeSequence=codes),
                                   one("p", "2", "2.1", "2.1.1", Modality="CT", StudyDescription="D")])

    def found(self, model, level, **keys):
        return sorted(path[-1] for path in self.reference.answers(model, {"QueryRetrieveLevel": level, **keys}))

    def test_entities_of_each_level(self):
        self.assertEqual(self.found(PATIENT_ROOT, "PATIENT", PatientID=""), ["P", "p"])
        self.assertEqual(self.found(PATIENT_ROOT, "STUDY", PatientID="P", StudyInstanceUID=""), ["1"])
        self.assertEqual(self.found(STUDY_ROOT, "STUDY", PatientID="P", StudyInstanceUID=""), ["1"])
        self.assertEqual(self.found(STUDY_ROOT, "SERIES", StudyInstanceUID="1", SeriesInstanceUID=""), ["1.1", "1.2"])
        self.assertEqual(self.found(STUDY_ROOT, "IMAGE", StudyInstanceUID="1", SeriesInstanceUID="1.1", SOPInstanceUID=""), ["1.1.1"])

    def test_the_path_above_has_to_be_there(self):
        self.assertEqual(self.found(PATIENT_ROOT, "STUDY", PatientID="p", StudyInstanceUID="1"), [])
        self.assertEqual(self.found(STUDY_ROOT, "IMAGE", StudyInstanceUID="2", SeriesInstanceUID="1.1", SOPInstanceUID=""), [])

    def test_keys_of_the_level_are_matched_and_others_are_not(self):
        self.assertEqual(self.found(STUDY_ROOT, "SERIES", StudyInstanceUID="1", Modality="MR"), ["1.2"])
        self.assertEqual(self.found(STUDY_ROOT, "STUDY", StudyInstanceUID="", Modality="MR"), ["1", "2"])
        self.assertEqual(self.reference.unsupported(STUDY_ROOT, {"QueryRetrieveLevel": "STUDY", "StudyInstanceUID": "",
                         "Modality": ""}), ["Modality"])
        self.assertEqual(self.found(STUDY_ROOT, "STUDY", StudyInstanceUID="", ModalitiesInStudy="MR"), ["1"])
        self.assertEqual(self.found(STUDY_ROOT, "STUDY", StudyInstanceUID="", NumberOfStudyRelatedSeries="1"), ["2"])

    def test_a_response_has_the_requested_keys_and_the_unique_ones(self):
        got = self.reference.answers(STUDY_ROOT, dict(QueryRetrieveLevel="SERIES", StudyInstanceUID="1", SeriesInstanceUID="",
                                     Modality="MR", SeriesDate=""))
        self.assertEqual(list(got.values()), [dict(QueryRetrieveLevel="SERIES", StudyInstanceUID="1", SeriesInstanceUID="1.2",
                         Modality="MR", SeriesDate="")])

    def test_only_matching_items_and_requested_attributes_are_returned(self):
        def returned(key):
            answers = self.reference.answers(STUDY_ROOT, dict(QueryRetrieveLevel="STUDY", StudyInstanceUID="1", ProcedureCodeSequence=key))
            return [answer["ProcedureCodeSequence"] for answer in answers.values()]
        self.assertEqual(returned([{"CodeValue": "2", "CodeMeaning": ""}]), [[{"CodeValue": "2", "CodeMeaning": "two"}]])
        self.assertEqual(returned([{"CodeValue": ""}]), [[{"CodeValue": "1"}, {"CodeValue": "2"}]])
        self.assertEqual(returned([]), [[{"CodeValue": "1", "CodeMeaning": "one"}, {"CodeValue": "2", "CodeMeaning": "two"}]])
        self.assertEqual(returned([{"CodeValue": "3"}]), [])


class Tools(unittest.TestCase):
    def test_a_data_set_comes_back_as_it_was_written(self):
        for instance in golden_set.instances():
            back = dimse_client.decode(dimse_client.encode(instance))
            self.assertEqual({k: v.rstrip() if isinstance(v, str) else v for k, v in instance.items() if k != "PixelData"},
                             {k: v for k, v in back.items() if k != "PixelData"})

    def test_items_of_undefined_length_are_read(self):
        item = dimse_client.encode({"CodeValue": "1"})
        sequence = (b"\x08\x00\x32\x10SQ\0\0\xff\xff\xff\xff" + b"\xfe\xff\x00\xe0\xff\xff\xff\xff" + item + b"\xfe\xff\x0d\xe0\0\0\0\0" +
                    b"\xfe\xff\xdd\xe0\0\0\0\0" + dimse_client.encode({"PatientID": "P"}))
        self.assertEqual(dimse_client.decode(sequence), {"ProcedureCodeSequence": [{"CodeValue": "1"}], "PatientID": "P"})

    def test_queries_are_the_same_on_every_run_and_of_every_kind(self):
        reference = Reference(golden_set.instances())
        few, many = golden_queries.queries(reference, 5), golden_queries.queries(reference, 60)
        self.assertEqual(few, [query for query in many if query.number < 5])
        kinds = {(match_type(dimse_client.vr_of(k), v), dimse_client.vr_of(k)) for query in many for k, v in query.identifier.items()
                 if k not in ("QueryRetrieveLevel", "SpecificCharacterSet")}
        self.assertLessEqual({("single", "LO"), ("single", "PN"), ("single", "UI"), ("single", "IS"), ("single", "DS"),
                             ("single", "TM"), ("wildcard", "PN"),
                              ("wildcard", "LT"), ("range", "DA"), ("range", "TM"), ("range", "DT"), ("uid-list", "UI"), ("sequence", "SQ"),
                              ("universal", "DA"), ("single", "US"), ("single", "AS")}, kinds)
        answers = [len(reference.answers(query.model, query.identifier)) for query in many]
        self.assertGreater(sum(count > 0 for count in answers), len(many) / 2)
        self.assertGreater(answers.count(0), len(many) / 20)


if __name__ == "__main__":
    unittest.main()
