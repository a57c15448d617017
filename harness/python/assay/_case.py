"""A case: connections, judgements, and what the run knows."""
import random

from . import _xml
from ._connection import Connection
from ._errors import Failed, Inconclusive, Skipped, StepError, Unexpected
from ._seen import Seen
from ._xml import Element


class Conversation:
    """Connections over one link. The base of a Case and of a Session."""

    def __init__(self, link, about):
        self._link = link
        self._made = 0
        self._listeners = 0
        self.told = 0  # steps
        self.about = about
        self.called_ae = about.get("called_ae", "ANY-SCP")
        self.calling_ae = about.get("calling_ae", "ASSAY")

    def step(self, element, judged=False):
        """Carries out one step of the scenario language, an assay.Element or its text, and returns what came."""
        self.told += 1
        answer = self._link.call(do="step", xml=str(element))
        seen = [Seen(one) for one in answer.get("seen", ())]
        if answer.get("ok"):
            # PDUs that only carried the message behind them
            wanted = "<p-data" in str(element)
            return [one for one in seen if wanted or one.name != "P-DATA-TF"]
        if answer.get("failure") == "step":
            raise StepError(answer.get("what", ""))
        where = answer.get("where", "")
        raise Unexpected((f"at {where}, " if where else "") + answer.get("what", ""), answer.get("expected", ""),
                         answer.get("actual", ""), seen, answer.get("refusal", False), judged,
                         answer.get("failure") == "health")

    def ask(self, what, **words):
        answer = self._link.call(do=what, **words)
        if not answer.get("ok"):
            raise StepError(answer.get("what", ""))
        return answer

    def _name(self):
        self._made += 1
        return f"c{self._made}"

    # --- connections ---

    def connect(self, within=None, judge=False, tls=None):
        """A connection to the device, and no association yet."""
        name = self._name()
        self.step(Element("connect", {"as": name, "within": within, "judge": judge or None, "tls": tls}), judge)
        return Connection(self, name)

    def associate(self, *contexts, within=None, judge=False, children=(), **attributes):
        """An association to the device. Contexts: "Verification", ("CTImageStorage", [transfer syntaxes]), or dicts with
        id, abstract, transfer, required. Ids are 1, 3, 5... The connection's `answer` is the A-ASSOCIATE-AC."""
        connection = self.connect(within)
        said = {"connection": connection.name, "within": within, "judge": judge or None, **attributes}
        inside = [_xml.context(one, 2 * i + 1 if not (isinstance(one, dict) and "id" in one) else None)
                  for i, one in enumerate(contexts or ["Verification"])]
        seen = self.step(Element("associate", said, inside + list(children)), judge)
        connection.answer = seen[-1]
        return connection

    def listen(self, port=None, tls=None):
        """Listens for the device; accept() takes who calls. Returns the listener's name."""
        self._listeners += 1
        name = f"l{self._listeners}"
        self.step(Element("listen", {"as": name, "port": port, "tls": tls}))
        return name

    def operate(self, action, listener="l1", prompt=None, wait=None, **words):
        """Makes the device act: "echo", "store", "find"... as --dut-act says."""
        self.step(Element("operate", {"action": action, "listener": listener, "prompt": prompt, "wait": wait},
                          [Element("word", {"name": key, "value": value}) for key, value in words.items()]))

    def accept(self, listener="l1", within=None, judge=False):
        """The next connection of the device; nothing is answered yet."""
        name = self._name()
        self.step(Element("accept", {"listener": listener, "as": name, "within": within, "judge": judge or None}), judge)
        return Connection(self, name)

    def accept_association(self, listener="l1", within=None, judge=False, children=(), **attributes):
        """The next connection, its A-ASSOCIATE-RQ answered: every context accepted unless attributes say otherwise
        (accept="none", only=..., result=...). The connection's `request` is the A-ASSOCIATE-RQ."""
        connection = self.accept(listener, within, judge)
        seen = self.step(Element("associate", {"connection": connection.name, "judge": judge or None, **attributes},
                                 children), judge)
        connection.request = seen[0]
        return connection

    def check_health(self):
        """A new association with C-ECHO must work."""
        self.step(Element("check-health"), judged=True)

    def wait(self, seconds):
        self.step(Element("wait", {"for": float(seconds)}))

    # --- Data Sets ---

    def encode(self, data_set, transfer="ImplicitVRLittleEndian"):
        """The bytes of a dict, an assay.Synthetic or an assay.File in a transfer syntax (UID or keyword)."""
        return bytes.fromhex(self.ask("encode", xml=str(_xml.data_set(data_set)), transfer=uid(transfer))["hex"])

    def decode(self, data, transfer="ImplicitVRLittleEndian"):
        """Bytes to a dict."""
        from ._seen import _with_bytes
        return _with_bytes(self.ask("decode", hex=data.hex(), transfer=uid(transfer))["data_set"], b"")

    def elements(self, data, transfer="ImplicitVRLittleEndian"):
        """Bytes to [tag, VR, hexadecimal value or list of items] in the order they stand there."""
        return self.ask("decode", hex=data.hex(), transfer=uid(transfer))["elements"]


_SYNTAXES = {
    "ImplicitVRLittleEndian": "1.2.840.10008.1.2",
    "ExplicitVRLittleEndian": "1.2.840.10008.1.2.1",
    "DeflatedExplicitVRLittleEndian": "1.2.840.10008.1.2.1.99",
    "ExplicitVRBigEndian": "1.2.840.10008.1.2.2",
}


def uid(transfer):
    return _SYNTAXES.get(transfer, transfer)


class Case(Conversation):
    """What a scenario function is given."""

    def __init__(self, link, about):
        super().__init__(link, about)
        self.id = about.get("id", "")
        self.parameters = about.get("parameters", {})
        self.seed = about.get("seed", 1)
        # The same run gives the same numbers, each case its own.
        self.random = random.Random(f"{self.seed} {self.id}")
        self.warning = None

    def claims(self, claim):
        """What the profile says of one of this scenario's needs: True, False, or None when it says nothing."""
        return self.about.get("claims", {}).get(claim)

    def check(self, holds, reason, expected="", actual=""):
        """Fails the case unless it holds."""
        if not holds:
            raise Failed(reason, str(expected), str(actual))

    def fail(self, reason, expected="", actual=""):
        raise Failed(reason, str(expected), str(actual))

    def warn(self, reason, expected="", actual=""):
        """The verdict is warning, unless it becomes worse; the case goes on."""
        if self.warning is None:
            self.warning = (reason, str(expected), str(actual))

    def skip(self, reason):
        raise Skipped(reason)

    def inconclusive(self, reason):
        raise Inconclusive(reason)

    def observe(self, name, value):
        """Recorded beside the verdict: what was measured, what the device chose."""
        self.ask("observe", name=str(name), value=str(value))

    def note(self, text):
        """A remark in the traces of the open connections."""
        self.step(Element("note", text=str(text)))
        self.told -= 1
