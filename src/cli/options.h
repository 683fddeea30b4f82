// The options of one verb, declared once: parsed, checked, and shown by --help.
//
// CLI11 does the work, behind this header so that it is compiled once and not for every verb.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "base/time.h"
#include "cli/verbs.h"

namespace CLI {
class App;
}

namespace holdfast::cli {

/// Where to ask and as whom: what every client verb takes.
struct Caller {
  std::string server = "http://127.0.0.1:7420";
  std::string owner;    ///< user@host unless given.
  std::string session;  ///< Empty unless given; see fresh_session().
  bool json = false;
};

/// References passed in must outlive parse(); they hold the default until then, and --help shows it.
class Options {
 public:
  explicit Options(const Verb& verb);
  ~Options();
  Options(const Options&) = delete;
  Options& operator=(const Options&) = delete;

  /// A word without dashes that must be there; `name` in capitals.
  Options& word(const std::string& name, std::string& into, const std::string& help);
  /// The same, for a word that may be left out.
  Options& optional_word(const std::string& name, std::string& into, const std::string& help);
  /// `kind` is what stands for the value in --help.
  Options& text(const std::string& flags, std::string& into, const std::string& help, const std::string& kind = "TEXT");
  /// A whole number from 0 to 2^53 - 1.
  Options& number(const std::string& flags, std::uint64_t& into, const std::string& help, bool required = false);
  Options& duration(const std::string& flags, Duration& into, const std::string& help);
  /// None where the word is `none`.
  Options& duration_or_none(const std::string& flags, std::optional<Duration>& into, const std::string& help);
  Options& flag(const std::string& flags, bool& into, const std::string& help);
  /// --server, --owner, --session and, unless the verb prints nothing, --json. `session_help` says what the verb does
  /// without a session.
  Options& caller(Caller& into, const std::string& session_help, bool with_json = true);
  /// For a verb that only reads: --server and --json. --owner and --session are taken too, so that a script may give
  /// all its calls the same ones, and make no difference here.
  Options& reader(Caller& into, bool with_owner = true);
  /// --server, for what has no `caller`.
  Options& server(std::string& into);
  /// --owner; user@host unless given.
  Options& owner(std::string& into);
  /// Everything behind the first `--`. One word at least.
  Options& command(Words& into);

  /// For what the functions above cannot say. Include CLI/CLI.hpp to use it.
  CLI::App& app();

  /// None: go on. Else the exit status: 0 after --help, 64 after wrong usage; either has been said.
  std::optional<int> parse(const Words& words);
  /// The same, for a mistake that only the verb can see.
  int wrong(const std::string& sentence) const;

 private:
  Options& server_and_json(Caller& into, bool with_json);

  struct Kept;
  std::unique_ptr<Kept> kept_;
};

/// user@host of this process.
std::string default_owner();

/// A session no other process has: user-host-pid-random.
std::string fresh_session();

}  // namespace holdfast::cli
