// Which sessions have a live socket, as the thread that has all of these knows it.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "core/types.h"

namespace holdfast::server {

/// A session that has a live socket.
struct LiveSession {
  core::Who who;
  std::string state;    ///< active, idle or hidden, as it says itself.
  std::string address;  ///< On the network.
  Duration heard{};     ///< How long ago something came from it last.
};

class LiveSessions {
 public:
  virtual ~LiveSessions() = default;
  /// The first `limit` behind `after`, by owner and session. `owner` not empty: of this one only. For any thread but
  /// the one that knows: it waits for that, a moment at most. None: it has not answered, or is about to end.
  virtual std::optional<std::vector<LiveSession>> live_sessions(const core::Who& after, const std::string& owner,
                                                                std::size_t limit) = 0;
};

}  // namespace holdfast::server
