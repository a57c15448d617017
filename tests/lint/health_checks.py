#!/usr/bin/env python3
"""Scenarios that do something wrong to a device (tag "negative", the device being called) look afterwards whether it
still serves: <check-health/> or <check-served/> stands in each of them."""
import pathlib
import xml.etree.ElementTree as ElementTree

import lint


def check(root: pathlib.Path) -> list[str]:
    complaints = []
    for path in lint.files(root, ".xml", below="scenarios"):
        name = path.relative_to(root)
        try:
            tree = ElementTree.parse(path)
        except ElementTree.ParseError as error:
            complaints.append(f"{name}: not well-formed XML: {error}")
            continue
        for scenario in tree.iter("scenario"):
            if scenario.get("role") != "requestor" or "negative" not in (scenario.get("tags") or "").split():
                continue
            if scenario.find(".//check-health") is None and scenario.find(".//check-served") is None:
                complaints.append(f"{name}: scenario {scenario.get('id')} is negative and has no <check-health/>")
    for path, line, words, text in lint.script_scenarios(root):
        if words.get("role") != "requestor" or "negative" not in words.get("tags", "").split():
            continue
        if "check_health()" not in text:
            complaints.append(f"{path.relative_to(root)}:{line}: scenario {words.get('id')} is negative and has no check_health()")
    return complaints


def script(body: str) -> lint.Tree:
    return {"scenarios/a.py": f'@assay.scenario(id="x", role="requestor", tags="tcp negative")\ndef f(case):\n    {body}\n'}


def scenario(steps: str, tags: str = "negative", role: str = "requestor") -> lint.Tree:
    return {"scenarios/a.xml": f'<scenarios><scenario id="x" role="{role}" tags="{tags}">{steps}</scenario></scenarios>'}


if __name__ == "__main__":
    lint.main(
        check,
        broken=[
            (scenario("<close/>"), "scenario x is negative"),
            (scenario("<close/>", tags="tcp negative"), "scenario x is negative"),
            ({"scenarios/a.xml": "<scenarios>"}, "not well-formed"),
            (script("case.connect()"), "a.py:2: scenario x is negative"),
        ],
        sound=[
            scenario("<close/><check-health/>"),
            scenario("<repeat><check-served/></repeat>"),
            scenario("<close/>", tags="tcp"),
            scenario("<close/>", role="acceptor"),
            script("case.connect(); case.check_health()"),
        ],
    )
