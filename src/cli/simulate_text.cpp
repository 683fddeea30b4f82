#include "cli/simulate_text.h"

#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "simulate/story.h"

namespace holdfast::cli {
namespace {

using simulate::Covered;
using simulate::Report;
using simulate::Shrunk;

double hours(simulate::Nanos time) {
  return static_cast<double>(time) / (3600.0 * simulate::second);
}

std::string_view word(verify::Verdict verdict) {
  switch (verdict) {
    case verify::Verdict::holds:
      return "holds";
    case verify::Verdict::violated:
      return "violated";
    case verify::Verdict::undecided:
      return "undecided";
    case verify::Verdict::inconclusive:
      return "inconclusive";
  }
  return "";
}

struct Count {
  const char* name;
  const char* told;
  std::uint64_t value;
};

std::vector<Count> counts_of(const Covered& c) {
  return {{"calls", "calls", c.calls},
          {"effects", "effects", c.effects},
          {"grants", "grants", c.grants},
          {"lapses", "lapses", c.lapses},
          {"late_renewals", "late renewals", c.late_renewals},
          {"takeovers", "takeovers", c.takeovers},
          {"passed_on", "moves and transfers", c.passed_on},
          {"revoked", "revocations", c.revoked},
          {"taken_back", "grants taken back", c.taken_back},
          {"writes", "guarded writes", c.writes},
          {"stale_writes", "refused as stale", c.stale_writes},
          {"unknown", "calls without an answer", c.unknown},
          {"kills", "kills", c.kills},
          {"power_cuts", "power cuts", c.power_cuts},
          {"disk_errors", "disk errors", c.disk_errors},
          {"torn_frames", "torn frames", c.torn_frames},
          {"starts", "starts", c.starts},
          {"recoveries_cut", "of them cut short", c.recoveries_cut},
          {"full_disks", "full disks", c.full_disks},
          {"slow_disks", "slow disks", c.slow_disks},
          {"hung_disks", "hung disks", c.hung_disks},
          {"server_pauses", "server pauses", c.server_pauses},
          {"wall_jumps", "clocks set", c.wall_jumps},
          {"client_pauses", "client pauses", c.client_pauses},
          {"client_deaths", "clients died", c.client_deaths},
          {"messages_lost", "messages lost", c.messages_lost},
          {"messages_twice", "messages doubled", c.messages_twice}};
}

std::string indented(const std::string& text) {
  std::string out;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find('\n', at), text.size());
    out += "  " + text.substr(at, end - at) + "\n";
    at = end + 1;
  }
  return out;
}

constexpr std::size_t lines_told = 60;

/// The last lines of a story that could not be made short.
std::string last_lines(const std::string& text) {
  std::size_t at = text.size(), lines = 0;
  while (at > 0 && lines <= lines_told) lines += text[--at] == '\n' ? 1 : 0;
  return at == 0 ? text : "# ... and before that more:" + text.substr(at);
}

std::string told_failure(const Report& report, const Shrunk& shrunk, const std::vector<std::string>& injections) {
  const simulate::Failure& failure = *report.failure;
  std::string out = fmt::format("seed {} shows what must not be ({}):\n", failure.plan.seed, failure.kind);
  for (const simulate::Violation& violation : failure.outcome.violations) {
    out += fmt::format("  at {:.3f} s: {}\n", static_cast<double>(violation.at) / simulate::second, violation.told);
  }
  if (failure.judgement) {
    for (const verify::Finding& finding : failure.judgement->findings) {
      if (finding.answer != verify::Answer::violated) continue;
      out += fmt::format("  clients' view, {}: {}\n", verify::word(finding.question), finding.because);
    }
  }
  out += fmt::format("again: {}\n", replay_command(failure.plan.seed, injections));
  out += fmt::format("options: {}\n", simulate::describe(failure.plan.options));
  out += fmt::format("{} in {} runs, as a scenario; what it answers is what was answered:\n",
                     shrunk.rehearsed ? "made shorter" : "not made short", shrunk.runs);
  const std::string scenario = simulate::scenario_of(shrunk.plan, shrunk.outcome);
  return out + indented(shrunk.rehearsed ? scenario : last_lines(scenario));
}

}  // namespace

std::string replay_command(std::uint64_t seed, const std::vector<std::string>& injections) {
  std::string command = fmt::format("holdfast simulate --seed {}", seed);
  for (const std::string& injection : injections) command += " --inject " + injection;
  return command;
}

std::string told_progress(const Covered& covered, simulate::Nanos wanted) {
  const std::string of = wanted > 0 ? fmt::format(" of {:.0f}", hours(wanted)) : "";
  return fmt::format("{:.1f}{} h, {} worlds, {:.1f} M events", hours(covered.simulated), of, covered.worlds,
                     static_cast<double>(covered.events) / 1e6);
}

std::string told(const Report& report, const std::optional<Shrunk>& shrunk, const std::vector<std::string>& injections,
                 double took) {
  const Covered& covered = report.covered;
  std::string out = fmt::format("simulated {:.2f} h in {} worlds, {} events, in {:.1f} s ({:.0f} events a second)\n",
                                hours(covered.simulated), covered.worlds, covered.events, took,
                                static_cast<double>(covered.events) / std::max(took, 1e-9));
  std::string line;
  for (const Count& count : counts_of(covered)) {
    const std::string next = fmt::format("{} {}", count.value, count.told);
    if (line.size() + next.size() > 96) {
      out += "  " + line + ",\n";
      line.clear();
    }
    line += (line.empty() ? "" : ", ") + next;
  }
  out += "  " + line + "\n";
  out +=
      fmt::format("  latest lapse {} ms after its deadline; {} worlds run twice, {}\n", ceil_ms(covered.latest_lapse),
                  report.run_twice, report.differs ? "and one differed" : "each the same to the last bit");
  if (report.differs) {
    out += fmt::format("seed {} made another world the second time: {}\n", *report.differs,
                       replay_command(*report.differs, injections));
  }
  if (report.failure && shrunk) out += told_failure(report, *shrunk, injections);
  if (report.undecided > 0) out += fmt::format("{} worlds are undecided\n", report.undecided);
  return out + fmt::format("verdict: {}\n", word(report.verdict()));
}

std::string json_text(const Report& report, const std::optional<Shrunk>& shrunk,
                      const std::vector<std::string>& injections, double took) {
  boost::json::object out{{"verdict", word(report.verdict())},
                          {"worlds", report.covered.worlds},
                          {"simulated_hours", hours(report.covered.simulated)},
                          {"events", report.covered.events},
                          {"seconds", took},
                          {"run_twice", report.run_twice},
                          {"undecided", report.undecided}};
  boost::json::object covered;
  for (const Count& count : counts_of(report.covered)) covered[count.name] = count.value;
  out["covered"] = std::move(covered);
  if (report.differs) out["differs"] = *report.differs;
  if (report.failure && shrunk) {
    boost::json::array violations;
    for (const simulate::Violation& violation : report.failure->outcome.violations) {
      violations.push_back(boost::json::object{
          {"kind", violation.kind}, {"told", violation.told}, {"at_ms", violation.at / simulate::milli}});
    }
    out["failure"] = {{"seed", report.failure->plan.seed},
                      {"kind", report.failure->kind},
                      {"violations", std::move(violations)},
                      {"again", replay_command(report.failure->plan.seed, injections)},
                      {"scenario", simulate::scenario_of(shrunk->plan, shrunk->outcome)}};
  }
  return boost::json::serialize(out) + "\n";
}

}  // namespace holdfast::cli
