"""Visits to an app that knows nobody yet, by browsers that are signed in at its provider: the app's page, the provider, back
with a code, and the page again. Each browser keeps the provider's cookies and forgets the app's."""

import socket
import statistics
import time
import urllib.parse
from concurrent.futures import ThreadPoolExecutor

from .load import ABOUT_THE_BROWSER
from .processes import Failed

HEADERS = "".join(f"{name}: {value}\r\n" for name, value in ABOUT_THE_BROWSER.items())
# From the page to the page; at the first visit the provider may have a few more.
MOST_REQUESTS = 8


class Closed(Exception):
    """A connection is gone, and what was asked last has no answer."""


class Connection:
    """Kept alive, and little work for us: what we do takes time from those who are measured."""

    def __init__(self, host):
        name, port = host.split(":")
        self.host, self.socket = host, socket.create_connection((name, int(port)), timeout=20)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def get(self, path, cookies):
        """Status, headers as pairs, body."""
        cookie = "; ".join(f"{name}={value}" for name, value in cookies.items())
        cookie = f"Cookie: {cookie}\r\n" if cookie else ""
        request = f"GET {path} HTTP/1.1\r\nHost: {self.host}\r\n{HEADERS}{cookie}\r\n"
        try:
            self.socket.sendall(request.encode())
            got = self.socket.recv(65536)
        except (BrokenPipeError, ConnectionResetError):
            got = b""
        if not got:
            raise Closed
        while b"\r\n\r\n" not in got:
            got = self._more(got)
        head, _, body = got.partition(b"\r\n\r\n")
        status, *lines = head.decode().split("\r\n")
        headers = [(name.lower(), value.strip()) for name, _, value in (line.partition(":") for line in lines)]
        length = int(dict(headers)["content-length"])
        while len(body) < length:
            body = self._more(body)
        return int(status.split(" ")[1]), headers, body.decode()

    def close(self):
        self.socket.close()

    def _more(self, got):
        more = self.socket.recv(65536)
        if not more:
            raise Failed(f"{self.host} ended in the middle of {got!r}")
        return got + more


class Browser:
    """Somebody who visits `page` of an app and should read `says`. `cookie` is a Cookie header for the provider."""

    def __init__(self, page, says, cookie=None):
        self.page, self.says = page, says
        self.app = urllib.parse.urlsplit(page).netloc
        # To a browser both have one host, 127.0.0.1; in production each has its own, and its own cookies.
        self.connections, self.provider_cookies = {}, dict([cookie.split("=", 1)] if cookie else [])

    def visit(self):
        cookies, address = {}, self.page
        for asked in range(MOST_REQUESTS):
            there = urllib.parse.urlsplit(address)
            status, headers, body = self._get(there, cookies if there.netloc == self.app else self.provider_cookies)
            location = next((value for name, value in headers if name == "location"), None)
            if location is None:
                break
            address = urllib.parse.urljoin(address, location)
        # Whoever gets the page at once is known already.
        if (status, address) != (200, self.page) or self.says not in body or asked == 0:
            raise Failed(f"{self.page}: the visit ended at {address} with {status}: {body[:500]}")

    def plain_pages(self):
        """As many requests as a visit has, of the same server, of a page for anyone."""
        there = urllib.parse.urlsplit(self.page)
        for _ in range(4):
            status, _, body = self._get(there, {})
            if status != 200 or self.says not in body:
                raise Failed(f"{self.page} was answered {status}: {body[:500]}")

    def _get(self, there, cookies):
        path = f"{there.path}?{there.query}" if there.query else there.path
        try:
            status, headers, body = self._connection(there.netloc).get(path, cookies)
        except Closed:
            # Apache gives up kept connections when its threads are busy; browsers ask again on another.
            self.connections.pop(there.netloc).close()
            status, headers, body = self._connection(there.netloc).get(path, cookies)
        for name, value in headers:
            if name == "set-cookie":
                name, _, value = value.partition(";")[0].partition("=")
                cookies[name] = value
                if not value:
                    del cookies[name]
        return status, headers, body

    def _connection(self, host):
        if host not in self.connections:
            self.connections[host] = Connection(host)
        return self.connections[host]

    def close(self):
        for connection in self.connections.values():
            connection.close()


def load(browsers, what, seconds):
    """Each browser does it once, and then again and again for so long: how many a second, and how long one took."""
    with ThreadPoolExecutor(len(browsers)) as pool:
        try:
            list(pool.map(what, browsers))
            began = time.monotonic()
            rounds = pool.map(lambda browser: again_and_again(browser, what, began + seconds), browsers)
            took = [ms for each in rounds for ms in each]
            lasted = time.monotonic() - began
        finally:
            for browser in browsers:
                browser.close()
    cut = statistics.quantiles(took, n=100, method="inclusive")
    return {"per_second": len(took) / lasted, "p50_ms": cut[49], "p99_ms": cut[98]}


def again_and_again(browser, what, end):
    took = []
    while (began := time.monotonic()) < end:
        what(browser)
        took.append((time.monotonic() - began) * 1000)
    return took
