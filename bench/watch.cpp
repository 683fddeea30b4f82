// What watching costs: how late events are, and what a thousand watchers take from the rate of grants.
#include <fmt/format.h>
#include <holdfast/watch.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <map>
#include <thread>

#include "bench/million.h"
#include "bench/run.h"
#include "tests/support/http_talk.h"

namespace holdfast::bench {
namespace {

using namespace std::chrono_literals;
using cli::LoadOp;
using Steady = std::chrono::steady_clock;

constexpr std::size_t thousand = 1'000;
constexpr std::size_t grants_timed = 2'000;

/// Many watchers on one thread, which counts what they are told and throws it away.
class Audience {
 public:
  Audience(std::uint16_t port, const std::vector<std::string>& prefixes) : poll_(::epoll_create1(EPOLL_CLOEXEC)) {
    for (const std::string& prefix : prefixes) {
      talks_.push_back(std::make_unique<support::Talk>(port));
      support::Talk& talk = *talks_.back();
      talk.send("GET /v1/events?prefix=" + prefix + " HTTP/1.1\r\nHost: localhost\r\n\r\n");
      if (!talk.answered_within(10s)) throw std::runtime_error("a watcher was not let in");
      epoll_event event{.events = EPOLLIN, .data = {.fd = talk.socket()}};
      ::epoll_ctl(poll_, EPOLL_CTL_ADD, talk.socket(), &event);
    }
    thread_ = std::jthread([this](const std::stop_token& stop) { listen(stop); });
  }
  ~Audience() {
    thread_ = {};
    ::close(poll_);
  }
  Audience(const Audience&) = delete;
  Audience& operator=(const Audience&) = delete;

  std::uint64_t bytes() const { return bytes_; }

 private:
  void listen(const std::stop_token& stop) {
    std::array<epoll_event, 256> ready;
    std::vector<char> away(64 << 10);
    while (!stop.stop_requested()) {
      const int count = ::epoll_wait(poll_, ready.data(), ready.size(), 20);
      for (int i = 0; i < count; ++i) {
        const int fd = ready[static_cast<std::size_t>(i)].data.fd;
        const ssize_t read = ::recv(fd, away.data(), away.size(), MSG_DONTWAIT);
        if (read > 0) bytes_ += static_cast<std::uint64_t>(read);
        if (read == 0) ::epoll_ctl(poll_, EPOLL_CTL_DEL, fd, nullptr);
      }
    }
  }

  int poll_;
  std::vector<std::unique_ptr<support::Talk>> talks_;
  std::atomic<std::uint64_t> bytes_ = 0;
  std::jthread thread_;
};

std::vector<std::string> prefixes(std::string_view form) {
  std::vector<std::string> made;
  for (std::size_t i = 0; i < thousand; ++i) made.push_back(fmt::format(fmt::runtime(form), i));
  return made;
}

/// From a grant being asked for until its event has been read, and until its answer has.
struct Latency {
  cli::LatencyHistogram event, answer;
};

/// One client that acquires name after name, and one watcher of them.
Latency one_by_one(const Server& server, std::string_view prefix) {
  const Client client = Client::open({.servers = server.url().text(), .owner = "bench"}).value();
  Watch watch(client, {.prefix = std::string{prefix}});
  if (!watch.next()) throw std::runtime_error("the watcher was not let in");
  std::vector<Steady::time_point> asked(grants_timed), told(grants_timed);
  std::jthread listening([&] {
    for (std::size_t i = 0; i < grants_timed; ++i) {
      if (!watch.next()) return;
      told[i] = Steady::now();
    }
  });
  Latency latency;
  support::Talk talk(server.port());
  for (std::size_t i = 0; i < grants_timed; ++i) {
    asked[i] = Steady::now();
    const support::Response answer = talk.post(fmt::format("/v1/acquire/{}/{}", prefix, i), R"({"owner":"bench"})");
    latency.answer.record(Steady::now() - asked[i]);
    if (answer.status != 200) throw std::runtime_error("a grant was refused: " + answer.body);
  }
  listening.join();
  for (std::size_t i = 0; i < grants_timed; ++i) latency.event.record(told[i] - asked[i]);
  return latency;
}

/// Of acquiring and releasing a thousand names.
struct Grants {
  double rate = 0;    ///< A second.
  double cpu_us = 0;  ///< Of the server's processor time, for each; its release included.
};
Grants grants(const Server& server) {
  const double before = server.cpu_seconds();
  const cli::LoadReport report = load(server, {.names = thousand, .time = 2s});
  const auto done = static_cast<double>(report.operations.at(LoadOp::acquire).done);
  return {done / std::chrono::duration<double>(report.took).count(), (server.cpu_seconds() - before) * 1e6 / done};
}

void measure_latency(Run& run) {
  const Server server = Server::on_disk(run, "watched");
  std::vector<double> median, late, behind, beside;
  for (int round = 0; round < run.rounds; ++round) {
    const double commit = commit_us(run.scratch) / 1e3;
    const Latency alone = one_by_one(server, fmt::format("alone/{}", round));
    median.push_back(ms(alone.event.at(0.5)) * 1e3);
    late.push_back(ms(alone.event.at(0.99)) - commit);
    behind.push_back((ms(alone.event.at(0.5)) - ms(alone.answer.at(0.5))) * 1e3);
    std::atomic<bool> over{false};
    std::jthread others([&] { load(server, {.time = 30s, .rate = 2'000, .give_up = [&] { return over.load(); }}); });
    beside.push_back(ms(one_by_one(server, fmt::format("beside/{}", round)).event.at(0.99)) - commit);
    over = true;
    others.join();
    Run::say(fmt::format("round {}: event p50 {:.0f} us, p99 beyond a commit {:.2f} ms, beside others {:.2f} ms",
                         round + 1, median.back(), late.back(), beside.back()));
  }
  run.figures.add({.part = "watch",
                   .what = "from asking for a grant to its event at a watcher, median",
                   .unit = "µs",
                   .rounds = std::move(median)});
  run.figures.add(
      {.part = "watch", .what = "the same, less the answer's own median", .unit = "µs", .rounds = std::move(behind)});
  run.figures.add({.part = "watch",
                   .what = "the same, p99, beyond one commit",
                   .unit = "ms",
                   .must = Must::be_at_most,
                   .bound = 2,
                   .rounds = std::move(late)});
  run.figures.add({.part = "watch",
                   .what = "the same, beside 2,000 requests/s of others",
                   .unit = "ms",
                   .must = Must::be_at_most,
                   .bound = 2,
                   .rounds = std::move(beside)});
}

void measure_cost(Run& run) {
  const Server server = Server::on_disk(run, "grants");
  std::vector<double> none, idle_share, told_share, none_cpu, idle_cpu, told_cpu;
  for (int round = 0; round < run.rounds; ++round) {
    const Grants alone = grants(server);
    Grants idle, told;
    {
      const Audience audience(server.port(), prefixes("quiet/{:07}"));
      idle = grants(server);
    }
    {
      const Audience audience(server.port(), prefixes("bench/{:07}"));
      told = grants(server);
      if (audience.bytes() == 0) throw std::runtime_error("the watchers were told nothing");
    }
    none.push_back(alone.rate);
    idle_share.push_back(idle.rate / alone.rate);
    told_share.push_back(told.rate / alone.rate);
    none_cpu.push_back(alone.cpu_us);
    idle_cpu.push_back(idle.cpu_us);
    told_cpu.push_back(told.cpu_us);
    Run::say(
        fmt::format("round {}: grants {:.0f}/s, {:.1f} us each; beside 1,000 idle watchers {:.0f}/s, {:.1f} us; "
                    "told to 1,000 {:.0f}/s, {:.1f} us",
                    round + 1, alone.rate, alone.cpu_us, idle.rate, idle.cpu_us, told.rate, told.cpu_us));
  }
  const auto plain = [&](std::string what, std::string unit, std::vector<double> rounds) {
    run.figures.add({.part = "watch", .what = std::move(what), .unit = std::move(unit), .rounds = std::move(rounds)});
  };
  const auto share = [&](std::string what, std::vector<double> rounds) {
    run.figures.add({.part = "watch",
                     .what = std::move(what),
                     .unit = "",
                     .must = Must::be_at_least,
                     .bound = 0.8,
                     .rounds = std::move(rounds)});
  };
  plain("grants, 64 clients, nobody watches", "/s", std::move(none));
  share("with 1,000 watchers whom none of it concerns, as a share", std::move(idle_share));
  share("with 1,000 watchers who are told of it, as a share", std::move(told_share));
  plain("server's processor time for a grant and its release, nobody watches", "µs", std::move(none_cpu));
  plain("the same, 1,000 watchers whom none of it concerns", "µs", std::move(idle_cpu));
  plain("the same, 1,000 watchers who are told of it", "µs", std::move(told_cpu));
}

/// A million leases lapse within a second, and each of a thousand watchers is told of a thousand of them.
void measure_mass(Run& run) {
  write_million(run.scratch / "lapsing", false,
                [](std::size_t i) { return fmt::format("w/{:03}/{:07}", i % thousand, i); });
  std::vector<double> took, others, told;
  for (int round = 0; round < run.rounds; ++round) {
    const double commit = commit_us(run.scratch) / 1e3;
    const std::filesystem::path copy = run.scratch / "lapsing-copy";
    std::filesystem::remove_all(copy);
    std::filesystem::copy(run.scratch / "lapsing", copy, std::filesystem::copy_options::recursive);
    const Server server = Server::on_disk(run, "lapsing-copy");
    const Audience audience(server.port(), prefixes("w/{:03}"));
    const Lapsed lapsed = lapse(server);
    std::uint64_t bytes = 0;
    do {  // What is still on its way.
      bytes = audience.bytes();
      std::this_thread::sleep_for(200ms);
    } while (bytes != audience.bytes());
    took.push_back(lapsed.seconds);
    others.push_back(ms(lapsed.others.at(0.99)) - commit);
    told.push_back(server.metric("holdfast_events_sent_total") / 1e6);
    Run::say(fmt::format("round {}: lapsed in {:.2f} s, others' p99 {:.1f} ms, {:.0f} events, {:.0f} gaps", round + 1,
                         lapsed.seconds, others.back(), told.back() * 1e6,
                         server.metric("holdfast_event_resets_total")));
  }
  run.figures.add({.part = "watch",
                   .what = "1,000,000 lapses told to 1,000 watchers, until all have lapsed",
                   .unit = "s",
                   .must = Must::be_at_most,
                   .bound = 5,
                   .rounds = std::move(took)});
  run.figures.add({.part = "watch",
                   .what = "others' requests meanwhile, p99, beyond one commit",
                   .unit = "ms",
                   .must = Must::be_at_most,
                   .bound = 50,
                   .rounds = std::move(others)});
  run.figures.add(
      {.part = "watch", .what = "events that were told meanwhile, in millions", .unit = "", .rounds = std::move(told)});
}

void measure_watch(Run& run) {
  measure_latency(run);
  measure_cost(run);
  measure_mass(run);
}

}  // namespace

const Part watch_part{"watch", "events: how late they are, and what a thousand watchers cost", measure_watch};

}  // namespace holdfast::bench
