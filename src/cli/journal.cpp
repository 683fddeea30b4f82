#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "cli/options.h"
#include "cli/verbs.h"
#include "journal/file/backup.h"
#include "journal/file/inspect.h"
#include "journal/file/repair.h"

namespace holdfast::cli {
namespace {

int said(const Error& error) {
  // What a full disk means to clients is not the matter here.
  const std::string text = error.code == ErrorCode::disk_full ? error.where : error.text();
  fmt::print(stderr, "holdfast journal: {}\n", text);
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

int told_of(const Result<journal::file::BackupTaken>& done, bool json, std::string_view what, std::string_view after) {
  if (!done) return said(done.error());
  if (json) {
    fmt::print("{{\"ok\":true,\"position\":{},\"files\":{},\"bytes\":{}}}\n", done->last.value, done->files,
               done->bytes);
  } else {
    fmt::print("{} {} files, {} bytes, up to position {}\n{}", what, done->files, done->bytes, done->last.value, after);
  }
  return status(Exit::done);
}

int backup(const std::string& directory, const std::string& to, bool json) {
  return told_of(journal::file::backup(directory, to), json, "backed up", "");
}

int restore(const std::string& from, const std::string& directory, bool json) {
  return told_of(journal::file::restore(from, directory), json, "restored and verified",
                 "What was granted after the backup is not known here: whoever holds it believes so until its ttl is "
                 "over.\nTokens given then do not come again: a start begins above the time of day.\n");
}

int repair(const std::string& directory, bool yes, bool json) {
  const Result<journal::file::Diagnosis> found = journal::file::diagnose(directory);
  if (!found) return said(found.error());
  const bool damaged = !found->damage.empty();
  std::string aside;
  if (damaged && yes) {
    const Result<std::filesystem::path> repaired = journal::file::repair(directory);
    if (!repaired) return said(repaired.error());
    aside = repaired->string();
  }
  const Exit exit = damaged && !yes ? Exit::not_done : Exit::done;
  if (json) {
    fmt::print("{{\"damaged\":{},\"repaired\":{},\"position\":{},\"lost_effects\":{},\"lost_up_to\":{}}}\n", damaged,
               damaged && yes, found->kept.value, found->effects_lost, found->lost_up_to.value);
    return status(exit);
  }
  if (!damaged) {
    fmt::print("nothing to repair: whole up to position {}\n", found->kept.value);
    return status(exit);
  }
  fmt::print("damaged: {}\nwhole up to position {}: {}, offset {}\n", found->damage, found->kept.value, found->cut_file,
             found->cut_offset);
  fmt::print("behind that, {}: {} changes can still be read, the last at position {}, and cannot be gone on from\n",
             yes ? "lost" : "to be lost", found->effects_lost, found->lost_up_to.value);
  for (const std::string& name : found->aside) fmt::print("  {} {}\n", yes ? "kept aside" : "to be kept aside", name);
  if (yes) {
    fmt::print(
        "repaired. As they were, the files are in {}\nWhoever was granted a name behind that position believes "
        "so until its ttl is over: start after the longest of them.\n",
        aside);
  } else {
    fmt::print(
        "Nothing was changed. --yes goes on with what is whole. A backup may hold more: holdfast journal restore\n");
  }
  return status(exit);
}

int run_journal(const Verb& self, const Words& words) {
  Options options(self);
  std::string action;
  std::string directory = "./holdfast-data";
  bool json = false;
  std::string to, where;
  bool yes = false;
  options.word_of("ACTION", action, "What to do with it", {"show", "verify", "backup", "restore", "repair"});
  options.app().add_option("DIR", where, "restore: the backup; else the data directory")->type_name("");
  options.text("--data", directory, "The data directory", "DIR");
  options.text("--to", to, "backup: a new directory for it", "DIR");
  options.flag("--yes", yes, "repair: do it, not only tell");
  options.flag("--json", json, "Print JSON, a line each");
  if (const std::optional<int> over = options.parse(words)) return *over;
  if (action == "restore") {
    return where.empty() ? options.wrong("journal restore: name the backup") : restore(where, directory, json);
  }
  if (!where.empty()) directory = where;
  if (action == "show") return show(directory, json);
  if (action == "verify") return verify(directory, json);
  if (action == "repair") return repair(directory, yes, json);
  return to.empty() ? options.wrong("journal backup: say --to DIR") : backup(directory, to, json);
}

}  // namespace

const Verb journal_verb{
    .name = "journal",
    .usage = "holdfast journal show|verify|backup|restore|repair [DIR] [--data DIR] [--to DIR] [--yes] [--json]",
    .summary = "Look into a data directory; copy, restore or repair it.",
    .examples =
        "holdfast journal verify\n"
        "holdfast journal show --data /var/lib/holdfast --json | tail -3\n"
        "holdfast journal backup /var/lib/holdfast --to /backup/monday\n"
        "holdfast journal restore /backup/monday --data /var/lib/holdfast\n"
        "holdfast journal repair /var/lib/holdfast --yes",
    .run = run_journal,
    .details =
        "show prints every frame and effect, oldest first, and verify reads all of it; neither changes anything, and "
        "no "
        "server may use the directory meanwhile. backup copies it while a server runs; run it as the server's user. "
        "restore makes a new directory from a backup, and says that it is done only when every byte has been checked. "
        "repair says what is damaged and what would be lost; with --yes it goes on with what is whole and keeps the "
        "files as they were beside it. A server must be stopped for it."};

}  // namespace holdfast::cli
