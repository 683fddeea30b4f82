// How a door spells what watchers are told; the thread that tells them speaks no protocol of its own.
#pragma once

#include <string>
#include <string_view>

namespace holdfast::server {

/// One for all watchers who are told in the same words, so that an event is spelled once for all of them. Thread-safe.
///
/// `at` is a position as text. `word` says what happened, `data` says all of it, as one JSON object in one line.
class EventSpelling {
 public:
  virtual ~EventSpelling() = default;
  /// The answer to whoever begins to watch. `word`: begin, or reset where what it asked for cannot be had.
  virtual void begin(std::string& out, std::string_view at, std::string_view word, std::string_view data) const = 0;
  virtual void event(std::string& out, std::string_view at, std::string_view word, std::string_view data) const = 0;
  /// Keeps the connection alive and lets the watcher's position rise where nothing happens that concerns it.
  virtual void sign_of_life(std::string& out, std::string_view at) const = 0;
};

}  // namespace holdfast::server
