"""The figures that are no plain load: sign-ins, start, memory, import, revocation, slow clients."""

import http.client
import json
import os
import sqlite3
import subprocess
import sys
import time

from .contenders import HERE, OUR_COOKIE
from .deployment import COOKIE, CORP, EMPLOYEES, FEW_SESSIONS, PEOPLE, SESSIONS, token
from .load import GATE_QUESTION, Row, check, fetch, load, start_wrk
from .processes import Failed, Server, clean_environment, free_port, output_of

IMPORTED = 100_000


def gate_row(deployment, server, cookies, key="gate"):
    return Row(key, server.port, "/auth/nginx", {**GATE_QUESTION, "Cookie": OUR_COOKIE},
               sessions=(cookies, FEW_SESSIONS, COOKIE))


def few_and_many_sessions(deployment, rounds, seconds):
    """The same 1,000 sessions' worth of requests before 1,000 rows and before 1,000,000, in turn."""
    results = {"few": [], "many": []}
    for _ in range(rounds):
        for database, cookies in (("few", deployment.few_cookies), ("many", deployment.cookies)):
            with deployment.server(database) as server:
                row = gate_row(deployment, server, cookies, database)
                load(row, 32, 1)
                results[database].append(load(row, 32, seconds).per_second)
    return results


def sign_ins(deployment, tools, rounds, how_many, seconds):
    """Whole sign-ins, 64 at once, each durable; and in the same round what disk and sqlx do at most."""
    results = {"sign_ins": [], "p50_ms": [], "p99_ms": [], "commits": []}
    for _ in range(rounds):
        results["commits"].append(float(output_of(tools["commits"], deployment.path("commits.db"), seconds)))
        report = one_round_of_sign_ins(deployment, tools["signins"], how_many)
        results["sign_ins"].append(report["per_second"])
        results["p50_ms"].append(report["p50_ms"])
        results["p99_ms"].append(report["p99_ms"])
    return results


def one_round_of_sign_ins(deployment, signins, how_many):
    deployment.copy("many", "signins")
    with deployment.server("signins") as server:
        # The token and the ticket are there before the first visitor, as on any but the first day.
        run = (signins, server.address, deployment.dingtalk.address)
        output_of(*run, 64, 64, EMPLOYEES)
        return json.loads(output_of(*run, how_many, 64, EMPLOYEES))


def starts(deployment, tools, times):
    """From the start of the program to its first 200, in milliseconds; the empty Rocket for comparison."""
    results = {"miandeng": [], "rocket": []}
    for _ in range(times):
        port = free_port()
        results["rocket"].append(first_answer([tools["empty"], str(port)], port, "/", {}, deployment.folder))
        port = free_port()
        environment = deployment.environment("many", port)
        results["miandeng"].append(first_answer([deployment.binary], port, "/healthz", environment, deployment.folder))
    return results


def first_answer(command, port, path, environment, folder):
    began = time.monotonic()
    with open(os.devnull, "wb") as nowhere:
        process = subprocess.Popen(command, cwd=folder, env={**clean_environment(), **environment},
                                   stdin=subprocess.DEVNULL, stdout=nowhere, stderr=nowhere)
    try:
        while time.monotonic() - began < 30:
            try:
                if fetch(port, path, {})[0] == 200:
                    return (time.monotonic() - began) * 1000
            except OSError:
                time.sleep(0.001)
        raise Failed(f"{command[0]} did not answer in time")
    finally:
        process.terminate()
        process.wait()


def memory(deployment, tools):
    """Resident memory at rest, and after everybody came by once."""
    port = free_port()
    with Server("empty-rocket", [tools["empty"], str(port)], port, deployment.folder) as server:
        fetch(port, "/", {})
        rocket = server.memory_mb()
    deployment.copy("many", "seen")
    with deployment.server("seen") as server:
        fetch(server.port, "/healthz", {})
        time.sleep(1)
        idle = server.memory_mb()
        walked = json.loads(output_of(tools["walk"], server.address, deployment.cookies, 64))
        if walked["sessions"] != SESSIONS:
            raise Failed(f"not everybody came by: {walked}")
        seen, most = server.memory_mb(), server.memory_mb("VmHWM")
        # The last uses are written a little later than they happen.
        time.sleep(5)
        later = server.memory_mb()
    return {"rocket_mb": rocket, "idle_mb": idle, "seen_mb": seen, "most_mb": most, "later_mb": later,
            "first_look_ups_per_second": walked["per_second"]}


def imports(deployment, times):
    """`users import` of a file of 100,000 people into an empty table, and the same rows by SQLite alone."""
    path = deployment.path("people.csv")
    header = ("corp_id", "userid", "unionid", "name", "mobile", "email", "department", "title")
    people = [
        (CORP, f"p{i:06}", f"union-p{i:06}", f"员工{i}", f"139{i:08}", f"p{i:06}@example.com", "研发部/后端组", "工程师")
        for i in range(IMPORTED)
    ]
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(",".join(cells) + "\n" for cells in (header, *people))
    results = {"import_s": [], "sqlite_s": []}
    for _ in range(times):
        for name in ("imported", "inserted"):
            deployment.copy("nothing", name)
            deployment.command("users", "list", "--json", database=name)
        began = time.monotonic()
        deployment.command("users", "import", path, database="imported")
        results["import_s"].append(time.monotonic() - began)

        db = sqlite3.connect(deployment.database("inserted"))
        began = time.monotonic()
        with db:
            db.executemany(
                "INSERT INTO users (corp_id, userid, unionid, name, mobile, email, department, title, source,"
                " created_at, updated_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'import', 1, 1)", people)
        results["sqlite_s"].append(time.monotonic() - began)
        db.close()
    return results


def revocations(deployment, how_many, connections):
    """Sessions that the gate has just let in are ended while it is under load; each is asked for once more as soon as
    the command has returned or the page has answered. Late is whoever is let in then."""
    deployment.copy("many", "revoked")
    late, asked, took_ms = {"command": 0, "log out": 0, "sign out elsewhere": 0}, dict.fromkeys(
        ("command", "log out", "sign out elsewhere"), 0), []
    with deployment.server("revoked") as server:
        row = Row("gate under revocations", server.port, "/auth/nginx", {**GATE_QUESTION, "Cookie": OUR_COOKIE},
                  sessions=(deployment.few_cookies, FEW_SESSIONS, COOKIE))
        # The first thousand sessions are the load's; those that end are other people's.
        wrk = start_wrk(row, connections, 3600)
        try:
            for n in range(how_many):
                way = ("command", "log out", "command", "sign out elsewhere")[n % 4]
                person = FEW_SESSIONS + n
                # Each person has ten sessions; the second is the one that stays.
                ended, stays = token(person), token(person + PEOPLE)
                if at_gate(server.port, ended) != 200 or at_gate(server.port, stays) != 200:
                    raise Failed("a live session was refused")
                began = time.monotonic()
                if way == "command":
                    deployment.command("sessions", "revoke", str(person + 1), database="revoked")
                else:
                    cookie, path = (ended, "/logout") if way == "log out" else (stays, "/home/sign-out-elsewhere")
                    post(server.port, path, cookie)
                asked[way] += 1
                late[way] += at_gate(server.port, ended) != 401
                took_ms.append((time.monotonic() - began) * 1000)
                if at_gate(server.port, stays) != 200:
                    raise Failed("a session ended that nobody ended")
            if wrk.poll() is not None:
                raise Failed("the load ended too early:\n" + wrk.stdout.read())
        finally:
            wrk.kill()
            wrk.wait()
    return {"asked": asked, "late": late, "took_ms": took_ms}


def at_gate(port, cookie):
    return fetch(port, "/auth/nginx", {**GATE_QUESTION, "Cookie": f"{COOKIE}={cookie}"})[0]


def post(port, path, cookie):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=20)
    headers = {"Cookie": f"{COOKIE}={cookie}", "Origin": "https://app.example.com", "Sec-Fetch-Site": "same-origin"}
    connection.request("POST", path, "", headers)
    answer = connection.getresponse()
    answer.read()
    connection.close()
    if answer.status != 303:
        raise Failed(f"POST {path} was answered {answer.status}")


def slow_clients(deployment, rounds, seconds, how_many):
    """The gate alone, and while connections that say nothing and headers that never end are open."""
    results = {"without": [], "with": [], "open": [], "memory_mb": []}
    for _ in range(rounds):
        with deployment.server() as server:
            row = Row("gate", server.port, "/auth/nginx", {**GATE_QUESTION, "Cookie": OUR_COOKIE})
            check(row)
            load(row, 32, 1)
            results["without"].append(load(row, 32, seconds))
            with SlowClients(server.port, how_many) as clients:
                results["with"].append(load(row, 32, seconds))
                results["open"].append(clients.still_open())
                results["memory_mb"].append(server.memory_mb())
    return results


def binary_mb(path):
    return os.path.getsize(path) / 1_000_000


class SlowClients:
    """In a process of their own, so that wrk's figures are not made of our own waiting."""

    def __init__(self, port, how_many):
        self.process = subprocess.Popen(
            [sys.executable, os.path.join(HERE, "load", "slow_clients.py"), str(port), str(how_many)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self.process.stdout.readline().strip() != "all are connected":
            self.process.kill()
            raise Failed(f"{how_many} slow clients could not connect")

    def still_open(self):
        self.process.stdin.write("how many\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
