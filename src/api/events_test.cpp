// What watchers read: each kind of event in full, and the positions that clients bring back.
#include "api/events.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace holdfast::api {
namespace {

using namespace std::chrono_literals;
using namespace core;

constexpr WallTime noon{std::chrono::sys_days{std::chrono::year{2026} / 6 / 1} + 12h};
const GivenPosition here{77, {5}};

std::string written(const Effect& effect) {
  std::string out;
  write_event(out, effect, here);
  EXPECT_EQ(boost::json::serialize(boost::json::parse(out)), out) << "is not JSON as it should be";
  EXPECT_EQ(out.find('\n'), std::string::npos) << "one line";
  return out;
}

Granted grant() {
  return {.name = "a/b",
          .who = {"alice", "s1"},
          .token = {9},
          .ttl = 30s,
          .holder = HolderKind::session,
          .note = "two\nlines",
          .metadata = R"({"x":1})",
          .since = noon,
          .waited = 1500us,
          .from = "10.0.0.1"};
}

TEST(Event, of_a_grant_says_all_but_the_network_address) {
  EXPECT_EQ(written(grant()),
            R"({"position":"77.5","type":"granted","name":"a/b","token":9,"owner":"alice","session":"s1",)"
            R"("at":"2026-06-01T12:00:00.000Z","holder":"session","ttl_ms":30000,"waited_ms":2,)"
            R"("note":"two\nlines","metadata":{"x":1}})");
}

TEST(Event, of_a_lease_without_an_end_has_no_ttl) {
  Granted endless = grant();
  endless.ttl = forever;
  EXPECT_EQ(boost::json::parse(written(endless)).at("ttl_ms"), nullptr);
}

TEST(Event, of_a_name_taken_says_how_and_why) {
  const auto taken = [](Loss displaced) { return Effect{Taken{grant(), displaced, "stuck"}}; };
  EXPECT_EQ(event_word(taken(Loss::taken_over)), "taken_over");
  EXPECT_EQ(event_word(taken(Loss::moved)), "moved");
  EXPECT_EQ(event_word(taken(Loss::transferred)), "transferred");
  EXPECT_EQ(event_word(taken(Loss::none)), "granted") << "nobody was displaced";
  const boost::json::value json = boost::json::parse(written(taken(Loss::taken_over)));
  EXPECT_EQ(json.at("type"), "taken_over");
  EXPECT_EQ(json.at("reason"), "stuck");
  EXPECT_EQ(json.at("owner"), "alice") << "the new holder";
}

TEST(Event, of_a_session_that_joins_comes_back_or_ends) {
  EXPECT_EQ(written(Joined{"a", "s2", {9}, 10s, noon, "alice", 0s, "10.0.0.1"}),
            R"({"position":"77.5","type":"joined","name":"a","token":9,"owner":"alice","session":"s2",)"
            R"("at":"2026-06-01T12:00:00.000Z","ttl_ms":10000,"waited_ms":0})");
  EXPECT_EQ(written(Revived{"a", "s2", {9}, 10s, noon, "alice"}),
            R"({"position":"77.5","type":"revived","name":"a","token":9,"owner":"alice","session":"s2",)"
            R"("at":"2026-06-01T12:00:00.000Z","ttl_ms":10000})");
  EXPECT_EQ(written(Released{"a", "s2", {9}, noon, "alice", true}),
            R"({"position":"77.5","type":"released","name":"a","token":9,"owner":"alice","session":"s2",)"
            R"("at":"2026-06-01T12:00:00.000Z","ends":true})");
  EXPECT_EQ(written(Lapsed{"a", "s2", {9}, noon, "alice", false}),
            R"({"position":"77.5","type":"lapsed","name":"a","token":9,"owner":"alice","session":"s2",)"
            R"("at":"2026-06-01T12:00:00.000Z","ends":false})");
}

TEST(Event, of_what_others_do_to_a_holding_says_who_and_why) {
  EXPECT_EQ(written(Revoked{"a", {9}, {"root", ""}, "left the team", noon}),
            R"({"position":"77.5","type":"revoked","name":"a","token":9,"at":"2026-06-01T12:00:00.000Z",)"
            R"("by":"root","reason":"left the team"})");
  EXPECT_EQ(written(TakeoverAsked{"a", {9}, {"bob", "s7"}, "stuck", 5s, noon, "10.0.0.1"}),
            R"({"position":"77.5","type":"takeover_asked","name":"a","token":9,"at":"2026-06-01T12:00:00.000Z",)"
            R"("by":"bob","by_session":"s7","reason":"stuck","flush_ms":5000})");
  EXPECT_EQ(written(TakeoverDropped{"a", {9}, {"bob", "s7"}, Drop::taker_left, noon}),
            R"({"position":"77.5","type":"takeover_dropped","name":"a","token":9,"at":"2026-06-01T12:00:00.000Z",)"
            R"("by":"bob","by_session":"s7","because":"taker_left"})");
  EXPECT_EQ(written(Requested{"a", {9}, {"bob", ""}, "may I?", noon, "10.0.0.1"}),
            R"({"position":"77.5","type":"requested","name":"a","token":9,"at":"2026-06-01T12:00:00.000Z",)"
            R"("by":"bob","message":"may I?"})");
}

/// One of each kind there is; a new kind does not compile here before it is decided whether watchers hear of it.
template <std::size_t... I>
std::vector<Effect> one_of_each(std::index_sequence<I...>) {
  return {Effect{std::in_place_index<I>}...};
}

TEST(Event, has_a_word_exactly_where_watchers_hear_of_it) {
  std::size_t events = 0;
  for (const Effect& effect : one_of_each(std::make_index_sequence<std::variant_size_v<Effect>>{})) {
    EXPECT_EQ(is_event(effect), !event_word(effect).empty()) << "alternative " << effect.index();
    events += is_event(effect) ? 1 : 0;
  }
  EXPECT_EQ(events, 10U);
  EXPECT_FALSE(is_event(Renewed{})) << "renewals are no events";
}

TEST(Begin, says_from_where_on_and_of_what) {
  std::string out;
  write_begin(out, here, "a\"b");
  EXPECT_EQ(out, R"({"position":"77.5","type":"begin","prefix":"a\"b"})");
}

TEST(Reset, says_why_what_was_asked_and_where_it_goes_on) {
  std::string out;
  write_reset(out, ErrorCode::position_gone, {76, {2}}, here);
  const boost::json::value json = boost::json::parse(out);
  EXPECT_EQ(json.at("type"), "reset");
  EXPECT_EQ(json.at("code"), "position_gone");
  EXPECT_EQ(json.at("asked"), "76.2");
  EXPECT_EQ(json.at("position"), "77.5");
}

TEST(PositionText, is_read_back) {
  for (const GivenPosition& given : {here, GivenPosition{}, GivenPosition{token_max, {~std::uint64_t{0}}}}) {
    EXPECT_EQ(parse_position(position_text(given)).value(), given);
  }
}

TEST(PositionText, is_refused_where_it_is_none) {
  for (const char* garbage : {"", ".", "1", "1.", ".1", "1.2.3", "a.b", "-1.2", "1.-2", "+1.2", " 1.2", "1.2 ", "1,2",
                              "0x1.2", "1.18446744073709551616", "18446744073709551616.1", "1.2\n", "1e3.2"}) {
    const Result<GivenPosition> read = parse_position(garbage);
    ASSERT_FALSE(read) << garbage;
    EXPECT_EQ(read.error().code, ErrorCode::bad_field) << garbage;
  }
}

}  // namespace
}  // namespace holdfast::api
