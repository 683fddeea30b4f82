# Debian's ruby-redis: redis_rb.rb PORT
require 'redis'

NAME = 'locks/ruby-redis'.freeze
RELEASE = "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) else return 0 end".freeze
EXTEND = "return redis.call('get', KEYS[1]) == ARGV[1] and redis.call('pexpire', KEYS[1], ARGV[2]) or 0".freeze

$ours, $theirs, $server = Array.new(3) { Redis.new(port: ARGV[0].to_i) }

def lease
  Hash[*$server.call('LEASE.GET', NAME)]
end

def expect(truth, why)
  raise "#{why}: #{lease}" unless truth
end

def holds(value)
  seen = lease
  expect(seen['held'] == 1 && seen['session'] == value && $server.get(NAME) == value, "held by #{value}")
  seen
end

def refused
  yield
rescue Redis::CommandError => e
  expect(e.message.start_with?('KEY_NOT_PROVEN'), e.message)
else
  raise 'it was not refused'
end

expect($ours.set(NAME, 'ours', nx: true, px: 20_000), 'free')
token = holds('ours')['token']
expect(!$theirs.set(NAME, 'theirs', nx: true, px: 20_000), 'taken twice')
expect(!$theirs.set(NAME, 'ours', nx: true, px: 20_000), 'taken twice, as the same')

extend_sha = $ours.script(:load, EXTEND)
expect($ours.evalsha(extend_sha, [NAME], ['ours', 60_000]) == 1, 'extended')
expect(holds('ours')['deadline_in_ms'] > 50_000, 'later')
expect($theirs.evalsha(extend_sha, [NAME], ['a-stranger', 60_000]).zero?, 'a stranger extends')
expect($theirs.eval(RELEASE, [NAME], ['a-stranger']).zero?, 'a stranger releases')
refused { $theirs.del(NAME) }
refused { $theirs.pexpire(NAME, 1_000) }
refused { $theirs.set(NAME, 'theirs') }
expect(holds('ours')['token'] == token, 'still the same holding')
expect($theirs.eval(RELEASE, [NAME], ['ours']) == 1, 'whoever shows the value releases')
expect(lease['held'].zero? && $server.get(NAME).nil?, 'released')

# It runs out, somebody else has it, and then the first one comes back.
expect($ours.set(NAME, 'late', nx: true, px: 150), 'free again')
lapsed = holds('late')['token']
nil until $theirs.set(NAME, 'theirs', nx: true, ex: 20)
after = holds('theirs')['token']
expect(after > lapsed, 'the token rises')
expect($ours.evalsha(extend_sha, [NAME], ['late', 60_000]).zero?, 'extended after its end')
expect($ours.eval(RELEASE, [NAME], ['late']).zero?, 'the late one releases')
refused { $ours.del(NAME) }
expect(holds('theirs')['token'] == after, 'still the other one')
expect($theirs.del(NAME) == 1, 'the connection that took it releases')

# A pipeline is answered in its order.
answers = $ours.pipelined do |pipeline|
  pipeline.set(NAME, 'a', nx: true, px: 20_000)
  pipeline.set(NAME, 'b', nx: true, px: 20_000)
  pipeline.get(NAME)
  pipeline.del(NAME)
end
expect(answers == [true, false, 'a', 1], answers.to_s)
puts "#{NAME}: held as it should"
