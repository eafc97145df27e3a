#!/usr/bin/env python3
"""A relying party's webhook receiver, which can also misbehave. receiver.py VERIFY LOG PORTFILE

VERIFY: the example of docs/integrate.md, used as it stands there. LOG: a line a request, "path event state good|bad|unsigned".
What a path does: /ok 204; /twice 500 for the first two of an event; /hang nothing for a minute; /redirect 302 to /ok; /large an
endless answer; /slow headers, a byte at a time; /down 500 while LOG.down is there; /later 503 with Retry-After. The secret is read from LOG.secret. LOG.raw: all
that came, headers and body.
"""
import importlib.util
import json
import os
import ssl
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

verify_path, log_path, port_path = sys.argv[1:4]
spec = importlib.util.spec_from_file_location("example", verify_path)
example = importlib.util.module_from_spec(spec)
spec.loader.exec_module(example)
lock = threading.Lock()
seen = {}


def secret():
    try:
        with open(log_path + ".secret", encoding="ascii") as f:
            return f.read().strip()
    except OSError:
        return None


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, *headers):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def do_GET(self):
        with lock, open(log_path, "a", encoding="ascii") as f:
            f.write(f"GET {self.path}\n")
        self.answer(204)

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        key = secret()
        verdict = "unsigned" if not key else "good" if example.is_from_the_rail(key, dict(self.headers), body) else "bad"
        data = json.loads(body)["data"]
        if self.headers["webhook-id"] != data["event"] or set(data) != {"event", "id", "state"}:
            verdict = "bad"
        with lock:
            seen[data["event"]] = seen.get(data["event"], 0) + 1
            n = seen[data["event"]]
            with open(log_path + ".raw", "ab") as f:
                f.write(f"{self.requestline}\n{self.headers}".encode() + body + b"\n")
            with open(log_path, "a", encoding="ascii") as f:
                f.write(f"{self.path} {data['event']} {data['id']} {data['state']} {verdict}\n")
        self.behave(n)

    def behave(self, n):
        if self.path == "/hang":
            time.sleep(60)
        elif self.path == "/redirect":
            self.answer(302, ("Location", "/ok"))
        elif self.path == "/large":
            self.send_response(200)
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            try:
                for _ in range(10000):
                    self.wfile.write(b"4000\r\n" + b"x" * 0x4000 + b"\r\n")
            except OSError:
                pass
            self.close_connection = True
        elif self.path == "/slow":
            try:
                for c in b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n" + b"X: y\r\n" * 100:
                    self.wfile.write(bytes([c]))
                    self.wfile.flush()
                    time.sleep(0.2)
            except OSError:
                pass
            self.close_connection = True
        elif self.path == "/twice" and n <= 2 or self.path == "/down" and os.path.exists(log_path + ".down"):
            self.answer(500)
        elif self.path == "/later" and n == 1:
            self.answer(503, ("Retry-After", "2"))
        else:
            self.answer(204)


server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
server.daemon_threads = True
if len(sys.argv) > 4:  # a certificate chain and its key: https
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(sys.argv[4], sys.argv[5])
    server.socket = context.wrap_socket(server.socket, server_side=True)
with open(port_path + ".new", "w", encoding="ascii") as out:
    out.write(str(server.server_address[1]))
os.rename(port_path + ".new", port_path)
server.serve_forever()
