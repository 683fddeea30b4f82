#include "tests/scenarios/table.h"

#include <fmt/format.h>

#include <algorithm>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <utility>

#include "tests/scenarios/text_words.h"

namespace holdfast::scenarios {
namespace {

using Words = std::vector<std::string>;

[[noreturn]] void bad(const std::string& where, const std::string& what) {
  throw std::runtime_error(where + ": " + what);
}

/// Words between blanks; "..." keeps blanks together; a # that begins a word begins a comment.
Words split(const std::string& line, const std::string& where) {
  Words words;
  std::string word;
  bool quoted = false;
  bool any = false;
  for (const char c : line) {
    if (c == '#' && !any && !quoted) break;
    if (c == '"') {
      quoted = !quoted;
      any = true;
    } else if ((c == ' ' || c == '\t') && !quoted) {
      if (any) words.push_back(std::exchange(word, {}));
      any = false;
    } else {
      word += c;
      any = true;
    }
  }
  if (quoted) bad(where, "a quote is not closed");
  if (any) words.push_back(word);
  return words;
}

Duration duration_in(const std::string& text, const std::string& where) {
  const std::optional<Duration> duration = to_duration(text);
  if (!duration) bad(where, "'" + text + "' is no duration");
  return *duration;
}

bool is_field(const std::string& word) {
  return word.find('=') != std::string::npos;
}

void add_field(Fields& fields, const std::string& word, const std::string& where) {
  const std::size_t equals = word.find('=');
  if (equals == std::string::npos) bad(where, "'" + word + "' is no field");
  if (!fields.emplace(word.substr(0, equals), word.substr(equals + 1)).second)
    bad(where, "'" + word + "' is given twice");
}

Expected expectation(Words::const_iterator word, Words::const_iterator end, const std::string& where) {
  if (word == end) bad(where, "nothing is expected after ->");
  Expected expected{*word, {}};
  for (++word; word != end; ++word) {
    if (!is_field(*word) && !expected.fields.contains("name")) {
      expected.fields["name"] = *word;
    } else {
      add_field(expected.fields, *word, where);
    }
  }
  return expected;
}

void set_actor(Line& line, const std::string& word) {
  const std::size_t slash = word.find('/');
  line.owner = word.substr(0, slash);
  line.session = slash == std::string::npos ? "main" : word.substr(slash + 1);
}

const std::set<std::string> verbs{"acquire",     "renew", "release", "check",    "get",    "list",
                                  "takeover",    "move",  "request", "transfer", "revoke", "renew_session",
                                  "end_session", "set",   "end",     "expire"};

Line parse_line(const Words& words, const std::string& where) {
  Line line;
  line.at_text = where;
  if (words.size() < 3) bad(where, "a line has a time and says what happens then");
  line.at = duration_in(words[1], where);
  auto word = words.begin() + 2;
  const auto end = words.end();
  if (*word == "->") {
    if (++word == end) bad(where, "who is answered?");
    line.kind = Line::Kind::later;
    set_actor(line, *word);
    line.expected = expectation(word + 1, end, where);
    return line;
  }
  const std::string& first = *word;
  const bool alone = word + 1 == end;
  if (alone && (first == "crash" || first == "restart")) {
    line.kind = first == "crash" ? Line::Kind::crash : Line::Kind::restart;
    return line;
  }
  if (first.starts_with("wall+") || first.starts_with("wall-")) {
    line.kind = Line::Kind::wall;
    line.by = duration_in(first.substr(5), where) * (first[4] == '-' ? -1 : 1);
    return line;
  }
  if (first == "pause" && !alone) {
    line.kind = Line::Kind::pause;
    line.by = duration_in(*(word + 1), where);
    return line;
  }
  if (first == "disk" || (first == "stop" && alone)) {
    line.kind = Line::Kind::order;
    line.words = alone ? first : first + " " + *(word + 1);
    return line;
  }
  set_actor(line, first);
  if (alone) bad(where, "what does " + first + " do?");
  const std::string verb = *++word;
  if (verb == "vanish" || verb == "leave") {
    line.kind = verb == "vanish" ? Line::Kind::vanish : Line::Kind::leave;
    return line;
  }
  const bool undelivered = verb == "undelivered";
  if (undelivered) line.kind = Line::Kind::undelivered;
  if (!undelivered && !verbs.contains(verb) && !is_text_verb(verb)) bad(where, "no such verb: " + verb);
  line.verb = verb;
  ++word;
  if (word != end && *word != "->" && !is_field(*word)) line.name = *word++;
  for (; word != end && *word != "->"; ++word) add_field(line.args, *word, where);
  if (const auto session = line.args.find("session"); session != line.args.end()) {
    line.session = session->second == "-" ? "" : session->second;
    line.args.erase(session);
  }
  if (word == end && !undelivered) bad(where, "what is expected?");
  if (word != end) line.expected = expectation(word + 1, end, where);
  return line;
}

}  // namespace

Table parse_table(const std::string& text, const std::string& file) {
  Table table;
  table.title = std::filesystem::path(file).stem();
  std::istringstream lines(text);
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    const std::string where = fmt::format("{}:{}", file, number);
    const Words words = split(line, where);
    if (words.empty()) continue;
    if (words[0] == "keeps") {
      table.keeps.insert(words.begin() + 1, words.end());
    } else if (words[0] == "needs") {
      table.needs.insert(words.begin() + 1, words.end());
    } else if (words[0] == "bound") {
      for (std::size_t i = 1; i < words.size(); ++i) add_field(table.options, words[i], where);
    } else if (words[0] == "at") {
      table.lines.push_back(parse_line(words, where));
      const std::size_t count = table.lines.size();
      if (count > 1 && table.lines[count - 2].at > table.lines.back().at) bad(where, "time goes back");
    } else {
      bad(where, "a line begins with keeps, needs, bound or at");
    }
  }
  if (table.keeps.empty()) bad(file, "say which promises it keeps");
  if (!table.options.empty()) table.needs.insert("limits");
  return table;
}

Table read_table(const std::filesystem::path& file) {
  std::ifstream in(file);
  if (!in) throw std::runtime_error(file.string() + ": cannot be read");
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  return parse_table(text, file.filename());
}

std::vector<std::filesystem::path> all_tables() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(HOLDFAST_SCENARIOS)) {
    if (entry.path().extension() == ".scenario") files.push_back(entry.path());
  }
  std::ranges::sort(files);
  return files;
}

}  // namespace holdfast::scenarios
