"""`assay serve FILE.xml` for tests: its devices with their ports, the lines as they come, a line said to it, a stop."""

import queue
import re
import signal
import subprocess
import threading

import products


class Served:
    """Devices of a file, all of them listening when this returns. `ports` is by their names."""

    def __init__(self, file, *arguments):
        self.process = subprocess.Popen([products.ASSAY, "serve", str(file), *map(str, arguments)], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True)
        self.lines, self.ports, self.waiting = [], {}, queue.Queue()
        threading.Thread(target=self.read, daemon=True).start()
        self.wait_for(r"Ctrl-C ends (it|them)")
        for line in self.lines:
            if found := re.match(r"([\w.-]+): Listening on [\d.]+:(\d+)", line):
                self.ports[found[1]] = int(found[2])

    def read(self):
        for line in self.process.stdout:
            self.waiting.put(line.rstrip("\n"))
        self.waiting.put(None)

    def wait_for(self, pattern, limit=60):
        """The next line, of those that nobody has waited for, in which the pattern is found."""
        while True:
            try:
                line = self.waiting.get(timeout=limit)
            except queue.Empty:
                raise AssertionError(f"no line with {pattern!r} within {limit} s:\n" + "\n".join(self.lines)) from None
            if line is None:
                raise AssertionError(f"ended without a line with {pattern!r}:\n" + "\n".join(self.lines))
            self.lines.append(line)
            if re.search(pattern, line):
                return line

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def target(self, name, title):
        return f"{title}@127.0.0.1:{self.ports[name]}"

    def stop(self, limit=60):
        """Ends it as Ctrl-C does; its exit code. Everything it said is in `lines` then."""
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(timeout=limit)
        while (line := self.waiting.get(timeout=limit)) is not None:
            self.lines.append(line)
        return code

    def __enter__(self):
        return self

    def __exit__(self, *_):
        products.end(self.process)
        self.process.stdin.close()
        self.process.stdout.close()
