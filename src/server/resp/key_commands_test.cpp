#include "server/resp/key_commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/resp/key_bench_for_tests.h"

namespace holdfast::server::resp {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::StartsWith;

class KeyCommandsTest : public testing::Test, protected KeyBench {};

const char* const not_proven = "-KEY_NOT_PROVEN ";

// --- SET.

TEST_F(KeyCommandsTest, set_takes_a_free_key_for_the_session_that_its_value_is) {
  EXPECT_EQ(says("SET job v1 PX 5000"), "OK");
  const core::LeaseView held = lease("job");
  EXPECT_EQ(held.who, (core::Who{"worker", "v1"}));
  EXPECT_EQ(held.holder, core::HolderKind::session);
  EXPECT_EQ(held.ttl, 5s);
  EXPECT_EQ(std::get<core::Granted>(bench.disk.back()).from, "192.0.2.7:5");
}

TEST_F(KeyCommandsTest, set_without_an_expiry_is_a_lease_without_a_ttl) {
  EXPECT_EQ(says("SET job v"), "OK");
  EXPECT_EQ(lease("job").ttl, core::forever);
  EXPECT_EQ(says("PTTL job"), "-1");
}

TEST_F(KeyCommandsTest, set_nx_is_refused_by_a_held_key_whatever_its_value) {
  EXPECT_EQ(says("set job 1 nx px 5000"), "OK");
  const core::Token token = lease("job").token;
  EXPECT_EQ(strangers("SET job 1 PX 9000 NX"), "nil") << "two programs that both write 1 must not both own";
  EXPECT_EQ(says("SET job 1 PX 9000 NX"), "nil") << "there is no re-entry";
  EXPECT_EQ(says("SET job 2 NX"), "nil");
  EXPECT_EQ(strangers("SET job 2 NX GET"), "\"1\"");
  EXPECT_EQ(lease("job").token, token);
  EXPECT_EQ(lease("job").ttl, 5s);
  EXPECT_EQ(says("SET free v NX GET"), "nil");
  EXPECT_TRUE(lease("free").held);
}

TEST_F(KeyCommandsTest, set_on_a_held_key_renews_the_same_value_and_passes_on_to_another_one) {
  says("SET job v PX 5000");
  const core::Token token = lease("job").token;
  EXPECT_EQ(says("SET job v PX 9000"), "OK");
  EXPECT_EQ(lease("job").token, token);
  EXPECT_EQ(lease("job").ttl, 9s);
  EXPECT_EQ(says("SET job w PX 7000 GET"), "\"v\"");
  EXPECT_EQ(lease("job").who.session, "w");
  EXPECT_GT(lease("job").token, token);  // L2
  EXPECT_EQ(lease("job").ttl, 7s);
  EXPECT_EQ(says("SET job w"), "OK");
  EXPECT_EQ(lease("job").ttl, core::forever);
}

TEST_F(KeyCommandsTest, set_on_a_held_key_is_for_the_connection_that_took_it) {  // L7
  says("SET job v PX 5000");
  const std::size_t before = effects();
  for (const char* line : {"SET job v PX 9000", "SET job w", "SET job w XX", "SET job w GET", "SETEX job 9 w",
                           "SET job v KEEPTTL", "SET job w KEEPTTL"}) {
    EXPECT_THAT(strangers(line), StartsWith(not_proven)) << line;
  }
  EXPECT_THAT(strangers("SET job w"), HasSubstr("(key job)"));
  EXPECT_EQ(effects(), before);
}

TEST_F(KeyCommandsTest, set_xx_takes_nothing) {
  EXPECT_EQ(says("SET job v XX"), "nil");
  EXPECT_EQ(says("SET job v XX GET"), "nil");
  EXPECT_FALSE(lease("job").held);
  says("SET job v");
  EXPECT_EQ(says("SET job w XX"), "OK");
  EXPECT_EQ(lease("job").who.session, "w");
}

TEST_F(KeyCommandsTest, set_ifeq_proves_its_value) {
  EXPECT_EQ(strangers("SET job w IFEQ v"), "nil") << "nobody holds it";
  EXPECT_FALSE(lease("job").held);
  says("SET job v PX 5000");
  EXPECT_EQ(strangers("SET job w IFEQ x PX 9000"), "nil");
  EXPECT_EQ(strangers("SET job w IFEQ x GET"), "\"v\"");
  EXPECT_EQ(lease("job").who.session, "v");
  EXPECT_EQ(strangers("SET job v IFEQ v PX 9000"), "OK");
  EXPECT_EQ(lease("job").ttl, 9s);
  EXPECT_EQ(strangers("SET job w IFEQ v PX 8000"), "OK");
  EXPECT_EQ(lease("job").who.session, "w");
  EXPECT_THAT(says("DEL job"), StartsWith(not_proven)) << "it is another connection's now";
  EXPECT_EQ(strangers("DEL job"), "1");
}

TEST_F(KeyCommandsTest, set_keepttl_leaves_the_deadline_as_it_is) {
  says("SET job v PX 10000");
  bench.pass(4s);
  EXPECT_EQ(says("SET job v KEEPTTL"), "OK");
  EXPECT_EQ(says("PTTL job"), "6010");
  EXPECT_EQ(says("SET job w KEEPTTL"), "OK");
  EXPECT_EQ(says("PTTL job"), "6010");
  EXPECT_EQ(says("SET other v KEEPTTL"), "OK");
  EXPECT_EQ(says("PTTL other"), "-1");
}

TEST_F(KeyCommandsTest, set_takes_seconds_milliseconds_and_times_of_day) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const std::int64_t in_a_minute = now / 1ms + 60'000;
  const std::string ms = std::to_string(in_a_minute), seconds = std::to_string(in_a_minute / 1'000 + 1);
  EXPECT_EQ(says("SET a v EX 7"), "OK");
  EXPECT_EQ(says("SETEX b 8 v"), "OK");
  EXPECT_EQ(says("PSETEX c 9000 v"), "OK");
  EXPECT_EQ(says("SET d v PXAT " + ms), "OK");
  EXPECT_EQ(says("SET e v EXAT " + seconds), "OK");
  EXPECT_EQ(lease("a").ttl, 7s);
  EXPECT_EQ(lease("b").ttl, 8s);
  EXPECT_EQ(lease("c").ttl, 9s);
  EXPECT_GT(lease("d").ttl, 50s);
  EXPECT_LE(lease("d").ttl, 60s);
  EXPECT_GT(lease("e").ttl, 50s);
  EXPECT_LE(lease("e").ttl, 61s);
}

TEST_F(KeyCommandsTest, setnx_answers_a_number) {
  EXPECT_EQ(says("SETNX job v"), "1");
  EXPECT_EQ(says("SETNX job v"), "0");
  EXPECT_EQ(lease("job").ttl, core::forever);
}

TEST_F(KeyCommandsTest, set_gives_a_free_key_to_nobody_before_those_who_wait) {  // L8
  says("SET job v");
  bench.ask(core::Acquire{.name = "job", .who = core::bob, .ttl = 10s, .wait = 60s}, 7);
  EXPECT_EQ(says("DEL job"), "1");
  EXPECT_EQ(says("SET job v NX"), "nil");
  EXPECT_EQ(lease("job").who, core::bob);
}

// --- Looks.

TEST_F(KeyCommandsTest, looks_show_values_and_what_is_left_of_their_time) {
  EXPECT_EQ(says("GET job"), "nil");
  EXPECT_EQ(says("PTTL job"), "-2");
  EXPECT_EQ(says("TTL job"), "-2");
  EXPECT_EQ(says("TYPE job"), "none");
  says("SET job v PX 30000");
  EXPECT_EQ(strangers("GET job"), "\"v\"");
  EXPECT_EQ(strangers("PTTL job"), "30000") << "and not the moment longer that the lease has";
  EXPECT_EQ(strangers("TTL job"), "30");
  EXPECT_EQ(strangers("TYPE job"), "string");
  EXPECT_EQ(strangers("EXISTS job free job"), "2") << "as often as it is named";
  EXPECT_EQ(strangers("MGET job free"), "[\"v\" nil]");
  bench.pass(29s + 400ms);
  EXPECT_EQ(strangers("TTL job"), "1") << "rounded";
  bench.pass(1s);
  EXPECT_EQ(strangers("GET job"), "nil");
}

TEST_F(KeyCommandsTest, looks_show_leases_that_were_taken_in_other_ways) {
  bench.grant("docs/plan", core::alice, 60s);
  EXPECT_EQ(says("GET docs/plan"), "\"a1\"");
  EXPECT_EQ(says("SET docs/plan v NX"), "nil");
  EXPECT_THAT(strangers("DEL docs/plan"), StartsWith(not_proven));
  EXPECT_EQ(strangers("DELEX docs/plan IFEQ a1"), "1");
}

// --- Ends.

TEST_F(KeyCommandsTest, del_ends_what_its_connection_took) {
  EXPECT_EQ(says("DEL job"), "0");
  says("SET job v");
  EXPECT_THAT(strangers("DEL job"), StartsWith(not_proven));
  EXPECT_THAT(strangers("UNLINK job"), StartsWith(not_proven));
  EXPECT_THAT(strangers("GETDEL job"), StartsWith(not_proven));
  EXPECT_TRUE(lease("job").held);
  EXPECT_EQ(says("DEL job"), "1");
  says("SET job v");
  EXPECT_EQ(says("GETDEL job"), "\"v\"");
  EXPECT_EQ(says("GETDEL job"), "nil");
}

TEST_F(KeyCommandsTest, del_of_several_ends_all_or_none) {
  says("SET a v");
  strangers("SET b v");
  says("SET c v");
  const std::size_t before = effects();
  EXPECT_THAT(says("DEL a b c"), AllOf(StartsWith(not_proven), HasSubstr("(key b)")));
  EXPECT_EQ(effects(), before);
  EXPECT_EQ(says("DEL a free c a"), "2") << "each once";
}

TEST_F(KeyCommandsTest, delex_and_delifeq_end_what_holds_the_value) {
  says("SET job v");
  EXPECT_EQ(strangers("DELIFEQ job w"), "0");
  EXPECT_EQ(strangers("DELEX job IFEQ w"), "0");
  EXPECT_THAT(strangers("DELEX job"), StartsWith(not_proven));
  EXPECT_TRUE(lease("job").held);
  EXPECT_EQ(strangers("DELIFEQ job v"), "1");
  EXPECT_EQ(strangers("DELIFEQ job v"), "0");
  says("SET job v");
  EXPECT_EQ(strangers("delex job ifeq v"), "1");
  says("SET job v");
  EXPECT_EQ(says("DELEX job"), "1");
}

// --- Deadlines.

TEST_F(KeyCommandsTest, expire_sets_the_deadline_anew) {
  EXPECT_EQ(says("PEXPIRE job 5000"), "0");
  says("SET job v PX 5000");
  EXPECT_THAT(strangers("PEXPIRE job 9000"), StartsWith(not_proven));
  EXPECT_THAT(strangers("PEXPIRE job 0"), StartsWith(not_proven));
  EXPECT_THAT(strangers("PERSIST job"), StartsWith(not_proven));
  EXPECT_EQ(lease("job").ttl, 5s);
  EXPECT_EQ(says("PEXPIRE job 9000"), "1");
  EXPECT_EQ(lease("job").ttl, 9s);
  EXPECT_EQ(says("EXPIRE job 8"), "1");
  EXPECT_EQ(lease("job").ttl, 8s);
  EXPECT_EQ(says("PERSIST job"), "1");
  EXPECT_EQ(says("PERSIST job"), "0");
  EXPECT_EQ(says("PERSIST free"), "0");
  EXPECT_EQ(says("TTL job"), "-1");
}

TEST_F(KeyCommandsTest, expire_ends_what_is_to_expire_now) {
  for (const char* line : {"PEXPIRE job 0", "EXPIRE job -1", "EXPIREAT job 1000"}) {
    says("SET job v");
    EXPECT_EQ(says(line), "1") << line;
    EXPECT_EQ(says("EXISTS job"), "0") << line;
    EXPECT_EQ(lease("job").ended, core::Loss::released) << line;
  }
}

TEST_F(KeyCommandsTest, expire_has_conditions) {
  says("SET job v");
  EXPECT_EQ(says("PEXPIRE job 5000 XX"), "0");
  EXPECT_EQ(says("PEXPIRE job 5000 GT"), "0") << "nothing is later than never";
  EXPECT_EQ(says("PEXPIRE job 5000 LT"), "1");
  EXPECT_EQ(says("PEXPIRE job 6000 NX"), "0");
  EXPECT_EQ(says("PEXPIRE job 6000 LT"), "0");
  EXPECT_EQ(says("PEXPIRE job 6000 GT"), "1");
  EXPECT_EQ(says("PEXPIRE job 7000 XX"), "1");
  EXPECT_EQ(lease("job").ttl, 7s);
}

// --- What is not understood.

TEST_F(KeyCommandsTest, say_which_word_is_wrong) {
  const std::pair<const char*, const char*> cases[] = {
      {"SET job", "bad_request wrong number of arguments for 'set'"},
      {"GET", "bad_request wrong number of arguments for 'get'"},
      {"GET a b", "bad_request wrong number of arguments for 'get'"},
      {"SET job v NX XX", "bad_request SET: 'XX' does not go with an option before it"},
      {"SET job v PX 5000 KEEPTTL", "bad_request SET: 'KEEPTTL' does not go with an option before it"},
      {"SET job v PX", "bad_request SET does not have the option 'PX' here"},
      {"SET job v IFNE w", "bad_request SET does not have the option 'IFNE' here"},
      {"SET job v PX 99",
       "bad_field px '99': a lease lasts 100 ms to 86400000 ms, or without any expiry until "
       "somebody ends it"},
      {"SET job v EX 86401", "bad_field ex '86401': a lease lasts"},
      {"SET job v EX 9223372036854775807", "bad_field ex '9223372036854775807': a lease lasts"},
      {"SET job v PX 99999999999999999999", "bad_field px '99999999999999999999': a lease lasts"},
      {"SET job v PX -1", "bad_field px '-1': a lease lasts"},
      {"SET job v PX 1e3", "bad_field px '1e3': a lease lasts"},
      {"SET job v PXAT 5", "bad_field pxat "},
      {"SET job v EXAT 9223372036854775807", "bad_field exat "},
      {"PSETEX job 5 v", "bad_field PSETEX '5': a lease lasts"},
      {"PEXPIRE job x", "bad_field PEXPIRE must be a whole number, and is 'x'"},
      {"PEXPIRE job 99", "bad_field PEXPIRE '99': a lease lasts"},
      {"PEXPIRE job 5000 QQ", "bad_request PEXPIRE does not have the option 'QQ' here"},
      {"DELEX job IFNE v", "bad_request DELEX does not have the option 'IFNE' here"},
      {"DELEX job IFEQ", "bad_request DELEX does not have the option 'IFEQ' here"},
      {"SET a//b v", "bad_name it has an empty segment"},
      {"DEL a ..", "bad_name a segment is . or .."},
      {"HSET a b c", "unknown_command "},
  };
  for (const auto& [line, error] : cases) EXPECT_THAT(says(line), StartsWith(std::string{"-"} + error)) << line;
  const std::string long_value(257, 'v');
  EXPECT_THAT(says("SET job " + long_value), StartsWith("-bad_field the value says who holds"));
  EXPECT_THAT(says("SET job a\x01"), StartsWith("-bad_field the value says who holds"));
  EXPECT_THAT(says("SET job \xff"), StartsWith("-bad_field the value says who holds"));
  EXPECT_EQ(effects(), 0U);
}

TEST_F(KeyCommandsTest, say_what_the_server_cannot_take) {
  says("SET job v PX 5000");
  bench.engine->set_room({.bytes = 1'000, .full = true, .aside = 1'001});
  EXPECT_THAT(says("SET free v NX"), StartsWith("-DISK_FULL "));
  EXPECT_THAT(says("SET free v"), StartsWith("-DISK_FULL "));
  EXPECT_THAT(says("PEXPIRE job 6000"), StartsWith("-DISK_FULL "));
  EXPECT_EQ(says("PEXPIRE job 5000"), "1");
  EXPECT_EQ(says("DEL job"), "1");
}

// --- The plain take.

class PlainTakeTest : public testing::Test {
 protected:
  std::optional<core::Acquire> read(const std::string& line) {
    const std::vector<std::string> words = split(line);
    const std::vector<std::string_view> views(words.begin(), words.end());
    std::optional<core::Acquire> taken{std::in_place};
    if (!plain_take(views, Caller{"worker", "192.0.2.7:5"}, *taken)) taken.reset();
    return taken;
  }
};

TEST_F(PlainTakeTest, is_a_set_with_nx_and_perhaps_an_expiry) {
  for (const char* line : {"SET job v NX PX 5000", "SET job v PX 5000 NX", "set job v nx ex 5", "Set job v Ex 5 Nx"}) {
    const std::optional<core::Acquire> take = read(line);
    ASSERT_TRUE(take) << line;
    EXPECT_EQ(take->name, "job");
    EXPECT_EQ(take->who, (core::Who{"worker", "v"}));
    EXPECT_EQ(take->ttl, 5s);
    EXPECT_EQ(take->from, "192.0.2.7:5");
    EXPECT_TRUE(take->anew);
  }
  EXPECT_EQ(read("SET job v NX").value().ttl, core::forever);
}

TEST_F(PlainTakeTest, is_nothing_else) {
  for (const char* line : {"SET job v", "SET job v PX 5000", "SET job v NX GET", "SET job v NX XX", "SET job v NX PX",
                           "SET job v NX PX 99", "SET job v NX PX x", "SET job v NX PX 5000 EX 5", "SET a//b v NX",
                           "SET job v NX KEEPTTL", "SETNX job v NX", "SET job v XX PX 5000", "GET job v NX"}) {
    EXPECT_FALSE(read(line)) << line;
  }
  EXPECT_FALSE(read("SET job " + std::string(257, 'v') + " NX"));
}

}  // namespace
}  // namespace holdfast::server::resp
