"""TLS with other people's software: DCMTK's storescp, echoscu, storescu and findscu, dcmqrscp behind stunnel, Orthanc,
OpenSSL's own client and server, and Assay on both sides. The certificates are made once, by `assay certificates`. The
quick tier runs the TLS cases; the long one the whole catalogue over TLS for storescp, DCMTK's clients and Assay itself."""

import contextlib
import pathlib
import re
import shutil
import subprocess
import tempfile
import threading
import unittest
import unittest.mock

import orthanc
import products

LONG = products.LONG
TLS = pathlib.Path()  # the folder of the certificates
WITHDRAWN = "ps3.15/B.12/withdrawn-version"


def setUpModule():
    global TLS
    folder = pathlib.Path(tempfile.mkdtemp(prefix="assay-interop-"))
    unittest.addModuleCleanup(shutil.rmtree, folder, ignore_errors=True)
    code, out, err = products.assay("certificates", folder / "tls", "--host", "localhost", "--host", "127.0.0.1")
    assert code == 0, out + err
    TLS = folder / "tls"


def ours():
    """Assay's options for a run."""
    return ["--tls", "--tls-ca", TLS / "ca.pem", "--tls-ca-key", TLS / "ca.key", "--tls-cert", TLS / "right.pem", "--tls-key", TLS / "right.key"]


def dcmtk(kind="right"):
    """DCMTK's options."""
    return ["+tls", str(TLS / f"{kind}.key"), str(TLS / f"{kind}.pem"), "+cf", str(TLS / "ca.pem")]


def tier(*short):
    """What a run covers: the whole catalogue, or in the quick tier its TLS cases, with shorter waits for no answer."""
    return list(short) if LONG else ["--layer", "tls", "--dul-timeout", "3s", *short]


def deviations(folder, *names):
    """The known deviations of a product over TLS: those of TLS, and in the long tier those of DICOM below them; where both
    files name a case, TLS changes how its deviation looks."""
    lines = {}
    for name in names if LONG else names[:1]:
        for line in (products.DEVIATIONS / f"{name}.txt").read_text().splitlines():
            if not line.startswith("#"):
                lines.setdefault(line.split()[1], line)
    file = folder / "expected.txt"
    file.write_text("\n".join([*lines.values(), ""]))
    return file


def echo(port, *options, timeout="8s"):
    return products.assay("echo", f"127.0.0.1:{port}", "--timeout", timeout, *options)


def tool(*command, given=None):
    return subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=60, input=given)


def agreed(port, version):
    """What OpenSSL's own client agrees on with the server at this port when it offers this version alone."""
    done = tool("openssl", "s_client", "-connect", f"127.0.0.1:{port}", version, "-cipher", "ALL:@SECLEVEL=0", "-CAfile", TLS / "ca.pem",
                "-cert", TLS / "right.pem", "-key", TLS / "right.key", given="")
    suite = re.search(r"^New, .*, Cipher is (\S+)$", done.stdout, re.MULTILINE)
    return suite.group(1) if done.returncode == 0 and suite else None


@contextlib.contextmanager
def behind_stunnel(folder, *command):
    """A program without TLS, told {port}, behind a tunnel that ends TLS; yields the port of the tunnel."""
    plain, port = products.free_port(), products.free_port()
    file = folder / "stunnel.conf"
    file.write_text(f"foreground = yes\npid =\n[dicom]\naccept = 127.0.0.1:{port}\nconnect = 127.0.0.1:{plain}\ncert = {TLS}/right.pem\n"
                    f"key = {TLS}/right.key\nCAfile = {TLS}/ca.pem\nverifyChain = yes\nsslVersionMin = TLSv1.2\n")
    with products.server([str(c).replace("{port}", str(plain)) for c in command], plain, folder / "log"), \
            products.server(["stunnel", str(file)], port, folder / "stunnel.log"):
        yield port


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


class OpensslServer:
    """OpenSSL's own server in one version alone; it prints the messages of the handshake."""

    def __init__(self, version):
        self.port = products.free_port()
        self.process = subprocess.Popen(
            ["openssl", "s_server", "-accept", str(self.port), version, "-cipher", "ALL:@SECLEVEL=0", "-cert", str(TLS / "right.pem"), "-key",
             str(TLS / "right.key"), "-rev", "-msg"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            start_new_session=True)
        self.limit = threading.Timer(30, products.end, [self.process])

    def __enter__(self):
        self.limit.start()
        self.until("ACCEPT")
        return self

    def until(self, word):
        """What it prints up to the line with this word, or to its end."""
        said = ""
        while line := self.process.stdout.readline():
            said += line
            if word in line:
                break
        return said

    def __exit__(self, *_):
        self.limit.cancel()
        products.end(self.process)
        self.process.stdout.close()


class WithDcmtk(products.CatalogueTest):
    # storescp serves one association at a time: a second connection is taken by the system, but its handshake waits for
    # the end of the first, so that over TLS these cases cannot begin. In the clear they are judged (storescp_test.py).
    NEEDS_TWO = ("--skip", "ps3.8/9.1/two-at-once", "--skip", "ps3.8/9.1/silent-connection-beside")

    def test_the_tls_cases_against_storescp(self):
        products.need("storescp")
        with products.scratch() as folder:
            start = (f"mkdir -p {folder}/store-{{port}} && exec storescp {' '.join(dcmtk())} -ta 20 -td 20 -aet {{called}} "
                     f"-od {folder}/store-{{port}} {{port}}")
            code, out, err = products.assay(
                "run", "--role", "requestor", *tier(*self.NEEDS_TWO), *ours(), "--dut-start", start, "--jobs", 12, "--called-ae", "STORESCP", "--timeout", "5s",
                "--profile", "dcmtk-storescp", "--expected", deviations(folder, "dcmtk-tls", "dcmtk-storescp"), "--out", folder / "report")
            r = self.judge(code, out, err, folder / "report", expect_cases=650 if LONG else 45)
            self.assertIn("TLS", out)
            self.assertTrue(any("certificate of the peer trusted" in line for line in r["tls"]), r["tls"])

    def test_the_tls_cases_against_dcmqrscp_behind_a_tunnel(self):
        # dcmqrscp 3.6.7 itself has no TLS; stunnel before it is how sites bring such devices to TLS. What is above TLS is
        # judged without the tunnel, which would be blamed for and hide it (dcmqrscp_test.py).
        products.need("dcmqrscp", "stunnel")
        with products.scratch() as folder, behind_stunnel(folder, products.HERE / "start_dcmqrscp.sh", folder, "{port}", "QRSCP") as port:
            code, out, err = products.assay(
                "run", "--role", "requestor", "--layer", "tls", *ours(), "--target", f"127.0.0.1:{port}", "--jobs", 6, "--called-ae", "QRSCP", "--timeout", "5s",
                "--dul-timeout", "3s", "--profile", "dcmtk-dcmqrscp", "--out", folder / "report")
            self.judge(code, out, err, folder / "report", expect_cases=45)

    def test_the_tls_cases_with_dcmtk_as_the_client(self):
        products.need("echoscu", "storescu", "findscu", "dump2dcm")
        with products.scratch() as folder:
            file = products.synthetic_file(folder)
            act = f"{products.HERE}/act_dcmtk.sh {{action}} {{host}} {{port}} {{called}} {{calling}} {file} {' '.join(dcmtk())}"
            code, out, err = products.assay(
                "run", "--role", "acceptor", *tier(), *ours(), "--dut-act", act, "--called-ae", "DCMTK", "--timeout", "8s", "--jobs", 8,
                "--profile", "dcmtk-scu", "--expected", deviations(folder, "dcmtk-tls", "dcmtk-scu"), "--out", folder / "report")
            self.judge(code, out, err, folder / "report", expect_cases=450 if LONG else 15)

    def test_a_withdrawn_version_is_red_where_openssl_agrees_on_it_too_and_only_there(self):
        products.need("storescp", "openssl")
        versions = ("-tls1", "-tls1_1", "-tls1_2")
        with products.scratch() as folder:
            port = products.free_port()  # the default profile, PS3.15 B.10, asks for TLS 1.2; the cases pass above
            with products.server(["storescp", *dcmtk(), "--ignore", str(port)], port, folder / "log"):
                self.assertEqual([agreed(port, version) is not None for version in versions], [False, False, True])
            port = products.free_port()  # that of B.9 does not
            with products.server(["storescp", *dcmtk(), "--profile-bcp195", "--ignore", str(port)], port, folder / "log"):
                self.assertEqual([agreed(port, version) is not None for version in versions], [True, True, True])
                code, out, err = products.assay("run", WITHDRAWN, *ours(), "--target", f"127.0.0.1:{port}", "--timeout", "5s", "--out", folder / "report")
            self.assertEqual(code, 1, out + err)
            verdicts = {c["id"].rsplit("/", 1)[1]: c["verdict"] for c in products.results(folder / "report")["cases"]}
            self.assertEqual(verdicts, {"1.0": "fail", "1.1": "fail"})

    def test_echoscu_and_storescu_reach_the_embedded_device_by_mutual_authentication(self):
        products.need("echoscu", "storescu", "dump2dcm")
        with products.scratch() as folder:
            with Served("--tls", "--tls-cert", TLS / "right.pem", "--tls-key", TLS / "right.key", "--tls-ca", TLS / "ca.pem") as device:
                done = tool("echoscu", *dcmtk(), "127.0.0.1", device.port)
                self.assertEqual(done.returncode, 0, done.stderr)
                done = tool("storescu", *dcmtk(), "127.0.0.1", device.port, products.synthetic_file(folder))
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertNotEqual(tool("echoscu", *dcmtk("expired"), "127.0.0.1", device.port).returncode, 0)
                self.assertNotEqual(tool("echoscu", *dcmtk("self-signed"), "127.0.0.1", device.port).returncode, 0)
                self.assertNotEqual(tool("echoscu", "127.0.0.1", device.port).returncode, 0)
                said = device.said()
            self.assertIn("client certificate sent", said)
            self.assertIn("has expired", said)
            self.assertIn("speaks DICOM without TLS", said)

    def test_assay_echo_names_what_is_wrong_with_storescp(self):
        products.need("storescp")
        with products.scratch() as folder:
            trust = ["--tls", "--tls-ca", TLS / "ca.pem"]
            own = ["--tls-cert", TLS / "right.pem", "--tls-key", TLS / "right.key"]
            for kind, options, says in (
                ("right", trust, "--tls-cert and --tls-key"),
                ("right", ["--tls", *own], "an authority we do not trust"),
                ("expired", [*trust, *own], "has expired"),
                ("not-yet-valid", [*trust, *own], "is not valid yet"),
                ("wrong-host", [*trust, *own], 'is not for "127.0.0.1"'),
                ("self-signed", [*trust, *own], "signed by itself"),
            ):
                port = products.free_port()
                with products.server(["storescp", *dcmtk(kind), "--ignore", str(port)], port, folder / "log"):
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
            port = products.free_port()
            with products.server(["storescp", "--ignore", str(port)], port, folder / "log"):
                code, out, err = echo(port, "--tls-no-verify")
                self.assertEqual(code, 3, out + err)
            port = products.free_port()
            with products.server(["storescp", *dcmtk(), "--ignore", str(port)], port, folder / "log"):
                code, out, err = echo(port)
                self.assertEqual(code, 3, out + err)


class WithOpenssl(unittest.TestCase):
    def test_s_client_verifies_the_embedded_device_in_both_versions(self):
        products.need("openssl")
        with products.scratch() as folder:
            with Served("--tls", "--tls-cert", TLS / "right.pem", "--tls-key", TLS / "right.key", "--tls-ca", TLS / "ca.pem") as device:
                for version, name in (("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")):
                    done = tool("openssl", "s_client", "-connect", f"127.0.0.1:{device.port}", version, "-CAfile", TLS / "ca.pem", "-verify_return_error",
                                "-cert", TLS / "right.pem", "-key", TLS / "right.key", "-verify_ip", "127.0.0.1", given="")
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
            port = products.free_port()
            command = ["openssl", "s_server", "-accept", str(port), "-cert", str(TLS / "right.pem"), "-key", str(TLS / "right.key"), "-www", "-quiet"]
            with products.server(command, port, folder / "log"):
                code, out, err = echo(port, "--tls-ca", TLS / "ca.pem", timeout="1s")
                self.assertEqual(code, 3, out + err)
                self.assertIn("agrees on TLS but does not answer", err)
                code, out, err = echo(port, timeout="1s")
                self.assertEqual(code, 3, out + err)
                self.assertNotIn("agrees on TLS", err)


class WithOrthanc(products.CatalogueTest):
    @classmethod
    def setUpClass(cls):
        products.need("Orthanc", "openssl")
        cls.folder = cls.enterClassContext(products.scratch())
        cls.dicom, cls.http = cls.enterClassContext(cls.device(cls.folder))

    @staticmethod
    def device(folder):
        return orthanc.orthanc(folder, DicomTlsEnabled=True, DicomTlsPrivateKey=str(TLS / "right.key"), DicomTlsCertificate=str(TLS / "right.pem"),
                               DicomTlsTrustedCertificates=str(TLS / "ca.pem"))

    def act(self, action, host, port, called, calling):
        return [products.sys.executable, str(products.HERE / "act_orthanc.py"), str(self.http), action, host, str(port), called, calling, "-", "tls"]

    def test_the_tls_cases_against_orthanc(self):
        # Its TLS is DCMTK's: what no ClientHello does to that is seen above in the quick tier.
        less = () if LONG else ("--skip", "ps3.15/B.12/no-client-hello/*")
        code, out, err = products.assay(
            "run", "--role", "requestor", "--layer", "tls", *less, *ours(), "--target", f"127.0.0.1:{self.dicom}", "--called-ae", "ORTHANC", "--timeout", "5s",
            "--dul-timeout", "3s", "--jobs", 8, "--profile", "orthanc", "--expected", deviations(self.folder, "orthanc-tls"), "--out", self.folder / "scp")
        self.judge(code, out, err, self.folder / "scp", expect_cases=45 if LONG else 35)
        self.assertEqual([agreed(self.dicom, version) for version in ("-tls1", "-tls1_1")], ["AES128-SHA"] * 2, "the known deviation is not of our making")

    def test_the_tls_cases_with_orthanc_as_the_client(self):
        code, out, err = products.assay(
            "run", "--role", "acceptor", "--layer", "tls", *ours(), "--dut-act", " ".join(self.act("{action}", "{host}", "{port}", "{called}", "{calling}")),
            "--called-ae", "ORTHANC", "--timeout", "12s", "--jobs", 8, "--profile", "orthanc", "--expected", deviations(self.folder, "orthanc-tls"),
            "--out", self.folder / "scu")
        self.judge(code, out, err, self.folder / "scu", expect_cases=15)
        for version, name in (("-tls1", "TLS 1.0"), ("-tls1_1", "TLS 1.1")):
            with OpensslServer(version) as server:
                client = subprocess.Popen(self.act("echo", "127.0.0.1", server.port, "PEER", "ORTHANC"), stdout=subprocess.DEVNULL)
                said = server.until("Finished")
            client.wait(30)  # its server is gone
            self.assertRegex(said, rf"<<< {name}, Handshake \[length \w+\], Finished", "the known deviation is not of our making")

    @unittest.skipUnless(LONG, "in the long tier: it starts a second Orthanc")
    def test_orthanc_that_is_told_to_speak_tls_1_2_has_no_deviation(self):
        # What the file of known deviations advises does help: without that file everything is conformant.
        with products.scratch() as folder:
            (folder / "openssl.cnf").write_text("openssl_conf = a\n[a]\nssl_conf = b\n[b]\nsystem_default = c\n[c]\nMinProtocol = TLSv1.2\n")
            with unittest.mock.patch.dict(products.os.environ, {"OPENSSL_CONF": str(folder / "openssl.cnf")}), self.device(folder) as (dicom, _):
                self.assertEqual([agreed(dicom, version) for version in ("-tls1", "-tls1_1")], [None] * 2)
                code, out, err = products.assay("run", "ps3.15/B.12", "--role", "requestor", *ours(), "--target", f"127.0.0.1:{dicom}",
                                                "--called-ae", "ORTHANC", "--timeout", "5s", "--jobs", 8, "--out", folder / "report")
            self.judge(code, out, err, folder / "report", expect_cases=45)


class Ourselves(products.CatalogueTest):
    def passes(self, folder, *options, expect_cases):
        code, out, err = products.assay("demo", "--tls", *options, "--out", folder / "report")
        r = self.judge(code, out, err, folder / "report", expect_cases=expect_cases)
        self.assertEqual([c["id"] for c in r["cases"] if c["verdict"] not in ("pass", "skipped")], [])
        skipped = {c["reason"] for c in r["cases"] if c["verdict"] == "skipped" and "tls" in c["tags"]}
        self.assertLessEqual(skipped, {"for runs without TLS"})

    def test_the_embedded_device_passes_every_tls_case_in_both_roles_without_a_warning(self):
        with products.scratch() as folder:
            self.passes(folder, "--layer", "tls", "--jobs", 8, expect_cases=60)
            self.assertIn("TLS 1.3 TLS_AES_256_GCM_SHA384", (folder / "report" / "report.html").read_text())

    @unittest.skipUnless(LONG, "the whole catalogue is for the long tier")
    def test_the_embedded_device_passes_the_whole_catalogue_over_tls(self):
        with products.scratch() as folder:
            self.passes(folder, "--skip-tag", "slots", "--skip", "ps3.8/9.1/dripping/*", "--jobs", 4, expect_cases=1200)
            # Hundreds of TLS records, within the 2 s the device allows for a request: not while others make handshakes.
            self.passes(folder, "--only", "ps3.8/9.1/dripping/*", "--jobs", 1, expect_cases=3)
            # These take up most of the 50 associations it allows, and would be in the way of others beside them.
            self.passes(folder, "--tag", "slots", "--jobs", 1, expect_cases=5)

    def test_a_run_without_tls_skips_the_cases_and_says_why(self):
        with products.scratch() as folder:
            code, out, err = products.assay("demo", "--tag", "tls", "--out", folder / "report")
            r = self.judge(code, out, err, folder / "report", expect_cases=60)
            self.assertEqual({c["reason"] for c in r["cases"] if c["verdict"] == "skipped"}, {"this run speaks no TLS: add --tls"})
            self.assertEqual({c["verdict"] for c in r["cases"]}, {"skipped", "pass"})

    def test_without_the_key_of_an_authority_the_cases_that_need_it_are_skipped(self):
        with products.scratch() as folder:
            with Served("--tls", "--tls-cert", TLS / "right.pem", "--tls-key", TLS / "right.key", "--quiet") as device:
                code, out, err = products.assay("run", *([] if LONG else ["--tag", "certificate"]), "--layer", "tls", "--role", "requestor", "--tls-ca",
                                                TLS / "ca.pem", "--target", f"127.0.0.1:{device.port}", "--out", folder / "report", "--jobs", 8)
                r = self.judge(code, out, err, folder / "report", expect_cases=45 if LONG else 7)
                skipped = {c["id"]: c["reason"] for c in r["cases"] if c["verdict"] == "skipped" and "certificate" in c["tags"]}
                self.assertEqual(set(skipped), {f"ps3.15/B.12/client-certificate-out-of-time/{name}" for name in ("expired", "not-yet-valid")})
                self.assertTrue(all("--tls-ca-key" in reason for reason in skipped.values()), skipped)

    def test_bad_files_are_bad_usage_and_named(self):
        with products.scratch() as folder:
            for command in (["echo", "127.0.0.1:2762"], ["run", "--target", "127.0.0.1:2762"], ["serve", "--port", "0"]):
                for options, says in (
                    (["--tls-cert", folder / "none.pem"], "none.pem cannot be read"),
                    (["--tls-cert", TLS / "right.pem", "--tls-key", TLS / "ca.key"], "does not belong to the certificate in"),
                    (["--tls-cert", TLS / "right.pem", "--tls-key", TLS / "right.key", "--tls-ca", TLS / "ca.key"], "ca.key holds no certificate"),
                    (["--tls-cert", TLS / "right.pem", "--tls-key", TLS / "right.key", "--tls-profile", "x"], "there are: bcp195-rfc8996"),
                ):
                    code, out, err = products.assay(*command, *options)
                    self.assertEqual(code, 2, out + err)
                    self.assertIn(says, err)
            code, out, err = products.assay("serve", "--port", "0", "--tls")
            self.assertEqual(code, 2)
            self.assertIn("assay certificates", err)


if __name__ == "__main__":
    unittest.main()
