// Numbers in as few bytes as they need: seven bits in each, the low ones first.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace holdfast::text {

inline void put_varint(std::string& to, std::uint64_t value) {
  for (; value >= 0x80; value >>= 7U) to += static_cast<char>(0x80U | (value & 0x7FU));
  to += static_cast<char>(value);
}

/// Takes numbers and pieces off the front of bytes that may be anything. Once something was wrong, `ok` is false for
/// good and everything read is 0 or empty.
class ByteReader {
 public:
  explicit ByteReader(std::string_view bytes) : left_(bytes) {}

  bool ok() const { return ok_; }
  bool empty() const { return left_.empty(); }
  /// All that has not been taken.
  std::string_view ahead() const { return left_; }

  /// A number of at most `most`, written in as few bytes as it needs.
  std::uint64_t number(std::uint64_t most) {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (left_.empty()) break;
      const auto byte = static_cast<unsigned char>(left_.front());
      left_.remove_prefix(1);
      const std::uint64_t bits = byte & 0x7FU;
      if (shift == 63 && bits > 1) break;
      value |= bits << shift;
      if (byte >= 0x80) continue;
      if (value > most || (byte == 0 && shift > 0)) break;
      return value;
    }
    damaged();
    return 0;
  }
  std::string_view take(std::uint64_t bytes) {
    if (bytes > left_.size()) {
      damaged();
      return {};
    }
    const std::string_view out = left_.substr(0, bytes);
    left_.remove_prefix(bytes);
    return out;
  }
  void damaged() {
    ok_ = false;
    left_ = {};
  }

 private:
  std::string_view left_;
  bool ok_ = true;
};

}  // namespace holdfast::text
