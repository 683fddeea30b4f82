#include "script/script.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <thread>

#include "script/commands_for_tests.h"
#include "script/evaluator.h"

namespace holdfast::script {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

Value run(std::string_view text, Commands& commands, std::vector<std::string> keys = {"k1", "k2"},
          std::vector<std::string> arguments = {"mine", "30000"}) {
  const Result<Script> script = Script::read(text);
  if (!script) {
    ADD_FAILURE() << script.error().text() << "\nin " << text;
    return {};
  }
  return script->run(keys, arguments, commands);
}

std::string shown_of(std::string_view text) {
  KeysInMemory commands;
  return shown(run(text, commands));
}

/// Where and why a script is not taken.
std::string refusal_of(std::string_view text) {
  const Result<Script> script = Script::read(text);
  if (script) return "it was taken";
  EXPECT_EQ(script.error().code, ErrorCode::bad_script);
  return script.error().where;
}

struct Row {
  std::string_view script, answer;
};

// What Redis 7.0 answered to the same, with the keys k1 and k2 and the arguments mine and 30000.
constexpr auto as_lua = std::to_array<Row>({
    {R"(return 1)", "1"},
    {R"(return)", "nil"},
    {R"()", "nil"},
    {R"(return nil)", "nil"},
    {R"(return true)", "1"},
    {R"(return false)", "nil"},
    {R"(return 3.99)", "3"},
    {R"(return -3.99)", "-3"},
    {R"(return 1/0)", "-9223372036854775808"},
    {R"(return 0x10)", "16"},
    {R"(return 1e3)", "1000"},
    {R"(return .5 * 4)", "2"},
    {R"(return 'a' .. "b" .. [[c]])", "'abc'"},
    {R"(return [==[a]]b]==])", "'a]]b'"},
    {"return [[\nx]]", "'x'"},
    {R"(return '\65\066x\q\'\\')", "'ABxq'\\'"},
    {R"(return "a\tb")", "'a\tb'"},
    {"return 'a\\\nb'", "'a\nb'"},
    {R"(return {1, 'a', true, false, {2}})", "[1, 'a', 1, nil, [2]]"},
    {R"(return {1, nil, 3})", "[1]"},
    {R"(return {})", "[]"},
    {R"(return {1; 2,})", "[1, 2]"},
    {R"(return 1, 2)", "1"},
    {R"(return unpack({7, 8}))", "7"},
    {R"(return {unpack({1, 2}), 3})", "[1, 3]"},
    {R"(return {0, unpack({1, 2})})", "[0, 1, 2]"},
    {R"(return {(unpack({1, 2}))})", "[1]"},
    {R"(return {unpack({1, 2, 3}, 2)})", "[2, 3]"},
    {R"(return {unpack({1, 2, 3}, 1, 2)})", "[1, 2]"},
    {R"(return {unpack({1, 2}, 2, 9)})", "[2]"},
    {R"(return {unpack({}, 1, 0)})", "[]"},
    {R"(return unpack({}))", "nil"},
    // Numbers and texts.
    {R"(return ARGV[2] + 1)", "30001"},
    {R"(return ARGV[2] * 2)", "60000"},
    {R"(return ' 0x10 ' + 1)", "17"},
    {R"(return '1e2' - 1)", "99"},
    {R"(return -'5')", "-5"},
    {R"(return -2 % 3)", "1"},
    {R"(return 5.5 % -2 == -0.5)", "1"},
    {R"(return 7 / 2 == 3.5)", "1"},
    {R"(return 10 .. 5)", "'105'"},
    {R"(return 0.5 .. '')", "'0.5'"},
    {R"(return 1e100 .. '')", "'1e+100'"},
    {R"(return 100000000000000 .. '')", "'1e+14'"},
    {R"(return 30000.0 .. '')", "'30000'"},
    {R"(return 1 / 3 .. '')", "'0.33333333333333'"},
    {R"(return -0 .. '')", "'-0'"},
    {R"(return tostring(1 / 0))", "'inf'"},
    {R"(return tostring(nil))", "'nil'"},
    {R"(return tostring(true))", "'true'"},
    {R"(return tostring('x'))", "'x'"},
    {R"(return tonumber('12'))", "12"},
    {R"(return tonumber('12abc'))", "nil"},
    {R"(return tonumber(''))", "nil"},
    {R"(return tonumber(' '))", "nil"},
    {R"(return tonumber('-'))", "nil"},
    {R"(return tonumber('.'))", "nil"},
    {R"(return tonumber('0x'))", "nil"},
    {R"(return tonumber('1e999') == 1 / 0)", "1"},
    {R"(return tonumber('-1e-999') == 0)", "1"},
    {R"(return tonumber(nil) == nil)", "1"},
    {R"(return tonumber(true) == nil)", "1"},
    {R"(return tonumber('0.5') == 0.5)", "1"},
    {R"(return type(1) .. type('') .. type(nil) .. type(true) .. type({}) .. type(redis.call('get', 'none')))",
     "'numberstringnilbooleantableboolean'"},
    // Comparisons.
    {R"(return '0' == 0)", "nil"},
    {R"(return 0 == 0.0)", "1"},
    {R"(return '10' ~= 10)", "1"},
    {R"(return nil == false)", "nil"},
    {R"(return nil == nil)", "1"},
    {R"(return 'a' < 'b')", "1"},
    {R"(return '10' < '9')", "1"},
    {R"(return 10 < 9)", "nil"},
    {R"(return 2 >= 2)", "1"},
    {R"(return 2 > 2)", "nil"},
    {R"(return 2 <= 1)", "nil"},
    {R"(return 1 < 2 == true)", "1"},
    // Truth.
    {R"(if 0 then return 'zero' end)", "'zero'"},
    {R"(if '' then return 'empty' end)", "'empty'"},
    {R"(if nil then return 1 else return 2 end)", "2"},
    {R"(return nil or 'b')", "'b'"},
    {R"(return false and 1)", "nil"},
    {R"(return 1 and 2)", "2"},
    {R"(return 1 or 2)", "1"},
    {R"(return not nil)", "1"},
    {R"(return not 0)", "nil"},
    {R"(return not 1 == 2)", "nil"},
    {R"(return 1 or 2 and 3)", "1"},
    {R"(return (1 or 2) and 3)", "3"},
    // What binds how.
    {R"(return 1 + 2 * 3)", "7"},
    {R"(return (1 + 2) * 3)", "9"},
    {R"(return 10 - 2 - 3)", "5"},
    {R"(return 100 / 10 / 2)", "5"},
    {R"(return 'a' .. 1 + 2)", "'a3'"},
    {R"(return -2 * -3)", "6"},
    {R"(return - - 2)", "2"},
    {R"(return not not 1)", "1"},
    {R"(return #'abc' + 1)", "4"},
    {R"(return 1 .. 2 == '12')", "1"},
    // Keys, arguments and lists.
    {R"(return #KEYS)", "2"},
    {R"(return KEYS[#KEYS])", "'k2'"},
    {R"(return ARGV)", "['mine', '30000']"},
    {R"(return KEYS[3])", "nil"},
    {R"(return KEYS[0])", "nil"},
    {R"(return KEYS[1.5])", "nil"},
    {R"(return KEYS['1'])", "nil"},
    {R"(return KEYS.x)", "nil"},
    {R"(return ({5, {6, 7}})[2][1])", "6"},
    {R"(return {redis.call('exists', 'none'), redis.call('get', 'none'), 1})", "[0, nil, 1]"},
    {R"(local t = {4, 5} return #t .. t[2])", "'25'"},
    // Variables.
    {R"(local a, b = 1 return {a, b == nil})", "[1, 1]"},
    {R"(local a, b = 1, 2, 3 a, b = b, a return {a, b})", "[2, 1]"},
    {R"(local a, b, c = 0, unpack({1, 2}) return {a, b, c})", "[0, 1, 2]"},
    {R"(local a = 1 do local a = 2 end return a)", "1"},
    {R"(local a = 1 do a = 2 end return a)", "2"},
    {R"(local a = 1 local a = a + 1 return a)", "2"},
    {R"(local a if true then a = 'x' end return a)", "'x'"},
    {R"(local a = {1, {2}} a = a[2] return a)", "[2]"},
    {R"(local a = 0 for _, v in ipairs({1, 2, 3}) do local b a = a + v if b then return 'old' end b = v end return a)",
     "6"},
    // Loops.
    {R"(local s = '' for i, k in ipairs(KEYS) do s = s .. i .. k end return s)", "'1k12k2'"},
    {R"(for i in ipairs({5, 6}) do if i == 2 then return i end end)", "2"},
    {R"(local n = 0 for _, v in ipairs({1, nil, 3}) do n = n + v end return n)", "1"},
    {R"(local n = 0 for i, v in ipairs({1, 2, 3}) do if i == 2 then break end n = n + v end return n)", "1"},
    {R"(local t = {1, 2} local n = 0 for _, v in ipairs(t) do t = {} n = n + v end return n)", "3"},
    {R"(for _ in ipairs(redis.pcall('nope')) do return 1 end return 2)", "2"},
    // Branches.
    {R"(if false then return 1 elseif nil then return 2 elseif 1 then return 3 else return 4 end)", "3"},
    {R"(if true then return end return 1)", "nil"},
    {R"(if true then else return 1 end return 2;)", "2"},
    // Commands.
    {R"(return redis.call('set', 'k', 'v'))", "+OK"},
    {R"(return redis.call('set', 'k', 'v')['ok'])", "'OK'"},
    {R"(return redis.call('set', 'k', 'v').ok == 'OK')", "1"},
    {R"(return redis.call('set', 'k', 'v') == 'OK')", "nil"},
    {R"(if redis.call('set', 'k', 'v') then return 1 end)", "1"},
    {R"(redis.call('set', 'k', 'v') if redis.call('set', 'k', 'w', 'NX') == false then return 'refused' end)",
     "'refused'"},
    {R"(return redis.call('get', 'none') == nil)", "nil"},
    {R"(return redis.call('get', 'none') == false)", "1"},
    {R"(return redis.call('get', 'none') or 'nobody')", "'nobody'"},
    {R"(redis.call('set', 'k', 0.1) return redis.call('get', 'k'))", "'0.10000000000000001'"},
    {R"(redis.call('set', 'k', 1e17) return redis.call('get', 'k'))", "'1e+17'"},
    {R"(redis.call('set', 'k', 12) return redis.call('get', 'k') == '12')", "1"},
    {R"(redis.call('set', unpack({'k', 'v'})) return redis.call('get', 'k'))", "'v'"},
    {R"(redis.call('set', 'k', 'v', 'PX', ARGV[2] + 1000) return redis.call('pttl', 'k') > 30000)", "1"},
    {R"(return type(redis.pcall('nope').err))", "'string'"},
    {R"(if redis.pcall('nope').ok == nil then return 'failed' end)", "'failed'"},
    {R"(return redis.pcall('select', '0').ok)", "'OK'"},
    {R"(local call = redis.call call('set', 'k', 'v') return call('get', 'k'))", "'v'"},
    {R"(return redis.replicate_commands())", "1"},
    {R"(return redis.pcall('set', 'k', true))", "-ERR Lua redis lib command arguments must be strings or integers"},
    {R"(return redis.pcall())", "-ERR Please specify at least one argument for this redis lib call"},
    {R"(return redis.status_reply('a b'))", "+a b"},
    {R"(return redis.status_reply(1))", "-ERR wrong number or type of arguments"},
    {R"(return redis.error_reply('MY_ERR custom words'))", "-MY_ERR custom words"},
    {R"(return redis.error_reply('-MY_ERR custom words'))", "-MY_ERR custom words"},
    {R"(return redis.error_reply('word'))", "-ERR word"},
    {R"(return {ok = 'fine'})", "+fine"},
    {R"(return {err = 'plain words'})", "-plain words"},
    {R"(return {1, redis.status_reply('x')})", "[1, +x]"},
    // Comments, and a first line for engines.
    {"-- one line\nreturn 1 -- and another", "1"},
    {"--[[ several\nlines ]] return 1 --[==[ ]] ]==]", "1"},
    {"--[ not a long one\nreturn 1", "1"},
    {"#!lua flags=no-writes,allow-stale\nreturn 1", "1"},
    {"#!lua\nreturn 1", "1"},
});

TEST(Script, answers_as_redis_does) {
  for (const Row& row : as_lua) EXPECT_EQ(shown_of(row.script), row.answer) << row.script;
}

struct Refused {
  std::string_view script, why;
};

TEST(Script, names_the_construct_that_it_does_not_have_and_its_line) {
  const Refused rows[] = {
      {"local a = 1\nwhile a do end", "line 2: a loop with 'while'"},
      {"repeat until true", "line 1: a loop with 'repeat'"},
      {"\n\nfor i = 1, #KEYS do end", "line 3: a loop that counts, 'for ... ='"},
      {"for k, v in pairs(KEYS) do end", "line 1: a loop over 'pairs' instead of 'ipairs'"},
      {"local function f() end", "line 1: a function of its own"},
      {"function f() end", "line 1: a function of its own"},
      {"return (function() return 1 end)()", "line 1: a function of its own"},
      {"local t = {}\nt[1] = 2", "line 2: a table to write into"},
      {"KEYS[1] = 'x'", "line 1: a table to write into"},
      {"local t = {}\nt.x = 2", "line 2: a table to write into"},
      {"x = 1", "line 1: 'x', which is neither a local variable nor known here"},
      {"return cjson.encode({})", "line 1: 'cjson', which is neither a local variable nor known here"},
      {"do local a = 1 end return a", "line 1: 'a', which is neither a local variable nor known here"},
      {"for _, v in ipairs({1}) do end return v", "line 1: 'v', which is neither a local variable nor known here"},
      {"return redis.sha1hex('')", "line 1: the function 'sha1hex' of redis"},
      {"return redis.'\xff'", "line 1: ''?'', where a name is expected"},
      {"return ('x'):rep(3)", "line 1: the method 'rep'"},
      {"return ('x'):'\xff'", "line 1: the method ''?''"},
      {"return 2 ^ 3", "line 1: the operator '^'"},
      {"return {a = 1}", "line 1: a table with the field 'a'"},
      {"return {ok = 'x', more = 'y'}", "line 1: a table with fields"},
      {"return {['a'] = 1}", "line 1: a table with keys"},
      {"return {1, x = 2}", "line 1: a table with fields"},
      {"return ...", "line 1: '...'"},
      {"return tostring", "line 1: a function as a value"},
      {"return tonumber('10', 2)", "line 1: 'tonumber' with a base"},
      {"return redis.call'get'", "line 1: a call without parentheses"},
      {"local a = 1 return a()", "line 1: a call of something that is no function here"},
      {"break", "line 1: a break outside of a loop"},
      {"if true do end", "line 1: 'do', where 'then' is expected"},
      {"if true then", "line 1: the end of the script, where 'end' is expected"},
      {"return 1 return 2", "line 1: 'return', where the end of the block is expected"},
      {"end", "line 1: 'end', where the end of the script is expected"},
      {"return 'a\nb'", "line 1: a text without an end"},
      {"return 'a", "line 1: a text without an end"},
      {"return [[a", "line 1: a text without an end"},
      {"\n--[[ a", "line 2: a comment without an end"},
      {"return 3x", "line 1: '3x' is not a number"},
      {"return 1.2.3", "line 1: '1.2.3' is not a number"},
      {"return '\\300'", "line 1: a character beyond \\255"},
      {"return 1 ! 2", "line 1: the character '!'"},
      {"return \x01", "line 1: the character '?'"},
      {"#!js\nreturn 1", "line 1: scripts in 'js'"},
      {"local 5 = 1", "line 1: '5', where a name is expected"},
      {"1", "line 1: '1', where a statement is expected"},
      {"local a = 1 a", "line 1: the end of the script, where '=' is expected"},
  };
  for (const Refused& row : rows) EXPECT_EQ(refusal_of(row.script), row.why) << row.script;
}

TEST(Script, fails_where_it_went_wrong_and_keeps_what_it_did_until_then) {
  const Refused rows[] = {
      {"\nreturn nil + 1", "-ERR line 2 of the script: arithmetic on a nil value"},
      {"return 'x' * 2", "-ERR line 1 of the script: arithmetic on a text that shows no number"},
      {"return -{}", "-ERR line 1 of the script: arithmetic on a table value"},
      {"return 'a' .. nil", "-ERR line 1 of the script: a nil value is joined to a text"},
      {"return 1 < '2'", "-ERR line 1 of the script: a number value is compared with a string value"},
      {"return {} == {}", "-ERR line 1 of the script: two tables are compared"},
      {"return #5", "-ERR line 1 of the script: the length of a number value"},
      {"local a return a[1]", "-ERR line 1 of the script: a nil value is looked into"},
      {"for _ in ipairs('x') do end", "-ERR line 1 of the script: 'ipairs' of a string value"},
      {"return unpack(1)", "-ERR line 1 of the script: 'unpack' of something that is not a table"},
      {"return unpack({}, 1, 1e9)", "-ERR line 1 of the script: too many values to unpack"},
      {"return tostring({})", "-ERR line 1 of the script: 'tostring' of a table"},
      {"return tonumber()", "-ERR line 1 of the script: a function is called without a value"},
      {"return redis.call('nope')", "-ERR unknown or incomplete command 'nope'"},
      {"return redis.call()", "-ERR Please specify at least one argument for this redis lib call"},
      {"return redis.call('set', 'k', {})", "-ERR Lua redis lib command arguments must be strings or integers"},
  };
  for (const Refused& row : rows) EXPECT_EQ(shown_of(row.script), row.why) << row.script;

  KeysInMemory commands;
  EXPECT_THAT(shown(run("redis.call('set', 'k', 'v') redis.call('nope') redis.call('del', 'k')", commands)),
              StartsWith("-ERR unknown"));
  EXPECT_TRUE(commands.keys.contains("k"));
}

// What a comparison proves.

std::vector<std::string> proofs_of(std::string_view text) {
  KeysInMemory commands;
  commands.keys = {{"k1", {"mine"}}, {"k2", {"mine"}}, {"k3", {"other"}}};
  const Value answer = run(text, commands);
  EXPECT_FALSE(std::holds_alternative<Failure>(answer.is)) << shown(answer) << "\nin " << text;
  return commands.proofs;
}

TEST(Proof, is_a_value_found_equal_to_what_was_not_read_from_its_key) {
  EXPECT_THAT(proofs_of("return redis.call('get', KEYS[1]) == ARGV[1]"), ElementsAre("k1"));
  EXPECT_THAT(proofs_of("return ARGV[1] == redis.call('get', KEYS[1])"), ElementsAre("k1"));
  EXPECT_THAT(proofs_of("return redis.call('get', KEYS[1]) == 'mine'"), ElementsAre("k1"));
  EXPECT_THAT(proofs_of("if redis.call('get', KEYS[1]) ~= ARGV[1] then return 0 end return 1"), ElementsAre("k1"));
  EXPECT_THAT(proofs_of("return redis.call('get', 'k3') == ARGV[1]"), IsEmpty());
  EXPECT_THAT(proofs_of("return redis.call('get', 'k3') ~= ARGV[1]"), IsEmpty());
  EXPECT_THAT(proofs_of("return redis.call('get', 'none') == ARGV[1]"), IsEmpty());
  EXPECT_THAT(proofs_of("return redis.call('get', 'none') == false"), IsEmpty());
  EXPECT_THAT(proofs_of("return redis.call('get', KEYS[1]) <= ARGV[1]"), IsEmpty());
}

TEST(Proof, is_carried_by_variables_lists_and_what_gives_a_text_on_as_it_is) {
  EXPECT_THAT(proofs_of("local v = redis.call('get', KEYS[1]) local w = v return w == ARGV[1]"), ElementsAre("k1"));
  EXPECT_THAT(proofs_of("local t = {redis.call('get', KEYS[1])} return t[1] == ARGV[1]"), ElementsAre("k1"));
  EXPECT_THAT(proofs_of("for _, v in ipairs({redis.call('get', KEYS[1])}) do return v == ARGV[1] end"),
              ElementsAre("k1"));
  EXPECT_THAT(proofs_of("return (redis.call('get', KEYS[1]) or '') == ARGV[1]"), ElementsAre("k1"));
  EXPECT_THAT(proofs_of("return tostring(redis.call('get', KEYS[1])) == ARGV[1]"), ElementsAre("k1"));
  EXPECT_THAT(proofs_of("local a, b = 1, redis.call('get', KEYS[1]) return b == ARGV[1]"), ElementsAre("k1"));
}

TEST(Proof, is_not_a_value_compared_with_itself_or_with_something_else_of_it) {
  EXPECT_THAT(proofs_of("local v = redis.call('get', KEYS[1]) return v == v"), IsEmpty());
  EXPECT_THAT(proofs_of("return redis.call('get', KEYS[1]) == redis.call('get', KEYS[1])"), IsEmpty());
  EXPECT_THAT(proofs_of("local v = redis.call('get', KEYS[1]) local w = {v} return w[1] == v"), IsEmpty());
  EXPECT_THAT(proofs_of("return redis.call('get', KEYS[1]) .. 'x' == ARGV[1] .. 'x'"), IsEmpty());
  EXPECT_THAT(proofs_of("return redis.call('get', KEYS[1]) == 1"), IsEmpty());
}

TEST(Proof, is_of_both_where_two_keys_have_the_same_value) {
  EXPECT_THAT(proofs_of("return redis.call('get', KEYS[1]) == redis.call('get', KEYS[2])"), ElementsAre("k1", "k2"));
}

// Bounds.

TEST(Bounds, of_a_script_s_text) {
  const std::string longest = "return 1" + std::string(script_bytes_max - 8, ' ');
  EXPECT_EQ(shown_of(longest), "1");
  EXPECT_EQ(refusal_of(longest + " "), "65537 bytes, where 65536 are allowed");
}

std::string repeated(std::string_view what, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) out += what;
  return out;
}

TEST(Bounds, of_nesting_whatever_is_nested) {
  const std::string deep = "something nested deeper than 100";
  EXPECT_THAT(refusal_of("return " + repeated("(", 60'000)), HasSubstr(deep));
  EXPECT_THAT(refusal_of("return " + repeated("{", 60'000)), HasSubstr(deep));
  EXPECT_THAT(refusal_of("return " + repeated("- ", 30'000)), HasSubstr(deep));
  EXPECT_THAT(refusal_of("return " + repeated("not ", 15'000)), HasSubstr(deep));
  EXPECT_THAT(refusal_of("return 1" + repeated("+1", 30'000)), HasSubstr(deep));
  EXPECT_THAT(refusal_of("return 1" + repeated(" .. 1", 12'000)), HasSubstr(deep));
  EXPECT_THAT(refusal_of("return KEYS" + repeated("[1]", 20'000)), HasSubstr(deep));
  EXPECT_THAT(refusal_of("return KEYS" + repeated(".x", 30'000)), HasSubstr(deep));
  EXPECT_THAT(refusal_of("return " + repeated("tostring(", 7'000)), HasSubstr(deep));
  EXPECT_THAT(refusal_of(repeated("do ", 20'000)), HasSubstr(deep));
  EXPECT_THAT(refusal_of(repeated("if 1 then ", 6'000)), HasSubstr(deep));
  EXPECT_THAT(refusal_of(repeated("for _ in ipairs(KEYS) do ", 2'000)), HasSubstr(deep));
  EXPECT_EQ(shown_of("return " + repeated("(", 90) + "1" + repeated(")", 90)), "1");
  EXPECT_EQ(shown_of("return 1" + repeated("+1", 90)), "91");
  EXPECT_EQ(shown_of("if nil then return 0 " + repeated("elseif nil then return 0 ", 2'000) + "end return 1"), "1");
}

TEST(Bounds, of_variables) {
  std::string many;
  for (int i = 0; i < 200; ++i) many += "local a" + std::to_string(i) + " = " + std::to_string(i) + "\n";
  EXPECT_EQ(shown_of(many + "return a199"), "199");
  EXPECT_EQ(refusal_of(many + "local b"), "line 201: more than 200 local variables");
  EXPECT_EQ(shown_of(repeated("do local a = 1 end ", 300) + "return 1"), "1");
  EXPECT_EQ(refusal_of(repeated("local a = tonumber\n", 401)), "line 402: more than 400 names");
}

TEST(Bounds, of_steps_which_nested_loops_multiply) {
  KeysInMemory commands;
  const std::string loop = "for _ in ipairs(KEYS) do for _ in ipairs(KEYS) do for _ in ipairs(KEYS) do end end end ";
  const std::string too_many = "-ERR line 1 of the script: it takes more than 100000 steps";
  EXPECT_EQ(shown(run(loop + "return 1", commands, std::vector<std::string>(20, "k"))), "1");
  EXPECT_EQ(shown(run(loop + "return 1", commands, std::vector<std::string>(1'000, "k"))), too_many);
  EXPECT_EQ(shown(run("local t = KEYS " + repeated("t = {t[1], unpack(t)} ", 20) + "return #t", commands)), "22");
}

TEST(Bounds, of_lists_that_double) {
  KeysInMemory commands;
  EXPECT_THAT(shown(run("local t = ARGV " + repeated("t = {t, t} ", 30) + "return 1", commands)),
              HasSubstr("it takes more than 100000 steps"));
  EXPECT_THAT(shown(run("local t = ARGV " + repeated("t = {t} ", 40) + "return 1", commands)),
              HasSubstr("lists in lists, too deep"));
  const std::vector<std::string> many(5'000, "k");
  EXPECT_THAT(shown(run("local t = {unpack(KEYS)} return #{1, unpack(t)}", commands, many)), "5001");
  EXPECT_THAT(shown(run("return {" + repeated("1,", 8'001) + "}", commands)),
              HasSubstr("a list of more than 8000 values"));
  EXPECT_THAT(shown(run("return unpack(KEYS)", commands, std::vector<std::string>(8'001, "k"))),
              HasSubstr("too many values to unpack"));
}

TEST(Bounds, of_texts_that_double) {
  KeysInMemory commands;
  const std::vector<std::string> big{std::string(600'000, 'x')};
  EXPECT_THAT(shown(run("return ARGV[1] .. ARGV[1]", commands, {}, big)),
              HasSubstr("a text of more than 1048576 bytes"));
  EXPECT_THAT(shown(run("local t = 'x' " + repeated("t = t .. t ", 30), commands)),
              HasSubstr("a text of more than 1048576 bytes"));
  EXPECT_THAT(shown(run(repeated("redis.call('set', 'k', ARGV[1]) ", 20), commands, {}, big)),
              HasSubstr("it takes more than 100000 steps"));
}

// What is known of a script before it runs.

TEST(Script, says_which_commands_it_may_call) {
  const auto script = Script::read("if redis.call('GET', KEYS[1]) == ARGV[1] then redis.pcall('del', KEYS[1]) end");
  ASSERT_TRUE(script);
  EXPECT_TRUE(script->may_call("get"));
  EXPECT_TRUE(script->may_call("DEL"));
  EXPECT_TRUE(script->may_call("Del"));
  EXPECT_FALSE(script->may_call("set"));
  EXPECT_FALSE(script->may_call("de"));
  for (const std::string_view computed : {"redis.call(ARGV[1])", "redis.call('se' .. 't')", "redis.call(unpack(ARGV))",
                                          "local c = redis.pcall c(KEYS[1])"}) {
    EXPECT_TRUE(Script::read(computed)->may_call("set")) << computed;
  }
  EXPECT_TRUE(Script::read("local c = redis.call c('set', 'k', 'v')")->may_call("set"));
  EXPECT_FALSE(Script::read("return 'set'")->may_call("set"));
}

TEST(Script, takes_about_as_much_as_it_says) {
  const auto bytes = [](std::string_view text) { return Script::read(text)->bytes(); };
  EXPECT_GT(bytes("return 1"), 100U);
  EXPECT_LT(bytes("return 1"), 2'000U);
  EXPECT_GT(bytes("return '" + std::string(10'000, 'x') + "'"), 10'000U);
  EXPECT_GT(bytes("return {" + repeated("1,", 1'000) + "}"), 50'000U);
}

TEST(Script, runs_in_several_threads_at_once) {
  const auto script = Script::read("local s = '' for _, k in ipairs(KEYS) do s = s .. k end return s");
  ASSERT_TRUE(script);
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&script, i] {
      KeysInMemory commands;
      const std::vector<std::string> keys{std::to_string(i), "x"};
      for (int times = 0; times < 1'000; ++times) {
        EXPECT_EQ(shown(script->run(keys, {}, commands)), "'" + std::to_string(i) + "x'");
      }
    });
  }
}

// The shapes that lock libraries write.

constexpr std::string_view take_all = R"(
  local busy = 0
  for _, key in ipairs(KEYS) do
    busy = busy + redis.call("exists", key)
  end
  if busy > 0 then return 0 end
  for _, key in ipairs(KEYS) do
    redis.call("set", key, ARGV[1], "PX", ARGV[2])
  end
  return #KEYS
)";
constexpr std::string_view drop_mine = R"(
  local count = 0
  for _, key in ipairs(KEYS) do
    if redis.call("get", key) == ARGV[1] then
      redis.pcall("del", key)
      count = count + 1
    end
  end
  return count
)";
constexpr std::string_view add_time = R"(
  local token = redis.call('get', KEYS[1])
  if not token or token ~= ARGV[1] then return 0 end
  local expiration = redis.call('pttl', KEYS[1])
  if expiration < 0 then expiration = 0 end
  local newttl = ARGV[2]
  if ARGV[3] == "0" then newttl = ARGV[2] + expiration end
  redis.call('pexpire', KEYS[1], newttl)
  return 1
)";

TEST(LockScripts, take_several_keys_or_none_and_let_go_of_their_own) {
  KeysInMemory commands;
  EXPECT_EQ(shown(run(take_all, commands)), "2");
  EXPECT_EQ(commands.keys["k2"].ttl_ms, 30'000);
  EXPECT_EQ(shown(run(take_all, commands, {"k0", "k1"}, {"other", "1"})), "0");
  EXPECT_FALSE(commands.keys.contains("k0"));
  EXPECT_EQ(shown(run(drop_mine, commands, {"k1", "k2"}, {"other"})), "0");
  EXPECT_THAT(commands.proofs, IsEmpty());
  EXPECT_EQ(shown(run(drop_mine, commands)), "2");
  EXPECT_THAT(commands.proofs, ElementsAre("k1", "k2"));
  EXPECT_THAT(commands.keys, IsEmpty());
}

TEST(LockScripts, add_to_the_time_that_is_left) {
  KeysInMemory commands;
  commands.keys["k1"] = {"mine", 500};
  EXPECT_EQ(shown(run(add_time, commands, {"k1"}, {"mine", "1000", "0"})), "1");
  EXPECT_EQ(commands.called.back(), (std::vector<std::string>{"pexpire", "k1", "1500"}));
  EXPECT_EQ(shown(run(add_time, commands, {"k1"}, {"mine", "1000", "1"})), "1");
  EXPECT_EQ(commands.keys["k1"].ttl_ms, 1'000);
  EXPECT_EQ(shown(run(add_time, commands, {"k1"}, {"other", "1000", "1"})), "0");
}

// Mine: extended. Free: taken. Else refused.
constexpr std::string_view take_or_extend = R"(
  local holder = redis.call('GET', KEYS[1])
  if holder == ARGV[1] then
    redis.call('PEXPIRE', KEYS[1], ARGV[2])
    return true
  elseif not holder then
    redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
    return true
  end
  return false
)";
constexpr std::string_view time_left = R"(
  if redis.call("get", KEYS[1]) == ARGV[1] then
    return redis.call("pttl", KEYS[1])
  else
    return -3
  end
)";
// Several databases, of which there is one here, in front of everything else; and all keys, or none.
constexpr std::string_view extend_all = R"(
  redis.pcall("SELECT", tonumber(ARGV[3]))
  for i, key in ipairs(KEYS) do
    if redis.call("get", key) ~= ARGV[1] then
      return 0
    end
  end
  for i, key in ipairs(KEYS) do
    redis.call("set", key, ARGV[1], "PX", ARGV[2])
  end
  return #KEYS
)";
constexpr std::string_view take_if_allowed = R"(
  if (redis.call("exists", KEYS[1]) == 0 and ARGV[3] == "yes") or redis.call("get", KEYS[1]) == ARGV[1] then
    return redis.call("set", KEYS[1], ARGV[1], "PX", ARGV[2])
  end
)";

TEST(LockScripts, take_what_is_free_or_extend_what_is_theirs) {
  KeysInMemory commands;
  EXPECT_EQ(shown(run(take_or_extend, commands, {"k1"}, {"mine", "1000"})), "1");
  EXPECT_THAT(commands.proofs, IsEmpty());
  EXPECT_EQ(shown(run(take_or_extend, commands, {"k1"}, {"mine", "2000"})), "1");
  EXPECT_THAT(commands.proofs, ElementsAre("k1"));
  EXPECT_EQ(commands.keys["k1"].ttl_ms, 2'000);
  EXPECT_EQ(shown(run(take_or_extend, commands, {"k1"}, {"other", "3000"})), "nil");
  EXPECT_EQ(commands.keys["k1"].value, "mine");

  EXPECT_EQ(shown(run(take_if_allowed, commands, {"k2"}, {"mine", "1000", "no"})), "nil");
  EXPECT_EQ(shown(run(take_if_allowed, commands, {"k2"}, {"mine", "1000", "yes"})), "+OK");
  EXPECT_EQ(shown(run(take_if_allowed, commands, {"k2"}, {"mine", "1000", "no"})), "+OK");
  EXPECT_EQ(shown(run(take_if_allowed, commands, {"k2"}, {"other", "1000", "yes"})), "nil");
}

TEST(LockScripts, say_how_much_time_is_left_to_whoever_holds) {
  KeysInMemory commands;
  commands.keys["k1"] = {"mine", 500};
  EXPECT_EQ(shown(run(time_left, commands)), "500");
  EXPECT_EQ(shown(run(time_left, commands, {"k1"}, {"other"})), "-3");
}

TEST(LockScripts, extend_several_keys_or_none) {
  KeysInMemory commands;
  commands.keys = {{"k1", {"mine", 500}}, {"k2", {"mine", 500}}};
  EXPECT_EQ(shown(run(extend_all, commands, {"k1", "k2"}, {"mine", "9000", "0"})), "2");
  EXPECT_EQ(commands.keys["k2"].ttl_ms, 9'000);
  EXPECT_THAT(commands.proofs, ElementsAre("k1", "k2"));
  commands.keys["k2"].value = "other";
  EXPECT_EQ(shown(run(extend_all, commands, {"k1", "k2"}, {"mine", "1", "0"})), "0");
  EXPECT_EQ(commands.keys["k1"].ttl_ms, 9'000);
}

}  // namespace
}  // namespace holdfast::script
