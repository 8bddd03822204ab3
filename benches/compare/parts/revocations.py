"""Somebody logs out on one of several servers. As soon as that is answered, the gate of each server is asked, of all at once,
whether it still lets the session in."""

import contextlib
import http.client
import os
import signal
import time
from dataclasses import dataclass, field

from .contenders import OUR_COOKIE
from .deployment import COOKIE, FEW_SESSIONS, token
from .load import GATE_QUESTION, Row, finish_wrk, start_wrk
from .processes import Failed

# Of each server's load.
CONNECTIONS = 10
# Servers that show the newest change. One that was paused for longer than its lease comes back here with its next one.
WITH_A_LEASE = "SELECT count(*) FROM servers WHERE seen = (SELECT COALESCE(MAX(id), 0) FROM session_changes)"


@dataclass
class Ended:
    """What became of revocations."""

    took_ms: list = field(default_factory=list)
    # Sessions that some gate let in afterwards.
    late: int = 0
    # Gates that could not say: neither "yes" nor "no".
    unsure: int = 0
    # Sign-outs that were answered by an error, which promises nothing.
    failed: int = 0

    def add(self, logged_out, statuses):
        took_ms, status = logged_out
        if status != 303:
            self.failed += 1
            return
        self.took_ms.append(took_ms)
        self.late += 200 in statuses
        self.unsure += sum(status not in (200, 401) for status in statuses)

    def __iadd__(self, other):
        self.took_ms += other.took_ms
        self.late += other.late
        self.unsure += other.unsure
        self.failed += other.failed
        return self


class Browser:
    """One session, and a connection to each server."""

    def __init__(self, servers, session):
        self.cookie = f"{COOKIE}={token(session)}"
        self.connections = {server.port: http.client.HTTPConnection("127.0.0.1", server.port, timeout=20) for server in servers}
        statuses = self.at_gates(servers)
        if set(statuses) != {200}:
            raise Failed(f"the gates answered {statuses} to a live session")

    def at_gates(self, servers):
        """Every question is sent before an answer is read."""
        for server in servers:
            self.ask_gate(server)
        return [self.answer(server) for server in servers]

    def ask_gate(self, server):
        self.connections[server.port].request("GET", "/auth/nginx", headers={**GATE_QUESTION, "Cookie": self.cookie})

    def answer(self, server):
        answer = self.connections[server.port].getresponse()
        answer.read()
        return answer.status

    def log_out(self, server):
        """How many milliseconds that took, and the answer's status."""
        headers = {"Cookie": self.cookie, "Origin": "https://app.example.com", "Sec-Fetch-Site": "same-origin"}
        began = time.perf_counter()
        self.connections[server.port].request("POST", "/logout", "", headers)
        status = self.answer(server)
        return (time.perf_counter() - began) * 1000, status

    def close(self):
        for connection in self.connections.values():
            connection.close()


def revoke(servers, sessions):
    """Each session on the next server."""
    ended = Ended()
    for session in sessions:
        with contextlib.closing(Browser(servers, session)) as browser:
            logged_out = browser.log_out(servers[session % len(servers)])
            ended.add(logged_out, browser.at_gates(servers))
    return ended


def revoke_under_load(deployment, servers, sessions):
    """The same while every gate is busy with other sessions, and each gate's Load."""
    rows = [Row(f"gate {n + 1} of {len(servers)} under revocations", server.port, "/auth/nginx",
                {**GATE_QUESTION, "Cookie": OUR_COOKIE}, sessions=(deployment.few_cookies, FEW_SESSIONS, COOKIE))
            for n, server in enumerate(servers)]
    loads = [start_wrk(row, CONNECTIONS, 3600) for row in rows]
    try:
        time.sleep(1)
        ended = revoke(servers, sessions)
        for wrk in loads:
            # It reports at once.
            wrk.send_signal(signal.SIGINT)
        return ended, [finish_wrk(wrk, row.key, may_refuse=True) for wrk, row in zip(loads, rows)]
    finally:
        for wrk in loads:
            wrk.kill()
            wrk.wait()


def revoke_while_one_is_paused(deployment, servers, sessions):
    """In each pause of a server, a session ends on the next one, and then another one. What the paused server was asked
    meanwhile, it answers when it goes on: it may not let the session in then either."""
    first, second, sessions = Ended(), Ended(), iter(sessions)
    for n, (one, other) in enumerate(zip(sessions, sessions)):
        paused, *running = servers[n % len(servers):] + servers[:n % len(servers)]
        with contextlib.closing(Browser(servers, one)) as a, contextlib.closing(Browser(servers, other)) as b:
            wait_for_leases(deployment, len(servers))
            os.kill(paused.process.pid, signal.SIGSTOP)
            try:
                found = []
                for browser in (a, b):
                    found.append((browser.log_out(running[0]), browser.at_gates(running)))
                    browser.ask_gate(paused)
            finally:
                os.kill(paused.process.pid, signal.SIGCONT)
            for ended, browser, (logged_out, statuses) in zip((first, second), (a, b), found):
                ended.add(logged_out, [*statuses, browser.answer(paused)])
    return first, second


def wait_for_leases(deployment, servers):
    give_up = time.monotonic() + 10
    while deployment.execute(WITH_A_LEASE, "revoked") != str(servers):
        if time.monotonic() > give_up:
            raise Failed("a server has no lease")
        time.sleep(0.05)
