// An engine with its clock, its clients and its disk in one hand.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "core/desk_for_tests.h"
#include "engine/engine.h"

namespace holdfast::engine {

using namespace std::chrono_literals;
using core::Address;

/// 2026-06-01, where a HandClock begins, in microseconds since 2026-01-01: the first token.
inline constexpr std::uint64_t first_token = std::uint64_t{151} * 24 * 60 * 60 * 1'000'000;

class Workbench {
 public:
  using MakeEngine = std::function<std::unique_ptr<Engine>(Clock&, const core::Presence&)>;

  explicit Workbench(core::Limits limits = {}, Bounds bounds = {})
      : Workbench([=](Clock& hand, const core::Presence& presence) {
          return std::make_unique<Engine>(hand, presence, limits, bounds);
        }) {}
  explicit Workbench(MakeEngine make) : make_(std::move(make)) { start(); }

  /// A new engine that knows what is on `disk`.
  void start() {
    taken = {};
    engine = make_(clock, clients);
    for (std::size_t i = 0; i < disk.size(); ++i) engine->replay(disk[i], core::Position{i + 1});
    engine->start();
  }

  /// Asks from a request of its own on `client`; where it will be answered.
  Address ask(core::Command command, std::uint64_t client = 1) {
    return ask(std::move(command), Address{client, ++requests_});
  }
  Address ask(core::Command command, Address from) {
    std::vector<Request> requests{Request{from, std::move(command)}};
    engine->submit(requests, left);
    return from;
  }
  /// The answer that has left for `to`, once.
  std::optional<core::Reply> answer(Address to) {
    const auto found = std::ranges::find(left, to, &core::Answer::to);
    if (found == left.end()) return std::nullopt;
    core::Reply reply = std::move(found->reply);
    left.erase(found);
    return reply;
  }

  void take() { taken = engine->take_batch(); }
  /// What was taken is on disk.
  void durable() {
    disk.insert(disk.end(), taken.effects.begin(), taken.effects.end());
    engine->durable(std::exchange(taken, {}).last(), left);
  }
  /// Everything that is pending gets to the disk.
  void commit() {
    while (engine->pending()) {
      take();
      durable();
    }
  }

  /// Asks, commits, and gives the answer.
  core::Reply done(core::Command command, std::uint64_t client = 1) {
    const Address from = ask(std::move(command), client);
    commit();
    return answer(from).value();
  }
  core::Token grant(const std::string& name, const core::Who& who, Duration ttl = 10s) {
    return done(core::Acquire{.name = name, .who = who, .ttl = ttl}).lease.token;
  }

  /// The server runs for `time`, and ticks as it should.
  void pass(Duration time) {
    while (time > Duration::zero()) {
      const Duration step = std::min<Duration>(time, 50ms);
      clock.advance(step);
      engine->tick(left);
      time -= step;
    }
  }

  HandClock clock;
  core::Clients clients;
  std::unique_ptr<Engine> engine;
  Batch taken;
  std::vector<core::Effect> disk;  ///< What is durable.
  std::vector<core::Answer> left;  ///< Answers that have left and were not looked at.

 private:
  MakeEngine make_;
  std::uint64_t requests_ = 0;
};

}  // namespace holdfast::engine
