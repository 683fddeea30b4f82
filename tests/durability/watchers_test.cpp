// A hundred watchers over kills of the server: each is told every change of its names once and in order, or of a gap
// (L14). What it should have been told is read from the journal itself, once all is over.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <holdfast/watch.h>

#include <atomic>
#include <boost/json.hpp>
#include <map>
#include <mutex>
#include <random>
#include <thread>

#include "api/events.h"
#include "journal/file/file_journal.h"
#include "tests/durability/crowd.h"
#include "tests/durability/here.h"

namespace holdfast::durability {
namespace {

using support::ServerProcess;

constexpr std::size_t watchers = 100;
constexpr int kills = 8;

/// What one watcher was told, in order.
struct Told {
  std::uint64_t number = 0;  ///< Of the position.
  std::string type, name;
  bool operator==(const Told&) const = default;
};

/// A watcher that goes away and comes back at random, and is resumed by its position alone.
class Watcher {
 public:
  Watcher(std::string prefix, std::uint64_t seed) : prefix_(std::move(prefix)), chance_(seed) {}

  /// Until `end` has been told, or somebody says that it is enough.
  void run(const Client& client, const std::atomic<std::uint64_t>& end) {
    while (!done(end)) {
      Watch watch(client, {.prefix = prefix_, .after = position_, .on_trouble = [&](auto&&...) { ++troubles; }});
      // It is good for so many events; then it is thrown away in the middle, whatever is on its way.
      for (std::uint64_t left = 1 + chance_() % 200; left > 0 && !done(end); --left) {
        const Answer<Event> event = watch.next(enough_.get_token());
        if (!event) {
          refusal = event.problem().cancelled ? "" : event.problem().detail;
          return;
        }
        take(*event);
      }
    }
  }
  /// From any thread.
  void enough() { enough_.request_stop(); }

  const std::string& prefix() const { return prefix_; }
  std::uint64_t from = 0;  ///< Behind this position it began.
  std::vector<Told> told;
  std::size_t resets = 0, resumes = 0, troubles = 0;
  std::string refusal;  ///< What ended it before its time.

 private:
  bool done(const std::atomic<std::uint64_t>& end) const {
    const std::uint64_t last = end;
    return last != 0 && !told.empty() && told.back().number >= last;
  }
  void take(const Event& event) {
    position_ = std::visit([](const auto& it) { return it.position; }, event);
    const std::uint64_t number = api::parse_position(position_).value().position.value;
    if (std::holds_alternative<Begin>(event)) {
      resumes += std::exchange(begun_, true) ? 1 : 0;
      if (resumes == 0) from = number;
      return;
    }
    const auto* change = std::get_if<Change>(&event);
    if (!change) ++resets;
    told.push_back(change ? Told{number, change->type, change->name} : Told{number, "reset", {}});
  }

  const std::string prefix_;
  std::mt19937_64 chance_;
  std::string position_;
  bool begun_ = false;
  std::stop_source enough_;
};

/// Every event that the journal in `directory` kept.
std::vector<Told> kept_in(const std::filesystem::path& directory) {
  journal::FileJournal journal({.directory = directory});
  std::vector<Told> kept;
  const auto opened = journal.open([&](const core::Effect& effect, core::Position position) {
    if (core::is_event(effect)) {
      kept.push_back({position.value, std::string{api::event_word(effect)}, std::string{core::name_of(effect)}});
    }
  });
  if (!opened) throw std::runtime_error(opened.error().text());
  return kept;
}

TEST(Watchers, are_told_everything_once_over_kills) {
  const std::uint64_t seed = fresh_seed();
  std::mt19937_64 chance(seed);
  const Store store;
  std::vector<std::unique_ptr<Watcher>> all;
  for (std::size_t i = 0; i < watchers; ++i) {
    // The names of one client, those that all want, one name, everything.
    const std::vector<std::string> prefixes{fmt::format("own/{}", i % 8), "shared", fmt::format("shared/{}", i % 4),
                                            ""};
    all.push_back(std::make_unique<Watcher>(prefixes[i % prefixes.size()], seed + i));
  }
  std::atomic<std::uint64_t> end = 0;
  std::optional<Client> client;
  std::vector<std::jthread> threads;
  Ledger ledger;
  Crowd crowd(ledger, seed, {.clients = 8, .shared = 4, .own = 4});
  std::uint16_t port = 0;
  for (int number = 0; number <= kills; ++number) {
    ServerProcess server({.arguments = store.arguments({}), .port = port});
    if (threads.empty()) {
      port = server.port();
      client = Client::open({.servers = "127.0.0.1:" + std::to_string(port), .owner = "watcher"}).value();
      for (auto& watcher : all) threads.emplace_back([&] { watcher->run(*client, end); });
    }
    crowd.start(port);
    ASSERT_TRUE(crowd.await_answers(100 + chance() % 700)) << "seed " << seed;
    if (number < kills) {
      server.kill();
      crowd.join();
      continue;
    }
    crowd.stop();
    // The last of all events, one for each prefix there is; then everybody has been told everything before.
    support::Talk talk(port);
    std::uint64_t last = 0;
    for (int i = 0; i < 8; ++i) {
      const support::Response own = talk.post(fmt::format("/v1/acquire/own/{}/end", i), R"({"owner":"end"})");
      const support::Response shared = talk.post(fmt::format("/v1/acquire/shared/{}/end", i), R"({"owner":"end"})");
      if (last == 0) last = api::parse_position(own.field("position")).value().position.value;
      ASSERT_EQ(shared.status, 200);
    }
    end = last;
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
    std::jthread patience([&](const std::stop_token& stop) {
      std::mutex mutex;
      std::condition_variable_any timer;
      std::unique_lock lock(mutex);
      timer.wait_until(lock, stop, until, [] { return false; });
      if (!stop.stop_requested()) {
        for (auto& watcher : all) watcher->enough();
      }
    });
    threads.clear();
    patience.request_stop();
    patience.join();
    server.stop();
  }

  const std::vector<Told> kept = kept_in(store.data());
  std::size_t resumes = 0, troubles = 0, events = 0;
  for (const auto& watcher : all) {
    ASSERT_FALSE(watcher->told.empty()) << "seed " << seed;
    EXPECT_EQ(watcher->refusal, "") << "seed " << seed;
    EXPECT_EQ(watcher->resets, 0U) << "the ring holds all of this: there is no reason for a gap; seed " << seed;
    const auto concerns = [&](const Told& event) {
      const std::string& prefix = watcher->prefix();
      return event.number > watcher->from && event.number <= watcher->told.back().number &&
             (prefix.empty() || event.name == prefix || event.name.starts_with(prefix + "/"));
    };
    std::vector<Told> expected;
    std::ranges::copy_if(kept, std::back_inserter(expected), concerns);
    const auto [told, should] = std::ranges::mismatch(watcher->told, expected);
    ASSERT_TRUE(told == watcher->told.end() && should == expected.end())
        << "of " << watcher->prefix() << ", " << (should == expected.end() ? 0 : should->number) << " was told as "
        << (told == watcher->told.end() ? 0 : told->number) << "; seed " << seed;
    EXPECT_GE(watcher->told.back().number, end) << "it was not told of the end; seed " << seed;
    resumes += watcher->resumes;
    troubles += watcher->troubles;
    events += watcher->told.size();
  }
  EXPECT_GT(resumes, watchers) << "hardly anybody had to resume";
  EXPECT_GE(troubles, kills * watchers) << "not everybody noticed each kill";
  EXPECT_GT(events, 10 * watchers);
  EXPECT_TRUE(ledger.complaints().empty()) << ledger.told();
}

}  // namespace
}  // namespace holdfast::durability
