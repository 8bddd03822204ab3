"""Apache with mod_auth_openidc, as Debian has them."""

import os
import secrets

from .configured import configured
from .processes import Server

PROGRAM = "/usr/sbin/apache2"
MODULES = "/usr/lib/apache2/modules"


def start(name, port, folder, login, **words):
    """`login` is the file of contenders/apache that says who gets in and how."""
    words |= {"port": port, "passphrase": secrets.token_hex(16)}
    # A master that is root gives its workers to somebody else.
    user = "User www-data\nGroup www-data" if os.getuid() == 0 else ""
    config = configured(folder, "apache/httpd.conf", port=port, modules=MODULES, user=user,
                        login=configured(folder, f"apache/{login}", **words))
    return Server(name, [PROGRAM, "-D", "FOREGROUND", "-f", config], port, folder)
