#!/usr/bin/env python3
"""No two types, functions or inline variables of a program share a name and a namespace.

The linker keeps one of two such definitions and says nothing: the program then runs with the members of one in the
memory of the other. Inside an anonymous namespace a name belongs to its file alone."""
import pathlib
import re
from typing import Iterator

import lint

NAMESPACE, TYPE, OTHER = "namespace", "type", "other"

# Programs of one file, and what is built in several ways: their definitions do not meet each other's.
ALONE = re.compile(r"(fuzz/targets/.*\.cpp|fuzz/bring_your_own/examples/|tests/planted/|tests/interop/)")
# The unit tests of a room are one program; its definitions and those of the product meet.
PROGRAM = re.compile(r"tests/unit/\w+/|tests/\w+/")

TOKEN = re.compile(r'\w+|::|->|\[\[.*?\]\]|[^\s\w]', re.S)
RAW = re.compile(r'R"([^\s()\\]{0,16})\(.*?\)\1"', re.S)
PIECES = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|(?<![0-9A-Fa-f])\'(?:\\.|[^\'\\\n])+\'', re.S)
DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", re.M)


def bare(text: str) -> str:
    """The text without comments, literals and directives; lines stay where they are."""
    for pattern in (RAW, PIECES, DIRECTIVE):
        text = pattern.sub(lambda match: " " + "\n" * match[0].count("\n"), text)
    return text


def without_template(words: list[str]) -> list[str]:
    """What follows `template <...>`."""
    while words[:1] == ["template"]:
        depth = 0
        for at, word in enumerate(words[1:], 1):
            depth += {"<": 1, ">": -1}.get(word, 0)
            if depth == 0:
                words = words[at + 1:]
                break
        else:
            return []
        if words[:1] == ["requires"]:
            return []
    return words


def type_name(words: list[str]) -> str | None:
    """The name that `words`, which stand before a brace, define as a type; "" where it has none."""
    words = [word for word in without_template(words) if not word.startswith("[[")]
    if words[:1] == ["typedef"] or not words or words[0] not in ("class", "struct", "union", "enum"):
        return None
    rest = words[1:]
    if words[0] == "enum" and rest[:1] in (["class"], ["struct"]):
        rest = rest[1:]
    if not rest or rest[0] == ":":
        return ""
    name = []
    for word in rest:
        if word == "final" or word == ":":
            break
        name.append(word)
    if any(not re.fullmatch(r"\w+|::", word) for word in name):  # a specialisation, or a function that returns one
        return None
    return "".join(name)


def function_name(words: list[str]) -> str | None:
    """`name(parameters)` of the function that `words`, which stand before its body, define for the whole program."""
    plain = without_template(words)
    if "(" not in plain or {"static", "operator", "concept", "friend", "="} & set(plain[:plain.index("(")]):
        return None
    at = plain.index("(")
    if at < 2 or not re.fullmatch(r"\w+", plain[at - 1]) or plain[at - 2] == "::" or plain[0] == "asm":
        return None  # a member, which its class names
    depth = 0
    for end, word in enumerate(plain[at:], at):
        depth += {"(": 1, ")": -1}.get(word, 0)
        if depth == 0:
            if plain[at - 1] == "main":
                return None  # of each program
            template = words[:len(words) - len(plain)]
            return " ".join([*template, plain[at - 1] + "(", *types_of(plain[at + 1:end]), ")"])
    return None


def types_of(parameters: list[str]) -> list[str]:
    """Parameters without their names and defaults."""
    out: list[str] = []
    depth = 0
    skipping = False
    for at, word in enumerate(parameters):
        depth += {"<": 1, "(": 1, "{": 1, ">": -1, ")": -1, "}": -1}.get(word, 0)
        after = parameters[at + 1] if at + 1 < len(parameters) else ","
        if depth == 0 and word == ",":
            skipping = False
        elif depth == 0 and word == "=":
            skipping = True
        elif depth == 0 and after in (",", "=") and at > 0 and re.fullmatch(r"\w+", word) and parameters[at - 1] not in (",", "::", "const"):
            continue  # its name
        if not skipping:
            out.append(word)
    return out


def variable_name(words: list[str]) -> str | None:
    """The name of the variable that `words` define as inline: every file has it, and the linker takes any."""
    if "inline" not in words or "using" in words or "namespace" in words:
        return None
    if "=" in words:
        words = words[:words.index("=")]
    if "(" in words:
        return None
    names = [word for word in words if re.fullmatch(r"[A-Za-z_]\w*", word)]
    return names[-1] if names else None


def definitions(text: str) -> Iterator[tuple[int, str]]:
    """Line and full name of what a file defines for the whole program."""
    text = bare(text)
    scopes: list[tuple[str, str | None]] = []  # kind and name; a namespace without a name has None
    words: list[str] = []  # since the last statement ended
    line, begun, at, parentheses = 1, 1, 0, 0

    def full(name: str) -> str:
        return "::".join([*(scope for _, scope in scopes if scope), name])

    for token in TOKEN.finditer(text):
        line += text.count("\n", at, token.start())
        at = token.start()
        word = token[0]
        inside = any(kind == OTHER for kind, _ in scopes)  # a body or an initialiser
        seen = not inside and all(name is not None for _, name in scopes)
        free = seen and all(kind == NAMESPACE for kind, _ in scopes)
        if word == "{":
            kind, name = OTHER, ""
            ends_statement = parentheses == 0
            if not inside and parentheses == 0:
                plain = [w for w in words if w != "inline"]
                if plain[:1] == ["namespace"]:
                    kind, name = NAMESPACE, "".join(plain[1:]) or None
                elif words == ["extern"]:  # "C"
                    kind = NAMESPACE
                elif (found := type_name(words)) is not None:
                    kind, name = TYPE, found or "(unnamed)"
                    if found and seen:
                        yield begun, full(found)
                elif free and (found := function_name(words) or variable_name(words)):
                    yield begun, full(found)
            scopes.append((kind, name))
            if ends_statement:
                words = []
        elif word == "}":
            if scopes:
                scopes.pop()
            if parentheses == 0:
                words = []
        elif word == ";" and parentheses == 0:
            if free and (found := variable_name(words)):
                yield begun, full(found)
            words = []
        else:
            if not inside:
                parentheses += {"(": 1, ")": -1}.get(word, 0)
            if not words:
                begun = line
            words.append(word)
            if words[-2:-1] and word == ":" and words[-2] in ("public", "private", "protected"):
                words = []


def check(root: pathlib.Path) -> list[str]:
    seen: dict[str, dict[str, str]] = {}  # name -> program -> place; the product is ""
    complaints = []
    for path in lint.files(root, *lint.SOURCES):
        name = path.relative_to(root).as_posix()
        if ALONE.match(name):
            continue
        found = PROGRAM.match(name)
        program = found[0] if found else ""
        for line, full in definitions(path.read_text(encoding="utf-8", errors="replace")):
            where = f"{name}:{line}"
            places = seen.setdefault(full, {})
            for other in places if program == "" else (program, ""):
                if other in places:
                    complaints.append(f"{where}: {full} is defined in {places[other]}, too: the linker would mix them up")
                    break
            else:
                places[program] = where
    return complaints


if __name__ == "__main__":
    lint.main(
        check,
        broken=[
            (
                {
                    "harness/app/a.hpp": "namespace assay::app {\n\nstruct Target {\n  int a;\n};\n}\n",
                    "harness/app/b.hpp": "namespace assay::app {\nclass Target final : public X {};\n}\n",
                },
                "b.hpp:2: assay::app::Target is defined in harness/app/a.hpp:3",
            ),
            (
                {
                    "peers/a.hpp": "namespace a { namespace b { enum class E : int { x }; } }\n",
                    "harness/pdu/b.cpp": "namespace a::b {\nenum E { y };\n}\n",
                },
                "a::b::E",
            ),
            (
                {
                    "peers/a.hpp": "namespace a {\ninline int f(int x, std::map<int, int> y = {}) { return x; }\n}\n",
                    "peers/b.hpp": "namespace a {\ninline int f(int z, std::map<int, int> w) {\n  return z + 1;\n}\n}\n",
                },
                "b.hpp:2: a::f",
            ),
            (
                {"peers/a.cpp": "namespace a {\nvoid f() {}\n}\n", "peers/b.cpp": "namespace a {\nvoid f() { g(); }\n}\n"},
                "a::f",
            ),
            (
                {
                    "peers/a.hpp": "namespace a {\ninline constexpr int x = 1;\n}\n",
                    "peers/b.hpp": "namespace a {\ninline constexpr std::array x{1, 2};\n}\n",
                },
                "b.hpp:2: a::x",
            ),
            (
                {"peers/a.hpp": "struct Outer {\n struct In { int a; };\n};\n", "peers/b.hpp": "struct Outer::In { long a; };\n"},
                "Outer::In",
            ),
            (
                {"tests/unit/pdu/a.hpp": "struct A { int a; };\n", "tests/unit/pdu/b.cpp": "struct A { long a; };\n"},
                "A is defined in tests/unit/pdu/a.hpp:1",
            ),
            ({"tests/unit/pdu/a.hpp": "struct A { int a; };\n", "peers/b.cpp": "struct A { long a; };\n"}, "A is defined in"),
        ],
        sound=[
            {
                "peers/a.hpp": "struct A;\nclass B;\nenum class E : int;\nvoid f(int);\ninline int g(int x) { return x; }\n",
                "peers/b.hpp": "struct A { int x; };\nvoid f(int);\ninline int g(long x) { return 1; }\n",
                "peers/a.cpp": 'namespace {\nstruct Hidden { int a; };\nint h() { return 1; }\n}\nvoid f(int) { struct Local { int a; } x; }\n'
                               'const char* text = "struct A {";  // struct A {\n',
                "peers/b.cpp": "namespace n {\nnamespace {\nstruct Hidden { long a; };\n}\nstatic int h() { return 2; }\n"
                               "constexpr int own = 1;\nvoid k() { struct Local { long a; } y; }\n}\n",
                "peers/c.cpp": "namespace n {\nconstexpr int own = 2;\nvoid X::m() { }\nstatic int h() { return 3; }\n"
                               "template <>\nstruct Traits<int> { };\ntemplate <>\nstruct Traits<long> { };\n}\n",
                "peers/d.cpp": "namespace n {\nvoid Y::m() { }\nstruct Y::Impl { int a; };\nstruct X::Impl { long a; };\n}\n",
                "tests/unit/pdu/a.hpp": "struct Same { int a; };\n",
                "tests/unit/dul/a.hpp": "struct Same { long a; };\n",
                "fuzz/targets/a.cpp": "struct Input { int a; };\nint f(int) { return 1; }\n",
                "fuzz/targets/b.cpp": "struct Input { long a; };\nint f(int) { return 2; }\n",
            }
        ],
    )
