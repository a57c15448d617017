#!/usr/bin/env python3
"""conformance/requirements.tsv: each requirement once and well formed; what a scenario cites is in it; what is done has
cases that exist, or says why it is out of scope."""
import fnmatch
import pathlib
import re
import xml.etree.ElementTree as ElementTree

import lint

TABLE = "conformance/requirements.tsv"
COLUMNS = ["id", "issue", "line", "clause", "cases", "out-of-scope"]
ID = re.compile(
    r"net:(\d{3}|C\d{2}|4-\d{2})|data:(R\d{3}|E\.\d{2}|C\d{2})|media:(R-\d{3}|row-\d+|[34]\.\d+)|"
    r"harness:([12]\.3|5)-\d+|tools:3-\d+"
)
CLAUSE = re.compile(r"-|PS3\.\d+( ([A-Z]{1,2}|\d+)(\.[A-Z0-9]+)*)?|HL7 v2")
LONGEST_LINE = 100


def scenarios_of(root: pathlib.Path) -> tuple[set[str], list[tuple[str, str]], list[str]]:
    """The ids of all scenarios, what each cites as (requirement, where), and complaints."""
    ids: set[str] = set()
    cited: list[tuple[str, str]] = []
    complaints = []
    for path in lint.files(root, ".xml", below="scenarios"):
        name = str(path.relative_to(root))
        try:
            tree = ElementTree.parse(path)
        except ElementTree.ParseError as error:
            complaints.append(f"{name}: not well-formed XML: {error}")
            continue
        for scenario in tree.iter("scenario"):
            ids.add(scenario.get("id", ""))
            where = f"{name}: scenario {scenario.get('id')}"
            cited += [(requirement.get("id", ""), where) for requirement in scenario.iter("requirement")]
    for path, line, words, _ in lint.script_scenarios(root):
        rows = words.get("parameters") or ()
        ids.add(words.get("id", ""))
        ids.update(f"{words.get('id', '')}/{row['name']}" for row in rows if isinstance(row, dict) and "name" in row)
        cited += [(name, f"{path.relative_to(root)}:{line}: scenario {words.get('id')}") for name in words.get("requirements", ())]
    return ids, cited, complaints


def names_test(text: str, name: str) -> bool:
    """A gtest, a Python test, or a row of a table of cases that begins with its name."""
    word = re.escape(name)
    return bool(re.search(rf'\bTEST(_[FP])?\(\w+,\s*{word}\)|\bdef {word}\(|[({{]\s*"{word}"\s*,', text))


def case_exists(root: pathlib.Path, case: str, scenarios: set[str]) -> bool:
    if case.startswith(("tests/", "fuzz/")):
        file, _, name = case.partition(":")
        path = root / file
        return path.is_file() and (not name or names_test(path.read_text(encoding="utf-8"), name))
    return any(fnmatch.fnmatchcase(scenario, case) for scenario in scenarios)


def check(root: pathlib.Path) -> list[str]:
    table = root / TABLE
    if not table.is_file():
        return [f"{TABLE} is missing"]
    scenarios, cited, complaints = scenarios_of(root)
    done: set[str] = set()
    known: set[str] = set()
    head_seen = False
    for number, text in lint.lines(table):
        where = f"{TABLE}:{number}: "
        if text.startswith("#"):
            if mark := re.fullmatch(r"#\s*done:((?:\s*\d+)*)\s*", text):
                done.update(mark[1].split())
            continue
        cells = text.split("\t")
        if not head_seen:
            head_seen = True
            if cells != COLUMNS:
                complaints.append(f"{where}expected the columns {' '.join(COLUMNS)}")
                return complaints
            continue
        if not 4 <= len(cells) <= len(COLUMNS):
            complaints.append(f"{where}{len(cells)} cells, expected 4 to {len(COLUMNS)}")
            continue
        cells += [""] * (len(COLUMNS) - len(cells))
        row = dict(zip(COLUMNS, cells))
        if not ID.fullmatch(row["id"]):
            complaints.append(f"{where}'{row['id']}' is no requirement id")
        if row["id"] in known:
            complaints.append(f"{where}{row['id']} stands here twice")
        known.add(row["id"])
        if not re.fullmatch(r"[1-9]\d*", row["issue"]):
            complaints.append(f"{where}{row['id']}: '{row['issue']}' is no issue number")
        if not row["line"].strip() or len(row["line"]) > LONGEST_LINE:
            complaints.append(f"{where}{row['id']}: needs a line of at most {LONGEST_LINE} characters")
        if not CLAUSE.fullmatch(row["clause"]):
            complaints.append(f"{where}{row['id']}: '{row['clause']}' is no clause; write - if there is none")
        # Cases are names of something that exists, whoever owns the row: a renamed scenario must not be forgotten here.
        for case in row["cases"].split():
            if not case_exists(root, case, scenarios):
                complaints.append(f"{where}{row['id']}: no scenario and no test is {case}")
        if row["issue"] in done and not row["cases"].strip() and not row["out-of-scope"].strip():
            complaints.append(f"{where}{row['id']}: issue {row['issue']} is done, so a case or a reason is missing")
    if not head_seen:
        complaints.append(f"{TABLE}: no table")
    complaints += [f"{where} cites {name}, which {TABLE} does not know" for name, where in cited if name not in known]
    return complaints


def table(*rows: str, done: str = "# done: 2\n") -> str:
    return done + "\t".join(COLUMNS) + "\n" + "".join(row.replace("|", "\t") + "\n" for row in rows)


ROW = "net:138|2|Only bit 0 counts|PS3.8 9.3.2|ps3.8/9.3.2/* tests/unit/pdu/a_test.cpp"
TREE = {
    "scenarios/a.xml": '<scenarios><scenario id="ps3.8/9.3.2/version"><requirement id="net:138"/></scenario></scenarios>',
    "tests/unit/pdu/a_test.cpp": 'TEST(A, Is_right) {}\nTEST_P(B,\n       Is_long) {}\n{"row", 1},\n// see Is_told\n',
    "tests/interop/b_test.py": "    def test_it(self):\n",
}

SCRIPT = {"scenarios/b.py": '@assay.scenario(id="ps3.8/9.3.4/s", role="requestor", requirements=["net:138"])\ndef f(case): pass\n',
          "tests/unit/pdu/a_test.cpp": ""}

if __name__ == "__main__":
    lint.main(
        check,
        broken=[
            (TREE, "requirements.tsv is missing"),
            ({**TREE, TABLE: "# done: 2\n"}, "no table"),
            ({**TREE, TABLE: "id\tissue\n"}, "expected the columns"),
            ({**TREE, TABLE: table(ROW, "net:139|2")}, "2 cells"),
            ({**TREE, TABLE: table(ROW, ROW)}, "net:138 stands here twice"),
            ({**TREE, TABLE: table(ROW, "net:1|5|x|-")}, "'net:1' is no requirement id"),
            ({**TREE, TABLE: table(ROW, "book:001|5|x|-")}, "'book:001' is no requirement id"),
            ({**TREE, TABLE: table(ROW, "net:139|soon|x|-")}, "'soon' is no issue number"),
            ({**TREE, TABLE: table(ROW, "net:139|5||-")}, "needs a line"),
            ({**TREE, TABLE: table(ROW, f"net:139|5|{'x' * 101}|-")}, "needs a line"),
            ({**TREE, TABLE: table(ROW, "net:139|5|x|chapter 3")}, "is no clause"),
            ({**TREE, TABLE: table(ROW, "net:139|2|x|-")}, "issue 2 is done"),
            ({**TREE, TABLE: table(ROW, "net:139|5|x|-", done="# done: 2 5\n")}, "issue 5 is done"),
            ({**TREE, TABLE: table(ROW.replace("9.3.2/*", "9.3.4/*"))}, "no scenario and no test is ps3.8/9.3.4/*"),
            ({**TREE, TABLE: table(ROW.replace("a_test", "b_test"))}, "no test is tests/unit/pdu/b_test.cpp"),
            ({**TREE, TABLE: table(ROW + ":Is_wrong")}, "no test is tests/unit/pdu/a_test.cpp:Is_wrong"),
            ({**TREE, TABLE: table(ROW + ":Is")}, "no test is tests/unit/pdu/a_test.cpp:Is"),
            ({**TREE, TABLE: table(ROW + ":Is_told")}, "no test is tests/unit/pdu/a_test.cpp:Is_told"),
            ({**TREE, TABLE: table(ROW + ":ro")}, "no test is tests/unit/pdu/a_test.cpp:ro"),
            ({**TREE, TABLE: table(ROW + " tests/interop/b_test.py:test")}, "no test is tests/interop/b_test.py:test"),
            ({**TREE, TABLE: table(ROW.replace("138", "137"))}, "cites net:138"),
            ({**TREE, "scenarios/b.xml": "<scenarios>", TABLE: table(ROW)}, "not well-formed"),
            ({**SCRIPT, TABLE: table(ROW.replace("138", "137").replace("9.3.2/*", "9.3.4/s"))}, "b.py:2: scenario ps3.8/9.3.4/s cites net:138"),
        ],
        sound=[
            {**TREE, TABLE: table(ROW)},
            {**TREE, **SCRIPT, TABLE: table(ROW.replace("9.3.2/*", "9.3.4/s"))},
            *({**TREE, TABLE: table(f"{ROW}:{name}")} for name in ("Is_right", "Is_long", "row")),
            {**TREE, TABLE: table(ROW + " tests/interop/b_test.py:test_it")},
            {**TREE, TABLE: table(ROW, "data:E.01|3|34 VRs|PS3.5 6.2", "media:row-1|3|x|-||it is history")},
            {**TREE, TABLE: table(ROW, "net:C45|2|x|-||not on the wire")},
            {**TREE, TABLE: table(ROW.split("|ps3")[0], done="")},
        ],
    )
