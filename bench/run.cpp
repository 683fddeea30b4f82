#include "bench/run.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <sstream>
#include <stdexcept>

#include "cli/load_histogram.h"
#include "journal/file/disk.h"
#include "tests/support/http_talk.h"

namespace holdfast::bench {
namespace {

using Steady = std::chrono::steady_clock;

/// A grant of a short name is about this long in the journal, its frame included.
constexpr std::size_t frame_bytes = 160;

template <class Value>
void must(const Result<Value>& result) {
  if (!result) throw std::runtime_error(result.error().text());
}

}  // namespace

double us(Duration duration) {
  return std::chrono::duration<double, std::micro>(duration).count();
}

double ms(Duration duration) {
  return std::chrono::duration<double, std::milli>(duration).count();
}

void Run::say(std::string_view text) {
  fmt::print(stderr, "   {}\n", text);
}

Server::Server(const std::vector<std::string>& arguments)
    : process_(std::make_unique<support::ServerProcess>(support::ServerProcess::How{.arguments = arguments})) {}

Server Server::on_disk(const Run& run, const std::string& directory, const std::string& settings) {
  const std::filesystem::path file = run.scratch / (directory + ".toml");
  std::ofstream(file) << settings;
  return Server({"--data", (run.scratch / directory).string(), "--config", file.string(), "--log-level", "warn"});
}

Server Server::in_memory() {
  return Server({"--journal", "memory", "--log-level", "warn"});
}

double Server::metric(std::string_view name) const {
  const std::string text = "\n" + support::Talk(port()).get("/metrics").body;
  const std::string wanted = fmt::format("\n{} ", name);
  const std::size_t at = text.find(wanted);
  if (at == std::string::npos) throw std::runtime_error(fmt::format("/metrics has no {}", name));
  return std::stod(text.substr(at + wanted.size(), 32));
}

double Server::cpu_seconds() const {
  std::ifstream file(fmt::format("/proc/{}/stat", process_->process().pid()));
  std::string text;
  std::getline(file, text);
  std::istringstream fields(text.substr(text.rfind(')') + 2));  // Behind the program's name.
  std::string word;
  double ticks = 0;
  for (int field = 3; field <= 15 && fields >> word; ++field) {
    if (field >= 14) ticks += std::stod(word);  // utime and stime
  }
  if (!fields) throw std::runtime_error("/proc/PID/stat does not say what was used");
  return ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

std::uint64_t Server::bytes_written() const {
  std::ifstream file(fmt::format("/proc/{}/io", process_->process().pid()));
  std::string key;
  std::uint64_t value = 0;
  while (file >> key >> value) {
    if (key == "write_bytes:") return value;
  }
  throw std::runtime_error("/proc/PID/io does not say what was written");
}

cli::LoadReport load(const Server& server, cli::LoadOptions options) {
  options.server = server.url();
  options.owner = "bench";
  Result<cli::LoadReport> report = cli::run_load(options);
  must(report);
  if (report->lost > 0 || report->done() == 0) {
    throw std::runtime_error(
        fmt::format("the load {} lost {} answers and got {}", cli::word(options.kind), report->lost, report->done()));
  }
  return *std::move(report);
}

double commit_us(const std::filesystem::path& directory, int count) {
  const std::string path = directory / "commit-probe";
  const Fd file(::open(path.c_str(), O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0600));
  if (!file) throw std::runtime_error("cannot make " + path);
  must(journal::file::write_zeros(file, 0, static_cast<std::uint64_t>(count) * frame_bytes, path));
  must(journal::file::sync_data(file, path));
  const std::string frame(frame_bytes, 'x');
  cli::LatencyHistogram latency;
  for (int i = 0; i < count; ++i) {
    const Steady::time_point began = Steady::now();
    must(journal::file::write_at(file, frame, static_cast<std::uint64_t>(i) * frame_bytes, path));
    must(journal::file::sync_data(file, path));
    latency.record(Steady::now() - began);
  }
  ::unlink(path.c_str());
  return us(latency.at(0.5));
}

}  // namespace holdfast::bench
