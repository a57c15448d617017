"""TLS with other people's software: DCMTK's storescp, dcmqrscp, echoscu and storescu, Orthanc, OpenSSL's own client and
server, and Assay on both sides. The certificates are made by `assay certificates`."""

import os
import subprocess
import unittest

import orthanc
import products

LONG = os.environ.get("ASSAY_LONG") == "1"


def certificates(folder):
    code, out, err = products.assay("certificates", folder / "tls", "--host", "localhost", "--host", "127.0.0.1")
    assert code == 0, out + err
    return folder / "tls"


def ours(tls):
    """Assay's options for a run."""
    return ["--tls", "--tls-ca", tls / "ca.pem", "--tls-ca-key", tls / "ca.key", "--tls-cert", tls / "right.pem", "--tls-key", tls / "right.key"]


def dcmtk(tls, kind="right"):
    """DCMTK's options."""
    return ["+tls", str(tls / f"{kind}.key"), str(tls / f"{kind}.pem"), "+cf", str(tls / "ca.pem")]


def echo(port, *options):
    return products.assay("echo", f"127.0.0.1:{port}", "--timeout", "8s", *options)


def tool(*command, given=None):
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=60, input=given)


class Served:
    """`assay serve` on a port it picks."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen([products.ASSAY, "serve", "--port", "0", *map(str, arguments)], stdout=subprocess.PIPE, text=True,
                                        start_new_session=True)
        line = self.process.stdout.readline()
        self.port = int(line.split("127.0.0.1:")[1].split()[0])

    def __enter__(self):
        return self

    def said(self):
        products.end(self.process)
        return self.process.stdout.read()

    def __exit__(self, *_):
        products.end(self.process)
        self.process.stdout.close()


class WithDcmtk(products.CatalogueTest):
    def layers(self):
        return [] if LONG else ["--layer", "tls"]

    def test_the_tls_cases_against_storescp(self):
        products.need("storescp")
        with products.scratch() as folder:
            tls = certificates(folder)
            start = (f"mkdir -p {folder}/store-{{port}} && exec storescp {' '.join(dcmtk(tls))} -ta 20 -td 20 -aet {{called}} "
                     f"-od {folder}/store-{{port}} {{port}}")
            code, out, err = products.assay(
                "run", "--role", "requestor", *self.layers(), *ours(tls), "--dut-start", start, "--jobs", 2, "--called-ae", "STORESCP",
                "--timeout", "5s", "--profile", "dcmtk-storescp", "--expected", products.DEVIATIONS / "dcmtk-tls.txt", "--out", folder / "report")
            r = self.judge(code, out, err, folder / "report", expect_cases=40)
            self.assertIn("TLS", out)
            self.assertTrue(any("certificate of the peer trusted" in line for line in r["tls"]), r["tls"])

    def test_the_tls_cases_against_dcmqrscp(self):
        products.need("dcmqrscp")
        with products.scratch() as folder:
            tls = certificates(folder)
            start = f"{products.HERE}/start_dcmqrscp.sh {folder} {{port}} {{called}} {' '.join(dcmtk(tls))}"
            code, out, err = products.assay(
                "run", "--role", "requestor", *self.layers(), *ours(tls), "--dut-start", start, "--jobs", 2, "--called-ae", "QRSCP",
                "--timeout", "5s", "--profile", "dcmtk-dcmqrscp", "--expected", products.DEVIATIONS / "dcmtk-tls.txt", "--out", folder / "report")
            self.judge(code, out, err, folder / "report", expect_cases=40)

    def test_the_tls_cases_with_dcmtk_as_the_client(self):
        products.need("echoscu", "storescu", "findscu", "dump2dcm")
        with products.scratch() as folder:
            tls = certificates(folder)
            file = products.synthetic_file(folder)
            act = f"{products.HERE}/act_dcmtk.sh {{action}} {{host}} {{port}} {{called}} {{calling}} {file} {' '.join(dcmtk(tls))}"
            code, out, err = products.assay(
                "run", "--role", "acceptor", *self.layers(), *ours(tls), "--dut-act", act, "--called-ae", "DCMTK", "--timeout", "8s", "--jobs", 4,
                "--profile", "dcmtk-scu", "--expected", products.DEVIATIONS / "dcmtk-tls.txt", "--out", folder / "report")
            self.judge(code, out, err, folder / "report", expect_cases=15)

    def test_echoscu_and_storescu_reach_the_embedded_device_by_mutual_authentication(self):
        products.need("echoscu", "storescu", "dump2dcm")
        with products.scratch() as folder:
            tls = certificates(folder)
            with Served("--tls", "--tls-cert", tls / "right.pem", "--tls-key", tls / "right.key", "--tls-ca", tls / "ca.pem") as device:
                done = tool("echoscu", *dcmtk(tls), "127.0.0.1", device.port)
                self.assertEqual(done.returncode, 0, done.stderr)
                done = tool("storescu", *dcmtk(tls), "127.0.0.1", device.port, products.synthetic_file(folder))
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertNotEqual(tool("echoscu", *dcmtk(tls, "expired"), "127.0.0.1", device.port).returncode, 0)
                self.assertNotEqual(tool("echoscu", *dcmtk(tls, "self-signed"), "127.0.0.1", device.port).returncode, 0)
                self.assertNotEqual(tool("echoscu", "127.0.0.1", device.port).returncode, 0)
                said = device.said()
            self.assertIn("client certificate sent", said)
            self.assertIn("has expired", said)
            self.assertIn("speaks DICOM without TLS", said)

    def test_assay_echo_names_what_is_wrong_with_storescp(self):
        products.need("storescp")
        with products.scratch() as folder:
            tls = certificates(folder)
            trust = ["--tls", "--tls-ca", tls / "ca.pem"]
            own = ["--tls-cert", tls / "right.pem", "--tls-key", tls / "right.key"]
            for kind, options, says in (
                ("right", trust, "give --tls-cert and --tls-key"),
                ("right", ["--tls", *own], "an authority we do not trust"),
                ("expired", [*trust, *own], "has expired"),
                ("not-yet-valid", [*trust, *own], "is not valid yet"),
                ("wrong-host", [*trust, *own], 'is not for "127.0.0.1"'),
                ("self-signed", [*trust, *own], "signed by itself"),
            ):
                port = products.free_port()
                with products.server(["storescp", *dcmtk(tls, kind), "--ignore", str(port)], port, folder / "log"):
                    code, out, err = echo(port, *options)
                    self.assertEqual(code, 3, out + err)
                    self.assertIn(says, err, kind)
                    if kind != "right":
                        code, out, err = echo(port, *options, "--tls-no-verify")
                        self.assertEqual(code, 0, out + err)
                        self.assertIn(f"certificate of the peer {kind}", out)

    def test_tls_where_there_is_none_and_the_reverse(self):
        products.need("storescp")
        with products.scratch() as folder:
            tls = certificates(folder)
            port = products.free_port()
            with products.server(["storescp", "--ignore", str(port)], port, folder / "log"):
                code, out, err = echo(port, "--tls-no-verify")
                self.assertEqual(code, 3, out + err)
            port = products.free_port()
            with products.server(["storescp", *dcmtk(tls), "--ignore", str(port)], port, folder / "log"):
                code, out, err = echo(port)
                self.assertEqual(code, 3, out + err)


class WithOpenssl(unittest.TestCase):
    def test_s_client_verifies_the_embedded_device_in_both_versions(self):
        products.need("openssl")
        with products.scratch() as folder:
            tls = certificates(folder)
            with Served("--tls", "--tls-cert", tls / "right.pem", "--tls-key", tls / "right.key", "--tls-ca", tls / "ca.pem") as device:
                for version, name in (("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")):
                    done = tool("openssl", "s_client", "-connect", f"127.0.0.1:{device.port}", version, "-CAfile", tls / "ca.pem", "-verify_return_error",
                                "-cert", tls / "right.pem", "-key", tls / "right.key", "-verify_ip", "127.0.0.1", given="")
                    self.assertEqual(done.returncode, 0, done.stderr)
                    self.assertIn("Verify return code: 0 (ok)", done.stdout)
                    self.assertIn(name, done.stdout)
                for old in ("-tls1", "-tls1_1"):
                    done = tool("openssl", "s_client", "-connect", f"127.0.0.1:{device.port}", old, "-cipher", "ALL:@SECLEVEL=0", given="")
                    self.assertNotEqual(done.returncode, 0)
                    self.assertIn("protocol version", done.stderr)

    def test_a_tls_server_that_is_no_dicom_application_is_told_from_one_that_speaks_no_tls(self):
        products.need("openssl")
        with products.scratch() as folder:
            tls = certificates(folder)
            port = products.free_port()
            command = ["openssl", "s_server", "-accept", str(port), "-cert", str(tls / "right.pem"), "-key", str(tls / "right.key"), "-www", "-quiet"]
            with products.server(command, port, folder / "log"):
                code, out, err = echo(port, "--tls-ca", tls / "ca.pem", "--timeout", "2s")
                self.assertEqual(code, 3, out + err)
                self.assertNotIn("TLS", err)


class WithOrthanc(products.CatalogueTest):
    def test_the_tls_cases_against_orthanc_and_with_it_as_the_client(self):
        products.need("Orthanc")
        with products.scratch() as folder:
            tls = certificates(folder)
            own = {"DicomTlsPrivateKey": str(tls / "right.key"), "DicomTlsCertificate": str(tls / "right.pem"),
                   "DicomTlsTrustedCertificates": str(tls / "ca.pem")}
            with orthanc.orthanc(folder, DicomTlsEnabled=True, **own) as (dicom, http):
                code, out, err = products.assay(
                    "run", "--role", "requestor", "--layer", "tls", *ours(tls), "--target", f"127.0.0.1:{dicom}", "--called-ae", "ORTHANC", "--timeout", "5s",
                    "--jobs", 4, "--profile", "orthanc", "--expected", products.DEVIATIONS / "orthanc-tls.txt", "--out", folder / "scp")
                self.judge(code, out, err, folder / "scp", expect_cases=40)
                act = f"{products.sys.executable} {products.HERE}/act_orthanc.py {http} {{action}} {{host}} {{port}} {{called}} {{calling}} - tls"
                code, out, err = products.assay(
                    "run", "--role", "acceptor", "--layer", "tls", *ours(tls), "--dut-act", act, "--called-ae", "ORTHANC", "--timeout", "12s", "--jobs", 4,
                    "--profile", "orthanc", "--expected", products.DEVIATIONS / "orthanc-tls.txt", "--out", folder / "scu")
                self.judge(code, out, err, folder / "scu", expect_cases=15)


class Ourselves(products.CatalogueTest):
    def test_the_embedded_device_passes_every_tls_case_in_both_roles_without_a_warning(self):
        with products.scratch() as folder:
            code, out, err = products.assay("demo", "--tls", *([] if LONG else ["--layer", "tls"]), "--jobs", 4, "--out", folder / "report")
            r = self.judge(code, out, err, folder / "report", expect_cases=60)
            self.assertEqual([c["id"] for c in r["cases"] if c["verdict"] not in ("pass", "skipped")], [])
            skipped = {c["reason"] for c in r["cases"] if c["verdict"] == "skipped" and "tls" in c["tags"]}
            self.assertLessEqual(skipped, {"for runs without TLS"})
            page = (folder / "report" / "report.html").read_text()
            self.assertIn("TLS 1.3 TLS_AES_256_GCM_SHA384", page)

    def test_a_run_without_tls_skips_the_cases_and_says_why(self):
        with products.scratch() as folder:
            code, out, err = products.assay("demo", "--layer", "tls", "--out", folder / "report")
            r = self.judge(code, out, err, folder / "report", expect_cases=60)
            self.assertEqual({c["reason"] for c in r["cases"] if c["verdict"] == "skipped"}, {"this run speaks no TLS: add --tls"})
            self.assertEqual({c["verdict"] for c in r["cases"]}, {"skipped", "pass"})

    def test_without_the_key_of_an_authority_the_cases_that_need_it_are_skipped(self):
        with products.scratch() as folder:
            tls = certificates(folder)
            with Served("--tls", "--tls-cert", tls / "right.pem", "--tls-key", tls / "right.key", "--quiet") as device:
                code, out, err = products.assay("run", "ps3.15/B.12", "--role", "requestor", "--tls-ca", tls / "ca.pem", "--target", f"127.0.0.1:{device.port}",
                                                "--out", folder / "report", "--jobs", 4)
                r = self.judge(code, out, err, folder / "report", expect_cases=40)
                skipped = [c for c in r["cases"] if c["verdict"] == "skipped"]
                self.assertEqual({c["id"].rsplit("/", 1)[0] for c in skipped}, {"ps3.15/B.12/client-certificate-out-of-time"})
                self.assertIn("--tls-ca-key", skipped[0]["reason"])

    def test_bad_files_are_bad_usage_and_named(self):
        with products.scratch() as folder:
            tls = certificates(folder)
            for command in (["echo", "127.0.0.1:2762"], ["run", "--target", "127.0.0.1:2762"], ["serve", "--port", "0"]):
                for options, says in (
                    (["--tls-cert", folder / "none.pem"], "none.pem cannot be read"),
                    (["--tls-cert", tls / "right.pem", "--tls-key", tls / "ca.key"], "does not belong to the certificate in"),
                    (["--tls-cert", tls / "right.pem", "--tls-key", tls / "right.key", "--tls-ca", tls / "ca.key"], "ca.key holds no certificate"),
                    (["--tls-cert", tls / "right.pem", "--tls-key", tls / "right.key", "--tls-profile", "x"], "there are: bcp195-rfc8996"),
                ):
                    code, out, err = products.assay(*command, *options)
                    self.assertEqual(code, 2, out + err)
                    self.assertIn(says, err)
            code, out, err = products.assay("serve", "--port", "0", "--tls")
            self.assertEqual(code, 2)
            self.assertIn("assay certificates", err)


if __name__ == "__main__":
    unittest.main()
