// The words that commands, effects and replies share.
#pragma once

#include <compare>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/time.h"

namespace holdfast::core {

/// The fencing token of a holding (L2, L3). 0 is no token; the greatest is 2^53 - 1, so that JSON keeps it.
struct Token {
  std::uint64_t value = 0;
  auto operator<=>(const Token&) const = default;
  explicit operator bool() const { return value != 0; }
};
inline constexpr std::uint64_t token_max = (std::uint64_t{1} << 53) - 1;

/// The number of a durable effect: 1 is the first a data directory ever kept. 0 is before all of them.
struct Position {
  std::uint64_t value = 0;
  auto operator<=>(const Position&) const = default;
};

/// Who holds or asks: an owner, and the one tab, device, process or run of it that does.
struct Who {
  std::string owner;
  std::string session;
  bool operator==(const Who&) const = default;
};

/// What excludes what: every other session, or only the sessions of other owners.
enum class HolderKind : std::uint8_t { session, owner };

/// Why a holding ended (L13). Numbers are kept in the journal: only ever add.
enum class Loss : std::uint8_t {
  none = 0,  ///< It has not ended, or nobody remembers why.
  lapsed = 1,
  released = 2,
  taken_over = 3,
  transferred = 4,
  moved = 5,
  revoked = 6,
};

/// The word of semantics.md for `loss`; empty for none.
std::string_view word(Loss loss);

/// The ttl of a lease that only ends when somebody ends it (L4).
inline constexpr Duration forever = Duration::max();

/// Where an answer goes: the doors give the numbers, core only carries them.
struct Address {
  std::uint64_t client = 0;   ///< One connection, never given again in this process. 0: none.
  std::uint64_t request = 0;  ///< One request on it. 0: none.
  auto operator<=>(const Address&) const = default;
};

/// Time as the engine reads it, once a batch.
struct Now {
  Instant lease{};  ///< Decides.
  WallTime wall{};  ///< Is shown.
};

/// Which clients are still there, asked in the moment of granting to one that waited (L8).
class Presence {
 public:
  virtual ~Presence() = default;
  /// False only if the connection of `client` is known to be closed. Called inside the critical section: quick.
  virtual bool present(std::uint64_t client) const = 0;
};

/// The bounds that the rules themselves look at. Forms and sizes are the doors' business.
struct Limits {
  std::size_t waiters_max = 10'000;        ///< In the queue of one name.
  std::size_t sessions_max = 1'000;        ///< Sharing one holding under `holder: owner`.
  std::size_t remembered_max = 1'000'000;  ///< Free names whose last holding is known.
  Duration remembered_for = std::chrono::hours(1);
  std::size_t buffers_max = 1'000'000;                 ///< Names with a buffer number.
  std::size_t page_bytes_max = 256 << 10;              ///< Of a list, about; the rest is on the next page.
  std::size_t queue_shown_max = 50;                    ///< Places of a queue in one answer.
  std::size_t losses_max = 16;                         ///< Past holdings of a name whose end is known.
  std::size_t starts_max = 1'000;                      ///< Starts of servers whose positions are known (L14).
  std::size_t session_looks_max = 500;                 ///< Leases of a session that one step renews or ends.
  std::size_t index_looks_max = 4'000;                 ///< Leases that one step takes into the index of sessions.
  std::size_t texts_max = 100'000;                     ///< Names with a text.
  std::size_t text_bytes_max = 10 << 20;               ///< Of one text.
  std::size_t texts_bytes_max = std::size_t{4} << 30;  ///< Of all of them, about.
  std::size_t revisions_max = 500'000;                 ///< Of a text, that are kept; older ones are forgotten.
  std::size_t drafts_of_owner_max = 1'000;
  std::size_t drafts_max = 100'000;
  std::size_t changes_page_max = 1'000;              ///< Revisions in one answer.
  Duration flush_of_text = std::chrono::seconds(5);  ///< The flush window of a takeover that names none.
  std::uint64_t salt = 0;  ///< Of the hashes of names, against whoever would make them meet. 0: repeatable runs.
};

}  // namespace holdfast::core
