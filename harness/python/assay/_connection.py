"""One connection: what is sent, what is expected, and the everyday services on top of both."""
from . import _xml
from ._errors import Unexpected
from ._xml import Element, match

_ANYTHING = [match(name) for name in
             ("message", "a-associate-rq", "a-associate-ac", "a-associate-rj", "a-release-rq", "a-release-rp", "a-abort",
              "unrecognized", "closed")] + [match("message", responding_to="0..65535")]  # whatever it answers
# Responses, pending ones included, to one request; a peer that sends more is stopped.
MOST_RESPONSES = 100_000


class Connection:
    """Made by associate(), connect() or accept() of a case. Every wait has a limit: `within` in seconds, or the name of a
    wait of the run ("dul-timeout", "dimse-timeout", "artim"); without it the one that fits the message."""

    def __init__(self, case, name):
        self.case = case
        self.name = name

    def __repr__(self):
        return f"<connection {self.name}>"

    def _step(self, name, attributes=None, children=(), judged=False):
        return self.case.step(Element(name, {"connection": self.name, **(attributes or {})}, children), judged)

    # --- saying and hearing ---

    def send(self, message, split=None, pause=None, truncate=None, provoke=None, **attributes):
        """Sends a message by its name in the scenario language ("c-find-rq", "a-abort"); what is not said is filled in
        right. data_set: dict, bytes, assay.Synthetic or assay.File; command_set: elements put in; contexts: for
        associations; changes: modifications. `message` may be a list of assay.message(...): all leave in one write."""
        messages = message if isinstance(message, list) else [_xml.message(message, attributes)]
        self._step("send", {"split": split, "pause": pause, "truncate": truncate, "provoke": provoke}, messages)

    def raw(self, data, **attributes):
        """Sends these bytes; from here on our side is not blamed."""
        self._step("send", attributes, [Element("raw", {"hex": bytes(data)})])

    def expect(self, *alternatives, within=None, judge=True, stray=None):
        """Waits for one of these, names or assay.match(...), and returns what came. Anything else is Unexpected; so is
        silence. judge=False: then the case is inconclusive and not failed."""
        matchers = [match(one) if isinstance(one, str) else one for one in alternatives]
        seen = self._step("expect", {"within": within, "judge": judge, "stray": stray}, matchers, judged=judge)
        return seen[-1]

    def receive(self, within=None, judge=True):
        """Whatever comes next: a message, a PDU, or the end of the connection."""
        return self.expect(*_ANYTHING, within=within or "dimse-timeout", judge=judge)

    def silence(self, seconds):
        """Nothing may come for so long."""
        self._step("expect", {"judge": True}, [match("silence", **{"for": float(seconds)})], judged=True)

    # --- what is known ---

    def contexts(self):
        """The accepted presentation contexts: dicts of id, abstract and transfer."""
        return self.case.ask("connection", connection=self.name)["contexts"]

    @property
    def peer_maximum_length(self):
        return self.case.ask("connection", connection=self.name)["peer_maximum_length"]

    def trace(self):
        """What passed so far: text, entries (PDUs, messages, closes, marks), findings of the rules."""
        return self.case.ask("trace", connection=self.name)

    def findings(self):
        return self.trace()["findings"]

    # --- the end ---

    def release(self, judge=False, by=None):
        self._step("release", {"judge": judge or None, "by": by}, judged=judge)

    def abort(self, source=None, reason=None):
        self._step("abort", {"source": source, "reason": reason})

    def close(self, how=None):
        """"fin" (default) or "rst"."""
        self._step("close", {"how": how})

    # --- services as SCU ---

    def responses(self, response, within=None, judge=True, answer=None):
        """All responses to the last request, the final one last. `answer` is called with each request that the peer
        sends meanwhile (sub-operations of C-GET) and answers it."""
        found = []
        names = [response] + (["c-store-rq", "n-event-report-rq"] if answer else [])
        while len(found) < MOST_RESPONSES:
            one = self.expect(*names, within=within, judge=judge)
            if answer and one.name.endswith("-RQ"):
                answer(one)
                continue
            found.append(one)
            if not one.pending:
                return found
        raise Unexpected(f"more than {MOST_RESPONSES} responses came", "a final response", "pending ones", judged=judge)

    def echo(self, within=None, judge=True, **attributes):
        self.send("c-echo-rq", **attributes)
        return self.expect("c-echo-rsp", within=within, judge=judge)

    def store(self, data_set, within=None, judge=True, **attributes):
        """The C-STORE-RSP."""
        self.send("c-store-rq", data_set=data_set, **attributes)
        return self.expect("c-store-rsp", within=within, judge=judge)

    def find(self, identifier, within=None, judge=True, **attributes):
        """Matches and the final response: (list of Seen, Seen)."""
        self.send("c-find-rq", data_set=identifier, **attributes)
        *matches, final = self.responses("c-find-rsp", within, judge)
        return matches, final

    def get(self, identifier, within=None, judge=True, status=0, **attributes):
        """Objects that came (their C-STORE-RQs, answered with `status`) and the responses to the C-GET."""
        objects = []

        def keep(request):
            objects.append(request)
            self.send("c-store-rsp", status=status)

        self.send("c-get-rq", data_set=identifier, **attributes)
        return objects, self.responses("c-get-rsp", within, judge, keep)

    def move(self, identifier, destination, within=None, judge=True, **attributes):
        self.send("c-move-rq", data_set=identifier, destination=destination, **attributes)
        return self.responses("c-move-rsp", within, judge)

    def cancel(self, **attributes):
        """C-CANCEL-RQ of the last request; nothing is waited for."""
        self.send("c-cancel-rq", **attributes)

    # --- as the side that is called ---

    def serve(self, answer, within=None):
        """Gives each message that comes to `answer(message)` until the peer releases (which is confirmed), aborts or
        closes; returns what ended it."""
        while True:
            one = self.receive(within=within)
            if one.kind == "message":
                answer(one)
                continue
            if one.name == "A-RELEASE-RQ":
                self.send("a-release-rp")
                self.expect("closed", judge=False)
            return one
