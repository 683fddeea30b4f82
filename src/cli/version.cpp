#include <fmt/format.h>
#include <gnu/libc-version.h>
#include <spdlog/version.h>
#include <sys/utsname.h>
#include <utf8proc.h>

#include <CLI/Version.hpp>
#include <algorithm>
#include <boost/version.hpp>
#include <cstdio>
#include <utility>
#include <vector>

#include "api/json_text.h"
#include "cli/journals.h"
#include "cli/options.h"
#include "cli/settings.h"
#include "cli/verbs.h"
#include "journal/file/format.h"

#include <toml++/toml.h>

namespace holdfast::cli {
namespace {

constexpr bool has_injections = HOLDFAST_INJECTIONS != 0;

/// One thing to know, as a key for programs and the words for people.
using Facts = std::vector<std::pair<std::string, std::string>>;

std::string joined(const std::vector<std::string>& words) {
  std::string out;
  for (const std::string& word : words) out += (out.empty() ? "" : ", ") + word;
  return out.empty() ? "none" : out;
}

std::string kernel() {
  utsname about{};
  if (::uname(&about) != 0) return "unknown";
  return fmt::format("{} {} {}", about.sysname, about.release, about.machine);
}

std::string build() {
  const std::string_view type = HOLDFAST_BUILD_TYPE;
  const std::string_view sanitizers = HOLDFAST_SANITIZE;
  return fmt::format("{}{}{}", type.empty() ? "no build type" : type, sanitizers.empty() ? "" : ", sanitizers ",
                     sanitizers);
}

std::string libraries() {
  return fmt::format(
      "Boost {}.{}.{}, fmt {}.{}.{}, spdlog {}.{}.{}, CLI11 {}, toml++ {}.{}.{}, utf8proc {}, "
      "prometheus-cpp {}",
      BOOST_VERSION / 100'000, BOOST_VERSION / 100 % 1'000, BOOST_VERSION % 100, FMT_VERSION / 10'000,
      FMT_VERSION / 100 % 100, FMT_VERSION % 100, SPDLOG_VER_MAJOR, SPDLOG_VER_MINOR, SPDLOG_VER_PATCH, CLI11_VERSION,
      TOML_LIB_MAJOR, TOML_LIB_MINOR, TOML_LIB_PATCH, utf8proc_version(), HOLDFAST_PROMETHEUS_CPP);
}

Facts facts() {
  return {
      {"build", build()},
      {"compiler", "g++ " __VERSION__ ", -std=c++23"},
      {"libraries", libraries()},
      {"c_library", fmt::format("glibc {} (built with {}.{})", ::gnu_get_libc_version(), __GLIBC__, __GLIBC_MINOR__)},
      {"allocator", HOLDFAST_ALLOCATOR},
      {"kernel", kernel()},
      {"journals", joined(journal_kinds())},
      {"journal_format",
       fmt::format("{} (reads up to {})", journal::file::format_version, journal::file::format_version)},
      {"interfaces", "HTTP /v1 with OpenAPI 3.1, problem+json (RFC 9457), Prometheus text 0.0.4"},
      {"injections", joined(injection_forms())}};
}

void print_json(bool verbose) {
  std::string out;
  api::JsonWriter json(out);
  json.text("version", HOLDFAST_VERSION).flag("injections", has_injections);
  if (verbose) {
    for (const auto& [key, value] : facts()) {
      if (key != "injections") json.text(key, value);
    }
    json.text("injection_names", joined(injection_forms()));
  }
  json.end();
  fmt::print("{}\n", out);
}

int run_version(const Verb& self, const Words& words) {
  bool json = false;
  bool verbose = false;
  Options options{self};
  options.flag("-v,--verbose", verbose, "Also how it was built, with what, and which formats it reads and writes");
  options.flag("--json", json, "Print JSON");
  if (const auto end = options.parse(words)) return *end;

  if (json) {
    print_json(verbose);
    return status(Exit::done);
  }
  fmt::print("holdfast {}{}\n", HOLDFAST_VERSION, has_injections ? " (built with fault injections)" : "");
  if (!verbose) return status(Exit::done);
  for (auto& [key, value] : facts()) {
    std::string label = key;
    std::ranges::replace(label, '_', ' ');
    fmt::print("  {:<15} {}\n", label, value);
  }
  return status(Exit::done);
}

}  // namespace

const Verb version_verb{.name = "version",
                        .usage = "holdfast version [--verbose] [--json]",
                        .summary = "Which version this is, and how it was built.",
                        .examples = "holdfast version\nholdfast version --verbose",
                        .run = run_version};

}  // namespace holdfast::cli
