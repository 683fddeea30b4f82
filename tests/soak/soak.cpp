#include "tests/soak/soak.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <numeric>
#include <thread>

#include "cli/verify_holdfast.h"
#include "recording/write.h"
#include "tests/soak/faults.h"
#include "tests/soak/world.h"
#include "tests/support/http_talk.h"
#include "verify/drive.h"
#include "verify/report.h"

namespace holdfast::soak {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr auto round_time = 20s;
constexpr auto ttl = 500ms;
constexpr auto return_patience = 10s;
constexpr std::size_t undecided_kept = 3;

/// A client that does not ask on and on where nobody is.
class PatientSession final : public verify::Session {
 public:
  PatientSession(std::unique_ptr<verify::Session> session, World& world)
      : session_(std::move(session)), world_(world) {}
  verify::Heard ask(const verify::Ask& ask, verify::Ticket& gate) override {
    verify::Heard heard = session_->ask(ask, gate);
    const bool lost = heard.unreachable || !heard.came;
    if (lost) world_.await_up(2s);
    return heard;
  }
  void hang_up() override { session_->hang_up(); }

 private:
  std::unique_ptr<verify::Session> session_;
  World& world_;
};

class PatientTarget final : public verify::Target {
 public:
  explicit PatientTarget(World& world)
      : target_(cli::make_holdfast_target({"127.0.0.1", world.port()}, "a server under faults")), world_(world) {}
  std::string about() const override { return target_->about(); }
  verify::Traits traits() const override { return target_->traits(); }
  std::unique_ptr<verify::Session> session(const std::string& client) override {
    return std::make_unique<PatientSession>(target_->session(client), world_);
  }
  Result<std::unique_ptr<verify::Watching>> watch(const std::string& prefix,
                                                  std::function<void(const verify::Change&)> told) override {
    return target_->watch(prefix, std::move(told));
  }

 private:
  std::unique_ptr<verify::Target> target_;
  World& world_;
};

/// One after the other until `end`, with a pause between that is now and then long enough for a lapse.
class Schedule {
 public:
  Schedule(World& world, std::uint64_t seed, Outcome& outcome) : world_(world), chance_(seed), outcome_(outcome) {
    for (const Fault& fault : all_faults()) {
      if (!fault.needs_disk || world.has_disk()) faults_.push_back(&fault);
    }
  }

  /// `noted`: when each was, from the beginning of the round.
  void run(Clock::time_point begin, Clock::time_point end, std::vector<recording::Fault>& noted) {
    while (Clock::now() < end) {
      std::this_thread::sleep_for(milliseconds(20 + chance_() % (chance_() % 4 == 0 ? 1'500 : 300)));
      const Fault& fault = pick();
      const auto from = Clock::now();
      fault.bring_about(world_, chance_);
      ++outcome_.faults[std::string(fault.name)];
      if (!world_.running()) {
        std::this_thread::sleep_for(milliseconds(chance_() % 200));
        world_.start();
      }
      noted.push_back({.at = (from - begin).count(),
                       .until = (Clock::now() - begin).count(),
                       .client = recording::nobody,
                       .what = std::string(fault.name)});
    }
  }

 private:
  const Fault& pick() {
    const auto add = [](unsigned sum, const Fault* fault) { return sum + fault->weight; };
    std::uint64_t drawn = chance_() % std::accumulate(faults_.begin(), faults_.end(), 0U, add);
    for (const Fault* fault : faults_) {
      if (drawn < fault->weight) return *fault;
      drawn -= fault->weight;
    }
    return *faults_.back();
  }

  World& world_;
  Chance chance_;
  Outcome& outcome_;
  std::vector<const Fault*> faults_;
};

/// Everything that a client can want, once. False: something of it was refused.
bool works(std::uint16_t port, const std::string& name) {
  support::Talk alice(port, 5s), bob(port, 5s);
  const auto about = [](const char* owner, std::uint64_t token) {
    return fmt::format(R"({{"owner":"{}","session":"{}","token":{}}})", owner, owner, token);
  };
  const support::Response granted = alice.post("/v1/acquire/" + name, R"({"owner":"alice","session":"alice"})");
  if (granted.status != 200) return false;
  if (alice.post("/v1/renew/" + name, about("alice", granted.token())).status != 200) return false;
  if (bob.post("/v1/acquire/" + name, R"({"owner":"bob"})").status != 409) return false;
  bob.send(support::request_text("POST", "/v1/acquire/" + name, R"({"owner":"bob","session":"bob","wait_ms":5000})"));
  if (alice.post("/v1/release/" + name, about("alice", granted.token())).status != 200) return false;
  const support::Response next = bob.receive();
  return next.status == 200 && next.token() > granted.token() &&
         bob.post("/v1/release/" + name, about("bob", next.token())).status == 200 && bob.get("/readyz").status == 200;
}

void check_return(World& world, Outcome& outcome) {
  const auto began = Clock::now();
  world.mend();
  std::string last = "refused";
  for (int attempt = 0;; ++attempt) {
    bool well = false;
    try {
      well = works(world.port(), fmt::format("soak/works/{}/{}", outcome.rounds, attempt));
    } catch (const std::runtime_error& error) {
      last = error.what();
    }
    const auto took = std::chrono::duration_cast<milliseconds>(Clock::now() - began);
    outcome.slowest_return = std::max(outcome.slowest_return, took);
    if (well) return;
    if (took > return_patience) return world.complain("not everything works ten seconds after the last fault: " + last);
    std::this_thread::sleep_for(50ms);
  }
}

void add(verify::Coverage& sum, const verify::Coverage& more) {
  sum.operations += more.operations;
  sum.unknown += more.unknown;
  sum.grants += more.grants;
  sum.refusals += more.refusals;
  sum.renewals += more.renewals;
  sum.releases += more.releases;
  sum.lapses += more.lapses;
  sum.takeovers += more.takeovers;
  sum.waits += more.waits;
  sum.contended += more.contended;
}

/// Keeps `recording` for people to look at.
std::filesystem::path keep(const recording::Recording& recording, std::uint64_t seed, const Options& options,
                           Outcome& outcome) {
  const std::filesystem::path file = options.keep / fmt::format("soak-{}.jsonl", seed);
  if (const auto written = recording::write(recording, file); !written) {
    outcome.complaints.push_back(written.error().text());
  }
  return file;
}

void judge(recording::Recording recording, std::uint64_t seed, const Options& options, Outcome& outcome) {
  // What was under way when a server died is of unknown outcome, and that is many servers.
  const verify::Judgement judgement = verify::judge(recording, {.unknown_max = 0.2});
  verify::Coverage met = judgement.coverage;
  met.operations = recording.operations.size();
  met.unknown = static_cast<std::size_t>(
      std::ranges::count(recording.operations, recording::Outcome::unknown, &recording::Operation::outcome));
  add(outcome.met, met);
  switch (verify::verdict(judgement)) {
    case verify::Verdict::holds:
      return;
    case verify::Verdict::undecided:
      ++outcome.undecided;
      if (outcome.undecided <= undecided_kept) {
        options.tell(fmt::format("undecided; the recording: {}", keep(recording, seed, options, outcome).string()));
      }
      return;
    case verify::Verdict::inconclusive:
      ++outcome.inconclusive;
      return;
    case verify::Verdict::violated:
      break;
  }
  outcome.violated = true;
  outcome.recording = keep(recording, seed, options, outcome);
  outcome.report = verify::text_report(recording, judgement, {.title = recording.about, .replay = {}});
}

void play_round(World& world, std::uint64_t seed, milliseconds time, const Options& options, Outcome& outcome) {
  PatientTarget target(world);
  verify::DriveOptions how{.clients = options.clients, .time = time, .names = 16, .seed = seed, .ttl = ttl};
  how.faults = {.pause = true, .kill = true, .duplicate = true, .late = true};
  std::atomic<bool> playing = false;
  how.progress = [&](const verify::Progress&) {
    playing = true;
    playing.notify_all();
  };
  const auto begin = Clock::now();
  auto driven = std::async(std::launch::async, [&] {
    Result<verify::Driven> result = verify::drive(target, how);
    playing = true;
    playing.notify_all();
    return result;
  });
  playing.wait(false);  // It has tried the lock, which must be there for that.
  std::vector<recording::Fault> noted;
  Schedule(world, seed, outcome).run(begin, begin + time, noted);
  check_return(world, outcome);
  Result<verify::Driven> result = driven.get();
  if (!result) return world.complain("the clients could not begin: " + result.error().text());
  recording::Recording& recording = result->recording;
  recording.faults.insert(recording.faults.end(), noted.begin(), noted.end());
  std::ranges::stable_sort(recording.faults, {}, &recording::Fault::at);
  judge(std::move(recording), seed, options, outcome);
}

}  // namespace

Outcome soak(const Options& options) {
  Outcome outcome;
  World world(options.inject);
  const auto end = Clock::now() + options.time;
  while (Clock::now() < end && outcome.good() && world.complaints().empty()) {
    const auto left = std::chrono::duration_cast<milliseconds>(end - Clock::now());
    const std::uint64_t seed = options.seed + outcome.rounds;
    const std::size_t before = outcome.met.operations;
    play_round(world, seed, std::clamp<milliseconds>(left, 5s, round_time), options, outcome);
    ++outcome.rounds;
    options.tell(fmt::format("round {}, seed {}: {} operations, {} starts of the server so far", outcome.rounds, seed,
                             outcome.met.operations - before, world.starts()));
  }
  outcome.starts = world.starts();
  outcome.complaints.insert(outcome.complaints.end(), world.complaints().begin(), world.complaints().end());
  return outcome;
}

std::string told(const Outcome& outcome, const Options& options) {
  std::string text = fmt::format(
      "{}: {} rounds, {} operations ({} of unknown outcome), {} starts of a server; all worked again after {} ms at "
      "most\n",
      outcome.violated             ? "VIOLATED"
      : outcome.complaints.empty() ? "HOLDS"
                                   : "FAILED",
      outcome.rounds, outcome.met.operations, outcome.met.unknown, outcome.starts, outcome.slowest_return.count());
  if (outcome.undecided + outcome.inconclusive > 0) {
    text += fmt::format("undecided: {} rounds, inconclusive: {}\n", outcome.undecided, outcome.inconclusive);
  }
  std::vector<std::string> faults;
  for (const auto& [name, times] : outcome.faults) faults.push_back(fmt::format("{} {}", times, name));
  text += fmt::format("faults: {}\n", fmt::join(faults, ", "));
  for (const std::string& complaint : outcome.complaints) text += "complaint: " + complaint + "\n";
  if (outcome.violated) {
    text += fmt::format("{}\nthe recording: {}; judge it again: holdfast verify {}\n", outcome.report,
                        outcome.recording.string(), outcome.recording.string());
  }
  return text + fmt::format("the same schedule again: make soak ARGS=\"--seed {} --time {}ms\"\n", options.seed,
                            options.time.count());
}

}  // namespace holdfast::soak
