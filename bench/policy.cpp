// Who calls fdatasync: the three policies against one another. For docs/decisions/0002-who-calls-fsync.md.
#include <fmt/format.h>

#include "bench/run.h"
#include "cli/instance.h"
#include "journal/file/file_journal.h"

namespace holdfast::bench {
namespace {

using namespace std::chrono_literals;
using cli::LoadOp;
using engine::CommitPolicy;

struct Policy {
  CommitPolicy policy;
  std::string_view name;
};
constexpr std::array policies{Policy{CommitPolicy::adaptive, "adaptive"}, Policy{CommitPolicy::always_inline, "inline"},
                              Policy{CommitPolicy::always_thread, "thread"}};

/// A server in this process: no flag of `serve` chooses a policy.
class Here {
 public:
  Here(const Run& run, const Policy& policy)
      : journal_({.directory = run.scratch / fmt::format("policy-{}", policy.name)}),
        instance_(settings_, journal_, clock_, log_, [](const Error&) {}, {.policy = policy.policy}) {
    if (const auto opened = instance_.start(); !opened) throw std::runtime_error(opened.error().text());
  }

  cli::LoadReport load(std::size_t clients) {
    Result<cli::LoadReport> report =
        cli::run_load({.server = {"127.0.0.1", instance_.port()}, .owner = "bench", .clients = clients, .time = 700ms});
    if (!report) throw std::runtime_error(report.error().text());
    return *std::move(report);
  }

 private:
  const cli::Settings settings_{.listen = "127.0.0.1:0"};
  SystemClock clock_;
  server::Log log_{server::Log::Form::text, server::Log::Level::warn};
  journal::FileJournal journal_;
  cli::Instance instance_;
};

void measure_policy(Run& run) {
  std::vector<std::unique_ptr<Here>> servers;
  for (const Policy& policy : policies) servers.push_back(std::make_unique<Here>(run, policy));
  for (const std::size_t clients : {1UL, 4UL, 64UL}) {
    std::array<std::vector<double>, policies.size()> medians, rates;
    for (int round = 0; round < run.rounds; ++round) {
      for (std::size_t i = 0; i < policies.size(); ++i) {
        const cli::LoadReport report = servers[i]->load(clients);
        medians[i].push_back(us(report.operations.at(LoadOp::acquire).latency.at(0.5)));
        rates[i].push_back(report.rate());
      }
    }
    for (std::size_t i = 0; i < policies.size(); ++i) {
      const std::string what = fmt::format("{}, {} client{}", policies[i].name, clients, clients == 1 ? "" : "s");
      run.figures.add(
          {.part = "policy", .what = what + ", acquire median", .unit = "µs", .rounds = std::move(medians[i])});
      run.figures.add({.part = "policy", .what = what, .unit = "/s", .rounds = std::move(rates[i])});
    }
    Run::say(fmt::format("{} clients", clients));
  }
}

}  // namespace

const Part policy_part{"policy", "who calls fdatasync", measure_policy};

}  // namespace holdfast::bench
