// Recordings as a few lines of text, for tests.
//
//   a acquire 0..10 ok shown=7 ttl=100
//   b acquire 5..8 busy shown=7 holder=a
//   a release 12..? unknown token=7
//
// Times are milliseconds; `?` never returned. Clients and names are made as they are met; without `name=` it is "job",
// without `call=` each line is a call of its own. `lost a 20 token=7 why=lapsed` is a loss, `saw a 20 granted token=7
// position=1` a sighting.
#pragma once

#include <gmock/gmock.h>

#include <algorithm>
#include <sstream>
#include <stdexcept>
#include <string>

#include "recording/recording.h"
#include "verify/judgement.h"

namespace holdfast::verify {

class HistoryForTests {
 public:
  explicit HistoryForTests(const recording::Lock& lock) { made_.lock = lock; }

  recording::Recording read(const std::string& text) {
    std::istringstream lines(text);
    std::string line;
    while (std::getline(lines, line)) {
      std::istringstream words(line);
      std::string first;
      if (words >> first) read(first, words);
    }
    std::ranges::stable_sort(made_.operations, {}, &recording::Operation::called);
    return made_;
  }

 private:
  static constexpr recording::Nanos ms = 1'000'000;

  void read(const std::string& first, std::istringstream& words) {
    if (first == "lost") return read_loss(words);
    if (first == "saw") return read_sighting(words);
    if (first == "owner") return read_owner(words);
    recording::Operation operation;
    operation.client = client(first);
    operation.name = name("job");
    operation.call = static_cast<std::uint32_t>(made_.operations.size() + 1'000);
    std::string what, times, outcome, word;
    words >> what >> times >> outcome;
    operation.what = what_of(what);
    const std::size_t dots = times.find("..");
    if (dots == std::string::npos) throw std::invalid_argument("no times: " + times);
    operation.called = std::stoll(times.substr(0, dots)) * ms;
    const std::string returned = times.substr(dots + 2);
    operation.returned = returned == "?" ? recording::never : std::stoll(returned) * ms;
    operation.outcome = outcome_of(outcome);
    while (words >> word) set(operation, word);
    made_.operations.push_back(operation);
  }

  void set(recording::Operation& operation, const std::string& word) {
    const std::size_t equals = word.find('=');
    const std::string key = word.substr(0, equals);
    const std::string value = equals == std::string::npos ? "" : word.substr(equals + 1);
    if (key == "held") {
      operation.held = true;
    } else if (key == "joined") {
      operation.joined = true;
    } else if (key == "shared") {
      operation.shared = true;
    } else if (key == "token") {
      operation.token = std::stoull(value);
    } else if (key == "shown") {
      operation.shown = std::stoull(value);
    } else if (key == "previous") {
      operation.previous = std::stoull(value);
    } else if (key == "value") {
      operation.value = std::stoull(value);
    } else if (key == "ttl") {
      operation.ttl = std::stoll(value) * ms;
    } else if (key == "waited") {
      operation.waited = std::stoll(value) * ms;
    } else if (key == "holder") {
      operation.holder = client(value);
    } else if (key == "name") {
      operation.name = name(value);
    } else if (key == "call") {
      operation.call = static_cast<std::uint32_t>(std::stoul(value));
    } else {
      throw std::invalid_argument("what is " + word);
    }
  }

  void read_loss(std::istringstream& words) {
    recording::Loss loss{.name = name("job")};
    std::string who, word;
    recording::Nanos at = 0;
    words >> who >> at;
    loss.client = client(who);
    loss.at = at * ms;
    while (words >> word) {
      if (word.starts_with("token=")) loss.token = std::stoull(word.substr(6));
      if (word.starts_with("why=")) loss.why = word.substr(4);
    }
    made_.losses.push_back(loss);
  }

  void read_sighting(std::istringstream& words) {
    recording::Sighting sighting{.name = name("job")};
    std::string who, kind, word;
    recording::Nanos at = 0;
    words >> who >> at >> kind;
    sighting.watcher = client(who);
    sighting.at = at * ms;
    using Kind = recording::Sighting::Kind;
    sighting.kind = kind == "granted" ? Kind::granted
                    : kind == "ended" ? Kind::ended
                    : kind == "gap"   ? Kind::gap
                                      : Kind::other;
    while (words >> word) {
      if (word.starts_with("token=")) sighting.token = std::stoull(word.substr(6));
      if (word.starts_with("position=")) sighting.position = std::stoull(word.substr(9));
      if (word == "all") sighting.name = recording::nobody;
    }
    made_.sightings.push_back(sighting);
  }

  void read_owner(std::istringstream& words) {
    std::string owner, who;
    words >> owner;
    while (words >> who) made_.clients[client(who)].owner = owner;
  }

  recording::Index client(const std::string& text) {
    const auto found = std::ranges::find(made_.clients, text, &recording::Client::name);
    if (found != made_.clients.end()) return static_cast<recording::Index>(found - made_.clients.begin());
    made_.clients.push_back({text, ""});
    return static_cast<recording::Index>(made_.clients.size() - 1);
  }

  recording::Index name(const std::string& text) {
    const auto found = std::ranges::find(made_.names, text);
    if (found != made_.names.end()) return static_cast<recording::Index>(found - made_.names.begin());
    made_.names.push_back(text);
    return static_cast<recording::Index>(made_.names.size() - 1);
  }

  static recording::What what_of(const std::string& text) {
    using recording::What;
    for (const auto& [word, what] : {std::pair{"acquire", What::acquire},
                                     {"renew", What::renew},
                                     {"release", What::release},
                                     {"query", What::query},
                                     {"takeover", What::takeover},
                                     {"move", What::move},
                                     {"transfer", What::transfer},
                                     {"revoke", What::revoke},
                                     {"read", What::read},
                                     {"write", What::write}}) {
      if (text == word) return what;
    }
    throw std::invalid_argument("nobody asks " + text);
  }

  static recording::Outcome outcome_of(const std::string& text) {
    using recording::Outcome;
    for (const auto& [word, outcome] : {std::pair{"ok", Outcome::ok},
                                        {"busy", Outcome::busy},
                                        {"stale", Outcome::stale},
                                        {"over", Outcome::over},
                                        {"error", Outcome::error},
                                        {"unknown", Outcome::unknown}}) {
      if (text == word) return outcome;
    }
    throw std::invalid_argument("nobody answers " + text);
  }

  recording::Recording made_;
};

inline recording::Recording history(const recording::Lock& lock, const std::string& text) {
  return HistoryForTests(lock).read(text);
}

inline const Finding* finding(const Judgement& judgement, Question question) {
  const auto found = std::ranges::find(judgement.findings, question, &Finding::question);
  return found == judgement.findings.end() ? nullptr : &*found;
}

/// What `judge` says to `question` of a history, as a word; "not asked" where it says nothing.
inline std::string answer(const recording::Recording& recording, Question question) {
  const Judgement judgement = judge(recording);
  const Finding* found = finding(judgement, question);
  return found ? std::string(word(found->answer)) : "not asked";
}

}  // namespace holdfast::verify
