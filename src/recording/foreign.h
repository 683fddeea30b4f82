// Histories of locks as other checkers write them.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"
#include "recording/recording.h"

namespace holdfast::recording {

/// Jepsen's: maps with :type, :f, :process, :time, :value, one after another or all in a vector.
/// docs/recording-format.md says which are understood. `lock`: what it is said to be; if a value has a token it gives
/// tokens.
///
/// Errors: recording_damaged.
Result<Recording> read_jepsen(std::string_view text, const std::string& file, const Lock& lock);

/// Porcupine's operations as JSON: ClientId, Input, Call, Output, Return.
///
/// Errors: recording_damaged.
Result<Recording> read_porcupine(std::string_view text, const std::string& file, const Lock& lock);

}  // namespace holdfast::recording
