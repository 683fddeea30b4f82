#include "cli/under_lease.h"

#include <fmt/format.h>
#include <signal.h>
#include <unistd.h>

#include <algorithm>
#include <expected>
#include <optional>
#include <utility>

#include "cli/call.h"
#include "cli/durations.h"
#include "cli/text.h"
#include "client/boot_clock.h"
#include "client/keeper.h"
#include "local/loop.h"
#include "local/terminal.h"

namespace holdfast::cli {
namespace {

using namespace std::chrono_literals;
using client::Answer;
using client::Belief;
using client::Holding;
using client::Keeper;
using client::Problem;
using client::Released;
using local::Child;
using local::Loop;

constexpr Duration one_wait_max = 10min;  ///< The longest that one request may wait at the server.
constexpr Duration trouble_max = 3s;      ///< How long to go on asking a server in trouble, if not told to wait longer.
constexpr Duration trouble_pause = 200ms;
constexpr Duration release_patience = 2s;
constexpr Duration quiet_wait = 1s;  ///< A wait that is longer is worth a word.
constexpr Duration heed_every = 2s;  ///< The answer to a renewal says who wants the name: ask so often at least.
constexpr int takeovers_max = 10;    ///< From one holder after the other, if it changes hands that often.

struct Held {
  Holding grant;
  Belief belief;
};

class Run {
 public:
  Run(const UnderLease& plan, client::Leases& leases, const Say& say)
      : plan_(plan), name_(shown(plan.ask.name)), leases_(leases), say_(say) {}

  int carry_out() {
    auto held = acquire();
    if (!held) return ended_before_start(held.error());
    if (!sure_of(*held)) {
      release(held->grant);
      return ended_before_start(status(Exit::unreachable));
    }

    Keeper keeper(held->belief, *plan_.ask.ttl, plan_.grace, now());
    auto child = Child::start(command_for(held->grant), loop_, terminal_, guard_time(keeper));
    if (!child) {
      say_(fmt::format("cannot start the command: {}", shown(child.error().why)));
      release(held->grant);
      return child.error().status;
    }
    return look_after(*child, keeper, held->grant);
  }

 private:
  Duration now() { return clock_.steady(); }

  // Before the command --------------------------------------------------------------------------------------------

  /// The status to end with, having said why, if there is no grant.
  std::expected<Held, int> acquire() {
    const Duration begun = now();
    const Duration wait_end = begun + plan_.ask.wait;
    const Duration give_up = std::max(wait_end, begun + trouble_max);
    bool contacted = false;
    std::uint64_t from = 0;  // Whom to take it from, by their token.
    for (;;) {
      const Duration sent = now();
      const Answer<Holding> answer = from == 0 ? ask_until(wait_end) : take_over(from);
      if (answer) {
        // How long an earlier request of ours waited says nothing about when this one was granted.
        Held held{.grant = *answer, .belief = {}};
        held.belief.granted(sent, now(), contacted ? 0s : answer->waited, plan_.ask.ttl);
        if (!signal_) return held;
        release(*answer);
      }
      if (signal_) return std::unexpected(status(Exit::failed));

      const Problem& problem = answer.error();
      const bool first = !std::exchange(contacted, contacted || problem.code != ErrorCode::unreachable);
      const bool changed = std::exchange(from, 0) != 0 && passed_on(problem);
      if (may_take(problem, changed, wait_end)) {
        from = problem.holding.token;
        say_taking(problem);
        continue;
      }
      if (changed && takeovers_ < takeovers_max) continue;  // Free by now.
      if (const auto end = end_after(problem, first, is_held(problem) ? wait_end : give_up)) {
        return std::unexpected(*end);
      }
      if (problem.code != ErrorCode::wait_over) pause();
      if (signal_) return std::unexpected(status(Exit::failed));
    }
  }

  Answer<Holding> ask_until(Duration wait_end) {
    client::AcquireCall ask = plan_.ask;
    ask.wait = std::clamp<Duration>(wait_end - now(), 0s, one_wait_max);
    return call_before_start([this, ask] { return leases_.acquire(ask); });
  }

  Answer<Holding> take_over(std::uint64_t token) {
    client::TakeoverCall call{.want = plan_.ask, .token = token, .reason = plan_.takeover};
    if (plan_.flush >= 0s) call.flush = plan_.flush;
    return call_before_start([this, call] { return leases_.takeover(call); });
  }

  /// Of a takeover: it meant a holding that is over.
  static bool passed_on(const Problem& problem) {
    return problem.code == ErrorCode::stale || problem.code == ErrorCode::token_needed;
  }
  static bool is_held(const Problem& problem) { return problem.is_contention() || passed_on(problem); }

  /// Whether to take it from whoever `problem` says holds it: never from anybody who was not shown here.
  bool may_take(const Problem& problem, bool changed, Duration wait_end) {
    const bool by_somebody = problem.holding.held && problem.holding.token != 0;
    const bool others_turn = problem.code == ErrorCode::takeover_pending || problem.code == ErrorCode::wait_superseded;
    const bool time = changed || (problem.is_contention() && !others_turn && now() >= wait_end);
    return !plan_.takeover.empty() && by_somebody && time && takeovers_ < takeovers_max;
  }

  void say_taking(const Problem& problem) {
    ++takeovers_;
    const bool ours = problem.holding.owner == plan_.ask.owner;
    say_(fmt::format("taking {} from {}{}", name_, ours ? "another session of yours, " : "",
                     told_holding(problem.holding, wall_now())));
    if (plan_.flush <= 0s || ours) return;
    const auto until = wall_now() + std::chrono::ceil<std::chrono::microseconds>(plan_.flush);
    say_(fmt::format("the holder is told and may hand in what it has: {}, until {}; Ctrl-C withdraws it",
                     told(plan_.flush), told_clock(until)));
  }

  /// None: ask again.
  std::optional<int> end_after(const Problem& problem, bool first, Duration until) {
    const bool superseded = problem.code == ErrorCode::wait_superseded;  // By another process under our session.
    const bool refused = problem.status >= 400 && problem.status < 500 && problem.status != 408;
    const bool final =
        superseded || (refused && !is_held(problem)) || (first && problem.code == ErrorCode::unreachable);
    if (!final && now() < until) return std::nullopt;

    say_(told(problem, plan_.ask.name, wall_now()));
    if (is_held(problem)) return plan_.held_status;
    const Exit exit = exit_of(problem);
    return status(exit == Exit::not_allowed || exit == Exit::wrong_usage ? exit : Exit::unreachable);
  }

  /// A grant that was long under way leaves too little: the command starts with most of the ttl before it, or not.
  bool sure_of(Held& held) {
    if (held.belief.until() - now() >= *plan_.ask.ttl * 2 / 3) return true;
    const Duration sent = now();
    const auto answer =
        call_before_start([this, &held] { return leases_.renew(renew_call(held.grant), *plan_.ask.ttl / 3); });
    if (signal_) return false;
    if (!answer) {
      say_(fmt::format("{} was granted, but too late to begin: {}", name_,
                       told(answer.error(), plan_.ask.name, wall_now())));
      return false;
    }
    held.belief.granted(sent, now(), 0s, plan_.ask.ttl);
    return held.belief.until() - now() >= *plan_.ask.ttl / 2;
  }

  /// Makes `call` on its thread. A signal that ends us interrupts it and is kept in signal_.
  Answer<Holding> call_before_start(std::function<Answer<Holding>()> call) {
    const Duration begun = now();
    call_.begin(std::move(call));
    for (;;) {
      if (auto answer = call_.take()) {
        if (signal_) leases_.reopen();
        return *std::move(answer);
      }
      const bool quiet = !waiting_said_ && plan_.ask.wait > quiet_wait;
      wait_before_start(quiet ? std::optional(begun + quiet_wait) : std::nullopt);
      if (quiet && now() >= begun + quiet_wait) say_waiting();
    }
  }

  void say_waiting() {
    waiting_said_ = true;
    say_(fmt::format("waiting for {}, {} at most; holdfast show says who holds it", name_, told(plan_.ask.wait)));
  }

  void pause() {
    const Duration until = now() + trouble_pause;
    while (now() < until && !signal_) wait_before_start(until);
  }

  void wait_before_start(std::optional<Duration> until) {
    const Loop::Event event = loop_.wait(-1, until);
    if (event.kind != Loop::Event::Kind::signal) return;
    if (event.signal == SIGTSTP) loop_.stop_self(SIGTSTP);
    if (!local::ends_us(event.signal)) return;
    signal_ = event.signal;
    leases_.interrupt();
  }

  int ended_before_start(int exit_status) {
    if (!signal_) return exit_status;
    loop_.die_of(*signal_);
    return 128 + *signal_;
  }

  // While the command runs -----------------------------------------------------------------------------------------

  int look_after(Child& child, Keeper& keeper, const Holding& grant) {
    keeper.ask_by(now() + heed_every);
    for (;;) {
      enforce(child, keeper);
      if (keeper.renewal_due(now())) {
        sent_ = now();
        keeper.renewal_sent(sent_);
        call_.begin(
            [this, call = renew_call(grant), patience = keeper.patience()] { return leases_.renew(call, patience); });
      }
      const Loop::Event event = loop_.wait(child.fd(), killed_ ? std::nullopt : std::optional(keeper.next(now())));
      if (event.kind == Loop::Event::Kind::ready) {
        if (const auto ending = finish(child, keeper)) return after(*ending, grant, keeper);
      }
      if (event.kind == Loop::Event::Kind::signal) on_signal(event.signal, child, keeper);
      if (auto answer = call_.take()) on_renewal(*answer, keeper);
    }
  }

  /// Does what the stand asks for: R2.
  void enforce(Child& child, Keeper& keeper) {
    const Keeper::Stand stand = keeper.stand(now());
    if (stand != Keeper::Stand::holds && !told_) {
      told_ = true;
      say_(why(keeper) + "; ending the command");
      if (stand == Keeper::Stand::ending) {
        child.signal(SIGTERM);
        child.signal(SIGCONT);  // A stopped one could not hear it.
      }
    }
    if (stand == Keeper::Stand::over && !killed_) {
      killed_ = true;
      child.signal(SIGKILL);
    }
    child.end_at(guard_time(keeper));
  }

  std::string why(const Keeper& keeper) {
    const auto& trouble = keeper.trouble();
    if (ahead_ && !(trouble && trouble->means_lost())) {
      return fmt::format("{} is about to be taken over by {}", name_, shown(ahead_->by));
    }
    if (!trouble) return fmt::format("the lease on {} was not renewed in time", name_);
    if (trouble->code == ErrorCode::stale && !trouble->because.empty()) {
      const Holding& over = trouble->holding;
      return fmt::format("the lease on {} is lost, {}", name_,
                         told_end(trouble->because, over.ended_by, over.ended_reason));
    }
    const std::string_view what = trouble->means_lost() ? "is lost" : "cannot be renewed";
    return fmt::format("the lease on {} {}: {}", name_, what, reason(*trouble));
  }

  /// What to ask next is our business here, not the reader's.
  std::string reason(const Problem& problem) const {
    if (problem.code == ErrorCode::answer_lost) return "no answer from the server";
    return told(problem, plan_.ask.name, wall_now());
  }

  void on_renewal(const Answer<Holding>& answer, Keeper& keeper) {
    keeper.renewal_answered(answer, now());
    keeper.ask_by(now() + heed_every);
    if (answer) heed(*answer, keeper);
    if (told_ || keeper.stand(now()) != Keeper::Stand::holds) return;
    if (!answer && !failing_) {
      say_(fmt::format("renewing {} failed, trying again; {} of the lease are left: {}", name_,
                       told_remaining(keeper.belief().until() - now()), reason(answer.error())));
    }
    if (answer && failing_) say_(fmt::format("{} is renewed again", name_));
    failing_ = !answer;
  }

  /// Who wants the name from us: R5.
  void heed(const Holding& renewed, Keeper& keeper) {
    if (told_) return;
    if (renewed.request && renewed.request != asked_) {
      say_(fmt::format("{}: {}", name_, told_asked(*renewed.request)));
    }
    asked_ = renewed.request;
    if (renewed.takeover) {
      // The wire rounds up.
      keeper.changes_hands_at(sent_ + renewed.takeover->ends_in - 1ms);
      if (!ahead_) say_(fmt::format("{}: {}", name_, told_ahead(*renewed.takeover)));
    } else if (ahead_) {
      keeper.changes_hands_at(Belief::forever);
      say_(fmt::format("{}: {} takes it over no more; it stays yours", name_, shown(ahead_->by)));
    }
    ahead_ = renewed.takeover;
  }

  void on_signal(int signal, Child& child, Keeper& keeper) {
    switch (signal) {
      case SIGCHLD:
        if (const auto by = child.stopped()) on_stop(*by, child);
        break;
      case SIGCONT:
        if (keeper.stand(now()) != Keeper::Stand::over) go_on(child);  // R3; else the next round kills it.
        break;
      default:
        child.signal(signal);
    }
  }

  void go_on(Child& child) {
    if (::isatty(STDIN_FILENO) == 1 && terminal_.ours()) terminal_.give(child.group());
    child.signal(SIGCONT);
  }

  /// The command was stopped. If that was job control, the shell must get its terminal back, so we stop too.
  void on_stop(int by, Child& child) {
    if (told_ || !terminal_.there()) return;
    const bool for_terminal = by == SIGTTIN || by == SIGTTOU;
    if (for_terminal && terminal_.ours()) {  // The shell has put us into the foreground meanwhile.
      terminal_.give(child.group());
      child.signal(SIGCONT);
      return;
    }
    const bool had_terminal = terminal_.given();
    if (by == SIGSTOP && !had_terminal) return;  // Somebody means the command alone. We go on renewing.
    terminal_.take_back();
    // The terminal stopped the command's group only; the rest of our pipeline, or a script that runs us, has to stop
    // with us.
    const bool goes_on = had_terminal || for_terminal ? loop_.stop_job(by) : loop_.stop_self(by);
    if (!goes_on && had_terminal) go_on(child);  // Without a shell, Ctrl-Z means nothing.
  }

  // After the command -----------------------------------------------------------------------------------------------

  std::optional<local::Ending> finish(Child& child, Keeper& keeper) {
    told_ = told_ || keeper.stand(now()) == Keeper::Stand::over;
    if (told_) child.signal(SIGKILL);  // What it left behind in its group.
    return child.ended();
  }

  int after(const local::Ending& ending, const Holding& grant, const Keeper& keeper) {
    const bool interrupted = ending.by_signal && ending.number == SIGINT && terminal_.given() && !told_;
    const bool restore = ending.by_signal && terminal_.given();
    terminal_.take_back();
    if (restore) terminal_.restore_settings();

    leases_.interrupt();
    while (call_.under_way() && !call_.take()) loop_.wait(-1, std::nullopt);
    leases_.reopen();
    if (!keeper.belief().is_lost()) release(grant);

    if (interrupted) {
      // Ctrl-C reached the command's group only. Without us it would have reached ours, and a script that runs us with
      // it.
      ::kill(0, SIGINT);
      loop_.die_of(SIGINT);
    }
    return told_ ? status(Exit::lost) : ending.status();
  }

  void release(const Holding& grant) {
    const auto answer = leases_.release(token_call(grant), release_patience);
    if (answer || answer.error().means_lost() || told_) return;
    say_(fmt::format("{} could not be released, and ends by itself within {}: {}", name_, told(*plan_.ask.ttl),
                     reason(answer.error())));
  }

  // Forms -----------------------------------------------------------------------------------------------------------

  static client::TokenCall token_call(const Holding& grant) {
    return {.name = grant.name, .token = grant.token, .owner = grant.owner, .session = grant.session};
  }

  /// Says the ttl: the command knows our session, and may have renewed under it for another one.
  client::TokenCall renew_call(const Holding& grant) const {
    client::TokenCall call = token_call(grant);
    call.ttl = plan_.ask.ttl;
    return call;
  }

  /// A little after ours, so that it is we who act wherever we can.
  Duration guard_time(const Keeper& keeper) const { return keeper.stop_at() + Keeper::margin_for(*plan_.ask.ttl) / 2; }

  local::Command command_for(const Holding& grant) const {
    local::Command command = plan_.command;
    command.environment.insert(command.environment.end(), {{"HOLDFAST_NAME", grant.name},
                                                           {"HOLDFAST_TOKEN", fmt::format("{}", grant.token)},
                                                           {"HOLDFAST_OWNER", grant.owner},
                                                           {"HOLDFAST_SESSION", grant.session},
                                                           {"HOLDFAST_SERVER", plan_.server}});
    return command;
  }

  const UnderLease& plan_;
  const std::string name_;  ///< Fit for a terminal.
  client::Leases& leases_;
  const Say& say_;
  client::BootClock clock_;
  Loop loop_;  // Before any thread.
  local::Terminal terminal_;
  Call<Holding> call_{loop_};
  std::optional<int> signal_;  ///< That ends us before the command begins.
  bool waiting_said_ = false;
  bool told_ = false;  ///< The command was told to end, because the lease is lost.
  bool killed_ = false;
  Duration sent_{};                             ///< When the last renewal was.
  std::optional<client::TakeoverAhead> ahead_;  ///< Of which the last answer told, and we on stderr.
  std::optional<client::AskedFor> asked_;       ///< The same.
  int takeovers_ = 0;                           ///< Before the command.
  bool failing_ = false;                        ///< The last renewal failed, and that was said.
};

}  // namespace

int run_under_lease(const UnderLease& plan, client::Leases& leases, const Say& say) {
  return Run(plan, leases, say).carry_out();
}

}  // namespace holdfast::cli
