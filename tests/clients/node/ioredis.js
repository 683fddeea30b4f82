// ioredis by itself: node ioredis.js PORT MODULE
'use strict';

const assert = require('node:assert');
const { trial, run } = require('./trial.js');
const scripts = require('./scripts.js');

const module_name = process.argv[3];
const { Redis } = require(module_name);

run(async (port) => {
  const redis = new Redis(port, { connectionName: 'a-worker' });
  const other = new Redis(port);
  other.defineCommand('releaseLock', { numberOfKeys: 1, lua: scripts.release });
  other.defineCommand('extendLock', { numberOfKeys: 1, lua: scripts.extend });
  const key = `locks/${module_name}`;
  let count = 0;
  const take = async (value, ttl) => ((await redis.set(key, value, 'PX', ttl, 'NX')) === 'OK' ? value : null);
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
    extend: async (value, ttl) => (await other.extendLock(key, value, ttl)) === 1,
    release: async (value) => (await other.releaseLock(key, value)) === 1,
    stranger: () => 'a-stranger',
    value: (value) => value,
  });

  // A pipeline, and what is refused: with a sentence, and nothing happens.
  const answers = await redis
    .pipeline()
    .set('locks/pipeline', 'mine', 'PX', 20_000, 'NX')
    .set('locks/pipeline', 'mine', 'PX', 20_000, 'NX')
    .get('locks/pipeline')
    .pttl('locks/pipeline')
    .exec();
  assert.deepStrictEqual(answers.slice(0, 3), [[null, 'OK'], [null, null], [null, 'mine']]);
  assert.ok(answers[3][1] > 10_000 && answers[3][1] <= 20_000);
  await assert.rejects(other.del('locks/pipeline'), /^ReplyError: KEY_NOT_PROVEN .*locks\/pipeline/);
  await assert.rejects(other.set('locks/pipeline', 'theirs'), /KEY_NOT_PROVEN/);
  await assert.rejects(other.pexpire('locks/pipeline', 1_000), /KEY_NOT_PROVEN/);
  await assert.rejects(other.eval('while true do end', 0), /BAD_SCRIPT .*line 1: a loop with 'while'/);
  await assert.rejects(other.hset('locks/pipeline', 'a', 'b'), /unknown command/i);
  await assert.rejects(other.evalsha('0'.repeat(40), 0), /NOSCRIPT/);
  assert.strictEqual(await redis.get('locks/pipeline'), 'mine');
  assert.strictEqual(await redis.del('locks/pipeline'), 1); // The connection that took it.
  await Promise.all([redis.quit(), other.quit()]);
});
