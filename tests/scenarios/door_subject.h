// A whole server in this process, asked over real connections, on a clock turned by hand: what its doors share.
#pragma once

#include <list>
#include <memory>
#include <optional>

#include "cli/instance.h"
#include "journal/memory/keeping_journal.h"
#include "tests/scenarios/subject.h"

namespace holdfast::scenarios {

/// One connection to a door, with one question at a time.
class Wire {
 public:
  virtual ~Wire() = default;
  virtual void send(const Ask& ask) = 0;
  virtual int socket() const = 0;
  /// The answer, if it has come. `wall_began`: the wall clock when the run began.
  virtual std::optional<Told> answer(const Ask& ask, WallTime wall_began) = 0;
};

class DoorSubject : public Subject {
 public:
  ~DoorSubject() override;

  bool can(std::string_view need) const override;
  void ask(const Ask& ask) override;
  std::vector<Told> told() override { return std::exchange(told_, {}); }
  void advance(Duration time) override;
  void pause(Duration time) override { clock_.advance(time); }
  void move_wall(Duration by) override {
    clock_.set_wall(clock_.wall() + std::chrono::duration_cast<std::chrono::microseconds>(by));
  }
  void crash() override;
  void restart() override;
  void vanish(std::uint64_t client, bool heard) override;
  void undelivered(const Ask& ask, std::uint64_t token) override;
  void order(const std::string& what) override;

 protected:
  /// `resp`: where the door for clients of Redis listens, as in the settings.
  DoorSubject(const Options& options, std::string resp);
  /// A connection of somebody.
  virtual std::unique_ptr<Wire> connect(const cli::Instance& server, const Ask& first) = 0;

 private:
  struct Connection {
    std::uint64_t client;
    std::unique_ptr<Wire> wire;
    std::optional<Ask> asked;  ///< Not answered yet.
  };

  std::uint64_t& bound_of(const std::string& key);
  Connection& idle_connection_of(const Ask& ask);
  std::size_t unanswered() const;
  bool settled();
  void settle();

  HandClock clock_;
  WallTime began_;
  Duration since_tick_{};
  cli::Settings settings_;
  server::Log log_{server::Log::Form::json, server::Log::Level::error};
  std::shared_ptr<journal::Shelf> shelf_ = std::make_shared<journal::Shelf>();
  std::unique_ptr<journal::KeepingJournal> journal_;
  std::unique_ptr<cli::Instance> server_;
  std::uint64_t durable_before_ = 0;  ///< The position with which the server started.
  std::list<Connection> connections_;
  std::vector<Told> told_;
};

}  // namespace holdfast::scenarios
