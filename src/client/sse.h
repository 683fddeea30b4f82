// Server-sent events, read from a stream of bytes that may be cut anywhere. Pure.
//
// After the HTML standard's "event stream": lines end with LF, CR or CRLF; an empty line ends an event; an id stays
// until the next one. An event that the end of the stream cut off is not handed out. Beyond the standard, an id that
// comes without an event is: it says how far the stream has got.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <string>
#include <string_view>

namespace holdfast::client {

struct SseEvent {
  std::string type;  ///< "message" where none was said. Empty: it is no event, only an id.
  std::string id;    ///< Of this event or the last one before that had one.
  std::string data;  ///< Its lines, with LF between.
  bool operator==(const SseEvent&) const = default;
};

class SseReader {
 public:
  /// One event is at most so large. More, and the stream is of no use any more.
  static constexpr std::size_t event_bytes_max = 4 * 1024 * 1024;

  /// False: an event is too large; nothing more is read.
  bool read(std::string_view bytes);

  /// The next whole event or id, oldest first.
  std::optional<SseEvent> next();

 private:
  void end_line();
  void end_event();

  std::string line_;
  bool after_cr_ = false;  ///< An LF now belongs to the line before.
  bool first_line_ = true;
  bool too_large_ = false;
  bool has_data_ = false;
  bool has_id_ = false;
  std::string type_, data_, id_;
  std::deque<SseEvent> events_;
};

}  // namespace holdfast::client
