// redlock 5 and its successor, which have one interface: node redlock_newer.js PORT MODULE
'use strict';

const Redis = require('ioredis');
const assert = require('node:assert');
const { trial, run } = require('./trial.js');
const { Server } = require('./server.js');

const module_name = process.argv[3];
const loaded = require(module_name);
const { Lock, ResourceLockedError, ExecutionError } = loaded;
const Redlock = loaded.Redlock ?? loaded.default;

const refused = (error) => {
  if (error instanceof ResourceLockedError || error instanceof ExecutionError) return null;
  throw error;
};

run(async (port) => {
  const [redis, other] = [new Redis(port), new Redis(port)];
  const once = new Redlock([redis], { retryCount: 0 });
  const elsewhere = new Redlock([other], { retryCount: 0 });
  const patient = new Redlock([redis], { retryCount: 200, retryDelay: 20, retryJitter: 10 });
  const key = `locks/${module_name}`;
  await trial({
    port,
    key,
    take: (ttl) => once.acquire([key], ttl).catch(refused),
    takeSoon: (ttl) => patient.acquire([key], ttl),
    extend: async (lock, ttl) => {
      lock.expiration = Date.now() + 10_000; // By a clock that is late: else it would not even ask.
      return (await elsewhere.extend(lock, ttl).catch(refused)) !== null;
    },
    release: async (lock) => (await elsewhere.release(lock).catch(refused)) !== null,
    stranger: (lock) => new Lock(once, lock.resources, 'a-stranger', [], Date.now() + 10_000),
    value: (lock) => lock.value,
  });

  // Several at once, and kept for as long as something takes, longer than their time.
  const server = await Server.at(port);
  const keys = [`${key}/a`, `${key}/b`];
  await patient.using(keys, 600, { automaticExtensionThreshold: 200 }, async (signal) => {
    const before = await server.lease(keys[1]);
    assert.strictEqual(await once.acquire([`${key}/c`, keys[1]], 20_000).catch(refused), null);
    assert.strictEqual((await server.lease(`${key}/c`)).held, 0);
    // It has been extended once less is gone than its whole time.
    for (let least = before.deadline_in_ms; ; ) {
      const now = await server.lease(keys[1]);
      assert.strictEqual(now.token, before.token);
      if (now.deadline_in_ms > least) break;
      least = now.deadline_in_ms;
    }
    assert.ok(!signal.aborted);
  });
  assert.strictEqual((await server.lease(keys[0])).held, 0);
  server.close();
  redis.disconnect();
  other.disconnect();
});
