#include "tests/durability/crowd.h"

#include <fmt/format.h>

#include <chrono>
#include <optional>
#include <stdexcept>

namespace holdfast::durability {
namespace {

using support::Response;
using support::Talk;

constexpr std::string_view long_ttl = "3600000";  // Outlasts the test: nothing lapses.

/// The answer, entered; none if the connection broke, which is entered too.
template <class Send>
std::optional<Response> entered(Ledger& ledger, const Ledger::Ask& ask, std::string& broke, Send send) {
  try {
    Response response = send();
    ledger.answered(ask, response);
    return response;
  } catch (const std::runtime_error& error) {
    ledger.unanswered(ask);
    broke = error.what();
    return std::nullopt;
  }
}

}  // namespace

Crowd::Crowd(Ledger& ledger, std::uint64_t seed, Mix mix) : ledger_(ledger), mix_(mix), ends_(mix.clients) {
  for (std::size_t index = 0; index < mix.clients; ++index) {
    clients_.push_back({.who = {fmt::format("owner{}", index), fmt::format("session{}", index)},
                        .chance = std::mt19937_64(seed * 1000 + index),
                        .holds = {}});
  }
}

Crowd::~Crowd() {
  stopping_ = true;
}

void Crowd::start(std::uint16_t port) {
  stopping_ = false;
  ends_.assign(clients_.size(), {});
  answers_ = 0;
  running_ = clients_.size();
  for (std::size_t index = 0; index < clients_.size(); ++index) {
    threads_.emplace_back([this, index, port] { run(index, port); });
  }
}

bool Crowd::await_answers(std::size_t count) {
  std::unique_lock lock(mutex_);
  const std::size_t wanted = answers_ + count;
  changed_.wait(lock, [&] { return answers_ >= wanted || running_ == 0; });
  return answers_ >= wanted;
}

void Crowd::stop() {
  stopping_ = true;
  threads_.clear();
}

void Crowd::join() {
  std::unique_lock lock(mutex_);
  const bool ended = changed_.wait_for(lock, std::chrono::seconds(30), [&] { return running_ == 0; });
  lock.unlock();
  stop();
  if (!ended) throw std::runtime_error("the server should have ended, and still answers");
}

void Crowd::run(std::size_t index, std::uint16_t port) {
  Client& client = clients_[index];
  End& end = ends_[index];
  try {
    Talk talk(port);
    while (!stopping_ && one_request(client, talk, end)) {
      const std::lock_guard lock(mutex_);
      ++answers_;
      changed_.notify_all();
    }
  } catch (const std::runtime_error& error) {
    end.broke = error.what();  // It never got through.
  }
  const std::lock_guard lock(mutex_);
  --running_;
  changed_.notify_all();
}

std::string Crowd::pick(Client& client, std::size_t index) {
  const std::uint64_t drawn = client.chance() % (mix_.shared + mix_.own);
  if (drawn < mix_.shared) return fmt::format("shared/{}", drawn);
  return fmt::format("own/{}/{}", index, drawn);
}

bool Crowd::one_request(Client& client, Talk& talk, End& end) {
  const std::string name = pick(client, static_cast<std::size_t>(&client - clients_.data()));
  const auto held = client.holds.find(name);
  // Now and then it asks for what it holds already: that must be the same grant.
  const bool release = held != client.holds.end() && client.chance() % 8 != 0;
  const std::string about = fmt::format(R"("owner":"{}","session":"{}")", client.who.owner, client.who.session);

  std::optional<Response> response;
  if (release) {
    response = entered(ledger_, ledger_.releases(name, client.who, held->second), end.broke, [&] {
      return talk.post("/v1/release/" + name, fmt::format(R"({{{},"token":{}}})", about, held->second));
    });
    if (response && response->status != 503) client.holds.erase(held);
  } else {
    response = entered(ledger_, ledger_.acquires(name, client.who), end.broke, [&] {
      return talk.post("/v1/acquire/" + name,
                       fmt::format(R"({{{},"ttl_ms":{},"note":"{}"}})", about, long_ttl, std::string(mix_.note, 'n')));
    });
    if (response && response->status == 200) client.holds[name] = response->token();
  }
  if (!response) return false;
  if (response->status != 503) return true;
  if (response->field("code") == "disk_full" && response->field("fate") == "not_done") {
    ++refused_full_;
    return true;
  }
  end = {.status = 503, .code = response->field("code"), .fate = response->field("fate"), .broke = {}};
  return false;
}

}  // namespace holdfast::durability
