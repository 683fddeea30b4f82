#include "engine/faulty/injection.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace holdfast::engine {
namespace {

using Kind = Injection::Kind;

struct Named {
  std::string_view name;
  Kind kind;
};
constexpr std::array names{
    Named{"check-then-act", Kind::check_then_act},
    Named{"release-by-name", Kind::release_by_name},
    Named{"forget-waiter-check", Kind::forget_waiter_check},
    Named{"token-from-clock", Kind::token_from_clock},
    Named{"lapse-by-wall-clock", Kind::lapse_by_wall_clock},
    Named{"answer-before-durable", Kind::answer_before_durable},
    Named{"token-reset", Kind::token_reset},
    Named{"grant-before-end", Kind::grant_before_end},
    Named{"release-old-token", Kind::release_old_token},
    Named{"renew-any-token", Kind::renew_any_token},
    Named{"renewal-forgotten", Kind::renewal_forgotten},
    Named{"double-grant", Kind::double_grant},
    Named{"late-renewal-steals", Kind::late_renewal_steals},
    Named{"delete-expired", Kind::delete_expired},
    Named{"takeover-keeps-both", Kind::takeover_keeps_both},
    Named{"restart-ends-leases", Kind::restart_ends_leases},
    Named{"wake-two", Kind::wake_two},
    Named{"lost-wakeup", Kind::lost_wakeup},
    Named{"lifo-queue", Kind::lifo_queue},
    Named{"durable-too-early", Kind::durable_too_early},
    Named{"failed-sync-ignored", Kind::failed_sync_ignored},
    Named{"last-effect-dropped", Kind::last_effect_dropped},
};
constexpr Duration default_delay = std::chrono::milliseconds(50);

std::optional<Duration> milliseconds(std::string_view text) {
  if (text.ends_with("ms")) text.remove_suffix(2);
  std::int64_t ms = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ms);
  if (error != std::errc{} || end != text.data() + text.size() || ms < 0 || ms > 60'000) return std::nullopt;
  return std::chrono::milliseconds(ms);
}

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

}  // namespace holdfast::engine
