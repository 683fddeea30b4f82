#include "engine/event_ring.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace holdfast::engine {
namespace {

using core::Position;

/// Replayed effects are kept in pieces of so many: small enough to be dropped one by one.
constexpr std::size_t replayed_together = 256;

}  // namespace

std::size_t memory_of(const core::Effect& effect) {
  return sizeof(core::Effect) + core::size_estimate(effect);
}

void EventRing::replayed(const core::Effect& effect, Position position) {
  Batches dropped;
  const std::lock_guard lock(mutex_);
  const bool snapshot = core::of_snapshot(effect);
  if (snapshot || position.value != last_.value + 1) {  // What comes next is the first that can be told.
    replaying_ = {};
    replaying_bytes_ = 0;
    kept_.clear();
    bytes_ = 0;
    last_ = snapshot ? position : Position{position.value - 1};
  }
  if (snapshot) return;
  if (replaying_.effects.empty()) replaying_.first = position;
  // What nobody will be told of only takes up its position.
  replaying_.effects.push_back(core::is_event(effect) ? effect : core::Effect{core::Forgotten{}});
  replaying_bytes_ += memory_of(replaying_.effects.back());
  last_ = position;
  if (replaying_.effects.size() == replayed_together) seal(dropped);
}

void EventRing::durable(const std::shared_ptr<const Batch>& batch) {
  Batches dropped;
  std::size_t bytes = 0;
  for (const core::Effect& effect : batch->effects) bytes += memory_of(effect);
  {
    const std::lock_guard lock(mutex_);
    seal(dropped);
    HF_CHECK(batch->first.value == last_.value + 1);  // L14
    last_ = batch->last();
    keep(batch, bytes, dropped);
  }
  const std::lock_guard lock(readers_mutex_);
  for (Reader* reader : readers_) reader->wake();
}

void EventRing::join(Reader& reader) {
  const std::lock_guard lock(readers_mutex_);
  readers_.push_back(&reader);
}

void EventRing::leave(Reader& reader) {
  const std::lock_guard lock(readers_mutex_);
  std::erase(readers_, &reader);
}

void EventRing::seal(Batches& dropped) {
  if (replaying_.effects.empty()) return;
  keep(std::make_shared<const Batch>(std::exchange(replaying_, {})), std::exchange(replaying_bytes_, 0), dropped);
}

void EventRing::keep(std::shared_ptr<const Batch> batch, std::size_t bytes, Batches& dropped) {
  kept_.push_back({std::move(batch), bytes});
  bytes_ += bytes;
  while (bytes_ > bytes_max_ && kept_.size() > 1) {
    bytes_ -= kept_.front().bytes;
    dropped.push_back(std::move(kept_.front().batch));
    kept_.pop_front();
  }
}

Position EventRing::last() const {
  const std::lock_guard lock(mutex_);
  return last_;
}

bool EventRing::reaches_back_to(Position position) {
  return !behind(position, 0).gone;
}

EventRing::Read EventRing::behind(Position position, std::size_t batches_max) {
  Batches dropped;
  const std::lock_guard lock(mutex_);
  seal(dropped);
  if (position >= last_) return {};
  const Position next{position.value + 1};
  if (kept_.empty() || next < kept_.front().batch->first) return {.gone = true};
  auto at = std::ranges::partition_point(kept_, [&](const Kept& kept) { return kept.batch->last() < next; });
  Read read;
  for (; at != kept_.end() && read.batches.size() < batches_max; ++at) read.batches.push_back(at->batch);
  return read;
}

std::size_t EventRing::bytes() const {
  const std::lock_guard lock(mutex_);
  return bytes_;
}

}  // namespace holdfast::engine
