"""A backup is put back while clients are already further: who is past the copy learns it, and everybody ends with what the server has."""

import os
import shutil
import subprocess
import tempfile
import unittest

import plaza


class Reader:
    """What docs/protocol.md tells a client that keeps its messages: position, epoch, and what it does with a page."""

    def __init__(self):
        self.epoch, self.position = 0, 0
        self.shown = {}
        self.restarts = 0

    def read(self, client, **conversation):
        place = "cseq" if conversation else "seq"
        while True:
            page = client.ask(msgid=22, epoch=self.epoch, since=self.position, limit=3, **conversation)
            assert page["errno"] == 0, page
            if page["too_old"]:
                first = page["messages"][0][place] if page["messages"] else page["head"] + 1
                if page["epoch"] != self.epoch or page["head"] < self.position:
                    self.restarts += 1
                    self.shown = {}
                self.position = first - 1
            self.epoch = page["epoch"]
            for message in page["messages"]:
                assert message[place] == self.position + 1, page
                self.position += 1
                self.shown[self.position] = message["msg"]
            if not page["more"]:
                return page


class Restore(unittest.TestCase):
    def setUp(self):
        self.devices = 0
        self.folder = tempfile.mkdtemp(prefix="plaza-test-")
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.server = plaza.Server(folder=self.folder)
        self.addCleanup(self.server.close)
        for name in ("ann", "bob"):
            client = plaza.Client(self.server.tcp)
            self.assertEqual(client.register(name)["errno"], 0)
            client.close()

    def enter(self, name):
        """On a device of its own."""
        self.devices += 1
        client = plaza.Client(self.server.tcp)
        self.addCleanup(client.close)
        client.entered = client.enter(name, f"d{self.devices}")
        return client

    def say(self, *texts):
        """As ann, to bob: each is acknowledged."""
        ann, bob = self.enter("ann"), self.enter("bob")
        send_id = ann.entered["last_send_id"]
        for text in texts:
            send_id += 1
            ack = ann.ask(msgid=5, toid=bob.id, send_id=send_id, msg=text)
            self.assertEqual((ack["msgid"], ack["errno"], ack["dup"]), (20, 0, False), ack)
        ann.close()
        bob.close()

    def stop(self):
        self.assertEqual(self.server.stop(), 0, self.server.output())

    def copy(self):
        self.stop()
        shutil.copytree(self.server.data, os.path.join(self.folder, "copy"))
        self.server.restart()

    def put_back(self):
        self.stop()
        shutil.rmtree(self.server.data)
        shutil.copytree(os.path.join(self.folder, "copy"), self.server.data)

    def new_epoch(self, data=None):
        return subprocess.run([plaza.BINARY, "new-epoch", "--data-dir", data or self.server.data], cwd=self.folder,
                              capture_output=True, text=True, timeout=plaza.DEADLINE_S)

    def test_who_is_past_the_copy_reads_anew_and_nothing_from_before_it_is_missing(self):
        kept = [f"kept {i}" for i in range(1, 6)]
        self.say(*kept)
        self.copy()
        self.say("lost 6", "lost 7")
        inbox, conversation, behind = Reader(), Reader(), Reader()
        bob = self.enter("bob")
        ann_id = self.enter("ann").id
        inbox.read(bob)
        conversation.read(bob, friendid=ann_id)
        self.assertEqual(list(inbox.shown.values()), kept + ["lost 6", "lost 7"])
        behind.epoch, behind.position, behind.shown = inbox.epoch, 2, {1: "kept 1", 2: "kept 2"}
        old_epoch, inbox.restarts = inbox.epoch, 0
        conversation.restarts = 0

        self.put_back()
        done = self.new_epoch()
        self.assertEqual(done.returncode, 0, done)
        self.server.restart()
        # As many as were lost, and one more: by positions alone nobody could tell them apart.
        self.say("new 6", "new 7", "new 8")
        bob = self.enter("bob")
        self.assertNotEqual(bob.entered["epoch"], old_epoch)
        self.assertEqual(bob.ask(msgid=24, friendid=ann_id, limit=1)["epoch"], bob.entered["epoch"])
        for reader, more in ((inbox, {}), (conversation, {"friendid": ann_id}), (behind, {})):
            page = reader.read(bob, **more)
            self.assertEqual(page["head"], 8)
            self.assertEqual(list(reader.shown.values()), kept + ["new 6", "new 7", "new 8"])
            self.assertEqual(reader.restarts, 1)
        # In the new epoch everything is as always.
        self.say("new 9")
        inbox.read(self.enter("bob"))
        self.assertEqual((inbox.shown[9], inbox.restarts), ("new 9", 1))

    def test_without_a_new_epoch_who_is_past_the_head_is_told_all_the_same(self):
        self.say("kept 1", "kept 2")
        self.copy()
        self.say("lost 3")
        inbox = Reader()
        inbox.read(self.enter("bob"))
        inbox.restarts = 0
        self.put_back()
        self.server.restart()
        bob = self.enter("bob")
        self.assertLess(bob.entered["head"], inbox.position)
        page = bob.ask(msgid=22, epoch=inbox.epoch, since=inbox.position)
        self.assertEqual((page["too_old"], page["epoch"], page["head"]), (True, inbox.epoch, 2), page)
        inbox.read(bob)
        self.say("new 3")
        inbox.read(bob)
        self.assertEqual(list(inbox.shown.values()), ["kept 1", "kept 2", "new 3"])
        self.assertEqual(inbox.restarts, 1)

    def test_it_is_refused_while_a_server_runs_there_and_where_there_is_nothing(self):
        epoch = self.enter("ann").entered["epoch"]
        done = self.new_epoch()
        self.assertEqual(done.returncode, 1, done)
        self.assertIn(f"in use by process {self.server.process.pid}", done.stderr)
        self.assertEqual(self.enter("ann").entered["epoch"], epoch)
        nowhere = os.path.join(self.folder, "nowhere")
        done = self.new_epoch(nowhere)
        self.assertEqual(done.returncode, 1, done)
        self.assertIn(nowhere, done.stderr)
        self.assertFalse(os.path.exists(nowhere))

    def test_the_same_copy_put_back_twice_is_in_two_epochs(self):
        self.copy()
        epochs = []
        for _ in range(2):
            self.put_back()
            self.assertEqual(self.new_epoch().returncode, 0)
            self.server.restart()
            epochs.append(self.enter("ann").entered["epoch"])
            # The epoch is the second in which it began.
            begun = plaza.time.time()
            plaza.wait_until(lambda: int(plaza.time.time()) > begun + 1, "another second")
        self.assertNotEqual(*epochs)


if __name__ == "__main__":
    plaza.main()
