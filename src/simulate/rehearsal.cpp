#include "simulate/rehearsal.h"

#include <map>
#include <utility>

#include "simulate/record.h"

namespace holdfast::simulate {
namespace {

constexpr Nanos tick_every = 50 * milli;
constexpr Nanos far = 1'000'000 * second;

/// The same world with clocks that run right.
Plan plain(const Plan& plan) {
  Plan plain = plan;
  plain.options.server_ppm = 0;
  return plain;
}

class Rehearsal {
 public:
  Rehearsal(const Script& script, const Plan& plan, const Machine& machine)
      : script_(script),
        plan_(plain(plan)),
        cast_(plan_.options),
        observer_(cast_, out_.violations),
        server_(machine, plan_, agenda_, observer_, [this](core::Answer& answer) { return leaves(answer); }),
        record_(cast_, plan_, out_.recording) {}

  Outcome run() {
    agenda_.put(tick_every, Happening::ticks);
    for (std::size_t i = 0; i < script_.lines.size(); ++i) agenda_.put(script_.lines[i].at, Happening::fault, 0, i);
    agenda_.put(script_.end, Happening::ends);
    while (true) {
      const Event event = agenda_.take();
      now_ = event.at;
      server_.clock.turn_to(now_);
      if (event.what == Happening::ends) break;
      if (event.what == Happening::ticks) tick();
      if (event.what == Happening::committed) committed(event.number);
      if (event.what == Happening::fault) line(script_.lines[event.number]);
      if (!out_.violations.empty()) break;
    }
    out_.covered.simulated = now_;
    record_.settle();
    return std::move(out_);
  }

 private:
  void tell(const Moment& line) { out_.story.push_back(line); }

  void tick() {
    agenda_.put(now_ + tick_every, Happening::ticks);
    if (!server_.serving() || now_ < paused_until_) return;
    server_.tick();
    server_.look();
  }

  void committed(std::uint64_t number) {
    if (now_ < paused_until_) return agenda_.put(paused_until_, Happening::committed, 0, number);
    static_cast<void>(server_.committed(number));
    static_cast<void>(observer_.take_displaced());
  }

  void line(const Moment& line) {
    using Kind = Moment::Kind;
    switch (line.kind) {
      case Kind::asked:
        return ask(line);
      case Kind::answered:
        return;
      case Kind::vanish:
        if (!numbers_.contains(line.id)) return;
        tell(line);
        server_.connections.close(connection_of(line.id));
        return observer_.gone(connection_of(line.id), now_);
      case Kind::leave:
        return leave(line);
      case Kind::crash:
        if (!server_.running()) return;
        tell(line);
        paused_until_ = 0;
        return server_.end(line.by != 0);
      case Kind::restart:
        if (server_.running()) return;
        tell(line);
        if (!server_.boot()) out_.violations.push_back({"unreadable", server_.unreadable(), now_});
        return;
      case Kind::pause:
        tell(line);
        paused_until_ = now_ + line.by;
        return;
      case Kind::wall:
        tell(line);
        return server_.clock.move_wall(line.by);
      case Kind::disk:
        tell(line);
        return disk(line);
    }
  }

  void disk(const Moment& line) {
    if (line.words == "stuck") server_.hung_until = far;
    if (line.words == "free") server_.hung_until = now_;
    if (line.words == "full") server_.disk.full = true, server_.disk.room = 256 * 1024, server_.full_until = far;
    if (line.words == "has_room") server_.disk.full = false;
    if (line.words == "slow") server_.slow_until = far, server_.slow_by = line.by;
    if (line.words == "in_time") server_.slow_until = now_;
    if (line.words == "fails") server_.disk.next_sync_fails = true;
  }

  static std::uint64_t connection_of(std::uint64_t id) { return id + 1; }

  void ask(const Moment& line) {
    if (!server_.serving() || now_ < paused_until_) return;
    Call call = line.call;
    if (call.ask.token != 0) {
      const auto now_called = tokens_.find(call.ask.token);
      if (now_called == tokens_.end()) return;
      call.ask.token = now_called->second;
    }
    call.from = {connection_of(line.id), calls_.size()};
    call.sent = now_;
    call.handled_at = server_.lease();
    call.told = {};
    call.answered = false;
    call.operation = record_.called(call);
    numbers_[line.id] = calls_.size();
    shown_.push_back(line.call.told.token);
    ids_.push_back(line.id);
    calls_.push_back(call);
    if (call.ask.what == What::release) observer_.asked_to_release(call.ask.token);
    out_.story.push_back({now_, Moment::Kind::asked, line.id, call, 0, {}});
    engine::Request request{call.from, command_of(call, cast_)};
    server_.submit(std::span(&request, 1), {call.ask.name, call.client});
  }

  void leave(const Moment& line) {
    const auto number = numbers_.find(line.id);
    if (!server_.serving() || number == numbers_.end() || calls_[number->second].answered) return;
    tell(line);
    engine::Request request{calls_[number->second].from, core::Leave{}};
    server_.submit(std::span(&request, 1), {.name = line.call.ask.name});
  }

  std::optional<engine::Request> leaves(core::Answer& answer) {
    const std::uint64_t number = answer.to.request;
    Call& call = calls_[number];
    call.answered = true;
    observer_.answered(call, answer.reply, now_);
    call.told = told_of(answer.reply, cast_);
    if (shown_[number] != 0 && call.told.token != 0) tokens_[shown_[number]] = call.told.token;
    out_.story.push_back({now_, Moment::Kind::answered, ids_[number], call, 0, {}});
    if (!call.twin && server_.connections.present(call.from.client)) record_.returned(call, now_);
    if (call.twin || server_.connections.present(call.from.client)) return std::nullopt;
    const core::Reply& reply = answer.reply;
    const bool begins =
        call.ask.what == What::acquire || call.ask.what == What::takeover || call.ask.what == What::move;
    if (!begins || reply.code != ErrorCode::none || reply.void_after == Instant{}) return std::nullopt;
    observer_.asked_to_release(reply.lease.token.value);
    return engine::Request{answer.to, core::TakeBack{reply.lease.name, reply.lease.token, reply.who}};
  }

  const Script& script_;
  const Plan plan_;
  Outcome out_;
  Agenda agenda_;
  Cast cast_;
  Observer observer_;
  Server server_;
  Record record_;
  std::vector<Call> calls_;
  std::vector<std::uint64_t> shown_;                ///< By call: the token that its answer showed in the story.
  std::vector<std::uint64_t> ids_;                  ///< By call: its line's.
  std::map<std::uint64_t, std::uint64_t> numbers_;  ///< By line: its call.
  std::map<std::uint64_t, std::uint64_t> tokens_;   ///< Of the story, and what they are called here.
  Nanos now_ = 0;
  Nanos paused_until_ = 0;
};

}  // namespace

Script script_of(const Outcome& outcome) {
  Script script;
  script.end = outcome.covered.simulated + 1;
  std::map<std::uint64_t, Told> answers;
  for (const Moment& moment : outcome.story) {
    if (moment.kind == Moment::Kind::answered) answers[moment.id] = moment.call.told;
  }
  for (const Moment& moment : outcome.story) {
    if (moment.kind == Moment::Kind::answered) continue;
    script.lines.push_back(moment);
    if (const auto answer = answers.find(moment.id); moment.kind == Moment::Kind::asked && answer != answers.end()) {
      script.lines.back().call.told = answer->second;
    }
  }
  return script;
}

Outcome rehearse(const Script& script, const Plan& plan, const Machine& machine) {
  return Rehearsal(script, plan, machine).run();
}

}  // namespace holdfast::simulate
