#!/usr/bin/env python3
"""Runs what README and the install page show, command by command, in a bare root with the package in /root.

A block that cannot run there (it needs DingTalk, a network, a build) says so in a comment before it: <!-- not run: … -->.
Whatever `miandeng init` asks on its terminal is answered with the simulator's sample app.
"""

import argparse
import os
import pty
import re
import select
import signal
import subprocess
import sys
import time

ANSWERS = [
    (r"app\.example\.com\)(: |：)$", "https://app.example.com"),
    (r"CorpId[^\n]*(: |：)$", "dingsamplecorp00000001"),
    (r"AgentId[^\n]*(: |：)$", "100000001"),
    (r"Client ID[^\n]*(: |：)$", "dingsampleclientid01"),
    (r"Client Secret[^\n]*(: |：)$", "sample-client-secret"),
]
NOT_RUN = re.compile(r"<!-- not run: .+ -->")


def blocks(page):
    """The lines of each console block that can run here."""
    found, lines, before = [], None, ""
    for line in open(page, encoding="utf-8"):
        line = line.rstrip("\n")
        if line.startswith("```"):
            if lines is None:
                lines = []
                is_wanted = line in ("```console", "```sh") and not NOT_RUN.fullmatch(before)
            else:
                if is_wanted:
                    found.append(lines)
                lines = None
            before = ""
        elif lines is not None:
            lines.append(line)
        elif line.strip():
            before = line.strip()
    return found


def commands(lines):
    """With the lines that a backslash continues; what a program printed is left out."""
    joined, goes_on = [], False
    for line in lines:
        if goes_on:
            joined[-1] += "\n" + line
        elif line.startswith(("# ", "$ ")):
            joined.append(line[2:])
        else:
            continue
        goes_on = line.endswith("\\")
    return joined


def run(root, command, simulator):
    # The one thing that is not as shown: DingTalk is simulated.
    command = re.sub(r"^miandeng init\b", f"miandeng init --simulator {simulator}", command)
    print(f"   {command}", flush=True)
    environment = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8"}
    pid, terminal = pty.fork()
    if pid == 0:
        os.chroot(root)
        os.chdir("/root")
        os.execvpe("sh", ["sh", "-c", command], environment)
    seen, answered, since = "", 0, time.monotonic()
    while True:
        if time.monotonic() - since > 120:
            os.kill(pid, signal.SIGKILL)
            sys.exit(f"{command}: does not end\n{seen}")
        if not select.select([terminal], [], [], 1)[0]:
            continue
        try:
            some = os.read(terminal, 4096)
        except OSError:
            break
        if not some:
            break
        seen += some.decode(errors="replace")
        for question, answer in ANSWERS:
            if re.search(question, seen[answered:].rstrip("\n")):
                answered = len(seen)
                os.write(terminal, (answer + "\n").encode())
    status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if status != 0:
        sys.exit(f"{command}: ended with {status}\n{seen}")
    assert "sample-client-secret" not in seen, seen


def main():
    options = argparse.ArgumentParser()
    for name in ("--root", "--simulator"):
        options.add_argument(name, required=True)
    options.add_argument("pages", nargs="+")
    options = options.parse_args()
    count = 0
    for page in options.pages:
        print(page)
        # Each page begins on a machine that has nothing of ours but the package's file.
        subprocess.run(["chroot", options.root, "sh", "-c", "systemctl stop miandeng; dpkg -P miandeng"], check=True,
                       stdout=subprocess.DEVNULL)
        for command in [command for lines in blocks(page) for command in commands(lines)]:
            run(options.root, command, options.simulator)
            count += 1
    assert count > 5, f"{count} commands are found"


main()
