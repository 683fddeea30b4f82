// What the history costs those who own, and the disk: two servers side by side, one that keeps it and one that does
// not.
#include <fmt/format.h>
#include <time.h>

#include <deque>
#include <filesystem>
#include <random>
#include <thread>

#include "bench/run.h"
#include "history/store.h"

namespace holdfast::bench {
namespace {

using namespace std::chrono_literals;

std::uintmax_t bytes_below(const std::filesystem::path& folder) {
  std::uintmax_t bytes = 0;
  if (!std::filesystem::exists(folder)) return 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.is_regular_file()) bytes += entry.file_size();
  }
  return bytes;
}

double cpu_us(clockid_t of) {
  timespec now{};
  ::clock_gettime(of, &now);
  return static_cast<double>(now.tv_sec) * 1e6 + static_cast<double>(now.tv_nsec) / 1e3;
}

/// What all threads of a history need for an effect, merges included: grants of names that come up once, and the lapses
/// of those that are `lapse_after` effects old. Made by this thread, a batch at a time, `rate` of them a second.
double effect_us(history::Options options, double rate, std::size_t effects, std::size_t lapse_after) {
  constexpr std::size_t batch = 64;
  constexpr std::size_t others_keep = 3'000;  ///< Batches: in a server the events do.
  SystemClock clock;
  history::Store store(std::move(options), clock);
  std::mt19937_64 random(7);
  std::deque<core::Lapsed> later;
  std::deque<std::shared_ptr<const std::vector<core::Effect>>> kept;
  const double before = cpu_us(CLOCK_PROCESS_CPUTIME_ID) - cpu_us(CLOCK_THREAD_CPUTIME_ID);
  const auto began = std::chrono::steady_clock::now();
  for (std::uint64_t made = 0; made < effects; made += batch) {
    auto some = std::make_shared<std::vector<core::Effect>>();
    some->reserve(batch);
    while (some->size() < batch) {
      if (later.size() > lapse_after && some->size() % 2 == 1) {
        some->emplace_back(std::move(later.front()));
        later.pop_front();
        continue;
      }
      core::Granted grant{.name = fmt::format("k:{:012}", random() % 100'000'000), .who = {"resp", "v"}};
      grant.token = {28'076'600'000'000 + made + some->size()};
      grant.ttl = 30s;
      grant.since = clock.wall();
      grant.from = "127.0.0.1:51234";
      if (lapse_after > 0) later.push_back({grant.name, grant.who.session, grant.token, clock.wall(), "resp", true});
      some->emplace_back(std::move(grant));
    }
    kept.push_back(std::move(some));
    store.durable(kept.back(), {made + 1});
    if (kept.size() > others_keep) kept.pop_front();
    std::this_thread::sleep_until(began + std::chrono::duration_cast<std::chrono::steady_clock::duration>(
                                              std::chrono::duration<double>(static_cast<double>(made) / rate)));
  }
  store.settle();
  if (store.figures().missed > 0) throw std::runtime_error("the history could not keep up");
  return (cpu_us(CLOCK_PROCESS_CPUTIME_ID) - cpu_us(CLOCK_THREAD_CPUTIME_ID) - before) / static_cast<double>(effects);
}

void measure_store(Run& run) {
  std::vector<double> memory, grants, both, full;
  for (int round = 0; round < run.rounds; ++round) {
    const auto folder = run.scratch / fmt::format("history-{}", round);
    const auto on_disk = [&](const char* name) { return history::Options{.folder = folder / name}; };
    std::filesystem::create_directories(folder);
    memory.push_back(effect_us({}, 150'000, 1'000'000, 0));
    grants.push_back(effect_us(on_disk("grants"), 150'000, 1'500'000, 0));
    both.push_back(effect_us(on_disk("both"), 150'000, 1'500'000, 300'000));
    history::Options small = on_disk("full");
    small.bytes_max = 64 << 20;
    full.push_back(effect_us(std::move(small), 150'000, 1'500'000, 100'000));
    std::filesystem::remove_all(folder);
    Run::say(fmt::format("round {}: {:.2f} in memory, {:.2f}, {:.2f}, {:.2f} us", round + 1, memory.back(),
                         grants.back(), both.back(), full.back()));
  }
  const auto add = [&](std::string what, std::vector<double> rounds) {
    run.figures.add({.part = "history", .what = std::move(what), .unit = "us", .rounds = std::move(rounds)});
  };
  add("processor time of an effect, grants of new names, in memory", std::move(memory));
  add("the same, on disk", std::move(grants));
  add("the same, with as many lapses", std::move(both));
  add("the same, where 64 MiB are all it may have, and are full", std::move(full));
}

void measure_history(Run& run) {
  measure_store(run);
  const Server with = Server::on_disk(run, "history-with");
  const Server without = Server::on_disk(run, "history-without", "history = false\n");
  std::vector<double> rate_with, rate_without, share, written;
  for (int round = 0; round < run.rounds; ++round) {
    // A million names: most are held for the first time, which is what costs the history most.
    const cli::LoadOptions work{.names = 1'000'000, .time = 3s};
    const std::uint64_t before_without = without.bytes_written();
    const cli::LoadReport plain = load(without, work);
    const auto bytes_plain = static_cast<double>(without.bytes_written() - before_without);
    const std::uint64_t before_with = with.bytes_written();
    const cli::LoadReport kept = load(with, work);
    const auto bytes_kept = static_cast<double>(with.bytes_written() - before_with);
    rate_without.push_back(plain.rate());
    rate_with.push_back(kept.rate());
    share.push_back(kept.rate() / plain.rate());
    const double seconds = std::chrono::duration<double>(work.time).count();
    written.push_back(bytes_kept / (kept.rate() * seconds) - bytes_plain / (plain.rate() * seconds));
    Run::say(fmt::format("round {}: with history {:.0f}/s, without {:.0f}/s", round + 1, rate_with.back(),
                         rate_without.back()));
  }
  const auto lies = static_cast<double>(bytes_below(run.scratch / "history-with" / "history"));
  run.figures.add({.part = "history",
                   .what = "acquires and releases, 64 clients, without history",
                   .unit = "/s",
                   .rounds = std::move(rate_without)});
  run.figures.add({.part = "history", .what = "the same, with history", .unit = "/s", .rounds = std::move(rate_with)});
  run.figures.add({.part = "history", .what = "as a share of that", .unit = "", .rounds = std::move(share)});
  run.figures.add({.part = "history",
                   .what = "written more to the disk, for each request",
                   .unit = "bytes",
                   .rounds = std::move(written)});
  run.figures.add(
      {.part = "history", .what = "files of the history at the end", .unit = "MiB", .rounds = {lies / (1 << 20)}});
}

}  // namespace

const Part history_part{
    .name = "history", .what = "what keeping the history costs the rate and the disk", .measure = measure_history};

}  // namespace holdfast::bench
