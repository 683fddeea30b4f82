// A data directory of any files: a start gives an error that says so, or a journal that can be gone on with, and every
// tool is of the same opinion.
#include <vector>

#include "journal/file/backup.h"
#include "journal/file/file_journal.h"
#include "journal/file/inspect.h"
#include "journal/file/repair.h"
#include "tests/fuzz/journal_files.h"
#include "tests/fuzz/scratch.h"

namespace holdfast::fuzz {
namespace {

using namespace journal;
namespace fs = std::filesystem;

struct Loaded {
  Result<Opened> opened;
  std::vector<core::Effect> effects;
};

/// Opens, and if asked to goes on with one effect.
Loaded load(const fs::path& data, const core::Effect* more = nullptr) {
  FileJournal journal({.directory = data, .segment_bytes = 1024, .start_bytes = 512});
  Loaded loaded;
  core::Position last;
  loaded.opened = journal.open([&](const core::Effect& effect, core::Position position) {
    HF_FUZZ_CHECK(position >= last);
    last = position;
    loaded.effects.push_back(effect);
  });
  if (!loaded.opened) return loaded;
  HF_FUZZ_CHECK(loaded.opened->last >= last);
  if (more == nullptr) return loaded;
  const core::Position next{loaded.opened->last.value + 1};
  HF_FUZZ_CHECK(journal.append(next, {more, 1}));
  loaded.effects.push_back(*more);
  HF_FUZZ_CHECK(journal.close());
  return loaded;
}

bool expected(ErrorCode code) {
  return code == ErrorCode::journal_damaged || code == ErrorCode::journal_too_new;
}

void check_goes_on(const fs::path& data) {
  const core::Effect more = core::Forgotten{"more"};
  const Loaded first = load(data, &more);
  HF_FUZZ_CHECK(first.opened);
  const Loaded second = load(data);
  HF_FUZZ_CHECK(second.opened);
  HF_FUZZ_CHECK(second.opened->last.value == first.opened->last.value + 1);
  HF_FUZZ_CHECK(second.effects == first.effects);
}

void check_repair(const fs::path& data) {
  const auto diagnosis = file::diagnose(data);
  const auto repaired = file::repair(data);
  if (!repaired) {
    const ErrorCode code = repaired.error().code;
    HF_FUZZ_CHECK(code == ErrorCode::not_repairable || code == ErrorCode::journal_too_new);
    return;
  }
  HF_FUZZ_CHECK(diagnosis);
  const Loaded loaded = load(data);
  HF_FUZZ_CHECK(loaded.opened);
  HF_FUZZ_CHECK(loaded.opened->last == diagnosis->kept);
}

/// No fault brings two directories together, or a file that no server ever makes. What a start says of such is for its
/// own; the tools may be of another opinion.
bool of_one_server(const Files& files) {
  std::optional<file::StoreId> store;
  for (const auto& [name, content] : files) {
    const auto header = file::decode_header(content, name);
    if (file::segment_number(name) == 0 || file::snapshot_number(name) == 0) return false;
    if (header && store.value_or(header->store) != header->store) return false;
    if (header) store = header->store;
  }
  return true;
}

}  // namespace

HF_FUZZ_TARGET(journal, .variants = 500) {
  Input input(bytes);
  const fs::path data = Scratch::of_process().fresh("data");
  const Files files = files_from(input);
  for (const auto& [name, content] : files) write_file(data / name, content);

  std::size_t lines = 0;
  const auto shown = file::show(data, Form::json, [&](std::string_view) { ++lines; });
  HF_FUZZ_CHECK(shown || expected(shown.error().code));
  const auto verified = file::verify(data);
  const auto copied = file::backup(data, Scratch::of_process().none("copy"));
  const Loaded loaded = load(data);
  HF_FUZZ_CHECK(verified.has_value() == loaded.opened.has_value());
  if (!loaded.opened) {
    HF_FUZZ_CHECK(expected(loaded.opened.error().code));
    HF_FUZZ_CHECK(verified.error().code == loaded.opened.error().code);
    if (!of_one_server(files)) return Taken::no;
    HF_FUZZ_CHECK(!copied);
    check_repair(data);
    return Taken::no;
  }
  // A backup wants the newest snapshot whole; a start may do without.
  if (of_one_server(files)) {
    HF_FUZZ_CHECK(copied ? copied->last == loaded.opened->last : copied.error().code == ErrorCode::journal_damaged);
  }
  check_goes_on(data);
  return Taken::yes;
}

}  // namespace holdfast::fuzz
