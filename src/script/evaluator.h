// Walks a tree: one run of a script.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "script/script.h"
#include "script/tree.h"

namespace holdfast::script {

/// What one run may cost. Beyond it the script has failed.
inline constexpr std::size_t steps_max = 100'000;       ///< Values looked at or copied; 64 bytes of text count as one.
inline constexpr std::size_t text_bytes_max = 1 << 20;  ///< Of a text that is put together.
inline constexpr std::size_t list_values_max = 8'000;
inline constexpr int list_depth_max = 32;

class Evaluator {
 public:
  Evaluator(const Tree& tree, std::span<const std::string> keys, std::span<const std::string> arguments,
            Commands& commands);
  /// Once.
  Value run();

 private:
  enum class Flow { on, left_loop, returned, failed };

  // Each of these has failed where it gives null or false; `failure_` says why then.

  Flow run(const Block& block);
  Flow run(const Statement& statement);
  bool assign(const Assign& assign);
  Flow branch(const Branch& branch);
  Flow loop(const ForEach& loop, int line);

  /// The value of `of`: where it lies already, or else in `space`.
  const Value* value(const Expression& of, Value& space);
  /// All values of a list of expressions, of which the last may give several.
  template <class Take>
  bool each(std::span<const Node> nodes, Take take);
  template <class Take>
  bool unpacked(const Call& call, int line, Take take);

  const Value* binary(const Operation& operation, int line, Value& space);
  const Value* unary(const Operation& operation, int line, Value& space);
  const Value* index(const Index& index, int line, Value& space);
  const Value* function(const Call& call, int line, Value& space);
  const Value* list(const MakeList& make, int line, Value& space);
  const Value* reply(const MakeReply& make, int line, Value& space);

  bool command(const Call& call, int line, Value& space);
  bool compare(const Value& left, const Value& right, int line, bool& equal);
  bool order(Operator what, const Value& left, const Value& right, int line, bool& holds);
  bool calculate(Operator what, const Value& left, const Value& right, int line, Value& space);
  bool join(const Value& left, const Value& right, int line, Value& space);

  bool spend(std::size_t steps, int line);
  bool copy(const Value& from, int line, Value& to);
  bool fail(int line, std::string_view why);

  const Tree& tree_;
  Commands& commands_;
  Value keys_, arguments_;
  std::vector<Value> slots_;
  std::size_t steps_ = 0;
  Value result_;
  std::string failure_;  ///< The answer of a script that has failed.
};

}  // namespace holdfast::script
