// Names as keys, and the sessions that hold them as their values: what programs see that lock with the commands of a
// key-value store. A program is decided in one step, whatever it asks on its way.
//
// Nothing is touched by name alone here either (L7): to end, renew or pass on a holding, a program has compared its
// value in this same step, or comes from the connection that took the key.
#pragma once

#include <boost/unordered/unordered_flat_set.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/commands.h"
#include "core/replies.h"

namespace holdfast::core {

class Step;
struct Decision;
struct Lease;
struct Part;

/// What entitles a program to touch a holding that is there already.
enum class Proof : std::uint8_t {
  connection,  ///< It comes from the connection that took the key; that is looked at.
  value,       ///< It has compared the value since it was looked at, in this step.
};

/// One key, as it is in the middle of a step: its lapse, if due, has been carried out (L5).
struct Key {
  bool held = false;
  std::string value;  ///< The session that holds; of several that share it the first. Empty where nobody does.
  Token token;        ///< Of the holding, or of the last one.
  Duration ttl{};     ///< `forever`, too.
  Duration ends_in{};
};

/// What a program does while it is decided. Each call is decided at once and seen by the next; none of them waits.
///
/// Where the step has Refusals (a server that stops, a full disk), the calls that they concern answer them, with
/// nothing changed.
///
/// What a program ends goes to whoever waits for it when the program is over. Until then it is nobody's, and nobody
/// can take it: `held`.
///
/// Of a holding that several sessions of an owner share, a proof is good for one of them: the one whose value was
/// shown, or that came from this connection. That one alone is renewed or ended, and none can be passed on.
class Keys {
 public:
  Keys(Step& step, Address from) : step_(step), from_(from) {}

  Key look(const std::string& name);
  /// Where everybody who waits in the queue of `name` is to be answered, the first of it first.
  std::vector<Address> waiting_for(const std::string& name);
  /// Whether `renew` and `end` would touch the holding on that proof; nothing is changed. nothing_held, key_not_proven.
  ErrorCode may_touch(const std::string& name, Proof proof);
  /// Begins a holding where nobody holds `want.name`. Held, by whomever, the same session included: `held`. There is no
  /// re-entry, and no wait.
  ErrorCode take(const Acquire& want);
  /// Sets the deadline anew. nothing_held, key_not_proven.
  ErrorCode renew(const std::string& name, Duration ttl, Proof proof);
  /// Another value: the session of `want` goes on, of the same owner as before, under a new token and with the ttl of
  /// `want`. Where it is the same session, a renewal. nothing_held, key_not_proven, takeover_pending.
  ErrorCode pass_on(const Acquire& want, Proof proof);
  /// Ends the holding. nothing_held, key_not_proven.
  ErrorCode end(const std::string& name, Proof proof);

  /// What the answer to the whole program shows and waits for; `granted` and `parts` say what it began and ended. Once,
  /// at the end.
  Reply take_reply();
  /// The names whose holdings it ended: they are to be handed over, after its answer.
  const std::vector<std::string>& ended() const { return ended_; }

 private:
  /// The part of the holding that `proof` is good for; null: none.
  const Part* proven(const Lease& lease, Proof proof) const;
  const Lease* settled(const std::string& name);
  void shows(const Lease* lease);
  ErrorCode refused(ErrorCode why);
  /// Takes the program's own answer out of those of the step, from the one in `first` on.
  ErrorCode fold(std::size_t first);
  bool still_holds(const Reply::Grant& grant) const;
  void forget_what_is_over();

  Step& step_;
  Address from_;
  Reply reply_;
  boost::unordered_flat_set<std::uint64_t> shown_;  ///< Tokens of the holdings whose value was looked at.
  std::vector<std::string> ended_;
};

/// Several looks and changes that are decided in one step, each next one chosen by what those before found.
class Program {
 public:
  virtual ~Program() = default;
  /// Called once, inside the critical section: short, without waiting, and without throwing.
  virtual void run(Keys& keys) = 0;
};

}  // namespace holdfast::core
