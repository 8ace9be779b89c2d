"""memo-serve's page and its documentation work in a browser.

usage: serve_page_test.py URL | BIN_DIR SOURCE_DIR

URL is the address of a running memo-serve whose first model embeds texts, with memos and without a key. With folders, one
of this build is started.
Exit code 0: everything holds; 1: one line for each finding; 77: there is no Chromium, so nothing was tested.
"""
import base64
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request

CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SKIPPED = 77
TIMEOUT_S = 60
WIDTHS = (360, 768, 1600)
# Results and maps are kept, of every text.
POLICY = """format = "memo-policy"
version = 1
length = 32
selection = "fixed"
kinds = ["output", "map"]
[default]
mode = "lookup"
max_distance = 0.1
"""


class WebSocket:
    """What a debugger of a browser on this machine needs of RFC 6455."""

    def __init__(self, port, path):
        self.socket = socket.create_connection(("127.0.0.1", port), TIMEOUT_S)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
        self.stream = self.socket.makefile("rb")
        status = self.stream.readline()
        assert b" 101 " in status, status
        while self.stream.readline() not in (b"\r\n", b""):
            pass

    def send(self, text):
        data = text.encode()
        mask = os.urandom(4)
        if len(data) < 126:
            length = struct.pack("!B", 0x80 | len(data))
        elif len(data) < 1 << 16:
            length = struct.pack("!BH", 0x80 | 126, len(data))
        else:
            length = struct.pack("!BQ", 0x80 | 127, len(data))
        masked = bytes(byte ^ mask[i % 4] for i, byte in enumerate(data))
        self.socket.sendall(b"\x81" + length + mask + masked)

    def receive(self):
        text = b""
        while True:
            head, length = self.take("!BB")
            if length == 126:
                (length,) = self.take("!H")
            elif length == 127:
                (length,) = self.take("!Q")
            data = self.stream.read(length)
            if head & 0x0F == 8:
                raise ConnectionError("the browser closed the connection")
            if head & 0x0F in (0, 1, 2):  # pings need no answer within this time
                text += data
                if head & 0x80:
                    return text.decode()

    def take(self, form):
        data = self.stream.read(struct.calcsize(form))
        if not data:
            raise ConnectionError("the browser ended")
        return struct.unpack(form, data)


class Browser:
    """A headless Chromium with one page. problems: what its console said that is wrong."""

    def __init__(self, program, folder):
        self.process = subprocess.Popen(
            [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
             "--disable-extensions", "--disable-background-networking", "--hide-scrollbars",
             f"--user-data-dir={folder}", "--remote-debugging-port=0", "about:blank"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.problems, self.calls = [], 0
        try:
            port = self.wait_for_port(os.path.join(folder, "DevToolsActivePort"))
            self.socket = WebSocket(port, self.page_path(port))
        except BaseException:
            self.close()
            raise
        for domain in ("Page", "Runtime", "Log"):
            self.call(domain + ".enable")

    def wait_for_port(self, file):
        end = time.monotonic() + TIMEOUT_S
        while time.monotonic() < end and self.process.poll() is None:
            if os.path.exists(file):
                with open(file, encoding="ascii") as lines:
                    first = lines.readline()
                if first.endswith("\n"):
                    return int(first)
            time.sleep(0.05)
        raise TimeoutError("Chromium did not start")

    @staticmethod
    def page_path(port):
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/json/list", timeout=TIMEOUT_S) as answer:
            pages = [page for page in json.load(answer) if page["type"] == "page"]
        return pages[0]["webSocketDebuggerUrl"].split(str(port), 1)[1]

    def close(self):
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def call(self, method, **parameters):
        self.calls += 1
        self.socket.send(json.dumps({"id": self.calls, "method": method, "params": parameters}))
        while True:
            message = json.loads(self.socket.receive())
            if message.get("id") == self.calls:
                assert "error" not in message, f"{method}: {message['error']}"
                return message["result"]
            self.note(message.get("method"), message.get("params", {}))

    def note(self, event, parameters):
        if event == "Runtime.exceptionThrown":
            details = parameters["exceptionDetails"]
            self.problems.append(details.get("exception", {}).get("description", details["text"]))
        elif event == "Log.entryAdded" and parameters["entry"]["level"] in ("error", "warning"):
            self.problems.append(parameters["entry"]["text"] + " " + parameters["entry"].get("url", ""))
        elif event == "Runtime.consoleAPICalled" and parameters["type"] in ("error", "warning", "assert"):
            self.problems.append(str([argument.get("value") or argument.get("description") for argument in parameters["args"]]))

    def value(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in result, f"{expression}: {result['exceptionDetails']}"
        return result["result"].get("value")

    def wait(self, expression):
        """-> whether the expression became true in time"""
        end = time.monotonic() + TIMEOUT_S
        while time.monotonic() < end:
            if self.value(f"Boolean({expression})"):
                return True
            time.sleep(0.1)
        return False

    def open(self, url):
        self.call("Page.navigate", url=url)
        self.wait(f"location.href.startsWith({json.dumps(url)}) && document.readyState === 'complete'")

    def look(self, width, scheme="light", height=1000):
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])


def submit(browser, form, text):
    """Types a text, not as a person does, but with the events a person makes."""
    browser.value(f"""(() => {{
        const form = document.getElementById({json.dumps(form)});
        form.querySelector("textarea").value = {json.dumps(text)};
        form.requestSubmit();
    }})()""")


def badge(answer, words):
    return f"document.querySelector('#{answer} .badge')?.textContent.startsWith({json.dumps(words)})"


def layout_findings(browser, name):
    for width in WIDTHS:
        for scheme in ("light", "dark"):
            browser.look(width, scheme)
            wide = browser.value("document.documentElement.scrollWidth")
            if wide > width:
                yield f"{name}: {wide} pixels wide in a window of {width}, {scheme}"
    light, dark = (background(browser, scheme) for scheme in ("light", "dark"))
    if light == dark:
        yield f"{name}: light and dark have the same background {light}"


def background(browser, scheme):
    browser.look(1000, scheme)
    return browser.value("getComputedStyle(document.body).backgroundColor")


def page_findings(browser, url):
    browser.look(1000)
    browser.open(url)
    if not browser.wait("document.querySelector('[data-task=embedding]')?.hidden === false"):
        yield f"page: the form of an embedding model does not appear: {browser.value('document.body.innerText')[:300]!r}"
        return
    text = f"A text that nobody tried before: <b>{time.time_ns()}</b>"
    submit(browser, "embed-form", text)
    if not browser.wait(badge("embed-answer", "Computed")):
        yield "page: the first try of a text does not say that it was computed"
    if browser.value("document.querySelectorAll('#embed-answer .first li').length") != 8:
        yield "page: the vector's first numbers do not appear"
    time.sleep(1)  # until the result is stored
    submit(browser, "embed-form", text)
    if not browser.wait(badge("embed-answer", "Read from memos")):
        yield "page: the second try of a text does not say that it came from memos"
    yield from comparison_findings(browser)
    yield from near_findings(browser, text)
    yield from error_findings(browser)
    if not browser.wait("document.querySelectorAll('#charts .curve[d*=L]').length >= 3"):
        yield "page: the charts get no points"
    if not browser.wait("/[1-9]/.test(document.getElementById('hits').textContent)"):
        yield "page: the texts read from memos are not counted"
    yield from layout_findings(browser, "page")


# The texts of a comparison are shown as they are, whatever they look like.
def comparison_findings(browser):
    browser.value("document.getElementById('compare-texts').value = 'The same\\n<img src=x> is no picture'")
    browser.value("document.getElementById('compare-form').requestSubmit()")
    if not browser.wait("document.querySelectorAll('#compare-answer .bars li').length === 2"):
        yield "page: two texts do not get two similarities"
    elif "<img src=x>" not in browser.value("document.getElementById('compare-answer').textContent"):
        yield "page: a text with tags is not shown as it is"


# The maps of a text that was computed are stored, so its nearest memo is its own.
def near_findings(browser, text):
    if browser.value("document.getElementById('near-panel').hidden"):
        if browser.value("info.map_layers.length > 0"):
            yield "page: layers look maps up, but there is no form for near maps"
        return
    submit(browser, "near-form", text)
    if not browser.wait(badge("near-answer", "Near enough")):
        yield "page: a known text's own map is not shown as near"
    if not browser.wait("[...document.querySelectorAll('#near-answer img')].every(one => one.complete && one.naturalWidth > 1)"):
        yield "page: a near map's picture is not shown"
    rows = browser.value("document.querySelectorAll('#near-answer .heads').length")
    if rows < 2:
        yield f"page: {rows} rows of maps, must be the text's own and a near one"


# The server refuses an empty text. Chromium's console has a line for it as for every such answer; that one is no problem.
def error_findings(browser):
    before = len(browser.problems)
    submit(browser, "embed-form", "")
    if not browser.wait("document.querySelector('#embed-form .error').textContent.includes('empty')"):
        yield "page: the server's error is not shown"
    browser.value("0")
    browser.problems[before:] = [problem for problem in browser.problems[before:] if "status of 4" not in problem]


def docs_findings(browser, url):
    browser.look(1000)
    browser.open(url + "docs")
    with urllib.request.urlopen(url + "openapi.json", timeout=TIMEOUT_S) as answer:
        paths = json.load(answer)["paths"]
    routes = sum(method in ("get", "post") for path in paths.values() for method in path)
    shown = f"document.querySelectorAll('article.route').length === {routes}"
    if not browser.wait(shown):
        yield f"docs: {browser.value('document.querySelectorAll(`article.route`).length')} of {routes} routes are shown"
    yield from layout_findings(browser, "docs")


def main(url):
    program = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if program is None:
        print("skipped: there is no Chromium, of the names " + ", ".join(CHROMIUM))
        return SKIPPED
    url = url.rstrip("/") + "/"
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        browser = Browser(program, folder)
        try:
            findings = [*page_findings(browser, url), *docs_findings(browser, url)]
            findings += ["console: " + problem for problem in browser.problems]
        finally:
            browser.close()
    for finding in findings:
        print(finding)
    print(f"{len(findings)} findings")
    return 1 if findings else 0


def main_with_server(binaries, source):
    os.environ["MEMO_HOSTILE_BIN"], os.environ["MEMO_HOSTILE_SOURCE"] = binaries, source
    sys.path.insert(0, f"{source}/tests/hostile")
    from server import Program
    with tempfile.TemporaryDirectory() as folder:
        with open(f"{folder}/policy.toml", "w", encoding="utf-8") as policy:
            policy.write(POLICY)
        arguments = ["--model", f"{source}/tests/data/tiny-bert", "--memo", f"file:{folder}/pool", "--pool-size", "64MiB",
                     "--policy", f"{folder}/policy.toml", "--listen", "127.0.0.1:0"]
        server = Program("memo-serve", arguments, r"listening on (\S+)")
        try:
            return main(server.ready[1])
        finally:
            server.end()


if __name__ == "__main__":
    sys.exit(main_with_server(*sys.argv[1:]) if len(sys.argv) == 3 else main(*sys.argv[1:]))
