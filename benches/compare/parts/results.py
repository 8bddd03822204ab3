"""From measurements to RESULTS.md: each target with what was measured, and the medians it comes from."""

import os
import re
from statistics import median

from . import machine, people

CONNECTIONS = (32, 128)

NAMES = {
    "nginx-empty": "nginx, `return 200`, no log",
    "rocket-gate": "Rocket, empty 200 to the gate's request",
    "rocket-gate-many": "Rocket, the same with 10,000 cookies in turn",
    "gate": "**miandeng**, `/auth/nginx`, one session",
    "gate-many": "**miandeng**, `/auth/nginx`, 10,000 sessions in turn",
    "apache-shm": "Apache + mod_auth_openidc, session in shared memory",
    "apache-cookie": "Apache + mod_auth_openidc, session in the cookie",
    "django-db": "Django + allauth, session in SQLite",
    "django-cached_db": "Django + allauth, session cached",
    "rocket-page": "Rocket, empty 200 to the page's request",
    "page": "**miandeng**, sign-in page, signed and rendered",
    "express-1": "express + node-dingtalk, the same page, 1 process",
    "express-cores": "express + node-dingtalk, the same page, a process per core",
    "nginx-alone": "nginx, a 4 KB file",
    "nginx-gated": "nginx asking **miandeng** each time, the same file",
}


class Table:
    """Rows of (figure, target, measured, whether it is met)."""

    def __init__(self):
        self.rows = []

    def add(self, figure, target, measured, met):
        verdict = {True: "met", False: "**not met**", None: "—"}[met]
        self.rows.append(f"| {figure} | {target} | {measured} | {verdict} |")

    def __str__(self):
        return "\n".join(["| figure | target | measured | |", "| --- | --- | --- | --- |", *self.rows])


def number(value):
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def spread(values, unit=""):
    """The median, with the least and the most."""
    return f"{number(median(values))}{unit} ({number(min(values))}–{number(max(values))})"


def ratios(loads, connections, one, other, of):
    """Within each round, so that a machine that drifts changes both."""
    return [of(each[connections][one]) / of(each[connections][other]) for each in loads]


def per_second(load):
    return load.per_second


def p99(load):
    return load.p99_ms


def targets(measured):
    table, loads = Table(), measured["loads"]

    def compare(figure, one, other, of, target, met):
        each = [ratios(loads, connections, one, other, of) for connections in CONNECTIONS]
        said = ", ".join(f"{spread(values)} at {c}" for values, c in zip(each, CONNECTIONS))
        table.add(figure, target, said, all(met(median(values)) for values in each) if met else None)

    compare("gate, one session ÷ empty Rocket, requests a second", "gate", "rocket-gate", per_second, "≥ 0.75",
            lambda ratio: ratio >= 0.75)
    compare("gate, 10,000 sessions ÷ empty Rocket, requests a second", "gate-many", "rocket-gate-many", per_second,
            "≥ 0.75",
            lambda ratio: ratio >= 0.75)
    compare("gate ÷ empty Rocket, p99", "gate", "rocket-gate", p99, "≤ 2", lambda ratio: ratio <= 2)
    compare("gate ÷ mod_auth_openidc (shared memory)", "gate", "apache-shm", per_second, "≥ 4",
            lambda ratio: ratio >= 4)
    compare("gate ÷ mod_auth_openidc (cookie)", "gate", "apache-cookie", per_second, "≥ 4",
            lambda ratio: ratio >= 4)
    compare("gate ÷ Django + allauth (cached)", "gate", "django-cached_db", per_second, "", None)
    compare("sign-in page ÷ empty Rocket", "page", "rocket-page", per_second, "≥ 0.7", lambda ratio: ratio >= 0.7)
    compare("sign-in page ÷ express + node-dingtalk, 1 process", "page", "express-1", per_second, "≥ 5",
            lambda ratio: ratio >= 5)
    compare("sign-in page ÷ express + node-dingtalk, a process per core", "page", "express-cores", per_second, "≥ 5",
            lambda ratio: ratio >= 5)
    compare("nginx asking miandeng ÷ nginx alone", "nginx-gated", "nginx-alone", per_second, "", None)

    signed_in = measured["sign_ins"]
    table.add("whole sign-ins, durable, 64 at once", "≥ 800/s", spread(signed_in["sign_ins"], "/s"),
              median(signed_in["sign_ins"]) >= 800)
    table.add("the same, p99", "≤ 120 ms", spread(signed_in["p99_ms"], " ms"), median(signed_in["p99_ms"]) <= 120)
    share = [mine / most for mine, most in zip(signed_in["sign_ins"], signed_in["commits"])]
    table.add("sign-ins ÷ durable one-row transactions by sqlx alone", "", spread(share), None)

    sessions = measured["sessions"]
    cost = [few / many for few, many in zip(sessions["few"], sessions["many"])]
    table.add("cost of a gate check, 1,000,000 sessions ÷ 1,000", "≤ 1.15", spread(cost), median(cost) <= 1.15)

    starts = measured["starts"]
    against = spread([mine / theirs for mine, theirs in zip(starts["miandeng"], starts["rocket"])])
    table.add("start to first 200, with those tables", "≤ 150 ms",
              f"{spread(starts['miandeng'], ' ms')}; ÷ empty Rocket {against}", median(starts["miandeng"]) <= 150)

    memory = measured["memory"]
    table.add("resident memory at rest", "≤ 30 MB",
              f"{memory['idle_mb']:.1f} MB; ÷ empty Rocket {memory['idle_mb'] / memory['rocket_mb']:.1f}",
              memory["idle_mb"] <= 30)
    table.add("resident memory after 1,000,000 different sessions", "≤ 150 MB",
              f"{memory['seen_mb']:.1f} MB, at most {memory['most_mb']:.1f}, "
              f"five seconds later {memory['later_mb']:.1f}; "
              f"÷ empty Rocket {memory['seen_mb'] / memory['rocket_mb']:.1f}",
              max(memory["seen_mb"], memory["most_mb"]) <= 150)
    binary, rocket = measured["binary_mb"], measured["rocket_binary_mb"]
    table.add("binary, stripped", "≤ 20 MB", f"{binary:.1f} MB; ÷ empty Rocket {binary / rocket:.1f}", binary <= 20)

    imports = measured["imports"]
    against = spread([mine / theirs for mine, theirs in zip(imports["import_s"], imports["sqlite_s"])])
    table.add("users import of 100,000 rows", "≤ 3 s",
              f"{spread(imports['import_s'], ' s')}; ÷ SQLite alone {against}", median(imports["import_s"]) <= 3)

    slowest = max(people.percentile(values, 0.99) for values in measured["list_pages"].values())
    table.add("a page of /admin/people with 100,000 people, p99 of the slowest", "≤ 100 ms", f"{number(slowest)} ms",
              slowest <= 100)

    revoked = measured["revocations"]
    asked, late = sum(revoked["asked"].values()), sum(revoked["late"].values())
    ways = ", ".join(f"{count:,} by {way}" for way, count in revoked["asked"].items())
    table.add("revocation to first refusal, under load", "0 late of 1,000", f"{late} late of {asked:,} ({ways})",
              late == 0 if asked >= 1000 else None)

    slow = measured["slow_clients"]
    grown = [mine.p99_ms / theirs.p99_ms for mine, theirs in zip(slow["with"], slow["without"])]
    table.add(f"gate's p99 with {measured['slow']:,} silent and slow connections ÷ without", "",
              f"{spread(grown)}; of them {min(slow['open']):,} still open, {max(slow['memory_mb']):.0f} MB", None)
    return str(table)


def loads_table(loads, connections):
    lines = [f"| {connections} connections | requests a second | p50 ms | p99 ms | broken |",
             "| --- | --- | --- | --- | --- |"]
    for key, name in NAMES.items():
        rows = [each[connections][key] for each in loads]
        lines.append(f"| {name} | {spread([row.per_second for row in rows])} | {spread([row.p50_ms for row in rows])} "
                     f"| {spread([row.p99_ms for row in rows])} | {sum(row.broken for row in rows):,} |")
    return "\n".join(lines)


def others_table(measured):
    signed_in, sessions, starts = measured["sign_ins"], measured["sessions"], measured["starts"]
    imports, slow, memory = measured["imports"], measured["slow_clients"], measured["memory"]
    rows = [
        ("durable one-row transactions by sqlx, a second", spread(signed_in["commits"])),
        ("sign-ins, p50", spread(signed_in["p50_ms"], " ms")),
        ("gate, 1,000 sessions in use, of 1,000, 32 connections", spread(sessions["few"], "/s")),
        ("gate, 1,000 sessions in use, of 1,000,000, 32 connections", spread(sessions["many"], "/s")),
        ("gate, every session for the first time, 64 connections", number(memory["first_look_ups_per_second"]) + "/s"),
        ("start of the empty Rocket", spread(starts["rocket"], " ms")),
        ("resident memory of the empty Rocket", f"{memory['rocket_mb']:.1f} MB"),
        ("the same 100,000 rows inserted by SQLite alone (Python's)", spread(imports["sqlite_s"], " s")),
        ("from a revocation's start to the refusal, a process or a connection included",
         spread(measured["revocations"]["took_ms"], " ms")),
        ("gate's p99, 32 connections, alone", spread([load.p99_ms for load in slow["without"]], " ms")),
        ("gate's p99 beside the silent and slow ones", spread([load.p99_ms for load in slow["with"]], " ms")),
        ("gate's requests a second, alone", spread([load.per_second for load in slow["without"]])),
        ("the same beside the silent and slow ones", spread([load.per_second for load in slow["with"]])),
    ]
    return "\n".join(["| | |", "| --- | --- |", *(f"| {name} | {value} |" for name, value in rows)])


def seconds():
    """What benches/seconds/run has measured, which has a page of its own."""
    with open(os.path.join(machine.ROOT, "benches", "SECONDS.md")) as file:
        return re.sub(r"^#", "##", file.read(), flags=re.MULTILINE)


def page(measured, command, date, machine, versions, rounds, seconds, quick):
    tables = "\n\n".join(loads_table(measured["loads"], connections) for connections in CONNECTIONS)
    listed = "\n".join(f"| {name} | {version} |" for name, version in versions)
    warning = "\n**A smoke run: too short for figures. It shows that everything works.**\n" if quick else ""
    return f"""\
# What miandeng costs

Written on {date} by `{command}`; every figure is from that one run.
{warning}
{machine}. Rounds: {rounds}, each load {seconds:g} s.
A number is the median of the rounds, with the least and the most in brackets. A ratio is taken within each round; its
median is what is held against the target.

{targets(measured)}

"Met" asks for both numbers of connections where there are two. MB are millions of bytes.

## Loads

wrk with two threads, on the same cores as whoever is measured, one contender after the other, round by round. Broken are
connections that the server closed or left without an answer for ten seconds.

{tables}

## The rest

{others_table(measured)}

## The list of people

{people.table(measured["list_pages"])}

{seconds()}
## How it was measured

- The gate is asked as `deploy/nginx` makes nginx ask, headers and all; the empty Rocket, nginx, Apache and Django get
  the same request but for their own cookie. The page is asked for as a phone does.
- miandeng is the release build with its production log, a line for each request, written to a file; 100,000 people and
  1,000,000 sessions are in its tables. Rocket's own log is off in miandeng and in the empty Rocket, which logs nothing.
- nginx as the limit logs nothing; nginx alone and nginx asking miandeng log as Debian's default does, as does Apache.
- In their favour, nginx and Apache may keep a connection for any number of requests, Apache all its threads, and Django
  its database connection; express cuts miandeng's own page in pieces once and needs no template language. Django's
  tables hold one person.
- Sign-ins: open the page, keep state and cookie, send the code, get the session; every one a commit with
  `synchronous=FULL`. The simulated DingTalk, the generator and the server share the cores; the codes were asked for
  beforehand, as the phone does it in life.
- The list of people: 100,000 rows from a file, in 2,000 departments; each page is asked for in turn over one connection.
- Revocation: each session was let in first, then ended by `miandeng sessions revoke` or on the page, and asked for once
  more when that had answered, while wrk kept the gate busy at 32 connections.
- Silent and slow: half of the connections never say anything, half send a header's byte every five seconds.

| what | version |
| --- | --- |
{listed}
"""
