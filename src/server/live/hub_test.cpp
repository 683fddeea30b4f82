// What sockets are told, with sockets that only listen and effects by hand.
#include "server/live/hub.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "text/change_record.h"

namespace holdfast::server::live {
namespace {

using core::Position;
using core::Token;
using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

class Listener final : public Member {
 public:
  Room room() const override { return room_; }
  void push(std::string_view frame) override { heard.emplace_back(without_head(frame)); }
  void push_anyway(std::string_view frame) override { push(frame); }

  std::vector<std::string> take() { return std::exchange(heard, {}); }

  Room room_ = Room::plenty;
  std::vector<std::string> heard;

 private:
  static std::string_view without_head(std::string_view frame) { return frame.substr(frame.find('{')); }
};

class LiveHub : public testing::Test {
 protected:
  static constexpr std::uint64_t incarnation = 7;

  /// It becomes durable, and the hub hears of it.
  Position happens(core::Effect effect) {
    const Position at = becomes_durable(std::move(effect));
    hub.tell(past.back(), at);
    return at;
  }
  /// The hub has not got to it yet.
  Position becomes_durable(core::Effect effect) {
    past.push_back(std::move(effect));
    return Position{past.size()};
  }
  void hears_of_all() {
    while (hub.told().value < past.size()) {
      const std::size_t next = hub.told().value;
      hub.tell(past[next], Position{next + 1});
    }
  }
  bool replay(Position behind, const Hub::Visit& visit) const {
    if (behind.value < gone) return false;
    for (std::size_t i = behind.value; i < hub.told().value; ++i) visit(past[i], Position{i + 1});
    return true;
  }
  void says_hello(Listener& member, std::string owner, std::string session) {
    hub.hello(member, {std::move(owner), std::move(session)});
  }
  /// As an answer at that position shows it.
  void follows(Listener& member, Standing standing, Position position, core::LeaseView lease = {}) {
    lease.name = "notes";
    hub.follow(member, {"notes", standing, lease, position}, [] {});
  }

  static core::Effect edited(text::Revision base, text::Units length, std::string_view typed,
                             core::Who who = {"alice", "a"}) {
    core::BufferEdited effect{.name = "notes", .token = Token{3}, .who = std::move(who), .base = base};
    for (const char letter : typed) {
      std::string record;
      text::write_record(record, text::ChangeSet::replace(length, length, 0, std::string(1, letter)));
      effect.changes.push_back(std::move(record));
      ++length;
    }
    effect.kind = core::EditKind::edit;
    return effect;
  }
  static core::Effect granted(std::uint64_t token, core::Who who) {
    return core::Granted{.name = "notes", .who = std::move(who), .token = Token{token}};
  }
  static core::Effect taken(std::uint64_t token, core::Who who, core::Loss displaced, std::string reason = "") {
    return core::Taken{{.name = "notes", .who = std::move(who), .token = Token{token}}, displaced, std::move(reason)};
  }
  static core::LeaseView lease(std::uint64_t token) {
    core::LeaseView view;
    view.name = "notes";
    view.held = true;
    view.token = Token{token};
    return view;
  }
  /// Alice holds under this token.
  void alice_holds(std::uint64_t token) {
    const Position at = happens(granted(token, {"alice", "a"}));
    hub.holds(alice, lease(token), at);
  }

  std::deque<core::Effect> past;
  std::size_t gone = 0;  ///< So many of them are not kept any more.
  Hub hub{incarnation, [this](Position behind, const Hub::Visit& visit) { return replay(behind, visit); }};
  Listener alice, bob, carol;

  void SetUp() override {
    says_hello(alice, "alice", "a");
    says_hello(bob, "bob", "b");
    says_hello(carol, "carol", "c");
  }
};

TEST_F(LiveHub, a_follower_is_told_each_revision_and_its_author_is_not) {
  follows(bob, {9, 12, 3}, Position{0});
  follows(alice, {9, 12, 3}, Position{0});
  happens(edited(12, 3, "xy"));
  EXPECT_THAT(
      bob.take(),
      ElementsAre(
          R"({"push":"revision","name":"notes","buffer":9,"base":12,"revision":14,"owner":"alice","session":"a","kind":"edit","changes":[[3,[0,"x"]],[4,[0,"y"]]]})"));
  EXPECT_THAT(alice.take(), IsEmpty());
  happens(edited(14, 5, "z", {"bob", "b"}));
  EXPECT_THAT(alice.take(), ElementsAre(HasSubstr(R"("base":14,"revision":15,"owner":"bob")")));
  EXPECT_THAT(bob.take(), IsEmpty());
}

TEST_F(LiveHub, an_answer_that_is_ahead_leaves_out_what_it_said_already) {
  becomes_durable(edited(0, 0, "a"));
  const Position answered = becomes_durable(edited(1, 1, "b"));
  becomes_durable(edited(2, 2, "c"));
  follows(bob, {9, 2, 2}, answered);  // It has a and b.
  hears_of_all();
  EXPECT_THAT(bob.take(), ElementsAre(HasSubstr(R"("base":2,"revision":3)")));
}

TEST_F(LiveHub, an_answer_that_is_late_is_followed_by_what_happened_since) {
  const Position answered = happens(edited(0, 0, "a"));
  happens(edited(1, 1, "b"));
  happens(granted(4, {"carol", "c"}));
  happens(edited(2, 2, "c"));
  follows(bob, {9, 1, 1}, answered);
  EXPECT_THAT(bob.take(), ElementsAre(HasSubstr(R"("base":1,"revision":2)"), HasSubstr(R"("event":"granted")"),
                                      HasSubstr(R"("base":2,"revision":3)")));
  happens(edited(3, 3, "d"));
  EXPECT_THAT(bob.take(), ElementsAre(HasSubstr(R"("base":3,"revision":4)")));
}

TEST_F(LiveHub, followers_whose_answers_differ_are_each_told_what_follows_theirs) {
  const Position early = becomes_durable(edited(0, 0, "a"));
  const Position later = becomes_durable(edited(1, 1, "b"));
  becomes_durable(edited(2, 2, "c"));
  follows(bob, {9, 2, 2}, later);
  follows(carol, {9, 1, 1}, early);
  hears_of_all();
  EXPECT_THAT(bob.take(), ElementsAre(HasSubstr(R"("base":2,)")));
  EXPECT_THAT(carol.take(), ElementsAre(HasSubstr(R"("base":1,)"), HasSubstr(R"("base":2,)")));
}

TEST_F(LiveHub, what_is_missing_is_said_and_never_left_out_in_silence) {
  follows(bob, {9, 5, 3}, Position{0});
  happens(edited(6, 3, "x"));  // It would fit, but for its revision.
  EXPECT_THAT(bob.take(), ElementsAre(R"({"push":"resync","name":"notes","code":"gap"})"));
  EXPECT_FALSE(hub.follows(bob, "notes"));
  happens(edited(7, 5, "y"));
  EXPECT_THAT(bob.take(), IsEmpty());
}

TEST_F(LiveHub, a_change_for_a_text_of_another_length_is_a_gap_too) {
  follows(bob, {9, 5, 2}, Position{0});
  happens(edited(5, 40, "x"));
  EXPECT_THAT(bob.take(), ElementsAre(HasSubstr("resync")));
}

TEST_F(LiveHub, what_is_not_kept_any_more_is_a_gap) {
  happens(edited(0, 0, "a"));
  happens(edited(1, 1, "b"));
  gone = 2;
  follows(bob, {9, 1, 1}, Position{1});
  EXPECT_THAT(bob.take(), ElementsAre(HasSubstr("resync")));
  follows(bob, {9, 2, 2}, Position{2});
  follows(carol, {9, 2, 2}, Position{2});
  hub.skip_to(Position{100});
  EXPECT_THAT(bob.take(), ElementsAre(HasSubstr("resync")));
  EXPECT_THAT(carol.take(), ElementsAre(HasSubstr("resync")));
  EXPECT_EQ(hub.told(), Position{100});
}

TEST_F(LiveHub, whoever_is_slow_loses_cursors_first_and_then_the_name_and_others_notice_nothing) {
  follows(alice, {9, 0, 0}, Position{0});
  follows(bob, {9, 0, 0}, Position{0});
  follows(carol, {9, 0, 0}, Position{0});
  bob.room_ = Member::Room::tight;
  hub.cursor(alice, "notes", text_frame(R"({"push":"cursor"})"));
  hub.end_round({});
  EXPECT_THAT(bob.take(), IsEmpty());
  EXPECT_THAT(carol.take(), SizeIs(1));
  EXPECT_EQ(hub.figures().cursors_dropped, 1);
  happens(edited(0, 0, "x"));
  EXPECT_THAT(bob.take(), SizeIs(1));
  bob.room_ = Member::Room::none;
  carol.take();
  happens(edited(1, 1, "y"));
  EXPECT_THAT(bob.take(), ElementsAre(R"({"push":"resync","name":"notes","code":"slow"})"));
  EXPECT_THAT(carol.take(), ElementsAre(HasSubstr(R"("base":1,)")));
  EXPECT_EQ(hub.figures().resyncs, 1);
  EXPECT_EQ(bob.followed(), 0);
}

TEST_F(LiveHub, a_text_that_comes_and_goes) {
  follows(bob, {}, Position{0});
  const Position created =
      happens(core::BufferCreated{.name = "notes", .by = {"alice", "a"}, .text = *text::Text::from_utf8("abc")});
  happens(edited(0, 3, "d"));
  happens(core::BufferRemoved{.name = "notes", .by = {"alice", "a"}});
  EXPECT_THAT(bob.take(), ElementsAre(AllOf(HasSubstr(R"("push":"created")"),
                                            HasSubstr("\"buffer\":" + std::to_string(created.value))),
                                      HasSubstr(R"("changes":[[3,[0,"d"]]])"), HasSubstr(R"("push":"removed")")));
  happens(edited(1, 4, "e"));
  EXPECT_THAT(bob.take(), ElementsAre(HasSubstr("resync"))) << "there is no text to change";
}

TEST_F(LiveHub, the_newest_cursor_is_told_once_and_to_whoever_comes_later) {
  follows(alice, {}, Position{0});
  follows(bob, {}, Position{0});
  hub.cursor(alice, "notes", text_frame(R"({"at":1})"));
  hub.cursor(alice, "notes", text_frame(R"({"at":2})"));
  hub.end_round({});
  EXPECT_THAT(alice.take(), IsEmpty());
  EXPECT_THAT(bob.take(), ElementsAre(R"({"at":2})"));
  follows(carol, {}, Position{0});
  EXPECT_THAT(carol.take(), ElementsAre(R"({"at":2})"));
  hub.cursor(alice, "notes", text_frame(R"({"at":3})"));
  hub.forget(alice);
  hub.end_round(Hub::Time::max());
  EXPECT_THAT(bob.take(), IsEmpty()) << "whoever has gone has no cursor";
}

TEST_F(LiveHub, many_who_move_their_cursors_take_a_fraction_of_the_time) {
  follows(alice, {}, Position{0});
  follows(bob, {}, Position{0});
  const Hub::Time noon{std::chrono::hours(12)};
  hub.cursor(alice, "notes", text_frame(R"({"at":1})"));
  hub.end_round(noon);
  hub.cursor(alice, "notes", text_frame(R"({"at":2})"));
  hub.end_round(noon + std::chrono::microseconds(9));
  EXPECT_THAT(bob.take(), ElementsAre(R"({"at":1})"));
  hub.end_round(noon + std::chrono::microseconds(10));
  EXPECT_THAT(bob.take(), ElementsAre(R"({"at":2})"));
}

TEST_F(LiveHub, members_are_told_once_a_second_and_only_when_they_have_changed) {
  core::LeaseView held = lease(3);
  held.who = {"alice", "a"};
  follows(bob, {}, Position{0}, held);
  follows(alice, {}, Position{0}, held);
  EXPECT_THAT(bob.take(), IsEmpty());
  hub.each_second();
  EXPECT_THAT(
      bob.take(),
      ElementsAre(
          R"({"push":"members","name":"notes","members":[{"owner":"alice","session":"a","state":"active","holder":true},{"owner":"bob","session":"b","state":"active","holder":false}],"count":2})"));
  hub.each_second();
  EXPECT_THAT(bob.take(), IsEmpty());
  hub.state(alice, Mood::hidden);
  happens(core::Released{.name = "notes", .session = "a", .token = Token{3}, .owner = "alice", .ends = true});
  bob.take();
  hub.each_second();
  EXPECT_THAT(bob.take(), ElementsAre(HasSubstr(R"({"owner":"alice","session":"a","state":"hidden","holder":false})")));
  hub.forget(alice);
  hub.each_second();
  EXPECT_THAT(bob.take(), ElementsAre(AllOf(HasSubstr(R"("count":1)"), Not(HasSubstr("alice")))));
}

TEST_F(LiveHub, the_same_session_on_another_socket_takes_the_place_of_the_first) {
  Listener again;
  EXPECT_EQ(hub.hello(again, {"alice", "a"}), &alice);
  hub.forget(alice);
  Listener third;
  EXPECT_EQ(hub.hello(third, {"alice", "a"}), &again) << "the one that went did not take the newer one with it";
}

TEST_F(LiveHub, the_holder_is_told_of_a_takeover_from_its_first_word_to_its_end) {
  alice_holds(3);
  happens(core::TakeoverAsked{
      .name = "notes", .token = Token{3}, .by = {"bob", "b"}, .reason = "urgent", .flush = std::chrono::seconds(5)});
  EXPECT_THAT(
      alice.take(),
      ElementsAre(
          R"({"push":"hand_in","name":"notes","token":3,"by":"bob","by_session":"b","reason":"urgent","window_ms":5000})"));
  happens(core::TakeoverDropped{.name = "notes", .token = Token{3}, .by = {"bob", "b"}});
  EXPECT_THAT(alice.take(), ElementsAre(R"({"push":"kept","name":"notes","token":3})"));
  happens(taken(4, {"bob", "b"}, core::Loss::taken_over, "urgent"));
  EXPECT_THAT(
      alice.take(),
      ElementsAre(R"({"push":"lost","name":"notes","token":3,"because":"taken_over","by":"bob","reason":"urgent"})"));
  EXPECT_THAT(hub.holdings_of(alice), IsEmpty());
  happens(taken(5, {"carol", "c"}, core::Loss::taken_over, "too"));
  EXPECT_THAT(alice.take(), IsEmpty()) << "a loss is told once";
}

TEST_F(LiveHub, whoever_comes_back_into_a_flush_window_is_told_of_it) {
  core::LeaseView view = lease(3);
  core::Wanted wanted;
  wanted.taker = {"bob", "b"};
  wanted.reason = "urgent";
  wanted.window_ends_in = std::chrono::seconds(2);
  view.wanted = std::make_shared<const core::Wanted>(wanted);
  hub.holds(alice, view, Position{0});
  EXPECT_THAT(alice.take(), ElementsAre(AllOf(HasSubstr("hand_in"), HasSubstr(R"("window_ms":2000)"))));
  hub.holds(alice, view, Position{0});
  EXPECT_THAT(alice.take(), IsEmpty()) << "once";
}

TEST_F(LiveHub, what_happened_before_the_answer_to_a_grant_was_seen_is_told_behind_it) {
  const Position granted_at = happens(granted(3, {"alice", "a"}));
  happens(core::TakeoverAsked{.name = "notes", .token = Token{3}, .by = {"bob", "b"}, .reason = "urgent"});
  hub.holds(alice, lease(3), granted_at);
  EXPECT_THAT(alice.take(), ElementsAre(HasSubstr("hand_in")));
  const Position again = happens(granted(5, {"carol", "c"}));
  happens(taken(6, {"bob", "b"}, core::Loss::moved));
  hub.holds(carol, lease(5), again);
  EXPECT_THAT(carol.take(), ElementsAre(HasSubstr(R"("because":"moved")")));
  EXPECT_THAT(hub.holdings_of(carol), IsEmpty());
}

TEST_F(LiveHub, a_lapse_is_a_loss_only_once_somebody_else_has_the_name) {
  alice_holds(3);
  happens(core::Lapsed{.name = "notes", .session = "a", .token = Token{3}, .owner = "alice", .ends = true});
  EXPECT_THAT(alice.take(), IsEmpty()) << "it may be revived";
  EXPECT_THAT(hub.holdings_of(alice), SizeIs(1));
  happens(granted(4, {"bob", "b"}));
  EXPECT_THAT(alice.take(), ElementsAre(HasSubstr(R"("because":"lapsed")")));
}

TEST_F(LiveHub, nobody_is_told_of_a_loss_that_it_asked_for) {
  alice_holds(3);
  hub.gives_up(alice, "notes");
  happens(core::Released{.name = "notes", .session = "a", .token = Token{3}, .owner = "alice", .ends = true});
  EXPECT_THAT(alice.take(), IsEmpty());
  EXPECT_THAT(hub.holdings_of(alice), IsEmpty());
  alice_holds(5);
  hub.gives_up(alice, "");
  hub.goes_on(alice, "");
  happens(core::Released{.name = "notes", .session = "a", .token = Token{5}, .owner = "alice", .ends = true});
  EXPECT_THAT(alice.take(), ElementsAre(HasSubstr(R"("because":"released")"))) << "by somebody with its token";
}

TEST_F(LiveHub, revoked) {
  alice_holds(3);
  happens(core::Revoked{.name = "notes", .token = Token{3}, .by = {"root", ""}, .reason = "gone"});
  EXPECT_THAT(alice.take(), ElementsAre(HasSubstr(R"("because":"revoked","by":"root","reason":"gone")")));
}

TEST_F(LiveHub, a_request_reaches_the_holder_and_its_no_whoever_asked) {
  alice_holds(3);
  hub.wants(bob, "notes");
  happens(core::Requested{.name = "notes", .token = Token{3}, .by = {"bob", "b"}, .message = "please"});
  EXPECT_THAT(
      alice.take(),
      ElementsAre(
          R"({"push":"requested","name":"notes","token":3,"by":"bob","by_session":"b","message":"please","answer_within_ms":30000})"));
  EXPECT_EQ(hub.decline(bob, "notes", Token{3}, "bob", ""), std::nullopt) << "only the holder may";
  EXPECT_EQ(hub.decline(alice, "notes", Token{2}, "bob", ""), std::nullopt);
  EXPECT_EQ(hub.decline(alice, "notes", Token{3}, "bo", ""), 0);
  EXPECT_EQ(hub.decline(alice, "notes", Token{3}, "bob", "not now"), 1);
  EXPECT_THAT(bob.take(), ElementsAre(R"({"push":"declined","name":"notes","by":"alice","message":"not now"})"));
  EXPECT_THAT(carol.take(), IsEmpty());
  EXPECT_EQ(hub.decline(alice, "notes", Token{3}, "bob", "not now"), 0) << "it was told once";
}

TEST_F(LiveHub, requests_do_not_pile_up_before_a_holder_that_takes_nothing) {
  alice_holds(3);
  alice.room_ = Member::Room::none;
  happens(core::Requested{.name = "notes", .token = Token{3}, .by = {"bob", "b"}, .message = "1"});
  happens(core::Requested{.name = "notes", .token = Token{3}, .by = {"bob", "b"}, .message = "2"});
  EXPECT_THAT(alice.take(), IsEmpty());
  happens(taken(4, {"bob", "b"}, core::Loss::taken_over));
  EXPECT_THAT(alice.take(), ElementsAre(HasSubstr(R"("push":"lost")"))) << "of a loss it always hears";
}

TEST_F(LiveHub, whoever_goes_is_told_nothing_more) {
  alice_holds(3);
  follows(alice, {}, Position{1});
  hub.forget(alice);
  happens(taken(4, {"bob", "b"}, core::Loss::taken_over));
  EXPECT_THAT(alice.take(), IsEmpty());
  EXPECT_EQ(hub.figures().follows, 0);
}

}  // namespace
}  // namespace holdfast::server::live
