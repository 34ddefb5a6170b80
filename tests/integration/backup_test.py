"""`plaza backup` while people talk, register and rename a group, and `plaza restore` of what it made: one moment, all of it, a new epoch."""

import contextlib
import json
import os
import resource
import shutil
import signal
import stat
import subprocess
import tempfile
import threading
import time
import unittest

import plaza

QUIET = ["member.request_rate_per_s=0", "member.message_rate_per_s=0", "room.message_rate_per_s=0"]
BACKUPS = 4


def inbox(client):
    """Every entry, read from the start; a hole is a failure."""
    messages, since = [], 0
    while True:
        page = client.ask(msgid=22, since=since)
        if page["errno"] != 0:
            raise AssertionError(page)
        for message in page["messages"]:
            if message["seq"] != since + 1:
                raise AssertionError(f"after {since} comes {message}")
            since = message["seq"]
        messages += page["messages"]
        if not page["more"]:
            return messages


class Talker(threading.Thread):
    """Sends 1, 2, 3... to somebody; `acked` is how far the server has acknowledged."""

    def __init__(self, port, name, to):
        super().__init__(daemon=True)
        self.name_, self.acked, self.stopped, self.failure = name, 0, False, None
        self._client = plaza.Client(port)
        self._client.enter(name, "talker")
        self._to = to

    def run(self):
        try:
            while not self.stopped:
                ack = self._client.ask(msgid=5, toid=self._to, send_id=self.acked + 1, msg=f"{self.name_} {self.acked + 1}")
                assert (ack["errno"], ack["dup"]) == (0, False), ack
                self.acked += 1
        except Exception as failure:  # told by the test
            self.failure = failure


class Newcomers(threading.Thread):
    """Registers one account after the other, which says something at once: the account is in one database, the message in the other."""

    def __init__(self, port, to):
        super().__init__(daemon=True)
        self.heard, self.stopped, self.failure = 0, False, None
        self._port, self._to = port, to

    def run(self):
        try:
            while not self.stopped:
                client = plaza.Client(self._port)
                name = f"new{self.heard + 1}"
                assert client.register(name)["errno"] == 0
                client.enter(name)
                assert client.ask(msgid=5, toid=self._to, send_id=1, msg=name)["errno"] == 0
                self.heard += 1
                client.close()
        except Exception as failure:
            self.failure = failure


class Renamer(threading.Thread):
    """Renames a group again and again: its name is in one database, the event of it in the other."""

    def __init__(self, port, name, group):
        super().__init__(daemon=True)
        self.renamed, self.stopped, self.failure = 0, False, None
        self._client = plaza.Client(port)
        self._client.enter(name, "renamer")
        self._group = group

    def run(self):
        try:
            while not self.stopped:
                done = self._client.ask(msgid=60, groupid=self._group, groupname=f"group {self.renamed + 1}")
                assert done["errno"] == 0, done
                self.renamed += 1
        except Exception as failure:
            self.failure = failure


class Backup(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="plaza-test-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def serve(self, data=None):
        folder = self.path(data or "first")
        os.makedirs(folder, exist_ok=True)
        server = plaza.Server(*QUIET, folder=folder)
        self.addCleanup(server.close)
        return server

    def enter(self, server, name, device="web"):
        client = plaza.Client(server.tcp)
        self.addCleanup(client.close)
        client.entered = client.enter(name, device)
        return client

    def register(self, server, *names):
        for name in names:
            client = plaza.Client(server.tcp)
            self.assertEqual(client.register(name)["errno"], 0)
            client.close()

    def plaza(self, *words, **more):
        return subprocess.run([plaza.BINARY, *words], cwd=self.folder, capture_output=True, text=True,
                              timeout=plaza.DEADLINE_S, check=False, **more)

    def backup(self, server, name):
        done = self.plaza("backup", "--data-dir", server.data, "--to", self.path(name))
        self.assertEqual((done.returncode, done.stderr), (0, ""), done)
        return done

    def restore(self, name, into):
        return self.plaza("restore", "--from", self.path(name), "--data-dir", self.path(into, "data"))

    def test_while_people_talk_it_is_of_one_moment_and_what_was_acknowledged_before_is_in_it(self):
        server = self.serve()
        self.register(server, "ann", "bob", "cid", "dan")
        bob, cid = self.enter(server, "bob"), self.enter(server, "cid")
        group = cid.ask(msgid=8, groupname="group 0")["groupid"]
        epoch = bob.entered["epoch"]
        talkers = [Talker(server.tcp, "ann", bob.id), Talker(server.tcp, "dan", bob.id)]
        newcomers, renamer = Newcomers(server.tcp, bob.id), Renamer(server.tcp, "cid", group)
        busy = [*talkers, newcomers, renamer]
        for one in busy:
            one.start()
        before = []
        for number in range(BACKUPS):
            plaza.wait_until(lambda: min(newcomers.heard, renamer.renamed, *(one.acked for one in talkers)) > 2 * number,
                             "something said since the last backup")
            before.append(([one.acked for one in talkers], newcomers.heard, renamer.renamed))
            self.backup(server, f"copy{number}")
        for one in busy:
            one.stopped = True
        for one in busy:
            one.join(plaza.DEADLINE_S)
            self.assertIsNone(one.failure)
        self.assertEqual(server.stop(), 0)

        for number, (acked, heard, renamed) in enumerate(before):
            with self.subTest(backup=number):
                into = f"again{number}"
                done = self.restore(f"copy{number}", into)
                self.assertEqual((done.returncode, done.stderr), (0, ""), done)
                self.check(self.serve(into), talkers, group, (acked, heard, renamed), epoch)

    def check(self, server, talkers, group, at_least, old_epoch):
        acked, heard, renamed = at_least
        bob = self.enter(server, "bob")
        self.assertNotEqual(bob.entered["epoch"], old_epoch)
        messages = [message["msg"] for message in inbox(bob)]
        for talker, told in zip(talkers, acked):
            mine = [int(text.split()[1]) for text in messages if text.startswith(talker.name_ + " ")]
            self.assertEqual(mine, list(range(1, len(mine) + 1)))
            self.assertGreaterEqual(len(mine), told)
            # Who goes on sending is told what is in it, and what is not.
            again = self.enter(server, talker.name_, "talker")
            self.assertEqual(again.entered["last_send_id"], len(mine))
            for send_id, dup in ((len(mine), True), (len(mine) + 1, False)):
                ack = again.ask(msgid=5, toid=bob.id, send_id=send_id, msg=f"{talker.name_} {send_id}")
                self.assertEqual((ack["errno"], ack["dup"]), (0, dup), ack)
        new = [text for text in messages if text.startswith("new")]
        self.assertEqual(new, [f"new{i}" for i in range(1, len(new) + 1)])
        self.assertGreaterEqual(len(new), heard)
        if new:
            # Whoever said something is somebody, and nobody else gets his name.
            self.assertEqual(self.enter(server, new[-1]).ask(msgid=29)["errno"], 0)
        cid = self.enter(server, "cid")
        names = [m["body"]["set"]["groupname"] for m in inbox(cid) if m.get("kind") == 4 and m["body"]["event"] == "changed"]
        self.assertGreaterEqual(len(names), renamed)
        self.assertEqual(names, [f"group {i}" for i in range(1, len(names) + 1)])
        self.assertEqual(cid.ask(msgid=61, groupid=group)["groupname"], names[-1])
        self.assertEqual(server.stop(), 0)

    def test_what_is_made_is_for_its_owner_only_and_says_what_it_is(self):
        server = self.serve()
        done = self.backup(server, "copy")
        self.assertIn("writers waited for", done.stdout)
        self.assertEqual(stat.S_IMODE(os.stat(self.path("copy")).st_mode), 0o700)
        with open(self.path("copy", "manifest.json")) as file:
            manifest = json.load(file)
        names = [one["name"] for one in manifest["files"]]
        self.assertEqual(sorted([*names, "manifest.json"]), sorted(os.listdir(self.path("copy"))))
        for name in os.listdir(self.path("copy")):
            self.assertEqual(stat.S_IMODE(os.stat(self.path("copy", name)).st_mode), 0o600, name)
        # A second one does not take its place, and leaves nothing.
        again = self.plaza("backup", "--data-dir", server.data, "--to", self.path("copy"))
        self.assertEqual(again.returncode, 1)
        self.assertIn("is there already", again.stderr)
        # Also of a server that does not run; and the files are put back with the same rights.
        self.assertEqual(server.stop(), 0)
        self.backup(server, "cold/copy")
        self.assertEqual(self.restore("cold/copy", "again").returncode, 0)
        for name in set(names) - {"files.sha256"}:
            self.assertEqual(stat.S_IMODE(os.stat(self.path("again", "data", name)).st_mode), 0o600, name)
        self.assertNotIn("restoring", os.listdir(self.path("again", "data")))

    def test_where_there_is_nothing_or_no_room_nothing_is_left(self):
        empty = self.plaza("backup", "--data-dir", self.path("nowhere"), "--to", self.path("copy"))
        self.assertEqual(empty.returncode, 1)
        self.assertIn("is not the data directory of a server", empty.stderr)
        self.assertFalse(os.path.exists(self.path("nowhere")))
        without = self.plaza("backup", "--data-dir", self.path("nowhere"))
        self.assertEqual(without.returncode, 2)
        self.assertIn("--to", without.stderr)

        server = self.serve()

        def no_room():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))

        full = self.plaza("backup", "--data-dir", server.data, "--to", self.path("copy"), preexec_fn=no_room)
        self.assertEqual(full.returncode, 1, full)
        self.assertIn("copy.partial-", full.stderr)
        self.assertEqual([name for name in os.listdir(self.folder) if name.startswith("copy")], [])
        # The server goes on.
        self.register(server, "ann")

    def test_one_that_is_killed_has_no_name_and_the_server_goes_on(self):
        server = self.serve()
        self.register(server, "ann", "bob")
        bob = self.enter(server, "bob")
        talker = Talker(server.tcp, "ann", bob.id)
        talker.start()
        for number in range(8):
            process = subprocess.Popen([plaza.BINARY, "backup", "--data-dir", server.data, "--to", self.path(f"copy{number}")],
                                       cwd=self.folder, stdout=subprocess.DEVNULL, preexec_fn=plaza.die_with_the_test)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.004 * number)
            process.kill()
            process.wait()
            if os.path.exists(self.path(f"copy{number}")):
                self.assertEqual(self.restore(f"copy{number}", f"again{number}").returncode, 0)
        said = talker.acked
        plaza.wait_until(lambda: talker.acked > said or talker.failure, "the talker to go on")
        talker.stopped = True
        talker.join(plaza.DEADLINE_S)
        self.assertIsNone(talker.failure)

    def test_a_restore_refuses_what_is_not_whole_and_where_something_is(self):
        server = self.serve()
        self.register(server, "ann")
        self.backup(server, "copy")

        over = self.restore("copy", "first")
        self.assertEqual(over.returncode, 1)
        self.assertIn(f"in use by process {server.process.pid}", over.stderr)
        self.assertEqual(server.stop(), 0)
        over = self.restore("copy", "first")
        self.assertEqual(over.returncode, 1)
        self.assertIn("nothing is overwritten", over.stderr)

        def broken(name, what):
            shutil.copytree(self.path("copy"), self.path(name))
            what(self.path(name))
            done = self.restore(name, "again")
            self.assertEqual(done.returncode, 1, done)
            left = os.listdir(self.path("again", "data")) if os.path.exists(self.path("again", "data")) else []
            self.assertLessEqual(set(left), {"plaza.lock"})
            return done.stderr

        def flip(folder):
            with open(os.path.join(folder, "streams.db"), "r+b") as file:
                file.seek(4000)
                byte = file.read(1)
                file.seek(4000)
                file.write(bytes([byte[0] ^ 1]))

        def rewrite(**more):
            def change(folder):
                with open(os.path.join(folder, "manifest.json")) as file:
                    manifest = json.load(file)
                manifest.update(more)
                with open(os.path.join(folder, "manifest.json"), "w") as file:
                    json.dump(manifest, file)
            return change

        self.assertIn("is not what was backed up", broken("flipped", flip))
        self.assertIn("is not what was backed up",
                      broken("short", lambda folder: os.truncate(os.path.join(folder, "directory.db"), 4096)))
        self.assertIn("cannot read", broken("part", lambda folder: os.unlink(os.path.join(folder, "directory.db"))))
        self.assertIn("it has no directory.db", broken("none", rewrite(files=[])))
        self.assertIn("format 3", broken("newer", rewrite(format=3)))
        self.assertIn("format 0", broken("none_such", rewrite(format=0)))
        self.assertIn("is not the name of a file",
                      broken("outside", rewrite(files=[{"name": "../evil", "bytes": 1, "sha256": ""}])))
        self.assertIn("is not a finished backup",
                      broken("by_hand", lambda folder: os.unlink(os.path.join(folder, "manifest.json"))))
        # What an interrupted one left is in nobody's way.
        os.makedirs(self.path("again", "data", "restoring"))
        self.assertEqual(self.restore("copy", "again").returncode, 0)
        self.enter(self.serve("again"), "ann")

    def test_the_same_backup_put_back_twice_is_in_two_epochs(self):
        server = self.serve()
        self.register(server, "ann")
        self.backup(server, "copy")
        epochs = []
        for number in range(2):
            self.assertEqual(self.restore("copy", f"again{number}").returncode, 0)
            epochs.append(self.enter(self.serve(f"again{number}"), "ann").entered["epoch"])
            begun = time.time()
            plaza.wait_until(lambda: int(time.time()) > begun + 1, "another second: the epoch is the one in which it began")
        self.assertNotEqual(*epochs)


if __name__ == "__main__":
    plaza.main()
