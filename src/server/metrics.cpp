#include "server/metrics.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <limits>

#include "api/operations.h"
#include "api/spoken.h"
#include "base/text_hash.h"
#include "server/process_figures.h"

namespace holdfast::server {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;

double value_of(const auto& atomic) {
  return static_cast<double>(atomic.load(std::memory_order_relaxed));
}

MetricFamily family(std::string name, std::string help, MetricType type) {
  MetricFamily made;
  made.name = std::move(name);
  made.help = std::move(help);
  made.type = type;
  return made;
}

MetricFamily one(std::string name, std::string help, MetricType type, double value) {
  MetricFamily made = family(std::move(name), std::move(help), type);
  ClientMetric metric;
  (type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
  made.metric.push_back(metric);
  return made;
}

template <const auto& bounds>
ClientMetric histogram(const engine::Histogram<bounds>& from) {
  ClientMetric metric;
  std::uint64_t cumulative = 0;
  for (std::size_t i = 0; i < from.counts.size(); ++i) {
    cumulative += from.counts[i];
    const double bound = i < from.bounds.size() ? from.bounds[i] : std::numeric_limits<double>::infinity();
    metric.histogram.bucket.push_back({cumulative, bound});
  }
  metric.histogram.sample_count = cumulative;
  metric.histogram.sample_sum = from.sum;
  return metric;
}

template <const auto& bounds>
MetricFamily histogram(std::string name, std::string help, const engine::Histogram<bounds>& from) {
  MetricFamily made = family(std::move(name), std::move(help), MetricType::Histogram);
  made.metric.push_back(histogram(from));
  return made;
}

ClientMetric::Label label(std::string_view name, std::string_view value) {
  ClientMetric::Label made;
  made.name = name;
  made.value = value;
  return made;
}

constexpr auto bounds_in_time = [] {
  std::array<Duration, engine::DurationHistogram::bounds.size()> made{};
  std::ranges::transform(engine::DurationHistogram::bounds, made.begin(),
                         [](double seconds) { return Duration(static_cast<Duration::rep>(seconds * 1e9 + 0.5)); });
  return made;
}();

}  // namespace

void SharedHistogram::observe(Duration duration) {
  // Most are short: counted from the least bound on.
  std::size_t bucket = 0;
  while (bucket < bounds_in_time.size() && duration > bounds_in_time[bucket]) ++bucket;
  counts_[bucket].fetch_add(1, std::memory_order_relaxed);
  nanoseconds_.fetch_add(static_cast<std::uint64_t>(duration.count()), std::memory_order_relaxed);
}

engine::DurationHistogram SharedHistogram::read() const {
  engine::DurationHistogram made;
  for (std::size_t i = 0; i < counts_.size(); ++i) {
    made.counts[i] = counts_[i].load(std::memory_order_relaxed);
    made.count += made.counts[i];
  }
  made.sum = value_of(nanoseconds_) / 1e9;
  return made;
}

void Metrics::count_request(std::size_t operation, ErrorCode code, Duration took, Door door) {
  const auto number = static_cast<std::size_t>(code);
  if (operation >= operations_max || number >= codes_max) return;
  const auto of_door = static_cast<std::size_t>(door);
  requests_[of_door][operation][number].fetch_add(1, std::memory_order_relaxed);
  durations_[of_door][operation].observe(took);
}

std::size_t Retries::key(std::string_view name, std::string_view owner, std::string_view session) {
  return hash_of(name, hash_of(owner, hash_of(session, salt_of_process())));
}

void Metrics::observe_acquire(std::size_t asker, ErrorCode code, Duration took) {
  buffer_acquisition.observe(took);
  if (retries_.asked_before(asker)) buffer_lock_retries.fetch_add(1, std::memory_order_relaxed);
  const bool refused = code == ErrorCode::held || code == ErrorCode::held_by_you || code == ErrorCode::wait_over;
  if (refused) retries_.refused(asker);
  if (code == ErrorCode::none) retries_.granted(asker);
}

std::string Metrics::render(const engine::Runner::Snapshot& engine, const Standing& standing) const {
  using enum MetricType;
  std::vector<MetricFamily> all;

  MetricFamily requests = family("holdfast_requests_total", "Requests by operation, door and outcome.", Counter);
  MetricFamily durations = family("holdfast_request_duration_seconds",
                                  "From the request read to its answer ready, waits included.", Histogram);
  const std::span<const api::Operation> operations = api::operations();
  const auto add = [&](Door door, std::size_t number, std::string_view operation) {
    constexpr std::string_view door_names[doors] = {"http", "resp", "live"};
    const std::string_view door_name = door_names[static_cast<std::size_t>(door)];
    const auto& counts = requests_[static_cast<std::size_t>(door)][number];
    const auto count = [&](ErrorCode code, std::string_view outcome) {
      const std::uint64_t seen = counts[static_cast<std::size_t>(code)].load(std::memory_order_relaxed);
      if (seen == 0 && code != ErrorCode::none) return;
      ClientMetric metric;
      metric.label = {label("operation", operation), label("door", door_name), label("outcome", outcome)};
      metric.counter.value = static_cast<double>(seen);
      requests.metric.push_back(metric);
    };
    count(ErrorCode::none, "done");
    for_each_error([&](const ErrorInfo& info) { count(info.code, info.name); });
    ClientMetric duration = histogram(durations_[static_cast<std::size_t>(door)][number].read());
    duration.label = {label("operation", operation), label("door", door_name)};
    durations.metric.push_back(duration);
  };
  for (std::size_t i = 0; i < operations.size() && i < key_programs; ++i) {
    if (!operations[i].supported()) continue;
    add(Door::http, i, operations[i].name);
    add(Door::resp, i, operations[i].name);
    if (api::operation_of_call(operations[i].name)) add(Door::live, i, operations[i].name);
  }
  add(Door::resp, key_programs, "key.program");
  all.push_back(std::move(requests));
  all.push_back(std::move(durations));

  const auto counter = [&](std::string name, std::string help, double value) {
    all.push_back(one(std::move(name), std::move(help), Counter, value));
  };
  const auto gauge = [&](std::string name, std::string help, double value) {
    all.push_back(one(std::move(name), std::move(help), Gauge, value));
  };
  counter("buffer_conflicts_total", "Two owners seen for one name at one time. Must stay 0.",
          value_of(buffer_conflicts));
  counter("buffer_lock_retries_total", "An owner's session asking again after a refusal.",
          value_of(buffer_lock_retries));
  all.push_back(
      histogram("buffer_acquisition_duration_seconds", "Acquires, waits included.", buffer_acquisition.read()));

  const auto number = [](auto value) { return static_cast<double>(value); };
  const auto seconds = [](Duration duration) { return std::chrono::duration<double>(duration).count(); };

  // How it stands.
  gauge("holdfast_ready", "1 while requests are served: the journal is read and nobody has asked for the end.",
        standing.ready ? 1 : 0);
  gauge("holdfast_injected_faults", "Known bugs put back with --inject. Anything but 0 is for tests only.",
        number(standing.injections));
  gauge("holdfast_journal_failed", "1 once the journal has failed: the server is about to exit with 74.",
        engine.failed ? 1 : 0);
  gauge("holdfast_journal_behind", "1 while the disk is so far behind that new requests are refused.",
        engine.behind ? 1 : 0);
  gauge("holdfast_journal_pending_bytes", "Decided and not yet durable, about.", number(engine.pending_bytes));
  gauge("holdfast_journal_oldest_commit_seconds", "How long the commit that runs now has been running; 0 for none.",
        seconds(engine.oldest_commit));

  // What is owned, and what became of it.
  gauge("holdfast_leases", "Names that are held.", number(engine.held));
  gauge("holdfast_names_remembered", "Free names whose last holding is known.", number(engine.remembered));
  gauge("holdfast_waiters", "Requests waiting in a queue.", number(engine.waiting));
  gauge("holdfast_contended", "Names that somebody waits for.", number(engine.contended));
  gauge("holdfast_sessions",
        "Sessions that hold something or wait, when they were counted last: every second, or less "
        "often where that takes long.",
        value_of(sessions));
  gauge("holdfast_texts", "Names with a text.", number(engine.texts));
  gauge("holdfast_drafts", "Drafts that are kept.", number(engine.drafts));
  counter("holdfast_grants_total", "New holdings, joins and late renewals.", number(engine.engine.grants));
  counter("holdfast_releases_total", "Holdings ended by their holders.", number(engine.engine.releases));
  counter("holdfast_revisions_total", "Changes made in texts.", number(engine.engine.revisions));
  counter("holdfast_drafts_kept_total", "Changes of texts that came too late, and became drafts.",
          number(engine.engine.drafts_kept));
  counter("holdfast_lapses_total", "Holdings whose deadline passed.", number(engine.engine.lapses));
  counter("holdfast_takeovers_total", "Holdings taken from their holders by somebody else.",
          number(engine.engine.takeovers));
  gauge("holdfast_watchers", "Connections that are sent events.", value_of(watchers));
  counter("holdfast_watchers_refused_total", "Watchers beyond the limit.", value_of(watchers_refused));
  counter("holdfast_watchers_cut_off_total", "Watchers that took nothing any more.", value_of(watchers_cut_off));
  counter("holdfast_events_sent_total", "Events sent, counted for each watcher.", value_of(events_sent));
  counter("holdfast_event_resets_total", "Watchers that were told of a gap.", value_of(event_resets));
  gauge("holdfast_live_sockets", "Live sockets that are open.", value_of(live_sockets));
  gauge("holdfast_live_follows", "Names that live sockets follow, counted for each socket.", value_of(live_follows));
  counter("holdfast_live_messages_total", "Messages that came on live sockets.", value_of(live_messages));
  counter("holdfast_live_pushes_total", "Messages pushed on live sockets, counted for each.", value_of(live_pushes));
  counter("holdfast_live_resyncs_total", "Followers of a name that had to look anew: too slow, or something missing.",
          value_of(live_resyncs));
  counter("holdfast_live_cursors_dropped_total", "Cursors that were not told to a follower because it was slow.",
          value_of(live_cursors_dropped));
  counter("holdfast_live_cut_off_total", "Live sockets that took nothing, or answered no ping, any more.",
          value_of(live_cut_off));
  counter("holdfast_stale_writes_total", "Operations refused because their token was not current.",
          value_of(stale_writes));
  counter("holdfast_grants_taken_back_total", "Grants whose answer could not be handed over.",
          value_of(grants_taken_back));
  counter("holdfast_grants_lapsed_total", "Grants that ran out before they could be told.",
          number(engine.engine.grants_lapsed));
  counter("holdfast_refused_behind_total", "Requests refused because the disk was too far behind.",
          number(engine.engine.refused_behind));
  counter("holdfast_refused_full_total", "Requests for new ownership refused because the disk was full.",
          number(engine.engine.refused_full));
  all.push_back(histogram("holdfast_lapse_lateness_seconds", "From a deadline to the lapse that it brought.",
                          engine.engine.lapse_lateness));

  // The journal.
  all.push_back(histogram("holdfast_journal_commit_seconds", "One batch made durable.", engine.commit));
  all.push_back(histogram("holdfast_journal_batch_effects", "Effects in one batch.", engine.batch_sizes));
  counter("holdfast_journal_inline_commits_total", "Batches made durable by a door's own thread.",
          number(engine.inline_commits));
  counter("holdfast_journal_bytes_total", "Bytes appended.", number(engine.journal.bytes));
  counter("holdfast_journal_syncs_total", "fdatasync calls.", number(engine.journal.syncs));
  counter("holdfast_journal_snapshots_total", "Foldings of closed segments.", number(engine.journal.snapshots));
  counter("holdfast_journal_snapshot_failures_total", "Foldings that failed.",
          number(engine.journal.snapshot_failures));
  gauge("holdfast_journal_full", "1 while no further room can be had on the disk.", engine.room.full ? 1 : 0);
  if (engine.room.bytes != journal::Room{}.bytes) {
    gauge("holdfast_journal_room_bytes", "What fits for certain into what is reserved on the disk.",
          number(engine.room.bytes));
  }

  // The history.
  if (standing.history) {
    gauge("holdfast_history_bytes", "In the history's files.", number(standing.history->bytes));
    counter("holdfast_history_write_failures_total", "Files of the history that could not be written.",
            number(standing.history->failures));
    counter("holdfast_history_missed_effects_total", "Changes that the history could not take: it has a gap.",
            number(standing.history->missed));
  }

  // Those who ask.
  gauge("holdfast_connections", "Open connections.", value_of(connections));
  gauge("holdfast_connections_limit", "Connections accepted at most.", value_of(connections_max));
  counter("holdfast_connections_refused_total", "Connections beyond the limit.", value_of(connections_refused));
  counter("holdfast_accept_failures_total", "Times that no connection could be accepted, for want of files mostly.",
          value_of(accept_failures));
  counter("holdfast_threads_relieved_total",
          "Times that another thread went on with a door's work because the disk held its own up.",
          value_of(threads_relieved));
  counter("holdfast_bad_requests_total", "Requests refused before an operation was known.", value_of(bad_requests));

  // The process, under the names that Prometheus's own libraries use.
  const ProcessFigures process = process_figures();
  counter("process_cpu_seconds_total", "Time on the processors, user and system.", process.cpu_seconds);
  gauge("process_resident_memory_bytes", "Memory in use.", number(process.resident_bytes));
  gauge("process_virtual_memory_bytes", "Address space in use.", number(process.virtual_bytes));
  gauge("process_threads", "Threads.", number(process.threads));
  gauge("process_open_fds", "Open files and sockets.", number(process.open_files));
  gauge("process_max_fds", "Open files and sockets at most.", number(process.open_files_max));
  gauge("process_start_time_seconds", "When it started, in seconds since 1970.",
        std::chrono::duration<double>(started_.time_since_epoch()).count());

  MetricFamily build = one("holdfast_build_info", "Always 1; how it was built is in the labels.", Gauge, 1);
  build.metric.front().label = {label("version", HOLDFAST_VERSION), label("build", HOLDFAST_BUILD_TYPE),
                                label("injections", HOLDFAST_INJECTIONS ? "built_in" : "none")};
  all.push_back(std::move(build));
  return prometheus::TextSerializer{}.Serialize(all);
}

}  // namespace holdfast::server
