#include "engine/faulty/faulty_journal.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace holdfast::engine {

using Kind = Injection::Kind;

bool FaultyJournal::injected(Kind kind) const {
  return std::ranges::find(injections_, kind, &Injection::kind) != injections_.end();
}

Result<journal::Opened> FaultyJournal::open(const journal::Replay& replay) {
  if (!injected(Kind::last_effect_dropped)) return sound_->open(replay);
  std::optional<std::pair<core::Effect, core::Position>> last;
  auto opened = sound_->open([&](const core::Effect& effect, core::Position position) {
    if (last) replay(last->first, last->second);
    last = {effect, position};
  });
  // Its position is taken; of what stood there nothing is left.
  if (last) replay(core::Forgotten{}, last->second);
  return opened;
}

Result<void> FaultyJournal::append(core::Position first, std::span<const core::Effect> batch) {
  if (injected(Kind::failed_sync_ignored)) {
    static_cast<void>(sound_->append(first, batch));
    return {};
  }
  if (!injected(Kind::durable_too_early)) return sound_->append(first, batch);
  Result<void> before = append_what_is_held();
  held_first_ = first;
  held_.assign(batch.begin(), batch.end());
  return before;
}

Result<void> FaultyJournal::append_what_is_held() {
  const std::vector<core::Effect> held = std::exchange(held_, {});
  return held.empty() ? Result<void>{} : sound_->append(held_first_, held);
}

Result<void> FaultyJournal::close() {
  HF_TRY_VOID(append_what_is_held());
  return sound_->close();
}

std::unique_ptr<journal::Journal> with_faults(const std::vector<Injection>& injections,
                                              std::unique_ptr<journal::Journal> sound) {
  if (std::ranges::none_of(injections, &Injection::of_journal)) return sound;
  return std::make_unique<FaultyJournal>(injections, std::move(sound));
}

}  // namespace holdfast::engine
