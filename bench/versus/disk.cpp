// What the disk asks for one commit: a write of so many bytes into a file of zeros, as the journal does it, and one
// fdatasync.
//
//   holdfast_versus_disk DIRECTORY BYTES COUNT
//
// Prints one line of JSON.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>
#include <string>
#include <vector>

#include "base/fd.h"
#include "journal/file/disk.h"

namespace holdfast::bench {
namespace {

using Steady = std::chrono::steady_clock;

void must(const Result<void>& result) {
  if (!result) throw std::runtime_error(result.error().text());
}

int run(const std::vector<std::string>& words) {
  if (words.size() != 3) {
    fmt::print(stderr, "Usage: holdfast_versus_disk DIRECTORY BYTES COUNT\n");
    return 64;
  }
  const std::string path = words[0] + "/commit-probe";
  const std::string record(std::stoul(words[1]), 'x');
  const std::uint64_t count = std::stoul(words[2]);
  const Fd file(::open(path.c_str(), O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0600));
  if (!file) throw std::runtime_error("cannot make " + path);
  must(journal::file::write_zeros(file, 0, count * record.size(), path));
  must(journal::file::sync_data(file, path));
  std::vector<double> us;
  for (std::uint64_t i = 0; i < count; ++i) {
    const Steady::time_point began = Steady::now();
    must(journal::file::write_at(file, record, i * record.size(), path));
    must(journal::file::sync_data(file, path));
    us.push_back(std::chrono::duration<double, std::micro>(Steady::now() - began).count());
  }
  ::unlink(path.c_str());
  std::ranges::sort(us);
  fmt::print("{{\"p50_us\": {:.1f}, \"p99_us\": {:.1f}}}\n", us.at(us.size() / 2), us.at(us.size() * 99 / 100));
  return 0;
}

}  // namespace
}  // namespace holdfast::bench

int main(int argc, char** argv) try {
  return holdfast::bench::run({argv + 1, argv + argc});
} catch (const std::exception& error) {
  fmt::print(stderr, "holdfast_versus_disk: {}\n", error.what());
  return 1;
}
