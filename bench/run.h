// What every part of the benchmarks gets, and the servers they measure.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "bench/figures.h"
#include "cli/load.h"
#include "tests/support/process.h"

namespace holdfast::bench {

struct Run {
  int rounds = 5;
  std::filesystem::path scratch;  ///< Empty, on the disk that is measured; gone afterwards.
  Figures figures;

  /// On stderr: what is going on.
  static void say(std::string_view text);
};

/// A part adds its figures to `run`. It may throw; nothing is measured then.
struct Part {
  std::string_view name;
  std::string_view what;  ///< One line for --help.
  void (*measure)(Run& run);
};
extern const Part engine_part, durable_part, takeover_part, renew_part, queue_part, mass_part, policy_part,
    history_part, watch_part, verify_part, simulate_part, text_part, edits_part, live_part;

/// A `holdfast serve` of its own process, on a directory below the run's scratch, or in memory.
class Server {
 public:
  /// `settings`: lines of a configuration file.
  static Server on_disk(const Run& run, const std::string& directory, const std::string& settings = {});
  static Server in_memory();

  client::Url url() const { return {"127.0.0.1", process_->port()}; }
  std::uint16_t port() const { return process_->port(); }
  support::ServerProcess& process() { return *process_; }
  /// The value of a counter or gauge without labels.
  double metric(std::string_view name) const;
  /// Processor time that the process has used.
  double cpu_seconds() const;
  /// Bytes that the process has caused to be written to disks.
  std::uint64_t bytes_written() const;

 private:
  explicit Server(const std::vector<std::string>& arguments);
  std::unique_ptr<support::ServerProcess> process_;
};

/// Runs `options` against `server`. Throws where it cannot, where answers were lost, or where nothing was done.
cli::LoadReport load(const Server& server, cli::LoadOptions options);

/// The median of `count` commits as the journal makes them: one small frame written into a file of zeros, then
/// fdatasync. In microseconds, in a file of its own below `directory`.
double commit_us(const std::filesystem::path& directory, int count = 500);

double us(Duration duration);
double ms(Duration duration);

}  // namespace holdfast::bench
