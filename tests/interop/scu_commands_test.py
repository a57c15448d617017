"""assay store (and the help of the everyday SCU commands) against DCMTK's storescp and Orthanc, judged by what the archive
holds afterwards, Data Set by Data Set."""

import contextlib
import json
import os
import pathlib
import resource
import signal
import subprocess
import time
import unittest
import urllib.request

import orthanc
import products
import pydicom
import samples
from pydicom.encaps import encapsulate
from pydicom.uid import ImplicitVRLittleEndian, JPEGBaseline8Bit, UID_dictionary
from scu_support import ROOT_UID, Asks, by_instance, normalised, rest, storescp, study


class Store(Asks):
    def test_files_of_every_encoding_arrive_as_they_are(self):
        with products.scratch() as folder, storescp(folder, "+xa") as (target, received):
            files = folder / "files"
            (files / "deep" / "deeper").mkdir(parents=True)
            sent = {}
            for number, syntax in enumerate(("explicit", "implicit", "big")):
                sent[ROOT_UID + f"1.{number}"] = samples.write(
                    files / "deep" / f"{syntax}.dcm", syntax, uid=ROOT_UID + f"1.{number}", name=f"Doe^{syntax}")
            compressed = pydicom.dcmread(sent[ROOT_UID + "1.0"])
            compressed.SOPInstanceUID = compressed.file_meta.MediaStorageSOPInstanceUID = ROOT_UID + "1.9"
            compressed.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
            compressed["PixelData"].VR = "OB"
            compressed.PixelData = encapsulate([b"\xff\xd8\xff\xe0frame\xff\xd9"])
            compressed["PixelData"].is_undefined_length = True
            sent[ROOT_UID + "1.9"] = files / "deep" / "deeper" / "jpeg.dcm"
            compressed.save_as(sent[ROOT_UID + "1.9"])
            (files / "letter.txt").write_text("nothing to store\n")
            (files / "empty.dcm").write_bytes(b"")
            subprocess.run(["dcmmkdir", "+D", "DICOMDIR", "+id", str(files / "deep"), "+r", "--general-purpose",
                            "explicit.dcm"], cwd=files, capture_output=True)
            out, err = self.assay(0, "store", target, files)
            self.assertIn("4 of 4 files stored", out)
            self.assertIn("letter.txt", err)
            self.assertIn("empty.dcm: is empty; skipped", err)
            got = by_instance(received)
            self.assertEqual(sorted(got), sorted(sent))
            for uid, file in sent.items():
                self.assertEqual(normalised(got[uid]), normalised(file), uid)
            self.assertEqual(pydicom.dcmread(got[ROOT_UID + "1.9"]).file_meta.TransferSyntaxUID, JPEGBaseline8Bit)

    def test_uncompressed_files_can_be_re_encoded_on_the_way(self):
        with products.scratch() as folder, storescp(folder) as (target, received):
            for number, syntax in enumerate(("explicit", "implicit", "big")):
                samples.write(folder / f"{syntax}.dcm", syntax, uid=ROOT_UID + f"2.{number}")
            sent = [folder / f"{syntax}.dcm" for syntax in ("explicit", "implicit", "big")]
            self.assay(0, "store", target, *sent, "--transfer-syntax", "implicit")
            got = by_instance(received)
            self.assertEqual(len(got), 3)
            for number, file in enumerate(sent):
                arrived = got[ROOT_UID + f"2.{number}"]
                self.assertEqual(pydicom.dcmread(arrived).file_meta.TransferSyntaxUID, ImplicitVRLittleEndian)
                self.assertEqual(normalised(arrived), normalised(file))

    def test_what_the_archive_refuses_or_takes_no_context_for_does_not_stop_the_rest(self):
        with products.scratch() as folder, storescp(folder) as (target, received):
            good = samples.write(folder / "good.dcm", uid=ROOT_UID + "3.1")
            nameless = pydicom.dcmread(good)
            del nameless.SOPInstanceUID  # File Meta Information still names it
            nameless.file_meta.MediaStorageSOPInstanceUID = ROOT_UID + "3.2"
            nameless.save_as(folder / "a-nameless.dcm")
            jpeg = pydicom.dcmread(good)
            jpeg.SOPInstanceUID = jpeg.file_meta.MediaStorageSOPInstanceUID = ROOT_UID + "3.3"
            jpeg.file_meta.TransferSyntaxUID = JPEGBaseline8Bit
            jpeg.PixelData = encapsulate([b"\xff\xd8\xff\xe0frame\xff\xd9"])
            jpeg["PixelData"].VR = "OB"
            jpeg["PixelData"].is_undefined_length = True
            jpeg.save_as(folder / "b-jpeg.dcm")
            files = [folder / name for name in ("a-nameless.dcm", "b-jpeg.dcm", "good.dcm")]
            out, _ = self.assay(1, "store", target, *files)
            self.assertIn("1 of 3 files stored, 1 refused, 1 not sent", out)
            self.assertIn("0xC000", out)
            self.assertIn("assay validate", out)  # the advice
            self.assertIn("no presentation context for CT Image Storage", out)
            self.assertEqual(sorted(by_instance(received)), ["", ROOT_UID + "3.1"])
            out, _ = self.assay(1, "store", target, *files, "--json")
            report = json.loads(out)
            self.assertEqual([(pathlib.Path(p["file"]).name, p["outcome"], p.get("status")) for p in report["problems"]],
                             [("a-nameless.dcm", "refused", "C000"), ("b-jpeg.dcm", "no-context", None)])
            self.assay(3, "store", target, folder / "b-jpeg.dcm")

    def test_more_contexts_than_an_association_has(self):
        classes = [uid for uid, (name, kind, _, retired, _) in UID_dictionary.items()
                   if kind == "SOP Class" and name.endswith("Image Storage") and not retired][:30]
        classes += [f"{ROOT_UID}77.{i}" for i in range(70 - len(classes))]
        with products.scratch() as folder, storescp(folder, "-pm") as (target, received):
            files = folder / "files"
            files.mkdir()
            for number, sop_class in enumerate(classes):
                for syntax in ("explicit", "implicit"):
                    uid = f"{ROOT_UID}4.{number}.{len(syntax)}.{ord(syntax[0])}"
                    path = samples.write(files / f"{number}-{syntax}.dcm", syntax, uid=uid)
                    data_set = pydicom.dcmread(path)
                    data_set.SOPClassUID = data_set.file_meta.MediaStorageSOPClassUID = sop_class
                    data_set.save_as(path)
            out, _ = self.assay(0, "store", target, files, "--json")
            report = json.loads(out)
            self.assertEqual((report["stored"], report["associations"]), (140, 2))
            self.assertEqual(len(by_instance(received)), 140)

    def test_several_associations_and_repetitions(self):
        products.need("Orthanc")
        with products.scratch() as folder, orthanc.orthanc(folder) as (port, http):
            for number in range(1, 4):
                study(folder / "files", number, series=2, images=3)
            out, _ = self.assay(0, "store", f"ORTHANC@127.0.0.1:{port}", folder / "files", "--jobs", 4, "--repeat", 3, "--json")
            report = json.loads(out)
            self.assertEqual((report["files"], report["stored"], report["associations"]), (54, 54, 4))
            self.assertEqual(len(rest(http, "/instances")), 18)
            self.assertEqual(len(rest(http, "/studies")), 3)
            one = rest(http, "/instances")[0]
            tags = rest(http, f"/instances/{one}/simplified-tags")
            with urllib.request.urlopen(f"http://127.0.0.1:{http}/instances/{one}/file", timeout=30) as answer:
                (folder / "back.dcm").write_bytes(answer.read())
            s, i = tags["SeriesNumber"].strip(), tags["InstanceNumber"].strip()
            sent = folder / "files" / f"{tags['StudyID'].strip()}-{s}-{i}.dcm"
            self.assertEqual(normalised(folder / "back.dcm"), normalised(sent))

    def test_an_interruption_reports_what_was_stored(self):
        with products.scratch() as folder, storescp(folder) as (target, received):
            file = samples.write(folder / "one.dcm", uid=ROOT_UID + "5.1")
            running = subprocess.Popen([products.ASSAY, "store", target, str(file), "--repeat", "1000000", "--json", "--trace"],
                                       stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            try:
                with contextlib.ExitStack() as limit:
                    limit.callback(running.kill)
                    # The archive says when it has the first.
                    log = folder / "storescp.log"
                    until = time.monotonic() + 30
                    while not any(received.iterdir()) and time.monotonic() < until:
                        with contextlib.suppress(subprocess.TimeoutExpired):
                            running.wait(timeout=0.02)  # wakes up at once when it ends
                    self.assertTrue(any(received.iterdir()), log.read_text())
                    running.send_signal(signal.SIGINT)
                    out, err = running.communicate(timeout=60)
                    limit.pop_all()
            finally:
                running.wait(timeout=10)
            self.assertEqual(running.returncode, 130, err)
            self.assertIn("interrupted", err)
            report = json.loads(out[out.index("{\n"):])
            self.assertTrue(report["interrupted"])
            self.assertGreater(report["stored"], 0)
            self.assertEqual(report["unanswered"] + report["refused"], 0, "the one on its way was finished")
            self.assertEqual(normalised(by_instance(received)[ROOT_UID + "5.1"]), normalised(file))

    def test_a_file_that_changes_before_its_turn_is_told_and_the_others_are_sent(self):
        with products.scratch() as folder:
            files = folder / "files"
            files.mkdir()
            sent = [samples.write(files / f"{number}.dcm", uid=ROOT_UID + f"6.{number}") for number in range(3)]
            # The first that comes cuts the third one, before the second is answered.
            with storescp(folder, "-xcr", f"truncate -s 200 {sent[2]}", "-xs") as (target, received):
                out, _ = self.assay(2, "store", target, files)
                self.assertIn("2 of 3 files stored", out)
                self.assertIn("2.dcm: has changed since it was looked at", out)
                self.assertEqual(sorted(by_instance(received)), [ROOT_UID + "6.0", ROOT_UID + "6.1"])

    def test_a_file_larger_than_memory_is_told_and_the_others_are_sent(self):
        with products.scratch() as folder, storescp(folder) as (target, received):
            files = folder / "files"
            files.mkdir()
            samples.write(files / "a.dcm", uid=ROOT_UID + "7.1")
            large = samples.write(files / "b.dcm", uid=ROOT_UID + "7.2")
            os.truncate(large, 4 << 30)  # nothing but holes
            done = subprocess.run([products.ASSAY, "store", target, str(files)], capture_output=True, text=True, timeout=120,
                                  preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (2 << 30, 2 << 30)))
            self.assertEqual(done.returncode, 2, done.stdout + done.stderr)
            self.assertIn("b.dcm: does not fit into memory", done.stderr)
            self.assertIn("1 of 1 file stored", done.stdout)
            self.assertEqual(sorted(by_instance(received)), [ROOT_UID + "7.1"])

    def test_an_answer_that_breaks_a_rule_is_told_unless_nothing_is_to_be_judged(self):
        with products.scratch() as folder:
            file = samples.write(folder / "one.dcm")
            faults = folder / "faults.xml"
            faults.write_text('<faults><answer on="c-store-rsp" status="0107"/></faults>', encoding="utf-8")
            port = products.free_port()
            command = [products.ASSAY, "serve", "--port", str(port), "--quiet", "--faults", str(faults)]
            with products.server(command, port, folder / "serve.log"):
                rule = "ps3.7/C/status-not-defined-for-service"
                for words, told in (([], True), (["--no-judging"], False)):
                    out, _ = self.assay(0, "store", f"127.0.0.1:{port}", file, *words)
                    self.assertIn("1 of them with a warning", out)
                    self.assertEqual(rule in out, told, out)
            self.refused(["store", f"127.0.0.1:{port}", file, "--strict", "--no-judging"], "--strict excludes --no-judging")

    def test_an_archive_that_ignores_what_comes_answers_for_it_and_has_nothing(self):
        products.need("storescu", "findscu")
        with products.scratch() as folder:
            file = samples.write(folder / "one.dcm")
            port = products.free_port()
            command = [products.ASSAY, "serve", "--port", str(port), "--ignore"]
            with products.server(command, port, folder / "serve.log"):
                sent = subprocess.run(["storescu", "-v", "127.0.0.1", str(port), str(file)], capture_output=True, text=True, timeout=60)
                self.assertIn("Received Store Response (Success)", sent.stdout + sent.stderr)
                found = subprocess.run(["findscu", "-v", "-S", "-k", "QueryRetrieveLevel=STUDY", "-k", "StudyInstanceUID", "127.0.0.1",
                                        str(port)], capture_output=True, text=True, timeout=60)
                said = found.stdout + found.stderr
                self.assertIn("Received Final Find Response (Success)", said)
                self.assertNotIn("Received Find Response 1", said)
            self.assertIn("answered for and forgotten", (folder / "serve.log").read_text())
            self.refused(["serve", "--ignore", "--folder", folder / "kept"], "--folder excludes --ignore")

    def test_wrong_use_says_what_is_wrong(self):
        with products.scratch() as folder:
            file = samples.write(folder / "one.dcm")
            (folder / "letter.txt").write_text("hello\n")
            target = f"127.0.0.1:{products.free_port()}"
            self.refused(["store", target, folder / "nowhere"], "No such file", "nothing to store")
            self.refused(["store", target, folder / "letter.txt"], "is no DICOM file", "nothing to store")
            self.refused(["store", target, file, folder / "letter.txt", "--strict"], "nothing was sent")
            self.refused(["store", target, file, "--transfer-syntax", "JPEGBaseline8Bit"], "re-encoded")
            self.refused(["store", target, file, "--transfer-syntax", "implizit"], "'implizit' is no transfer syntax")
            self.refused(["store", "127.0.0.1", file], "port is missing")
            self.refused(["store", "@127.0.0.1:104", file], "AE title before the @ is missing")
            self.refused(["store", "SEVENTEEN-LETTERS@127.0.0.1:104", file], "1 to 16 characters")
            self.refused(["store", target, file, "--timeout", "soon"], "'soon' is no duration")
            self.refused(["store", target, file, "--jobs", "0"], "--jobs")
            self.refused(["store", target], "path is required")
            out, err = self.assay(3, "store", target, file)
            self.assertIn("refuses connections", err)
            self.assertIn("0 of 1 file stored", out)


class Help(Asks):
    def test_every_command_has_examples(self):
        for command in ("echo", "store", "find", "worklist", "reconcile"):
            out, _ = self.assay(0, command, "--help")
            self.assertIn(f"  assay {command} ", out)
            self.assertIn("Exit code", out)


if __name__ == "__main__":
    unittest.main()
