"""wrk, and plain requests."""

import http.client
import json
import os
import subprocess
from dataclasses import dataclass, field

from .processes import Failed, clean_environment

SCRIPT = os.path.join(os.path.dirname(__file__), "..", "load", "requests.lua")
THREADS = 2

BROWSER = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 16_4 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Mobile/15E148 AliApp(DingTalk/7.8.1) com.laiwang.DingTalk/46766536 language/zh-Hans-CN"
)
ABOUT_THE_BROWSER = {
    "Accept": "text/html,application/xhtml+xml,*/*;q=0.8",
    "Accept-Language": "zh-CN,zh;q=0.9",
    "User-Agent": BROWSER,
}
# What deploy/nginx/miandeng/gate.conf makes nginx send.
GATE_QUESTION = {
    "Host": "miandeng",
    "X-Original-URL": "https://app.example.com/reports/2026?page=2",
    "X-Original-Method": "GET",
    "X-Forwarded-For": "203.0.113.7",
    **ABOUT_THE_BROWSER,
    "Sec-Fetch-Mode": "navigate",
}
PAGE_REQUEST = {"Host": "app.example.com", "X-Forwarded-For": "203.0.113.7", **ABOUT_THE_BROWSER}


@dataclass
class Row:
    """One kind of request to one contender."""

    key: str
    port: int
    path: str
    headers: dict
    # Many sessions instead of the one in `headers`: (file, how many, the cookie's name).
    sessions: tuple = None
    body_holds: str = ""
    without_cookie: tuple = field(default=())


@dataclass
class Load:
    per_second: float
    p50_ms: float
    p99_ms: float
    max_ms: float
    # Connections that the server closed in between; wrk opens others.
    broken: int
    # Answers of 400 and more.
    refused: int = 0


def fetch(port, path, headers, method="GET", body=None):
    """One request on a connection of its own: status, headers, body."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    try:
        connection.request(method, path, body, headers)
        answer = connection.getresponse()
        return answer.status, answer.headers, answer.read().decode(errors="replace")
    finally:
        connection.close()


def check(row):
    """A contender that answers something else than it should is no contender."""
    status, _, body = fetch(row.port, row.path, row.headers)
    if status != 200 or row.body_holds not in body:
        raise Failed(f"{row.key}: {row.path} was answered {status}: {body[:500]}")
    if row.without_cookie:
        bare = {name: value for name, value in row.headers.items() if name != "Cookie"}
        status, _, _ = fetch(row.port, row.path, bare)
        if status not in row.without_cookie:
            raise Failed(f"{row.key}: without its session, {row.path} was answered {status}")


def start_wrk(row, connections, seconds):
    command = ["wrk", f"-t{THREADS}", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s", "-s", SCRIPT]
    for name, value in row.headers.items():
        command += ["-H", f"{name}: {value}"]
    env = {**clean_environment(), "THREADS": str(THREADS)}
    env.pop("COOKIES", None)
    if row.sessions:
        cookies, count, name = row.sessions
        env |= {"COOKIES": cookies, "COUNT": str(count), "COOKIE_NAME": name}
    return subprocess.Popen(
        [*command, f"http://127.0.0.1:{row.port}{row.path}"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, env=env, start_new_session=True,
    )


def finish_wrk(wrk, key, may_refuse=False):
    try:
        said, _ = wrk.communicate(timeout=180)
    except BaseException:
        wrk.kill()
        raise
    lines = [line for line in said.splitlines() if line.startswith('{"requests"')]
    if wrk.returncode != 0 or not lines:
        raise Failed(f"{key}: wrk failed:\n{said}")
    report = json.loads(lines[-1])
    # Refusals are another thing than the one measured.
    if (report["refused"] and not may_refuse) or not report["requests"]:
        raise Failed(f"{key}: {report}")
    return Load(report["requests"] / report["seconds"], report["p50_ms"], report["p99_ms"], report["max_ms"],
                report["broken"] + report["timeouts"], report["refused"])


def load(row, connections, seconds):
    return finish_wrk(start_wrk(row, connections, seconds), row.key)


def ask(row, times):
    """The same request so many times, one after another on one connection."""
    connection = http.client.HTTPConnection("127.0.0.1", row.port, timeout=60)
    try:
        for _ in range(times):
            connection.request("GET", row.path, headers=row.headers)
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                raise Failed(f"{row.key}: {row.path} was answered {answer.status}")
    finally:
        connection.close()
