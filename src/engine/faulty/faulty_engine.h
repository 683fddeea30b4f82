// The bugs of the incident reports, put back on request, so that every test that claims to catch one can be shown to.
//
// docs/injections.md says for each who must catch it. The step checks are off for what is injected here; core knows
// nothing of it. Packages are built without this room.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "engine/engine.h"

namespace holdfast::engine {

/// What `--inject` can name.
struct Injection {
  enum class Kind {
    check_then_act,         ///< Availability is looked at in one step, ownership taken in another.
    release_by_name,        ///< A release frees the name, whoever holds it and whatever the token.
    forget_waiter_check,    ///< A waiter is granted without a look whether it is still there.
    token_from_clock,       ///< A grant's token is the time of day, and nothing else.
    lapse_by_wall_clock,    ///< Lease time is the time of day.
    answer_before_durable,  ///< Answers leave when they are decided.
  };
  Kind kind;
  Duration delay{};  ///< check_then_act: between the look and the taking.

  /// How each of them is written, with what it may be told: "check-then-act[=DELAY]".
  static std::vector<std::string> forms();

  /// `name` or `name=delay` ("check-then-act=100ms"). Error: bad_configuration, which lists the names.
  static Result<Injection> parse(std::string_view text);
  std::string text() const;
};

/// An engine that breaks promises as told.
class FaultyEngine final : public Engine {
 public:
  FaultyEngine(std::vector<Injection> injections, Clock& clock, const core::Presence& presence,
               core::Limits limits = {}, Bounds bounds = {});

 protected:
  void handle(core::Step& step, Request& request) override;
  void before_tick(core::Step& step) override;
  const core::Presence& presence() const override;
  core::Now read_clock() override;
  bool may_leave(const core::Reply& reply) const override;

 private:
  /// Somebody who found the name free and has yet to take it.
  struct Checked {
    Request request;
    Instant acts_at;
  };
  const Injection* injected(Injection::Kind kind) const;
  core::Token next_token() const;
  void act(core::Step& step, const Request& request);
  static void release_whoever_holds(core::Step& step, const core::Lease& lease, const core::Release& asked,
                                    core::Address from);

  std::vector<Injection> injections_;
  std::deque<Checked> checked_;
  std::optional<WallTime> first_reading_;  ///< Of lapse_by_wall_clock: where its lease time begins.
};

}  // namespace holdfast::engine
