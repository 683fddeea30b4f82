// What is stored of a text: changes, runs of revisions, authors, line ends, what may be undone. Damaged bytes are
// refused, or mean something else that is sound.
//
// The first byte says which of them, the next two how long the text is.
#include "tests/fuzz/target.h"
#include "text/blame.h"
#include "text/change_record.h"
#include "text/line_ends.h"
#include "text/revision_log.h"
#include "text/revision_runs.h"
#include "text/text_file.h"
#include "text/undo_stack.h"

namespace holdfast::fuzz {
namespace {

Taken change(std::string_view bytes, text::Units length) {
  const auto read = text::read_record(bytes, length);
  if (!read) return Taken::no;
  HF_FUZZ_CHECK(read->length_before() == length);
  std::string again;
  text::write_record(again, *read);
  HF_FUZZ_CHECK(text::read_record(again, length).value() == *read);
  return Taken::yes;
}

Taken runs(std::string_view bytes, text::Units length) {
  text::RunReader reader(bytes, length);
  text::RunWriter writer;
  text::ChangeSet all = text::ChangeSet::unchanged(length);
  std::size_t revisions = 0;
  while (!reader.done()) {
    const auto run = reader.next();
    if (!run) return Taken::no;
    for (std::uint32_t i = 0; i < run->count && revisions < 300; ++i, ++revisions) {
      const text::ChangeSet one = run->slice(i, i + 1);
      HF_FUZZ_CHECK(one.length_before() == all.length_after());
      writer.add(one);
      const auto both = all.compose(one);
      if (!both) return Taken::yes;  // Cuts a character that was typed before it.
      all = *both;
    }
    if (revisions >= 300) return Taken::yes;
    HF_FUZZ_CHECK(run->after() == all.length_after());
  }
  const std::string again = writer.bytes();
  text::RunReader second(again, length);
  text::Units end = length;
  while (!second.done()) end = second.next().value().after();
  HF_FUZZ_CHECK(end == all.length_after());
  return Taken::yes;
}

Taken undo(std::string_view bytes, text::Units length) {
  auto read = text::UndoStack::read(bytes, length);
  if (!read) return Taken::no;
  std::string again;
  read->write(again);
  HF_FUZZ_CHECK(text::UndoStack::read(again, length).has_value());
  read->foreign(text::ChangeSet::replace(length, length / 2, 0, "x"));
  if (const auto back = read->to_undo()) HF_FUZZ_CHECK(back->length_before() == length + 1);
  return Taken::yes;
}

Taken log(std::string_view bytes) {
  const auto read = text::RevisionLog::read(bytes);
  if (!read) return Taken::no;
  std::string again;
  read->write(again);
  const auto second = text::RevisionLog::read(again);
  HF_FUZZ_CHECK(second.has_value() && second->text() == read->text() && second->newest() == read->newest());
  HF_FUZZ_CHECK(read->between(read->oldest(), read->newest()).value().length_after() == read->text().length());
  return Taken::yes;
}

Taken file(std::string_view bytes) {
  const auto read = text::read_file(bytes);
  if (!read) return Taken::no;
  HF_FUZZ_CHECK(text::write_file(read->text, read->form) == bytes);
  return Taken::yes;
}

}  // namespace

HF_FUZZ_TARGET(text_records) {
  Input input(bytes);
  const std::uint8_t which = input.byte();
  const text::Units length = input.two();
  const std::string_view rest = input.rest();
  switch (which % 7) {
    case 0:
      return change(rest, length);
    case 1:
      return runs(rest, length);
    case 2:
      return undo(rest, length);
    case 3:
      return text::Blame::read(rest, length) ? Taken::yes : Taken::no;
    case 4:
      return text::LineEnds::read(rest, length) ? Taken::yes : Taken::no;
    case 5:
      return log(rest);
    default:
      return file(rest);
  }
}

}  // namespace holdfast::fuzz
