// The rules and the engine alone, on one core, without a door or a disk.
#include "engine/engine.h"

#include <benchmark/benchmark.h>
#include <fmt/format.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <fstream>
#include <random>

#include "bench/million.h"
#include "journal/memory/memory_journal.h"

namespace holdfast::bench {
namespace {

constexpr std::size_t batch = 16;

std::string name_of(std::size_t number) {
  return fmt::format("projects/atlas/files/{:07}.txt", number);
}

core::Who who_of(std::size_t number) {
  return {fmt::format("user-{:04}", number % 5'000), fmt::format("s-{:020}", number)};  // As long as a made-up session.
}

/// An engine whose names are all held, and the tokens under which they are.
class Million {
 public:
  Million() : tokens_(million) {
    engine_.start();
    static_cast<void>(journal_.open({}));
  }

  void acquire_all() {
    std::vector<engine::Request> requests;
    for (std::size_t i = 0; i < million; ++i) {
      requests.push_back(acquire(i));
      if (requests.size() == batch) submit(requests);
    }
  }

  engine::Request acquire(std::size_t i) const {
    return {{1, i}, core::Acquire{.name = name_of(i), .who = who_of(i), .ttl = std::chrono::minutes(10)}};
  }
  engine::Request release(std::size_t i) const {
    return {{1, i}, core::Release{.name = name_of(i), .token = tokens_[i], .who = who_of(i)}};
  }

  /// As a server does it: decide, make durable, let the answers leave.
  void submit(std::vector<engine::Request>& requests) {
    engine_.submit(requests, leaving_);
    while (engine_.pending()) {
      const engine::Batch taken = engine_.take_batch();
      static_cast<void>(journal_.append(taken.first, taken.effects));
      engine_.durable(taken.last(), leaving_);
    }
    for (const core::Answer& answer : leaving_) {
      if (answer.reply.code != ErrorCode::none) throw std::runtime_error("the engine refused what it must not");
      tokens_[answer.to.request] = answer.reply.lease.token;
    }
    leaving_.clear();
    requests.clear();
  }

 private:
  SystemClock clock_;
  Everybody everybody_;
  engine::Engine engine_{clock_, everybody_};
  journal::MemoryJournal journal_;
  std::vector<core::Token> tokens_;
  std::vector<core::Answer> leaving_;
};

/// What this thread has had of a core: whoever else wants it at the same time does not count.
double seconds_of_core() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

/// Releases random names and grants them anew, in batches. Making the requests, which is the doors' work, is not timed.
void pairs(benchmark::State& state, Million& all) {
  std::mt19937_64 random(7);
  std::vector<engine::Request> releases, acquires;
  for (auto iteration : state) {
    while (releases.size() < batch) {
      // A stride through the million, so that no name comes twice in a batch.
      const std::size_t i = (random() % (million / batch)) * batch + releases.size();
      releases.push_back(all.release(i));
      acquires.push_back(all.acquire(i));
    }
    const double began = seconds_of_core();
    all.submit(releases);
    all.submit(acquires);
    state.SetIterationTime(seconds_of_core() - began);
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * batch));
}

/// Takes what each repetition came to, and prints nothing.
class Collector final : public benchmark::BenchmarkReporter {
 public:
  bool ReportContext(const Context&) override { return true; }
  void ReportRuns(const std::vector<benchmark::BenchmarkReporter::Run>& runs) override {
    for (const auto& one : runs) {
      if (one.run_type == benchmark::BenchmarkReporter::Run::RT_Iteration) {
        rates.push_back(one.counters.at("items_per_second"));
      }
    }
  }
  std::vector<double> rates;
};

std::vector<double> pair_rates(int rounds) {
  Million all;
  all.acquire_all();
  const auto of_all = [&all](benchmark::State& state) { pairs(state, all); };
  benchmark::RegisterBenchmark("pairs", of_all)->UseManualTime()->Repetitions(rounds)->MinTime(1.0);
  Collector collector;
  benchmark::RunSpecifiedBenchmarks(&collector, "pairs");
  return collector.rates;
}

/// What this process really has of the machine's memory, whatever allocator it came from.
double resident_bytes() {
  std::size_t all = 0, resident = 0;
  std::ifstream("/proc/self/statm") >> all >> resident;
  return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

double bytes_a_lease_here() {
  Million all;  // Its tokens are ours, and are there before the count begins.
  const double before = resident_bytes();
  all.acquire_all();
  return (resident_bytes() - before) / static_cast<double>(million) - static_cast<double>(name_of(0).size());
}

/// In a process of its own: no memory that was used and freed before is used again there.
double bytes_a_lease() {
  int ends[2];
  if (::pipe(ends) != 0) throw std::runtime_error("pipe");
  const pid_t child = ::fork();
  if (child == 0) {
    const double bytes = bytes_a_lease_here();
    ::_exit(::write(ends[1], &bytes, sizeof bytes) == sizeof bytes ? 0 : 1);
  }
  ::close(ends[1]);
  double bytes = 0;
  const bool told = child > 0 && ::read(ends[0], &bytes, sizeof bytes) == sizeof bytes;
  ::close(ends[0]);
  ::waitpid(child, nullptr, 0);
  if (!told) throw std::runtime_error("the process that measures memory did not say anything");
  return bytes;
}

void measure_engine(bench::Run& run) {
  std::vector<double> bytes;  // First, while there is nothing in memory that a new process would have too.
  for (int round = 0; round < run.rounds; ++round) bytes.push_back(bytes_a_lease());
  run.figures.add({.part = "engine",
                   .what = "grant and release of a random name among 1,000,000 held, one core",
                   .unit = "pairs/s",
                   .must = Must::be_at_least,
                   .bound = 500'000,
                   .rounds = pair_rates(run.rounds)});
  run.figures.add({.part = "engine",
                   .what = "memory of a lease besides its name",
                   .unit = "bytes",
                   .must = Must::be_at_most,
                   .bound = 400,
                   .rounds = std::move(bytes)});
}

}  // namespace

const Part engine_part{"engine", "rules and engine alone, in process", measure_engine};

}  // namespace holdfast::bench
