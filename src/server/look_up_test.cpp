// What is looked up beside the rules, where the thread that knows who is connected does not answer.
#include "server/look_up.h"

#include <gtest/gtest.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "api/shown.h"
#include "base/clock.h"

namespace holdfast::server {
namespace {

using namespace std::chrono_literals;

class NoJournal final : public journal::Journal {
 public:
  Result<journal::Opened> open(const journal::Replay&) override { return journal::Opened{}; }
  Result<void> append(core::Position, std::span<const core::Effect>) override { return {}; }
  Result<void> close() override { return {}; }
  journal::Counters counters() const override { return {}; }
  std::string describe() const override { return "none"; }
};

class LiveAs final : public LiveSessions {
 public:
  std::optional<std::vector<LiveSession>> live_sessions(const core::Who&, const std::string&, std::size_t) override {
    return here;
  }
  std::optional<std::vector<LiveSession>> here;
};

class LookUpTest : public testing::Test {
 protected:
  boost::asio::ip::tcp::socket connected() {
    boost::asio::ip::tcp::socket socket(loop_);
    socket.connect(acceptor_.local_endpoint());
    return socket;
  }
  LookUpTest() {
    service_.run(runner_);
    service_.meet(live_);
    service_.ready = true;
    EXPECT_TRUE(runner_.start().has_value());
    service_.clients().add(client_, there_.native_handle());
  }
  ~LookUpTest() override { service_.clients().remove(client_); }
  api::Call sessions() {
    api::Call call;
    call.command = core::Show{};
    call.sessions.emplace();
    return call;
  }

  using tcp = boost::asio::ip::tcp;
  boost::asio::io_context loop_;
  tcp::acceptor acceptor_{loop_, tcp::endpoint(boost::asio::ip::address_v4::loopback(), 0)};
  tcp::socket here_ = connected();
  tcp::socket there_ = acceptor_.accept();
  const std::uint64_t client_ = 7;

  Log log_{Log::Form::text, Log::Level::error};
  engine::EventRing events_{1 << 20};
  Service service_{log_, events_};
  LiveAs live_;
  SystemClock clock_;
  NoJournal journal_;
  engine::Runner runner_{std::make_unique<engine::Engine>(clock_, service_.clients()), journal_,
                         [](std::vector<core::Answer>&) {}, [](const Error&) {}};
};

TEST_F(LookUpTest, tells_of_those_who_have_a_live_socket) {
  live_.here.emplace({LiveSession{.who = {"alice", "tab"}, .state = "idle"}});
  api::Call call = sessions();
  ASSERT_EQ(look_up(service_, client_, call), ErrorCode::none);
  const auto page = std::dynamic_pointer_cast<const api::ShownSessions>(std::get<core::Show>(call.command).shown);
  ASSERT_EQ(page->sessions.size(), 1U);
  EXPECT_EQ(page->sessions[0].state, "idle");
}

TEST_F(LookUpTest, tells_nothing_rather_than_a_page_without_them) {
  api::Call call = sessions();
  EXPECT_EQ(look_up(service_, client_, call), ErrorCode::internal);
  service_.ready = false;
  EXPECT_EQ(look_up(service_, client_, call), ErrorCode::stopping);
}

TEST_F(LookUpTest, is_over_at_once_when_the_server_stops) {
  live_.here.emplace();
  api::Call call = sessions();
  ASSERT_TRUE(runner_.drain(30s));
  EXPECT_EQ(look_up(service_, client_, call), ErrorCode::stopping);
}

TEST_F(LookUpTest, goes_through_nothing_for_a_client_that_has_gone) {
  live_.here.emplace();
  api::Call call = sessions();
  EXPECT_EQ(look_up(service_, client_, call), ErrorCode::none);
  here_.close();
  char byte = 0;
  boost::system::error_code closed;
  there_.read_some(boost::asio::buffer(&byte, 1), closed);  // By then the kernel knows.
  EXPECT_EQ(look_up(service_, client_, call), ErrorCode::stopping);
}

}  // namespace
}  // namespace holdfast::server
