// What the history tells: holdings, put together from effects.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/effects.h"
#include "core/types.h"

namespace holdfast::history {

/// Something that happened to a holding between its beginning and its end, or after it.
struct Step {
  enum class What : std::uint8_t {
    joined,            ///< Another session of the owner shares it.
    left,              ///< A session's part was released; the others hold on.
    lapsed,            ///< A session's deadline passed; the others hold on.
    revived,           ///< A lapsed session came back in time (L6).
    requested,         ///< Somebody asked for the name; `text` is the message.
    takeover_asked,    ///< Somebody takes it over after a window; `text` is the reason (L9).
    takeover_dropped,  ///< It did not come about; `text` says why.
    given_up,          ///< After a lapse: the right to come back was released or revoked; `text` is the reason.
  };
  What what = What::joined;
  WallTime at{};
  core::Who who;
  std::string text;
  std::string from;     ///< The network address of who asked.
  Duration duration{};  ///< Of a takeover its window; of a join its wait.
  bool operator==(const Step&) const = default;
};

/// `joined`, `takeover_asked`, ...
std::string_view word(Step::What what);

/// One holding of one name: from a grant to its end.
struct Holding {
  std::string name;
  core::Token token;
  core::Token previous;  ///< Of the holding before it; none where that is not kept.
  core::Who who;         ///< The session that it began with.
  core::HolderKind holder = core::HolderKind::session;
  std::optional<WallTime> since;  ///< None: its beginning is not kept.
  std::string note;
  std::string from;  ///< The network address it was asked for from. May be empty.
  Duration ttl{};
  Duration waited{};

  /// How it began: none is a grant of a free name, else why the holding before it ended for it.
  core::Loss began = core::Loss::none;
  std::string began_reason;  ///< What the taker said.
  core::Who taken_from;

  std::optional<WallTime> until;          ///< None: it has not ended, as far as is known.
  core::Loss because = core::Loss::none;  ///< Why it ended (L13); none though it has: that is not known.
  core::Who by;                           ///< Who released it, took it over, revoked it.
  core::Who to;                           ///< To whom it was transferred or moved.
  std::string reason;                     ///< What `by` said.

  std::vector<Step> steps;
  std::uint64_t left_out = 0;  ///< So many more steps happened than are kept.
  core::Position first, last;  ///< Of the effects that this was put together from.
  bool uncertain = false;      ///< It seems open, but the history has a gap behind it: it may be over.
  bool operator==(const Holding&) const = default;
};

/// Positions that the history does not have, and never will: (after, up_to].
struct Gap {
  core::Position after;
  core::Position up_to;
  WallTime noticed{};
  bool operator==(const Gap&) const = default;
};

}  // namespace holdfast::history
