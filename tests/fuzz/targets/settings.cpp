// What an operator may have typed into the configuration: taken as a whole, or refused with the file's name and a
// reason.
#include "cli/settings.h"

#include <sys/mman.h>
#include <unistd.h>

#include "tests/fuzz/target.h"

namespace holdfast::fuzz {
namespace {

/// A file in memory that has a path.
class TextFile {
 public:
  explicit TextFile(std::string_view text) : fd_(::memfd_create("settings", 0)) {
    HF_FUZZ_CHECK(::write(fd_, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }
  ~TextFile() { ::close(fd_); }
  TextFile(const TextFile&) = delete;
  TextFile& operator=(const TextFile&) = delete;
  std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  int fd_;
};

}  // namespace

HF_FUZZ_TARGET(settings, .variants = 5'000) {
  const TextFile file(bytes);
  cli::Settings settings;
  if (const Result<void> read = cli::read_file(file.path(), settings); !read) {
    HF_FUZZ_CHECK(read.error().code == ErrorCode::bad_configuration);
    HF_FUZZ_CHECK(read.error().where.find(file.path()) != std::string::npos);
    return Taken::no;
  }
  // What is printed gives the same again.
  const std::string printed = cli::to_toml(settings);
  cli::Settings again;
  HF_FUZZ_CHECK(cli::read_file(TextFile(printed).path(), again));
  HF_FUZZ_CHECK(cli::to_toml(again) == printed);
  const Result<void> checked = cli::check(settings);
  HF_FUZZ_CHECK(checked || checked.error().code == ErrorCode::bad_configuration);
  if (checked) {
    const Result<cli::Listen> listen = cli::parse_listen(settings.listen);
    HF_FUZZ_CHECK(listen && (settings.insecure || listen->loopback()));
  }
  return Taken::yes;
}

}  // namespace holdfast::fuzz
