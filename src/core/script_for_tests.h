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
inline constexpr std::array<Duration, 5> script_ttls{100ms, 500ms, 2s, 5s, 10s};
inline constexpr std::array<Duration, 5> script_waits{0s, 0s, 300ms, 5s, 30s};
inline constexpr std::array<Duration, 7> script_passes{0ms, 50ms, 100ms, 300ms, 1s, 2s, 15s};

/// One line of a script.
struct ScriptLine {
  enum class What { acquire, renew, release, check, get, list, leave, take_back, vanish, pass, tick };
  What what = What::acquire;
  std::size_t name = 0, person = 0, ttl = 0, wait = 0, pass = 0;
  bool shared = false;    ///< Of an acquire: `holder: owner`. Of a vanish: the server heard of it.
  bool unnamed = false;   ///< Of a renewal or release: the session is not named. Of a get: unsettled.
  std::size_t token = 0;  ///< 0 to 4: the newest of the name that was shown; 5: the one before; 6: one never given.
};

inline void showValue(const ScriptLine& move, std::ostream& out) {
  using What = ScriptLine::What;
  const auto line = [&](const char* verb) { out << "\n  " << script_people[move.person] << ' ' << verb << ' '; };
  const auto ms = [](Duration duration) { return std::to_string(duration / 1ms) + "ms"; };
  const auto token = [&] {
    out << (move.token < 5    ? " token=newest"
            : move.token == 5 ? " token=older"
                              : " token=unheard-of")
        << (move.unnamed ? " no session" : "");
  };
  switch (move.what) {
    case What::acquire:
      line("acquire");
      out << script_names[move.name] << " ttl=" << ms(script_ttls[move.ttl]) << " wait=" << ms(script_waits[move.wait])
          << (move.shared ? " holder=owner" : "");
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
                                                    {3, What::tick}});
  return rc::gen::build<ScriptLine>(
      rc::gen::set(&ScriptLine::what, what), rc::gen::set(&ScriptLine::name, below(script_names.size())),
      rc::gen::set(&ScriptLine::person, rc::gen::element<std::size_t>(0, 0, 1, 1, 2, 2, 3, 4, 5)),
      rc::gen::set(&ScriptLine::ttl, below(script_ttls.size())),
      rc::gen::set(&ScriptLine::wait, below(script_waits.size())),
      rc::gen::set(&ScriptLine::pass, below(script_passes.size())), rc::gen::set(&ScriptLine::shared),
      rc::gen::set(&ScriptLine::unnamed), rc::gen::set(&ScriptLine::token, below(7)));
}

/// What a move asks for: made from the move, and from what its client could know.
struct ScriptAsk {
  ScriptLine::What what = ScriptLine::What::get;
  std::string name;
  Who who;  ///< The session may be empty.
  Duration ttl{};
  Duration wait{};
  bool shared = false;
  bool has_ttl = false;
  bool unsettled = false;
  Token token;
};

inline Command to_command(const ScriptAsk& ask) {
  using What = ScriptLine::What;
  const std::optional<Duration> ttl = ask.has_ttl ? std::optional(ask.ttl) : std::nullopt;
  switch (ask.what) {
    case What::acquire:
      return Acquire{.name = ask.name,
                     .who = ask.who,
                     .ttl = ask.ttl,
                     .wait = ask.wait,
                     .holder = ask.shared ? HolderKind::owner : HolderKind::session};
    case What::renew:
      return Renew{ask.name, ask.token, ask.who, ttl};
    case What::release:
      return Release{ask.name, ask.token, ask.who};
    case What::check:
      return Check{ask.name, ask.token};
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
    const bool may_omit = move.what == ScriptLine::What::renew || move.what == ScriptLine::What::release;
    if (may_omit && move.unnamed) ask.who.session.clear();
    const std::vector<Token>& seen = seen_[ask.name];
    const Token newest = seen.empty() ? Token{1} : seen.back();
    if (move.token < 5) ask.token = newest;
    if (move.token == 5) ask.token = seen.size() > 1 ? seen[seen.size() - 2] : newest;
    if (move.token == 6) ask.token = Token{newest.value + 1'000};
    return ask;
  }

 private:
  std::uint64_t requests_ = 0;
  std::map<std::size_t, std::uint64_t> lives_;
  std::map<std::size_t, Address> last_;
  std::map<std::string, std::vector<Token>> seen_;
};

}  // namespace holdfast::core
