"""Without `assay run`: a conversation of one's own, and XML scenarios run from Python."""
import json

from ._case import Conversation
from ._errors import Error
from ._links import InProcess


def _split(target):
    host, colon, port = target.rpartition(":")
    if not colon or not port.isdigit():
        raise Error(f"'{target}' is no HOST:PORT")
    return host.strip("[]"), int(port)


class Session(Conversation):
    """Connections to `target` (HOST:PORT), and from whoever calls what listen() opened. `timeout`: seconds for every wait
    that does not say otherwise. Ends with the `with` block; what is open is aborted and closed."""

    def __init__(self, target="", called_ae="ANY-SCP", calling_ae="ASSAY", timeout=10, listen_address="127.0.0.1",
                 listen_port=0, seed=1):
        host, port = _split(target) if target else ("", 0)
        about = {"host": host, "port": port, "called_ae": called_ae, "calling_ae": calling_ae, "timeout": float(timeout),
                 "listen_address": listen_address, "listen_port": listen_port, "seed": seed}
        super().__init__(InProcess(**about), about)
        self.result = None

    def port_of(self, listener="l1"):
        """Where a listener listens."""
        return self.ask("port", listener=listener)["port"]

    def findings(self):
        """What the rules found on every connection, our own faults included ("side" says whose)."""
        if self.result:
            return [one for trace in self.result["connections"] for one in trace["findings"]]
        return [one for i in range(self._made) for one in self.ask("trace", connection=f"c{i + 1}")["findings"]]

    def close(self):
        """Ends the session. Returns (and keeps as `result`) the connections with their traces and findings, and whether
        the rules blame the device."""
        if self.result is None:
            self.result = self._link.finish(verdict="pass")
        return self.result

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def run(*scenarios, target="", **options):
    """Runs XML scenarios or scripts (files, folders or id prefixes) against a target; a list of dicts as in
    results.json: id, verdict, reason, findings... Options as those of `assay run`: called_ae, calling_ae, profile,
    timeout (seconds), role, jobs, only, skip, dut_act, dut_start."""
    try:
        from . import _engine
    except ImportError as error:
        raise Error("the module was built without its engine (pybind11-dev and python3-dev are needed)") from error
    _split(target) if target else None
    answer = json.loads(_engine.run(json.dumps({"scenarios": [str(one) for one in scenarios], "target": target, **options})))
    if "error" in answer:
        raise Error(answer["error"])
    return answer["cases"]
