// A million leases: a start that finds them in the journal, and the second in which all of them lapse.
#include <fmt/format.h>

#include "bench/million.h"

namespace holdfast::bench {
namespace {

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

/// As in a project with many files.
std::string file_name(std::size_t number) {
  return fmt::format("projects/atlas/files/{:07}.txt", number);
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

void measure_mass(Run& run) {
  write_million(run.scratch / "segments", false, file_name);
  write_million(run.scratch / "folded", true, file_name);
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

const Part mass_part{"mass", "a million leases: a start, and all of them lapsing", measure_mass};

}  // namespace holdfast::bench
