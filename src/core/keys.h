// Names as keys, and the sessions that hold them as their values: what programs see that lock with the commands of a
// key-value store. A program is decided in one step, whatever it asks on its way.
//
// Nothing is touched by name alone here either (L7): to end, renew or pass on a holding, a program has compared its
// value in this same step, or comes from the connection that took the key.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "core/commands.h"
#include "core/replies.h"

namespace holdfast::core {

class Step;

/// What entitles a program to touch a holding that is there already.
enum class Proof : std::uint8_t {
  connection,  ///< It comes from the connection that took the key; that is looked at.
  value,       ///< It has compared the value since it was looked at, in this step.
};

/// One key, as it is in the middle of a step: its lapse, if due, has been carried out (L5).
struct Key {
  bool held = false;
  std::string value;  ///< The session that holds. Empty where nobody does.
  Token token;        ///< Of the holding, or of the last one.
  Duration ttl{};     ///< `forever`, too.
  Duration ends_in{};
};

/// What a program does while it is decided. Each call is decided at once and seen by the next; none of them waits.
///
/// `begins_refused` and `ttl_refused` of the step that runs it (a server that stops, a full disk) are answered by the
/// calls that they concern, with nothing changed.
class Keys {
 public:
  Keys(Step& step, Address from) : step_(step), from_(from) {}

  Key look(const std::string& name);
  /// Begins a holding where nobody holds `want.name`. Held, by whomever, the same session included: `held`. There is no
  /// re-entry, and no wait.
  ErrorCode take(const Acquire& want);
  /// Sets the deadline anew. nothing_held, key_not_proven.
  ErrorCode renew(const std::string& name, Duration ttl, Proof proof);
  /// Another value: the session `session` of the same owner goes on under a new token. nothing_held, key_not_proven.
  ErrorCode pass_on(const std::string& name, const std::string& session, Duration ttl, Proof proof);
  /// Ends the holding. nothing_held, key_not_proven.
  ErrorCode end(const std::string& name, Proof proof);

  /// What the answer to the whole program shows and waits for; `granted` and `parts` say what it began and ended.
  Reply take_reply() { return std::move(reply_); }

 private:
  Step& step_;
  Address from_;
  Reply reply_;
};

/// Several looks and changes that are decided in one step, each next one chosen by what those before found.
class Program {
 public:
  virtual ~Program() = default;
  /// Called once, inside the critical section: short, without waiting, and without throwing.
  virtual void run(Keys& keys) = 0;
};

}  // namespace holdfast::core
