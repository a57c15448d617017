"""Python values as elements of the scenario language (scenarios/README.md)."""
import numbers
from xml.sax.saxutils import escape, quoteattr

from ._errors import StepError

_TEXT = {"abstract", "transfer", "related"}


class Element:
    """An element with attributes (None: left out), children and text."""

    def __init__(self, name, attributes=None, children=(), text=None):
        self.name = name
        self.attributes = {key: value for key, value in (attributes or {}).items() if value is not None}
        self.children = [child for child in children if child is not None]
        self.text = text

    def __str__(self):
        said = "".join(f" {key.replace('_', '-')}={quoteattr(_attribute(key, value), {chr(10): '&#10;', chr(9): '&#9;'})}"
                       for key, value in self.attributes.items())
        inside = "".join(str(child) for child in self.children) + (escape(self.text) if self.text else "")
        return f"<{self.name}{said}>{inside}</{self.name}>" if inside else f"<{self.name}{said}/>"


def _attribute(key, value):
    if value is True or value is False:
        return "yes" if value else "no"
    if key == "status" and isinstance(value, int):
        return f"{value:04X}"
    if isinstance(value, (bytes, bytearray)):
        return bytes(value).hex()
    if isinstance(value, (list, tuple)):
        return " ".join(str(one) for one in value)
    if key in ("within", "pause", "for") and isinstance(value, numbers.Real):
        return f"{value:.3f}s"
    return str(value)


class Raw:
    """The bytes of one element's value, with a VR that the dictionary does not tell."""

    def __init__(self, vr, value):
        self.vr = vr
        self.value = bytes(value)


class Synthetic:
    """A made-up image: kind CT, MR, US, CR or SC, of about `size` bytes of pixels; `changes` are elements put in."""

    def __init__(self, kind="CT", size=None, changes=None):
        self.kind = kind
        self.size = size
        self.changes = changes or {}


class File:
    """The Data Set of a Part 10 file, relative to the script or the catalogue; `changes` are elements put in."""

    def __init__(self, path, changes=None):
        self.path = path
        self.changes = changes or {}


class Absent:
    """An element that is to be left out (in the changes of a Data Set, or of a Command Set)."""


def _plain(text):
    """Whether the text survives as it is in XML, with nothing trimmed and nothing taken for a variable."""
    return text == text.strip() and "${" not in text and not any(ord(c) < 32 or ord(c) == 127 for c in text)


def elements(values):
    return [element(tag, value) for tag, value in values.items()]


def element(tag, value):
    said = {"tag": tag}
    if isinstance(value, Absent) or value is Absent:
        return Element("element", {**said, "absent": True})
    if isinstance(value, Raw):
        return Element("element", {**said, "vr": value.vr, "hex": value.value})
    if isinstance(value, (bytes, bytearray)):
        return Element("element", {**said, "hex": bytes(value)})
    if value is None or value == "":
        return Element("element", said)
    if isinstance(value, dict):
        value = [value]
    if isinstance(value, (list, tuple)):
        if value and all(isinstance(one, dict) for one in value):
            return Element("element", said, [Element("item", {}, elements(one)) for one in value])
        if any(isinstance(one, (dict, bytes, bytearray, list, tuple)) for one in value):
            raise StepError(f"{tag}: a value is text, a number, bytes, a list of these, or a list of dicts (items)")
        value = "\\".join("" if one is None else _text(one) for one in value)
    text = _text(value)
    if not _plain(text):
        return Element("element", {**said, "hex": text.encode()})
    return Element("element", said, text=text)


def _text(value):
    if isinstance(value, bool):
        raise StepError(f"{value} is no value of a Data Element")
    if isinstance(value, float):
        return repr(value)
    return str(value)


def data_set(value):
    """A <data-set>, or None."""
    if value is None:
        return None
    if isinstance(value, (bytes, bytearray)):
        return Element("data-set", {"hex": bytes(value)})
    if isinstance(value, Synthetic):
        return Element("data-set", {"synthetic": value.kind, "size": value.size}, elements(value.changes))
    if isinstance(value, File):
        return Element("data-set", {"file": value.path}, elements(value.changes))
    if isinstance(value, dict):
        return Element("data-set", {}, elements(value))
    raise StepError("a Data Set is a dict, bytes, assay.Synthetic or assay.File")


def change(kind, path, **said):
    """A modification: change("set", "length", number=4), change("erase", "user-information")..."""
    return Element(kind, {"path": path, **said})


def context(value, number=None):
    """A presentation context: "Verification", ("CTImageStorage", [transfer syntaxes]) or a dict of attributes."""
    if isinstance(value, str):
        return Element("context", {"id": number, "abstract": value})
    if isinstance(value, dict):
        return Element("context", {"id": number, **value})
    abstract, transfer = value
    return Element("context", {"id": number, "abstract": abstract,
                               "transfer": [transfer] if isinstance(transfer, str) else list(transfer)})


def message(name, attributes):
    """A message to be sent: what is said by keyword becomes attributes and children."""
    said = dict(attributes)
    children = []
    if "contexts" in said:
        children += [context(one) for one in said.pop("contexts")]
    if (command := said.pop("command_set", None)) is not None:
        children.append(Element("command-set", {}, elements(command)))
    if "data_set" in said and not isinstance(said["data_set"], str):
        children.append(data_set(said.pop("data_set")))
    children += said.pop("children", [])
    children += said.pop("changes", [])
    return Element(name, said, children)


def match(name, **attributes):
    """A matcher: match("c-find-rsp", status="FF00|FF01"), match("c-store-rq", data_set="present")."""
    said = dict(attributes)
    children = []
    for key, tag in (("command_set", "command-set"), ("elements", "data-set")):
        if (values := said.pop(key, None)) is not None:
            children.append(Element(tag, {}, [Element("element", {"tag": tag_}, text=str(value))
                                              for tag_, value in values.items()]))
    children += said.pop("children", [])
    return Element(name, said, children)
