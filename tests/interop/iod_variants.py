"""Objects that break one row of a module or macro: the object is brought to where the row is judged, settled, and then
broken in each way that the row's type, condition, number of values and lists leave open."""

import re

import iod_conditions as conditions
from iod_conditions import Element, Level
from iod_objects import META, PACK, Maker, inside


class Variants:
    def __init__(self, tables, makers=None):
        self.tables = tables
        self.makers = {name: Maker(tables, name, iod["sop_classes"][0]) for name, iod in tables.iods.items() if iod["sop_classes"]}
        self.fresh = {name: maker.fresh() for name, maker in self.makers.items()}
        self.chains = self.shortest_chains()

    def shortest_chains(self):
        """Module or macro -> (IOD, module of the IOD, rows that lead to it: (module, index of the include)...)."""
        chains, open_ = {}, []
        for name in self.makers:
            wanted = set(self.makers[name].wanted(self.fresh[name]))
            for module in self.tables.iods[name]["modules"]:
                open_.append((module["module"] not in wanted, name, module["module"], ()))
        open_.sort(key=lambda entry: entry[0])
        while open_:
            later = []
            for _, name, module, chain in open_:
                at = chain[-1][2] if chain else module
                if at in chains:
                    continue
                chains[at] = (name, module, chain)
                for i, row in enumerate(self.tables.modules[at]["rows"]):
                    if row["row"] == "include" and row["macro"] not in chains:
                        later.append((row["depth"], name, module, (*chain, (at, i, row["macro"]))))
            open_ = sorted(later, key=lambda entry: entry[0])
        return chains

    def rows(self):
        """(module, index) of every row that some IOD leads to."""
        for module in self.tables.modules:
            for i, row in enumerate(self.tables.modules[module]["rows"]):
                if row["row"] != "include" and module in self.chains:
                    yield module, i

    def of(self, module, index):
        """(what is broken, IOD, sound object, broken object, tag path, end of the rule's id) for a row."""
        name, top, chain = self.chains[module]
        row = self.tables.modules[module]["rows"][index]
        for kind in self.kinds(row):
            place = self.place(name, top, [(at, i) for at, i, _ in chain] + [(module, index)])
            if not place:
                continue
            root, level = place
            made = self.break_row(name, root, level, row, kind)
            if made and self.still_wanted(name, made[1], top, row["keyword"]) and self.would_be_mended(name, made, row, kind):
                yield (kind, name, *made)

    def would_be_mended(self, name, made, row, kind):
        """False when the tables allow the object after all: another module asks otherwise, or the condition is gone with the
        attribute that it looks at."""
        if kind not in ("missing", "unwanted"):
            return kind == "consistency" or not self.lifted(made, row)
        mended = self.makers[name].settle(made[1].copy())
        level = self.level_at(mended, made[2])
        return level is not None and (row["keyword"] in level.elements) == (kind == "missing")

    def lifted(self, made, row):
        """The condition is gone with the value that it looks at."""
        return row.get("type") in ("1C", "2C") and self.tables.holds(row.get("condition"), self.level_at(made[1], made[2])) is False \
            and not row.get("may_be_present_otherwise")

    @staticmethod
    def level_at(level, path):
        for tag, number in re.findall(r"(\([0-9A-F]{4},[0-9A-F]{4}\))\[(\d+)\]/", path):
            element = next((e for e in level.elements.values() if e.row["tag"] == tag), None)
            if element is None or len(element.values) < int(number):
                return None
            level = element.values[int(number) - 1]
        return level

    def still_wanted(self, name, root, top, broken):
        """A module of usage U or C that stands for itself must not vanish with the attribute that was broken."""
        maker = self.makers[name]
        if top in maker.wanted(root):
            return True
        for row in self.tables.modules[top]["rows"]:
            if (row["depth"] == 0 and row["row"] in ("element", "sequence") and row.get("type") in ("2", "3")
                    and row["keyword"] != broken and row["keyword"] not in root.elements):
                root.elements[row["keyword"]] = Element(row, maker.default(row, root) if row["row"] == "element" else [])
                if top in maker.wanted(root):
                    return True
                del root.elements[row["keyword"]]
        return False

    @staticmethod
    def kinds(row):
        kind = row.get("type", "")
        if row["row"] == "verify":
            if "condition" in row and not any(key in row for key in ("enumerated", "defined", "nonzero", "least", "most")):
                yield "consistency"
        elif kind in ("1", "2"):
            yield "missing"
            if kind == "1":
                yield "empty"
        elif kind in ("1C", "2C"):
            yield "missing"
            if not row.get("may_be_present_otherwise"):
                yield "unwanted"
            if kind == "1C":
                yield "empty"
        if ("most" in row or row.get("least", 0) > 1) and row["vr"] not in ("ST", "LT", "UT", "UR"):
            yield "count"
        if ("enumerated" in row or "defined" in row) and row["vr"] != "SQ":
            yield "value"
        if row.get("nonzero"):
            yield "zero"

    def place(self, name, top, chain):
        """An object in which the rows that lead to the last one are reached: (root, the level of the last one)."""
        root = self.fresh[name].copy()
        level = root
        module = next(m for m in self.tables.iods[name]["modules"] if m["module"] == top)
        if module.get("condition") and not self.make(module["condition"], root, True):
            return None
        for at, index in chain:
            rows = self.tables.modules[at]["rows"]
            for i in self.around(rows, index):
                level = self.enter(level, rows[i])
                if level is None:
                    return None
            row = rows[index]
            if row["row"] == "include" and row.get("condition") and not self.make(row["condition"], level, True):
                return None
        return root, level

    @staticmethod
    def around(rows, index):
        """The sequences in whose items a row stands, outermost first."""
        found, depth = [], rows[index]["depth"]
        for i in range(index - 1, -1, -1):
            if rows[i]["row"] == "sequence" and rows[i]["depth"] < depth:
                found.insert(0, i)
                depth = rows[i]["depth"]
        return found

    def enter(self, level, row):
        element = level.elements.get(row["keyword"])
        if element is None:
            if row.get("condition") and self.tables.holds(row["condition"], level) is False and not row.get("may_be_present_otherwise"):
                if not self.make(row["condition"], level, True):
                    return None
            element = level.elements.setdefault(row["keyword"], Element(row, []))
        while len(element.values) < max(1, row.get("least", 1)):
            element.values.append(Level(level))
        return element.values[0] if isinstance(element.values[0], Level) else None

    def break_row(self, name, root, level, row, kind):
        maker, keyword, condition = self.makers[name], row["keyword"], row.get("condition")
        holds = lambda: self.tables.holds(condition, level)  # noqa: E731
        if kind == "unwanted":
            if not condition or holds() is None or not self.make(condition, level, False):
                return None
        elif kind == "consistency":
            sound = root.copy()
            if not self.make(condition, level, True):
                return None
            return maker.settle(sound), root, self.path(root, level, row), "(contradiction|doubtful)"
        elif kind == "empty" and row["type"] == "1C" and (holds() is None or row.get("may_be_present_otherwise")):
            level.elements.setdefault(keyword, Element(row, maker.default(row, level)))
        elif condition and holds() is not True and not (holds() is None and row.get("type") in ("1", "2")):
            if not self.make(condition, level, True):
                return None
        if kind in ("count", "value", "zero") and keyword not in level.elements:
            level.elements[keyword] = Element(row, maker.default(row, level))
        maker.settle(root)
        path = self.path(root, level, row)
        element = level.elements.get(keyword)
        if not path or (element is None and kind != "unwanted") or (kind == "unwanted" and element):
            return None
        sound = root.copy()
        if kind == "missing":
            del level.elements[keyword]
        elif kind == "empty":
            element.values = []
        elif kind == "unwanted":
            level.elements[keyword] = Element(row, maker.default(row, level))
        elif kind == "count":
            if not element.values:
                return None
            number = row["most"] + 1 if "most" in row else row["least"] - 1
            if number < 1:
                return None
            first = element.values[0]
            copies = [first.copy(level) if isinstance(first, Level) else first for _ in range(number)]
            element.values = copies
            return sound, root, path, "item-count" if row["row"] == "sequence" else "module-vm"
        elif kind == "zero":
            element.values = [type(value)(0) if not isinstance(value, str) else "0" for value in element.values] or [0]
            element.values = [0 if not isinstance(value, str) else "0" for value in element.values]
            return sound, root, path, "zero-value"
        elif kind == "value":
            listed = self.tables.lists[row.get("enumerated") or row.get("defined")]
            if row["vr"] in PACK and conditions.number_of(listed[0]) is None:
                return None  # words for a number: a slip of the tables
            number = row.get("value", 1)
            values = list(element.values) + ["ASSAY"] * (number - len(element.values))
            wrong = {"UI": "1.2.3.4567", "AT": "00100010", "DS": "77", "IS": "77"}
            values[number - 1] = wrong.get(row["vr"], 77 if row["vr"] in ("US", "SS", "UL", "SL", "FD", "FL") else "NONSENSE")
            element.values = values
            return sound, root, path, "enumerated-value" if "enumerated" in row else "defined-term"
        return sound, root, path, kind

    def path(self, root, level, row):
        steps = self.steps(root, level)
        if steps is None:
            return None
        return "".join(f"{tag}[{number}]/" for tag, number in steps) + row["tag"]

    def steps(self, level, wanted):
        if level is wanted:
            return []
        for element in level.elements.values():
            for i, item in enumerate(element.values):
                if isinstance(item, Level):
                    found = self.steps(item, wanted)
                    if found is not None:
                        return [(element.row["tag"], i + 1), *found]
        return None

    # Making conditions hold

    def make(self, name, level, want):
        """Changes the object so that a condition holds, or not; False when that is not possible."""
        term = self.tables.conditions[name]
        self.make_term(term, level, want)
        return conditions.holds(term, level, META) is want

    def make_term(self, term, level, want):
        if conditions.holds(term, level, META) is want:
            return True
        kind = term[0]
        if kind in ("true", "false", "unspecified"):
            return False
        if kind == "not":
            return self.make_term(term[1], level, not want)
        if kind in ("and", "or"):
            if (kind == "and") == want:
                return all([self.make_term(inner, level, want) for inner in term[1]])
            return any(self.make_term(inner, level, want) for inner in term[1])
        base, steps = term[1]
        if steps[0][0] in META or steps[0][0] in ("SOPClassUID", "MediaStorageSOPClassUID"):
            return False
        if not want:
            return self.unmake(term, level)
        at = level.root if base == "root" else (level.around or level) if base == "parent" else level
        for keyword, number, _ in steps[:-1]:
            if keyword not in self.tables.rows:
                return False
            element = at.elements.setdefault(keyword, Element(self.tables.rows[keyword], []))
            while len(element.values) < max(1, number):
                element.values.append(Level(at))
            at = element.values[max(number, 1) - 1]
            if not isinstance(at, Level):
                return False
        keyword, number, _ = steps[-1]
        row = self.tables.rows.get(keyword)
        if row is None:
            return False
        element = at.elements.setdefault(keyword, Element(row, []))
        maker = next(iter(self.makers.values()))
        if kind in ("present", "filled"):
            element.values = element.values or maker.default(row, at)
            while len(element.values) < number:
                element.values.append(maker.scalar(row))
        elif kind == "items":
            count = int(term[3]) + {">": 1, "<": -1, "!=": 1}.get(term[2], 0)
            element.values = (element.values + [Level(at) for _ in range(count)])[:count]
        else:
            value = term[3]
            if kind == "tag":
                value = conditions.TAGS.get(value, value.replace(",", ""))
            elif kind == "number":
                value += {">": 1, "<": -1, "!=": 1}.get(term[2], 0)
                value = int(value) if value == int(value) else value
                value = str(value) if row["vr"] in ("IS", "DS") else value
            elif term[2] == "!=":
                value = "OTHER"
            place = max(number, 1) - 1
            element.values = element.values + [maker.scalar(row)] * (place + 1 - len(element.values))
            element.values[place] = value
        element.pinned = element.pinned or ("present" if kind in ("present", "filled") else True)
        return True

    @staticmethod
    def unmake(term, level):
        kind, (_, steps) = term[0], term[1]
        for at, element in list(conditions.found(level, term[1], META)):
            if element.row is None:
                return False
            if kind == "present":
                at.elements.pop(steps[-1][0], None)
            elif kind in ("filled", "items"):
                element.values = []
            else:
                place = max(steps[-1][1], 1) - 1
                for i in range(len(element.values)) if steps[-1][1] == 0 else [place]:
                    value = element.values[i]
                    element.values[i] = "OTHER" if isinstance(value, str) and kind == "text" else "3" if isinstance(value, str) else 3
                element.pinned = True
        return True


def rows_to_break(row):
    return any(True for _ in Variants.kinds(row))


__all__ = ["Variants", "inside", "rows_to_break"]
