// The holdings of one name in the only order in which they can have been.
//
// With tokens the order is theirs. Without, it follows from time: between the return of its grant and the call of its
// release a holding certainly was, two such spans that overlap are two holders, and two that do not can only have
// followed one another as they lie.
//
// A holding is one stretch of being held, or several where the lock renews late: each renewal may then have found the
// name lapsed, so each begins a stretch, of which only the last is ended by a release.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "recording/recording.h"
#include "verify/judgement.h"

namespace holdfast::verify {

/// Into Recording::operations. Half the size of what the witness carries: there is one for each operation.
using Position = std::uint32_t;
inline constexpr Position none = std::numeric_limits<Position>::max();

/// Since before everything: of what the recording began with.
inline constexpr recording::Nanos always = std::numeric_limits<recording::Nanos>::min();

struct Stretch {
  std::uint64_t token = 0;
  recording::Nanos begins = 0;                   ///< It did not begin before.
  recording::Nanos ends = recording::never;      ///< It did not end by itself, or by its holder, before.
  Position grant = none;                         ///< The operation that began it. None: nobody was told.
  Position end = none;                           ///< The one that may have ended it at `ends`. None: it lapsed.
  recording::Index session = recording::nobody;  ///< Whose it is.
  bool direct : 1 = false;                       ///< It may have begun while the one before it was held.
  bool passed : 1 = false;                       ///< It began while the one before it was held, and not otherwise.
  bool optional : 1 = false;                     ///< It may not have been at all.
  bool continues : 1 = false;                    ///< It is of the same holding as the one before it.
  bool vague : 1 = false;   ///< From before the recording: it may have been held or not at any moment.
  bool joined : 1 = false;  ///< Several sessions share it.
  bool begun : 1 = false;   ///< The sweep's: it can have been.
  bool ended : 1 = false;   ///< The sweep's: the name can have been free after it.
};

/// Something that no order can explain, and the operations that show it.
struct Flaw {
  std::vector<Position> operations;
  std::vector<Ownership> marked;
  std::string told;
};

constexpr std::size_t flaws_kept = 8;  ///< Of one name. One is enough to judge, a few to understand.

struct Chain {
  std::vector<Stretch> stretches;
  /// For each of the operations: the first stretch of the holding that it is about, or `none`.
  std::vector<Position> about;
  std::vector<Flaw> flaws;
  bool by_token = false;
  /// Any other order has the same flaws. False where it had to be guessed: of holdings without a token that may have
  /// lapsed before their grants arrived, of renewals at one time, of grants that nobody saw.
  bool forced = true;
  /// Without flaws there is an order. False where calls of unknown outcome, or sessions that share a holding, were
  /// given the benefit of the doubt one answer at a time.
  bool exact = true;
  /// The first call of each client that may have been granted something that nobody saw, in order of clients.
  std::vector<std::pair<recording::Index, recording::Nanos>> unseen;

  /// The last stretch of the holding that begins with `first`.
  std::size_t last(std::size_t first) const {
    while (first + 1 < stretches.size() && stretches[first + 1].continues) ++first;
    return first;
  }
};

/// `operations`: those of one name, in order of their calls.
Chain chain(const recording::Recording& recording, std::span<const Position> operations);

/// Whether `grant` is a takeover that displaced nobody: a free name is granted whichever holding was meant, and the
/// answer says that the last one was a later one.
inline bool found_it_free(const recording::Operation& grant) {
  return grant.what == recording::What::takeover && grant.token != 0 && grant.token < grant.previous;
}

/// The moment before which a lease of `operation` does not end, or `never`.
recording::Nanos earliest_lapse(const recording::Lock& lock, const recording::Operation& operation);

}  // namespace holdfast::verify
