"""Self-application: Assay's own acceptor passes the whole catalogue, the slow cases included, with no warning."""

import unittest

import products

PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<profile product="Assay serve" version="0">
  <ae title="SELF" maximum-length="65536" maximum-associations="8">
    <policy name="checks-called-ae-title" value="yes"/>
    <policy name="checks-calling-ae-title" value="no"/>
    <policy name="artim" value="4s"/>
    <service sop-class="Verification" scp="yes" transfer="ExplicitVRLittleEndian ImplicitVRLittleEndian ExplicitVRBigEndian"/>
    <service storage="yes" scp="yes" transfer="ExplicitVRLittleEndian ImplicitVRLittleEndian ExplicitVRBigEndian"/>
    <service sop-class="StudyRootQueryRetrieveInformationModelFind" scp="yes" transfer="ExplicitVRLittleEndian ImplicitVRLittleEndian"/>
  </ae>
</profile>
"""


class SelfAcceptor(products.CatalogueTest):
    def test_our_own_acceptor_passes_everything_and_its_clocks_are_measured(self):
        with products.scratch() as folder:
            (folder / "self.xml").write_text(PROFILE)
            start = f"exec {products.ASSAY} serve --quiet --ae-title {{called}} --check-called --port {{port}} --artim 4s --max-associations 8"
            code, out, err = products.assay(
                "run", "--role", "requestor", "--jobs", 12, "--timeout", "3s", "--strict", "--dut-start", start, "--called-ae", "SELF",
                "--profile", folder / "self.xml", "--out", folder / "report")
            r = self.judge(code, out, err, folder / "report", expect_cases=1250)
            other = [f'{c["id"]}: {c["verdict"]}: {c["reason"]}' for c in r["cases"] if c["verdict"] not in ("pass", "skipped")]
            self.assertEqual(other, [])
            seen = {o["name"]: o["value"] for c in r["cases"] for o in c["observations"]}
            self.assertEqual(seen["association-limit"], "8 (2/3/2)")
            for clock in ("artim", "artim-under-dripping", "artim-half-request", "artim-after-release", "artim-after-rejection", "artim-after-abort"):
                self.assertRegex(seen[clock], r"^[4-6](\.\d)? s$", clock)  # ARTIM, and what a busy machine adds
            for end in ("release", "abort", "close", "reset"):
                self.assertRegex(seen[f"slot-freed-after-{end}"], r"^\d+ ms$", end)
            marks = [e["text"] for c in r["cases"] for t in c["traces"] for e in t["events"] if e["event"] == "mark"]
            self.assertIn(f'artim: {seen["artim"]}', marks, "a measured wait stands in the trace")


if __name__ == "__main__":
    unittest.main()
