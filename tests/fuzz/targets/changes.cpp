// A change of a text as a client may send it: refused, or one that does to any text of its length what it says.
#include "tests/fuzz/target.h"
#include "text/change_json.h"
#include "text/change_record.h"
#include "text/text.h"

namespace holdfast::fuzz {
namespace {

/// A text of so many units, with a character of two in it where there is room.
text::Text text_of(text::Units length) {
  const bool pair = length >= 2;
  std::string utf8(pair ? length - 2 : length, 'x');
  if (pair) utf8.insert(utf8.size() / 2, "\U0001F600");
  return text::Text::from_utf8(utf8).value();
}

}  // namespace

HF_FUZZ_TARGET(changes) {
  const auto read = text::read_changes(bytes);
  if (!read) {
    HF_FUZZ_CHECK(!read.error().field.empty() && !read.error().where.empty());
    return Taken::no;
  }
  HF_FUZZ_CHECK(text::read_changes(text::changes_json(*read)).value() == *read);
  std::string record;
  text::write_record(record, *read);
  HF_FUZZ_CHECK(text::read_record(record, read->length_before()).value() == *read);
  if (read->length_before() > 10'000) return Taken::yes;
  text::Text text = text_of(read->length_before());
  const text::Text before = text;
  if (!text.apply(*read)) {
    HF_FUZZ_CHECK(text == before);
    return Taken::yes;
  }
  HF_FUZZ_CHECK(text.length() == read->length_after());
  const auto back = read->invert(before);
  HF_FUZZ_CHECK(text.apply(back.value()).has_value() && text == before);
  HF_FUZZ_CHECK(read->compose(*back).value().length_after() == before.length());
  return Taken::yes;
}

}  // namespace holdfast::fuzz
