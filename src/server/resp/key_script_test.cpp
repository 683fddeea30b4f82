// Scripts on leases, decided by a real engine.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/resp/key_bench_for_tests.h"

namespace holdfast::server::resp {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

using Texts = std::vector<std::string>;

/// What lock libraries ask for, in the fewest words.
constexpr std::string_view delete_if_mine =
    "if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) else return 0 end";
constexpr std::string_view extend_if_mine =
    "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('pexpire', KEYS[1], ARGV[2]) end return 0";
constexpr std::string_view take_all =
    "for _, key in ipairs(KEYS) do if redis.call('exists', key) == 1 then return 0 end end "
    "for _, key in ipairs(KEYS) do redis.call('set', key, ARGV[1], 'PX', ARGV[2]) end return #KEYS";
constexpr std::string_view extend_all =
    "for _, key in ipairs(KEYS) do if redis.call('get', key) ~= ARGV[1] then return 0 end end "
    "for _, key in ipairs(KEYS) do redis.call('set', key, ARGV[1], 'PX', ARGV[2]) end return #KEYS";
constexpr std::string_view refresh_or_take =
    "if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('PEXPIRE', KEYS[1], ARGV[2]) return 1 "
    "elseif not redis.call('GET', KEYS[1]) then redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2]) return 1 end "
    "return 0";

class KeyScriptTest : public testing::Test, protected KeyBench {
 protected:
  static std::shared_ptr<KeyProgram> program(std::string_view text, Texts keys, Texts arguments, const Caller& caller) {
    return script_program(script::Script::read(text).value(), std::move(keys), std::move(arguments), caller);
  }
  std::string runs(std::string_view text, Texts keys, Texts arguments = {}, std::uint64_t client = 2) {
    return answered(program(text, std::move(keys), std::move(arguments), caller), client);
  }
};

TEST_F(KeyScriptTest, that_compares_the_value_may_end_it_from_any_connection) {  // L7
  says("SET job v PX 5000");
  EXPECT_EQ(runs(delete_if_mine, {"job"}, {"w"}), "0");
  EXPECT_TRUE(lease("job").held);
  EXPECT_EQ(runs(delete_if_mine, {"job"}, {"v"}), "1");
  EXPECT_FALSE(lease("job").held);
  EXPECT_EQ(runs(delete_if_mine, {"job"}, {"v"}), "0");
}

TEST_F(KeyScriptTest, that_only_looks_changes_nothing) {
  says("SET job v PX 5000");
  const auto looking = [&](std::string_view text, bool told) {
    return answered(script_program(script::Script::read(text).value(), {"job", "free"}, {"v", "9000"}, caller, told),
                    2);
  };
  const std::string says_so = "#!lua flags=allow-stale,no-writes\n";
  for (const std::string_view change :
       {"return redis.call('del', KEYS[1])", "return redis.call('set', KEYS[2], 'w')",
        "if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('PEXPIRE', KEYS[1], ARGV[2]) end"}) {
    EXPECT_THAT(looking(change, true), HasSubstr("in a script that only looks")) << change;
    EXPECT_THAT(looking(says_so + std::string{change}, false), HasSubstr("in a script that only looks")) << change;
  }
  EXPECT_TRUE(lease("job").held);
  EXPECT_EQ(lease("job").ttl, 5s);
  EXPECT_FALSE(lease("free").held);
  EXPECT_EQ(looking("return redis.call('get', KEYS[1])", true), "\"v\"");
  EXPECT_EQ(looking("return {redis.call('mget', KEYS[1], KEYS[2]), redis.call('exists', KEYS[1]), "
                    "redis.call('pttl', KEYS[1]) > 0, redis.call('type', KEYS[1])}",
                    true)
                .substr(0, 2),
            "[[");
}

TEST_F(KeyScriptTest, that_compares_the_value_may_extend_it) {
  says("SET job v PX 5000");
  const core::Token token = lease("job").token;
  EXPECT_EQ(runs(extend_if_mine, {"job"}, {"w", "9000"}), "0");
  EXPECT_EQ(lease("job").ttl, 5s);
  EXPECT_EQ(runs(extend_if_mine, {"job"}, {"v", "9000"}), "1");
  EXPECT_EQ(lease("job").ttl, 9s);
  EXPECT_EQ(lease("job").token, token);
}

TEST_F(KeyScriptTest, that_compares_nothing_may_not) {  // L7
  says("SET job v PX 5000");
  const std::size_t before = effects();
  for (const char* text :
       {"return redis.call('DEL', KEYS[1])", "return redis.call('PEXPIRE', KEYS[1], 9000)",
        "return redis.call('SET', KEYS[1], 'w')", "return redis.call('SET', KEYS[1], 'v')",
        "redis.call('GET', KEYS[1]) return redis.call('DEL', KEYS[1])",
        "if redis.call('GET', KEYS[1]) ~= 'w' then return redis.call('DEL', KEYS[1]) end",
        "if redis.call('GET', KEYS[1]) then return redis.call('DEL', KEYS[1]) end",
        "local v = redis.call('GET', KEYS[1]) if v == v then return redis.call('DEL', KEYS[1]) end"}) {
    EXPECT_THAT(runs(text, {"job"}), StartsWith("-KEY_NOT_PROVEN ")) << text;
  }
  EXPECT_EQ(effects(), before);
  EXPECT_EQ(runs("return redis.call('DEL', KEYS[1])", {"job"}, {}, 1), "1") << "it is of the connection that took it";
}

TEST_F(KeyScriptTest, proves_the_key_that_it_compared_and_no_other) {  // L7
  says("SET a v");
  says("SET b v");
  EXPECT_THAT(runs("if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1], KEYS[2]) end",
                   {"a", "b"}, {"v"}),
              AllOf(StartsWith("-KEY_NOT_PROVEN "), HasSubstr("(key b)")));
  EXPECT_TRUE(lease("a").held) << "all or none";
}

TEST_F(KeyScriptTest, proves_one_name_however_it_is_written) {
  const std::string composed = "caf\xc3\xa9", decomposed = "cafe\xcc\x81";
  says("SET " + composed + " v");
  EXPECT_EQ(runs(delete_if_mine, {decomposed}, {"v"}), "1");
}

TEST_F(KeyScriptTest, has_proven_nothing_of_what_somebody_else_holds_since) {
  says("SET job v");
  EXPECT_EQ(runs("if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end "
                 "redis.call('SET', KEYS[1], 'w') return redis.call('DEL', KEYS[1])",
                 {"job"}, {"v"}),
            "1")
      << "what it passed on is of its own connection";
}

TEST_F(KeyScriptTest, takes_all_of_several_keys_or_none) {
  EXPECT_EQ(runs(take_all, {"a", "b", "c"}, {"v", "5000"}), "3");
  for (const char* name : {"a", "b", "c"}) EXPECT_EQ(lease(name).who.session, "v");
  EXPECT_EQ(runs(take_all, {"d", "c"}, {"v", "5000"}), "0");
  EXPECT_FALSE(lease("d").held);
  EXPECT_EQ(runs(extend_all, {"a", "b"}, {"w", "9000"}), "0");
  EXPECT_EQ(runs(extend_all, {"a", "b"}, {"v", "9000"}), "2");
  EXPECT_EQ(lease("b").ttl, 9s);
  EXPECT_EQ(lease("c").ttl, 5s);
}

TEST_F(KeyScriptTest, takes_what_is_free_and_refreshes_what_is_its_own) {
  EXPECT_EQ(runs(refresh_or_take, {"job"}, {"v", "5000"}), "1");
  const core::Token token = lease("job").token;
  EXPECT_EQ(runs(refresh_or_take, {"job"}, {"v", "9000"}, 3), "1");
  EXPECT_EQ(lease("job").token, token);
  EXPECT_EQ(lease("job").ttl, 9s);
  EXPECT_EQ(runs(refresh_or_take, {"job"}, {"w", "5000"}), "0");
  EXPECT_EQ(lease("job").who.session, "v");
}

TEST_F(KeyScriptTest, gives_what_it_ends_to_those_who_wait_and_not_to_itself) {  // L8
  says("SET job v");
  bench.ask(core::Acquire{.name = "job", .who = core::bob, .ttl = 10s, .wait = 60s}, 7);
  EXPECT_THAT(runs("redis.call('DEL', KEYS[1]) return redis.call('SET', KEYS[1], 'w')", {"job"}, {}, 1),
              StartsWith("-HELD "));
  EXPECT_EQ(lease("job").who, core::bob);
}

TEST_F(KeyScriptTest, tells_the_engine_whether_it_may_begin_something) {
  EXPECT_FALSE(program(delete_if_mine, {}, {}, caller)->may_begin);
  EXPECT_FALSE(program(extend_if_mine, {}, {}, caller)->may_begin);
  for (const char* command : {"set", "SETNX", "SetEx", "psetex"}) {
    const std::string text = "return redis.call('" + std::string{command} + "', KEYS[1], ARGV[1])";
    EXPECT_TRUE(program(text, {}, {}, caller)->may_begin) << command;
  }
  EXPECT_TRUE(program("return redis.call(ARGV[1], KEYS[1])", {}, {}, caller)->may_begin) << "who knows";
}

TEST_F(KeyScriptTest, knows_database_0_only) {
  EXPECT_EQ(runs("redis.call('SELECT', 0) return redis.call('SETNX', KEYS[1], 'v')", {"job"}), "1");
  EXPECT_THAT(runs("return redis.call('SELECT', '1')", {}), StartsWith("-BAD_REQUEST "));
  EXPECT_EQ(runs("redis.pcall('SELECT', '1') return 7", {}), "7");
}

TEST_F(KeyScriptTest, is_refused_what_is_no_command_on_keys) {
  EXPECT_THAT(runs("return redis.call('HSET', KEYS[1], 'a', 'b')", {"job"}),
              AllOf(StartsWith("-UNKNOWN_COMMAND "), HasSubstr("(HSET)")));
  EXPECT_THAT(runs("return redis.call('GET')", {}), AllOf(StartsWith("-BAD_REQUEST "), HasSubstr("'get'")));
  EXPECT_THAT(runs("return redis.call('SET', KEYS[1], '')", {"job"}), StartsWith("-BAD_FIELD "));
  EXPECT_THAT(runs("return redis.call('GET', 'a//b')", {}), StartsWith("-BAD_NAME "));
}

TEST_F(KeyScriptTest, keeps_what_it_did_before_it_went_wrong) {
  EXPECT_THAT(runs("redis.call('SETNX', KEYS[1], 'v') return redis.call('HGET', KEYS[1])", {"job"}),
              StartsWith("-UNKNOWN_COMMAND "));
  EXPECT_TRUE(lease("job").held);
}

TEST_F(KeyScriptTest, does_not_keep_others_waiting_for_long) {
  std::string text = "for _, key in ipairs(KEYS) do";
  for (int i = 0; i < 100; ++i) text += " redis.call('EXISTS', unpack(KEYS))";
  text += " end return 1";
  Texts keys;
  for (int i = 0; i < 700; ++i) keys.push_back("k/" + std::to_string(i));
  EXPECT_THAT(runs(text, keys), AllOf(StartsWith("-BAD_SCRIPT "), HasSubstr("50000 words at most")));
}

}  // namespace
}  // namespace holdfast::server::resp
