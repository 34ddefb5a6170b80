#!/usr/bin/env python3
"""An app's server that hears of events over the backend port: each once, in order, also when it or the server was away.

    PLAZA_BACKEND=127.0.0.1:7610 PLAZA_KEY=pk_... PLAZA_SECRET=sk_... examples/events.py [position-file]
"""
import hashlib
import hmac
import json
import os
import socket
import sys
import time

HOST, PORT = os.environ["PLAZA_BACKEND"].rsplit(":", 1)
KEY, SECRET = os.environ["PLAZA_KEY"], os.environ["PLAZA_SECRET"]


def seen(path):
    """The last event that was dealt with. A real server keeps it where it keeps what it does with events, in one transaction."""
    try:
        with open(path) as file:
            return int(file.read())
    except (FileNotFoundError, ValueError):
        return 0


def follow(path):
    """What comes over one connection, until that ends."""
    with socket.create_connection((HOST, int(PORT)), timeout=30) as connection, connection.makefile("rw") as stream:
        connection.settimeout(None)

        def ask(**frame):
            stream.write(json.dumps(frame) + "\n")
            stream.flush()

        challenge = json.loads(stream.readline())["challenge"]
        proof = hmac.new(SECRET.encode(), f"PLAZA-CONNECTION-SHA256\n{KEY}\n{challenge}".encode(), hashlib.sha256)
        ask(msgid=141, key=KEY, proof=proof.hexdigest())
        ask(msgid=145, after=seen(path))
        for line in stream:
            frame = json.loads(line)
            if frame.get("status", 200) in range(400, 500):
                sys.exit(frame["error"]["message"])  # 5xx: it comes back
            if frame.get("lost"):
                print(f"{frame['lost']} events were trimmed before they were read", file=sys.stderr)
            for event in frame.get("events", []):
                print(json.dumps(event), flush=True)
                with open(path + ".new", "w") as file:
                    file.write(str(event["seq"]))
                os.replace(path + ".new", path)


if __name__ == "__main__":
    while True:
        try:
            follow(sys.argv[1] if len(sys.argv) > 1 else "plaza-events.position")
        except (OSError, ValueError):
            pass  # away, or cut off in the middle of a line: again from the position
        time.sleep(1)
