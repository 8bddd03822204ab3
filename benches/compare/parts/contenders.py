"""Those who are compared. Each is started with its own configuration and answers some rows."""

import os
import secrets

from . import apache
from .configured import configured
from .deployment import COOKIE, CORP, token
from .load import GATE_QUESTION, PAGE_REQUEST, Row, fetch
from .machine import HERE
from .openid_provider import Provider, sign_in
from .processes import Failed, Server, clean_environment, free_port, output_of

DEPLOY = os.path.abspath(os.path.join(HERE, "..", "..", "deploy", "nginx"))
PAGE = f"/?corpid={CORP}"
MANY = 10_000


def with_cookie(cookie):
    return {**GATE_QUESTION, "Cookie": cookie}


# A session that nothing else uses.
OUR_COOKIE = f"{COOKIE}={token(7)}"


class Contender:
    """`start` answers the rows that are measured then; `stop` ends everything that it started."""

    def __init__(self, deployment, tools):
        self.deployment, self.tools, self.folder = deployment, tools, deployment.folder
        self.servers = []

    def serve(self, *arguments, **options):
        self.servers.append(Server(*arguments, **options))
        return self.servers[-1]

    def prepare(self):
        """What is done once, before the first round."""

    def stop(self):
        while self.servers:
            self.servers.pop().stop()

    def between_loads(self):
        """Logs are written as in production, and need not fill the disk."""
        for server in self.servers:
            server.empty_log()

    def many_sessions(self):
        return self.deployment.cookies, MANY, COOKIE


class EmptyRocket(Contender):
    def start(self):
        port = free_port()
        self.serve("empty-rocket", [self.tools["empty"], str(port)], port, self.folder)
        return [
            Row("rocket-gate", port, "/auth/nginx", with_cookie(OUR_COOKIE)),
            # The generator's own part of taking turns is in it, too.
            Row("rocket-gate-many", port, "/auth/nginx", with_cookie(OUR_COOKIE), sessions=self.many_sessions()),
            Row("rocket-page", port, PAGE, PAGE_REQUEST),
        ]


class Miandeng(Contender):
    def start(self):
        self.servers.append(self.deployment.server())
        port = self.servers[0].port
        return [
            Row("gate", port, "/auth/nginx", with_cookie(OUR_COOKIE), without_cookie=(401,)),
            Row("gate-many", port, "/auth/nginx", with_cookie(OUR_COOKIE),
                sessions=self.many_sessions()),
            Row("page", port, PAGE, PAGE_REQUEST, body_holds="var _config = "),
        ]


class Nginx(Contender):
    """Alone, and asking miandeng: one nginx, a port for each."""

    def start(self):
        # Workers, which are no root, read it.
        os.makedirs(os.path.join(self.folder, "www"), exist_ok=True)
        with open(os.path.join(self.folder, "www", "page.html"), "w") as file:
            file.write("<!doctype html><title>A small page</title>\n" + "<p>of about four kilobytes</p>\n" * 140)
        # The recipe's files name each other as if they lay in /etc/nginx.
        if not os.path.lexists(f"{self.folder}/miandeng"):
            os.symlink(os.path.join(DEPLOY, "miandeng"), f"{self.folder}/miandeng")
        miandeng = self.deployment.server()
        self.servers.append(miandeng)
        empty, alone, gated = free_port(), free_port(), free_port()
        config = configured(self.folder, "nginx/nginx.conf", miandeng=miandeng.port, empty=empty,
                            alone=alone, gated=gated)
        command = ["/usr/sbin/nginx", "-p", self.folder, "-c", config, "-e", f"{self.folder}/nginx-error.log",
                   "-g", "daemon off;"]
        self.serve("nginx", command, gated, self.folder)
        visitor = {**PAGE_REQUEST, "Cookie": OUR_COOKIE}
        return [
            Row("nginx-empty", empty, "/auth/nginx", with_cookie(OUR_COOKIE)),
            Row("nginx-alone", alone, "/page.html", visitor, body_holds="A small page"),
            Row("nginx-gated", gated, "/page.html", visitor, body_holds="A small page", without_cookie=(302,)),
        ]

    def between_loads(self):
        super().between_loads()
        os.truncate(f"{self.folder}/nginx-access.log", 0)


class Apache(Contender):
    """With mod_auth_openidc; the session is in shared memory (its default), or in the cookie."""

    def __init__(self, deployment, tools, kind):
        super().__init__(deployment, tools)
        self.kind = kind

    def start(self):
        port, client_secret = free_port(), secrets.token_hex(16)
        www = os.path.join(self.folder, "www", "auth")
        os.makedirs(www, exist_ok=True)
        open(os.path.join(www, "nginx"), "w").close()
        provider = Provider("compare", client_secret, self.folder)
        session = {"shm": "server-cache", "cookie": "client-cookie"}[self.kind]
        self.servers.append(apache.start(
            f"apache-{self.kind}", port, self.folder, "gate.conf", provider=provider.url, client_secret=client_secret,
            session=session))
        try:
            cookie = sign_in(f"http://127.0.0.1:{port}/auth/nginx", GATE_QUESTION)
        finally:
            provider.close()
        # It refuses a session on any other host than the one it began on.
        headers = {**with_cookie(cookie), "Host": f"127.0.0.1:{port}"}
        return [Row(f"apache-{self.kind}", port, "/auth/nginx", headers, without_cookie=(302, 401))]

    def between_loads(self):
        super().between_loads()
        os.truncate(f"{self.folder}/apache-access.log", 0)


class Express(Contender):
    def __init__(self, deployment, tools, key, workers):
        super().__init__(deployment, tools)
        self.key, self.workers = key, workers

    def prepare(self):
        """The page is miandeng's own."""
        self.page = os.path.join(self.folder, "page.html")
        with self.deployment.server() as miandeng:
            status, _, body = fetch(miandeng.port, PAGE, PAGE_REQUEST)
        if status != 200:
            raise Failed(f"miandeng answered {status} instead of its sign-in page")
        with open(self.page, "w") as file:
            file.write(body)

    def start(self):
        port = free_port()
        env = {"NODE_ENV": "production", "PAGE": self.page, "PORT": str(port), "WORKERS": str(self.workers),
               "DINGTALK": self.deployment.dingtalk_url, "CORP": CORP, "CORP_SECRET": "sample-corp-secret",
               "AGENT": "100000001"}
        folder = os.path.join(HERE, "contenders", "express")
        self.serve(self.key, ["node", os.path.join(folder, "server.js")], port, self.folder, env=env)
        return [Row(self.key, port, PAGE, PAGE_REQUEST, body_holds="var _config = ")]


class Django(Contender):
    def __init__(self, deployment, tools, sessions):
        super().__init__(deployment, tools)
        self.sessions = sessions
        folder = os.path.join(self.folder, f"django-{sessions}")
        os.makedirs(folder, exist_ok=True)
        self.env = {"FOLDER": folder, "SESSIONS": sessions, "SECRET_KEY": secrets.token_hex(32),
                    "PYTHONPATH": os.path.join(HERE, "contenders", "django"), "PYTHONDONTWRITEBYTECODE": "1"}

    def prepare(self):
        script = os.path.join(HERE, "contenders", "django", "compare.py")
        self.key = output_of("/usr/bin/python3", script, "prepare", env={**clean_environment(), **self.env}).strip()

    def start(self):
        port = free_port()
        # Two processes for two cores, and threads because only those keep connections.
        command = ["/usr/bin/gunicorn", "--workers", str(os.cpu_count()), "--threads", "8", "--keep-alive", "75",
                   "--bind", f"127.0.0.1:{port}", "compare:application"]
        self.serve(f"django-{self.sessions}", command, port, self.folder, env=self.env)
        return [Row(f"django-{self.sessions}", port, "/auth/nginx", with_cookie(f"sessionid={self.key}"),
                    without_cookie=(302,))]


def all_of(deployment, tools):
    return [
        EmptyRocket(deployment, tools),
        Miandeng(deployment, tools),
        Nginx(deployment, tools),
        Apache(deployment, tools, "shm"),
        Apache(deployment, tools, "cookie"),
        Express(deployment, tools, "express-1", 1),
        Express(deployment, tools, "express-cores", os.cpu_count()),
        Django(deployment, tools, "db"),
        Django(deployment, tools, "cached_db"),
    ]
