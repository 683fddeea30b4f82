// Texts on the live socket of a real server: who follows sees exactly what its owner typed (B3), and nothing is lost on
// the way when hands change or connections break (B1, B2).
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <boost/json.hpp>
#include <thread>

#include "tests/support/http_talk.h"
#include "tests/support/live_talk.h"
#include "tests/support/process.h"
#include "text/change_json.h"
#include "text/text.h"

namespace holdfast {
namespace {

using namespace std::chrono_literals;
using support::LiveAnswer;
using support::LiveTalk;
using support::Response;
using support::ServerProcess;
using support::Talk;
namespace json = boost::json;

std::string string_of(const json::object& object, std::string_view key) {
  const json::value& value = object.at(key);
  return value.is_string() ? std::string(value.as_string()) : json::serialize(value);
}
std::uint64_t number_of(const json::object& object, std::string_view key) {
  return object.at(key).to_number<std::uint64_t>();
}

/// A text as a follower has it: put together from nothing but what the socket says.
struct Copy {
  std::uint64_t buffer = 0, revision = 0;
  text::Text text;

  void begin(const LiveAnswer& present) {
    ASSERT_EQ(present.status, 200) << json::serialize(present.body);
    if (present.body.contains("text")) {
      text = text::Text::from_utf8(present.field("text")).value();
    } else {
      EXPECT_EQ(number_of(present.body, "buffer"), buffer);
      for (const json::value& each : present.body.at("changes").as_array()) {
        apply(each.as_object().at("change"));
        EXPECT_EQ(number_of(each.as_object(), "revision"), ++revision);
      }
    }
    buffer = number_of(present.body, "buffer");
    revision = number_of(present.body, "revision");
  }
  void take(const json::object& push) {
    EXPECT_EQ(number_of(push, "base"), revision);
    for (const json::value& change : push.at("changes").as_array()) apply(change);
    revision += push.at("changes").as_array().size();
    EXPECT_EQ(number_of(push, "revision"), revision);
  }
  void apply(const json::value& change) {
    const Result<text::ChangeSet> read = text::read_changes(json::serialize(change));
    ASSERT_TRUE(read) << json::serialize(change);
    ASSERT_TRUE(text.apply(*read)) << json::serialize(change);
  }
};

class LiveTexts : public testing::Test {
 protected:
  LiveTalk hello(std::string_view owner, std::string_view session) { return {server.port(), owner, session}; }
  void put(std::string_view text) {
    Talk talk(server.port());
    talk.send(support::request_text("PUT", "/v1/buffers/notes",
                                    json::serialize(json::object{{"owner", "alice"}, {"text", text}})));
    const Response made = talk.receive();
    ASSERT_EQ(made.status, 201) << made.body;
  }
  std::string text() { return Talk(server.port()).get("/v1/buffers/notes").field("text"); }
  static std::uint64_t acquire(LiveTalk& talk) {
    const LiveAnswer granted = talk.ask("lease.acquire", R"("name":"notes")");
    EXPECT_EQ(granted.status, 200) << json::serialize(granted.body);
    return granted.token();
  }
  /// An edit that puts `typed` behind a text of `length`.
  static std::string typing(std::uint64_t token, std::uint64_t base, std::uint64_t seq, std::uint64_t length,
                            std::string_view typed) {
    const std::string change =
        length == 0 ? fmt::format(R"([[0,"{}"]])", typed) : fmt::format(R"([{},[0,"{}"]])", length, typed);
    return fmt::format(R"("name":"notes","token":{},"base":{},"seq":{},"changes":[{}])", token, base, seq, change);
  }
  double metric(const std::string& name) {
    const std::string page = Talk(server.port()).get("/metrics").body;
    return std::stod(page.substr(page.find("\n" + name + " ") + name.size() + 2));
  }

  support::ScratchDirectory data;
  ServerProcess server{{.arguments = {"--data", data.path() / "data"}}};
};

TEST_F(LiveTexts, a_follower_has_what_the_owner_types_from_whichever_door) {
  LiveTalk bob = hello("bob", "b"), alice = hello("alice", "a");
  EXPECT_EQ(bob.ask("follow", R"("name":"notes")").field("buffer"), "null");
  put("abc");
  const json::object created = bob.push("created");
  Copy copy;
  copy.begin(bob.ask("follow", R"("name":"notes")"));
  EXPECT_EQ(number_of(created, "buffer"), copy.buffer);
  const std::uint64_t token = acquire(alice);
  alice.ask("follow", R"("name":"notes")");
  const LiveAnswer made = alice.ask(
      "buffer.edit",
      fmt::format(R"("name":"notes","token":{},"base":0,"seq":1,"changes":[[3,[0,"d"]],[[1,"A"],3]])", token));
  ASSERT_EQ(made.status, 200) << json::serialize(made.body);
  EXPECT_EQ(made.field("revision"), "2");
  json::object push = bob.push("revision");
  EXPECT_EQ(string_of(push, "kind"), "edit");
  EXPECT_EQ(string_of(push, "owner"), "alice");
  EXPECT_EQ(string_of(push, "session"), "a");
  copy.take(push);
  EXPECT_EQ(alice.ask("buffer.undo", fmt::format(R"("name":"notes","token":{},"seq":3)", token)).status, 200);
  push = bob.push("revision");
  EXPECT_EQ(string_of(push, "kind"), "undo");
  copy.take(push);
  Talk http(server.port());
  const Response over_http =
      http.post("/v1/edit/notes",
                fmt::format(R"({{"owner":"alice","session":"a","token":{},"base":{},"changes":[[{},[0,"!"]]]}})", token,
                            copy.revision, copy.text.length()));
  ASSERT_EQ(over_http.status, 200) << over_http.body;
  copy.take(bob.push("revision"));
  EXPECT_EQ(copy.text.utf8(), text());
  EXPECT_FALSE(alice.pushed_within("revision", 50ms)) << "its own session made them";
  EXPECT_EQ(alice.ask("buffer.delete", fmt::format(R"("name":"notes","token":{})", token)).status, 200);
  EXPECT_EQ(string_of(bob.push("removed"), "name"), "notes");
}

TEST_F(LiveTexts, many_edits_at_once_are_made_in_the_order_in_which_they_were_sent) {
  put("");
  LiveTalk alice = hello("alice", "a"), bob = hello("bob", "b");
  Copy copy;
  copy.begin(bob.ask("follow", R"("name":"notes")"));
  const std::uint64_t token = acquire(alice);
  std::string wanted;
  std::vector<std::uint64_t> asked;
  for (std::uint64_t i = 0; i < 2'000; ++i) {
    const std::string letter(1, static_cast<char>('a' + i % 26));
    asked.push_back(alice.send("buffer.edit", typing(token, i, i + 1, i, letter)));
    wanted += letter;
  }
  for (std::uint64_t i = 0; i < asked.size(); ++i) {
    const LiveAnswer made = alice.answer(asked[i]);
    ASSERT_EQ(made.field("revision"), std::to_string(i + 1)) << json::serialize(made.body);
  }
  while (copy.revision < asked.size()) copy.take(bob.push("revision"));
  EXPECT_EQ(copy.text.utf8(), wanted);
  EXPECT_EQ(text(), wanted);
}

TEST_F(LiveTexts, whoever_joins_amid_typing_misses_nothing) {
  put("");
  LiveTalk alice = hello("alice", "a");
  const std::uint64_t token = acquire(alice);
  std::atomic<std::uint64_t> typed = 0;
  constexpr std::uint64_t edits = 1'500;
  std::jthread typist([&] {
    for (std::uint64_t i = 0; i < edits; ++i) {
      ASSERT_EQ(alice.ask("buffer.edit", typing(token, i, i + 1, i, "x")).status, 200);
      ++typed;
    }
  });
  std::vector<std::pair<LiveTalk, Copy>> followers;
  while (typed < edits) {
    Copy copy;
    followers.emplace_back(hello("bob", fmt::format("b{}", followers.size())), copy);
    followers.back().second.begin(followers.back().first.ask("follow", R"("name":"notes")"));
    if (followers.size() == 40) break;
  }
  for (auto& [talk, copy] : followers) {
    while (copy.revision < edits) copy.take(talk.push("revision"));
    EXPECT_EQ(copy.text.length(), edits);
    EXPECT_FALSE(talk.pushed_within("resync", 0ms));
  }
  EXPECT_GT(followers.size(), 1);
}

TEST_F(LiveTexts, from_what_one_has) {
  put("");
  LiveTalk alice = hello("alice", "a"), bob = hello("bob", "b");
  const std::uint64_t token = acquire(alice);
  Copy copy;
  copy.begin(bob.ask("follow", R"("name":"notes")"));
  for (std::uint64_t i = 0; i < 5; ++i) alice.ask("buffer.edit", typing(token, i, i + 1, i, "x"));
  bob.reset();
  LiveTalk again = hello("bob", "b");
  const std::string has = fmt::format(R"("name":"notes","buffer":{},"after":0)", copy.buffer);
  const LiveAnswer present = again.ask("follow", has);
  EXPECT_FALSE(present.body.contains("text"));
  copy.begin(present);
  EXPECT_EQ(copy.text.utf8(), "xxxxx");
  const LiveAnswer of_another =
      again.ask("follow", fmt::format(R"("name":"notes","buffer":{},"after":0)", copy.buffer + 1));
  EXPECT_EQ(of_another.field("text"), "xxxxx");
  const LiveAnswer from_the_future =
      again.ask("follow", fmt::format(R"("name":"notes","buffer":{},"after":99)", copy.buffer));
  EXPECT_EQ(from_the_future.field("text"), "xxxxx");
  EXPECT_EQ(again.ask("follow", R"("name":"notes","after":3)").field("field"), "buffer");
}

TEST_F(LiveTexts, taken_over_what_is_handed_in_gets_in_and_what_is_late_becomes_a_draft) {
  put("");
  LiveTalk alice = hello("alice", "a"), bob = hello("bob", "b");
  const std::uint64_t token = acquire(alice);
  Copy copy;
  copy.begin(bob.ask("follow", R"("name":"notes")"));
  const std::uint64_t takes =
      bob.send("lease.takeover", fmt::format(R"("name":"notes","token":{},"reason":"my turn","flush_ms":400)", token));
  EXPECT_EQ(string_of(alice.push("hand_in"), "reason"), "my turn");
  EXPECT_EQ(alice.ask("buffer.edit", typing(token, 0, 1, 0, "in time")).status, 200);
  copy.take(bob.push("revision"));
  EXPECT_EQ(bob.answer(takes).status, 200);
  const json::object lost = alice.push("lost");
  EXPECT_EQ(string_of(lost, "because"), "taken_over");
  EXPECT_EQ(string_of(lost, "by"), "bob");
  EXPECT_EQ(string_of(lost, "reason"), "my turn");
  const LiveAnswer late = alice.ask("buffer.edit", typing(token, 1, 2, 7, " too late"));
  EXPECT_EQ(late.code(), "stale");
  const LiveAnswer draft = alice.ask("draft.get", fmt::format(R"("draft":{})", late.field("draft")));
  EXPECT_EQ(draft.status, 200) << json::serialize(late.body);
  EXPECT_EQ(draft.field("owner"), "alice");
  EXPECT_EQ(draft.field("fit"), "clean");
  EXPECT_EQ(text(), "in time");
}

TEST_F(LiveTexts, back_within_the_grace_nothing_is_lost_and_nothing_is_done_twice) {
  put("");
  LiveTalk bob = hello("bob", "b");
  Copy copy;
  copy.begin(bob.ask("follow", R"("name":"notes")"));
  std::uint64_t token = 0;
  {
    LiveTalk alice = hello("alice", "a");
    token = acquire(alice);
    alice.ask("buffer.edit", typing(token, 0, 1, 0, "a"));
    alice.send("buffer.edit", typing(token, 1, 2, 1, "b"));  // Whose answer it never hears.
    while (copy.revision < 2) copy.take(bob.push("revision"));
    alice.reset();
  }
  LiveTalk alice = hello("alice", "a");
  EXPECT_EQ(alice.ask("lease.renew", fmt::format(R"("name":"notes","token":{})", token)).token(), token);
  Copy hers;
  hers.buffer = copy.buffer;
  hers.revision = 1;
  hers.text = text::Text::from_utf8("a").value();
  hers.begin(alice.ask("follow", fmt::format(R"("name":"notes","buffer":{},"after":1)", copy.buffer)));
  EXPECT_EQ(hers.text.utf8(), "ab");
  const LiveAnswer again = alice.ask("buffer.edit", typing(token, 1, 2, 1, "b"));
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(again.field("again"), "true");
  EXPECT_EQ(again.field("revision"), "2");
  EXPECT_EQ(alice.ask("buffer.edit", typing(token, 2, 3, 2, "c")).status, 200);
  while (copy.revision < 3) copy.take(bob.push("revision"));
  EXPECT_EQ(copy.text.utf8(), "abc");
}

TEST_F(LiveTexts, a_follower_that_never_reads_costs_a_bounded_amount_and_others_nothing) {
  put("");
  LiveTalk alice = hello("alice", "a"), bob = hello("bob", "b"), deaf = hello("deaf", "d");
  const std::uint64_t token = acquire(alice);
  Copy copy;
  copy.begin(bob.ask("follow", R"("name":"notes")"));
  ASSERT_EQ(deaf.ask("follow", R"("name":"notes")").status, 200);
  const double before = metric("process_resident_memory_bytes");
  const std::string page(50'000, 'x');
  std::uint64_t base = 0, length = 0;
  for (; metric("holdfast_live_resyncs_total") == 0 && base < 3'000; ++base) {
    // In turn longer and empty, so that the text itself stays small.
    const std::string fields = length == 0
                                   ? typing(token, base, base + 1, 0, page)
                                   : fmt::format(R"("name":"notes","token":{},"base":{},"seq":{},"changes":[[[{}]]])",
                                                 token, base, base + 1, length);
    ASSERT_EQ(alice.ask("buffer.edit", fields).status, 200);
    length = length == 0 ? page.size() : 0;
    copy.take(bob.push("revision"));
  }
  EXPECT_LT(base, 3'000) << "nobody was told to look anew";
  EXPECT_LT(metric("process_resident_memory_bytes") - before, 64e6);
  EXPECT_EQ(copy.revision, base);
  const json::object resync = deaf.push("resync");
  EXPECT_EQ(string_of(resync, "code"), "slow");
  Copy late;
  late.begin(deaf.ask("follow", R"("name":"notes")"));
  EXPECT_EQ(late.text, copy.text);
}

TEST_F(LiveTexts, a_grant_whose_answer_has_not_left_is_taken_back_with_its_socket) {
  put(std::string(9 << 20, 'x'));
  LiveTalk alice = hello("alice", "a"), bob = hello("bob", "b");
  const std::uint64_t held = alice.ask("lease.acquire", R"("name":"job")").token();
  bob.send("lease.acquire", R"("name":"job","wait_ms":60000)");
  bob.push("queue");
  bob.send("follow", R"("name":"notes")");  // It never reads this, nor what comes behind it.
  while (metric("holdfast_live_follows") == 0) std::this_thread::sleep_for(20ms);
  alice.ask("lease.release", fmt::format(R"("name":"job","token":{})", held));
  const auto holder = [&] { return Talk(server.port()).get("/v1/leases/job").field("owner"); };
  for (int i = 0; i < 100 && holder() != "bob"; ++i) std::this_thread::sleep_for(20ms);
  EXPECT_EQ(holder(), "bob");
  bob.reset();
  for (int i = 0; i < 100 && !holder().empty(); ++i) std::this_thread::sleep_for(20ms);
  EXPECT_EQ(holder(), "") << "nobody was told of it";
  EXPECT_EQ(metric("holdfast_grants_taken_back_total"), 1);
}

TEST_F(LiveTexts, a_large_text_and_what_is_typed_while_it_is_on_its_way) {
  const std::string large(9 << 20, 'x');
  put(large);
  LiveTalk alice = hello("alice", "a"), bob = hello("bob", "b");
  const std::uint64_t token = acquire(alice);
  const std::uint64_t follows = bob.send("follow", R"("name":"notes")");
  for (std::uint64_t i = 0; i < 20; ++i) {
    ASSERT_EQ(alice.ask("buffer.edit", typing(token, i, i + 1, large.size() + i, "y")).status, 200);
  }
  Copy copy;
  copy.begin(bob.answer(follows));
  while (copy.revision < 20) copy.take(bob.push("revision"));
  EXPECT_EQ(copy.text.utf8(), large + std::string(20, 'y'));
  EXPECT_FALSE(bob.pushed_within("resync", 0ms));
}

}  // namespace
}  // namespace holdfast
