// Events: changes of names as watchers see them (L14), and the positions that they carry.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "core/effects.h"
#include "core/types.h"

namespace holdfast::api {

/// A position as clients have it: `<incarnation>.<number>`, in every answer and in every event.
struct GivenPosition {
  std::uint64_t incarnation = 0;
  core::Position position;
  bool operator==(const GivenPosition&) const = default;
};
std::string position_text(const GivenPosition& given);
/// Error: bad_field, without a field.
Result<GivenPosition> parse_position(std::string_view text);

/// What happened, in a word: `granted`, `taken_over`, `moved`, `transferred`, `joined`, `released`, `lapsed`,
/// `revived`, `revoked`, `takeover_asked`, `takeover_dropped` or `requested`. Empty where it is no event.
std::string_view event_word(const core::Effect& effect);

/// Appends the event as one line of JSON, without a line break. `effect` is one (core::is_event).
void write_event(std::string& out, const core::Effect& effect, const GivenPosition& at);

/// The line of JSON with which a stream begins, where everything behind `at` follows.
void write_begin(std::string& out, const GivenPosition& at, std::string_view prefix);

/// The line of JSON that says that events are missing, and why: position_foreign, position_gone or position_future.
/// `asked`: the position that the watcher came with. Everything behind `at` follows.
void write_reset(std::string& out, ErrorCode why, const GivenPosition& asked, const GivenPosition& at);

}  // namespace holdfast::api
