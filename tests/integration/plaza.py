"""Real processes for the tests: a server in a folder of its own, and clients on raw sockets.

Nothing here knows more of the protocol than one JSON object after the other. Every wait has a generous deadline, which only ends a
broken run; servers end with the test, also when it dies.
"""

import atexit
import ctypes
import json
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

DEADLINE_S = 30
BINARY = os.path.abspath(os.environ.get("PLAZA_TEST_BINARY", "build/release/plaza"))
# Hashing as cheap as it goes: these tests are not about argon2.
# And /metrics says what is, not what was up to a second ago.
CHEAP = ["metrics.cache_ms=0", "login.argon2_memory_kib=8", "login.argon2_passes=1", "login.throttle_first_ms=0",
         "login.address_per_minute=0"]


def die_with_the_test():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG


class Server:
    """`plaza serve` on any ports. `settings` are SECTION.KEY=VALUE."""

    def __init__(self, *settings, folder=None, arguments=(), shards=2):
        self.folder = folder or tempfile.mkdtemp(prefix="plaza-test-")
        self._own_folder = folder is None
        self.data = os.path.join(self.folder, "data")
        self._settings = list(CHEAP) + list(settings)
        self._arguments = list(arguments)
        self._shards = shards
        self._tcp_port = 0
        self.process = None
        atexit.register(self.close)
        self.start()

    def command(self):
        words = [BINARY, "serve", "--data-dir", self.data, "--tcp", f"127.0.0.1:{self._tcp_port}", "--http", "127.0.0.1:0",
                 "--backend", "127.0.0.1:0",
                 "--shards", str(self._shards)]
        for setting in self._settings:
            words += ["--set", setting]
        return words + self._arguments

    def start(self):
        if self.process:
            self._output.close()
        self._output = open(os.path.join(self.folder, "output"), "ab")
        ports = os.path.join(self.data, "ports.json")
        if os.path.exists(ports):
            os.unlink(ports)  # of one that was killed
        self.process = subprocess.Popen(self.command(), cwd=self.folder, stdout=self._output, stderr=self._output,
                                        preexec_fn=die_with_the_test)
        until = time.monotonic() + DEADLINE_S
        while True:
            if self.process.poll() is not None:
                raise AssertionError(f"the server ended with {self.process.returncode}:\n{self.output()}")
            try:
                with open(ports) as file:
                    chosen = json.load(file)
                break
            except (OSError, ValueError):
                if time.monotonic() > until:
                    raise AssertionError("the server is not ready:\n" + self.output()) from None
                time.sleep(0.01)
        self.tcp, self.http, self.backend = chosen["tcp"], chosen["http"], chosen.get("backend")

    def output(self):
        with open(os.path.join(self.folder, "output"), errors="replace") as file:
            return file.read()

    def log(self):
        with open(os.path.join(self.data, "logs", "plaza.log"), errors="replace") as file:
            return file.read()

    def signal(self, number):
        self.process.send_signal(number)

    def wait(self):
        return self.process.wait(DEADLINE_S)

    def stop(self):
        """Ends it in good order; gives the exit code."""
        self.signal(signal.SIGTERM)
        return self.wait()

    def restart(self, same_ports=False):
        """With the same ports clients come back by themselves."""
        self._tcp_port = self.tcp if same_ports else 0
        self.start()

    def says(self, text):
        """Waits until its output has the text."""
        wait_until(lambda: text in self.output(), f"'{text}' in the server's output")

    def close(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._output.close()
        if self._own_folder:
            shutil.rmtree(self.folder, ignore_errors=True)

    def get(self, path, headers=None):
        """(status, body, headers) of an HTTP GET."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.http}{path}", headers=headers or {})
        try:
            with urllib.request.urlopen(request, timeout=DEADLINE_S) as answer:
                return answer.status, answer.read().decode(), dict(answer.headers)
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode(), dict(error.headers)


def wait_until(condition, what):
    until = time.monotonic() + DEADLINE_S
    while not condition():
        if time.monotonic() > until:
            raise AssertionError(f"waited {DEADLINE_S} s for {what}")
        time.sleep(0.02)


class Closed(Exception):
    """The server closed the connection; with what it said last."""


class Client:
    """A socket, JSON objects on it, and nothing else."""

    def __init__(self, port, tls=None, window_bytes=None):
        self.socket = socket.socket()
        if window_bytes:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window_bytes)
        self.socket.settimeout(DEADLINE_S)
        self.socket.connect(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            self.socket = tls.wrap_socket(self.socket, server_hostname="localhost")
        self._bytes = b""
        self._rid = 0

    _last = None

    def send_bytes(self, data):
        self.socket.sendall(data)

    def send(self, **fields):
        self.send_bytes(json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode())

    def receive(self, seconds=DEADLINE_S):
        """The next object. Raises Closed at the end of the connection."""
        until = time.monotonic() + seconds
        while b"\n" not in self._bytes:
            self.socket.settimeout(max(0.001, until - time.monotonic()))
            try:
                more = self.socket.recv(65536)
            except (ConnectionResetError, BrokenPipeError, ssl.SSLError) as error:
                raise Closed(repr(error), self._last) from None
            if not more:
                raise Closed(self._last)
            self._bytes += more
        line, self._bytes = self._bytes.split(b"\n", 1)
        self._last = json.loads(line)
        return self._last

    def receive_until(self, msgid):
        while True:
            frame = self.receive()
            if frame["msgid"] == msgid:
                return frame

    def ask(self, **fields):
        """Sends with a rid and gives the object that carries it back."""
        self._rid += 1
        self.send(rid=self._rid, **fields)
        while True:
            frame = self.receive()
            if frame.get("rid") == self._rid:
                return frame

    def nothing_within(self, seconds=0.3):
        try:
            frame = self.receive(seconds)
        except TimeoutError:
            return
        raise AssertionError(f"came unasked: {frame}")

    def goodbye(self):
        """What the server says last; the connection is closed after it."""
        last = None
        try:
            while True:
                last = self.receive()
        except Closed:
            return last

    def close(self):
        self.socket.close()

    # The classic way: a bare name, no device.
    def register(self, name, password="secret"):
        self.send(msgid=3, name=name, password=password)
        return self.receive_until(4)

    def login(self, password="secret", **who):
        self.send(msgid=1, password=password, **who)
        return self.receive_until(2)

    # The full way.
    def enter(self, name, device="web", password="secret", ready=True):
        """Logs in by name, enters the first member and says ready; gives ENTER_ACK."""
        ack = self.ask(msgid=1, account=name, password=password, device=device)
        if ack["errno"] != 0:
            raise AssertionError(ack)
        self.account_token = ack["token"]
        entered = self.ask(msgid=16, id=ack["members"][0]["id"])
        if entered["errno"] != 0:
            raise AssertionError(entered)
        self.id = entered["id"]
        self.token = entered["token"]
        if ready:
            self.ask(msgid=18)
        return entered


class Test(unittest.TestCase):
    """A server per class, made with `settings`."""

    settings = ()
    arguments = ()

    @classmethod
    def setUpClass(cls):
        cls.server = Server(*cls.settings, arguments=cls.arguments)
        cls._names = 0

    @classmethod
    def tearDownClass(cls):
        try:
            code = cls.server.stop()
            if code != 0:
                raise AssertionError(f"the server ended with {code}:\n{cls.server.output()}")
        finally:
            cls.server.close()

    def run(self, result=None):
        before = len(result.errors) + len(result.failures)
        super().run(result)
        if len(result.errors) + len(result.failures) > before:
            print(f"--- the server's log at the end of {self.id()}:", *self.server.log().splitlines()[-30:],
                  sep="\n", file=sys.stderr)

    def connect(self):
        client = Client(self.server.tcp)
        self.addCleanup(client.close)
        return client

    def name(self):
        """One that nobody has yet."""
        type(self)._names += 1
        return f"user{self._names}"

    def registered(self):
        """(id, name) of a new account."""
        client = self.connect()
        name = self.name()
        ack = client.register(name)
        self.assertEqual(ack["errno"], 0, ack)
        client.close()
        return ack["id"], name

    def member(self, device="web"):
        """A full client of a new account, ready."""
        _, name = self.registered()
        client = self.connect()
        client.enter(name, device)
        client.name = name
        return client

    def classic(self, name=None):
        """A classic client of a new account, logged in."""
        if name is None:
            _, name = self.registered()
        client = self.connect()
        ack = client.login(name=name)
        self.assertEqual(ack["errno"], 0, ack)
        client.id, client.name, client.login_ack = ack["id"], name, ack
        return client


def main():
    unittest.main(verbosity=2)
