// What a recording proves.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "recording/recording.h"

namespace holdfast::verify {

/// What is asked of a lock. A lock can pass one and fail another, so they are answered apart.
enum class Question : std::uint8_t {
  linearizable,  ///< Do its answers fit one order of events in which it was never held twice?
  belief,        ///< Did two clients ever believe at once that they own a name? (Across lapse and release; one that is
                 ///< displaced believes until it hears of it.)
  fence,         ///< Would its tokens have kept a late writer from what is guarded?
  order,         ///< Were those who waited served in order?
  stale_writes,  ///< Was every write under an old token refused?
  watch,         ///< Did watchers see every change once, in order, or were told of the gap?
};

/// `linearizable`, `belief`, ... as JSON spells it.
std::string_view word(Question question);

enum class Answer : std::uint8_t { holds, violated, undecided };

std::string_view word(Answer answer);

/// A client's time with a name, to be drawn.
struct Ownership {
  recording::Index client = recording::nobody;
  std::uint64_t token = 0;  ///< 0: the lock gives none.
  recording::Nanos from = 0;
  recording::Nanos until = 0;  ///< `never` where its end was not seen.
};

/// The smallest part of a recording that shows a violation by itself.
struct Witness {
  recording::Index name = 0;
  std::vector<std::size_t> operations;  ///< Into Recording::operations, in order of their calls. At most 6, of at most
                                        ///< 3 clients.
  std::vector<Ownership> marked;        ///< The ownerships that cannot both be. Empty or two.
  std::string told;  ///< One or two sentences: "a held it from 1.2 s to 1.9 s; b was told 'granted' at 1.4 s".
};

/// The answer to one question.
struct Finding {
  Question question{};
  Answer answer = Answer::undecided;
  std::string because;  ///< Why, in a sentence; of `undecided` what would decide it.
  std::optional<Witness> witness{};
  std::size_t violations = 0;  ///< How many were seen, at least.
};

/// What the run met. A verdict is worth as much as this.
struct Coverage {
  std::size_t operations = 0;
  std::size_t unknown = 0;  ///< Of them without a known outcome.
  std::size_t clients = 0, names = 0;
  std::size_t grants = 0, refusals = 0, renewals = 0, releases = 0, lapses = 0, takeovers = 0, waits = 0;
  std::size_t contended = 0;  ///< Acquires that met another client's acquire or holding.
  std::size_t stale_refused = 0, writes = 0, sightings = 0;
  std::size_t displaced_overlaps = 0;  ///< Beliefs that went on after a takeover until their holder heard of it.
  recording::Nanos longest_displaced = 0;
};

struct Judgement {
  std::vector<Finding> findings;  ///< One for each question that the recording can be asked, in their order.
  Coverage coverage;
  std::vector<std::string> not_seen;  ///< What would have to be met for a verdict to mean something, and was not.
  bool inconclusive = false;          ///< Nothing is violated, but too little was seen to say that anything holds.

  bool violated() const;
  bool undecided() const;
};

/// What a process that judged exits with.
enum class Verdict : int { holds = 0, violated = 1, undecided = 2, inconclusive = 3 };

/// Violated before inconclusive before undecided: what was seen, was seen.
Verdict verdict(const Judgement& judgement);

struct JudgeOptions {
  double unknown_max = 0.01;  ///< More unknown outcomes than this share: inconclusive.
  bool contention_needed = true;
  std::size_t search_states_max = 1'000'000;  ///< Of the bounded search, where one is needed: beyond it, undecided.
};

/// Judges `recording`, which must be well-formed: `recording::read` makes sure of that, and so must whoever fills one
/// by hand. Pure.
Judgement judge(const recording::Recording& recording, const JudgeOptions& options = {});

}  // namespace holdfast::verify
