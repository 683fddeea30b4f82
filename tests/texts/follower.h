// Somebody who follows a text over the live socket in a thread of its own, and comes back whenever the server does.
#pragma once

#include <boost/json.hpp>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "tests/support/live_talk.h"
#include "text/revision_log.h"
#include "text/text.h"

namespace holdfast::texts {

class Follower {
 public:
  /// What it was given, and how often.
  struct Seen {
    std::size_t pushed = 0;     ///< Revisions that were pushed,
    std::size_t caught_up = 0;  ///< or that came with the answer to follow.
    std::size_t texts = 0;      ///< Whole texts.
    std::size_t resyncs = 0;    ///< How often it was told that it was too slow.
    std::size_t connections = 0;
  };

  Follower(std::uint16_t port, std::string session);

  /// The text as the follower has it, once that is `revision`. Throws after two minutes, and where it was told anything
  /// that does not follow from what it had (B3).
  std::string await(text::Revision revision);
  Seen seen() const;

 private:
  void run(const std::stop_token& stop);
  void follow_on(const std::stop_token& stop);
  void ask(support::LiveTalk& talk) const;
  void take(support::LiveTalk& talk, const boost::json::object& message);
  void begin(const boost::json::object& answer);
  void apply(text::Revision base, const boost::json::value& change);

  const std::uint16_t port_;
  const std::string session_;
  mutable std::mutex mutex_;
  std::condition_variable moved_;
  text::Text text_;
  text::Revision revision_ = 0;
  std::optional<std::uint64_t> buffer_;
  std::string wrong_;  ///< What it was told that cannot be.
  Seen seen_;
  std::jthread thread_;  ///< Last: it uses the others.
};

}  // namespace holdfast::texts
