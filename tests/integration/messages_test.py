"""Answers, edits and recalls on a real server: the same for everybody, also after kill -9, and nothing of a recalled message is left on the disk."""

import glob
import os

import plaza

ONE_CHAT, GROUP_CHAT, SYNC, HISTORY, RECALL, EDIT, VERSIONS, SEARCH = 5, 12, 22, 24, 120, 121, 122, 130


class Messages(plaza.Test):
    settings = ("search.index_interval_ms=0", "search.member_rate_per_min=0", "message.edit_window_s=3600",
                "message.recall_window_s=3600", "message.edits_max=3")

    def setUp(self):
        self.ann, self.bob = self.member(), self.member()

    def say(self, client, to, text, send_id, **fields):
        ack = client.ask(msgid=ONE_CHAT, toid=to.id, msg=text, send_id=send_id, **fields)
        self.assertEqual(ack["errno"], 0, ack)
        return ack["cseq"]

    def history(self, client, **of):
        ack = client.ask(msgid=HISTORY, **of)
        self.assertEqual(ack["errno"], 0, ack)
        return {message["cseq"]: message for message in ack["messages"]}

    def come_back(self, client):
        again = self.connect()
        again.enter(client.name)
        again.name = client.name
        return again

    def test_everybody_has_an_edited_message_as_it_is_now(self):
        cseq = self.say(self.ann, self.bob, "helo", 1)
        self.assertEqual(self.bob.receive_until(ONE_CHAT)["msg"], "helo")
        edit = dict(msgid=EDIT, friendid=self.bob.id, cseq=cseq, msg="hello", send_id=2)
        ack = self.ann.ask(**edit)
        self.assertEqual((ack["errno"], ack["cseq"], ack["dup"]), (0, cseq + 1, False))
        self.assertTrue(self.ann.ask(**edit)["dup"])
        push = self.bob.receive_until(ONE_CHAT)
        self.assertEqual((push["kind"], push["body"]), (5, {"change": "edited", "cseq": cseq, "kind": 0, "msg": "hello"}))
        self.server.process.kill()
        self.server.wait()
        self.server.restart()
        for client, other in ((self.ann, self.bob), (self.bob, self.ann)):
            again = self.come_back(client)
            shown = self.history(again, friendid=other.id)
            self.assertEqual((shown[cseq]["msg"], shown[cseq]["edits"]), ("hello", 1))
            versions = again.ask(msgid=VERSIONS, friendid=other.id, cseq=cseq)
            self.assertEqual([version["msg"] for version in versions["versions"]], ["hello", "helo"])
            entry = again.ask(msgid=SYNC, since=0)["messages"][0]
            self.assertEqual((entry["seq"], entry["msg"]), (1, "hello"))
            if client is self.ann:
                ann = again
        self.assertTrue(ann.ask(**edit)["dup"], "once, also over kill -9")
        for text, error in (("2", 0), ("3", 0), ("4", 21)):
            self.assertEqual(ann.ask(msgid=EDIT, friendid=self.bob.id, cseq=cseq, msg=text)["errno"], error)

    def test_of_a_recalled_message_nothing_is_left(self):
        words = "".join(chr(ord("a") + digit % 26) for digit in os.urandom(12))
        cseq = self.say(self.ann, self.bob, f"{words} first", 1)
        self.assertEqual(self.ann.ask(msgid=EDIT, friendid=self.bob.id, cseq=cseq, msg=f"{words} second", send_id=2)["errno"], 0)
        found = lambda: self.bob.ask(msgid=SEARCH, query=words)["results"]
        plaza.wait_until(lambda: [one["snippet"] for one in found()] == [f"{words} second"], "the edited one to be found")
        recall = dict(msgid=RECALL, friendid=self.bob.id, cseq=cseq, send_id=3)
        self.assertEqual(self.ann.ask(**recall)["errno"], 0)
        self.assertEqual(found(), [])
        self.assertTrue(self.ann.ask(**recall)["dup"])
        self.assertEqual(self.ann.ask(msgid=RECALL, friendid=self.bob.id, cseq=cseq)["errno"], 45)
        self.assertEqual(self.server.stop(), 0)
        for file in glob.glob(os.path.join(self.server.data, "streams.db*")):
            with open(file, "rb") as content:
                self.assertNotIn(words.encode(), content.read(), file)
        self.server.restart()
        for client, other in ((self.ann, self.bob), (self.bob, self.ann)):
            again = self.come_back(client)
            shown = self.history(again, friendid=other.id)
            self.assertEqual((shown[cseq]["msg"], shown[cseq]["recalled_by"]), ("", self.ann.id))
            self.assertEqual(shown[cseq + 1]["body"], {"change": "edited", "cseq": cseq, "kind": 0})
            self.assertEqual(shown[cseq + 2]["body"], {"change": "recalled", "cseq": cseq})
            self.assertEqual(again.ask(msgid=VERSIONS, friendid=other.id, cseq=cseq)["versions"], [])
            self.assertEqual(again.ask(msgid=SEARCH, query=words)["results"], [])
            if client is self.ann:
                self.assertTrue(again.ask(**recall)["dup"])

    def test_an_admin_recalls_in_a_group_what_a_member_said(self):
        group = self.ann.ask(msgid=8, groupname=self.name())["groupid"]
        self.assertEqual(self.bob.ask(msgid=10, groupid=group)["errno"], 0)
        said = self.bob.ask(msgid=GROUP_CHAT, groupid=group, msg="rude", send_id=1)["cseq"]
        own = self.ann.ask(msgid=GROUP_CHAT, groupid=group, msg="please", send_id=1, reply_to=said)["cseq"]
        self.assertEqual(self.bob.ask(msgid=RECALL, groupid=group, cseq=own)["errno"], 12)
        self.assertEqual(self.ann.ask(msgid=EDIT, groupid=group, cseq=said, msg="kind")["errno"], 12)
        self.assertEqual(self.ann.ask(msgid=RECALL, groupid=group, cseq=said, send_id=2)["errno"], 0)
        shown = self.history(self.bob, groupid=group)
        self.assertEqual((shown[said]["msg"], shown[said]["recalled_by"]), ("", self.ann.id))
        self.assertEqual(shown[own]["reply_to"], said)

    def test_a_classic_client_is_shown_neither_changes_nor_what_was_recalled(self):
        old, name = self.registered()
        target = type("Peer", (), {"id": old})
        gone = self.say(self.ann, target, "gone", 1)
        self.say(self.ann, target, "stays", 2)
        self.assertEqual(self.ann.ask(msgid=RECALL, friendid=old, cseq=gone, send_id=3)["errno"], 0)
        classic = self.classic(name)
        self.assertEqual([message["msg"] for message in classic.login_ack["offlinemsg"]], ["stays"])
        self.assertEqual(self.ann.ask(msgid=EDIT, friendid=old, cseq=gone + 1, msg="stays!", send_id=4)["errno"], 0)
        self.say(self.ann, target, "next", 5)
        self.assertEqual(classic.receive_until(ONE_CHAT)["msg"], "next")


class Windows(plaza.Test):
    settings = ("message.edit_window_s=0", "message.recall_window_s=0")

    def test_that_are_zero_allow_nothing(self):
        ann, bob = self.member(), self.member()
        cseq = ann.ask(msgid=ONE_CHAT, toid=bob.id, msg="hi", send_id=1)["cseq"]
        for request in (dict(msgid=EDIT, msg="ho"), dict(msgid=RECALL)):
            self.assertEqual(ann.ask(friendid=bob.id, cseq=cseq, **request)["errno"], 46)


if __name__ == "__main__":
    plaza.main()
