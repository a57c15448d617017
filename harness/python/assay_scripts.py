"""Started by `assay`, never by people: says what scripts declare, or runs one case of one.

    assay_scripts.py list FILE...          a line of JSON for each scenario, or for what is wrong with the file
    assay_scripts.py run FILE FUNCTION     the case is described in ASSAY_CASE; the steps go through ASSAY_CHANNEL"""
import faulthandler
import json
import os
import signal
import sys

from assay import _scenario
from assay._links import Channel


def folders_of(file):
    """What a script may import beside the package: files of its folder and of the one above."""
    folder = os.path.dirname(os.path.abspath(file))
    return [folder, os.path.dirname(folder)]


def listed(channel, files):
    for file in files:
        sys.path[:0] = folders_of(file)
        try:
            found = _scenario.load(file)
            if not found:
                raise ValueError("this script declares no scenario (@assay.scenario)")
            for one in found:
                channel.tell(file=file, line=one.line, function=one.function.__name__, xml=one.head(),
                             timeout=one.words["timeout"])
        except (Exception, SystemExit) as error:
            what = error.msg if isinstance(error, SyntaxError) else f"{type(error).__name__}: {error}"
            channel.tell(file=file, line=_scenario.place_of(error, file), error=" ".join(str(what).split()))
        finally:
            del sys.path[:2]
    os.write(channel.descriptor, b"over\n")


def run(channel, file, function):
    sys.path[:0] = folders_of(file)
    for one in _scenario.load(file):
        if one.function.__name__ == function:
            channel.tell(do="finish", **_scenario.run(one, channel, json.loads(os.environ["ASSAY_CASE"]), file))
            return
    channel.tell(do="finish", verdict="error", reason=f"the script has no function {function} any more")


def main():
    # Where it hangs is told when it is ended.
    faulthandler.enable()
    faulthandler.register(signal.SIGTERM, chain=True)
    channel = Channel(int(os.environ["ASSAY_CHANNEL"]))
    os.set_inheritable(channel.descriptor, False)
    if sys.argv[1] == "list":
        listed(channel, sys.argv[2:])
    else:
        run(channel, *sys.argv[2:4])


if __name__ == "__main__":
    main()
