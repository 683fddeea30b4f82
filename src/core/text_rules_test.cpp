// What becomes of commands about texts. Promises of all of them together: texts_property_test.cpp.
#include <gmock/gmock.h>

#include "core/desk_for_tests.h"
#include "core/text_answer.h"
#include "text/change_json.h"

namespace holdfast::core {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

class TextRulesTest : public testing::Test {
 protected:
  explicit TextRulesTest(Limits limits = {}) : desk(limits) {}

  static constexpr const char* name = "notes/a";

  void put(const std::string& text, const Who& by = alice) {
    desk.ask(CreateBuffer{name, by, std::make_shared<const text::TextFile>(*text::read_file(text))});
  }
  static text::ChangeSet change(const std::string& json) { return *text::read_changes(json); }
  Edit edit(const Who& who, Token token, text::Revision base, std::vector<std::string> changes, std::uint64_t seq = 0) {
    Edit made{.name = name, .token = token, .who = who, .base = base, .seq = seq};
    for (const std::string& json : changes) made.changes.push_back(change(json));
    return made;
  }
  std::string text() {
    const Buffer* const buffer = desk.state.buffers().find(name);
    return buffer ? buffer->log().text().utf8() : "(none)";
  }
  Reply ask(Command command) { return desk.ask(std::move(command)).value(); }
  /// The same after a restart, from the effects and from a snapshot.
  void expect_kept() {
    const auto restarted = desk.restarted();
    State folded;
    std::vector<Effect> snapshot;
    desk.state.keep([&](const Effect& effect) { snapshot.push_back(effect); });
    for (const Effect& effect : snapshot) folded.apply(effect, desk.state.position(), at(0s));
    std::vector<Effect> again;
    folded.keep([&](const Effect& effect) { again.push_back(effect); });
    EXPECT_EQ(again, snapshot);
    const Buffer* const of_effects = restarted->state.buffers().find(name);
    const Buffer* const now = desk.state.buffers().find(name);
    ASSERT_EQ(of_effects == nullptr, now == nullptr);
    if (now) EXPECT_EQ(folded.buffers().find(name)->form(), now->form());
    if (now) EXPECT_EQ(of_effects->keep(), now->keep());
    EXPECT_EQ(restarted->state.buffers().drafts().size(), desk.state.buffers().drafts().size());
  }

  Desk desk;
};

TEST_F(TextRulesTest, changes_a_text_under_the_current_token_and_the_newest_revision_only) {
  put("hello\n");
  const Token token = desk.grant(name, alice);
  Reply made = ask(edit(alice, token, 0, {"[5,[0,\"!\"],1]"}));
  EXPECT_EQ(made.code, ErrorCode::none);
  EXPECT_EQ(made.text->made, 1U);
  EXPECT_EQ(text(), "hello!\n");
  EXPECT_EQ(ask(edit(alice, token, 0, {"[5,[0,\"?\"],1]"})).code, ErrorCode::base_moved);
  EXPECT_EQ(ask(edit(alice, token, 2, {"[5,[0,\"?\"],2]"})).code, ErrorCode::revision_future);
  EXPECT_EQ(ask(edit(alice, token, 1, {"[5,[0,\"?\"],1]"})).code, ErrorCode::wrong_length);
  EXPECT_EQ(ask(edit(bob, token, 1, {"[5,[0,\"?\"],2]"})).code, ErrorCode::not_yours);
  EXPECT_EQ(ask(edit(alice, Token{token.value + 1}, 1, {"[5,[0,\"?\"],2]"})).code, ErrorCode::unknown_token);
  EXPECT_EQ(text(), "hello!\n");
  EXPECT_THAT(desk.state.buffers().drafts(), IsEmpty());
  expect_kept();
}

TEST_F(TextRulesTest, makes_all_of_an_edit_or_nothing) {
  put("ab");
  const Token token = desk.grant(name, alice);
  EXPECT_EQ(ask(edit(alice, token, 0, {"[2,[0,\"c\"]]", "[2,[0,\"d\"]]"})).code, ErrorCode::wrong_length);
  EXPECT_EQ(text(), "ab");
  EXPECT_EQ(ask(edit(alice, token, 0, {"[2,[0,\"c\"]]", "[3,[0,\"d\"]]"})).text->made, 2U);
  EXPECT_EQ(text(), "abcd");
}

TEST_F(TextRulesTest, makes_a_numbered_change_once_however_often_it_is_sent) {
  put("");
  const Token token = desk.grant(name, alice);
  EXPECT_EQ(ask(edit(alice, token, 0, {"[[0,\"a\"]]", "[1,[0,\"b\"]]"}, 1)).text->made, 2U);
  Reply again = ask(edit(alice, token, 0, {"[[0,\"a\"]]", "[1,[0,\"b\"]]"}, 1));
  EXPECT_TRUE(again.text->again);
  EXPECT_EQ(again.text->made, 2U);
  // Half of it had been made.
  EXPECT_EQ(ask(edit(alice, token, 1, {"[1,[0,\"b\"]]", "[2,[0,\"c\"]]"}, 2)).text->made, 3U);
  EXPECT_EQ(text(), "abc");
  // Another change under a number that was used must not disappear as if it had been made.
  EXPECT_EQ(ask(edit(alice, token, 2, {"[2,[0,\"x\"]]"}, 3)).code, ErrorCode::bad_field);
  EXPECT_EQ(ask(edit(alice, token, 9, {"[2,[0,\"x\"]]"}, 3)).code, ErrorCode::bad_field);
  EXPECT_EQ(ask(edit({"alice", ""}, token, 3, {"[3,[0,\"x\"]]"}, 4)).code, ErrorCode::session_needed);
  // It had got in before its owner lost the name: no draft of it.
  ask(Release{name, token, alice});
  desk.grant(name, bob);
  again = ask(edit(alice, token, 1, {"[1,[0,\"b\"]]", "[2,[0,\"c\"]]"}, 2));
  EXPECT_EQ(again.code, ErrorCode::none);
  EXPECT_TRUE(again.text->again);
  EXPECT_THAT(desk.state.buffers().drafts(), IsEmpty());
  expect_kept();
}

TEST_F(TextRulesTest, keeps_what_came_too_late_as_one_draft) {
  put("x");
  const Token token = desk.grant(name, alice);
  ask(edit(alice, token, 0, {"[1,[0,\"1\"]]"}, 1));
  const Token bobs =
      ask(Takeover{.want = {.name = name, .who = bob, .ttl = 10s}, .token = token, .reason = "mine"}).lease.token;
  ask(edit(bob, bobs, 1, {"[[0,\"b\"],2]"}));
  Reply late = ask(edit(alice, token, 0, {"[1,[0,\"1\"]]", "[2,[0,\"2\"]]"}, 1));
  EXPECT_EQ(late.code, ErrorCode::stale);
  EXPECT_EQ(late.because, Loss::taken_over);
  ASSERT_NE(late.draft, 0U);
  EXPECT_EQ(text(), "bx1");
  // Sent again it is the same draft, also where more has been typed on.
  EXPECT_EQ(ask(edit(alice, token, 1, {"[2,[0,\"2\"]]"}, 2)).draft, late.draft);
  EXPECT_EQ(ask(edit(alice, token, 1, {"[2,[0,\"2\"]]", "[3,[0,\"3\"]]"}, 2)).draft, late.draft);
  EXPECT_EQ(ask(edit(alice, token, 3, {"[4,[0,\"4\"]]"}, 4)).draft, late.draft);
  ASSERT_THAT(desk.state.buffers().drafts(), SizeIs(1));
  Reply shown = ask(GetDraft{late.draft});
  ASSERT_THAT(shown.text->drafts, SizeIs(1));
  const DraftView& draft = shown.text->drafts[0];
  EXPECT_EQ(draft.base, 1U);
  EXPECT_EQ(draft.by, "bob");
  EXPECT_EQ(draft.base_text->utf8(), "x1");
  EXPECT_EQ(text::changes_json(draft.change), "[2,[0,\"234\"]]");
  EXPECT_EQ(text::changes_json(*draft.now), "[3,[0,\"234\"]]");
  EXPECT_EQ(draft.fit, DraftView::Fit::clean);
  expect_kept();

  EXPECT_EQ(ask(ApplyDraft{late.draft, token, alice, 0, false}).code, ErrorCode::stale);
  Reply applied = ask(ApplyDraft{late.draft, bobs, bob, 0, false});
  EXPECT_EQ(applied.code, ErrorCode::none);
  EXPECT_EQ(text(), "bx1234");
  EXPECT_EQ(ask(GetDraft{late.draft}).code, ErrorCode::no_such_draft);
  expect_kept();
}

struct FewRevisions : TextRulesTest {
  FewRevisions() : TextRulesTest(few()) {}
  static Limits few() {
    Limits limits;
    limits.revisions_max = 2;
    return limits;
  }
};

TEST_F(FewRevisions, let_nobody_believe_that_something_got_in_which_may_be_nowhere) {
  put("");
  const Token token = desk.grant(name, alice);
  constexpr text::Revision last = 9'999;  // They are forgotten in stretches.
  for (text::Revision base = 0; base <= last; ++base) {
    const std::string json = base == 0 ? "[[0,\"a\"]]" : "[" + std::to_string(base) + ",[0,\"a\"]]";
    ask(edit(alice, token, base, {json}, base + 1));
  }
  ASSERT_GT(desk.state.buffers().find(name)->log().oldest(), 0U);
  // Under a number that was used, for a revision that nobody has any more: was that this, or something else?
  EXPECT_EQ(ask(KeepDraft{edit(alice, token, 0, {"[[0,\"b\"]]"}, 1)}).code, ErrorCode::revision_gone);
  const std::string newest = "[" + std::to_string(last) + ",[0,\"a\"]]";
  EXPECT_TRUE(ask(KeepDraft{edit(alice, token, last, {newest}, last + 1)}).text->again);
}

TEST_F(TextRulesTest, knows_what_was_in_a_draft_that_is_not_there_any_more) {
  put("x");
  const Token token = desk.grant(name, alice);
  const Token bobs =
      ask(Takeover{.want = {.name = name, .who = bob, .ttl = 10s}, .token = token, .reason = "r"}).lease.token;
  const std::uint64_t number = ask(edit(alice, token, 0, {"[1,[0,\"1\"]]", "[2,[0,\"2\"]]"}, 1)).draft;
  ask(ApplyDraft{number, bobs, bob, 0, false});
  EXPECT_EQ(text(), "x12");
  // The answer had been lost.
  EXPECT_EQ(ask(edit(alice, token, 0, {"[1,[0,\"1\"]]", "[2,[0,\"2\"]]"}, 1)).draft, number);
  EXPECT_THAT(desk.state.buffers().drafts(), IsEmpty());
  expect_kept();
  // And more had been typed.
  const Edit longer = edit(alice, token, 0, {"[1,[0,\"1\"]]", "[2,[0,\"2\"]]", "[[0,\"<\"],3]", "[4,[0,\">\"]]"}, 1);
  const std::uint64_t rest = ask(longer).draft;
  EXPECT_NE(rest, number);
  EXPECT_EQ(ask(longer).draft, rest);
  EXPECT_EQ(text::changes_json(ask(GetDraft{rest}).text->drafts[0].change), "[[0,\"<\"],1,[0,\">\"]]");
  ask(ApplyDraft{rest, bobs, bob, 0, true});
  EXPECT_EQ(text().size(), 5U) << text();
  EXPECT_EQ(ask(longer).draft, rest);
  EXPECT_EQ(ask(KeepDraft{longer}).draft, rest);
  EXPECT_THAT(desk.state.buffers().drafts(), IsEmpty());
  expect_kept();
}

TEST_F(TextRulesTest, takes_what_was_sent_one_behind_the_other_for_one_draft_whatever_the_taker_typed_meanwhile) {
  put("x");
  const Token token = desk.grant(name, alice);
  const Token bobs =
      ask(Takeover{.want = {.name = name, .who = bob, .ttl = 10s}, .token = token, .reason = "r"}).lease.token;
  const std::uint64_t number = ask(edit(alice, token, 0, {"[1,[0,\"1\"]]"}, 1)).draft;
  ask(edit(bob, bobs, 0, {"[[0,\"bob \"],1]"}));
  EXPECT_EQ(ask(edit(alice, token, 1, {"[2,[0,\"2\"]]"}, 2)).draft, number);
  ASSERT_THAT(desk.state.buffers().drafts(), SizeIs(1));
  EXPECT_EQ(text::changes_json(ask(GetDraft{number}).text->drafts[0].change), "[1,[0,\"12\"]]");
  // Of the revision that is there now, not of the draft's.
  const std::uint64_t other = ask(edit(alice, token, 1, {"[5,[0,\"?\"]]"}, 2)).draft;
  EXPECT_NE(other, number);
  expect_kept();
}

TEST_F(TextRulesTest, keeps_a_bounded_part_of_what_a_text_has_been) {
  put("");
  const Token token = desk.grant(name, alice, 1h);
  const std::string much(1 << 19, 'a');
  std::size_t length = 0;
  for (text::Revision base = 0; base < 100; ++base) {
    Edit big{.name = name, .token = token, .who = alice, .base = base};
    big.changes = {
        text::ChangeSet::replace(static_cast<text::Units>(length), 0, static_cast<text::Units>(length), much)};
    ASSERT_EQ(ask(big).code, ErrorCode::none);
    length = much.size();
  }
  const text::RevisionLog& log = desk.state.buffers().find(name)->log();
  EXPECT_LT(log.bytes(), 34U << 20);
  EXPECT_GT(log.oldest(), 30U);
  EXPECT_EQ(log.newest(), 100U);
  EXPECT_EQ(ask(GetChanges{.name = name}).code, ErrorCode::revision_gone);
  const Reply page = ask(GetChanges{.name = name, .after = 90});
  EXPECT_TRUE(page.text->more);
  EXPECT_THAT(page.text->changes, SizeIs(3)) << "of half a megabyte each";
  EXPECT_EQ(ask(KeepDraft{Edit{.name = name,
                               .token = token,
                               .who = alice,
                               .base = 100,
                               .seq = 1,
                               .changes = std::vector(9, text::ChangeSet::replace(1 << 19, 0, 1 << 19, much))}})
                .code,
            ErrorCode::text_too_large);
}

TEST_F(TextRulesTest, shows_a_draft_no_sooner_than_it_is_durable) {
  put("x");
  const Token token = desk.grant(name, alice);
  ask(KeepDraft{edit(alice, token, 0, {"[1,[0,\"1\"]]"}, 1)});
  const Reply shown = ask(GetBuffer{.name = name});
  EXPECT_EQ(shown.text->buffer.drafts, 1U);
  EXPECT_EQ(shown.waits_for, desk.state.position());
}

TEST_F(TextRulesTest, shows_with_a_lease_that_there_is_a_text_no_sooner_than_it_is_durable) {
  const Token token = desk.grant(name, alice);
  const auto shown = [&] {
    const Reply reply = ask(Get{.name = name});
    EXPECT_EQ(reply.waits_for, desk.state.position());
    return reply.lease.text;
  };
  put("x");
  EXPECT_TRUE(shown());
  EXPECT_EQ(ask(RemoveBuffer{.name = name, .by = alice, .token = token}).code, ErrorCode::none);
  EXPECT_FALSE(shown());
}

TEST_F(TextRulesTest, keeps_nothing_of_what_was_typed_under_a_token_that_nobody_was_given) {
  put("x");
  EXPECT_EQ(ask(edit(alice, Token{1'000'000}, 0, {"[1,[0,\"1\"]]"})).code, ErrorCode::unknown_token);
  EXPECT_THAT(desk.state.buffers().drafts(), IsEmpty());
}

TEST_F(TextRulesTest, counts_the_changes_of_sessions_that_are_called_alike_apart) {
  put("x");
  const Who tab{"carol", alice.session};
  const Token token = desk.grant(name, alice);
  ask(edit(alice, token, 0, {"[1,[0,\"1\"]]"}, 1));
  const Token carols =
      ask(Takeover{.want = {.name = name, .who = tab, .ttl = 10s}, .token = token, .reason = "r"}).lease.token;
  EXPECT_FALSE(ask(edit(tab, carols, 1, {"[2,[0,\"1\"]]"}, 1)).text->again);
  EXPECT_EQ(text(), "x11");
  expect_kept();
}

TEST_F(TextRulesTest, applies_a_draft_beside_what_others_wrote_in_the_same_place_only_if_told_to) {
  put("one two");
  const Token token = desk.grant(name, alice);
  const Token bobs =
      ask(Takeover{.want = {.name = name, .who = bob, .ttl = 10s}, .token = token, .reason = "r"}).lease.token;
  ask(edit(bob, bobs, 0, {"[4,[3,\"2\"]]"}));
  const std::uint64_t number = ask(edit(alice, token, 0, {"[4,[3,\"zwei\"]]"}, 1)).draft;
  EXPECT_EQ(ask(ApplyDraft{number, bobs, bob, 0, false}).code, ErrorCode::draft_conflicts);
  EXPECT_EQ(ask(DropDraft{number, bob}).code, ErrorCode::not_your_draft);
  EXPECT_EQ(ask(ApplyDraft{number, bobs, bob, 1, true}).code, ErrorCode::none);
  EXPECT_EQ(text(), "one 2zwei");
  const Reply again = ask(Undo{.name = name, .token = bobs, .who = bob, .seq = 1});
  EXPECT_TRUE(again.text->again) << "of the number of the draft that was applied";
  EXPECT_EQ(text(), "one 2zwei");
}

TEST_F(TextRulesTest, takes_back_the_owners_own_changes_and_nothing_else) {
  put("");
  Token token = desk.grant(name, alice);
  ask(edit(alice, token, 0, {"[[0,\"hello there\"]]"}));
  ask(Release{name, token, alice});
  token = desk.grant(name, bob);
  ask(edit(bob, token, 1, {"[6,[0,\"WORLD \"],5]"}));
  ask(Release{name, token, bob});
  token = desk.grant(name, alice);
  desk.now += 1s;
  expect_kept();
  EXPECT_EQ(ask(Undo{.name = name, .token = token, .who = alice, .base = 1}).code, ErrorCode::base_moved);
  Reply undone = ask(Undo{.name = name, .token = token, .who = alice, .seq = 1, .base = 2});
  EXPECT_EQ(undone.code, ErrorCode::none);
  EXPECT_EQ(text(), "WORLD ");
  EXPECT_EQ(undone.text->buffer.redo_depth, 1U);
  EXPECT_TRUE(ask(Undo{.name = name, .token = token, .who = alice, .seq = 1}).text->again);
  EXPECT_EQ(ask(Undo{.name = name, .token = token, .who = alice}).code, ErrorCode::nothing_to_undo);
  expect_kept();
  EXPECT_EQ(ask(Undo{.name = name, .token = token, .who = alice, .redo = true}).code, ErrorCode::none);
  EXPECT_EQ(text(), "hello WORLD there");
  const Reply seen = ask(GetBuffer{.name = name, .with_blame = true, .owner = "bob"});
  EXPECT_EQ(seen.text->buffer.undo_depth, 1U);
  ASSERT_THAT(seen.text->buffer.blame, SizeIs(3));
  EXPECT_EQ(seen.text->buffer.blame[1].owner, "bob");
  EXPECT_EQ(seen.text->buffer.blame[1].length, 6U);
}

TEST_F(TextRulesTest, brings_a_session_back_that_lapsed_with_its_next_edit_if_nobody_came) {
  put("a");
  const Token token = desk.grant(name, alice, 10s);
  desk.now += 20s;
  EXPECT_EQ(ask(edit(alice, token, 0, {"[1,[0,\"b\"]]"})).code, ErrorCode::none);
  EXPECT_TRUE(desk.show(name).held);
  EXPECT_EQ(desk.show(name).token, token);
  desk.now += 20s;
  desk.grant(name, bob);
  const Reply late = ask(edit(alice, token, 1, {"[2,[0,\"c\"]]"}));
  EXPECT_EQ(late.code, ErrorCode::stale);
  EXPECT_EQ(late.because, Loss::lapsed);
  EXPECT_NE(late.draft, 0U);
  EXPECT_EQ(text(), "ab");
}

struct PagesOfThree : TextRulesTest {
  PagesOfThree() : TextRulesTest({.changes_page_max = 3}) {}
};

TEST_F(PagesOfThree, catch_up_piece_by_piece_and_with_the_text_where_that_is_shorter) {
  put("");
  const Token token = desk.grant(name, alice);
  for (text::Revision base = 0; base < 5; ++base) {
    ask(edit(alice, token, base, {base == 0 ? "[[0,\"x\"]]" : "[" + std::to_string(base) + ",[0,\"x\"]]"}));
  }
  Reply page = ask(GetChanges{.name = name, .after = 1});
  EXPECT_THAT(page.text->changes, SizeIs(3));
  EXPECT_TRUE(page.text->more);
  page = ask(GetChanges{.name = name, .after = 4});
  ASSERT_THAT(page.text->changes, SizeIs(1));
  EXPECT_EQ(page.text->changes[0].revision, 5U);
  EXPECT_EQ(page.text->changes[0].owner, "alice");
  EXPECT_FALSE(page.text->more);
  EXPECT_EQ(ask(GetChanges{.name = name, .after = 6}).code, ErrorCode::revision_future);
  const std::uint64_t number = page.text->buffer.buffer;
  EXPECT_EQ(ask(GetChanges{.name = name, .after = 4, .buffer = number + 1}).code, ErrorCode::revision_gone);
  EXPECT_FALSE(ask(GetChanges{.name = name, .after = 4, .buffer = number, .or_text = true}).text->buffer.text);
  EXPECT_EQ(ask(GetChanges{.name = name, .after = 1, .buffer = number, .or_text = true}).text->buffer.text->utf8(),
            "xxxxx");
  EXPECT_EQ(ask(GetChanges{.name = name, .or_text = true}).text->buffer.text->utf8(), "xxxxx");
  EXPECT_EQ(ask(GetBuffer{.name = name, .revision = 2}).text->buffer.text->utf8(), "xx");
}

TEST_F(TextRulesTest, is_created_once_and_by_nobody_while_others_hold_its_name) {
  const Token token = desk.grant(name, bob);
  put("mine", alice);
  EXPECT_EQ(text(), "(none)");
  put("\xEF\xBB\xBFhis\r\n", bob);
  EXPECT_EQ(text(), "his\n");
  const auto file = [](const char* text) { return std::make_shared<const text::TextFile>(*text::read_file(text)); };
  EXPECT_TRUE(ask(CreateBuffer{name, bob, file("\xEF\xBB\xBFhis\r\n")}).text->again);
  EXPECT_EQ(ask(CreateBuffer{name, bob, file("his\n")}).code, ErrorCode::buffer_exists);
  EXPECT_EQ(ask(Acquire{.name = name, .who = bob, .ttl = 1s, .holder = HolderKind::owner}).code,
            ErrorCode::text_is_single);
  EXPECT_EQ(ask(RemoveBuffer{name, alice, {}}).code, ErrorCode::held);
  EXPECT_EQ(ask(RemoveBuffer{name, bob, {}}).code, ErrorCode::token_needed);
  expect_kept();
  EXPECT_EQ(ask(RemoveBuffer{name, bob, token}).code, ErrorCode::none);
  EXPECT_EQ(text(), "(none)");
  EXPECT_EQ(ask(edit(bob, token, 0, {"[4]"})).code, ErrorCode::no_such_text);
}

TEST_F(TextRulesTest, has_a_flush_window_where_a_takeover_names_none) {
  put("a");
  const Token token = desk.grant(name, alice, 60s);
  const Address from = desk.next(7);
  desk.submit(
      Takeover{
          .want = {.name = name, .who = bob, .ttl = 60s}, .token = token, .reason = "now", .flush_by_default = true},
      from);
  EXPECT_FALSE(desk.reply_to(from));
  EXPECT_EQ(ask(edit(alice, token, 0, {"[1,[0,\"!\"]]"})).code, ErrorCode::none) << "in the window";
  desk.now += 5s;
  desk.tick();
  EXPECT_TRUE(desk.reply_to(from));
  EXPECT_EQ(ask(edit(alice, token, 1, {"[2,[0,\"!\"]]"})).code, ErrorCode::stale);
}

TEST_F(TextRulesTest, lists_texts_and_drafts_in_pages) {
  for (const char* each : {"a", "a/b", "a/b-c", "a/b/x", "a/b/y", "b"}) {
    ask(CreateBuffer{each, alice, std::make_shared<const text::TextFile>(*text::read_file("t"))});
  }
  const auto names = [](const Reply& reply) {
    std::vector<std::string> all;
    for (const BufferView& view : reply.text->buffers) all.push_back(view.name);
    return all;
  };
  EXPECT_THAT(names(ask(ListBuffers{.prefix = "a/b"})), ElementsAre("a/b", "a/b/x", "a/b/y"));
  Reply page = ask(ListBuffers{.limit = 4});
  EXPECT_THAT(names(page), SizeIs(4));
  EXPECT_THAT(names(ask(ListBuffers{.after = page.next})), ElementsAre("a/b/y", "b"));

  const Token token = desk.grant("a", alice);
  ask(Release{"a", token, alice});
  desk.grant("a", bob);
  std::vector<std::uint64_t> numbers;
  for (const char* json : {"[1,[0,\"1\"]]", "[1,[0,\"2\"]]"}) {
    Edit late = edit(alice, token, 0, {json});
    late.name = "a";
    numbers.push_back(ask(late).draft);
  }
  page = ask(ListDrafts{.owner = "alice", .limit = 1});
  ASSERT_THAT(page.text->drafts, SizeIs(1));
  EXPECT_EQ(page.next, std::to_string(numbers[0]));
  page = ask(ListDrafts{.name = "a", .after = numbers[0]});
  ASSERT_THAT(page.text->drafts, SizeIs(1));
  EXPECT_EQ(page.text->drafts[0].draft, numbers[1]);
  EXPECT_THAT(ask(ListDrafts{.owner = "bob"}).text->drafts, IsEmpty());
}

struct SmallBounds : TextRulesTest {
  SmallBounds() : TextRulesTest({.text_bytes_max = 4, .drafts_of_owner_max = 1}) {}
};

TEST_F(SmallBounds, are_kept) {
  put("abcde");
  EXPECT_EQ(text(), "(none)");
  put("abc");
  const Token token = desk.grant(name, alice);
  EXPECT_EQ(ask(edit(alice, token, 0, {"[3,[0,\"de\"]]"})).code, ErrorCode::text_too_large);
  EXPECT_EQ(ask(KeepDraft{edit(alice, token, 0, {"[3,[0,\"d\"]]"}, 1)}).code, ErrorCode::none);
  EXPECT_EQ(ask(KeepDraft{edit(alice, token, 0, {"[3,[0,\"e\"]]"}, 5)}).code, ErrorCode::drafts_full);
  EXPECT_EQ(ask(KeepDraft{edit(alice, token, 0, {"[2,[0,\"e\"]]"}, 5)}).code, ErrorCode::wrong_length);
}

}  // namespace
}  // namespace holdfast::core
