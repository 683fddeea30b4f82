// What effects on texts and drafts change, and what snapshots keep of them.
#include "base/check.h"
#include "core/state.h"

namespace holdfast::core {

void State::keep_texts(const std::function<void(const Effect&)>& out) const {
  for (const auto& [name, buffer] : buffers_.by_name()) out(buffer->keep());
  for (const auto& [number, draft] : buffers_.drafts()) out(KeptDraft{draft.kept, draft.base_text.utf8()});
}

std::optional<text::ChangeSet> State::to_undo(std::string_view name, std::string_view owner, bool redo) {
  Buffer* const buffer = buffers_.find(name);
  return buffer ? buffer->to_undo(owner, redo) : std::nullopt;
}

/// Nobody takes back in one step what was done in two holdings.
void State::close_undo_groups(std::string_view name) {
  if (Buffer* const buffer = buffers_.find(name)) buffer->close_groups();
}

void State::carry_out(const BufferCreated& effect, Now) {
  auto buffer = std::make_unique<Buffer>(effect, position_.value);
  buffer->changed = position_;
  buffers_.add(std::move(buffer));
}

void State::carry_out(const BufferRemoved& effect, Now) {
  buffers_.remove(effect.name, position_);
}

void State::carry_out(const BufferEdited& effect, Now) {
  buffers_.carry_out(effect, position_, limits_.revisions_max);
}

void State::carry_out(const DraftKept& effect, Now) {
  buffers_.keep(effect, position_);
}

void State::carry_out(const DraftEnded& effect, Now) {
  buffers_.end_draft(effect.draft, position_);
}

void State::carry_out(const KeptBuffer& effect, Now) {
  auto buffer = std::make_unique<Buffer>(effect);
  buffer->changed = position_;
  buffers_.add(std::move(buffer));
}

void State::carry_out(const KeptDraft& effect, Now) {
  auto base = text::Text::from_utf8(effect.base_text);
  HF_CHECK(base.has_value());  // We wrote it.
  buffers_.keep(effect.draft, *std::move(base), position_);
}

}  // namespace holdfast::core
