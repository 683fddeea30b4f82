// A second opinion: what whoever saw all questions and answers must be able to believe.
//
// It sees no state, no effect and no lease time, and shares no code with core. It knows when which client asked what
// and what it was told, and says where these cannot have come from a server that keeps its promises.
#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/scenarios/subject.h"

namespace holdfast::scenarios {

class Observer {
 public:
  explicit Observer(std::size_t remembered_max = 1'000'000) : remembered_max_(remembered_max) {}

  /// Time goes on: for clients always, for the server only while it runs.
  void pass(Duration time, bool server_runs) {
    now_ += time;
    if (server_runs) running_ += time;
  }
  void asked(const Ask& ask);
  void told(const Told& told);
  void vanished(std::uint64_t client);
  /// The server lost what nobody was told, and every queue; from here on each lease may last its full ttl again.
  void restarted();

  /// What a session may believe now.
  struct Belief {
    std::string name, owner, session;
    std::uint64_t token = 0;
    Duration until{};
    Duration ttl{};
  };
  std::vector<Belief> beliefs() const;
  /// A session has the name no longer, by its own word: token and session.
  struct Gone {
    std::string name, owner, session;
    std::uint64_t token = 0;
  };
  const std::vector<Gone>& released() const { return released_; }
  std::uint64_t greatest() const { return greatest_; }
  const std::set<std::string>& names() const { return names_; }
  /// Requests that still wait for an answer, oldest first.
  std::vector<Ask> open() const;

  const std::vector<std::string>& broken() const { return broken_; }

 private:
  struct Open {
    Ask ask;
    Duration asked_at{};  ///< The client's clock.
    Duration place{};     ///< When it, or what it took over from, came into the queue.
    std::uint64_t order = 0;
    bool gone = false;
  };
  struct Session {
    Duration until{};  ///< Believes until here.
    Duration ttl{};
    Duration may_hold_until{};  ///< In the server's running time: it cannot hold from here on.
    bool believes = false;
  };
  struct Holding {
    std::uint64_t token = 0;
    std::string owner;
    bool shared = false;
    std::map<std::string, Session> sessions;
    bool release_asked = false;  ///< Some session of it asked, answered or not; or a grant was taken back.
    /// How somebody asked to end it otherwise: what may be told as the reason of its loss, and ends its belief.
    std::set<std::string> taken_away;
  };
  struct Name {
    std::map<std::uint64_t, Holding> holdings;
    Duration quiet_since{};          ///< Nobody was told of a holding since.
    bool unseen = false;             ///< A holding may have begun of which nobody was told.
    std::set<std::string> given_to;  ///< Owners to whom somebody asked to transfer it.
  };

  void wants_away(const Ask& ask);
  void ends_session(const Ask& ask);
  void granted(const Told& told, const Open& open);
  void refused(const Told& told, const Open& open);
  void stale(const Told& told, const Open& open);
  void check_order(const Told& told, const Open& open, bool joins);
  void say(const std::string& what, const Told& told, const Open& open);
  Session* session_of(const Ask& ask, Holding** holding = nullptr);
  bool may_hold_at(const Holding& holding) const;
  void end(Name& name, Holding& holding, const std::string& session);

  std::size_t remembered_max_;
  Duration now_{};
  Duration running_{};
  std::uint64_t order_ = 0;
  std::uint64_t greatest_ = 0;
  std::map<std::uint64_t, Open> open_;
  std::map<std::string, Name> by_name_;
  std::set<std::string> names_;
  std::vector<Gone> released_;
  std::vector<std::string> broken_;
};

}  // namespace holdfast::scenarios
