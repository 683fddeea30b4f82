// The options of one verb, declared once: parsed, checked, and shown by --help.
//
// CLI11 does the work, behind this header so that it is compiled once and not for every verb.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "cli/verbs.h"
#include "client/identity.h"

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

/// What a verb takes, read from its declarations: completions and manual pages are made of this.
struct Declared {
  /// One option, or a word without dashes.
  struct Item {
    std::vector<std::string> names;  ///< With their dashes, short ones first; of a word, its one name in capitals.
    std::string kind;                ///< What stands for the value, "TIME"; empty for a flag.
    std::string help;
    std::string usual;                ///< What it is unless given; may be empty.
    std::vector<std::string> values;  ///< All there are, where they are a few known words; else empty.
    bool required = false;
    bool repeatable = false;
  };
  std::vector<Item> words;     ///< In their order.
  std::vector<Item> options;   ///< Without those that make no difference; --help is the last.
  bool takes_command = false;  ///< Behind `--`.

  /// The option that is called `name`, with its dashes. Null: there is none.
  const Item* option(std::string_view name) const;
};

/// Runs `verb` up to the point where it has declared everything.
Declared declared_by(const Verb& verb);

/// References passed in must outlive parse(); they hold the default until then, and --help shows it.
class Options {
 public:
  explicit Options(const Verb& verb);
  ~Options();
  Options(const Options&) = delete;
  Options& operator=(const Options&) = delete;

  /// A word without dashes that must be there; `name` in capitals.
  Options& word(const std::string& name, std::string& into, const std::string& help);
  /// The same, but it may be left out.
  Options& optional_word(const std::string& name, std::string& into, const std::string& help);
  /// `kind` is what stands for the value in --help.
  Options& text(const std::string& flags, std::string& into, const std::string& help, const std::string& kind = "TEXT",
                bool required = false);
  /// A whole number from 0 to 2^53 - 1.
  Options& number(const std::string& flags, std::uint64_t& into, const std::string& help, bool required = false);
  Options& duration(const std::string& flags, Duration& into, const std::string& help);
  /// None where the word is `none`.
  Options& duration_or_none(const std::string& flags, std::optional<Duration>& into, const std::string& help);
  Options& flag(const std::string& flags, bool& into, const std::string& help);
  /// One of `values`, which --help lists behind `help`; anything else is wrong usage.
  Options& choice(const std::string& flags, std::string& into, const std::string& help,
                  const std::vector<std::string>& values, const std::string& kind = "WORD");
  /// A word without dashes that is one of `values`.
  Options& word_of(const std::string& name, std::string& into, const std::string& help,
                   const std::vector<std::string>& values);
  /// May be given several times. `values` are for completion and --help; not every value need be one of them.
  Options& texts(const std::string& flags, std::vector<std::string>& into, const std::string& help,
                 const std::string& kind, const std::vector<std::string>& values = {});
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
  Declared declared();

  struct Kept;
  std::unique_ptr<Kept> kept_;
};

using client::default_owner;
using client::fresh_session;

}  // namespace holdfast::cli
