"""device_findings.tsv: what device fuzzing found in other people's software, and a person looked at."""

import json
import subprocess

import products

HERE = products.HERE
KNOWN = HERE / "device_findings.tsv"


def package(name):
    done = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", name], capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else "unknown"


def npm_version():
    lock = json.loads((HERE / "dcmjs" / "package-lock.json").read_text())
    return lock["packages"]["node_modules/dcmjs-dimse"]["version"]


def rows():
    return [line.split("\t") for line in KNOWN.read_text().splitlines() if line and not line.startswith("#")]


def known(product, version):
    """(kind, detail, place) of what is known; "*" as a version or place stands for any."""
    return [tuple(row[2:5]) for row in rows() if row[0] == product and row[1] in ("*", version)]


def is_known(finding, of_product):
    return any(kind == finding["kind"] and detail == finding["detail"] and place in ("*", finding["place"])
               for kind, detail, place in of_product)


def arguments(product):
    """What is known is told by the program itself, and not made smaller once more."""
    return ["--known", KNOWN, "--product", product] if any(row[0] == product for row in rows()) else []
