#include "base/ids.h"

#include <bit>
#include <random>

namespace holdfast {

RandomIds::RandomIds() {
  std::random_device system;
  for (std::uint64_t& word : state_) word = std::uint64_t{system()} << 32 | system();
  state_[0] |= 1;  // The generator must not start at zero.
}

/// xoroshiro128+ by Blackman and Vigna (2018).
std::uint64_t RandomIds::next() {
  const std::uint64_t first = state_[0];
  std::uint64_t second = state_[1];
  const std::uint64_t result = first + second;
  second ^= first;
  state_[0] = std::rotl(first, 24) ^ second ^ (second << 16);
  state_[1] = std::rotl(second, 37);
  return result;
}

std::string RandomIds::session() {
  static constexpr char digits[] = "0123456789abcdefghjkmnpqrstvwxyz";  // 32 of them, without i, l, o, u.
  std::string id = "s-";
  for (int words = 0; words < 2; ++words) {
    std::uint64_t bits = next() >> 4;  // The lowest bits of this generator are the weakest.
    for (int i = 0; i < 10; ++i, bits >>= 5) id += digits[bits & 31];
  }
  return id;
}

}  // namespace holdfast
