// Locks in one process, sound or broken as a test wants them.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <thread>

#include "verify/target.h"

namespace holdfast::verify {

/// What is wrong with a lock.
struct Broken {
  bool checks_then_acts = false;     ///< Looks whether it is free, and takes it a little later.
  bool releases_by_name = false;     ///< Whoever asks.
  bool lapses_early = false;         ///< At half of the ttl.
  bool never_lapses = false;         ///< The ttl is forgotten.
  bool regrants_new = false;         ///< Whoever holds and asks again is given a new token.
  bool says_ok_to_releases = false;  ///< No fault: it does not tell whether it changed anything.
};

/// A lock with tokens and leases in a map. Thread-safe.
class LockForTests final : public Target {
 public:
  explicit LockForTests(Broken broken = {}) : broken_(broken) {}

  std::string about() const override { return "a lock of the tests"; }
  Traits traits() const override {
    Traits traits;
    traits.lock.tokens = traits.lock.leases = traits.lock.late_renewal = traits.lock.reentrant = true;
    traits.renews = traits.queries = traits.asks_ttl = true;
    return traits;
  }
  std::unique_ptr<Session> session(const std::string& client) override {
    return std::make_unique<Asking>(*this, client);
  }

 private:
  using Clock = std::chrono::steady_clock;
  using Outcome = recording::Outcome;
  struct Lease {
    std::string holder;
    std::uint64_t token = 0, previous = 0;
    Clock::time_point ends{};
    bool held(Clock::time_point now) const { return !holder.empty() && now < ends; }
  };

  class Asking final : public Session {
   public:
    Asking(LockForTests& lock, std::string client) : lock_(lock), client_(std::move(client)) {}
    Heard ask(const Ask& ask, Ticket& gate) override {
      gate.pass({});
      return lock_.answer(client_, ask);
    }
    void hang_up() override {}

   private:
    LockForTests& lock_;
    std::string client_;
  };

  Heard answer(const std::string& client, const Ask& ask) {
    std::unique_lock guard(mutex_);
    Lease& lease = leases_[ask.name];
    switch (ask.what) {
      case recording::What::acquire:
        return acquire(guard, lease, client, ask);
      case recording::What::renew:
        if (lease.token != ask.grip.token || lease.holder != client) return refused(Outcome::stale, lease);
        lease.ends = end_of(ask.ttl);
        return granted(lease, ask);
      case recording::What::release:
        return release(lease, client, ask);
      default: {
        Heard heard = refused(Outcome::ok, lease);
        heard.held = lease.held(Clock::now());
        if (!heard.held) heard.holder.clear();
        return heard;
      }
    }
  }

  Heard acquire(std::unique_lock<std::mutex>& guard, Lease& lease, const std::string& client, const Ask& ask) {
    const bool mine = lease.held(Clock::now()) && lease.holder == client;
    if (mine && !broken_.regrants_new) {
      lease.ends = end_of(ask.ttl);
      return granted(lease, ask);
    }
    if (lease.held(Clock::now()) && !mine) return refused(Outcome::busy, lease);
    if (broken_.checks_then_acts) {
      guard.unlock();
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
      guard.lock();
    }
    lease = {.holder = client, .token = ++last_token_, .previous = lease.token, .ends = end_of(ask.ttl)};
    return granted(lease, ask);
  }

  Heard release(Lease& lease, const std::string& client, const Ask& ask) {
    const bool right = lease.holder == client && lease.token == ask.grip.token;
    if (right || broken_.releases_by_name) {
      lease.holder.clear();
      return {.outcome = Outcome::ok, .words = "released"};
    }
    return broken_.says_ok_to_releases ? Heard{.outcome = Outcome::ok, .words = "fine"}
                                       : refused(Outcome::stale, lease);
  }

  Clock::time_point end_of(Duration ttl) const {
    if (broken_.never_lapses) return Clock::time_point::max();
    return Clock::now() + (broken_.lapses_early ? ttl / 2 : ttl + ttl / 500);
  }
  static Heard granted(const Lease& lease, const Ask& ask) {
    return {.outcome = Outcome::ok,
            .grip = {.token = lease.token, .proof = {}},
            .previous = lease.previous,
            .ttl = ask.ttl,
            .words = "granted"};
  }
  static Heard refused(Outcome outcome, const Lease& lease) {
    return {.outcome = outcome, .grip = {.token = lease.token, .proof = {}}, .holder = lease.holder, .words = "no"};
  }

  Broken broken_;
  std::mutex mutex_;
  std::map<std::string, Lease> leases_;
  std::uint64_t last_token_ = 0;
};

}  // namespace holdfast::verify
