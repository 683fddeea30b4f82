#include "engine/faulty/faulty_engine.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace holdfast::engine {
namespace {

struct Named {
  std::string_view name;
  Injection::Kind kind;
};
constexpr std::array names{
    Named{"check-then-act", Injection::Kind::check_then_act},
    Named{"release-by-name", Injection::Kind::release_by_name},
    Named{"forget-waiter-check", Injection::Kind::forget_waiter_check},
    Named{"token-from-clock", Injection::Kind::token_from_clock},
    Named{"lapse-by-wall-clock", Injection::Kind::lapse_by_wall_clock},
    Named{"answer-before-durable", Injection::Kind::answer_before_durable},
};
constexpr Duration default_delay = std::chrono::milliseconds(50);

std::optional<Duration> milliseconds(std::string_view text) {
  if (text.ends_with("ms")) text.remove_suffix(2);
  std::int64_t ms = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ms);
  if (error != std::errc{} || end != text.data() + text.size() || ms < 0 || ms > 60'000) return std::nullopt;
  return std::chrono::milliseconds(ms);
}

/// Believes that everybody is still there.
class Credulous final : public core::Presence {
 public:
  bool present(std::uint64_t) const override { return true; }
};

}  // namespace

Result<Injection> Injection::parse(std::string_view text) {
  const std::string_view name = text.substr(0, text.find('='));
  for (const Named& known : names) {
    if (known.name != name) continue;
    Injection injection{known.kind, default_delay};
    if (name.size() == text.size()) return injection;
    const std::optional<Duration> delay = milliseconds(text.substr(name.size() + 1));
    if (!delay || known.kind != Kind::check_then_act) break;
    injection.delay = *delay;
    return injection;
  }
  std::string choice;
  for (const std::string& form : forms()) choice += (choice.empty() ? "" : ", ") + form;
  return fail(ErrorCode::bad_configuration,
              "--inject " + std::string{text} + ": choose from " + choice + "; DELAY is 0ms to 60000ms");
}

std::vector<std::string> Injection::forms() {
  std::vector<std::string> out;
  for (const Named& known : names) {
    out.emplace_back(known.name);
    if (known.kind == Kind::check_then_act) out.back() += "[=DELAY]";
  }
  return out;
}

std::string Injection::text() const {
  const auto* known = std::ranges::find(names, kind, &Named::kind);
  std::string text{known->name};
  if (kind == Kind::check_then_act) text += '=' + std::to_string(ceil_ms(delay)) + "ms";
  return text;
}

FaultyEngine::FaultyEngine(std::vector<Injection> injections, Clock& clock, const core::Presence& presence,
                           core::Limits limits, Bounds bounds)
    : Engine(clock, presence, limits, bounds), injections_(std::move(injections)) {}

const Injection* FaultyEngine::injected(Injection::Kind kind) const {
  const auto found = std::ranges::find(injections_, kind, &Injection::kind);
  return found == injections_.end() ? nullptr : &*found;
}

const core::Presence& FaultyEngine::presence() const {
  static const Credulous credulous;
  if (injected(Injection::Kind::forget_waiter_check)) return credulous;
  return Engine::presence();
}

core::Now FaultyEngine::read_clock() {
  core::Now now = Engine::read_clock();
  if (!injected(Injection::Kind::lapse_by_wall_clock)) return now;
  if (!first_reading_) first_reading_ = now.wall;
  now.lease = Instant{std::max<Duration>(Duration::zero(), now.wall - *first_reading_)};
  return now;
}

bool FaultyEngine::may_leave(const core::Reply& reply) const {
  return injected(Injection::Kind::answer_before_durable) || Engine::may_leave(reply);
}

core::Token FaultyEngine::next_token() const {
  return injected(Injection::Kind::token_from_clock) ? token_of(last_reading().wall) : Engine::state().next_token();
}

void FaultyEngine::handle(core::Step& step, Request& request) {
  if (const Injection* injection = injected(Injection::Kind::check_then_act)) {
    const core::Acquire* acquire = std::get_if<core::Acquire>(&request.command);
    if (acquire && acquire->buffer == 0) {
      const core::Lease* lease = state().find(acquire->name);
      const bool available = !lease || !lease->held();  // The check ...
      if (available) {
        checked_.push_back({request, last_reading().lease + injection->delay});
        return;  // ... and, some time later, the act.
      }
    }
  }
  if (injected(Injection::Kind::token_from_clock)) {
    const core::Acquire* acquire = std::get_if<core::Acquire>(&request.command);
    const core::Lease* lease = acquire ? state().find(acquire->name) : nullptr;
    if (acquire && acquire->buffer == 0 && (!lease || !lease->held())) return act(step, request);
  }
  if (injected(Injection::Kind::release_by_name)) {
    const core::Release* release = std::get_if<core::Release>(&request.command);
    const core::Lease* lease = release ? state().find(release->name) : nullptr;
    if (lease && lease->held()) return release_whoever_holds(step, *lease, *release, request.from);
  }
  const bool about_a_ghost =
      std::holds_alternative<core::Leave>(request.command) || std::holds_alternative<core::TakeBack>(request.command);
  if (injected(Injection::Kind::forget_waiter_check) && about_a_ghost) return;
  Engine::handle(step, request);
}

void FaultyEngine::before_tick(core::Step& step) {
  while (!checked_.empty() && checked_.front().acts_at <= last_reading().lease) {
    const Checked checked = std::move(checked_.front());
    checked_.pop_front();
    act(step, checked.request);
  }
}

void FaultyEngine::act(core::Step& step, const Request& request) {
  const core::Acquire& asked = std::get<core::Acquire>(request.command);
  const core::Now now = last_reading();
  const core::Lease* lease = state().find(asked.name);
  if (asked.numbered && (!lease || lease->buffer == 0)) {
    step.carry_out(core::Numbered{asked.name, state().next_buffer()});
  }
  step.carry_out_unchecked(core::Granted{asked.name, asked.who, next_token(), asked.ttl, asked.holder, asked.note,
                                         asked.metadata, now.wall});
  core::Reply reply;
  reply.who = asked.who;
  reply.granted_at = now.lease;
  reply.void_after = core::deadline(now.lease, asked.ttl);
  step.answer(request.from, asked.name, std::move(reply));
}

void FaultyEngine::release_whoever_holds(core::Step& step, const core::Lease& lease, const core::Release& asked,
                                         core::Address from) {
  const core::Token token = lease.token;
  while (lease.held()) step.carry_out_unchecked(core::Released{lease.name, lease.first_active()->session, token});
  core::Reply reply;
  reply.who = asked.who;
  reply.ended = true;
  step.answer(from, asked.name, std::move(reply));
  step.hand_over(asked.name);
}

}  // namespace holdfast::engine
