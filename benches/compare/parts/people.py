"""The administrators' list of 100,000 people, page by page, in the running server."""

import hashlib
import http.client
import random
import sqlite3
import time
import urllib.parse

from .deployment import COOKIE, CORP, PEOPLE, token
from .load import ABOUT_THE_BROWSER
from .processes import Failed

DATABASE = "listed"
ON_A_PAGE = 50
SURNAMES = "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林高罗"
GIVEN = "伟芳娜敏静丽强磊军洋勇艳杰涛明超霞平刚桂英华玉兰红建国志文小"
# Each with what it must show; "" where that depends on the names.
PAGES = {
    "first page": ("", f"共 {PEOPLE} 人"),
    "last page": (f"?page={PEOPLE // ON_A_PAGE}", f"第 {PEOPLE // ON_A_PAGE} 页"),
    "last page by last change": (f"?sort=updated&page={PEOPLE // ON_A_PAGE}", f"第 {PEOPLE // ON_A_PAGE} 页"),
    "by name": ("?q=" + urllib.parse.quote("王小明"), "王小明"),
    "by pinyin": ("?q=wangxiaom", "王小明"),
    "by department": ("?q=" + urllib.parse.quote("小组777"), "小组777"),
    "by department and status": ("?status=active&q=" + urllib.parse.quote("小组777"), "小组777"),
    "by department, in the order of sign-ins": (
        "?sort=last-sign-in&q=" + urllib.parse.quote("小组777"), "小组777"),
    "nobody found": ("?q=nobody", "没有符合条件的人"),
}


def list_pages(deployment, times):
    """For each page, how many milliseconds each request took, the whole page read. They are asked for in turn, over one
    connection, as one administrator does."""
    seed(deployment)
    taken = {name: [] for name in PAGES}
    with deployment.server(DATABASE) as server:
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
        headers = {**ABOUT_THE_BROWSER, "Host": "app.example.com", "Cookie": f"{COOKIE}={token(0)}"}
        for n in range(times + 1):
            for name, (query, shows) in PAGES.items():
                began = time.perf_counter()
                connection.request("GET", f"/admin/people{query}", headers=headers)
                answer = connection.getresponse()
                body = answer.read().decode()
                took = (time.perf_counter() - began) * 1000
                if answer.status != 200 or shows not in body:
                    raise Failed(f"{name} was answered {answer.status}: {body[:500]}")
                # The first of each fills caches.
                if n:
                    taken[name].append(took)
    return taken


def seed(deployment):
    """By the program's own import, so that everything that people are searched by is there."""
    chance = random.Random(1)
    path = deployment.path("listed.csv")
    with open(path, "w", encoding="utf-8") as file:
        file.write("corp_id,userid,name,mobile,department,title,role\n")
        for i in range(PEOPLE):
            name = chance.choice(SURNAMES) + "".join(chance.choices(GIVEN, k=2))
            team = i % 2_000
            role = "admin" if i == 0 else "user"
            file.write(f"{CORP},u{i:06},{name},138{i:08},事业部{team // 100}/小组{team},工程师,{role}\n")
    deployment.command("users", "import", path, database=DATABASE)

    now = int(time.time())
    db = sqlite3.connect(deployment.database(DATABASE))
    with db:
        # People have changed and signed in at different times.
        db.execute("UPDATE users SET updated_at = updated_at - id % 100000, last_signed_in_at = created_at - id % 5000"
                   " WHERE id % 3 > 0")
        db.execute(
            "INSERT INTO sessions (token_hash, user_id, app, created_at, last_seen_at, address, user_agent)"
            " SELECT ?, id, 'oa', ?, ?, '203.0.113.7', 'iPhone DingTalk/7.8.1' FROM users WHERE userid = 'u000000'",
            (hashlib.sha256(token(0).encode()).digest(), now, now))
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    db.close()


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(len(values) * share))]


def table(taken):
    lines = [f"| /admin/people of {PEOPLE:,}, ms | p50 | p99 | most |", "| --- | --- | --- | --- |"]
    for name, values in taken.items():
        lines.append(f"| {name} | {percentile(values, 0.5):.1f} | {percentile(values, 0.99):.1f} | {max(values):.1f} |")
    return "\n".join(lines)
