// The second server that shows a fault beside a sound one.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <filesystem>
#include <fstream>
#include <optional>
#include <thread>

#include "base/fd.h"
#include "tests/support/http_talk.h"
#include "tests/support/process.h"

namespace holdfast {
namespace {

using namespace std::chrono_literals;
using support::Process;
using support::Response;
using support::ServerProcess;
using support::Talk;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr int wrong_usage = 64;

std::uint16_t port_of(const std::string& url) {
  const std::string before = "http://127.0.0.1:";
  if (!url.starts_with(before)) throw std::runtime_error("no URL of loopback: " + url);
  return static_cast<std::uint16_t>(std::stoi(url.substr(before.size())));
}

/// A console of one page, whether or not this build has one.
class Page {
 public:
  Page() {
    std::filesystem::create_directory(scratch_.path() / "assets");
    std::ofstream(scratch_.path() / "index.html") << "<!doctype html><title>Holdfast</title>";
  }
  std::string path() const { return scratch_.path(); }

 private:
  support::ScratchDirectory scratch_;
};

class Demonstration : public testing::Test {
 protected:
  Demonstration() : sound_({.arguments = {"--journal", "memory", "--demonstration", "--web-root", page_.path()}}) {}

  std::string url() { return Talk(sound_.port()).get("/v1/server").field("demonstration"); }

  Page page_;
  ServerProcess sound_;
};

TEST_F(Demonstration, is_a_server_with_the_race_and_the_first_has_none) {
  const std::string found = url();
  ASSERT_THAT(sound_.process().output(), HasSubstr(found));
  EXPECT_EQ(Talk(port_of(found)).get("/v1/server").field("injections"), R"(["check-then-act=100ms"])");
  EXPECT_EQ(Talk(sound_.port()).get("/v1/server").field("injections"), "[]");
  EXPECT_EQ(Talk(port_of(found)).get("/v1/server").field("demonstration"), "null");
}

TEST_F(Demonstration, gives_one_name_to_two_owners_who_ask_at_one_time_and_the_sound_server_does_not) {
  const auto owners_told = [](std::uint16_t port) {
    Talk alice(port), bob(port);
    alice.send(support::request_text("POST", "/v1/acquire/notes", R"({"owner":"alice"})"));
    bob.send(support::request_text("POST", "/v1/acquire/notes", R"({"owner":"bob"})"));
    return (alice.receive().status == 200 ? 1 : 0) + (bob.receive().status == 200 ? 1 : 0);
  };
  EXPECT_EQ(owners_told(port_of(url())), 2);
  EXPECT_EQ(owners_told(sound_.port()), 1);
}

TEST_F(Demonstration, may_be_shown_within_the_pages_of_the_first_server_and_no_others) {
  const std::string found = url();
  EXPECT_THAT(Talk(sound_.port()).get("/").headers["content-security-policy"], HasSubstr("frame-src " + found + ";"));
  EXPECT_THAT(Talk(sound_.port()).get("/").headers["content-security-policy"], HasSubstr("frame-ancestors 'none'"));
  const std::string policy = Talk(port_of(found)).get("/").headers["content-security-policy"];
  EXPECT_THAT(policy, HasSubstr("frame-ancestors http://127.0.0.1:* http://localhost:*"))
      << "its port is not known before";
  EXPECT_THAT(policy, HasSubstr("frame-src 'none'"));
}

/// True once nothing listens there any more.
bool gone(std::uint16_t port) {
  for (const auto until = std::chrono::steady_clock::now() + 10s; std::chrono::steady_clock::now() < until;) {
    try {
      if (Talk(port).closed_within(50ms)) return true;
    } catch (const std::runtime_error&) {
      return true;
    }
  }
  return false;
}

TEST_F(Demonstration, ends_with_the_first_server_however_that_ends) {
  const std::uint16_t port = port_of(url());
  EXPECT_EQ(sound_.stop().exit_status, 0);
  EXPECT_TRUE(gone(port));
  ServerProcess killed({.arguments = {"--journal", "memory", "--demonstration"}});
  const std::uint16_t other = port_of(Talk(killed.port()).get("/v1/server").field("demonstration"));
  killed.kill();
  EXPECT_TRUE(gone(other));
}

/// The only child that a process has.
pid_t child_of(pid_t parent) {
  pid_t child = -1;
  std::ifstream(fmt::format("/proc/{0}/task/{0}/children", parent)) >> child;
  if (child <= 0) throw std::runtime_error("it has no child");
  return child;
}

TEST_F(Demonstration, is_told_of_no_more_once_it_has_ended) {
  ASSERT_NE(url(), "null");
  ::kill(child_of(sound_.process().pid()), SIGKILL);
  const auto until = std::chrono::steady_clock::now() + 10s;
  while (url() != "null" && std::chrono::steady_clock::now() < until) std::this_thread::yield();
  EXPECT_EQ(url(), "null");
  EXPECT_THAT(sound_.process().errors(), HasSubstr("the demonstration has ended"));
  EXPECT_EQ(sound_.stop().exit_status, 0);
}

/// A service manager's socket.
class Manager {
 public:
  Manager() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path().copy(address.sun_path, sizeof address.sun_path - 1);
    if (::bind(socket_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) {
      throw std::runtime_error("no socket at " + path());
    }
  }
  std::string path() const { return scratch_.path() / "notify"; }
  /// What has come so far.
  std::vector<std::string> told() {
    std::vector<std::string> all;
    char message[256];
    for (ssize_t got = 0; (got = ::recv(socket_.get(), message, sizeof message, MSG_DONTWAIT)) > 0;) {
      all.emplace_back(message, static_cast<std::size_t>(got));
    }
    return all;
  }

 private:
  support::ScratchDirectory scratch_;
  Fd socket_{::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)};
};

TEST(DemonstrationOfAService, says_nothing_to_the_service_manager) {
  Manager manager;
  ServerProcess server(
      {.arguments = {"--journal", "memory", "--demonstration"}, .environment = {{"NOTIFY_SOCKET", manager.path()}}});
  EXPECT_NE(Talk(server.port()).get("/v1/server").field("demonstration"), "null");
  EXPECT_EQ(server.stop().exit_status, 0);
  EXPECT_THAT(manager.told(), ElementsAre("READY=1", "STOPPING=1"));
}

TEST(NoDemonstration, is_said_as_null_and_frames_nothing) {
  const Page page;
  ServerProcess server({.arguments = {"--journal", "memory", "--web-root", page.path()}});
  EXPECT_EQ(Talk(server.port()).get("/v1/server").field("demonstration"), "null");
  EXPECT_THAT(Talk(server.port()).get("/").headers["content-security-policy"], HasSubstr("frame-src 'none'"));
}

TEST(NoDemonstration, is_there_for_other_machines) {
  Process process(
      {HOLDFAST_PROGRAM, "serve", "--listen", "0.0.0.0:0", "--insecure", "--journal", "memory", "--demonstration"});
  EXPECT_EQ(process.wait().exit_status, wrong_usage);
  EXPECT_THAT(process.errors(), HasSubstr("loopback"));
}

}  // namespace
}  // namespace holdfast
