// A history in a directory that is gone with it, and a journal's worth of effects to restart it from.
#pragma once

#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "history/effects_for_tests.h"
#include "history/store.h"

namespace holdfast::history {

/// A fresh directory, gone with this; in memory where that can be had.
class Scratch {
 public:
  Scratch() {
    const std::filesystem::path memory = "/dev/shm";
    const bool there = ::access(memory.c_str(), W_OK) == 0;
    std::string pattern = (there ? memory : std::filesystem::temp_directory_path()) / "holdfast-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp " + pattern);
    root_ = pattern;
  }
  ~Scratch() { std::filesystem::remove_all(root_); }
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  std::filesystem::path folder() const { return root_ / "history"; }
  std::vector<std::string> names() const { return *Folder(folder()).names(); }
  std::string read(const std::string& name) const {
    std::ifstream in(folder() / name, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
  }
  void write(const std::string& name, const std::string& bytes) const {
    std::ofstream(folder() / name, std::ios::binary | std::ios::trunc) << bytes;
  }

 private:
  std::filesystem::path root_;
};

/// A store, what the journal has, and the clock.
class Bench {
 public:
  Bench() { options.folder = scratch.folder(); }

  /// A new start, as after a kill: what no file has comes from the journal, from `snapshot` on.
  void start() {
    store.reset();
    Options with = options;
    with.note = [this](const std::string& text) {
      const std::lock_guard lock(notes_mutex);
      notes.push_back(text);
    };
    store = std::make_unique<Store>(std::move(with), clock);
    for (const core::Effect& effect : kept) store->replayed(effect, {folded});
    for (std::size_t i = folded; i < journal.size(); ++i) store->replayed(journal[i], {i + 1});
    append({core::Started{++starts, clock.wall()}});
  }
  /// These become durable, in one batch.
  void append(std::vector<core::Effect> effects) {
    const core::Position first{journal.size() + 1};
    journal.insert(journal.end(), effects.begin(), effects.end());
    store->durable(batch(std::move(effects)), first);
  }
  /// The journal keeps a snapshot, which tells of `of`, in the place of everything so far.
  void fold(std::vector<core::Effect> of = {core::KeptTotals{}}) {
    folded = journal.size();
    kept = std::move(of);
  }
  Page page(const std::string& name) const {
    Query query;
    query.name = name;
    return store->page(query);
  }
  std::vector<Holding> of(const std::string& name) const { return page(name).holdings; }
  std::string all_notes() {
    const std::lock_guard lock(notes_mutex);
    std::string text;
    for (const std::string& note : notes) text += note + '\n';
    return text;
  }

  Scratch scratch;
  HandClock clock;
  Options options;
  std::vector<core::Effect> journal;
  std::size_t folded = 0;
  std::vector<core::Effect> kept;
  std::uint64_t starts = 0;
  std::mutex notes_mutex;
  std::vector<std::string> notes;
  std::unique_ptr<Store> store;
};

/// A holding of `name` from `second` to the next one.
inline std::vector<core::Effect> one(const std::string& name, std::uint64_t token, std::int64_t second) {
  return {granted(name, "alice", token, second), released(name, "alice", token, second + 1)};
}

inline std::vector<std::uint64_t> tokens(const std::vector<Holding>& holdings) {
  std::vector<std::uint64_t> out;
  for (const Holding& holding : holdings) out.push_back(holding.token.value);
  return out;
}

}  // namespace holdfast::history
