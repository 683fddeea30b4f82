// A million leases: a start that finds them in the journal, and the second in which all of them lapse.
#include <fmt/format.h>

#include <atomic>
#include <thread>

#include "bench/run.h"
#include "engine/engine.h"
#include "journal/file/file_journal.h"

namespace holdfast::bench {
namespace {

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

constexpr std::size_t million = 1'000'000;
/// From a start on: long enough to be ready and under load before the first lapses. The last one is a second later.
constexpr Duration first_lapse = 4s;

struct Everybody final : core::Presence {
  bool present(std::uint64_t) const override { return true; }
};

/// Writes a data directory with a million leases: as segments only, or folded into a snapshot.
void write_million(const std::filesystem::path& directory, bool folded) {
  SystemClock clock;
  const Everybody everybody;
  engine::Engine engine(clock, everybody);
  const std::size_t fold_after = folded ? std::size_t{1} << 20 : std::size_t{1} << 40;
  journal::FileJournal journal({.directory = directory, .fold_after_bytes = fold_after});
  if (const auto opened = journal.open({}); !opened) throw std::runtime_error(opened.error().text());
  engine.start();
  std::vector<engine::Request> requests;
  std::vector<core::Answer> leaving;
  for (std::size_t i = 0; i < million; ++i) {
    requests.push_back({{1, i},
                        core::Acquire{.name = fmt::format("projects/atlas/files/{:07}.txt", i),
                                      .who = {fmt::format("user-{:04}", i % 5'000), fmt::format("s-{:020}", i)},
                                      .ttl = first_lapse + std::chrono::milliseconds(i % 1'000)}});
    if (requests.size() < 1'000) continue;
    engine.submit(requests, leaving);
    requests.clear();
    while (engine.pending()) {
      const engine::Batch batch = engine.take_batch();
      if (const auto kept = journal.append(batch.first, batch.effects); !kept) {
        throw std::runtime_error(kept.error().text());
      }
      engine.durable(batch.last(), leaving);
    }
    leaving.clear();
  }
  journal.settle();
  if (const auto closed = journal.close(); !closed) throw std::runtime_error(closed.error().text());
}

/// A server on `directory`, and how long it took from its process's start until it answered that it is ready.
struct Started {
  Server server;
  double seconds = 0;
};

Started start_on(const Run& run, const std::string& directory) {
  const Steady::time_point began = Steady::now();
  Server server = Server::on_disk(run, directory);
  server.metric("holdfast_leases");  // It says where it listens before; answering is what counts.
  const double seconds = std::chrono::duration<double>(Steady::now() - began).count();
  if (server.metric("holdfast_leases") < static_cast<double>(million)) {
    throw std::runtime_error("the server did not find its million leases");
  }
  return {std::move(server), seconds};
}

/// What happened while they lapsed.
struct Lapsed {
  double seconds = 0;  ///< From the first seen lapse to the last.
  cli::LatencyHistogram others;
};

/// Others keep acquiring and releasing, at a steady rate, from before the first lapse until after the last.
Lapsed lapse(const Server& server) {
  std::this_thread::sleep_for(first_lapse - 500ms);  // Time is what this waits for.
  Lapsed lapsed;
  std::atomic<bool> all{false};
  std::jthread watch([&](const std::stop_token& stop) {
    std::optional<Steady::time_point> first;
    while (!all && !stop.stop_requested()) {
      const double count = server.metric("holdfast_lapses_total");
      const Steady::time_point now = Steady::now();
      if (count > 0 && !first) first = now;
      lapsed.seconds = first ? std::chrono::duration<double>(now - *first).count() : 0;
      all = count >= static_cast<double>(million);
      std::this_thread::sleep_for(20ms);
    }
  });
  const cli::LoadReport report =
      load(server, {.clients = 64, .time = 30s, .rate = 1'000, .give_up = [&] { return all.load(); }});
  for (const auto& [op, operation] : report.operations) lapsed.others.add(operation.latency);
  if (!all) throw std::runtime_error("a million leases did not lapse within 30 s");
  return lapsed;
}

void measure(Run& run) {
  write_million(run.scratch / "segments", false);
  write_million(run.scratch / "folded", true);
  std::vector<double> commit, from_segments, from_snapshot, took, others;
  for (int round = 0; round < run.rounds; ++round) {
    commit.push_back(commit_us(run.scratch) / 1e3);
    Started folded = start_on(run, "folded");
    from_snapshot.push_back(folded.seconds);
    folded.server.process().kill();  // Before any of them lapses: the directory stays as it was.

    const std::filesystem::path copy = run.scratch / "copy";
    std::filesystem::remove_all(copy);
    std::filesystem::copy(run.scratch / "segments", copy, std::filesystem::copy_options::recursive);
    Started started = start_on(run, "copy");
    from_segments.push_back(started.seconds);
    const Lapsed lapsed = lapse(started.server);
    took.push_back(lapsed.seconds);
    others.push_back(ms(lapsed.others.at(0.99)) - commit.back());
    Run::say(fmt::format(
        "round {}: ready in {:.2f} s and {:.2f} s; lapsed in {:.2f} s, others' p99 {:.1f} ms, max "
        "{:.1f} ms",
        round + 1, from_segments.back(), from_snapshot.back(), lapsed.seconds, others.back(), ms(lapsed.others.max())));
  }
  run.figures.add({.part = "mass",
                   .what = "start with 1,000,000 leases in segments",
                   .unit = "s",
                   .must = Must::be_at_most,
                   .bound = 2,
                   .rounds = std::move(from_segments)});
  run.figures.add({.part = "mass",
                   .what = "start with 1,000,000 leases in a snapshot",
                   .unit = "s",
                   .must = Must::be_at_most,
                   .bound = 2,
                   .rounds = std::move(from_snapshot)});
  run.figures.add({.part = "mass",
                   .what = "1,000,000 deadlines within a second, until all have lapsed",
                   .unit = "s",
                   .must = Must::be_at_most,
                   .bound = 5,
                   .rounds = std::move(took)});
  run.figures.add({.part = "mass",
                   .what = "others' requests meanwhile, p99, beyond one commit",
                   .unit = "ms",
                   .must = Must::be_at_most,
                   .bound = 50,
                   .rounds = std::move(others)});
}

}  // namespace

const Part mass_part{"mass", "a million leases: a start, and all of them lapsing", measure};

}  // namespace holdfast::bench
