"""Starting programs, and stopping every one of them whatever happens."""

import atexit
import os
import signal
import socket
import subprocess
import sys
import time

_running = []


class Failed(Exception):
    """Something that the person at the terminal must see; no trace of ours helps there."""


class Server:
    """A program that listens on a port. Its output goes to a file, as a service's does."""

    def __init__(self, name, command, port, folder, env=None, cwd=None, patience=30):
        self.name, self.port = name, port
        self.log = os.path.join(folder, f"{name}.log")
        # Appending, so that the file can be emptied between two loads.
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=cwd or folder,
                env={**clean_environment(), **(env or {})}, start_new_session=True,
            )
        _running.append(self)
        self._wait(patience)

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def _wait(self, patience):
        give_up = time.monotonic() + patience
        while time.monotonic() < give_up:
            if self.process.poll() is not None:
                break
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
                return
            except OSError:
                time.sleep(0.02)
        with open(self.log, "rb") as log:
            tail = log.read()[-2000:].decode(errors="replace")
        self.stop()
        raise Failed(f"{self.name} does not listen on port {self.port}; its last words:\n{tail}")

    def empty_log(self):
        os.truncate(self.log, 0)

    def memory_mb(self, what="VmRSS"):
        """Resident memory of the process in millions of bytes, or with VmHWM the most that it ever had."""
        with open(f"/proc/{self.process.pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith(what + ":")) * 1024 / 1e6

    def cpu_seconds(self):
        """Processor time of all its threads since its start. Unlike requests per second, a busy machine changes it little."""
        with open(f"/proc/{self.process.pid}/stat") as stat:
            # The name, which may hold blanks, ends with the last bracket; user and system time are fields 14 and 15.
            fields = stat.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def stop(self):
        if self in _running:
            _running.remove(self)
        # The whole group: some of them have workers.
        for sign, patience in ((signal.SIGTERM, 10), (signal.SIGKILL, 10)):
            try:
                os.killpg(self.process.pid, sign)
                self.process.wait(patience)
            except ProcessLookupError:
                break
            except subprocess.TimeoutExpired:
                continue
        self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def stop_all():
    for server in list(_running):
        server.stop()


def stop_all_on_the_way_out():
    """Also after an error, Ctrl-C or a plain kill."""
    atexit.register(stop_all)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    signal.signal(signal.SIGHUP, lambda *_: sys.exit(129))


def clean_environment():
    """This machine's settings for Rocket, miandeng and proxies are not what is measured."""
    ours = ("rocket_", "miandeng_")
    return {
        name: value for name, value in os.environ.items()
        if not name.lower().startswith(ours) and not name.lower().endswith("_proxy")
    }


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def output_of(*command, **options):
    """What a program that ends by itself prints."""
    done = subprocess.run(
        [str(word) for word in command], stdin=subprocess.DEVNULL, capture_output=True, text=True,
        **{"env": clean_environment(), **options},
    )
    if done.returncode != 0:
        raise Failed(f"{' '.join(map(str, command))}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
    return done.stdout
