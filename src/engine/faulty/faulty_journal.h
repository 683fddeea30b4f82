// A journal that breaks its promise as told: put around a sound one.
#pragma once

#include <memory>
#include <vector>

#include "engine/faulty/injection.h"
#include "journal/journal.h"

namespace holdfast::engine {

class FaultyJournal final : public journal::Journal {
 public:
  FaultyJournal(std::vector<Injection> injections, std::unique_ptr<journal::Journal> sound)
      : injections_(std::move(injections)), sound_(std::move(sound)) {}

  Result<journal::Opened> open(const journal::Replay& replay) override;
  Result<void> append(core::Position first, std::span<const core::Effect> batch) override;
  journal::Room room() const override { return sound_->room(); }
  Result<void> close() override;
  journal::Counters counters() const override { return sound_->counters(); }
  std::string describe() const override { return sound_->describe() + ", with faults"; }

 private:
  bool injected(Injection::Kind kind) const;
  Result<void> append_what_is_held();

  std::vector<Injection> injections_;
  std::unique_ptr<journal::Journal> sound_;
  core::Position held_first_;
  std::vector<core::Effect> held_;  ///< durable_too_early: said to be durable, and not written yet.
};

/// `sound`, with what `injections` break of a journal; as it is where they break nothing there.
std::unique_ptr<journal::Journal> with_faults(const std::vector<Injection>& injections,
                                              std::unique_ptr<journal::Journal> sound);

}  // namespace holdfast::engine
