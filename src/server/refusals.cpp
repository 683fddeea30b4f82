#include "server/refusals.h"

#include <system_error>

namespace holdfast::server {

void Refusals::follow(Trouble& trouble, bool is_so, std::uint64_t counted, std::string_view begins,
                      std::string_view ends, const Log::Fields& fields) {
  is_so = is_so || counted > trouble.seen;
  if (is_so && !trouble.on) {
    trouble.before = trouble.seen;
    log_.write(Log::Level::warn, begins, fields);
  } else if (!is_so && trouble.on) {
    log_.write(Log::Level::info, ends, {{"refused", std::to_string(counted - trouble.before)}});
  }
  trouble.on = is_so;
  trouble.seen = counted;
}

void Refusals::look(const engine::Runner::Snapshot& now) {
  const auto commit_ms = std::chrono::duration_cast<std::chrono::milliseconds>(now.oldest_commit).count();
  follow(hanging_, now.oldest_commit > hangs_after, 0, "the disk does not answer; what waits for it gets no answer",
         "the disk answers again", {{"commit_running_for_ms", std::to_string(commit_ms)}});
  follow(behind_, now.behind, now.engine.refused_behind, "new requests are refused: the disk is too far behind",
         "new requests are taken again: the disk has caught up",
         {{"pending_bytes", std::to_string(now.pending_bytes)}, {"commit_running_for_ms", std::to_string(commit_ms)}});
  follow(full_, false, metrics_.connections_refused,
         "connections are turned away: there are as many as connections_max allows",
         "no connection is turned away any more",
         {{"connections", std::to_string(metrics_.connections)},
          {"connections_max", std::to_string(metrics_.connections_max)}});
  follow(unacceptable_, false, metrics_.accept_failures, "cannot accept connections for the moment",
         "connections can be accepted again", {{"why", std::generic_category().message(metrics_.accept_error)}});
}

}  // namespace holdfast::server
