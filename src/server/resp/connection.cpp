#include "server/resp/connection.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/post.hpp>
#include <charconv>

#include "api/operations.h"
#include "server/look_up.h"
#include "server/newcomer.h"
#include "server/resp/event_pushes.h"
#include "server/resp/io_thread.h"
#include "server/resp/lease_commands.h"

namespace holdfast::server::resp {
namespace {

/// A client whose grant took longer than this may have given up: its connection is looked at before the grant is told.
constexpr std::chrono::seconds patience_of_clients{1};

/// Commands of one connection that are taken in one round: then others have their turn.
constexpr std::size_t commands_a_round = 1'024;

std::string upper(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  return out;
}

std::string problem_of(ErrorCode code) {
  return fmt::format("{} {}", upper(info_of(code).name), info_of(code).told);
}

/// Its place in the catalogue.
std::size_t number_of(const api::Operation& operation) {
  return static_cast<std::size_t>(&operation - api::operations().data());
}

/// Under which a take is counted.
std::size_t number_of_acquire() {
  static const std::size_t number =
      number_of(*std::ranges::find(api::operations(), "lease.acquire", &api::Operation::name));
  return number;
}

}  // namespace

Connection::Connection(IoThread& io, Fd socket, std::uint64_t client, std::string peer)
    : Peer(std::move(socket)), io_(io), client_(client), came_(io.loop.now()) {
  io_.service.clients().add(client_, this->socket());
  caller_.owner = nameless_owner;
  caller_.from = std::move(peer);
  conversation_.id = client_ & ((std::uint64_t{1} << Service::lane_shift) - 1);
  conversation_.peer = caller_.from;
}

Connection::~Connection() {
  if (leaving_) io_.streams.cancel();
  io_.service.metrics().connections.fetch_sub(1, std::memory_order_relaxed);
  io_.service.clients().remove(client_);
}

bool Connection::may_take_more() const {
  return blocking_ == 0 && !leaving_ && asked_.size() < io_.options.pipeline_max &&
         out_.size() - sent_ < io_.options.output_bytes_max;
}

Peer::Taken Connection::take(std::string_view bytes) {
  std::size_t taken = 0;
  for (std::size_t commands = 0;; ++commands) {
    if (io_.closing || conversation_.over) return {taken, Next::close};
    if (!may_take_more()) return {taken, Next::wait};
    if (commands == commands_a_round) return {taken, Next::again};
    const CommandBounds& bounds = spoke_ ? io_.options.command : first_command_bounds;
    const Result<Reader::Step> step = reader_.next(bytes.substr(taken), bounds);
    if (!step) {
      refuse("ERR protocol error: " + step.error().where);
      return {taken, Next::close};
    }
    if (*step == Reader::Step::foreign) {
      io_.service.metrics().bad_requests.fetch_add(1, std::memory_order_relaxed);
      io_.loop.close(*this, true);
      return {taken, Next::close};
    }
    if (*step == Reader::Step::starved) return {taken, Next::read};
    if (!reader_.words().empty()) handle(reader_.words());
    // A line that is no command is no slip of the pen: what stands behind it may be anything.
    const bool nonsense = reader_.was_inline() && !spoke_ && !reader_.words().empty();
    taken += reader_.consumed();
    if (nonsense) return {taken, Next::close};
  }
}

void Connection::handle(std::span<const std::string_view> words) {
  const std::string_view first = words[0];
  if (first.size() == 3) {
    // Made where it is handed over: requests are long to move.
    core::Acquire& acquire = io_.gather_acquire({client_, head_request_ + asked_.size()});
    if (plain_take(words, caller_, acquire)) {
      spoke_ = true;
      Asked& asked = asked_.emplace_back();
      asked.kind = Asked::Kind::take;
      asked.since = io_.loop.now();
      asked.asker = Retries::key(acquire.name, acquire.who.owner, acquire.who.session);
      return;
    }
    io_.forget_gathered();
  }
  if (is_key_command(first)) {
    spoke_ = true;
    Result<std::shared_ptr<KeyProgram>> program = key_program(words, caller_);
    return program ? ask(*std::move(program)) : refuse(program.error());
  }
  if (is_lease_command(first)) return operate(words);
  if (is_word(first, "eval")) return run_script(words, false, false);
  if (is_word(first, "evalsha")) return run_script(words, true, false);
  if (is_word(first, "eval_ro")) return run_script(words, false, true);
  if (is_word(first, "evalsha_ro")) return run_script(words, true, true);
  if (is_word(first, "script")) return manage_scripts(words);
  const auto facts = [this] {
    return Facts{io_.port, io_.service.metrics().connections.load(std::memory_order_relaxed),
                 std::chrono::duration_cast<std::chrono::seconds>(io_.loop.now() - io_.started).count()};
  };
  std::string said;
  if (answer_connection_command(words, conversation_, facts, said)) {
    spoke_ = true;
    caller_.owner = conversation_.name.empty() ? std::string{nameless_owner} : conversation_.name;
    return say([&](std::string& out) { out += said; });
  }
  refuse(fmt::format("ERR unknown command '{}'. {}", first.substr(0, 64), info_of(ErrorCode::unknown_command).told));
}

void Connection::operate(std::span<const std::string_view> words) {
  spoke_ = true;
  api::Context context{io_.ids.session(), caller_.from, io_.service.runner().incarnation()};
  context.addresses = &io_.service.clients();
  Result<LeaseCall> read = read_lease_command(words, context, conversation_.name);
  if (!read) {
    io_.service.metrics().bad_requests.fetch_add(1, std::memory_order_relaxed);
    return say([&](std::string& out) {
      Writer writer(out, conversation_.version);
      write_problem(writer, read.error());
    });
  }
  api::Call& call = read->call;
  if (call.watch) return watch(*read->operation, *call.watch);
  if (call.server) {
    io_.service.metrics().count_request(number_of(*read->operation), ErrorCode::none, Duration::zero(),
                                        Metrics::Door::resp);
    return say([&](std::string& out) {
      Writer writer(out, conversation_.version);
      write_answer(writer, answer_server(io_.service, context));
    });
  }
  Asked asked{.kind = Asked::Kind::lease};
  asked.lease = std::make_unique<LeaseAsked>();
  asked.lease->operation = read->operation;
  asked.lease->context = std::move(context);
  asked.since = io_.loop.now();
  if (read->operation->go_on) asked.lease->rest = call.command;
  const core::Acquire* acquire = std::get_if<core::Acquire>(&call.command);
  if (acquire) asked.asker = Retries::key(acquire->name, acquire->who.owner, acquire->who.session);
  const bool may_wait = api::may_wait(call.command);
  const bool in_steps = read->operation->go_on != nullptr;
  asked_.push_back(std::move(asked));
  // What comes behind one of these may count on it, so it has to wait for it.
  if (may_wait || in_steps || call.history || call.looks_up()) block();
  queued_ = may_wait;
  if (call.history) return tell_history(*call.history);
  if (call.looks_up()) return look_up_apart(std::move(call));
  io_.gather({client_, newest_request()}, std::move(call.command));
}

void Connection::watch(const api::Operation& operation, api::WatchRequest& wanted) {
  const ErrorCode code = io_.streams.reserve() ? ErrorCode::none : ErrorCode::too_many_watchers;
  io_.service.metrics().count_request(number_of(operation), code, Duration::zero(), Metrics::Door::resp);
  if (code != ErrorCode::none) {
    return say([&](std::string& out) {
      Writer writer(out, conversation_.version);
      write_problem(writer, Error{code});
    });
  }
  leaving_ = std::make_unique<api::WatchRequest>(std::move(wanted));
  leave_when_all_is_told();
}

/// Not before the kernel has the answers to what it asked before.
void Connection::leave_when_all_is_told() {
  if (!leaving_ || owes() || sent_ < out_.size()) return;
  io_.post([&io = io_, client = client_] {
    if (Connection* connection = io.find(client)) connection->leave();
  });
}

void Connection::leave() {
  if (!leaving_ || io_.closing) return;
  const std::unique_ptr<api::WatchRequest> wanted = std::exchange(leaving_, nullptr);
  Newcomer made = newcomer(io_.service, event_pushes(conversation_.version), std::move(wanted->prefix), wanted->after);
  io_.service.clients().remove(client_);  // Before somebody else's connection has the socket's number.
  made.socket = io_.loop.release(*this);
  io_.streams.take(std::move(made));
}

void Connection::block() {
  blocking_ = newest_request();
}

/// On the thread for lists: the first of them goes through all names there are.
void Connection::look_up_apart(api::Call call) {
  auto& pool = pool_for(io_, call);
  boost::asio::post(pool, [&io = io_, to = core::Address{client_, blocking_}, call = std::move(call)]() mutable {
    const ErrorCode code = look_up(io.service, to.client, call);
    io.post([&io, to, code, command = std::move(call.command)]() mutable {
      if (code == ErrorCode::none) return io.gather(to, std::move(command));
      core::Answer refusal{to, {}};
      refusal.reply.code = code;
      if (Connection* const connection = io.find(to.client)) connection->answered(refusal);
    });
  });
}

void Connection::tell_history(const api::HistoryRequest& request) {
  auto tell = [&io = io_, client = client_, number = blocking_](api::Written told) {
    io.post([&io, client, number, told = std::move(told)] {
      if (Connection* connection = io.find(client)) connection->written(number, told);
    });
  };
  io_.service.history().read(client_, request, asked_.back().lease->context, std::move(tell));
}

void Connection::written(std::uint64_t request, const api::Written& written) {
  Asked* asked = asked_at(request);
  if (!asked) return;
  const Duration took = io_.loop.now() - asked->since;
  io_.service.metrics().count_request(number_of(*asked->lease->operation), written.code, took, Metrics::Door::resp);
  Writer writer(asked->said, conversation_.version);
  write_answer(writer, written);
  finish(*asked);
}

void Connection::run_script(std::span<const std::string_view> words, bool by_sha, bool only_looks) {
  spoke_ = true;
  if (words.size() < 3) return refuse(fmt::format("ERR wrong number of arguments for '{}'", words[0]));
  std::size_t keys = 0;
  const std::string_view count = words[2];
  const auto [end, error] = std::from_chars(count.data(), count.data() + count.size(), keys);
  if (error != std::errc{} || end != count.data() + count.size() || keys > words.size() - 3) {
    return refuse(
        fmt::format("ERR the number of keys is '{}', of {} words that follow", count.substr(0, 32), words.size() - 3));
  }
  script::Script script;
  if (by_sha) {
    std::optional<script::Script> known = io_.scripts.find(words[1]);
    if (!known) return refuse("NOSCRIPT No matching script. Send it with EVAL, or SCRIPT LOAD");
    script = *std::move(known);
  } else {
    Result<Scripts::Kept> kept = io_.scripts.add(words[1]);
    if (!kept) return refuse(kept.error());
    script = std::move(kept->script);
  }
  const auto first_key = words.begin() + 3;
  const auto first_argument = first_key + static_cast<std::ptrdiff_t>(keys);
  ask(script_program(std::move(script), {first_key, first_argument}, {first_argument, words.end()}, caller_,
                     only_looks));
}

void Connection::manage_scripts(std::span<const std::string_view> words) {
  spoke_ = true;
  const std::string_view what = words.size() > 1 ? words[1] : "";
  if (is_word(what, "load") && words.size() == 3) {
    const Result<Scripts::Kept> kept = io_.scripts.add(words[2]);
    if (!kept) return refuse(kept.error());
    return say([&](std::string& out) { Writer(out, conversation_.version).text(kept->sha); });
  }
  if (is_word(what, "exists") && words.size() > 2) {
    return say([&](std::string& out) {
      Writer writer(out, conversation_.version);
      writer.list(words.size() - 2);
      for (const std::string_view sha : words.subspan(2)) writer.integer(io_.scripts.find(sha) ? 1 : 0);
    });
  }
  if (is_word(what, "flush")) {
    io_.scripts.clear();
    return say([&](std::string& out) { Writer(out, conversation_.version).status("OK"); });
  }
  refuse(fmt::format("ERR SCRIPT '{}': only LOAD, EXISTS and FLUSH", what.substr(0, 32)));
}

void Connection::ask(std::shared_ptr<KeyProgram> program) {
  const bool may_begin = program->may_begin;
  Asked& asked = asked_.emplace_back();
  asked.kind = Asked::Kind::program;
  asked.since = io_.loop.now();
  asked.program = program;
  io_.gather({client_, newest_request()}, core::RunProgram{std::move(program), may_begin});
}

template <class Write>
void Connection::say(Write&& write) {
  if (!owes()) {
    write(out_);
    io_.loop.say(*this);
    return;
  }
  Asked asked{.kind = Asked::Kind::said, .answered = true};
  write(asked.said);
  asked_.push_back(std::move(asked));
}

void Connection::refuse(const Error& error) {
  refuse(std::string_view{fmt::format("{} {}", upper(error.name()), error.text())});
}

void Connection::refuse(std::string_view text) {
  io_.service.metrics().bad_requests.fetch_add(1, std::memory_order_relaxed);
  say([&](std::string& out) { Writer(out, conversation_.version).error(text); });
}

Connection::Asked* Connection::asked_at(std::uint64_t request) {
  if (request < head_request_) return nullptr;
  const std::uint64_t place = request - head_request_;
  return place < asked_.size() && !asked_[place].answered ? &asked_[place] : nullptr;
}

void Connection::answered(core::Answer& answer) {
  Asked* asked = asked_at(answer.to.request);
  if (!asked || go_on(*asked, answer)) return;
  conclude(*asked, answer, asked == &asked_.front() ? out_ : asked->said);
  finish(*asked);
}

void Connection::finish(Asked& asked) {
  asked.answered = true;
  if (&asked != &asked_.front()) return;
  go_on_saying();
}

bool Connection::go_on(Asked& asked, const core::Answer& answer) {
  if (asked.kind != Asked::Kind::lease || !asked.lease->operation->go_on) return false;
  LeaseAsked& lease = *asked.lease;
  if (answer.reply.code != ErrorCode::none || !lease.operation->go_on(answer.reply, lease.rest)) return false;
  lease.done = answer.reply.count;
  io_.gather(answer.to, lease.rest);
  return true;
}

/// Whoever was answered first says so first: what was answered while it had to wait follows.
void Connection::go_on_saying() {
  while (owes() && asked_.front().answered) {
    const Asked& next = asked_.front();
    out_ += next.said;
    if (next.untold) {
      for (Untold& each : untold_) {
        if (each.to.request == head_request_) each.end = handed_ + out_.size();
      }
    }
    if (blocking_ == head_request_) blocking_ = 0;
    asked_.pop_front();
    ++head_request_;
  }
  io_.loop.say(*this);
  if (io_.closing && !owes()) return io_.loop.close(*this, false);
  if (may_take_more()) io_.loop.resume(*this);
}

void Connection::conclude(Asked& asked, core::Answer& answer, std::string& out) {
  core::Reply& reply = answer.reply;
  Metrics& metrics = io_.service.metrics();
  const Duration took = io_.loop.now() - asked.since;
  Writer writer(out, conversation_.version);
  const bool granted = reply.void_after > Instant{} && reply.code == ErrorCode::none;
  if (granted && took > patience_of_clients && !io_.service.clients().present(client_)) {
    io_.loop.close(*this, true);  // It waited for the disk, and gave up: `gone` takes back what follows here.
  }
  if (asked.kind == Asked::Kind::take) {
    metrics.count_request(number_of_acquire(), reply.code, took, Metrics::Door::resp);
    metrics.observe_acquire(asked.asker, reply.code, took);
    if (reply.code == ErrorCode::none) {
      writer.status("OK");
    } else if (reply.code == ErrorCode::held || reply.code == ErrorCode::held_by_you) {
      writer.null();
    } else {
      writer.error(problem_of(reply.code));
    }
  } else if (asked.kind == Asked::Kind::lease) {
    if (reply.code != ErrorCode::none && asked.lease->done > 0) reply.code = ErrorCode::partly_done;
    conclude_lease(asked, reply, took, writer);
  } else {
    metrics.count_request(Metrics::key_programs, reply.code, took, Metrics::Door::resp);
    if (reply.code == ErrorCode::none) {
      writer.value(asked.program->result);
    } else {
      writer.error(problem_of(reply.code));
    }
  }
  if (!granted) return;
  const bool in_turn = &out == &out_;
  asked.untold = !in_turn;
  note_untold(answer, in_turn);
}

void Connection::conclude_lease(Asked& asked, const core::Reply& reply, Duration took, Writer& writer) {
  Metrics& metrics = io_.service.metrics();
  const LeaseAsked& lease = *asked.lease;
  metrics.count_request(number_of(*lease.operation), reply.code, took, Metrics::Door::resp);
  if (asked.asker != 0) metrics.observe_acquire(asked.asker, reply.code, took);
  if (reply.code == ErrorCode::stale) metrics.stale_writes.fetch_add(1, std::memory_order_relaxed);
  write_lease_answer(writer, *lease.operation, reply, lease.context);
}

void Connection::note_untold(core::Answer& answer, bool in_turn) {
  core::Reply& reply = answer.reply;
  const std::uint64_t end = in_turn ? handed_ + out_.size() : not_said;
  if (reply.granted.empty()) {
    untold_.push_back({end, answer.to, std::move(reply.lease.name), reply.lease.token, std::move(reply.who)});
  }
  for (core::Reply::Grant& grant : reply.granted) {
    untold_.push_back({end, answer.to, std::move(grant.lease.name), grant.lease.token, std::move(grant.who)});
  }
}

void Connection::flushed() {
  handed_ += out_.size();
  if (owes()) {
    std::erase_if(untold_, [this](const Untold& each) { return each.end <= handed_; });
  } else {
    untold_.clear();
  }
  if (may_take_more()) io_.loop.resume(*this);
  leave_when_all_is_told();
}

void Connection::gone() {
  const std::uint64_t handed = handed_ + sent_;
  for (Untold& each : untold_) {
    // What the kernel has may arrive: whoever is told of a grant has it.
    if (each.end > handed) io_.take_back(each.to, std::move(each.name), each.token, std::move(each.who));
  }
  untold_.clear();
}

void Connection::half_closed() {
  if (blocking_ == 0 || !queued_) return;
  // Nobody else would answer it: whoever is not there is passed over in silence.
  io_.gather({client_, blocking_}, core::Leave{});
  io_.loop.close(*this, true);
}

void Connection::begin_closing() {
  if (!owes()) io_.loop.close(*this, false);
}

void Connection::look_at_time(Loop::Clock::time_point now) {
  if (!spoke_ && now - came_ > io_.options.first_command_time) return io_.loop.close(*this, true);
  const std::size_t unread = out_.size() - sent_;
  if (unread == 0 || unread != unread_before_) unread_since_ = now;
  unread_before_ = unread;
  if (unread > 0 && now - unread_since_ > io_.options.unread_for_max) io_.loop.close(*this, true);
}

}  // namespace holdfast::server::resp
