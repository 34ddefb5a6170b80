"""The minimal client: raw sockets, one bare JSON object a packet, msgids 1..13 and errno 0..7, and nothing else."""

import time

import plaza


class ClassicBacklog(plaza.Test):
    settings = ("member.message_rate_per_s=0",)

    def test_more_than_a_page_of_offline_messages_come_whole_and_in_order(self):
        sender = self.member()
        bob_id, bob = self.registered()
        count = 450
        for send_id in range(1, count + 1):
            text = f"message {send_id} " + "x" * (send_id * 7 % 900)
            sender.send(msgid=5, toid=bob_id, msg=text, send_id=send_id)
        for _ in range(count):
            self.assertEqual(sender.receive_until(20)["errno"], 0)
        client = self.classic(bob)
        got = [m["msg"] for m in client.login_ack["offlinemsg"]]
        self.assertGreater(len(got), 0)
        self.assertLess(len(got), count, "the rest is pushed")
        while len(got) < count:
            got.append(client.receive_until(5)["msg"])
        self.assertEqual([text.split()[1] for text in got], [str(i) for i in range(1, count + 1)])


class ClassicClient(plaza.Test):
    def test_registers_and_logs_in_by_name_and_by_id(self):
        client = self.connect()
        client.send(msgid=3, name="zhang san", password="123456")
        ack = client.receive()
        self.assertEqual({"msgid": 4, "errno": 0}, {k: ack[k] for k in ("msgid", "errno")})
        self.assertIsInstance(ack["id"], int)

        by_name = self.connect().login(name="zhang san", password="123456")
        self.assertEqual((by_name["errno"], by_name["id"], by_name["name"]), (0, ack["id"], "zhang san"))
        for key in ("friends", "groups", "offlinemsg"):
            self.assertEqual(by_name[key], [])

    def test_logs_in_by_id(self):
        member, name = self.registered()
        ack = self.connect().login(id=member)
        self.assertEqual((ack["errno"], ack["id"], ack["name"]), (0, member, name))

    def test_a_wrong_password_and_an_unknown_account_get_the_same_answer(self):
        _, name = self.registered()
        wrong = self.connect().login(name=name, password="wrong")
        unknown = self.connect().login(name="nobody at all", password="wrong")
        unknown_id = self.connect().login(id=987654321, password="wrong")
        self.assertEqual(wrong["errno"], 2)
        self.assertEqual(wrong, unknown)
        self.assertEqual(wrong, unknown_id)

    def test_a_name_that_is_taken_cannot_be_registered(self):
        _, name = self.registered()
        ack = self.connect().register(name.upper())
        self.assertEqual((ack["msgid"], ack["errno"]), (4, 4))
        self.assertNotIn("id", ack)

    def test_talks_to_another_one(self):
        ann, bob = self.classic(), self.classic()
        ann.send(msgid=5, toid=bob.id, msg="你好, bob", id=ann.id, name=ann.name, time="2026-01-01 10:00:00")
        got = bob.receive()
        self.assertEqual(got["msgid"], 5)
        self.assertEqual((got["id"], got["name"], got["toid"], got["msg"]), (ann.id, ann.name, bob.id, "你好, bob"))
        self.assertRegex(got["time"], r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d\d\dZ$")
        ann.nothing_within()

    def test_a_peer_that_does_not_exist_is_errno_1(self):
        ann = self.classic()
        ann.send(msgid=5, toid=424242, msg="hello?")
        refused = ann.receive()
        self.assertEqual(refused["errno"], 1)

    def test_another_members_id_as_sender_is_refused_and_nothing_is_sent(self):
        ann, bob = self.classic(), self.classic()
        ann.send(msgid=5, id=bob.id, toid=bob.id, msg="as bob")
        self.assertEqual(ann.receive()["errno"], 12)
        bob.nothing_within()

    def test_what_comes_while_the_server_closes_the_connection_is_there_at_the_next_login(self):
        ann, bob = self.classic(), self.member()
        # A broken frame: the server says goodbye and waits for our end, which does not come yet.
        ann.send_bytes(b'{"msgid":5,"toid":1,"msg":x}')
        self.assertEqual(ann.receive_until(54)["errno"], 8)
        self.assertEqual(bob.ask(msgid=5, toid=ann.id, msg="still there?", send_id=1)["errno"], 0)
        ann.close()
        again = None
        until = time.monotonic() + plaza.DEADLINE_S
        while not again or again["errno"] == 3:  # until the closed one is gone
            self.assertLess(time.monotonic(), until)
            again = self.connect().login(name=ann.name)
        self.assertEqual([message["msg"] for message in again["offlinemsg"]], ["still there?"])

    def test_the_same_device_twice_is_errno_3(self):
        ann = self.classic()
        again = self.connect().login(name=ann.name)
        self.assertEqual((again["msgid"], again["errno"]), (2, 3))
        self.assertEqual((again["field"], bool(again["allowed"])), ("device", True))
        ann.send(msgid=5, toid=ann.id, msg="still here")
        ann.nothing_within()

    def test_friends_are_mutual_at_once(self):
        ann, bob = self.classic(), self.classic()
        ann.send(msgid=6, id=ann.id, friendid=bob.id)
        ack = ann.receive()
        self.assertEqual((ack["msgid"], ack["errno"], ack["friendid"], ack["name"]), (7, 0, bob.id, bob.name))
        self.assertEqual(ack["state"], "online")
        ann.send(msgid=13)
        bob.send(msgid=13)
        bob.receive()
        friends = bob.login(name=bob.name)["friends"]
        self.assertEqual([(f["id"], f["name"], f["state"]) for f in friends], [(ann.id, ann.name, "offline")])

    def test_a_friend_that_does_not_exist_is_errno_1_and_oneself_errno_6(self):
        ann = self.classic()
        ann.send(msgid=6, friendid=424242)
        self.assertEqual(ann.receive()["errno"], 1)
        ann.send(msgid=6, friendid=ann.id)
        self.assertEqual(ann.receive()["errno"], 6)

    def test_groups(self):
        ann, bob, cid = self.classic(), self.classic(), self.classic()
        name = "group of " + ann.name
        ann.send(msgid=8, id=ann.id, groupname=name, groupdesc="about nothing")
        made = ann.receive()
        self.assertEqual((made["msgid"], made["errno"]), (9, 0))
        for client in (bob, cid):
            client.send(msgid=10, id=client.id, groupid=made["groupid"])
            ack = client.receive()
            self.assertEqual((ack["msgid"], ack["errno"]), (11, 0))
        ann.send(msgid=12, id=ann.id, groupid=made["groupid"], msg="to all")
        for client in (bob, cid):
            got = client.receive()
            self.assertEqual((got["msgid"], got["id"], got["groupid"], got["msg"]), (12, ann.id, made["groupid"], "to all"))
        ann.nothing_within()

        bob.close()
        group = self.classic_again(bob.name)["groups"][0]
        self.assertEqual((group["id"], group["groupname"], group["groupdesc"]), (made["groupid"], name, "about nothing"))
        self.assertEqual({u["id"]: u["role"] for u in group["users"]}, {ann.id: "owner", bob.id: "member", cid.id: "member"})
        self.assertEqual({u["name"]: u["state"] for u in group["users"]}[ann.name], "online")

    def classic_again(self, name):
        """Logs in on a new connection as soon as the server has noticed that the old one is gone."""
        result = {}

        def tried():
            client = self.connect()
            result.update(client.login(name=name))
            if result["errno"] != 0:
                client.close()
            return result["errno"] == 0

        plaza.wait_until(tried, "the old session to be gone")
        return result

    def test_group_errors_are_errno_5_and_7(self):
        ann, bob = self.classic(), self.classic()
        name = "taken by " + ann.name
        ann.send(msgid=8, groupname=name, groupdesc="")
        group = ann.receive()["groupid"]
        bob.send(msgid=8, groupname=name, groupdesc="")
        self.assertEqual(bob.receive()["errno"], 5)
        bob.send(msgid=10, groupid=424242)
        self.assertEqual(bob.receive()["errno"], 7)
        ann.send(msgid=10, groupid=group)
        self.assertEqual(ann.receive()["errno"], 7)

    def test_ones_own_entry_in_a_group_is_online_in_the_answer_to_the_login(self):
        ann = self.classic()
        ann.send(msgid=8, id=ann.id, groupname="circle", groupdesc="")
        self.assertEqual(ann.receive_until(9)["errno"], 0)
        ann.ask(msgid=13)
        again = self.classic(ann.name)
        users = again.login_ack["groups"][0]["users"]
        self.assertEqual([(u["id"], u["state"]) for u in users], [(again.id, "online")])

    def test_offline_messages_come_with_the_login_once(self):
        ann = self.classic()
        bob, name = self.registered()
        for text in ("one", "two", "three"):
            ann.send(msgid=5, toid=bob, msg=text)
        ann.send(msgid=12, groupid=424242, msg="so that the three before it are known to be taken")
        self.assertIn(ann.receive()["errno"], (15,))
        seen = []

        def all_there():
            client = self.connect()
            seen.extend(m["msg"] for m in client.login(name=name)["offlinemsg"])
            client.send(msgid=13)
            client.receive()
            return len(seen) >= 3

        plaza.wait_until(all_there, "the messages to be stored")
        self.assertEqual(seen, ["one", "two", "three"])
        self.assertEqual(self.connect().login(name=name)["offlinemsg"], [])

    def test_logging_out_leaves_the_connection_as_before_login(self):
        ann = self.classic()
        ann.send(msgid=13, id=ann.id)
        ann.receive()
        ann.send(msgid=5, toid=ann.id, msg="without login")
        self.assertEqual(ann.receive()["errno"], 9)
        self.assertEqual(ann.login(name=ann.name)["errno"], 0)

    def test_packets_split_at_any_byte_and_glued_together(self):
        ann, bob = self.classic(), self.classic()
        first = '{"msgid":5,"toid":%d,"msg":"a}{\\"\\u00e9 é"}' % bob.id
        second = '{"msgid":5,"toid":%d,"msg":"b"}' % bob.id
        for byte in first.encode():
            ann.send_bytes(bytes([byte]))
        self.assertEqual(bob.receive()["msg"], 'a}{"\u00e9 é')
        ann.send_bytes((first + second + " \r\n\t" + second + "\n" + first[:7]).encode())
        self.assertEqual([bob.receive()["msg"] for _ in range(3)], ['a}{"\u00e9 é', "b", "b"])
        ann.send_bytes(first[7:].encode())
        self.assertEqual(bob.receive()["msg"], 'a}{"\u00e9 é')

    def test_knows_nothing_but_login_and_registration_before_login(self):
        client = self.connect()
        for msgid in (5, 6, 8, 10, 12):
            client.send(msgid=msgid, toid=1, friendid=1, groupid=1, groupname="xx", groupdesc="", msg="x")
            # groupid and groupname at once: exactly one is allowed, logged in or not
            self.assertEqual(client.receive()["errno"], 8 if msgid == 10 else 9)

    def test_a_message_to_oneself_needs_no_second_device(self):
        ann = self.classic()
        ann.send(msgid=5, toid=ann.id, msg="note")
        ann.nothing_within()


if __name__ == "__main__":
    plaza.main()
