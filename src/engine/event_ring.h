// The newest durable effects, for those who watch: one ring, and a position of its own for each reader (L14).
//
// Positions follow one another without gaps, over restarts too: a start fills the ring from the journal's tail. What is
// older than the ring is gone; a reader whose next position that is has to be told so.
#pragma once

#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <vector>

#include "engine/batch.h"
#include "engine/listener.h"

namespace holdfast::engine {

/// Thread-safe.
class EventRing final : public Listener {
 public:
  /// Holds effects of about `bytes_max` in memory; the newest batch always.
  explicit EventRing(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  void replayed(const core::Effect& effect, core::Position position) override;
  void durable(const std::shared_ptr<const Batch>& batch) override;

  /// Somebody to be told that there is something new.
  class Reader {
   public:
    virtual ~Reader() = default;
    /// Called after each batch by the thread that made it durable, whose clients wait: it must be quick.
    virtual void wake() = 0;
  };
  void join(Reader& reader);
  /// When it returns, `reader` is not being woken and will not be again.
  void leave(Reader& reader);

  /// The newest durable position; of a new journal 0.
  core::Position last() const;
  /// Whether everything behind `position` is here, or has not happened yet.
  bool reaches_back_to(core::Position position);

  struct Read {
    bool gone = false;  ///< What comes next is not kept any more. There are no batches then.
    std::vector<std::shared_ptr<const Batch>> batches{};  ///< The first may begin before what comes next.
  };
  /// Up to `batches_max` batches, from the one with the effect behind `position` on. None where nothing came yet.
  Read behind(core::Position position, std::size_t batches_max);

  std::size_t bytes() const;

 private:
  struct Kept {
    std::shared_ptr<const Batch> batch;
    std::size_t bytes = 0;
  };

  using Batches = std::vector<std::shared_ptr<const Batch>>;
  /// What it drops for room goes to `dropped`: freeing thousands of effects is nothing to do under the mutex.
  void keep(std::shared_ptr<const Batch> batch, std::size_t bytes, Batches& dropped);
  void seal(Batches& dropped);

  const std::size_t bytes_max_;

  std::mutex readers_mutex_;
  std::vector<Reader*> readers_;  // Guarded by readers_mutex_.

  mutable std::mutex mutex_;
  std::deque<Kept> kept_;  // Guarded by mutex_, as all below. Oldest first, without gaps.
  std::size_t bytes_ = 0;
  core::Position last_;
  Batch replaying_;  ///< Replayed effects that are no batch yet.
  std::size_t replaying_bytes_ = 0;
};

/// About what `effect` takes in memory.
std::size_t memory_of(const core::Effect& effect);

}  // namespace holdfast::engine
