"""Between Assay's --dut-act and a device that runs as a service: a port that takes one line a connection, calls a
function with its words, and sends back what it returns."""

import contextlib
import socketserver
import sys
import threading

import products


class Handler(socketserver.StreamRequestHandler):
    def handle(self):
        words = self.rfile.readline().decode().split()
        self.wfile.write((self.server.act(*words) + "\n").encode())


class Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    request_queue_size = 64


def command(port):
    """For --dut-act."""
    return f"{sys.executable} -I -S {products.HERE}/act_relay.py {port} {{action}} {{host}} {{port}} {{called}} {{calling}}"


@contextlib.contextmanager
def relay(act):
    """Yields the --dut-act command; `act(action, host, port, called, calling)` returns one line of text."""
    with Server(("127.0.0.1", 0), Handler) as server:
        server.act = act
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield command(server.server_address[1])
        finally:
            server.shutdown()
            thread.join()
