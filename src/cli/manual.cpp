#include "cli/manual.h"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>

#include "cli/options.h"

namespace holdfast::cli {
namespace {

/// `text` as troff shows it: nothing in it is taken for a request, and a hyphen stays the sign that shells know.
std::string plain(std::string_view text) {
  std::string out;
  bool line_begins = true;
  for (const char c : text) {
    if (line_begins && (c == '.' || c == '\'')) out += "\\&";
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else if (c == '\'') {
      out += "\\(aq";
    } else if (c == '`') {
      out += "\\(ga";
    } else if (c == '^') {
      out += "\\(ha";
    } else if (c == '~') {
      out += "\\(ti";
    } else {
      out += c;
    }
    line_begins = c == '\n';
  }
  return out;
}

std::string bold(std::string_view text) {
  return "\\fB" + plain(text) + "\\fR";
}

/// Lines of text as paragraphs: an empty line in `text` begins one.
std::string paragraphs(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::size_t end = text.find("\n\n");
    if (!out.empty()) out += ".PP\n";
    out += plain(text.substr(0, end)) + "\n";
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 2);
  }
  return out;
}

std::string section(std::string_view title, const std::string& body) {
  return fmt::format(".SH {}\n{}", plain(title), body);
}

std::string lines_as_they_are(std::string_view text) {
  return ".nf\n.RS 4\n" + plain(text) + "\n.RE\n.fi\n";
}

std::string term(const std::string& what, std::string_view means) {
  return ".TP\n" + what + "\n" + plain(means) + "\n";
}

std::string explained(const Declared::Item& item) {
  std::string out = item.help;
  if (!out.ends_with('.')) out += '.';
  if (item.required && item.names.front().starts_with('-')) out += " Must be given.";
  if (item.repeatable) out += " May be given several times.";
  if (!item.usual.empty()) out += fmt::format(" Unless given: {}.", item.usual);
  return out;
}

std::string called(const Declared::Item& item) {
  std::string out;
  for (const std::string& name : item.names) out += (out.empty() ? "" : ", ") + bold(name);
  if (!item.kind.empty()) out += " \\fI" + plain(item.kind) + "\\fR";
  return out;
}

std::string header(const std::string& title) {
  std::string capitals = title;
  for (char& c : capitals) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return fmt::format(
      ".\\\" Made by `holdfast manual` from what the verbs declare. Change those, not this page.\n"
      ".TH {} 1 \"{}\" \"Holdfast {}\" \"Holdfast\"\n.nh\n.ad l\n",
      plain(capitals), HOLDFAST_DATE, HOLDFAST_VERSION);
}

std::string name_and_gist(const std::string& title, std::string_view summary) {
  std::string_view gist = summary;
  if (gist.ends_with('.')) gist.remove_suffix(1);
  return section("NAME", fmt::format("{} \\- {}\n", plain(title), plain(gist)));
}

bool has_page(const Verb& verb) {
  return verb.run && !verb.hidden;
}

std::string see_also(const Verb* but) {
  std::string out = but ? ".BR holdfast (1)" : "";
  for (const Verb* verb : all_verbs()) {
    if (!has_page(*verb) || verb == but) continue;
    out += fmt::format("{}.BR holdfast\\-{} (1)", out.empty() ? "" : ",\n", plain(verb->name));
  }
  return section("SEE ALSO", out + "\n");
}

ManualPage page_of(const Verb& verb) {
  const std::string title = fmt::format("holdfast-{}", verb.name);
  const Declared declared = declared_by(verb);
  std::string text = header(title) + name_and_gist(title, verb.summary);
  text += section("SYNOPSIS", plain(verb.usage) + "\n");
  text += section("DESCRIPTION", paragraphs(fmt::format("{}\n\n{}", verb.summary, verb.details)));
  std::string arguments;
  for (const Declared::Item& word : declared.words) arguments += term(called(word), explained(word));
  if (!arguments.empty()) text += section("ARGUMENTS", arguments);
  std::string options;
  for (const Declared::Item& option : declared.options) options += term(called(option), explained(option));
  text += section("OPTIONS", options);
  if (verb.details.find("Exit status:") == std::string_view::npos) {
    text += section("EXIT STATUS", plain(exit_statuses) + "\n");
  }
  if (declared.option("--server")) {
    text += section("ENVIRONMENT", term(bold("HOLDFAST_SERVER"), "The server's address, where --server is not given."));
  }
  text += section("EXAMPLES", lines_as_they_are(verb.examples));
  return {title + ".1", text + see_also(&verb)};
}

ManualPage overview_page() {
  std::string text =
      header("holdfast") + name_and_gist("holdfast", "give every shared thing exactly one owner at a time");
  text += section("SYNOPSIS", bold("holdfast") + " \\fIVERB\\fR [\\fIOPTIONS\\fR]\n");
  text += section("DESCRIPTION",
                  paragraphs("A server, its clients and its tools in one program. A name is held by one session at a "
                             "time, under a token that only rises; everybody else is told who has it.\n\nEach verb has "
                             "a page of its own, and says the same with --help."));
  std::string verbs;
  for (const Verb* verb : all_verbs()) {
    if (has_page(*verb)) verbs += term(bold(verb->name), verb->summary);
  }
  text += section("VERBS", verbs);
  text += section("EXIT STATUS", plain(exit_statuses) + "\n");
  text += section("ENVIRONMENT", term(bold("HOLDFAST_SERVER"), "The server's address, where --server is not given."));
  text += section("EXAMPLES", lines_as_they_are("holdfast serve\nholdfast run backup -- sleep 10"));
  return {"holdfast.1", text + see_also(nullptr)};
}

int run_manual(const Verb& self, const Words& words) {
  Options options(self);
  std::string directory;
  options.word("DIR", directory, "Where the pages go; made if it is not there");
  if (const std::optional<int> over = options.parse(words)) return *over;
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  for (const ManualPage& page : manual_pages()) {
    std::ofstream file(std::filesystem::path(directory) / page.file, std::ios::binary | std::ios::trunc);
    file << page.text;
    if (file.flush()) continue;
    fmt::print(stderr, "holdfast manual: cannot write to {}\n", directory);
    return status(Exit::not_done);
  }
  return status(Exit::done);
}

}  // namespace

std::vector<ManualPage> manual_pages() {
  std::vector<ManualPage> out{overview_page()};
  for (const Verb* verb : all_verbs()) {
    if (has_page(*verb)) out.push_back(page_of(*verb));
  }
  return out;
}

const Verb manual_verb{.name = "manual",
                       .usage = "holdfast manual DIR",
                       .summary = "Write the manual pages from the program's own declarations.",
                       .examples = "holdfast manual build/release/share/man/man1",
                       .run = run_manual,
                       .hidden = true};

}  // namespace holdfast::cli
