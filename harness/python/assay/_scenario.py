"""Scripts: what they declare, and how a case of one is run."""
import inspect
import sys
import traceback

from ._case import Case
from ._errors import Error, Failed, Inconclusive, Skipped, StepError, Unexpected
from ._xml import Element

declared = []


class Declared:
    def __init__(self, function, words):
        self.function = function
        self.words = words
        self.line = function.__code__.co_firstlineno

    def head(self):
        """The scenario as XML, all but its steps."""
        said = self.words
        children = [Element("title", text=said["title"])]
        clauses = said["clause"]
        for part, section, level, duty in [clauses] if isinstance(clauses[0], str) else clauses:
            children.append(Element("clause", {"part": part, "section": section, "level": level}, text=duty))
        children += [Element("requirement", {"id": one}) for one in said["requirements"]]
        children.append(Element("advice", text=said["advice"]))
        for need in said["needs"]:
            claim, wanted = (need, None) if isinstance(need, str) else need
            children.append(Element("needs", {"claim": claim, "is": wanted}))
        children += [Element("ignore-finding", {"rule": rule, "reason": reason})
                     for rule, reason in said["ignore_findings"].items()]
        children += [Element("judge-finding", {"rule": rule}) for rule in said["judge_findings"]]
        if said["parameters"]:
            children.append(_parameters(said["parameters"], said["combine"]))
        return str(Element("scenario", {"id": said["id"], "role": said["role"], "tags": said["tags"] or None,
                                        "aliases": said["aliases"] or None, "operate": said["operate"]}, children))


def _parameters(parameters, combine):
    if isinstance(parameters, dict):
        return Element("parameters", {"combine": combine or "full"},
                       [Element("parameter", {"name": name}, [Element("value", text=str(one)) for one in values])
                        for name, values in parameters.items()])
    return Element("parameters", {}, [Element("row", {key: str(value) for key, value in row.items()})
                                      for row in parameters])


def scenario(*, id, role, title, clause, advice, tags="", needs=(), requirements=(), parameters=None, combine=None,
             aliases="", operate=None, ignore_findings=None, judge_findings=(), timeout=60):
    """Declares a scenario; the function is given the Case, and parameters by keyword.

    clause      (part, section, level, duty), or several of these
    needs       claims of the profile; ("claim", False) for devices that do not claim it
    parameters  a list of dicts (rows; "name" is the last part of the case's id), or a dict of lists (combined: "full" or
                "pairwise")
    timeout     seconds for one case, after which the script is ended and the verdict is error"""

    def keep(function):
        declared.append(Declared(function, {
            "id": id, "role": role, "title": title, "clause": clause, "advice": advice, "tags": tags, "needs": needs,
            "requirements": requirements, "parameters": parameters, "combine": combine, "aliases": aliases,
            "operate": operate, "ignore_findings": ignore_findings or {}, "judge_findings": judge_findings,
            "timeout": timeout}))
        return function

    return keep


def load(file):
    """Runs the file's own code, and gives back what it declares."""
    declared.clear()
    with open(file, "rb") as script:
        code = compile(script.read(), file, "exec")
    exec(code, {"__name__": "assay_script", "__file__": file, "__builtins__": __builtins__})
    return list(declared)


def place_of(error, file):
    """The line of `file` where it went wrong."""
    if isinstance(error, SyntaxError) and error.filename == file:
        return error.lineno or 1
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == file]
    return lines[-1] if lines else 1


def _where(error, file):
    return f"line {place_of(error, file)}: {error}" if file else str(error)


def run(one, link, about, file=""):
    """Runs a case of a Declared; the words of its verdict."""
    case = Case(link, about)
    takes = inspect.signature(one.function).parameters
    given = {key.replace("-", "_"): value for key, value in case.parameters.items()}
    try:
        if any(p.kind is p.VAR_KEYWORD for p in takes.values()):
            one.function(case, **given)
        else:
            one.function(case, **{key: value for key, value in given.items() if key in takes})
    except Failed as error:
        return {"verdict": "fail", "reason": str(error), "expected": error.expected, "actual": error.actual}
    except Unexpected as error:
        if error.health:
            reason = "the device does not serve any more after this case: " + str(error)
        elif error.judged:
            reason = _where(error, file)
        else:
            reason = "the test did not get to its point: " + _where(error, file)
        return {"verdict": "fail" if error.judged or error.health else "inconclusive", "reason": reason,
                "expected": error.expected, "actual": error.actual, "refusal": error.refusal}
    except Inconclusive as error:
        return {"verdict": "inconclusive", "reason": str(error)}
    except Skipped as error:
        return {"verdict": "skipped", "reason": str(error)}
    except StepError as error:
        return {"verdict": "error", "reason": "the script is wrong: " + _where(error, file)}
    except AssertionError as error:
        return {"verdict": "fail", "reason": _where(error, file) if str(error) else
                f"the assertion in line {place_of(error, file)} does not hold"}
    except SystemExit as error:
        return {"verdict": "error", "reason": f"the script called exit({error.code}) before it had a verdict"}
    except Exception as error:  # a mistake of the script, whatever it is
        last = "".join(traceback.format_exception(error, limit=-6))[-4000:]
        return {"verdict": "error", "reason": f"the script failed at line {place_of(error, file)}: "
                f"{type(error).__name__}: {error}", "expected": "a script without mistakes", "actual": last.rstrip()}
    if case.told == 0:
        return {"verdict": "error", "reason": "the script told no step: it would pass without having tested anything"}
    if case.warning:
        reason, expected, actual = case.warning
        return {"verdict": "warning", "reason": reason, "expected": expected, "actual": actual}
    return {"verdict": "pass"}
