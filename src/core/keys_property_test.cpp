// Programs on keys among everything else that a few people do to a few names: whatever they find, no promise is broken.
//
// The step checks stop the process where a step is none that may be; a witness who sees only the answers holds them
// against each other; and who took what is written down here once more, to say who may touch it.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <map>
#include <memory>
#include <set>
#include <vector>

#include "base/seeded_for_tests.h"
#include "core/keys.h"
#include "core/trial_for_tests.h"

namespace holdfast::core {
namespace {

struct Op {
  enum class What { look, take, renew, pass_on, end };
  What what = What::look;
  std::size_t name = 0, person = 0, ttl = 0;
  bool compared = false;  ///< The proof is the value, which has been looked at.
};
struct KeyLine {
  bool program = false;
  ScriptLine move;  ///< Else. Of a program, whose it is.
  std::vector<Op> ops;
};
void showValue(const KeyLine& line, std::ostream& out) {
  if (!line.program) return showValue(line.move, out);
  out << "\n  " << script_people[line.move.person] << " runs";
  for (const Op& op : line.ops) {
    const char* words[] = {"look", "take", "renew", "pass_on", "end"};
    out << ' ' << words[static_cast<int>(op.what)] << ' ' << script_names[op.name]
        << (op.what == Op::What::pass_on ? " to " + script_people[op.person].session : "")
        << (op.compared ? " compared;" : ";");
  }
}

rc::Gen<KeyLine> any_key_line() {
  using What = Op::What;
  const auto below = [](std::size_t bound) { return rc::gen::inRange<std::size_t>(0, bound); };
  const auto op = rc::gen::build<Op>(
      rc::gen::set(&Op::what,
                   rc::gen::element(What::look, What::take, What::renew, What::pass_on, What::end, What::end)),
      rc::gen::set(&Op::name, below(script_names.size())), rc::gen::set(&Op::person, below(script_people.size())),
      rc::gen::set(&Op::ttl, below(script_ttls.size())), rc::gen::set(&Op::compared));
  const auto ops =
      rc::gen::mapcat(below(5), [op](std::size_t count) { return rc::gen::container<std::vector<Op>>(count + 1, op); });
  return rc::gen::build<KeyLine>(rc::gen::set(&KeyLine::program, rc::gen::element(true, false)),
                                 rc::gen::set(&KeyLine::move, any_line()), rc::gen::set(&KeyLine::ops, ops));
}

/// What each call of a program answered.
class Runs final : public Program {
 public:
  Runs(std::vector<Op> ops, Who who) : ops_(std::move(ops)), who_(std::move(who)) {}
  void run(Keys& keys) override {
    for (const Op& op : ops_) codes.push_back(carry_out(keys, op));
  }
  std::vector<ErrorCode> codes;
  bool by_connection_only = true;  ///< No value was compared.

 private:
  ErrorCode carry_out(Keys& keys, const Op& op) {
    const std::string& name = script_names[op.name];
    const Acquire want{.name = name, .who = {who_.owner, script_people[op.person].session}, .ttl = script_ttls[op.ttl]};
    if (op.compared) keys.look(name);
    const Proof proof = op.compared ? Proof::value : Proof::connection;
    const bool touches = op.what != Op::What::look && op.what != Op::What::take;
    if (touches && op.compared) by_connection_only = false;
    if (op.what == Op::What::take) return keys.take({.name = name, .who = who_, .ttl = script_ttls[op.ttl]});
    if (op.what == Op::What::renew) return keys.renew(name, script_ttls[op.ttl], proof);
    if (op.what == Op::What::pass_on) return keys.pass_on(want, proof);
    if (op.what == Op::What::end) return keys.end(name, proof);
    keys.look(name);
    return ErrorCode::none;
  }
  std::vector<Op> ops_;
  Who who_;
};

std::map<std::string, int>& tried() {
  static std::map<std::string, int> counts;
  return counts;
}

class KeyTrial {
 public:
  void line(const KeyLine& line) {
    using What = ScriptLine::What;
    const ScriptLine& move = line.move;
    if (line.program) return run(line.ops, move.person);
    if (move.what == What::pass) return void(desk_.now += script_passes[move.pass]);
    if (move.what == What::restart) return;        // keys_test.cpp says what becomes of the proofs.
    if (move.what == What::renew_session) return;  // Its answer does not say which deadlines it moved.
    if (move.what == What::tick) {
      desk_.tick();
      return look();
    }
    if (move.what == What::vanish) {
      desk_.clients.gone.insert(crowd_.client(move.person));
      return crowd_.hang_up(move.person);
    }
    const bool old_address = move.what == What::leave || move.what == What::take_back;
    const Address from = old_address ? crowd_.last(move.person) : crowd_.next(move.person);
    desk_.submit(to_command(crowd_.ask_of(move)), from);
    look();
  }
  /// Everything that was decided is what the journal would give back.
  void check_replay() const {
    State again(desk_.state.limits());
    for (std::size_t i = 0; i < desk_.effects.size(); ++i) again.apply(desk_.effects[i], Position{i + 1}, at(0s));
    for (const std::string& name : script_names) {
      const Lease *now = desk_.state.find(name), *then = again.find(name);
      RC_ASSERT((now == nullptr) == (then == nullptr));
      if (!now) continue;
      RC_ASSERT((now->held() == then->held() && now->token == then->token && now->owner == then->owner));
    }
  }

 private:
  using Session = std::pair<std::uint64_t, std::string>;  ///< Of a holding.

  void run(const std::vector<Op>& ops, std::size_t person) {
    const Address from = crowd_.next(person);
    const auto program = std::make_shared<Runs>(ops, script_people[person]);
    desk_.submit(RunProgram{program}, from);
    const auto own = std::ranges::find(desk_.answers, from, &Answer::to);
    RC_ASSERT(own != desk_.answers.end());
    RC_ASSERT(std::ranges::count(desk_.answers, from, &Answer::to) == 1);
    const Reply& reply = own->reply;
    RC_ASSERT((reply.code == ErrorCode::none && reply.waits_for <= reply.position));
    for (const Op& op : ops) RC_ASSERT(reply.waits_for.value >= last_change(script_names[op.name], reply.position));
    if (program->by_connection_only) check_taken_by(from.client, reply);
    for (const ErrorCode code : program->codes) {
      ++tried()[code == ErrorCode::none ? "done" : std::string{info_of(code).name}];
    }
    look();
  }
  std::uint64_t last_change(const std::string& name, Position until) const {
    for (std::uint64_t i = until.value; i > 0; --i) {
      if (name_of(desk_.effects[i - 1]) == name) return i;
    }
    return 0;
  }
  /// L7: what it ended and what it renewed began there, before or in this same step.
  void check_taken_by(std::uint64_t client, const Reply& reply) {
    std::set<Session> own;
    for (const Effect& effect : desk_.effects) {
      const auto* taken = std::get_if<Taken>(&effect);
      const auto* grant = taken ? &taken->grant : std::get_if<Granted>(&effect);
      if (grant && !taker_.contains({grant->token.value, grant->who.session})) {
        own.emplace(grant->token.value, grant->who.session);
      }
    }
    const auto check = [&](Token token, const std::string& session) {
      const auto taker = taker_.find({token.value, session});
      RC_ASSERT((taker == taker_.end() ? own.contains({token.value, session}) : taker->second == client));
      ++tried()["touched by its own connection"];
    };
    for (const Reply::Part& part : reply.parts) check(part.token, part.who.session);
    for (const Reply::Grant& grant : reply.granted) check(grant.lease.token, grant.who.session);
  }
  /// What the answers say, one after the other.
  void look() {
    for (; noted_ < desk_.effects.size(); ++noted_) note(desk_.effects[noted_]);
    // What a step ended and began is told at once, in whatever order.
    std::map<Token, std::vector<Answer>> at_once;
    for (const Answer& answer : std::exchange(desk_.answers, {})) {
      const Reply& reply = answer.reply;
      for (const Reply::Part& part : reply.parts) {
        Reply over;
        over.lease = {.name = part.name, .known = true, .token = part.token};
        at_once[part.token].push_back({answer.to, over});
      }
      for (const Reply::Grant& grant : reply.granted) {
        Reply one;
        one.lease = grant.lease;
        one.who = grant.who;
        one.void_after = grant.void_after;
        at_once[grant.lease.token].push_back({answer.to, one});
      }
      if (reply.parts.empty() && reply.granted.empty()) at_once[reply.lease.token].push_back(answer);
    }
    for (const auto& [token, answers] : at_once) {
      for (const Answer& answer : answers) told(answer.reply, answer.to);
    }
  }
  void told(const Reply& reply, Address to) {
    if (!reply.unsettled) crowd_.saw(reply.lease.name, reply.lease.token);
    // What is over in the same step is told all the same, and nobody may believe it.
    const Lease* lease = desk_.state.find(reply.lease.name);
    const Part* part = lease && lease->token == reply.lease.token ? lease->part_of(reply.who.session) : nullptr;
    const bool grant = reply.code == ErrorCode::none && reply.void_after > Instant{};
    if (grant) taker_.try_emplace({reply.lease.token.value, reply.who.session}, to.client);
    Reply seen = reply;
    if (grant && !part) seen.void_after = {};
    beliefs_.told(seen, desk_.now);
  }
  void note(const Effect& effect) {
    if (const Taken* taken = std::get_if<Taken>(&effect)) {
      beliefs_.displaced(taken->grant.name, Token{taken->grant.token.value - 1});
      ++tried()["effect of " + std::string{word(taken->displaced)}];
    }
    if (const Revoked* revoked = std::get_if<Revoked>(&effect)) beliefs_.displaced(revoked->name, revoked->token);
    if (const Released* released = std::get_if<Released>(&effect)) beliefs_.ended(released->name, released->session);
  }

  Desk desk_{limits_of(2)};
  Crowd crowd_;
  Witness beliefs_;
  std::map<Session, std::uint64_t> taker_;  ///< Whose connection was told that it began.
  std::size_t noted_ = 0;
};

RC_GTEST_PROP(KeyPrograms, keep_the_promises_among_everything_else, ()) {
  KeyTrial trial;
  const auto script = *rc::gen::scale(2.0, rc::gen::container<std::vector<KeyLine>>(any_key_line()));
  for (const KeyLine& line : script) trial.line(line);
  trial.check_replay();
}

TEST(KeyPrograms, are_tried_where_it_matters) {
  const auto script = rc::gen::container<std::vector<KeyLine>>(200, any_key_line());
  tried().clear();
  for (std::uint64_t seed = 0; seed < 40; ++seed) {
    KeyTrial trial;
    for (const KeyLine& line : script(rc::Random(seed), 100).value()) trial.line(line);
  }
  for (const char* outcome : {"done", "held", "key_not_proven", "nothing_held", "takeover_pending",
                              "touched by its own connection", "effect of moved"}) {
    EXPECT_GE(tried()[outcome], 5) << outcome;
  }
}

}  // namespace
}  // namespace holdfast::core
