// Who holds and who waits, by owner and session: a page of it, put together from looks at the leases one by one.
// Nothing is kept for it, so nobody pays for it who does not ask.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "core/lease.h"

namespace holdfast::engine {

/// A session, with what it holds and waits for.
struct SessionLine {
  core::Who who;
  std::size_t leases = 0;          ///< Names that it holds.
  std::vector<std::string> names;  ///< The first of them.
  std::size_t waits = 0;           ///< Its places in queues, and takeovers whose window is not over.
  /// By which it waits and by which it took what it holds, each once: the first few met, those by which it waits first.
  std::vector<std::uint64_t> clients;
};

/// The first sessions behind `after`.
class SessionPage {
 public:
  static constexpr std::size_t names_max = 10;
  /// Of a session. One that takes each name by a connection of its own has more, and most of these are closed.
  static constexpr std::size_t clients_max = 64;

  /// At most `limit` of them. `owner` not empty: of this owner only.
  SessionPage(core::Who after, std::string owner, std::size_t limit);

  /// Takes in who holds `lease` and who waits for it. Each lease is looked at once.
  void look(const core::Lease& lease);

  /// In the order of owner and session.
  std::vector<SessionLine> take();
  /// There are more behind these.
  bool more() const { return more_; }

 private:
  struct Before {
    using is_transparent = void;
    bool operator()(const core::Who& a, const core::Who& b) const {
      return std::tie(a.owner, a.session) < std::tie(b.owner, b.session);
    }
    using Names = std::tuple<const std::string&, const std::string&>;
    bool operator()(const core::Who& a, const Names& b) const { return std::tie(a.owner, a.session) < b; }
    bool operator()(const Names& a, const core::Who& b) const { return a < std::tie(b.owner, b.session); }
  };
  /// Null: it is not on this page.
  SessionLine* line(const std::string& owner, const std::string& session);

  core::Who after_;
  std::string owner_;
  std::size_t limit_;
  std::map<core::Who, SessionLine, Before> lines_;
  bool more_ = false;
};

}  // namespace holdfast::engine
