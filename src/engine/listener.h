// Who hears of every durable effect, in order: watchers, the history.
#pragma once

#include <memory>

#include "core/effects.h"
#include "engine/batch.h"

namespace holdfast::engine {

/// Told by the runner. `replayed` comes first, from the thread that starts it; then `durable`, from whichever thread
/// committed the batch, one call at a time. Answers wait for both to return: they only take note.
class Listener {
 public:
  virtual ~Listener() = default;

  /// An effect that the journal kept from before this start; of a snapshot, too (`core::of_snapshot`), with the
  /// snapshot's position.
  virtual void replayed(const core::Effect& effect, core::Position position) = 0;

  /// The next batch would outlive a power cut. Batches follow one another without gaps. The batch is shared: nobody
  /// copies effects to pass them on.
  virtual void durable(const std::shared_ptr<const Batch>& batch) = 0;
};

}  // namespace holdfast::engine
