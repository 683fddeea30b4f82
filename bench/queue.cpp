// Ten thousand who wait for one name: how long it lies idle between a release and the next one's grant.
#include <fmt/format.h>

#include "bench/run.h"
#include "tests/support/http_talk.h"

namespace holdfast::bench {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t waiters = 10'000;

/// Somebody else holds the name until all have queued up; then it lapses, and is handed on from one to the next.
cli::LatencyHistogram hand_overs(const Server& server) {
  support::Talk first(server.port());
  const auto hold = [&] {
    const support::Response answer = first.post("/v1/acquire/bench/contended", R"({"owner": "first", "ttl_ms": 1500})");
    if (answer.status != 200) throw std::runtime_error("the contended name is held: " + answer.body);
  };
  return load(server, {.kind = cli::LoadKind::contend, .clients = waiters, .time = 4s, .begins = hold}).hand_over;
}

void measure_queue(Run& run) {
  const Server server = Server::on_disk(run, "queue", "connections_max = 10100\nwaiters_max = 10100\n");
  std::vector<double> commit, median, beyond;
  for (int round = 0; round < run.rounds; ++round) {
    commit.push_back(commit_us(run.scratch) / 1e3);
    const cli::LatencyHistogram latency = hand_overs(server);
    median.push_back(ms(latency.at(0.5)));
    beyond.push_back(ms(latency.at(0.99)) - commit.back());
    Run::say(fmt::format("round {}: {} hand-overs, median {:.2f} ms, p99 {:.2f} ms, commit {:.2f} ms", round + 1,
                         latency.count(), median.back(), ms(latency.at(0.99)), commit.back()));
  }
  run.figures.add(
      {.part = "queue", .what = "hand-over among 10,000 waiters, median", .unit = "ms", .rounds = std::move(median)});
  run.figures.add({.part = "queue",
                   .what = "the same, p99, beyond one commit",
                   .unit = "ms",
                   .must = Must::be_at_most,
                   .bound = 5,
                   .rounds = std::move(beyond)});
}

}  // namespace

const Part queue_part{"queue", "10,000 waiters on one name", measure_queue};

}  // namespace holdfast::bench
