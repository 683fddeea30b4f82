#include "client/event_reader.h"

#include <utility>

namespace holdfast::client {

std::optional<EventBlock> EventReader::next() {
  while (const auto one = line()) {
    if (!one->empty()) {
      take_in(*one);
      continue;
    }
    EventBlock block = block_;
    const bool worth_it = std::exchange(has_data_, false) | std::exchange(has_id_, false);
    block_.type = "message";
    block_.data.clear();
    if (worth_it) return block;
  }
  bytes_.erase(0, std::exchange(at_, 0));
  return std::nullopt;
}

std::optional<std::string_view> EventReader::line() {
  if (after_cr_ && at_ < bytes_.size()) {
    if (bytes_[at_] == '\n') ++at_;
    after_cr_ = false;
  }
  const std::size_t end = bytes_.find_first_of("\r\n", at_);
  if (end == std::string::npos) return std::nullopt;
  const std::string_view found = std::string_view{bytes_}.substr(at_, end - at_);
  after_cr_ = bytes_[end] == '\r';
  at_ = end + 1;
  return found;
}

void EventReader::take_in(std::string_view line) {
  const std::size_t colon = line.find(':');
  if (colon == 0) return;  // A comment.
  const std::string_view field = line.substr(0, colon);
  std::string_view value = colon == std::string_view::npos ? std::string_view{} : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (field == "event") {
    block_.type = value;
  } else if (field == "data") {
    if (has_data_) block_.data += '\n';
    block_.data += value;
    has_data_ = true;
  } else if (field == "id") {
    block_.id = value;
    has_id_ = true;
  }
}

}  // namespace holdfast::client
