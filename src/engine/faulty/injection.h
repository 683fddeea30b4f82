// What `--inject` can name.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/time.h"

namespace holdfast::engine {

/// A known bug that can be put back. docs/injections.md says of each who must catch it.
struct Injection {
  enum class Kind {
    // Of the incident reports.
    check_then_act,         ///< Availability is looked at in one step, ownership taken in another.
    release_by_name,        ///< A release frees the name, whoever holds it and whatever the token.
    forget_waiter_check,    ///< A waiter is granted without a look whether it is still there.
    token_from_clock,       ///< A grant's token is the time of day, and nothing else.
    lapse_by_wall_clock,    ///< Lease time is the time of day.
    answer_before_durable,  ///< Answers leave when they are decided.
    // Mistakes that other locks made.
    token_reset,          ///< After a start, tokens begin behind the greatest that is held, not that was ever given.
    grant_before_end,     ///< Whoever asks counts a deadline in whole seconds, and finds it over too early.
    release_old_token,    ///< A release looks at the session only: one that comes late ends its next holding.
    renew_any_token,      ///< A renewal goes by the name alone: whoever comes late is told that it still holds.
    renewal_forgotten,    ///< A renewal is answered, and the deadline stays where it was.
    double_grant,         ///< A holder that asks again gets a second holding.
    late_renewal_steals,  ///< A late renewal writes its session back, although somebody else holds by now.
    delete_expired,       ///< What was seen expired at one tick is deleted at the next, by name.
    takeover_keeps_both,  ///< Whoever is displaced can go on renewing.
    restart_ends_leases,  ///< After a restart leases do not have their full ttl again: they end at once.
    wake_two,             ///< A release wakes two waiters.
    lost_wakeup,          ///< A release does not wake a waiter that came a moment ago.
    lifo_queue,           ///< A release wakes whoever came last.
    // Of the journal.
    durable_too_early,    ///< A batch is said to be durable when the one before it is.
    failed_sync_ignored,  ///< A sync that failed is taken for done: trying again seemed to work.
    last_effect_dropped,  ///< A start takes the last effect for a torn one.
  };
  Kind kind;
  Duration delay{};  ///< check_then_act: between the look and the taking.

  /// Whether it is the journal that it breaks, and not the engine.
  bool of_journal() const { return kind >= Kind::durable_too_early; }

  /// How each of them is written, with what it may be told: "check-then-act[=DELAY]".
  static std::vector<std::string> forms();

  /// `name` or `name=delay` ("check-then-act=100ms"). Error: bad_configuration, which lists the names.
  static Result<Injection> parse(std::string_view text);
  std::string text() const;
};

}  // namespace holdfast::engine
