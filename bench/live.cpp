// What following costs: how late the last of a thousand followers has what an owner types, what that takes of the
// processor, and what a follower who hears nothing takes of memory.
#include <fmt/format.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <charconv>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "bench/run.h"
#include "tests/support/http_talk.h"
#include "tests/support/live_talk.h"

namespace holdfast::bench {
namespace {

using namespace std::chrono_literals;
using support::LiveTalk;
using Steady = std::chrono::steady_clock;

constexpr std::size_t thousand = 1'000;
constexpr std::string_view name = "notes/today";

std::string name_is() {
  return fmt::format(R"("name":"{}")", name);
}

/// Many followers on one thread, which notes when the last of them has been pushed a revision.
class Readers {
 public:
  Readers(std::uint16_t port, std::size_t count) : poll_(::epoll_create1(EPOLL_CLOEXEC)) { add(port, count); }
  ~Readers() {
    stop();
    ::close(poll_);
  }
  Readers(const Readers&) = delete;
  Readers& operator=(const Readers&) = delete;

  /// Not while it listens.
  void add(std::uint16_t port, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) {
      readers_.push_back({LiveTalk(port, "reader", fmt::format("r{}", readers_.size())), {}});
      if (readers_.back().talk.ask("follow", name_is()).status != 200)
        throw std::runtime_error("a follower was not let in");
      epoll_event event{.events = EPOLLIN, .data = {.u64 = readers_.size() - 1}};
      ::epoll_ctl(poll_, EPOLL_CTL_ADD, readers_.back().talk.socket(), &event);
    }
  }
  void listen() {
    thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
  }
  void stop() { thread_ = {}; }

  /// When the last of them had `revision`. Throws where that is not within 30 s.
  Steady::time_point all_have(std::uint64_t revision) {
    std::unique_lock lock(mutex_);
    const auto there = [&] { return revision < had_.size() && had_[revision].readers == readers_.size(); };
    if (!changed_.wait_for(lock, 30s, there)) throw std::runtime_error("not all followers were told");
    return had_[revision].last;
  }

 private:
  struct Reader {
    LiveTalk talk;
    std::string bytes;
  };
  struct Had {
    std::size_t readers = 0;
    Steady::time_point last{};
  };

  void run(const std::stop_token& stop) {
    std::array<epoll_event, 256> ready;
    std::vector<char> came(64 << 10);
    while (!stop.stop_requested()) {
      const int count = ::epoll_wait(poll_, ready.data(), ready.size(), 20);
      for (int i = 0; i < count; ++i) {
        Reader& reader = readers_[ready[static_cast<std::size_t>(i)].data.u64];
        const ssize_t read = ::recv(reader.talk.socket(), came.data(), came.size(), MSG_DONTWAIT);
        if (read == 0) ::epoll_ctl(poll_, EPOLL_CTL_DEL, reader.talk.socket(), nullptr);
        if (read <= 0) continue;
        reader.bytes.append(came.data(), static_cast<std::size_t>(read));
        while (take_frame(reader)) {
        }
      }
    }
  }

  bool take_frame(Reader& reader) {
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(reader.bytes[at]); };
    if (reader.bytes.size() < 4) return false;
    const bool longer = byte(1) == 126;
    const std::size_t head = longer ? 4 : 2;
    const std::size_t length = longer ? byte(2) << 8U | byte(3) : byte(1);
    if (reader.bytes.size() < head + length) return false;
    const std::string payload = reader.bytes.substr(head, length);
    const bool ping = byte(0) == 0x89;
    reader.bytes.erase(0, head + length);
    if (ping) reader.talk.send_frame(0x8A, payload);
    constexpr std::string_view push = R"({"push":"revision")", key = R"("revision":)";
    if (!payload.starts_with(push)) return true;
    std::uint64_t revision = 0;
    const char* const digits = payload.data() + payload.find(key, push.size()) + key.size();
    std::from_chars(digits, payload.data() + payload.size(), revision);
    const std::lock_guard lock(mutex_);
    if (had_.size() <= revision) had_.resize(revision + 1);
    had_[revision].last = Steady::now();
    if (++had_[revision].readers == readers_.size()) changed_.notify_one();
    return true;
  }

  int poll_;
  std::vector<Reader> readers_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<Had> had_;  ///< By revision. Guarded by mutex_.
  std::jthread thread_;
};

/// Whoever types, one letter at a time.
class Typist {
 public:
  explicit Typist(std::uint16_t port) : talk_(port, "writer", "w") {
    token_ = talk_.ask("lease.acquire", name_is()).token();
  }
  std::uint64_t type() {
    const std::string change = revision_ == 0 ? R"([[0,"x"]])" : fmt::format(R"([{},[0,"x"]])", revision_);
    asked_.push_back(talk_.send("buffer.edit", fmt::format(R"({},"token":{},"base":{},"seq":{},"changes":[{}])",
                                                           name_is(), token_, revision_, revision_ + 1, change)));
    return ++revision_;
  }
  void hear_all() {
    for (const std::uint64_t id : std::exchange(asked_, {})) {
      if (talk_.answer(id).status != 200) throw std::runtime_error("an edit was refused");
    }
  }

 private:
  LiveTalk talk_;
  std::uint64_t token_ = 0;
  std::uint64_t revision_ = 0;
  std::vector<std::uint64_t> asked_;
};

void make_text(const Server& server) {
  support::Talk talk(server.port());
  talk.send(support::request_text("PUT", fmt::format("/v1/buffers/{}", name), R"({"owner":"writer","text":""})"));
  if (talk.receive().status != 201) throw std::runtime_error("the text was not made");
}

struct Typed {
  double late_ms = 0;  ///< From an edit being sent to the last follower having it: the 99th of a hundred.
  double median_ms = 0;
  double cpu_percent = 0;  ///< Of one processor, the server's.
  double push_us = 0;      ///< Of the processor's time, for each follower and edit.
};

Typed type_for(const Server& server, Typist& typist, Readers& readers, int edits_a_second, std::chrono::seconds time) {
  const auto count = static_cast<std::size_t>(edits_a_second * time.count());
  std::vector<std::pair<std::uint64_t, Steady::time_point>> sent;
  const double before = server.cpu_seconds();
  const auto began = Steady::now();
  for (std::size_t i = 0; i < count; ++i) {
    std::this_thread::sleep_until(began + i * 1s / edits_a_second);
    const auto now = Steady::now();
    sent.emplace_back(typist.type(), now);
  }
  cli::LatencyHistogram late;
  for (const auto& [revision, when] : sent) late.record(readers.all_have(revision) - when);
  const double took = std::chrono::duration<double>(Steady::now() - began).count();
  const double cpu = server.cpu_seconds() - before;
  typist.hear_all();
  return {ms(late.at(0.99)), ms(late.at(0.5)), cpu / took * 100, cpu * 1e6 / static_cast<double>(count * thousand)};
}

void measure_typing(Run& run) {
  const Server server = Server::on_disk(run, "followed");
  make_text(server);
  Readers readers(server.port(), thousand);
  Typist typist(server.port());
  readers.listen();
  std::vector<double> late, median, cpu, push, fast;
  for (int round = 0; round < run.rounds; ++round) {
    const double commit = commit_us(run.scratch) / 1e3;
    const Typed slow = type_for(server, typist, readers, 20, 5s);
    late.push_back(slow.late_ms - commit);
    median.push_back(slow.median_ms);
    cpu.push_back(slow.cpu_percent);
    push.push_back(slow.push_us);
    fast.push_back(type_for(server, typist, readers, 73, 3s).late_ms - commit);
    Run::say(
        fmt::format("round {}: the last of {} followers after {:.1f} ms (p99, beyond a commit), {:.1f} at 73 a second",
                    round + 1, thousand, late.back(), fast.back()));
  }
  run.figures.add({.part = "live",
                   .what = "20 edits a second, from sending one to the last of 1,000 followers, p99 beyond a commit",
                   .unit = "ms",
                   .must = Must::be_at_most,
                   .bound = 100,
                   .rounds = std::move(late)});
  run.figures.add(
      {.part = "live", .what = "the same, median, commit and all", .unit = "ms", .rounds = std::move(median)});
  run.figures.add({.part = "live",
                   .what = "the same at 73 edits a second, the most that people were seen to make, p99 beyond a commit",
                   .unit = "ms",
                   .must = Must::be_at_most,
                   .bound = 100,
                   .rounds = std::move(fast)});
  run.figures.add(
      {.part = "live", .what = "at 20 a second, of one processor, the server", .unit = "%", .rounds = std::move(cpu)});
  run.figures.add(
      {.part = "live", .what = "the same for each edit and follower", .unit = "µs", .rounds = std::move(push)});
  if (server.metric("holdfast_live_resyncs_total") != 0) throw std::runtime_error("a follower was lost on the way");
}

void measure_memory(Run& run) {
  std::vector<double> bytes;
  for (int round = 0; round < run.rounds; ++round) {
    const Server server = Server::in_memory();
    make_text(server);
    Readers readers(server.port(), thousand);  // What is there for the first ones is there for all.
    const double before = server.metric("process_resident_memory_bytes");
    readers.add(server.port(), 2 * thousand);
    const double after = server.metric("process_resident_memory_bytes");
    bytes.push_back((after - before) / (2 * thousand));
    Run::say(fmt::format("round {}: {:.0f} bytes a follower", round + 1, bytes.back()));
  }
  run.figures.add({.part = "live",
                   .what = "memory of a follower who hears nothing",
                   .unit = "bytes",
                   .must = Must::be_at_most,
                   .bound = 2'048,
                   .rounds = std::move(bytes)});
}

void measure(Run& run) {
  measure_memory(run);
  measure_typing(run);
}

}  // namespace

const Part live_part{"live", "a thousand who follow what somebody types: delay, processor, memory", measure};

}  // namespace holdfast::bench
