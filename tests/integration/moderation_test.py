"""Moderation on a real server: what was decided before a start holds from its first client on, reports are kept, and announcements reach
each member once however often the server is killed while it shows them.

What operators decide is written into the database while the server is down, as it would stand there after they had."""

import contextlib
import os
import random
import shutil
import sqlite3
import tempfile
import time
import unittest

import plaza


class Moderation(unittest.TestCase):
    settings = ("announcement.members_per_s=40", "member.request_rate_per_s=0")

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="plaza-test-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.server = plaza.Server(*self.settings, folder=self.folder)
        self.addCleanup(self.server.close)

    @contextlib.contextmanager
    def database(self):
        """The directory's, while nobody else has it."""
        self.assertEqual(self.server.stop(), 0)
        db = sqlite3.connect(os.path.join(self.server.data, "directory.db"))
        zone, app = db.execute("SELECT id, app FROM zone WHERE name = 'default'").fetchone()
        yield db, zone, app
        db.commit()
        db.close()
        self.server.start()

    def connect(self):
        client = plaza.Client(self.server.tcp)
        self.addCleanup(client.close)
        return client

    def register(self, name):
        client = self.connect()
        ack = client.register(name)
        self.assertEqual(ack["errno"], 0, ack)
        client.close()
        return ack["id"]

    def enter(self, name, device="web"):
        client = self.connect()
        client.enter(name, device)
        return client

    def test_a_mute_and_a_ban_hold_from_the_first_client_on(self):
        ann, bob, joe = (self.register(name) for name in ("ann", "bob", "joe"))
        now_ms = int(time.time() * 1000)
        until_ms = now_ms + 3_600_000
        with self.database() as (db, zone, _):
            put = "INSERT INTO sanction (member, kind, zone, since_ms, until_ms, reason, decided_by) VALUES (?,?,?,?,?,?,'op')"
            db.execute(put, (ann, 1, zone, now_ms, until_ms, "spam"))
            db.execute(put, (bob, 2, zone, now_ms, 0, "cheating"))
            db.execute(put, (joe, 2, zone, now_ms - 2000, now_ms - 1000, "over"))
        anns = self.enter("ann")
        refused = anns.ask(msgid=5, toid=joe, send_id=1, msg="hello")
        self.assertEqual((refused["errno"], refused["reason"], refused["until_ms"]), (40, "spam", until_ms))
        bobs = self.connect()
        ack = bobs.ask(msgid=1, account="bob", password="secret", device="web")
        refused = bobs.ask(msgid=16, id=ack["members"][0]["id"])
        self.assertEqual((refused["errno"], refused["reason"], refused.get("until_ms")), (41, "cheating", None))
        classic = self.connect().login(name="bob")
        self.assertEqual((classic["errno"], classic["reason"]), (41, "cheating"))
        self.assertEqual(self.enter("joe").ask(msgid=5, toid=ann, send_id=1, msg="hi")["errno"], 0)

    def test_words_hold_from_the_first_message_on(self):
        self.register("ann")
        bob = self.register("bob")
        with self.database() as (db, zone, _):
            put = "INSERT INTO word_rule (id, zone, matching, action, text) VALUES (?, ?, ?, ?, ?)"
            db.execute(put, (1, zone, 0, 1, "darn"))
            db.execute(put, (2, zone, 2, 2, "h[e3]ck"))
        anns, bobs = self.enter("ann"), self.enter("bob")
        self.assertEqual(anns.ask(msgid=5, toid=bob, send_id=1, msg="DARN \uff44arn it")["errno"], 0)
        self.assertEqual(bobs.receive_until(5)["msg"], "**** **** it")
        self.assertEqual(anns.ask(msgid=5, toid=bob, send_id=2, msg="what the H3CK")["errno"], 42)
        again = anns.ask(msgid=5, toid=bob, send_id=1, msg="DARN \uff44arn it")
        self.assertEqual((again["errno"], again["dup"]), (0, True))

    def test_a_report_is_kept_with_the_message_and_once(self):
        ann, bob = self.register("ann"), self.register("bob")
        anns, bobs = self.enter("ann"), self.enter("bob")
        self.assertEqual(bobs.ask(msgid=5, toid=ann, send_id=1, msg="something rude")["errno"], 0)
        for _ in range(2):
            self.assertEqual(anns.ask(msgid=100, friendid=bob, cseq=1, reason="rude")["errno"], 0)
        self.assertEqual(anns.ask(msgid=100, friendid=bob, cseq=2)["errno"], 44)
        with self.database() as (db, _, _):
            rows = db.execute("SELECT reporter, sender, sender_name, body, reason, state FROM report").fetchall()
        self.assertEqual(rows, [(ann, bob, "bob", "something rude", "rude", 0)])

    def inbox(self, name):
        """Everything of the member's inbox, oldest first."""
        client = self.connect()
        client.enter(name, "reader", ready=False)
        texts, since = [], 0
        while True:
            page = client.ask(msgid=22, since=since, limit=500)
            self.assertEqual(page["errno"], 0, page)
            for message in page["messages"]:
                since = message["seq"]
                texts.append(message["msg"])
            if not page["more"]:
                break
        client.close()
        return texts

    def test_announcements_are_shown_once_however_often_the_server_is_killed(self):
        members = [f"member{i}" for i in range(30)]
        for name in members:
            self.register(name)
        chosen = random.Random(5)
        now_ms = int(time.time() * 1000)
        texts = [f"announcement {i}" for i in range(8)]
        with self.database() as (db, zone, app):
            for i, text in enumerate(texts):
                db.execute("INSERT INTO announcement (id, app, target, zone, room, name, kind, body, created_ms, not_before_ms, until_ms,"
                           " made_by, state, number) VALUES (?,?,1,?,0,'Plaza',0,?,?,?,?,'op',0,0)",
                           (i + 1, app, zone, text, now_ms, now_ms + 600 * i, now_ms + 3_600_000))
            db.execute("UPDATE id_counter SET last = ? WHERE kind = 'announcement'", (len(texts),))
        for _ in range(12):
            clients = []
            for name in members[:-5]:  # the last five come at the end only
                clients.append(self.connect())
                clients[-1].enter(name)
            plaza.wait_until(lambda: chosen.random() < 0.3, "a moment to kill it")
            self.server.process.kill()
            self.server.wait()
            for client in clients:
                client.close()
            self.server.start()

        clients = {name: self.enter(name) for name in members}

        def all_shown():
            return all(len(self.inbox(name)) >= len(texts) for name in members)

        plaza.wait_until(all_shown, "every announcement at every member")
        for name in members:
            self.assertEqual(self.inbox(name), texts, name)
        for client in clients.values():
            client.close()


if __name__ == "__main__":
    plaza.main()
