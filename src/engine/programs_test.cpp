// Programs over keys, where rules, time and journal meet.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <functional>
#include <set>

#include "base/seeded_for_tests.h"
#include "core/keys.h"
#include "engine/bench_for_tests.h"

namespace holdfast::engine {
namespace {

using core::Acquire;
using core::Keys;
using core::Proof;
using core::RunProgram;
using testing::IsEmpty;
using testing::SizeIs;

class Does final : public core::Program {
 public:
  explicit Does(std::function<void(Keys&)> what) : what_(std::move(what)) {}
  void run(Keys& keys) override { what_(keys); }

 private:
  std::function<void(Keys&)> what_;
};
RunProgram program(std::function<void(Keys&)> what, bool may_begin = true) {
  return {std::make_shared<Does>(std::move(what)), may_begin};
}
Acquire want(const std::string& name, Duration ttl = 10s) {
  return {.name = name, .who = {"alice", "v"}, .ttl = ttl};
}
RunProgram takes(const std::vector<std::string>& names) {
  return program([=](Keys& keys) {
    for (const std::string& name : names) keys.take(want(name));
  });
}

TEST(Programs, are_answered_when_all_that_they_changed_is_durable) {
  Workbench bench;
  const Address from = bench.ask(takes({"a", "b"}));
  bench.take();
  EXPECT_FALSE(bench.answer(from));
  bench.durable();
  EXPECT_THAT(bench.answer(from).value().granted, SizeIs(2));
}

TEST(Programs, are_not_answered_as_granted_once_the_first_deadline_has_passed) {  // L4
  Workbench bench;
  const Address from = bench.ask(program([](Keys& keys) {
    keys.take(want("a", 60s));
    keys.take(want("b", 1s));
  }));
  bench.take();
  bench.pass(2s);
  bench.durable();
  EXPECT_EQ(bench.answer(from).value().code, ErrorCode::grant_lapsed);
  const Address after = bench.ask(Acquire{.name = "a", .who = core::bob, .ttl = 10s}, 2);
  bench.commit();
  EXPECT_EQ(bench.answer(after).value().code, ErrorCode::none) << "it was told that it holds nothing";
}

TEST(Programs, that_were_answered_too_late_keep_what_they_only_renewed) {  // L4
  Workbench bench;
  bench.done(program([](Keys& keys) { keys.take(want("a", 60s)); }));
  const Address from = bench.ask(program([](Keys& keys) {
    keys.renew("a", 60s, Proof::connection);
    keys.take(want("b", 1s));
  }));
  bench.take();
  bench.pass(2s);
  bench.durable();
  EXPECT_EQ(bench.answer(from).value().code, ErrorCode::grant_lapsed);
  bench.pass(50ms);
  EXPECT_TRUE(std::as_const(*bench.engine).state().find("a")->held()) << "its session may know already that it holds";
}

TEST(Programs, have_all_of_their_effects_in_one_batch) {
  Bounds bounds;
  bounds.batch_bytes_max = 200;
  Workbench bench({}, bounds);
  bench.ask(takes({"one"}));
  bench.ask(takes({"a/rather/long/name", "b/rather/long/name", "c/rather/long/name", "d/rather/long/name"}));
  bench.ask(takes({"another"}));
  std::vector<std::size_t> batches;
  while (bench.engine->pending()) {
    bench.take();
    batches.push_back(bench.taken.effects.size());
    bench.durable();
  }
  EXPECT_EQ(batches, (std::vector<std::size_t>{1, 4, 1})) << "whatever their size";
}

/// A crash at any moment leaves all that a program did, or nothing of it.
RC_GTEST_PROP(Programs, are_never_half_there_after_a_crash, ()) {
  const std::vector<std::string> names{"red", "green", "blue", "black"};
  Bounds bounds;
  bounds.batch_bytes_max = *rc::gen::element<std::size_t>(1, 150, 400, 1'000);
  Workbench bench({}, bounds);
  /// What each program that changed anything left behind: who had which name then.
  std::set<std::set<std::string>> left{{}};
  std::set<std::string> held;
  const auto on_disk = [&] {
    Workbench after;
    after.disk = bench.disk;
    after.start();
    std::set<std::string> found;
    for (const std::string& name : names) {
      const core::Lease* lease = std::as_const(*after.engine).state().find(name);
      if (lease && lease->held()) found.insert(name);
    }
    return found;
  };
  const auto steps = *rc::gen::container<std::vector<std::pair<int, int>>>(
      rc::gen::pair(rc::gen::inRange(0, 8), rc::gen::inRange(1, 16)));
  for (const auto& [what, which] : steps) {
    if (what < 5) {  // Gives back what it has of these names, and takes what it does not have.
      bench.ask(program([&, which = which](Keys& keys) {
        for (std::size_t i = 0; i < names.size(); ++i) {
          if (!(which >> i & 1)) continue;
          if (keys.take(want(names[i], core::forever)) == ErrorCode::none) {
            held.insert(names[i]);
          } else {
            RC_ASSERT(keys.end(names[i], Proof::connection) == ErrorCode::none);
            held.erase(names[i]);
          }
        }
      }));
      left.insert(held);
    } else if (what == 5 && bench.taken.effects.empty() && bench.engine->pending()) {
      bench.take();
    } else if (what > 5 && !bench.taken.effects.empty()) {
      bench.durable();
      RC_ASSERT(left.contains(on_disk()));
    }
  }
}

// --- A server in need.

class ProgramsBehind : public testing::Test {
 protected:
  ProgramsBehind() {
    bounds.pending_bytes_max = 300;
    bench = std::make_unique<Workbench>(core::Limits{}, bounds);
    bench->done(takes({"job"}));
    while (!bench->engine->behind()) bench->ask(takes({"filler/" + std::to_string(filled++)}));
  }
  Bounds bounds;
  std::unique_ptr<Workbench> bench;
  int filled = 0;
};

TEST_F(ProgramsBehind, are_refused_where_they_may_begin_something) {
  bool ran = false;
  const Address from = bench->ask(program([&](Keys&) { ran = true; }));
  EXPECT_EQ(bench->answer(from).value().code, ErrorCode::journal_behind);
  EXPECT_FALSE(ran);
  EXPECT_EQ(bench->engine->statistics().refused_behind, 1U);
}

TEST_F(ProgramsBehind, renew_and_change_nothing_else) {
  const std::size_t pending = bench->engine->pending_bytes();
  const Address from = bench->ask(program(
      [](Keys& keys) {
        EXPECT_EQ(keys.renew("job", 10s, Proof::connection), ErrorCode::none);
        EXPECT_EQ(keys.renew("job", 11s, Proof::connection), ErrorCode::journal_behind);
        EXPECT_EQ(keys.end("job", Proof::connection), ErrorCode::journal_behind);
      },
      false));
  EXPECT_EQ(bench->answer(from).value().code, ErrorCode::none) << "at once: it waits for nothing that is pending";
  EXPECT_EQ(bench->engine->pending_bytes(), pending);
  EXPECT_EQ(bench->engine->statistics().refused_behind, 1U);
  bench->ask(program([](Keys& keys) { EXPECT_EQ(keys.take(want("free")), ErrorCode::journal_behind); }, false));
  bench->commit();
  bench->done(program([](Keys& keys) { EXPECT_EQ(keys.end("job", Proof::connection), ErrorCode::none); }, false));
}

TEST(ProgramsOutOfRoom, begin_nothing_and_go_on_with_the_rest) {
  Workbench bench;
  bench.done(takes({"job"}));
  bench.engine->set_room({.bytes = 1'000, .full = true, .aside = 1'001});
  bench.done(program([](Keys& keys) {
    EXPECT_EQ(keys.take(want("free")), ErrorCode::disk_full);
    EXPECT_EQ(keys.renew("job", 11s, Proof::connection), ErrorCode::disk_full);
    EXPECT_EQ(keys.renew("job", 10s, Proof::connection), ErrorCode::none);
    EXPECT_TRUE(keys.look("job").held);
    EXPECT_EQ(keys.end("job", Proof::connection), ErrorCode::none);
  }));
  EXPECT_EQ(bench.engine->statistics().refused_full, 1U);
  bench.engine->set_room({});
  bench.done(program([](Keys& keys) { EXPECT_EQ(keys.take(want("free")), ErrorCode::none); }));
  EXPECT_EQ(bench.engine->statistics().refused_full, 1U);
}

TEST(ProgramsOfAServerThatStops, begin_nothing_and_go_on_with_the_rest) {
  Workbench bench;
  bench.done(takes({"job"}));
  std::vector<core::Answer> leaving;
  bench.engine->stop_waiting(leaving);
  bench.done(program([](Keys& keys) {
    EXPECT_EQ(keys.take(want("free")), ErrorCode::stopping);
    EXPECT_EQ(keys.pass_on({.name = "job", .who = {"alice", "w"}, .ttl = 10s}, Proof::connection), ErrorCode::stopping);
    EXPECT_EQ(keys.renew("job", 11s, Proof::connection), ErrorCode::none);
    EXPECT_EQ(keys.end("job", Proof::connection), ErrorCode::none);
  }));
}

}  // namespace
}  // namespace holdfast::engine
