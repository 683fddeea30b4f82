// A file in memory that has a path, for what reads files by their names.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <string>
#include <string_view>

#include "tests/fuzz/target.h"

namespace holdfast::fuzz {

class TextFile {
 public:
  explicit TextFile(std::string_view text) : fd_(::memfd_create("text", MFD_CLOEXEC)) {
    HF_FUZZ_CHECK(::write(fd_, text.data(), text.size()) == static_cast<ssize_t>(text.size()));
  }
  ~TextFile() { ::close(fd_); }
  TextFile(const TextFile&) = delete;
  TextFile& operator=(const TextFile&) = delete;
  std::string path() const { return "/proc/self/fd/" + std::to_string(fd_); }

 private:
  int fd_;
};

}  // namespace holdfast::fuzz
