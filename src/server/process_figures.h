// What the kernel says about this process: the figures that every Prometheus dashboard begins with.
#pragma once

#include <cstdint>

namespace holdfast::server {

/// Zero where the kernel does not say.
struct ProcessFigures {
  double cpu_seconds = 0;
  std::uint64_t resident_bytes = 0;
  std::uint64_t virtual_bytes = 0;
  std::uint64_t threads = 0;
  std::uint64_t open_files = 0;
  std::uint64_t open_files_max = 0;
};

/// As of now. Counting many open files takes a few milliseconds on kernels before 6.2.
ProcessFigures process_figures();

}  // namespace holdfast::server
