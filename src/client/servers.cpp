#include "client/servers.h"

#include <algorithm>
#include <random>
#include <utility>

#include "base/check.h"
#include "client/retry.h"
#include "client/socket.h"

namespace holdfast::client {
namespace {

using namespace std::chrono_literals;

/// A server that cannot be reached must not eat the time of the others.
constexpr Duration connect_patience = 2s;
constexpr std::size_t idle_max = 8;

/// `from + time`, where that can be said.
Deadline later(Deadline from, Duration time) {
  return time > Deadline::max() - from ? Deadline::max() : from + time;
}

}  // namespace

Servers::Servers(std::vector<Url> urls) : urls_(std::move(urls)) {
  HF_CHECK(!urls_.empty());
}

Connection Servers::take(const Url& url) {
  const std::scoped_lock lock(guarding_idle_);
  const auto found =
      std::ranges::find_if(idle_, [&](const Connection& connection) { return connection.server() == url; });
  if (found == idle_.end()) return Connection(url);
  Connection connection = std::move(*found);
  idle_.erase(found);
  return connection;
}

void Servers::give_back(Connection connection) {
  const std::scoped_lock lock(guarding_idle_);
  if (idle_.size() < idle_max) idle_.push_back(std::move(connection));
}

void Servers::failed(const Url& where) {
  std::size_t at = current_;
  if (urls_[at] == where) current_.compare_exchange_strong(at, (at + 1) % urls_.size());
}

Answer<boost::json::object> Servers::once(const Request& request, Deadline deadline, const std::stop_token& stop) {
  const Url url = current();
  Connection connection = take(url);
  const Deadline connect_by = later(BootTime::now(), connect_patience);
  auto answer = [&] {
    const std::stop_callback ends(stop, [&] { connection.cancel(); });
    return object_of(connection.request(request, deadline, connect_by));
  }();
  if (!stop.stop_requested()) give_back(std::move(connection));  // A cancelled one is of no more use.
  if (!answer && next_after(answer.error(), true) == Next::elsewhere && !stop.stop_requested()) failed(url);
  return answer;
}

Answer<boost::json::object> Servers::ask(const std::function<Request()>& request, const Terms& terms) {
  Backoff backoff;
  for (std::size_t tries = 1;; ++tries) {
    const Deadline by =
        terms.repeatable ? std::min(terms.deadline, later(BootTime::now(), terms.patience)) : terms.deadline;
    auto answer = once(request(), by, terms.stop);
    if (answer || terms.stop.stop_requested()) return answer;

    const Next next = next_after(answer.error(), terms.repeatable);
    if (next == Next::answer) return answer;
    if (next == Next::elsewhere && tries % urls_.size() != 0 && BootTime::now() < terms.deadline) continue;
    const Duration pause = backoff.pause(answer.error(), chance());
    if (later(BootTime::now(), pause) >= terms.deadline) return answer;  // It would come too late.
    if (paused(pause, terms.deadline, terms.stop)) return answer;
  }
}

bool Servers::paused(Duration time, Deadline until, const std::stop_token& stop) {
  Cancel cancel;
  const std::stop_callback ends(stop, [&] { cancel.say(); });
  return cancelled_before(std::min(later(BootTime::now(), time), until), cancel);
}

double Servers::chance() {
  thread_local std::minstd_rand random(std::random_device{}());
  return std::uniform_real_distribution<double>(0, 1)(random);
}

}  // namespace holdfast::client
