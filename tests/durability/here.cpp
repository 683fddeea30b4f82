#include "tests/durability/here.h"

#include <fmt/format.h>

#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <random>

namespace holdfast::durability {

std::uint64_t fresh_seed() {
  const char* const given = std::getenv("HOLDFAST_SEED");
  const std::uint64_t seed = given ? std::stoull(given) : std::random_device{}();
  fmt::print("HOLDFAST_SEED={}\n", seed);
  std::fflush(stdout);
  return seed;
}

std::vector<std::string> Store::arguments(const Small& bounds) const {
  const std::filesystem::path file =
      scratch_.path() / fmt::format("{}-{}.toml", bounds.segment_bytes, bounds.fold_after_bytes);
  std::ofstream(file) << fmt::format("segment_bytes = {}\nfold_after_bytes = {}\nlog_format = \"json\"\n",
                                     bounds.segment_bytes, bounds.fold_after_bytes);
  return {"--config", file, "--data", data_};
}

std::map<std::string, std::string> Store::files() const {
  std::map<std::string, std::string> out;
  for (const auto& entry : std::filesystem::directory_iterator(data_)) {
    if (entry.path().filename() == "lock" || !entry.is_regular_file()) continue;
    std::ifstream in(entry.path(), std::ios::binary);
    out[entry.path().filename()] = {std::istreambuf_iterator<char>(in), {}};
  }
  return out;
}

void Store::write(const std::string& name, const std::string& bytes) const {
  std::ofstream(data_ / name, std::ios::binary | std::ios::trunc) << bytes;
}

void Store::await_prepared() const {
  await("the next segment", [&] { return std::filesystem::exists(data_ / "segment-0000000000000002"); });
}

}  // namespace holdfast::durability
