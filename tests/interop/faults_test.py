"""Files of faults: mistakes are told with line and column, the schema takes every example, and DCMTK's echoscu and
storescu meet an `assay serve` that misbehaves: they end with an error, and the next caller is served."""

import re
import subprocess
import unittest

import products

FAULTS = products.ROOT / "peers" / "faults"


def xml(inside):
    return f"<faults>{inside}</faults>"


class Files(unittest.TestCase):
    def test_mistakes_are_told_with_their_place_before_anything_listens(self):
        with products.scratch() as folder:
            file = folder / "bad.xml"
            file.write_text('<faults>\n <abort at="sometimes"/>\n <drop on="c-echo"/>\n</faults>\n', encoding="utf-8")
            for command in (["serve", "--port", 0], ["echo", "127.0.0.1:1"]):
                code, out, err = products.assay(*command, "--faults", file)
                self.assertEqual(code, 2, err)
                self.assertIn(f"{file}:2:13: 'sometimes' is no phase; there are: connected", err)
                self.assertIn(f"{file}:3:12: 'c-echo' is nothing that is sent", err)
            code, out, err = products.assay("serve", "--port", 0, "--faults", folder / "none.xml")
            self.assertEqual(code, 2)
            self.assertIn("none.xml", err)

    def test_the_schema_takes_every_example_and_refuses_mutated_ones(self):
        products.need("xmllint")
        code, schema, err = products.assay("schema", "faults")
        self.assertEqual(code, 0, err)
        self.assertEqual(schema, (FAULTS / "faults.xsd").read_text(encoding="utf-8"))
        with products.scratch() as folder:
            for example in sorted((FAULTS / "examples").glob("*.xml")):
                text = example.read_text(encoding="utf-8")
                changed = folder / example.name
                for wanted, content in [(0, text), (3, re.sub(r"<faults", '<faults colour="red"', text, count=1)),
                                        (3, text.replace("</faults>", "<explode/></faults>"))]:
                    changed.write_text(content, encoding="utf-8")
                    done = subprocess.run(["xmllint", "--noout", "--nonet", "--schema", FAULTS / "faults.xsd", changed],
                                          capture_output=True, text=True)
                    self.assertEqual(done.returncode, wanted, f"{example.name}: {done.stderr}")


class Misbehaving(unittest.TestCase):
    """One server whose faults are for certain connections; in between everything is right."""

    # What it does to each odd connection, the caller, and whether that must fail.
    ROWS = [
        ("echo", '<refuse {} result="1" source="1" reason="7"/>', True),
        ("echo", '<refuse {} result="2" source="3" reason="2"/>', True),
        ("echo", '<answer-context {} result="3"/>', True),
        ("echo", '<answer-context {} missing="yes"/>', True),
        ("echo", '<answer-context {} as-id="77"/>', True),
        ("echo", '<abort {} at="requested" source="2" reason="1"/>', True),
        ("echo", '<abort {} at="message-received" source="0" reason="0"/>', True),
        ("store", '<abort {} at="data-received" source="2" reason="6"/>', True),
        ("echo", '<close {} at="connected" how="fin"/>', True),
        ("echo", '<close {} at="associated" how="rst"/>', True),
        ("store", '<close {} at="message-received" how="fin"/>', True),
        ("echo", '<cut {} after="40" how="rst"/>', True),
        ("echo", '<drop {} on="c-echo-rsp"/>', True),
        ("echo", '<freeze {} at="requested" what="both"/>', True),
        ("echo", '<lie {} on="a-associate-ac" by="64"/>', True),
        ("echo", '<corrupt {} on="a-associate-ac" byte="0" set="0a"/>', True),
        ("store", '<corrupt {} on="c-store-rsp" byte="11" set="00"/>', True),
        # storescu tells of a refused image at -v alone.
        ("store", '<answer {} on="c-store-rsp" status="A700" comment="no room"/>', False),
        ("echo", '<answer {} on="c-echo-rsp" missing="yes"/>', True),
        ("store", '<answer {} on="c-store-rsp"><element tag="MessageIDBeingRespondedTo">77</element></answer>', True),
        ("echo", '<answer {} on="c-echo-rsp" comment="with a remark"/>', False),
        ("echo", '<split {} sizes="1,5,7"/>', False),
        ("echo", '<coalesce {} pdus="2" time="50ms"/>', False),
        ("echo", '<delay {} on="message" time="100ms"/>', False),
        ("echo", '<limit-rate {} bytes-per-second="2000"/>', False),
    ]

    def test_dcmtk_ends_with_an_error_and_the_next_caller_is_served(self):
        products.need("echoscu", "storescu", "dump2dcm")
        with products.scratch() as folder:
            image = products.synthetic_file(folder)
            faults = folder / "faults.xml"
            # products.server connects once to see whether it listens.
            first = 2
            faults.write_text(xml("\n".join(
                fault.format(f'connection="{first + 2 * i}"') for i, (_, fault, _) in enumerate(self.ROWS))),
                encoding="utf-8")
            port = products.free_port()
            log = folder / "serve.log"
            command = [products.ASSAY, "serve", "--port", str(port), "--faults", str(faults)]
            with products.server(command, port, log) as device:
                for operation, fault, fails in self.ROWS:
                    with self.subTest(fault=fault.replace(" {}", "")):
                        errors = self.call(operation, port, image)
                        self.assertEqual(bool(errors), fails, f"{errors}\n{log.read_text()}")
                        self.assertEqual(self.call("echo", port, image), "", log.read_text())
                self.assertIsNone(device.poll(), "still there")
            text = log.read_text(encoding="utf-8")
            self.assertIn("Misbehaves on purpose:", text)
            self.assertIn("fault: abort with source 2 reason 1 at requested", text)
            self.assertIn("fault: change C-STORE-RSP, status A700H", text)

    @staticmethod
    def call(operation, port, image):
        """The caller's complaints. Its exit code is no measure: echoscu returns 0 for an abort. Its ACSE time-out (-ta)
        does not cover the body of a PDU, the one of the socket (-ts) does."""
        limits = ["-to", "5", "-ta", "1", "-td", "1", "-ts", "2"]
        command = (["echoscu", *limits, "127.0.0.1", str(port)] if operation == "echo" else
                   ["storescu", *limits, "127.0.0.1", str(port), str(image)])
        done = subprocess.run(command, capture_output=True, timeout=60, text=True)
        return "\n".join(line for line in (done.stdout + done.stderr).splitlines() if line.startswith(("E:", "F:")))

    def test_each_answer_of_a_device_can_be_another(self):
        products.need("findscu")
        with products.scratch() as folder:
            faults = folder / "faults.xml"
            faults.write_text(xml('<answer on="c-find-rsp" nth="2"><element tag="PatientName">Somebody^Else</element>'
                                  '<remove tag="PatientID"/></answer><answer on="c-find-rsp" nth="4" status="A700"/>'),
                              encoding="utf-8")
            port = products.free_port()
            schedule = folder / "schedule.csv"
            schedule.write_text("PatientName,PatientID,StudyInstanceUID,RequestedProcedureID,ScheduledProcedureStepID,Modality,"
                                "ScheduledStationAETitle,ScheduledProcedureStepStartDate,ScheduledProcedureStepStartTime\n" +
                                "".join(f"Doe^{n},P{n},2.25.{n},R{n},S{n},CT,CT1,20260105,100{n}00\n" for n in range(3)), encoding="utf-8")
            command = [products.ASSAY, "serve", "ris", "--schedule", str(schedule), "--port", str(port), "--faults", str(faults)]
            with products.server(command, port, folder / "serve.log"):
                found = subprocess.run(["findscu", "-v", "-W", "-k", "PatientName=*", "-k", "PatientID", "127.0.0.1", str(port)],
                                       capture_output=True, text=True, timeout=60)
            text = found.stdout + found.stderr
            self.assertEqual(len(re.findall(r"PN \[Doe\^", text)), 2, text)
            self.assertEqual(len(re.findall(r"PN \[Somebody\^Else ?\]", text)), 1, text)
            self.assertEqual(len(re.findall(r"LO \[P[012] ?\]", text)), 2, text)
            self.assertRegex(text, "Refused: OutOfResources", text)

    def test_a_requestor_that_misbehaves_says_what_came_of_it(self):
        with products.scratch() as folder:
            port = products.free_port()
            with products.server([products.ASSAY, "serve", "--port", str(port)], port, folder / "serve.log"):
                # Whether the answer or the abort is there first is a matter of microseconds.
                for inside, failure in [('<abort at="requested"/>', "closed-after-accept|lost"),
                                        ('<close at="associated" how="rst"/>', "lost"),
                                        ('<lie on="a-associate-rq" by="-8"/>', "aborted"),
                                        ('<corrupt on="a-associate-rq" byte="0" set="63"/>', "aborted")]:
                    with self.subTest(fault=inside):
                        file = folder / "f.xml"
                        file.write_text(xml(inside), encoding="utf-8")
                        code, out, err = products.assay("echo", f"127.0.0.1:{port}", "--faults", file, "--json",
                                                        "--timeout", "5s")
                        self.assertNotEqual(code, 0, out)
                        self.assertRegex(out, f'"failure": "({failure})"')
                code, out, err = products.assay("echo", f"127.0.0.1:{port}")
                self.assertEqual(code, 0, err)


if __name__ == "__main__":
    unittest.main()
