// A quick hash of short texts, for tables in memory. It is another one in each version and machine: never to be kept or
// sent.
//
// Method: both halves of a product of 64 by 64 bits, folded, as in wyhash (Wang Yi, released into the public domain).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace holdfast {

/// What nobody outside can know, drawn once a process. Whoever knew it could name things so that they all share a place
/// in a table. For tables whose order nobody sees: a run that is to be repeatable takes a number of its own.
std::uint64_t salt_of_process();

namespace text_hash_detail {

__extension__ using Product = unsigned __int128;

inline std::uint64_t fold(std::uint64_t a, std::uint64_t b) {
  const Product product = static_cast<Product>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

template <class Number>
std::uint64_t read(const char* from) {
  Number number = 0;
  std::memcpy(&number, from, sizeof number);
  return number;
}

}  // namespace text_hash_detail

/// All 64 bits are equally good.
inline std::uint64_t hash_of(std::string_view text, std::uint64_t salt) {
  using namespace text_hash_detail;
  // Odd, with as many ones as zeros, more or less: digits of e and of pi.
  constexpr std::uint64_t first = 0xadf85458a2bb4a9b;
  constexpr std::uint64_t second = 0xc90fdaa22168c235;
  const char* at = text.data();
  std::size_t left = text.size();
  std::uint64_t so_far = fold(salt ^ first, second);
  for (; left > 16; at += 16, left -= 16) {
    so_far = fold(read<std::uint64_t>(at) ^ second, read<std::uint64_t>(at + 8) ^ so_far);
  }
  // The rest in two numbers that may overlap: its length tells which bytes they have in common.
  std::uint64_t head = 0;
  std::uint64_t tail = 0;
  if (left >= 8) {
    head = read<std::uint64_t>(at);
    tail = read<std::uint64_t>(at + left - 8);
  } else if (left >= 4) {
    head = read<std::uint32_t>(at);
    tail = read<std::uint32_t>(at + left - 4);
  } else if (left > 0) {
    head = read<std::uint8_t>(at) << 16U | read<std::uint8_t>(at + left / 2) << 8U | read<std::uint8_t>(at + left - 1);
  }
  return fold(second ^ text.size(), fold(head ^ second, tail ^ so_far));
}

}  // namespace holdfast
