#include "script/evaluator.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <type_traits>
#include <utility>

#include "script/values.h"

namespace holdfast::script {
namespace {

Value list_of(std::span<const std::string> texts) {
  List list;
  list.reserve(texts.size());
  for (const std::string& text : texts) list.push_back({Text{text}});
  return {std::move(list)};
}

bool is_table(const Value& value) {
  return kind_of(value) == "table";
}

/// As Redis does: with a minus in front, or of one word only, it is put into the form `CODE words`.
Failure failure_of(std::string_view text) {
  const bool marked = text.starts_with('-');
  if (marked) text.remove_prefix(1);
  if (text.find(' ') == std::string_view::npos) return {"ERR " + std::string(text)};
  return {std::string(text)};
}

double remainder_of(double left, double right) {
  return left - std::floor(left / right) * right;
}

/// Of a field that was asked for by its name.
const std::string* field_of(const Value& value, std::string_view name) {
  if (const Status* status = std::get_if<Status>(&value.is); status && name == "ok") return &status->text;
  if (const Failure* failure = std::get_if<Failure>(&value.is); failure && name == "err") return &failure->text;
  return nullptr;
}

}  // namespace

Evaluator::Evaluator(const Tree& tree, std::span<const std::string> keys, std::span<const std::string> arguments,
                     Commands& commands)
    : tree_(tree), commands_(commands), keys_(list_of(keys)), arguments_(list_of(arguments)), slots_(tree.slots) {}

Value Evaluator::run() {
  switch (run(tree_.body)) {
    case Flow::failed:
      return {Failure{std::move(failure_)}};
    case Flow::returned:
      become_answer(result_);
      return std::move(result_);
    default:
      return {Nil{}};
  }
}

bool Evaluator::fail(int line, std::string_view why) {
  failure_ = fmt::format("ERR line {} of the script: {}", line, why);
  return false;
}

bool Evaluator::spend(std::size_t steps, int line) {
  steps_ += steps;
  return steps_ <= steps_max || fail(line, fmt::format("it takes more than {} steps", steps_max));
}

bool Evaluator::copy(const Value& from, int line, Value& to) {
  const Extent extent = extent_of(from);
  if (!spend(extent.values + extent.bytes / 64, line)) return false;
  Value copied = from;  // It may be a part of what it replaces.
  to = std::move(copied);
  return true;
}

// Statements.

Evaluator::Flow Evaluator::run(const Block& block) {
  for (const Statement& statement : block) {
    const Flow flow = run(statement);
    if (flow != Flow::on) return flow;
  }
  return Flow::on;
}

Evaluator::Flow Evaluator::run(const Statement& statement) {
  if (!spend(1, statement.line)) return Flow::failed;
  const auto run_it = [&](const auto& what) {
    using What = std::remove_cvref_t<decltype(what)>;
    if constexpr (std::is_same_v<What, Assign>) {
      return assign(what) ? Flow::on : Flow::failed;
    } else if constexpr (std::is_same_v<What, Invoke>) {
      Value unused;
      return value(*what.call, unused) != nullptr ? Flow::on : Flow::failed;
    } else if constexpr (std::is_same_v<What, Branch>) {
      return branch(what);
    } else if constexpr (std::is_same_v<What, ForEach>) {
      return loop(what, statement.line);
    } else if constexpr (std::is_same_v<What, Return>) {
      bool first = true;  // The others are worked out, too, and nobody sees them.
      const bool done = each(what.values, [&](const Value& value) {
        return !std::exchange(first, false) || copy(value, statement.line, result_);
      });
      return done ? Flow::returned : Flow::failed;
    } else if constexpr (std::is_same_v<What, Break>) {
      return Flow::left_loop;
    } else {
      return run(what);
    }
  };
  return std::visit(run_it, statement.is);
}

bool Evaluator::assign(const Assign& assign) {
  if (assign.slots.size() == 1 && assign.values.size() == 1) {
    Value space;
    const Value* found = value(*assign.values[0], space);
    if (found == nullptr) return false;
    if (found != &space) return copy(*found, assign.values[0]->line, slots_[assign.slots[0]]);
    slots_[assign.slots[0]] = std::move(space);
    return true;
  }
  // All of them before any is changed: `a, b = b, a`.
  List values;
  const bool done = each(assign.values, [&](const Value& value) {
    if (values.size() == assign.slots.size()) return true;
    return copy(value, assign.values[0]->line, values.emplace_back());
  });
  if (!done) return false;
  values.resize(assign.slots.size());
  for (std::size_t i = 0; i < values.size(); ++i) slots_[assign.slots[i]] = std::move(values[i]);
  return true;
}

Evaluator::Flow Evaluator::branch(const Branch& branch) {
  for (const Branch::Arm& arm : branch.arms) {
    Value space;
    if (arm.condition != nullptr) {
      const Value* condition = value(*arm.condition, space);
      if (condition == nullptr) return Flow::failed;
      if (!is_true(*condition)) continue;
    }
    return run(arm.body);
  }
  return Flow::on;
}

Evaluator::Flow Evaluator::loop(const ForEach& loop, int line) {
  Value space;
  const Value* over = value(*loop.over, space);
  if (over == nullptr) return Flow::failed;
  // The body may put something else where it lies; not so with KEYS and ARGV.
  if (over != &space && !std::holds_alternative<Given>(loop.over->is)) {
    if (!copy(*over, line, space)) return Flow::failed;
    over = &space;
  }
  if (!is_table(*over)) {
    fail(line, fmt::format("'ipairs' of a {} value", kind_of(*over)));
    return Flow::failed;
  }
  const List* list = std::get_if<List>(&over->is);
  for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
    if (std::holds_alternative<Nil>((*list)[i].is)) break;
    if (!spend(1, line)) return Flow::failed;
    slots_[loop.position].is = static_cast<double>(i + 1);
    if (!copy((*list)[i], line, slots_[loop.item])) return Flow::failed;
    const Flow flow = run(loop.body);
    if (flow == Flow::left_loop) break;
    if (flow != Flow::on) return flow;
  }
  return Flow::on;
}

// Expressions.

const Value* Evaluator::value(const Expression& of, Value& space) {
  if (!spend(1, of.line)) return nullptr;
  const auto find_it = [&](const auto& what) -> const Value* {
    using What = std::remove_cvref_t<decltype(what)>;
    if constexpr (std::is_same_v<What, Constant>) {
      return &what.value;
    } else if constexpr (std::is_same_v<What, Local>) {
      return &slots_[what.slot];
    } else if constexpr (std::is_same_v<What, Given>) {
      return what.keys ? &keys_ : &arguments_;
    } else if constexpr (std::is_same_v<What, Operation>) {
      return what.right == nullptr ? unary(what, of.line, space) : binary(what, of.line, space);
    } else if constexpr (std::is_same_v<What, Index>) {
      return index(what, of.line, space);
    } else if constexpr (std::is_same_v<What, Call>) {
      return function(what, of.line, space);
    } else if constexpr (std::is_same_v<What, MakeList>) {
      return list(what, of.line, space);
    } else {
      return reply(what, of.line, space);
    }
  };
  return std::visit(find_it, of.is);
}

template <class Take>
bool Evaluator::each(std::span<const Node> nodes, Take take) {
  for (std::size_t i = 0; i < nodes.size(); ++i) {
    const Expression& node = *nodes[i];
    const Call* call = std::get_if<Call>(&node.is);
    if (call != nullptr && call->what == Function::unpack && call->spreads && i + 1 == nodes.size()) {
      return unpacked(*call, node.line, take);
    }
    Value space;
    const Value* found = value(node, space);
    if (found == nullptr || !take(*found)) return false;
  }
  return true;
}

/// `unpack(list [, first [, last]])`
template <class Take>
bool Evaluator::unpacked(const Call& call, int line, Take take) {
  Value space;
  const Value* source = call.arguments.empty() ? nullptr : value(*call.arguments[0], space);
  if (source == nullptr && !call.arguments.empty()) return false;
  if (source == nullptr || !is_table(*source)) return fail(line, "'unpack' of something that is not a table");
  static const List none;
  const List* list = std::get_if<List>(&source->is);
  if (list == nullptr) list = &none;

  double bounds[2] = {1, static_cast<double>(list->size())};
  for (std::size_t i = 0; i < 2 && i + 1 < call.arguments.size(); ++i) {
    Value bound_space;
    const Value* bound = value(*call.arguments[i + 1], bound_space);
    if (bound == nullptr) return false;
    if (std::holds_alternative<Nil>(bound->is)) continue;
    const auto number = number_of(*bound);
    if (!number) return fail(line, "'unpack' from or to something that is not a number");
    bounds[i] = std::trunc(*number);
  }
  if (!(bounds[0] <= bounds[1])) return true;
  if (!(bounds[1] - bounds[0] < static_cast<double>(list_values_max))) return fail(line, "too many values to unpack");
  static const Value nil{Nil{}};
  const double size = static_cast<double>(list->size());
  for (double at = bounds[0]; at <= bounds[1]; ++at) {
    if (!spend(1, line)) return false;
    const bool there = at >= 1 && at <= size;
    if (!take(there ? (*list)[static_cast<std::size_t>(at) - 1] : nil)) return false;
  }
  return true;
}

const Value* Evaluator::binary(const Operation& operation, int line, Value& space) {
  const Value* left = value(*operation.left, space);
  if (left == nullptr) return nullptr;
  if (operation.what == Operator::logical_and || operation.what == Operator::logical_or) {
    const bool decided = is_true(*left) == (operation.what == Operator::logical_or);
    return decided ? left : value(*operation.right, space);
  }
  Value other;
  const Value* right = value(*operation.right, other);
  if (right == nullptr) return nullptr;

  bool truth = false;
  switch (operation.what) {
    case Operator::equal:
    case Operator::unequal:
      if (!compare(*left, *right, line, truth)) return nullptr;
      space = {truth == (operation.what == Operator::equal)};
      return &space;
    case Operator::less:
    case Operator::greater:
    case Operator::at_most:
    case Operator::at_least:
      if (!order(operation.what, *left, *right, line, truth)) return nullptr;
      space = {truth};
      return &space;
    case Operator::join:
      return join(*left, *right, line, space) ? &space : nullptr;
    default:
      return calculate(operation.what, *left, *right, line, space) ? &space : nullptr;
  }
}

const Value* Evaluator::unary(const Operation& operation, int line, Value& space) {
  const Value* of = value(*operation.left, space);
  if (of == nullptr) return nullptr;
  if (operation.what == Operator::logical_not) {
    space = {!is_true(*of)};
    return &space;
  }
  if (operation.what == Operator::negate) {
    const auto number = number_of(*of);
    if (!number) return fail(line, fmt::format("arithmetic on a {} value", kind_of(*of))), nullptr;
    space = {-*number};
    return &space;
  }
  double length = 0;
  if (const Text* text = std::get_if<Text>(&of->is)) {
    length = static_cast<double>(text->text.size());
  } else if (const List* list = std::get_if<List>(&of->is)) {
    length = static_cast<double>(list->size());
  } else if (!is_table(*of)) {
    return fail(line, fmt::format("the length of a {} value", kind_of(*of))), nullptr;
  }
  space = {length};
  return &space;
}

/// What there is not is nil, as in Lua; only what has no insides at all is a mistake.
const Value* Evaluator::index(const Index& index, int line, Value& space) {
  Value of_space, at_space;
  const Value* of = value(*index.of, of_space);
  if (of == nullptr) return nullptr;
  const Value* at = value(*index.at, at_space);
  if (at == nullptr) return nullptr;
  if (!is_table(*of)) return fail(line, fmt::format("a {} value is looked into", kind_of(*of))), nullptr;

  if (const Text* name = std::get_if<Text>(&at->is)) {
    const std::string* field = field_of(*of, name->text);
    space = field == nullptr ? Value{Nil{}} : Value{Text{*field}};
    return &space;
  }
  const List* list = std::get_if<List>(&of->is);
  const double* position = std::get_if<double>(&at->is);
  const bool there = list != nullptr && position != nullptr && *position >= 1 &&
                     *position <= static_cast<double>(list->size()) && std::trunc(*position) == *position;
  if (!there) {
    space = {Nil{}};
    return &space;
  }
  const Value& item = (*list)[static_cast<std::size_t>(*position) - 1];
  if (of != &of_space) return &item;
  return copy(item, line, space) ? &space : nullptr;
}

const Value* Evaluator::function(const Call& call, int line, Value& space) {
  switch (call.what) {
    case Function::call:
    case Function::pcall:
      return command(call, line, space) ? &space : nullptr;
    case Function::replicate_commands:
      space = {true};
      return &space;
    case Function::unpack: {
      space = {Nil{}};
      bool first = true;
      const auto keep_first = [&](const Value& value) {
        return !std::exchange(first, false) || copy(value, line, space);
      };
      return unpacked(call, line, keep_first) ? &space : nullptr;
    }
    default:
      break;
  }

  // Of one value, all of them. Further ones are worked out and passed over.
  List given;
  if (!each(call.arguments, [&](const Value& value) { return copy(value, line, given.emplace_back()); }))
    return nullptr;
  if (call.what == Function::error_reply || call.what == Function::status_reply) {
    Text* text = given.size() == 1 ? std::get_if<Text>(&given[0].is) : nullptr;
    if (text == nullptr) {
      space = {Failure{"ERR wrong number or type of arguments"}};
    } else if (call.what == Function::error_reply) {
      space = {failure_of(text->text)};
    } else {
      space = {Status{std::move(text->text)}};
    }
    return &space;
  }
  if (given.empty()) return fail(line, "a function is called without a value"), nullptr;
  Value& of = given[0];
  if (call.what == Function::type) {
    space = {Text{std::string(kind_of(of))}};
  } else if (call.what == Function::tonumber) {
    const auto number = number_of(of);
    space = number ? Value{*number} : Value{Nil{}};
  } else if (std::holds_alternative<Text>(of.is)) {
    space = std::move(of);
  } else if (const double* number = std::get_if<double>(&of.is)) {
    space = {Text{text_of(*number)}};
  } else if (const bool* truth = std::get_if<bool>(&of.is)) {
    space = {Text{*truth ? "true" : "false"}};
  } else if (std::holds_alternative<Nil>(of.is)) {
    space = {Text{"nil"}};
  } else {
    return fail(line, "'tostring' of a table"), nullptr;
  }
  return &space;
}

const Value* Evaluator::list(const MakeList& make, int line, Value& space) {
  List list;
  const bool done = each(make.items, [&](const Value& value) {
    if (list.size() == list_values_max)
      return fail(line, fmt::format("a list of more than {} values", list_values_max));
    return copy(value, line, list.emplace_back());
  });
  if (!done) return nullptr;
  // Lua counts up to the last that is not nil, as far as anybody may rely on it.
  while (!list.empty() && std::holds_alternative<Nil>(list.back().is)) list.pop_back();
  space = {std::move(list)};
  if (extent_of(space).depth > list_depth_max) return fail(line, "lists in lists, too deep"), nullptr;
  return &space;
}

const Value* Evaluator::reply(const MakeReply& make, int line, Value& space) {
  Value of_space;
  const Value* of = value(*make.text, of_space);
  if (of == nullptr) return nullptr;
  const Text* text = std::get_if<Text>(&of->is);
  if (text == nullptr) return fail(line, "'ok' or 'err' of something that is not a text"), nullptr;
  std::string copied = text->text;
  space = make.ok ? Value{Status{std::move(copied)}} : Value{Failure{std::move(copied)}};
  return &space;
}

// What happens to values.

bool Evaluator::command(const Call& call, int line, Value& space) {
  std::vector<std::string> words;
  words.reserve(call.arguments.size());
  bool only_words = true;
  const bool done = each(call.arguments, [&](const Value& value) {
    if (words.size() == list_values_max) return fail(line, "a command of too many words");
    if (const Text* text = std::get_if<Text>(&value.is)) {
      words.push_back(text->text);
      return spend(text->text.size() / 64, line);
    }
    const double* number = std::get_if<double>(&value.is);
    only_words = only_words && number != nullptr;
    words.push_back(number == nullptr ? std::string() : word_of(*number));
    return true;
  });
  if (!done || !spend(10, line)) return false;

  if (words.empty()) {
    space = {Failure{"ERR Please specify at least one argument for this redis lib call"}};
  } else if (!only_words) {
    space = {Failure{"ERR Lua redis lib command arguments must be strings or integers"}};
  } else {
    space = commands_.call(words);
    become_seen(space);
  }
  Failure* failure = std::get_if<Failure>(&space.is);
  if (failure == nullptr || call.what == Function::pcall) return true;
  failure_ = std::move(failure->text);
  return false;
}

bool Evaluator::compare(const Value& left, const Value& right, int line, bool& equal) {
  equal = false;
  if (is_table(left) && is_table(right)) return fail(line, "two tables are compared");
  if (left.is.index() != right.is.index()) return true;
  if (const Text* text = std::get_if<Text>(&left.is)) {
    const Text& other = std::get<Text>(right.is);
    if (!spend(text->text.size() / 64, line)) return false;
    equal = text->text == other.text;
    if (!equal || text->of_key == other.of_key) return true;
    if (!text->of_key.empty()) commands_.proved(text->of_key);
    if (!other.of_key.empty()) commands_.proved(other.of_key);
  } else if (const double* number = std::get_if<double>(&left.is)) {
    equal = *number == std::get<double>(right.is);
  } else if (const bool* truth = std::get_if<bool>(&left.is)) {
    equal = *truth == std::get<bool>(right.is);
  } else {
    equal = true;  // Two times nil.
  }
  return true;
}

bool Evaluator::order(Operator what, const Value& left, const Value& right, int line, bool& holds) {
  const auto ordered = [&](const auto& a, const auto& b) {
    switch (what) {
      case Operator::less:
        return a < b;
      case Operator::greater:
        return a > b;
      case Operator::at_most:
        return a <= b;
      default:
        return a >= b;
    }
  };
  if (const double* a = std::get_if<double>(&left.is), *b = std::get_if<double>(&right.is); a && b) {
    holds = ordered(*a, *b);
    return true;
  }
  if (const Text* a = std::get_if<Text>(&left.is), *b = std::get_if<Text>(&right.is); a && b) {
    holds = ordered(a->text, b->text);
    return spend(a->text.size() / 64, line);
  }
  return fail(line, fmt::format("a {} value is compared with a {} value", kind_of(left), kind_of(right)));
}

bool Evaluator::calculate(Operator what, const Value& left, const Value& right, int line, Value& space) {
  const auto a = number_of(left), b = number_of(right);
  if (!a || !b) {
    const Value& wrong = a ? right : left;
    const bool text = std::holds_alternative<Text>(wrong.is);
    return fail(line, fmt::format("arithmetic on a {}",
                                  text ? "text that shows no number" : fmt::format("{} value", kind_of(wrong))));
  }
  switch (what) {
    case Operator::add:
      space = {*a + *b};
      break;
    case Operator::subtract:
      space = {*a - *b};
      break;
    case Operator::multiply:
      space = {*a * *b};
      break;
    case Operator::divide:
      space = {*a / *b};
      break;
    default:
      space = {remainder_of(*a, *b)};
  }
  return true;
}

bool Evaluator::join(const Value& left, const Value& right, int line, Value& space) {
  std::string joined;
  for (const Value* each : {&left, &right}) {
    if (const Text* text = std::get_if<Text>(&each->is)) {
      if (joined.size() + text->text.size() > text_bytes_max) {
        return fail(line, fmt::format("a text of more than {} bytes", text_bytes_max));
      }
      joined += text->text;
    } else if (const double* number = std::get_if<double>(&each->is)) {
      joined += text_of(*number);
    } else {
      return fail(line, fmt::format("a {} value is joined to a text", kind_of(*each)));
    }
  }
  if (!spend(joined.size() / 64, line)) return false;
  space = {Text{std::move(joined)}};
  return true;
}

}  // namespace holdfast::script
