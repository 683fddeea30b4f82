// What clients were told, and whether a server agrees with it.
//
// Every request is entered before it is sent, and its answer when it has come; what never came stays open, because it
// may have been done or not. From that alone the ledger says when a server has broken one of these:
//
//   - what it granted is held until its release was asked for; a grant that somebody else was shown counts as told (L1)
//   - what it released does not come back
//   - no token is given twice, whoever heard of the first time, and by name they only rise, over all starts (L2, L3)
//   - `previous` leaves nothing out: a holding that was told of is never jumped over
//   - nobody holds what it never asked for
//
// It presumes clients as in crowd.h: one request at a time for each session, leases that outlast the test, and releases
// only of tokens that were told.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "tests/support/http_talk.h"

namespace holdfast::durability {

struct Who {
  std::string owner;
  std::string session;
  auto operator<=>(const Who&) const = default;
};

/// Thread-safe.
class Ledger {
 public:
  /// A request under way.
  struct Ask {
    enum class Kind : std::uint8_t { acquire, release, look } kind = Kind::look;
    std::string name;
    Who who;
    std::uint64_t token = 0;    ///< To release.
    std::uint64_t at = 0;       ///< When it was asked, in events.
    std::uint64_t newest = 0;   ///< The greatest token that anybody had been told of then.
    bool asked_before = false;  ///< Its release had been asked for before.
  };

  /// To be called before the request is sent, and exactly one of the two below after it.
  Ask acquires(const std::string& name, const Who& who);
  Ask releases(const std::string& name, const Who& who, std::uint64_t token);
  Ask looks(const std::string& name);
  void answered(const Ask& ask, const support::Response& response);
  void unanswered(const Ask& ask);

  /// Looks at every name that was ever asked for, at a server that nobody else is talking to.
  void audit(std::uint16_t port);

  std::vector<std::string> complaints() const;
  std::string told() const;  ///< Complaints and counts, for a failure's message.
  std::size_t grants() const;
  std::size_t released() const;
  std::size_t open_ends() const;  ///< Requests whose answer never came.

 private:
  enum class Release : std::uint8_t { not_asked, maybe, done };
  struct Holding {
    std::optional<Who> who;  ///< None: it was only ever heard of as the one before.
    std::uint64_t told_at = 0;
    Release release = Release::not_asked;
    std::uint64_t released_at = 0;
    std::optional<std::uint64_t> previous;  ///< 0: there was none.
  };
  struct Maybe {
    std::size_t open = 0;      ///< Unanswered acquires.
    std::uint64_t newest = 0;  ///< Known when the first of them was asked.
  };
  struct Book {
    std::map<std::uint64_t, Holding> holdings;
    std::map<Who, Maybe> maybe;
    bool ever_unanswered = false;
  };

  void granted(const Ask& ask, const support::Response& response);
  void was_released(const Ask& ask, const support::Response& response);
  void seen(const Ask& ask, std::uint64_t token, const Who& who, std::optional<std::uint64_t> previous);
  void audit_name(const Ask& ask, const support::Response& response);
  Holding& enter(const Ask& ask, std::uint64_t token, const std::optional<Who>& who,
                 std::optional<std::uint64_t> previous);
  void check_place(const std::string& name, std::uint64_t token);
  void complain(const std::string& name, std::string what);

  mutable std::mutex mutex_;
  std::map<std::string, Book> books_;           // Guarded by mutex_, as all below.
  std::map<std::uint64_t, std::string> given_;  ///< Every token ever told of, and its name.
  std::uint64_t events_ = 0;
  std::size_t grants_ = 0, released_ = 0, open_ends_ = 0, unlisted_ = 0;
  std::vector<std::string> complaints_;
};

}  // namespace holdfast::durability
