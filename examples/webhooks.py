#!/usr/bin/env python3
"""An app's server that takes webhooks: checks who sent them, and sees each event once, in order.

    PLAZA_WEBHOOK_SECRET=whs_... examples/webhooks.py [port]      prints a line for each event; the address is http://HOST:PORT/
"""
import hashlib
import hmac
import http.server
import json
import os
import sys
import threading
import time

SECRET = os.environ["PLAZA_WEBHOOK_SECRET"]
OLDEST_S = 300  # what was signed longer ago may be somebody's copy
seen = {"seq": 0}  # a real server keeps this where it keeps what it does with the events, in one transaction
lock = threading.Lock()


def genuine(headers, body):
    moment = headers.get("Plaza-Time", "")
    signed = f"PLAZA-WEBHOOK-SHA256\n{moment}\n{hashlib.sha256(body).hexdigest()}"
    right = hmac.new(SECRET.encode(), signed.encode(), hashlib.sha256).hexdigest()
    fresh = moment.isdigit() and abs(time.time() - int(moment) / 1000) < OLDEST_S
    return fresh and hmac.compare_digest(right, headers.get("Plaza-Signature", ""))


class Handler(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if not genuine(self.headers, body):
            return self.answer(401)
        post = json.loads(body)
        with lock:
            for event in post["events"]:
                if event["seq"] > seen["seq"] or post.get("again"):
                    print(json.dumps(event), flush=True)
                    seen["seq"] = max(seen["seq"], event["seq"])
        self.answer(200)  # only now: what is not answered so is sent again

    def answer(self, status):
        self.send_response(status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    server = http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 8080), Handler)
    print(f"listening on port {server.server_port}", file=sys.stderr, flush=True)
    server.serve_forever()
