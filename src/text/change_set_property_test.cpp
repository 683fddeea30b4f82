// What composing, mapping and inverting must do to any texts and changes, held against plain UTF-16.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/seeded_for_tests.h"
#include "text/change_json.h"
#include "text/change_record.h"
#include "text/model_for_tests.h"

namespace holdfast::text {
namespace {

std::u16string any_start() {
  return utf16_of(*any_text(30));
}

/// Neither empty parts nor neighbours that could be one.
void check_form(const ChangeSet& changes) {
  const auto parts = changes.parts();
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    RC_ASSERT(parts[i].length > 0 || parts[i].inserted > 0);
    RC_ASSERT((parts[i].inserted > 0) == (parts[i].bytes > 0));
    if (i > 0) RC_ASSERT(!(parts[i].inserted <= 0 && parts[i].inserted == parts[i - 1].inserted));
    if (i > 0) RC_ASSERT(!(parts[i].length == 0 && parts[i - 1].length == 0));
    bytes += parts[i].bytes;
  }
  RC_ASSERT(bytes == changes.inserted().size());
}

RC_GTEST_PROP(ChangeSet, composed_does_what_both_do_one_after_the_other, ()) {
  const auto start = any_start();
  const ChangeSet a = any_change_of(start);
  const auto middle = applied(start, a);
  const ChangeSet b = any_change_of(middle);
  const ChangeSet both = a.compose(b).value();
  check_form(both);
  RC_ASSERT(applied(start, both) == applied(middle, b));
  RC_ASSERT(a.shape().compose(b.shape()).value().length_after() == both.length_after());
}

RC_GTEST_PROP(ChangeSet, composing_may_be_grouped_in_any_way, ()) {
  const auto start = any_start();
  const ChangeSet a = any_change_of(start);
  const ChangeSet b = any_change_of(applied(start, a));
  const ChangeSet c = any_change_of(applied(applied(start, a), b));
  const ChangeSet left = a.compose(b).value().compose(c).value();
  const ChangeSet right = a.compose(b.compose(c).value()).value();
  RC_ASSERT(applied(start, left) == applied(start, right));
}

RC_GTEST_PROP(ChangeSet, mapped_changes_lead_to_the_same_text_both_ways_round, ()) {
  const auto start = any_start();
  const ChangeSet a = any_change_of(start);
  const ChangeSet b = any_change_of(start);
  const ChangeSet b_later = b.map(a.shape(), Order::theirs_first).value();
  const ChangeSet a_later = a.map(b.shape(), Order::ours_first).value();
  check_form(b_later);
  RC_ASSERT(applied(applied(start, a), b_later) == applied(applied(start, b), a_later));
  RC_ASSERT(b.shape().map(a.shape(), Order::theirs_first).value().length_after() == b_later.length_after());
}

RC_GTEST_PROP(ChangeSet, mapping_keeps_all_that_either_inserted, ()) {
  const auto start = any_start();
  const ChangeSet a = any_change_of(start);
  const ChangeSet b = any_change_of(start);
  RC_ASSERT(b.map(a.shape(), Order::theirs_first).value().inserted() == b.inserted());
}

RC_GTEST_PROP(ChangeSet, inverted_leads_back, ()) {
  const auto start = *any_text(30);
  const ChangeSet a = any_change_of(utf16_of(start));
  const ChangeSet back = a.invert(text_of(start)).value();
  RC_ASSERT(applied(applied(utf16_of(start), a), back) == utf16_of(start));
  Text text = text_of(start);
  RC_ASSERT(text.apply(a).has_value());
  RC_ASSERT(back.invert(text).value() == a);
}

RC_GTEST_PROP(ChangeSet, positions_are_mapped_to_where_their_neighbours_went, ()) {
  const auto start = any_start();
  const ChangeSet a = any_change_of(start);
  Units last = 0;
  for (Units at = 0; at <= start.size(); ++at) {
    const Units before = a.shape().map(at, Side::before);
    const Units after = a.shape().map(at, Side::after);
    RC_ASSERT(before <= after);
    RC_ASSERT(before >= last);
    RC_ASSERT(after <= a.length_after());
    last = before;
  }
  // A unit that stays is found behind its mapped position.
  Units at = 0;
  const auto end = applied(start, a);
  for (const Part& part : a.parts()) {
    for (Units i = 0; part.keeps() && i < part.length; ++i)
      RC_ASSERT(end[a.shape().map(at + i, Side::after)] == start[at + i]);
    at += part.length;
  }
}

RC_GTEST_PROP(ChangeSet, a_text_does_what_the_model_does, ()) {
  const auto start = *any_text(40);
  Text text = text_of(start);
  auto model = utf16_of(start);
  for (int i = 0; i < 20; ++i) {
    const ChangeSet change = any_change_of(model);
    const Text before = text;
    RC_ASSERT(text.apply(change).has_value());
    RC_ASSERT(utf16_of(before) == model);  // A copy does not change with it.
    model = applied(model, change);
    RC_ASSERT(utf16_of(text) == model);
    RC_ASSERT(text.extent() == extent_of(text.utf8()));
  }
}

RC_GTEST_PROP(ChangeSet, written_as_json_and_read_is_the_same, ()) {
  const ChangeSet a = any_change_of(any_start());
  RC_ASSERT(read_changes(changes_json(a)).value() == a);
}

RC_GTEST_PROP(ChangeSet, written_as_a_record_and_read_is_the_same, ()) {
  const ChangeSet a = any_change_of(any_start());
  std::string record;
  write_record(record, a);
  RC_ASSERT(read_record(record, a.length_before()).value() == a);
  // Bytes that are nearly right are refused, or are another change of the same text.
  if (record.empty()) return;
  record[*rc::gen::inRange<std::size_t>(0, record.size())] ^= static_cast<char>(1U << *rc::gen::inRange(0U, 8U));
  if (const auto other = read_record(record, a.length_before())) RC_ASSERT(other->length_before() == a.length_before());
}

}  // namespace
}  // namespace holdfast::text
