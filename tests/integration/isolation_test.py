"""Two apps on one server: every request a client can make, with the ids and names of the other app in it, is answered as if those did not
exist, and nobody of the other app hears of it."""

import json
import os
import re

import plaza
from api import ApiTest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# What nobody has: an id of the same length, names of the same length.
NOBODY = {"member": 987654321, "group": 987654322, "groupname": "Nothing at all", "nickname": "Nobodyish", "account": "nobodyish",
          "channel": "nothing", "cseq": 1, "mid": 987654323, "token_id": 987654324}

# What a request says of the other app's things, by msgid. `x` has the ids and names: those of the other app, and then those of nobody.
OF_THEM = {
    1: [lambda x: {"account": x["account"], "password": "secret", "device": "d", "app": x["app"], "zone": "same"}],
    3: [],
    5: [lambda x: {"toid": x["member"], "msg": "hello", "send_id": 1}],
    6: [lambda x: {"friendid": x["member"]}],
    10: [lambda x: {"groupid": x["group"]}, lambda x: {"groupname": x["groupname"]}],
    12: [lambda x: {"groupid": x["group"], "msg": "hello", "send_id": 1}],
    16: [lambda x: {"id": x["member"]}],
    22: [lambda x: {"friendid": x["member"], "since": 0}, lambda x: {"groupid": x["group"], "since": 0}],
    24: [lambda x: {"friendid": x["member"]}, lambda x: {"groupid": x["group"]}],
    27: [lambda x: {"friendid": x["member"], "read": 1}, lambda x: {"groupid": x["group"], "read": 1}],
    36: [lambda x: {"friendid": x["member"], "accept": True}],
    37: [lambda x: {"friendid": x["member"]}],
    38: [lambda x: {"friendid": x["member"], "blocked": True}],
    39: [lambda x: {"friendid": x["member"], "remark": "r"}],
    42: [lambda x: {"groupid": x["group"]}],
    45: [lambda x: {"groupid": x["group"]}],
    48: [lambda x: {"nickname": x["nickname"]}, lambda x: {"id": x["member"]}, lambda x: {"groupname": x["groupname"]}],
    53: [lambda x: {"token_id": x["token_id"]}],
    60: [lambda x: {"groupid": x["group"], "groupdesc": "taken"}],
    61: [lambda x: {"groupid": x["group"]}],
    63: [lambda x, action=action: {"groupid": x["group"], "id": x["member"], "action": action}
         for action in ("invite", "approve", "refuse", "kick", "ban", "unban", "unmute", "make_admin", "remove_admin", "transfer")],
    64: [lambda x, kind=kind: {"groupid": x["group"], "list": kind} for kind in ("requests", "invitations", "bans")],
    68: [lambda x: {"groupid": x["group"], "cseq": x["cseq"], "pinned": True}],
    69: [lambda x: {"groupid": x["group"]}],
    70: [lambda x: {"groupid": x["group"], "for_ms": 0}],
    85: [lambda x: {"channel": x["channel"]}],
    87: [lambda x: {"channel": x["channel"]}],
    88: [lambda x: {"channel": x["channel"], "msg": "hello"}],
    94: [lambda x: {"friendid": x["member"], "typing": True}, lambda x: {"groupid": x["group"], "typing": True}],
    95: [lambda x: {"groupid": x["group"], "watch": True}],
    100: [lambda x: {"friendid": x["member"], "cseq": x["cseq"], "reason": "r"},
          lambda x: {"groupid": x["group"], "cseq": x["cseq"], "reason": "r"}],
    120: [lambda x: {"friendid": x["member"], "cseq": x["cseq"], "send_id": 1},
          lambda x: {"groupid": x["group"], "cseq": x["cseq"], "send_id": 1}],
    121: [lambda x: {"friendid": x["member"], "cseq": x["cseq"], "msg": "better", "send_id": 1},
          lambda x: {"groupid": x["group"], "cseq": x["cseq"], "msg": "better", "send_id": 1}],
    122: [lambda x: {"friendid": x["member"], "cseq": x["cseq"]}, lambda x: {"groupid": x["group"], "cseq": x["cseq"]}],
    130: [lambda x: {"query": "psst"}, lambda x: {"query": "psst", "friendid": x["member"]},
          lambda x: {"query": "psst", "groupid": x["group"]}],
}
# Requests about oneself alone: there is nothing of anybody else to name in them.
OF_ONESELF = {8, 13, 14, 18, 26, 29, 32, 34, 43, 50, 51, 66, 92, 150}


def declared():
    """{msgid: name} of what clients send, from the table of docs/protocol.md (which is checked against the program's)."""
    with open(os.path.join(ROOT, "docs", "protocol.md")) as file:
        return {int(number): name for number, name in re.findall(r"^\| (\d+) \| (\w+) \| C", file.read(), re.M)}


class Isolation(ApiTest):
    settings = ["member.request_rate_per_s=0"]

    def setUp(self):
        # Names that say nothing in a word of a message: they are looked for in what is answered and logged.
        self.mine, self.theirs = (self.app(name + self.name()) for name in ("chess-", "go-"))
        for app in (self.mine, self.theirs):
            self.done(app, "POST", "/api/v1/zones", {"zone": "same"})
        self.hidden = self.member_of(self.theirs, "same", "Hiddenish")
        self.victim = self.client_of(self.theirs, "same", self.hidden)
        group = self.victim.ask(msgid=8, groupname="Secret society")["groupid"]
        self.assertEqual(self.victim.ask(msgid=12, groupid=group, msg="psst", send_id=1)["errno"], 0)
        other = self.member_of(self.theirs, "same", "Confidant")
        self.assertEqual(self.victim.ask(msgid=5, toid=other, msg="psst", send_id=2)["errno"], 0)
        token_id = self.victim.ask(msgid=51)["tokens"][0]["id"]
        self.them = {"member": self.hidden, "group": group, "groupname": "Secret society", "nickname": "Hiddenish",
                     "account": "hiddenish", "channel": "nothing", "cseq": 1, "mid": 1, "token_id": token_id, "app": self.mine[0]}
        self.ann = self.client_of(self.mine, "same", self.member_of(self.mine, "same", "Ann"))

    def without_ids(self, answer, of):
        """The answer with what was asked about replaced."""
        names = {"id": "member", "toid": "member", "friendid": "member", "groupid": "group", "token_id": "token_id",
                 "groupname": "groupname", "nickname": "nickname", "account": "account", "name": "nickname"}

        def replaced(key, value):
            if isinstance(value, dict):
                return {k: replaced(k, v) for k, v in value.items()}
            if isinstance(value, list):
                return [replaced(key, one) for one in value]
            return f"<{names[key]}>" if key in names and value == of[names[key]] else value

        return {key: replaced(key, value) for key, value in answer.items() if key != "rid"}

    def test_every_request_that_names_somebody_or_something_is_tried_here(self):
        asked = declared()
        self.assertGreaterEqual(len(asked), 44)
        for msgid, name in asked.items():
            with self.subTest(request=name):
                self.assertTrue(msgid in OF_THEM or msgid in OF_ONESELF,
                                "a new request: say here how it names things of others, or that it names none")

    def test_everything_is_answered_as_if_the_others_things_did_not_exist(self):
        log, pushed = len(self.server.log()), self.victim.ask(msgid=29)["head"]
        names = declared()
        for msgid, ways in OF_THEM.items():
            for number, way in enumerate(ways):
                with self.subTest(request=names[msgid], way=number):
                    answers = []
                    for x in (self.them, {**NOBODY, "app": self.mine[0]}):
                        # Logging in and entering are tried on connections of their own.
                        client = self.ann
                        if msgid in (1, 16):
                            client = self.connect()
                            if msgid == 16:
                                client.ask(msgid=1, account=self.account, password="secret", device="d")
                        answer = client.ask(msgid=msgid, **way(x))
                        for word in ("Hiddenish", "Secret society", "Confidant", "psst"):
                            if word not in json.dumps(way(x)):
                                self.assertNotIn(word, json.dumps(answer))
                        answers.append((answer.get("errno"), self.without_ids(answer, x)))
                    self.assertEqual(*answers)
        # Nobody over there was told anything, and all is as it was.
        self.assertEqual(self.victim.ask(msgid=29)["head"], pushed)
        info = self.victim.ask(msgid=61, groupid=self.them["group"])
        self.assertEqual((info["groupname"], info["groupdesc"], info["member_count"], info["pins"]), ("Secret society", "", 1, []))
        self.assertEqual(self.victim.ask(msgid=34)["friends"], [])
        self.victim.nothing_within()
        said = self.server.log()[log:]
        for word in ("Hiddenish", "Secret society", "Confidant", "psst", self.theirs[0]):
            self.assertNotIn(word, said)
        metrics = self.server.get("/metrics")[1]
        for word in (self.mine[0], self.theirs[0], "Hiddenish", "Secret society"):
            self.assertNotIn(word, metrics)

    def test_the_same_names_are_free_in_each_app_and_a_channel_of_one_is_not_that_of_the_other(self):
        for client in (self.ann, self.victim):
            self.assertEqual(client.ask(msgid=85, channel="world")["errno"], 0)
        self.assertEqual(self.ann.ask(msgid=88, channel="world", msg="for chess")["errno"], 0)
        self.victim.nothing_within()
        group = self.ann.ask(msgid=8, groupname="Secret society")["groupid"]
        self.assertEqual(self.ann.ask(msgid=48, groupname="Secret society")["groupid"], group)
        self.assertNotEqual(group, self.them["group"])
        self.member_of(self.mine, "same", "Hiddenish")

    @property
    def account(self):
        """An account of the own app, by name and password."""
        name = self.name()
        made = self.connect().ask(msgid=3, name=name, password="secret", app=self.mine[0], zone="same")
        self.assertEqual(made["errno"], 0, made)
        return name


if __name__ == "__main__":
    plaza.main()
