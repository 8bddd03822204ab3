"""miandeng on SQLite and on PostgreSQL in turn, and three servers on one PostgreSQL."""

import contextlib
from statistics import median

from . import contenders, load
from .deployment import FEW_SESSIONS
from .figures import one_round_of_sign_ins
from .people import percentile
from .results import CONNECTIONS, Table, number, spread
from .revocations import Ended, revoke, revoke_under_load, revoke_while_one_is_paused

SESSIONS = 20_000
SERVERS = 3
# Where it is empty a job of the server's fills it, a thousand rows at a time, and every writer waits.
FOUND_BY = "UPDATE users SET search = userid"
GATE = {"gate": "one session", "gate-many": "10,000 sessions in turn"}
RATIO, WITHIN_MS, WITHIN_A_PAUSE_MS, REVOCATIONS = 0.85, 50, 3_000, 1_000


def measure(deployments, signins, rounds, seconds, sign_ins, revocations, pauses, tell):
    """What each round found. `deployments` are "SQLite" and "PostgreSQL"; who begins changes. The last three numbers say how
    many of each there are in a round."""
    found = {"gate": [], "sign-ins": [], "one server": [], "several": []}
    for deployment in deployments.values():
        tell(f"seeding for {deployment.folder}")
        deployment.make("many", SESSIONS, deployment.cookies)
        deployment.execute(FOUND_BY, "many")
        deployment.settle("many")
        with open(deployment.cookies) as every, open(deployment.few_cookies, "w") as few:
            few.writelines(next(every) for _ in range(FEW_SESSIONS))
    parts = {
        "gate": lambda deployment: gate(deployment, seconds),
        "sign-ins": lambda deployment: one_round_of_sign_ins(deployment, signins, sign_ins),
        "one server": lambda deployment: on_one_server(deployment, revocations),
    }
    for n in range(rounds):
        order = list(deployments)[n % 2:] + list(deployments)[:n % 2]
        for part, of in parts.items():
            tell(f"round {n + 1} of {rounds}: {part}")
            found[part].append({name: of(deployments[name]) for name in order})
        tell(f"round {n + 1} of {rounds}: {SERVERS} servers")
        found["several"].append(on_several_servers(deployments["PostgreSQL"], revocations, pauses))
    return found


def gate(deployment, seconds):
    """By row and number of connections: a Load, and the processor time of a request."""
    measured = {}
    contender = contenders.Miandeng(deployment, {})
    try:
        for row in contender.start():
            if row.key not in GATE:
                continue
            load.check(row)
            load.load(row, 32, 4 if row.sessions else 1)
            for connections in CONNECTIONS:
                cpu = lambda: contender.servers[0].cpu_seconds() + deployment.database_cpu_seconds()  # noqa: E731
                before = cpu()
                result = load.load(row, connections, seconds)
                measured[row.key, connections] = result, (cpu() - before) / (result.per_second * seconds)
                contender.between_loads()
    finally:
        contender.stop()
    return measured


def on_one_server(deployment, revocations):
    with running(deployment, 1) as servers:
        return revoke(servers, range(FEW_SESSIONS, FEW_SESSIONS + revocations))


def on_several_servers(deployment, revocations, pauses):
    """Alone, under load, and with one of them paused."""
    with running(deployment, SERVERS) as servers:
        at = FEW_SESSIONS
        alone = revoke(servers, range(at, at := at + revocations))
        loaded, gates = revoke_under_load(deployment, servers, range(at, at := at + revocations))
        first, second = revoke_while_one_is_paused(deployment, servers, range(at, at + 2 * pauses))
    return {"alone": alone, "loaded": loaded, "gates": gates, "paused": first, "still paused": second}


@contextlib.contextmanager
def running(deployment, how_many):
    deployment.copy("many", "revoked")
    with contextlib.ExitStack() as servers:
        yield [servers.enter_context(deployment.server("revoked")) for _ in range(how_many)]


def table(found):
    table = Table()
    compare_gates(table, found["gate"])
    compare_sign_ins(table, found["sign-ins"])
    alone = {f"one server on {name}": together(round_[name] for round_ in found["one server"])
             for name in ("SQLite", "PostgreSQL")}
    for where, ended in alone.items():
        table.add(f"revocation by POST /logout, {where}", "", times(ended), None)
    several = {key: together(round_[key] for round_ in found["several"])
               for key in ("alone", "loaded", "paused", "still paused")}
    table.add(f"the same, {SERVERS} servers on one PostgreSQL", f"p99 ≤ {WITHIN_MS} ms", times(several["alone"]),
              at_most(WITHIN_MS, several["alone"], 0.99))
    table.add("the same, every gate under load", "", times(several["loaded"]), None)
    table.add("the same, one of them paused (SIGSTOP)", f"≤ {number(WITHIN_A_PAUSE_MS)} ms", times(several["paused"]),
              at_most(WITHIN_A_PAUSE_MS, several["paused"], 1))
    table.add("the next one in that pause", "", times(several["still paused"]), None)
    late(table, several)
    gates = [round_["gates"] for round_ in found["several"]]
    table.add("gates under that load, all together", "",
              spread([sum(gate.per_second for gate in round_) for round_ in gates], "/s") +
              f", of them refused {sum(gate.refused for round_ in gates for gate in round_):,}", None)
    everything = [*alone.values(), *several.values()]
    table.add("sign-outs answered by an error; gates that answered neither yes nor no", "",
              f"{sum(ended.failed for ended in everything)}; {sum(ended.unsure for ended in everything)}", None)
    return str(table)


def late(table, several):
    def add(figure, ended, target, enough):
        late, asked = sum(each.late for each in ended), sum(len(each.took_ms) for each in ended)
        table.add(figure, target, f"{late} of {asked:,}", not late if late or asked >= enough else None)

    add(f"late under load, {SERVERS} servers", [several["loaded"]], f"0 of {REVOCATIONS:,}", REVOCATIONS)
    add("late without load", [several["alone"]], "0", 0)
    add("late in a pause, or when the paused server goes on", [several["paused"], several["still paused"]], "0", 0)


def compare_gates(table, rounds):
    def compare(figure, target, of, met):
        each = [[of(round_["PostgreSQL"][key, c]) / of(round_["SQLite"][key, c]) for round_ in rounds] for c in CONNECTIONS]
        said = ", ".join(f"{spread(ratios)} at {c}" for ratios, c in zip(each, CONNECTIONS))
        table.add(figure, target, said, all(met(median(ratios)) for ratios in each) if met else None)

    for key, kind in GATE.items():
        compare(f"gate on PostgreSQL ÷ on SQLite, {kind}, requests a second", f"≥ {RATIO}",
                lambda measured: measured[0].per_second, lambda ratio: ratio >= RATIO)
        compare("the same, p99", "", lambda measured: measured[0].p99_ms, None)
        compare("the same, processor time of a request", "", lambda measured: measured[1], None)


def compare_sign_ins(table, rounds):
    for figure, key, unit in (("sign-ins a second, 64 at once", "per_second", "/s"), ("sign-ins, p99", "p99_ms", " ms")):
        ours, theirs = ([round_[name][key] for round_ in rounds] for name in ("PostgreSQL", "SQLite"))
        ratios = spread([a / b for a, b in zip(ours, theirs)])
        table.add(f"{figure}, PostgreSQL ÷ SQLite", "", f"{ratios}: {spread(ours, unit)} ÷ {spread(theirs, unit)}", None)


def together(rounds):
    total = Ended()
    for ended in rounds:
        total += ended
    return total


def at_most(ms, ended, share):
    return bool(ended.took_ms) and percentile(ended.took_ms, share) <= ms


def times(ended):
    if not (took := ended.took_ms):
        return "every one failed"
    parts = {"p50": percentile(took, 0.5), "p99": percentile(took, 0.99), "most": max(took)}
    return ", ".join(f"{name} {number(value)} ms" for name, value in parts.items()) + f", of {len(took):,}"
