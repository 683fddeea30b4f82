// A backup with any list in it, and any files: a data directory that a start accepts, or none.
//
// The list's checksum is made here, where the first byte asks for it.
#include "journal/file/backup.h"

#include <fmt/format.h>

#include "journal/crc32c.h"
#include "journal/file/inspect.h"
#include "tests/fuzz/journal_files.h"
#include "tests/fuzz/scratch.h"

namespace holdfast::fuzz {
namespace {

namespace fs = std::filesystem;

/// The list that there would be of `files`.
std::string list_of(const Files& files, std::uint64_t position) {
  std::string text = fmt::format("holdfast-backup 1\nposition {}\n", position);
  for (const auto& [name, bytes] : files) {
    text += fmt::format("file {} {} {:08x}\n", name, bytes.size(), journal::crc32c(bytes));
  }
  return text;
}

}  // namespace

HF_FUZZ_TARGET(backup, .variants = 2'000) {
  Input input(bytes);
  const std::uint8_t how = input.byte();
  const std::uint8_t position = input.byte();
  const std::string said{how % 4 == 0 ? std::string_view{} : input.take(input.byte())};
  const Files files = files_from(input);
  std::string list = how % 4 == 0 ? list_of(files, position) : how % 4 == 1 ? list_of(files, position) + said : said;
  if (how % 4 != 3) list += fmt::format("end {:08x}\n", journal::crc32c(list));

  const fs::path from = Scratch::of_process().fresh("backup");
  const fs::path data = Scratch::of_process().none("restored");
  write_file(from / "backup", list);
  for (const auto& [name, content] : files) write_file(from / name, content);
  const auto restored = journal::file::restore(from, data);
  const auto verified = journal::file::verify(data);
  if (!restored) {
    const ErrorCode code = restored.error().code;
    HF_FUZZ_CHECK(code == ErrorCode::journal_damaged || code == ErrorCode::journal_too_new ||
                  code == ErrorCode::not_a_backup);
    // Nothing is left that a start would take for a journal: where there is no file, it would begin a new one.
    HF_FUZZ_CHECK(!verified || verified->last.value == 0);
    return Taken::no;
  }
  HF_FUZZ_CHECK(verified && verified->last == restored->last);
  return Taken::yes;
}

}  // namespace holdfast::fuzz
