// Watching names: every event once and in order, over broken connections and restarts of the server (L14).
#pragma once

#include <boost/json/object.hpp>
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "client/lease.h"
#include "client/socket.h"
#include "client/url.h"

namespace holdfast::client {

/// One event. Of type `begin` the first of all: everything behind its position follows. Of type `reset`: events are
/// missing between the one before and its position, and `json` says why.
struct Event {
  std::string position;  ///< To go on from.
  std::string type;
  boost::json::object json;  ///< All of it, as it came.

  bool is_gap() const { return type == "reset"; }
};

struct WatchCall {
  std::string prefix;  ///< Empty: every name.
  std::string after;   ///< A position; empty: from now on.
};

/// One thread at a time, but for interrupt().
class Watch {
 public:
  /// The connection broke, or could not be made, and is tried again in `pause`.
  using OnTrouble = std::function<void(const Problem& why, std::chrono::milliseconds pause)>;

  Watch(Url server, WatchCall call, OnTrouble on_trouble = {});
  ~Watch();
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;

  /// Waits for the next event. Connections that break are made again, for as long as it takes, and go on behind the
  /// last event; a `begin` is given only once.
  ///
  /// A problem is final: the server refuses, was not there at the first try, or somebody interrupted.
  Answer<Event> next();

  /// Where it stands: everything up to here has been given, or does not concern it. Empty before the first event.
  const std::string& position() const;

  /// From any thread: `next` ends at once, for good.
  void interrupt() noexcept;

 private:
  class Wire;
  std::unique_ptr<Wire> wire_;
};

}  // namespace holdfast::client
