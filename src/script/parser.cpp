#include "script/parser.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <utility>

#include "script/lexer.h"

namespace holdfast::script {
namespace {

struct Named {
  std::string_view name;
  Function what;
};
constexpr auto functions = std::to_array<Named>({{"tonumber", Function::tonumber},
                                                 {"tostring", Function::tostring},
                                                 {"type", Function::type},
                                                 {"unpack", Function::unpack}});
constexpr auto functions_of_redis = std::to_array<Named>({{"call", Function::call},
                                                          {"pcall", Function::pcall},
                                                          {"error_reply", Function::error_reply},
                                                          {"status_reply", Function::status_reply},
                                                          {"replicate_commands", Function::replicate_commands}});

std::optional<Function> function_in(std::span<const Named> known, std::string_view name) {
  const auto found = std::ranges::find(known, name, &Named::name);
  return found == known.end() ? std::nullopt : std::optional(found->what);
}

/// An operator between two operands, and how tightly it binds on either side. A greater number at its left than at its
/// right: of two in a row, the second comes first.
struct Binding {
  std::string_view symbol;
  Operator what;
  int left, right;
};
constexpr auto bindings = std::to_array<Binding>({{"or", Operator::logical_or, 1, 1},
                                                  {"and", Operator::logical_and, 2, 2},
                                                  {"<", Operator::less, 3, 3},
                                                  {">", Operator::greater, 3, 3},
                                                  {"<=", Operator::at_most, 3, 3},
                                                  {">=", Operator::at_least, 3, 3},
                                                  {"~=", Operator::unequal, 3, 3},
                                                  {"==", Operator::equal, 3, 3},
                                                  {"..", Operator::join, 5, 4},
                                                  {"+", Operator::add, 6, 6},
                                                  {"-", Operator::subtract, 6, 6},
                                                  {"*", Operator::multiply, 7, 7},
                                                  {"/", Operator::divide, 7, 7},
                                                  {"%", Operator::remainder, 7, 7}});
constexpr int unary_binding = 8;

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) {
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return out;
}

class Parser {
 public:
  explicit Parser(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  Result<Tree> read() {
    HF_TRY(body, block());
    if (here().kind != Token::Kind::end) return unexpected("the end of the script");
    std::ranges::sort(tree_.commands);
    tree_.commands.erase(std::ranges::unique(tree_.commands).begin(), tree_.commands.end());
    tree_.body = std::move(body);
    tree_.bytes += sizeof(Tree);
    return std::move(tree_);
  }

 private:
  /// What a name stands for.
  struct Binder {
    std::string_view name;
    std::size_t slot;
    std::optional<Function> alias;  ///< `local call = redis.call`: then it has no slot.
  };

  // Tokens.
  const Token& here() const { return tokens_[at_]; }
  const Token& ahead() const { return tokens_[std::min(at_ + 1, tokens_.size() - 1)]; }
  const Token& take() { return tokens_[here().kind == Token::Kind::end ? at_ : at_++]; }
  bool took(std::string_view word) {
    if (!here().is(word)) return false;
    take();
    return true;
  }
  Result<void> expect(std::string_view word) {
    if (took(word)) return {};
    return unexpected(shown(word));
  }
  Result<std::string_view> expect_name() {
    if (here().kind != Token::Kind::name) return unexpected("a name");
    return take().source;
  }
  std::unexpected<Error> unexpected(std::string_view wanted) const {
    const std::string found = here().kind == Token::Kind::end ? "the end of the script" : shown(here().source);
    return bad_script(here().line, fmt::format("{}, where {} is expected", found, wanted));
  }
  std::unexpected<Error> absent(std::string_view construct) const { return bad_script(here().line, construct); }

  // The depth of what calls itself here.
  class Deeper {
   public:
    explicit Deeper(int& depth) : depth_(depth) { ++depth_; }
    ~Deeper() { --depth_; }
    Deeper(const Deeper&) = delete;
    Deeper& operator=(const Deeper&) = delete;

   private:
    int& depth_;
  };
  Result<void> bounded(int depth) const {
    if (depth <= height_max) return {};
    return bad_script(here().line, fmt::format("something nested deeper than {}", height_max));
  }

  // Nodes.
  static int height(const Node& node) { return node == nullptr ? 0 : node->height; }
  static int height(const std::vector<Node>& nodes) {
    int greatest = 0;
    for (const Node& each : nodes) greatest = std::max(greatest, height(each));
    return greatest;
  }
  template <class What>
  Result<Node> made(int line, int height, What what) {
    HF_TRY_VOID(bounded(height));
    tree_.bytes += sizeof(Node) + sizeof(Expression);
    return std::make_unique<Expression>(Expression{line, height, std::move(what)});
  }
  Result<Node> constant(int line, Value value) { return made(line, 1, Constant{std::move(value)}); }
  Result<Node> constant_text(int line, std::string text) {
    tree_.bytes += text.size();
    return constant(line, {Text{std::move(text)}});
  }

  // Names.
  const Binder* find(std::string_view name) const {
    const auto found =
        std::find_if(names_.rbegin(), names_.rend(), [&](const Binder& each) { return each.name == name; });
    return found == names_.rend() ? nullptr : &*found;
  }
  Result<std::size_t> declare(std::string_view name) {
    if (slots_ == locals_max) return bad_script(here().line, fmt::format("more than {} local variables", locals_max));
    names_.push_back({name, slots_, std::nullopt});
    tree_.slots = std::max(tree_.slots, ++slots_);
    return slots_ - 1;
  }

  /// Takes the name of a function, if one stands here. None: something else stands here.
  Result<std::optional<Function>> function_name() {
    if (here().kind != Token::Kind::name) return std::nullopt;
    const std::string_view name = here().source;
    if (const Binder* known = find(name)) {
      if (known->alias) take();
      return known->alias;
    }
    if (name == "redis") {
      take();
      HF_TRY_VOID(expect("."));
      const int line = here().line;
      HF_TRY(function, expect_name());
      const auto found = function_in(functions_of_redis, function);
      if (!found) return bad_script(line, fmt::format("the function {} of redis", shown(function)));
      return found;
    }
    const auto found = function_in(functions, name);
    if (found) take();
    return found;
  }

  // Statements.
  bool ends_block() const {
    return here().kind == Token::Kind::end || here().is("end") || here().is("else") || here().is("elseif");
  }

  Result<Block> block() {
    const Deeper deeper(depth_);
    HF_TRY_VOID(bounded(depth_));
    const std::size_t names = names_.size(), slots = slots_;
    Block block;
    while (!ends_block()) {
      if (took(";")) continue;
      const int line = here().line;
      const bool last = here().is("return") || here().is("break");
      HF_TRY_VOID(statement(line, block));
      if (!last) continue;
      took(";");
      if (!ends_block()) return unexpected("the end of the block");
    }
    names_.resize(names);
    slots_ = slots;
    return block;
  }
  /// With the `end` behind it.
  Result<Block> ended_block() {
    HF_TRY(body, block());
    HF_TRY_VOID(expect("end"));
    return body;
  }

  template <class What>
  Result<void> add(int line, Block& block, What what) {
    tree_.bytes += sizeof(Statement);
    block.push_back({line, std::move(what)});
    return {};
  }

  Result<void> statement(int line, Block& block) {
    if (took("local")) return local(line, block);
    if (took("if")) return branch(line, block);
    if (took("for")) return loop(line, block);
    if (took("return")) return returned(line, block);
    if (here().is("break")) {
      if (loops_ == 0) return absent("a break outside of a loop");
      take();
      return add(line, block, Break{});
    }
    if (took("do")) {
      HF_TRY(body, ended_block());
      return add(line, block, std::move(body));
    }
    if (here().is("while") || here().is("repeat")) return absent(fmt::format("a loop with '{}'", here().source));
    if (here().is("function")) return absent("a function of its own");
    return assignment_or_call(line, block);
  }

  Result<void> local(int line, Block& block) {
    if (here().is("function")) return absent("a function of its own");
    std::vector<std::string_view> names;
    do {
      HF_TRY(name, expect_name());
      names.push_back(name);
    } while (took(","));
    Assign assign;
    if (took("=")) {
      HF_TRY(is_alias, alias(names));
      if (is_alias) return {};
      HF_TRY(values, expressions());
      assign.values = std::move(values);
    }
    for (const std::string_view name : names) {
      HF_TRY(slot, declare(name));
      assign.slots.push_back(slot);
    }
    return add(line, block, std::move(assign));
  }

  /// `local call = redis.call`: another name for a function.
  Result<bool> alias(std::span<const std::string_view> names) {
    const std::size_t begun = at_;
    HF_TRY(function, function_name());
    if (!function || here().is("(") || names.size() != 1) {
      at_ = begun;
      return false;
    }
    names_.push_back({names[0], 0, function});
    HF_TRY_VOID(bounded_aliases());
    return true;
  }
  /// Looking a name up goes through all of them.
  Result<void> bounded_aliases() const {
    if (names_.size() <= 2 * locals_max) return {};
    return bad_script(here().line, fmt::format("more than {} names", 2 * locals_max));
  }

  Result<void> branch(int line, Block& block) {
    Branch branch;
    do {
      HF_TRY(condition, expression());
      HF_TRY_VOID(expect("then"));
      HF_TRY(body, this->block());
      branch.arms.push_back({std::move(condition), std::move(body)});
    } while (took("elseif"));
    if (took("else")) {
      HF_TRY(body, this->block());
      branch.arms.push_back({nullptr, std::move(body)});
    }
    HF_TRY_VOID(expect("end"));
    return add(line, block, std::move(branch));
  }

  Result<void> loop(int line, Block& block) {
    HF_TRY(position, expect_name());
    if (here().is("=")) return bad_script(line, "a loop that counts, 'for ... ='");
    std::string_view item = "_";
    if (took(",")) {
      HF_TRY(second, expect_name());
      item = second;
    }
    HF_TRY_VOID(expect("in"));
    if (here().source != "ipairs" || find("ipairs") != nullptr) {
      return bad_script(line, fmt::format("a loop over {} instead of 'ipairs'", shown(here().source)));
    }
    take();
    HF_TRY_VOID(expect("("));
    HF_TRY(over, expression());
    HF_TRY_VOID(expect(")"));
    HF_TRY_VOID(expect("do"));

    const std::size_t names = names_.size(), slots = slots_;
    HF_TRY(position_slot, declare(position));
    HF_TRY(item_slot, declare(item));
    const Deeper deeper(loops_);
    HF_TRY(body, ended_block());
    names_.resize(names);
    slots_ = slots;
    return add(line, block, ForEach{position_slot, item_slot, std::move(over), std::move(body)});
  }

  Result<void> returned(int line, Block& block) {
    Return returned;
    if (!ends_block() && !here().is(";")) {
      HF_TRY(values, expressions());
      returned.values = std::move(values);
    }
    return add(line, block, std::move(returned));
  }

  Result<void> assignment_or_call(int line, Block& block) {
    if (here().kind != Token::Kind::name) return unexpected("a statement");
    HF_TRY(first, suffixed());
    if (std::holds_alternative<Call>(first->is)) return add(line, block, Invoke{std::move(first)});
    Assign assign;
    for (;;) {
      if (!here().is("=") && !here().is(",")) return unexpected("'='");
      const Local* variable = std::get_if<Local>(&first->is);
      if (variable == nullptr) return bad_script(line, "a table to write into");
      assign.slots.push_back(variable->slot);
      if (!took(",")) break;
      HF_TRY(next, suffixed());
      first = std::move(next);
    }
    HF_TRY_VOID(expect("="));
    HF_TRY(values, expressions());
    assign.values = std::move(values);
    return add(line, block, std::move(assign));
  }

  // Expressions.
  Result<std::vector<Node>> expressions() {
    std::vector<Node> nodes;
    do {
      HF_TRY(node, expression());
      nodes.push_back(std::move(node));
    } while (took(","));
    return nodes;
  }

  Result<Node> expression(int binding = 0) {
    const Deeper deeper(depth_);
    HF_TRY_VOID(bounded(depth_));
    HF_TRY(left, operand());
    for (;;) {
      const auto found = std::ranges::find_if(bindings, [&](const Binding& each) { return here().is(each.symbol); });
      if (found == bindings.end() || found->left <= binding) break;
      const int line = take().line;
      HF_TRY(right, expression(found->right));
      const int higher = std::max(height(left), height(right)) + 1;
      HF_TRY(joined, made(line, higher, Operation{found->what, std::move(left), std::move(right)}));
      left = std::move(joined);
    }
    if (here().is("^")) return absent("the operator '^'");
    return left;
  }

  Result<Node> operand() {
    const int line = here().line;
    std::optional<Operator> what;
    if (took("not")) what = Operator::logical_not;
    if (!what && took("-")) what = Operator::negate;
    if (!what && took("#")) what = Operator::length;
    if (!what) return suffixed();
    HF_TRY(of, expression(unary_binding));
    const int higher = height(of) + 1;
    return made(line, higher, Operation{*what, std::move(of), nullptr});
  }

  Result<Node> suffixed() {
    HF_TRY(node, primary());
    for (;;) {
      const int line = here().line;
      Result<Node> at = nullptr;
      if (took("[")) {
        at = expression();
        if (at) HF_TRY_VOID(expect("]"));
      } else if (took(".")) {
        HF_TRY(field, expect_name());
        at = constant_text(line, std::string(field));
      } else if (here().is(":")) {
        return absent(fmt::format("the method {}", shown(ahead().source)));
      } else if (here().is("(")) {
        return absent("a call of something that is no function here");
      } else {
        return node;
      }
      if (!at) return std::unexpected(std::move(at).error());
      const int higher = std::max(height(node), height(*at)) + 1;
      HF_TRY(indexed, made(line, higher, Index{std::move(node), *std::move(at)}));
      node = std::move(indexed);
    }
  }

  Result<Node> primary() {
    const int line = here().line;
    switch (here().kind) {
      case Token::Kind::number:
        return constant(line, {take().number});
      case Token::Kind::text:
        return constant_text(line, take().text);
      case Token::Kind::name:
        return named();
      default:
        break;
    }
    if (took("nil")) return constant(line, {Nil{}});
    if (took("true")) return constant(line, {true});
    if (took("false")) return constant(line, {false});
    if (took("(")) {
      HF_TRY(inner, expression());
      HF_TRY_VOID(expect(")"));
      if (Call* call = std::get_if<Call>(&inner->is)) call->spreads = false;
      return inner;
    }
    if (here().is("{")) return table();
    if (here().is("...")) return absent("'...'");
    if (here().is("function")) return absent("a function of its own");
    return unexpected("a value");
  }

  Result<Node> named() {
    const int line = here().line;
    HF_TRY(function, function_name());
    if (function) return call(line, *function);
    const std::string_view name = here().source;
    if (const Binder* known = find(name)) {
      take();
      return made(line, 1, Local{known->slot});
    }
    if (name == "KEYS" || name == "ARGV") {
      take();
      return made(line, 1, Given{name == "KEYS"});
    }
    return absent(fmt::format("{}, which is neither a local variable nor known here", shown(name)));
  }

  Result<Node> call(int line, Function function) {
    if (here().kind == Token::Kind::text || here().is("{")) return absent("a call without parentheses");
    if (!here().is("(")) return absent("a function as a value");
    take();
    std::vector<Node> arguments;
    if (!here().is(")")) {
      HF_TRY(given, expressions());
      arguments = std::move(given);
    }
    HF_TRY_VOID(expect(")"));
    if (function == Function::tonumber && arguments.size() > 1) return bad_script(line, "'tonumber' with a base");
    if (function == Function::call || function == Function::pcall) note_command(arguments);
    const int higher = height(arguments) + 1;
    return made(line, higher, Call{function, std::move(arguments)});
  }

  void note_command(std::span<const Node> arguments) {
    if (arguments.empty()) return;  // It fails when it runs.
    const Constant* constant = std::get_if<Constant>(&arguments[0]->is);
    const Text* name = constant == nullptr ? nullptr : std::get_if<Text>(&constant->value.is);
    if (name == nullptr) {
      tree_.computes_commands = true;
      return;
    }
    std::string command = lower(name->text);
    tree_.bytes += sizeof(std::string) + command.size();
    tree_.commands.push_back(std::move(command));
  }

  Result<Node> table() {
    const int line = take().line;
    if (here().kind == Token::Kind::name && ahead().is("=")) return reply(line);
    std::vector<Node> items;
    while (!here().is("}")) {
      if (here().is("[")) return absent("a table with keys");
      if (here().kind == Token::Kind::name && ahead().is("=")) return absent("a table with fields");
      HF_TRY(item, expression());
      items.push_back(std::move(item));
      if (!took(",") && !took(";")) break;
    }
    HF_TRY_VOID(expect("}"));
    const int higher = height(items) + 1;
    return made(line, higher, MakeList{std::move(items)});
  }

  Result<Node> reply(int line) {
    const std::string_view field = here().source;
    if (field != "ok" && field != "err") return absent(fmt::format("a table with the field {}", shown(field)));
    take();
    take();
    HF_TRY(text, expression());
    if (took(",") || took(";")) {
      if (!here().is("}")) return absent("a table with fields");
    }
    HF_TRY_VOID(expect("}"));
    const int higher = height(text) + 1;
    return made(line, higher, MakeReply{field == "ok", std::move(text)});
  }

  std::vector<Token> tokens_;
  std::size_t at_ = 0;
  int depth_ = 0;
  int loops_ = 0;
  std::vector<Binder> names_;  ///< That mean something here, those of the innermost block last.
  std::size_t slots_ = 0;
  Tree tree_;
};

}  // namespace

Result<Tree> tree_of(std::string_view text) {
  HF_TRY(tokens, tokens_of(text));
  return Parser(std::move(tokens)).read();
}

}  // namespace holdfast::script
