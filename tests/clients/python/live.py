# A WebSocket client that others wrote (Debian's python3-websockets), unmodified, on the live socket of a real server.
import asyncio
import json
import sys

import websockets


class Socket:
    def __init__(self, connection):
        self.connection, self.ids, self.others = connection, 0, []

    async def ask(self, call, **fields):
        self.ids += 1
        await self.connection.send(json.dumps({"id": self.ids, "call": call, **fields}))
        while True:
            message = json.loads(await asyncio.wait_for(self.connection.recv(), 10))
            if message.get("id") == self.ids:
                return message
            self.others.append(message)

    async def push(self, kind):
        while True:
            for message in self.others:
                if message.get("push") == kind:
                    self.others.remove(message)
                    return message
            self.others.append(json.loads(await asyncio.wait_for(self.connection.recv(), 10)))


async def main(port):
    uri = f"ws://127.0.0.1:{port}/v1/live"
    async with websockets.connect(uri, subprotocols=["holdfast.v1"]) as one, websockets.connect(
        uri, subprotocols=["holdfast.v1"]
    ) as two:
        assert one.subprotocol == "holdfast.v1"
        alice, bob = Socket(one), Socket(two)
        assert (await alice.ask("hello", owner="alice", session="a"))["status"] == 200
        assert (await bob.ask("hello", owner="bob", session="b"))["status"] == 200
        assert (await bob.ask("follow", name="job"))["body"]["buffer"] is None
        held = await alice.ask("lease.acquire", name="job")
        assert held["status"] == 200, held
        assert (await bob.push("event"))["data"]["token"] == held["body"]["token"]
        assert (await bob.ask("lease.acquire", name="job"))["body"]["code"] == "held"
        long_note = "ä" * 500
        refused = await bob.ask("lease.takeover", name="job", token=held["body"]["token"], reason=long_note, flush_ms=0)
        assert refused["status"] == 200, refused
        assert (await alice.push("lost"))["reason"] == long_note
        await (await one.ping())  # Answered by the server.
        await one.send(b"binary")
        try:
            await asyncio.wait_for(one.recv(), 10)
            raise AssertionError("binary was taken")
        except websockets.ConnectionClosed as closed:
            assert closed.code == 1003, closed
    try:
        await websockets.connect(uri)
        raise AssertionError("let in without the subprotocol")
    except websockets.InvalidStatusCode as refused:
        assert refused.status_code == 400, refused
    print("held as it should")


asyncio.run(main(sys.argv[1]))
