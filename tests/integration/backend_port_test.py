"""The backend port: what the API's tests say of HTTP holds over connections too; events over kill -9; balancers; TLS."""

import contextlib
import http.client
import json
import os
import random
import shutil
import ssl
import subprocess
import sys
import tempfile
import threading

import events_test
import plaza
import server_api_test
import tls_test
from api import AnswerOfConnection, ApiTest, OverConnections, log_in

EXAMPLE = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "examples", "events.py")


class WhatClientsSee(OverConnections, server_api_test.WhatClientsSee):
    pass


class Rooms(OverConnections, server_api_test.Rooms):
    pass


class Order(OverConnections, server_api_test.Order):
    pass


class Isolation(OverConnections, server_api_test.Isolation):
    pass


class BothWays(ApiTest):

    def server_of(self, app):
        client = plaza.Client(self.server.backend)
        self.addCleanup(client.close)
        ack = log_in(client, app[1], app[2])
        self.assertEqual((ack["status"], ack["result"]), (200, {"app": app[0]}))
        return client

    def test_a_call_made_over_http_is_not_made_again_over_a_connection(self):
        app = self.app()
        self.done(app, "POST", "/api/v1/zones", {"zone": "one"})
        made = self.done(app, "POST", "/api/v1/zones/one/members", {"nickname": "Ann", "idempotency_key": "make-ann"})
        again = self.server_of(app).ask(msgid=143, op="members.create",
                                        params={"zone": "one", "nickname": "Ann", "idempotency_key": "make-ann"})
        self.assertEqual((again["status"], again["replayed"], again["result"]), (200, True, made))

    def test_everything_that_is_asked_over_http_is_an_operation_here_by_its_name(self):
        app = self.app()
        server = self.server_of(app)
        document = json.loads(self.server.get("/api/v1/openapi.json")[1])
        for methods in document["paths"].values():
            for operation in methods.values():
                answer = AnswerOfConnection(server.ask(msgid=143, op=operation["operationId"], params={"no-such": 1}))
                self.assertEqual(answer.code, "bad_request", operation["operationId"])
                self.assertEqual(answer.json["error"]["field"], "no-such", operation["operationId"])

    def test_what_is_audited_names_the_key(self):
        app = self.app()
        self.server_of(app).ask(msgid=143, op="zones.create", params={"zone": "one"})
        entry = self.admin("audit.list", of_app=app[0])["entries"][-1]
        self.assertEqual((entry["action"], entry["actor"]), ("zones.create", f"server:game/{app[1]}"))

    def test_a_stop_says_goodbye(self):
        app = self.app()
        server = self.server_of(app)
        self.assertEqual(self.server.stop(), 0)
        self.assertEqual((server.goodbye()["msgid"], server.goodbye()), (148, None))
        self.server.restart()
        self.server_of(app)


class Events(events_test.EventsTest):
    settings = (*events_test.EventsTest.settings, "backend.outbound_bytes_max=16384",
                "backend.events_per_push_max=20")

    def follow(self, app, after=0):
        client = plaza.Client(self.server.backend, window_bytes=8192)
        self.addCleanup(client.close)
        self.assertEqual(log_in(client, app[1], app[2])["status"], 200)
        self.assertEqual(client.ask(msgid=145, after=after)["status"], 200)
        return client

    def test_what_is_pushed_is_the_log_also_to_a_server_that_reads_late(self):
        app, _ = self.studio(hook=False)
        early = self.follow(app)
        ann = self.client_of(app, "one", self.ann)
        for n in range(600):
            self.say(ann, self.room, f"line {n} " + "x" * 500)
        late = self.follow(app, after=3)
        plaza.wait_until(lambda: sum(e["kind"] == "room.message" for e in self.log_of(app)) == 600, "the log")
        log = self.log_of(app)
        for server, expected in ((early, log), (late, log[3:])):
            got = []
            while len(got) < len(expected):
                got += server.receive_until(147)["events"]
            self.assertEqual(got, expected)
            server.nothing_within(0.1)

    def position(self, folder):
        with contextlib.suppress(FileNotFoundError), open(os.path.join(folder, "position")) as file:
            return file.read()

    def test_the_example_prints_each_event_once_though_both_sides_are_restarted(self):
        app, _ = self.studio(kinds=["room.message"], hook=False)
        folder = tempfile.mkdtemp(prefix="plaza-events-")
        self.addCleanup(shutil.rmtree, folder, True)

        def run():
            program = subprocess.Popen(
                [sys.executable, EXAMPLE, os.path.join(folder, "position")], stdout=subprocess.PIPE, text=True,
                env={**os.environ, "PLAZA_BACKEND": f"127.0.0.1:{self.server.backend}", "PLAZA_KEY": app[1], "PLAZA_SECRET": app[2]})
            self.addCleanup(program.wait)
            self.addCleanup(program.stdout.close)
            self.addCleanup(program.kill)
            return program

        said = []
        for turn in ("a", "b", "c"):
            if turn == "c":
                self.server.signal(9)
                self.server.wait()
                self.server.restart()
            program = run()
            ann = self.client_of(app, "one", self.ann)
            ann.count = len(said)
            self.say(ann, self.room, turn + "1", turn + "2")
            events = [json.loads(program.stdout.readline()) for _ in range(2)]
            said += [event["data"]["msg"] for event in events]
            plaza.wait_until(lambda: self.position(folder) == str(events[-1]["seq"]), "the position")
            program.kill()
        self.assertEqual(said, ["a1", "a2", "b1", "b2", "c1", "c2"])

    def test_the_example_has_at_most_sixty_lines(self):
        with open(EXAMPLE) as file:
            self.assertLessEqual(len(file.readlines()), 60)


class Killed(events_test.EventsTest):
    settings = events_test.EventsTest.settings

    def test_whoever_goes_on_from_the_last_event_has_every_acknowledged_message_once_in_order(self):
        app, _ = self.studio(kinds=["room.message"], hook=False)
        dice = random.Random(os.environ.get("PLAZA_TEST_SEED", "1"))
        acknowledged, send_id, got = [], 0, []
        client = self.client_of(app, "one", self.ann)
        token = client.ack["token"]

        def follow(until=lambda: False):
            """Keeps what comes until the connection ends, or all is there."""
            with contextlib.suppress(plaza.Closed, OSError), contextlib.closing(plaza.Client(self.server.backend)) as server:
                log_in(server, app[1], app[2])
                server.ask(msgid=145, after=got[-1]["seq"] if got else 0)
                while not until():
                    got.extend(server.receive_until(147)["events"])

        for _ in range(events_test.KILLS):
            timer = threading.Timer(dice.uniform(0.02, 0.4), self.server.signal, (9,))
            reader = threading.Thread(target=follow)
            reader.start()
            timer.start()
            with contextlib.suppress(plaza.Closed, OSError):
                while True:
                    ack = client.ask(msgid=12, groupid=self.room, msg=f"line {send_id + 1}", send_id=send_id + 1)
                    self.assertEqual(ack["errno"], 0, ack)
                    send_id += 1
                    acknowledged.append(f"line {send_id}")
            self.server.wait()
            reader.join()
            self.server.restart()
            client = self.connect()
            ack = client.ask(msgid=1, token=token)
            if ack["last_send_id"] > send_id:  # stored, and the answer was lost
                send_id += 1
                acknowledged.append(f"line {send_id}")
            client.ask(msgid=18)
        self.assertGreater(len(acknowledged), 0)
        follow(lambda: sum(e["kind"] == "room.message" for e in got) >= len(acknowledged))
        self.assertEqual([e["data"]["msg"] for e in got if e["kind"] == "room.message"], acknowledged)
        self.assertEqual([e["seq"] for e in got], list(range(1, len(got) + 1)))


class BehindBalancers(ApiTest):
    settings = tuple(f"{port}.balancers=127.0.0.1" for port in ("tcp", "http", "backend"))

    def app_of(self, network):
        name = self.name()
        self.admin("apps.create", app=name)
        self.admin("servers.register", app=name, server="game", networks=[network])
        key = self.admin("keys.create", app=name, server="game")
        return name, key["key"], key["secret"]

    def through(self, port, source):
        client = plaza.Client(port)
        self.addCleanup(client.close)
        client.send_bytes(f"PROXY TCP4 {source} 192.0.2.1 40000 7610\r\n".encode())
        return client

    def test_it_is_the_real_address_that_is_allowed_and_not_the_balancers(self):
        app, inside = self.app_of("192.0.2.0/24"), self.app_of("127.0.0.1")
        self.assertEqual(log_in(self.through(self.server.backend, "192.0.2.7"), *app[1:])["status"], 200)
        self.assertEqual(log_in(self.through(self.server.backend, "198.51.100.7"), *app[1:])["status"], 401)
        self.assertEqual(log_in(self.through(self.server.backend, "192.0.2.7"), *inside[1:])["status"], 401)
        clear = self.through(self.server.backend, "192.0.2.7")
        clear.receive()
        self.assertEqual(clear.ask(msgid=141, key=app[1], secret=app[2])["status"], 401, "not in clear from elsewhere")
        itself = plaza.Client(self.server.backend)
        self.addCleanup(itself.close)
        itself.send_bytes(b"PROXY UNKNOWN\r\n")
        self.assertEqual(log_in(itself, *inside[1:])["status"], 200)

    def test_over_http_and_for_clients_too(self):
        app = self.app_of("192.0.2.0/24")
        for source, status in (("127.0.0.1", 401), ("192.0.2.7", 401)):  # a bearer: from its network, and that in clear
            client = self.through(self.server.http, source)
            client.send_bytes(f"GET /api/v1/app HTTP/1.1\r\nHost: a\r\nConnection: close\r\n"
                              f"Authorization: Bearer {app[1]}.{app[2]}\r\n\r\n".encode())
            response = http.client.HTTPResponse(client.socket)
            response.begin()
            self.assertEqual(response.status, status)
        for said in ("from 127.0.0.1: wrong_address", "from 192.0.2.7: plain_secret"):
            plaza.wait_until(lambda said=said: said in self.server.log(), said)
        person = self.through(self.server.tcp, "192.0.2.9")
        self.assertEqual(person.register("ann")["errno"], 0)

    def test_a_connection_without_a_header_is_closed_on_every_port(self):
        for port, first in ((self.server.tcp, b'{"msgid":29}'), (self.server.http, b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n"),
                            (self.server.backend, b'{"msgid":149}')):
            client = plaza.Client(port)
            self.addCleanup(client.close)
            client.send_bytes(first)
            with self.assertRaises(plaza.Closed):
                client.receive()


class OverTls(ApiTest):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="plaza-tls-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, True)
        tls_test.make_certificate(cls.folder, 1)
        cls.settings = ("backend.tls=true", "backend.balancers=127.0.0.1",
                        "tls.certificate=" + os.path.join(cls.folder, "cert.pem"), "tls.key=" + os.path.join(cls.folder, "key.pem"))
        super().setUpClass()

    def test_a_secret_is_taken_over_tls_from_its_network_behind_a_balancer(self):
        name = self.name()
        self.admin("apps.create", app=name)
        self.admin("servers.register", app=name, server="game", networks=["192.0.2.0/24"])
        key = self.admin("keys.create", app=name, server="game")
        client = plaza.Client(self.server.backend)
        self.addCleanup(client.close)
        client.send_bytes(b"PROXY TCP4 192.0.2.7 192.0.2.1 40000 7610\r\n")
        trust = ssl.create_default_context(cafile=os.path.join(self.folder, "cert.pem"))
        client.socket = trust.wrap_socket(client.socket, server_hostname="localhost")
        client.receive()
        self.assertEqual(client.ask(msgid=141, key=key["key"], secret=key["secret"])["status"], 200)
        self.assertEqual(client.ask(msgid=143, op="app.show")["result"]["app"], name)


if __name__ == "__main__":
    plaza.main()
