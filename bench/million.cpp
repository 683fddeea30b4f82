#include "bench/million.h"

#include <fmt/format.h>

#include <atomic>
#include <optional>
#include <thread>

#include "engine/engine.h"
#include "journal/file/file_journal.h"

namespace holdfast::bench {
namespace {

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

}  // namespace

void write_million(const std::filesystem::path& directory, bool folded,
                   const std::function<std::string(std::size_t)>& name_of) {
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
                        core::Acquire{.name = name_of(i),
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

}  // namespace holdfast::bench
