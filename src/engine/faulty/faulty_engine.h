// The bugs of the incident reports, put back on request, so that every test that claims to catch one can be shown to.
//
// docs/injections.md says for each who must catch it. The step checks are off for what is injected here; core knows
// nothing of it. Packages are built without this room.
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "engine/engine.h"
#include "engine/faulty/fault.h"
#include "engine/faulty/injection.h"

namespace holdfast::engine {

/// An engine that breaks promises as told.
class FaultyEngine final : public Engine {
 public:
  FaultyEngine(std::vector<Injection> injections, Clock& clock, const core::Presence& presence,
               core::Limits limits = {}, Bounds bounds = {});

  void replay(const core::Effect& effect, core::Position position) override;
  void start(bool announced = false) override;

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
  Hands hands(core::Step& step) { return {step, state(), last_reading(), presence()}; }
  void replay_what_is_held();
  void act(core::Step& step, const Request& request);
  /// What whoever once got the name believes the text to be takes the place of what it is. False: nothing is known of
  /// what that is.
  bool overwrite(core::Step& step, const core::Edit& edit, core::Address from);
  static void release_whoever_holds(core::Step& step, const core::Lease& lease, const core::Release& asked,
                                    core::Address from);

  std::vector<Injection> injections_;
  std::vector<std::unique_ptr<Fault>> faults_;
  std::deque<Checked> checked_;
  std::vector<std::pair<core::Effect, core::Position>> replayed_;  ///< Of token_reset.
  bool anything_replayed_ = false;
  bool starting_ = false;
  Duration aged_{};                        ///< Of restart_ends_leases: what recovered leases have behind them.
  std::optional<WallTime> first_reading_;  ///< Of lapse_by_wall_clock: where its lease time begins.
};

}  // namespace holdfast::engine
