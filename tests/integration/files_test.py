"""Files on a real server: uploads that survive kill -9, downloads by those who may read a message that has the file and by nobody else,
hostile names, types and pictures, quotas, and what is left on the disk."""

import glob
import hashlib
import http.client
import json
import os
import random
import struct
import subprocess
import unittest
import zlib

import plaza


def png(width, height, pixels=None):
    """A picture; `pixels` other than it says make it a lie."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = b"".join(b"\0" + bytes((x * 3) & 255 for x in range(3 * width)) for _ in range(height)) if pixels is None else pixels
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


class Files(unittest.TestCase):
    settings = ("file.size_bytes_max=3000000", "file.member_bytes_max=4000000", "file.member_uploads_max=2", "member.message_rate_per_s=0",
                "member.request_rate_per_s=0")

    def setUp(self):
        self.server = plaza.Server(*self.settings)
        self.addCleanup(self.server.close)

    def connect(self):
        client = plaza.Client(self.server.tcp)
        self.addCleanup(client.close)
        return client

    def member(self, name, register=True):
        if register:
            self.assertEqual(self.connect().register(name)["errno"], 0)
        client = self.connect()
        client.enter(name)
        return client

    def http(self, client, method, path, body=None, **headers):
        """(status, headers, body); `client` says whose token, None: nobody's."""
        connection = http.client.HTTPConnection("127.0.0.1", self.server.http, timeout=plaza.DEADLINE_S)
        try:
            headers = {name.replace("_", "-"): value for name, value in headers.items()}
            if client:
                headers["Authorization"] = "Bearer " + client.token
            if isinstance(body, dict):
                body = json.dumps(body)
            connection.request(method, path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def begin(self, client, size, kind="application/octet-stream", name="x.bin"):
        status, _, body = self.http(client, "POST", "/files", {"size": size, "type": kind, "name": name})
        self.assertEqual(status, 201, body)
        return json.loads(body)

    def upload(self, client, data, kind="application/octet-stream", name="x.bin"):
        """The finished file, as the server describes it."""
        begun = self.begin(client, len(data), kind, name)
        return self.go_on(client, begun["upload"], data, 0, begun["chunk_bytes_max"])

    def go_on(self, client, upload, data, offset, chunk=65536):
        while True:
            status, headers, body = self.http(client, "PATCH", f"/files/uploads/{upload}", data[offset:offset + chunk],
                                              Upload_Offset=str(offset))
            self.assertEqual(status, 200, body)
            offset = int(headers["Upload-Offset"])
            if offset == len(data):
                return json.loads(body)

    def send(self, client, to, file, kind=2, expect=0, **more):
        client._sent = getattr(client, "_sent", 0) + 1
        ack = client.ask(msgid=5, toid=to, kind=kind, body={"file": file, **more}, send_id=client._sent)
        self.assertEqual(ack["errno"], expect, ack)
        if expect:
            client._sent -= 1
        return ack

    def stored(self):
        return sorted(path for path in glob.glob(os.path.join(self.server.data, "files", "*", "*"))
                      if not path.startswith(os.path.join(self.server.data, "files", "uploads")))

    def test_a_file_is_uploaded_sent_and_read_by_who_may(self):
        ann, bob, eve = (self.member(name) for name in ("ann", "bob", "eve"))
        data = random.Random(1).randbytes(300_000)
        file = self.upload(ann, data, name="../../etc/data.bin")
        self.assertEqual((file["size"], file["name"], file["hash"]), (300_000, "data.bin", hashlib.sha256(data).hexdigest()))
        sent = self.send(ann, bob.id, file["file"], size=1, name="lie", hash="lie", text="look")
        push = bob.receive_until(5)
        self.assertEqual(push["body"], {**file, "text": "look"})
        path = f"/files/{file['file']}"
        where = f"?friendid={ann.id}&cseq={sent['cseq']}"
        status, headers, body = self.http(bob, "GET", path + where)
        self.assertEqual((status, body), (200, data))
        self.assertEqual(headers["X-Content-Type-Options"], "nosniff")
        self.assertIn("sandbox", headers["Content-Security-Policy"])
        self.assertTrue(headers["Content-Disposition"].startswith("attachment; filename=\"data.bin\""))
        self.assertEqual(headers["ETag"], f'"{file["hash"]}"')
        self.assertEqual(self.http(ann, "GET", path)[2], data, "the owner needs no message")
        # Nobody else, and with nothing else.
        for who, query in ((eve, ""), (eve, where), (eve, f"?friendid={bob.id}&cseq={sent['cseq']}"), (bob, ""),
                           (bob, f"?friendid={ann.id}&cseq={sent['cseq'] + 1}"), (bob, f"?friendid={eve.id}&cseq={sent['cseq']}"),
                           (bob, f"?groupid=1&cseq=1"), (bob, where + "&groupid=1")):
            self.assertEqual(self.http(who, "GET", path + query)[0], 404, query)
            self.assertEqual(self.http(who, "GET", path + "/thumbnail" + query)[0], 404, query)
        private = self.upload(ann, b"never sent")["file"]
        self.assertEqual(self.http(bob, "GET", f"/files/{private}{where}")[0], 404, "a message with another file of hers")
        self.assertEqual(self.http(None, "GET", path + where)[0], 401)
        self.assertEqual(self.http(None, "GET", path + where, Authorization="Bearer plz_wrong")[0], 401)
        account = plaza.Client(self.server.tcp)
        account.token = ann.account_token
        self.assertEqual(self.http(account, "GET", path)[0], 401, "an account is no member")
        account.close()

    def test_ranges_and_tags(self):
        ann = self.member("ann")
        data = bytes(range(256)) * 1000
        file = self.upload(ann, data)
        path = f"/files/{file['file']}"
        for header, part in (("bytes=0-0", data[:1]), ("bytes=100000-200000", data[100000:200001]), ("bytes=-7", data[-7:]),
                             ("bytes=255999-", data[-1:]), ("bytes=1-999999999", data[1:])):
            status, headers, body = self.http(ann, "GET", path, Range=header)
            self.assertEqual((status, body), (206, part), header)
            begin = len(data) - len(part) if header.startswith("bytes=-") else int(header[6:].split("-")[0])
            self.assertEqual(headers["Content-Range"], f"bytes {begin}-{begin + len(part) - 1}/{len(data)}")
        status, headers, _ = self.http(ann, "GET", path, Range="bytes=256000-")
        self.assertEqual((status, headers["Content-Range"]), (416, "bytes */256000"))
        self.assertEqual(self.http(ann, "GET", path, Range="bytes=0-1,4-5")[2], data)
        status, headers, body = self.http(ann, "HEAD", path)
        self.assertEqual((status, headers["Content-Length"], body), (200, "256000", b""))
        tag = headers["ETag"]
        self.assertEqual(self.http(ann, "GET", path, If_None_Match=tag)[0], 304)
        self.assertEqual(self.http(ann, "GET", path, Range="bytes=0-0", If_Range=tag)[0], 206)
        self.assertEqual(self.http(ann, "GET", path, Range="bytes=0-0", If_Range='"other"')[2], data)
        # Several on one connection, and one that goes away in the middle.
        connection = http.client.HTTPConnection("127.0.0.1", self.server.http, timeout=plaza.DEADLINE_S)
        for _ in range(3):
            connection.request("GET", path, headers={"Authorization": "Bearer " + ann.token})
            self.assertEqual(connection.getresponse().read(), data)
        connection.request("GET", path, headers={"Authorization": "Bearer " + ann.token})
        connection.getresponse().read(10)
        connection.close()
        self.assertEqual(self.http(ann, "GET", path)[2], data)

    def test_an_upload_survives_kill_9_in_its_middle(self):
        ann = self.member("ann")
        data = random.Random(2).randbytes(1_500_000)
        begun = self.begin(ann, len(data))
        upload, offset = begun["upload"], 0
        numbers = random.Random(3)
        for _ in range(6):
            for _ in range(numbers.randrange(1, 4)):
                chunk = data[offset:offset + numbers.randrange(1, 65536)]
                status, headers, _ = self.http(ann, "PATCH", f"/files/uploads/{upload}", chunk, Upload_Offset=str(offset))
                self.assertEqual(status, 200)
                offset = int(headers["Upload-Offset"])
            # One more, whose answer is never read.
            connection = http.client.HTTPConnection("127.0.0.1", self.server.http, timeout=plaza.DEADLINE_S)
            connection.request("PATCH", f"/files/uploads/{upload}", data[offset:offset + 65536],
                               {"Upload-Offset": str(offset), "Authorization": "Bearer " + ann.token})
            self.server.process.kill()
            self.server.wait()
            connection.close()
            self.server.restart()
            status, headers, _ = self.http(ann, "HEAD", f"/files/uploads/{upload}")
            self.assertEqual((status, headers["Upload-Length"]), (200, "1500000"))
            self.assertGreaterEqual(int(headers["Upload-Offset"]), offset, "what was answered is there")
            offset = int(headers["Upload-Offset"])
            status, headers, _ = self.http(ann, "PATCH", f"/files/uploads/{upload}", b"x", Upload_Offset=str(offset + 1))
            self.assertEqual((status, int(headers["Upload-Offset"])), (409, offset))
        file = self.go_on(ann, upload, data, offset)
        self.assertEqual(file["hash"], hashlib.sha256(data).hexdigest())
        self.assertEqual(self.http(ann, "GET", f"/files/{file['file']}")[2], data)
        _, _, body = self.http(ann, "GET", f"/files/uploads/{upload}")
        self.assertEqual(json.loads(body)["file"], file["file"], "for one who has not heard the last answer")
        self.assertEqual(os.listdir(os.path.join(self.server.data, "files", "uploads")), [])

    def test_names_and_paths_reach_no_file(self):
        ann = self.member("ann")
        with open(os.path.join(self.server.data, "secret"), "w") as file:
            file.write("secret")
        for path in ("/files/../secret", "/files/..%2fsecret", "/files/uploads/../../secret", "/files/1/../../secret", "/files//etc/passwd",
                     "/files/ab/cdef", "/files/0", "/files/-1", "/files/1e3", "/files/99999999999999999999", "/files/", "/files/uploads/",
                     "/files/uploads/x", "/files/1/thumbnail/..", "/files/%00"):
            for method in ("GET", "HEAD", "DELETE", "PATCH", "PUT", "POST"):
                status, _, body = self.http(ann, method, path, b"{}" if method in ("PATCH", "PUT", "POST") else None, Upload_Offset="0")
                self.assertIn(status, (400, 404, 405), (method, path))
                self.assertNotIn(b"secret", body)
        for name in ("../../../secret", "/etc/passwd", "..", "\0", "a/b\\c", "\u202egnp.exe", "x" * 5000):
            begun = self.begin(ann, 1, name=name)
            self.assertNotIn("/", begun["name"])
            self.assertNotIn("..", begun["name"])
            self.assertEqual(self.http(ann, "DELETE", f"/files/uploads/{begun['upload']}")[0], 204)
        self.assertEqual(self.stored(), [])

    def test_types_quotas_and_bounds(self):
        ann, bob = self.member("ann"), self.member("bob")
        post = lambda **fields: self.http(ann, "POST", "/files", {"size": 10, "type": "text/plain", "name": "x", **fields})[0]
        self.assertEqual(post(size=0), 400)
        self.assertEqual(post(size=-1), 400)
        self.assertEqual(post(size=3_000_001), 413)
        self.assertEqual(post(type="text"), 400)
        self.assertEqual(self.http(ann, "POST", "/files", b"{")[0], 400)
        self.assertEqual(self.http(ann, "PUT", "/files", b"{}")[0], 405)
        page = b"<!DOCTYPE html><html><script>alert(1)</script></html>"
        begun = self.begin(ann, len(page), "image/png", "cat.png")
        status, _, body = self.http(ann, "PATCH", f"/files/uploads/{begun['upload']}", page, Upload_Offset="0")
        self.assertEqual(status, 415, body)
        self.assertEqual(self.http(ann, "HEAD", f"/files/uploads/{begun['upload']}")[0], 404)
        first, second = self.begin(ann, 10), self.begin(ann, 3_000_000)
        self.assertEqual(post(), 403, "two uploads at once")
        self.assertEqual(self.http(ann, "DELETE", f"/files/uploads/{second['upload']}")[0], 204)
        self.assertEqual(self.http(bob, "DELETE", f"/files/uploads/{first['upload']}")[0], 404)
        self.assertEqual(self.http(bob, "PATCH", f"/files/uploads/{first['upload']}", b"x", Upload_Offset="0")[0], 404)
        self.assertEqual(self.http(ann, "PATCH", f"/files/uploads/{first['upload']}", b"x" * 11, Upload_Offset="0")[0], 413)
        self.assertEqual(self.http(ann, "PATCH", f"/files/uploads/{first['upload']}", b"x")[0], 400)
        self.assertEqual(self.http(ann, "PATCH", f"/files/uploads/{first['upload']}", b"x" * 65537, Upload_Offset="0")[0], 413)
        file = self.upload(ann, bytes(2_000_000))
        self.assertEqual(post(size=1_999_991), 403, "4 MB of a member")
        self.assertEqual(self.http(bob, "DELETE", f"/files/{file['file']}")[0], 404)
        self.assertEqual(self.http(ann, "DELETE", f"/files/{file['file']}")[0], 204)
        self.assertEqual(self.http(ann, "GET", f"/files/{file['file']}")[0], 404)
        self.assertEqual(self.stored(), [])
        self.assertEqual(post(size=1_999_991), 201)

    def test_a_picture_has_a_thumbnail_and_a_hostile_one_does_no_harm(self):
        ann, bob = self.member("ann"), self.member("bob")
        file = self.upload(ann, png(800, 400), "image/png", "wide.png")
        self.assertEqual((file["type"], file["width"], file["height"], file["thumbnail"]), ("image/png", 800, 400, True))
        sent = self.send(ann, bob.id, file["file"], kind=1)
        status, headers, body = self.http(bob, "GET", f"/files/{file['file']}/thumbnail?friendid={ann.id}&cseq={sent['cseq']}")
        self.assertEqual((status, headers["Content-Type"], body[:3]), (200, "image/jpeg", b"\xff\xd8\xff"))
        self.assertEqual(self.http(bob, "GET", f"/files/{file['file']}/thumbnail")[0], 404)
        # 40,000 x 40,000 pixels in a few bytes, one with too few, one that ends in its middle.
        for hostile in (png(40_000, 40_000, b"\0"), png(300, 300, b"\0" * 10), png(500, 500)[:400]):
            bad = self.upload(ann, hostile, "image/png")
            self.assertEqual(bad["type"], "image/png")
            self.assertNotIn("thumbnail", bad)
        self.assertEqual(self.server.get("/healthz")[0], 200)
        self.send(ann, bob.id, self.upload(ann, b"just text, no picture")["file"], kind=1, expect=56)

    def test_a_message_has_only_files_of_its_sender(self):
        ann, bob = self.member("ann"), self.member("bob")
        file = self.upload(ann, b"for bob only")["file"]
        self.send(bob, ann.id, file, expect=56)
        self.send(ann, bob.id, 999, expect=56)
        mine = bob.ask(msgid=5, toid=ann.id, kind=3, body={"file": file}, send_id=1)
        self.assertEqual(self.http(bob, "GET", f"/files/{file}?friendid={ann.id}&cseq={mine['cseq']}")[0], 404, "a message of one's own is no right")
        sent = self.send(ann, bob.id, file)
        again = ann.ask(msgid=5, toid=bob.id, kind=2, body={"file": file}, send_id=sent["send_id"])
        self.assertEqual((again["errno"], again["dup"], again["mid"]), (0, True, sent["mid"]))
        # What only the app knows is sent as it is.
        ann._sent += 1
        self.assertEqual(ann.ask(msgid=5, toid=bob.id, kind=1, body={"image": "cat.png"}, send_id=ann._sent)["errno"], 0)
        pushes = [bob.receive_until(5)["body"] for _ in range(2)]
        self.assertEqual((pushes[0]["file"], pushes[0]["size"], pushes[1]), (file, 12, {"image": "cat.png"}))
        # A file that was removed cannot be sent, nor read through a message that has it.
        self.assertEqual(self.http(ann, "DELETE", f"/files/{file}")[0], 204)
        self.send(ann, bob.id, file, expect=56)
        self.assertEqual(self.http(bob, "GET", f"/files/{file}?friendid={ann.id}&cseq={sent['cseq']}")[0], 404)

    def test_in_a_group_its_members_read_and_others_do_not(self):
        ann, bob, eve = (self.member(name) for name in ("ann", "bob", "eve"))
        group = ann.ask(msgid=8, groupname="tea")["groupid"]
        self.assertEqual(bob.ask(msgid=10, groupid=group)["errno"], 0)
        file = self.upload(ann, b"for the group")["file"]
        cseq = ann.ask(msgid=12, groupid=group, kind=2, body={"file": file}, send_id=1)["cseq"]
        path = f"/files/{file}?groupid={group}&cseq={cseq}"
        self.assertEqual(self.http(bob, "GET", path)[2], b"for the group")
        self.assertEqual(self.http(eve, "GET", path)[0], 404)
        self.assertEqual(bob.ask(msgid=42, groupid=group)["errno"], 0)
        self.assertEqual(self.http(bob, "GET", path)[0], 404, "who has left")
        # What was said before one joined is not there for one, where the group does not show it.
        closed = ann.ask(msgid=8, groupname="den", history_visible=False)["groupid"]
        before, after = (self.upload(ann, text)["file"] for text in (b"before", b"after"))
        first = ann.ask(msgid=12, groupid=closed, kind=2, body={"file": before}, send_id=2)["cseq"]
        self.assertEqual(bob.ask(msgid=10, groupid=closed)["errno"], 0)
        second = ann.ask(msgid=12, groupid=closed, kind=2, body={"file": after}, send_id=3)["cseq"]
        self.assertEqual(self.http(bob, "GET", f"/files/{before}?groupid={closed}&cseq={first}")[0], 404)
        self.assertEqual(self.http(bob, "GET", f"/files/{after}?groupid={closed}&cseq={second}")[2], b"after")

    def test_a_message_that_is_recalled_or_edited_gives_its_file_to_nobody(self):
        ann, bob = self.member("ann"), self.member("bob")
        first, second = (self.upload(ann, png(100, 50 + i), "image/png")["file"] for i in range(2))
        cseq = self.send(ann, bob.id, first, kind=1)["cseq"]
        where = f"?friendid={ann.id}&cseq={cseq}"
        status = lambda who, file, part="": self.http(who, "GET", f"/files/{file}{part}{where}")[0]
        self.assertEqual((status(bob, first), status(bob, first, "/thumbnail"), status(bob, second)), (200, 200, 404))
        edit = dict(msgid=121, friendid=bob.id, cseq=cseq, kind=1, body={"file": second}, send_id=2)
        self.assertEqual(ann.ask(**edit)["errno"], 0)
        self.assertTrue(ann.ask(**edit)["dup"])
        self.assertEqual((status(bob, first), status(bob, second)), (404, 200))
        change = [bob.receive_until(5) for _ in range(2)][1]
        self.assertEqual(change["body"]["body"]["file"], second)
        self.assertEqual(self.http(bob, "GET", f"/files/{second}?friendid={ann.id}&cseq={change['cseq']}")[0], 404, "not by the edit")
        theirs = self.upload(bob, png(10, 10), "image/png")["file"]
        self.assertEqual(ann.ask(msgid=121, friendid=bob.id, cseq=cseq, kind=1, body={"file": theirs}, send_id=3)["errno"], 56)
        self.assertEqual(ann.ask(msgid=120, friendid=bob.id, cseq=cseq, send_id=3)["errno"], 0)
        for file in (first, second):
            self.assertEqual((status(bob, file), status(bob, file, "/thumbnail"), status(ann, file)), (404, 404, 200), "its owner's still")

    def test_a_content_that_is_gone_is_an_ordinary_error(self):
        ann = self.member("ann")
        file = self.upload(ann, b"soon gone")
        os.unlink(self.stored()[0])
        self.assertEqual(self.http(ann, "GET", f"/files/{file['file']}")[0], 404)
        self.assertEqual(self.http(ann, "DELETE", f"/files/{file['file']}")[0], 204)

    def test_two_people_at_terminals_send_and_fetch_a_file(self):
        self.member("ann")
        self.member("bob")
        data = random.Random(4).randbytes(200_000)
        sent, fetched = (os.path.join(self.server.folder, name) for name in ("sent.bin", "fetched.bin"))
        with open(sent, "wb") as file:
            file.write(data)

        def chat(name, *lines):
            done = subprocess.run([plaza.BINARY, "chat", f"127.0.0.1:{self.server.tcp}", "--http-port", str(self.server.http), "--user", name,
                                   "--device", "terminal", "--script"], input="\n".join(lines) + "\n", capture_output=True, text=True,
                                  cwd=self.server.folder, timeout=2 * plaza.DEADLINE_S,
                                  env={**os.environ, "PLAZA_PASSWORD": "secret"})
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
            return done.stdout

        self.assertIn("sent.bin", chat("ann", "/open bob", f"/file {sent} look", "/history 5"))
        chat("bob", "/wait sent.bin 20", "/open ann", f"/get 1 {fetched}", "!/get 1 " + fetched, "!/get 2", "!/file /no/such/file")
        with open(fetched, "rb") as file:
            self.assertEqual(file.read(), data)

    def test_pages_of_the_hosts_that_are_named_may_use_them_and_no_others(self):
        """As a browser does it: it asks with OPTIONS first, and hands an answer over only when that names the page's origin."""
        page, other = "https://chat.example.org", "https://evil.example"
        self.server.close()
        self.server = plaza.Server(f"file.origins={page}", *self.settings)
        self.addCleanup(self.server.close)
        ann = self.member("ann")

        def browser(origin, method, path, body=None, **headers):
            asked = ", ".join(["authorization", *(name.lower().replace("_", "-") for name in headers)])
            status, told, _ = self.http(None, "OPTIONS", path, Origin=origin, Access_Control_Request_Method=method,
                                        Access_Control_Request_Headers=asked)
            allowed = {word.strip().lower() for word in told.get("Access-Control-Allow-Headers", "").split(",")}
            if (status, told.get("Access-Control-Allow-Origin")) != (204, origin) or not set(asked.split(", ")) <= allowed:
                return None
            self.assertIn(method, told["Access-Control-Allow-Methods"])
            status, told, data = self.http(ann, method, path, body, Origin=origin, **headers)
            if told.get("Access-Control-Allow-Origin") != origin:
                return None
            exposed = {word.strip() for word in told["Access-Control-Expose-Headers"].split(",")}
            return status, {name: value for name, value in told.items() if name in exposed}, data

        status, told, _ = browser(page, "POST", "/files", {"size": 5, "type": "a/b", "name": "x"}, Content_Type="application/json")
        self.assertEqual(status, 201)
        where = told["Location"]
        status, told, data = browser(page, "PATCH", where, b"hello", Upload_Offset="0")
        self.assertEqual((status, told["Upload-Offset"]), (200, "5"))
        file = json.loads(data)["file"]
        status, told, data = browser(page, "GET", f"/files/{file}", Range="bytes=1-3")
        self.assertEqual((status, told["Content-Range"], data), (206, "bytes 1-3/5", b"ell"))
        self.assertEqual(browser(page, "GET", "/files/77")[0], 404, "a page may read why, too")
        for method, path in (("GET", f"/files/{file}"), ("POST", "/files"), ("DELETE", f"/files/{file}")):
            self.assertIsNone(browser(other, method, path))
        self.assertIsNone(browser(page, "GET", "/api/v1/zones"), "servers only")
        # One that got past the question, as an old browser might, has no answer to read; and without a token there is none.
        self.assertNotIn("Access-Control-Allow-Origin", self.http(ann, "GET", f"/files/{file}", Origin=other)[1])
        self.assertEqual(self.http(None, "GET", f"/files/{file}", Origin=page)[0], 401)
        self.assertEqual(browser(page, "DELETE", f"/files/{file}")[0], 204)
        self.server.close()
        self.server = plaza.Server(*self.settings)
        self.addCleanup(self.server.close)
        ann = self.member("ben")
        self.assertIsNone(browser(page, "GET", "/files/1"), "nobody is named")

    def test_a_server_can_do_without(self):
        self.server.close()
        self.server = plaza.Server("file.enabled=false")
        self.addCleanup(self.server.close)
        ann = self.member("ann")
        self.assertEqual(self.http(ann, "POST", "/files", {"size": 1, "type": "a/b"})[0], 405)
        self.assertFalse(os.path.exists(os.path.join(self.server.data, "files")))


if __name__ == "__main__":
    plaza.main()
