"""A real browser: a page from another address, whose Origin is on the list, logs in, talks and posts what it saw."""

import http.server
import json
import os
import shutil
import subprocess
import tempfile
import threading

import plaza

PAGE = """<!doctype html><meta charset=utf-8><title>plaza</title><script>
const config = CONFIG;
const lines = [];
// The first word counts: a refused socket reports an error and then its close, and two posts may arrive in either order.
let finished = false;
function finish(verdict) {
  if (finished) return;
  finished = true;
  fetch('/verdict', {method: 'POST', body: JSON.stringify(Object.assign({lines: lines}, verdict))});
}
window.onerror = (text) => finish({error: String(text)});
try {
  const socket = new WebSocket(config.url);
  let rid = 0, me = 0;
  const waiting = {};
  const ask = (fields) => new Promise((resolve) => {
    waiting[++rid] = resolve;
    socket.send(JSON.stringify(Object.assign(fields, {rid: rid})));
  });
  socket.onerror = () => finish({error: 'refused'});
  socket.onclose = (event) => finish({error: 'closed', code: event.code});
  socket.onmessage = (event) => {
    const frame = JSON.parse(event.data);
    lines.push(frame.msgid);
    if (frame.rid in waiting) { const done = waiting[frame.rid]; delete waiting[frame.rid]; done(frame); return; }
    if (frame.msgid === 5 && frame.msg === 'hello browser ' + config.text) {
      ask({msgid: 22, since: 0}).then((page) => {
        socket.onclose = null;
        socket.close(1000);
        finish({seen: page.messages.map((m) => m.msg), protocol: 'ok'});
      });
    }
  };
  socket.onopen = async () => {
    const ack = await ask({msgid: 1, account: config.name, password: 'secret', device: 'browser'});
    const entered = await ask({msgid: 16, id: ack.members[0].id});
    await ask({msgid: 18});
    const sent = await ask({msgid: 5, toid: config.peer, msg: 'from the browser ' + config.text, send_id: 1});
    if (sent.errno !== 0) finish({error: 'send', answer: sent});
  };
} catch (error) { finish({error: String(error)}); }
</script>"""


def browser():
    for name in ("chromium", "chromium-browser", "google-chrome"):
        path = shutil.which(name)
        if path:
            return path
    raise AssertionError("no browser: install the package chromium")


class Page:
    """An http server with one page, which waits for the page's verdict."""

    def __init__(self):
        page = self
        self.html = b""
        self.verdicts = []
        self.arrived = threading.Event()

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                found = self.path == "/"
                self.send_response(200 if found else 404)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.end_headers()
                if found:
                    self.wfile.write(page.html)

            def do_POST(self):
                page.verdicts.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                self.send_response(204)
                self.end_headers()
                page.arrived.set()

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def verdict_of(self, config):
        """Shows the page to a browser; gives what it posts."""
        self.html = PAGE.replace("CONFIG", json.dumps(config)).encode()
        self.arrived.clear()
        profile = tempfile.mkdtemp(prefix="plaza-browser-")
        process = subprocess.Popen(
            [browser(), "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage",
             f"--user-data-dir={profile}", f"http://127.0.0.1:{self.port}/"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True)
        try:
            if not self.arrived.wait(120):
                raise AssertionError("the page posts no verdict")
            return self.verdicts.pop()
        finally:
            os.killpg(process.pid, 9)
            process.wait()
            shutil.rmtree(profile, ignore_errors=True)


class Browser(plaza.Test):
    page = Page()
    settings = (f"http.origins=http://127.0.0.1:{page.port}",)

    def test_a_page_whose_origin_is_on_the_list_logs_in_and_talks(self):
        peer = self.member()
        _, name = self.registered()
        text = "✓ 你好 \U0001f600"
        result = {}

        def show():
            try:
                result.update(self.page.verdict_of({"url": f"ws://127.0.0.1:{self.server.http}/ws", "name": name,
                                                    "peer": peer.id, "text": text}))
            except AssertionError as error:
                result["error"] = str(error)

        shown = threading.Thread(target=show)
        shown.start()
        peer.socket.settimeout(120)
        got = peer.receive(120)
        self.assertEqual(got["msg"], "from the browser " + text)
        ack = peer.ask(msgid=5, toid=got["id"], msg="hello browser " + text, send_id=1)
        self.assertEqual(ack["errno"], 0)
        shown.join()
        self.assertEqual(result.get("seen"), ["from the browser " + text, "hello browser " + text], result)


class BrowserFromElsewhere(plaza.Test):
    settings = ("http.origins=http://chat.example.org",)

    def test_a_page_whose_origin_is_not_on_the_list_is_refused(self):
        _, name = self.registered()
        verdict = Page().verdict_of({"url": f"ws://127.0.0.1:{self.server.http}/ws", "name": name, "peer": 1, "text": ""})
        self.assertEqual(verdict["error"], "refused", verdict)
        self.assertEqual(verdict["lines"], [])


if __name__ == "__main__":
    plaza.main()
