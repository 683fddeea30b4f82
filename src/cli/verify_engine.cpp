#include "cli/verify_engine.h"

#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <thread>

#include "base/clock.h"
#include "cli/instance.h"
#include "cli/journals.h"
#include "cli/verify_holdfast.h"
#include "engine/runner.h"

namespace holdfast::cli {
namespace {

using namespace std::chrono_literals;
using recording::Outcome;
using recording::What;
using verify::Ask;
using verify::Heard;

/// Who asks the engine, and where its answers go: what a door is, without sockets. Thread-safe.
class Callers final : public core::Presence {
 public:
  /// A client that is there from now on.
  std::uint64_t join() {
    const std::scoped_lock lock(mutex_);
    present_.insert(++last_);
    return last_;
  }
  void leave(std::uint64_t client) {
    const std::scoped_lock lock(mutex_);
    present_.erase(client);
    answered_.notify_all();
  }
  bool present(std::uint64_t client) const override {
    const std::scoped_lock lock(mutex_);
    return present_.contains(client);
  }

  void deliver(std::vector<core::Answer>& leaving) {
    const std::scoped_lock lock(mutex_);
    for (core::Answer& answer : leaving) answers_.insert_or_assign(answer.to, std::move(answer.reply));
    answered_.notify_all();
  }
  /// None: the client has left, or nothing came for `patience`.
  std::optional<core::Reply> await(core::Address address, Duration patience) {
    std::unique_lock lock(mutex_);
    answered_.wait_for(lock, patience,
                       [&] { return answers_.contains(address) || !present_.contains(address.client); });
    auto answer = answers_.extract(address);
    if (answer.empty()) return std::nullopt;
    return std::move(answer.mapped());
  }

 private:
  mutable std::mutex mutex_;
  std::condition_variable answered_;
  std::uint64_t last_ = 0;
  std::set<std::uint64_t> present_;
  std::map<core::Address, core::Reply> answers_;
};

class EngineSession final : public verify::Session {
 public:
  EngineSession(engine::Runner& runner, Callers& callers, std::string client)
      : runner_(runner), callers_(callers), client_(std::move(client)) {}
  ~EngineSession() override { hang_up(); }

  Heard ask(const Ask& ask, verify::Ticket& gate) override {
    core::Command command = command_of(ask);
    const core::Address from{connected(), ++requests_};
    gate.pass({});
    submit(from, std::move(command));
    std::optional<core::Reply> reply = callers_.await(from, ask.wait + 30s);
    if (!callers_.present(from.client)) {
      go_away(from, reply);
      return {.came = false, .words = "hung up"};
    }
    if (!reply) return {.came = false, .words = "no answer came"};
    return heard(ask.what, *reply);
  }

  void hang_up() override {
    const std::scoped_lock lock(mutex_);
    if (number_) callers_.leave(*number_);
    number_.reset();
  }

 private:
  std::uint64_t connected() {
    const std::scoped_lock lock(mutex_);
    if (!number_) number_ = callers_.join();
    return *number_;
  }

  void submit(core::Address from, core::Command command) {
    std::vector<engine::Request> requests{{from, std::move(command)}};
    runner_.submit(requests);
  }

  /// What a door does for a connection that has ended: its place is given up, and a grant on its way taken back.
  void go_away(core::Address from, const std::optional<core::Reply>& reply) {
    submit(from, core::Leave{});
    const bool granted = reply && reply->code == ErrorCode::none && reply->void_after != Instant{};
    if (granted) submit(from, core::TakeBack{reply->lease.name, reply->lease.token, reply->who});
  }

  core::Command command_of(const Ask& ask) const {
    const core::Who who{client_, client_};
    const core::Token token{ask.grip.token};
    switch (ask.what) {
      case What::renew:
        // Of every other holding, renewals say nothing of the ttl, which stays as it was.
        return core::Renew{.name = ask.name,
                           .token = token,
                           .who = who,
                           .ttl = token.value % 2 == 0 ? std::nullopt : std::optional(ask.ttl)};
      case What::release:
        return core::Release{.name = ask.name, .token = token, .who = who};
      case What::query:
        return core::Get{.name = ask.name};
      case What::takeover:
        return core::Takeover{
            .want = {.name = ask.name, .who = who, .ttl = ask.ttl}, .token = token, .reason = "verified"};
      default:
        return core::Acquire{.name = ask.name, .who = who, .ttl = ask.ttl, .wait = ask.wait};
    }
  }

  static Heard heard(What what, const core::Reply& reply) {
    const core::LeaseView& lease = reply.lease;
    Heard heard{.outcome = outcome_of(reply.code)};
    heard.grip.token = lease.token.value;
    heard.held = lease.held;
    if (lease.held) heard.holder = lease.who.session;
    heard.waiting = static_cast<unsigned>(lease.waiting);
    heard.words = reply.code == ErrorCode::none ? "done" : std::string{info_of(reply.code).name};
    if (reply.code == ErrorCode::grant_lapsed) heard.grip = {};  // It was held for a while, and nobody was told.
    if (reply.code != ErrorCode::none || what == What::query) return heard;
    if (what == What::release) {
      if (!reply.ended) heard.outcome = Outcome::stale;
      heard.grip.token = 0;
      heard.holder.clear();
      return heard;
    }
    heard.holder.clear();  // Whoever asked.
    if (what != What::renew) heard.previous = lease.previous.value;
    heard.joined = reply.joined;
    heard.ttl = lease.ttl;
    heard.waited = reply.waited;
    return heard;
  }

  static Outcome outcome_of(ErrorCode code) {
    switch (code) {
      case ErrorCode::none:
        return Outcome::ok;
      case ErrorCode::held:
      case ErrorCode::held_by_you:
      case ErrorCode::takeover_pending:
      case ErrorCode::token_needed:
        return Outcome::busy;
      case ErrorCode::stale:
      case ErrorCode::nothing_held:
        return Outcome::stale;
      case ErrorCode::wait_over:
        return Outcome::over;
      case ErrorCode::grant_lapsed:
        return Outcome::unknown;
      default:
        return info_of(code).fate == Fate::not_done ? Outcome::error : Outcome::unknown;
    }
  }

  engine::Runner& runner_;
  Callers& callers_;
  std::string client_;
  std::mutex mutex_;
  std::optional<std::uint64_t> number_;  ///< Of the connection, as it were.
  std::uint64_t requests_ = 0;
};

class EngineTarget final : public verify::Target {
 public:
  EngineTarget(const Settings& settings, std::string about)
      : about_(std::move(about)),
        journal_(make_journal(settings, [](const std::string&) {})),
        runner_(
            make_engine(settings, clock_, callers_), *journal_,
            [this](std::vector<core::Answer>& leaving) { callers_.deliver(leaving); }, [](const Error&) {}) {
  }  // Everything in flight has been answered, which the recording shows.

  ~EngineTarget() override {
    if (!started_) return;
    const bool idle = runner_.drain(5s) && runner_.finish(5s);
    if (idle) (void)journal_->close();
  }

  Result<void> start() {
    HF_TRY_VOID(runner_.start());
    started_ = true;
    return {};
  }

  std::string about() const override { return about_; }
  verify::Traits traits() const override { return holdfast_traits(); }
  std::unique_ptr<verify::Session> session(const std::string& client) override {
    return std::make_unique<EngineSession>(runner_, callers_, client);
  }

 private:
  std::string about_;
  SystemClock clock_;
  Callers callers_;
  std::unique_ptr<journal::Journal> journal_;
  engine::Runner runner_;
  bool started_ = false;
};

}  // namespace

Result<std::unique_ptr<verify::Target>> make_engine_target(const Settings& settings, std::string about) {
  auto target = std::make_unique<EngineTarget>(settings, std::move(about));
  HF_TRY_VOID(target->start());
  return target;
}

}  // namespace holdfast::cli
