#include "server/live/frames.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "text/utf8.h"

namespace holdfast::server::live {
namespace {

constexpr std::size_t control_bytes_max = 125;
constexpr std::uint16_t no_code = 1005;  ///< A close frame without one.

constexpr unsigned final_bit = 0x80, reserved_bits = 0x70, opcode_bits = 0x0F, mask_bit = 0x80, length_bits = 0x7F;
constexpr unsigned two_bytes_follow = 126, eight_bytes_follow = 127;

unsigned byte_at(std::string_view bytes, std::size_t at) {
  return static_cast<unsigned char>(bytes[at]);
}

bool is_known(unsigned opcode) {
  return opcode <= 2 || (opcode >= 8 && opcode <= 10);
}

}  // namespace

void apply_mask(const char* from, std::size_t bytes, std::array<char, 4> mask, char* to) {
  std::uint64_t wide = 0;
  const std::array<char, 8> twice{mask[0], mask[1], mask[2], mask[3], mask[0], mask[1], mask[2], mask[3]};
  std::memcpy(&wide, twice.data(), sizeof wide);
  std::size_t at = 0;
  for (; at + sizeof wide <= bytes; at += sizeof wide) {  // What a compiler makes wider still.
    std::uint64_t eight = 0;
    std::memcpy(&eight, from + at, sizeof eight);
    eight ^= wide;
    std::memcpy(to + at, &eight, sizeof eight);
  }
  for (; at < bytes; ++at) to[at] = static_cast<char>(from[at] ^ mask[at % 4]);
}

FrameReader::Step FrameReader::next(std::string_view bytes) {
  if (std::exchange(told_, false)) {
    if (in_control()) {
      control_.clear();
    } else {
      std::string{}.swap(message_);  // Between messages nothing is kept: most sockets are silent most of the time.
    }
  }
  std::size_t taken = 0;
  while (true) {
    if (!in_payload_) {
      const std::size_t more = std::min<std::size_t>(header_needs_ - header_has_, bytes.size() - taken);
      std::ranges::copy(bytes.substr(taken, more), header_.begin() + header_has_);
      header_has_ = static_cast<std::uint8_t>(header_has_ + more);
      taken += more;
      if (header_has_ < header_needs_) return {Event::starved, taken};
      if (header_needs_ == 2) {
        if (const CloseCode wrong = begin_frame(); wrong != CloseCode::none) return fail(wrong, taken);
        continue;  // There is a mask, at least.
      }
      const std::string_view header(header_.data(), header_has_);
      const std::size_t extended = header_needs_ - 6U;
      if (extended > 0) left_ = 0;
      for (std::size_t i = 0; i < extended; ++i) left_ = left_ << 8U | byte_at(header, 2 + i);
      if (const CloseCode wrong = check_length(); wrong != CloseCode::none) return fail(wrong, taken);
      in_payload_ = true;
    }
    const std::size_t more = std::min<std::uint64_t>(left_, bytes.size() - taken);
    unmask(bytes.substr(taken, more));
    taken += more;
    if (left_ > 0) return {Event::starved, taken};
    const Step step = end_frame(taken);
    if (step.event != Event::starved) return step;
  }
}

FrameReader::Step FrameReader::fail(CloseCode code, std::size_t bytes) {
  code_ = static_cast<std::uint16_t>(code);
  return {Event::failure, bytes};
}

CloseCode FrameReader::begin_frame() {
  const std::string_view header(header_.data(), 2);
  const unsigned first = byte_at(header, 0), second = byte_at(header, 1);
  final_ = (first & final_bit) != 0;
  if ((first & reserved_bits) != 0 || !is_known(first & opcode_bits)) return CloseCode::protocol_error;
  if ((second & mask_bit) == 0) return CloseCode::protocol_error;
  opcode_ = static_cast<Opcode>(first & opcode_bits);
  const unsigned length = second & length_bits;
  if (in_control()) {
    if (!final_ || length > control_bytes_max) return CloseCode::protocol_error;
  } else {
    if ((opcode_ == Opcode::continuation) != in_message_) return CloseCode::protocol_error;
    if (opcode_ == Opcode::binary) return CloseCode::not_text;
    in_message_ = true;
  }
  left_ = length;
  header_needs_ = length == two_bytes_follow ? 8 : length == eight_bytes_follow ? 14 : 6;
  return CloseCode::none;
}

CloseCode FrameReader::check_length() const {
  const bool longer_than_needed =
      (header_needs_ == 8 && left_ < two_bytes_follow) || (header_needs_ == 14 && left_ <= 0xFFFF);
  if (longer_than_needed || left_ >> 63U != 0) return CloseCode::protocol_error;
  if (!in_control() && left_ > message_bytes_max_ - message_.size()) return CloseCode::too_long;
  return CloseCode::none;
}

void FrameReader::unmask(std::string_view from) {
  std::string& to = in_control() ? control_ : message_;
  std::array<char, 4> mask{};
  for (std::size_t i = 0; i < mask.size(); ++i) mask[i] = header_[header_needs_ - 4U + (taken_ + i) % 4];
  const std::size_t before = to.size();
  to.resize(before + from.size());
  apply_mask(from.data(), from.size(), mask, to.data() + before);
  taken_ += from.size();
  left_ -= from.size();
}

/// Starved: there is nothing to tell yet.
FrameReader::Step FrameReader::end_frame(std::size_t taken) {
  header_has_ = 0;
  header_needs_ = 2;
  in_payload_ = false;
  taken_ = 0;
  if (in_control()) return end_control(taken);
  if (!final_) return {Event::starved, taken};
  in_message_ = false;
  if (text::fault_in_utf8(message_)) return fail(CloseCode::not_utf8, taken);
  told_ = true;
  return {Event::message, taken};
}

FrameReader::Step FrameReader::end_control(std::size_t taken) {
  told_ = true;
  if (opcode_ == Opcode::ping) return {Event::ping, taken};
  if (opcode_ == Opcode::pong) return {Event::pong, taken};
  code_ = no_code;
  if (control_.size() == 1) return fail(CloseCode::protocol_error, taken);
  if (!control_.empty()) {
    code_ = static_cast<std::uint16_t>(byte_at(control_, 0) << 8U | byte_at(control_, 1));
    if (!may_be_said(code_)) return fail(CloseCode::protocol_error, taken);
    control_.erase(0, 2);
    if (text::fault_in_utf8(control_)) return fail(CloseCode::not_utf8, taken);
  }
  return {Event::close, taken};
}

bool may_be_said(std::uint16_t code) {
  if (code >= 3000 && code <= 4999) return true;
  return code >= 1000 && code <= 1014 && code != 1004 && code != no_code && code != 1006;
}

void append_frame_head(std::string& out, Opcode opcode, std::size_t payload_bytes) {
  const auto add = [&out](std::uint64_t byte) { out += static_cast<char>(byte & 0xFFU); };
  add(final_bit | static_cast<unsigned>(opcode));
  if (payload_bytes < two_bytes_follow) return add(payload_bytes);
  const bool short_enough = payload_bytes <= 0xFFFF;
  add(short_enough ? two_bytes_follow : eight_bytes_follow);
  for (int shift = short_enough ? 8 : 56; shift >= 0; shift -= 8) add(payload_bytes >> static_cast<unsigned>(shift));
}

void append_frame(std::string& out, Opcode opcode, std::string_view payload) {
  append_frame_head(out, opcode, payload.size());
  out += payload;
}

void append_close(std::string& out, std::uint16_t code, std::string_view reason) {
  while (reason.size() > control_bytes_max - 2) {  // Whole characters.
    reason.remove_suffix(1);
    while (!reason.empty() && text::continues(reason.back())) reason.remove_suffix(1);
    if (!reason.empty() && static_cast<unsigned char>(reason.back()) >= 0xC0) reason.remove_suffix(1);
  }
  append_frame_head(out, Opcode::close, 2 + reason.size());
  out += static_cast<char>(code >> 8U);
  out += static_cast<char>(code & 0xFFU);
  out += reason;
}

}  // namespace holdfast::server::live
