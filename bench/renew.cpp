// Renewals, the most frequent request: what they cost beyond HTTP itself, and that they never touch the disk.
#include <fmt/format.h>

#include "bench/run.h"

namespace holdfast::bench {
namespace {

using namespace std::chrono_literals;
using cli::LoadKind;

/// What the server has written, by its own count and by the kernel's.
struct Written {
  double syncs = 0;
  double bytes = 0;
  std::uint64_t of_process = 0;
};

Written written(const Server& server) {
  return {server.metric("holdfast_journal_syncs_total"), server.metric("holdfast_journal_bytes_total"),
          server.bytes_written()};
}

void measure_renew(Run& run) {
  const Server server = Server::on_disk(run, "renew");
  std::vector<double> plain, renewals, share, syncs, bytes;
  for (int round = 0; round < run.rounds; ++round) {
    plain.push_back(load(server, {.kind = LoadKind::livez, .time = 2s}).rate());
    Written before, after;
    renewals.push_back(load(server, {.kind = LoadKind::renew,
                                     .time = 2s,
                                     .begins = [&] { before = written(server); },
                                     .ended = [&] { after = written(server); }})
                           .rate());
    share.push_back(renewals.back() / plain.back());
    syncs.push_back(after.syncs - before.syncs);
    bytes.push_back(after.bytes - before.bytes + static_cast<double>(after.of_process - before.of_process));
    Run::say(fmt::format("round {}: livez {:.0f}/s, renew {:.0f}/s", round + 1, plain.back(), renewals.back()));
  }
  run.figures.add({.part = "renew", .what = "GET /livez, 64 clients", .unit = "/s", .rounds = std::move(plain)});
  run.figures.add({.part = "renew", .what = "renewals, 64 clients", .unit = "/s", .rounds = std::move(renewals)});
  run.figures.add({.part = "renew",
                   .what = "renewals as a share of GET /livez",
                   .unit = "",
                   .must = Must::be_at_least,
                   .bound = 0.7,
                   .rounds = std::move(share)});
  run.figures.add({.part = "renew",
                   .what = "journal syncs while renewing",
                   .unit = "",
                   .must = Must::be_at_most,
                   .bound = 0,
                   .rounds = std::move(syncs)});
  run.figures.add({.part = "renew",
                   .what = "bytes written while renewing",
                   .unit = "",
                   .must = Must::be_at_most,
                   .bound = 0,
                   .rounds = std::move(bytes)});
}

}  // namespace

const Part renew_part{"renew", "renewals over HTTP", measure_renew};

}  // namespace holdfast::bench
