"""Every limit at its edge and one past it, and what comes that is no protocol at all."""

import json
import socket

import plaza


class Frames(plaza.Test):
    settings = ("member.request_rate_per_s=0",)

    def padded(self, size, **fields):
        """A frame of exactly `size` bytes: an unknown field takes what is missing."""
        text = json.dumps(dict(fields, padding=""), separators=(",", ":"))
        text = text[:-2] + "x" * (size - len(text)) + text[-2:]
        assert len(text) == size
        return text.encode()

    def refused_and_closed(self, client, errno, allowed=None):
        errnos = []
        try:
            while True:
                frame = client.receive()
                if frame["msgid"] == 55 and allowed:
                    self.assertEqual(frame.get("allowed"), allowed)
                errnos.append((frame["msgid"], frame.get("errno")))
        except plaza.Closed:
            pass
        self.assertEqual(errnos, [(55, errno), (54, errno)])

    def test_before_login_4096_bytes_and_not_one_more(self):
        client = self.connect()
        client.send_bytes(self.padded(4096, msgid=3, name=self.name(), password="secret"))
        self.assertEqual(client.receive()["errno"], 0)
        client.send_bytes(self.padded(4097, msgid=3, name=self.name(), password="secret"))
        self.refused_and_closed(client, 10)

    def test_after_login_65536_bytes_and_not_one_more(self):
        client = self.member()
        client.send_bytes(self.padded(65536, msgid=29, rid=1))
        self.assertEqual(client.receive()["msgid"], 30)
        client.send_bytes(self.padded(65537, msgid=29, rid=2))
        self.refused_and_closed(client, 10)

    def test_a_frame_that_never_ends_is_refused_at_the_limit(self):
        client = self.connect()
        client.send_bytes(b'{"msgid":3,"name":"' + b"x" * 5000)
        self.refused_and_closed(client, 10)

    def test_depth_32_and_not_33(self):
        client = self.member()
        client.send_bytes(b'{"msgid":29,"rid":1,"x":' + b"[" * 31 + b"]" * 31 + b"}")
        self.assertEqual(client.receive()["msgid"], 30)
        client.send_bytes(b'{"msgid":29,"rid":1,"x":' + b"[" * 32 + b"]" * 32 + b"}")
        self.refused_and_closed(client, 8, "at most 32 levels")

    def test_what_is_no_json_ends_the_connection(self):
        for sent in (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01\x02\x00", b'{"msgid":29,}', b'{"msgid":29,"x":"\xff\xfe"}',
                     b'{"msgid":29,"x":"\\ud800"}', b'{"msgid":29,"x":01}', b'{"msgid" 29}', b"[29]", b'{"msgid":29,"x":nul}',
                     b'{"msgid":29,"x":"\x01"}'):
            client = self.member()
            client.send_bytes(sent)
            self.refused_and_closed(client, 8)

    def test_what_is_wrong_with_a_request_refuses_only_the_request(self):
        client = self.member()
        for fields, errno, field in ((b'"msgid":29,"msgid":29', 8, "msgid"), (b'"msgid":777', 22, None), (b'"msgid":"29"', 8, "msgid"),
                                     (b'"x":1', 8, "msgid"), (b'"msgid":5,"toid":"7","msg":"x"', 8, "toid"),
                                     (b'"msgid":5,"toid":-7,"msg":"x"', 8, "toid"), (b'"msgid":5,"toid":1.5,"msg":"x"', 8, "toid"),
                                     (b'"msgid":5,"toid":9007199254740992,"msg":"x"', 8, "toid"), (b'"msgid":5,"msg":"x"', 8, "toid"),
                                     (b'"msgid":5,"toid":1,"msg":7', 8, "msg"), (b'"msgid":29,"seq":"wrong type, not used"', 8, "seq"),
                                     (b'"msgid":16,"id":1', 28, None), (b'"msgid":1,"name":"x","password":"y"', 3, None),
                                     (b'"msgid":2', 22, None)):
            client.send_bytes(b"{" + fields + b"}")
            answer = client.receive()
            self.assertEqual(answer["errno"], errno, (fields, answer))
            if field:
                self.assertEqual(answer["field"], field, (fields, answer))
            self.assertTrue(answer["errmsg"], fields)
        self.assertEqual(client.ask(msgid=29)["msgid"], 30)

    def test_anything_but_login_before_login_is_errno_9(self):
        client = self.connect()
        for request in ({"msgid": 5, "toid": 1, "msg": "x"}, {"msgid": 22, "since": 0}, {"msgid": 34}, {"msgid": 18},
                        {"msgid": 16, "id": 1}, {"msgid": 51}, {"msgid": 13}):
            self.assertEqual(client.ask(**request)["errno"], 9, request)
        self.assertEqual(client.ask(msgid=29)["msgid"], 30)

    def test_between_login_and_enter_the_rest_is_errno_23(self):
        _, name = self.registered()
        client = self.connect()
        client.ask(msgid=1, account=name, password="secret", device="web")
        self.assertEqual(client.ask(msgid=5, toid=1, msg="x")["errno"], 23)
        self.assertEqual(client.ask(msgid=22, since=0)["errno"], 23)


class Http(plaza.Test):
    settings = ("http.header_bytes_max=2048",)

    def resident_bytes(self):
        with open(f"/proc/{self.server.process.pid}/statm") as file:
            return int(file.read().split()[1]) * 4096

    def test_the_head_of_a_chunk_and_a_trailer_that_never_end_take_no_memory(self):
        before = self.resident_bytes()
        for start in (b"5;ext=", b"0\r\nX: ", b"000"):
            connections = []
            for _ in range(20):
                connection = socket.create_connection(("127.0.0.1", self.server.http), plaza.DEADLINE_S)
                self.addCleanup(connection.close)
                connection.sendall(b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n" + start)
                try:
                    for _ in range(16):
                        connection.sendall(b"0" * 131072)
                except (BrokenPipeError, ConnectionResetError):
                    pass  # that is what is wanted
                connections.append(connection)
            self.assertLess(self.resident_bytes() - before, 16 << 20, (start, "20 x 2 MiB were sent"))
            for connection in connections:
                connection.close()

    def test_what_is_longer_than_a_header_may_be_is_answered_431(self):
        for head in (b"GET / HTTP/1.1\r\nX: ", b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5;ext="):
            connection = socket.create_connection(("127.0.0.1", self.server.http), plaza.DEADLINE_S)
            self.addCleanup(connection.close)
            connection.sendall(head + b"x" * 2100)
            self.assertTrue(connection.recv(100).startswith(b"HTTP/1.1 431 "), head)


class Contents(plaza.Test):
    settings = ("message.body_bytes_max=1000", "member.message_rate_per_s=0", "member.request_rate_per_s=0",
                "account.members_per_zone_max=4")

    def test_a_body_of_the_limit_and_not_one_byte_more(self):
        client = self.member()
        self.assertEqual(client.ask(msgid=5, toid=client.id, msg="x" * 1000, send_id=1)["errno"], 0)
        refused = client.ask(msgid=5, toid=client.id, msg="x" * 1001, send_id=2)
        self.assertEqual((refused["errno"], refused["field"], refused["send_id"]), (10, "msg", 2))
        self.assertIn("1000", refused["allowed"])
        self.assertEqual(client.ask(msgid=5, toid=client.id, msg="é" * 500, send_id=2)["errno"], 0, "bytes, not characters")

    def test_nicknames_of_2_to_24_characters(self):
        _, name = self.registered()
        client = self.connect()
        client.ask(msgid=1, account=name, password="secret", device="web")
        tail = name[-1]
        self.assertEqual(client.ask(msgid=14, nickname="é" * 23 + tail)["errno"], 0)
        for wrong in ("é" * 24 + tail, "x", "two\nlines", "zero\u200bwidth", "bidi\u202e", " blank", "a  b", "\ufdd0\ufdd1"):
            refused = client.ask(msgid=14, nickname=wrong)
            self.assertEqual(refused["errno"], 18, (wrong, refused))
            self.assertTrue(refused["allowed"])
        self.assertEqual(client.ask(msgid=14, nickname="Ｆ" + tail)["errno"], 0)
        self.assertEqual(client.ask(msgid=14, nickname="f" + tail)["errno"], 17, "the same name in other clothes")

    def test_as_many_members_as_allowed_and_not_one_more(self):
        _, name = self.registered()
        client = self.connect()
        client.ask(msgid=1, account=name, password="secret", device="web")
        for i in range(3):
            self.assertEqual(client.ask(msgid=14, nickname=f"{name} {i}")["errno"], 0)
        self.assertEqual(client.ask(msgid=14, nickname=f"{name} 3")["errno"], 21)

    def test_a_sync_page_of_500_entries_and_not_501(self):
        client = self.member()
        for send_id in range(1, 521):
            client.send(msgid=5, toid=client.id, msg="x", send_id=send_id)
        for _ in range(520):
            self.assertEqual(client.receive_until(20)["errno"], 0)
        # How many fit into a page depends on its bytes too; the number asked for is never exceeded and nothing is left out.
        at, sizes = 0, []
        while True:
            page = client.ask(msgid=22, since=at, limit=500)
            self.assertEqual([m["seq"] for m in page["messages"]], list(range(at + 1, at + 1 + len(page["messages"]))))
            at = page["messages"][-1]["seq"]
            sizes.append(len(page["messages"]))
            if not page["more"]:
                break
        self.assertEqual(at, 520)
        self.assertLessEqual(max(sizes), 500)
        refused = client.ask(msgid=22, since=0, limit=501)
        self.assertEqual((refused["errno"], refused["field"]), (8, "limit"))
        self.assertEqual(len(client.ask(msgid=22, since=0, limit=1)["messages"]), 1)
        self.assertEqual(client.ask(msgid=22, since=0, limit=0)["errno"], 8)

    def test_device_names_of_1_to_32_bytes(self):
        _, name = self.registered()
        for device, errno in (("d" * 32, 0), ("d" * 33, 8), ("", 8)):
            client = self.connect()
            self.assertEqual(client.ask(msgid=1, account=name, password="secret", device=device)["errno"], errno, device)


class Rates(plaza.Test):
    settings = ("member.message_rate_per_s=1", "member.message_burst=5", "member.request_rate_per_s=1", "member.request_burst=4")

    def test_messages_up_to_the_burst_and_the_next_one_is_told_when(self):
        client = self.member()
        for send_id in range(1, 6):
            self.assertEqual(client.ask(msgid=5, toid=client.id, msg="x", send_id=send_id)["errno"], 0)
        refused = client.ask(msgid=5, toid=client.id, msg="x", send_id=6)
        self.assertEqual(refused["errno"], 11)
        self.assertTrue(0 < refused["retry_after_ms"] <= 1000, refused)

        def accepted():
            return client.ask(msgid=5, toid=client.id, msg="x", send_id=6)["errno"] == 0

        plaza.wait_until(accepted, "the rate to allow one more")

    def test_other_requests_have_a_rate_of_their_own(self):
        client = self.member()
        answers = [client.ask(msgid=34).get("errno") for _ in range(6)]
        self.assertEqual(answers[0], 0)
        self.assertIn(11, answers)
        self.assertEqual(client.ask(msgid=29)["msgid"], 30)


class Logins(plaza.Test):
    settings = ("login.throttle_first_ms=1000", "login.address_per_minute=3")

    def test_failed_logins_of_an_account_have_to_wait(self):
        _, name = self.registered()
        client = self.connect()
        self.assertEqual(client.ask(msgid=1, account=name, password="wrong", device="d")["errno"], 2)
        limited = client.ask(msgid=1, account=name, password="secret", device="d")
        self.assertEqual(limited["errno"], 20)
        self.assertTrue(0 < limited["retry_after_ms"] <= 1000, limited)

        def let_in():
            return client.ask(msgid=1, account=name, password="secret", device="d")["errno"] == 0

        plaza.wait_until(let_in, "the wait to be over")

    def test_many_failures_from_one_address_are_limited_whatever_the_account(self):
        client = self.connect()
        errnos = [client.ask(msgid=1, account=f"nobody{i}", password="wrong", device="d")["errno"] for i in range(6)]
        self.assertIn(20, errnos)


if __name__ == "__main__":
    plaza.main()
