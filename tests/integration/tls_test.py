"""TLS on both listeners with a certificate of the test's own, and a new one after SIGHUP without losing a session."""

import asyncio
import os
import shutil
import signal
import ssl
import subprocess
import tempfile
import unittest

import websockets

import plaza


def make_certificate(folder, serial):
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-set_serial", str(serial),
                    "-keyout", os.path.join(folder, "key.pem"), "-out", os.path.join(folder, "cert.pem")],
                   check=True, capture_output=True)


class WrongFiles(unittest.TestCase):
    """What is wrong with the files is found by whoever looks, and nobody waits at a terminal."""

    def test_config_check_doctor_and_serve_name_the_file(self):
        folder = tempfile.mkdtemp(prefix="plaza-tls-")
        self.addCleanup(shutil.rmtree, folder, True)
        make_certificate(folder, 1)
        certificate, key = os.path.join(folder, "cert.pem"), os.path.join(folder, "key.pem")
        locked = os.path.join(folder, "locked.pem")
        subprocess.run(["openssl", "pkey", "-in", key, "-aes256", "-passout", "pass:secret", "-out", locked], check=True)
        for tried, said in ((os.path.join(folder, "none.pem"), "No such file or directory"), (locked, "pass phrase")):
            settings = ["--set", "http.tls=true", "--set", "tls.certificate=" + certificate, "--set", "tls.key=" + tried,
                        "--data-dir", os.path.join(folder, "data"), "--tcp", "127.0.0.1:0", "--http", "127.0.0.1:0",
                        "--backend", "127.0.0.1:0"]
            for command, code in ((["config", "check"], 2), (["doctor"], 1), (["serve"], 1)):
                ran = subprocess.run([plaza.BINARY] + command + settings, capture_output=True, text=True, cwd=folder,
                                     timeout=plaza.DEADLINE_S)
                self.assertEqual(ran.returncode, code, (command, ran.stdout, ran.stderr))
                self.assertIn(tried, ran.stdout + ran.stderr)
                self.assertIn(said, ran.stdout + ran.stderr)


class Tls(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="plaza-tls-")
        self.addCleanup(shutil.rmtree, self.folder, True)
        make_certificate(self.folder, 1001)
        self.server = plaza.Server("tcp.tls=true", "http.tls=true", "tls.certificate=" + os.path.join(self.folder, "cert.pem"),
                                   "tls.key=" + os.path.join(self.folder, "key.pem"))
        self.addCleanup(self.server.close)

    def trust(self, minimum=None, maximum=None):
        context = ssl.create_default_context(cafile=os.path.join(self.folder, "cert.pem"))
        if minimum:
            context.minimum_version = minimum
        if maximum:
            context.maximum_version = maximum
        return context

    def connect(self, **versions):
        client = plaza.Client(self.server.tcp, self.trust(**versions))
        self.addCleanup(client.close)
        return client

    def serial(self, client):
        return int(client.socket.getpeercert()["serialNumber"], 16)

    def test_tcp_speaks_tls_1_2_and_1_3_and_nothing_older(self):
        for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
            client = self.connect(minimum=version, maximum=version)
            self.assertEqual(client.socket.version(), {ssl.TLSVersion.TLSv1_2: "TLSv1.2", ssl.TLSVersion.TLSv1_3: "TLSv1.3"}[version])
            self.assertIn(client.register("user of " + client.socket.version())["errno"], (0,))
        old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        old.check_hostname = False
        old.verify_mode = ssl.CERT_NONE
        old.set_ciphers("ALL:@SECLEVEL=0")
        old.minimum_version = old.maximum_version = ssl.TLSVersion.TLSv1_1
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            plaza.Client(self.server.tcp, old)

    def test_plain_text_is_not_answered(self):
        client = plaza.Client(self.server.tcp)
        client.send(msgid=3, name="plain", password="text")
        with self.assertRaises(plaza.Closed):
            while True:
                client.receive()
        client.close()

    def test_websocket_speaks_tls(self):
        async def run():
            async with websockets.connect(f"wss://localhost:{self.server.http}/ws", ssl=self.trust()) as socket:
                await socket.send('{"msgid":3,"name":"web","password":"secret"}')
                self.assertIn('"errno":0', await asyncio.wait_for(socket.recv(), plaza.DEADLINE_S))

        asyncio.run(run())

    def chat(self, name, http, *lines):
        """What the terminal client prints, for a script."""
        done = subprocess.run([plaza.BINARY, "chat", f"tls://localhost:{self.server.tcp}", "--http-port", str(http), "--ca-file",
                               os.path.join(self.folder, "cert.pem"), "--user", name, "--device", "terminal", "--script"],
                              input="\n".join(lines) + "\n", capture_output=True, text=True, cwd=self.server.folder,
                              timeout=2 * plaza.DEADLINE_S, env={**os.environ, "PLAZA_PASSWORD": "secret"})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def test_the_terminal_client_moves_files_over_tls_and_to_nobody_else(self):
        for name in ("ann", "bob"):
            self.connect().register(name)
        data = os.urandom(300_000)
        sent, fetched = (os.path.join(self.server.folder, name) for name in ("sent.bin", "fetched.bin"))
        with open(sent, "wb") as file:
            file.write(data)
        self.chat("ann", self.server.http, "/open bob", f"/file {sent} look", "/history 5")
        self.chat("bob", self.server.http, "/wait sent.bin 20", "/open ann", f"/get 1 {fetched}")
        with open(fetched, "rb") as file:
            self.assertEqual(file.read(), data)

        # Another server with a certificate of its own, and one without: neither is shown the token.
        other = tempfile.mkdtemp(prefix="plaza-tls-")
        self.addCleanup(shutil.rmtree, other, True)
        make_certificate(other, 3003)
        for settings, why in ((("http.tls=true", "tls.certificate=" + os.path.join(other, "cert.pem"),
                                "tls.key=" + os.path.join(other, "key.pem")), "its certificate: "), ((), "no TLS to localhost")):
            with self.subTest(why):
                server = plaza.Server(*settings)
                self.addCleanup(server.close)
                said = self.chat("ann", server.http, "/open bob", f"!/file {sent}")
                self.assertIn(why, said)

    def test_a_new_certificate_is_served_after_sighup_and_open_sessions_stay(self):
        before = self.connect()
        before.register("stays")
        before.enter("stays")
        self.assertEqual(self.serial(before), 1001)
        make_certificate(self.folder, 2002)
        self.server.signal(signal.SIGHUP)
        self.server.says("applied")

        def new_one():
            client = self.connect()
            return self.serial(client) == 2002

        plaza.wait_until(new_one, "the new certificate")
        self.assertEqual(before.ask(msgid=29)["msgid"], 30)

    def test_a_broken_certificate_at_sighup_leaves_the_old_one(self):
        with open(os.path.join(self.folder, "cert.pem"), "rb") as file:
            good = file.read()
        with open(os.path.join(self.folder, "cert.pem"), "w") as file:
            file.write("no certificate")
        self.server.signal(signal.SIGHUP)
        self.server.says("the old certificate stays")
        with open(os.path.join(self.folder, "cert.pem"), "wb") as file:
            file.write(good)
        self.assertEqual(self.serial(self.connect()), 1001)

    def test_the_client_that_goes_away_within_the_handshake_costs_nothing(self):
        for _ in range(20):
            client = plaza.Client(self.server.tcp)
            client.send_bytes(b"\x16\x03\x01\x02\x00\x01")  # the beginning of a ClientHello
            client.close()
        self.assertEqual(self.connect().register("after them")["errno"], 0)


if __name__ == "__main__":
    plaza.main()
