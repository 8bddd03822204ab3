"""miandeng as it is in production: release build, a Rocket.toml of its own, 100,000 people, 1,000,000 sessions."""

import hashlib
import json
import os
import random
import shutil
import sqlite3
import time

from .processes import Server, clean_environment, free_port, output_of

CORP = "dingsamplecorp00000001"
COOKIE = "__Host-miandeng"
PEOPLE = 100_000
SESSIONS = 1_000_000
FEW_SESSIONS = 1_000
# Those who sign in; the simulated DingTalk looks them up one by one.
EMPLOYEES = 100

USER_COLUMNS = ("corp_id", "userid", "unionid", "name", "mobile", "email", "department", "title", "source", "created_at",
                "updated_at")
SESSION_COLUMNS = ("token_hash", "user_id", "app", "created_at", "last_seen_at", "address", "user_agent")

SETTINGS = """\
[default]
address = "127.0.0.1"

[default.databases.miandeng]
url = "{database}"

[default.miandeng]
public_url = "{public_url}"

[default.miandeng.dingtalk]
oapi_url = "{dingtalk}"
api_url = "{dingtalk}"
login_url = "{dingtalk}"
jsapi_url = "{dingtalk}/dingding/dingtalk-jsapi/3.1.0/dingtalk.open.js"

[[default.miandeng.apps]]
name = "oa"
corp_id = "dingsamplecorp00000001"
agent_id = "100000001"
client_id = "dingsampleclientid01"
client_secret = "sample-client-secret"
"""


class Deployment:
    """The program, its simulated DingTalk, and the database files that it is started on."""

    def __init__(self, binary, folder):
        self.binary, self.folder = binary, folder
        self.public_url = "https://app.example.com"
        # Sections of the settings beside those above.
        self.more = ""
        self.cookies = self.path("cookies.txt")
        self.few_cookies = self.path("few-cookies.txt")

    def path(self, name):
        return os.path.join(self.folder, name)

    def start_dingtalk(self):
        company = json.loads(output_of(self.binary, "simulator", "--print-company"))
        company["corps"][0]["employees"] += [
            {"userid": userid(i), "unionid": f"union-{userid(i)}", "name": f"员工{i}"} for i in range(EMPLOYEES)
        ]
        with open(self.path("company.json"), "w") as file:
            json.dump(company, file, ensure_ascii=False)
        port = free_port()
        command = [self.binary, "simulator", "--port", str(port), "--company", self.path("company.json")]
        self.dingtalk = Server("simulator", command, port, self.folder)
        self.dingtalk_url = f"http://{self.dingtalk.address}"

    def seed(self):
        """Straight into the tables, as the program itself made them, with every constraint and trigger in force."""
        self.make("many", SESSIONS, self.cookies)
        self.make("few", FEW_SESSIONS, self.few_cookies)

    def make(self, name, sessions, cookies):
        self.command("users", "list", "--json", database=name)
        fill(self.database(name), sessions, cookies)

    def execute(self, sql, name):
        db = sqlite3.connect(self.database(name))
        with db:
            db.execute(sql)
        db.close()

    def settle(self, name):
        """Does what is done by and by after many writes."""
        db = sqlite3.connect(self.database(name))
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.close()

    def database(self, name):
        return self.path(f"{name}.db")

    def copy(self, name, to):
        """A database file that may be changed. No server has it open."""
        for end in ("", "-wal", "-shm"):
            if os.path.exists(self.database(to) + end):
                os.remove(self.database(to) + end)
            if os.path.exists(self.database(name) + end):
                shutil.copyfile(self.database(name) + end, self.database(to) + end)

    def database_cpu_seconds(self):
        """What the database takes outside the server's process."""
        return 0

    def environment(self, database, port=0):
        settings = self.path(f"{database}.toml")
        with open(settings, "w") as file:
            file.write(SETTINGS.format(database=self.database(database), public_url=self.public_url,
                                       dingtalk=self.dingtalk_url) + self.more)
        return {"ROCKET_CONFIG": settings, "ROCKET_PORT": str(port)}

    def server(self, database="many", port=None):
        port = port or free_port()
        return Server("miandeng", [self.binary], port, self.folder, env=self.environment(database, port))

    def command(self, *arguments, database):
        """A command beside the server, as an operator runs it."""
        env = {**clean_environment(), **self.environment(database)}
        return output_of(self.binary, *arguments, env=env, cwd=self.folder)


def userid(i):
    return f"u{i:06}"


def token(i):
    """A cookie's value of the form that the program makes. Its own are random."""
    return hashlib.sha256(f"session {i} of the comparison".encode()).hexdigest()


def write_cookies(path, sessions):
    with open(path, "w") as file:
        file.writelines(token(i) + "\n" for i in range(sessions))


def rows(sessions, people_count=PEOPLE):
    """People and their sessions, of USER_COLUMNS and SESSION_COLUMNS."""
    chance = random.Random(1)
    now = int(time.time())
    departments = ["研发部/后端组", "研发部/前端组", "市场部", "人事行政部;市场部", "财务部"]
    people = (
        (CORP, userid(i), f"union-{userid(i)}", f"员工{i}", f"138{i:08}", f"{userid(i)}@example.com",
         departments[i % len(departments)], "工程师", "import", now, now)
        for i in range(people_count)
    )
    of_people = (
        (hashlib.sha256(token(i).encode()).digest(), i % people_count + 1, "oa", now - chance.randrange(3600, 7200),
         now - chance.randrange(3600), f"203.0.113.{i % 250}", "iPhone DingTalk/7.8.1")
        for i in range(sessions)
    )
    return people, of_people


def fill(database, sessions, cookies, people_count=PEOPLE):
    people, of_people = rows(sessions, people_count)
    write_cookies(cookies, sessions)
    db = sqlite3.connect(database)
    db.execute("PRAGMA foreign_keys = ON")
    # Nothing is lost if this is interrupted, and the indexes are built in memory.
    db.execute("PRAGMA synchronous = OFF")
    db.execute("PRAGMA cache_size = -500000")
    with db:
        for table, columns, lines in (("users", USER_COLUMNS, people), ("sessions", SESSION_COLUMNS, of_people)):
            marks = ", ".join("?" * len(columns))
            db.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", lines)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()
