#include "server/process_figures.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <thread>

namespace holdfast::server {
namespace {

TEST(ProcessFigures, follow_what_the_process_opens_and_starts) {
  const ProcessFigures before = process_figures();
  const int file = ::open("/dev/null", O_RDONLY);
  std::jthread another([](const std::stop_token& stop) {
    while (!stop.stop_requested()) ::usleep(100);
  });
  const ProcessFigures now = process_figures();
  EXPECT_EQ(now.open_files, before.open_files + 1);
  EXPECT_GT(now.threads, before.threads);  // A sanitizer may start one of its own beside the first.
  EXPECT_GE(now.open_files_max, now.open_files);
  ::close(file);
}

TEST(ProcessFigures, are_of_the_right_size) {
  const ProcessFigures now = process_figures();
  EXPECT_GT(now.resident_bytes, 1U << 20);
  EXPECT_GT(now.virtual_bytes, now.resident_bytes);
  EXPECT_LT(now.cpu_seconds, 3600);
}

}  // namespace
}  // namespace holdfast::server
