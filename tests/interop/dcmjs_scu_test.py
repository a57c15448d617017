"""The catalogue with Assay as acceptor and dcmjs-dimse (Node.js) as the device that calls."""

import os
import subprocess
import sys
import unittest

import products
import relay

FOLDER = products.HERE / "dcmjs"
INSTALLED = products.ROOT / "build" / "interop" / "dcmjs"


def get():
    """Installs it; says in one line why it cannot be had."""
    wanted = (FOLDER / "package-lock.json").read_bytes()
    if (INSTALLED / "installed.json").exists() and (INSTALLED / "installed.json").read_bytes() == wanted:
        return
    done = subprocess.run([FOLDER / "get.sh"], capture_output=True, text=True, timeout=100, check=False)
    if done.returncode != 0:
        raise unittest.SkipTest("dcmjs-dimse cannot be had here: " + (done.stderr.strip() or done.stdout.strip())[-300:])


class DcmjsScu(products.CatalogueTest):
    def test_the_catalogue_has_no_error_and_only_known_deviations(self):
        products.need("dump2dcm")
        get()
        with products.scratch() as folder:
            file = products.synthetic_file(folder)
            device = subprocess.Popen(["node", FOLDER / "device.js", file], stdout=subprocess.PIPE, text=True,
                                      stderr=subprocess.DEVNULL, start_new_session=True,
                                      env={**os.environ, "NODE_PATH": str(INSTALLED / "node_modules")})
            try:
                line = device.stdout.readline()
                self.assertIn("listening on", line)
                code, out, err = products.assay(
                    "run", "--role", "acceptor", "--dut-act", relay.command(line.split()[-1]), "--called-ae", "DCMJS",
                    "--timeout", "12s", "--jobs", 8, "--profile", "dcmjs-dimse",
                    "--expected", products.DEVIATIONS / "dcmjs-dimse.txt", "--out", folder / "report", *products.quick())
            finally:
                products.end(device)
                device.stdout.close()
            self.judge(code, out, err, folder / "report", expect_cases=650 if products.LONG else 160)


if __name__ == "__main__":
    outcome = unittest.main(exit=False).result
    # 77: CTest and tests/run count it as skipped, not as passed.
    sys.exit(1 if not outcome.wasSuccessful() else 77 if outcome.skipped else 0)
