"""Providers of OpenID Connect: tokens, userinfo, and the whole way of somebody who is signed in already."""

import json
import os
import statistics

from .deployment import COOKIE
from .machine import HERE
from .processes import Server, free_port, output_of

CALLBACK = "https://app.example.com/callback"
KINDS = ("flows", "refreshes", "userinfo")
# Each connection is a browser of its own.
AT_ONCE = 32

CLIENT = f"""
[[default.miandeng.clients]]
name = "bench"
client_id = "bench"
client_secret = "bench-secret"
redirect_uris = ["{CALLBACK}"]
"""


class Miandeng:
    name = "miandeng"
    paths = ("/oauth2/authorize", "/oauth2/token", "/oauth2/userinfo")

    def __init__(self, deployment):
        self.deployment, deployment.more = deployment, CLIENT
        self.cookies = deployment.path("cookie-headers.txt")
        with open(deployment.few_cookies) as tokens, open(self.cookies, "w") as headers:
            headers.writelines(f"{COOKIE}={token}" for token in tokens)

    def start(self):
        return self.deployment.server("few")


class OidcProvider:
    name, cookies = "oidc-provider", None
    paths = ("/auth", "/token", "/me")

    def __init__(self, deployment):
        self.folder = deployment.folder

    def start(self):
        port, here = free_port(), os.path.join(HERE, "contenders", "oidc-provider")
        command = ["node", "server.mjs", str(port), CALLBACK]
        return Server(self.name, command, port, self.folder, env={"NODE_ENV": "production"}, cwd=here)


def measure(deployment, code_flows, rounds, seconds, tell):
    """For each kind and contender, what each round found. They take turns in each round, and who begins changes."""
    contenders = [Miandeng(deployment), OidcProvider(deployment)]
    found = {kind: {contender.name: [] for contender in contenders} for kind in KINDS}
    for n in range(rounds):
        for contender in contenders[n % 2:] + contenders[:n % 2]:
            with contender.start() as server:
                for kind in KINDS:
                    tell(f"round {n + 1} of {rounds}: {contender.name}, {kind}")
                    last = [contender.cookies] if contender.cookies else []
                    load = lambda how_long: json.loads(output_of(  # noqa: E731
                        code_flows, kind, server.address, how_long, AT_ONCE, *contender.paths, CALLBACK, *last))
                    load(1)
                    found[kind][contender.name].append(load(seconds))
                    server.empty_log()
    return found


def table(found):
    lines = [f"| {AT_ONCE} at once | miandeng | oidc-provider | miandeng ÷ oidc-provider |", "| --- | --- | --- | --- |"]
    for kind, unit, key in (
            ("flows", "whole flows per second", "per_second"), ("flows", "whole flow, p50, ms", "p50_ms"),
            ("flows", "whole flow, p99, ms", "p99_ms"), ("refreshes", "refreshes per second", "per_second"),
            ("refreshes", "refresh, p99, ms", "p99_ms"), ("userinfo", "userinfo per second", "per_second"),
            ("userinfo", "userinfo, p99, ms", "p99_ms")):
        ours, theirs = ([round_[key] for round_ in found[kind][name]] for name in ("miandeng", "oidc-provider"))
        ratio = statistics.median(a / b for a, b in zip(ours, theirs))
        lines.append(f"| {unit} | {statistics.median(ours):,.1f} | {statistics.median(theirs):,.1f} | {ratio:.2f} |")
    return "\n".join(lines)
