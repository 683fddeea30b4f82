// A script that has been read: what the parser makes and the evaluator walks.
//
// Names are gone: each local variable is a slot, and whether a name means anything has been settled. Its height is
// bounded (`height_max`), so whoever walks it may call itself.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "script/value.h"

namespace holdfast::script {

enum class Operator : std::uint8_t {
  logical_or,
  logical_and,
  less,
  greater,
  at_most,
  at_least,
  unequal,
  equal,
  join,
  add,
  subtract,
  multiply,
  divide,
  remainder,
  negate,  // From here on, of one operand.
  logical_not,
  length,
};

/// What can be called.
enum class Function : std::uint8_t {
  call,
  pcall,
  error_reply,
  status_reply,
  replicate_commands,
  tonumber,
  tostring,
  type,
  unpack,
};

struct Expression;
using Node = std::unique_ptr<Expression>;

struct Constant {
  Value value;
};
struct Local {
  std::size_t slot;
};
/// KEYS or ARGV.
struct Given {
  bool keys;
};
struct Operation {
  Operator what;
  Node left;
  Node right;  ///< Null: it has one operand.
};
struct Index {
  Node of;
  Node at;
};
struct Call {
  Function what;
  std::vector<Node> arguments;
  bool spreads = true;  ///< False: in parentheses, where several values become the first one.
};
/// `{a, b}`
struct MakeList {
  std::vector<Node> items;
};
/// `{ok = text}` or `{err = text}`
struct MakeReply {
  bool ok;
  Node text;
};

struct Expression {
  int line;
  int height;  ///< One more than the greatest of those in it.
  std::variant<Constant, Local, Given, Operation, Index, Call, MakeList, MakeReply> is;
};

struct Statement;
using Block = std::vector<Statement>;

/// `local a, b = ...` as well as `a, b = ...`
struct Assign {
  std::vector<std::size_t> slots;
  std::vector<Node> values;
};
struct Invoke {
  Node call;
};
struct Branch {
  struct Arm {
    Node condition;  ///< Null: `else`.
    Block body;
  };
  std::vector<Arm> arms;
};
/// `for position, item in ipairs(over) do`
struct ForEach {
  std::size_t position;
  std::size_t item;
  Node over;
  Block body;
};
struct Return {
  std::vector<Node> values;
};
struct Break {};

struct Statement {
  int line;
  std::variant<Assign, Invoke, Branch, ForEach, Return, Break, Block> is;
};

struct Tree {
  Block body;
  std::size_t slots = 0;              ///< How many local variables are alive at once.
  std::vector<std::string> commands;  ///< That it calls by name, in lower case, sorted.
  bool computes_commands = false;     ///< It calls others, too.
  std::size_t bytes = 0;
};

inline constexpr int height_max = 100;
inline constexpr std::size_t locals_max = 200;  // Lua's own.

}  // namespace holdfast::script
