// What a scenario runs against: anything that can be asked, and whose time can be turned by hand.
//
// Kept small on purpose, so that a door can be one too: questions and answers are words and fields, as a table has
// them. To add a subject: implement Subject, give it a name in subjects.cpp, and every scenario, with and without a
// crash in it, runs against it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"

namespace holdfast::scenarios {

using Fields = std::map<std::string, std::string>;

/// "1500ms" "10s" "5m" "1h" "1d" "forever"; none if it is no duration.
std::optional<Duration> to_duration(std::string_view text);
/// What stands for a ttl that never ends: longer than any table runs.
inline constexpr Duration for_ever = std::chrono::hours(100'000);
/// How often a server looks whether something is over; a subject whose time is turned by hand does as well.
inline constexpr Duration tick_every = std::chrono::milliseconds(50);

/// One question. `client` is one connection (each owner/session of a table has its own), `request` is unique in a run.
struct Ask {
  std::uint64_t client = 0;
  std::uint64_t request = 0;
  std::string verb;  ///< As in table.cpp.
  std::string name;
  std::string owner;
  std::string session;  ///< Empty: not named.
  Fields args;  ///< As in the table, tokens as numbers: ttl wait token holder note metadata numbered buffer prefix...

  bool has(const std::string& key) const { return args.contains(key); }
  std::string text(const std::string& key) const { return has(key) ? args.at(key) : std::string{}; }
  std::uint64_t number(const std::string& key) const { return has(key) ? std::stoull(args.at(key)) : 0; }
  Duration duration(const std::string& key, Duration otherwise = {}) const;
};

/// One answer.
///
/// `word` is granted (of an acquire, takeover, move or set), renewed (of an expire, too), released, ended, requested,
/// transferred, revoked, session_renewed, session_ended, current, held, free, unknown (of a get), listed, or the name
/// of an error. Fields that a subject has, by these keys (the table names those it cares for):
///   token newest previous asked            numbers; 0 is none
///   ttl ends_in waited since               milliseconds; since counts from the wall clock at the run's start
///   owner session by by_session note metadata because field
///   why_by why                             who ended a holding, and what they said
///   taker taker_reason window              who takes it over, why, and in how many milliseconds
///   asked_by message                       who asked the holder for it
///   held joined ended                      yes or no
///   waiting sessions buffer count          numbers
///   names next                             of a list: the names, with commas between
///
/// Of texts (text_words.h) the words are created, shown, removed, edited (of an undo, a redo and an applied draft,
/// too), told (of changes), listed, kept and discarded, and the fields text, revision, base, again, undo, redo, drafts
/// (how many), made_by, changed_by, more, inserted, deleted, fit, draft_of; draft and text_number are numbers that a
/// table has letters for, as it has for tokens.
struct Told {
  std::uint64_t request = 0;
  std::string word;
  Fields fields;

  std::uint64_t number(const std::string& key) const { return fields.contains(key) ? std::stoull(fields.at(key)) : 0; }
  std::string text(const std::string& key) const { return fields.contains(key) ? fields.at(key) : std::string{}; }
  Duration milliseconds(const std::string& key) const {
    return text(key) == "forever" ? for_ever : std::chrono::milliseconds(number(key));
  }
};
std::string to_text(const Told& told);

/// Bounds that a table may set, by the names of core::Limits and engine::Bounds; durations as to_duration takes them.
using Options = Fields;

class Subject {
 public:
  virtual ~Subject() = default;

  /// Whether it can do what a table says it `needs`: disk (orders of `disk`), undelivered, absence (a client gone
  /// before the server heard of it), stop, keys (set, end, expire, and acquire anew=yes), buffers (their numbers),
  /// details (of the lease, in an error that is no refusal), texts (and drafts).
  /// "bound KEY": whether it lets a table set that bound.
  virtual bool can(std::string_view need) const = 0;

  virtual void ask(const Ask& ask) = 0;
  /// Answers that have come since the last call, in their order.
  virtual std::vector<Told> told() = 0;

  /// The server runs for `time`, and does what falls due.
  virtual void advance(Duration time) = 0;
  /// The process stands still for `time`.
  virtual void pause(Duration time) = 0;
  virtual void move_wall(Duration by) = 0;

  /// As if the power failed. What the journal said was durable is kept; nothing more is answered.
  virtual void crash() = 0;
  virtual void restart() = 0;

  /// The connection of `client` is closed. `heard`: and the server has read that from it.
  virtual void vanish(std::uint64_t client, bool heard) = 0;
  /// The grant asked for by `ask` could not be handed over to its client.
  virtual void undelivered(const Ask& ask, std::uint64_t token) = 0;
  /// disk stuck, disk free, disk fails, disk fails_kept, disk full, disk has_room, stop
  virtual void order(const std::string& what) = 0;
};

using MakeSubject = std::function<std::unique_ptr<Subject>(const Options&)>;

struct NamedSubject {
  std::string name;
  MakeSubject make;
};
/// Every subject there is.
const std::vector<NamedSubject>& subjects();

}  // namespace holdfast::scenarios
