#!/usr/bin/env python3
"""Somebody else's lock, for the tests of `holdfast verify`: rows of a table, with a ttl and a token that rises.

    python3 sql_lock.py [--racy WHAT]

WHAT is one of
  select-then-insert   looks whether a row is there, and writes it in a second statement
  delete-by-name       a release deletes the row, whoever's it is
  renew-by-name        a renewal extends the row, whoever's it is
  short-ttl            a lease ends at 60 % of its ttl
  token-per-client     each client counts its own tokens
"""

import argparse
import http.server
import json
import os
import sqlite3
import tempfile
import threading
import time

PATH = os.path.join(tempfile.mkdtemp(prefix="sql-lock-"), "locks.db")
LOCAL = threading.local()
RACY = None


def database():
    if not hasattr(LOCAL, "database"):
        LOCAL.database = sqlite3.connect(PATH, isolation_level=None, timeout=20)
        LOCAL.database.execute("PRAGMA synchronous=OFF")
        LOCAL.database.execute("PRAGMA journal_mode=MEMORY")
    return LOCAL.database


def rows(statement, *values):
    return database().execute(statement, values).fetchall()


def live(name):
    found = rows("SELECT holder, token FROM locks WHERE name = ? AND ends > ?", name, time.monotonic())
    return found[0] if found else None


GRANT = """
INSERT INTO locks (name, holder, token, ends) VALUES (?1, ?2, 1, ?3)
ON CONFLICT (name) DO UPDATE SET holder = ?2, token = token + 1, ends = ?3 %s
RETURNING token
"""


def acquire(ask):
    name, client = ask["name"], ask["client"]
    ends = time.monotonic() + ask["ttl_ms"] / 1000 * (0.6 if RACY == "short-ttl" else 1)
    if RACY == "select-then-insert":
        holder = live(name)
        granted = [] if holder else rows(GRANT % "", name, client, ends)
    else:
        granted = rows(GRANT % "WHERE holder IS NULL OR ends <= %r" % time.monotonic(), name, client, ends)
    if granted:
        token = granted[0][0]
        if RACY == "token-per-client":
            token = LOCAL.__dict__.setdefault("tokens", 0) + 1
            LOCAL.tokens = token
            rows("UPDATE locks SET token = ? WHERE name = ?", token, name)
        return 200, {"state": "yours", "fence": token}
    holder = live(name)
    return 200, {"state": "taken", "by": holder[0] if holder else None}


def renew(ask):
    ends = time.monotonic() + ask["ttl_ms"] / 1000
    whose = "" if RACY == "renew-by-name" else "AND holder = :client AND token = :token"
    done = database().execute(
        "UPDATE locks SET ends = :ends WHERE name = :name AND holder IS NOT NULL %s AND ends > :now RETURNING token"
        % whose,
        {**ask, "ends": ends, "now": time.monotonic()}).fetchall()
    return (200, {"state": "yours"}) if done else (404, {"state": "lost"})


def release(ask):
    whose = "" if RACY == "delete-by-name" else "AND holder = :client AND token = :token"
    done = database().execute(
        "UPDATE locks SET holder = NULL, ends = 0 WHERE name = :name AND holder IS NOT NULL %s RETURNING token" % whose,
        ask).fetchall()
    return (200, {"state": "free"}) if done else (404, {"state": "lost"})


class Locks(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1

    def do_POST(self):
        ask = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        status, fields = {"/acquire": acquire, "/renew": renew, "/release": release}[self.path](ask)
        text = json.dumps(fields).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 128
    daemon_threads = True


if __name__ == "__main__":
    options = argparse.ArgumentParser()
    options.add_argument("--racy")
    RACY = options.parse_args().racy
    database().execute("CREATE TABLE locks (name TEXT PRIMARY KEY, holder TEXT, token INTEGER, ends REAL)")
    with Server(("127.0.0.1", 0), Locks) as server:
        print(f"listens on http://127.0.0.1:{server.server_address[1]}", flush=True)
        server.serve_forever()
