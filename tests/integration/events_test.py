"""What the apps' own servers are told: the log of events, and webhooks whose receivers fail, are slow or die, over kill -9 of the server."""

import hashlib
import hmac
import http.server
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest

import plaza
from api import ApiTest

EXAMPLE = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "examples", "webhooks.py")
KILLS = int(os.environ.get("PLAZA_TEST_KILLS", "5"))


class Receiver:
    """An app's server that takes webhooks. `answer` says what a post is answered with: a status, or None to say nothing at all."""

    def __init__(self, port=0):
        self.posts, self.events, self.answer, self.secret = [], [], 200, None
        self._lock, self._closing = threading.Lock(), threading.Event()
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status = receiver.take(dict(self.headers), body)
                if status is None:
                    receiver._closing.wait(plaza.DEADLINE_S)
                    return
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self._server.daemon_threads = True
        self._server.block_on_close = False
        self.port = self._server.server_port
        self.url = f"http://127.0.0.1:{self.port}/events"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def take(self, headers, body):
        with self._lock:
            answer = self.answer(len(self.posts)) if callable(self.answer) else self.answer
            self.posts.append((headers, body, answer))
            if answer == 200:
                self.events += json.loads(body)["events"]
            return answer

    def close(self):
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()

    def kinds(self):
        return [event["kind"] for event in self.events]

    def said(self):
        return [event["data"]["msg"] for event in self.events if event["kind"] == "room.message"]


class EventsTest(ApiTest):
    settings = ("webhook.private_networks=true", "webhook.retry_first_ms=20", "webhook.retry_longest_ms=100",
                "webhook.answer_deadline_ms=1000", "webhook.retry_for_s=2", "member.message_rate_per_s=0", "room.message_rate_per_s=0")
    KINDS = ["member.online", "member.offline", "room.message", "room.changed", "report.made"]

    def studio(self, kinds=None, hook=True):
        """(app, receiver) of a new app with a zone "one", the members Ann and Bob, a room of both that is watched, and a webhook."""
        app = self.app()
        self.done(app, "POST", "/api/v1/zones", {"zone": "one"})
        self.done(app, "POST", "/api/v1/events/subscription", {"kinds": self.KINDS if kinds is None else kinds})
        self.ann, self.bob = self.member_of(app, "one", "Ann"), self.member_of(app, "one", "Bob")
        self.room = self.done(app, "POST", "/api/v1/zones/one/rooms", {"name": "Lobby", "owner": self.ann})["room"]
        self.done(app, "POST", f"/api/v1/zones/one/rooms/{self.room}/members", {"member": self.bob})
        self.done(app, "POST", f"/api/v1/zones/one/rooms/{self.room}/watch", {})
        receiver = Receiver()
        self.addCleanup(receiver.close)
        if hook:
            made = self.done(app, "POST", "/api/v1/webhooks", {"url": receiver.url})
            receiver.secret, receiver.id = made["secret"], made["webhook"]
        return app, receiver

    def say(self, client, room, *texts):
        for text in texts:
            client.count = getattr(client, "count", 0) + 1
            ack = client.ask(msgid=12, groupid=room, msg=text, send_id=client.count)
            self.assertEqual(ack["errno"], 0, ack)

    def log_of(self, app, after=0):
        events = []
        while True:
            page = self.done(app, "GET", f"/api/v1/events?limit=200&after={after}")
            events += page["events"]
            if "next" not in page:
                return events
            after = page["next"]


class Events(EventsTest):
    def test_what_happens_is_posted_in_order_signed_and_stands_in_the_log(self):
        app, receiver = self.studio()
        ann, bob = self.client_of(app, "one", self.ann), self.client_of(app, "one", self.bob)
        plaza.wait_until(lambda: receiver.kinds().count("member.online") == 2, "both to be online")
        self.say(ann, self.room, "hello", "again")
        pushed = bob.receive_until(12)
        self.assertEqual(bob.ask(msgid=100, groupid=self.room, cseq=pushed["cseq"], reason="rude")["errno"], 0)
        plaza.wait_until(lambda: "report.made" in receiver.kinds(), "the report")
        self.done(app, "DELETE", f"/api/v1/zones/one/rooms/{self.room}/members/{self.bob}")
        bob.close()
        plaza.wait_until(lambda: {"room.changed", "member.offline"} <= set(receiver.kinds()), "the rest")
        self.assertEqual(receiver.said(), ["hello", "again"])
        by_kind = {event["kind"]: event for event in receiver.events}
        self.assertEqual(by_kind["room.message"]["data"]["from"], {"member": self.ann, "nickname": "Ann"})
        self.assertEqual(by_kind["room.changed"]["data"]["change"]["event"], "kicked")
        self.assertEqual((by_kind["report.made"]["data"]["reporter"], by_kind["report.made"]["data"]["reason"],
                          by_kind["report.made"]["data"]["message"]["msg"]), (self.bob, "rude", "hello"))
        self.assertEqual(by_kind["member.offline"]["data"], {"member": self.bob, "nickname": "Bob"})
        self.assertEqual({event["zone"] for event in receiver.events}, {"one"})
        self.assertEqual([event["seq"] for event in receiver.events], list(range(1, len(receiver.events) + 1)))
        self.assertEqual(self.log_of(app), receiver.events)
        for headers, body, _ in receiver.posts:
            text = f"PLAZA-WEBHOOK-SHA256\n{headers['Plaza-Time']}\n{hashlib.sha256(body).hexdigest()}"
            self.assertEqual(headers["Plaza-Signature"], hmac.new(receiver.secret.encode(), text.encode(),
                                                                  hashlib.sha256).hexdigest())
            self.assertLess(abs(int(headers["Plaza-Time"]) - time.time() * 1000), plaza.DEADLINE_S * 1000)
            self.assertEqual((json.loads(body)["app"], json.loads(body)["webhook"]), (app[0], receiver.id))

    def test_a_receiver_that_fails_and_then_says_nothing_gets_everything_in_the_end_in_order(self):
        app, receiver = self.studio(kinds=["room.message"])
        receiver.answer = lambda post: (500, 302, None, 404)[post] if post < 4 else 200
        ann = self.client_of(app, "one", self.ann)
        texts = [f"line {n}" for n in range(20)]
        self.say(ann, self.room, *texts)
        plaza.wait_until(lambda: len(receiver.said()) >= 20, "all lines")
        self.assertEqual(receiver.said(), texts)
        first = json.loads(receiver.posts[0][1])["events"][0]
        self.assertEqual({json.loads(body)["events"][0]["seq"] for _, body, _ in receiver.posts[:5]}, {first["seq"]},
                         "nothing passes what was not taken")

    def test_a_receiver_that_is_away_for_too_long_leaves_dead_letters_which_are_posted_when_asked(self):
        app, receiver = self.studio(kinds=["room.message"])
        port = receiver.port
        receiver.close()
        ann = self.client_of(app, "one", self.ann)
        self.say(ann, self.room, "one", "two")
        plaza.wait_until(lambda: len(self.done(app, "GET", "/api/v1/dead-letters")["letters"]) == 2, "dead letters")
        letters = self.done(app, "GET", "/api/v1/dead-letters")["letters"]
        self.assertEqual([letter["event"]["data"]["msg"] for letter in letters], ["one", "two"])
        self.assertEqual({letter["why"] for letter in letters}, {"the host cannot be reached"})
        shown = self.admin("dead_letters.list", app=app[0])["letters"]
        self.assertEqual([letter["letter"] for letter in shown], [letter["letter"] for letter in letters])
        back = Receiver(port)
        self.addCleanup(back.close)
        self.say(ann, self.room, "three")
        plaza.wait_until(lambda: back.said(), "what comes next")
        self.assertEqual(back.said(), ["three"])
        done = subprocess.run([plaza.BINARY, "admin", "letter", "redeliver", "--app", app[0], "--data-dir", self.server.data],
                              check=True, capture_output=True, text=True)
        self.assertIn("2", done.stdout)
        plaza.wait_until(lambda: len(back.said()) == 3, "the letters")
        self.assertEqual(back.said(), ["three", "one", "two"])
        self.assertTrue(json.loads(back.posts[-1][1])["again"])
        plaza.wait_until(lambda: not self.done(app, "GET", "/api/v1/dead-letters")["letters"], "no letters")

    def test_an_app_whose_server_hangs_costs_the_other_app_nothing(self):
        mine, hanging = self.studio(kinds=["room.message"])
        hanging.answer = None
        room, ann = self.room, self.client_of(mine, "one", self.ann)
        other, receiver = self.studio(kinds=["room.message"])
        self.say(ann, room, "into the void")
        plaza.wait_until(lambda: hanging.posts, "the first post to hang")
        bob = self.client_of(other, "one", self.ann)
        self.say(bob, self.room, *[f"{n}" for n in range(10)])
        plaza.wait_until(lambda: len(receiver.said()) == 10, "the other app's events")
        self.assertEqual([json.loads(body)["app"] for _, body, _ in receiver.posts], [other[0]] * len(receiver.posts))
        self.assertEqual(hanging.said(), [])
        self.assertEqual(self.log_of(mine)[0]["data"]["msg"], "into the void")
        self.assertNotIn("into the void", json.dumps(self.log_of(other)))

    def test_a_room_is_told_from_a_position_and_no_more_when_it_is_not_watched(self):
        app, _ = self.studio(kinds=["room.message", "room.changed"], hook=False)
        ann = self.client_of(app, "one", self.ann)
        path = f"/api/v1/zones/one/rooms/{self.room}/watch"
        self.done(app, "DELETE", path)
        self.say(ann, self.room, "unheard")
        self.assertEqual(self.done(app, "GET", "/api/v1/zones/one/watched")["rooms"], [])
        self.assertEqual(self.log_of(app), [])
        self.done(app, "POST", path, {"since": 0})
        plaza.wait_until(lambda: len(self.log_of(app)) == 3, "what was said before")
        events = self.log_of(app)
        self.assertEqual([event["data"]["cseq"] for event in events], [1, 2, 3])
        self.assertEqual(events[0]["data"]["change"]["event"], "created")
        self.assertEqual(events[2]["data"]["msg"], "unheard")

    def test_metrics_count_and_name_no_app(self):
        app, receiver = self.studio()
        self.say(self.client_of(app, "one", self.ann), self.room, "counted")
        plaza.wait_until(lambda: receiver.said() == ["counted"], "the post")
        text = self.server.get("/metrics")[1]
        self.assertRegex(text, r'plaza_webhook_posts_total\{outcome="taken"\} [1-9]')
        self.assertRegex(text, r"plaza_app_events_total [1-9]")
        self.assertNotIn(receiver.url, text)
        self.assertNotIn(receiver.secret, self.server.log())


class Example(EventsTest):
    def test_the_example_takes_what_is_genuine_and_prints_each_event_once(self):
        app, receiver = self.studio(kinds=["room.message"], hook=False)
        secret = "whs_not_known_yet"
        with subprocess.Popen([sys.executable, EXAMPLE, "0"], env={**os.environ, "PLAZA_WEBHOOK_SECRET": secret},
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as wrong:
            self.addCleanup(wrong.kill)
            port = int(wrong.stderr.readline().split()[-1])
            made = self.done(app, "POST", "/api/v1/webhooks", {"url": f"http://127.0.0.1:{port}/"})
            ann = self.client_of(app, "one", self.ann)
            self.say(ann, self.room, "one")
            plaza.wait_until(lambda: "status 401" in self.server.log(), "the wrong secret to be refused")
            wrong.kill()
        with subprocess.Popen([sys.executable, EXAMPLE, str(port)], env={**os.environ, "PLAZA_WEBHOOK_SECRET": made["secret"]},
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as right:
            self.addCleanup(right.kill)
            right.stderr.readline()
            self.assertEqual(json.loads(right.stdout.readline())["data"]["msg"], "one")
            self.say(ann, self.room, "two")
            self.assertEqual(json.loads(right.stdout.readline())["data"]["msg"], "two")
            right.kill()

    def test_the_example_has_at_most_sixty_lines(self):
        with open(EXAMPLE) as file:
            self.assertLessEqual(len(file.readlines()), 60)


class Killed(EventsTest):
    settings = (*EventsTest.settings, "webhook.retry_for_s=3600")

    def test_every_acknowledged_message_is_in_the_log_once_and_reaches_the_webhook_in_order(self):
        app, receiver = self.studio(kinds=["room.message", "room.changed", "member.online"])
        receiver.answer = lambda post: 503 if post % 5 == 3 else 200
        dice = random.Random(os.environ.get("PLAZA_TEST_SEED", "1"))
        acknowledged, send_id = [], 0
        client = self.client_of(app, "one", self.ann)
        token = client.ack["token"]
        for kill in range(KILLS):
            timer = threading.Timer(dice.uniform(0.02, 0.4), self.server.signal, (9,))
            timer.start()
            try:
                while True:
                    ack = client.ask(msgid=12, groupid=self.room, msg=f"line {send_id + 1}", send_id=send_id + 1)
                    self.assertEqual(ack["errno"], 0, ack)
                    send_id += 1
                    acknowledged.append(f"line {send_id}")
            except (plaza.Closed, OSError):
                pass
            self.server.wait()
            self.server.restart()
            client = self.connect()
            ack = client.ask(msgid=1, token=token)
            self.assertEqual(ack["errno"], 0, ack)
            if ack["last_send_id"] > send_id:  # stored, and the answer was lost
                send_id += 1
                acknowledged.append(f"line {send_id}")
            client.ask(msgid=18)
        self.done(app, "POST", f"/api/v1/zones/one/rooms/{self.room}/members", {"member": self.member_of(app, "one", "Cid")})
        plaza.wait_until(lambda: any(e["kind"] == "room.changed" for e in receiver.events), "the last event")
        log = self.log_of(app)
        self.assertEqual([e["data"]["msg"] for e in log if e["kind"] == "room.message"], acknowledged)
        self.assertEqual([e["seq"] for e in log], list(range(1, len(log) + 1)))
        self.assertEqual(sum(e["kind"] == "gap" and e["data"]["why"] == "restart" for e in log), KILLS)
        plaza.wait_until(lambda: receiver.events[-1]["seq"] == log[-1]["seq"], "the webhook to have all")
        seen = []
        for event in receiver.events:
            if not seen or event["seq"] > seen[-1]["seq"]:
                self.assertEqual(event["seq"], (seen[-1]["seq"] if seen else 0) + 1, "no hole")
                seen.append(event)
        self.assertEqual(seen, log)


class Inside(ApiTest):
    """With the default settings nobody can make this server post to its own machine or network."""

    def test_a_webhook_leads_nowhere_inside(self):
        app = self.app()
        receiver = Receiver()
        self.addCleanup(receiver.close)
        for url in (receiver.url, f"https://127.0.0.1:{receiver.port}/", "https://[::1]/", "https://169.254.169.254/",
                    "https://10.0.0.1/"):
            refused = self.call(app, "POST", "/api/v1/webhooks", {"url": url})
            self.assertEqual((refused.code, refused.json["error"]["field"]), ("bad_request", "url"), url)
        self.done(app, "POST", "/api/v1/webhooks", {"url": f"https://2130706433:{receiver.port}/"})
        self.done(app, "POST", "/api/v1/zones", {"zone": "one"})
        self.done(app, "POST", "/api/v1/events/subscription", {"kinds": ["member.online"]})
        self.client_of(app, "one", self.member_of(app, "one", "Ann"))
        plaza.wait_until(lambda: "does not take events" in self.server.log(), "the post to be refused")
        self.assertIn("which is not allowed here", self.server.log())
        self.assertEqual(receiver.posts, [])


class WrongAuthorities(unittest.TestCase):
    def test_a_server_that_cannot_read_them_says_so_and_ends(self):
        folder = tempfile.mkdtemp(prefix="plaza-events-")
        self.addCleanup(shutil.rmtree, folder, True)
        ran = subprocess.run([plaza.BINARY, "serve", "--data-dir", os.path.join(folder, "data"), "--tcp", "127.0.0.1:0", "--http",
                              "127.0.0.1:0", "--backend", "127.0.0.1:0", "--set", "webhook.ca_file=" + os.path.join(folder, "none.pem")],
                             capture_output=True, text=True, timeout=plaza.DEADLINE_S)
        self.assertEqual(ran.returncode, 1, ran.stderr)
        self.assertIn("webhook.ca_file", ran.stdout + ran.stderr)


class Limits(EventsTest):
    settings = (*EventsTest.settings, "event.rooms_watched_per_app_max=2", "webhook.per_app_max=1", "event.kept_per_app_max=100",
                "webhook.dead_letters_per_app_max=1", "webhook.retry_for_s=1")

    def test_rooms_webhooks_and_letters_up_to_their_limit(self):
        app, receiver = self.studio(kinds=["room.message"])
        made = [self.done(app, "POST", "/api/v1/zones/one/rooms", {"name": name, "owner": self.ann})["room"]
                for name in ("Second", "Third")]
        self.done(app, "POST", f"/api/v1/zones/one/rooms/{made[0]}/watch", {})
        self.assertEqual(self.call(app, "POST", f"/api/v1/zones/one/rooms/{made[1]}/watch", {}).code, "limit_reached")
        self.assertEqual(self.call(app, "POST", "/api/v1/webhooks", {"url": receiver.url}).code, "limit_reached")
        receiver.answer = 500
        self.say(self.client_of(app, "one", self.ann), self.room, "old", "new")
        plaza.wait_until(lambda: [letter["event"]["data"]["msg"] for letter in
                                  self.done(app, "GET", "/api/v1/dead-letters")["letters"]] == ["new"], "one letter")


if __name__ == "__main__":
    plaza.main()
