// What every lock client is put through. Each adapter says how its client does it, and extends and releases over another
// connection than it takes: so that what entitles it is the value that its scripts compare.
//
//   key               as the server has it
//   take(ttl)         a handle, or null where somebody else holds the lock
//   takeSame(h, ttl)  likewise, under the value of `h`; only where clients choose values
//   takeSoon(ttl)     a handle, after as much waiting as the client does by itself
//   extend(h, ttl)    whether it was extended
//   release(h)        whether it was released; undefined where the client does not say
//   stranger(h)       a handle for the same lock with another value
//   value(h)          what it wrote into the key
'use strict';

const assert = require('node:assert');
const { Server } = require('./server.js');

const long = 20_000;
const short = 150;

async function trial(client) {
  const server = await Server.at(client.port);
  const holds = async (handle, why) => {
    const lease = await server.lease(client.key);
    assert.strictEqual(lease.held, 1, `${why}: nobody holds it`);
    assert.strictEqual(lease.session, client.value(handle), why);
    assert.strictEqual(await server.ask('GET', client.key), client.value(handle), why);
    return lease;
  };

  const first = await client.take(long);
  assert.ok(first, 'a free lock is refused');
  const granted = await holds(first, 'after it was taken');
  assert.strictEqual(granted.ttl_ms, long);

  assert.strictEqual(await client.take(long), null, 'it was taken twice');
  if (client.takeSame) assert.strictEqual(await client.takeSame(first, long), null, 'it was taken twice, as the same');
  assert.strictEqual((await holds(first, 'after others asked')).token, granted.token);

  if (client.extend) {
    assert.strictEqual(await client.extend(first, 3 * long), true, 'its holder cannot extend it');
    const extended = await holds(first, 'after it was extended');
    assert.strictEqual(extended.token, granted.token);
    assert.ok(extended.deadline_in_ms > 2 * long, `it ends in ${extended.deadline_in_ms} ms`);
    assert.notStrictEqual(await client.extend(client.stranger(first), long), true, 'a stranger extended it');
  }

  assert.notStrictEqual(await client.release(client.stranger(first)), true, 'a stranger released it');
  assert.strictEqual((await holds(first, 'after a stranger released')).token, granted.token);

  assert.notStrictEqual(await client.release(first), false, 'its holder cannot release it');
  assert.strictEqual((await server.lease(client.key)).held, 0, 'it was released');
  assert.strictEqual(await server.ask('GET', client.key), null);

  // It runs out, somebody else has it, and then the first one comes back.
  const late = await client.take(short);
  assert.ok(late, 'a released lock is refused');
  const lapsed = await server.lease(client.key);
  const next = await client.takeSoon(long);
  const after = await holds(next, 'after the lapse');
  assert.ok(BigInt(after.token) > BigInt(lapsed.token), 'the token did not rise');
  if (client.extend) assert.notStrictEqual(await client.extend(late, long), true, 'it was extended after its end');
  assert.notStrictEqual(await client.release(late), true, 'the late one released it');
  assert.strictEqual((await holds(next, 'after the late release')).token, after.token);
  assert.notStrictEqual(await client.release(next), false);
  assert.strictEqual((await server.lease(client.key)).held, 0);

  server.close();
  console.log(`${client.key}: held as it should`);
}

/** Runs `main(port)`; whatever goes wrong ends the process with 1. */
function run(main) {
  const port = Number(process.argv[2]);
  main(port).catch((error) => {
    console.error(error);
    process.exit(1);
  });
}

module.exports = { trial, run };
