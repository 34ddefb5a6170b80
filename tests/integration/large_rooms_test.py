"""A group that becomes a large one on a real server while its members talk, come back and the server is killed: every member has every
message once, and all have them in one order. The clients do what docs/protocol.md says of large groups, and nothing else."""

import random
import signal
import threading
import time

import plaza

QUIET = ["member.request_rate_per_s=0", "member.message_rate_per_s=0", "room.message_rate_per_s=0"]
FANOUT_MAX = 5


class Stream:
    """A position in a stream of numbered messages, and what was taken from it."""

    def __init__(self):
        self.position = None
        self.epoch = 0
        self.asked = False  # a SYNC is on its way
        self.wanted = False  # there is something behind the position

    def offer(self, number, take):
        if number == self.position + 1:
            self.position = number
            take()
        elif number > self.position:
            self.wanted = True


class Member(threading.Thread):
    """A full client of one member, and the texts that it sends to the group, one after the other."""

    def __init__(self, test, name, group=None):
        super().__init__(daemon=True)
        self.test, self.name_, self.group = test, name, group
        self.lock = threading.Lock()
        self.to_send, self.acked, self.next_send_id = [], 0, None
        self.wants_to_join = group is not None
        self.inbox, self.room = Stream(), Stream()
        self.large = False
        self.seen = {}  # by cseq: (kind, sender, text or event)
        self.came_at = 0  # the place of the event that it has joined
        self.twice = []
        self.cut_at = 0.0
        self.stopping = False
        self.failure = None

    # The application.
    def say(self, text):
        with self.lock:
            self.to_send.append(text)

    def silent(self):
        with self.lock:
            return self.acked == len(self.to_send) and not self.wants_to_join

    # The connection.
    def run(self):
        try:
            while not self.stopping:
                try:
                    self.connection()
                except (plaza.Closed, OSError):
                    time.sleep(0.02)
        except Exception as error:  # the test's thread tells it
            self.failure = error

    def connection(self):
        client = self.client = plaza.Client(self.test.server.tcp)
        try:
            self.sent_at = None
            self.inbox.asked = self.room.asked = False
            try:
                entered = client.enter(self.name_, "web", ready=False)
            except AssertionError as refused:
                if refused.args[0]["errno"] == 3:  # the server has not seen yet that the last connection ended
                    raise plaza.Closed from None
                raise
            self.id = entered["id"]
            self.next_send_id = entered["last_send_id"] + 1
            if self.acked + 1 < self.next_send_id:
                # Stored, though the answer was lost: the same send is answered again.
                self.next_send_id = self.acked + 1
            if self.inbox.position is None:
                self.inbox.position = entered["received"]
            self.inbox.epoch = entered["epoch"]
            self.inbox.wanted = entered["head"] > self.inbox.position
            for group in entered["groups"]:
                if group["id"] != self.group:
                    continue
                self.wants_to_join = False
                if group.get("large"):
                    self.follow(group)
            self.joining = False
            client.send(msgid=18, rid=900)
            while not self.stopping:
                self.ask_for_what_is_missing(client)
                try:
                    frame = client.receive(0.02)
                except TimeoutError:
                    if self.cut_at and time.monotonic() > self.cut_at:
                        self.cut_at = 0.0
                        return
                    continue
                self.handle(frame)
        finally:
            client.close()

    def follow(self, place):
        self.large = True
        if self.room.position is None:
            self.room.position = place["read"]
        self.room.wanted = self.room.wanted or place["head"] > self.room.position

    def ask_for_what_is_missing(self, client):
        for rid, stream, of in ((901, self.inbox, {}), (902, self.room, {"groupid": self.group})):
            if stream.wanted and not stream.asked and (stream is self.inbox or self.large):
                stream.asked, stream.wanted = True, False
                client.send(msgid=22, rid=rid, since=stream.position, limit=7, **of)
        with self.lock:
            joins, text = self.wants_to_join, self.to_send[self.acked] if self.acked < len(self.to_send) else None
        if joins and not self.joining:
            self.joining = True
            client.send(msgid=10, rid=903, groupid=self.group)
        if text is not None and not joins and self.sent_at is None:
            self.sent_at = time.monotonic()
            client.send(msgid=12, rid=904, groupid=self.group, send_id=self.acked + 1, msg=text)

    # What the server says.
    def handle(self, frame):
        msgid, rid = frame["msgid"], frame.get("rid")
        if msgid == 12 and rid is None:
            self.message(frame)
        elif msgid == 31:
            if "groupid" in frame:
                self.room.wanted = self.large
            else:
                self.inbox.wanted = True
        elif msgid in (29, 30):
            self.inbox.wanted = self.inbox.wanted or frame["head"] > self.inbox.position
        elif rid == 900:
            self.inbox.wanted = self.inbox.wanted or frame["head"] > self.inbox.position
        elif rid == 901:
            self.page(frame, self.inbox, "seq")
        elif rid == 902:
            self.page(frame, self.room, "cseq")
        elif rid == 903:
            self.joined(frame)
        elif rid == 904:
            self.answered(frame)

    def page(self, frame, stream, number):
        stream.asked = False
        if frame["errno"] != 0:
            stream.wanted = True
            return
        if frame["too_old"]:
            raise AssertionError(f"{self.name_}: {frame}")
        for message in frame["messages"]:
            if stream is self.inbox:
                self.message(message)
            else:
                stream.offer(message[number], lambda m=message: self.take(m))
        stream.wanted = stream.wanted or frame["more"] or frame["head"] > stream.position

    def message(self, message):
        if "seq" in message:
            self.inbox.offer(message["seq"], lambda: self.from_inbox(message))
        elif self.large:
            self.room.offer(message["cseq"], lambda: self.take(message))

    def from_inbox(self, message):
        if message.get("groupid") != self.group:
            return
        if self.large:
            return self.room.offer(message["cseq"], lambda: self.take(message))
        self.room.position = message["cseq"]
        self.take(message)
        if message["kind"] == 4 and message["body"]["event"] == "grown":
            self.large = self.room.wanted = True

    def take(self, message):
        what = (message["kind"], message["id"], message.get("msg") or message["body"]["event"])
        if what[2] == "joined" and message["body"]["member"]["id"] == self.id:
            self.came_at = message["cseq"]
        if message["cseq"] in self.seen:
            self.twice.append(message)
        self.seen[message["cseq"]] = what

    def joined(self, frame):
        self.joining = False
        if frame["errno"] == 0:
            self.wants_to_join = False
            if frame.get("large"):
                self.follow(frame)

    def answered(self, frame):
        self.sent_at = None
        if frame["errno"] != 0:
            if frame["errno"] not in (11, 13, 30):
                raise AssertionError(f"{self.name_}: {frame}")
            return
        with self.lock:
            text = self.to_send[self.acked]
            self.acked += 1
        own = {"groupid": self.group, "kind": 0, "id": self.id, "msg": text, "cseq": frame["cseq"]}
        if "seq" in frame:
            own["seq"] = frame["seq"]
        self.message(own)


class LargeRooms(plaza.Test):
    settings = QUIET + [f"room.inbox_fanout_max={FANOUT_MAX}"]

    def tearDown(self):
        for member in getattr(self, "members", []):
            member.stopping = True
        for member in getattr(self, "members", []):
            member.join()
        self.assertEqual([m.failure for m in getattr(self, "members", []) if m.failure], [])

    def made(self, count):
        """A group of one, and so many members who want to be in it."""
        owner = self.member()
        group = owner.ask(msgid=8, groupname="g" + self.name())["groupid"]
        owner.close()
        members = [Member(self, owner.name, group)] + [Member(self, self.registered()[1], group) for _ in range(count)]
        members[0].wants_to_join = False
        self.members = members
        return group, members

    def all_have_all(self, group, members, what):
        probe = self.connect()
        probe.enter(members[0].name_, "probe")

        def done():
            for member in members:
                if member.failure:
                    raise member.failure
            if not all(member.silent() for member in members):
                return False
            head = probe.ask(msgid=22, groupid=group, since=0, limit=1)["head"]
            return all(member.room.position == head for member in members)

        plaza.wait_until(done, f"all members to have all of the group ({what})")
        for member in members:
            self.assertEqual(member.twice, [], member.name_)
            # Of what was said before its own joining it may get some.
            numbers = [number for number in sorted(member.seen) if number >= member.came_at]
            holes = {n: members[0].seen.get(n) for n in range(numbers[0], numbers[-1] + 1) if n not in member.seen}
            around = {n: member.seen.get(n) for hole in holes for n in range(hole - 3, hole + 4)}
            self.assertEqual(holes, {}, f"{member.name_}: holes, around them {around}")
        whole = members[0].seen
        for member in members[1:]:
            for cseq, message in member.seen.items():
                self.assertEqual(message, whole[cseq], f"{member.name_} at {cseq}")
        for member in members:
            own = [text for kind, sender, text in (whole[c] for c in sorted(whole)) if kind == 0 and sender == member.id]
            self.assertEqual(own, member.to_send, f"{member.name_}: each once, in the order sent")
        return whole

    def test_members_talk_while_joins_make_the_group_a_large_one(self):
        group, members = self.made(11)
        for member in members:
            member.start()
        plaza.wait_until(lambda: all(m.silent() for m in members), "all to have joined")
        for number in range(20):
            for member in members:
                member.say(f"{member.name_} {number}")
        whole = self.all_have_all(group, members, "without a break")
        events = [text for kind, _, text in whole.values() if kind == 4]
        self.assertEqual(events.count("grown"), 1)
        self.assertEqual(events.count("joined"), 11)

    def test_nothing_is_lost_doubled_or_moved_by_joins_cut_connections_and_kill_9(self):
        group, members = self.made(13)
        rng = random.Random(7)
        for member in members[:4]:
            member.start()
        started, said = 4, 0
        for step in range(60):
            for member in members[:started]:
                if rng.random() < 0.7:
                    said += 1
                    member.say(f"{member.name_} {said}")
            if step % 4 == 1 and started < len(members):
                members[started].start()
                started += 1
            if rng.random() < 0.3:
                rng.choice(members[:started]).cut_at = time.monotonic() + rng.random() * 0.1
            if step in (9, 14, 30, 45):
                self.server.signal(signal.SIGKILL)
                self.server.wait()
                self.server.restart()
            time.sleep(rng.random() * 0.05)
        whole = self.all_have_all(group, members, "after kill -9")
        events = [text for kind, _, text in whole.values() if kind == 4]
        self.assertEqual(events.count("grown"), 1)
        self.assertEqual(events.count("joined"), 13)

    def test_one_who_comes_back_to_a_large_group_reads_on_where_it_was_and_a_classic_one_too(self):
        group, members = self.made(7)
        for member in members:
            member.start()
        plaza.wait_until(lambda: all(m.silent() for m in members), "all to have joined")
        old = self.classic()
        old.send(msgid=10, groupid=group)
        self.assertEqual(old.receive_until(11)["errno"], 0)
        members[0].say("one")
        self.assertEqual(old.receive_until(12)["msg"], "one")
        old.close()
        members[1].stopping = True
        members[1].join()
        for text in ("two", "three"):
            members[0].say(text)
        plaza.wait_until(lambda: members[0].silent(), "the sends")
        back = Member(self, members[1].name_, group)
        back.wants_to_join = False
        back.room.position = members[1].room.position
        back.inbox.position = members[1].inbox.position
        back.large = True
        self.members.append(back)
        back.start()
        plaza.wait_until(lambda: len(back.seen) >= 2, "what was missed")
        self.assertEqual([text for _, _, text in (back.seen[c] for c in sorted(back.seen))][-2:], ["two", "three"])
        again = self.connect()
        again.login(name=old.name)
        self.assertEqual([again.receive_until(12)["msg"] for _ in range(2)], ["two", "three"])
        again.nothing_within()


if __name__ == "__main__":
    plaza.main()
