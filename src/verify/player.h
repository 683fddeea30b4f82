// One client that is driven: what it asks, what it hears, what it believes, all of it taken down.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "verify/chance.h"
#include "verify/faults.h"
#include "verify/guard.h"
#include "verify/recorder.h"
#include "verify/target.h"

namespace holdfast::verify {

/// What was learnt of a lock by trying, before the run.
struct Manner {
  Traits traits;
  Duration ttl{};              ///< In force for what is acquired; nothing where the lock has no leases.
  bool release_tells = true;   ///< A second release is told from the first. Else an ok may mean nothing.
  bool counts_grants = false;  ///< Who acquired twice has to release twice.
};

/// Answers that say neither yes nor no: how many there were, and one of each sort for people to look at. Thread-safe.
class OddAnswers {
 public:
  void take(recording::What what, const Heard& heard);
  std::vector<std::string> told() const;

 private:
  struct Sort {
    std::size_t times = 0;
    std::string words;
  };
  mutable std::mutex mutex_;
  std::map<std::pair<recording::What, recording::Outcome>, Sort> sorts_;
};

/// What all players have in common.
struct Ground {
  Target& target;
  Recorder& recorder;
  Guard& guard;
  Manner manner;
  Faults faults;
  KillBudget kills{};
  OddAnswers odd{};
  std::atomic<bool> waited = false;  ///< Somebody stood in a queue.
  std::function<bool()> time_is_up = [] { return false; };
};

/// A name that a player was granted.
struct Held {
  recording::Index name = 0;
  Grip grip;
  recording::Nanos until = recording::never;  ///< Up to when the player may believe that it holds.
};

/// Used by one thread at a time, but for hang_up().
class Player {
 public:
  Player(Ground& ground, const std::string& name, Chance chance);

  const std::string& name() const { return name_; }
  /// Its choices from here on.
  void use(Chance chance) { chance_ = chance; }
  Chance& chance() { return chance_; }

  /// None: refused, or nobody knows. Through `gate` with others; `wait` in the queue.
  ///
  /// Where no answer came it asks again. What it may hold without knowing how to prove it, it tries to give back.
  std::optional<Held> acquire(recording::Index name, Gate* gate = nullptr, Duration wait = {});
  /// What came of the last acquire.
  recording::Outcome acquired() const { return acquired_; }

  /// Stands in the queue until somebody calls hang_up(). When `left` then returns, the lock has let go of the place, or
  /// had time enough to: what it grants to this client afterwards it grants to nobody.
  void wait_and_leave(recording::Index name, Duration wait, const std::function<void()>& left);

  /// Moves the end of `held` on where it is done.
  recording::Outcome renew(Held& held);
  /// `over`: the player knows that this holding has ended, and releases it all the same.
  recording::Outcome release(const Held& held, bool over = false);
  Heard query(recording::Index name);
  /// From the holding that `from` names.
  std::optional<Held> take_over(recording::Index name, std::uint64_t from);

  /// Reads the guarded counter, and makes it one more: what the lock is there for. `between` is what it does meanwhile.
  void count(const Held& held, const std::function<void()>& between = {});
  /// A late write of what was read before: only under a token, which the guard can compare.
  void write_late(const Held& held, std::uint64_t read);
  std::uint64_t read(const Held& held);

  /// From any thread: its connections end.
  void hang_up();
  /// The next rung of the ladder, or a pause where those were asked for.
  void linger(Duration most);
  /// Stands still, which the recording tells.
  void pause(Duration time);
  /// Ends early when the time of the workload is up.
  void rest(Duration time) const;

  const Manner& manner() const { return ground_.manner; }

 private:
  struct Question {
    recording::What what;
    recording::Index name = 0;
    Grip grip{};
    Duration ttl{};
    Duration wait{};
    bool over = false;
  };
  Heard ask(Session& session, const Question& question, Gate* gate = nullptr);
  Heard ask_with_faults(const Question& question, Gate* gate = nullptr);
  Heard ask_twice(const Question& question, Gate* gate);
  Heard ask_and_be_cut(const Question& question, Gate* gate);
  recording::Operation taken_down(const Question& question, const Heard& heard, recording::Nanos called) const;
  void tell(const std::string& fault, recording::Nanos from);
  void send_late_copy(recording::Index name);
  void keep_copy(const Question& question);
  void give_back_unknown(recording::Index name, const Heard& heard);
  Held held_by(const Heard& heard, recording::Index name, recording::Nanos called) const;

  Ground& ground_;
  std::string name_;
  recording::Index me_;
  Chance chance_;
  std::unique_ptr<Session> session_;
  std::unique_ptr<Session> echo_;  ///< For copies of requests: another way to the lock, as the same client.
  std::vector<Question> copies_;   ///< Releases and renewals that may come again, late.
  recording::Nanos called_ = 0;    ///< Of the last question.
  recording::Outcome acquired_ = recording::Outcome::unknown;
};

}  // namespace holdfast::verify
