// A directory to break journals in.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <string>
#include <vector>

#include "journal/file/file_journal.h"
#include "journal/file/layout.h"
#include "journal/samples_for_tests.h"

namespace holdfast::journal::file {

/// Names and contents: what a directory holds.
using Files = std::map<std::string, std::string>;

/// Where test directories are made: HOLDFAST_TEST_DIR, else memory where there is room. What breaks here is broken by
/// hand, thousands of times; tests/conformance and tests/durability are those that ask a real disk.
inline std::filesystem::path scratch_base() {
  if (const char* const chosen = std::getenv("HOLDFAST_TEST_DIR")) return chosen;
  const std::filesystem::path memory = "/dev/shm";
  std::error_code none_there;
  const std::filesystem::space_info space = std::filesystem::space(memory, none_there);
  const bool roomy =
      !none_there && space.available > (std::uintmax_t{512} << 20) && ::access(memory.c_str(), W_OK) == 0;
  return roomy ? memory : std::filesystem::temp_directory_path();
}

/// A fresh directory, gone with this.
class Scratch {
 public:
  Scratch() {
    std::string pattern = scratch_base() / "holdfast-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp " + pattern);
    root_ = pattern;
  }
  ~Scratch() { std::filesystem::remove_all(root_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  std::filesystem::path data() const { return root_ / "data"; }
  std::filesystem::path file(const std::string& name) const { return data() / name; }

  std::string read(const std::string& name) const {
    std::ifstream in(file(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void write(const std::string& name, const std::string& bytes) const {
    std::ofstream(file(name), std::ios::binary | std::ios::trunc) << bytes;
  }
  /// All but the lock file, whose content is no part of the journal.
  Files files() const {
    Files out;
    for (const auto& entry : std::filesystem::directory_iterator(data())) {
      const std::string name = entry.path().filename();
      if (name != "lock") out[name] = read(name);
    }
    return out;
  }
  void restore(const Files& files) const {
    for (const auto& [name, bytes] : this->files()) {
      if (!files.contains(name)) std::filesystem::remove(file(name));
    }
    for (const auto& [name, bytes] : files) write(name, bytes);
  }

 private:
  std::filesystem::path root_;
};

/// Small enough that a test can go through every byte.
inline FileJournalOptions small(const Scratch& scratch) {
  return {
      .directory = scratch.data(), .segment_bytes = 1024, .start_bytes = 512, .fold_after_bytes = std::size_t{1} << 40};
}

/// What a start gives: an error, or everything that is kept.
struct Loaded {
  Result<Opened> opened;
  std::vector<core::Effect> effects;
  std::vector<core::Position> positions;
  ErrorCode code() const { return opened ? ErrorCode::none : opened.error().code; }
  std::string text() const { return opened ? "opened" : opened.error().text(); }
  bool noted(std::string_view words) const {
    for (const std::string& note : opened->notes) {
      if (note.find(words) != std::string::npos) return true;
    }
    return false;
  }
};

inline Loaded load(Journal& journal) {
  Loaded loaded;
  loaded.opened = journal.open([&](const core::Effect& effect, core::Position position) {
    loaded.effects.push_back(effect);
    loaded.positions.push_back(position);
  });
  return loaded;
}

/// Opens, and crashes at once.
inline Loaded load(const FileJournalOptions& options) {
  FileJournal journal(options);
  return load(journal);
}

/// Appends grants number `first` and on, in batches of these sizes, to a new journal object; then closes it or crashes.
inline void append_grants(const FileJournalOptions& options, std::uint64_t first,
                          const std::vector<std::size_t>& batches, bool close) {
  FileJournal journal(options);
  ASSERT_TRUE(journal.open([](const auto&, auto) {}).has_value());
  for (const std::size_t size : batches) {
    const auto appended = journal.append(core::Position{first}, grants(first, size));
    ASSERT_TRUE(appended.has_value()) << appended.error().text();
    first += size;
  }
  journal.settle();
  if (close) {
    ASSERT_TRUE(journal.close().has_value());
  }
}

}  // namespace holdfast::journal::file
