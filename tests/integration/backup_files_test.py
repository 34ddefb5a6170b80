"""`plaza backup` and `plaza restore` of a server whose members attach files: the bytes are there, whole, and those of the messages."""

import hashlib
import http.client
import json
import os
import shutil
import subprocess
import tempfile
import threading
import unittest

import plaza
from files_test import png

QUIET = ["member.request_rate_per_s=0", "member.message_rate_per_s=0", "file.member_bytes_max=100000000", "file.member_uploads_max=50",
         "search.index_interval_ms=0", "search.member_rate_per_min=0"]
BACKUPS = 3
SEARCH = 130


def http_request(server, client, method, path, body=None, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", server.http, timeout=plaza.DEADLINE_S)
    try:
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        headers["Authorization"] = "Bearer " + client.token
        connection.request(method, path, json.dumps(body) if isinstance(body, dict) else body, headers)
        answer = connection.getresponse()
        return answer.status, answer.read(), answer.headers
    finally:
        connection.close()


def upload(server, client, data, kind="application/octet-stream"):
    status, body, _ = http_request(server, client, "POST", "/files", {"size": len(data), "type": kind, "name": "x.bin"})
    assert status == 201, body
    number = json.loads(body)["upload"]
    for at in range(0, len(data), 65536):
        status, body, _ = http_request(server, client, "PATCH", f"/files/uploads/{number}", data[at:at + 65536], Upload_Offset=str(at))
        assert status == 200, body
    return json.loads(body)


class Uploader(threading.Thread):
    """Uploads and sends one file after the other, and removes every third; what it had done is in `sent` and `removed`."""

    def __init__(self, server, name, to):
        super().__init__(daemon=True)
        self.sent, self.removed, self.stopped, self.failure = [], [], False, None
        self._server, self._to = server, to
        self._client = plaza.Client(server.tcp)
        self._client.enter(name, "uploader")

    def run(self):
        try:
            while not self.stopped:
                self._step(len(self.sent) + 1)
        except Exception as failure:  # told by the test
            self.failure = failure

    def close(self):
        self._client.close()

    def _step(self, number):
        # Every second one has the bytes of another.
        data = f"file {number // 2} ".encode() * 5000
        file = upload(self._server, self._client, data)["file"]
        ack = self._client.ask(msgid=5, toid=self._to, send_id=number, kind=2, body={"file": file})
        assert ack["errno"] == 0, ack
        self.sent.append((file, data))
        if number % 3 == 0:
            gone = self.sent[number // 2][0]
            self.removed.append(gone)
            status, body, _ = http_request(self._server, self._client, "DELETE", f"/files/{gone}")
            assert status in (204, 404), body


class BackupOfFiles(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="plaza-test-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)

    def path(self, *parts):
        return os.path.join(self.folder, *parts)

    def serve(self, name="first"):
        os.makedirs(self.path(name), exist_ok=True)
        server = plaza.Server(*QUIET, folder=self.path(name))
        self.addCleanup(server.close)
        return server

    def register(self, server, *names):
        for name in names:
            client = plaza.Client(server.tcp)
            self.assertEqual(client.register(name)["errno"], 0)
            client.close()

    def enter(self, server, name):
        client = plaza.Client(server.tcp)
        self.addCleanup(client.close)
        client.entered = client.enter(name)
        return client

    def plaza(self, *words):
        return subprocess.run([plaza.BINARY, *words], cwd=self.folder, capture_output=True, text=True, timeout=plaza.DEADLINE_S, check=False)

    def backup(self, server, to, warning=""):
        done = self.plaza("backup", "--data-dir", server.data, "--to", self.path(to))
        self.assertEqual(done.returncode, 0, done)
        self.assertIn(warning, done.stderr) if warning else self.assertEqual(done.stderr, "")
        return done

    def restore(self, name, into):
        return self.plaza("restore", "--from", self.path(name), "--data-dir", self.path(into, "data"))

    def contents(self, folder):
        """path -> bytes of all contents below folder/files; thumbnails too."""
        found = {}
        for where, _, names in os.walk(self.path(folder, "files")):
            for name in names:
                path = os.path.join(where, name)
                with open(path, "rb") as file:
                    found[os.path.relpath(path, self.path(folder, "files"))] = file.read()
        return found

    def place(self, data):
        hash_ = hashlib.sha256(data).hexdigest()
        return f"{hash_[:2]}/{hash_[2:]}"

    def test_while_members_upload_and_remove_files_each_message_of_it_has_its_bytes(self):
        server = self.serve()
        self.register(server, "ann", "bob")
        bob = self.enter(server, "bob")
        uploader = Uploader(server, "ann", bob.id)
        uploader.start()
        before = []
        for number in range(BACKUPS):
            plaza.wait_until(lambda: len(uploader.sent) > 8 * (number + 1) or uploader.failure, "some more files")
            before.append((len(uploader.sent), len(uploader.removed)))
            self.backup(server, f"copy{number}")
        uploader.stopped = True
        uploader.join(plaza.DEADLINE_S)
        self.assertIsNone(uploader.failure)
        uploader.close()
        self.assertEqual(server.stop(), 0)
        for number, (sent, removed) in enumerate(before):
            with self.subTest(backup=number):
                self.assertEqual(self.restore(f"copy{number}", f"again{number}").returncode, 0)
                self.check(self.serve(f"again{number}"), uploader, sent, set(uploader.removed[:removed]))
        # What nobody had any more is not in it, and what two had is once.
        for number in range(BACKUPS):
            names = self.contents(f"copy{number}")
            self.assertTrue(all(hashlib.sha256(data).hexdigest() == name.replace("/", "") for name, data in names.items()))
            self.assertLess(len(names), len(uploader.sent))

    def check(self, server, uploader, at_least, removed):
        bob = self.enter(server, "bob")
        messages, since = [], 0
        while True:
            page = bob.ask(msgid=22, since=since)
            messages += page["messages"]
            if not page["more"]:
                break
            since = page["messages"][-1]["seq"]
        sent = [message for message in messages if message.get("kind") == 2]
        self.assertGreaterEqual(len(sent), at_least)
        data_of = dict(uploader.sent)
        there = 0
        for message in sent:
            file = message["body"]["file"]
            status, body, _ = http_request(server, bob, "GET", f"/files/{file}?friendid={message['id']}&cseq={message['cseq']}")
            if file in removed:
                self.assertEqual(status, 404)
            elif status == 404:
                self.assertIn(file, uploader.removed, "it was never removed")
            else:
                self.assertEqual((status, body), (200, data_of[file]))
                there += 1
        self.assertGreater(there, 0)
        self.assertEqual(server.stop(), 0)

    def test_bytes_are_shared_where_they_can_be_and_copied_where_not_and_thumbnails_and_words_are_there_again(self):
        server = self.serve()
        self.register(server, "ann", "bob")
        ann, bob = self.enter(server, "ann"), self.enter(server, "bob")
        picture = png(800, 400)
        file = upload(server, ann, picture, "image/png")
        half = http_request(server, ann, "POST", "/files", {"size": 10, "type": "a/b", "name": "half"})
        half = json.loads(half[1])["upload"]
        self.assertEqual(http_request(server, ann, "PATCH", f"/files/uploads/{half}", b"12345", Upload_Offset="0")[0], 200)
        cseq = ann.ask(msgid=5, toid=bob.id, send_id=1, kind=1, body={"file": file["file"]})["cseq"]
        self.assertEqual(ann.ask(msgid=5, toid=bob.id, send_id=2, msg="a walrus in the garden")["errno"], 0)
        told = self.backup(server, "copy").stdout
        self.assertIn("and the bytes of files (1, ", told)
        place = self.place(picture)
        self.assertEqual(sorted(self.contents("copy")), [place, place + ".thumbnail"])
        self.assertTrue(os.path.samefile(self.path("copy", "files", place), os.path.join(server.data, "files", place)))
        # As sha256sum checks it.
        checked = subprocess.run(["sha256sum", "-c", "--quiet", "files.sha256"], cwd=self.path("copy"), capture_output=True, text=True, check=False)
        self.assertEqual((checked.returncode, checked.stderr), (0, ""), checked.stdout)

        elsewhere = tempfile.mkdtemp(prefix="plaza-test-", dir="/dev/shm")
        self.addCleanup(shutil.rmtree, elsewhere, ignore_errors=True)
        self.assertNotEqual(os.stat(elsewhere).st_dev, os.stat(self.folder).st_dev, "the test wants another file system there")
        self.backup(server, os.path.join(elsewhere, "copy"))
        with open(os.path.join(elsewhere, "copy", "files", place), "rb") as copied:
            self.assertEqual(copied.read(), picture)

        self.assertEqual(server.stop(), 0)
        for name, into in (("copy", "again"), (os.path.join(elsewhere, "copy"), "away")):
            self.assertEqual(self.restore(name, into).returncode, 0)
            self.assertEqual(self.contents(name), self.contents(os.path.join(into, "data")))
            self.assertFalse(os.path.exists(self.path(into, "data", "files.sha256")))
            again = self.serve(into)
            bob = self.enter(again, "bob")
            where = f"?friendid={ann.id}&cseq={cseq}"
            self.assertEqual(http_request(again, bob, "GET", f"/files/{file['file']}{where}")[:2], (200, picture))
            status, thumbnail, _ = http_request(again, bob, "GET", f"/files/{file['file']}/thumbnail{where}")
            self.assertEqual((status, thumbnail[:3]), (200, b"\xff\xd8\xff"))
            # An upload that was on its way begins anew.
            ann_again = self.enter(again, "ann")
            self.assertEqual(http_request(again, ann_again, "HEAD", f"/files/uploads/{half}")[2]["Upload-Offset"], "0")
            # The index of words is made again.
            plaza.wait_until(lambda: bob.ask(msgid=SEARCH, query="walrus")["results"], "the words to be found again")
            self.assertEqual(again.stop(), 0)

    def test_what_the_server_has_lost_is_told_and_the_rest_is_backed_up(self):
        server = self.serve()
        self.register(server, "ann")
        ann = self.enter(server, "ann")
        datas = [f"content {i}".encode() for i in range(9)]
        files = [upload(server, ann, data)["file"] for data in datas]
        for data in datas[:6]:
            os.unlink(os.path.join(server.data, "files", self.place(data)))
        with open(os.path.join(server.data, "files", self.place(datas[6])), "r+b") as file:
            file.write(b"C")
        told = self.backup(server, "copy", warning="the bytes of 7 files are damaged or missing").stderr
        self.assertEqual(sum(hashlib.sha256(data).hexdigest() in told for data in datas), 5)
        self.assertIn(", ...", told)
        self.assertEqual(sorted(self.contents("copy")), sorted(self.place(data) for data in datas[7:]))
        self.assertEqual(server.stop(), 0)
        self.assertEqual(self.restore("copy", "again").returncode, 0)
        again = self.serve("again")
        ann = self.enter(again, "ann")
        self.assertEqual([http_request(again, ann, "GET", f"/files/{file}")[0] for file in files], [404] * 7 + [200] * 2)
        # Nothing is left of those that were lost: their owner has the room again, and their bytes may come anew.
        self.assertEqual(http_request(again, ann, "GET", f"/files/{upload(again, ann, datas[0])['file']}")[1], datas[0])

    def test_a_restore_refuses_bytes_that_are_not_those(self):
        server = self.serve()
        self.register(server, "ann")
        ann = self.enter(server, "ann")
        picture = png(400, 400)
        upload(server, ann, picture, "image/png")
        upload(server, ann, b"another")
        self.backup(server, "copy")
        self.assertEqual(server.stop(), 0)
        place = self.place(picture)

        def broken(name, what):
            # Copied, not linked: the original stays.
            shutil.copytree(self.path("copy"), self.path(name))
            what(name)
            done = self.restore(name, "again")
            self.assertEqual(done.returncode, 1, done)
            left = os.listdir(self.path("again", "data")) if os.path.exists(self.path("again", "data")) else []
            self.assertLessEqual(set(left), {"plaza.lock"})
            return done.stderr

        def flip(name, what):
            with open(self.path(name, "files", what), "r+b") as file:
                file.seek(20)
                byte = file.read(1)
                file.seek(20)
                file.write(bytes([byte[0] ^ 1]))

        def relist(change):
            def what(name):
                with open(self.path(name, "files.sha256")) as file:
                    lines = file.read().splitlines()
                with open(self.path(name, "files.sha256"), "w") as file:
                    file.write("".join(line + "\n" for line in change(lines)))
                self.resum(name)
            return what

        self.assertIn(f"{place} is not what was backed up", broken("flipped", lambda name: flip(name, place)))
        self.assertIn("thumbnail is not what was backed up", broken("small", lambda name: flip(name, place + ".thumbnail")))
        self.assertIn("The backup is not whole", broken("part", lambda name: os.unlink(self.path(name, "files", place))))
        self.assertIn("The backup is not whole", broken("none", lambda name: shutil.rmtree(self.path(name, "files"))))
        self.assertIn("files.sha256 is not what was backed up",
                      broken("list", lambda name: os.truncate(self.path(name, "files.sha256"), 0)))
        self.assertIn("is not a line of it", broken("outside", relist(lambda lines: [*lines, "0" * 64 + "  files/../../evil"])))
        self.assertIn("is not a line of it",
                      broken("renamed", relist(lambda lines: [line.replace(hashlib.sha256(b"another").hexdigest(), "0" * 64) for line in lines])))
        # Over somebody's files nothing is put.
        os.makedirs(self.path("again", "data", "files"), exist_ok=True)
        self.assertIn("has a files already, and nothing is overwritten", self.restore("copy", "again").stderr)
        os.rmdir(self.path("again", "data", "files"))
        with open(self.path("again", "data", "files.db-wal"), "wb"):
            pass
        self.assertIn("has a files.db-wal already", self.restore("copy", "again").stderr)
        os.unlink(self.path("again", "data", "files.db-wal"))
        self.assertEqual(self.restore("copy", "again").returncode, 0)

    def resum(self, name):
        """Makes the manifest right again, as somebody would who wants to do harm."""
        with open(self.path(name, "manifest.json")) as file:
            manifest = json.load(file)
        for one in manifest["files"]:
            with open(self.path(name, one["name"]), "rb") as file:
                data = file.read()
            one["bytes"], one["sha256"] = len(data), hashlib.sha256(data).hexdigest()
        with open(self.path(name, "manifest.json"), "w") as file:
            json.dump(manifest, file)

    def test_a_backup_of_before_there_were_files_is_put_back(self):
        server = self.serve()
        self.register(server, "ann")
        self.backup(server, "copy")
        self.assertEqual(server.stop(), 0)
        with open(self.path("copy", "manifest.json")) as file:
            manifest = json.load(file)
        manifest["format"] = 1
        manifest["files"] = [one for one in manifest["files"] if not one["name"].startswith("files.")]
        with open(self.path("copy", "manifest.json"), "w") as file:
            json.dump(manifest, file)
        self.assertEqual(self.restore("copy", "again").returncode, 0)
        again = self.serve("again")
        self.assertEqual(upload(again, self.enter(again, "ann"), b"the first one")["size"], 13)


if __name__ == "__main__":
    plaza.main()
