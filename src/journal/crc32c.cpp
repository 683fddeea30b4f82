#include "journal/crc32c.h"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace holdfast::journal {

namespace {

constexpr std::uint32_t reflected_polynomial = 0x82F63B78;  // 0x1EDC6F41, lowest bit first.

/// tables[k][b]: what byte `b` does to the checksum when `k` more bytes follow it in the same step.
using Tables = std::array<std::array<std::uint32_t, 256>, 8>;

constexpr Tables make_tables() {
  Tables tables{};
  for (std::uint32_t byte = 0; byte < 256; ++byte) {
    std::uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1) != 0 ? reflected_polynomial : 0);
    tables[0][byte] = crc;
  }
  for (std::size_t k = 1; k < tables.size(); ++k) {
    for (std::uint32_t byte = 0; byte < 256; ++byte) {
      const std::uint32_t before = tables[k - 1][byte];
      tables[k][byte] = (before >> 8) ^ tables[0][before & 0xff];
    }
  }
  return tables;
}

constexpr Tables tables = make_tables();

std::uint8_t byte_at(const char* p) {
  return static_cast<std::uint8_t>(*p);
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t by_instruction(std::string_view bytes, std::uint32_t before) {
  std::uint64_t crc = ~before;
  const char* p = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; p += 8, left -= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, p, 8);
    crc = _mm_crc32_u64(crc, word);
  }
  auto narrow = static_cast<std::uint32_t>(crc);
  for (; left > 0; ++p, --left) narrow = _mm_crc32_u8(narrow, byte_at(p));
  return ~narrow;
}
#endif

}  // namespace

bool crc32c_in_hardware() {
#if defined(__x86_64__)
  static const bool has_it = __builtin_cpu_supports("sse4.2") != 0;
  return has_it;
#else
  return false;
#endif
}

std::uint32_t crc32c_by_table(std::string_view bytes, std::uint32_t before) {
  std::uint32_t crc = ~before;
  const char* p = bytes.data();
  std::size_t left = bytes.size();
  for (; left >= 8; p += 8, left -= 8) {
    crc = tables[7][byte_at(p) ^ (crc & 0xff)] ^ tables[6][byte_at(p + 1) ^ ((crc >> 8) & 0xff)] ^
          tables[5][byte_at(p + 2) ^ ((crc >> 16) & 0xff)] ^ tables[4][byte_at(p + 3) ^ (crc >> 24)] ^
          tables[3][byte_at(p + 4)] ^ tables[2][byte_at(p + 5)] ^ tables[1][byte_at(p + 6)] ^ tables[0][byte_at(p + 7)];
  }
  for (; left > 0; ++p, --left) crc = (crc >> 8) ^ tables[0][(crc ^ byte_at(p)) & 0xff];
  return ~crc;
}

std::uint32_t crc32c(std::string_view bytes, std::uint32_t before) {
#if defined(__x86_64__)
  if (crc32c_in_hardware()) return by_instruction(bytes, before);
#endif
  return crc32c_by_table(bytes, before);
}

}  // namespace holdfast::journal
