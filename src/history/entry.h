// What the history keeps of a name: its effects, with their positions.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/effects.h"

namespace holdfast::history {

/// One effect on one name.
struct Entry {
  core::Position position;
  std::uint64_t left_out = 0;  ///< So many effects before this one were not kept.
  core::Effect effect;
  bool operator==(const Entry&) const = default;
};

/// Whether `effect` says something about who held a name. The others are not kept.
bool tells(const core::Effect& effect);

/// Whether a holding begins with `effect`.
bool begins_holding(const core::Effect& effect);

/// Whether a holding may have ended with `effect`. False only where none has.
bool may_end_holding(const core::Effect& effect);

/// When `effect` happened. Of one that `tells`.
WallTime time_of(const core::Effect& effect);

/// Appends the bytes of an entry: position and number left out as varints of 7 bits a byte, then the effect as the
/// journal writes it.
void encode(core::Position position, std::uint64_t left_out, const core::Effect& effect, std::string& out);

/// Appends all entries that `bytes` are, one behind the other; false, and nothing, if they are no entries.
bool decode(std::string_view bytes, std::vector<Entry>& into);
/// The same; none if they are no entries.
std::optional<std::vector<Entry>> decode(std::string_view bytes);

/// The same backwards.
std::string encode(const std::vector<Entry>& entries);

/// Numbers of the history's own format, 7 bits a byte, lowest first.
void put_number(std::uint64_t value, std::string& out);
/// Takes one off the front; none if there is none.
std::optional<std::uint64_t> take_number(std::string_view& bytes);
/// A text with its length before it.
void put_text(std::string_view text, std::string& out);
std::optional<std::string_view> take_text(std::string_view& bytes);

}  // namespace holdfast::history
