// A file of the history of any bytes: names in order and entries that can be read, or it is damaged.
//
// Checksums are made here where the first byte asks for it: blocks, index and footer come from the input.
#include <algorithm>

#include "history/assemble.h"
#include "history/file.h"
#include "journal/crc32c.h"
#include "tests/fuzz/scratch.h"
#include "tests/fuzz/target.h"

namespace holdfast::fuzz {
namespace {

using namespace history;

constexpr std::string_view magic = "hfhist1\n";

void put_fixed(std::uint64_t value, std::size_t bytes, std::string& out) {
  for (std::size_t i = 0; i < bytes; ++i) out.push_back(static_cast<char>(value >> (8 * i)));
}

/// A file with blocks and an index of the input's.
std::string sealed(Input& input) {
  std::string file{magic}, blocks;
  std::uint64_t count = 0;
  const std::size_t first = 1, last = 1 + input.byte();
  for (std::size_t left = input.below(4); left > 0; --left, ++count) {
    const std::string_view name = input.take(input.below(16));
    const std::string_view bytes = input.take(input.byte());
    put_text(name, blocks);
    put_number(bytes.size() + input.below(2), blocks);
    put_number(journal::crc32c(bytes), blocks);
    file += bytes;
  }
  std::string index;
  for (const std::uint64_t number : {first, last, std::size_t{input.byte()}, std::size_t{input.byte()}}) {
    put_number(number, index);
  }
  const std::size_t gaps = input.below(3);
  put_number(gaps, index);
  for (std::size_t i = 0; i < 3 * gaps; ++i) put_number(input.byte(), index);
  put_number(count, index);
  index += blocks;
  index += input.take(input.below(4));
  std::string footer;
  put_fixed(file.size(), 8, footer);
  put_fixed(index.size(), 8, footer);
  put_fixed(journal::crc32c(index), 4, footer);
  put_fixed(journal::crc32c(footer), 4, footer);
  return file + index + footer + std::string{magic};
}

}  // namespace

HF_FUZZ_TARGET(history, .variants = 10'000) {
  Input input(bytes);
  const bool as_it_is = input.byte() % 4 == 0;
  const std::uint8_t last = as_it_is ? input.byte() : bytes.size() > 1 ? static_cast<std::uint8_t>(bytes[1]) : 0;
  const std::string content = as_it_is ? std::string{input.rest()} : sealed(input);
  const std::filesystem::path path = Scratch::of_process().fresh("history");
  const std::string name = file_name({1}, {std::uint64_t{1} + last});
  write_file(path / name, content);
  const Folder folder(path);
  const auto file = File::open(folder, name);
  if (!file) {
    HF_FUZZ_CHECK(file.error().code == ErrorCode::history_damaged);
    return Taken::no;
  }
  HF_FUZZ_CHECK((*file)->about().last.value == std::uint64_t{1} + last);
  std::size_t names = 0;
  for (auto cursor = (*file)->cursor(""); cursor->valid(); cursor->next()) {
    HF_FUZZ_CHECK(++names <= content.size());
    if (const auto entries = decode(cursor->entries())) static_cast<void>(assemble(*entries));
    static_cast<void>((*file)->entries(cursor->name()));
  }
  HF_FUZZ_CHECK((*file)->damaged() == !(*file)->damage().empty());
  return Taken::yes;
}

}  // namespace holdfast::fuzz
