// One request of a client, from its sending to its answer.
#pragma once

#include <optional>

#include "base/error.h"
#include "core/commands.h"
#include "simulate/plan.h"

namespace holdfast::simulate {

using recording::Index;
using recording::What;

/// What a client asks.
struct Ask {
  What what = What::acquire;
  Index name = 0;
  std::uint64_t token = 0;
  Duration ttl{};
  Duration wait{};
  Duration flush{};
  Index to = recording::nobody;  ///< Of a transfer.
  std::uint64_t value = 0;       ///< Of a write: what it is based on.
};

/// What came back.
struct Told {
  ErrorCode code = ErrorCode::none;
  bool refused_connection = false;  ///< Nobody listened: certainly not done.
  bool held = false;
  bool ended = false;
  bool joined = false;
  std::uint64_t token = 0;  ///< Of whoever holds or held.
  std::uint64_t previous = 0;
  Index holder = recording::nobody;
  Duration ttl{};  ///< Of the grant or renewal.
  Duration waited{};
  std::uint64_t value = 0;
};

struct Call {
  Ask ask;
  Index client = 0;
  std::uint32_t number = 0;  ///< Of its client.
  core::Address from;
  Nanos sent = 0;
  std::uint64_t epoch = 0;    ///< How often all connections had broken when it was sent.
  std::size_t operation = 0;  ///< In the recording.
  bool twin = false;          ///< The same request once more, by the network: nobody hears its answer.
  bool submitted = false;
  bool answered = false;  ///< By the server.
  Instant handled_at{};   ///< Lease time, as the observer counts it.
  Told told;
};

}  // namespace holdfast::simulate
