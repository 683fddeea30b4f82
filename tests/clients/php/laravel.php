<?php
// Laravel's cache locks, of Debian's php-illuminate-cache and php-redis, as an application has them: laravel.php PORT

declare(strict_types=1);

require_once '/usr/share/php/Illuminate/Cache/autoload.php';
require_once '/usr/share/php/Illuminate/Redis/autoload.php';

use Illuminate\Cache\RedisStore;
use Illuminate\Redis\RedisManager;

const NAME = 'report';
const KEY = 'laravel_cache:report';

/** The store of a process: it has a connection of its own. */
function process_of(int $port): RedisStore
{
    $default = ['host' => '127.0.0.1', 'port' => $port, 'database' => 0];
    return new RedisStore(new RedisManager(null, 'phpredis', ['default' => $default]), 'laravel_cache');
}

$store = process_of((int) $argv[1]);
$elsewhere = process_of((int) $argv[1]);
$server = new Redis();
$server->connect('127.0.0.1', (int) $argv[1]);

function expect(bool $truth, string $why): void
{
    global $server;
    if (!$truth) {
        fwrite(STDERR, $why . ': ' . json_encode($server->rawCommand('LEASE.GET', KEY)) . "\n");
        exit(1);
    }
}

function lease(): array
{
    global $server;
    $fields = [];
    foreach (array_chunk($server->rawCommand('LEASE.GET', KEY), 2) as [$field, $value]) {
        $fields[$field] = $value;
    }
    return $fields;
}

function holds($lock): array
{
    $seen = lease();
    expect($seen['held'] === 1 && $seen['session'] === $lock->owner(), 'held by ' . $lock->owner());
    return $seen;
}

$first = $store->lock(NAME, 20);
expect($first->get(), 'a free lock is refused');
$granted = holds($first);
expect($granted['ttl_ms'] === 20000, 'its time');

expect(!$store->lock(NAME, 20)->get(), 'it was taken twice');
expect(!$store->lock(NAME, 20, $first->owner())->get(), 'it was taken twice, as the same');
expect(!$store->lock(NAME, 0)->get(), 'it was taken twice, without end');

expect(!$elsewhere->restoreLock(NAME, 'a-stranger')->release(), 'a stranger released it');
expect(holds($first)['token'] === $granted['token'], 'still the same holding');
expect($elsewhere->restoreLock(NAME, $first->owner())->release(), 'its owner, in another process, cannot release it');
expect(lease()['held'] === 0, 'it was released');
expect(!$first->release(), 'it was released twice');

// It runs out, somebody else has it, and then the first one comes back.
$late = $store->lock(NAME, 1);
expect($late->get(), 'a released lock is refused');
$lapsed = holds($late);
$next = $store->lock(NAME, 20)->betweenBlockedAttemptsSleepFor(20);
expect($next->block(5), 'it never became free');
$after = holds($next);
expect($after['token'] > $lapsed['token'], 'the token did not rise');
expect(!$late->release(), 'the late one released it');
expect(holds($next)['token'] === $after['token'], 'still the other one');
$next->release();

// Without a time it is a lease without a ttl.
$endless = $store->lock(NAME, 0);
expect($endless->get(), 'SETNX');
expect(holds($endless)['ttl_ms'] === false, 'it has no end');  // What phpredis makes of nothing.

// To let go of a lock that is somebody else's, whoever it is, is only for the connection that took it.
try {
    $elsewhere->lock(NAME)->forceRelease();
} catch (RedisException) {
}
holds($endless);
expect($endless->release(), 'its owner cannot release it');
echo KEY . ": held as it should\n";
