"""The API for the apps' own servers, as a studio uses it: keys, signatures, isolation between two apps, and what clients see of it."""

import contextlib
import hashlib
import hmac
import http.client
import json
import os
import re
import socket
import sqlite3
import subprocess
import sys
import time
import unittest

import plaza

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
STUDIO = os.path.join(ROOT, "examples", "studio.py")


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


class AsAStudio(ApiTest):
    def test_the_example_makes_a_zone_members_tokens_and_a_room_and_can_be_run_again(self):
        name, key, secret = self.app()
        environment = {**os.environ, "PLAZA_URL": f"http://127.0.0.1:{self.server.http}", "PLAZA_KEY": key,
                       "PLAZA_SECRET": secret}
        runs = [json.loads(subprocess.run([sys.executable, STUDIO, "studio-1"], env=environment, check=True,
                                          capture_output=True, text=True).stdout) for _ in range(2)]
        for made in runs:
            self.assertEqual(made["app"], name)
            self.assertEqual(made["members"], runs[0]["members"])
            self.assertEqual(made["room"], runs[0]["room"])
        client = self.connect()
        ack = client.ask(msgid=1, token=runs[1]["tokens"]["Ann"])
        self.assertEqual((ack["errno"], ack["id"], ack["name"]), (0, runs[0]["members"]["Ann"], "Ann"))
        self.assertEqual([group["groupname"] for group in ack["groups"]], ["Lobby"])
        page = client.ask(msgid=18) and client.ask(msgid=22, epoch=ack["epoch"], since=0)
        said = [(m["name"], m["msg"]) for m in page["messages"] if "msg" in m]
        self.assertEqual(said, [("Bob", "Welcome!")], "once, though sent in both runs")
        self.assertEqual([m["body"]["event"] for m in page["messages"] if m.get("kind") == 4], ["created", "joined"])

    def test_the_example_has_at_most_sixty_lines(self):
        with open(STUDIO) as file:
            self.assertLessEqual(len(file.readlines()), 60)


class WhatClientsSee(ApiTest):
    def setUp(self):
        self.chess = self.app()
        self.done(self.chess, "POST", "/api/v1/zones", {"zone": "one"})

    def test_a_token_logs_in_once_as_its_member_on_its_platform_and_gives_one_to_keep(self):
        ann = self.member_of(self.chess, "one", "Ann")
        path = f"/api/v1/zones/one/members/{ann}/token"
        token = self.done(self.chess, "POST", path, {"platform": "ios"})["token"]
        wrong = self.connect().ask(msgid=1, token=token, device="android")
        self.assertEqual(wrong["errno"], 19, wrong)
        token = self.done(self.chess, "POST", path, {"platform": "ios"})["token"]
        client = self.connect()
        ack = client.ask(msgid=1, token=token)
        self.assertEqual((ack["errno"], ack["id"], ack["device"], ack["zone"]), (0, ann, "ios", "one"))
        self.assertEqual(self.connect().ask(msgid=1, token=token)["errno"], 19, "it is used up")
        client.ask(msgid=18)
        online = self.done(self.chess, "GET", "/api/v1/zones/one/online")["members"]
        self.assertEqual(online, [{"member": ann, "nickname": "Ann", "platforms": ["ios"]}])
        client.close()
        again = self.connect().ask(msgid=1, token=ack["token"])
        self.assertEqual((again["errno"], again["id"]), (0, ann))

    def test_a_message_is_pushed_once_however_often_its_call_is_repeated(self):
        ann, bob = self.member_of(self.chess, "one", "Ann"), self.member_of(self.chess, "one", "Bob")
        client = self.client_of(self.chess, "one", ann)
        path = f"/api/v1/zones/one/members/{ann}/messages"
        hello = {"msg": "hello", "from": bob, "idempotency_key": "a"}
        first = self.done(self.chess, "POST", path, hello)
        pushed = client.receive_until(5)
        self.assertEqual((pushed["id"], pushed["msg"], pushed["mid"]), (bob, "hello", first["message"]))
        again = self.call(self.chess, "POST", path, hello)
        self.assertEqual((again.json, again.headers["Idempotency-Replayed"]), (first, "true"))
        self.done(self.chess, "POST", path, {"body": {"gold": 5}, "from": bob})
        pushed = client.receive_until(5)
        self.assertEqual((pushed["name"], pushed["kind"], pushed["body"]), ("Bob", 3, {"gold": 5}))
        self.assertEqual(self.call(self.chess, "POST", path, {"msg": "x"}).json["error"]["field"], "from")

    def test_a_message_is_stored_once_though_the_server_is_killed_and_loses_its_note_of_the_answer(self):
        ann, bob = self.member_of(self.chess, "one", "Ann"), self.member_of(self.chess, "one", "Bob")
        path = f"/api/v1/zones/one/members/{ann}/messages"
        hello = {"msg": "hello", "from": bob, "idempotency_key": "a"}
        first = self.done(self.chess, "POST", path, hello)
        self.server.signal(9)
        self.server.wait()
        with contextlib.closing(sqlite3.connect(os.path.join(self.server.data, "directory.db"))) as db:
            db.execute("UPDATE repeatable_call SET done = 0, answer = ''")
            db.commit()
        self.server.restart()
        again = self.done(self.chess, "POST", path, hello)
        self.assertEqual((again["message"], again["duplicate"]), (first["message"], True))
        client = self.client_of(self.chess, "one", ann)
        page = client.ask(msgid=22, epoch=client.ack["epoch"], since=0)
        self.assertEqual([m["msg"] for m in page["messages"]], ["hello"])

    def test_who_is_kicked_is_told_and_may_come_back(self):
        ann = self.member_of(self.chess, "one", "Ann")
        phone, tablet = self.client_of(self.chess, "one", ann, "phone"), self.client_of(self.chess, "one", ann, "tablet")
        path = f"/api/v1/zones/one/members/{ann}/kick"
        self.assertEqual(self.done(self.chess, "POST", path, {"platform": "phone", "reason": "cheating"})["sessions"], 1)
        goodbye = phone.goodbye()
        self.assertEqual((goodbye["msgid"], goodbye["errno"], goodbye["reason"], goodbye["reconnect"]),
                         (54, 43, "cheating", False))
        self.assertEqual(tablet.ask(msgid=29)["errno"], 0, "the other device goes on")
        self.client_of(self.chess, "one", ann, "phone")

    def test_a_room_is_filled_by_the_app_and_its_member_gets_the_next_message(self):
        ann, bob = self.member_of(self.chess, "one", "Ann"), self.member_of(self.chess, "one", "Bob")
        room = self.done(self.chess, "POST", "/api/v1/zones/one/rooms", {"name": "Lobby", "owner": ann})["room"]
        one, two = self.client_of(self.chess, "one", ann), self.client_of(self.chess, "one", bob)
        self.assertEqual(one.ask(msgid=12, groupid=room, msg="alone", send_id=1)["errno"], 0)
        self.assertEqual(two.ask(msgid=12, groupid=room, msg="?", send_id=1)["errno"], 16)
        path = f"/api/v1/zones/one/rooms/{room}/members"
        self.done(self.chess, "POST", path, {"member": bob})
        joined = one.receive_until(12)
        self.assertEqual((joined["id"], joined["kind"], joined["groupid"]), (0, 4, room))
        self.assertEqual((joined["body"]["event"], joined["body"]["by"], joined["body"]["member"]),
                         ("joined", {"id": 0, "name": "server"}, {"id": bob, "name": "Bob"}))
        self.assertEqual(two.receive_until(12)["body"], joined["body"], "who is added gets it too")
        self.assertEqual(self.call(self.chess, "POST", path, {"member": bob}).code, "conflict")
        self.assertEqual(one.ask(msgid=12, groupid=room, msg="hello both", send_id=2)["errno"], 0)
        self.assertEqual(two.receive_until(12)["msg"], "hello both")
        self.done(self.chess, "DELETE", f"{path}/{bob}")
        self.assertEqual(two.receive_until(12)["body"]["event"], "kicked")
        self.assertEqual(two.ask(msgid=12, groupid=room, msg="?", send_id=1)["errno"], 16)
        refused = self.call(self.chess, "DELETE", f"{path}/{ann}")
        self.assertEqual((refused.code, refused.json["error"]["field"]), ("conflict", "member"), "the owner stays")
        shown = self.done(self.chess, "GET", f"/api/v1/zones/one/rooms/{room}")
        self.assertEqual((shown["owner"], shown["members"], shown["list"]),
                         (ann, 1, [{"member": ann, "nickname": "Ann", "role": "owner"}]))

    def test_a_password_set_by_the_app_opens_the_account_and_ends_its_sessions(self):
        ann = self.member_of(self.chess, "one", "Ann")
        client = self.client_of(self.chess, "one", ann)
        self.done(self.chess, "POST", f"/api/v1/zones/one/members/{ann}/password", {"password": "swordfish"})
        self.assertEqual(client.goodbye()["msgid"], 54)
        login = {"app": self.chess[0], "zone": "one", "device": "web", "id": ann}
        self.assertEqual(self.connect().ask(msgid=1, password="wrong", **login)["errno"], 2)
        self.assertEqual(self.connect().ask(msgid=1, password="swordfish", **login)["errno"], 0)

    def test_a_disabled_zone_ends_its_sessions_and_lets_nobody_in_also_not_with_a_token_known_in_memory(self):
        self.done(self.chess, "POST", "/api/v1/zones", {"zone": "two"})
        ann, eve = self.member_of(self.chess, "one", "Ann"), self.member_of(self.chess, "two", "Eve")
        client, other = self.client_of(self.chess, "one", ann), self.client_of(self.chess, "two", eve)
        token = client.ack["token"]
        client.close()
        self.assertEqual(self.connect().ask(msgid=1, token=token)["errno"], 0, "the token is in the cache now")
        client = self.connect()
        client.ask(msgid=1, token=token)
        self.admin("zones.disable", app=self.chess[0], zone="one")
        self.assertEqual(client.goodbye()["errno"], 26)
        with self.assertRaises(plaza.Closed):
            self.connect().ask(msgid=1, token=token)
        self.assertEqual(other.ask(msgid=29)["errno"], 0, "the other zone goes on")
        self.assertEqual(self.call(self.chess, "GET", "/api/v1/zones/one/online").code, "not_found")
        self.admin("zones.enable", app=self.chess[0], zone="one")
        self.assertEqual(self.connect().ask(msgid=1, token=token)["errno"], 0)
        self.admin("apps.disable", app=self.chess[0])
        self.assertEqual(other.goodbye()["errno"], 26)
        self.server.stop()
        self.server.restart()
        self.assertEqual(self.connect().ask(msgid=1, token=token)["errno"], 19)
        self.assertEqual(self.call(self.chess, "GET", "/api/v1/app").code, "app_disabled")


class WhoMayCall(ApiTest):
    def setUp(self):
        self.chess = self.app()

    def test_a_signed_request_is_taken_once_unchanged_and_in_time(self):
        self.assertEqual(self.signed(self.chess, "GET", "/api/v1/zones", "limit=3").status, 200)
        now = int(time.time() * 1000)
        self.assertEqual(self.signed(self.chess, "GET", "/api/v1/app", moment=now, nonce="nonce-01").status, 200)
        refused = [self.signed(self.chess, "GET", "/api/v1/app", moment=now, nonce="nonce-01"),
                   self.signed(self.chess, "GET", "/api/v1/app", moment=now + 3_600_000),
                   self.signed(self.chess, "POST", "/api/v1/zones", body=b'{"zone":"x"}', sign_body=b'{"zone":"y"}'),
                   self.signed((None, self.chess[1], "sk_wrong"), "GET", "/api/v1/app"),
                   self.signed((None, "pk_unknown", self.chess[2]), "GET", "/api/v1/app"),
                   self.call((None, "pk_unknown", "x"), "GET", "/api/v1/app"),
                   self.call((None, self.chess[1], "sk_wrong"), "GET", "/api/v1/nothing")]
        self.assertEqual({(answer.status, answer.text) for answer in refused}, {(401, refused[0].text)}, "all alike")
        self.assertNotIn(self.chess[2], self.server.log())

    def test_what_was_signed_before_the_last_start_has_to_be_signed_again(self):
        moment = int(time.time() * 1000)
        self.assertEqual(self.signed(self.chess, "GET", "/api/v1/app", moment=moment, nonce="nonce-01").status, 200)
        self.server.stop()
        self.server.restart()
        again = self.signed(self.chess, "GET", "/api/v1/app", moment=moment, nonce="nonce-01")
        self.assertEqual((again.status, again.code), (503, "try_again"))

    def test_only_from_its_networks_and_not_with_a_revoked_key(self):
        self.assertEqual(self.call(self.chess, "GET", "/api/v1/app").status, 200)
        self.admin("servers.change", app=self.chess[0], server="game", networks=["10.0.0.0/8"])
        self.assertEqual(self.call(self.chess, "GET", "/api/v1/app").status, 401)
        self.admin("servers.change", app=self.chess[0], server="game", networks=["127.0.0.0/8"])
        self.assertEqual(self.call(self.chess, "GET", "/api/v1/app").status, 200)
        self.admin("keys.revoke", app=self.chess[0], server="game", key=self.chess[1])
        self.assertEqual(self.call(self.chess, "GET", "/api/v1/app").status, 401)

    def test_the_operators_door_is_for_the_owner_of_the_data_directory(self):
        facts = os.stat(os.path.join(self.server.data, "admin.sock"))
        self.assertEqual(facts.st_mode & 0o777, 0o600)
        self.assertEqual(os.stat(os.path.join(self.server.data, "secrets.key")).st_mode & 0o777, 0o600)

    def test_the_secret_is_nowhere_in_the_data_directory(self):
        self.done(self.chess, "POST", "/api/v1/zones", {"zone": "one"})
        ann = self.done(self.chess, "POST", "/api/v1/zones/one/members", {"nickname": "Ann"})["member"]
        token = self.done(self.chess, "POST", f"/api/v1/zones/one/members/{ann}/token", {"idempotency_key": "t"})["token"]
        for folder, _, names in os.walk(self.server.data):
            for name in names:
                if name == "admin.sock":
                    continue
                with open(os.path.join(folder, name), "rb") as file:
                    text = file.read()
                self.assertNotIn(self.chess[2].encode(), text, name)
                self.assertNotIn(token.encode(), text, name)


class Audit(ApiTest):
    def test_what_was_done_to_the_log_behind_the_servers_back_is_found(self):
        chess = self.app()
        self.done(chess, "POST", "/api/v1/zones", {"zone": "one"})
        entries = self.admin("audit.list", of_app=chess[0])["entries"]
        self.assertEqual([e["action"] for e in entries], ["servers.register", "keys.create", "zones.create"])
        self.assertEqual(entries[-1]["target"], "zone=one")
        self.assertEqual(entries[-1]["actor"], f"server:game/{chess[1]}")
        self.assertTrue(self.admin("audit.verify")["right"])
        with contextlib.closing(sqlite3.connect(os.path.join(self.server.data, "directory.db"))) as db:
            db.execute("UPDATE audit SET actor = 'operator' WHERE seq = ?", (entries[-1]["seq"],))
            db.commit()
        verdict = self.admin("audit.verify")
        self.assertEqual((verdict["right"], verdict["wrong"]),
                         (False, f"entry {entries[-1]['seq']} is not as it was written"))


class Isolation(ApiTest):
    """Every operation of the document, called by one app with the ids and names of another: as if those did not exist."""

    # Names and ids of the other app, by parameter; values that are this app's own business otherwise.
    OWN = {"nickname": "Somebody new", "name": "A new name", "msg": "hello", "password": "swordfish", "platform": "web",
           "networks": [], "calls": [], "user": "u", "of_app": "go", "new": "new-name", "friends": "on_request", "messages": "anyone",
           "devices": "allow", "avatar": "a", "description": "d", "reason": "r", "kind": "text", "limit": 5, "after": 0,
           "body": None, "idempotency_key": None}
    # What there is no foreign thing to name in: the call is about the own app alone.
    WITHOUT_IDS = {"app.show", "zones.list", "zones.create", "batch"}

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.made = False

    def setUp(self):
        cls = type(self)
        if cls.made:
            return
        cls.mine, cls.theirs = self.app("chess"), self.app("go")
        for app in (self.mine, self.theirs):
            self.done(app, "POST", "/api/v1/zones", {"zone": "same"})
        self.done(self.theirs, "POST", "/api/v1/zones", {"zone": "secret-zone"})
        cls.member, cls.owner = (self.member_of(self.theirs, "secret-zone", n) for n in ("Hidden", "Secretive"))
        cls.room = self.done(self.theirs, "POST", "/api/v1/zones/secret-zone/rooms",
                              {"name": "Secret room", "owner": self.owner})["room"]
        cls.made = True

    def value(self, name, zone):
        theirs = {"zone": zone or "one-more", "member": self.member, "room": self.room, "owner": self.owner, "from": self.owner,
                  "app": "go", "server": "game", "key": self.theirs[1]}
        if name in theirs:
            return theirs[name]
        self.assertIn(name, self.OWN, "a new parameter: say here what another app's is, or that there is none")
        return self.OWN[name]

    def operations(self):
        status, text, _ = self.server.get("/api/v1/openapi.json")
        self.assertEqual(status, 200)
        for path, methods in json.loads(text)["paths"].items():
            for method, operation in methods.items():
                yield path, method.upper(), operation

    def request_of(self, path, method, operation, zone):
        """The target and body of a call with everything of the other app in it."""
        query, body = [], {}
        # A zone to be made is no foreign one.
        zone = None if operation["operationId"] == "zones.create" else zone
        for param in operation.get("parameters", []):
            if param["in"] == "path":
                path = path.replace("{%s}" % param["name"], str(self.value(param["name"], zone)))
            elif param["name"] != "app":
                query.append(f"{param['name']}={self.value(param['name'], zone)}".replace(" ", "%20"))
        schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
        for name in schema.get("properties", {}):
            value = self.value(name, zone)
            if name == "name" and schema["properties"][name].get("pattern"):
                value = self.OWN["new"]
            if value is not None:
                body[name] = value
        return path + ("?" + "&".join(query) if query else ""), body if method != "GET" else None

    def test_every_operation_answers_as_if_the_others_things_did_not_exist(self):
        victim = self.client_of(self.theirs, "secret-zone", self.member)
        before = self.server.log()
        seen = set()
        for path, method, operation in self.operations():
            name = operation["operationId"]
            seen.add(name)
            for zone in ("secret-zone", "same"):
                target, body = self.request_of(path, method, operation, zone)
                answer = self.call(self.mine, method, target, body)
                with self.subTest(operation=name, zone=zone):
                    if operation["x-plaza-who"] == "operators":
                        self.assertEqual(answer.code, "not_permitted")
                    elif name in self.WITHOUT_IDS:
                        self.assertIn(answer.code, ("ok", "name_taken") if name == "zones.create" else ("ok",), answer.text)
                    elif zone == "secret-zone":
                        self.assertEqual((answer.status, answer.code), (404, "not_found"), answer.text)
                    elif {"member", "room", "owner"} & set(re.findall(r"\w+", path)) or name == "rooms.create":
                        self.assertEqual((answer.status, answer.code), (404, "not_found"), answer.text)
                    for word in ("Hidden", "Secretive", "Secret room", "secret-zone", self.theirs[1], '"go"'):
                        self.assertNotIn(word, answer.text)
        self.assertGreaterEqual(len(seen), 36)
        for name in ("secret-zone", "Hidden", "go\"", self.theirs[1]):
            self.assertNotIn(name, self.server.log()[len(before):])
        self.assertNotIn("chess", self.server.get("/metrics")[1])
        self.assertNotIn("secret-zone", self.server.get("/metrics")[1])
        self.assertEqual(victim.ask(msgid=29)["errno"], 0, "nobody kicked it")
        room = self.done(self.theirs, "GET", f"/api/v1/zones/secret-zone/rooms/{self.room}")
        self.assertEqual([m["member"] for m in room["list"]], [self.owner])

    def test_the_same_holds_in_a_batch_and_the_app_cannot_be_named(self):
        calls = [{"op": "members.show", "params": {"zone": "secret-zone", "member": self.member}},
                 {"op": "members.show", "params": {"zone": "same", "member": self.member}},
                 {"op": "members.show", "params": {"zone": "secret-zone", "member": self.member, "app": "go"}}]
        results = self.done(self.mine, "POST", "/api/v1/batch", {"calls": calls})["results"]
        self.assertEqual([r["error"]["code"] for r in results], ["not_found", "not_found", "bad_request"])

    def test_their_members_are_not_in_the_others_list_of_who_is_online(self):
        victim = self.client_of(self.theirs, "secret-zone", self.member)
        self.assertEqual(self.done(self.mine, "GET", "/api/v1/zones/same/online")["members"], [])
        self.assertEqual([m["member"] for m in self.done(self.theirs, "GET", "/api/v1/zones/secret-zone/online")["members"]],
                         [self.member])
        self.assertEqual(victim.ask(msgid=29)["errno"], 0)


class Typed(ApiTest):
    """`plaza admin`, as an operator types it."""

    def say(self, *words, code=0):
        ran = subprocess.run([plaza.BINARY, "admin", *words, "--data-dir", self.server.data], capture_output=True, text=True)
        self.assertEqual(ran.returncode, code, ran.stdout + ran.stderr)
        return ran.stdout if code == 0 else ran.stdout + ran.stderr


class CommandLine(Typed):
    def test_an_app_comes_into_being_and_its_key_opens_it(self):
        self.say("app", "create", "chess")
        self.say("server", "register", "game", "--app", "chess", "--networks", "127.0.0.1,10.0.0.0/8")
        key = json.loads(self.say("key", "create", "game", "--app", "chess", "--json"))
        app = ("chess", key["key"], key["secret"])
        self.assertEqual(self.call(app, "GET", "/api/v1/app").json["app"], "chess")
        self.say("zone", "create", "eu-1", "--app", "chess")
        ann = self.member_of(app, "eu-1", "Ann")
        client = self.client_of(app, "eu-1", ann)
        self.assertIn("Ann", self.say("member", "show", "eu-1", str(ann), "--app", "chess"))
        self.assertIn("game", self.say("online", "eu-1", "--app", "chess"))
        self.say("kick", "eu-1", str(ann), "--app", "chess", "--reason", "maintenance")
        self.assertEqual(client.goodbye()["reason"], "maintenance")
        self.say("key", "revoke", "game", key["key"], "--app", "chess")
        self.assertEqual(self.call(app, "GET", "/api/v1/app").status, 401)
        self.assertIn("keys.revoke", self.say("audit", "list"))
        self.assertIn("right        yes", self.say("audit", "verify"))

    def test_a_refusal_is_told_by_the_exit_code(self):
        self.assertIn("not_found", self.say("zone", "disable", "nowhere", code=1))
        self.assertIn("app crate", self.say("app", "crate", code=2))


class CommandLineOnAWrongLog(Typed):
    def test_it_is_told_by_the_exit_code(self):
        self.say("app", "create", "chess")
        with contextlib.closing(sqlite3.connect(os.path.join(self.server.data, "directory.db"))) as db:
            db.execute("DELETE FROM audit WHERE seq = (SELECT MAX(seq) FROM audit)")
            db.commit()
        self.assertIn("is missing", self.say("audit", "verify", code=1))


class OnlinePages(ApiTest):
    def test_the_pages_have_everybody_once_by_id(self):
        app = self.app()
        self.done(app, "POST", "/api/v1/zones", {"zone": "one"})
        ids = [self.member_of(app, "one", f"Member {i}") for i in range(7)]
        clients = [self.client_of(app, "one", member) for member in ids]
        seen, after = [], 0
        while after is not None:
            page = self.done(app, "GET", f"/api/v1/zones/one/online?limit=3&after={after}")
            self.assertLessEqual(len(page["members"]), 3)
            seen += [one["member"] for one in page["members"]]
            after = page.get("next")
        self.assertEqual(seen, sorted(ids))
        self.assertEqual(len(clients), 7)


if __name__ == "__main__":
    plaza.main()
