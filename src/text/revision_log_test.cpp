#include "text/revision_log.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/seeded_for_tests.h"
#include "text/blame.h"
#include "text/model_for_tests.h"

namespace holdfast::text {
namespace {

constexpr Author ana{1}, ben{2};

/// One keystroke, mostly where the last one was; or any change.
ChangeSet any_keystroke_of(const std::u16string& text, std::size_t& at) {
  if (*rc::gen::inRange(0, 8) == 0) at = *rc::gen::inRange<std::size_t>(0, text.size() + 1);
  at = std::min(at, text.size());
  while (within_pair(text, at)) --at;
  const auto length = static_cast<Units>(text.size());
  const auto here = static_cast<Units>(at);
  switch (*rc::gen::inRange(0, 6)) {
    case 0:
      return any_change_of(text);
    case 1: {
      if (at == 0) return ChangeSet::unchanged(length);
      const Units back = within_pair(text, at - 1) ? 2 : 1;
      at -= back;
      return ChangeSet::replace(length, here - back, back, {});
    }
    case 2: {
      if (at == text.size()) return ChangeSet::unchanged(length);
      return ChangeSet::replace(length, here, within_pair(text, at + 1) ? 2 : 1, {});
    }
    default: {
      const std::string typed = *any_character();
      at += extent_of(typed).units;
      return ChangeSet::replace(length, here, 0, typed);
    }
  }
}

RC_GTEST_PROP(RevisionLog, knows_every_revision_and_all_between, ()) {
  const std::string start = *any_text(20);
  RevisionLog log(text_of(start), 7, {.revisions = 9, .bytes = 200, .revisions_of_author = 3});
  std::vector<std::u16string> texts{utf16_of(start)};
  std::vector<Author> authors;
  std::size_t at = 0;
  for (int left = *rc::gen::inRange(1, 60); left > 0; --left) {
    authors.push_back(*rc::gen::inRange(0, 6) == 0 ? ben : ana);
    const ChangeSet change = any_keystroke_of(texts.back(), at);
    texts.push_back(applied(texts.back(), change));
    RC_ASSERT(log.append(change, authors.back()).value() == 6 + texts.size());
  }
  for (std::size_t i = 0; i < texts.size(); ++i) RC_ASSERT(utf16_of(log.text_at(7 + i).value()) == texts[i]);
  const std::size_t from = *rc::gen::inRange<std::size_t>(0, texts.size());
  const std::size_t to = *rc::gen::inRange<std::size_t>(from, texts.size());
  RC_ASSERT(applied(texts[from], log.between(7 + from, 7 + to).value()) == texts[to]);
  std::size_t next = from;
  RC_ASSERT(log.each(7 + from, 7 + to,
                     [&](Revision revision, Author author, const ChangeSet& change) {
                       ++next;
                       RC_ASSERT(revision == 7 + next);
                       RC_ASSERT(author == authors[next - 1]);
                       RC_ASSERT(applied(texts[next - 1], change) == texts[next]);
                     })
                .has_value());
  RC_ASSERT(next == to);
  // Written down and read, it goes on as if nothing had been.
  std::string bytes, again;
  log.write(bytes);
  RevisionLog other = RevisionLog::read(bytes).value();
  other.write(again);
  RC_ASSERT(again == bytes);
  RC_ASSERT(other.newest() == log.newest());
  RC_ASSERT(other.text() == log.text());
  RC_ASSERT(utf16_of(other.text_at(7 + from).value()) == texts[from]);
  const ChangeSet more = any_change_of(texts.back());
  RC_ASSERT(other.append(more, ben).has_value());
  RC_ASSERT(utf16_of(other.text()) == applied(texts.back(), more));
  RC_ASSERT(other
                .each(7, other.newest(),
                      [&](Revision revision, Author author, const ChangeSet&) {
                        if (revision <= log.newest()) RC_ASSERT(author == authors[revision - 8]);
                      })
                .has_value());
  // What is dropped is gone, and nothing else.
  log.forget_before(7 + from);
  RC_ASSERT(log.oldest() <= 7 + from);
  RC_ASSERT(utf16_of(log.text_at(7 + from).value()) == texts[from]);
}

TEST(RevisionLog, says_which_revisions_it_has_not) {
  RevisionLog log(text_of("a"), 5, {.revisions = 1});
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(log.append(ChangeSet::replace(log.text().length(), 0, 0, "x"), ana));
  EXPECT_EQ(log.text_at(4).error().code, ErrorCode::revision_gone);
  EXPECT_EQ(log.text_at(9).error().code, ErrorCode::revision_future);
  EXPECT_EQ(log.between(7, 6).error().code, ErrorCode::revision_future);
  log.forget_before(7);
  EXPECT_EQ(log.oldest(), 7U);
  EXPECT_EQ(log.between(6, 8).error().code, ErrorCode::revision_gone);
  EXPECT_EQ(log.append(ChangeSet::unchanged(9), ana).error().code, ErrorCode::wrong_length);
  EXPECT_EQ(log.newest(), 8U);
}

TEST(RevisionLog, refuses_damaged_bytes) {
  RevisionLog log(text_of("a😀"), 5, {.revisions = 2});
  for (int i = 0; i < 5; ++i)
    ASSERT_TRUE(log.append(ChangeSet::replace(log.text().length(), 0, 0, "x"), i < 3 ? ana : ben));
  std::string bytes;
  log.write(bytes);
  ASSERT_TRUE(RevisionLog::read(bytes));
  std::size_t whole = 0;
  for (std::size_t cut = 0; cut < bytes.size(); ++cut)
    whole += RevisionLog::read(bytes.substr(0, cut)).has_value() ? 1 : 0;
  EXPECT_EQ(whole, 3U);  // Cut between stretches it is a log, only a shorter one.
  EXPECT_FALSE(RevisionLog::read(bytes + '\x01'));
  // An emoji that goes in two steps back, of which the first would leave half of it.
  const std::string halves{'\x00', '\x04', '\xf0', '\x9f', '\x98',     '\x80',
                           '\x01', '\x01', '\x02', '\x02', 2 << 2 | 2, '\x01'};
  EXPECT_FALSE(RevisionLog::read(halves));
}

TEST(RevisionRuns, take_a_letter_each) {
  RunWriter runs;
  for (Units i = 0; i < 100; ++i) runs.add(ChangeSet::replace(1000 + i, 500 + i, 0, "x"));
  for (Units i = 0; i < 50; ++i) runs.add(ChangeSet::replace(1100 - i, 599 - i, 1, {}));
  for (Units i = 0; i < 50; ++i) runs.add(ChangeSet::replace(1050 - i, 300, 1, {}));
  const std::string bytes = runs.bytes();
  EXPECT_EQ(bytes.size(), 100U + 4 + 4 + 4);
  RunReader reader(bytes, 1000);
  EXPECT_EQ(reader.next()->whole(), ChangeSet::replace(1000, 500, 0, std::string(100, 'x')));
  EXPECT_EQ(reader.next()->whole(), ChangeSet::replace(1100, 550, 50, {}));
  EXPECT_EQ(reader.next()->whole(), ChangeSet::replace(1050, 300, 50, {}));
  EXPECT_TRUE(reader.done());
}

TEST(RevisionRuns, refuses_what_does_not_fit_the_text) {
  RunWriter runs;
  runs.add(ChangeSet::replace(10, 9, 1, {}));
  runs.add(ChangeSet::replace(9, 8, 1, {}));
  const std::string bytes = runs.bytes();
  EXPECT_TRUE(RunReader(bytes, 10).next());
  EXPECT_EQ(RunReader(bytes, 9).next().error().code, ErrorCode::record_damaged);
  EXPECT_EQ(RunReader(std::string_view{bytes}.substr(0, 1), 10).next().error().code, ErrorCode::record_damaged);
  // Eleven steps back from the tenth unit.
  EXPECT_EQ(RunReader(std::string{static_cast<char>(11 << 2 | 2), 9}, 10).next().error().code,
            ErrorCode::record_damaged);
}

RC_GTEST_PROP(Blame, knows_who_wrote_each_unit, ()) {
  auto text = utf16_of(*any_text(20));
  std::vector<Author> model(text.size(), Author{0});
  Blame blame(static_cast<Units>(text.size()), Author{0});
  for (int left = *rc::gen::inRange(1, 40); left > 0; --left) {
    const auto author = static_cast<Author>(*rc::gen::inRange(0, 3));
    const ChangeSet change = any_change_of(text);
    std::vector<Author> next;
    std::size_t at = 0;
    for (const Part& part : change.parts()) {
      for (Units i = 0; i < part.length_after(); ++i) next.push_back(part.keeps() ? model[at + i] : author);
      at += part.length;
    }
    text = applied(text, change);
    model = next;
    blame.apply(change.shape(), author);
    std::size_t unit = 0;
    for (std::size_t i = 0; i < blame.ranges().size(); ++i) {
      const Blame::Range& range = blame.ranges()[i];
      RC_ASSERT(range.length > 0U);
      if (i > 0) RC_ASSERT(range.author != blame.ranges()[i - 1].author);
      for (Units k = 0; k < range.length; ++k) RC_ASSERT(model.at(unit++) == range.author);
    }
    RC_ASSERT(unit == model.size());
    std::string bytes;
    blame.write(bytes);
    RC_ASSERT(Blame::read(bytes, blame.length()).value() == blame);
    RC_ASSERT(!Blame::read(bytes, blame.length() + 1));
  }
  if (!model.empty()) RC_ASSERT(blame.at(0) == model[0]);
}

}  // namespace
}  // namespace holdfast::text
