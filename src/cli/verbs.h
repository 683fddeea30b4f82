// The verbs of the command line: each is a value in a file of its own, and one line in verbs.cpp.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::cli {

/// What the process says when it ends. The first question first: was it done? `run` adds codes of its own (run.h).
enum class Exit : int {
  done = 0,
  refused = 1,     ///< The answer is no: somebody else holds it, or the token is no longer current.
  maybe_done = 2,  ///< Nobody knows. Ask again under the same session to find out.
  not_done = 3,    ///< Nothing was changed; asking again is safe.
  wrong_usage = 64,
  bad_input = 65,  ///< `verify`, `simulate`: a file that they were given is not what it should be.
  unreachable = 69,
  failed = 70,          ///< A mistake of ours.
  journal_failed = 74,  ///< `serve`: the journal could not be opened or written; see the message.
  held = 75,            ///< `run`: somebody else holds the name, or the wait is over (-E changes it).
  lost = 76,            ///< `run`: the lease was lost, and the command was ended.
  not_allowed = 77,
  not_executable = 126,
  not_found = 127,
};
constexpr int status(Exit exit) {
  return static_cast<int>(exit);
}

/// The words behind the verb, as the shell gave them.
using Words = std::vector<std::string>;

/// One verb. All text is of static storage.
struct Verb {
  std::string_view name;
  std::string_view usage;     ///< One line, beginning with "holdfast".
  std::string_view summary;   ///< One sentence that fits on a line of the overview.
  std::string_view examples;  ///< One or more lines, each a command that can be pasted.
  int (*run)(const Verb& self, const Words& words) = nullptr;  ///< None: planned, not in this version yet.
  bool hidden = false;                                         ///< Not in the overview.
  std::string_view details{};  ///< What else to know, in paragraphs; for --help and the reference. May be empty.
};

// One file each. A new verb is its file and one line in verbs.cpp.
extern const Verb serve_verb, run_verb, acquire_verb, renew_verb, release_verb, check_verb, show_verb, list_verb,
    watch_verb;
extern const Verb request_verb, takeover_verb, move_verb, transfer_verb, revoke_verb, session_verb;
extern const Verb bench_verb, verify_verb, simulate_verb, history_verb, journal_verb, config_verb, version_verb;
extern const Verb reference_verb;
extern const Verb ready_verb, completion_verb, complete_verb, manual_verb;

/// Every verb, in the order of the overview.
std::span<const Verb* const> all_verbs();

/// None if there is no such verb.
const Verb* find_verb(std::string_view name);

/// `text` broken into lines of at most `width` columns; paragraphs stay apart.
std::string wrapped(std::string_view text, std::size_t width = 80);

/// What the verbs' exit statuses mean; `run` and `bench` say more in their details.
extern const std::string_view exit_statuses;

/// What `holdfast` and `holdfast --help` print.
std::string overview();

/// Carries out the command line, without the program's name, and returns the exit status.
int main_with(const Words& words);

}  // namespace holdfast::cli
