"""Who carries out the steps: the `assay run` that started this script, or the module inside this process."""
import json
import os
import threading

from ._errors import Error


class Channel:
    """Lines to and from the `assay run` that started this process."""

    def __init__(self, descriptor):
        self.descriptor = descriptor
        self._rest = b""
        self._lock = threading.Lock()

    def call(self, **request):
        with self._lock:
            self.tell(**request)
            return json.loads(self._line())

    def tell(self, **request):
        left = memoryview(json.dumps(request).encode() + b"\n")
        while left:
            left = left[os.write(self.descriptor, left):]

    def _line(self):
        parts = [self._rest]
        while b"\n" not in parts[-1]:
            got = os.read(self.descriptor, 1 << 20)
            if not got:
                raise Error("assay run is gone")
            parts.append(got)
        line, _, self._rest = b"".join(parts).partition(b"\n")
        return line


class InProcess:
    """The same, by the module itself."""

    def __init__(self, **about):
        try:
            from . import _engine
        except ImportError as error:
            raise Error("the module was built without its engine (pybind11-dev and python3-dev are needed): "
                        "scripts work with `assay run` only") from error
        self._engine = _engine.Engine(json.dumps(about))
        self._lock = threading.Lock()

    def call(self, **request):
        with self._lock:
            return json.loads(self._engine.call(json.dumps(request)))

    def finish(self, **request):
        with self._lock:
            return json.loads(self._engine.finish(json.dumps({"do": "finish", **request})))
