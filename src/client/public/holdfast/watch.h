// Following what happens to names: each change once, in order, and no silent hole.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <variant>

#include <holdfast/answer.h>
#include <holdfast/client.h>

namespace holdfast {

/// The first event of a Watch that knows from where on it tells: everything behind this position follows.
struct Begin {
  std::string position;
  std::string json;  ///< All of it, as it came.
};

/// Something happened to a name. What was not said is empty.
struct Change {
  std::string position;  ///< Give it to a later Watch to go on behind it.
  std::string type;      ///< As the server spells it: granted, released, lapsed, ...
  std::string name;
  std::uint64_t token = 0;
  std::string owner, session;
  std::string because, by, reason;
  std::string json;  ///< All of it, as it came.
};

/// Changes were missed that the server no longer keeps: list the names again, then go on.
struct Gap {
  std::string position;  ///< Where the watch goes on.
  std::string code;      ///< Why: position_gone, position_foreign or position_future.
  std::string json;      ///< All of it, as it came.
};

/// A Begin, or a Gap instead of it, comes first; a connection that is made again does not begin anew.
using Event = std::variant<Begin, Change, Gap>;

struct WatchOptions {
  std::string prefix = {};  ///< This name and those below it; whole segments. Empty: all.
  std::string after = {};   ///< A position: of an answer, or of an event. Empty: from now on.
  /// The connection broke, or could not be made, for this reason, and is tried again in `pause`. Called from within
  /// next(), whose `stop` may be requested here: a Watch tries for as long as it takes.
  std::function<void(const Problem& why, std::chrono::milliseconds pause)> on_trouble = {};
};

/// Not thread-safe; stopping it is.
class Watch {
 public:
  /// Nothing is sent before the first next().
  Watch(const Client& client, WatchOptions what);
  ~Watch();
  Watch(Watch&&) noexcept;
  Watch& operator=(Watch&&) noexcept;

  /// Waits for the next event, for as long as it takes. A connection that breaks, or on which nothing comes for 30 s,
  /// is opened again behind the last position, at the other addresses too.
  ///
  /// Errors: a problem that is `cancelled`, where `stop` was requested; bad_answer for an event that cannot be read;
  /// and what the server refuses for good. After any of them next() may be called again.
  Answer<Event> next(std::stop_token stop = {});

  /// Behind the last event that was handed out; later where the server said that what came since does not concern
  /// this watch. Empty: nothing is known yet.
  const std::string& position() const;

 private:
  class Following;
  std::unique_ptr<Following> following_;
};

}  // namespace holdfast
