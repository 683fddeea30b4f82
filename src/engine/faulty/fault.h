// A mistake in how one command is carried out, or what is done at a tick.
#pragma once

#include <memory>

#include "core/rules.h"
#include "engine/engine.h"
#include "engine/faulty/injection.h"

namespace holdfast::engine {

/// What a fault has in its hands meanwhile.
struct Hands {
  core::Step& step;
  core::State& state;
  core::Now now;
  const core::Presence& presence;
};

class Fault {
 public:
  virtual ~Fault() = default;
  /// Before the rules see the request, which may be changed. True: it has been carried out, and they are not asked.
  virtual bool instead(Hands&, Request&) { return false; }
  /// When the rules are through with it.
  virtual void afterwards(Hands&, const Request&) {}
  virtual void before_tick(Hands&) {}
};

/// Null: that kind is made elsewhere.
std::unique_ptr<Fault> holding_fault(Injection::Kind kind);
std::unique_ptr<Fault> queue_fault(Injection::Kind kind);

/// A grant that no rule has looked at, and its answer.
void grant_unchecked(Hands& hands, const core::Acquire& asked, core::Address from, core::Token token,
                     Duration waited = Duration::zero());
/// Says to whoever asks, under whatever token, that it holds until a deadline.
void say_held(Hands& hands, const std::string& name, const core::Who& who, Duration ttl, core::Address from);

}  // namespace holdfast::engine
