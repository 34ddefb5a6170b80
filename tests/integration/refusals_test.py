"""Every refusal that a transcript of docs/protocol.md shows, said to a real server: the answer is the one on the page."""

import json
import pathlib

import plaza

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "protocol.md"


def refusals():
    """(request line, the answers on the page) of each request whose first answer there has an errno."""
    found, request, answers = [], None, []

    def end():
        if request and answers and answers[0].get("errno"):
            found.append((request, list(answers)))

    for line in PAGE.read_text().splitlines():
        if line.startswith("S {"):
            answers.append(json.loads(line[2:]))
            continue
        end()
        request, answers = (line[2:] if line.startswith("C {") else None), []
    end()
    return found


class Refusals(plaza.Test):
    """On the page ann is member 7, bob is 8, and 999 nobody; ann's device has sent up to send_id 6, and `hi` to bob as 5."""

    def setUp(self):
        self.bob = self.member()
        self.ann = self.member()
        for send_id in range(1, 7):
            self.assertEqual(self.ann.ask(msgid=5, toid=self.bob.id, send_id=send_id, msg="hi")["errno"], 0)

    def as_here(self, request):
        """The line with the ids of this server's members."""
        for name, on_the_page, here in (("id", 7, self.ann.id), ("toid", 8, self.bob.id), ("friendid", 8, self.bob.id)):
            request = request.replace(f'"{name}":{on_the_page},', f'"{name}":{here},')
            request = request.replace(f'"{name}":{on_the_page}}}', f'"{name}":{here}}}')
        return request

    def who_asks(self, request):
        if not request.startswith('{"msgid":16,'):
            return self.ann
        again = self.connect()
        self.assertEqual(again.ask(msgid=1, account=self.ann.name, password="secret", device="web")["errno"], 0)
        return again

    def test_are_what_the_page_says(self):
        # Who is muted or banned, and which words are not wanted, an operator says: those answers are tested in chat/ and edge/.
        all_of_them = [one for one in refusals() if one[1][0]["errno"] not in (40, 41, 42)]
        self.assertGreaterEqual(len(all_of_them), 12, "the page shows refusals")
        # What breaks the framing ends the connection: last.
        all_of_them.sort(key=lambda one: any(answer["msgid"] == 54 for answer in one[1]))
        for request, answers in all_of_them:
            client = self.who_asks(request)
            client.send_bytes(self.as_here(request).encode())
            for answer in answers:
                with self.subTest(request=request):
                    got = client.receive()
                    self.assertEqual(list(got.items()), list(answer.items()))


if __name__ == "__main__":
    plaza.main()
