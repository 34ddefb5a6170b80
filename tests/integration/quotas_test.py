"""What an app may have and do: each quota at its edge and one past it, over a restart, and at nobody else's cost."""

import http.client
import json
import subprocess
import time

import plaza
import api

QUOTA_REACHED, APP_RATE_LIMITED = 53, 54
PER_MESSAGE = 128


class QuotasTest(api.ApiTest):
    def quotas(self, app, **wanted):
        return self.admin("quotas.set", app=app, **wanted)

    def usage(self, app):
        return self.admin("quotas.show", app=app)["usage"]

    def zone(self, app="default", zone="default"):
        """An app with a zone to register in, and its name."""
        name = self.name() if app == "default" else app
        self.admin("apps.create", app=name)
        self.admin("zones.create", app=name, zone="one")
        return name

    def enter(self, app, name, device="web"):
        """(client, the answer to ENTER)."""
        client = self.connect()
        ack = client.ask(msgid=1, account=name, password="secret", device=device, app=app, zone="one")
        self.assertEqual(ack["errno"], 0, ack)
        entered = client.ask(msgid=16, id=ack["members"][0]["id"])
        if entered["errno"] == 0:
            client.id, client.token = entered["id"], entered["token"]
            client.ask(msgid=18)
        return client, entered

    def register(self, app, name=None):
        return self.connect().ask(msgid=3, name=name or self.name(), password="secret", app=app, zone="one")

    def entered(self, app):
        ack = self.register(app)
        self.assertEqual(ack["errno"], 0, ack)
        client, entered = self.enter(app, ack["account"])
        self.assertEqual(entered["errno"], 0, entered)
        client.name = ack["account"]
        return client


class Edges(QuotasTest):
    def test_members_in_all_zones_and_ways_of_making_them(self):
        app, key, secret = self.app()
        for zone in ("one", "two"):
            self.admin("zones.create", app=app, zone=zone)
        self.quotas(app, members_max=3)
        first = self.register(app)
        self.assertEqual(first["errno"], 0)
        self.member_of((app, key, secret), "two", "Bob")
        client, _ = self.enter(app, first["account"])
        other = self.connect()
        other.ask(msgid=1, account=first["account"], password="secret", device="phone", app=app, zone="one")
        self.assertEqual(other.ask(msgid=14, nickname=self.name())["errno"], 0)
        name = self.name()
        refused = self.register(app, name)
        self.assertEqual((refused["errno"], refused["allowed"]), (QUOTA_REACHED, "members_max 3"))
        self.assertEqual(other.ask(msgid=14, nickname=self.name())["errno"], QUOTA_REACHED)
        answer = self.call((app, key, secret), "POST", "/api/v1/zones/two/members", {"nickname": "Cat"})
        self.assertEqual((answer.status, answer.code), (409, "quota_reached"))
        self.assertEqual(self.usage(app)["members"], 3)
        self.assertEqual(self.connect().register(self.name())["errno"], 0, "another app")
        self.quotas(app, members_max=4)
        self.assertEqual(self.register(app, name)["errno"], 0, "the refused name was free")

    def test_rooms_of_members_and_servers(self):
        app, key, secret = self.app()
        self.admin("zones.create", app=app, zone="one")
        client = self.entered(app)
        self.quotas(app, rooms_max=2)
        self.assertEqual(client.ask(msgid=8, groupname="first")["errno"], 0)
        self.done((app, key, secret), "POST", "/api/v1/zones/one/rooms", {"name": "second", "owner": client.id})
        refused = client.ask(msgid=8, groupname="third")
        self.assertEqual((refused["errno"], refused["allowed"]), (QUOTA_REACHED, "rooms_max 2"))
        answer = self.call((app, key, secret), "POST", "/api/v1/zones/one/rooms", {"name": "third", "owner": client.id})
        self.assertEqual(answer.code, "quota_reached")

    def test_sessions_of_all_shards(self):
        app = self.zone()
        self.quotas(app, sessions_max=5)
        clients = [self.entered(app) for _ in range(5)]
        late = self.register(app)["account"]
        _, refused = self.enter(app, late)
        self.assertEqual((refused["errno"], refused["allowed"]), (QUOTA_REACHED, "sessions_max 5"))
        self.member()  # of another app
        self.assertEqual(self.usage(app)["sessions"], 5)
        clients[2].close()
        plaza.wait_until(lambda: self.usage(app)["sessions"] == 4, "the place is free")
        _, entered = self.enter(app, late)
        self.assertEqual(entered["errno"], 0)
        self.assertEqual(self.enter(app, late, "phone")[1]["errno"], QUOTA_REACHED)

    def test_messages_a_second_of_all_members_and_the_apps_servers(self):
        app, key, secret = self.app()
        self.admin("zones.create", app=app, zone="one")
        clients = [self.entered(app) for _ in range(4)]
        self.quotas(app, message_rate_per_s=1, message_burst=400)
        other = self.member()
        errnos = []
        begun = time.monotonic()
        for n in range(1, 106):
            for client in clients:
                client.send(msgid=5, toid=clients[0].id, msg="hello", send_id=n)
        for client in clients:
            for _ in range(105):
                ack = client.receive_until(20)
                errnos.append(ack["errno"])
        took_s = time.monotonic() - begun
        # The members' own limit is out of the way: see `settings`.
        accepted = errnos.count(0)
        self.assertGreaterEqual(accepted, 400)
        self.assertLessEqual(accepted, 400 + 1 + took_s)
        # What was refused makes the next ones of its client `ahead`; those of the others are refused for themselves.
        self.assertIn(APP_RATE_LIMITED, errnos)
        answer = self.call((app, key, secret), "POST", f"/api/v1/zones/one/members/{clients[0].id}/messages",
                           {"from": clients[1].id, "msg": "from the server"})
        self.assertEqual((answer.status, answer.code), (429, "rate_limited"))
        self.assertIn("Retry-After", answer.headers)
        self.assertEqual(other.ask(msgid=5, toid=other.id, msg="of another app", send_id=1)["errno"], 0)

    settings = ("member.message_rate_per_s=0",)


class StoredBytes(QuotasTest):
    def test_they_are_right_after_a_crash_and_nothing_is_stored_past_them(self):
        app, key, secret = self.app()
        self.admin("zones.create", app=app, zone="one")
        client = self.entered(app)
        for n in range(1, 21):
            self.assertEqual(client.ask(msgid=5, toid=client.id, msg="x" * 72, send_id=n)["errno"], 0)
        self.assertEqual(self.usage(app)["stored_bytes"], 20 * 200)
        self.server.process.kill()
        self.server.process.wait()
        self.server.start()
        self.assertEqual(self.usage(app)["stored_bytes"], 20 * 200)
        client, _ = self.enter(app, client.name)
        self.quotas(app, stored_bytes_max=20 * 200 + 1)
        self.assertEqual(client.ask(msgid=5, toid=client.id, msg="y", send_id=21)["errno"], 0)
        refused = client.ask(msgid=5, toid=client.id, msg="y", send_id=22)
        self.assertEqual(refused["errno"], QUOTA_REACHED)
        answer = self.call((app, key, secret), "POST", f"/api/v1/zones/one/members/{client.id}/messages",
                           {"from": client.id, "msg": "from the server"})
        self.assertEqual((answer.status, answer.code), (409, "quota_reached"))
        repeated = client.ask(msgid=5, toid=client.id, msg="y", send_id=21)
        self.assertEqual((repeated["errno"], repeated.get("dup")), (0, True))
        self.quotas(app, stored_bytes_max=0)
        self.assertEqual(client.ask(msgid=5, toid=client.id, msg="y", send_id=22)["errno"], 0)


    def ask_files(self, token, method, path, body=None, **headers):
        """(status, headers, body as JSON)."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.http, timeout=plaza.DEADLINE_S)
        try:
            headers = {name.replace("_", "-"): value for name, value in headers.items()}
            connection.request(method, path, body, {"Authorization": "Bearer " + token, **headers})
            answer = connection.getresponse()
            text = answer.read()
            return answer.status, answer.headers, json.loads(text) if text else {}
        finally:
            connection.close()

    def begin_file(self, token, size):
        return self.ask_files(token, "POST", "/files", json.dumps({"size": size, "type": "application/octet-stream", "name": "x"}))

    def test_files_count_from_their_announcement_to_their_removal_and_over_a_crash(self):
        app = self.zone()
        first, second = self.entered(app), self.entered(app)
        self.assertEqual(first.ask(msgid=5, toid=first.id, msg="x" * 72, send_id=1)["errno"], 0)
        self.quotas(app, stored_bytes_max=1200)
        status, headers, begun = self.begin_file(first.token, 600)
        self.assertEqual(status, 201, begun)
        self.assertEqual(self.usage(app)["stored_bytes"], 800)
        status, _, file = self.ask_files(first.token, "PATCH", headers["Location"], b"x" * 600, Upload_Offset="0")
        self.assertEqual((status, file.get("size")), (200, 600))
        self.assertEqual(self.begin_file(second.token, 100)[0], 201)
        self.server.process.kill()
        self.server.process.wait()
        self.server.start()
        self.assertEqual(self.usage(app)["stored_bytes"], 200 + 600 + 100)
        status, _, refused = self.begin_file(second.token, 301)
        self.assertEqual(status, 403)
        self.assertIn("stored_bytes_max", refused["error"])
        self.assertEqual(self.begin_file(second.token, 300)[0], 201, "to the last byte")
        client, _ = self.enter(app, first.name)
        self.assertEqual(client.ask(msgid=5, toid=client.id, msg="y", send_id=2)["errno"], QUOTA_REACHED)
        self.assertEqual(self.begin_file(self.member().token, 301)[0], 201, "another app")
        self.assertEqual(self.ask_files(second.token, "DELETE", f"/files/{file['file']}")[0], 404)
        self.assertEqual(self.ask_files(first.token, "DELETE", f"/files/{file['file']}")[0], 204)
        self.assertEqual(self.usage(app)["stored_bytes"], 600)
        self.assertEqual(client.ask(msgid=5, toid=client.id, msg="y", send_id=2)["errno"], 0)


class Settings(QuotasTest):
    settings = ("app.sessions_max=1", "app.members_max=3")

    def test_settings_hold_for_apps_that_have_none_of_their_own_and_own_ones_stay_over_a_restart(self):
        app = self.zone()
        first = self.entered(app)
        self.assertEqual(self.enter(app, first.name, "phone")[1]["errno"], QUOTA_REACHED)
        answer = self.quotas(app, sessions_max=2)
        self.assertEqual((answer["quotas"]["sessions_max"], answer["own"]), (2, ["sessions_max"]))
        self.assertEqual(self.enter(app, first.name, "phone")[1]["errno"], 0)
        self.server.stop()
        self.server.start()
        self.assertEqual(self.admin("quotas.show", app=app)["quotas"]["sessions_max"], 2)
        answer = self.quotas(app, as_settings=["sessions_max"])
        self.assertEqual((answer["quotas"]["sessions_max"], answer["own"]), (1, []))
        for _ in range(2):
            self.assertEqual(self.register(app)["errno"], 0)
        self.assertEqual(self.register(app)["errno"], QUOTA_REACHED)

    def test_plaza_admin_shows_and_sets_them_and_the_metrics_name_no_app(self):
        app = self.zone()
        run = lambda *words: subprocess.run([plaza.BINARY, "admin", *words, "--data-dir", self.server.data, "--app", app],
                                            capture_output=True, text=True, check=True).stdout
        self.assertIn("rooms_max", run("quota", "set", "--rooms_max", "7"))
        self.assertIn("7", run("quota", "show"))
        first = self.entered(app)
        self.assertEqual(self.enter(app, first.name, "phone")[1]["errno"], QUOTA_REACHED)
        text = self.server.get("/metrics")[1]
        self.assertRegex(text, r'plaza_quota_refusals_total\{quota="sessions_max"\} [1-9]')
        self.assertNotIn(app + '"', text)


if __name__ == "__main__":
    plaza.main()
