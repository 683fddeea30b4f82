#include "cli/serve_options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>

namespace holdfast::cli {

std::optional<int> read_settings(Options& options, const Words& words, Settings& settings) {
  std::string file;
  Settings flags;  // What the flags say; only those that were given count.
  CLI::App& app = options.app();
  options.text("--config", file, "A TOML file of settings; flags win over it", "FILE");
  options.text("--data", flags.data, "The data directory of the file journal", "DIR");
  options.text("--listen", flags.listen, "Where to listen for HTTP; port 0 takes a free one", "HOST:PORT");
  options.text("--resp", flags.resp,
               "Where clients of Redis connect; off; auto (the default): 7421 beside HTTP on 7420", "HOST:PORT");
  options.text("--journal", flags.journal, "file, file:DIR, or memory (nothing survives a restart)", "KIND");
  options.number("--io-threads", flags.io_threads, "Threads that serve connections, at most one a core");
  options.texts("--name", flags.names, "A further host name of this server, for the Host header", "HOST");
  options.texts("--inject", flags.inject, "Put a known bug back, for tests on loopback", "BUG", injection_forms());
  options.flag(
      "--demonstration", flags.demonstration,
      "Start a second server with a known bug, in memory and on loopback, for the console to show beside this one");
  options.texts("--shown-in", flags.shown_in, "Where a page may come from that shows this console within itself",
                "ORIGIN");
  options.flag("--insecure", flags.insecure, "Listen on other addresses than loopback without access control");
  options.text("--web-root", flags.web_root, "Serve the console that is built there, as it is at the start", "DIR");
  bool no_history = false;
  options.flag("--no-history", no_history, "Keep no history of who held what");
  options.number("--history-days", flags.history_days, "For how many days the history keeps what is over");
  options.number("--history-bytes", flags.history_bytes_max, "How long the history's files may be together");
  options.choice("--log-level", flags.log_level, "The least that is logged", log_levels, "LEVEL");
  options.choice("--log-format", flags.log_format, "Its form; auto is text on a terminal and json elsewhere",
                 log_formats, "FORM");
  options.flag("--quiet", flags.quiet, "No greeting on stdout; the log on stderr says the same");
  if (const std::optional<int> over = options.parse(words)) return over;

  if (!file.empty()) {
    if (const Result<void> read = read_file(file, settings); !read) return options.wrong(read.error().where);
  }
  const auto given = [&](const char* flag) { return app.count(flag) > 0; };
  if (given("--data")) settings.data = flags.data;
  if (given("--listen")) settings.listen = flags.listen;
  if (given("--resp")) settings.resp = flags.resp;
  if (given("--journal")) settings.journal = flags.journal;
  if (given("--io-threads")) settings.io_threads = flags.io_threads;
  if (given("--name")) settings.names = flags.names;
  if (given("--inject")) settings.inject = flags.inject;
  if (given("--demonstration")) settings.demonstration = flags.demonstration;
  if (given("--shown-in")) settings.shown_in = flags.shown_in;
  if (given("--insecure")) settings.insecure = flags.insecure;
  if (given("--web-root")) settings.web_root = flags.web_root;
  if (no_history) settings.history = false;
  if (given("--history-days")) settings.history_days = flags.history_days;
  if (given("--history-bytes")) settings.history_bytes_max = flags.history_bytes_max;
  if (given("--log-level")) settings.log_level = flags.log_level;
  if (given("--log-format")) settings.log_format = flags.log_format;
  if (given("--quiet")) settings.quiet = flags.quiet;
  if (const Result<void> good = check(settings); !good) return options.wrong(good.error().where);
  return std::nullopt;
}

}  // namespace holdfast::cli
