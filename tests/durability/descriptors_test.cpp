// Out of file descriptors: newcomers have to wait or are refused, who is in goes on, the journal too, and nothing
// spins.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "tests/durability/crowd.h"
#include "tests/durability/here.h"
#include "tests/durability/strace.h"

namespace holdfast::durability {
namespace {

using support::Response;
using support::ServerProcess;
using support::Talk;

constexpr std::size_t descriptors = 64;

/// Seconds of CPU that a process has used.
double cpu_seconds(pid_t process) {
  std::ifstream in(fmt::format("/proc/{}/stat", process));
  std::string text((std::istreambuf_iterator<char>(in)), {});
  std::istringstream fields(text.substr(text.rfind(')') + 2));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  double user = 0, system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

/// CPU used during a second in which the server has nothing to do but to let a wait of a second run out.
double cpu_of_an_idle_second(ServerProcess& server, Talk& talk) {
  const double before = cpu_seconds(server.process().pid());
  const Response over = talk.post("/v1/acquire/busy", R"({"owner":"nobody","session":"n","wait_ms":1000})");
  EXPECT_EQ(over.field("code"), "wait_over") << over.body;
  return cpu_seconds(server.process().pid()) - before;
}

std::size_t occurrences(const std::string& text, std::string_view word) {
  std::size_t count = 0;
  for (std::size_t at = text.find(word); at != std::string::npos; at = text.find(word, at + 1)) ++count;
  return count;
}

TEST(Descriptors, that_run_out_turn_newcomers_away_and_nobody_else) {
  const std::uint64_t seed = fresh_seed();
  const Store store;
  Ledger ledger;
  Crowd crowd(ledger, seed, {.clients = 4, .shared = 2, .own = 6, .note = 1000});
  ServerProcess server({.arguments = store.arguments(tiny),
                        .wrapper = {"prlimit", fmt::format("--nofile={}:{}", descriptors, descriptors)}});
  Talk holder(server.port());
  ASSERT_EQ(holder.post("/v1/acquire/busy", R"({"owner":"holder","session":"h","ttl_ms":3600000})").status, 200);
  crowd.start(server.port());
  ASSERT_TRUE(crowd.await_answers(50));

  std::vector<Talk> many;
  for (std::size_t number = 0; number < 2 * descriptors; ++number) many.emplace_back(server.port());
  // Some segments and snapshots' worth: the journal opens files all the time.
  EXPECT_TRUE(crowd.await_answers(3'000)) << server.process().errors();
  EXPECT_TRUE(ledger.complaints().empty()) << "seed " << seed << "\n" << ledger.told();
  const std::optional<Response> last = many.back().receive_or_closed();
  ASSERT_TRUE(last);
  EXPECT_EQ(last->field("code"), "too_many_connections") << last->body;
  EXPECT_EQ(last->field("fate"), "not_done") << last->body;
  crowd.stop();
  EXPECT_LT(cpu_of_an_idle_second(server, holder), 0.5);

  many.clear();
  await("newcomers to be let in", [&] {
    try {
      return Talk(server.port()).get("/v1/leases/busy").status == 200;
    } catch (const std::runtime_error&) {
      return false;  // Turned away before it could ask.
    }
  });
  EXPECT_EQ(server.stop().exit_status, 0) << server.process().errors();
}

// The kernel's own table may be full, whatever our limit is.
TEST(Descriptors, that_the_kernel_does_not_give_make_newcomers_wait) {
  const Store store;
  ServerProcess server({.arguments = store.arguments({})});
  Talk holder(server.port());
  ASSERT_EQ(holder.post("/v1/acquire/busy", R"({"owner":"holder","session":"h","ttl_ms":3600000})").status, 200);
  Attached strace(server.process().pid(), true, "/dev/null",
                  {"-e", "trace=accept,accept4", "-e", "inject=accept,accept4:error=EMFILE"});
  Talk newcomer(server.port());
  newcomer.send(support::request_text("GET", "/v1/leases/busy"));
  await("the first refusal", [&] { return occurrences(server.process().errors(), "cannot accept") > 0; });
  EXPECT_LT(cpu_of_an_idle_second(server, holder), 0.5);
  EXPECT_LT(occurrences(server.process().errors(), "cannot accept"), 50U) << "the log is flooded";
  strace.detach();
  EXPECT_EQ(newcomer.receive().status, 200);
}

}  // namespace
}  // namespace holdfast::durability
