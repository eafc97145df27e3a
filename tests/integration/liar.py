#!/usr/bin/env python3
"""A server that does everything wrong, for `idctl selftest`: whatever is sent, it serves it, boasts and tells.

Prints its port. One thread for each connection; ends with its standard input.
"""
import os
import socket
import sys
import threading

BODY = b'{"status":"up","c_nonce":"1","error":"none","detail":"SELECT * FROM subject at server.c:12"}'


def serve(conn):
    with conn:
        data = b""
        while b"\r\n\r\n" not in data:
            part = conn.recv(65536)
            if not part:
                return
            data += part
        # a page that it does not have it refuses, with everything it knows
        status = b"404 Not Found" if data.startswith(b"GET /nothing ") else b"200 OK"
        head = b"HTTP/1.1 " + status + b"\r\nServer: Liar/1.0.0\r\nContent-Type: application/json\r\nConnection: close\r\n"
        # every request line that stands in it is a request to it
        for _ in range(max(1, data.count(b" HTTP/1.1\r\n"))):
            conn.sendall(head + b"Content-Length: %d\r\n\r\n" % len(BODY) + BODY)


def listen(sock):
    while True:
        threading.Thread(target=serve, args=(sock.accept()[0],), daemon=True).start()


listener = socket.create_server(("127.0.0.1", 0))
print(listener.getsockname()[1], flush=True)
threading.Thread(target=listen, args=(listener,), daemon=True).start()
sys.stdin.read()
os._exit(0)
