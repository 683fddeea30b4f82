// The history of a server: takes what became durable, keeps it within its bounds, and is asked.
//
// What always holds:
//   H1 Nobody who owns waits for it. `durable` hands over a pointer; two threads of the store do the rest.
//   H2 What it does not have, it says: a Gap stands for positions that it missed. Never a silent hole.
//   H3 It is no journal. Its files are a copy of what the journal told; a damaged one is set aside, and a start takes
//      from the journal what no file has.
//   H4 It is bounded, by holdings a name, by age and by bytes; and where the disk gets full, it goes before the
//   journal.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

#include "base/clock.h"
#include "core/effects.h"
#include "history/holding.h"
#include "history/merge.h"
#include "history/query.h"
#include "history/recent.h"

namespace holdfast::history {

struct Options {
  std::optional<std::filesystem::path> folder;  ///< None: all of it is in memory, and gone with the process.
  Bounds bounds;
  Duration keep_for = std::chrono::hours(24 * 30);
  std::uint64_t bytes_max = std::uint64_t{1} << 30;      ///< Of all files.
  std::size_t memory_bytes_max = std::size_t{64} << 20;  ///< Without a folder, of all of it.
  std::size_t recent_bytes_max = std::size_t{16} << 20;  ///< In memory before a file is written.
  std::size_t queue_max = 100'000;                       ///< Effects that were handed over and not taken yet.
  std::function<void(const std::string&)> note{};        ///< For the log, from any thread.
  std::function<Result<Folder::Space>()> space{};        ///< Of the file system; a test may say otherwise.
};

struct Figures {
  std::uint64_t files = 0;
  std::uint64_t bytes = 0;         ///< Of all files.
  std::uint64_t recent_bytes = 0;  ///< In memory.
  std::uint64_t merges = 0;
  std::uint64_t failures = 0;  ///< To write a file.
  std::uint64_t missed = 0;    ///< Effects that it could not take.
  core::Position taken, on_disk;
};

/// Thread-safe, but for `replayed`, which comes before anything else.
class Store {
 public:
  Store(Options options, Clock& clock);
  /// What is not in a file is in the journal; a start finds it there.
  ~Store();

  /// What the journal kept from before this start: see engine::Listener.
  void replayed(const core::Effect& effect, core::Position position);

  /// Effects that are durable; the first one has the position `first`. Quick, whatever the disk does.
  void durable(std::shared_ptr<const std::vector<core::Effect>> effects, core::Position first);

  /// Returns when all effects up to `up_to` are in files, or when that will not be soon: then a later start finds a gap
  /// and says so. For whoever is about to throw the single effects away.
  void reach_disk(core::Position up_to, const std::stop_token& stop);

  /// Bounded work: looks at 1,000 names at most, so a page may be short. Not for a thread that others wait for.
  Page page(const Query& query);

  Figures figures() const;
  bool memory_only() const { return !options_.folder; }

  /// Waits until everything is taken, and nothing is left to write or to merge. For tests and benchmarks.
  void settle();
  /// Everything in memory goes into a file. For tests and benchmarks.
  void flush();

 private:
  struct Queued {
    core::Position first, last;
    std::shared_ptr<const std::vector<core::Effect>> effects;  ///< Null: they were too many.
    std::size_t bytes = 0;                                     ///< Of them in memory, about; if they are put off.
  };
  struct View {
    Files files;
    std::vector<std::shared_ptr<const Recent>> frozen;
    std::string active;            ///< Entries of the one name that was asked for.
    ListCursor::List active_list;  ///< Of all that may be looked at.
    core::Position taken;
    std::vector<Gap> gaps;
  };

  void open();
  void set_aside(const std::string& name, const std::string& why, std::string_view suffix);
  void take(Queued queued);
  void add_all(const Queued& queued, std::unique_lock<std::mutex>& lock);
  /// Without a folder most is dropped again before anybody asks: it stays as it came, until then or until it is too
  /// much.
  void put_off(Queued queued);
  void catch_up(std::unique_lock<std::mutex>& lock);              ///< Under mutex_, with what was put off.
  core::Position taken() const;                                   ///< Under mutex_.
  std::size_t memory_bytes() const;                               ///< Under mutex_.
  void add(core::Position position, const core::Effect& effect);  ///< Under mutex_.
  void add_gap(core::Position up_to);                             ///< Under mutex_: from `taken_` on.
  void catch_up_with_journal(core::Position first);
  /// Under mutex_, which it gives up while it waits for a disk that is slow, but not for one that fails.
  void freeze_if_full(std::unique_lock<std::mutex>& lock);
  void freeze();  ///< Under mutex_.
  void await_taken();
  View view(const Query& query, const std::string& from);
  Page page_of_name(const Query& query, const View& view) const;
  Page page_of_names(const Query& query, const std::string& from, const View& view) const;
  bool wanted(const Holding& holding, const Query& query) const;
  std::vector<Holding> holdings(std::vector<Entry> entries, const std::vector<Gap>& gaps) const;

  void take_loop(const std::stop_token& stop);
  void write_loop(const std::stop_token& stop);
  Result<void> write_oldest(const std::stop_token& stop);
  bool has_room(std::uint64_t bytes);
  bool tidy_once(const std::stop_token& stop);
  std::optional<Plan> next_plan() const;
  void replace(const Plan& plan, std::shared_ptr<const File> made);
  void tell(const std::string& text) const;
  WallTime keep_from() const;

  const Options options_;
  Clock& clock_;
  std::optional<Folder> folder_;
  bool opened_ = false;
  bool replaying_ = true;
  bool snapshot_missed_ = false;  ///< The snapshot that is replayed tells of more than is kept.

  std::mutex queue_mutex_;
  std::condition_variable queue_changed_;
  std::deque<Queued> queue_;
  std::size_t queued_ = 0;   ///< Effects in it.
  core::Position offered_;   ///< Of the last effect that was handed over.
  bool wanted_now_ = false;  ///< Somebody waits for what is in the queue.

  mutable std::mutex mutex_;  ///< Guards what follows. Never held while a file is read or written.
  std::condition_variable changed_;
  std::unique_ptr<Recent> active_;
  std::deque<std::shared_ptr<const Recent>> frozen_;  ///< To be written, oldest first.
  std::deque<Queued> put_off_;                        ///< What comes behind `active_`, without a folder.
  std::size_t put_off_bytes_ = 0;
  std::optional<Duration> caught_up_;  ///< When, for want of room.
  Files files_;
  core::Position taken_;    ///< Up to here it is in memory, other than put off, or in a file.
  core::Position on_disk_;  ///< Up to here it is in a file, or known to be missing.
  Figures counted_;
  bool idle_ = true;  ///< The writing thread has nothing to do.
  bool write_failed_ = false;
  bool stopping_ = false;
  std::optional<Duration> told_of_gap_;  ///< When, so that the log is not full of them.

  std::jthread taker_;
  std::jthread writer_;
};

}  // namespace holdfast::history
