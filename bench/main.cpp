// Measures what docs/benchmarks.md lists, and writes a table and every round as JSON.
//
//   holdfast_bench [--rounds N] [--commit TEXT] [--results DIR] [--scratch DIR] [PART...]
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <stdlib.h>

#include <algorithm>
#include <array>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <cstdio>
#include <ctime>
#include <exception>
#include <fstream>

#include "bench/run.h"
#include "cli/open_files.h"

namespace holdfast::bench {
namespace {

constexpr std::array parts{&engine_part,   &durable_part, &takeover_part, &renew_part,   &queue_part,
                           &watch_part,    &mass_part,    &policy_part,   &history_part, &verify_part,
                           &simulate_part, &text_part,    &edits_part,    &live_part};

struct Wanted {
  int rounds = 5;
  std::string commit = "unknown";
  std::filesystem::path results = "bench/results";
  std::filesystem::path scratch = "build/bench-data";
  std::vector<const Part*> parts;
};

[[noreturn]] void usage(int status) {
  std::FILE* out = status == 0 ? stdout : stderr;
  fmt::print(out, "Usage: holdfast_bench [--rounds N] [--commit TEXT] [--results DIR] [--scratch DIR] [PART...]\n\n");
  for (const Part* part : parts) fmt::print(out, "  {:<8} {}\n", part->name, part->what);
  std::exit(status);
}

Wanted parse(const std::vector<std::string>& words) {
  Wanted wanted;
  for (std::size_t i = 0; i < words.size(); ++i) {
    const std::string& word = words[i];
    if (word == "--help" || word == "-h") usage(0);
    if (word.starts_with("--")) {
      if (i + 1 == words.size()) usage(64);
      const std::string& value = words[++i];
      if (word == "--rounds") {
        wanted.rounds = std::max(1, std::atoi(value.c_str()));
      } else if (word == "--commit") {
        wanted.commit = value;
      } else if (word == "--results") {
        wanted.results = value;
      } else if (word == "--scratch") {
        wanted.scratch = value;
      } else {
        usage(64);
      }
      continue;
    }
    const auto found = std::ranges::find(parts, word, &Part::name);
    if (found == parts.end()) usage(64);
    wanted.parts.push_back(*found);
  }
  if (wanted.parts.empty()) wanted.parts.assign(parts.begin(), parts.end());
  return wanted;
}

/// A directory of this run only, gone with the object.
class Scratch {
 public:
  explicit Scratch(const std::filesystem::path& below) {
    std::filesystem::create_directories(below);
    std::string pattern = std::filesystem::absolute(below) / "run-XXXXXX";
    if (!::mkdtemp(pattern.data())) throw std::runtime_error("cannot make " + pattern);
    path_ = pattern;
  }
  ~Scratch() {
    std::error_code ignored;  // What is left is below build/.
    std::filesystem::remove_all(path_, ignored);
  }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

void write(const Wanted& wanted, const Machine& machine, const Figures& figures) {
  std::filesystem::create_directories(wanted.results);
  std::string stamp = machine.time.substr(0, 16);
  std::erase(stamp, ':');
  const std::filesystem::path json = wanted.results / fmt::format("{}-{}.json", stamp, machine.commit);
  std::ofstream(json) << boost::json::serialize(figures.json(machine)) << "\n";
  std::ofstream(wanted.results / "latest.md") << figures.markdown(machine);
  fmt::print("\n{}\n{} missed. Every round: {}\n", figures.markdown(machine), figures.missed(), json.string());
}

int run(const std::vector<std::string>& words) {
  const Wanted wanted = parse(words);
  cli::raise_open_files();
  const Scratch scratch(wanted.scratch);
  Run run{.rounds = wanted.rounds, .scratch = scratch.path(), .figures = {}};
  const Machine machine = this_machine(scratch.path(), wanted.commit);
  for (const Part* part : wanted.parts) {
    fmt::print(stderr, "{}: {}\n", part->name, part->what);
    part->measure(run);
  }
  write(wanted, machine, run.figures);
  return 0;
}

}  // namespace
}  // namespace holdfast::bench

int main(int argc, char** argv) try {
  return holdfast::bench::run({argv + 1, argv + argc});
} catch (const std::exception& error) {
  fmt::print(stderr, "holdfast_bench: {}\n", error.what());
  return 1;
}
