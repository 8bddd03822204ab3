"""Providers of OpenID Connect: tokens, userinfo, and the whole way of somebody who is signed in already, also through Apache
with mod_auth_openidc."""

import json
import os
import statistics

from . import apache, visits
from .deployment import COOKIE
from .machine import HERE
from .processes import Server, free_port, output_of

CALLBACK = "https://app.example.com/callback"
KINDS = ("flows", "refreshes", "userinfo")
# Each connection is a browser of its own.
AT_ONCE = 32

CLIENTS = f"""
[[default.miandeng.clients]]
name = "bench"
client_id = "bench"
client_secret = "bench-secret"
redirect_uris = ["{CALLBACK}"]

[[default.miandeng.clients]]
name = "apache"
client_id = "apache"
client_secret = "apache-secret"
redirect_uris = ["{{callback}}"]
"""

ROWS = (
    ("flows", "whole flows per second", "per_second"),
    ("flows", "whole flow, p50, ms", "p50_ms"),
    ("flows", "whole flow, p99, ms", "p99_ms"),
    ("refreshes", "refreshes per second", "per_second"),
    ("refreshes", "refresh, p99, ms", "p99_ms"),
    ("userinfo", "userinfo per second", "per_second"),
    ("userinfo", "userinfo, p99, ms", "p99_ms"),
    ("visits", "visits to Apache with mod_auth_openidc per second", "per_second"),
    ("visits", "visit to Apache with mod_auth_openidc, p50, ms", "p50_ms"),
    ("visits", "visit to Apache with mod_auth_openidc, p99, ms", "p99_ms"),
)


class Miandeng:
    name = "miandeng"
    paths = ("/oauth2/authorize", "/oauth2/token", "/oauth2/userinfo")

    def __init__(self, deployment, app):
        self.deployment = deployment
        deployment.more = CLIENTS.format(callback=app.callback)
        self.cookies = deployment.path("cookie-headers.txt")
        # On plain http.
        name = COOKIE.removeprefix("__Host-")
        with open(deployment.few_cookies) as tokens, open(self.cookies, "w") as headers:
            headers.writelines(f"{name}={token}" for token in tokens)

    def start(self):
        port = free_port()
        self.deployment.public_url = f"http://127.0.0.1:{port}"
        return self.deployment.server("few", port)

    def browser_cookies(self):
        with open(self.cookies) as headers:
            return [next(headers).strip() for _ in range(AT_ONCE)]


class OidcProvider:
    name, cookies = "oidc-provider", None
    paths = ("/auth", "/token", "/me")

    def __init__(self, deployment, app):
        self.folder, self.app = deployment.folder, app

    def start(self):
        port, here = free_port(), os.path.join(HERE, "contenders", "oidc-provider")
        command = ["node", "server.mjs", str(port), CALLBACK, self.app.callback]
        return Server(self.name, command, port, self.folder, env={"NODE_ENV": "production"}, cwd=here)

    def browser_cookies(self):
        return [None] * AT_ONCE


def measure(deployment, code_flows, rounds, seconds, tell):
    """For each kind and contender, what each round found. They take turns in each round, and who begins changes."""
    app = apache.App(deployment.folder)
    contenders = [Miandeng(deployment, app), OidcProvider(deployment, app)]
    kinds = KINDS if apache.missing() else (*KINDS, "visits", "plain")
    found = {kind: {contender.name: [] for contender in contenders} for kind in kinds}
    for n in range(rounds):
        for contender in contenders[n % 2:] + contenders[:n % 2]:
            said = lambda kind: tell(f"round {n + 1} of {rounds}: {contender.name}, {kind}")  # noqa: E731
            with contender.start() as server:
                measured = asked(contender, server, code_flows, seconds, said)
                if "visits" in kinds:
                    measured |= visited(contender, server, app, seconds, said)
            for kind, figures in measured.items():
                found[kind][contender.name].append(figures)
    return found


def asked(contender, server, code_flows, seconds, tell):
    """What apps ask of the provider, without an app."""
    last = [contender.cookies] if contender.cookies else []
    measured = {}
    for kind in KINDS:
        tell(kind)
        load = lambda how_long: json.loads(output_of(  # noqa: E731
            code_flows, kind, server.address, how_long, AT_ONCE, *contender.paths, CALLBACK, *last))
        load(1)
        measured[kind] = load(seconds)
        server.empty_log()
    return measured


def visited(contender, server, app, seconds, tell):
    """The whole way with Apache as the app, and what Apache and the browsers take of it: as many of its pages for anyone."""
    measured = {}
    with app.start(f"http://{server.address}") as running:
        for kind, page, what in (("visits", app.page, visits.Browser.visit),
                                 ("plain", app.free_page, visits.Browser.plain_pages)):
            tell(kind)
            load = lambda how_long: visits.load(  # noqa: E731
                [visits.Browser(page, app.says, cookie) for cookie in contender.browser_cookies()], what, how_long)
            load(1)
            measured[kind] = load(seconds)
            server.empty_log()
            app.empty_logs(running)
    return measured


def table(found):
    lines = [f"| {AT_ONCE} at once | miandeng | oidc-provider | miandeng ÷ oidc-provider |", "| --- | --- | --- | --- |"]
    for kind, unit, key in ROWS:
        if kind in found:
            ours, theirs = ([round_[key] for round_ in found[kind][name]] for name in ("miandeng", "oidc-provider"))
            ratio = statistics.median(a / b for a, b in zip(ours, theirs))
            lines.append(f"| {unit} | {statistics.median(ours):,.1f} | {statistics.median(theirs):,.1f} | {ratio:.2f} |")
    return "\n".join([*lines, "", about_apache(found)])


def about_apache(found):
    if "visits" not in found:
        return f"Without the visits to Apache with mod_auth_openidc: {apache.missing()} is not installed."
    plain = [round_ for rounds in found["plain"].values() for round_ in rounds]
    per_second, p50 = (statistics.median(round_[key] for round_ in plain) for key in ("per_second", "p50_ms"))
    return (f"Of a visit, Apache and the browsers alone take {p50:.1f} ms (p50; {per_second:,.0f} per second): four pages for"
            " anyone.")
