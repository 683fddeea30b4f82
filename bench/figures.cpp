#include "bench/figures.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/utsname.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <chrono>
#include <cmath>
#include <ctime>
#include <fstream>
#include <sstream>

namespace holdfast::bench {
namespace {

using Row = std::array<std::string, 5>;

std::string must_of(const Figure& figure) {
  if (figure.must == Must::be_told) return "";
  return fmt::format("{} {} {}", figure.must == Must::be_at_least ? "≥" : "≤", told(figure.bound), figure.unit);
}

std::string verdict_of(const Figure& figure) {
  const std::optional<bool> met = figure.met();
  return !met ? "" : *met ? "met" : "**missed**";
}

Row row_of(const Figure& figure) {
  const auto [least, most] = std::ranges::minmax(figure.rounds);
  const std::string what = figure.note.empty() ? figure.what : fmt::format("{} ({})", figure.what, figure.note);
  return {what, must_of(figure), fmt::format("{} {}", told(figure.median()), figure.unit),
          fmt::format("{} to {}", told(least), told(most)), verdict_of(figure)};
}

/// Characters, not bytes: the table has ≥ in it.
std::size_t width_of(const std::string& text) {
  return static_cast<std::size_t>(std::ranges::count_if(text, [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string line_of(const Row& row, const std::array<std::size_t, 5>& widths) {
  std::string line = "|";
  for (std::size_t i = 0; i < row.size(); ++i) {
    line += " " + row[i] + std::string(widths[i] - width_of(row[i]), ' ') + " |";
  }
  return line + "\n";
}

std::string cpu_name() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("model name")) return line.substr(line.find(':') + 2);
  }
  return "unknown";
}

/// The mount whose point is the longest prefix of `directory`.
std::string file_system_of(const std::string& directory) {
  std::ifstream file("/proc/self/mounts");
  std::string device, point, type, rest, best, found = "unknown";
  while (file >> device >> point >> type && std::getline(file, rest)) {
    if (directory.starts_with(point) && point.size() >= best.size()) {
      best = point;
      found = type + " on " + device;
    }
  }
  return found;
}

}  // namespace

std::string told(double value) {
  const double size = std::abs(value);
  const int digits = size == 0 || size >= 99.95 ? 0 : size >= 9.995 ? 1 : 2;
  return fmt::format("{:.{}f}", value, digits);
}

double Figure::median() const {
  if (rounds.empty()) return std::nan("");
  std::vector<double> sorted = rounds;
  std::ranges::sort(sorted);
  const std::size_t middle = sorted.size() / 2;
  return sorted.size() % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

std::optional<bool> Figure::met() const {
  if (must == Must::be_told) return std::nullopt;
  return must == Must::be_at_least ? median() >= bound : median() <= bound;
}

Machine this_machine(const std::string& directory, const std::string& commit) {
  utsname system{};
  ::uname(&system);
  const auto now = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  return {.cpu = cpu_name(),
          .cores = static_cast<unsigned>(::sysconf(_SC_NPROCESSORS_ONLN)),
          .kernel = fmt::format("{} {}", system.sysname, system.release),
          .file_system = file_system_of(directory),
          .time = fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(now)),
          .commit = commit};
}

std::size_t Figures::missed() const {
  return static_cast<std::size_t>(
      std::ranges::count_if(all_, [](const Figure& figure) { return figure.met() == std::optional(false); }));
}

std::string Figures::markdown(const Machine& machine) const {
  std::vector<Row> rows{{"figure", "must be", "median", "rounds", ""}, {"---", "---", "---", "---", "---"}};
  std::string part;
  for (const Figure& figure : all_) {
    if (std::exchange(part, figure.part) != figure.part) rows.push_back({"**" + figure.part + "**"});
    rows.push_back(row_of(figure));
  }
  std::array<std::size_t, 5> widths{};
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], width_of(row[i]));
  }
  std::string text = fmt::format("{} cores of {}, {}, {}; commit {}, {}.\n\n", machine.cores, machine.cpu,
                                 machine.kernel, machine.file_system, machine.commit, machine.time);
  for (const Row& row : rows) text += line_of(row, widths);
  return text;
}

boost::json::value Figures::json(const Machine& machine) const {
  boost::json::array figures;
  for (const Figure& figure : all_) {
    boost::json::object one{{"part", figure.part},
                            {"what", figure.what},
                            {"unit", figure.unit},
                            {"median", figure.median()},
                            {"rounds", boost::json::array(figure.rounds.begin(), figure.rounds.end())}};
    if (!figure.note.empty()) one["note"] = figure.note;
    if (const std::optional<bool> met = figure.met()) {
      one[figure.must == Must::be_at_least ? "at_least" : "at_most"] = figure.bound;
      one["met"] = *met;
    }
    figures.push_back(std::move(one));
  }
  return boost::json::object{{"machine", boost::json::object{{"cpu", machine.cpu},
                                                             {"cores", machine.cores},
                                                             {"kernel", machine.kernel},
                                                             {"file_system", machine.file_system}}},
                             {"time", machine.time},
                             {"commit", machine.commit},
                             {"figures", std::move(figures)}};
}

}  // namespace holdfast::bench
