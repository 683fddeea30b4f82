// The reference pages, written from the declarations that the program itself runs by.
#include <fmt/format.h>

#include <boost/json/serialize.hpp>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <utility>

#include "api/json_text.h"
#include "api/operations.h"
#include "cli/options.h"
#include "cli/verbs.h"
#include "server/metrics.h"

namespace holdfast::cli {
namespace {

constexpr std::string_view made =
    "<!-- Written by tools/generate-docs. Change the declarations, not this page. -->\n\n";

std::string refusals_of(const api::Operation& operation) {
  std::string line;
  for (const ErrorCode code : operation.refusals) {
    line += fmt::format("{} `{}`", line.empty() ? "\nMay refuse with" : ",", info_of(code).name);
  }
  return line.empty() ? line : line + ".\n";
}

/// What stands in the braces of its path in an example.
std::string_view example_subject(const api::Operation& operation) {
  if (operation.subject() == "project") return "atlas";
  if (operation.subject() == "draft") return "31";
  if (operation.subject() == "session") return "tab1";
  const bool of_text = operation.name.starts_with("buffer") || operation.name.starts_with("draft");
  return of_text ? "notes/today" : "jobs/nightly";
}

std::string curl_line(const api::Operation& operation) {
  std::string path{operation.path};
  if (const std::size_t open = path.find('{'); open != std::string::npos) {
    path.replace(open, path.find('}') - open + 1, example_subject(operation));
  }
  const std::string url = "http://127.0.0.1:7420" + path;
  if (!operation.changes()) {
    return fmt::format("curl '{}{}{}'\n", url, operation.example.empty() ? "" : "?", operation.example);
  }
  const std::string method = operation.method == "POST" ? "" : fmt::format("-X {} ", operation.method);
  std::string lines = fmt::format("curl {}--json '{}' {}\n", method, operation.example, url);
  if (operation.takes_file)
    lines += fmt::format("curl -T today.txt -H 'content-type: text/plain' '{}?owner=alice'\n", url);
  return lines;
}

std::string http_page() {
  std::string page{made};
  page +=
      "# HTTP\n\nEvery operation, from the catalogue in `src/api/operations.cpp`. The same as OpenAPI 3.1: "
      "`GET /v1/openapi.json`.\nWhat the codes mean: [errors.md](errors.md). The same over RESP: "
      "[resp.md](resp.md).\n\n"
      "Requests may be sent without waiting for the answers to those before (pipelining). Up to 64 that have arrived "
      "are "
      "decided in one\nstep, in their order, made durable together, and answered in one write. What may wait "
      "(`wait_ms`, `flush_ms`), lists, whole texts, the\nhistory, events and renewals of whole sessions are handled "
      "after what stands before them has been answered.\n";
  for (const api::Operation& operation : api::operations()) {
    if (!operation.supported()) continue;
    page +=
        fmt::format("\n## {}\n\n`{} {}`\n\n{}\n", operation.name, operation.method, operation.path, operation.summary);
    if (!operation.fields.empty()) {
      page += fmt::format("\n| {} | | means |\n|---|---|---|\n", operation.changes() ? "field" : "query");
      for (const api::Field& field : operation.fields) {
        page += fmt::format("| `{}` | {} | {} |\n", field.name, field.required ? "required" : "", field.about);
      }
    }
    page += fmt::format("\n```\n{}", curl_line(operation));
    if (operation.gives_file) page += "# the file itself: add -H 'accept: text/plain'\n";
    page += "```\n";
    page += refusals_of(operation);
  }
  page +=
      "\n## Health, figures, specification\n\n"
      "| path | says |\n|---|---|\n"
      "| `GET /livez` | the process is alive; depends on nothing |\n"
      "| `GET /readyz` | 200 when the journal is open and requests are served; names injected faults |\n"
      "| `GET /metrics` | Prometheus, text format |\n"
      "| `GET /v1/openapi.json` | this page for programs |\n";
  return page;
}

std::string in_capitals(std::string_view word) {
  std::string out{word};
  for (char& c : out) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

/// `value` as redis-cli is told it.
std::string as_word(std::string_view value) {
  if (value.find('"') != std::string_view::npos) return fmt::format("'{}'", value);
  return value.find(' ') == std::string_view::npos ? std::string{value} : fmt::format("\"{}\"", value);
}

/// The example of `operation`, a body or a query, as pairs of words.
std::string example_in_words(const api::Operation& operation) {
  std::string words;
  const auto add = [&](std::string_view field, std::string_view value) {
    words += fmt::format(" {} {}", in_capitals(field), as_word(value));
  };
  if (operation.changes()) {
    const auto object = api::read_object(operation.example);
    for (const auto& member : object.value()) {
      const boost::json::string* text = member.value().if_string();
      add({member.key().data(), member.key().size()},
          text ? std::string{text->data(), text->size()} : boost::json::serialize(member.value()));
    }
  } else {
    std::istringstream pairs{std::string{operation.example}};
    for (std::string pair; std::getline(pairs, pair, '&');) {
      const std::size_t equals = pair.find('=');
      add(pair.substr(0, equals), pair.substr(equals + 1));
    }
  }
  return words;
}

constexpr std::string_view of_watching =
    "\nThe answer says from which `position` on it watches, with `type` `begin`; or `reset`, with a `code`, where "
    "events are "
    "missing between\n`AFTER` and there. From then on the connection is told of events and takes no further commands: "
    "each "
    "event is a push of two,\n`watch` and the map of the event, which has the fields that it has over HTTP; in RESP2 a "
    "list "
    "of two. Where nothing happens, an\nevent of the `type` `alive` comes every ten seconds with the `position` to go "
    "on "
    "from. Whoever reads too slowly is told `reset`.\n";

std::string resp_page() {
  std::string page{made};
  page +=
      "# Commands of leases over RESP\n\nThe operations of the catalogue for programs that have a Redis client. The "
      "same operations over HTTP: [http.md](http.md).\nWhat the codes mean: [errors.md](errors.md).\n\n"
      "A command is the operation's name, then what it is about, then pairs of `FIELD value`; command and fields in "
      "any "
      "case.\nNothing is ignored in silence: an unknown field, one given twice, one without a value and a value out of "
      "its bounds are errors\nthat name the field. Numbers are plain decimal digits; `TTL_MS null` lasts until "
      "somebody "
      "ends it; `METADATA` is a JSON object.\nWhere `OWNER` is required and not given, it is the connection's name "
      "(`CLIENT SETNAME`), if it has one.\n\n"
      "The answer is the object that HTTP answers with, as a map of the same fields in the same order; in RESP2 a list "
      "of field,\nvalue, field, value, in which true and false are 1 and 0. A refusal is an answer, too: where HTTP "
      "says "
      "409 it is a map with\nthe field `code` (`held`, `wait_over`, `stale`, ...). All else that failed is an error: "
      "its "
      "code in capitals, a sentence, and\nin parentheses the field at fault, whether it happened (`fate: not_done` or "
      "`fate: maybe_done`), and when to ask again.\n\n```\n"
      "-BAD_FIELD A field has a value that is not allowed. (ttl_ms: must be a whole number from 100 to 86400000) "
      "(field: ttl_ms; fate: not_done)\n```\n";
  for (const api::Operation& operation : api::operations()) {
    if (operation.command_name().empty()) continue;
    const std::string command = in_capitals(operation.command_name());
    const std::string_view subject = operation.subject();
    page += fmt::format("\n## {}\n\n{}\n\n```\n{}{}{}", command, operation.summary, command, subject.empty() ? "" : " ",
                        subject);
    for (const api::Field& field : operation.fields) {
      const std::string pair = fmt::format("{} {}", in_capitals(field.name), field.name);
      page += field.required ? " " + pair : fmt::format(" [{}]", pair);
    }
    page += "\n```\n";
    if (!operation.fields.empty()) {
      page += "\n| field | | means |\n|---|---|---|\n";
      for (const api::Field& field : operation.fields) {
        page +=
            fmt::format("| `{}` | {} | {} |\n", in_capitals(field.name), field.required ? "required" : "", field.about);
      }
    }
    page +=
        fmt::format("\n```\nredis-cli -p 7421 {}{}{}\n```\n", command,
                    subject.empty() ? "" : fmt::format(" {}", example_subject(operation)), example_in_words(operation));
    if (operation.streams) page += of_watching;
    page += refusals_of(operation);
  }
  return page;
}

std::string errors_page() {
  std::string page{made};
  page +=
      "# Errors\n\nEvery answer that is not a success is `application/problem+json` (RFC 9457) with a stable `code`, "
      "and says in `fate`\nwhether it happened: `not_done`, or `maybe_done` where only asking again under the same "
      "session can tell.\n\n| code | number | status | fate | meaning |\n|---|---|---|---|---|\n";
  for_each_error([&](const ErrorInfo& info) {
    page += fmt::format("| `{}` | {} | {} | {} | {} |\n", info.name, static_cast<int>(info.code), info.http_status,
                        info.fate == Fate::not_done ? "not_done" : "maybe_done", info.told);
  });
  return page;
}

std::string cli_page() {
  std::string page{made};
  page += "# Command line\n\n`holdfast VERB --help` says more about each option.\n";
  for (const Verb* verb : all_verbs()) {
    if (verb->hidden || !verb->run) continue;
    page += fmt::format("\n## {}\n\n{}\n\n```\n{}\n```\n", verb->name, verb->summary, verb->usage);
    if (!verb->details.empty()) page += "\n" + wrapped(verb->details, 120);
    page += fmt::format("\nFor example:\n\n```\n{}\n```\n", verb->examples);
  }
  return page;
}

/// What stands behind `keyword` in a line of Prometheus's text format, and the metric that it is about.
struct Said {
  std::string_view metric, words;
};
std::optional<Said> said_in(std::string_view line, std::string_view keyword) {
  if (!line.starts_with(keyword)) return std::nullopt;
  line.remove_prefix(keyword.size());
  const std::size_t space = line.find(' ');
  return Said{line.substr(0, space), line.substr(space + 1)};
}

/// The labels in braces of a sample, without the `le` that every histogram has.
std::string labels_of(std::string_view sample) {
  std::string out;
  const std::size_t open = sample.find('{');
  std::string_view rest = open == std::string_view::npos ? "" : sample.substr(open + 1, sample.find('}') - open - 1);
  while (!rest.empty()) {
    const std::string_view name = rest.substr(0, rest.find('='));
    if (name != "le") out += fmt::format("{}`{}`", out.empty() ? "" : " ", name);
    rest.remove_prefix(std::min(rest.find("\","), rest.size()));
    rest.remove_prefix(std::min<std::size_t>(2, rest.size()));
  }
  return out;
}

/// From a server that has done nothing yet: /metrics shows every metric from the start.
std::string metrics_page() {
  std::string page{made};
  page +=
      "# Metrics\n\nEverything that `GET /metrics` shows, in its order. What deserves an alert: "
      "[operating.md](../operating.md#watching-it).\nNo label ever holds a name or an owner.\n\n"
      "| metric | kind | labels | means |\n|---|---|---|---|\n";
  const auto metrics = std::make_unique<server::Metrics>();
  std::istringstream lines(metrics->render({}, {.history = history::Figures{}}));
  std::string metric, help, kind;
  for (std::string line; std::getline(lines, line);) {
    if (const auto told = said_in(line, "# HELP ")) {
      metric = told->metric;
      help = told->words;
    } else if (const auto typed = said_in(line, "# TYPE ")) {
      kind = typed->words;
    } else if (!metric.empty()) {
      page += fmt::format("| `{}` | {} | {} | {} |\n", std::exchange(metric, {}), kind, labels_of(line), help);
    }
  }
  return page;
}

bool write(const std::filesystem::path& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  return static_cast<bool>(file.flush());
}

int run_reference(const Verb& self, const Words& words) {
  Options options(self);
  std::string directory;
  options.word("DIR", directory, "Where the pages go; made if it is not there");
  if (const std::optional<int> over = options.parse(words)) return *over;
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  const std::filesystem::path at(directory);
  const bool done = write(at / "http.md", http_page()) && write(at / "resp.md", resp_page()) &&
                    write(at / "errors.md", errors_page()) && write(at / "cli.md", cli_page()) &&
                    write(at / "metrics.md", metrics_page()) && write(at / "openapi.json", api::openapi() + "\n");
  if (!done) fmt::print(stderr, "holdfast reference: cannot write to {}\n", directory);
  return status(done ? Exit::done : Exit::not_done);
}

}  // namespace

const Verb reference_verb{.name = "reference",
                          .usage = "holdfast reference DIR",
                          .summary = "Write the reference pages from the program's own declarations.",
                          .examples = "holdfast reference docs/reference",
                          .run = run_reference,
                          .hidden = true};

}  // namespace holdfast::cli
