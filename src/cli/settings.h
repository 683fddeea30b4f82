// What a server runs with: defaults, then the configuration file, then the flags.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/time.h"

namespace holdfast::cli {

inline const std::vector<std::string> log_levels{"debug", "info", "warn", "error"};
inline const std::vector<std::string> log_formats{"auto", "text", "json"};

/// Every field has a default that works without any configuration. Names in the file are those of the fields.
struct Settings {
  std::string data = "./holdfast-data";
  std::string listen = "127.0.0.1:7420";
  std::string resp = "auto";     ///< Where clients of Redis connect; off; auto: see `resp_listen`.
  std::string journal = "file";  ///< file, file:DIR, or memory.
  std::uint64_t io_threads = 1;
  std::vector<std::string> names;  ///< Further host names of this server.
  std::vector<std::string> inject;
  std::string web_root;               ///< A folder with a built console, instead of the one in the program.
  bool demonstration = false;         ///< A second server, with a fault, for the console to show beside this one.
  std::vector<std::string> shown_in;  ///< Origins whose pages may show this server's console within themselves.
  bool insecure = false;
  std::string log_level = "info";   ///< debug, info, warn, error.
  std::string log_format = "auto";  ///< auto, text, json.
  bool quiet = false;               ///< No greeting on stdout.

  std::uint64_t connections_max = 10'000;
  std::uint64_t body_bytes_max = 1 << 20;
  std::uint64_t waiters_max = 10'000;        ///< In the queue of one name.
  std::uint64_t sessions_max = 1'000;        ///< Sharing one holding.
  std::uint64_t remembered_max = 1'000'000;  ///< Free names whose last holding is known.
  std::uint64_t buffers_max = 1'000'000;
  std::uint64_t pending_bytes_max = 64 << 20;
  std::uint64_t watchers_max = 2'000;         ///< Connections that are sent events.
  std::uint64_t events_bytes_max = 64 << 20;  ///< Of events that watchers can go back to.
  std::uint64_t segment_bytes = 32 << 20;
  std::uint64_t fold_after_bytes = 128 << 20;
  bool history = true;
  std::uint64_t history_days = 30;
  std::uint64_t history_holdings_max = 100;      ///< Of one name.
  std::uint64_t history_bytes_max = 1ULL << 30;  ///< On disk; of a journal in memory a sixteenth of it, in memory.

  /// Where the journal's files are, if it has any.
  std::optional<std::string> directory() const;
};

/// HOST:PORT, [HOST]:PORT or :PORT taken apart. Error: bad_configuration.
struct Listen {
  std::string host;
  std::uint16_t port = 0;
  bool loopback() const {
    return host == "127.0.0.1" || host == "::1" || host == "localhost" || host.starts_with("127.");
  }
};
Result<Listen> parse_listen(std::string_view text);

/// Where the door for clients of Redis is; none: it stays shut. Where nothing is said of it, it is beside an HTTP door
/// on the default port, at 7421, and shut beside any other: two servers on one machine do not get into each other's
/// way. Error: bad_configuration.
Result<std::optional<Listen>> resp_listen(const Settings& settings);

/// Reads the TOML file at `path` over `settings`. Errors: bad_configuration, which names file, line and key; an unknown
/// key is one.
Result<void> read_file(const std::string& path, Settings& settings);

/// Everything that can be checked before anything is opened: bounds, words, and that nobody but this machine can reach
/// a server without access control. Error: bad_configuration.
Result<void> check(const Settings& settings);

/// Where pages of this server come from, as far as is known before it listens: origins as a browser would write them,
/// with * for a port that is not known.
std::vector<std::string> origins_of(const Settings& settings);

/// What --inject can name in this build; none where it was built without faults.
std::vector<std::string> injection_forms();

/// The settings as a TOML file that would give them again.
std::string to_toml(const Settings& settings);
std::string to_json(const Settings& settings);

}  // namespace holdfast::cli
