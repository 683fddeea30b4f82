'use strict';

const Redis = require('ioredis');
const Redlock = require('redlock-4');
const assert = require('node:assert');
const { trial, run } = require('./trial.js');
const { Server } = require('./server.js');

const refused = (error) => {
  if (error.name === 'LockError') return null;
  throw error;
};

run(async (port) => {
  const [redis, other] = [new Redis(port), new Redis(port)];
  const once = new Redlock([redis], { retryCount: 0 });
  const elsewhere = new Redlock([other], { retryCount: 0 });
  const patient = new Redlock([redis], { retryCount: 200, retryDelay: 20, retryJitter: 10 });
  const key = 'locks/redlock-4';
  await trial({
    port,
    key,
    take: (ttl) => once.lock(key, ttl).catch(refused),
    takeSoon: (ttl) => patient.lock(key, ttl),
    extend: async (lock, ttl) => {
      lock.expiration = Date.now() + 10_000; // By a clock that is late: else it would not even ask.
      return (await elsewhere.extend(lock, ttl).catch(refused)) !== null;
    },
    release: async (lock) => (await elsewhere.unlock(lock).then(() => true).catch(refused)) !== null,
    stranger: (lock) => new Redlock.Lock(once, lock.resource, 'a-stranger', lock.expiration),
    value: (lock) => lock.value,
  });

  // Several at once: all of them, or none.
  const server = await Server.at(port);
  const both = await once.lock(['locks/a', 'locks/b'], 20_000);
  assert.strictEqual(await once.lock(['locks/c', 'locks/b'], 20_000).catch(refused), null);
  assert.strictEqual((await server.lease('locks/c')).held, 0);
  assert.strictEqual((await server.lease('locks/a')).session, both.value);
  await both.unlock();
  assert.strictEqual((await server.lease('locks/b')).held, 0);
  server.close();
  redis.disconnect();
  other.disconnect();
});
