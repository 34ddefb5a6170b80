"""Channels on real processes: recovery after a lost connection, a restart, a slow reader, two zones, both transports."""

import asyncio
import json
import os
import sqlite3
import subprocess
import threading

import websockets

import plaza

ONE_CHAT, OK = 5, 21
SUBSCRIBE, UNSUBSCRIBE, PUBLISH, PUBLICATION, CHANNEL_HEAD, CHANNELS = 85, 87, 88, 90, 91, 92
NO_SUCH_CHANNEL = 37


class Channels(plaza.Test):
    settings = ("channel.member_rate_per_s=0", "channel.world_rate_per_s=0", "member.request_rate_per_s=0",
                "channel.world_history_max=20")

    def subscribe(self, client, channel="world", **fields):
        ack = client.ask(msgid=SUBSCRIBE, channel=channel, **fields)
        self.assertEqual(ack["errno"], 0, ack)
        return ack

    def publish(self, client, text, channel="world"):
        ack = client.ask(msgid=PUBLISH, channel=channel, msg=text)
        self.assertEqual(ack["errno"], 0, ack)
        return ack

    def pushes(self, client, count):
        return [client.receive_until(PUBLICATION) for _ in range(count)]

    def reconnected(self, lost):
        lost.close()
        client = self.connect()
        ack = client.ask(msgid=1, token=lost.token, device="web")
        self.assertTrue(ack.get("entered"), ack)
        client.ask(msgid=18)
        client.token, client.name = lost.token, lost.name
        return client

    def test_everybody_sees_one_order_and_the_publisher_too(self):
        clients = [self.member() for _ in range(4)]
        start = [self.subscribe(client)["head"] for client in clients][-1]
        for i in range(30):
            clients[i % 4].send(msgid=PUBLISH, channel="world", msg=f"text {i}")
        seen = [self.pushes(client, 30) for client in clients]
        self.assertEqual([one["seq"] for one in seen[0]], list(range(start + 1, start + 31)))
        for other in seen[1:]:
            self.assertEqual(other, seen[0])
        for n, client in enumerate(clients):
            own = [one["msg"] for one in seen[0] if one["id"] == client.id]
            self.assertEqual(own, [f"text {i}" for i in range(n, 30, 4)], "a publisher's own, in its order")

    def test_within_the_history_everything_comes_and_past_it_the_word_that_it_cannot(self):
        speaker, listener = self.member(), self.member()
        ack = self.subscribe(listener)
        epoch, head = ack["epoch"], ack["head"]
        self.publish(speaker, "seen")
        self.pushes(listener, 1)
        listener = self.reconnected(listener)
        for i in range(20):
            self.publish(speaker, f"missed {i}")
        ack = self.subscribe(listener, epoch=epoch, since=head + 1)
        self.assertTrue(ack["recovered"])
        self.assertFalse(ack["more"])
        self.assertEqual([one["msg"] for one in ack["publications"]], [f"missed {i}" for i in range(20)])
        self.assertEqual([one["seq"] for one in ack["publications"]], list(range(head + 2, head + 22)))
        self.publish(speaker, "live")
        self.assertEqual(self.pushes(listener, 1)[0]["seq"], head + 22)

        listener = self.reconnected(listener)
        for i in range(21):
            self.publish(speaker, f"too many {i}")
        ack = self.subscribe(listener, epoch=epoch, since=head + 22)
        self.assertFalse(ack["recovered"], "one more than is kept")
        self.assertEqual(ack["publications"], [])
        self.assertEqual(ack["head"], head + 43)
        self.publish(speaker, "live again")
        self.assertEqual(self.pushes(listener, 1)[0]["seq"], head + 44)

    def test_subscriptions_end_with_the_login(self):
        speaker, client = self.member(), self.member()
        self.subscribe(client)
        client.ask(msgid=13)
        self.publish(speaker, "for members")
        client.nothing_within()

    def test_a_slow_reader_is_told_the_head_and_recovers_what_the_history_has(self):
        speaker = self.member()
        _, name = self.registered()
        slow = plaza.Client(self.server.tcp, window_bytes=4096)
        self.addCleanup(slow.close)
        slow.enter(name)
        ack = self.subscribe(slow)
        epoch, position = ack["epoch"], ack["head"]
        for _ in range(1000):
            self.publish(speaker, "x" * 8000)
        frames = []
        while not frames or frames[-1]["msgid"] != CHANNEL_HEAD:
            frames.append(slow.receive())
        seen = [frame["seq"] for frame in frames[:-1]]
        self.assertEqual(seen, list(range(position + 1, position + 1 + len(seen))), "no hole before it")
        self.assertLess(len(seen), 1000)
        self.assertEqual(frames[-1]["epoch"], epoch)
        slow.nothing_within()
        ack = self.subscribe(slow, epoch=epoch, since=position + 1000 - 5)
        self.assertTrue(ack["recovered"])
        self.assertEqual([one["seq"] for one in ack["publications"]], list(range(position + 996, position + 1001)))
        self.assertFalse(self.subscribe(slow, epoch=epoch, since=seen[-1])["recovered"])
        memory = self.server.get("/metrics")[1]
        self.assertIn("plaza_channel_subscriptions_paused_total 1", memory)

    def test_what_does_not_fit_into_one_answer_comes_in_pages(self):
        speaker, listener = self.member(), self.member()
        ack = self.subscribe(speaker)
        epoch, head = ack["epoch"], ack["head"]
        for i in range(20):
            self.publish(speaker, f"{i} " + "x" * 8000)
        got, since, pages = [], head, 0
        while True:
            ack = self.subscribe(listener, epoch=epoch, since=since)
            self.assertTrue(ack["recovered"])
            got += [one["seq"] for one in ack["publications"]]
            pages += 1
            if not ack["more"]:
                break
            since = got[-1]
        self.assertGreater(pages, 1)
        self.assertEqual(got, list(range(head + 1, head + 21)))

    def test_each_transport_gets_the_same(self):
        speaker, listener = self.member(), self.member()
        head = self.subscribe(listener)["head"]
        _, name = self.registered()

        async def over_websocket():
            async with websockets.connect(f"ws://127.0.0.1:{self.server.http}/ws") as ws:
                async def ask(**fields):
                    await ws.send(json.dumps(dict(fields, rid=1)))
                    while True:
                        frame = json.loads(await ws.recv())
                        if frame.get("rid") == 1:
                            return frame
                ack = await ask(msgid=1, account=name, password="secret", device="web")
                await ask(msgid=16, id=ack["members"][0]["id"])
                await ask(msgid=18)
                self.assertEqual((await ask(msgid=SUBSCRIBE, channel="world"))["head"], head)
                for i in range(50):  # at once, so that some are pushed as one piece
                    speaker.send(msgid=PUBLISH, channel="world", msg=f"grüße {i}" + "y" * (i * 7))
                return [json.loads(await ws.recv()) for _ in range(50)]

        by_websocket = asyncio.run(over_websocket())
        self.assertEqual([frame["seq"] for frame in by_websocket], list(range(head + 1, head + 51)))
        self.assertEqual(self.pushes(listener, 50), by_websocket)

    def test_channels_that_are_not_declared_do_not_exist(self):
        client = self.member()
        for request in ({"msgid": SUBSCRIBE}, {"msgid": PUBLISH, "msg": "x"}):
            for name in ("news", "World", "a b"):
                self.assertEqual(client.ask(channel=name, **request)["errno"], NO_SUCH_CHANNEL, name)
        self.assertEqual(client.ask(msgid=UNSUBSCRIBE, channel="news")["errno"], 0)
        self.assertEqual([one["channel"] for one in client.ask(msgid=CHANNELS)["channels"]], ["world"])

    def test_a_publication_is_in_no_inbox_and_on_no_disk(self):
        speaker, listener = self.member(), self.member()
        self.subscribe(listener)
        self.publish(speaker, "only said, never written")
        self.pushes(listener, 1)
        for client in (speaker, listener):
            self.assertEqual(client.ask(msgid=22, since=0)["messages"], [])
        for folder, _, files in os.walk(self.server.data):
            for file in files:
                if file == "admin.sock":
                    continue
                with open(os.path.join(folder, file), "rb") as content:
                    self.assertNotIn(b"never written", content.read(), file)


class Restart(plaza.Test):
    settings = ("channel.member_rate_per_s=0", "channel.world_rate_per_s=0")

    def test_a_restart_begins_a_new_epoch_and_says_so(self):
        client = self.member()
        first = client.ask(msgid=SUBSCRIBE, channel="world")
        for text in ("1", "2"):
            client.ask(msgid=PUBLISH, channel="world", msg=text)
        token = client.token
        self.server.signal(9)
        self.server.wait()
        self.server.restart()
        client = self.connect()
        client.ask(msgid=1, token=token, device="web")
        client.ask(msgid=18)
        ack = client.ask(msgid=SUBSCRIBE, channel="world", epoch=first["epoch"], since=2)
        self.assertEqual(ack["errno"], 0)
        self.assertFalse(ack["recovered"])
        self.assertEqual((ack["head"], ack["publications"]), (0, []))
        self.assertNotEqual(ack["epoch"], first["epoch"])
        again = client.ask(msgid=SUBSCRIBE, channel="world", epoch=first["epoch"], since=0)
        self.assertFalse(again["recovered"], "also when it missed nothing that anybody knows of")
        self.assertTrue(client.ask(msgid=SUBSCRIBE, channel="world", epoch=ack["epoch"], since=0)["recovered"])


class Zones(plaza.Test):
    """Two zones and declared channels, as they stand in the database of accounts."""

    settings = ("channel.member_rate_per_s=0", "channel.world_rate_per_s=0")

    def setUp(self):
        self.assertEqual(self.server.stop(), 0)
        database = sqlite3.connect(os.path.join(self.server.data, "directory.db"))
        with database:
            (app,) = database.execute("SELECT id FROM app WHERE name = 'default'").fetchone()
            database.execute("INSERT OR IGNORE INTO zone (id, app, name, friends, messages, devices) VALUES (50, ?, 'two', 0, 0, 0)",
                             (app,))
            for number, zone, name, persistent, publish in ((60, 1, "news", 0, 1), (61, 50, "arena", 0, 0), (62, 50, "reports", 1, 0)):
                database.execute("INSERT OR IGNORE INTO channel VALUES (?, ?, ?, ?, ?, 10, 0, 0, 1)",
                                 (number, zone, name, persistent, publish))
        database.close()
        self.server.restart()

    def in_zone(self, zone):
        name = self.name()
        client = self.connect()
        self.assertEqual(client.ask(msgid=3, name=name, password="secret", zone=zone)["errno"], 0)
        ack = client.ask(msgid=1, account=name, password="secret", zone=zone, device="web")
        client.token = client.ask(msgid=16, id=ack["members"][0]["id"])["token"]
        client.ask(msgid=18)
        return client

    def test_a_zone_has_its_own_world_and_does_not_know_the_channels_of_another(self):
        one, two = self.in_zone("default"), self.in_zone("two")
        names = [[entry["channel"] for entry in client.ask(msgid=CHANNELS)["channels"]] for client in (one, two)]
        self.assertEqual(names, [["news", "world"], ["arena", "reports", "world"]])
        self.assertEqual(one.ask(msgid=SUBSCRIBE, channel="arena")["errno"], NO_SUCH_CHANNEL)
        self.assertEqual(two.ask(msgid=SUBSCRIBE, channel="news")["errno"], NO_SUCH_CHANNEL)
        for client in (one, two):
            self.assertEqual(client.ask(msgid=SUBSCRIBE, channel="world")["errno"], 0)
        self.assertEqual(one.ask(msgid=PUBLISH, channel="world", msg="in one")["seq"], 1)
        self.assertEqual(two.ask(msgid=PUBLISH, channel="world", msg="in two")["seq"], 1)
        self.assertEqual(one.receive_until(PUBLICATION)["msg"], "in one")
        self.assertEqual(two.receive_until(PUBLICATION)["msg"], "in two")
        one.nothing_within()
        self.assertEqual(one.ask(msgid=SUBSCRIBE, channel="news")["errno"], 0)
        self.assertEqual(one.ask(msgid=PUBLISH, channel="news", msg="x")["errno"], 12, "only servers publish there")


    def test_what_a_persistent_channel_has_acknowledged_is_there_after_a_crash(self):
        client, reader = self.in_zone("two"), self.in_zone("two")
        first = reader.ask(msgid=SUBSCRIBE, channel="reports")
        acks = [client.ask(msgid=PUBLISH, channel="reports", send_id=i, msg=f"report {i}") for i in range(1, 6)]
        head = first["head"]
        self.assertEqual([(ack["errno"], ack["seq"], ack["dup"]) for ack in acks], [(0, head + i, False) for i in range(1, 6)])
        self.assertEqual([reader.receive_until(PUBLICATION)["seq"] for _ in range(5)], [head + i for i in range(1, 6)])
        tokens = []
        for one in (client, reader):
            tokens.append(one.token)
            one.close()
        self.server.signal(9)
        self.server.wait()
        self.server.restart()
        client, reader = [self.connect() for _ in tokens]
        for one, token in zip((client, reader), tokens):
            self.assertTrue(one.ask(msgid=1, token=token, device="web")["entered"])
            one.ask(msgid=18)
        again = client.ask(msgid=PUBLISH, channel="reports", send_id=5, msg="report 5")
        self.assertEqual((again["errno"], again["seq"], again["dup"], again["mid"]), (0, head + 5, True, acks[4]["mid"]))
        ack = reader.ask(msgid=SUBSCRIBE, channel="reports", epoch=first["epoch"], since=head + 2)
        self.assertTrue(ack["recovered"], ack)
        self.assertEqual([one["msg"] for one in ack["publications"]], ["report 3", "report 4", "report 5"])
        self.assertEqual(client.ask(msgid=PUBLISH, channel="reports", send_id=6, msg="after")["seq"], head + 6)
        self.assertEqual(reader.receive_until(PUBLICATION)["seq"], head + 6)


    def test_the_terminal_client_goes_on_from_where_it_was_after_a_crash(self):
        speaker = self.in_zone("two")
        terminal = Terminal(self, self.name())
        terminal.type("/subscribe reports 1")
        terminal.type("/subscribe world")
        terminal.type("/subscribe nowhere")
        terminal.expects('error errno=37')
        self.assertEqual(speaker.ask(msgid=PUBLISH, channel="reports", msg="before")["errno"], 0)
        terminal.expects('publication channel="reports"', 'text="before"')
        terminal.type("/publish world hello")
        terminal.expects('publication channel="world"', 'text="hello" seq=1')
        token = speaker.token
        self.server.signal(9)
        self.server.wait()
        self.server.restart(same_ports=True)
        speaker = self.connect()
        self.assertTrue(speaker.ask(msgid=1, token=token, device="web")["entered"])
        speaker.ask(msgid=18)
        for text in ("after 1", "after 2"):
            speaker.ask(msgid=PUBLISH, channel="reports", msg=text)
            terminal.expects('publication channel="reports"', f'text="{text}"')
        terminal.expects('channel_gap channel="world" restarted=true')
        terminal.type("/unsubscribe reports")
        terminal.expects('ok command="/unsubscribe"')
        terminal.type("/channels")
        terminal.expects('channel name="world"')
        lines = terminal.end()
        self.assertEqual(sum('text="after' in line for line in lines), 2, "each once")
        self.assertFalse(any('channel_gap channel="reports"' in line for line in lines))


class Terminal:
    """`plaza chat` as a script: lines in, events out."""

    def __init__(self, test, name):
        environment = dict(os.environ, PLAZA_PASSWORD="secret")
        self.process = subprocess.Popen([plaza.BINARY, "chat", f"127.0.0.1:{test.server.tcp}", "--user", name, "--register", "--zone", "two",
                                         "--script"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment,
                                        preexec_fn=plaza.die_with_the_test)
        test.addCleanup(self.process.kill)
        self.lines = []
        self.reader = threading.Thread(target=lambda: self.lines.extend(iter(self.process.stdout.readline, "")), daemon=True)
        self.reader.start()

    def type(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def expects(self, *parts):
        plaza.wait_until(lambda: any(all(part in line for part in parts) for line in self.lines), f"{parts} in {self.lines}")

    def end(self):
        self.process.stdin.close()
        self.process.wait(plaza.DEADLINE_S)
        self.reader.join(plaza.DEADLINE_S)
        return self.lines


if __name__ == "__main__":
    plaza.main()
