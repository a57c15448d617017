"""assay match --live: what is foretold of a product is held against the product itself. Statements that are true are
confirmed in every line; one that is untrue differs in the line that it is about, and in no other."""

import json
import re
import unittest

import learn_test
import orthanc
import products

# Who asks: a bit of everything that archives serve, and of what they do not.
ASKS = '''<profile product="Asking workstation" version="1"><ae title="ASKING" maximum-length="32768">
<service sop-class="Verification" scu="yes" transfer="ImplicitVRLittleEndian"/>
<service sop-class="CTImageStorage MRImageStorage" scu="yes" transfer="ExplicitVRLittleEndian ImplicitVRLittleEndian"/>
<service sop-class="StudyRootQueryRetrieveInformationModelFind" scu="yes" transfer="ImplicitVRLittleEndian"/>
<service sop-class="StudyRootQueryRetrieveInformationModelMove" scu="yes" transfer="ImplicitVRLittleEndian"/>
<service sop-class="ModalityWorklistInformationModelFind" scu="yes" transfer="ImplicitVRLittleEndian"/>
<service sop-class="BasicGrayscalePrintManagementMeta" scu="yes" transfer="ImplicitVRLittleEndian"/>
</ae></profile>'''


def live(folder, profile, target, *more):
    """Exit code, the JSON of the one direction that has an address, standard error."""
    code, out, err = products.assay("match", "--json", folder / "asks.xml", profile, "--live", f"{profile}={target}", *more)
    return code, json.loads(out) if out.startswith("{") else out, err


class Live(unittest.TestCase):
    maxDiff = None

    def lines(self, folder, profile, target, *more):
        code, match, err = live(folder, profile, target, *more)
        self.assertIn(code, (0, 1), err)
        self.assertEqual([(one["user"], one["provider"]) for one in match["live"]], [(0, 1)])
        return code, {line["about"]: line for line in match["live"][0]["lines"]}

    def hold(self, profile, target, title, untrue):
        """`untrue`: what is changed in a statement that is based on the true one, and the one line that then differs."""
        with products.scratch() as folder:
            (folder / "asks.xml").write_text(ASKS)
            _, lines = self.lines(folder, profile, target)
            self.assertLessEqual({"association", "verify", "store", "query", "move", "worklist", "print"}, set(lines))
            self.assertEqual({about: one["standing"] for about, one in lines.items()},
                             {about: "confirmed" for about in lines}, lines)
            for change, about in untrue:
                wrong = folder / "wrong.xml"
                wrong.write_text(f'<profile product="Wrong" base="{profile}"><ae title="{title}">{change}</ae></profile>')
                with self.subTest(change):
                    code, lines = self.lines(folder, wrong, target)
                    self.assertEqual(code, 1)
                    self.assertEqual([name for name, one in lines.items() if one["standing"] != "confirmed"], [about], lines)
                    self.assertNotEqual(lines[about]["foretold"], lines[about]["seen"])

    @staticmethod
    def service(name, syntax="ImplicitVRLittleEndian"):
        return f'<service sop-class="{name}" scp="yes" transfer="{syntax}"/>'

    def untrue(self):
        return [
            (self.service("ModalityWorklistInformationModelFind"), "worklist"),
            (self.service("BasicGrayscalePrintManagementMeta"), "print"),
            (self.service("CTImageStorage", "ImplicitVRLittleEndian ExplicitVRLittleEndian"), "store"),
            (self.service("StudyRootQueryRetrieveInformationModelFind", "DeflatedExplicitVRLittleEndian"), "query"),
            ('<policy name="maximum-length" value="4096"/>', "maximum-length"),
            ('<policy name="checks-calling-ae-title" value="yes"/><policy name="calling-ae-titles" value="SOMEBODY"/>',
             "association"),
        ]

    def test_dcmqrscp(self):
        products.need("dcmqrscp")
        with products.scratch() as folder, learn_test.dcmqrscp(folder, title="ASSAY-QR") as target:
            self.hold("dcmtk-dcmqrscp", target, "ASSAY-QR", self.untrue())

    def test_orthanc(self):
        products.need("Orthanc")
        with products.scratch() as folder, orthanc.orthanc(folder, DicomCheckCalledAet=False) as (port, _):
            self.hold("orthanc", f"127.0.0.1:{port}", "ORTHANC", self.untrue())

    def test_archive(self):
        with products.scratch() as folder, learn_test.archive(folder, "--check-called", title="ASSAY") as target:
            with products.scratch() as other:
                (other / "asks.xml").write_text(ASKS)
                # A title that is given goes before that of the statement.
                code, lines = self.lines(other, "assay-archive", target + ",ASSAY")
                self.assertEqual({one["standing"] for one in lines.values()}, {"confirmed"}, lines)
                code, lines = self.lines(other, "assay-archive", target + ",NOBODY")
                self.assertEqual(code, 1)
                self.assertEqual(lines["association"]["standing"], "differs")
                self.assertIn("1/1/7", lines["association"]["seen"])
                self.assertEqual({one["standing"] for about, one in lines.items() if about != "association"}, {"not seen"})

    def test_a_refusal_that_is_foretold_is_confirmed(self):
        with products.scratch() as folder:
            (folder / "asks.xml").write_text(ASKS)
            strict = folder / "strict.xml"
            strict.write_text('<profile product="Strict" base="assay-archive"><ae title="STRICT" instead-of="{}">'
                              '<policy name="checks-calling-ae-title" value="yes"/>'
                              '<policy name="calling-ae-titles" value="FRIEND"/></ae></profile>'.format(
                                  json.loads(products.assay("match", "--json", "assay-archive", "ct-scanner")[1])
                                  ["products"][0]["ae_titles"][0]))
            port = products.free_port()
            with products.server([products.ASSAY, "serve", "--as", str(strict), "--port", str(port), "--quiet"], port,
                                 folder / "strict.log"):
                code, lines = self.lines(folder, strict, f"127.0.0.1:{port}")
            self.assertEqual(lines["association"]["standing"], "confirmed")
            self.assertIn("1/1/3", lines["association"]["seen"])

    def test_storescp(self):
        products.need("storescp")
        with products.scratch() as folder, learn_test.storescp(folder) as target, products.scratch() as other:
            (other / "asks.xml").write_text(ASKS)
            _, lines = self.lines(other, "dcmtk-storescp", target)
            self.assertEqual({one["standing"] for one in lines.values()}, {"confirmed"}, lines)

    def test_both_are_asked_where_both_are_there(self):
        with products.scratch() as folder, learn_test.archive(folder) as one, products.scratch() as there, \
                learn_test.archive(there) as two:
            page = folder / "match.html"
            code, out, err = products.assay("match", "assay-archive", "orthanc", "--live", f"1={one},ARCHIVE", "--live",
                                            f"2={two},ARCHIVE", "--html", page)
            self.assertEqual(code, 1, err)  # Assay's archive is no Orthanc
            self.assertEqual(len(re.findall(r"^For real: .* asks .* at 127", out, re.M)), 2)
            self.assertIn("✗ differs", out)
            self.assertIn("✓ confirmed", out)
            self.assertRegex(out, r"For real: \d+ confirmed, \d+ differ")
            self.assertIn("foretold", page.read_text())


class Input(unittest.TestCase):
    def refused(self, *live, says):
        words = [word for one in live for word in ("--live", one)]
        code, out, err = products.assay("match", "ct-scanner", "orthanc", *words)
        self.assertEqual((code, out), (2, ""))
        self.assertRegex(err, says)

    def test_a_wrong_address_is_refused_before_anything_is_sent(self):
        self.refused("orthanc", says="PROFILE=HOST:PORT")
        self.refused("nobody=127.0.0.1:104", says="no profile is named so")
        self.refused("3=127.0.0.1:104", says="no profile is named so")
        self.refused("orthanc=127.0.0.1", says="--live orthanc=127.0.0.1: ")
        self.refused("orthanc=A@127.0.0.1:104", says="behind a comma")
        self.refused("orthanc=127.0.0.1:104,", says="1 to 16 characters")
        self.refused("orthanc=127.0.0.1:104,SEVENTEEN-LETTERS", says="1 to 16 characters")
        self.refused("orthanc=127.0.0.1:104", "2=127.0.0.1:105", says="has an address already")

    def test_nobody_there(self):
        target = f"127.0.0.1:{products.free_port()}"
        code, out, err = products.assay("match", "ct-scanner", "orthanc", "--live", f"orthanc={target}", "--json")
        self.assertEqual(code, 1 if json.loads(out)["red"] else 3, err)
        lines = json.loads(out)["live"][0]["lines"]
        self.assertEqual({one["standing"] for one in lines}, {"not seen"})
        self.assertFalse(json.loads(out)["live"][0]["reached"])


if __name__ == "__main__":
    unittest.main()
