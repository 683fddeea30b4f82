// What being durable costs over HTTP: against the disk itself, and against a server that keeps nothing.
#include <fmt/format.h>

#include "bench/run.h"

namespace holdfast::bench {
namespace {

using namespace std::chrono_literals;
using cli::LoadOp;

void measure_durable(Run& run) {
  const Server disk = Server::on_disk(run, "durable");
  const Server memory = Server::in_memory();
  std::vector<double> commit, alone, alone_in_memory, nothing, durable, in_memory, share;
  for (int round = 0; round < run.rounds; ++round) {
    commit.push_back(commit_us(run.scratch));
    const auto median = [](const cli::LoadReport& report) {
      return us(report.operations.at(LoadOp::acquire).latency.at(0.5));
    };
    alone.push_back(median(load(disk, {.clients = 1, .time = 1s})));
    alone_in_memory.push_back(median(load(memory, {.clients = 1, .time = 1s})));
    const cli::LoadReport livez = load(memory, {.kind = cli::LoadKind::livez, .clients = 1, .time = 1s});
    nothing.push_back(us(livez.operations.at(LoadOp::livez).latency.at(0.5)));
    durable.push_back(load(disk, {.time = 2s}).rate());
    in_memory.push_back(load(memory, {.time = 2s}).rate());
    share.push_back(durable.back() / in_memory.back());
    Run::say(fmt::format("round {}: commit {:.0f} us, acquire {:.0f} us; durable {:.0f}/s, memory {:.0f}/s", round + 1,
                         commit.back(), alone.back(), durable.back(), in_memory.back()));
  }
  const Figure disk_alone{
      .part = "durable", .what = "one write and fdatasync, median", .unit = "µs", .rounds = std::move(commit)};
  const double bound = 1.3 * disk_alone.median() + 50;
  run.figures.add(disk_alone);
  run.figures.add({.part = "durable",
                   .what = "durable acquire, 1 client, median",
                   .unit = "µs",
                   .must = Must::be_at_most,
                   .bound = bound,
                   .rounds = std::move(alone),
                   .note = "1.3 × that + 50"});
  run.figures.add(
      {.part = "durable", .what = "the same, memory journal", .unit = "µs", .rounds = std::move(alone_in_memory)});
  run.figures.add(
      {.part = "durable", .what = "GET /livez, 1 client, median", .unit = "µs", .rounds = std::move(nothing)});
  run.figures.add({.part = "durable",
                   .what = "acquires and releases, 64 clients, durable",
                   .unit = "/s",
                   .rounds = std::move(durable)});
  run.figures.add(
      {.part = "durable", .what = "the same, memory journal", .unit = "/s", .rounds = std::move(in_memory)});
  run.figures.add({.part = "durable",
                   .what = "durable as a share of that, 64 clients",
                   .unit = "",
                   .must = Must::be_at_least,
                   .bound = 0.6,
                   .rounds = std::move(share)});
}

}  // namespace

const Part durable_part{"durable", "acquire over HTTP, on disk and in memory", measure_durable};

}  // namespace holdfast::bench
