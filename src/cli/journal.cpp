#include <fmt/format.h>
#include <unistd.h>

#include "cli/options.h"
#include "cli/verbs.h"
#include "journal/file/inspect.h"

namespace holdfast::cli {
namespace {

int said(const Error& error) {
  fmt::print(stderr, "holdfast journal: {}\n", error.text());
  return status(error.code == ErrorCode::journal_held ? Exit::refused : Exit::not_done);
}

int verify(const std::string& directory, bool json) {
  const bool progress = ::isatty(STDERR_FILENO) != 0;
  const auto report = [&](std::uint64_t done, std::uint64_t all) {
    if (progress && all > 0) fmt::print(stderr, "\r{} %", done * 100 / all);
  };
  const Result<journal::file::Verified> verified = journal::file::verify(directory, report);
  if (progress) fmt::print(stderr, "\r     \r");
  if (!verified) return said(verified.error());
  if (json) {
    fmt::print("{{\"ok\":true,\"torn_tail\":{},\"position\":{},\"frames\":{},\"effects\":{},\"bytes\":{}}}\n",
               verified->torn.has_value(), verified->last.value, verified->frames, verified->effects, verified->bytes);
  } else {
    for (const std::string& note : verified->notes) fmt::print("{}\n", note);
    fmt::print("{}\n", verified->text());
  }
  return status(Exit::done);
}

int show(const std::string& directory, bool json) {
  const journal::Form form = json ? journal::Form::json : journal::Form::text;
  const Result<void> shown =
      journal::file::show(directory, form, [](std::string_view line) { fmt::print("{}\n", line); });
  return shown ? status(Exit::done) : said(shown.error());
}

int run(const Verb& self, const Words& words) {
  Options options(self);
  std::string action;
  std::string directory = "./holdfast-data";
  bool json = false;
  options.word_of("ACTION", action, "Print every frame and effect, oldest first, or look whether all is whole",
                  {"show", "verify"});
  options.text("--data", directory, "The data directory", "DIR");
  options.flag("--json", json, "Print JSON, a line each");
  if (const std::optional<int> over = options.parse(words)) return *over;
  return action == "show" ? show(directory, json) : verify(directory, json);
}

}  // namespace

const Verb journal_verb{
    .name = "journal",
    .usage = "holdfast journal show|verify [--data DIR] [--json]",
    .summary = "Look into a data directory that no server uses; change nothing.",
    .examples = "holdfast journal verify\nholdfast journal show --data /var/lib/holdfast --json | tail -3",
    .run = run};

}  // namespace holdfast::cli
