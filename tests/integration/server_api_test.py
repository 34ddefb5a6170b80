"""The API for the apps' own servers, as a studio uses it: keys, signatures, isolation between two apps, and what clients see of it."""

import contextlib
import json
import os
import re
import sqlite3
import subprocess
import sys
import time

import plaza
from api import ApiTest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
STUDIO = os.path.join(ROOT, "examples", "studio.py")


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
            self.assertEqual(made["announced"], runs[0]["announced"])
        client = self.connect()
        ack = client.ask(msgid=1, token=runs[1]["tokens"]["Ann"])
        self.assertEqual((ack["errno"], ack["id"], ack["name"]), (0, runs[0]["members"]["Ann"], "Ann"))
        self.assertEqual([group["groupname"] for group in ack["groups"]], ["Lobby"])
        self.assertEqual(client.ask(msgid=18)["errno"], 0)
        shown = client.receive_until(5)
        self.assertEqual((shown["id"], shown["name"], shown["msg"]), (0, name, "It begins at 8."))
        page = client.ask(msgid=22, epoch=ack["epoch"], since=0)
        said = [(m["name"], m["msg"]) for m in page["messages"] if "msg" in m]
        self.assertEqual(said, [("Bob", "Welcome!"), (name, "It begins at 8.")],
                         "each once, though sent in both runs")
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

    def test_what_the_server_itself_says_to_a_member_is_a_notice_and_exactly_one(self):
        ann = self.member_of(self.chess, "one", "Ann")
        client = self.client_of(self.chess, "one", ann)
        path = f"/api/v1/zones/one/members/{ann}/messages"
        notice = {"body": {"gold": 5}, "name": "Bank", "idempotency_key": "n"}
        first = self.done(self.chess, "POST", path, notice)
        pushed = client.receive_until(5)
        self.assertEqual((pushed["id"], pushed["name"], pushed["toid"], pushed["body"], pushed["mid"]),
                         (0, "Bank", ann, {"gold": 5}, first["message"]))
        announced = self.done(self.chess, "POST", "/api/v1/announcements", {"zone": "one", "msg": "at noon", "name": "Plaza"})
        self.assertEqual(client.receive_until(5)["msg"], "at noon")
        self.server.signal(9)
        self.server.wait()
        with contextlib.closing(sqlite3.connect(os.path.join(self.server.data, "directory.db"))) as db:
            db.execute("UPDATE repeatable_call SET done = 0, answer = ''")
            db.commit()
        self.server.restart()
        self.assertTrue(self.done(self.chess, "POST", path, notice)["duplicate"])
        self.done(self.chess, "POST", path, {"msg": "last"})
        client = self.client_of(self.chess, "one", ann)
        page = client.ask(msgid=24, friendid=0)
        self.assertEqual([m.get("msg", m.get("body")) for m in page["messages"]], ["last", "at noon", {"gold": 5}])
        client.nothing_within(1.2)
        self.assertEqual(client.ask(msgid=24, friendid=0)["messages"][0]["msg"], "last",
                         "the announcement before a notice is not shown again")
        self.assertEqual(self.done(self.chess, "GET", f"/api/v1/announcements/{announced['announcement']}")["state"], "current")

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


class Rooms(ApiTest):
    def setUp(self):
        self.chess = self.app()
        self.done(self.chess, "POST", "/api/v1/zones", {"zone": "one"})
        self.ann, self.bob, self.cid = (self.member_of(self.chess, "one", name) for name in ("Ann", "Bob", "Cid"))
        self.room = self.done(self.chess, "POST", "/api/v1/zones/one/rooms", {"name": "Lobby", "owner": self.ann})["room"]
        self.path = f"/api/v1/zones/one/rooms/{self.room}"
        self.one, self.two, self.three = (self.client_of(self.chess, "one", m) for m in (self.ann, self.bob, self.cid))
        self.do("POST", "/members", member=self.bob)
        self.event(self.one), self.event(self.two)

    def do(self, method, path, **body):
        return self.done(self.chess, method, self.path + path, body if body or method != "GET" else None)

    def event(self, client):
        """The next change that the client is pushed, and whom it is about."""
        while True:
            pushed = client.receive_until(12)
            if pushed.get("kind") == 4:
                self.assertEqual(pushed["body"]["by"], {"id": 0, "name": "server"})
                return pushed["body"]["event"]

    def say(self, client, send_id, msg="?"):
        return client.ask(msgid=12, groupid=self.room, msg=msg, send_id=send_id)["errno"]

    def test_what_is_set_and_who_may_what_is_in_force_and_told(self):
        self.do("POST", "", name="Hall", speak="admins")
        self.assertEqual(self.event(self.two), "changed")
        self.assertEqual(self.say(self.two, 1), 12)
        self.do("POST", "/admins", member=self.bob)
        self.assertEqual(self.event(self.two), "admin_added")
        self.assertEqual(self.say(self.two, 1), 0)
        self.do("DELETE", f"/admins/{self.bob}")
        self.assertEqual(self.say(self.two, 2), 12)
        self.do("POST", "", speak="everyone")
        self.assertEqual(self.say(self.two, 2), 0)
        self.do("POST", "/mutes", member=self.bob, for_ms=3_600_000)
        self.assertEqual(self.say(self.two, 3), 32)
        self.do("DELETE", f"/mutes/{self.bob}")
        self.do("POST", "/mute")
        self.assertEqual((self.say(self.two, 3), self.say(self.one, 1)), (32, 0), "the owner speaks")
        self.do("DELETE", "/mute")
        self.assertEqual(self.say(self.two, 3), 0)
        self.do("POST", "/owner", member=self.bob)
        self.assertEqual(self.one.ask(msgid=61, groupid=self.room)["owner"], self.bob)
        self.assertEqual(self.two.ask(msgid=69, groupid=self.room)["errno"], 0, "the new owner may dissolve it")

    def test_who_is_banned_is_out_and_stays_out(self):
        self.do("POST", "/bans", member=self.bob)
        self.assertEqual(self.event(self.two), "banned")
        self.assertEqual(self.say(self.two, 1), 16)
        self.assertEqual(self.two.ask(msgid=10, groupid=self.room)["errno"], 33)
        self.assertEqual([one["nickname"] for one in self.do("GET", "/bans")["list"]], ["Bob"])
        self.do("DELETE", f"/bans/{self.bob}")
        self.assertEqual(self.two.ask(msgid=10, groupid=self.room)["errno"], 0)

    def test_requests_and_invitations_are_answered_by_the_app(self):
        self.do("POST", "", join="approval")
        self.assertEqual(self.three.ask(msgid=10, groupid=self.room)["errno"], 34)
        self.assertEqual([one["member"] for one in self.do("GET", "/requests")["list"]], [self.cid])
        self.do("POST", f"/requests/{self.cid}")
        self.assertEqual(self.event(self.three), "joined")
        self.assertEqual(self.say(self.three, 1), 0)
        self.do("DELETE", f"/members/{self.cid}")
        self.do("POST", "/invitations", member=self.cid)
        self.assertEqual([one["groupid"] for one in self.three.ask(msgid=66)["invitations"]], [self.room])
        self.do("DELETE", f"/requests/{self.cid}")
        self.assertEqual(self.three.ask(msgid=66)["invitations"], [])

    def test_the_server_takes_back_what_anybody_said_and_everybody_agrees(self):
        """In a room, between two members, and its own notice: in each the words are gone, and who comes later sees no more of them."""
        said = self.two.ask(msgid=12, groupid=self.room, msg="what nobody shall read", send_id=1)
        self.one.receive_until(12)
        path = f"{self.path}/messages/{said['cseq']}"
        taken = self.done(self.chess, "DELETE", path, {"idempotency_key": "r"})
        self.assertEqual((taken["seq"], taken["message"], taken["recalled_by"]), (said["cseq"], said["mid"], 0))
        pushed = self.one.receive_until(12)
        self.assertEqual((pushed["id"], pushed["kind"], pushed["body"]), (0, 5, {"change": "recalled", "cseq": said["cseq"]}))
        again = self.done(self.chess, "DELETE", path)
        self.assertEqual(again, taken, "the first one's time")
        heads = [m for m in self.do("GET", "/messages")["messages"] if m["kind"] == "change"]
        self.assertEqual([m["of"] for m in heads], [said["cseq"]], "once")
        there = [m for m in self.one.ask(msgid=24, groupid=self.room)["messages"] if m["cseq"] == said["cseq"]][0]
        self.assertEqual((there.get("msg", ""), there["recalled_ms"], there["recalled_by"]), ("", taken["recalled_ms"], 0))

        between = self.one.ask(msgid=5, toid=self.bob, msg="between us", send_id=1)
        self.assertEqual(between["errno"], 0, between)
        self.assertEqual(self.two.receive_until(5)["msg"], "between us")
        direct = f"/api/v1/zones/one/members/{self.bob}/messages/"
        taken = self.done(self.chess, "DELETE", direct + str(between["cseq"]), {"peer": self.ann})
        self.assertEqual((taken["message"], taken["recalled_by"]), (between["mid"], self.ann))
        for client in (self.one, self.two):
            pushed = client.receive_until(5)
            self.assertEqual(pushed["body"], {"change": "recalled", "cseq": between["cseq"]})

        self.done(self.chess, "POST", direct[:-1], {"msg": "a notice by mistake"})
        self.two.receive_until(5)
        self.done(self.chess, "DELETE", direct + "1")
        self.assertEqual(self.two.receive_until(5)["body"], {"change": "recalled", "cseq": 1})

        for wrong, code in ((path[:-len(str(said["cseq"]))] + "9999", "not_found"), (direct + "77", "not_found"), (self.path + "/messages/1", "conflict")):
            self.assertEqual(self.call(self.chess, "DELETE", wrong).code, code, wrong)

    def test_the_server_speaks_in_a_room_exactly_once_and_pins_what_was_said(self):
        hello = {"msg": "the game begins", "idempotency_key": "m"}
        first = self.done(self.chess, "POST", self.path + "/messages", hello)
        for client in (self.one, self.two):
            pushed = client.receive_until(12)
            self.assertEqual((pushed["id"], pushed["name"], pushed["msg"], pushed["mid"], pushed["cseq"]),
                             (0, self.chess[0], "the game begins", first["message"], first["seq"]))
        self.done(self.chess, "POST", self.path + "/messages", {"msg": "me too", "from": self.bob})
        pushed = self.one.receive_until(12)
        self.assertEqual((pushed["id"], pushed["name"], pushed["msg"]), (self.bob, "Bob", "me too"))
        self.server.signal(9)
        self.server.wait()
        with contextlib.closing(sqlite3.connect(os.path.join(self.server.data, "directory.db"))) as db:
            db.execute("UPDATE repeatable_call SET done = 0, answer = ''")
            db.commit()
        self.server.restart()
        again = self.done(self.chess, "POST", self.path + "/messages", hello)
        self.assertEqual((again["message"], again["seq"], again["duplicate"]), (first["message"], first["seq"], True))
        said, after = [], 0
        while after is not None:
            page = self.do("GET", f"/messages?limit=2&after={after}")
            said += [m["msg"] for m in page["messages"] if m["kind"] == "text"]
            after = page.get("next")
        self.assertEqual(said, ["the game begins", "me too"])
        self.do("POST", "/pins", seq=first["seq"])
        one = self.client_of(self.chess, "one", self.ann)
        self.assertEqual([pin["mid"] for pin in one.ask(msgid=61, groupid=self.room)["pins"]], [first["message"]])
        self.do("DELETE", f"/pins/{first['seq']}")
        self.assertEqual(one.ask(msgid=61, groupid=self.room)["pins"], [])
        self.do("DELETE", "")
        self.assertEqual(self.say(one, 1), 15)


class Order(ApiTest):
    """Mutes, bans, words, reports, announcements, channels."""

    def setUp(self):
        self.chess = self.app()
        self.done(self.chess, "POST", "/api/v1/zones", {"zone": "one"})
        self.ann, self.bob = (self.member_of(self.chess, "one", name) for name in ("Ann", "Bob"))
        self.one, self.two = (self.client_of(self.chess, "one", m) for m in (self.ann, self.bob))

    def do(self, method, path, **body):
        return self.done(self.chess, method, "/api/v1/zones/one" + path, body or None)

    def send(self, send_id, msg="hello"):
        return self.two.ask(msgid=5, toid=self.ann, msg=msg, send_id=send_id)

    def test_a_mute_and_a_ban_are_in_force_when_the_call_is_answered_and_end(self):
        muted = self.do("POST", f"/members/{self.bob}/mute", reason="spam", for_ms=3_600_000)
        refused = self.send(1)
        self.assertEqual((refused["errno"], refused["reason"], refused["until_ms"]), (40, "spam", muted["until_ms"]))
        self.assertTrue(self.do("DELETE", f"/members/{self.bob}/mute")["lifted"])
        self.assertEqual(self.send(1)["errno"], 0)
        self.do("POST", f"/members/{self.bob}/ban", reason="cheating")
        goodbye = self.two.goodbye()
        self.assertEqual((goodbye["errno"], goodbye["reason"]), (41, "cheating"))
        token = self.done(self.chess, "POST", f"/api/v1/zones/one/members/{self.bob}/token", {"platform": "game"})["token"]
        self.assertEqual(self.connect().ask(msgid=1, token=token)["errno"], 41)
        self.assertEqual([(s["member"], s["kind"]) for s in self.do("GET", "/sanctions")["sanctions"]], [(self.bob, "ban")])
        self.do("DELETE", f"/members/{self.bob}/ban")
        self.client_of(self.chess, "one", self.bob)

    def test_words_hold_for_the_next_message_and_reports_are_closed(self):
        word = self.do("POST", "/words", text="darn")["word"]
        self.assertEqual(self.send(1, "darn it")["errno"], 42)
        self.do("POST", "/words", text="darn", action="mask")
        self.assertEqual(self.send(1, "darn it")["errno"], 0)
        self.assertEqual(self.one.receive_until(5)["msg"], "**** it")
        self.do("DELETE", f"/words/{word}")
        self.assertEqual(self.send(2, "darn it")["errno"], 0)
        self.assertEqual(self.one.receive_until(5)["msg"], "darn it")
        wrong = self.call(self.chess, "POST", "/api/v1/zones/one/words", {"text": "(", "match": "pattern"})
        self.assertEqual((wrong.code, wrong.json["error"]["field"]), ("bad_request", "text"))
        self.assertEqual(self.one.ask(msgid=100, friendid=self.bob, cseq=2, reason="rude")["errno"], 0)
        report, = self.do("GET", "/reports")["reports"]
        self.assertEqual((report["msg"], report["from"], report["reporter"], report["reason"], report["where"]),
                         ("darn it", self.bob, self.ann, "rude", "member"))
        closed = self.do("POST", f"/reports/{report['report']}/close", resolution="warned")
        self.assertEqual((closed["state"], closed["resolution"]), ("closed", "warned"))
        self.assertEqual(self.do("GET", "/reports")["reports"], [])

    def test_an_announcement_reaches_those_it_is_for_and_can_be_taken_back(self):
        made = self.done(self.chess, "POST", "/api/v1/announcements",
                         {"zone": "one", "members": [self.bob], "msg": "you won", "name": "Referee"})
        shown = self.two.receive_until(5)
        self.assertEqual((shown["id"], shown["name"], shown["msg"]), (0, "Referee", "you won"))
        later = self.done(self.chess, "POST", "/api/v1/announcements",
                          {"msg": "never", "not_before_ms": int(time.time() * 1000) + 3_600_000})
        self.assertEqual(later["state"], "scheduled")
        for one in (made, later):
            taken = self.done(self.chess, "DELETE", f"/api/v1/announcements/{one['announcement']}")
            self.assertEqual(taken["state"], "withdrawn")
        self.assertEqual([one["state"] for one in self.done(self.chess, "GET", "/api/v1/announcements")["announcements"]],
                         ["withdrawn", "withdrawn"])
        self.assertEqual([m["msg"] for m in self.two.ask(msgid=24, friendid=0)["messages"]], ["you won"], "it keeps what it got")
        self.assertEqual(self.one.ask(msgid=24, friendid=0)["messages"], [], "it was not for Ann")

    def test_a_channel_is_declared_spoken_in_and_removed_under_its_followers(self):
        self.do("POST", "/channels", channel="news/eu", publish="servers", persistent=True)
        followed = self.one.ask(msgid=85, channel="news/eu")
        self.assertEqual(followed["errno"], 0)
        self.assertEqual(self.two.ask(msgid=88, channel="news/eu", msg="?", send_id=1)["errno"], 12)
        path = "/channels/news%2Feu/messages"
        first = self.do("POST", path, msg="first", idempotency_key="c")
        pushed = self.one.receive_until(90)
        self.assertEqual((pushed["id"], pushed["name"], pushed["msg"], pushed["seq"], pushed["epoch"], pushed["mid"]),
                         (0, self.chess[0], "first", first["seq"], first["epoch"], first["message"]))
        self.do("POST", path, msg="second", **{"from": self.bob})
        self.assertEqual(self.one.receive_until(90)["name"], "Bob")
        self.server.signal(9)
        self.server.wait()
        with contextlib.closing(sqlite3.connect(os.path.join(self.server.data, "directory.db"))) as db:
            db.execute("UPDATE repeatable_call SET done = 0, answer = ''")
            db.commit()
        self.server.restart()
        again = self.do("POST", path, msg="first", idempotency_key="c")
        self.assertEqual((again["seq"], again["message"], again["duplicate"]), (first["seq"], first["message"], True))
        self.assertEqual([m["msg"] for m in self.do("GET", path)["messages"]], ["first", "second"])
        client = self.client_of(self.chess, "one", self.ann)
        followed = client.ask(msgid=85, channel="news/eu", epoch=followed["epoch"], since=1)
        self.assertEqual([p["msg"] for p in followed["publications"]], ["second"])
        self.do("POST", "/channels", channel="news/eu", publish="everyone")
        self.assertEqual(client.ask(msgid=88, channel="news/eu", msg="mine", send_id=1)["errno"], 0)
        self.do("DELETE", "/channels/news%2Feu")
        self.assertEqual(client.receive_until(91)["channel"], "news/eu")
        self.assertEqual(client.ask(msgid=85, channel="news/eu")["errno"], 37)
        self.do("POST", "/channels/world/messages", msg="to all")
        self.assertEqual([c["channel"] for c in self.do("GET", "/channels")["channels"]], [])


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
           "body": None, "idempotency_key": None, "for_ms": 5000, "seq": 1, "text": "darn", "match": "anywhere", "action": "refuse",
           "state": "all", "resolution": "r", "not_before_ms": 0, "keep_ms": 5000, "join": "open", "speak": "everyone",
           "members_max": 5, "slow_mode_ms": 0, "history_visible": True, "persistent": True, "publish": "everyone",
           "history_max": 5, "history_age_ms": 0, "rate_per_s": 0, "rate_burst": 1, "rooms_max": 5,
           "sessions_max": 5, "message_rate_per_s": 5, "message_burst": 5, "stored_bytes_max": 5, "as_settings": [],
           "custom": {}, "friends_from": "anyone", "messages_from": "anyone",
           "kinds": ["report.made"], "since": 0, "url": "https://example.org/"}
    # What a call makes anew is this app's own.
    MADE = {("channels.put", "channel"): "own-channel"}
    # What there is no foreign thing to name in: the call is about the own app alone.
    WITHOUT_IDS = {"app.show", "zones.list", "zones.create", "announcements.list", "batch", "quotas.show", "events.subscribe", "events.show", "events.list",
                   "webhooks.create", "webhooks.list", "dead_letters.list"}
    # Which parameters of a call in a zone of one's own name something of the other app.
    FOREIGN = {"member", "peer", "room", "owner", "report", "word", "announcement", "account", "channel", "members", "webhook", "letter"}
    # Where some of those are made anew, or stand beside a path that is one's own.
    OWN_ZONE = {"members.create", "members.find", "channels.put", "channels.list"}

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
        there = "/api/v1/zones/secret-zone"
        self.done(self.theirs, "POST", there + "/channels", {"channel": "secret-channel", "persistent": True})
        cls.word = self.done(self.theirs, "POST", there + "/words", {"text": "secret word"})["word"]
        cls.announcement = self.done(self.theirs, "POST", "/api/v1/announcements",
                                     {"zone": "secret-zone", "msg": "secret news"})["announcement"]
        made = self.connect().ask(msgid=3, name="secretaccount", password="secret", app="go", zone="secret-zone")
        self.assertEqual(made["errno"], 0, made)
        client = self.client_of(self.theirs, "secret-zone", self.member)
        self.done(self.theirs, "POST", there + f"/members/{self.member}/messages", {"msg": "psst", "from": self.owner})
        self.assertEqual(client.ask(msgid=100, friendid=self.owner, cseq=1)["errno"], 0)
        cls.report = self.done(self.theirs, "GET", there + "/reports")["reports"][0]["report"]
        cls.webhook = self.done(self.theirs, "POST", "/api/v1/webhooks", {"url": "https://example.org/secret-zone"})["webhook"]
        cls.made = True

    def value(self, name, zone):
        theirs = {"zone": zone or "one-more", "member": self.member, "room": self.room, "owner": self.owner, "from": self.owner, "peer": self.owner,
                  "app": "go", "server": "game", "key": self.theirs[1], "members": [self.member], "report": self.report,
                  "word": self.word, "announcement": self.announcement, "account": "secretaccount", "channel": "secret-channel",
                  "webhook": self.webhook, "letter": 1}
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
            value = self.MADE.get((operation["operationId"], name)) or self.value(name, zone)
            if name == "name" and schema["properties"][name].get("pattern"):
                value = self.OWN["new"]
            if value is not None:
                body[name] = value
        return path + ("?" + "&".join(query) if query else ""), body if method != "GET" else None

    def names_foreign(self, path, operation):
        body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
        named = set(re.findall(r"{(\w+)}", path)) | set(body.get("properties", {}))
        return bool(named & self.FOREIGN) and operation["operationId"] not in self.OWN_ZONE

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
                    elif self.names_foreign(path, operation):
                        self.assertEqual((answer.status, answer.code), (404, "not_found"), answer.text)
                    for word in ("Hidden", "Secretive", "Secret room", "secret-zone", "secret-channel", "secret word",
                                 "secret news", "psst", self.theirs[1], '"go"'):
                        self.assertNotIn(word, answer.text)
        self.assertGreaterEqual(len(seen), 93)
        for name in ("secret-zone", "Hidden", "go\"", "secret word", "psst", self.theirs[1]):
            self.assertNotIn(name, self.server.log()[len(before):])
        self.assertNotIn("chess", self.server.get("/metrics")[1])
        self.assertNotIn("secret-zone", self.server.get("/metrics")[1])
        self.assertEqual(victim.ask(msgid=29)["errno"], 0, "nobody kicked it")
        room = self.done(self.theirs, "GET", f"/api/v1/zones/secret-zone/rooms/{self.room}")
        self.assertEqual([m["member"] for m in room["list"]], [self.owner])
        there = "/api/v1/zones/secret-zone"
        self.assertEqual(self.done(self.theirs, "GET", there + "/sanctions")["sanctions"], [])
        self.assertEqual([w["word"] for w in self.done(self.theirs, "GET", there + "/words")["words"]], [self.word])
        self.assertEqual([r["state"] for r in self.done(self.theirs, "GET", there + "/reports")["reports"]], ["open"])
        self.assertEqual(self.done(self.theirs, "GET", there + "/channels/secret-channel/messages")["messages"], [])
        self.assertEqual([a["state"] for a in self.done(self.theirs, "GET", "/api/v1/announcements")["announcements"]], ["current"])

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

    def test_all_that_is_kept_of_an_account_is_exported(self):
        app = self.app()
        self.done(app, "POST", "/api/v1/zones", {"zone": "one"})
        ann, bob = (self.member_of(app, "one", n) for n in ("Ann", "Bob"))
        anns, bobs = self.client_of(app, "one", ann), self.client_of(app, "one", bob)
        room = bobs.ask(msgid=8, groupname="Hall")["groupid"]
        self.assertEqual(anns.ask(msgid=10, groupid=room)["errno"], 0)
        for n in range(5):
            self.assertEqual(anns.ask(msgid=5, toid=bob, send_id=2 * n + 1, msg=f"to bob {n}")["errno"], 0)
            self.assertEqual(bobs.ask(msgid=5, toid=ann, send_id=2 * n + 1, msg=f"to ann {n}")["errno"], 0)
            self.assertEqual(anns.ask(msgid=12, groupid=room, send_id=2 * n + 2, msg=f"ann says {n}")["errno"], 0)
            self.assertEqual(bobs.ask(msgid=12, groupid=room, send_id=2 * n + 2, msg=f"bob says {n}")["errno"], 0)
        told = self.say("account", "export", "one", str(ann), "--app", app[0], "--all", "--json", "--limit", "3")
        pages = [json.loads(line)["records"] for line in told.splitlines()]
        self.assertGreater(len(pages), 5)
        records = [record for page in pages for record in page]
        said = [r["msg"] for r in records if r["record"] == "message" and "msg" in r]
        self.assertEqual(said, [text for n in range(5)
                                for text in (f"to bob {n}", f"to ann {n}", f"ann says {n}", f"bob says {n}")])
        self.assertEqual([(r["nickname"], r["zone"]) for r in records if r["record"] == "member"], [("Ann", "one")])
        self.assertEqual([r["name"] for r in records if r["record"] == "room"], ["Hall"])
        self.assertEqual([r["device"] for r in records if r["record"] == "login"], ["game"])
        # As a table, to the end.
        self.assertNotIn("more:", self.say("account", "export", "one", str(ann), "--app", app[0], "--all"))
        self.assertIn("more: --after", self.say("account", "export", "one", str(ann), "--app", app[0]))

    def test_a_refusal_is_told_by_the_exit_code(self):
        self.assertIn("not_found", self.say("zone", "disable", "nowhere", code=1))
        self.assertIn("app crate", self.say("app", "crate", code=2))


class CommandLineElsewhere(ApiTest):
    """`plaza admin --url`, as somebody on another machine types it, who has a key."""

    def say(self, *words, code=0, url=None, **environment):
        ran = subprocess.run([plaza.BINARY, "admin", *words, "--url", url or f"http://127.0.0.1:{self.server.http}"],
                             env={**os.environ, **environment}, capture_output=True, text=True)
        self.assertEqual(ran.returncode, code, ran.stdout + ran.stderr)
        return ran.stdout if code == 0 else ran.stderr

    def test_a_key_in_a_file_or_the_environment_does_what_that_key_may(self):
        name, key, secret = self.app()
        path = os.path.join(self.server.folder, "key")
        with open(path, "w") as file:
            file.write(f"{key}.{secret}\n")
        os.chmod(path, 0o600)
        self.say("zone", "create", "one", "--key-file", path)
        self.assertIn("one", self.say("zone", "list", PLAZA_ADMIN_KEY=f"{key}.{secret}"))
        self.assertIn("kinds", self.say("events", "show", "--key-file", path))
        self.assertIn("not_permitted", self.say("app", "list", "--key-file", path, code=1))
        self.assertIn("unauthorized", self.say("events", "show", PLAZA_ADMIN_KEY=f"{key}.{secret}x", code=1))
        self.assertEqual(self.admin("audit.list", of_app=name)["entries"][-1]["actor"], f"server:game/{key}")

    def test_what_is_wrong_is_said_before_anything_is_sent(self):
        _, key, secret = self.app()
        path = os.path.join(self.server.folder, "open-key")
        with open(path, "w") as file:
            file.write(f"{key}.{secret}")
        os.chmod(path, 0o644)
        self.assertIn("open to others", self.say("zone", "list", "--key-file", path, code=2))
        self.assertIn("needs a key", self.say("zone", "list", code=2))
        self.assertIn("looks so", self.say("zone", "list", PLAZA_ADMIN_KEY=key, code=2))
        self.assertIn("no path", self.say("zone", "list", url="http://127.0.0.1:1/x", PLAZA_ADMIN_KEY=f"{key}.{secret}", code=1))
        self.assertIn("are about this machine", self.say("zone", "list", "--data-dir", "x", PLAZA_ADMIN_KEY=f"{key}.{secret}", code=2))
        refused = self.say("zone", "list", url="http://127.0.0.1:1", PLAZA_ADMIN_KEY=f"{key}.{secret}", code=1)
        self.assertIn("http://127.0.0.1:1: ", refused)


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
