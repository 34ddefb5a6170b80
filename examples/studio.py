#!/usr/bin/env python3
"""A game's server: makes a zone, two members, their tokens, a room and an announcement, over the HTTP API, every request signed.

    PLAZA_URL=http://127.0.0.1:7680 PLAZA_KEY=pk_... PLAZA_SECRET=sk_... examples/studio.py [zone]
"""
import hashlib
import hmac
import json
import os
import secrets
import sys
import time
import urllib.error
import urllib.parse
import urllib.request

URL, KEY, SECRET = os.environ["PLAZA_URL"], os.environ["PLAZA_KEY"], os.environ["PLAZA_SECRET"]


def call(method, path, **params):
    """The answer to one call. Parameters go into the body, or into the query of a GET."""
    query = urllib.parse.urlencode(params) if method == "GET" else ""
    body = b"" if method == "GET" else json.dumps(params).encode()
    moment, nonce = str(int(time.time() * 1000)), secrets.token_hex(16)
    signed = "\n".join(["PLAZA-HMAC-SHA256", method, path, query, moment, nonce, hashlib.sha256(body).hexdigest()])
    request = urllib.request.Request(URL + path + ("?" + query if query else ""), body or None, method=method, headers={
        "Plaza-Key": KEY, "Plaza-Time": moment, "Plaza-Nonce": nonce,
        "Plaza-Signature": hmac.new(SECRET.encode(), signed.encode(), hashlib.sha256).hexdigest()})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as refused:
        error = json.load(refused)["error"]
        return None if error["code"] == "name_taken" else sys.exit(f"{method} {path}: {error}")  # taken: by an earlier run


def main(zone="studio"):
    app = call("GET", "/api/v1/app")["app"]
    call("POST", "/api/v1/zones", zone=zone, friends="on_request")
    here = f"/api/v1/zones/{zone}"
    members, tokens = {}, {}
    for name in "Ann", "Bob":
        made = call("POST", here + "/members", nickname=name, user=f"user-{name}", idempotency_key=f"make-{zone}-{name}")
        members[name] = (made or call("GET", here + "/members", nickname=name))["member"]
        tokens[name] = call("POST", f"{here}/members/{members[name]}/token", platform="game")["token"]
    room = call("POST", here + "/rooms", name="Lobby", owner=members["Ann"], description="Where everybody meets")
    room = (room or call("GET", here + "/rooms", name="Lobby"))["room"]
    inside = {one["member"] for one in call("GET", f"{here}/rooms/{room}")["list"]}
    if members["Bob"] not in inside:
        call("POST", f"{here}/rooms/{room}/members", member=members["Bob"])
    call("POST", f"{here}/members/{members['Ann']}/messages", msg="Welcome!", idempotency_key=f"welcome-{zone}-Ann",
         **{"from": members["Bob"]})
    said = call("POST", "/api/v1/announcements", zone=zone, msg="It begins at 8.", idempotency_key=f"begins-{zone}")
    print(json.dumps({"app": app, "zone": zone, "members": members, "tokens": tokens, "room": room,
                      "announced": said["announcement"], "online": call("GET", here + "/online", limit=100)["members"]}))


if __name__ == "__main__":
    main(*sys.argv[1:])
