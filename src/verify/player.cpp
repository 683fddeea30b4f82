#include "verify/player.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>
#include <utility>

namespace holdfast::verify {

using namespace recording;

namespace {

std::string_view plural_of(What what) {
  switch (what) {
    case What::acquire:
      return "acquires";
    case What::renew:
      return "renewals";
    case What::release:
      return "releases";
    case What::query:
      return "queries";
    default:
      return "takeovers";
  }
}

constexpr std::size_t copies_max = 8;
constexpr int questions_max = 4;  // One, and so many less one again where no answer came.

}  // namespace

void OddAnswers::take(What what, const Heard& heard) {
  const std::scoped_lock lock(mutex_);
  Sort& sort = sorts_[{what, heard.outcome}];
  if (sort.times++ == 0) sort.words = heard.words;
}

std::vector<std::string> OddAnswers::told() const {
  const std::scoped_lock lock(mutex_);
  std::vector<std::string> out;
  for (const auto& [of, sort] : sorts_) {
    const std::string_view means = of.second == Outcome::error ? "were not done" : "have an unknown outcome";
    out.push_back(
        fmt::format("{} {} {}; the first was answered: {}", sort.times, plural_of(of.first), means, sort.words));
  }
  return out;
}

Player::Player(Ground& ground, const std::string& name, Chance chance)
    : ground_(ground),
      name_(name),
      me_(ground.recorder.add_client(name)),
      chance_(chance),
      session_(ground.target.session(name)),
      echo_(ground.target.session(name)) {}

Operation Player::taken_down(const Question& question, const Heard& heard, Nanos called) const {
  const Manner& manner = ground_.manner;
  Operation operation{.called = called, .client = me_, .name = question.name, .what = question.what};
  operation.returned = heard.came ? ground_.recorder.now() : never;
  operation.outcome = heard.outcome;
  operation.held = heard.held;
  operation.joined = heard.joined;
  operation.token = question.grip.token;
  operation.shown = heard.grip.token;
  operation.previous = heard.previous;
  operation.waited = heard.waited.count();
  if (!heard.holder.empty()) operation.holder = ground_.recorder.client_called(heard.holder);
  const bool grants = question.what == What::acquire || question.what == What::takeover || question.what == What::renew;
  // Where nobody knows whether it was done, it holds for as long if it was.
  const bool may_hold = heard.outcome == Outcome::ok || heard.outcome == Outcome::unknown;
  if (grants && may_hold && manner.traits.lock.leases) {
    operation.ttl = heard.ttl.value_or(manner.ttl).count();
  }
  if (question.what == What::release && question.over && heard.outcome == Outcome::ok && !manner.release_tells) {
    operation.outcome = Outcome::unknown;  // This lock says ok to everything.
  }
  return operation;
}

Heard Player::ask(Session& session, const Question& question, Gate* gate) {
  Ticket ticket(gate);
  const Ask ask{.what = question.what,
                .name = ground_.recorder.name_of(question.name),
                .grip = question.grip,
                .ttl = question.ttl,
                .wait = question.wait};
  const Nanos called = ground_.recorder.now();
  Heard heard = session.ask(ask, ticket);
  ground_.recorder.add(taken_down(question, heard, called));
  if (&session == session_.get()) called_ = called;
  if (heard.outcome == Outcome::error || heard.outcome == Outcome::unknown) ground_.odd.take(question.what, heard);
  return heard;
}

void Player::tell(const std::string& fault, Nanos from) {
  ground_.recorder.add(Fault{.at = from, .until = ground_.recorder.now(), .client = me_, .what = fault});
}

Heard Player::ask_and_be_cut(const Question& question, Gate* gate) {
  const Nanos from = ground_.recorder.now();
  const Duration delay = std::chrono::microseconds(chance_.below(1500));
  std::jthread cutting([&] {
    std::this_thread::sleep_for(delay);
    session_->hang_up();
  });
  Heard heard = ask(*session_, question, gate);
  cutting.join();
  tell("connection cut", from);
  return heard;
}

Heard Player::ask_twice(const Question& question, Gate* gate) {
  const Nanos from = ground_.recorder.now();
  Heard copy;
  Question again = question;
  again.over = true;  // Of two releases one comes second.
  Heard heard;
  {
    const std::jthread other([&] { copy = ask(*echo_, again); });
    heard = ask(*session_, question, gate);
  }
  tell("request sent twice", from);
  if (question.what != What::acquire || copy.outcome != Outcome::ok) return heard;
  if (heard.outcome != Outcome::ok) return copy;  // The copy was first.
  const bool same = heard.grip.token == copy.grip.token && heard.grip.proof == copy.grip.proof;
  if (!same) ask(*echo_, {.what = What::release, .name = question.name, .grip = copy.grip});
  return heard;
}

Heard Player::ask_with_faults(const Question& question, Gate* gate) {
  const Faults& faults = ground_.faults;
  if (faults.kill && chance_.once_in(8) && ground_.kills.take(ground_.recorder.operations())) {
    return ask_and_be_cut(question, gate);
  }
  const bool twice_is_fair = question.wait == Duration{} && !ground_.manner.counts_grants;
  if (faults.duplicate && twice_is_fair && chance_.once_in(6)) return ask_twice(question, gate);
  return ask(*session_, question, gate);
}

Held Player::held_by(const Heard& heard, Index name, Nanos called) const {
  Held held{.name = name, .grip = heard.grip};
  if (ground_.manner.traits.lock.leases) {
    held.until = called + (heard.waited + heard.ttl.value_or(ground_.manner.ttl)).count();
  }
  return held;
}

void Player::give_back_unknown(Index name, const Heard& heard) {
  const Traits& traits = ground_.manner.traits;
  const bool mine = heard.outcome == Outcome::busy && heard.holder == name_ && heard.grip.token != 0;
  const bool by_name_alone = !traits.lock.tokens && !traits.lock.leases;
  if (mine || by_name_alone) {
    ask(*session_, {.what = What::release, .name = name, .grip = heard.grip, .over = !mine});
  }
}

std::optional<Held> Player::acquire(Index name, Gate* gate, Duration wait) {
  const Question question{.what = What::acquire, .name = name, .ttl = ground_.manner.ttl, .wait = wait};
  if (wait > Duration{}) ground_.waited = true;
  Heard heard = ask_with_faults(question, gate);
  const bool doubtful = heard.outcome == Outcome::unknown;
  for (int asked = 1; heard.outcome == Outcome::unknown && asked < questions_max; ++asked) {
    heard = ask(*session_, question);
  }
  acquired_ = heard.outcome;
  if (heard.outcome == Outcome::ok) return held_by(heard, name, called_);
  if (doubtful) give_back_unknown(name, heard);
  if (heard.outcome == Outcome::busy) send_late_copy(name);
  return std::nullopt;
}

void Player::wait_and_leave(Index name, Duration wait, const std::function<void()>& left) {
  const Question question{.what = What::acquire, .name = name, .ttl = ground_.manner.ttl, .wait = wait};
  const Ask ask{.name = ground_.recorder.name_of(name), .ttl = question.ttl, .wait = wait};
  const Nanos called = ground_.recorder.now();
  Ticket none;
  Heard heard = session_->ask(ask, none);
  if (heard.outcome == Outcome::unknown) {
    left();
    heard.outcome = Outcome::over;
    heard.came = true;
    tell("left the queue", called);
  }
  ground_.recorder.add(taken_down(question, heard, called));
  if (heard.outcome == Outcome::ok) release(held_by(heard, name, called));
}

Outcome Player::renew(Held& held) {
  const Question question{.what = What::renew, .name = held.name, .grip = held.grip, .ttl = ground_.manner.ttl};
  Heard heard = ask_with_faults(question);
  if (heard.outcome == Outcome::unknown) heard = ask(*session_, question);
  if (heard.outcome == Outcome::ok) {
    held.until = held_by(heard, held.name, called_).until;
    if (!heard.grip.proof.empty()) held.grip.proof = heard.grip.proof;
    if (chance_.once_in(4)) keep_copy(question);
  }
  return heard.outcome;
}

Outcome Player::release(const Held& held, bool over) {
  Question question{.what = What::release, .name = held.name, .grip = held.grip};
  question.over = over || ground_.recorder.now() >= held.until;
  Heard heard = over ? ask(*session_, question) : ask_with_faults(question);
  keep_copy(question);
  for (int asked = 1; heard.outcome == Outcome::unknown && !heard.came && asked < questions_max; ++asked) {
    question.over = true;  // Perhaps it was done.
    heard = ask(*session_, question);
  }
  return heard.outcome;
}

Heard Player::query(Index name) {
  return ask(*session_, {.what = What::query, .name = name});
}

std::optional<Held> Player::take_over(Index name, std::uint64_t from) {
  const Heard heard =
      ask(*session_,
          {.what = What::takeover, .name = name, .grip = {.token = from, .proof = {}}, .ttl = ground_.manner.ttl});
  if (heard.outcome != Outcome::ok) return std::nullopt;
  return held_by(heard, name, called_);
}

void Player::keep_copy(const Question& question) {
  if (!ground_.faults.late) return;
  if (copies_.size() == copies_max) copies_.erase(copies_.begin());
  copies_.push_back(question);
}

void Player::send_late_copy(Index name) {
  if (!ground_.faults.late || !chance_.once_in(2)) return;
  const auto found = std::ranges::find(copies_, name, &Question::name);
  if (found == copies_.end()) return;
  Question copy = *found;
  copies_.erase(found);
  copy.over = true;
  const Nanos from = ground_.recorder.now();
  const Heard heard = ask(*echo_, copy);
  tell(copy.what == What::release ? "a release sent again, late" : "a renewal sent again, late", from);
  // Nobody had it any more, and so it is ours again.
  if (copy.what == What::renew && heard.outcome == Outcome::ok) {
    ask(*echo_, {.what = What::release, .name = name, .grip = copy.grip});
  }
}

std::uint64_t Player::read(const Held& held) {
  Operation operation{.called = ground_.recorder.now(), .client = me_, .name = held.name, .what = What::read};
  operation.token = held.grip.token;
  operation.value = ground_.guard.read(held.name, held.grip.token);
  operation.returned = ground_.recorder.now();
  operation.outcome = Outcome::ok;
  ground_.recorder.add(operation);
  return operation.value;
}

void Player::count(const Held& held, const std::function<void()>& between) {
  const std::uint64_t value = read(held);
  if (between) between();
  write_late(held, value);
}

void Player::write_late(const Held& held, std::uint64_t value) {
  Operation operation{.called = ground_.recorder.now(), .client = me_, .name = held.name, .what = What::write};
  const auto believes = [&] { return ground_.recorder.now() < held.until; };
  const Guard::Wrote wrote = held.grip.token != 0 ? ground_.guard.write(held.name, held.grip.token, value)
                                                  : ground_.guard.write(held.name, 0, value, believes);
  if (wrote == Guard::Wrote::not_tried) return;
  operation.returned = ground_.recorder.now();
  operation.outcome = wrote == Guard::Wrote::done ? Outcome::ok : Outcome::stale;
  operation.token = held.grip.token;
  operation.value = value;
  ground_.recorder.add(operation);
}

void Player::hang_up() {
  session_->hang_up();
}

void Player::rest(Duration time) const {
  const auto end = std::chrono::steady_clock::now() + time;
  constexpr Duration look_every = std::chrono::milliseconds(50);
  for (auto now = std::chrono::steady_clock::now(); now < end && !ground_.time_is_up();
       now = std::chrono::steady_clock::now()) {
    std::this_thread::sleep_for(std::min<Duration>(end - now, look_every));
  }
}

void Player::linger(Duration most) {
  const Manner& manner = ground_.manner;
  if (ground_.faults.pause && chance_.once_in(16)) {
    const Duration usual = manner.traits.lock.leases ? manner.ttl : Duration(std::chrono::milliseconds(500));
    return pause(Duration(static_cast<Duration::rep>(static_cast<double>(usual.count()) * 1.5 * chance_.share())));
  }
  const Duration rung = chance_.rung(most);
  if (rung > Duration{}) std::this_thread::sleep_for(rung);
}

void Player::pause(Duration time) {
  const Nanos from = ground_.recorder.now();
  std::this_thread::sleep_for(time);
  tell("paused", from);
}

}  // namespace holdfast::verify
