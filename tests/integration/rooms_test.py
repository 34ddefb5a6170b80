"""Groups with rules and roles, on a real server: what the members are told of changes, in one order, also over kill -9."""

import contextlib
import os
import random
import sqlite3
import threading

import plaza

QUIET = ["member.request_rate_per_s=0", "member.message_rate_per_s=0", "room.message_rate_per_s=0"]


def events(messages):
    """(event, about whom) of the events among these."""
    return [(m["body"]["event"], m["body"].get("member", {}).get("name", "")) for m in messages if m.get("kind") == 4]


def inbox(client):
    """Everything in the member's inbox, read from the start."""
    messages, since = [], 0
    while True:
        page = client.ask(msgid=22, since=since)
        if page["errno"] != 0:
            raise AssertionError(page)
        messages += page["messages"]
        if not page["more"]:
            return messages
        since = messages[-1]["seq"]


def conversation(client, group):
    """The group's order from its first message that the member may see."""
    messages, since = [], 0
    while True:
        page = client.ask(msgid=22, groupid=group, since=since)
        if page["errno"] != 0:
            raise AssertionError(page)
        messages += page["messages"]
        if not page["more"]:
            return messages
        since = messages[-1]["cseq"]


class Rooms(plaza.Test):
    settings = QUIET

    def group(self, owner, *others, **rules):
        made = owner.ask(msgid=8, groupname="g" + self.name(), **rules)
        self.assertEqual(made["errno"], 0, made)
        for other in others:
            self.assertEqual(other.ask(msgid=10, groupid=made["groupid"])["errno"], 0)
        return made["groupid"]

    def act(self, client, group, action, about, **more):
        return client.ask(msgid=63, groupid=group, id=about.id, action=action, **more)["errno"]

    def test_one_asks_to_join_is_approved_and_reads_from_there_on(self):
        ann, bob = self.member(), self.member()
        group = self.group(ann, join="approval", history_visible=False)
        ann.ask(msgid=12, groupid=group, msg="before bob", send_id=1)
        self.assertEqual(bob.ask(msgid=10, groupid=group)["errno"], 34)
        self.assertEqual([e["id"] for e in ann.ask(msgid=64, groupid=group, list="requests")["entries"]], [bob.id])
        self.assertEqual(self.act(ann, group, "approve", bob), 0)
        ann.ask(msgid=12, groupid=group, msg="hello bob", send_id=2)
        seen = conversation(bob, group)
        self.assertEqual(events(seen), [("joined", bob.name)])
        self.assertEqual([m.get("msg") for m in seen[1:]], ["hello bob"])
        self.assertEqual(len(bob.ask(msgid=24, groupid=group)["messages"]), 2, "nor by HISTORY")
        self.assertEqual(len(conversation(ann, group)), 4)
        page = bob.ask(msgid=32)["conversations"]
        self.assertEqual([(c["groupid"], c["unread"]) for c in page], [(group, 1)])

    def test_all_see_the_same_changes_in_the_same_order_and_who_is_out_no_more(self):
        ann, bob, cid = self.member(), self.member(), self.member()
        group = self.group(ann, bob, cid)
        self.assertEqual(self.act(ann, group, "make_admin", bob), 0)
        self.assertEqual(self.act(bob, group, "mute", cid, for_ms=3_600_000), 0)
        refused = cid.ask(msgid=12, groupid=group, msg="hm", send_id=1)
        self.assertEqual(refused["errno"], 32)
        self.assertGreater(refused["retry_after_ms"], 3_000_000)
        self.assertEqual(self.act(bob, group, "kick", ann), 12)
        self.assertEqual(self.act(bob, group, "ban", cid), 0)
        self.assertEqual(cid.ask(msgid=10, groupid=group)["errno"], 33)
        self.assertEqual(cid.ask(msgid=12, groupid=group, msg="hm", send_id=1)["errno"], 16)
        self.assertEqual(self.act(ann, group, "transfer", bob), 0)
        told = [("created", ann.name), ("joined", bob.name), ("joined", cid.name), ("admin_added", bob.name),
                ("muted", cid.name), ("banned", cid.name), ("owner_changed", bob.name)]
        self.assertEqual(events(conversation(ann, group)), told)
        self.assertEqual(events(inbox(ann)), told)
        self.assertEqual(events(inbox(bob)), told[1:])
        self.assertEqual(events(inbox(cid)), told[2:6], "the ban is the last that cid hears of it")
        self.assertEqual(bob.ask(msgid=61, groupid=group)["owner"], bob.id)
        self.assertEqual(bob.ask(msgid=69, groupid=group)["errno"], 0)
        self.assertEqual(ann.ask(msgid=61, groupid=group)["errno"], 15)
        self.assertEqual(events(inbox(ann))[-1][0], "dissolved")

    def test_a_classic_client_talks_in_a_group_with_events_and_sees_none(self):
        ann, old = self.member(), self.classic()
        group = self.group(ann)
        old.send(msgid=10, groupid=group)
        self.assertEqual(old.receive()["errno"], 0)
        self.assertEqual(self.act(ann, group, "mute", ann), 1)
        self.assertEqual(ann.ask(msgid=60, groupid=group, groupdesc="changed")["errno"], 0)
        ann.ask(msgid=12, groupid=group, msg="hello", send_id=1)
        self.assertEqual(old.receive()["msg"], "hello")
        old.close()
        self.assertEqual(ann.ask(msgid=60, groupid=group, groupdesc="again")["errno"], 0)
        ann.ask(msgid=12, groupid=group, msg="later", send_id=2)
        again = self.connect()
        self.assertEqual([m["msg"] for m in again.login(name=old.name)["offlinemsg"]], ["later"])

    def test_slow_mode_and_pins(self):
        ann, bob = self.member(), self.member()
        group = self.group(ann, bob, slow_mode_ms=3_600_000)
        first = bob.ask(msgid=12, groupid=group, msg="one", send_id=1)
        self.assertEqual(first["errno"], 0)
        self.assertEqual(bob.ask(msgid=12, groupid=group, msg="two", send_id=2)["errno"], 11)
        self.assertEqual(bob.ask(msgid=12, groupid=group, msg="one", send_id=1)["dup"], True)
        self.assertEqual(ann.ask(msgid=68, groupid=group, cseq=first["cseq"], pinned=True)["errno"], 0)
        pins = bob.ask(msgid=61, groupid=group)["pins"]
        self.assertEqual([(p["cseq"], p["mid"]) for p in pins], [(first["cseq"], first["mid"])])

    def test_an_invitation_is_taken_once(self):
        ann, bob = self.member(), self.member()
        group = self.group(ann, join="invitation")
        self.assertEqual(bob.ask(msgid=10, groupid=group)["errno"], 12)
        self.assertEqual(self.act(ann, group, "invite", bob), 0)
        self.assertEqual([i["groupid"] for i in bob.ask(msgid=66)["invitations"]], [group])
        self.assertEqual(bob.ask(msgid=10, groupid=group)["errno"], 0)
        self.assertEqual(bob.ask(msgid=66)["invitations"], [])


class Killed(plaza.Test):
    """Between the two databases: the change is in the directory, its event not in the group's order yet."""

    settings = QUIET

    def pending(self):
        with contextlib.closing(sqlite3.connect(os.path.join(self.server.data, "directory.db"))) as db:
            return db.execute("SELECT COUNT(*) FROM room_event").fetchone()[0]

    def come_back(self, client):
        return self.come_back_as(client.name)

    def come_back_as(self, name, device="web"):
        client = self.connect()
        client.enter(name, device)
        client.name = name
        return client

    def test_a_change_whose_event_was_not_stored_is_told_once_after_the_restart(self):
        ann, bob = self.member(), self.member()
        group = ann.ask(msgid=8, groupname="between")["groupid"]
        self.assertEqual(bob.ask(msgid=10, groupid=group)["errno"], 0)
        plaza.wait_until(lambda: self.pending() == 0, "the events are stored")
        # Somebody else writes to the messages' database: ours waits.
        with contextlib.closing(sqlite3.connect(os.path.join(self.server.data, "streams.db"), isolation_level=None)) as db:
            db.execute("BEGIN IMMEDIATE")
            ann.send(msgid=63, rid=900, groupid=group, id=bob.id, action="transfer")
            plaza.wait_until(lambda: self.pending() == 1, "the directory has the change")
            self.server.process.kill()
            self.server.process.wait()
        self.server.start()
        ann, bob = self.come_back(ann), self.come_back(bob)
        plaza.wait_until(lambda: self.pending() == 0, "it was told after the start")
        for member in (ann, bob):
            self.assertEqual(member.ask(msgid=61, groupid=group)["owner"], bob.id)
            self.assertEqual(events(conversation(member, group))[-1], ("owner_changed", bob.name))
            self.assertEqual(sum(e[0] == "owner_changed" for e in events(inbox(member))), 1)
        self.assertEqual(self.server.stop(), 0)
        self.server.restart()
        self.assertEqual(sum(e[0] == "owner_changed" for e in events(inbox(self.come_back(ann)))), 1)

    def test_a_change_made_while_messages_cannot_be_stored_is_told_when_they_can(self):
        ann, bob = self.member(), self.member()
        group = ann.ask(msgid=8, groupname="away")["groupid"]
        self.assertEqual(bob.ask(msgid=10, groupid=group)["errno"], 0)
        with contextlib.closing(sqlite3.connect(os.path.join(self.server.data, "streams.db"), isolation_level=None)) as db:
            db.execute("BEGIN IMMEDIATE")
            self.assertEqual(ann.ask(msgid=60, groupid=group, groupname="away for now")["errno"], 0)
            self.assertEqual(self.pending(), 1)
        self.assertEqual(ann.ask(msgid=5, toid=bob.id, msg="something is stored", send_id=1)["errno"], 0)
        plaza.wait_until(lambda: self.pending() == 0, "it is told")
        self.assertEqual(events(conversation(bob, group))[-1][0], "changed")

    def test_ownership_goes_round_while_the_server_is_killed_and_all_agree(self):
        rng = random.Random(7)
        ring = [self.member() for _ in range(4)]
        group = ring[0].ask(msgid=8, groupname="ring")["groupid"]
        for one in ring[1:]:
            self.assertEqual(one.ask(msgid=10, groupid=group)["errno"], 0)
        names = [one.name for one in ring]
        known = 0  # transfers that were answered
        for life in range(6):
            ring = [self.come_back_as(name, f"life{life}") for name in names]
            killer = threading.Timer(rng.uniform(0.02, 0.25), self.server.process.kill)
            killer.start()
            try:
                while True:
                    owner = ring[0].ask(msgid=61, groupid=group)["owner"]
                    at = next(i for i, one in enumerate(ring) if one.id == owner)
                    following = ring[(at + 1) % len(ring)]
                    answer = ring[at].ask(msgid=63, groupid=group, id=following.id, action="transfer")
                    self.assertEqual(answer["errno"], 0)
                    known += 1
            except (plaza.Closed, OSError):
                pass
            self.server.process.wait()
            killer.join()
            self.server.start()
        ring = [self.come_back_as(name) for name in names]
        plaza.wait_until(lambda: self.pending() == 0, "everything is told")
        orders = [conversation(one, group) for one in ring]
        self.assertTrue(all(order == orders[0] for order in orders), "one order for all")
        bodies = [m["body"] for m in orders[0]]
        self.assertEqual([b["version"] for b in bodies], list(range(1, len(bodies) + 1)), "each change once, in its order")
        transfers = [b for b in bodies if b["event"] == "owner_changed"]
        self.assertGreaterEqual(len(transfers), known, "what was answered is there")
        self.assertGreater(known, 0)
        owner = ring[0].id
        for body in transfers:
            self.assertEqual((body["from"], body["by"]["id"]), (owner, owner))
            owner = body["member"]["id"]
        for one in ring:
            self.assertEqual(one.ask(msgid=61, groupid=group)["owner"], owner)
            seen = [m["body"]["version"] for m in inbox(one) if m.get("kind") == 4]
            self.assertEqual(seen, list(range(seen[0], len(bodies) + 1)), "each event once in every inbox")


if __name__ == "__main__":
    plaza.main()
