"""An OpenAI-compatible server on a loopback port, which answers as it is told and remembers what it was asked."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class FakeServer(ThreadingHTTPServer):
    """It streams ``max_tokens`` words; ``hang_at`` is the number of a request that it never ends."""

    daemon_threads = True

    def __init__(self, **how):
        super().__init__(("127.0.0.1", 0), Handler)
        self.how = how
        self.asked = []
        self.hanging = threading.Event()
        self.over = threading.Event()
        threading.Thread(target=self.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self):
        return f"http://127.0.0.1:{self.server_port}/v1"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.over.set()
        self.shutdown()
        self.server_close()

    def handle_error(self, request, client_address):
        """Say nothing: a client that is killed is what some tests are about."""


class Handler(BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_POST(self):
        how, server = self.server.how, self.server
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        key = self.headers.get("Authorization", "")
        server.asked.append({**asked, "path": self.path, "key": key})
        if "status" in how and not (how.get("only_with") and how["only_with"] not in asked):
            self.send_response(how["status"])
            self.end_headers()
            self.wfile.write(f"no: you sent {key}".encode())
            return
        self.send_response(200)
        self.end_headers()
        if "raw" in how:
            self.wfile.write(how["raw"])
            return
        if len(server.asked) == how.get("hang_at"):
            server.hanging.set()
            server.over.wait()
            return
        count = min(asked["max_tokens"], how.get("stops_after", 10**9))
        chat = self.path.endswith("/chat/completions")
        for _ in range(count):
            choice = {"delta": {"content": "one "}} if chat else {"text": "one "}
            self.event({"choices": [{"index": 0, **choice}]})
        if "stream_options" in asked and not how.get("counts_nothing"):
            self.event({"choices": [], "usage": {"completion_tokens": count * how.get("tokens_a_piece", 1)}})
        self.wfile.write(b"data: [DONE]\n\n")

    def event(self, what):
        self.wfile.write(b"data: " + json.dumps(what).encode() + b"\n\n")
