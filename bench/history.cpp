// What the history costs those who own, and the disk: two servers side by side, one that keeps it and one that does
// not.
#include <filesystem>

#include <fmt/format.h>

#include "bench/run.h"

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

void measure_history(Run& run) {
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
