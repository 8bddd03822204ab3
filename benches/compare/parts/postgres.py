"""A PostgreSQL of our own: in the temporary folder, as a user that is no root, with the settings it ships with. Each commit
is on disk before it returns (fsync and synchronous_commit are on), as with SQLite's synchronous=FULL."""

import glob
import os
import shutil
import signal
import subprocess
import time

from .deployment import SESSION_COLUMNS, USER_COLUMNS, Deployment, rows, write_cookies
from .processes import Failed, Server, clean_environment, free_port, output_of

USER = "postgres"


def programs():
    """Where Debian and others have them, the newest version first."""
    versions = sorted(glob.glob("/usr/lib/postgresql/*/bin"), key=lambda path: float(path.split("/")[4]), reverse=True)
    for folder in [*versions, *os.environ.get("PATH", "").split(os.pathsep)]:
        if all(os.path.exists(os.path.join(folder, name)) for name in ("initdb", "postgres", "psql")):
            return folder
    return None


def missing():
    return None if programs() else "postgresql"


class Postgres(Server):
    def __init__(self, folder):
        self.programs, self.folder = programs(), os.path.join(folder, "postgres")
        os.mkdir(self.folder)
        if os.getuid() == 0:
            shutil.chown(self.folder, USER, USER)
        port, data = free_port(), os.path.join(self.folder, "data")
        output_of(*unprivileged(), os.path.join(self.programs, "initdb"), "--no-sync", "--auth=trust",
                  f"--username={USER}", "--encoding=UTF8", "--locale=C.UTF-8", "-D", data, cwd=self.folder)
        command = [*unprivileged(), os.path.join(self.programs, "postgres"), "-D", data, "-k", self.folder,
                   "-c", "listen_addresses=127.0.0.1", "-c", f"port={port}", "-c", "logging_collector=off"]
        super().__init__("postgresql", command, port, folder, cwd=self.folder)
        self._answers()

    def _answers(self):
        """It listens before it is ready."""
        give_up = time.monotonic() + 30
        while True:
            try:
                self.psql("SELECT 1")
                return
            except Failed:
                if time.monotonic() > give_up:
                    raise
                time.sleep(0.1)

    def url(self, database):
        return f"postgres://{USER}@{self.address}/{database}"

    def psql(self, sql, database="postgres", lines=None):
        """Runs SQL; `COPY … FROM STDIN` reads `lines`."""
        command = [os.path.join(self.programs, "psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1",
                   "-c", sql, self.url(database)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              text=True, env=clean_environment()) as psql:
            try:
                psql.stdin.writelines(lines or ())
                psql.stdin.close()
            except BrokenPipeError:
                pass
            said = psql.stdout.read()
        if psql.returncode != 0:
            raise Failed(f"psql: {sql}\n{said}")
        return said.strip()

    def version(self):
        return "PostgreSQL " + self.psql("SHOW server_version").split()[0]

    def cpu_seconds(self):
        """Of its processes, too, which are no threads: those that run, and those that have ended."""
        total = 0
        for path in glob.glob("/proc/[0-9]*/stat"):
            try:
                with open(path) as stat:
                    fields = stat.read().rpartition(")")[2].split()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if path == f"/proc/{self.process.pid}/stat":
                total += sum(int(field) for field in fields[11:15])
            elif int(fields[1]) == self.process.pid:
                total += int(fields[11]) + int(fields[12])
        return total / os.sysconf("SC_CLK_TCK")

    def stop(self):
        # "Fast": whoever is still connected is cut off. At SIGTERM it would wait for them.
        try:
            self.process.send_signal(signal.SIGINT)
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            pass
        super().stop()


class OnPostgres(Deployment):
    """The same as on SQLite; a database's name is one in PostgreSQL instead of a file."""

    def __init__(self, binary, folder, postgres):
        super().__init__(binary, folder)
        self.postgres = postgres

    def database(self, name):
        return self.postgres.url(name)

    def database_cpu_seconds(self):
        return self.postgres.cpu_seconds()

    def make(self, name, sessions, cookies):
        self.postgres.psql(f"CREATE DATABASE {name}")
        self.command("users", "list", "--json", database=name)
        write_cookies(cookies, sessions)
        people, of_people = rows(sessions)
        of_people = ((rf"\x{digest.hex()}", *rest) for digest, *rest in of_people)
        for table, columns, lines in (("users", USER_COLUMNS, people), ("sessions", SESSION_COLUMNS, of_people)):
            self.postgres.psql(f"COPY {table} ({', '.join(columns)}) FROM STDIN (FORMAT csv)", name,
                               (",".join(map(str, line)) + "\n" for line in lines))

    def execute(self, sql, name):
        return self.postgres.psql(sql, name)

    def settle(self, name):
        self.postgres.psql("VACUUM ANALYZE", name)
        self.postgres.psql("CHECKPOINT")

    def copy(self, name, to):
        self.postgres.psql(f"DROP DATABASE IF EXISTS {to} WITH (FORCE)")
        self.postgres.psql(f"CREATE DATABASE {to} TEMPLATE {name}")
        # Writing the copy is not measured.
        self.postgres.psql("CHECKPOINT")


def unprivileged():
    """PostgreSQL does not run as root; its packages make a user. And it ends with us, however we end."""
    user = ["--reuid", USER, "--regid", USER, "--clear-groups"] if os.getuid() == 0 else []
    return ["setpriv", "--pdeathsig", "INT", *user, "--"]
