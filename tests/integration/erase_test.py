"""Apps and zones are deleted with everything in them, however often the server is killed meanwhile: afterwards every table of every
database, and the folder of files, is as if they had never been there."""

import glob
import http.client
import json
import os
import random
import sqlite3
import time

import plaza
from api import ApiTest

RECALL, EDIT, SEARCH = 120, 121, 130

ROUNDS = int(os.environ.get("PLAZA_TEST_KILLS", "8"))

# What only counts or is told for good, and what FTS5 makes of `document_content`.
OTHER_TABLES = {"id_counter", "audit", "audit_head", "sqlite_sequence", "meta", "document_data", "document_idx", "document_docsize",
                "document_config"}


class EraseTest(ApiTest):
    settings = ("member.message_rate_per_s=0", "member.request_rate_per_s=0", "room.message_rate_per_s=0", "channel.member_rate_per_s=0",
                "channel.world_rate_per_s=0", "search.index_interval_ms=0", "announcement.members_per_s=1000000", "webhook.private_networks=true")

    def kill(self):
        self.server.signal(9)
        self.server.wait()
        self.server.restart()

    def gone(self, app, zone=None):
        def look():
            if zone:
                return zone not in [z["zone"] for z in self.admin("zones.list", app=app)["zones"]]
            return app not in [a["app"] for a in self.admin("apps.list")["apps"]]
        plaza.wait_until(look, f"{app} {zone or ''} to be gone")

    def tables(self):
        """Every row of every table of every database, as of a stopped server."""
        self.assertEqual(self.server.stop(), 0)
        found = {}
        for name in sorted(os.listdir(self.server.data)):
            if not name.endswith(".db"):
                continue
            db = sqlite3.connect(os.path.join(self.server.data, name))
            db.text_factory = bytes
            for (table,) in db.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall():
                table = table.decode()
                if table not in OTHER_TABLES and not (name == "search.db" and table == "document"):
                    found[name + "." + table] = sorted(db.execute(f'SELECT * FROM "{table}"').fetchall(), key=repr)
            db.close()
        files = [os.path.relpath(os.path.join(where, one), self.server.data)
                 for where, _, names in os.walk(os.path.join(self.server.data, "files")) for one in names]
        self.server.restart()
        return found, sorted(files)

    def indexed(self):
        def look():
            return "plaza_search_messages_behind 0" in self.server.get("/metrics")[1]
        plaza.wait_until(look, "all words to be in the index")

    def upload(self, client, data):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.http, timeout=plaza.DEADLINE_S)
        headers = {"Authorization": "Bearer " + client.token}
        connection.request("POST", "/files", json.dumps({"size": len(data), "type": "application/octet-stream", "name": "x.bin"}), headers)
        begun = json.loads(connection.getresponse().read())
        connection.request("PATCH", f"/files/uploads/{begun['upload']}", data, {**headers, "Upload-Offset": "0"})
        answer = connection.getresponse()
        text = answer.read()
        self.assertIn(answer.status, (200, 201, 204), text)
        connection.close()

    def entered(self, name, app, zone):
        client = self.connect()
        ack = client.ask(msgid=1, account=name, password="secret", device="web", app=app, zone=zone)
        self.assertEqual(ack["errno"], 0, ack)
        if not ack.get("members"):
            made = client.ask(msgid=14, nickname=name)
            self.assertEqual(made["errno"], 0, made)
            ack = {"members": [made]}
        entered = client.ask(msgid=16, id=ack["members"][0]["id"])
        self.assertEqual(entered["errno"], 0, entered)
        client.id, client.token, client.sent = entered["id"], entered["token"], 0
        client.ask(msgid=18)
        return client

    def register(self, name, app, zone):
        ack = self.connect().ask(msgid=3, name=name, password="secret", app=app, zone=zone)
        self.assertEqual(ack["errno"], 0, ack)

    def say(self, client, **fields):
        client.sent += 1
        ack = client.ask(send_id=client.sent, **fields)
        self.assertEqual(ack["errno"], 0, ack)
        return ack

    def live_in(self, app, zone, mark, shared=b"the same bytes everywhere"):
        """Something of everything there is, in a zone of the app; its texts and names begin with `mark`."""
        name = app[0]
        base = f"/api/v1/zones/{zone}"
        self.done(app, "POST", "/api/v1/zones", {"zone": zone})
        self.register(mark + "ann", name, zone), self.register(mark + "bob", name, zone)
        ann, bob = self.entered(mark + "ann", name, zone), self.entered(mark + "bob", name, zone)
        others = [self.member_of(app, zone, f"{mark}m{i}") for i in range(12)]
        self.assertEqual(ann.ask(msgid=6, friendid=bob.id)["errno"], 0)
        self.done(app, "POST", "/api/v1/events/subscription", {"kinds": ["room.message", "room.changed", "report.made"]})
        room = self.done(app, "POST", base + "/rooms", {"name": mark + "room", "owner": ann.id})["room"]
        self.done(app, "POST", f"{base}/rooms/{room}/watch", {})
        for member in [bob.id] + others:
            self.done(app, "POST", f"{base}/rooms/{room}/members", {"member": member})
        self.done(app, "POST", f"{base}/rooms/{room}/bans", {"member": others[0]})
        for i in range(20):
            said = self.say(ann, msgid=5, toid=bob.id, msg=f"{mark} to bob {i}")
            self.say(bob, msgid=12, groupid=room, msg=f"{mark} to all {i}")
        self.assertEqual(bob.ask(msgid=100, friendid=ann.id, cseq=said["cseq"], reason=mark)["errno"], 0)
        for cseq in range(1, 4):
            self.say(ann, msgid=EDIT, friendid=bob.id, cseq=cseq, msg=f"{mark} said otherwise {cseq}")
        self.say(ann, msgid=RECALL, friendid=bob.id, cseq=1)
        self.say(bob, msgid=12, groupid=room, msg=f"{mark} answers", reply_to=1)
        self.upload(ann, shared), self.upload(bob, mark.encode() * 100)
        over = self.done(app, "POST", base + "/rooms", {"name": mark + "over", "owner": bob.id})["room"]
        self.say(bob, msgid=12, groupid=over, msg=mark + " in a room that is dissolved")
        self.done(app, "DELETE", f"{base}/rooms/{over}")
        for channel in ("news", "removed"):
            self.done(app, "POST", base + "/channels", {"channel": mark + channel, "persistent": True})
            self.done(app, "POST", f"{base}/channels/{mark}{channel}/messages",
                      {"msg": mark + " published", "idempotency_key": mark + channel})
        self.done(app, "DELETE", f"{base}/channels/{mark}removed")
        self.done(app, "POST", f"{base}/members/{ann.id}/messages", {"msg": mark + " from the game", "idempotency_key": mark})
        self.done(app, "POST", f"{base}/members/{ann.id}/mute", {"for_ms": 1_000_000_000, "reason": mark})
        self.done(app, "POST", f"{base}/words", {"text": mark + "word"})
        self.done(app, "POST", "/api/v1/announcements", {"zone": zone, "msg": mark + " announced", "name": mark})
        self.done(app, "POST", "/api/v1/webhooks", {"url": "https://127.0.0.1:9/hook"})
        self.admin("quotas.set", app=name, members_max=500)
        ann.close(), bob.close()


class DeletedApp(EraseTest):
    def before(self):
        """An app that stays, stored to the last row."""
        stays = self.app("stays")
        self.live_in(stays, "one", "kept")
        # A deletion writes all of the index that is still in memory.
        self.admin("zones.create", app="stays", zone="empty")
        self.register("keptcat", "stays", "empty")
        self.admin("zones.delete", app="stays", zone="empty")
        self.gone("stays", "empty")
        self.indexed()
        before, now = None, self.tables()
        while now != before:
            before, now = now, self.tables()  # what the server does behind the scenes is done as well
        return now

    def compare(self, tables, files):
        now, files_now = self.tables()
        self.assertEqual(now.keys(), tables.keys())
        for table, rows in sorted(tables.items()):
            more, less = [r for r in now[table] if r not in rows], [r for r in rows if r not in now[table]]
            self.assertEqual((more, less), ([], []), table)
        self.assertEqual(files_now, files)

    def words_on_disk(self, mark):
        """Which files of the messages have it, in free pages too."""
        self.assertEqual(self.server.stop(), 0)
        found = []
        for path in glob.glob(os.path.join(self.server.data, "streams.db*")):
            with open(path, "rb") as content:
                if mark.encode() in content.read():
                    found.append(path)
        self.server.restart()
        return found

    def test_leaves_nothing_though_the_server_is_killed_again_and_again(self):
        tables, files = self.before()
        doomed = self.app("doomed")
        self.live_in(doomed, "one", "lost")
        self.live_in(doomed, "two", "also")
        # An account of the app that stays has a member here.
        self.entered("keptann", "doomed", "two").close()
        online = self.entered("lostann", "doomed", "one")
        self.indexed()
        self.assertNotEqual(self.tables(), (tables, files))
        self.assertNotEqual(self.words_on_disk("lost said otherwise"), [])
        shown = self.admin("apps.delete", app="doomed")
        self.assertTrue(shown["deleting"] and shown["disabled"])
        for _ in range(ROUNDS):
            time.sleep(random.uniform(0, 0.03))
            self.kill()
            ack = self.connect().ask(msgid=1, account="lostann", password="secret", device="web", app="doomed", zone="one")
            self.assertNotEqual(ack["errno"], 0)
            self.assertIn(self.call(doomed, "GET", "/api/v1/zones").status, (401, 403))
        self.gone("doomed")
        online.close()
        self.compare(tables, files)
        self.assertEqual([self.words_on_disk(mark + " ") for mark in ("lost", "also")], [[], []])
        self.entered("keptann", "stays", "one").close()
        again = self.app("doomed")
        self.done(again, "POST", "/api/v1/zones", {"zone": "one"})
        self.register("lostann", "doomed", "one")


class DeletedZone(EraseTest):
    def test_leaves_its_app_and_the_other_zones_as_they_were(self):
        stays = self.app("stays")
        self.live_in(stays, "one", "kept")
        self.done(stays, "POST", "/api/v1/zones", {"zone": "two"})
        self.register("lostann", "stays", "two"), self.register("lostbob", "stays", "two")
        ann, bob = self.entered("lostann", "stays", "two"), self.entered("lostbob", "stays", "two")
        for i in range(300):
            self.say(ann, msgid=5, toid=bob.id, msg="lost words")
        ann_of_one, kept = self.entered("keptann", "stays", "one").id, self.entered("keptbob", "stays", "one")
        self.admin("zones.delete", app="stays", zone="two")
        self.assertEqual(ann.goodbye()["errno"], 26)
        self.assertNotEqual(self.connect().ask(msgid=1, token=ann.token)["errno"], 0)

        def gone():
            self.assertEqual(kept.ask(msgid=5, toid=ann_of_one, msg="meanwhile")["errno"], 0)
            return "two" not in [z["zone"] for z in self.admin("zones.list", app="stays")["zones"]]
        plaza.wait_until(gone, "the zone to be gone while others send")
        self.assertNotEqual(self.connect().ask(msgid=1, token=ann.token)["errno"], 0)
        self.assertEqual([z["zone"] for z in self.admin("zones.list", app="stays")["zones"]], ["one"])
        plaza.wait_until(lambda: kept.ask(msgid=SEARCH, query="kept", limit=50)["results"], "words of the zone that stays")
        answer = self.connect().ask(msgid=1, account="lostann", password="secret", device="web", app="stays", zone="one")
        self.assertNotEqual(answer["errno"], 0, "the account had nothing else")


if __name__ == "__main__":
    plaza.main()
