"""What came on a connection."""


def _with_bytes(value, data):
    """Values of bytes in place of where they stand."""
    if isinstance(value, dict):
        if "hex" in value and len(value) == 1:
            return bytes.fromhex(value["hex"])
        if set(value) == {"at", "length"}:
            return data[value["at"]:value["at"] + value["length"]]
        return {key: _with_bytes(one, data) for key, one in value.items()}
    if isinstance(value, list):
        return [_with_bytes(one, data) for one in value]
    return value


class Seen:
    """A message, a PDU, or the end of the connection.

    kind        "message", "pdu", "closed", "unrecognized" or "tls"
    name        "C-FIND-RSP", "A-ASSOCIATE-AC"; "" for the rest
    summary     one line for people
    seconds     when it came, on one clock for all connections
    Of a message: command (dict), data (bytes), data_set (dict), transfer and abstract (UIDs), context (id).
    Of a PDU: its fields, A-ASSOCIATE-RJ's `result` for example.
    Elements of the Command Set are attributes by keyword (`Status`), those of the Data Set items (`["PatientID"]`)."""

    def __init__(self, words):
        self._words = dict(words)
        self.name = self._words.get("name", "")
        self.data = bytes.fromhex(self._words["data"]) if "data" in self._words else None
        self.command = _with_bytes(self._words.get("command", {}), b"")
        self.data_set = _with_bytes(self._words["data_set"], self.data) if "data_set" in self._words else None

    def __getattr__(self, name):
        if name.startswith("_"):
            raise AttributeError(name)
        if name in self.command:
            return self.command[name]
        if name in self._words:
            return self._words[name]
        if name[0].isupper():
            return None
        raise AttributeError(f"{self._words.get('summary', 'this')} has no {name}")

    def __getitem__(self, keyword):
        return (self.data_set or {})[keyword]

    def get(self, keyword, otherwise=None):
        return (self.data_set or {}).get(keyword, otherwise)

    def __repr__(self):
        return f"<{self._words.get('summary', '')}>"

    @property
    def status(self):
        return self.command.get("Status")

    @property
    def pending(self):
        """FF00H and FF01H (PS3.7 C.4)."""
        return self.status in (0xFF00, 0xFF01)
