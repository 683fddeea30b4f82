// Asking a Holdfast server: one call an operation.
//
// What is kept here:
//   * A call that failed is tried again until its time is over, but only where that is safe: where nothing was done, or
//     where carrying it out twice is as good as once. Nothing else is ever sent twice. Retry-After is honoured.
//   * Where several addresses are given, the next one is tried when one cannot be reached or is stopping, and the one
//     that answered is remembered.
//   * Whatever the time of a call, std::stop_token ends it at once, from any thread.
// To hold a lease for longer than a moment use HeldLease (held_lease.h), which renews it; to follow changes, Watch.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <vector>

#include <holdfast/answer.h>
#include <holdfast/boot_time.h>

namespace holdfast {
namespace client {
class Core;
}

/// Which holding is meant. Nothing is touched by its name alone: between your last look and now somebody else may have
/// got it, and that has another token.
struct HoldingId {
  std::string name;
  std::uint64_t token = 0;
  std::string session;  ///< Empty: the token's only one.
};

/// It is yours.
struct Grant {
  std::string name;
  std::uint64_t token = 0;  ///< Greater than that of every holding before. Show it with each write that it guards.
  std::optional<std::uint64_t> previous;  ///< The token before, if that is remembered.
  std::string session;
  std::optional<std::chrono::milliseconds> ttl;  ///< None: until released or taken over.
  BootTime::time_point valid_until;              ///< From then on do not believe in it any more, unless it is renewed.
  std::chrono::milliseconds waited{0};
  bool joined = false;  ///< Another session of the same owner holds it too.
  std::string position;
  std::string json;

  HoldingId id() const { return {name, token, session}; }
};

enum class Holder {
  session,  ///< Two sessions exclude each other, whoever owns them.
  owner,    ///< Sessions of one owner share the holding, where all of them ask for this.
};

struct Acquire {
  std::string name;
  /// One tab, device, process or run. Asking again under it gives the same grant; empty: a fresh one, and then a call
  /// whose answer was lost is not tried again.
  std::string session = {};
  std::optional<std::chrono::milliseconds> ttl = std::chrono::seconds(30);  ///< None: until released or taken over.
  std::chrono::milliseconds wait{0};                                        ///< In the queue, first come first served.
  std::string note = {};                                                    ///< Shown to whoever is refused.
  std::string metadata = {};                                                ///< A JSON object, as text.
  Holder holder = Holder::session;
  std::stop_token stop = {};
};

/// Takes a name from its holder, at once or after `flush`. Who did it and why goes into the history.
struct Takeover {
  std::string name;
  std::string reason;       ///< Required.
  std::uint64_t token = 0;  ///< Of the holding that is meant, as a refusal or Client::get shows it. 0: whichever it is.
  std::optional<std::chrono::milliseconds> flush = {};  ///< How long the holder may still hand in what it has.
  std::string session = {};
  std::optional<std::chrono::milliseconds> ttl = std::chrono::seconds(30);
  std::string note = {};
  std::string metadata = {};
  Holder holder = Holder::session;
  std::stop_token stop = {};
};

/// Takes a name from another session of the same owner: needs no reason, and is done at once.
struct Move {
  std::string name;
  std::uint64_t token = 0;
  std::string session;  ///< Where it goes.
};

/// Gives a name to somebody, before everybody who waits.
struct Transfer {
  HoldingId holding;
  std::string to;
  std::string to_session = {};
};

/// Takes a name away and gives it to nobody. For administrators.
struct Revoke {
  std::string name;
  std::string reason;
  std::uint64_t token = 0;  ///< 0: whichever holding it is.
};

struct List {
  std::string prefix = {}, owner = {};
  bool contended = false;   ///< Only what somebody waits for.
  std::string after = {};   ///< The `next` of the page before.
  std::uint64_t limit = 0;  ///< 0: the server's.
};

struct LeasePage {
  std::vector<Lease> leases;
  std::string next;      ///< For `after`; empty at the end.
  std::string position;  ///< Where a Watch goes on from without a hole.
};

/// Who held it, from when to when, and why that ended. What was not said is empty.
struct PastHolding {
  std::string name;
  std::uint64_t token = 0;
  std::string owner, session;
  std::uint64_t previous = 0;  ///< The token of the holding before. 0: that is not kept.
  std::string since, until;    ///< RFC 3339. Without `since`: its beginning is not kept.
  bool open = false;           ///< It has not ended,
  bool uncertain = false;      ///< as far as is known: the history has a gap behind it.
  std::string because;         ///< Why it ended. Also empty where that is not known.
  std::string by, by_session;  ///< Who released it, took it over, transferred or revoked it,
  std::string reason;          ///< and why.
  std::string to, to_session;  ///< To whom it was transferred or moved.
  std::string began;           ///< How: granted, taken_over, moved or transferred.
  std::string taken_from;      ///< From whom, where it was not free,
  std::string taken_because;   ///< and what was said to that.
  std::string note;
  std::string address;  ///< Where the holder asked from.
  std::string json;     ///< All of it: also what happened to it meanwhile, as `steps`.
};

struct History {
  std::string name = {};  ///< Of this name; or empty, and then of all below `prefix`.
  std::string prefix = {};
  std::string owner = {};   ///< Only what they held.
  std::string from = {};    ///< RFC 3339: only what was held then or later,
  std::string to = {};      ///< and then or earlier.
  std::string after = {};   ///< The `next` of the page before.
  std::uint64_t limit = 0;  ///< 0: the server's.
};

struct HistoryPage {
  std::vector<PastHolding> holdings;  ///< Newest first.
  std::string next;                   ///< For `after`; empty at the end.
  bool has_gaps = false;              ///< Something is missing that was never kept; `json` says where, as `gaps`.
  bool memory_only = false;           ///< It reaches back to the server's start only.
  std::string position;               ///< Where a Watch goes on from without a hole.
  std::string json;
};

/// All leases of a session at once.
struct SessionAnswer {
  std::uint64_t leases = 0;          ///< How many were renewed or ended.
  BootTime::time_point valid_until;  ///< Of a renewal that said a ttl: for all of them. Else the time of the call.
  std::string json;
};

struct ClientOptions {
  /// One address or several of one service: "http://a:7420,http://b:7420". Empty: $HOLDFAST_SERVER, else
  /// http://127.0.0.1:7420.
  std::string servers = {};
  /// Who asks. Empty: user@host.
  std::string owner = {};
  /// How long one call may take, tries and pauses included; a wait in a queue comes on top.
  std::chrono::milliseconds timeout = std::chrono::seconds(10);
};

/// Thread-safe. Copies share their connections. Nothing is sent before the first call.
class Client {
 public:
  /// Errors: bad_configuration, where the addresses cannot be read or the timeout is not positive.
  [[nodiscard]] static Answer<Client> open(ClientOptions options);

  /// Refused with `held`, `held_by_you`, `wait_over`, `queue_full`, ...: see Problem::held_by_other.
  [[nodiscard]] Answer<Grant> acquire(const Acquire& what) const;
  /// One renewal. HeldLease does that by itself. `ttl`: a new one; none: as before.
  ///
  /// A shorter ttl than before ends belief in the old one when it is asked for, not when it is granted.
  [[nodiscard]] Answer<Grant> renew(const HoldingId& holding, std::optional<std::chrono::milliseconds> ttl = {}) const;
  /// True: it is free now. False: it was already, and nobody has it.
  Answer<bool> release(const HoldingId& holding) const;
  /// For early refusal only. A guard compares tokens in the same step as its write (examples/cpp/guard_a_write.cpp).
  [[nodiscard]] Answer<Lease> check(const std::string& name, std::uint64_t token) const;
  Answer<Lease> get(const std::string& name) const;
  Answer<LeasePage> list(const List& what = {}) const;
  Answer<HistoryPage> history(const History& what) const;

  [[nodiscard]] Answer<Grant> take_over(const Takeover& what) const;
  [[nodiscard]] Answer<Grant> move(const Move& what) const;
  /// Asks the holder for it. Whether it is given is theirs to decide.
  Answer<Lease> request(const std::string& name, const std::string& message = {}) const;
  /// The answer shows the new holder.
  Answer<Lease> transfer(const Transfer& what) const;
  Answer<Lease> revoke(const Revoke& what) const;

  Answer<SessionAnswer> renew_session(const std::string& session,
                                      std::optional<std::chrono::milliseconds> ttl = {}) const;
  Answer<SessionAnswer> end_session(const std::string& session) const;

  const std::string& owner() const;
  /// The address that answered last, or that will be asked first.
  std::string server() const;

 private:
  friend class HeldLease;
  friend class Watch;
  explicit Client(std::shared_ptr<client::Core> core);
  std::shared_ptr<client::Core> core_;
};

}  // namespace holdfast
