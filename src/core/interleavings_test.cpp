// What can happen to a takeover, in every order: the queue, a lapse, a release, a second takeover, a taker that goes
// away, a restart. After each step the rules are held against the model, and the effects against the promises.
#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <span>

#include "core/trial_for_tests.h"

namespace holdfast::core {
namespace {

enum class Event {
  bob_takes_over,
  carol_waits,
  erin_waits,
  alice_releases,
  alice_lapses,
  dave_takes_over,
  bob_hangs_up,
  bob_hangs_up_unheard,
  window_ends,
  restart,
  admin_revokes,
  alice_transfers,
  bob_asks_again,
  alice_renews,
  alice_moves,
  bob_leaves,
};
constexpr int events = 16;

const char* word(Event event) {
  constexpr std::array<const char*, events> words{
      "bob takes over",  "carol waits",     "erin waits",        "alice releases",
      "alice lapses",    "dave takes over", "bob hangs up",      "bob hangs up, unheard",
      "the window ends", "restart",         "admin revokes",     "alice transfers to carol",
      "bob asks again",  "alice renews",    "alice moves to a2", "bob leaves"};
  return words[static_cast<std::size_t>(event)];
}

/// How long things last, and whether time that passes is looked at by a tick or only by whoever asks next.
struct Shape {
  Duration ttl{}, window{};
  bool ticks = true;
};

/// The promises, held against the effects of one name alone.
class History {
 public:
  void look(const Desk& desk) {
    for (; seen_ < desk.effects.size(); ++seen_) std::visit([&](const auto& e) { happened(e); }, desk.effects[seen_]);
    const Lease* lease = desk.state.find("red");
    RC_ASSERT((lease && lease->held()) == !holders_.empty());
    RC_ASSERT((lease && lease->pending()) == taker_.has_value());
    if (lease && lease->previous) RC_ASSERT(lease->loss_of(lease->previous) != Loss::none);  // L13
  }
  /// Every takeover that was asked for came about or was dropped, one or the other, and it says so.
  void check_end() const { RC_ASSERT((!taker_ && asked_ == taken_ + dropped_)); }

 private:
  void begins(const Granted& e) {
    RC_ASSERT(e.token > newest_);  // L2
    newest_ = e.token;
    holders_ = {e.who.session};
  }
  void happened(const Lapsed& e) {
    RC_ASSERT((e.token == newest_ && holders_.erase(e.session) == 1U && e.ends == holders_.empty()));
  }
  void happened(const Released& e) {
    const bool held = holders_.erase(e.session) == 1U;  // Else what had lapsed was given up.
    RC_ASSERT((e.token == newest_ && e.ends == (held && holders_.empty())));
  }
  void happened(const Granted& e) {
    RC_ASSERT((holders_.empty() && !taker_));  // L1; L9: in the window nobody else is granted.
    begins(e);
  }
  void happened(const Taken& e) {
    RC_ASSERT((e.displaced == Loss::none) == holders_.empty());  // L1, L13
    const bool own = e.displaced == Loss::moved || e.displaced == Loss::transferred;
    RC_ASSERT((own || !e.reason.empty()));  // L9
    if (taker_) {
      RC_ASSERT((*taker_ == e.grant.who && !own));  // L9
      ++taken_;
    } else {
      RC_ASSERT(e.displaced != Loss::none);  // L8: what comes free is the queue's.
    }
    taker_.reset();
    begins(e.grant);
  }
  void happened(const Revived& e) {
    RC_ASSERT((e.token == newest_ && holders_.empty() && !taker_));  // L6
    holders_ = {e.session};
  }
  void happened(const Revoked& e) {
    RC_ASSERT((e.token == newest_ && !e.reason.empty()));
    holders_.clear();
  }
  void happened(const TakeoverAsked& e) {
    RC_ASSERT((e.token == newest_ && !holders_.empty() && !taker_ && !e.reason.empty()));  // L9
    taker_ = e.by;
    ++asked_;
  }
  void happened(const TakeoverDropped& e) {
    RC_ASSERT((taker_ && *taker_ == e.by));
    taker_.reset();
    ++dropped_;
  }
  void happened(const Forgotten&) { RC_ASSERT((holders_.empty() && !taker_)); }
  void happened(const auto&) { RC_ASSERT(!"nothing else happens here"); }

  std::size_t seen_ = 0;
  Token newest_;
  std::set<std::string> holders_;
  std::optional<Who> taker_;
  int asked_ = 0, taken_ = 0, dropped_ = 0;
};

/// One name, and the orders that are played on it one after the other.
class Stage {
 public:
  void play(std::span<const Event> order, const Shape& shape) {
    shape_ = shape;
    people_ += 100;
    lives_ = 0;
    entered_.clear();
    ask({.what = What::acquire, .who = {"alice", "a1"}, .ttl = shape.ttl}, 1);
    alices_ = newest();
    for (const Event event : order) happens(event);
    clear();
  }

 private:
  using What = ScriptLine::What;
  static constexpr Duration others_ttl = 20s;

  Token newest() const {
    const Lease* lease = trial_.desk().state.find("red");
    return lease ? lease->token : Token{};
  }
  std::uint64_t bob() const { return 2 + 10 * lives_; }

  Address ask(ScriptAsk ask, std::uint64_t person) {
    ask.name = "red";
    const Address from{people_ + person, ++requests_};
    trial_.ask(ask, from);
    history_.look(trial_.desk());
    check_queue();
    return from;
  }
  void pass(Duration time) {
    trial_.pass(time);
    if (shape_.ticks) tick();
  }
  void tick() {
    trial_.tick();
    history_.look(trial_.desk());
    check_queue();
  }
  void take_over(const Who& who, Duration window, std::uint64_t person) {
    const Address from = ask({.what = What::take_over,
                              .who = who,
                              .ttl = others_ttl,
                              .token = newest(),
                              .window = window,
                              .reason = "needed"},
                             person);
    if (who.owner == "bob") bobs_ = from;
  }
  void wait(const Who& who, std::uint64_t person) {
    ask({.what = What::acquire, .who = who, .ttl = others_ttl, .wait = 600s}, person);
    const Lease& lease = *trial_.desk().state.find("red");
    if (lease.queue && lease.queue->has_place(who)) entered_.push_back(who);
    check_queue();
  }
  /// L8: whoever came first stands before whoever came later.
  void check_queue() const {
    const Lease* lease = trial_.desk().state.find("red");
    if (!lease || !lease->queue) return;
    auto before = entered_.begin();
    for (const WaitQueue::Place& place : lease->queue->places) {
      const auto found = std::find(before, entered_.end(), place.waiter.command.who);
      const bool just_entered = found == entered_.end();
      if (!just_entered) before = std::next(found);
      RC_ASSERT((!just_entered || &place == &lease->queue->places.back()));
    }
  }

  void happens(Event event) {
    switch (event) {
      case Event::bob_takes_over:
      case Event::bob_asks_again:
        return take_over({"bob", "b1"}, shape_.window, bob());
      case Event::dave_takes_over:
        return take_over({"dave", "d1"}, 0s, 4);
      case Event::carol_waits:
        return wait({"carol", "c1"}, 3);
      case Event::erin_waits:
        return wait({"erin", "e1"}, 5);
      case Event::alice_releases:
        return void(ask({.what = What::release, .who = {"alice", "a1"}, .token = alices_}, 1));
      case Event::alice_renews:
        return void(ask({.what = What::renew, .who = {"alice", "a1"}, .token = alices_}, 1));
      case Event::alice_moves:
        return void(ask({.what = What::move, .who = {"alice", "a2"}, .token = alices_}, 1));
      case Event::alice_transfers:
        return void(ask({.what = What::transfer, .who = {"alice", "a1"}, .token = alices_, .to = {"carol", ""}}, 1));
      case Event::admin_revokes:
        return void(ask({.what = What::revoke, .who = {"admin", "x"}, .reason = "left"}, 6));
      case Event::alice_lapses:
        return pass(shape_.ttl + Timers::slot_width);  // As late as a tick may look at it.
      case Event::window_ends:
        return pass(shape_.window);
      case Event::bob_hangs_up:
      case Event::bob_hangs_up_unheard:
        trial_.vanish(people_ + bob(), event == Event::bob_hangs_up);
        ++lives_;
        return history_.look(trial_.desk());
      case Event::bob_leaves:
        trial_.ask({.what = What::leave}, bobs_);
        return history_.look(trial_.desk());
      case Event::restart:
        trial_.restart();
        return history_.look(trial_.desk());
    }
  }
  /// Everybody goes, and the name is forgotten.
  void clear() {
    for (std::uint64_t life = 0; life <= lives_; ++life) trial_.vanish(people_ + 2 + 10 * life, true);
    for (const std::uint64_t person : {1, 3, 4, 5, 6}) trial_.vanish(people_ + person, true);
    history_.look(trial_.desk());
    for (int looks = 0; looks < 4 && trial_.desk().state.find("red"); ++looks) {
      trial_.pass(21s);
      tick();
    }
    RC_ASSERT(!trial_.desk().state.find("red"));
    history_.check_end();
  }

  Trial trial_{false};
  History history_;
  Shape shape_;
  Token alices_;
  Address bobs_;
  std::uint64_t people_ = 0, lives_ = 0, requests_ = 0;
  std::vector<Who> entered_;
};

class Orders {
 public:
  /// Every order of `each`, which is sorted.
  void try_all_of(std::vector<Event> each) {
    do {
      for (const Shape& shape : shapes) {
        try_one(each, shape);
        if (testing::Test::HasFatalFailure()) return;
      }
    } while (std::next_permutation(each.begin(), each.end()));
  }
  int tried() const { return tried_; }

 private:
  void try_one(const std::vector<Event>& order, const Shape& shape) {
    if (tried_ % orders_a_stage == 0) stage_ = std::make_unique<Stage>();  // Else its history grows long.
    ++tried_;
    try {
      stage_->play(order, shape);
    } catch (const rc::detail::CaseResult& failure) {
      std::string told = "alice holds";
      for (const Event event : order) told += std::string{", "} + word(event);
      FAIL() << told << "\nwindow " << shape.window / 1ms << "ms, ttl " << shape.ttl / 1ms << "ms, "
             << (shape.ticks ? "with ticks" : "without ticks") << '\n'
             << failure.description;
    }
  }
  static constexpr int orders_a_stage = 16;
  // The window ends before alice's ttl, with ticks; and after it, without.
  static constexpr std::array<Shape, 2> shapes{Shape{10s, 2s, true}, Shape{2s, 10s, false}};
  std::unique_ptr<Stage> stage_;
  int tried_ = 0;
};

TEST(Takeover, keeps_its_promises_in_every_order_of_what_can_happen) {  // L1, L2, L6, L8, L9, L13
  using enum Event;
  reached().clear();
  Orders orders;
  const std::vector<Event> others{erin_waits,           alice_releases, alice_lapses, dave_takes_over, bob_hangs_up,
                                  bob_hangs_up_unheard, window_ends,    restart,      admin_revokes,   alice_transfers,
                                  bob_asks_again,       alice_renews,   alice_moves,  bob_leaves};
  for (std::size_t a = 0; a < others.size(); ++a) {
    for (std::size_t b = a + 1; b < others.size(); ++b) {
      for (std::size_t c = b + 1; c < others.size(); ++c) {
        orders.try_all_of({bob_takes_over, carol_waits, others[a], others[b], others[c]});
        if (HasFatalFailure()) return;
      }
    }
  }
  for (std::vector<Event> long_one :
       {std::vector<Event>{bob_takes_over, carol_waits, alice_releases, dave_takes_over, bob_hangs_up_unheard,
                           window_ends, restart},
        {bob_takes_over, carol_waits, alice_lapses, dave_takes_over, window_ends, bob_asks_again, alice_renews},
        {bob_takes_over, carol_waits, erin_waits, window_ends, admin_revokes, alice_transfers, bob_leaves}}) {
    std::ranges::sort(long_one);
    orders.try_all_of(long_one);
    if (HasFatalFailure()) return;
  }
  std::cout << orders.tried() << " orders\n";
  EXPECT_GE(orders.tried(), 100'000);
  for (const char* outcome : {"taken_over", "taken over after its window", "taken when it came free", "moved",
                              "transferred", "revoked", "window began", "dropped, taker_left", "dropped, restart",
                              "takeover_pending", "granted after waiting", "stale, taken_over", "stale, moved",
                              "stale, transferred", "stale, revoked", "stale, lapsed", "stale, released"}) {
    EXPECT_GE(reached()[outcome], 100) << outcome;
  }
}

}  // namespace
}  // namespace holdfast::core
