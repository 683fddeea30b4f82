"""The servers that are measured. Each is a process of ours on a free port of loopback and in a folder of its own;
each ends with its `with`."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path

top = Path(__file__).resolve().parents[2]


class Failed(Exception):
    """It could not be measured; the words say why."""


def tool(name, *places):
    """A program of Debian's: where its package puts it, or else where tools/setup has unpacked it."""
    for place in places or [f"/usr/bin/{name}"]:
        if os.access(place, os.X_OK):
            return str(place)
    raise Failed(f"There is no {name}; run: tools/setup bench-versus")


def ours(name):
    path = top / "build/release" / name
    if not os.access(path, os.X_OK):
        raise Failed(f"There is no {path.relative_to(top)}; run: make bench-versus")
    return str(path)


def version_said_by(program):
    """The first word of what it says of itself that looks like one."""
    said = subprocess.run([program, "--version"], stdout=subprocess.PIPE, text=True, check=False).stdout
    return next((word for word in said.replace("v=", "").split() if word[:1].isdigit()), "of unknown version")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    name = "?"

    def __init__(self, scratch, kind=""):
        self.port = free_port()
        self.folder = Path(scratch) / f"{type(self).__name__.lower()}-{kind or 'server'}-{self.port}"
        self.folder.mkdir()

    def command(self):
        """Words, and what else Popen is told."""
        raise NotImplementedError

    def __enter__(self):
        words, how = self.command()
        self.log = open(self.folder / "log", "w+")
        self.process = subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log, **how)
        try:
            self.wait_until(self.answers)
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(self.end_signal)
            try:
                self.process.wait(20)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    end_signal = signal.SIGTERM

    def wait_until(self, true, seconds=30):
        end = time.monotonic() + seconds
        while not true():
            if self.process.poll() is not None or time.monotonic() > end:
                self.log.seek(0)
                raise Failed(f"{self.name} does not start. It said:\n{self.log.read()[-2000:]}")
            time.sleep(0.02)

    def answers(self):
        try:
            with socket.create_connection(("127.0.0.1", self.port), 1):
                return True
        except OSError:
            return False

    def cpu_seconds(self):
        """Processor time, of user and system, that its threads have used: in nanoseconds for each thread, where stat
        only counts ticks of 10 ms."""
        return sum(int(self.first_word(task / "schedstat")) for task in self.tasks()) / 1e9

    def tasks(self):
        return Path(f"/proc/{self.process.pid}/task").iterdir()

    @staticmethod
    def first_word(path):
        try:
            return path.read_text().split()[0]
        except FileNotFoundError:
            return "0"  # The thread has ended.

    def memory(self):
        """Resident bytes."""
        for line in open(f"/proc/{self.process.pid}/status"):
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
        raise Failed(f"/proc does not say how large {self.name} is")


class Redis(Server):
    name = "Redis"

    def __init__(self, scratch, durable):
        super().__init__(scratch, "durable" if durable else "memory")
        self.durable = durable

    @staticmethod
    def version():
        return version_said_by(tool("redis-server"))

    def command(self):
        keep = ["--appendonly", "yes", "--appendfsync", "always"] if self.durable else ["--appendonly", "no"]
        return [tool("redis-server"), "--bind", "127.0.0.1", "--port", str(self.port), "--save", "", "--dir",
                str(self.folder), *keep], {}


class Holdfast(Server):
    name = "Holdfast"

    def __init__(self, scratch, durable):
        super().__init__(scratch, "durable" if durable else "memory")
        self.durable = durable

    def command(self):
        journal = f"file:{self.folder}/data" if self.durable else "memory"
        return [ours("holdfast"), "serve", "--listen", "127.0.0.1:0", "--resp", f"127.0.0.1:{self.port}", "--journal",
                journal, "--log-level", "warn", "--quiet"], {}


class Echo(Server):
    """Holdfast's reading and writing, with nothing decided between them."""

    name = "echo"

    def command(self):
        return [ours("bench/versus/holdfast_versus_echo"), str(self.port)], {}


class Etcd(Server):
    name = "etcd"

    @staticmethod
    def program():
        return tool("etcd", "/usr/bin/etcd", top / "build/tools/etcd-server/usr/bin/etcd")

    @classmethod
    def version(cls):
        return version_said_by(cls.program())

    def command(self):
        here, peers = f"http://127.0.0.1:{self.port}", f"http://127.0.0.1:{free_port()}"
        return [self.program(), "--data-dir", str(self.folder / "data"), "--listen-client-urls", here,
                "--advertise-client-urls", here, "--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers,
                "--initial-cluster", f"default={peers}", "--logger", "zap", "--log-level", "error"], {}


class Postgres(Server):
    """A cluster of its own, as Debian's package sets one up: synchronous commits, and defaults otherwise."""

    name = "PostgreSQL"
    end_signal = signal.SIGINT  # Ends connections and shuts down in order.
    names = 1_000_000

    @classmethod
    def version(cls):
        return version_said_by(cls.program("postgres"))

    @staticmethod
    def program(name):
        return tool(name, f"/usr/lib/postgresql/15/bin/{name}",
                    top / f"build/tools/postgresql-15/usr/lib/postgresql/15/bin/{name}")

    def command(self):
        how = {"cwd": self.folder}
        if os.geteuid() == 0:  # It refuses to run as root.
            names = [user.pw_name for user in pwd.getpwall()]
            user = pwd.getpwnam("postgres" if "postgres" in names else "nobody")
            shutil.chown(self.folder, user.pw_uid, user.pw_gid)
            how |= {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
        data = self.folder / "data"
        subprocess.run([self.program("initdb"), "-D", data, "-A", "trust", "-U", "bench", "--locale", "C",
                        "-E", "UTF8"], check=True, stdout=subprocess.DEVNULL, **how)
        return [self.program("postgres"), "-D", str(data), "-p", str(self.port), "-h", "127.0.0.1", "-k", "",
                "-c", "synchronous_commit=on", "-c", "fsync=on"], how

    def client(self):
        return ["-h", "127.0.0.1", "-p", str(self.port), "-U", "bench", "postgres"]

    def answers(self):
        if not super().answers():
            return False
        return subprocess.run([self.program("psql"), "-qtAc", "select 1", *self.client()], stdout=subprocess.DEVNULL,
                              stderr=subprocess.DEVNULL, check=False).returncode == 0

    def fill(self):
        """A row for each name, all of them free."""
        subprocess.run([self.program("psql"), "-q", *self.client()], check=True, text=True, stdout=subprocess.DEVNULL,
                       input="create table lease (name text primary key, holder text, token bigint not null default 0,"
                             " ends_at timestamptz not null default 'epoch');"
                             f" insert into lease (name) select 'k:' || i from generate_series(1, {self.names}) i;"
                             " vacuum analyze lease; checkpoint;")
