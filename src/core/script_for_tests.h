// Random scripts of what clients do, for properties: few names and few people, so that they get in each other's way.
//
// A script that fails is printed line by line, and RapidCheck takes lines out as long as it still fails.
#pragma once

#include <rapidcheck.h>

#include <array>
#include <map>
#include <ostream>
#include <string>
#include <vector>

#include "core/desk_for_tests.h"

namespace holdfast::core {

inline const std::array<std::string, 2> script_names{"red", "green"};
inline const std::array<Who, 6> script_people{Who{"alice", "a1"}, Who{"alice", "a2"}, Who{"alice", "a3"},
                                              Who{"bob", "b1"},   Who{"bob", "b2"},   Who{"carol", "c1"}};
inline constexpr std::array<Duration, 6> script_ttls{100ms, 500ms, 2s, 5s, 10s, forever};
inline constexpr std::array<Duration, 5> script_waits{0s, 0s, 300ms, 5s, 30s};
inline constexpr std::array<Duration, 5> script_windows{0s, 0s, 300ms, 2s, 5s};
inline constexpr std::array<Duration, 7> script_passes{0ms, 50ms, 100ms, 300ms, 1s, 2s, 15s};

/// One line of a script.
struct ScriptLine {
  enum class What {
    acquire,
    renew,
    release,
    check,
    get,
    list,
    leave,
    take_back,
    vanish,
    pass,
    tick,
    take_over,
    move,
    ask_holder,
    transfer,
    revoke,
    renew_session,
    end_session,
    restart
  };
  What what = What::acquire;
  std::size_t name = 0, person = 0, ttl = 0, wait = 0, pass = 0;
  std::size_t to = 0;      ///< Of a transfer: the person who is to have it.
  std::size_t window = 0;  ///< Of a takeover: its flush window.
  std::size_t reason = 0;  ///< 0: none is said.
  bool shared = false;     ///< Of an acquire or takeover: `holder: owner`. Of a vanish: the server heard of it.
  bool anew = false;       ///< Of an acquire: without re-entry.
  bool unnamed = false;    ///< Of a renewal, release or transfer: the session is not named. Of a get: unsettled.
  /// 0 to 4: the newest of the name that was shown; 5: the one before; 6: one never given; 7: none is named, where none
  /// has to be.
  std::size_t token = 0;
};

inline void showValue(const ScriptLine& move, std::ostream& out) {
  using What = ScriptLine::What;
  const auto line = [&](const char* verb) { out << "\n  " << script_people[move.person] << ' ' << verb << ' '; };
  const auto ms = [](Duration duration) {
    return duration == forever ? std::string{"null"} : std::to_string(duration / 1ms) + "ms";
  };
  const auto token = [&] {
    out << (move.token < 5    ? " token=newest"
            : move.token == 5 ? " token=older"
            : move.token == 6 ? " token=unheard-of"
                              : " token=none")
        << (move.unnamed ? " no session" : "");
  };
  switch (move.what) {
    case What::acquire:
      line("acquire");
      out << script_names[move.name] << " ttl=" << ms(script_ttls[move.ttl]) << " wait=" << ms(script_waits[move.wait])
          << (move.shared ? " holder=owner" : "") << (move.anew ? " anew" : "");
      break;
    case What::renew:
      line("renew");
      out << script_names[move.name] << (move.shared ? " ttl=" + ms(script_ttls[move.ttl]) : "");
      token();
      break;
    case What::release:
      line("release");
      out << script_names[move.name];
      token();
      break;
    case What::check:
      line("check");
      out << script_names[move.name];
      token();
      break;
    case What::get:
      line("get");
      out << script_names[move.name] << (move.unnamed ? " unsettled" : "");
      break;
    case What::list:
      line("list");
      break;
    case What::leave:
      line("leaves the queue");
      break;
    case What::take_back:
      line("did not get its last grant of");
      out << script_names[move.name];
      break;
    case What::vanish:
      line(move.shared ? "hangs up" : "hangs up, unheard");
      break;
    case What::take_over:
      line("takeover");
      out << script_names[move.name] << " ttl=" << ms(script_ttls[move.ttl])
          << " flush=" << ms(script_windows[move.window]) << (move.reason ? " reason" : "")
          << (move.shared ? " holder=owner" : "");
      token();
      break;
    case What::move:
      line("move");
      out << script_names[move.name];
      token();
      break;
    case What::ask_holder:
      line("request");
      out << script_names[move.name] << " message=" << move.reason;
      break;
    case What::transfer:
      line("transfer");
      out << script_names[move.name] << " to=" << script_people[move.to].owner
          << (move.shared ? " to_session=" + script_people[move.to].session : "");
      token();
      break;
    case What::revoke:
      line("revoke");
      out << script_names[move.name] << (move.reason ? " reason" : "");
      token();
      break;
    case What::renew_session:
      line("renew_session");
      out << (move.shared ? "ttl=" + ms(script_ttls[move.ttl]) : "");
      break;
    case What::end_session:
      line("end_session");
      break;
    case What::restart:
      out << "\n  restart";
      break;
    case What::pass:
      out << "\n  pass " << ms(script_passes[move.pass]);
      break;
    case What::tick:
      out << "\n  tick";
      break;
  }
}

inline rc::Gen<ScriptLine> any_line() {
  using What = ScriptLine::What;
  const auto below = [](std::size_t bound) { return rc::gen::inRange<std::size_t>(0, bound); };
  const auto what = rc::gen::weightedElement<What>({{10, What::acquire},
                                                    {5, What::renew},
                                                    {6, What::release},
                                                    {1, What::check},
                                                    {2, What::get},
                                                    {1, What::list},
                                                    {1, What::leave},
                                                    {2, What::take_back},
                                                    {2, What::vanish},
                                                    {6, What::pass},
                                                    {3, What::tick},
                                                    {7, What::take_over},
                                                    {3, What::move},
                                                    {1, What::ask_holder},
                                                    {3, What::transfer},
                                                    {2, What::revoke},
                                                    {2, What::renew_session},
                                                    {2, What::end_session},
                                                    {1, What::restart}});
  return rc::gen::build<ScriptLine>(
      rc::gen::set(&ScriptLine::what, what), rc::gen::set(&ScriptLine::name, below(script_names.size())),
      rc::gen::set(&ScriptLine::person, rc::gen::element<std::size_t>(0, 0, 1, 1, 2, 2, 3, 4, 5)),
      rc::gen::set(&ScriptLine::ttl, below(script_ttls.size())),
      rc::gen::set(&ScriptLine::wait, below(script_waits.size())),
      rc::gen::set(&ScriptLine::pass, below(script_passes.size())), rc::gen::set(&ScriptLine::shared),
      rc::gen::set(&ScriptLine::to, below(script_people.size())),
      rc::gen::set(&ScriptLine::window, below(script_windows.size())),
      rc::gen::set(&ScriptLine::reason, rc::gen::element<std::size_t>(0, 1, 1, 1, 2, 2)),
      rc::gen::set(&ScriptLine::anew, rc::gen::element(false, false, false, true)), rc::gen::set(&ScriptLine::unnamed),
      rc::gen::set(&ScriptLine::token, below(8)));
}

/// What a move asks for: made from the move, and from what its client could know.
struct ScriptAsk {
  ScriptLine::What what = ScriptLine::What::get;
  std::string name;
  Who who;  ///< The session may be empty.
  Duration ttl{};
  Duration wait{};
  bool shared = false;
  bool anew = false;
  bool has_ttl = false;
  bool unsettled = false;
  Token token;
  Duration window{};
  std::string reason;  ///< Of a request: its message.
  Who to;              ///< Of a transfer. The session may be empty.
};

/// The session that a transfer to nobody in particular begins.
inline const std::string script_fresh_session = "fresh";

inline Command to_command(const ScriptAsk& ask) {
  using What = ScriptLine::What;
  const std::optional<Duration> ttl = ask.has_ttl ? std::optional(ask.ttl) : std::nullopt;
  switch (ask.what) {
    case What::acquire:
      return Acquire{.name = ask.name,
                     .who = ask.who,
                     .ttl = ask.ttl,
                     .wait = ask.wait,
                     .holder = ask.shared ? HolderKind::owner : HolderKind::session,
                     .anew = ask.anew};
    case What::renew:
      return Renew{ask.name, ask.token, ask.who, ttl};
    case What::release:
      return Release{ask.name, ask.token, ask.who};
    case What::check:
      return Check{ask.name, ask.token};
    case What::take_over:
      return Takeover{.want = {.name = ask.name,
                               .who = ask.who,
                               .ttl = ask.ttl,
                               .holder = ask.shared ? HolderKind::owner : HolderKind::session},
                      .token = ask.token,
                      .flush = ask.window,
                      .reason = ask.reason};
    case What::move:
      return Move{.name = ask.name, .token = ask.token, .who = ask.who};
    case What::ask_holder:
      return AskHolder{.name = ask.name, .who = ask.who, .message = ask.reason};
    case What::transfer:
      return Transfer{ask.name, ask.token, ask.who, ask.to.owner, ask.to.session, script_fresh_session};
    case What::revoke:
      return Revoke{ask.name, ask.token, ask.who, ask.reason};
    case What::renew_session:
      return RenewSession{.who = ask.who, .ttl = ttl};
    case What::end_session:
      return EndSession{.who = ask.who};
    case What::list:
      return List{.names = {script_names.begin(), script_names.end()}, .unsettled = ask.unsettled};
    case What::leave:
      return Leave{};
    case What::take_back:
      return TakeBack{ask.name, ask.token, ask.who};
    default:
      return Get{.name = ask.name, .unsettled = ask.unsettled};
  }
}

/// The people of a script: which connection each has, and what they have been shown.
class Crowd {
 public:
  Address next(std::size_t person) {
    const Address from{client(person), ++requests_};
    last_[person] = from;
    return from;
  }
  std::uint64_t client(std::size_t person) const {
    return person + 1 + 10 * (lives_.contains(person) ? lives_.at(person) : 0);
  }
  /// Its connection is gone; the next thing it asks comes through another one.
  void hang_up(std::size_t person) { ++lives_[person]; }
  /// Where it asked last.
  Address last(std::size_t person) const { return last_.contains(person) ? last_.at(person) : Address{}; }

  void saw(const std::string& name, Token token) {
    std::vector<Token>& seen = seen_[name];
    if (token && (seen.empty() || seen.back() < token)) seen.push_back(token);
  }
  ScriptAsk ask_of(const ScriptLine& move) {
    ScriptAsk ask;
    ask.what = move.what;
    ask.name = script_names[move.name];
    ask.who = script_people[move.person];
    ask.ttl = script_ttls[move.ttl];
    ask.wait = script_waits[move.wait];
    ask.shared = ask.has_ttl = move.shared;
    ask.unsettled = move.unnamed;
    ask.window = script_windows[move.window];
    if (move.reason) ask.reason = "reason " + std::to_string(move.reason);
    ask.to = script_people[move.to];
    if (!move.shared) ask.to.session.clear();
    using What = ScriptLine::What;
    ask.anew = move.anew && move.what == What::acquire;
    const bool may_omit = move.what == What::renew || move.what == What::release || move.what == What::transfer;
    if (may_omit && move.unnamed) ask.who.session.clear();
    const std::vector<Token>& seen = seen_[ask.name];
    const Token newest = seen.empty() ? Token{1} : seen.back();
    if (move.token < 5) ask.token = newest;
    if (move.token == 5) ask.token = seen.size() > 1 ? seen[seen.size() - 2] : newest;
    if (move.token == 6) ask.token = Token{newest.value + 1'000};
    const bool may_name_none = move.what == What::take_over || move.what == What::revoke;
    if (move.token == 7) ask.token = may_name_none ? Token{} : newest;
    return ask;
  }

 private:
  std::uint64_t requests_ = 0;
  std::map<std::size_t, std::uint64_t> lives_;
  std::map<std::size_t, Address> last_;
  std::map<std::string, std::vector<Token>> seen_;
};

}  // namespace holdfast::core
