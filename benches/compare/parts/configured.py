"""The contenders' configuration files."""

import os
import re

from .machine import HERE


def configured(folder, file, **words):
    """A file of contenders/, written into the folder with its {words} filled in: where it lies then."""
    with open(os.path.join(HERE, "contenders", file)) as template:
        text = template.read()
    words["folder"] = folder
    # Not str.format: these files have braces of their own.
    text = re.sub(r"\{([a-z_]+)\}", lambda word: str(words[word[1]]), text)
    path = os.path.join(folder, file.replace("/", "-"))
    with open(path, "w") as out:
        out.write(text)
    return path
