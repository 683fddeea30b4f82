// Every target with its seeds and some thousand variants of them, in whatever build this is.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "tests/fuzz/mutate.h"
#include "tests/fuzz/target.h"

namespace holdfast::fuzz {
namespace {

namespace fs = std::filesystem;

/// By name, so that each run tries the same variants.
std::vector<std::string> seeds_of(std::string_view target) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(fs::path(HOLDFAST_FUZZ_SEEDS) / target)) files.push_back(entry);
  std::ranges::sort(files);
  std::vector<std::string> seeds;
  for (const fs::path& file : files) {
    std::ifstream in(file, std::ios::binary);
    seeds.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  return seeds;
}

/// As a string of C++, to be put into a test of its own.
std::string as_literal(std::string_view bytes) {
  std::string out = "\"";
  for (const unsigned char c : bytes) {
    char octal[5];
    std::snprintf(octal, sizeof octal, "\\%03o", c);
    const bool plain = c >= 0x20 && c < 0x7f && c != '"' && c != '\\';
    out += plain ? std::string(1, static_cast<char>(c)) : std::string(octal);
  }
  return out + '"';
}

class Fuzz : public testing::TestWithParam<Target> {
 protected:
  void run(const std::string& bytes) {
    try {
      ++(GetParam().run(bytes) == Taken::yes ? taken : refused);
    } catch (const std::exception& wrong) {
      FAIL() << wrong.what() << "\nwith " << as_literal(bytes);
    }
  }
  int taken = 0, refused = 0;
};

TEST_P(Fuzz, holds_for_its_seeds_and_variants_of_them) {
  const std::vector<std::string> seeds = seeds_of(GetParam().name);
  ASSERT_FALSE(seeds.empty());
  run("");
  for (const std::string& seed : seeds) ASSERT_NO_FATAL_FAILURE(run(seed));
  EXPECT_GT(taken, 0) << "no seed is taken";

  Mutator mutator(seeds);
  for (int i = 0; i < GetParam().variants; ++i) ASSERT_NO_FATAL_FAILURE(run(mutator.next()));
  EXPECT_GT(taken, GetParam().variants / 1'000) << "the seeds have lost their point";
  if (GetParam().refuses) EXPECT_GT(refused, GetParam().variants / 1'000) << "the seeds have lost their point";
}

INSTANTIATE_TEST_SUITE_P(Targets, Fuzz, testing::ValuesIn(targets()),
                         [](const auto& info) { return std::string(info.param.name); });

TEST(FuzzSeeds, belong_to_a_target_each) {
  for (const auto& folder : fs::directory_iterator(HOLDFAST_FUZZ_SEEDS)) {
    EXPECT_NE(target(folder.path().filename().string()), nullptr) << folder.path();
  }
}

}  // namespace
}  // namespace holdfast::fuzz
