// The bytes of a text/event-stream, made into events. Does no I/O.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace holdfast::client {

/// One block of the stream. Without data it only moves the position.
struct EventBlock {
  std::string id;    ///< Of this block or the last one that had any.
  std::string type;  ///< `message` where the server says none.
  std::string data;  ///< Lines are joined by line breaks.
  bool operator==(const EventBlock&) const = default;
};

/// As the HTML standard reads such streams: lines end with CR, LF or both; a blank line ends a block.
class EventReader {
 public:
  /// A block is at most so long, or the stream is none of ours.
  static constexpr std::size_t block_bytes_max = 1 << 20;

  void received(std::string_view bytes) { bytes_.append(bytes); }
  /// The next whole block that has data or a new id.
  std::optional<EventBlock> next();
  bool too_long() const { return bytes_.size() + block_.data.size() > block_bytes_max; }

 private:
  std::optional<std::string_view> line();
  void take_in(std::string_view line);

  std::string bytes_;
  std::size_t at_ = 0;  ///< What is before has been read.
  bool after_cr_ = false;
  EventBlock block_{.type = "message"};
  bool has_data_ = false;
  bool has_id_ = false;
};

}  // namespace holdfast::client
