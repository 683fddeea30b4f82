// What a server puts around the engine: the mutex, the fsync and the timer.
//
// Who makes a batch durable (docs/decisions/0002-who-calls-fsync.md): the door's own thread for a client that is alone,
// or where the disk is quick and another thread can go on with its work if it turns out not to be, because a hand-over
// costs more than it saves; else the commit thread, while the doors' threads read and decide the next batch.
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <thread>
#include <vector>

#include "engine/engine.h"
#include "engine/listener.h"
#include "engine/name_index.h"
#include "engine/session_page.h"
#include "journal/journal.h"

namespace holdfast::engine {

/// How batches get to the journal. `adaptive` is what servers run; the others are for measuring against it.
enum class CommitPolicy { adaptive, always_inline, always_thread };

/// Takes answers that leave, in the order in which they were decided. Called by whichever thread made them durable,
/// never inside the critical section; calls do not overlap.
using Deliver = std::function<void(std::vector<core::Answer>& leaving)>;

/// Called once, from any thread, when everything in flight has been handed its answer, maybe_done, and before all of
/// that is written: the process should write it and exit. Must return; the thread may be one of those that write.
using OnJournalFailure = std::function<void(const Error&)>;

/// Told when the thread that submits goes to the disk itself, and when it is back, so that another one can go on with
/// its work where that takes long. `leave` and `back` are called in turn, by that thread.
class DiskWait {
 public:
  virtual ~DiskWait() = default;
  /// What is returned is given to `back`.
  virtual std::uint64_t leave() = 0;
  virtual void back(std::uint64_t wait) = 0;
};

/// The thread that submits.
struct Submitter {
  bool others = false;       ///< It has further clients to serve, who must not wait for a disk that hangs.
  DiskWait* wait = nullptr;  ///< Somebody sees to that.
  bool more = false;         ///< It submits again at once: a disk is not worth going to before that.
};

struct RunnerOptions {
  CommitPolicy policy = CommitPolicy::adaptive;
  /// A disk that takes less for a commit is worth waiting for, rather than handing the batch over.
  Duration quick_commit = std::chrono::milliseconds(1);
  bool tick_by_hand = false;  ///< No timer: a test with a clock of its own calls `tick`.
  /// Called at a tick, outside the critical section, when refusing beginnings for want of room begins and ends.
  std::function<void(bool out_of_room, const journal::Room&)> on_room{};
  std::function<void()> on_tick{};     ///< Called after each look at the timers, by the timer's thread.
  std::vector<Listener*> listeners{};  ///< Outlive the runner.
};

/// Thread-safe.
class Runner {
 public:
  Runner(std::unique_ptr<Engine> engine, journal::Journal& journal, Deliver deliver, OnJournalFailure on_failure,
         RunnerOptions options = {});
  /// Stops. What was submitted and is not durable is answered maybe_done at best: call `drain` first.
  ~Runner();

  /// Reads the journal and starts the timer and the commit thread. Called once, first.
  Result<journal::Opened> start();

  /// Hands over all the commands a door has read. Answers come through `deliver`, some of them before this returns.
  void submit(std::span<Request> requests, const Submitter& submitter = {});

  /// One look at the timers, and soon another while more is due; in between others get the mutex. The timer's thread
  /// calls this every 50 ms.
  void tick();

  /// At most `limit` names below `prefix` after `after`. The first call builds the index, which takes about a second
  /// for a million names: not for a thread that others wait for.
  NamePage names(std::string_view prefix, std::string_view after, std::size_t limit);

  /// What of the names right below a prefix is held.
  struct Tree {
    struct Child {
      std::string name;
      std::size_t held = 0;  ///< Names held at and below it, of those that were looked at.
      bool more = false;     ///< Not all were.
      bool lease = false;    ///< It is held itself.
    };
    std::vector<Child> children;  ///< Those of which something is held, or may be.
    std::string next;             ///< Where the next page begins; empty when there are no more.
    core::Position as_of{};       ///< Of what was decided later there may be more.
  };
  /// At most `limit` children of `prefix` after `after`, and fewer where their names are long. As `names`, not for a
  /// thread that others wait for. What is over and was not looked at since counts as held, for a tick at most.
  Tree tree(std::string_view prefix, std::string_view after, std::size_t limit);

  struct Sessions {
    std::vector<SessionLine> lines;
    bool more = false;
    core::Position as_of{};  ///< Of what was decided later it may be silent.
  };
  /// The first `limit` sessions behind `after` that hold or wait. Goes through all leases, a part at a time, with a
  /// pause now and then for those who want the mutex: half a second and more for a million of them. Likewise not for a
  /// thread that others wait for, and one after the other. None: it is being stopped, or not `wanted` any more, which
  /// is asked now and then.
  std::optional<Sessions> sessions(
      const core::Who& after, const std::string& owner, std::size_t limit,
      const std::function<bool()>& wanted = [] { return true; });
  /// How many there are. As long, and as seldom.
  std::optional<std::size_t> count_sessions();

  /// Ends every wait with `stopping`, refuses new grants, lets nothing lapse any more, and returns when all that was
  /// decided is durable and delivered. Renewals and releases are still taken, until `finish`.
  ///
  /// False after `patience`: the disk has not answered. The journal is in use then, and the process should end.
  bool drain(Duration patience);

  /// After `drain`, once the doors are closed: returns when the journal has all that was decided since and no thread of
  /// this runner will touch it again. Nothing may be submitted from here on. False as with `drain`.
  bool finish(Duration patience);

  std::uint64_t incarnation() const { return incarnation_; }

  /// What became of the position that a client has from some server.
  enum class Standing {
    known,    ///< It is one of this journal's, and what came after it is what came after it for that client, too.
    foreign,  ///< Of another journal, or of a time that a backup has undone.
    future,   ///< Of this journal, but nothing has happened there yet.
  };
  Standing standing(std::uint64_t incarnation, core::Position position);

  /// A copy of all counters and gauges, taken under the mutex.
  struct Snapshot {
    Statistics engine;
    DurationHistogram commit;  ///< One append to the journal.
    std::uint64_t batches = 0;
    std::uint64_t batch_effects = 0;
    SizeHistogram batch_sizes;  ///< Effects a batch.
    std::uint64_t inline_commits = 0;
    std::size_t names = 0, held = 0, waiting = 0, remembered = 0;
    std::size_t contended = 0;  ///< Names that have a queue.
    std::size_t texts = 0, drafts = 0;
    core::Position position;
    journal::Counters journal;
    journal::Room room;
    bool out_of_room = false;  ///< Nobody new becomes an owner until there is room on the disk.
    bool failed = false;
    bool behind = false;  ///< The disk is so far behind that new commands are refused.
    std::size_t pending_bytes = 0;
    Duration oldest_commit{};  ///< How long the append that runs now has been running; zero when none does.
  };
  Snapshot snapshot();

 private:
  void tick_loop(const std::stop_token& stop);
  void commit_loop(const std::stop_token& stop);
  void commit_once(std::unique_lock<std::mutex>& lock, DiskWait* wait = nullptr);
  void start_commit(std::unique_lock<std::mutex>& lock, const Submitter* submitter);
  bool may_commit_here(const Submitter& submitter);
  bool disk_is_quick() const;
  void await_commit(std::unique_lock<std::mutex>& lock);
  void send(std::unique_lock<std::mutex>& lock, std::vector<core::Answer>& leaving);
  bool await_idle(std::unique_lock<std::mutex>& lock, Duration patience);
  void build_index();  ///< Under index_mutex_.
  /// Takes in what changed of the names since, and says until when. Under index_mutex_.
  core::Position update_index();
  void look_at(std::span<const std::string> names, Tree::Child& child);
  /// Every lease there is: `visit` is called under the mutex, which is let go now and then, and `pause` when it has
  /// been. False: stopped before the last, or not wanted any more.
  template <class Visit, class Pause>
  bool each_lease(Visit&& visit, Pause&& pause, const std::function<bool()>& wanted);

  std::unique_ptr<Engine> engine_;
  journal::Journal& journal_;
  Deliver deliver_;
  OnJournalFailure on_failure_;
  RunnerOptions options_;
  std::uint64_t incarnation_ = 0;

  std::mutex mutex_;  ///< Guards the engine and everything below it.
  std::condition_variable commit_wanted_;
  std::condition_variable idle_;
  bool committing_ = false;  ///< A batch is at the journal, or about to be.
  bool taken_next_ = false;  ///< Somebody waits for that, to commit what has gathered meanwhile.
  Duration commit_pace_{};   ///< What one append took of late.
  bool hand_over_ = false;   ///< The commit thread is to go on.
  bool failed_ = false;
  std::optional<std::uint64_t> last_client_;  ///< The only one that the last batch was committed for.
  bool out_of_room_ = false;                  ///< At the last tick.
  std::vector<core::Answer> outbox_;          ///< Answers that leave, in order.
  bool sending_ = false;
  Snapshot counted_;
  std::optional<Duration> commit_began_;

  std::atomic<bool> draining_ = false;  ///< Nobody who goes through all leases goes on.
  std::mutex walk_mutex_;               ///< One at a time does: the pauses are for those who work.

  std::mutex tree_mutex_;  ///< Likewise of those who ask for a page of the tree.

  std::mutex index_mutex_;
  bool index_built_ = false;
  NameIndex index_;

  std::jthread commit_thread_;
  std::jthread tick_thread_;
};

}  // namespace holdfast::engine
