// The subjects: the rules alone, and the engine on each journal that a test can crash.
#include <stdexcept>

#include "engine/lease_clock.h"
#include "journal/file/file_journal.h"
#include "journal/memory/keeping_journal.h"
#include "tests/scenarios/hand_subject.h"
#include "tests/scenarios/http_subject.h"
#include "tests/scenarios/resp_subject.h"
#include "tests/support/process.h"

namespace holdfast::scenarios {
namespace {

/// core::Step and a list of effects: no engine, no journal, every answer at once.
class CoreSubject final : public HandSubject {
 public:
  explicit CoreSubject(const Options& options) : HandSubject(options) { restart(); }

  bool can(std::string_view need) const override { return need != "disk" && need != "stop"; }
  void crash() override {
    state_.reset();
    forget_asks();
  }
  void restart() override {
    state_ = std::make_unique<core::State>(limits_);
    lease_clock_ = std::make_unique<engine::LeaseClock>(clock_);
    core::Position position;
    for (const core::Effect& effect : kept_) state_->apply(effect, {++position.value}, {});
    state_->begin_tokens_at({static_cast<std::uint64_t>((clock_.wall() - epoch).count())});
    step([](core::Step& step) { step.drop_takeovers(core::Drop::restart); });
  }
  void order(const std::string& what) override { throw std::logic_error("core cannot: " + what); }

 protected:
  bool running() const override { return state_ != nullptr; }
  const core::State& state() const override { return *state_; }
  void submit(core::Address from, core::Command command) override {
    step([&](core::Step& step) { step.handle(command, from); });
  }
  void tick() override {
    bool more = true;
    while (more) step([&](core::Step& step) { more = step.tick(2'000); });
  }

 private:
  static constexpr WallTime epoch{std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}};

  void step(const std::function<void(core::Step&)>& act) {
    core::Outcome outcome;
    core::Step step(*state_, lease_clock_->read(), clients_, outcome);
    act(step);
    kept_.insert(kept_.end(), outcome.effects.begin(), outcome.effects.end());
    for (const core::Answer& answer : outcome.answers) deliver(answer);
  }

  std::unique_ptr<core::State> state_;
  std::unique_ptr<engine::LeaseClock> lease_clock_;
  std::vector<core::Effect> kept_;
};

/// The engine as a server has it, driven by hand.
class EngineSubject final : public HandSubject {
 public:
  using OpenJournal = std::function<std::unique_ptr<journal::Journal>()>;

  EngineSubject(const Options& options, OpenJournal open) : HandSubject(options), open_(std::move(open)) { restart(); }

  bool can(std::string_view) const override { return true; }
  void crash() override {
    engine_.reset();
    journal_.reset();
    forget_asks();
  }
  void restart() override {
    stuck_ = failed_ = false;
    journal_ = open_();
    engine_ = std::make_unique<engine::Engine>(clock_, clients_, limits_, bounds_);
    const auto opened =
        journal_->open([&](const core::Effect& effect, core::Position position) { engine_->replay(effect, position); });
    if (!opened) throw std::runtime_error("the journal does not open: " + opened.error().text());
    engine_->start();
  }
  void order(const std::string& what) override {
    std::vector<core::Answer> leaving;
    if (what == "disk stuck") {
      stuck_ = true;
    } else if (what == "disk free") {
      stuck_ = false;
      send(leaving);
    } else if (what == "disk fails" || what == "disk fails_kept") {
      const engine::Batch batch = engine_->take_batch();
      if (what == "disk fails_kept" && !journal_->append(batch.first, batch.effects)) throw std::runtime_error(what);
      engine_->fail(leaving);
      failed_ = true;
      for (const core::Answer& answer : leaving) deliver(answer);
    } else if (what == "disk full") {
      engine_->set_room({.bytes = 1'000, .full = true, .aside = 1'001});
    } else if (what == "disk has_room") {
      engine_->set_room({});
    } else if (what == "stop") {
      engine_->stop_waiting(leaving);
      send(leaving);
    } else {
      throw std::logic_error("no such order: " + what);
    }
  }

 protected:
  bool running() const override { return engine_ && !failed_; }
  const core::State& state() const override { return std::as_const(*engine_).state(); }
  void submit(core::Address from, core::Command command) override {
    std::vector<core::Answer> leaving;
    engine::Request request{from, std::move(command)};
    engine_->submit({&request, 1}, leaving);
    send(leaving);
  }
  void tick() override {
    std::vector<core::Answer> leaving;
    while (engine_->tick(leaving)) {
    }
    send(leaving);
  }

 private:
  void send(std::vector<core::Answer>& leaving) {
    while (!stuck_ && engine_->pending()) {
      const engine::Batch batch = engine_->take_batch();
      if (!journal_->append(batch.first, batch.effects)) throw std::runtime_error("the journal failed");
      engine_->durable(batch.last(), leaving);
    }
    for (const core::Answer& answer : std::exchange(leaving, {})) deliver(answer);
  }

  OpenJournal open_;
  std::unique_ptr<journal::Journal> journal_;
  std::unique_ptr<engine::Engine> engine_;
  bool stuck_ = false;
  bool failed_ = false;  ///< Nothing is taken any more; a server exits here.
};

std::unique_ptr<Subject> engine_in_memory(const Options& options) {
  auto shelf = std::make_shared<journal::Shelf>();
  return std::make_unique<EngineSubject>(options, [shelf] { return std::make_unique<journal::KeepingJournal>(shelf); });
}

std::unique_ptr<Subject> engine_on_files(const Options& options) {
  auto scratch = std::make_shared<support::ScratchDirectory>();
  return std::make_unique<EngineSubject>(options, [scratch] {
    return std::make_unique<journal::FileJournal>(journal::FileJournalOptions{
        .directory = scratch->path() / "data", .segment_bytes = 64 << 10, .start_bytes = 16 << 10});
  });
}

}  // namespace

const std::vector<NamedSubject>& subjects() {
  static const std::vector<NamedSubject> all{
      {"core", [](const Options& options) { return std::make_unique<CoreSubject>(options); }},
      {"engine_in_memory", engine_in_memory},
      {"engine_on_files", engine_on_files},
      {"server_over_http", server_over_http},
      {"server_over_resp", server_over_resp},
  };
  return all;
}

}  // namespace holdfast::scenarios
