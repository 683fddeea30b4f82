// A watcher that was let in, and from where on it is to be told.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "api/events.h"
#include "base/error.h"
#include "base/fd.h"
#include "core/types.h"

namespace holdfast::server {

class EventSpelling;
class Service;

/// With the connection that it came on.
struct Newcomer {
  Fd socket{};                              ///< Does not block.
  const EventSpelling* spelling = nullptr;  ///< Outlives the thread that tells.
  std::string prefix;
  std::uint64_t incarnation = 0;  ///< Of this start of the server.
  core::Position after;           ///< Everything behind it is to be told.
  /// Not none: `after` cannot be had, for this reason; it is told so, with what it asked for.
  ErrorCode reset = ErrorCode::none;
  api::GivenPosition asked;
};

/// Who wants to be told of `prefix`, of everything behind `asked`; of nothing but what comes, without it. To be called
/// when its place is reserved: from then on nothing becomes durable without it. Its connection is given away last.
Newcomer newcomer(Service& service, const EventSpelling& spelling, std::string prefix,
                  const std::optional<api::GivenPosition>& asked);

}  // namespace holdfast::server
