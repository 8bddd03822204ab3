"""Two builds of miandeng in turn: what a change costs."""

import os

from . import contenders, figures, load
from .deployment import Deployment
from .results import CONNECTIONS, spread


def measure(binary, tools, folder, rounds, seconds, quick, tell):
    """For each figure, this build's value divided by the other's, round by round."""
    builds = {}
    for name, path in (("this", tools["miandeng"]), ("other", binary)):
        # Each makes its own tables: their schemas may differ.
        os.makedirs(os.path.join(folder, name))
        deployment = Deployment(path, os.path.join(folder, name))
        deployment.start_dingtalk()
        tell(f"seeding for {path}")
        deployment.seed()
        builds[name] = deployment
    found = {}
    for n in range(rounds):
        # Whoever comes first in a round is never the same.
        order = list(builds)[n % 2:] + list(builds)[:n % 2]
        round_ = {}
        for name in order:
            tell(f"round {n + 1} of {rounds}: {name}")
            round_[name] = {**loads(builds[name], tools, seconds),
                            **sign_ins(builds[name], tools, 2_000 if quick else 20_000, seconds)}
        for figure, value in round_["this"].items():
            found.setdefault(figure, []).append(value / round_["other"][figure])
    return found


def loads(deployment, tools, seconds):
    values = {}
    contender = contenders.Miandeng(deployment, tools)
    try:
        for row in contender.start():
            load.check(row)
            load.load(row, 32, 4 if row.sessions else 1)
            for connections in CONNECTIONS:
                before = contender.servers[0].cpu_seconds()
                result = load.load(row, connections, seconds)
                used = contender.servers[0].cpu_seconds() - before
                values[f"{row.key}, CPU a request at {connections} connections"] = used / (result.per_second * seconds)
                values[f"{row.key}, requests/s at {connections} connections"] = result.per_second
                values[f"{row.key}, p99 at {connections} connections"] = result.p99_ms
                contender.between_loads()
    finally:
        contender.stop()
    return values


def sign_ins(deployment, tools, how_many, seconds):
    result = figures.sign_ins(deployment, tools, 1, how_many, seconds)
    return {"sign-ins/s": result["sign_ins"][0], "sign-ins, p99": result["p99_ms"][0]}


def page(found):
    """A line for each figure: the median of the ratios, with the least and the most."""
    return "\n".join(f"{figure:45} {spread(ratios)}" for figure, ratios in found.items())
