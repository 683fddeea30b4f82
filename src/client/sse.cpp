#include "client/sse.h"

#include <utility>

namespace holdfast::client {

bool SseReader::read(std::string_view bytes) {
  for (const char c : bytes) {
    if (too_large_) return false;
    const bool second_half = c == '\n' && after_cr_;
    after_cr_ = c == '\r';
    if (second_half) continue;
    if (c == '\n' || c == '\r') {
      end_line();
      continue;
    }
    line_ += c;
    too_large_ = line_.size() + data_.size() > event_bytes_max;
  }
  return !too_large_;
}

std::optional<SseEvent> SseReader::next() {
  if (events_.empty()) return std::nullopt;
  SseEvent event = std::move(events_.front());
  events_.pop_front();
  return event;
}

void SseReader::end_line() {
  std::string line = std::exchange(line_, {});
  if (std::exchange(first_line_, false) && line.starts_with("\xEF\xBB\xBF")) line.erase(0, 3);
  if (line.empty()) return end_event();

  const std::size_t colon = line.find(':');
  if (colon == 0) return;  // A comment: somebody is there.
  const std::string_view field = std::string_view(line).substr(0, colon);
  std::string_view value = colon == std::string::npos ? std::string_view{} : std::string_view(line).substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);

  if (field == "data") {
    if (has_data_) data_ += '\n';
    data_ += value;
    has_data_ = true;
  } else if (field == "event") {
    type_ = value;
  } else if (field == "id") {
    if (value.find('\0') != std::string_view::npos) return;
    id_ = value;
    has_id_ = true;
  }  // Everything else is for others, or for later versions.
}

void SseReader::end_event() {
  SseEvent event{.type = std::exchange(type_, {}), .id = id_, .data = std::exchange(data_, {})};
  const bool has_id = std::exchange(has_id_, false);
  if (!std::exchange(has_data_, false)) {
    if (!has_id) return;
    event.type.clear();
  } else if (event.type.empty()) {
    event.type = "message";
  }
  events_.push_back(std::move(event));
}

}  // namespace holdfast::client
