"""What is compared: each part is a function that yields its lines. Rounds alternate between those compared, and every
second round begins with the other one."""

import sys
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import loads
from figures import Line
from servers import Echo, Etcd, Holdfast, Postgres, Redis


@dataclass
class Run:
    scratch: Path
    rounds: int = 5
    seconds: float = 1.0  # Of load in each round, for each server.
    live: tuple = (1_000, 100_000, 1_000_000, 10_000_000)

    def say(self, text):
        print(f"   {text}", file=sys.stderr, flush=True)

    def by_turns(self, tasks):
        """Calls each of the named tasks once a round; returns what they gave, name by name."""
        gave = {name: [] for name in tasks}
        for number in range(self.rounds):
            names = list(tasks) if number % 2 == 0 else list(reversed(tasks))
            for name in names:
                gave[name].append(tasks[name]())
        return gave


def rates(measured):
    return [one.rate for one in measured]


def medians(measured):
    return [one.p50_us for one in measured]


def cpu(measured):
    return [one.cpu_us for one in measured]


def against(run, servers, tasks=None, **load):
    """One load on each of the servers by turns. Every server gets as many requests as it can answer in the time."""
    counts = {server.name: loads.count_for(server, run.seconds, **load) for server in servers}
    work = {server.name: lambda server=server: loads.take(server, count=counts[server.name], **load)
            for server in servers}
    gave = run.by_turns(work | (tasks or {}))
    shown = ", ".join(f"{s.name} {sorted(rates(gave[s.name]))[run.rounds // 2]:.0f}/s" for s in servers)
    run.say(", ".join(f"{key} {value}" for key, value in load.items()) + ": " + shown)
    return gave


# One record of the journal for a grant of these names, its frame included, is about this long.
record_bytes = 160


def durable(run):
    """acquires on disk against Redis (appendfsync always), and one against the disk itself"""
    # Connections, pipeline, at least.
    for connections, pipeline, bound in [(1, 1, 1.0), (50, 1, 1.5), (200, 1, 1.2), (50, 16, 2.2)]:
        what = told_load(connections, pipeline)
        with ExitStack() as stack:
            redis = stack.enter_context(Redis(run.scratch, durable=True))
            holdfast = stack.enter_context(Holdfast(run.scratch, durable=True))
            disk = {"disk": lambda: loads.commit_us(run.scratch, record_bytes)} if connections == 1 else {}
            gave = against(run, [redis, holdfast], disk, connections=connections, pipeline=pipeline)
        yield Line("durable", what, rates(gave["Holdfast"]), "/s", rates(gave["Redis"]), "Redis", at_least=bound)
        if disk:
            yield Line("durable", f"{what}, median answer", medians(gave["Holdfast"]), "µs", gave["disk"],
                       "one fdatasync", at_most=1.2)
            yield Line("durable", f"{what}, median answer", medians(gave["Holdfast"]), "µs", medians(gave["Redis"]),
                       "Redis")


def memory(run):
    """acquires in memory against Redis without persistence, and against a server that only echoes"""
    for connections, pipeline, bound in [(50, 1, 1.0), (200, 1, 1.0), (50, 16, 1.8)]:
        what = told_load(connections, pipeline)
        with ExitStack() as stack:
            redis = stack.enter_context(Redis(run.scratch, durable=False))
            holdfast = stack.enter_context(Holdfast(run.scratch, durable=False))
            echo = stack.enter_context(Echo(run.scratch))
            gave = against(run, [redis, holdfast, echo], connections=connections, pipeline=pipeline)
        ours = gave["Holdfast"]
        # What is required of processor time and of the echo is required without pipelines.
        single = pipeline == 1
        yield Line("memory", what, rates(ours), "/s", rates(gave["Redis"]), "Redis", at_least=bound)
        yield Line("memory", what, rates(ours), "/s", rates(gave["echo"]), "echo", at_least=0.8 if single else None)
        yield Line("memory", f"{what}, processor time each", cpu(ours), "µs", cpu(gave["Redis"]), "Redis",
                   at_most=0.85 if single else None)
        yield Line("memory", f"{what}, processor time each", cpu(ours), "µs", cpu(gave["echo"]), "echo",
                   at_most=1.15 if single else None)


def hot(run):
    """one name that 50 connections want, against random names"""
    for kind in ["memory", "durable"]:
        with Holdfast(run.scratch, durable=kind == "durable") as holdfast:
            load = {"connections": 50}
            count = loads.count_for(holdfast, run.seconds, **load)
            gave = run.by_turns({
                "random": lambda: loads.take(holdfast, count=count, **load),
                "hot": lambda: loads.take(holdfast, count=count, key=loads.hot_name, **load)})
        yield Line("hot", f"one name, 50 connections, {kind}", rates(gave["hot"]), "/s", rates(gave["random"]),
                   "random names", at_least=1.0)


def stores(run):
    """acquires on disk against etcd and PostgreSQL, 50 clients"""
    clients, seconds = 50, max(run.seconds, 1.0)
    with ExitStack() as stack:
        etcd = stack.enter_context(Etcd(run.scratch))
        postgres = stack.enter_context(Postgres(run.scratch))
        holdfast = stack.enter_context(Holdfast(run.scratch, durable=True))
        postgres.fill()
        gave = against(run, [holdfast], {
            "etcd": lambda: loads.etcd(etcd, clients, seconds),
            "PostgreSQL": lambda: loads.pgbench(postgres, clients, max(1, round(seconds)))}, connections=clients)
    for store, bound in [("etcd", 8.0), ("PostgreSQL", 3.0)]:
        yield Line("stores", f"durable acquires, {clients} clients", rates(gave["Holdfast"]), "/s",
                   rates(gave[store]), store, at_least=bound)


def connections(run):
    """how cost grows with connections: 1 to 1,024"""
    for kind in ["memory", "durable"]:
        with Holdfast(run.scratch, durable=kind == "durable") as holdfast:
            for count in [1, 16, 64, 256, 1024]:
                ours = against(run, [holdfast], connections=count)["Holdfast"]
                what = f"{kind}, {told_load(count, 1)}"
                yield Line("connections", what, rates(ours), "/s")
                yield Line("connections", f"{what}, processor time each", cpu(ours), "µs")


# The shortest there is, so that those whom the load takes do not add up to many beside those that were there before.
passing_ms = 100


def leases(run):
    """how cost grows with live leases: 1 thousand to 10 million"""
    for kind in ["memory", "durable"]:
        with Holdfast(run.scratch, durable=kind == "durable") as holdfast:
            empty, held = holdfast.memory(), 0
            for live in run.live:
                seconds = loads.fill(holdfast, held, live - held)
                if live > 100_000:
                    yield Line("leases", f"{kind}, {live:,} live, taken in pipelines of 1,000",
                               [(live - held) / seconds], "/s")
                    yield Line("leases", f"{kind}, {live:,} live, memory of each with its name",
                               [(holdfast.memory() - empty) / live], "bytes")
                held = live
                ours = against(run, [holdfast], connections=50, ttl_ms=passing_ms)["Holdfast"]
                what = f"{kind}, {live:,} live, {told_load(50, 1)}"
                yield Line("leases", what, rates(ours), "/s")
                yield Line("leases", f"{what}, processor time each", cpu(ours), "µs")


def told_load(connections_open, pipeline):
    many = f"{connections_open:,} connection" + ("s" if connections_open > 1 else "")
    return many + (f", pipelines of {pipeline}" if pipeline > 1 else "")


all_parts = {part.__name__: part for part in [durable, memory, hot, stores, connections, leases]}
