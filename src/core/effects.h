// What the rules decide: the only way in which kept state changes, and what a journal keeps.
//
// Effects are absolute: replaying one over a newer state of the same name only repeats what the later ones say.
// Moving a deadline and standing in a queue are no effects: neither survives a restart (L4, L8).
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "core/types.h"

namespace holdfast::core {

/// A new holding begins.
struct Granted {
  std::string name;
  Who who;
  Token token;
  Duration ttl{};
  HolderKind holder = HolderKind::session;
  std::string note;
  std::string metadata;
  WallTime since{};
  bool operator==(const Granted&) const = default;
};

/// Another session of the same owner shares the holding.
struct Joined {
  std::string name;
  std::string session;
  Token token;
  Duration ttl{};
  bool operator==(const Joined&) const = default;
};

/// A session's ttl is another one from now on.
struct Renewed {
  std::string name;
  std::string session;
  Token token;
  Duration ttl{};
  bool operator==(const Renewed&) const = default;
};

/// A session's part ended because it said so. The last one's end is the holding's.
struct Released {
  std::string name;
  std::string session;
  Token token;
  bool operator==(const Released&) const = default;
};

/// A session's deadline passed. The last one's end is the holding's.
struct Lapsed {
  std::string name;
  std::string session;
  Token token;
  bool operator==(const Lapsed&) const = default;
};

/// A lapsed session is back, under the same token (L6).
struct Revived {
  std::string name;
  std::string session;
  Token token;
  Duration ttl{};
  bool operator==(const Revived&) const = default;
};

/// Nothing is remembered of a free name any longer, but its buffer number.
struct Forgotten {
  std::string name;
  bool operator==(const Forgotten&) const = default;
};

/// The name has a buffer number, for ever.
struct Numbered {
  std::string name;
  std::uint64_t buffer = 0;
  bool operator==(const Numbered&) const = default;
};

/// A session's part in a holding, as a snapshot keeps it.
struct KeptPart {
  std::string session;
  Duration ttl{};
  bool lapsed = false;
  bool operator==(const KeptPart&) const = default;
};

/// How a past holding ended.
struct KeptLoss {
  Token token;
  Loss loss = Loss::none;
  bool operator==(const KeptLoss&) const = default;
};

/// All that is known of one name. Only in snapshots.
struct Kept {
  std::string name;
  std::string owner;
  Token token;
  Token previous;
  HolderKind holder = HolderKind::session;
  std::string note;
  std::string metadata;
  WallTime since{};
  std::uint64_t buffer = 0;
  Loss ended = Loss::none;
  std::vector<KeptPart> parts;
  std::vector<KeptLoss> losses;
  bool operator==(const Kept&) const = default;
};

/// What is known of no single name. Only in snapshots, and first there.
struct KeptTotals {
  Token greatest;             ///< Of all tokens ever given (L2).
  std::uint64_t buffers = 0;  ///< The greatest buffer number ever given.
  bool operator==(const KeptTotals&) const = default;
};

/// Order and numbers are kept in the journal: only ever add at the end.
using Effect = std::variant<Granted, Joined, Renewed, Released, Lapsed, Revived, Forgotten, Numbered, Kept, KeptTotals>;

/// About how many bytes `effect` takes in a journal, for bounds.
std::size_t size_estimate(const Effect& effect);

}  // namespace holdfast::core
