// The servers of one service, at one address or several: makes calls at whichever of them answers.
//
// Kept here: a call is sent again only where retry.h allows it, and never after its deadline; one address is remembered
// as the one to ask first, until it fails.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <stop_token>
#include <vector>

#include "client/calls.h"
#include "client/http.h"

namespace holdfast::client {

/// Thread-safe: each call under way has a connection of its own, taken from those that are kept open.
class Servers {
 public:
  /// At least one.
  explicit Servers(std::vector<Url> urls);

  struct Terms {
    Deadline deadline{};
    /// How long one try may take where the call is repeatable; else one try has all the time there is.
    Duration patience = Duration::max();
    bool repeatable = false;
    std::stop_token stop{};
  };

  /// One try, at the address that answered last. The next one will be made elsewhere if this one failed so.
  Answer<boost::json::object> once(const Request& request, Deadline deadline, const std::stop_token& stop);

  /// Tries again while that may help and time is left. `request` is asked for what to send before each try; it may note
  /// the time.
  Answer<boost::json::object> ask(const std::function<Request()>& request, const Terms& terms);

  /// Where to ask next, for who keeps a connection of its own; and that it did not work there.
  Url current() const { return urls_[current_]; }
  void failed(const Url& where);
  std::size_t size() const { return urls_.size(); }

  /// Waits; true: `stop` was requested first.
  static bool paused(Duration time, Deadline until, const std::stop_token& stop);
  /// 0 to 1.
  static double chance();

 private:
  Connection take(const Url& url);
  void give_back(Connection connection);

  const std::vector<Url> urls_;
  std::atomic<std::size_t> current_ = 0;
  std::mutex guarding_idle_;
  std::vector<Connection> idle_;
};

}  // namespace holdfast::client
