#!/usr/bin/env python3
"""A lock server as many teams have one: a name is held while there is a file that is called so.

    python3 lock_server.py [--port 8400] [--fixed | --fixed-all]

It looks whether the file is there, and then writes it. Two requests can both have looked before either has written, and
both are told that the lock is theirs. With --fixed the system looks and writes in one step.

That leaves the release, which looks whose the file is and then removes it. A release that is sent twice can look before
the name changes hands and remove afterwards. With --fixed-all nothing comes in between there either.

`holdfast verify lock.toml` finds the first, `holdfast verify lock.toml --faults duplicate` the second.
"""

import argparse
import contextlib
import http.server
import json
import os
import signal
import sys
import tempfile
import threading
import urllib.parse

FOLDER = tempfile.TemporaryDirectory(prefix="locks-")
FIXED = False
ONE_AT_A_TIME = contextlib.nullcontext()


def holder_of(path):
    try:
        with open(path) as file:
            return file.read()
    except FileNotFoundError:
        return None


def acquire(path, client):
    """The holder after this: the client, if it was granted."""
    if FIXED:
        try:
            with open(path, "x") as file:  # O_EXCL: it fails where there is one.
                file.write(client)
                return client
        except FileExistsError:
            return holder_of(path)
    if os.path.exists(path):
        return holder_of(path)
    with open(path, "w") as file:
        file.write(client)
    return client


def release(path, client):
    if holder_of(path) != client:
        return False
    try:
        os.unlink(path)
    except FileNotFoundError:
        return False
    return True


class Locks(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with ONE_AT_A_TIME:
            holder = acquire(self.lock_path(), body["client"])
        granted = holder == body["client"]
        self.answer(200 if granted else 409, {"acquired": granted, "holder": holder})

    def do_DELETE(self):
        query = urllib.parse.parse_qs(urllib.parse.urlsplit(self.path).query)
        with ONE_AT_A_TIME:
            done = release(self.lock_path(), query["client"][0])
        self.answer(200 if done else 404, {"released": done})

    def lock_path(self):
        return os.path.join(FOLDER.name, os.path.basename(urllib.parse.urlsplit(self.path).path))

    def answer(self, status, fields):
        text = json.dumps(fields).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
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
    options.add_argument("--port", type=int, default=8400)
    options.add_argument("--fixed", action="store_true")
    options.add_argument("--fixed-all", action="store_true")
    chosen = options.parse_args()
    FIXED = chosen.fixed or chosen.fixed_all
    if chosen.fixed_all:
        ONE_AT_A_TIME = threading.Lock()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # The folder goes, too.
    with Server(("127.0.0.1", chosen.port), Locks) as server:
        print(f"listens on http://127.0.0.1:{server.server_address[1]}", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            pass
