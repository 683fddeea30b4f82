// What the program says of a data directory that is not as it was left, and that it leaves it so.
// That every single byte is noticed: src/journal/file/damage_test.cpp.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "journal/crc32c.h"
#include "tests/durability/crowd.h"
#include "tests/durability/here.h"
#include "tests/durability/strace.h"

namespace holdfast::durability {
namespace {

using support::ServerProcess;
using testing::HasSubstr;

constexpr const char* first_segment = "segment-0000000000000001";
constexpr Small never_folded{.segment_bytes = 64 << 10};  // So that the first segment stays.

/// Makes the checksum of a file's header right again.
void seal_header(std::string& file) {
  const std::uint32_t sum = journal::crc32c(std::string_view(file).substr(0, 60));
  for (std::size_t byte = 0; byte < 4; ++byte) file[60 + byte] = static_cast<char>(sum >> (8 * byte));
}

struct Damage : testing::Test {
  std::uint64_t seed = fresh_seed();
  Store store;
  Ledger ledger;
  Crowd crowd{ledger, seed, {.clients = 4, .shared = 2, .own = 6, .note = 1000}};

  /// Answers `requests` and stops in order, or is killed.
  void run_server(std::size_t requests, bool in_order) {
    ServerProcess server({.arguments = store.arguments(never_folded)});
    crowd.start(server.port());
    ASSERT_TRUE(crowd.await_answers(requests));
    crowd.stop();
    if (!in_order) return server.kill();
    EXPECT_EQ(server.stop().exit_status, 0);
  }

  /// A start that must fail with 74, change nothing, and say all of `words`.
  void expect_refused(const std::vector<std::string>& words) {
    const auto before = store.files();
    ServerProcess server({.arguments = store.arguments(never_folded), .await_ready = false});
    EXPECT_FALSE(server.await_listening());
    EXPECT_EQ(server.process().wait().exit_status, 74);
    for (const std::string& word : words) EXPECT_THAT(server.process().errors(), HasSubstr(word));
    EXPECT_EQ(store.files(), before);
  }
};

TEST_F(Damage, in_a_sealed_part_is_named_and_left_as_it_is) {
  run_server(1'000, true);
  std::string bytes = store.files().at(first_segment);
  ASSERT_GT(store.files().size(), 3U) << "no segment was sealed";
  bytes[bytes.size() / 2] ^= 1;
  store.write(first_segment, bytes);
  expect_refused({store.data() / first_segment, "offset", "damaged"});

  bytes[bytes.size() / 2] ^= 1;
  store.write(first_segment, bytes);
  const ServerProcess server({.arguments = store.arguments(never_folded)});
  ledger.audit(server.port());
  EXPECT_TRUE(ledger.complaints().empty()) << "seed " << seed << "\n" << ledger.told();
}

TEST_F(Damage, of_the_last_frame_alone_is_a_torn_tail_and_logged) {
  run_server(20, false);
  std::string bytes = store.files().at(first_segment);
  const std::size_t end = bytes.find_last_not_of('\0') + 1;
  ASSERT_LT(end + 64, bytes.size());
  bytes.replace(end + 32, 5, "\1\2\3\4\5");  // Some of a frame of which the rest never came.
  store.write(first_segment, bytes);
  ServerProcess server({.arguments = store.arguments(never_folded)});
  EXPECT_THAT(server.process().errors(), HasSubstr(first_segment));
  EXPECT_THAT(server.process().errors(), HasSubstr("cut off"));
  ledger.audit(server.port());
  EXPECT_TRUE(ledger.complaints().empty()) << "seed " << seed << "\n" << ledger.told();
}

TEST_F(Damage, is_not_what_a_newer_version_is_called) {
  run_server(20, true);
  std::string bytes = store.files().at(first_segment);
  bytes[12] = 99;  // The format version: docs/journal-format.md.
  seal_header(bytes);
  store.write(first_segment, bytes);
  expect_refused(
      {store.data() / first_segment, "format version 99", "newer version of holdfast", "Nothing was touched"});
}

// A disk that cannot read a sector says EIO. What is there may be whole: nothing is to be done to it.
TEST_F(Damage, that_the_disk_itself_reports_refuses_the_start_and_touches_nothing) {
  run_server(1'000, true);
  const auto before = store.files();
  int failed = 0;
  for (int call = 1; call <= 3; ++call) {
    ServerProcess server({.arguments = store.arguments(never_folded),
                          .wrapper = traced("/dev/null", {"-e", "trace=pread64", "-e",
                                                          fmt::format("inject=pread64:error=EIO:when={}", 10 * call)}),
                          .await_ready = false});
    if (server.await_listening()) {
      server.stop();
      continue;  // It does not read so often.
    }
    ++failed;
    EXPECT_EQ(server.process().wait().exit_status, 74);
    EXPECT_THAT(server.process().errors(), HasSubstr("Input/output error"));
    EXPECT_EQ(store.files(), before);
  }
  EXPECT_GT(failed, 0) << "no read failed";
  const ServerProcess server({.arguments = store.arguments(never_folded)});
  ledger.audit(server.port());
  EXPECT_TRUE(ledger.complaints().empty()) << "seed " << seed << "\n" << ledger.told();
}

}  // namespace
}  // namespace holdfast::durability
