"""What members set of themselves, and the app of them: names, avatars, custom, and who may write and become a friend."""

import json
import unittest

import plaza
from api import ApiTest

SET_MEMBER, MEMBER_EVENT = 150, 151


class Members(ApiTest):
    settings = ["member.request_rate_per_s=0", "member.custom_bytes_max=200", "member.own_custom=true"]

    def set(self, client, expect=0, **fields):
        answer = client.ask(msgid=SET_MEMBER, **fields)
        self.assertEqual((answer["msgid"], answer["errno"]), (21, expect), answer)
        return answer

    def friends(self):
        """(ann, bob), who are friends; nothing waits for them."""
        ann, bob = self.member(), self.member()
        self.assertEqual(ann.ask(msgid=6, friendid=bob.id)["errno"], 0)
        bob.receive_until(40)
        return ann, bob

    def test_a_new_name_and_avatar_is_seen_wherever_names_are(self):
        ann, bob = self.friends()
        group = ann.ask(msgid=8, groupname="tea " + ann.name)["groupid"]
        self.assertEqual(bob.ask(msgid=10, groupid=group)["errno"], 0)
        name = "Anna " + self.name()
        self.set(ann, nickname=name, avatar="cat.png", custom={"level": 7, "title": "Dame"})
        event = bob.receive_until(MEMBER_EVENT)
        self.assertEqual(event, {"msgid": MEMBER_EVENT, "id": ann.id, "name": name, "avatar": "cat.png", "custom": {"level": 7, "title": "Dame"}})
        entry = [one for one in bob.ask(msgid=34)["friends"] if one["id"] == ann.id][0]
        self.assertEqual((entry["name"], entry["avatar"]), (name, "cat.png"))
        users = {one["id"]: one for one in bob.ask(msgid=45, groupid=group)["users"]}
        self.assertEqual((users[ann.id]["name"], users[ann.id]["avatar"]), (name, "cat.png"))
        self.assertNotIn("avatar", users[bob.id])
        for question in ({"id": ann.id}, {"nickname": name.upper()}):
            found = bob.ask(msgid=48, **question)
            self.assertEqual((found["id"], found["name"], found["avatar"], found["custom"]), (ann.id, name, "cat.png", {"level": 7, "title": "Dame"}))
        self.assertEqual(bob.ask(msgid=48, nickname=ann.name)["errno"], 1)
        ann.ask(msgid=5, toid=bob.id, msg="hello", send_id=1)
        self.assertEqual(bob.receive_until(5)["name"], name)
        # What was said before was said by who one was then; what is set is there again at the next login, also by token.
        for _ in range(2):
            token = ann.token
            ann.close()
            ann = self.connect()
            ack = ann.ask(msgid=1, token=token)
            self.assertEqual((ack["name"], ack["avatar"], ack["custom"]), (name, "cat.png", {"level": 7, "title": "Dame"}))
            ann.token, ann.id = token, ack["id"]
            ann.ask(msgid=18)
        self.set(ann, avatar="", custom={})
        event = bob.receive_until(MEMBER_EVENT)
        self.assertEqual((event["name"], event["avatar"]), (name, ""))
        self.assertNotIn("custom", event)

    def test_another_device_of_ones_own_is_told(self):
        ann = self.member()
        phone = self.connect()
        phone.enter(ann.name, "phone")
        self.set(ann, avatar="x", messages_from="friends")
        self.assertEqual(phone.receive_until(MEMBER_EVENT)["avatar"], "x")
        ann.nothing_within()
        again = self.connect()
        ack = again.enter(ann.name, "third")
        self.assertEqual((ack["messages_from"], ack["avatar"]), ("friends", "x"))
        self.assertNotIn("friends_from", ack)

    def test_what_is_refused_changes_nothing(self):
        ann, bob = self.friends()
        for expect, fields in ((17, {"nickname": bob.name}), (17, {"nickname": bob.name.upper(), "avatar": "new"}), (18, {"nickname": "x"}),
                               (18, {"nickname": "a\u202eb"}), (8, {"avatar": "a" * 257}), (8, {"friends_from": "friends"}),
                               (8, {"messages_from": "nobody"}), (8, {"custom": {"a": "x" * 193}}), (8, {"custom": "text"}), (8, {"custom": []})):
            with self.subTest(fields=fields):
                self.set(ann, expect, **fields)
        found = bob.ask(msgid=48, id=ann.id)
        self.assertEqual((found["name"], found["avatar"]), (ann.name, ""))
        bob.nothing_within()
        # At the edge it is taken; and blanks do not count.
        custom = {"a": "x" * 192}
        self.assertEqual(len(json.dumps(custom, separators=(",", ":"))), 200)
        ann.send_bytes(json.dumps({"msgid": SET_MEMBER, "rid": 900, "custom": custom}, indent=20).encode())
        while (answer := ann.receive()).get("rid") != 900:
            pass
        self.assertEqual(answer["errno"], 0, answer)
        self.set(ann, avatar="a" * 256)
        self.assertEqual(bob.ask(msgid=48, id=ann.id)["custom"], custom)

    def test_who_takes_messages_of_friends_and_requests_of_nobody(self):
        ann, bob = self.friends()
        eve = self.member()
        self.assertEqual(eve.ask(msgid=5, toid=bob.id, msg="hello", send_id=1)["errno"], 0)
        self.set(bob, messages_from="friends", friends_from="nobody")
        self.assertEqual(eve.ask(msgid=5, toid=bob.id, msg="hello?", send_id=2)["errno"], 12)
        self.assertEqual(eve.ask(msgid=6, friendid=bob.id)["errno"], 6)
        self.assertEqual(ann.ask(msgid=5, toid=bob.id, msg="hello", send_id=1)["errno"], 0)
        self.set(bob, friends_from="request")
        self.assertEqual(eve.ask(msgid=6, friendid=bob.id)["friendship"], "requested")
        self.assertEqual(bob.ask(msgid=36, friendid=eve.id, accept=True)["errno"], 0)
        self.assertEqual(eve.ask(msgid=5, toid=bob.id, msg="hello!", send_id=2)["errno"], 0)
        self.server.signal(9)
        self.server.wait()
        self.server.restart()
        frank = self.member()
        self.assertEqual(frank.ask(msgid=5, toid=bob.id, msg="hello", send_id=1)["errno"], 12)

    def test_the_apps_server_sets_all_of_it(self):
        app = self.app()
        self.done(app, "POST", "/api/v1/zones", {"zone": "eu"})
        where = "/api/v1/zones/eu/members/"
        ids = [self.member_of(app, "eu", name) for name in ("Ann", "Bob")]
        ann, bob = (self.client_of(app, "eu", one) for one in ids)
        self.assertEqual(ann.ask(msgid=6, friendid=ids[1])["errno"], 0)
        bob.receive_until(40)
        shown = self.done(app, "POST", where + str(ids[0]), {"nickname": "Anna", "custom": {"level": 8}, "messages_from": "friends"})
        self.assertEqual(shown, {"member": ids[0], "nickname": "Anna", "online": True, "custom": {"level": 8}, "friends_from": "anyone",
                                 "messages_from": "friends"})
        self.assertEqual(self.done(app, "GET", where + str(ids[0])), shown)
        for client in (ann, bob):
            event = client.receive_until(MEMBER_EVENT)
            self.assertEqual((event["id"], event["name"], event["custom"]), (ids[0], "Anna", {"level": 8}))
        # She is told what is hers, her friends only what they see.
        self.done(app, "POST", where + str(ids[0]), {"friends_from": "nobody"})
        ann.receive_until(MEMBER_EVENT)
        bob.nothing_within()
        for status, body in ((409, {"nickname": "bob"}), (400, {"nickname": "x"}), (400, {"custom": {"a": "x" * 193}}), (400, {"custom": 1}),
                             (400, {"friends_from": "all"}), (400, {"avatar": "a" * 257})):
            with self.subTest(body=body):
                self.assertEqual(self.call(app, "POST", where + str(ids[0]), body).status, status)
        self.assertEqual(self.call(app, "POST", where + "99", {"avatar": "a"}).status, 404)
        again = self.done(app, "POST", where + str(ids[0]), {"custom": {}})
        self.assertNotIn("custom", again)


class OwnersOfTheirProfiles(ApiTest):
    settings = ["member.own_nickname=false", "member.own_avatar=false"]

    def test_where_only_the_app_sets_names_members_set_the_rest(self):
        ann = self.member()
        for fields in ({"nickname": "Anna"}, {"avatar": "x"}, {"custom": {"level": 99}}, {"messages_from": "friends", "nickname": "Anna"}):
            with self.subTest(fields=fields):
                answer = ann.ask(msgid=SET_MEMBER, **fields)
                self.assertEqual((answer["errno"], answer["field"]), (12, [name for name in fields if name != "messages_from"][0]))
        self.assertEqual(ann.ask(msgid=SET_MEMBER, messages_from="friends")["errno"], 0)
        found = ann.ask(msgid=48, id=ann.id)
        self.assertEqual((found["name"], found["avatar"]), (ann.name, ""))


if __name__ == "__main__":
    plaza.main()
