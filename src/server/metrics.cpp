#include "server/metrics.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <bit>
#include <functional>
#include <limits>

#include "api/operations.h"

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

ClientMetric histogram(const engine::DurationHistogram& from) {
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

MetricFamily histogram(std::string name, std::string help, const engine::DurationHistogram& from) {
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

}  // namespace

void SharedHistogram::observe(Duration duration) {
  const double seconds = std::chrono::duration<double>(duration).count();
  std::size_t bucket = 0;
  while (bucket < engine::DurationHistogram::bounds.size() && seconds > engine::DurationHistogram::bounds[bucket]) {
    ++bucket;
  }
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

void Metrics::count_request(std::size_t operation, ErrorCode code, Duration took) {
  const auto number = static_cast<std::size_t>(code);
  if (operation >= operations_max || number >= codes_max) return;
  requests_[operation][number].fetch_add(1, std::memory_order_relaxed);
  durations_[operation].observe(took);
}

std::size_t Retries::key(std::string_view name, std::string_view owner, std::string_view session) {
  const std::hash<std::string_view> hash;
  return hash(name) ^ std::rotl(hash(owner), 21) ^ std::rotl(hash(session), 42);
}

void Metrics::observe_acquire(std::size_t asker, ErrorCode code, Duration took) {
  buffer_acquisition.observe(took);
  if (retries_.asked_before(asker)) buffer_lock_retries.fetch_add(1, std::memory_order_relaxed);
  const bool refused = code == ErrorCode::held || code == ErrorCode::held_by_you || code == ErrorCode::wait_over;
  if (refused) retries_.refused(asker);
  if (code == ErrorCode::none) retries_.granted(asker);
}

std::string Metrics::render(const engine::Runner::Snapshot& engine) const {
  using enum MetricType;
  std::vector<MetricFamily> all;

  MetricFamily requests = family("holdfast_requests_total", "Requests by operation, door and outcome.", Counter);
  MetricFamily durations = family("holdfast_request_duration_seconds",
                                  "From the request read to its answer ready, waits included.", Histogram);
  const std::span<const api::Operation> operations = api::operations();
  for (std::size_t i = 0; i < operations.size() && i < operations_max; ++i) {
    if (!operations[i].supported()) continue;
    const auto count = [&](ErrorCode code, std::string_view outcome) {
      const std::uint64_t seen = requests_[i][static_cast<std::size_t>(code)].load(std::memory_order_relaxed);
      if (seen == 0 && code != ErrorCode::none) return;
      ClientMetric metric;
      metric.label = {label("operation", operations[i].name), label("door", "http"), label("outcome", outcome)};
      metric.counter.value = static_cast<double>(seen);
      requests.metric.push_back(metric);
    };
    count(ErrorCode::none, "done");
    for_each_error([&](const ErrorInfo& info) { count(info.code, info.name); });
    ClientMetric duration = histogram(durations_[i].read());
    duration.label = {label("operation", operations[i].name), label("door", "http")};
    durations.metric.push_back(duration);
  }
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

  gauge("holdfast_leases", "Names that are held.", static_cast<double>(engine.held));
  gauge("holdfast_names_remembered", "Free names whose last holding is known.", static_cast<double>(engine.remembered));
  gauge("holdfast_waiters", "Requests waiting in a queue.", static_cast<double>(engine.waiting));
  gauge("holdfast_connections", "Open connections.", value_of(connections));
  gauge("holdfast_connections_limit", "Connections accepted at most.", value_of(connections_max));
  counter("holdfast_connections_refused_total", "Connections beyond the limit.", value_of(connections_refused));
  gauge("holdfast_watchers", "Connections that are sent events.", value_of(watchers));
  counter("holdfast_watchers_refused_total", "Watchers beyond the limit.", value_of(watchers_refused));
  counter("holdfast_watchers_cut_off_total", "Watchers that took nothing any more.", value_of(watchers_cut_off));
  counter("holdfast_events_sent_total", "Events sent, counted for each watcher.", value_of(events_sent));
  counter("holdfast_event_resets_total", "Watchers that were told of a gap.", value_of(event_resets));
  counter("holdfast_bad_requests_total", "Requests refused before an operation was known.", value_of(bad_requests));
  counter("holdfast_stale_writes_total", "Operations refused because their token was not current.",
          value_of(stale_writes));
  counter("holdfast_grants_total", "New holdings, joins and late renewals.", static_cast<double>(engine.engine.grants));
  counter("holdfast_releases_total", "Holdings ended by their holders.", static_cast<double>(engine.engine.releases));
  counter("holdfast_lapses_total", "Holdings whose deadline passed.", static_cast<double>(engine.engine.lapses));
  counter("holdfast_grants_taken_back_total", "Grants whose answer could not be handed over.",
          value_of(grants_taken_back));
  counter("holdfast_grants_lapsed_total", "Grants that ran out before they could be told.",
          static_cast<double>(engine.engine.grants_lapsed));
  counter("holdfast_refused_behind_total", "Requests refused because the disk was too far behind.",
          static_cast<double>(engine.engine.refused_behind));
  all.push_back(histogram("holdfast_lapse_lateness_seconds", "From a deadline to the lapse that it brought.",
                          engine.engine.lapse_lateness));
  all.push_back(histogram("holdfast_journal_commit_seconds", "One batch made durable.", engine.commit));
  counter("holdfast_journal_batches_total", "Batches made durable.", static_cast<double>(engine.batches));
  counter("holdfast_journal_batch_effects_total", "Effects in those batches.",
          static_cast<double>(engine.batch_effects));
  counter("holdfast_journal_inline_commits_total", "Batches made durable by a door's own thread.",
          static_cast<double>(engine.inline_commits));
  counter("holdfast_journal_bytes_total", "Bytes appended.", static_cast<double>(engine.journal.bytes));
  counter("holdfast_journal_syncs_total", "fdatasync calls.", static_cast<double>(engine.journal.syncs));
  counter("holdfast_journal_snapshots_total", "Foldings of closed segments.",
          static_cast<double>(engine.journal.snapshots));
  counter("holdfast_journal_snapshot_failures_total", "Foldings that failed.",
          static_cast<double>(engine.journal.snapshot_failures));

  MetricFamily build = one("holdfast_build_info", "Always 1; the version is the label.", Gauge, 1);
  build.metric.front().label = {label("version", HOLDFAST_VERSION)};
  all.push_back(std::move(build));
  return prometheus::TextSerializer{}.Serialize(all);
}

}  // namespace holdfast::server
