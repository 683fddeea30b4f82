#include "verify/drive.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <random>
#include <thread>

#include "verify/probe.h"

namespace holdfast::verify {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

constexpr Duration sighting_patience = 5s;

/// Nobody else's names: not those of a run before, whose leases may still be held, nor those of one beside.
std::string fresh_run() {
  std::random_device device;
  return fmt::format("{:08x}", device());
}

void replace(std::string& in, std::string_view what, std::string_view with) {
  for (std::size_t at = in.find(what); at != std::string::npos; at = in.find(what, at + with.size())) {
    in.replace(at, what.size(), with);
  }
}

/// Names from the target's pattern: with {run} and {n} in it, or always the same one.
class Names {
 public:
  explicit Names(std::string pattern) : pattern_(std::move(pattern)) { replace(pattern_, "{run}", fresh_run()); }

  std::string next() {
    const std::scoped_lock lock(mutex_);
    std::string name = pattern_;
    replace(name, "{n}", std::to_string(++given_));
    return name;
  }
  /// What all of them begin with.
  std::string prefix() const {
    std::string prefix = pattern_.substr(0, pattern_.find("{n}"));
    while (prefix.ends_with('/')) prefix.pop_back();
    return prefix;
  }

 private:
  std::mutex mutex_;
  std::string pattern_;
  std::size_t given_ = 0;
};

/// Takes down what a watcher is told, and knows when it has been told the last thing.
class Sightings {
 public:
  explicit Sightings(Recorder& recorder) : recorder_(recorder) {}

  void take(const Change& change) {
    recorder_.add_sighting({.at = recorder_.now(),
                            .watcher = recorder_.add_client("watcher"),
                            .kind = change.kind,
                            .position = change.position,
                            .token = change.token},
                           change.name);
    const std::scoped_lock lock(mutex_);
    if (change.name == last_ && change.kind == recording::Sighting::Kind::ended) done_ = true;
    told_.notify_all();
  }
  void expect_last(const std::string& name) {
    const std::scoped_lock lock(mutex_);
    last_ = name;
  }
  bool await_last() {
    std::unique_lock lock(mutex_);
    return told_.wait_for(lock, sighting_patience, [this] { return done_; });
  }

 private:
  Recorder& recorder_;
  std::mutex mutex_;
  std::condition_variable told_;
  std::string last_;
  bool done_ = false;
};

/// Tells how far the run is, until it is destroyed.
class Teller {
 public:
  Teller(const DriveOptions& options, const Recorder& recorder, const std::atomic<const Workload*>& now_played) {
    if (!options.progress) return;
    thread_ = std::jthread([&options, &recorder, &now_played, begin = Clock::now()](const std::stop_token& stop) {
      std::mutex mutex;
      std::condition_variable_any timer;
      std::unique_lock lock(mutex);
      while (!timer.wait_for(lock, stop, 200ms, [] { return false; }) && !stop.stop_requested()) {
        if (const Workload* workload = now_played) {
          options.progress({workload->name, recorder.operations(), Clock::now() - begin});
        }
      }
    });
  }

 private:
  std::jthread thread_;
};

Result<std::vector<const Workload*>> chosen(const DriveOptions& options) {
  std::vector<const Workload*> out;
  for (const Workload* workload : all_workloads()) {
    const bool wanted =
        options.workloads.empty() || std::ranges::find(options.workloads, workload->name) != options.workloads.end();
    if (wanted) out.push_back(workload);
  }
  for (const std::string& name : options.workloads) {
    if (!find_workload(name)) return fail(ErrorCode::bad_configuration, "there is no workload '" + name + "'");
  }
  return out;
}

/// What of `workloads` this lock can be asked. Which not, and why, is noted: a verdict must not seem to say more than
/// was tried.
std::vector<const Workload*> playable(const std::vector<const Workload*>& workloads, const Manner& manner,
                                      Duration time, std::vector<std::string>& notes) {
  std::vector<const Workload*> out;
  std::string left_out;
  for (const Workload* workload : workloads) {
    std::string why{workload->lacks(manner)};
    if (why.empty() && workload->lacks == lacks_leases && manner.ttl * 2 > time) {
      why = fmt::format("a ttl of {:.1f} s is too long for a run of {:.1f} s; give it more --time",
                        std::chrono::duration<double>(manner.ttl).count(), std::chrono::duration<double>(time).count());
    }
    if (why.empty()) {
      out.push_back(workload);
    } else {
      left_out += fmt::format("{}{} ({})", left_out.empty() ? "" : ", ", workload->name, why);
    }
  }
  if (!left_out.empty()) notes.push_back("not played: " + left_out);
  return out;
}

/// So long that what is late by some milliseconds lapses for nobody, and so short that several lapse one after another.
Duration usual_ttl(Duration time) {
  return std::clamp<Duration>(time / 20, 100ms, 500ms);
}

unsigned shares(const std::vector<const Workload*>& workloads) {
  unsigned sum = 0;
  for (const Workload* workload : workloads) sum += workload->share;
  return std::max(sum, 1U);
}

/// Something that a watcher is told last.
void play_last(Player& player, Recorder& recorder, Sightings& sightings, const std::string& name, Driven& driven) {
  sightings.expect_last(name);
  const std::optional<Held> held = player.acquire(recorder.add_name(name));
  if (held) player.release(*held);
  if (!held || !sightings.await_last()) {
    driven.notes.push_back("the watcher was not told of the last change within 5 s");
  }
}

std::string about(const Target& target, const DriveOptions& options, const Manner& manner,
                  const std::vector<std::string>& played) {
  std::string out = fmt::format("{}; {} clients, seed {}", target.about(), options.clients, options.seed);
  if (manner.traits.lock.leases) {
    out += fmt::format(", ttl {} ms", std::chrono::ceil<std::chrono::milliseconds>(manner.ttl).count());
  }
  const std::string faults = options.faults.text();
  if (faults != "none") out += ", faults " + faults;
  return out + fmt::format("; workloads {}", fmt::join(played, ", "));
}

}  // namespace

Result<Driven> drive(Target& target, const DriveOptions& options) {
  HF_TRY(wanted, chosen(options));
  Names names(target.traits().names);
  HF_TRY(manner, probe(target, names.next(), options.ttl.value_or(usual_ttl(options.time))));
  Driven driven;
  const std::vector<const Workload*> workloads = playable(wanted, manner, options.time, driven.notes);

  Recorder recorder(manner.traits.lock);
  Guard guard;
  Clock::time_point end{};
  Ground ground{.target = target, .recorder = recorder, .guard = guard, .manner = manner, .faults = options.faults};
  ground.time_is_up = [&] { return Clock::now() >= end || options.give_up(); };
  std::vector<std::unique_ptr<Player>> players;
  for (std::size_t i = 0; i < options.clients; ++i) {
    players.push_back(std::make_unique<Player>(ground, fmt::format("c{:02}", i + 1), Chance(options.seed, "", i)));
  }
  Sightings sightings(recorder);
  HF_TRY(watching, target.watch(names.prefix(), [&](const Change& change) { sightings.take(change); }));

  std::atomic<const Workload*> now_played = nullptr;
  {
    const Teller teller(options, recorder, now_played);
    const unsigned sum = shares(workloads);
    for (const Workload* workload : workloads) {
      if (options.give_up()) break;
      now_played = workload;
      for (std::size_t i = 0; i < players.size(); ++i) players[i]->use(Chance(options.seed, workload->name, i));
      Stage stage(ground, players, options.names, [&] { return names.next(); });
      end = Clock::now() + options.time * workload->share / sum;
      workload->play(stage);
      driven.played.emplace_back(workload->name);
      driven.notes.insert(driven.notes.end(), stage.notes.begin(), stage.notes.end());
      driven.missed.insert(driven.missed.end(), stage.missed.begin(), stage.missed.end());
    }
  }
  if (watching) play_last(*players.front(), recorder, sightings, names.next(), driven);
  watching.reset();
  for (const std::string& words : ground.odd.told()) driven.notes.push_back(words);
  driven.recording = recorder.take(about(target, options, manner, driven.played));
  if (!ground.waited) driven.recording.lock.fifo = false;  // Nobody may ask about the order of a queue that never was.
  return driven;
}

}  // namespace holdfast::verify
