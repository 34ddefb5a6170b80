"""For tests that call the API of the apps' own servers: apps with a key, calls, and the clients of their members."""

import contextlib
import hashlib
import hmac
import http.client
import json
import os
import re
import socket
import time
import urllib.parse

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


def log_in(client, key, secret):
    """Proves on a fresh connection to the backend port who it is; gives the answer."""
    text = f"PLAZA-CONNECTION-SHA256\n{key}\n{client.receive()['challenge']}"
    return client.ask(msgid=141, key=key, proof=hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest())


class AnswerOfConnection:
    """The same as Answer, of a call over the backend port."""

    def __init__(self, frame):
        self.status, self.headers = frame["status"], {"Idempotency-Replayed": "true"} if frame.get("replayed") else {}
        self.json = frame["result"] if "result" in frame else {"error": frame["error"]}
        self.text, self.code = json.dumps(self.json), self.json.get("error", {}).get("code", "ok")


class OverConnections:
    """For a test of calls over HTTP: makes them on connections to the backend port instead, by the names of their operations."""

    _operations, _open = [], {}

    def call(self, app, method, path, body=None, **headers):
        name, key, secret = app
        op, params = self._operation(method, path)
        who = (self.server.process.pid, key)
        if who not in self._open:
            client = plaza.Client(self.server.backend)
            ack = log_in(client, key, secret)
            if ack["status"] != 200:
                client.close()
                return AnswerOfConnection(ack)
            self._open[who] = client
            self.addClassCleanup(client.close)
        try:
            return AnswerOfConnection(self._open[who].ask(msgid=143, op=op, params={**params, **(body or {})}))
        except (plaza.Closed, OSError):
            del self._open[who]
            return self.call(app, method, path, body)

    def _operation(self, method, target):
        """The name of what HTTP would do, and its parameters of the path and the query."""
        if not self._operations:
            for path, methods in json.loads(self.server.get("/api/v1/openapi.json")[1])["paths"].items():
                pattern = re.compile("/".join("([^/]+)" if piece.startswith("{") else re.escape(piece) for piece in path.split("/")))
                self._operations.extend((how.upper(), pattern, operation) for how, operation in methods.items())
        path, _, query = target.partition("?")
        found = [(m.groups(), o) for how, pattern, o in self._operations if how == method and (m := pattern.fullmatch(path))]
        values, operation = min(found, key=lambda one: len(one[0]))
        described = operation.get("parameters", [])
        names = [p["name"] for p in described if p["in"] == "path"]
        given = dict(zip(names, (urllib.parse.unquote(v) for v in values))) | dict(urllib.parse.parse_qsl(query))
        numbers = {p["name"] for p in described if p["schema"].get("type") == "integer"}
        return operation["operationId"], {n: int(v) if n in numbers else v for n, v in given.items()}
