"""What can go wrong, as exceptions with one plain sentence each."""


class Error(Exception):
    """Everything that this module raises."""


class StepError(Error):
    """The step itself is wrong (an unknown keyword, a value that does not fit): nothing was learnt of the device."""


class Unexpected(Error):
    """Something else came, or nothing came in time, or the device could not be reached.

    `expected` and `actual` are texts, `seen` is what came (the last is what did not fit), `refusal` says that the device
    refused the association, a presentation context or the SOP Class. `judged`: uncaught, it fails the case; otherwise the
    case is inconclusive."""

    def __init__(self, what, expected="", actual="", seen=(), refusal=False, judged=False, health=False):
        super().__init__(what)
        self.expected = expected
        self.actual = actual
        self.seen = list(seen)
        self.refusal = refusal
        self.judged = judged
        self.health = health


class Failed(Error):
    """The device is not as the standard asks: the verdict is fail."""

    def __init__(self, reason, expected="", actual=""):
        super().__init__(reason)
        self.expected = expected
        self.actual = actual


class Inconclusive(Error):
    """The case cannot be judged, by no fault of the device."""


class Skipped(Error):
    """The case is not for this device."""
