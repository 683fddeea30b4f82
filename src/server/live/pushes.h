// What is pushed, as whole frames: written once, whoever is told. docs/live.md has them in a table.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "api/events.h"
#include "base/error.h"
#include "core/effects.h"
#include "text/change_set.h"

namespace holdfast::server::live {

/// How long somebody who asks for a name should wait for its holder to say something.
inline constexpr std::chrono::milliseconds answer_within{30'000};

/// Where a text stands, as far as whoever follows it has been told.
struct Standing {
  std::uint64_t buffer = 0;  ///< 0: there is no text.
  text::Revision revision = 0;
  text::Units length = 0;  ///< Of the text at that revision.
  bool operator==(const Standing&) const = default;
};

/// The push that tells followers of a name of `effect`; empty: there is nothing to tell of it. Makes `standing`, which
/// is that before the effect, the one after it. None: the effect does not fit what stands there; something is missing.
std::optional<std::string> follower_push(const core::Effect& effect, const api::GivenPosition& at, Standing& standing);

/// A frame with one text message.
std::string text_frame(std::string_view message);

// To one of them.
std::string resync_push(std::string_view name, std::string_view code);
std::string queue_push(std::optional<std::uint64_t> id, std::string_view name, std::size_t place, std::size_t waiting);

// To the holder.
std::string hand_in_push(std::string_view name, core::Token token, const core::Who& by, std::string_view reason,
                         Duration window);
std::string kept_push(std::string_view name, core::Token token);
std::string requested_push(std::string_view name, core::Token token, const core::Who& by, std::string_view message);
std::string lost_push(std::string_view name, core::Token token, core::Loss because, std::string_view by,
                      std::string_view reason);

/// To whoever asked for it.
std::string declined_push(std::string_view name, std::string_view by, std::string_view message);

}  // namespace holdfast::server::live
