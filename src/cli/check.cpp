#include "cli/asking.h"
#include "cli/text.h"

namespace holdfast::cli {
namespace {

int run_check(const Verb& self, const Words& words) {
  Caller caller;
  std::string name;
  std::uint64_t token = 0;
  Options options{self};
  options.word("NAME", name, "What the token is of")
      .number("--token", token, "The token to check", true)
      .reader(caller);
  if (const auto end = options.parse(words)) return *end;
  auto server = server_of(caller, options);
  if (!server) return server.error();

  const auto current = server->check(name, token);
  if (!current) return refused(self, caller, name, current.error());
  if (caller.json) {
    print_json(current->json);
  } else {
    say(self, "the token for " + shown(name) + " is current");
  }
  return status(Exit::done);
}

}  // namespace

const Verb check_verb{
    .name = "check",
    .usage = "holdfast check NAME --token N [--json]",
    .summary = "Is the token still the current one?",
    .examples = "holdfast check \"$HOLDFAST_NAME\" --token \"$HOLDFAST_TOKEN\" || exit 1",
    .run = run_check,
    .details =
        "Ends with 0 if it is and with 1 if not. For an early refusal only: by the time you read the answer it may be "
        "old. What must be safe compares tokens in the same step as its write."};

}  // namespace holdfast::cli
