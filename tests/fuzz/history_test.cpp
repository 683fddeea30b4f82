// What a file of the history gives back, whatever its bytes are: what was written, or nothing; never something else.
#include <gtest/gtest.h>

#include "history/store_for_tests.h"
#include "tests/fuzz/mutate.h"

namespace holdfast::fuzz {
namespace {

using namespace history;

TEST(FuzzHistory, entries_are_what_would_be_written_or_refused) {
  std::vector<core::Effect> effects{granted("job", "alice", 7, 10), released("job", "alice", 7, 20),
                                    taken("job", "bob", 8, 30, core::Loss::taken_over, "why"),
                                    core::Requested{"job", {8}, {"carol", ""}, "?", at(40), "192.0.2.1"}};
  std::vector<std::string> valid{encode(entries(effects)), encode(entries({effects[0]}, 1'000'000'000))};
  Mutator mutator(valid);
  int accepted = 0;
  for (int round = 0; round < 100'000; ++round) {
    const auto read = decode(mutator.next());
    if (!read) continue;
    ++accepted;
    const std::string again = encode(*read);
    const auto second = decode(again);
    ASSERT_TRUE(second);
    ASSERT_EQ(*second, *read);
  }
  EXPECT_GT(accepted, 1'000) << "the test has lost its point";
}

TEST(FuzzHistory, a_file_gives_what_was_written_or_says_that_it_is_damaged) {
  const Scratch scratch;
  const Folder folder(scratch.folder());
  std::vector<std::pair<std::string, std::string>> written;
  std::vector<std::string> valid;
  const std::string name = file_name({1}, {300});
  for (const std::size_t count : {std::size_t{0}, std::size_t{3}, std::size_t{300}}) {
    auto writer = FileWriter::begin(folder, {1}, {300}).value();
    for (std::size_t i = 0; i < count; ++i) {
      const std::string of = "name/" + std::to_string(100'000 + i);
      const std::string bytes = encode(entries({granted(of, std::string(200, 'o'), i + 1, 1)}, i + 1));
      if (count == 300) written.emplace_back(of, bytes);
      ASSERT_TRUE(writer.add(of, bytes));
    }
    ASSERT_TRUE(writer.finish(About{{1}, {300}, at(1), WallTime::max(), {Gap{{5}, {7}, at(2)}}}));
    valid.push_back(scratch.read(name));
  }
  Mutator mutator(valid);
  int opened = 0, damaged = 0;
  for (int round = 0; round < 5'000; ++round) {
    scratch.write(name, mutator.next());
    const auto file = File::open(folder, name);
    if (!file) {
      ASSERT_EQ(file.error().code, ErrorCode::history_damaged);
      continue;
    }
    ++opened;
    for (auto cursor = (*file)->cursor(""); cursor->valid(); cursor->next()) {
      const auto known =
          std::ranges::find(written, cursor->name(), [](const auto& w) { return std::string_view{w.first}; });
      ASSERT_NE(known, written.end());
      ASSERT_EQ(cursor->entries(), known->second);
    }
    damaged += (*file)->damaged() ? 1 : 0;
  }
  EXPECT_GT(opened, 100) << "the test has lost its point";
  EXPECT_GT(damaged, 100) << "the test has lost its point";
}

}  // namespace
}  // namespace holdfast::fuzz
