// Connections of a door that ask a real engine about keys, and what they are answered.
#pragma once

#include <memory>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "engine/bench_for_tests.h"
#include "server/resp/key_commands.h"

namespace holdfast::server::resp {

inline std::vector<std::string> split(const std::string& line) {
  std::istringstream in(line);
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

/// A value as redis-cli would show it, on one line.
inline std::string shown(const script::Value& value) {
  struct Show {
    std::string operator()(script::Nil) const { return "nil"; }
    std::string operator()(bool truth) const { return truth ? "true" : "false"; }
    std::string operator()(std::int64_t number) const { return std::to_string(number); }
    std::string operator()(double number) const { return std::to_string(number); }
    std::string operator()(const script::Text& text) const { return '"' + text.text + '"'; }
    std::string operator()(const script::Status& status) const { return status.text; }
    std::string operator()(const script::Failure& failure) const { return "-" + failure.text; }
    std::string operator()(const script::List& items) const {
      std::string out;
      for (const script::Value& item : items) out += (out.empty() ? "[" : " ") + shown(item);
      return out + "]";
    }
  };
  return std::visit(Show{}, value.is);
}

/// One command at a time.
class KeyBench {
 public:
  /// As connection `client` says it; a command that is not understood answers its error.
  std::string says(const std::string& line, std::uint64_t client = 1) {
    const std::vector<std::string> words = split(line);
    const std::vector<std::string_view> views(words.begin(), words.end());
    const Result<std::shared_ptr<KeyProgram>> program = key_program(views, caller);
    if (!program) return "-" + std::string{program.error().name()} + " " + program.error().where;
    return answered(*program, client);
  }
  std::string answered(const std::shared_ptr<KeyProgram>& program, std::uint64_t client = 1) {
    const core::Reply reply = bench.done(core::RunProgram{program, program->may_begin}, client);
    if (reply.code != ErrorCode::none) return "-" + std::string{info_of(reply.code).name};
    return shown(program->result);
  }
  std::string strangers(const std::string& line) { return says(line, 2); }
  core::LeaseView lease(const std::string& name) { return bench.done(core::Get{.name = name}).lease; }
  std::size_t effects() const { return bench.disk.size(); }

  engine::Workbench bench;
  Caller caller{"worker", "192.0.2.7:5"};
};

}  // namespace holdfast::server::resp
