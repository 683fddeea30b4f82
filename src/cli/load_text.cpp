#include "cli/load_text.h"

#include <fmt/format.h>

#include <array>
#include <utility>

#include "cli/text.h"

namespace holdfast::cli {
namespace {

constexpr std::array shares{std::pair{"p50", 0.5}, std::pair{"p90", 0.9}, std::pair{"p99", 0.99},
                            std::pair{"p99.9", 0.999}};

double seconds(Duration duration) {
  return std::chrono::duration<double>(duration).count();
}

std::string row(std::string_view what, const LatencyHistogram& latency, Duration took) {
  const double rate = static_cast<double>(latency.count()) / seconds(took);
  std::string out = fmt::format("{:<10} {:>10} {:>12.0f}", what, latency.count(), rate);
  for (const auto& [name, share] : shares) out += fmt::format(" {:>9}", told_latency(latency.at(share)));
  return out + fmt::format(" {:>9}\n", told_latency(latency.max()));
}

std::string heading() {
  std::string out = fmt::format("{:<10} {:>10} {:>12}", "", "requests", "per second");
  for (const auto& [name, share] : shares) out += fmt::format(" {:>9}", name);
  return out + fmt::format(" {:>9}\n", "max");
}

std::string troubles(const LoadReport& report) {
  std::string out;
  for (const auto& [op, operation] : report.operations) {
    for (const auto& [code, count] : operation.refused) {
      out += fmt::format("refused     {} x {}: {}\n", count, word(op), shown(code));
    }
  }
  if (report.lost > 0) out += fmt::format("lost        {} x no answer came; it may have been done\n", report.lost);
  if (report.cleaned_up > 0) out += fmt::format("released    {} afterwards\n", report.cleaned_up);
  if (report.left_behind > 0) {
    out += fmt::format("left        {} that could not be released; they lapse by themselves\n", report.left_behind);
  }
  return out;
}

boost::json::object json_latency(const LatencyHistogram& latency) {
  boost::json::object out;
  const auto us = [](Duration duration) { return static_cast<double>(duration.count()) / 1e3; };
  for (const auto& [name, share] : shares) out[fmt::format("{}_us", name)] = us(latency.at(share));
  out["max_us"] = us(latency.max());
  return out;
}

}  // namespace

std::string told_latency(Duration latency) {
  constexpr std::array units{std::pair{"ns", 1.0}, std::pair{"us", 1e3}, std::pair{"ms", 1e6}, std::pair{"s", 1e9}};
  const auto ns = static_cast<double>(latency.count());
  for (const auto& [unit, size] : units) {
    const double value = ns / size;
    if (value >= 999.5 && size < 1e9) continue;
    const int digits = size == 1.0 || value >= 99.95 ? 0 : value >= 9.995 ? 1 : 2;
    return fmt::format("{:.{}f} {}", value, digits, unit);
  }
  return {};
}

std::string told_report(const LoadOptions& options, const LoadReport& report) {
  std::string out = fmt::format("{} on {}: {} clients, {:.1f} s\n\n", word(options.kind), options.server.text(),
                                options.clients, seconds(report.took));
  out += heading();
  LatencyHistogram all;
  for (const auto& [op, operation] : report.operations) {
    out += row(word(op), operation.latency, report.took);
    all.add(operation.latency);
  }
  if (report.operations.size() > 1) out += row("together", all, report.took);
  if (report.hand_over.count() > 0) out += row("hand-over", report.hand_over, report.took);
  const std::string behind = troubles(report);
  return behind.empty() ? out : out + "\n" + behind;
}

boost::json::object json_report(const LoadOptions& options, const LoadReport& report) {
  boost::json::object operations;
  for (const auto& [op, operation] : report.operations) {
    boost::json::object one = json_latency(operation.latency);
    one["requests"] = operation.latency.count();
    one["done"] = operation.done;
    boost::json::object refused;
    for (const auto& [code, count] : operation.refused) refused[code] = count;
    one["refused"] = std::move(refused);
    operations[word(op)] = std::move(one);
  }
  boost::json::object out{{"what", word(options.kind)},
                          {"server", options.server.text()},
                          {"clients", options.clients},
                          {"names", options.names},
                          {"took_ms", seconds(report.took) * 1e3},
                          {"requests", report.requests()},
                          {"done", report.done()},
                          {"per_second", report.rate()},
                          {"lost", report.lost},
                          {"prepared", report.prepared},
                          {"cleaned_up", report.cleaned_up},
                          {"left_behind", report.left_behind},
                          {"operations", std::move(operations)}};
  if (report.hand_over.count() > 0) out["hand_over"] = json_latency(report.hand_over);
  return out;
}

}  // namespace holdfast::cli
