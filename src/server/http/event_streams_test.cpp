// The thread that tells watchers, with sockets that a test holds the other end of (L14).
#include "server/event_streams.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <stdexcept>

#include "server/http/server_sent_events.h"

namespace holdfast::server::http {
namespace {

using namespace std::chrono_literals;
using core::Position;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr std::uint64_t incarnation = 77;

/// The peer of a watcher: reads blocks when it is asked to.
class Peer {
 public:
  explicit Peer(int socket) : socket_(socket) {}
  ~Peer() { close(); }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;

  /// The next block without its blank line; empty: the server closed. Throws where nothing comes for five seconds.
  std::string block() {
    while (true) {
      const std::size_t end = text_.find("\n\n");
      if (end != std::string::npos) {
        std::string found = text_.substr(0, end);
        text_.erase(0, end + 2);
        return found;
      }
      pollfd readable{.fd = socket_, .events = POLLIN, .revents = 0};
      if (::poll(&readable, 1, 5'000) == 0) throw std::runtime_error("nothing came");
      std::array<char, 4096> some;
      const ssize_t read = ::recv(socket_, some.data(), some.size(), 0);
      if (read <= 0) return {};
      text_.append(some.data(), static_cast<std::size_t>(read));
    }
  }
  /// The data of the next event, past signs of life and the head. Null: the server closed.
  boost::json::value event() {
    while (true) {
      const std::string found = block();
      if (found.empty()) return nullptr;
      const std::size_t data = found.find("data: ");
      if (data != std::string::npos) return boost::json::parse(found.substr(data + 6));
    }
  }
  /// The names of the next `count` events.
  std::vector<std::string> names(std::size_t count) {
    std::vector<std::string> found;
    while (found.size() < count) found.emplace_back(event().at("name").as_string());
    return found;
  }
  void close() {
    if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  }
  int socket() const { return socket_; }

 private:
  int socket_;
  std::string text_;
};

class Streams : public testing::Test {
 protected:
  void open(EventBounds bounds = {}, std::size_t ring_bytes = 64 << 20) {
    ring_ = std::make_unique<engine::EventRing>(ring_bytes);
    streams_ = std::make_unique<EventStreams>(*ring_, metrics_, bounds);
    streams_->start();
  }
  void TearDown() override { streams_.reset(); }

  std::unique_ptr<Peer> watch(std::string prefix, std::optional<std::uint64_t> after = {},
                              ErrorCode reset = ErrorCode::none) {
    int pair[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    ::fcntl(pair[0], F_SETFL, O_NONBLOCK);
    EXPECT_TRUE(streams_->reserve());
    const Position from = after ? Position{*after} : ring_->last();
    streams_->take({.socket = Fd(pair[0]),
                    .spelling = &server_sent_events(),
                    .prefix = std::move(prefix),
                    .incarnation = incarnation,
                    .after = from,
                    .reset = reset,
                    .asked = {incarnation, from}});
    return std::make_unique<Peer>(pair[1]);
  }
  /// One batch of lapses.
  void happen(const std::vector<std::string>& names, std::size_t bytes = 1) {
    auto batch = std::make_shared<engine::Batch>();
    batch->first = Position{ring_->last().value + 1};
    for (const std::string& name : names) {
      batch->effects.push_back(core::Requested{
          .name = name, .token = {}, .by = {"bob", ""}, .message = std::string(bytes, 'm'), .at = {}, .from = {}});
    }
    ring_->durable(std::move(batch));
  }
  template <class Condition>
  static void await(Condition condition) {
    const auto until = Steady::now() + 5s;
    while (!condition()) {
      if (Steady::now() > until) throw std::runtime_error("waited in vain");
      ::usleep(500);  // Another thread's counters: there is no event.
    }
  }

  Metrics metrics_;
  std::unique_ptr<engine::EventRing> ring_;
  std::unique_ptr<EventStreams> streams_;
};

TEST_F(Streams, begin_with_the_head_and_the_position_behind_which_they_tell) {
  open();
  happen({"a"});
  const auto peer = watch("a");
  EXPECT_THAT(peer->block().substr(0, 15), "HTTP/1.1 200 OK") << "up to a blank line";
}

TEST_F(Streams, tell_each_watcher_what_concerns_it_and_nothing_else) {
  open();
  const auto all = watch(""), deploy = watch("deploy"), web = watch("deploy/web");
  for (Peer* peer : {all.get(), deploy.get(), web.get()}) EXPECT_EQ(peer->event().at("type"), "begin");
  happen({"deploy", "deployment", "deploy/web"});
  happen({"deploy/web/1", "other"});
  EXPECT_THAT(all->names(5), ElementsAre("deploy", "deployment", "deploy/web", "deploy/web/1", "other"));
  EXPECT_THAT(deploy->names(3), ElementsAre("deploy", "deploy/web", "deploy/web/1"));
  EXPECT_THAT(web->names(2), ElementsAre("deploy/web", "deploy/web/1"));
}

TEST_F(Streams, give_each_event_its_position_as_id_and_in_its_data) {
  open();
  const auto peer = watch("");
  peer->event();
  happen({"a", "b"});
  for (const char* id : {"77.1", "77.2"}) {
    const std::string block = peer->block();
    EXPECT_THAT(block, HasSubstr(fmt::format("id: {}\nevent: requested\ndata: {{\"position\":\"{}\"", id, id)));
  }
}

TEST_F(Streams, go_on_behind_any_position_that_is_kept) {
  open();
  happen({"a", "b", "a/c"});
  happen({"d", "a"});
  const auto peer = watch("a", 1);
  EXPECT_EQ(peer->event().at("position"), "77.1");
  EXPECT_THAT(peer->names(2), ElementsAre("a/c", "a"));
  happen({"a/new"});
  EXPECT_THAT(peer->names(1), ElementsAre("a/new"));
}

TEST_F(Streams, do_not_tell_again_what_an_answer_showed_before_it_was_durable) {
  open();
  happen({"a"});
  const auto peer = watch("", 3);  // The answer that gave the position had decided up to 3.
  EXPECT_EQ(peer->event().at("position"), "77.3");
  happen({"b", "c", "d"});
  EXPECT_THAT(peer->names(1), ElementsAre("d"));
}

TEST_F(Streams, say_where_there_is_a_gap_and_go_on_from_now) {
  open({}, 1);
  happen({"a"});
  happen({"b"});
  const auto peer = watch("", 0);
  const boost::json::value reset = peer->event();
  EXPECT_EQ(reset.at("type"), "reset");
  EXPECT_EQ(reset.at("code"), "position_gone");
  EXPECT_EQ(reset.at("position"), "77.2");
  happen({"c"});
  EXPECT_THAT(peer->names(1), ElementsAre("c"));
  EXPECT_EQ(metrics_.event_resets, 1U);
}

TEST_F(Streams, pass_on_why_a_position_is_none_of_theirs) {
  open();
  happen({"a"});
  EXPECT_EQ(watch("", 0, ErrorCode::position_foreign)->event().at("code"), "position_foreign");
  const auto future = watch("", 9, ErrorCode::position_future);
  const boost::json::value reset = future->event();
  EXPECT_EQ(reset.at("code"), "position_future");
  EXPECT_EQ(reset.at("asked"), "77.9");
  EXPECT_EQ(reset.at("position"), "77.1");
  happen({"b"});
  EXPECT_THAT(future->names(1), ElementsAre("b"));
}

/// Small bounds, and events of a kilobyte: after a few of them a watcher that does not read is behind.
constexpr EventBounds tight{.pending_bytes_max = 8 << 10, .kernel_bytes = 4 << 10};

TEST_F(Streams, let_a_slow_watcher_read_at_its_own_pace_without_missing_or_repeating_any) {
  open(tight);
  const auto slow = watch("slow"), quick = watch("quick");
  slow->event();
  quick->event();
  std::vector<std::string> expected;
  for (int i = 0; i < 500; ++i) {
    happen({fmt::format("slow/{}", i), fmt::format("quick/{}", i)}, 1'000);
    expected.push_back(fmt::format("slow/{}", i));
  }
  EXPECT_EQ(quick->names(500).back(), "quick/499") << "nobody waits for the slow one";
  EXPECT_THAT(slow->names(500), testing::ElementsAreArray(expected));
  happen({"slow/live"});
  EXPECT_THAT(slow->names(1), ElementsAre("slow/live"));
}

TEST_F(Streams, tell_a_watcher_that_the_ring_has_left_of_the_gap) {
  open(tight, 64 << 10);
  const auto slow = watch(""), quick = watch("");
  slow->event();
  quick->event();
  for (int i = 0; i < 500; ++i) {
    happen({fmt::format("{}", i)}, 1'000);
    quick->names(1);  // The ring leaves whoever is too slow, also that thread.
  }
  std::uint64_t at = 0;
  boost::json::value event;
  for (event = slow->event(); event.at("type") != "reset"; event = slow->event()) {
    ASSERT_EQ(event.at("position").as_string(), fmt::format("77.{}", ++at)) << "in order up to the gap";
  }
  EXPECT_EQ(event.at("code"), "position_gone");
  EXPECT_EQ(event.at("asked").as_string(), fmt::format("77.{}", at)) << "the gap begins behind what was told last";
  EXPECT_GT(at, 0U);
  EXPECT_LT(at, 400U) << "there was no gap";
  EXPECT_EQ(event.at("position"), "77.500");
  happen({"on"});
  EXPECT_THAT(slow->names(1), ElementsAre("on"));
}

TEST_F(Streams, cut_off_whoever_never_reads) {
  EventBounds bounds = tight;
  bounds.stall = 200ms;
  open(bounds);
  const auto never = watch(""), reader = watch("");
  reader->event();
  for (int i = 0; i < 100; ++i) {
    happen({"a"}, 1'000);
    reader->names(1);
  }
  await([&] { return metrics_.watchers_cut_off == 1 && metrics_.watchers == 1; });
  happen({"b"});
  EXPECT_THAT(reader->names(1), ElementsAre("b")) << "the other one is still told";
}

TEST_F(Streams, leave_alone_whoever_has_nothing_to_read) {
  EventBounds bounds = tight;
  bounds.stall = 50ms;
  bounds.sign_of_life = 10ms;
  open(bounds);
  const auto idle = watch("quiet");
  idle->event();
  happen({"loud"});
  std::string block = idle->block();
  for (int i = 0; i < 20; ++i) block = idle->block();
  EXPECT_EQ(block, ":\nid: 77.1") << "its position rises with what happens elsewhere";
  EXPECT_EQ(metrics_.watchers_cut_off, 0U);
}

TEST_F(Streams, notice_who_goes_and_give_its_place_to_the_next) {
  open({.watchers_max = 2});
  auto first = watch("a");
  const auto second = watch("a");
  first->event();
  EXPECT_FALSE(streams_->reserve()) << "there are as many as may be";
  EXPECT_EQ(metrics_.watchers_refused, 1U);
  first->close();
  await([&] { return metrics_.watchers == 1; });
  const auto third = watch("a");
  happen({"a"});
  EXPECT_EQ(third->event().at("type"), "begin");
  EXPECT_THAT(third->names(1), ElementsAre("a"));
}

TEST_F(Streams, pay_no_heed_to_what_a_watcher_says) {
  open();
  const auto peer = watch("");
  peer->event();
  const std::string words(10'000, 'x');
  ASSERT_EQ(::send(peer->socket(), words.data(), words.size(), 0), static_cast<ssize_t>(words.size()));
  happen({"a"});
  EXPECT_THAT(peer->names(1), ElementsAre("a"));
}

TEST_F(Streams, end_at_once_and_hand_over_what_was_told) {
  open();
  const auto peer = watch("");
  peer->event();
  happen({"a"});
  peer->names(1);
  ASSERT_TRUE(streams_->reserve()) << "for somebody who is on the way";
  const auto began = Steady::now();
  streams_->stop();
  EXPECT_LT(Steady::now() - began, 1s);
  EXPECT_EQ(peer->event(), nullptr);
  EXPECT_EQ(metrics_.watchers, 0);
  EXPECT_FALSE(streams_->reserve());
  EXPECT_EQ(metrics_.watchers_refused, 0) << "there would be room";
  int pair[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
  streams_->take({.socket = Fd(pair[0]), .spelling = &server_sent_events(), .prefix = {}, .asked = {}});
  EXPECT_EQ(Peer(pair[1]).block(), "") << "nobody would tell it anything";
  EXPECT_EQ(metrics_.watchers, 0);
}

}  // namespace
}  // namespace holdfast::server::http
