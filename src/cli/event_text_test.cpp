#include "cli/event_text.h"

#include <gtest/gtest.h>

namespace holdfast::cli {
namespace {

using namespace std::chrono_literals;

constexpr WallTime noon{std::chrono::sys_days{std::chrono::year{2026} / 6 / 1} + 12h};

/// What stands behind the time and the name.
std::string told_of(const std::string& type, std::string more) {
  const Change change{.position = "7.1",
                      .type = type,
                      .name = "a/b",
                      .owner = {},
                      .session = {},
                      .because = {},
                      .by = {},
                      .reason = {},
                      .json = R"({"name":"a/b","at":"2026-06-01T11:59:58.000Z")" + more + "}"};
  const std::string line = line_of(change, noon);
  const std::size_t name = line.find("  a/b  ");
  EXPECT_NE(name, std::string::npos) << line;
  return line.substr(name + 7);
}

const std::string alice = R"(,"owner":"alice","session":"s1")";
const std::string by_bob = R"(,"by":"bob","by_session":"s2")";

TEST(EventLine, tells_what_happened_to_whom_and_why) {
  EXPECT_EQ(told_of("granted", alice + R"(,"ttl_ms":30000,"waited_ms":0)"), "granted to alice (session s1) for 30 s");
  EXPECT_EQ(told_of("taken_over", alice + R"(,"reason":"stuck")"), "taken over by alice (session s1): stuck");
  EXPECT_EQ(told_of("moved", alice), "moved to alice (session s1)");
  EXPECT_EQ(told_of("transferred", alice), "given to alice (session s1)");
  EXPECT_EQ(told_of("joined", alice + R"(,"waited_ms":0)"), "joined by alice (session s1)");
  EXPECT_EQ(told_of("released", alice + R"(,"ends":true)"), "released by alice (session s1)");
  EXPECT_EQ(told_of("released", alice + R"(,"ends":false)"),
            "released by alice (session s1); other sessions still hold it");
  EXPECT_EQ(told_of("lapsed", alice + R"(,"ends":true)"), "lapsed: alice (session s1) did not renew it in time");
  EXPECT_EQ(told_of("revived", alice), "held again by alice (session s1), who renewed it late");
  EXPECT_EQ(told_of("revoked", R"(,"by":"root","reason":"left")"), "revoked by root: left");
  EXPECT_EQ(told_of("takeover_asked", by_bob + R"(,"flush_ms":5000,"reason":"stuck")"),
            "bob (session s2) takes it over in 5 s: stuck");
  EXPECT_EQ(told_of("takeover_dropped", by_bob + R"(,"because":"taker_left")"),
            "the takeover by bob (session s2) is off: the taker has gone");
  EXPECT_EQ(told_of("takeover_dropped", by_bob + R"(,"because":"restart")"),
            "the takeover by bob (session s2) is off: the server started anew");
  EXPECT_EQ(told_of("requested", R"(,"by":"bob","message":"may I?")"), "bob asks for it: may I?");
}

TEST(EventLine, tells_of_a_lease_without_an_end_of_waiting_and_of_a_note) {
  EXPECT_EQ(told_of("granted", alice + R"(,"ttl_ms":null,"waited_ms":2000,"note":"night")"),
            "granted to alice (session s1) until it is released, who waited 2 s. Note: night");
}

TEST(EventLine, says_plainly_that_there_is_a_gap) {
  const Gap gap{.position = "7.9",
                .code = "position_gone",
                .json = R"({"code":"position_gone","detail":"It is not kept any more."})"};
  EXPECT_EQ(line_of(gap, noon), "GAP       events are missing here (position_gone). It is not kept any more.");
}

TEST(EventLine, shows_what_it_does_not_know_and_no_control_character) {
  EXPECT_EQ(told_of("painted", alice), "painted");
  EXPECT_EQ(told_of("requested", R"(,"by":"b\u001bob","message":"")"), "b\\x1bob asks for it");
}

}  // namespace
}  // namespace holdfast::cli
