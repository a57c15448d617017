#!/usr/bin/python3
"""The module by itself: conversations in both roles, limits, errors, threads, findings, XML scenarios."""
import _thread
import importlib.util
import socket
import sys
import threading
import time
import unittest

from support import ROOT, archive

import assay

FIND = "StudyRootQueryRetrieveInformationModelFind"


class AsRequestor(unittest.TestCase):
    def test_echo_store_find_get_and_release(self):
        with archive() as target, assay.Session(target, called_ae="ASSAY") as session:
            get = "StudyRootQueryRetrieveInformationModelGet"
            one = session.associate("Verification", "CTImageStorage", FIND, get,
                                    children=[assay.Element("role", {"sop-class": "CTImageStorage", "scu": 1, "scp": 1})])
            self.assertEqual([context["result"] for context in one.answer.contexts], [0, 0, 0, 0])
            self.assertEqual(one.echo().status, 0)
            made = assay.Synthetic("CT", 576, {"PatientID": "PY-1", "StudyInstanceUID": "1.2.3.4", "PatientName": "Py^Thon"})
            self.assertEqual(one.store(made, sop_instance="1.2.3.4.5").status, 0)
            matches, final = one.find({"QueryRetrieveLevel": "STUDY", "PatientID": "PY-1", "PatientName": "",
                                       "StudyInstanceUID": ""})
            self.assertEqual(final.status, 0)
            self.assertEqual([match["PatientName"] for match in matches], ["Py^Thon"])
            objects, responses = one.get({"QueryRetrieveLevel": "STUDY", "StudyInstanceUID": "1.2.3.4"})
            self.assertEqual(responses[-1].NumberOfCompletedSuboperations, 1)
            self.assertEqual(objects[0]["SOPInstanceUID"], "1.2.3.4.5")
            self.assertEqual(len(objects[0]["PixelData"]), 576)
            one.release()
            names = [entry["name"] for entry in one.trace()["entries"] if entry["kind"] == "message"]
            self.assertEqual(names[:2], ["C-ECHO-RQ", "C-ECHO-RSP"])
            self.assertEqual(session.findings(), [])

    def test_several_associations_in_any_order(self):
        with archive() as target, assay.Session(target) as session:
            several = [session.associate("Verification") for _ in range(5)]
            for one in several:
                one.send("c-echo-rq", message_id=77)
            for one in reversed(several):
                self.assertEqual(one.expect("c-echo-rsp").MessageIDBeingRespondedTo, 77)
            for one in several:
                one.release()

    def test_wrong_bytes_and_modifications(self):
        with archive() as target, assay.Session(target) as session:
            session.connect().raw(b"\x55" * 20)
            one = session.connect()
            one.send("a-associate-rq", contexts=["Verification"], changes=[assay.change("set", "protocol-version", number=2)])
            self.assertEqual(one.receive().name, "A-ASSOCIATE-RJ")
            one = session.associate("Verification")
            one.send("c-echo-rq", command_set={"CommandField": 0x7777})
            self.assertIn(one.receive().name, ("A-ABORT", "command F777H"))
            self.assertEqual([one for one in session.findings() if one["side"] == "acceptor"], [])
            session.check_health()

    def test_an_archive_that_lies_is_found_out(self):
        listener = socket.create_server(("127.0.0.1", 0))

        def answer():
            peer, _ = listener.accept()
            peer.recv(65536)
            peer.sendall(bytes.fromhex("0300 0000 0004 00 01 01 07".replace(" ", "")))
            peer.close()

        thread = threading.Thread(target=answer)
        thread.start()
        with assay.Session(f"127.0.0.1:{listener.getsockname()[1]}") as session:
            connection = session.connect()
            connection.send("a-associate-rq", contexts=["Verification"])
            rejection = connection.expect("a-associate-rj")
            self.assertEqual((rejection.result, rejection.source, rejection.reason), (1, 1, 7))
            connection.send("a-release-rq")
            connection.receive()
        thread.join(10)
        listener.close()
        self.assertTrue(any(one["side"] == "requestor" for one in session.result["connections"][0]["findings"]))


class AsAcceptor(unittest.TestCase):
    def test_serves_another_session(self):
        with assay.Session(timeout=5) as acceptor:
            acceptor.listen()
            asked = []

            def call():
                with assay.Session(f"127.0.0.1:{port}", timeout=5) as requestor:
                    one = requestor.associate("Verification", "CTImageStorage")
                    asked.append(one.echo().status)
                    asked.append(one.store(assay.Synthetic("CT")).status)
                    one.release()

            port = acceptor.port_of("l1")
            thread = threading.Thread(target=call)
            thread.start()
            one = acceptor.accept_association()
            self.assertEqual(one.request.calling_ae, "ASSAY")
            self.assertEqual(len(one.request.contexts), 2)
            came = []

            def answer(message):
                came.append(message.name)
                one.send(message.name.lower().replace("-rq", "-rsp"), status=0xA700 if "STORE" in message.name else 0)

            end = one.serve(answer)
            thread.join(10)
            self.assertEqual(end.name, "A-RELEASE-RQ")
            self.assertEqual(came, ["C-ECHO-RQ", "C-STORE-RQ"])
            self.assertEqual(asked, [0, 0xA700])
            self.assertEqual(acceptor.findings(), [])


class Limits(unittest.TestCase):
    def setUp(self):
        self.silent = socket.create_server(("127.0.0.1", 0))
        self.target = f"127.0.0.1:{self.silent.getsockname()[1]}"

    def tearDown(self):
        self.silent.close()

    def test_every_wait_ends(self):
        begun = time.monotonic()
        with assay.Session(self.target, timeout=0.3) as session:
            with self.assertRaisesRegex(assay.Unexpected, "nothing came for 300 ms"):
                session.associate("Verification")
            session.listen()
            with self.assertRaisesRegex(assay.Unexpected, "did not connect within 200 ms"):
                session.accept(within=0.2)
        self.assertLess(time.monotonic() - begun, 5)

    def test_other_threads_run_while_one_waits(self):
        with assay.Session(self.target, timeout=1) as session:
            connection = session.connect()
            counted = [0]
            over = threading.Event()

            def count():
                while not over.is_set():
                    counted[0] += 1

            thread = threading.Thread(target=count)
            thread.start()
            connection.silence(0.5)
            over.set()
            thread.join()
        self.assertGreater(counted[0], 1000)

    def test_an_interrupt_ends_a_wait(self):
        with assay.Session(self.target, timeout=60) as session:
            connection = session.connect()
            begun = time.monotonic()
            timer = threading.Timer(0.3, _thread.interrupt_main)
            timer.start()
            with self.assertRaises(KeyboardInterrupt):
                connection.silence(50)
            self.assertLess(time.monotonic() - begun, 5)
            with self.assertRaisesRegex((assay.Error, RuntimeError), "over"):
                connection.silence(1)

    def test_errors_are_sentences(self):
        with self.assertRaisesRegex(assay.Error, "no HOST:PORT"):
            assay.Session("nowhere")
        free = socket.create_server(("127.0.0.1", 0))
        port = free.getsockname()[1]
        free.close()
        with assay.Session(f"127.0.0.1:{port}", timeout=2) as session:
            with self.assertRaisesRegex(assay.Unexpected, "could not be reached"):
                session.associate()
        with assay.Session(self.target) as session:
            with self.assertRaisesRegex(assay.StepError, "c-eho-rq"):
                session.connect().send("c-eho-rq")
            with self.assertRaisesRegex(assay.StepError, "Sttus"):
                session.connect().send("c-echo-rsp", command_set={"Sttus": 1})
            with self.assertRaisesRegex(assay.StepError, "no connection"):
                assay.Connection(session, "c77").trace()
            with self.assertRaisesRegex(assay.StepError, "no such listener"):
                session.port_of("l9")

    def test_a_refusal_says_so(self):
        with archive("--check-called") as target, assay.Session(target, called_ae="NOBODY") as session:
            with self.assertRaises(assay.Unexpected) as raised:
                session.associate("Verification")
            self.assertTrue(raised.exception.refusal)
            self.assertEqual(raised.exception.seen[-1].reason, 7)


class Scenarios(unittest.TestCase):
    def test_xml_runs_from_python(self):
        with archive() as target:
            cases = assay.run(ROOT / "scenarios" / "verification" / "scp_under_test.xml", target=target, timeout=3,
                              only=["**/echo-once", "**/echo-100"])
            self.assertEqual({case["verdict"] for case in cases}, {"pass"})
            self.assertEqual(len(cases), 2)
            with self.assertRaisesRegex(assay.Error, "no file, no folder and no id"):
                assay.run("ps3.9/none", target=target)
        (cases,) = [assay.run("ps3.7/9.1.5/echo-once", target="127.0.0.1:1", timeout=1)]
        self.assertEqual(cases[0]["verdict"], "inconclusive")


class Values(unittest.TestCase):
    DATA = {
        "SpecificCharacterSet": "ISO_IR 192",
        "PatientName": "Äpfel^Özgür",
        "PatientID": "a\\b".replace("\\", "/"),
        "ImageType": ["ORIGINAL", "PRIMARY", ""],
        "Rows": 512,
        "SmallestImagePixelValue": 3,
        "PatientComments": "  two lines\r\nand ${no} variable",
        "FrameIncrementPointer": "FrameTime",
        "RecommendedDisplayFrameRateInFloat": 1.5,
        "ReferencedStudySequence": [{"ReferencedSOPInstanceUID": "1.2"}, {"ReferencedSOPInstanceUID": "1.3"}],
        "RequestAttributesSequence": [],
        "StudyID": "",
        "PixelData": b"\x01\x02\x03\x04",
    }

    def test_values_come_back(self):
        with assay.Session() as session:
            for syntax in ("ImplicitVRLittleEndian", "ExplicitVRLittleEndian", "ExplicitVRBigEndian",
                           "DeflatedExplicitVRLittleEndian"):
                with self.subTest(syntax):
                    data = {key: value for key, value in self.DATA.items() if key != "RecommendedDisplayFrameRateInFloat"}
                    back = session.decode(session.encode(data, syntax), syntax)
                    # Trailing blanks are padding; an empty last value is one.
                    self.assertEqual(back.pop("ImageType")[:2], ["ORIGINAL", "PRIMARY"])
                    self.assertEqual(back, {key: value for key, value in data.items() if key != "ImageType"})

    def test_bytes_are_as_the_standard_has_them(self):
        with assay.Session() as session:
            self.assertEqual(session.encode({"PatientID": "ABC"}).hex(), "10002000" "04000000" "41424320")
            self.assertEqual(session.encode({"Rows": 258}, "ExplicitVRBigEndian").hex(), "00280010" "5553" "0002" "0102")
            self.assertEqual(session.elements(bytes.fromhex("10002000" "04000000" "41424320")),
                             [["(0010,0020)", "LO", "41424320"]])

    def test_what_is_no_value_is_an_error(self):
        with assay.Session() as session:
            for data, complaint in (({"PatientNam": "x"}, "PatientNam"), ({"Rows": "wide"}, "wide"),
                                    ({"Rows": True}, "no value"), ({"Rows": [[1]]}, "a value is")):
                with self.subTest(data), self.assertRaisesRegex(assay.StepError, complaint):
                    session.encode(data)


if __name__ == "__main__":
    if importlib.util.find_spec("assay._engine") is None:
        print("the module's engine is not built (target assay_engine)")
        sys.exit(77)
    unittest.main()
