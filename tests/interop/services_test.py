"""The cases of retrieval, worklists and printing against products that are set up for them: an archive that knows where to
move to, a worklist with items, a printer."""

import subprocess
import unittest

import products

ITEM = """
(0008,0005) CS [ISO_IR 100]
(0008,0050) SH [ACC{n}]
(0008,0090) PN [Referring^Doctor]
(0010,0010) PN [Worklist^Patient{n}]
(0010,0020) LO [WLP{n}]
(0010,0030) DA [19700101]
(0010,0040) CS [O]
(0010,1030) DS [70]
(0020,000d) UI [1.2.826.0.1.3680043.10.999.81.{n}]
(0032,1032) PN [Requesting^Doctor]
(0032,1060) LO [CT CHEST]
(0040,0100) SQ
(fffe,e000) -
(0008,0060) CS [CT]
(0040,0001) AE [CTSTATION]
(0040,0002) DA [2026010{n}]
(0040,0003) TM [101500]
(0040,0006) PN [Performing^Doctor]
(0040,0007) LO [CT CHEST]
(0040,0009) SH [SPS{n}]
(fffe,e00d) -
(fffe,e0dd) -
(0040,1001) SH [RP{n}]
(0040,1003) SH [HIGH]
"""

PRINTER = """<?xml version="1.0" encoding="UTF-8"?>
<profile product="DCMTK dcmprscp" version="3.6.7">
  <ae title="PRINTER">
    <policy name="association-timeout" value="5s"/>
    <service sop-class="Verification" scp="yes" transfer="ExplicitVRLittleEndian ImplicitVRLittleEndian"/>
    <service sop-class="BasicGrayscalePrintManagementMeta" scp="yes" transfer="ExplicitVRLittleEndian ImplicitVRLittleEndian"/>
  </ae>
</profile>
"""


class Services(products.CatalogueTest):
    def cases(self, *folders):
        return [products.ROOT / "scenarios" / one for one in folders]

    def run_cases(self, folder, folders, expect_cases, *more):
        run = products.catalogue if folders != ("print",) else self.all_of  # there is no slow case to be left out
        code, out, err = run(*self.cases(*folders), *more, "--out", folder / "report")
        return self.judge(code, out, err, folder / "report", expect_cases)

    @staticmethod
    def all_of(*more):
        return products.assay("run", "--role", "requestor", "--timeout", "5s", *more)

    @staticmethod
    def other(r):
        return [f'{c["id"]}: {c["verdict"]}: {c["reason"]}' for c in r["cases"]
                if c["verdict"] not in ("pass", "warning") and not c["expected_deviation"]]

    def test_dcmqrscp_moves_to_us(self):
        products.need("dcmqrscp")
        with products.scratch() as folder:
            ours = products.free_port()
            profile = (products.ROOT / "conformance" / "profiles" / "dcmtk-dcmqrscp.xml").read_text()
            (folder / "profile.xml").write_text(profile.replace('"knows-our-address" value="no"', '"knows-our-address" value="yes"'))
            # What depends on whether the C-CANCEL overtakes its C-STORE-RQ.
            known = [line for line in (products.DEVIATIONS / "dcmtk-dcmqrscp.txt").read_text().splitlines(keepends=True)
                     if line.startswith("flaky ps3.7/9.3.2.3/")]
            self.assertEqual(len(known), 1)
            (folder / "known.txt").write_text("".join(known))
            start = f"{products.HERE}/start_dcmqrscp.sh {folder} {{port}} {{called}}"
            r = self.run_cases(
                folder, ("retrieve", "cancel"), 120, "--jobs", 1, "--listen", ours, "--dut-start", f"env DESTINATION='ASSAY, 127.0.0.1, {ours}' {start}",
                "--called-ae", "QRSCP", "--profile", folder / "profile.xml", "--expected", folder / "known.txt")
            self.assertEqual(self.other(r), [])

    def test_the_embedded_archive_moves_to_us(self):
        with products.scratch() as folder:
            ours = products.free_port()
            (folder / "profile.xml").write_text(
                '<profile base="assay-archive"><ae title="ASSAY-DEVICE" instead-of="ASSAY"><policy name="checks-called-ae-title" '
                'value="yes"/><policy name="association-timeout" value="3s"/></ae></profile>')
            start = (f"exec {products.ASSAY} serve --quiet --ae-title {{called}} --check-called --port {{port}} --idle-timeout 3s "
                     f"--destination ASSAY=127.0.0.1:{ours}")
            r = self.run_cases(
                folder, ("retrieve", "cancel", "workflow"), 140, "--jobs", 1, "--listen", ours, "--dut-start", start, "--called-ae", "ASSAY-DEVICE",
                "--profile", folder / "profile.xml")
            self.assertEqual([f'{c["id"]}: {c["reason"]}' for c in r["cases"] if c["verdict"] not in ("pass", "skipped")], [])

    def test_wlmscpfs_with_items(self):
        products.need("wlmscpfs", "dump2dcm")
        with products.scratch() as folder:
            items = folder / "items"
            items.mkdir()
            for n in (1, 2):
                (folder / f"{n}.dump").write_text(ITEM.format(n=n))
                subprocess.run(["dump2dcm", "-q", str(folder / f"{n}.dump"), str(items / f"{n}.wl")], check=True)
            start = f"env ITEMS={items} {products.HERE}/start_wlmscpfs.sh {folder} {{port}} {{called}}"
            r = self.run_cases(folder, ("worklist",), 60, "--dut-start", start, "--called-ae", "WLM", "--profile", "dcmtk-wlmscpfs")
            self.assertEqual([f'{c["id"]}: {c["reason"]}' for c in r["cases"] if c["verdict"] != "pass"], [])

    def test_dcmprscp(self):
        products.need("dcmprscp")
        with products.scratch() as folder:
            (folder / "profile.xml").write_text(PRINTER)
            start = f"{products.HERE}/start_dcmprscp.sh {folder} {{port}} {{called}}"
            r = self.run_cases(folder, ("print",), 38, "--jobs", 1, "--dut-start", start, "--called-ae", "PRINTER", "--profile", folder / "profile.xml")
            self.assertEqual(self.other(r), [])


if __name__ == "__main__":
    unittest.main()
