"""Tells a running device to act: act_relay.py RELAY-PORT ACTION HOST PORT CALLED CALLING. One line goes out, one comes
back. Made to start fast, since it runs once for each case: `python3 -I -S`."""

import socket
import sys

with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as relay:
    relay.sendall((" ".join(sys.argv[2:]) + "\n").encode())
    answer = b""
    while more := relay.recv(4096):
        answer += more
print(answer.decode(errors="replace").strip())
