#!/usr/bin/env python3
"""The Lock of Debian's python3-redis: redis_py.py PORT"""

import sys

import redis
from redis.exceptions import LockError, LockNotOwnedError, ResponseError

NAME = "locks/redis-py"
LONG, SHORT = 20.0, 0.15

port = int(sys.argv[1])
ours, theirs, server = (redis.Redis(port=port) for _ in range(3))


def lease():
    words = server.execute_command("LEASE.GET", NAME)
    return dict(zip((word.decode() for word in words[::2]), words[1::2]))


def holds(lock):
    seen = lease()
    assert seen["held"] == 1, seen
    assert seen["session"] == lock.local.token, (seen, lock.local.token)
    assert server.get(NAME) == lock.local.token
    return seen


def refused(action, error=LockNotOwnedError):
    try:
        action()
    except error:
        return
    raise AssertionError(f"{action} was not refused")


first = ours.lock(NAME, timeout=LONG, blocking=False)
second = theirs.lock(NAME, timeout=LONG, blocking=False)
assert first.acquire()
granted = holds(first)
assert granted["ttl_ms"] == 20_000 and first.owned() and first.locked()

assert not second.acquire(), "it was taken twice"
assert not second.acquire(token=first.local.token.decode()), "it was taken twice, as the same"
assert holds(first)["token"] == granted["token"]

assert first.extend(60, replace_ttl=True)
assert 50_000 < holds(first)["deadline_in_ms"] <= 61_000
assert first.extend(60)  # Further, from what was left.
assert 110_000 < holds(first)["deadline_in_ms"] <= 121_000
assert first.reacquire()
assert holds(first)["deadline_in_ms"] <= 21_000
assert holds(first)["token"] == granted["token"]

second.local.token = b"a-stranger"
assert not second.owned()
refused(lambda: second.extend(60))
refused(second.reacquire)
refused(second.release)
refused(lambda: theirs.delete(NAME), ResponseError)
refused(lambda: theirs.set(NAME, "a-stranger"), ResponseError)
assert holds(first)["token"] == granted["token"]

first.release()
assert lease()["held"] == 0 and server.get(NAME) is None
refused(first.release, LockError)

# It runs out, somebody else has it, and then the first one comes back.
late = ours.lock(NAME, timeout=SHORT, blocking=False)
assert late.acquire()
lapsed = lease()
after = theirs.lock(NAME, timeout=LONG, sleep=0.02)
assert after.acquire(blocking_timeout=10)
taken = holds(after)
assert taken["token"] > lapsed["token"]
assert not late.owned()
refused(lambda: late.extend(60))
refused(late.release)
assert holds(after)["token"] == taken["token"]
after.release()

# Without a timeout it is a lease without a ttl.
with theirs.lock(NAME) as endless:
    assert holds(endless)["ttl_ms"] is None
    assert server.ttl(NAME) == -1
assert lease()["held"] == 0

# Scripts as clients register them; the cache may be emptied between two calls.
drop = ours.register_script("if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end return 0")
assert theirs.set(NAME, "mine", nx=True, px=20_000)
assert drop(keys=[NAME], args=["not mine"]) == 0
server.script_flush()
assert drop(keys=[NAME], args=["mine"]) == 1
print(f"{NAME}: held as it should")
