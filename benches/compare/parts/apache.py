"""Apache with mod_auth_openidc, as Debian has them."""

import os
import secrets

from .configured import configured
from .processes import Server, free_port

PROGRAM = "/usr/sbin/apache2"
MODULES = "/usr/lib/apache2/modules"


def missing():
    """What is not installed, if anything."""
    needed = (PROGRAM, os.path.join(MODULES, "mod_auth_openidc.so"))
    return next((file for file in needed if not os.path.exists(file)), None)


def start(name, port, folder, login, **words):
    """`login` is the file of contenders/apache that says who gets in and how."""
    words |= {"port": port, "passphrase": secrets.token_hex(16)}
    # A master that is root gives its workers to somebody else.
    user = "User www-data\nGroup www-data" if os.getuid() == 0 else ""
    config = configured(folder, "apache/httpd.conf", port=port, modules=MODULES, user=user,
                        login=configured(folder, f"apache/{login}", **words))
    return Server(name, [PROGRAM, "-D", "FOREGROUND", "-f", config], port, folder)


class App:
    """A page that signs people in by OpenID Connect, and one for anyone."""

    says = "Only for people who are signed in"

    def __init__(self, folder):
        self.folder, self.port = folder, free_port()
        self.page, self.free_page = (f"http://127.0.0.1:{self.port}/{name}/" for name in ("app", "free"))
        self.callback = self.page + "callback"
        for name in ("app", "free"):
            os.makedirs(os.path.join(folder, "www", name), exist_ok=True)
            with open(os.path.join(folder, "www", name, "index.html"), "w") as file:
                file.write(self.says)

    def start(self, provider):
        return start("apache", self.port, self.folder, "app.conf", provider=provider)

    def empty_logs(self, server):
        server.empty_log()
        for name in ("access", "error"):
            os.truncate(os.path.join(self.folder, f"apache-{name}.log"), 0)
