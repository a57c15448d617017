"""What the lint scripts share: walking the tree, reporting, and the self-test that shows that a lint can fail.

A lint is a function check(root) -> list of complaints. Its script calls main(check, broken, sound): with a folder as
argument it checks that folder; with --self-test it builds small trees in a scratch folder and demands a complaint with
the expected words about each broken one and none about each sound one."""
import ast
import os
import pathlib
import sys
import tempfile
from typing import Callable, Iterator

Check = Callable[[pathlib.Path], list[str]]
Tree = dict[str, str]  # path -> text

SOURCES = (".cpp", ".hpp")


def files(root: pathlib.Path, *suffixes: str, below: str = "") -> Iterator[pathlib.Path]:
    """Files of the project (no build folder, no reports, no git data), in order; only these suffixes if any given."""
    for folder, names, leaves in os.walk(root / below):
        at_top = pathlib.Path(folder) == root
        names[:] = sorted(
            name
            for name in names
            if name not in (".git", "__pycache__") and not (at_top and (name == "build" or name.startswith("assay-report")))
        )
        for leaf in sorted(leaves):
            if not suffixes or leaf.endswith(suffixes):
                yield pathlib.Path(folder) / leaf


def lines(path: pathlib.Path) -> Iterator[tuple[int, str]]:
    yield from enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), 1)


def script_scenarios(root: pathlib.Path) -> Iterator[tuple[pathlib.Path, int, dict, str]]:
    """What scripts declare, read and not run: file, line, the words of @assay.scenario that are constants, and the text of
    the function. A file that is no Python raises SyntaxError."""
    for path in files(root, ".py", below="scenarios"):
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text, str(path))):
            for decorator in getattr(node, "decorator_list", []):
                if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == "assay.scenario":
                    words = {}
                    for keyword in decorator.keywords:
                        try:
                            words[keyword.arg] = ast.literal_eval(keyword.value)
                        except ValueError:
                            continue
                    yield path, node.lineno, words, ast.unparse(node)


def write(root: pathlib.Path, tree: Tree) -> None:
    for name, text in tree.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def main(check: Check, broken: list[tuple[Tree, str]], sound: list[Tree]) -> None:
    if sys.argv[1:] == ["--self-test"]:
        sys.exit(self_test(check, broken, sound))
    root = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).resolve().parents[2]
    complaints = check(root.resolve())
    for complaint in complaints:
        print(complaint)
    sys.exit(1 if complaints else 0)


def self_test(check: Check, broken: list[tuple[Tree, str]], sound: list[Tree]) -> int:
    wrong = 0
    for tree, words in [*broken, *((tree, "") for tree in sound)]:
        with tempfile.TemporaryDirectory() as scratch:
            write(pathlib.Path(scratch), tree)
            complaints = check(pathlib.Path(scratch))
        if words and not any(words in complaint for complaint in complaints):
            print(f"no complaint with {words!r} about {list(tree)}: {complaints}")
            wrong += 1
        if not words and complaints:
            print(f"a sound tree is blamed: {complaints}")
            wrong += 1
    print(f"self-test: {len(broken)} broken and {len(sound)} sound inputs, {wrong} judged wrongly")
    return 1 if wrong else 0
