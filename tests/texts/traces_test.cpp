// Real typing through a real server: what comes out is theirs to the byte, for whoever asks and for whoever follows,
// also where the server is killed amid it.
#include <gtest/gtest.h>

#include <deque>

#include "tests/support/live_talk.h"
#include "tests/support/traces.h"
#include "tests/texts/follower.h"
#include "tests/texts/house.h"

namespace holdfast::texts {
namespace {

using support::LiveAnswer;
using support::LiveTalk;
using support::request_text;
using support::Response;
using support::Talk;
using support::Trace;

/// The traces that are there, by name, and one of our own.
class TextTraces : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (GetParam() == "made-up") {
      trace_ = support::made_up_trace(8812, 12'000);
    } else if (auto found = support::read_trace(GetParam())) {
      trace_ = *std::move(found);
    } else {
      GTEST_SKIP() << "There is no " << support::trace_file(GetParam()) << "; HOLDFAST_TRACES may name another folder.";
    }
    house_.emplace();
    ASSERT_EQ(house_->create(trace_.start).field("revision"), "0");
    token_ = house_->acquire("alice", "s");
  }
  void expect_whole() {
    EXPECT_EQ(house_->revision(), trace_.changes.size());
    EXPECT_TRUE(house_->file() == trace_.end) << "byte for byte";
  }

  Trace trace_;
  std::optional<House> house_;
  std::uint64_t token_ = 0;
};

TEST_P(TextTraces, come_out_byte_for_byte_over_http_and_kills) {
  const std::vector<Batch> all = batches(trace_.changes, 500);
  const std::size_t killed_amid = all.size() / 3, killed_after = 2 * all.size() / 3;
  auto talk = std::make_unique<Talk>(house_->port());
  for (std::size_t i = 0; i < all.size(); ++i) {
    const std::string request = request_text("POST", fmt::format("/v1/edit/{}", text_name),
                                             R"({"owner":"alice","session":"s",)" + edit_fields(token_, all[i]) + "}");
    talk->send(request);
    if (i == killed_amid) {  // Nobody knows whether it was done.
      house_->kill();
      house_->start();
      talk = std::make_unique<Talk>(house_->port());
      talk->send(request);
    }
    const Response made = talk->receive();
    ASSERT_EQ(made.status, 200) << made.body;
    ASSERT_EQ(made.field("revision"), std::to_string(all[i].from + all[i].count));
    if (i == killed_after) {
      house_->kill();
      house_->start();
      talk = std::make_unique<Talk>(house_->port());
      ASSERT_EQ(house_->revision(), all[i].from + all[i].count) << "answered, and therefore there";
      talk->send(request);
      ASSERT_EQ(talk->receive().field("again"), "true");
    }
  }
  expect_whole();
  house_->kill();
  house_->start();
  expect_whole();
}

/// Sends batches over a live socket, some ahead of their answers, and after a loss of the server whatever it has no
/// answer for.
class LiveWriter {
 public:
  LiveWriter(House& house, std::uint64_t token) : house_(house), token_(token) { connect(); }

  void send(const Batch& batch) {
    while (waiting_.size() >= ahead) await_one();
    waiting_.push_back({talk_->send("buffer.edit", fields(batch)), &batch});
  }
  void await_all() {
    while (!waiting_.empty()) await_one();
  }
  /// The server is killed with requests under way, comes back, and is sent them again.
  void lose_server() {
    house_.kill();
    house_.start();
    connect();
    const LiveAnswer renewed = talk_->ask("lease.renew", fmt::format(R"("name":"{}","token":{})", text_name, token_));
    ASSERT_EQ(renewed.status, 200);
    for (Waiting& each : waiting_) each.id = talk_->send("buffer.edit", fields(*each.batch));
  }

 private:
  static constexpr std::size_t ahead = 8;
  struct Waiting {
    std::uint64_t id;
    const Batch* batch;
  };

  void connect() { talk_ = std::make_unique<LiveTalk>(house_.port(), "alice", "s"); }
  std::string fields(const Batch& batch) const {
    return fmt::format(R"("name":"{}",{})", text_name, edit_fields(token_, batch));
  }
  void await_one() {
    const Waiting first = waiting_.front();
    waiting_.pop_front();
    const LiveAnswer made = talk_->answer(first.id);
    ASSERT_EQ(made.status, 200) << boost::json::serialize(made.body);
    ASSERT_EQ(made.field("revision"), std::to_string(first.batch->from + first.batch->count));
  }

  House& house_;
  const std::uint64_t token_;
  std::unique_ptr<LiveTalk> talk_;
  std::deque<Waiting> waiting_;
};

TEST_P(TextTraces, come_out_byte_for_byte_over_the_live_socket_with_three_followers_and_kills) {
  std::deque<Follower> followers;
  for (const char* session : {"f1", "f2", "f3"}) followers.emplace_back(house_->port(), session);
  for (Follower& follower : followers) follower.await(0);
  const std::vector<Batch> all = batches(trace_.changes, 128);
  {
    LiveWriter writer(*house_, token_);
    for (std::size_t i = 0; i < all.size(); ++i) {
      writer.send(all[i]);
      if (i == all.size() / 3 || i == 2 * all.size() / 3) {
        writer.lose_server();
        writer.await_all();
        for (Follower& follower : followers) follower.await(all[i].from + all[i].count);  // They are back, too.
      }
      ASSERT_FALSE(HasFatalFailure());
    }
    writer.await_all();
  }
  for (Follower& follower : followers) {
    EXPECT_TRUE(follower.await(trace_.changes.size()) == trace_.end) << "byte for byte";
    const Follower::Seen seen = follower.seen();
    EXPECT_GE(seen.connections, 3U) << "it was there before, between and after the kills";
    EXPECT_GT(seen.pushed, 0U);
    fmt::print("{}: {} revisions pushed, {} caught up with, {} whole texts, {} times too slow\n", GetParam(),
               seen.pushed, seen.caught_up, seen.texts, seen.resyncs);
  }
  expect_whole();
  house_->kill();
  house_->start();
  expect_whole();
}

INSTANTIATE_TEST_SUITE_P(Of, TextTraces,
                         testing::Values("automerge-paper", "rustcode", "sveltecomponent", "seph-blog1", "made-up"),
                         [](const auto& of) {
                           std::string name = of.param;
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace holdfast::texts
