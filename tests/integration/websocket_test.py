"""WebSocket by an independent client (python3-websockets), and what the listener says to web pages it does not know."""

import asyncio
import json
import socket

import websockets

import plaza

ORIGIN = "http://chat.example.org"


class Chat:
    """A full client over the other side's WebSocket library."""

    def __init__(self, socket):
        self.socket = socket
        self.rid = 0

    async def ask(self, **fields):
        self.rid += 1
        await self.socket.send(json.dumps(dict(fields, rid=self.rid)))
        while True:
            frame = await self.next()
            if frame.get("rid") == self.rid:
                return frame

    async def next(self):
        return json.loads(await asyncio.wait_for(self.socket.recv(), plaza.DEADLINE_S))

    async def enter(self, name):
        ack = await self.ask(msgid=1, account=name, password="secret", device="web")
        entered = await self.ask(msgid=16, id=ack["members"][0]["id"])
        await self.ask(msgid=18)
        self.id = entered["id"]
        return entered


class WebSocket(plaza.Test):
    settings = (f"http.origins={ORIGIN}", "member.message_rate_per_s=0")

    def url(self):
        return f"ws://127.0.0.1:{self.server.http}/ws"

    def run_chat(self, story, **options):
        async def run():
            async with websockets.connect(self.url(), max_size=None, **options) as socket:
                await story(Chat(socket))

        asyncio.run(run())

    def test_logs_in_talks_and_syncs(self):
        _, name = self.registered()
        tcp = self.member()

        async def story(chat):
            await chat.enter(name)
            ack = await chat.ask(msgid=5, toid=tcp.id, msg="from the web ✓", send_id=1)
            self.assertEqual(ack["errno"], 0)
            got = tcp.receive_until(5)
            self.assertEqual(got["msg"], "from the web ✓")
            tcp.ask(msgid=5, toid=chat.id, msg="back", send_id=1)
            self.assertEqual((await chat.next())["msg"], "back")
            page = await chat.ask(msgid=22, since=0)
            self.assertEqual([m["msg"] for m in page["messages"]], ["from the web ✓", "back"])

        self.run_chat(story)

    def test_takes_fragments_with_control_frames_between_them(self):
        _, name = self.registered()

        async def story(chat):
            await chat.enter(name)
            text = json.dumps({"msgid": 5, "toid": chat.id, "msg": "ä" * 3000, "send_id": 1, "rid": 77}, ensure_ascii=False)

            async def pieces():
                # Cut anywhere in the text; the library makes one frame of each.
                for at in range(0, len(text), 700):
                    if at == 1400:
                        await chat.socket.ping()
                    yield text[at:at + 700]

            await chat.socket.send(pieces())
            ack = await chat.next()
            self.assertEqual((ack["rid"], ack["errno"]), (77, 0))

        self.run_chat(story)

    def test_answers_pings(self):
        async def story(chat):
            pong = await chat.socket.ping(b"are you there")
            await asyncio.wait_for(pong, plaza.DEADLINE_S)

        self.run_chat(story)

    def test_large_messages_both_ways(self):
        _, name = self.registered()

        async def story(chat):
            await chat.enter(name)
            body = "x" * 32768
            for send_id in range(1, 9):
                ack = await chat.ask(msgid=5, toid=chat.id, msg=body, send_id=send_id)
                self.assertEqual(ack["errno"], 0)
            seen, at = 0, 0
            while True:
                page = await chat.ask(msgid=22, since=at)
                seen += len(page["messages"])
                at = page["messages"][-1]["seq"]
                if not page["more"]:
                    break
            self.assertEqual(seen, 8)

        self.run_chat(story)

    def test_a_frame_over_the_limit_ends_the_connection_with_1009(self):
        _, name = self.registered()

        async def story(chat):
            await chat.enter(name)
            await chat.socket.send(json.dumps({"msgid": 29, "x": "y" * 70000}))
            errnos = []
            try:
                while True:
                    errnos.append((await chat.next()).get("errno"))
            except websockets.ConnectionClosed as closed:
                self.assertEqual(closed.code, 1009)
            self.assertIn(10, errnos)

        self.run_chat(story)

    def test_binary_frames_end_the_connection_with_1003_and_what_is_no_json_with_1007(self):
        for sent, code in ((b"\x00\x01", 1003), ("{not json}", 1007)):
            async def story(chat, sent=sent, code=code):
                await chat.socket.send(sent)
                with self.assertRaises(websockets.ConnectionClosed) as closed:
                    while True:
                        await chat.next()
                self.assertEqual(closed.exception.code, code)

            self.run_chat(story)

    def test_frames_against_the_rfc_end_the_connection_with_the_code_for_it(self):
        def frame(first, payload, masked=True):
            mask = b"\x01\x02\x03\x04"
            if not masked:
                return bytes([first, len(payload)]) + payload
            return bytes([first, 0x80 | len(payload)]) + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(payload))

        for sent, code in ((frame(0x81, b"{}", masked=False), 1002), (frame(0xC1, b"{}"), 1002), (frame(0x81, b'{"x":"\xff"}'), 1007),
                           (frame(0x82, b"{}"), 1003), (frame(0x83, b"{}"), 1002), (frame(0x81, b"{]"), 1007)):
            with socket.create_connection(("127.0.0.1", self.server.http), plaza.DEADLINE_S) as raw:
                raw.sendall(b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n")
                answer = raw.recv(4096)
                self.assertTrue(answer.startswith(b"HTTP/1.1 101 "), answer)
                self.assertIn(b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", answer)
                raw.sendall(sent)
                rest = b""
                while True:
                    more = raw.recv(4096)
                    if not more:
                        break
                    rest += more
            # ERROR and GOODBYE as text frames, then the close frame.
            close = rest[rest.rindex(b"\x88"):]
            self.assertEqual(int.from_bytes(close[2:4], "big"), code, (sent, rest))

    def test_closing_is_answered(self):
        async def story(chat):
            await chat.socket.close(1000, "bye")
            self.assertEqual(chat.socket.close_code, 1000)

        self.run_chat(story)

    def test_an_origin_on_the_list_is_served(self):
        async def story(chat):
            self.assertEqual((await chat.ask(msgid=29))["msgid"], 30)

        self.run_chat(story, origin=ORIGIN)

    def test_no_origin_and_the_same_host_are_served(self):
        async def story(chat):
            self.assertEqual((await chat.ask(msgid=29))["msgid"], 30)

        self.run_chat(story)

    def test_other_origins_are_refused_with_403(self):
        for origin in ("http://evil.example.org", "null", ORIGIN + ":81", "https://chat.example.org"):
            async def attempt(origin=origin):
                async with websockets.connect(self.url(), origin=origin):
                    pass

            with self.assertRaises(websockets.InvalidStatusCode) as refused:
                asyncio.run(attempt())
            self.assertEqual(refused.exception.status_code, 403, origin)


if __name__ == "__main__":
    plaza.main()
