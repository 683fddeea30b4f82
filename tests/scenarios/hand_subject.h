// What the subjects in this process share: a clock turned by hand, clients that come and go.
#pragma once

#include <map>
#include <set>

#include "base/clock.h"
#include "core/state.h"
#include "engine/engine.h"
#include "tests/scenarios/words.h"

namespace holdfast::scenarios {

class HandSubject : public Subject {
 public:
  void ask(const Ask& ask) final;
  std::vector<Told> told() final { return std::exchange(told_, {}); }
  void advance(Duration time) final;
  void pause(Duration time) final { clock_.advance(time); }
  void move_wall(Duration by) final {
    clock_.set_wall(clock_.wall() + std::chrono::duration_cast<std::chrono::microseconds>(by));
  }
  void vanish(std::uint64_t client, bool heard) final;
  void undelivered(const Ask& ask, std::uint64_t token) final;

 protected:
  explicit HandSubject(const Options& options);

  virtual bool running() const = 0;
  virtual void submit(core::Address from, core::Command command) = 0;
  virtual void tick() = 0;
  virtual const core::State& state() const = 0;

  /// Hands `answer` to its client.
  void deliver(const core::Answer& answer);
  /// As after a crash: nobody waits for an answer any longer.
  void forget_asks() { asked_.clear(); }

  class Clients final : public core::Presence {
   public:
    bool present(std::uint64_t client) const override { return !gone.contains(client); }
    std::set<std::uint64_t> gone;
  };

  HandClock clock_;
  Clients clients_;
  core::Limits limits_;
  engine::Bounds bounds_;

 private:
  core::List page_of(const Ask& ask) const;

  WallTime began_;
  Duration since_tick_{};
  struct Asked {
    Ask ask;
    std::shared_ptr<KeyAsk> program;  ///< Null: it is no program.
  };
  std::map<std::uint64_t, Asked> asked_;  ///< By request; not answered yet.
  std::vector<Told> told_;
};

}  // namespace holdfast::scenarios
