"""For tests that call the API of the apps' own servers: apps with a key, calls, and the clients of their members."""

import contextlib
import hashlib
import hmac
import http.client
import json
import os
import socket
import time

import plaza


class OverSocket(http.client.HTTPConnection):
    """HTTP over admin.sock."""

    def __init__(self, path):
        super().__init__("plaza", timeout=plaza.DEADLINE_S)
        self._path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


class Answer:
    def __init__(self, response):
        self.status, self.headers, self.text = response.status, dict(response.headers), response.read().decode()
        self.json = json.loads(self.text) if self.headers.get("Content-Type") == "application/json" else None
        self.code = (self.json or {}).get("error", {}).get("code", "ok")


class ApiTest(plaza.Test):
    def admin(self, op, **params):
        """The result of an operator's call."""
        with contextlib.closing(OverSocket(os.path.join(self.server.data, "admin.sock"))) as connection:
            connection.request("POST", "/api/v1/batch", json.dumps({"calls": [{"op": op, "params": params}]}))
            answer = json.loads(connection.getresponse().read())["results"][0]
        self.assertEqual(answer["status"], 200, answer)
        return answer["result"]

    def app(self, name=None):
        """(name, key, secret) of a new app with a server that calls from here."""
        name = name or self.name()
        self.admin("apps.create", app=name)
        self.admin("servers.register", app=name, server="game", networks=["127.0.0.1"])
        key = self.admin("keys.create", app=name, server="game")
        return name, key["key"], key["secret"]

    def call(self, app, method, path, body=None, **headers):
        _, key, secret = app
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.server.http, timeout=plaza.DEADLINE_S)) as c:
            c.request(method, path, None if body is None else json.dumps(body),
                      {"Authorization": f"Bearer {key}.{secret}", **headers})
            return Answer(c.getresponse())

    def done(self, app, method, path, body=None):
        answer = self.call(app, method, path, body)
        self.assertEqual(answer.status, 200, answer.text)
        return answer.json

    def signed(self, app, method, path, query="", body=b"", moment=None, nonce=None, sign_body=None):
        _, key, secret = app
        moment = str(int(time.time() * 1000) if moment is None else moment)
        nonce = nonce or os.urandom(8).hex()
        text = "\n".join(["PLAZA-HMAC-SHA256", method, path, query, moment, nonce,
                          hashlib.sha256(body if sign_body is None else sign_body).hexdigest()])
        signature = hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
        with contextlib.closing(http.client.HTTPConnection("127.0.0.1", self.server.http, timeout=plaza.DEADLINE_S)) as c:
            c.request(method, path + ("?" + query if query else ""), body or None,
                      {"Plaza-Key": key, "Plaza-Time": moment, "Plaza-Nonce": nonce, "Plaza-Signature": signature})
            return Answer(c.getresponse())

    def member_of(self, app, zone, nickname):
        return self.done(app, "POST", f"/api/v1/zones/{zone}/members", {"nickname": nickname})["member"]

    def client_of(self, app, zone, member, platform="game"):
        """The member's client, logged in with a token of the API, and ready."""
        token = self.done(app, "POST", f"/api/v1/zones/{zone}/members/{member}/token", {"platform": platform})["token"]
        client = self.connect()
        ack = client.ask(msgid=1, token=token)
        self.assertEqual(ack["errno"], 0, ack)
        client.ack = ack
        client.ask(msgid=18)
        return client
