"""What must be installed, and what the figures were measured on."""

import os
import platform
import re
import shutil
import subprocess

from .processes import Failed, output_of

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
ROOT = os.path.abspath(os.path.join(HERE, "..", ".."))
POLICY = "/usr/sbin/policy-rc.d"

# A file of each Debian package, and the package.
PACKAGES = {
    "/usr/bin/wrk": "wrk",
    "/usr/sbin/nginx": "nginx",
    "/usr/sbin/apache2": "apache2",
    "/usr/lib/apache2/modules/mod_auth_openidc.so": "libapache2-mod-auth-openidc",
    "/usr/bin/gunicorn": "gunicorn",
    "/usr/lib/python3/dist-packages/django/__init__.py": "python3-django",
    "/usr/lib/python3/dist-packages/allauth/__init__.py": "python3-django-allauth",
    "/usr/bin/openssl": "openssl",
}


def install():
    """Debian's packages, without starting Debian's services; npm's, as the lock file names them."""
    missing = [package for file, package in PACKAGES.items() if not os.path.exists(file)]
    if missing:
        sudo = [] if os.getuid() == 0 else ["sudo"]
        ours = not os.path.exists(POLICY)
        if ours:
            subprocess.run([*sudo, "tee", POLICY], input="#!/bin/sh\nexit 101\n", text=True, check=True,
                           stdout=subprocess.DEVNULL)
            subprocess.run([*sudo, "chmod", "+x", POLICY], check=True)
        try:
            visibly(*sudo, "apt-get", "update", "-qq")
            visibly(*sudo, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-y", "-qq",
                    "--no-install-recommends", *missing)
        finally:
            if ours:
                subprocess.run([*sudo, "rm", "-f", POLICY], check=True)
    for program in ("node", "npm", "cargo"):
        if not shutil.which(program):
            raise Failed(f"{program} is missing")
    visibly("npm", "ci", "--prefix", os.path.join(HERE, "contenders", "express"), "--loglevel=error")


def build():
    """The server and the tools, with the same versions of everything."""
    for package in ("miandeng", "miandeng-compare"):
        visibly("cargo", "build", "--release", "--locked", "--package", package, "--bins", cwd=ROOT)


def target():
    return os.path.abspath(os.environ.get("CARGO_TARGET_DIR", os.path.join(ROOT, "target")))


def programs():
    """Where the server and the tools are."""
    names = ("miandeng", "empty", "signins", "commits", "walk")
    found = {name: os.path.join(target(), "release", name) for name in names}
    for path in found.values():
        if not os.path.exists(path):
            raise Failed(f"{path} was not built")
    return found


def visibly(*command, **options):
    """Runs a command whose output the person at the terminal sees."""
    if subprocess.run(command, stdin=subprocess.DEVNULL, **options).returncode != 0:
        raise Failed(f"{' '.join(command)} failed")


def description():
    cpu = next((line.split(":")[1].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")), "?")
    memory_kb = int(re.search(r"MemTotal:\s+(\d+)", open("/proc/meminfo").read())[1])
    return f"{os.cpu_count()} cores, {cpu}, {memory_kb / 1024 ** 2:.0f} GB, Linux {platform.release()}"


def versions():
    lock = open(os.path.join(ROOT, "Cargo.lock")).read()
    crate = lambda name: re.search(rf'name = "{name}"\nversion = "([^"]+)"', lock)[1]  # noqa: E731
    debian = lambda package: output_of("dpkg-query", "-W", "-f", "${Version}", package)  # noqa: E731
    node = lambda name: output_of(  # noqa: E731
        "node", "-p", f"require('{name}/package.json').version", cwd=os.path.join(HERE, "contenders", "express"))
    revision = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True)
    return [
        ("miandeng", f"{crate('miandeng')} ({revision.stdout.strip() or 'unknown revision'})"),
        ("Rocket, tokio, sqlx", ", ".join(crate(name) for name in ("rocket", "tokio", "sqlx"))),
        ("rustc", output_of("rustc", "--version").split()[1]),
        ("nginx", debian("nginx")),
        ("Apache, mod_auth_openidc", f"{debian('apache2')}, {debian('libapache2-mod-auth-openidc')}"),
        ("Node.js, express, node-dingtalk",
         f"{output_of('node', '--version').strip()}, {node('express').strip()}, {node('node-dingtalk').strip()}"),
        ("Django, django-allauth, gunicorn",
         ", ".join(debian(f"{name}") for name in ("python3-django", "python3-django-allauth", "gunicorn"))),
        ("wrk", debian("wrk")),
    ]
