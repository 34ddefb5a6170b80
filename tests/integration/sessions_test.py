"""The life of connections and sessions: deadlines, dead peers, limits, slow readers, revoked tokens, the end of the server."""

import http.client
import os
import re
import signal
import socket
import time
import unittest

import plaza


class Deadlines(plaza.Test):
    settings = ("edge.login_deadline_ms=400", "edge.heartbeat_ms=300", "edge.dead_after_ms=1200")

    def test_who_does_not_log_in_in_time_is_told_and_closed(self):
        client = self.connect()
        goodbye = client.goodbye()
        self.assertEqual((goodbye["msgid"], goodbye["errno"]), (54, 24))
        self.assertTrue(goodbye["reconnect"])

    def test_half_a_frame_and_then_silence_ends_the_same_way(self):
        client = self.connect()
        client.send_bytes(b'{"msgid":3,"name":"hal')
        self.assertEqual(client.goodbye()["errno"], 24)

    def test_half_a_frame_of_a_classic_session_and_then_silence_too(self):
        client = self.classic()
        client.send_bytes(b'{"msgid":5,"toid":1,"msg":"hel')
        self.assertEqual(client.goodbye()["errno"], 24)

    def test_a_classic_session_may_be_silent_between_frames(self):
        client = self.classic()
        client.nothing_within(2.5)
        self.assertEqual(client.ask(msgid=29)["msgid"], 30)

    def test_a_string_that_is_never_closed_is_answered(self):
        client = self.classic()
        client.send_bytes(b'{"msgid":5,"toid":1,"msg":"hel}\n')
        error = client.receive_until(55)
        self.assertEqual((error["errno"], error["errmsg"], error["allowed"]), (8, "malformed JSON", "one JSON object"))
        self.assertEqual(client.goodbye()["errno"], 8)

    def test_a_registration_alone_is_no_login(self):
        client = self.connect()
        client.register(self.name())
        self.assertEqual(client.goodbye()["errno"], 24)

    def test_a_quiet_session_is_asked_for_a_sign_of_life_and_then_closed(self):
        client = self.member()
        beat = client.receive_until(29)
        self.assertIn("head", beat)
        goodbye = client.goodbye()
        self.assertEqual((goodbye["msgid"], goodbye["errno"]), (54, 24))

    def test_one_that_answers_heartbeats_stays(self):
        client = self.member()
        until = time.monotonic() + 3
        while time.monotonic() < until:
            client.receive_until(29)
            client.send(msgid=29)
        self.assertEqual(client.ask(msgid=29)["msgid"], 30)


class Connections(plaza.Test):
    settings = ("edge.connections_per_address_max=4",)

    def test_as_many_connections_from_one_address_as_allowed_and_the_next_is_told(self):
        # http and tcp count together; nothing else is connected here.
        held = [self.connect() for _ in range(4)]
        for client in held:
            self.assertEqual(client.ask(msgid=29)["msgid"], 30)
        refused = self.connect().goodbye()
        self.assertEqual((refused["msgid"], refused["errno"]), (54, 21))
        with socket.create_connection(("127.0.0.1", self.server.http), plaza.DEADLINE_S) as page:
            page.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            self.assertTrue(page.recv(4096).startswith(b"HTTP/1.1 503 "))
        held[0].close()

        def again():
            client = self.connect()
            try:
                return client.ask(msgid=29)["msgid"] == 30
            except (plaza.Closed, ConnectionError):
                return False

        plaza.wait_until(again, "a place to be free again")


class WithSlowReaders(plaza.Test):
    def slow_reader(self):
        """A member whose client has a small window, so that the server's queue is what fills."""
        _, name = self.registered()
        reader = plaza.Client(self.server.tcp, window_bytes=4096)
        self.addCleanup(reader.close)
        reader.enter(name)
        return reader


class SlowReaders(WithSlowReaders):
    settings = ("member.message_rate_per_s=0", "member.request_rate_per_s=0", "edge.outbound_bytes_max=65536",
                "message.sync_bytes_max=16384")

    def test_one_who_does_not_read_falls_to_pull_and_gets_everything_by_sync(self):
        writer = self.member()
        reader = self.slow_reader()
        count, body = 400, "x" * 20000
        for send_id in range(1, count + 1):
            self.assertEqual(writer.ask(msgid=5, toid=reader.id, msg=body, send_id=send_id)["errno"], 0)
        status, metrics, _ = self.server.get("/metrics")
        self.assertEqual(status, 200)
        deferred = int(float(re.search(r"^plaza_pushes_deferred_total (\S+)", metrics, re.M).group(1)))
        self.assertGreater(deferred, 0)

        seqs = []
        while True:
            frame = reader.receive()
            if frame["msgid"] == 31:
                break
            if frame["msgid"] == 5:
                seqs.append(frame["seq"])
        self.assertEqual(seqs, list(range(1, len(seqs) + 1)))
        self.assertLess(len(seqs), count)
        while seqs[-1] < count:
            reader.send(msgid=22, since=seqs[-1], rid=900)
            frame = reader.receive_until(23)
            seqs += [m["seq"] for m in frame["messages"]]
        self.assertEqual(seqs, list(range(1, count + 1)))
        writer.ask(msgid=5, toid=reader.id, msg="pushed again", send_id=count + 1)
        self.assertEqual(reader.receive_until(5)["msg"], "pushed again")

    def test_one_who_asks_and_does_not_read_the_answers_is_not_read_either(self):
        client = self.member()
        for send_id in range(1, 20):
            client.ask(msgid=5, toid=client.id, msg="x" * 3000, send_id=send_id)
        client.socket.settimeout(3)
        asked = 0
        try:
            # Answers of 16 KiB each. They pile up in the kernel, then in the server's queue; then it stops reading.
            while asked < 200000:
                client.send(msgid=22, since=0, rid=5)
                asked += 1
        except TimeoutError:
            pass
        self.assertLess(asked, 200000, "the server takes requests without end")
        other = self.member()
        self.assertEqual(other.ask(msgid=29)["msgid"], 30)


class LongestPages(WithSlowReaders):
    PAGE_BYTES = 32768
    settings = ("member.message_rate_per_s=0", "member.request_rate_per_s=0", "edge.outbound_bytes_max=65536",
                f"message.sync_bytes_max={PAGE_BYTES}")

    def test_a_page_fits_behind_as_many_pushes_as_may_wait(self):
        writer = self.member()
        reader = self.slow_reader()
        sent = 0
        deferred = self.metric("plaza_pushes_deferred_total")
        while self.metric("plaza_pushes_deferred_total") == deferred:
            for _ in range(10):
                sent += 1
                self.assertEqual(writer.ask(msgid=5, toid=reader.id, msg="x" * 2000, send_id=sent)["errno"], 0)
        # The queue holds all pushes that it may. Whoever asks now, before reading them, is answered and not closed.
        reader.send(msgid=22, since=0, rid=900)
        pushed = [reader.receive()["seq"]]
        while (frame := reader.receive())["msgid"] == 5:
            pushed.append(frame["seq"])
        self.assertEqual(pushed, list(range(1, len(pushed) + 1)))
        self.assertEqual(frame["msgid"], 31)
        page = reader.receive_until(23)["messages"]
        self.assertEqual(len(page), self.PAGE_BYTES // 2200, "a page as long as it may be")
        self.assertEqual([m["seq"] for m in page], list(range(1, len(page) + 1)))

    def metric(self, name):
        status, text, _ = self.server.get("/metrics")
        self.assertEqual(status, 200)
        return float(re.search(rf"^{name} (\S+)", text, re.M).group(1))


class Tokens(plaza.Test):
    def closed_within_2_s(self, client, errno):
        begin = time.monotonic()
        goodbye = client.goodbye()
        self.assertLess(time.monotonic() - begin, 2)
        self.assertEqual((goodbye["msgid"], goodbye["errno"], goodbye["reconnect"]), (54, errno, False))

    def test_revoking_a_device_closes_its_live_session_and_its_token(self):
        phone = self.member("phone")
        web = self.connect()
        web.enter(phone.name, "web")
        self.assertEqual(web.ask(msgid=53, device="phone")["errno"], 0)
        self.closed_within_2_s(phone, 26)
        again = self.connect()
        self.assertEqual(again.ask(msgid=1, token=phone.token)["errno"], 19)
        self.assertEqual(web.ask(msgid=29)["msgid"], 30)

    def test_revoking_all_closes_the_own_session_too_after_the_answer(self):
        web = self.member()
        phone = self.connect()
        phone.enter(web.name, "phone")
        self.assertEqual(web.ask(msgid=53, all=True)["errno"], 0)
        self.closed_within_2_s(web, 26)
        self.closed_within_2_s(phone, 26)

    def test_a_changed_password_closes_the_others_and_not_the_own(self):
        web = self.member()
        phone = self.connect()
        phone.enter(web.name, "phone")
        classic = self.connect()
        self.assertEqual(classic.login(name=web.name)["errno"], 0)
        self.assertEqual(web.ask(msgid=50, password="wrong", new_password="other")["errno"], 2)
        self.assertEqual(web.ask(msgid=50, password="secret", new_password="other")["errno"], 0)
        self.closed_within_2_s(phone, 26)
        self.closed_within_2_s(classic, 26)
        self.assertEqual(web.ask(msgid=29)["msgid"], 30)
        self.assertEqual(self.connect().ask(msgid=1, account=web.name, password="secret", device="d")["errno"], 2)
        self.assertEqual(self.connect().ask(msgid=1, account=web.name, password="other", device="d")["errno"], 0)

    def test_a_members_token_resumes_and_replaces_the_dead_session(self):
        web = self.member()
        again = self.connect()
        ack = again.ask(msgid=1, token=web.token, device="web")
        self.assertEqual((ack["errno"], ack["entered"], ack["id"]), (0, True, web.id))
        self.assertEqual(ack["members"], [{"id": web.id, "name": web.name, "avatar": ""}])
        self.assertEqual(web.goodbye()["errno"], 25)

    def test_an_accounts_token_enters_and_replaces_the_dead_session_too(self):
        web = self.member()
        again = self.connect()
        ack = again.ask(msgid=1, token=web.account_token, device="web")
        self.assertEqual((ack["errno"], "entered" in ack), (0, False))
        self.assertEqual(again.ask(msgid=16, id=web.id)["errno"], 0)
        self.assertEqual(web.goodbye()["errno"], 25)

    def test_logging_out_with_revoke_ends_the_token(self):
        web = self.member()
        self.assertEqual(web.ask(msgid=13, revoke=True)["errno"], 0)
        self.assertEqual(web.ask(msgid=1, token=web.token)["errno"], 19)


class HttpKeptAlive(plaza.Test):
    settings = ("edge.login_deadline_ms=300", "edge.http_idle_ms=3000")

    def get(self, connection):
        connection.request("GET", "/healthz")
        answer = connection.getresponse()
        return answer.status, answer.read()

    def test_it_is_not_held_to_the_deadline_of_logins_and_closed_when_no_request_comes(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.http, timeout=plaza.DEADLINE_S)
        connection.auto_open = True
        self.assertEqual(self.get(connection), (200, b"ok\n"))
        first = connection.sock
        self.addCleanup(first.close)
        for _ in range(3):
            time.sleep(0.5)
            self.assertEqual(self.get(connection), (200, b"ok\n"))
            self.assertIs(connection.sock, first, "another connection was needed")
        self.assertEqual(first.recv(1), b"", "the server closes it in the end")

    def test_half_a_request_is_held_to_the_deadline(self):
        client = socket.create_connection(("127.0.0.1", self.server.http), plaza.DEADLINE_S)
        self.addCleanup(client.close)
        client.sendall(b"GET /healthz HTTP/1.1\r\nHost:")
        try:
            self.assertEqual(client.recv(1), b"")
        except ConnectionResetError:
            pass


class SmallQueues(plaza.Test):
    settings = ("edge.outbound_bytes_max=4096", "edge.frame_bytes_max=4096", "message.body_bytes_max=3000",
                "message.sync_bytes_max=2048", "edge.login_deadline_ms=1000")

    def test_a_page_may_be_longer_than_the_queue_of_a_session(self):
        status, text, _ = self.server.get("/metrics")
        self.assertEqual(status, 200)
        self.assertGreater(len(text), 4096)

    def test_a_page_before_the_upgrade_does_not_put_off_the_deadline_of_the_login(self):
        client = plaza.Client(self.server.http)
        self.addCleanup(client.close)
        client.send_bytes(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        self.assertTrue(client.socket.recv(4096).endswith(b"ok\n"))
        begin = time.monotonic()
        client.send_bytes(b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                          b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
        client.socket.settimeout(plaza.DEADLINE_S)
        while client.socket.recv(4096):
            pass
        self.assertLess(time.monotonic() - begin, 10)


class KeptMetrics(plaza.Test):
    settings = ("metrics.cache_ms=60000",)

    def test_who_asks_often_gets_the_text_of_before(self):
        first = self.server.get("/metrics")[1]
        self.member()
        self.assertEqual(self.server.get("/metrics")[1], first)


class Http(plaza.Test):
    def test_health_and_readiness(self):
        self.assertEqual(self.server.get("/healthz")[:2], (200, "ok\n"))
        self.assertEqual(self.server.get("/readyz")[:2], (200, "ready\n"))
        self.assertEqual(self.server.get("/nothing")[0], 404)

    def test_metrics_have_help_and_type_and_the_names_of_the_conventions(self):
        member = self.member()
        member.ask(msgid=5, toid=member.id, msg="x", send_id=1)
        status, text, headers = self.server.get("/metrics")
        self.assertEqual(status, 200)
        self.assertIn("text/plain", headers["Content-Type"])
        helps, types, samples = set(), {}, {}
        for line in text.splitlines():
            if line.startswith("# HELP "):
                _, _, name, words = line.split(" ", 3)
                self.assertNotIn(name, helps, "HELP twice")
                self.assertTrue(words.strip())
                helps.add(name)
            elif line.startswith("# TYPE "):
                _, _, name, kind = line.split(" ")
                self.assertIn(kind, ("counter", "gauge", "histogram", "summary"))
                self.assertNotIn(name, types, "TYPE twice")
                types[name] = kind
            elif line:
                match = re.fullmatch(r'([a-zA-Z_:][a-zA-Z0-9_:]*)(\{(?:[a-zA-Z_]\w*="(?:[^"\\\n]|\\.)*",?)*\})? (\S+)', line)
                self.assertTrue(match, line)
                float(match.group(3).replace("+Inf", "inf"))
                samples.setdefault(match.group(1), []).append(match.group(2) or "")
        self.assertEqual(helps, set(types))
        for name, kind in types.items():
            if kind == "histogram":
                for suffix in ("_bucket", "_sum", "_count"):
                    self.assertIn(name + suffix, samples)
                self.assertTrue(any('le="+Inf"' in labels for labels in samples[name + "_bucket"]), name)
            else:
                self.assertIn(name, samples)
                self.assertEqual(len(samples[name]), len(set(samples[name])), name + " twice")
            self.assertEqual(kind == "counter", name.endswith("_total"), f"{name} is a {kind}")
        known = set(types) | {n + s for n, k in types.items() if k == "histogram" for s in ("_bucket", "_sum", "_count")}
        self.assertEqual(set(samples) - known, set())
        self.assertIn("plaza_messages_accepted_total", types)
        self.assertRegex(text, r"(?m)^plaza_messages_accepted_total [1-9]")


class TheEnd(unittest.TestCase):
    def start(self, *settings):
        server = plaza.Server(*settings)
        self.addCleanup(server.close)
        return server

    def member(self, server, name):
        client = plaza.Client(server.tcp)
        self.addCleanup(client.close)
        client.register(name)
        client.enter(name)
        return client

    def test_sessions_are_told_and_what_was_sent_is_decided_before_it_ends(self):
        server = self.start("member.message_rate_per_s=0")
        client = self.member(server, "writer")
        for send_id in range(1, 101):
            client.send(msgid=5, toid=client.id, msg="x", send_id=send_id)
        begin = time.monotonic()
        server.signal(signal.SIGTERM)
        acknowledged, goodbye = 0, None
        try:
            while True:
                frame = client.receive()
                if frame["msgid"] == 20 and frame["errno"] == 0:
                    acknowledged = frame["send_id"]
                if frame["msgid"] == 54:
                    goodbye = frame
        except plaza.Closed:
            pass
        self.assertEqual(server.wait(), 0)
        self.assertLess(time.monotonic() - begin, 10)
        self.assertEqual((goodbye["errno"], goodbye["reconnect"]), (27, True))
        server.restart()
        again = plaza.Client(server.tcp)
        self.addCleanup(again.close)
        entered = again.enter("writer")
        self.assertGreaterEqual(entered["last_send_id"], acknowledged)
        self.assertEqual(entered["head"], entered["last_send_id"])

    def test_a_second_signal_ends_it_at_once(self):
        server = self.start("server.drain_ms=60000", "edge.outbound_bytes_max=4194304", "member.message_rate_per_s=0",
                            "message.sync_bytes_max=262144")
        client = self.member(server, "reader")
        # It asks for much and reads nothing: its goodbye cannot be delivered, so that the drain goes on.
        for send_id in range(1, 12):
            client.ask(msgid=5, toid=client.id, msg="x" * 30000, send_id=send_id)
        client.socket.settimeout(1)
        try:
            for _ in range(400):
                client.send(msgid=22, since=0)
        except TimeoutError:
            pass
        server.signal(signal.SIGTERM)
        server.says("draining")
        self.assertIsNone(server.process.poll())
        begin = time.monotonic()
        server.signal(signal.SIGTERM)
        code = server.wait()
        self.assertLess(time.monotonic() - begin, 5)
        self.assertNotEqual(code, 0, "it did not end in good order and must not say so")

    def stuck(self, server):
        """A client that asks for much and reads nothing: its goodbye cannot be delivered, so that the drain goes on."""
        client = self.member(server, "reader")
        for send_id in range(1, 12):
            client.ask(msgid=5, toid=client.id, msg="x" * 30000, send_id=send_id)
        client.socket.settimeout(1)
        try:
            for _ in range(400):
                client.send(msgid=22, since=0)
        except TimeoutError:
            pass

    def test_readyz_says_503_on_new_and_kept_connections_while_it_drains(self):
        server = self.start("server.drain_ms=60000", "edge.outbound_bytes_max=4194304", "member.message_rate_per_s=0",
                            "message.sync_bytes_max=262144")
        kept = http.client.HTTPConnection("127.0.0.1", server.http, timeout=plaza.DEADLINE_S)
        self.addCleanup(kept.close)

        def ready():
            kept.request("GET", "/readyz")
            answer = kept.getresponse()
            return answer.status, answer.read()

        self.assertEqual(ready(), (200, b"ready\n"))
        self.stuck(server)
        server.signal(signal.SIGTERM)
        server.says("draining")
        plaza.wait_until(lambda: ready() == (503, b"the server is stopping\n"), "503 on the connection from before")
        self.assertEqual(server.get("/readyz")[0], 503)
        self.assertFalse(os.path.exists(os.path.join(server.data, "ports.json")))
        self.assertIsNone(server.process.poll(), "it is still draining")

    def test_who_upgrades_while_it_drains_is_told_at_once(self):
        server = self.start("server.drain_ms=60000", "edge.outbound_bytes_max=4194304", "member.message_rate_per_s=0",
                            "message.sync_bytes_max=262144")
        self.stuck(server)
        server.signal(signal.SIGTERM)
        plaza.wait_until(lambda: server.get("/readyz")[0] == 503, "the drain to begin")
        late = plaza.Client(server.http)
        self.addCleanup(late.close)
        late.send_bytes(b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                        b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
        late.socket.settimeout(plaza.DEADLINE_S)
        seen = b""
        while more := late.socket.recv(4096):
            seen += more
        self.assertIn(b'"msgid":54,"errno":27', seen)

    def test_new_connections_are_not_taken_while_it_drains(self):
        server = self.start("server.drain_ms=60000", "edge.outbound_bytes_max=4194304", "member.message_rate_per_s=0",
                            "message.sync_bytes_max=262144")
        client = self.member(server, "reader")
        for send_id in range(1, 12):
            client.ask(msgid=5, toid=client.id, msg="x" * 30000, send_id=send_id)
        client.socket.settimeout(1)
        try:
            for _ in range(400):
                client.send(msgid=22, since=0)
        except TimeoutError:
            pass
        server.signal(signal.SIGTERM)
        server.says("draining")

        def refused():
            try:
                socket.create_connection(("127.0.0.1", server.tcp), 2).close()
                return False
            except ConnectionRefusedError:
                return True

        plaza.wait_until(refused, "the listener to be closed")


if __name__ == "__main__":
    plaza.main()
