// Effects as lines for people and programs.
#pragma once

#include <string>
#include <string_view>

#include "core/effects.h"

namespace holdfast::journal {

enum class Form : std::uint8_t {
  text,  ///< `granted name=job owner=bob session=tab-1 token=8 ttl=30s ...`; what is empty is left out.
  json,  ///< One object: `{"effect":"granted","name":"job",...}`. Durations in milliseconds, as `ttl_ms`.
};

/// `effect` in one line without a line end. Control characters and bytes that are no UTF-8 are escaped in both forms.
std::string describe(const core::Effect& effect, Form form);

/// `text` between quotes as a JSON string; bytes that are no UTF-8 become U+FFFD.
std::string json_quoted(std::string_view text);

}  // namespace holdfast::journal
