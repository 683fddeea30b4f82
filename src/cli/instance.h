// A whole server, put together: engine, runner, doors. What `serve` runs, and what tests run in process.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <thread>

#include "base/clock.h"
#include "cli/settings.h"
#include "engine/event_ring.h"
#include "engine/runner.h"
#include "history/store.h"
#include "journal/journal.h"
#include "server/console/files.h"
#include "server/event_streams.h"
#include "server/http/door.h"
#include "server/live/thread.h"
#include "server/log.h"
#include "server/refusals.h"
#include "server/resp/door.h"
#include "server/service.h"

namespace holdfast::cli {

/// The engine that `settings`, which have been checked, ask for: with what is injected, where something is. `clock` and
/// `presence` must outlive it.
std::unique_ptr<engine::Engine> make_engine(const Settings& settings, Clock& clock, const core::Presence& presence);

/// One server on one journal. `stop` or the destructor ends it.
class Instance {
 public:
  /// `settings` have been checked. `journal`, `clock` and `log` must outlive the instance. `on_journal_failure` is
  /// called once, from any thread, when everything in flight has its answer; `stop`, from another thread, gets those
  /// written. `history` (null: none is kept) must outlive the instance, too.
  Instance(const Settings& settings, journal::Journal& journal, Clock& clock, server::Log& log,
           engine::OnJournalFailure on_journal_failure, engine::RunnerOptions runner_options = {},
           history::Store* history = nullptr);
  ~Instance();

  /// Recovers the journal, then listens. Errors: those of Journal::open, and bad_configuration where the address
  /// cannot be had, or there is no console in `web_root`.
  Result<journal::Opened> start(const server::console::Frames& frames = {});

  /// Tells those who wait, makes durable what was decided, writes the answers under way, closes the journal.
  ///
  /// Error: journal_io, if the journal has failed; all else is done then.
  Result<void> stop();

  std::uint16_t port() const { return door_.port(); }
  /// None: that door is shut.
  std::optional<std::uint16_t> resp_port() const {
    return resp_door_ ? std::optional(resp_door_->port()) : std::nullopt;
  }
  engine::Runner& runner() { return *runner_; }
  server::Service& service() { return service_; }

 private:
  void watch(const std::stop_token& stop);

  /// Hands the history what is durable.
  class Historian final : public engine::Listener {
   public:
    explicit Historian(history::Store* history) : history_(history) {}
    void replayed(const core::Effect& effect, core::Position position) override {
      history_->replayed(effect, position);
    }
    void durable(const std::shared_ptr<const engine::Batch>& batch) override {
      history_->durable({batch, &batch->effects}, batch->first);
    }

   private:
    history::Store* history_;
  };

  journal::Journal& journal_;
  Historian historian_;
  engine::EventRing events_;
  server::Service service_;
  server::EventStreams streams_;   ///< Before the doors: both hand those who watch to it.
  server::live::LiveThread live_;  ///< Before the door that live sockets come by.
  std::unique_ptr<engine::Runner> runner_;
  std::string web_root_;
  server::console::Files files_;  ///< Before the door that serves them.
  server::http::Door door_;
  std::optional<server::resp::Door> resp_door_;
  bool running_ = false;
  server::Refusals refusals_;
  std::jthread watching_;  ///< Looks at the figures, for the log.
};

}  // namespace holdfast::cli
