#include "simulate/world.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "simulate/record.h"
#include "simulate/store.h"

namespace holdfast::simulate {
namespace {

constexpr Nanos tick_every = 50 * milli;
constexpr Nanos patience = 3 * second;
constexpr std::uint64_t looks_every = 20;  // Ticks.
constexpr std::uint64_t room_of_full_disk = 256 * 1024;

class World {
 public:
  World(const Plan& plan, const Machine& machine, const WorldOptions& options)
      : plan_(plan),
        options_(options),
        cast_(plan.options),
        observer_(cast_, out_.violations),
        server_(machine, plan_, agenda_, observer_, [this](core::Answer& answer) { return leaves(answer); }),
        crowd_(
            plan_, cast_, [this](Index client, const Ask& ask) { send(client, ask); },
            [this](Index client, Nanos at) { agenda_.put(at, Happening::wakes, client, ++alarms_[client]); }),
        store_(cast_.names()),
        record_(cast_, plan_, out_.recording) {
    lines_.resize(cast_.clients());
    alarms_.resize(cast_.clients());
    for (Line& line : lines_) line.connection = next_connection_++;
    proxy_ = next_connection_++;
  }

  Outcome run() {
    begin();
    while (!agenda_.empty()) {
      const Event event = agenda_.take();
      if (event.at >= plan_.end) break;
      server_.clock.turn_to(event.at);
      now_ = event.at;
      ++out_.covered.events;
      note(mixed(static_cast<std::uint64_t>(event.at), event.number * 32 + static_cast<std::uint64_t>(event.what)));
      happens(event);
      if (event.what == Happening::ends) break;
      if (!out_.violations.empty() && !options_.to_the_end) break;
    }
    finish();
    return std::move(out_);
  }

 private:
  /// A client's connection, and the call that is under way on it.
  struct Line {
    std::uint64_t connection = 0;
    std::optional<std::uint64_t> call;
    std::uint32_t calls = 0;
    Nanos heard_until = 0;  ///< What the server sent last arrives by then.
    Nanos busy_until = 0;   ///< The last request on it arrives by then: a close comes behind it.
  };

  void note(std::uint64_t what) { out_.hash = mixed(out_.hash, what); }
  void tell(Moment::Kind kind, Nanos by, std::string words = {}) {
    if (options_.story) out_.story.push_back({now_, kind, 0, {}, by, std::move(words)});
  }
  void tell_call(Moment::Kind kind, std::uint64_t id) {
    if (options_.story) out_.story.push_back({now_, kind, id, calls_[id], 0, {}});
  }

  void begin() {
    const Options& o = plan_.options;
    agenda_.put(0, Happening::boots);
    agenda_.put(tick_every, Happening::ticks);
    for (Index client = 0; client < o.clients; ++client) {
      Random random(plan_.seed, Stream::client, client, 0);
      agenda_.put(random.between(50 * milli, second), Happening::wakes, client, ++alarms_[client]);
    }
    for (std::size_t i = 0; i < plan_.faults.size(); ++i) agenda_.put(plan_.faults[i].at, Happening::fault, 0, i);
    agenda_.put(o.faulty, Happening::calm);
    agenda_.put(o.faulty + 9 * second, Happening::tidies);
    agenda_.put(o.faulty + o.calm - o.ttl_max - 3 * second, Happening::winds_down);
    agenda_.put(o.faulty + o.calm, Happening::ends);
  }

  void happens(const Event& event) {
    switch (event.what) {
      case Happening::boots:
        return boot();
      case Happening::committed:
        return committed(event.number);
      case Happening::ticks:
        return tick();
      case Happening::arrives:
        return arrives(event.number);
      case Happening::answered:
        return answered(event.number);
      case Happening::given_up:
        return given_up(event.number);
      case Happening::closed:
        return closed(event.who, event.number);
      case Happening::leaves:
        return left(event.number);
      case Happening::wakes:
        return wakes(event.who, event.number);
      case Happening::lost:
        return lost(event.number);
      case Happening::fault:
        return fault(event.number);
      case Happening::relief:
        return relief(event.number);
      case Happening::calm:
        return crowd_.calm();
      case Happening::tidies:
        return tidy();
      case Happening::winds_down:
        return crowd_.wind_down();
      case Happening::ends:
        return check_end();
    }
  }

  // The server's life.

  void boot() {
    if (server_.running()) return;
    tell(Moment::Kind::restart, 0);
    if (!server_.boot()) {
      out_.violations.push_back({"unreadable", "the journal could not be read: " + server_.unreadable(), now_});
    }
    ++out_.covered.starts;
  }

  void committed(std::uint64_t number) {
    if (paused()) return agenda_.put(paused_until_, Happening::committed, 0, number);
    const bool goes_on = server_.committed(number);
    for (const Displaced& one : observer_.take_displaced()) {
      if (one.client == recording::nobody || one.why == core::Loss::moved || one.why == core::Loss::none) continue;
      Random random(plan_.seed, Stream::network, one.client, one.token);
      const Nanos takes = random.about(plan_.options.delay) + (random.chance(100) ? random.between(0, second) : 0);
      // On one connection nothing overtakes anything.
      agenda_.put(std::max(now_ + takes, lines_[one.client].heard_until + 1), Happening::lost, one.client,
                  notices_.size());
      notices_.push_back(one);
    }
    if (goes_on) return;
    ++out_.covered.disk_errors;
    broken_connections();
    Random random(plan_.seed, Stream::restart, server_.starts(), 2);
    agenda_.put(now_ + random.between(20 * milli, second), Happening::boots);
  }

  void tick() {
    agenda_.put(now_ + tick_every, Happening::ticks);
    if (!server_.serving() || paused()) return;
    server_.tick();
    if (++ticks_ % looks_every == 0) server_.look();
  }

  void end_server(bool power) {
    if (!server_.running()) return;
    ++(power ? out_.covered.power_cuts : out_.covered.kills);
    if (!server_.serving()) ++out_.covered.recoveries_cut;
    tell(Moment::Kind::crash, power ? 1 : 0);
    server_.end(power);
    paused_until_ = 0;
    broken_connections();
  }

  /// Whoever was waiting for an answer notices at once that there will be none.
  void broken_connections() {
    ++epoch_;
    backlog_.clear();
    for (Line& line : lines_) {
      line.connection = next_connection_++;
      if (!line.call) continue;
      const Call& call = calls_[*line.call];
      const bool of_store = call.ask.what == What::read || call.ask.what == What::write;
      if (!of_store && !call.answered) agenda_.put(now_ + milli, Happening::given_up, call.client, *line.call);
    }
  }

  bool paused() const { return now_ < paused_until_; }

  // What lies between.

  void send(Index client, const Ask& ask) {
    Line& line = lines_[client];
    const std::uint64_t id = put_down(client, ask, false);
    line.call = id;
    Random random(plan_.seed, Stream::network, client, calls_[id].number);
    const Options& o = plan_.options;
    if (ask.what == What::read || ask.what == What::write) {
      agenda_.put(now_ + random.about(o.delay), Happening::arrives, client, id);
      return;
    }
    const bool storm = now_ < storm_until_;
    const bool bad = !calm_from_here();
    Nanos takes = random.about(o.delay);
    if (bad && random.chance(storm ? 300 : o.slow)) takes += random.between(50 * milli, 8 * second);
    if (bad && random.chance(storm ? 150 : o.lost)) {
      ++out_.covered.messages_lost;
    } else {
      agenda_.put(now_ + takes, Happening::arrives, client, id);
      line.busy_until = std::max(line.busy_until, now_ + takes);
    }
    if (bad && ask.what != What::query && random.chance(storm ? 200 : o.twice)) {
      ++out_.covered.messages_twice;
      const std::uint64_t twin = put_down(client, ask, true);
      agenda_.put(now_ + random.between(0, 5 * second), Happening::arrives, client, twin);
    }
    agenda_.put(now_ + ask.wait.count() + ask.flush.count() + patience, Happening::given_up, client, id);
  }

  std::uint64_t put_down(Index client, const Ask& ask, bool twin) {
    const std::uint64_t id = calls_.size();
    Line& line = lines_[client];
    Call call{.ask = ask, .client = client, .number = ++line.calls};
    call.from = {twin ? proxy_ : line.connection, id};
    call.sent = now_;
    call.epoch = epoch_;
    call.twin = twin;
    call.operation = record_.called(call);
    calls_.push_back(call);
    ++out_.covered.calls;
    return id;
  }

  bool calm_from_here() const { return now_ >= plan_.options.faulty; }

  void arrives(std::uint64_t id) {
    Call& call = calls_[id];
    if (call.ask.what == What::read || call.ask.what == What::write) return at_store(id);
    if (!call.twin && call.epoch != epoch_) return;  // It was under way on a connection that broke.
    if (!server_.serving()) {
      call.told.refused_connection = true;
      if (!call.twin) agenda_.put(now_ + plan_.options.delay, Happening::answered, call.client, id);
      return;
    }
    if (paused()) return backlog_.push_back(id);
    submit(std::span(&id, 1));
  }

  void at_store(std::uint64_t id) {
    Call& call = calls_[id];
    const std::optional<std::uint64_t> value = store_.carry_out(call.ask);
    if (call.ask.what == What::write) ++(value ? out_.covered.writes : out_.covered.stale_writes);
    call.told.code = value ? ErrorCode::none : ErrorCode::stale;
    call.told.value = value.value_or(0);
    agenda_.put(now_ + plan_.options.delay, Happening::answered, call.client, id);
  }

  void submit(std::span<const std::uint64_t> ids) {
    std::vector<engine::Request> requests;
    const Instant lease = server_.lease();
    for (const std::uint64_t id : ids) {
      Call& call = calls_[id];
      call.submitted = true;
      call.handled_at = lease;
      if (call.ask.what == What::release) observer_.asked_to_release(call.ask.token);
      requests.push_back({call.from, command_of(call, cast_)});
      tell_call(Moment::Kind::asked, id);
    }
    const Call& first = calls_[ids.front()];
    server_.submit(requests, ids.size() == 1 ? Asked{first.ask.name, first.client} : Asked{.several = true});
  }

  /// An answer leaves the server.
  std::optional<engine::Request> leaves(core::Answer& answer) {
    const std::uint64_t id = answer.to.request;
    Call& call = calls_[id];
    call.answered = true;
    const core::Reply& reply = answer.reply;
    note(mixed(static_cast<std::uint64_t>(reply.code), reply.lease.token.value));
    note(mixed(reply.position.value, reply.waits_for.value));
    observer_.answered(call, reply, now_);
    call.told = told_of(reply, cast_);
    tell_call(Moment::Kind::answered, id);
    if (call.twin) return std::nullopt;
    const bool closed = !server_.connections.present(call.from.client);
    if (!closed) {
      Random random(plan_.seed, Stream::network, call.client, ~std::uint64_t{call.number});
      if (!calm_from_here() && random.chance(plan_.options.lost)) {
        ++out_.covered.messages_lost;
      } else {
        Nanos& heard_until = lines_[call.client].heard_until;
        heard_until = std::max(heard_until + 1, now_ + random.about(plan_.options.delay));
        agenda_.put(heard_until, Happening::answered, call.client, id);
      }
      return std::nullopt;
    }
    const bool begins =
        call.ask.what == What::acquire || call.ask.what == What::takeover || call.ask.what == What::move;
    if (!begins || reply.code != ErrorCode::none || reply.void_after == Instant{}) return std::nullopt;
    // As a door does that cannot hand over a grant (L8).
    ++out_.covered.taken_back;
    observer_.asked_to_release(reply.lease.token.value);
    return engine::Request{answer.to, core::TakeBack{reply.lease.name, reply.lease.token, reply.who}};
  }

  // The client's end.

  void answered(std::uint64_t id) {
    const Call& call = calls_[id];
    if (lines_[call.client].call != id) return;  // It had given up on it.
    if (const Nanos until = crowd_.still_until(call.client); until > now_) {
      return agenda_.put(until, Happening::answered, call.client, id);
    }
    lines_[call.client].call.reset();
    record_.returned(call, now_);
    crowd_.told(call, now_);
  }

  void given_up(std::uint64_t id) {
    const Call& call = calls_[id];
    Line& line = lines_[call.client];
    if (line.call != id) return;
    if (const Nanos until = crowd_.still_until(call.client); until > now_) {
      return agenda_.put(until, Happening::given_up, call.client, id);
    }
    line.call.reset();
    ++out_.covered.unknown;
    if (call.from.client == line.connection) hang_up(call.client, true);
    crowd_.knows_nothing_of(call, now_);
  }

  void hang_up(Index client, bool politely) {
    Line& line = lines_[client];
    Random random(plan_.seed, Stream::network, client, 0x1'0000'0000 + line.connection);
    const bool half_open = !politely || random.chance(100);
    const Nanos heard = now_ + (half_open ? random.between(0, 10 * second) : random.about(plan_.options.delay));
    agenda_.put(std::max(heard, line.busy_until + 1), Happening::closed, client, line.connection);
    line.connection = next_connection_++;
    line.busy_until = 0;
  }

  void closed(Index client, std::uint64_t connection) {
    if (paused()) return agenda_.put(paused_until_ + 1, Happening::closed, client, connection);
    server_.connections.close(connection);
    observer_.gone(connection, now_);
    Random random(plan_.seed, Stream::network, connection, 7);
    for (std::uint64_t id = calls_.size(); id-- > 0 && calls_[id].sent + 40 * second > now_;) {
      const Call& call = calls_[id];
      if (call.from.client != connection || !call.submitted || call.answered) continue;
      tell_call(Moment::Kind::vanish, id);
      agenda_.put(now_ + random.between(0, 20 * milli), Happening::leaves, client, id);
    }
  }

  void left(std::uint64_t id) {
    if (!server_.serving()) return;
    if (paused()) return agenda_.put(paused_until_ + 1, Happening::leaves, 0, id);
    if (calls_[id].answered) return;
    tell_call(Moment::Kind::leave, id);
    engine::Request leave{calls_[id].from, core::Leave{}};
    server_.submit(std::span(&leave, 1), {.name = calls_[id].ask.name});
  }

  void wakes(Index client, std::uint64_t alarm) {
    if (alarm != alarms_[client] || lines_[client].call) return;
    if (const Nanos until = crowd_.still_until(client); until > now_) {
      return agenda_.put(until, Happening::wakes, client, alarm);
    }
    crowd_.act(client, now_);
  }

  void lost(std::uint64_t number) {
    const Displaced& one = notices_[number];
    if (const Nanos until = crowd_.still_until(one.client); until > now_) {
      return agenda_.put(until, Happening::lost, one.client, number);
    }
    record_.lost(one, now_);
    crowd_.lost(one.client, one.name, one.token);
  }

  // What goes wrong.

  void fault(std::uint64_t number) {
    const PlannedFault& fault = plan_.faults[number];
    record_.fault(fault);
    agenda_.put(fault.until, Happening::relief, 0, number);
    switch (fault.kind) {
      case FaultKind::kill:
        return end_server(false);
      case FaultKind::power_cut:
        return end_server(true);
      case FaultKind::disk_error:
        tell(Moment::Kind::disk, 0, "fails");
        server_.disk.next_sync_fails = true;
        return;
      case FaultKind::disk_full:
        ++out_.covered.full_disks;
        tell(Moment::Kind::disk, 0, "full");
        server_.disk.full = true;
        server_.disk.room = room_of_full_disk;
        server_.full_until = std::max(server_.full_until, fault.until);
        return;
      case FaultKind::disk_slow:
        ++out_.covered.slow_disks;
        server_.slow_until = std::max(server_.slow_until, fault.until);
        server_.slow_by = fault.amount;
        tell(Moment::Kind::disk, fault.amount, "slow");
        return;
      case FaultKind::disk_hung:
        ++out_.covered.hung_disks;
        tell(Moment::Kind::disk, 0, "stuck");
        server_.hung_until = std::max(server_.hung_until, fault.until);
        return;
      case FaultKind::server_pause:
        if (!server_.running()) return;
        ++out_.covered.server_pauses;
        tell(Moment::Kind::pause, fault.until - now_);
        paused_until_ = std::max(paused_until_, fault.until);
        return;
      case FaultKind::wall_jump:
        ++out_.covered.wall_jumps;
        tell(Moment::Kind::wall, fault.amount);
        server_.clock.move_wall(fault.amount);
        return;
      case FaultKind::client_pause:
        ++out_.covered.client_pauses;
        crowd_.stands_still(fault.client, std::max(crowd_.still_until(fault.client), fault.until));
        return;
      case FaultKind::client_dies:
        return client_dies(fault);
      case FaultKind::network:
        storm_until_ = std::max(storm_until_, fault.until);
        return;
    }
  }

  void client_dies(const PlannedFault& fault) {
    ++out_.covered.client_deaths;
    lines_[fault.client].call.reset();
    hang_up(fault.client, false);
    crowd_.begins_anew(fault.client, fault.until);
  }

  void relief(std::uint64_t number) {
    const PlannedFault& fault = plan_.faults[number];
    switch (fault.kind) {
      case FaultKind::kill:
      case FaultKind::power_cut:
        return boot();
      case FaultKind::disk_error:
        server_.disk.next_sync_fails = false;
        return;
      case FaultKind::disk_full:
        if (now_ < server_.full_until) return;
        tell(Moment::Kind::disk, 0, "has_room");
        server_.disk.full = false;
        return;
      case FaultKind::disk_slow:
        if (now_ >= server_.slow_until) tell(Moment::Kind::disk, 0, "in_time");
        return;
      case FaultKind::disk_hung:
        if (now_ >= server_.hung_until) tell(Moment::Kind::disk, 0, "free");
        return;
      case FaultKind::server_pause:
        return resume();
      default:
        return;
    }
  }

  /// What came meanwhile lies in the sockets: it is all read at once, before or after the first tick.
  void resume() {
    if (paused() || !server_.serving()) return;
    Random random(plan_.seed, Stream::restart, ++resumed_, 3);
    if (random.chance(500)) server_.tick();
    if (!backlog_.empty()) {
      const std::vector<std::uint64_t> ids = std::exchange(backlog_, {});
      submit(ids);
    }
  }

  // How it ends.

  void tidy() {
    if (!server_.serving()) return;
    for (Index name = 0; name < cast_.names(); ++name) {
      const core::Lease* lease = server_.state().find(cast_.name(name));
      if (!lease || !lease->held() || lease->ends_at() != Instant::max()) continue;
      const Ask revoke{.what = What::revoke, .name = name, .token = lease->token.value};
      agenda_.put(now_ + milli, Happening::arrives, cast_.operator_index(),
                  put_down(cast_.operator_index(), revoke, true));
    }
  }

  void stuck(std::string told) { out_.violations.push_back({"stuck", std::move(told), now_}); }

  void check_end() {
    if (!server_.serving()) return stuck("the server does not serve, though nothing is wrong any more");
    for (Index client = 0; client < plan_.options.clients; ++client) {
      const std::string who = cast_.who(client).owner + "/" + cast_.who(client).session;
      if (lines_[client].call && plan_.present(client)) return stuck(who + " still waits for an answer");
    }
    if (const Index client = crowd_.unserved(); client != recording::nobody) {
      return stuck(fmt::format("{}/{} was granted nothing in {} s without faults", cast_.who(client).owner,
                               cast_.who(client).session, plan_.options.calm / second));
    }
    for (Index name = 0; name < cast_.names(); ++name) {
      const core::Lease* lease = server_.state().find(cast_.name(name));
      if (lease && lease->held()) return stuck(lease->name + " is still held, though nobody renews it");
    }
    if (server_.state().waiting() > 0) return stuck("somebody still waits, though all is free");
    if (server_.quiet()) observer_.compare_with_replay(server_.state(), now_);
  }

  void finish() {
    record_.settle();
    Covered& covered = out_.covered;
    const Observer::Counts& counts = observer_.counts();
    covered.worlds = 1;
    covered.simulated = now_;
    covered.effects = counts.effects;
    covered.grants = counts.grants;
    covered.lapses = counts.lapses;
    covered.late_renewals = counts.late_renewals;
    covered.takeovers = counts.takeovers;
    covered.passed_on = counts.passed_on;
    covered.revoked = counts.revoked;
    covered.latest_lapse = counts.latest_lapse;
    covered.torn_frames = server_.disk.torn_frames;
  }

  const Plan& plan_;
  const WorldOptions& options_;
  Outcome out_;
  Agenda agenda_;
  Cast cast_;
  Observer observer_;
  Server server_;
  Crowd crowd_;
  Store store_;
  Record record_;
  std::deque<Call> calls_;
  std::vector<Line> lines_;
  std::vector<std::uint64_t> alarms_;
  std::vector<std::uint64_t> backlog_;  ///< Calls that a server which stands still has not read.
  std::vector<Displaced> notices_;
  Nanos now_ = 0;
  Nanos paused_until_ = 0;
  Nanos storm_until_ = 0;
  std::uint64_t next_connection_ = 1;
  std::uint64_t proxy_ = 0;
  std::uint64_t epoch_ = 0;
  std::uint64_t ticks_ = 0;
  std::uint64_t resumed_ = 0;
};

}  // namespace

Covered& Covered::operator+=(const Covered& o) {
  const auto add = [&](auto... members) { ((this->*members += o.*members), ...); };
  add(&Covered::simulated);
  add(&Covered::worlds, &Covered::events, &Covered::calls, &Covered::effects, &Covered::grants, &Covered::lapses,
      &Covered::late_renewals, &Covered::takeovers, &Covered::passed_on, &Covered::revoked, &Covered::starts,
      &Covered::recoveries_cut, &Covered::kills, &Covered::power_cuts, &Covered::disk_errors, &Covered::torn_frames,
      &Covered::full_disks, &Covered::slow_disks, &Covered::hung_disks, &Covered::server_pauses, &Covered::wall_jumps,
      &Covered::client_pauses, &Covered::client_deaths, &Covered::messages_lost, &Covered::messages_twice,
      &Covered::taken_back, &Covered::writes, &Covered::stale_writes, &Covered::unknown);
  latest_lapse = std::max(latest_lapse, o.latest_lapse);
  return *this;
}

Outcome run(const Plan& plan, const Machine& machine, const WorldOptions& options) {
  return World(plan, machine, options).run();
}

}  // namespace holdfast::simulate
