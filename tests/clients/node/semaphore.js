// The Mutex of redis-semaphore.
'use strict';

const Redis = require('ioredis');
const { Mutex } = require('redis-semaphore');
const { trial, run } = require('./trial.js');

run(async (port) => {
  const redis = new Redis(port);
  const mutex = (lockTimeout, more) =>
    new Mutex(redis, 'semaphore', { lockTimeout, refreshInterval: 0, acquireAttemptsLimit: 1, ...more });
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
    extend: (lock, ttl) => mutex(ttl, { identifier: lock.identifier, acquiredExternally: true }).tryAcquire(),
    release: (lock) => lock.release(),
    stranger: () => mutex(20_000, { identifier: 'a-stranger', acquiredExternally: true }),
    value: (lock) => lock.identifier,
  });
  redis.disconnect();
});
