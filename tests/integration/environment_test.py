"""What a user sees when something outside is wrong while the server runs: nothing acknowledged is lost, and it recovers by itself."""

import os
import shutil
import sqlite3
import tempfile
import unittest

import plaza


class FilesForOthers(unittest.TestCase):
    def test_nothing_in_a_directory_made_by_somebody_else_is_readable_for_others(self):
        folder = tempfile.mkdtemp(prefix="plaza-test-")
        self.addCleanup(shutil.rmtree, folder, ignore_errors=True)
        os.mkdir(os.path.join(folder, "data"))
        os.chmod(os.path.join(folder, "data"), 0o755)
        before = os.umask(0o022)
        try:
            server = plaza.Server(folder=folder)
        finally:
            os.umask(before)
        self.addCleanup(server.close)
        client = plaza.Client(server.tcp)
        self.addCleanup(client.close)
        client.register("ann")
        files = [os.path.join(base, name) for base, folders, names in os.walk(server.data) for name in folders + names]
        self.assertGreater(len(files), 5)
        self.assertEqual([name for name in files if os.stat(name).st_mode & 0o077], [])
        self.assertIn("has mode 0755", server.log())


class TwoDatabases(unittest.TestCase):
    """directory.db and streams.db belong together, or the server does not start."""

    def used_server(self):
        server = plaza.Server()
        self.addCleanup(server.close)
        client = plaza.Client(server.tcp)
        client.register("ann")
        client.enter("ann")
        self.assertEqual(client.ask(msgid=5, toid=client.id, msg="for ann", send_id=1)["errno"], 0)
        client.close()
        self.assertEqual(server.stop(), 0)
        return server

    def refused(self, server, *said):
        with self.assertRaises(AssertionError) as refusal:
            server.restart()
        text = str(refusal.exception)
        for part in ("ended with 1",) + said:
            self.assertIn(part, text)

    def numbers(self, server):
        return (self.sql(server, "directory.db", "SELECT id FROM installation")[0][0],
                self.sql(server, "streams.db", "SELECT value FROM meta WHERE key = 'installation'")[0][0])

    def sql(self, server, file, statement):
        database = sqlite3.connect(os.path.join(server.data, file), isolation_level=None)
        try:
            return database.execute(statement).fetchall()
        finally:
            database.close()

    def test_one_of_them_alone_is_refused_and_nothing_is_made_anew(self):
        for gone, left in (("directory.db", "streams.db has messages"), ("streams.db", "directory.db has accounts")):
            server = self.used_server()
            away = os.path.join(server.folder, gone)
            os.rename(os.path.join(server.data, gone), away)
            for _ in range(2):
                self.refused(server, left, gone + " is missing", "Restore both from one backup")
                self.assertFalse(os.path.exists(os.path.join(server.data, gone)))
            os.rename(away, os.path.join(server.data, gone))
            server.restart()
            client = plaza.Client(server.tcp)
            self.addCleanup(client.close)
            client.enter("ann")
            self.assertEqual([m["msg"] for m in client.ask(msgid=22, since=0)["messages"]], ["for ann"])

    def test_two_of_different_installations_are_refused(self):
        one, other = self.used_server(), self.used_server()
        self.assertNotEqual(self.numbers(one)[0], self.numbers(other)[0])
        shutil.copy(os.path.join(other.data, "streams.db"), one.data)
        self.refused(one, "do not belong together", "Restore both from one backup")

    def put_directory_of_version_1(self, server):
        for name in os.listdir(server.data):
            if name.startswith("directory.db"):
                os.remove(os.path.join(server.data, name))
        database = sqlite3.connect(os.path.join(server.data, "directory.db"))
        with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "directory_of_version_1.sql")) as script:
            database.executescript(script.read())
        database.close()

    def test_two_from_before_get_a_number_and_keep_it(self):
        server = self.used_server()
        self.sql(server, "streams.db", "DELETE FROM meta WHERE key = 'installation'")
        self.put_directory_of_version_1(server)
        server.restart()
        client = plaza.Client(server.tcp)
        self.addCleanup(client.close)
        client.enter("ann")
        self.assertEqual([m["msg"] for m in client.ask(msgid=22, since=0)["messages"]], ["for ann"])
        self.assertEqual(server.stop(), 0)
        numbers = self.numbers(server)
        self.assertEqual(numbers[0], numbers[1])
        self.assertGreater(numbers[0], 0)
        server.restart()
        self.assertEqual(server.stop(), 0)
        self.assertEqual(self.numbers(server), numbers)

    def test_a_first_start_that_was_interrupted_is_finished(self):
        server = plaza.Server()
        self.addCleanup(server.close)
        self.assertEqual(server.stop(), 0)
        number = self.numbers(server)[0]
        os.unlink(os.path.join(server.data, "streams.db"))
        server.restart()
        self.assertEqual(server.stop(), 0)
        self.assertEqual(self.numbers(server), (number, number))

    def test_a_damaged_or_locked_one_is_told_with_what_to_do_whichever_it_is(self):
        for file in ("directory.db", "streams.db"):
            server = self.used_server()
            path = os.path.join(server.data, file)
            lock = sqlite3.connect(path, isolation_level=None)
            lock.execute("BEGIN IMMEDIATE")
            self.refused(server, file, "end that program")
            lock.close()
            with open(path, "r+b") as opened:
                opened.write(b"x" * 4096)
            self.refused(server, file, "not a database", "restore it from a backup")
            self.assertEqual(server.output().count(path + ": file is not a database"), 1, "said once, with one path")


class LockedDatabase(unittest.TestCase):
    def setUp(self):
        self.server = plaza.Server("member.message_rate_per_s=0", "store.busy_timeout_ms=200")
        self.addCleanup(self.server.close)

    def client(self, name, register=True):
        client = plaza.Client(self.server.tcp)
        self.addCleanup(client.close)
        if register:
            client.register(name)
        client.enter(name)
        return client

    def lock(self, file):
        database = sqlite3.connect(os.path.join(self.server.data, file), timeout=plaza.DEADLINE_S, isolation_level=None)
        self.addCleanup(database.close)
        database.execute("BEGIN IMMEDIATE")
        return database

    def test_messages_are_refused_with_errno_13_while_another_program_holds_the_lock(self):
        client = self.client("writer")
        for send_id in range(1, 4):
            self.assertEqual(client.ask(msgid=5, toid=client.id, msg="before", send_id=send_id)["errno"], 0)
        lock = self.lock("streams.db")
        refused = client.ask(msgid=5, toid=client.id, msg="while locked", send_id=4)
        self.assertEqual((refused["errno"], refused["send_id"]), (13, 4))
        self.assertGreater(refused["retry_after_ms"], 0)
        status, text, _ = self.server.get("/readyz")
        self.assertEqual(status, 503, text)
        self.assertEqual(self.server.get("/healthz")[0], 200, "it lives; it only cannot store")
        page = client.ask(msgid=22, since=0)
        self.assertEqual([m["seq"] for m in page["messages"]], [1, 2, 3], "reading goes on")
        lock.execute("ROLLBACK")

        def accepted():
            return client.ask(msgid=5, toid=client.id, msg="afterwards", send_id=4)["errno"] == 0

        plaza.wait_until(accepted, "the store to recover")
        self.assertEqual(self.server.get("/readyz")[0], 200)
        self.server.process.kill()
        self.server.process.wait()
        self.server.restart()
        again = self.client("writer", register=False)
        page = again.ask(msgid=22, since=0)
        self.assertEqual([m["msg"] for m in page["messages"]], ["before"] * 3 + ["afterwards"])

    def test_registrations_are_refused_with_errno_13_while_the_directory_is_locked_and_messages_go_on(self):
        ann, bob = self.client("ann"), self.client("bob")
        self.assertEqual(ann.ask(msgid=5, toid=bob.id, msg="known", send_id=1)["errno"], 0)
        lock = self.lock("directory.db")
        other = plaza.Client(self.server.tcp)
        self.addCleanup(other.close)
        self.assertEqual(other.ask(msgid=3, name="late", password="secret")["errno"], 13)
        self.assertEqual(ann.ask(msgid=6, friendid=bob.id)["errno"], 13)
        self.assertEqual(ann.ask(msgid=5, toid=bob.id, msg="goes on", send_id=2)["errno"], 0)
        lock.execute("ROLLBACK")

        def registered():
            return other.ask(msgid=3, name="late", password="secret")["errno"] == 0

        plaza.wait_until(registered, "the directory to recover")
        self.assertEqual(ann.ask(msgid=6, friendid=bob.id)["errno"], 0)


if __name__ == "__main__":
    plaza.main()
