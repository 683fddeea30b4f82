// Ten that contend for one lock, each over a connection of its own; what they count under it would lose some if ever two
// of them were in there at once.
'use strict';

const Redis = require('ioredis');
const Redlock = require('redlock-4');
const assert = require('node:assert');
const { run } = require('./trial.js');
const { Server } = require('./server.js');

const contenders = 10;
const rounds = 20;

run(async (port) => {
  const connections = Array.from({ length: contenders }, () => new Redis(port));
  let [count, inside] = [0, 0];
  const contend = async (redis) => {
    const redlock = new Redlock([redis], { retryCount: 10_000, retryDelay: 2, retryJitter: 2 });
    for (let round = 0; round < rounds; ++round) {
      const lock = await redlock.lock('locks/race', 20_000);
      assert.strictEqual(++inside, 1, 'two hold it at once');
      const before = count;
      await redis.ping(); // Others have their turn.
      count = before + 1;
      --inside;
      await lock.unlock();
    }
  };
  await Promise.all(connections.map(contend));
  assert.strictEqual(count, contenders * rounds);
  const server = await Server.at(port);
  const lease = await server.lease('locks/race');
  assert.strictEqual(lease.held, 0);
  assert.strictEqual(lease.because, 'released');
  server.close();
  connections.forEach((redis) => redis.disconnect());
  console.log('locks/race: held as it should');
});
