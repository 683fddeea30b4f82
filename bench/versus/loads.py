"""The generators of load: redis-benchmark for what speaks RESP, one for each other store, and the bare disk."""

import csv
import io
import json
import subprocess
from dataclasses import dataclass

from servers import Failed, ours, tool

random_name = "k:__rand_int__"
hot_name = "hot"


@dataclass
class Measured:
    rate: float  # A second.
    p50_us: float
    cpu_us: float = 0  # The server's processor time for each.


def said_by(words):
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        raise Failed(f"{words[0]} ended with {done.returncode}:\n{done.stdout[-1000:]}{done.stderr[-1000:]}")
    return done.stdout


def take(server, connections, count, pipeline=1, key=random_name, ttl_ms=30000):
    """`count` times SET NX PX, for names out of a hundred million unless told otherwise."""
    before = server.cpu_seconds()
    said = said_by([tool("redis-benchmark"), "-h", "127.0.0.1", "-p", str(server.port), "-c", str(connections),
                    "-n", str(count), "-P", str(pipeline), "-r", "100000000", "--csv",
                    "SET", key, "v", "NX", "PX", str(ttl_ms)])
    spent = server.cpu_seconds() - before
    rows = [row for row in csv.reader(io.StringIO(said)) if len(row) == 8]
    if len(rows) != 2:
        raise Failed(f"redis-benchmark against {server.name} said:\n{said}")
    figures = dict(zip(rows[0], rows[1]))
    return Measured(float(figures["rps"]), float(figures["p50_latency_ms"]) * 1000, spent / count * 1e6)


def count_for(server, seconds, **load):
    """How many of them take about so long. The server is warm afterwards."""
    count = 200 * load.get("pipeline", 1)
    while True:
        rate = take(server, count=count, **load).rate
        if count / rate > 0.2:
            return max(1000, int(rate * seconds))
        count = int(max(count * 2, rate * 0.3))


def etcd(server, clients, seconds):
    """Each client on a connection of its own, as processes that lock are."""
    said = json.loads(said_by([ours("bench/versus/holdfast_versus_etcd"), f"127.0.0.1:{server.port}", str(clients),
                               str(clients), str(seconds)]))
    return Measured(said["rate"], said["p50_us"])


conditional_update = """\\set id random(1, {names})
update lease set holder = 'client' || :client_id, token = token + 1, ends_at = now() + interval '30 seconds'
 where name = 'k:' || :id and ends_at <= now() returning token;
"""


def pgbench(server, clients, seconds):
    script = server.folder / "acquire.sql"
    script.write_text(conditional_update.format(names=server.names))
    said = said_by([server.program("pgbench"), "-n", "-M", "prepared", "-c", str(clients), "-j", "2", "-T",
                    str(seconds), "-f", str(script), *server.client()])
    for line in said.splitlines():
        if line.startswith("tps = "):
            rate = float(line.split()[2])
            return Measured(rate, clients / rate * 1e6)
    raise Failed(f"pgbench said:\n{said}")


def commit_us(folder, size, count=500):
    """The median of one write and fdatasync."""
    said = said_by([ours("bench/versus/holdfast_versus_disk"), str(folder), str(size), str(count)])
    return json.loads(said)["p50_us"]


def fill(server, first, count, ttl_ms=3_600_000):
    """Takes held:FIRST and those that follow, for an hour. Returns the seconds that it took."""
    return json.loads(said_by([ours("bench/versus/holdfast_versus_fill"), str(server.port), str(first), str(count),
                               str(ttl_ms)]))["seconds"]
