"""The condition notation of conformance/iod, read and evaluated a second time: for objects that satisfy the tables, and so
that two readings are held against each other. A condition can also be made to hold, or not, by changing the object."""

import re

TOKEN = re.compile(r"\s*('[^']*'|tag\([^)]*\)|[<>!=]=|[<>()]|-?[0-9][0-9.]*|[A-Za-z][\w.\[\]]*)")

TAGS = {}  # keyword -> eight hexadecimal digits


class Level:
    """A Data Set or item: keyword -> Element; with the items around it."""

    def __init__(self, around=None):
        self.elements, self.around = {}, around

    @property
    def root(self):
        return self.around.root if self.around else self

    def copy(self, around=None):
        other = Level(around)
        for keyword, element in self.elements.items():
            values = [value.copy(other) if isinstance(value, Level) else value for value in element.values]
            other.elements[keyword] = Element(element.row, values, element.pinned)
        return other


class Element:
    """The values of an attribute, or the items of a sequence. What is pinned stays as it is,
    or when pinned is "present", is not taken away."""

    def __init__(self, row, values, pinned=False):
        self.row, self.values, self.pinned = row, values, pinned


def parse(text):
    tokens, at = [], 0
    while text[at:].strip():
        match = TOKEN.match(text, at)
        tokens.append(match[1])
        at = match.end()
    result, rest = _chain(tokens)
    assert not rest, (text, rest)
    return result


def _chain(tokens):
    term, tokens = _term(tokens)
    terms, joined = [term], None
    while tokens and tokens[0] in ("and", "or"):
        joined = tokens[0]
        term, tokens = _term(tokens[1:])
        terms.append(term)
    return ((joined, terms) if joined else terms[0]), tokens


def _term(tokens):
    first, tokens = tokens[0], tokens[1:]
    if first == "(":
        inner, tokens = _chain(tokens)
        assert tokens[0] == ")"
        return inner, tokens[1:]
    if first == "not":
        inner, tokens = _term(tokens)
        return ("not", inner), tokens
    if first in ("true", "false", "unspecified"):
        return (first,), tokens
    if first in ("present", "filled"):
        return (first, _path(tokens[1])), tokens[3:]
    if first == "items":
        return ("items", _path(tokens[1]), tokens[3], float(tokens[4])), tokens[5:]
    literal = tokens[1]
    if literal[0] == "'":
        return ("text", _path(first), tokens[0], literal[1:-1]), tokens[2:]
    if literal.startswith("tag("):
        return ("tag", _path(first), tokens[0], literal[4:-1]), tokens[2:]
    return ("number", _path(first), tokens[0], float(literal)), tokens[2:]


def _path(text):
    steps, base, deep = [], "here", False
    for i, part in enumerate(text.split(".")):
        if i == 0 and part in ("root", "parent"):
            base = part
        elif part == "":
            deep = True
        else:
            keyword, _, number = part.partition("[")
            steps.append((keyword, int(number[:-1]) if number else 0, deep))
            deep = False
    return base, tuple(steps)


def _below(level, steps, deep):
    keyword, number, _ = steps[0]
    if keyword in level.elements:
        element = level.elements[keyword]
        if len(steps) == 1:
            yield level, element
        else:
            for i, item in enumerate(element.values):
                if isinstance(item, Level) and number in (0, i + 1):
                    yield from _below(item, steps[1:], steps[1][2])
    if deep:
        for element in level.elements.values():
            for item in element.values:
                if isinstance(item, Level):
                    yield from _below(item, steps, True)


def found(level, path, meta):
    base, steps = path
    if steps[0][0] in meta:
        yield level, Element(None, [meta[steps[0][0]]])
        return
    if base == "here":
        yield from _below(level, steps, False)
    elif base == "root":
        yield from _below(level.root, steps, False)
    else:
        while level.around:
            level = level.around
            yield from _below(level, steps, False)


COMPARE = {"==": lambda a, b: a == b, "!=": lambda a, b: a != b, "<": lambda a, b: a < b, "<=": lambda a, b: a <= b,
           ">": lambda a, b: a > b, ">=": lambda a, b: a >= b}


def number_of(value):
    try:
        return float(value)
    except (TypeError, ValueError):
        return None


def holds(term, level, meta=()):
    """True, False, or None when nobody can tell."""
    kind = term[0]
    if kind in ("true", "false", "unspecified"):
        return {"true": True, "false": False}.get(kind)
    if kind == "not":
        inner = holds(term[1], level, meta)
        return None if inner is None else not inner
    if kind in ("and", "or"):
        results = [holds(inner, level, meta) for inner in term[1]]
        if (kind == "or") in results:
            return kind == "or"
        return None if None in results else kind == "and"
    number = term[1][1][-1][1]
    elements = [element for _, element in found(level, term[1], meta)]
    if kind == "present":
        return any(number <= 1 or len(element.values) >= number for element in elements)
    if kind == "filled":
        return any(bool(element.values[max(number, 1) - 1:]) and element.values[max(number, 1) - 1] != "" for element in elements)
    if kind == "items":
        counts = [len(element.values) for element in elements] or [0]
        return any(COMPARE[term[2]](count, term[3]) for count in counts) if elements or (term[2] == "==" and term[3] == 0) else False
    for element in elements:
        values = element.values[number - 1:number] if number else element.values
        if kind == "text" and not values and number <= 1:
            values = [""]
        for value in values:
            if isinstance(value, Level):
                continue
            if kind == "number":
                value = number_of(value)
                if value is None:
                    continue
            elif not isinstance(value, str):
                continue
            wanted = TAGS.get(term[3], term[3].replace(",", "")) if kind == "tag" else term[3]
            if COMPARE[term[2]](value, wanted):
                return True
    return False
