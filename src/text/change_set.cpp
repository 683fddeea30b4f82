#include "text/change_set.h"

#include "base/check.h"
#include "text/change_algebra.h"
#include "text/text.h"
#include "text/words.h"

namespace holdfast::text {

ChangeSet ChangeSet::unchanged(Units length) {
  ChangeSet out;
  out.keep(length);
  return out;
}

ChangeSet ChangeSet::replace(Units length, Units at, Units deleted, std::string_view inserted) {
  HF_CHECK(at <= length && deleted <= length - at);
  ChangeSet out;
  out.keep(at);
  out.replace_next(deleted, inserted);
  out.keep(length - at - deleted);
  return out;
}

void ChangeSet::replace_next(Units deleted, std::string_view inserted) {
  add({.length = deleted, .inserted = algebra::as_inserted(extent_of(inserted).units)}, inserted);
}

bool ChangeSet::add(Part part, std::string_view text, bool join) {
  part.bytes = static_cast<std::uint32_t>(text.size());
  inserted_ += text;
  return shape_.add(part, join);
}

void ChangeSet::clear() {
  shape_.clear();
  inserted_.clear();
}

Result<ChangeSet> ChangeSet::compose(const ChangeSet& next) const {
  if (length_after() != next.length_before()) return lengths_differ(length_after(), next.length_before());
  ChangeCursor a(shape_, inserted_);
  ChangeCursor b(next.shape_, next.inserted_);
  ChangeSet out;
  algebra::compose(a, b, out);
  if (a.cut())
    return fail(ErrorCode::bad_boundary, "the later change cuts a character that the earlier one inserts", "changes");
  return out;
}

Result<ChangeSet> ChangeSet::map(const ChangeShape& theirs, Order order) const {
  if (length_before() != theirs.length_before()) return lengths_differ(length_before(), theirs.length_before());
  ChangeCursor a(shape_, inserted_);
  ChangeCursor b(theirs);
  ChangeSet out;
  algebra::map(a, b, order, out);
  return out;
}

Result<ChangeSet> ChangeSet::invert(const Text& old_text) const {
  if (length_before() != old_text.length()) return lengths_differ(old_text.length(), length_before());
  ChangeSet out;
  Units at = 0;
  std::string removed;
  for (const Part& part : parts()) {
    if (part.keeps()) {
      out.keep(part.length);
    } else {
      for (const Units end : {at, at + part.length}) {
        if (!old_text.is_boundary(end)) return cuts_character(end);
      }
      removed.clear();
      old_text.append_to(removed, at, at + part.length);
      out.add({.length = part.length_after(), .inserted = algebra::as_inserted(part.length)}, removed);
    }
    at += part.length;
  }
  return out;
}

}  // namespace holdfast::text
