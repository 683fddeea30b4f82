// Following what happens to names: each change once, in order, and no silent hole.
#pragma once

#include <cstdint>
#include <memory>
#include <stop_token>
#include <string>
#include <variant>

#include <holdfast/answer.h>
#include <holdfast/client.h>

namespace holdfast {

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
};

using Event = std::variant<Change, Gap>;

struct WatchOptions {
  std::string prefix = {};  ///< This name and those below it; whole segments. Empty: all.
  std::string after = {};   ///< A position: of an answer, or of a change. Empty: from now on.
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

  /// Behind the last event that was handed out. Empty: nothing is known yet.
  const std::string& position() const;

 private:
  class Following;
  std::unique_ptr<Following> following_;
};

}  // namespace holdfast
