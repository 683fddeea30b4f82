// Who asks and never takes the answers, and who watches and never reads: neither costs the others anything, nor the
// server more than a bounded amount of memory.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <sys/socket.h>

#include <chrono>
#include <fstream>
#include <string>
#include <vector>

#include "tests/support/http_talk.h"
#include "tests/support/process.h"

namespace holdfast {
namespace {

using namespace std::chrono_literals;
using support::ServerProcess;
using support::Talk;

std::size_t resident_kib(pid_t process) {
  std::ifstream status(fmt::format("/proc/{}/status", process));
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmRSS:")) return std::stoul(line.substr(6));
  }
  return 0;
}

/// As much as the kernel takes, and then no more; `text` again and again. How many bytes that was.
std::size_t send_until_full(const Talk& talk, const std::string& text, std::size_t most) {
  std::size_t sent = 0;
  for (int quiet = 0; sent < most && quiet < 50;) {
    const ssize_t bytes = ::send(talk.socket(), text.data() + sent % text.size(), text.size() - sent % text.size(),
                                 MSG_DONTWAIT | MSG_NOSIGNAL);
    if (bytes > 0) {
      sent += static_cast<std::size_t>(bytes);
      quiet = 0;
    } else {
      ++quiet;
      ::usleep(2'000);
    }
  }
  return sent;
}

void acquire_and_release(Talk& talk, int times) {
  for (int i = 0; i < times; ++i) {
    const std::string name = fmt::format("deaf/{}", i % 50);
    const support::Response grant = talk.post("/v1/acquire/" + name, R"({"owner":"o","session":"s"})");
    ASSERT_EQ(grant.status, 200) << grant.body;
    const std::string token = fmt::format(R"({{"owner":"o","session":"s","token":{}}})", grant.token());
    ASSERT_EQ(talk.post("/v1/release/" + name, token).status, 200);
  }
}

TEST(DeafReaders, cost_the_others_nothing_and_the_server_a_bounded_amount) {
  const support::ScratchDirectory scratch;
  ServerProcess server({.arguments = {"--journal", "memory"}});
  Talk other(server.port());
  acquire_and_release(other, 200);  // What it needs anyway.
  const std::size_t before = resident_kib(server.process().pid());

  std::vector<Talk> asking, watching;
  const std::string question = support::request_text("GET", "/v1/openapi.json");
  std::size_t taken = 0;
  for (int i = 0; i < 20; ++i) {
    asking.emplace_back(server.port());
    taken += send_until_full(asking.back(), question, 8 << 20);
  }
  EXPECT_LT(taken, std::size_t{20} * (8 << 20)) << "the server reads on where nobody takes its answers";
  for (int i = 0; i < 100; ++i) {
    watching.emplace_back(server.port());
    watching.back().send(support::request_text("GET", "/v1/events?prefix=deaf"));
  }
  const auto began = std::chrono::steady_clock::now();
  acquire_and_release(other, 5'000);
  const auto took = std::chrono::steady_clock::now() - began;
  EXPECT_LT(took, 20s);
  const std::size_t after = resident_kib(server.process().pid());
  EXPECT_LT(after - std::min(before, after), std::size_t{128} << 10) << "from " << before << " KiB to " << after;
}

}  // namespace
}  // namespace holdfast
