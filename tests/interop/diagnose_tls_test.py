"""assay diagnose --tls: each fault of a handshake or a certificate has its cause, and the climb goes on inside TLS."""

import functools
import json
import shutil
import subprocess
import unittest

import products
from diagnose_cases import ARCHIVE, CA, INSIDE, WAIT, bytes_only, diagnose, knows, silent, tls_only, together, words
from diagnose_peers import device, inside_tls, listening


class InsideTls(unittest.TestCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        products.need("openssl")
        folder = cls.enterClassContext(products.scratch())
        cls.tls = folder / "tls"
        code, out, err = products.assay("certificates", cls.tls, "--host", "127.0.0.1")
        assert code == 0, out + err
        (folder / "extensions").write_text("extendedKeyUsage = clientAuth\nsubjectAltName = IP:127.0.0.1\n")
        shutil.copy(cls.tls / "right.key", cls.tls / "client-only.key")
        run = functools.partial(subprocess.run, check=True, capture_output=True)
        run(["openssl", "req", "-new", "-key", cls.tls / "right.key", "-subj", "/CN=127.0.0.1", "-out", folder / "request"])
        run(["openssl", "x509", "-req", "-in", folder / "request", "-CA", cls.tls / "ca.pem", "-CAkey", cls.tls / "ca.key", "-days", "5", "-extfile",
             folder / "extensions", "-out", cls.tls / "client-only.pem"])

    def told(self, words):
        """The options of a caller: CA and kinds of certificates become files."""
        out = []
        for word in words:
            if word is CA:
                out += ["--tls-ca", self.tls / "ca.pem"]
            elif word.startswith("--") or "." in word:
                out.append(word)
            else:
                out += ["--tls-cert", self.tls / f"{word}.pem", "--tls-key", self.tls / f"{word}.key"]
        return out or ["--tls"]

    def test_every_fault_of_tls_has_its_cause_and_a_healthy_device_none(self):
        def one(name, entry):
            how, told, _, _, _ = entry
            with listening(inside_tls(device(), self.tls, **how)) as port:
                return diagnose(port, *self.told(told)), diagnose(port, *self.told(told), "--json")
        for name, ((code, out, err), (_, answer, _)) in together(one, INSIDE.items()):
            _, _, cause, phrase, version = INSIDE[name]
            answer = json.loads(answer)
            with self.subTest(name):
                self.assertEqual((code, err), (0 if cause is None else 1, ""), out)
                self.assertEqual(answer.get("cause", {}).get("code"), cause, out)
                self.assertIn(phrase, words(out))
                self.assertNotRegex(out, r"\{[a-z]+\}", "a word was not filled in")
                self.assertEqual(answer["tls"]["version"], version)
                if cause is None:
                    self.assertEqual(answer["probes"], 1)
                    self.assertTrue(answer["tls"]["suite"].startswith("TLS_"), answer["tls"])
                    self.assertEqual([s["result"] for s in answer["steps"] if s["rung"] in ("association", "verification")], ["ok", "ok"])

    def test_the_climb_goes_on_inside_tls(self):
        tls = self.told([CA])
        for handle, arguments, cause in ((device(knows(called=["archive"])), ARCHIVE, "called-ae-misspelt"), (device(knows(calling=["MR"])), ARCHIVE, "calling-ae-unknown"),
                                         (bytes_only(b"HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n\r\n"), [], "web-server"), (silent, WAIT, "silent")):
            with self.subTest(cause), listening(inside_tls(handle, self.tls)) as port:
                code, out, err = diagnose(port, *tls, *arguments)
                self.assertIn(f"[{cause}]", out + err)
                self.assertEqual(code, 1)

    def test_a_handshake_that_breaks_off(self):
        with listening(tls_only) as port:
            code, out, err = diagnose(port, *self.told([CA]))
        self.assertIn("[tls-broken]", out + err)
        self.assertEqual(code, 1)

    def test_bad_files_are_bad_usage(self):
        for arguments, why in ((["--tls-ca", self.tls / "none.pem"], "cannot be read"), (["--tls", "--tls-less"], "cannot both be")):
            code, out, err = diagnose(1, *arguments)
            self.assertEqual((code, out), (2, ""))
            self.assertIn(why, err)

    def test_storescp_with_tls(self):
        products.need("storescp")
        with products.scratch() as folder:
            port = products.free_port()
            command = ["storescp", "+tls", self.tls / "right.key", self.tls / "right.pem", "+cf", self.tls / "ca.pem", "-od", folder, port]
            with products.server(list(map(str, command)), port, folder / "log"):
                code, out, err = diagnose(port, *self.told([CA, "right"]), "--service", "store")
                self.assertEqual((code, err), (0, ""), out)
                self.assertIn("certificate of the peer trusted", words(out))
                code, out, err = diagnose(port, *self.told([CA]))
                self.assertIn("[tls-client-certificate-required]", out + err)
                code, out, err = diagnose(port, "--called-ae", "ANY")
                self.assertIn("[tls-expected]", out + err)


if __name__ == "__main__":
    unittest.main()
