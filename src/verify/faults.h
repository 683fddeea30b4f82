// What is done to clients and requests on purpose, while a lock is verified.
#pragma once

#include <atomic>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace holdfast::verify {

struct Faults {
  bool pause = false;      ///< Clients stand still now and then, sometimes beyond their ttl.
  bool kill = false;       ///< Connections break while a request is on its way; whoever asked asks again.
  bool duplicate = false;  ///< Requests are sent twice, at the same time.
  bool late = false;       ///< Releases and renewals are sent once more, when somebody else holds the name.

  /// The words of a list with commas between; `all` is all of them. Error: bad_configuration, which lists the words.
  static Result<Faults> parse(std::string_view words);
  static std::vector<std::string> words();
  std::string text() const;
};

/// Keeps the share of what is lost so small that a run still means something: the verdict wants to know of 99 in 100
/// operations how they ended.
class KillBudget {
 public:
  /// True: this one may be lost.
  bool take(std::size_t operations) {
    std::size_t killed = killed_.load();
    return killed * 600 < operations && killed_.compare_exchange_strong(killed, killed + 1);
  }

 private:
  std::atomic<std::size_t> killed_ = 0;
};

}  // namespace holdfast::verify
