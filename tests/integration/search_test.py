"""Searching on a real server: what was stored is found however often the server is killed between storing and indexing, the index can be
thrown away, and nobody finds what is not theirs to read."""

import glob
import os
import random
import unittest

import plaza

SEARCH, SEARCH_ACK = 130, 131


class Search(unittest.TestCase):
    settings = ("search.member_rate_per_min=0", "member.message_rate_per_s=0", "member.request_rate_per_s=0",
                "search.index_interval_ms=0")

    def setUp(self):
        self.server = plaza.Server(*self.settings)
        self.addCleanup(self.server.close)

    def connect(self):
        client = plaza.Client(self.server.tcp)
        self.addCleanup(client.close)
        return client

    def member(self, name, register=True):
        if register:
            self.assertEqual(self.connect().register(name)["errno"], 0)
        client = self.connect()
        client.enter(name)
        return client

    def behind(self):
        _, body, _ = self.server.get("/metrics")
        return [line for line in body.splitlines() if line.startswith("plaza_search_messages_behind ")][0].split()[1]

    def found(self, client, query, **fields):
        ack = client.ask(msgid=SEARCH, query=query, **fields)
        self.assertEqual((ack["msgid"], ack["errno"]), (SEARCH_ACK, 0), ack)
        return [result["snippet"] for result in ack["results"]]

    def wait_for(self, client, query, snippets):
        plaza.wait_until(lambda: self.found(client, query, limit=50) == snippets, f"{query} to find {snippets[:3]}")

    def say(self, client, to, *texts):
        for text in texts:
            client._sent = getattr(client, "_sent", 0) + 1
            ack = client.ask(msgid=5, toid=to, msg=text, send_id=client._sent)
            self.assertEqual(ack["errno"], 0, ack)

    def test_messages_are_found_by_those_who_may_read_them(self):
        ann, bob, eve = (self.member(name) for name in ("ann", "bob", "eve"))
        group = bob.ask(msgid=8, groupname="tea")["groupid"]
        self.assertEqual(ann.ask(msgid=10, groupid=group)["errno"], 0)
        self.say(bob, ann.id, "green tea", "今天天气很好")
        self.assertEqual(bob.ask(msgid=12, groupid=group, msg="tea for the group")["errno"], 0)
        self.wait_for(ann, "tea", ["tea for the group", "green tea"])
        self.assertEqual(self.found(bob, "gree tea"), ["green tea"])
        self.assertEqual(self.found(ann, "天气"), ["今天天气很好"])
        self.assertEqual(self.found(ann, "很"), ["今天天气很好"])
        self.assertEqual(self.found(ann, "tea", groupid=group), ["tea for the group"])
        self.assertEqual(self.found(ann, "tea", friendid=bob.id), ["green tea"])
        self.assertEqual(self.found(eve, "tea"), [])
        self.assertEqual(eve.ask(msgid=SEARCH, query="tea", groupid=group)["errno"], 16)
        self.assertEqual(self.found(eve, "tea", friendid=bob.id), [])
        self.assertEqual(ann.ask(msgid=42, groupid=group)["errno"], 0)
        self.assertEqual(self.found(ann, "tea"), ["green tea"])

    def test_what_a_client_types_is_no_language(self):
        ann, bob = self.member("ann"), self.member("bob")
        self.say(bob, bob.id, "secret")
        self.say(bob, ann.id, "tea")
        self.wait_for(ann, "tea", ["tea"])
        for query in ('secret" OR "tea', "tea OR secret", 'tea") OR (place:"m2', "place : secret", "NOT nothing", "*", '"', "tea*",
                      "NEAR(tea secret)", "'; DROP TABLE document; --", "^tea", "-secret"):
            ack = ann.ask(msgid=SEARCH, query=query)
            self.assertIn(ack["errno"], (0, 8), (query, ack))
            self.assertNotIn("secret", [result["snippet"] for result in ack.get("results", [])], query)
        self.assertEqual(self.found(ann, "tea"), ["tea"])

    def test_nothing_is_missed_however_often_the_server_is_killed(self):
        ann, bob = self.member("ann"), self.member("bob")
        numbers = random.Random(7)
        said = []
        for _ in range(12):
            for _ in range(numbers.randrange(1, 40)):
                said.append(f"tea {len(said)}")
                self.say(bob, ann.id, said[-1])
            sent = bob._sent
            self.server.process.kill()
            self.server.wait()
            self.server.restart()
            ann, bob = self.member("ann", register=False), self.member("bob", register=False)
            bob._sent = sent
        plaza.wait_until(lambda: self.behind() == "0", "the index")
        found, before = [], {}
        while True:
            ack = ann.ask(msgid=SEARCH, query="tea", limit=50, **before)
            found += [result["snippet"] for result in ack["results"]]
            if not ack["more"]:
                break
            before = {"before": ack["before"]}
        self.assertEqual(found, list(reversed(said)))

    def test_the_index_can_be_deleted_and_damaged(self):
        ann, bob = self.member("ann"), self.member("bob")
        self.say(bob, ann.id, "tea")
        self.wait_for(ann, "tea", ["tea"])
        for harm in ("delete", "damage"):
            self.assertEqual(self.server.stop(), 0)
            files = glob.glob(os.path.join(self.server.data, "search.db*"))
            self.assertTrue(files)
            for file in files:
                if harm == "delete":
                    os.unlink(file)
                else:
                    with open(file, "r+b") as damaged:
                        damaged.write(os.urandom(8192))
            self.server.start()
            ann = self.member("ann", register=False)
            self.wait_for(ann, "tea", ["tea"])

    def test_after_a_restored_copy_of_the_messages_their_words_are_found_and_no_others(self):
        ann, bob = self.member("ann"), self.member("bob")
        self.say(bob, ann.id, "first tea")
        self.wait_for(ann, "tea", ["first tea"])
        self.assertEqual(self.server.stop(), 0)
        streams = os.path.join(self.server.data, "streams.db")
        with open(streams, "rb") as file:
            copy = file.read()
        self.server.start()
        bob = self.member("bob", register=False)
        bob._sent = 1
        self.say(bob, ann.id, "lost tea", "lost too")
        ann = self.member("ann", register=False)
        self.wait_for(ann, "lost", ["lost too", "lost tea"])
        self.assertEqual(self.server.stop(), 0)
        with open(streams, "wb") as file:
            file.write(copy)
        self.server.start()
        ann, bob = self.member("ann", register=False), self.member("bob", register=False)
        bob._sent = 1
        self.say(bob, ann.id, "new milk", "new water")
        self.wait_for(ann, "new", ["new water", "new milk"])
        self.assertEqual(self.found(ann, "lost"), [])
        self.assertEqual(self.found(ann, "tea"), ["first tea"])

    def test_rates_and_bounds(self):
        self.server.close()
        self.server = plaza.Server("search.member_rate_per_min=1", "search.member_burst=2")
        self.addCleanup(self.server.close)
        ann = self.member("ann")
        self.assertEqual(ann.ask(msgid=SEARCH, query="x" * 257)["errno"], 8)
        self.assertEqual(ann.ask(msgid=SEARCH, query="")["errno"], 8)
        self.assertEqual(ann.ask(msgid=SEARCH, query="tea", limit=51)["errno"], 8)
        self.assertEqual(ann.ask(msgid=SEARCH, query="x" * 256, limit=50)["errno"], 0)
        self.assertEqual(ann.ask(msgid=SEARCH, query="tea")["errno"], 0)
        self.assertEqual(ann.ask(msgid=SEARCH, query="tea")["errno"], 11)

    def test_a_server_can_do_without(self):
        self.server.close()
        self.server = plaza.Server("search.enabled=false")
        self.addCleanup(self.server.close)
        ann = self.member("ann")
        self.assertEqual(ann.ask(msgid=SEARCH, query="tea")["errno"], 12)
        self.assertFalse(glob.glob(os.path.join(self.server.data, "search.db*")))


if __name__ == "__main__":
    plaza.main()
