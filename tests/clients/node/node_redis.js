// node-redis by itself: node node_redis.js PORT VERSION, where VERSION is 2 or 3, that of the protocol.
'use strict';

const assert = require('node:assert');
const { createClient } = require('redis');
const { trial, run } = require('./trial.js');
const scripts = require('./scripts.js');

run(async (port) => {
  const RESP = Number(process.argv[3]);
  const url = `redis://127.0.0.1:${port}`;
  const redis = await createClient({ url, RESP, name: 'a-worker' }).connect();
  const other = await createClient({ url, RESP }).connect();
  const key = `locks/node-redis-${RESP}`;
  let count = 0;
  const take = async (value, ttl) => {
    const got = await redis.set(key, value, { condition: 'NX', expiration: { type: 'PX', value: ttl } });
    return got === 'OK' ? value : null;
  };
  const script = (text, ...words) => other.eval(text, { keys: [key], arguments: words.map(String) });
  await trial({
    port,
    key,
    take: (ttl) => take(`value-${++count}`, ttl),
    takeSame: take,
    takeSoon: async (ttl) => {
      for (;;) {
        const got = await take(`value-${++count}`, ttl);
        if (got) return got;
      }
    },
    extend: async (value, ttl) => (await script(scripts.extend, value, ttl)) === 1,
    release: async (value) => (await script(scripts.release, value)) === 1,
    stranger: () => 'a-stranger',
    value: (value) => value,
  });

  // The same without any script, by commands that compare.
  assert.strictEqual(await take('mine', 20_000), 'mine');
  const again = { expiration: { type: 'PX', value: 60_000 }, condition: 'IFEQ' };
  assert.strictEqual(await other.set(key, 'mine', { ...again, matchValue: 'not mine' }), null);
  assert.strictEqual(await other.set(key, 'mine', { ...again, matchValue: 'mine' }), 'OK');
  assert.ok((await other.pTTL(key)) > 50_000);
  assert.strictEqual(await other.delEx(key, { condition: 'IFEQ', matchValue: 'not mine' }), 0);
  await assert.rejects(other.del(key), /KEY_NOT_PROVEN/);
  assert.strictEqual(await other.delEx(key, { condition: 'IFEQ', matchValue: 'mine' }), 1);
  assert.strictEqual(await redis.get(key), null);
  await Promise.all([redis.close(), other.close()]);
});
