// The Mutex of redis-semaphore.
'use strict';

const Redis = require('ioredis');
const { Mutex } = require('redis-semaphore');
const { trial, run } = require('./trial.js');

run(async (port) => {
  const [redis, other] = [new Redis(port), new Redis(port)];
  const mutex = (lockTimeout, more, connection = redis) =>
    new Mutex(connection, 'semaphore', { lockTimeout, refreshInterval: 0, acquireAttemptsLimit: 1, ...more });
  const elsewhere = (lock, ttl) => mutex(ttl, { identifier: lock.identifier, acquiredExternally: true }, other);
  const take = async (ttl, more) => {
    const lock = mutex(ttl, more);
    return (await lock.tryAcquire()) ? lock : null;
  };
  await trial({
    port,
    key: 'mutex:semaphore',
    take,
    takeSame: (lock, ttl) => take(ttl, { identifier: lock.identifier }),
    takeSoon: async (ttl) => {
      const lock = mutex(ttl, { acquireAttemptsLimit: Number.POSITIVE_INFINITY, retryInterval: 20 });
      await lock.acquire();
      return lock;
    },
    extend: (lock, ttl) => elsewhere(lock, ttl).tryAcquire(),
    release: (lock) => elsewhere(lock, 20_000).release(),
    stranger: () => mutex(20_000, { identifier: 'a-stranger', acquiredExternally: true }),
    value: (lock) => lock.identifier,
  });
  redis.disconnect();
  other.disconnect();
});
