// A disk that no longer answers: whoever needs nothing of it is served, nobody is told what is not durable, and the
// server can be stopped.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <optional>
#include <thread>
#include <vector>

#include "tests/durability/here.h"
#include "tests/support/http_talk.h"
#include "tests/support/live_talk.h"
#include "tests/support/resp_talk.h"

namespace holdfast::durability {
namespace {

using namespace std::chrono_literals;
using support::Response;
using support::RespServer;
using support::RespTalk;
using support::ServerProcess;
using support::Talk;
using testing::HasSubstr;

constexpr int journal_failed = 74;
constexpr std::size_t readers_max = 128;  ///< Of the history, at a time: docs/operating.md.

/// To start a server on `store` whose console is one page and one script.
std::vector<std::string> with_page(const Store& store) {
  const std::filesystem::path page = store.scratch() / "page";
  std::filesystem::create_directories(page / "assets");
  std::ofstream(page / "index.html") << "<!doctype html><title>the page</title>";
  std::ofstream(page / "assets" / "main-1.js") << "the script";
  std::vector<std::string> arguments = store.arguments({});
  arguments.insert(arguments.end(), {"--web-root", page});
  return arguments;
}

class HungDisk : public testing::Test {
 protected:
  HungDisk()
      : sign_(store_.scratch() / "hangs"),
        both_doors_(
            {.arguments = with_page(store_),
             .environment = {
                 {"LD_PRELOAD", HOLDFAST_DISK_SHIM}, {"HOLDFAST_DISK", "hangs"}, {"HOLDFAST_DISK_HANGS", sign_}}}) {}
  ~HungDisk() override { answer_again(); }

  void hang() { std::ofstream{sign_}; }
  void answer_again() { std::filesystem::remove(sign_); }

  Store store_;
  std::filesystem::path sign_;
  RespServer both_doors_;
  ServerProcess& server_ = both_doors_.server();
};

TEST_F(HungDisk, holds_nobody_up_who_needs_nothing_of_it) {
  Talk alice(server_.port()), bob(server_.port()), carol(server_.port());
  const std::uint64_t token = alice.post("/v1/acquire/job", R"({"owner": "alice"})").token();
  hang();
  bob.send(support::request_text("POST", "/v1/acquire/other", R"({"owner": "bob"})"));
  await("the grant to be decided", [&] { return carol.get("/v1/leases/other?unsettled=1").field("owner") == "bob"; });
  EXPECT_EQ(alice.post("/v1/renew/job", fmt::format(R"({{"owner": "alice", "token": {}}})", token)).status, 200);
  EXPECT_EQ(carol.get("/v1/leases/job").field("owner"), "alice");
  EXPECT_EQ(carol.get("/livez").status, 200);
  EXPECT_FALSE(bob.answered_within(0ms)) << "told of what is not durable";
  answer_again();
  EXPECT_EQ(bob.receive().field("owner"), "bob");
}

TEST_F(HungDisk, does_not_keep_the_server_from_ending) {
  Talk alice(server_.port()), bob(server_.port()), looking(server_.port());
  ASSERT_EQ(alice.post("/v1/acquire/job", R"({"owner": "alice", "ttl_ms": 3600000})").status, 200);
  hang();
  bob.send(support::request_text("POST", "/v1/acquire/other", R"({"owner": "bob"})"));
  await("the grant to be decided", [&] { return looking.get("/v1/leases/other?unsettled=1").field("owner") == "bob"; });

  const auto began = std::chrono::steady_clock::now();
  server_.process().signal(SIGTERM);
  EXPECT_EQ(server_.process().wait().exit_status, journal_failed);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 5s);
  EXPECT_THAT(server_.process().errors(), HasSubstr("the disk does not answer"));
  EXPECT_FALSE(bob.receive_or_closed().has_value()) << "told of what is not durable";

  answer_again();
  const ServerProcess again({.arguments = store_.arguments({})});
  EXPECT_EQ(Talk(again.port()).get("/v1/leases/job").field("owner"), "alice");
}

// What shows who owns what is needed most while something is wrong.
TEST_F(HungDisk, keeps_nobody_from_seeing_who_owns_what) {
  Talk alice(server_.port()), bob(server_.port()), looking(server_.port(), 1s);  // Answered within a second.
  support::LiveTalk live(server_.port(), "dave", "tab");
  ASSERT_EQ(alice.post("/v1/acquire/ci/build", R"({"owner": "alice"})").status, 200);
  Talk watching(server_.port(), 1s);
  watching.send(support::request_text("GET", "/v1/events"));
  await("the stream to begin", [&] { return watching.answered_within(10ms); });
  hang();
  bob.send(support::request_text("POST", "/v1/acquire/ci/test", R"({"owner": "bob"})"));
  await("the grant to be decided",
        [&] { return looking.get("/v1/leases/ci/test?unsettled=1").field("owner") == "bob"; });
  const auto see_it_all = [&] {
    EXPECT_THAT(looking.get("/v1/leases?unsettled=1").body, HasSubstr("ci/test"));
    EXPECT_THAT(looking.get("/v1/tree?unsettled=1").body, HasSubstr(R"("held":2)"));
    EXPECT_THAT(looking.get("/v1/sessions?unsettled=1").body, HasSubstr("dave"));
    EXPECT_EQ(looking.get("/v1/server").status, 200);
    EXPECT_EQ(looking.get("/metrics").status, 200);
    EXPECT_EQ(looking.get("/readyz").status, 200);
    EXPECT_THAT(looking.get("/").body, HasSubstr("the page"));
    EXPECT_EQ(looking.get("/assets/main-1.js").body, "the script");
    EXPECT_EQ(live.ask("session.list", R"("unsettled":true)").status, 200);
    EXPECT_EQ(live.ask("state", R"("state":"idle")").status, 200);
    support::LiveTalk late(server_.port(), "erin", "tab");
    EXPECT_EQ(late.ask("server.get").field("ready"), "true");
    Talk another(server_.port(), 1s);
    EXPECT_THAT(another.get("/").body, HasSubstr("the page"));
    another.send(support::request_text("GET", "/v1/events"));
    EXPECT_TRUE(another.answered_within(1s));
  };
  see_it_all();
  await("to be behind", [&] { return looking.get("/v1/server").field("journal_behind") == "true"; });
  see_it_all();
  looking.send(support::request_text("GET", "/v1/sessions"));
  EXPECT_EQ(looking.receive().field("code"), "journal_behind");
  EXPECT_FALSE(bob.answered_within(0ms)) << "told of what is not durable";
  answer_again();
  EXPECT_EQ(bob.receive().field("owner"), "bob");
  await("it to be over", [&] { return looking.get("/v1/server").field("journal_behind") == "false"; });
}

TEST_F(HungDisk, does_not_keep_the_server_from_ending_though_nothing_is_under_way) {
  Talk alice(server_.port());
  ASSERT_EQ(alice.post("/v1/acquire/job", R"({"owner": "alice", "ttl_ms": 3600000})").status, 200);
  hang();
  const auto began = std::chrono::steady_clock::now();
  server_.process().signal(SIGTERM);
  EXPECT_EQ(server_.process().wait().exit_status, journal_failed);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 6s);
  answer_again();
  const ServerProcess again({.arguments = store_.arguments({})});
  EXPECT_EQ(Talk(again.port()).get("/v1/leases/job").field("owner"), "alice");
}

// Who reads the history of a name waits for its files; nobody else does, and the server ends in time.
/// A server whose history of ci/build lies in files, on a disk of its own.
class HistoryInFiles : public testing::Test {
 protected:
  void SetUp() override {
    std::ofstream(little_) << "history_bytes_max = 1048576\n";  // So files are written soon.
    ServerProcess before({.arguments = arguments()});
    Talk alice(before.port());
    const std::string wanted = fmt::format(R"({{"owner": "alice", "note": "{}"}})", std::string(1'000, 'n'));
    for (int i = 0; i < 200; ++i) {
      const std::uint64_t token = alice.post("/v1/acquire/ci/build", wanted).token();
      const std::string release = fmt::format(R"({{"owner": "alice", "token": {}}})", token);
      ASSERT_EQ(alice.post("/v1/release/ci/build", release).status, 200);
    }
    before.process().signal(SIGTERM);
    ASSERT_EQ(before.process().wait().exit_status, 0);
  }

  std::vector<std::string> arguments() const { return {"--config", little_, "--data", store_.data()}; }
  ServerProcess::How on_disk(const std::string& which) const {
    return {
        .arguments = arguments(),
        .environment = {{"LD_PRELOAD", HOLDFAST_DISK_SHIM}, {"HOLDFAST_DISK", which}, {"HOLDFAST_DISK_HANGS", sign_}}};
  }
  /// Connections that have asked for the history, and have no answer yet.
  static std::vector<Talk> readers(std::uint16_t port, std::size_t count) {
    std::vector<Talk> readers;
    while (readers.size() < count) {
      readers.emplace_back(port).send(support::request_text("GET", "/v1/history/ci/build"));
    }
    return readers;
  }

  const Store store_;
  const std::filesystem::path sign_ = store_.scratch() / "hangs";
  const std::filesystem::path little_ = store_.scratch() / "little.toml";
};

using HungReads = HistoryInFiles;
using SlowReads = HistoryInFiles;

TEST_F(HungReads, hold_nobody_up_who_reads_something_else) {
  ServerProcess server(on_disk("hangs"));
  Talk alice(server.port()), reading(server.port()), looking(server.port(), 1s);
  support::LiveTalk live(server.port(), "dave", "tab");
  ASSERT_EQ(alice.post("/v1/acquire/ci/test", R"({"owner": "alice"})").status, 200);
  EXPECT_THAT(reading.get("/v1/history/ci/build").body, HasSubstr("alice"));
  std::ofstream{sign_};
  reading.send(support::request_text("GET", "/v1/history/ci/build"));
  EXPECT_FALSE(reading.answered_within(50ms)) << "it reads no file";
  EXPECT_THAT(looking.get("/v1/leases").body, HasSubstr("ci/test"));
  EXPECT_THAT(looking.get("/v1/tree").body, HasSubstr(R"("held":1)"));
  EXPECT_THAT(looking.get("/v1/sessions").body, HasSubstr("dave"));
  EXPECT_EQ(live.ask("lease.list").status, 200);
  const auto began = std::chrono::steady_clock::now();
  server.process().signal(SIGTERM);
  EXPECT_EQ(server.process().wait().exit_status, journal_failed);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 5s);
  std::filesystem::remove(sign_);
}

TEST_F(HungReads, wait_for_so_many_and_the_others_are_refused) {
  ServerProcess server(on_disk("hangs"));
  std::ofstream{sign_};
  std::vector<Talk> reading = readers(server.port(), readers_max + 10);
  const auto answered = [](Talk& talk) { return talk.answered_within(0ms); };
  await("ten to be refused", [&] { return std::ranges::count_if(reading, answered) == 10; });
  std::vector<Talk*> waiting;
  for (Talk& talk : reading) {
    if (!answered(talk)) {
      waiting.push_back(&talk);
      continue;
    }
    const Response refused = talk.receive();
    EXPECT_EQ(refused.status, 503);
    EXPECT_EQ(refused.field("code"), "history_busy");
  }
  Talk looking(server.port(), 1s);
  EXPECT_EQ(looking.get("/v1/leases").status, 200);
  std::filesystem::remove(sign_);
  for (Talk* reader : waiting) EXPECT_THAT(reader->receive().body, HasSubstr("alice"));
  EXPECT_EQ(looking.get("/v1/history/ci/build").status, 200);
}

TEST_F(SlowReads, are_not_waited_for_at_the_end_of_the_server) {
  ServerProcess server(on_disk("slow"));
  const std::vector<Talk> reading = readers(server.port(), 60);  // A quarter of a second each.
  Talk last(server.port());
  last.send(support::request_text("GET", "/v1/history/ci/build"));
  EXPECT_FALSE(last.answered_within(500ms));
  const auto began = std::chrono::steady_clock::now();
  server.process().signal(SIGTERM);
  EXPECT_EQ(server.process().wait().exit_status, 0) << "the disk is sound";
  EXPECT_LT(std::chrono::steady_clock::now() - began, 5s);
}

/// A client that is alone has its commits made by the door's own thread, from the second on.
void be_alone(Talk& talk) {
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(talk.post(fmt::format("/v1/acquire/alone/{}", i), R"({"owner": "alice", "session": "a"})").status, 200);
  }
}

TEST_F(HungDisk, holds_nobody_up_who_comes_while_the_doors_own_thread_waits_for_it) {
  Talk alone(server_.port());
  be_alone(alone);
  hang();
  alone.send(support::request_text("POST", "/v1/acquire/last", R"({"owner": "alice", "session": "a"})"));
  EXPECT_FALSE(alone.answered_within(200ms));

  Talk late(server_.port(), 1s);  // Whatever it asks below is answered within a second.
  EXPECT_EQ(late.get("/livez").status, 200);
  EXPECT_EQ(late.get("/v1/leases/last?unsettled=1").field("owner"), "alice");
  late.send(support::request_text("POST", "/v1/acquire/mine", R"({"owner": "bob"})"));
  Response behind;
  await("to be behind", [&] {
    Talk another(server_.port(), 1s);
    another.send(support::request_text("POST", "/v1/acquire/yours", R"({"owner": "carol"})"));
    if (!another.answered_within(100ms)) return false;
    behind = another.receive();
    return true;
  });
  EXPECT_EQ(behind.status, 503);
  EXPECT_EQ(behind.field("code"), "journal_behind");
  EXPECT_TRUE(behind.headers.contains("retry-after"));
  EXPECT_FALSE(late.answered_within(0ms)) << "told of what is not durable";
  answer_again();
  EXPECT_EQ(alone.receive().field("owner"), "alice");
  EXPECT_EQ(late.receive().field("owner"), "bob");
}

TEST_F(HungDisk, does_not_keep_the_server_from_ending_though_the_doors_own_thread_waits_for_it) {
  Talk alone(server_.port());
  be_alone(alone);
  hang();
  alone.send(support::request_text("POST", "/v1/acquire/last", R"({"owner": "alice", "session": "a"})"));
  EXPECT_FALSE(alone.answered_within(200ms));
  const auto began = std::chrono::steady_clock::now();
  server_.process().signal(SIGTERM);
  EXPECT_EQ(server_.process().wait().exit_status, journal_failed);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 5s);
}

// The door for clients of Redis goes to the disk on its own thread for all its clients, while that is quick.

TEST_F(HungDisk, holds_no_client_of_redis_up_who_needs_nothing_of_it) {
  RespTalk alice(both_doors_.port(), 2s), bob(both_doors_.port()), carol(both_doors_.port());
  Talk looking(server_.port());
  ASSERT_EQ(alice.ask({"SET", "job", "a", "NX", "PX", "60000"}), "OK");
  for (int again = 0; again < 3; ++again) {  // Either thread can be the one that is held up.
    hang();
    const std::string name = fmt::format("other/{}", again);
    bob.send(support::command_text({"SET", name, "b", "NX", "PX", "60000"}));
    await("the grant to be decided",
          [&] { return !looking.get("/v1/leases/" + name + "?unsettled=1").field("token").empty(); });
    EXPECT_EQ(alice.ask({"PEXPIRE", "job", "60000"}), "1");
    EXPECT_EQ(alice.ask({"PING"}), "PONG");
    RespTalk late(both_doors_.port(), 2s);
    EXPECT_EQ(late.ask({"GET", "job"}), "a");
    carol.send(support::command_text({"SET", name, "c", "NX", "PX", "60000"}));
    EXPECT_FALSE(bob.raw().answered_within(50ms)) << "told of what is not durable";
    EXPECT_FALSE(carol.raw().answered_within(0ms)) << "told of what is not durable";
    answer_again();
    EXPECT_EQ(bob.receive().shown(), "OK");
    EXPECT_EQ(carol.receive().shown(), "nil");
    for (int i = 0; i < 200; ++i) {  // Until it counts as quick again.
      ASSERT_EQ(bob.ask({"SET", fmt::format("{}/{}", name, i), "b", "NX", "PX", "60000"}), "OK");
    }
  }
  EXPECT_THAT(looking.get("/metrics").body, testing::ContainsRegex("\nholdfast_threads_relieved_total [1-9]"));
}

TEST_F(HungDisk, does_not_keep_the_server_from_ending_though_clients_of_redis_wait_for_it) {
  RespTalk alice(both_doors_.port()), bob(both_doors_.port());
  ASSERT_EQ(alice.ask({"SET", "job", "a", "NX", "PX", "60000"}), "OK");
  hang();
  bob.send(support::command_text({"SET", "other", "b", "NX", "PX", "60000"}));
  EXPECT_FALSE(bob.raw().answered_within(200ms));
  const auto began = std::chrono::steady_clock::now();
  server_.process().signal(SIGTERM);
  EXPECT_EQ(server_.process().wait().exit_status, journal_failed);
  EXPECT_LT(std::chrono::steady_clock::now() - began, 5s);
  EXPECT_FALSE(bob.receive_or_closed().has_value()) << "told of what is not durable";
}

/// Requests that come together: the disk is needed for all of them but the first.
struct PipelineOnHungDisk : HungDisk {
  void SetUp() override {
    talk_.emplace(server_.port());
    token_ = talk_->post("/v1/acquire/kept", R"({"owner": "alice", "session": "a", "ttl_ms": 3600000})").token();
    hang();
    std::string all =
        support::request_text("POST", "/v1/renew/kept", fmt::format(R"({{"owner": "alice", "token": {}}})", token_));
    for (int i = 0; i < 20; ++i) {
      all += support::request_text("POST", fmt::format("/v1/acquire/piped/{}", i),
                                   R"({"owner": "alice", "session": "a", "ttl_ms": 3600000})");
    }
    talk_->send(all);
    await("all of it to be decided",
          [&] { return looking_.get("/v1/leases/piped/19?unsettled=1").field("owner") == "alice"; });
  }
  void expect_everything_taken_back() {
    for (int i = 0; i < 20; ++i) {
      await("a grant to be taken back",
            [&] { return looking_.get(fmt::format("/v1/leases/piped/{}", i)).field("held") == "false"; });
    }
    EXPECT_EQ(looking_.get("/v1/leases/kept").token(), token_) << "what it had before it keeps";
    EXPECT_THAT(looking_.get("/metrics").body, HasSubstr("\nholdfast_grants_taken_back_total 20\n"));
  }

  std::optional<Talk> talk_;
  Talk looking_{server_.port()};
  std::uint64_t token_ = 0;
};

TEST_F(PipelineOnHungDisk, answers_at_once_what_needs_none_and_the_rest_together) {
  EXPECT_EQ(talk_->receive().field("name"), "kept");
  EXPECT_FALSE(talk_->answered_within(100ms)) << "told of what is not durable";
  answer_again();
  for (int i = 0; i < 20; ++i) EXPECT_EQ(talk_->receive().field("name"), fmt::format("piped/{}", i));
}

TEST_F(PipelineOnHungDisk, takes_everything_back_that_a_peer_which_crashed_was_not_told) {  // L8
  talk_->receive();
  talk_->reset();
  answer_again();
  expect_everything_taken_back();
}

TEST_F(PipelineOnHungDisk, takes_everything_back_from_a_peer_that_gave_up_meanwhile) {  // L8
  talk_->receive();
  talk_->close();
  std::this_thread::sleep_for(
      1100ms);  // As long as clients are given: before that, the answer may still be on its way.
  answer_again();
  expect_everything_taken_back();
}

TEST_F(HungDisk, lets_nobody_be_told_of_a_renewal_that_is_over_when_the_answer_before_it_leaves) {  // L4
  Talk talk(server_.port()), looking(server_.port());
  const Response held = talk.post("/v1/acquire/short", R"({"owner": "alice", "session": "a", "ttl_ms": 500})");
  hang();
  talk.send(support::request_text("POST", "/v1/acquire/other", R"({"owner": "alice", "session": "a"})") +
            support::request_text("POST", "/v1/renew/short",
                                  fmt::format(R"({{"owner": "alice", "token": {}}})", held.token())));
  await("the renewal to be over", [&] {
    return looking.get("/v1/leases/other?unsettled=1").field("owner") == "alice" &&
           looking.get("/v1/leases/short?unsettled=1").field("held") == "false";
  });
  answer_again();
  EXPECT_EQ(talk.receive().field("name"), "other");
  EXPECT_EQ(talk.receive().field("code"), "grant_lapsed");
}

TEST_F(HungDisk, is_said_once_in_the_log_and_shown_in_the_figures_until_it_answers_again) {
  Talk alice(server_.port()), watcher(server_.port());
  hang();
  alice.send(support::request_text("POST", "/v1/acquire/job", R"({"owner":"alice"})"));
  const auto said = [&](const char* words) { return server_.process().errors().find(words) != std::string::npos; };
  await("the hanging disk to be said", [&] { return said("the disk does not answer"); });
  EXPECT_THAT(watcher.get("/metrics").body, testing::ContainsRegex("\nholdfast_journal_oldest_commit_seconds [1-9]"));
  answer_again();
  EXPECT_EQ(alice.receive().status, 200);
  await("its end to be said", [&] { return said("the disk answers again"); });
  EXPECT_THAT(watcher.get("/metrics").body, HasSubstr("\nholdfast_journal_oldest_commit_seconds 0\n"));
}

}  // namespace
}  // namespace holdfast::durability
