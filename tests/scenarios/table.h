// The text of a scenario, read line by line. README.md here describes the grammar.
#pragma once

#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "tests/scenarios/subject.h"

namespace holdfast::scenarios {

/// What a line expects to be told.
struct Expected {
  std::string word;  ///< As in Told; `waits`: nothing yet; `nothing`: and nothing ever.
  Fields fields;
};

struct Line {
  enum class Kind {
    ask,    ///< at 0s alice acquire job ttl=10s -> granted token=A
    later,  ///< at 9s -> bob granted token=B: the answer to what bob asked before
    crash,
    restart,
    pause,        ///< at 3s pause 5s
    wall,         ///< at 3s wall+1d
    vanish,       ///< at 3s bob vanish: the server has not heard of it but knows it when it looks
    leave,        ///< at 3s bob leave: and the server has heard of it
    undelivered,  ///< at 3s bob undelivered job token=A: the grant of bob's last question on job did not reach it
    order,        ///< at 3s disk stuck
  };
  std::string at_text;  ///< file:line, for failures.
  Kind kind = Kind::ask;
  Duration at{};
  std::string owner, session;
  std::string verb, name;
  Fields args;
  Expected expected;
  Duration by{};      ///< Of pause and wall.
  std::string words;  ///< Of an order.

  std::string actor() const { return owner + "/" + session; }
};

struct Table {
  std::string title;            ///< The file's name without its ending.
  std::set<std::string> keeps;  ///< Promises.
  std::set<std::string> needs;
  Options options;
  std::vector<Line> lines;
};

/// Throws std::runtime_error that names file and line.
Table read_table(const std::filesystem::path& file);
Table parse_table(const std::string& text, const std::string& file);

/// Every *.scenario of the source tree, by name.
std::vector<std::filesystem::path> all_tables();

}  // namespace holdfast::scenarios
