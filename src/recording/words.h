// How a recording spells what was asked and answered.
#pragma once

#include <optional>
#include <string_view>

#include "recording/recording.h"

namespace holdfast::recording {

std::string_view word(What what);
std::string_view word(Outcome outcome);
std::string_view word(Sighting::Kind kind);
std::string_view word(Lock::Kind kind);

std::optional<What> what_of(std::string_view word);
std::optional<Outcome> outcome_of(std::string_view word);
std::optional<Sighting::Kind> sighting_of(std::string_view word);
std::optional<Lock::Kind> lock_kind_of(std::string_view word);

}  // namespace holdfast::recording
