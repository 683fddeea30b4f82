#include "recording/foreign.h"

#include <gmock/gmock.h>

#include <sstream>

#include "recording/read.h"

namespace holdfast::recording {
namespace {

using testing::HasSubstr;

Result<Recording> read_text(const std::string& text, const ReadOptions& options = {}) {
  std::istringstream in(text);
  return read(in, "history", options);
}

std::string error_of(const std::string& text, Format format = Format::detect) {
  const auto found = read_text(text, {.format = format});
  if (found) return "no error";
  EXPECT_EQ(found.error().code, ErrorCode::recording_damaged);
  return found.error().where;
}

const std::string jepsen = R"(
{:type :invoke, :f :acquire, :value nil, :process 0, :time 10, :index 0}
{:type :invoke, :f :acquire, :value nil, :process 1, :time 12}
{:type :ok, :f :acquire, :value nil, :process 0, :time 20}
{:type :fail, :f :acquire, :process 1, :time 25, :error :held}
{:type :info, :f :start-partition, :process :nemesis, :time 26, :value "n1 is cut off"}
#jepsen.history.Op{:type :invoke, :f :release, :process 0, :time 30}
{:type :info, :f :release, :process 0, :time 99, :error [:timeout "x"]}  ; Nobody knows.
{:type :invoke, :f :acquire, :process 1, :time 100} #_{:type :ok :process 1}
)";

TEST(Jepsen, is_read_line_by_line) {
  const auto found = read_text(jepsen);
  ASSERT_TRUE(found) << found.error().where;
  ASSERT_EQ(found->operations.size(), 4U);
  const Operation& grant = found->operations[0];
  EXPECT_EQ(grant.what, What::acquire);
  EXPECT_EQ(grant.outcome, Outcome::ok);
  EXPECT_EQ(grant.called, 10);
  EXPECT_EQ(grant.returned, 20);
  EXPECT_EQ(found->operations[1].outcome, Outcome::busy);
  EXPECT_EQ(found->operations[2].what, What::release);
  EXPECT_EQ(found->operations[2].outcome, Outcome::unknown);
  EXPECT_EQ(found->operations[2].returned, never);
  EXPECT_EQ(found->operations[3].outcome, Outcome::unknown);  // It never came back.
  ASSERT_EQ(found->faults.size(), 1U);
  EXPECT_EQ(found->faults[0].what, "start-partition");
  EXPECT_EQ(found->clients.size(), 2U);
  EXPECT_FALSE(found->lock.tokens);
}

TEST(Jepsen, is_read_as_a_vector_with_keys_and_tokens) {
  const auto found = read_text(R"([
    {:type :invoke :f :acquire :process 0 :time 1 :value ["job" nil]}
    {:type :ok :f :acquire :process 0 :time 2 :value ["job" {:token 7}]}
    {:type :invoke :f :release :process 0 :time 3 :value ["job" 7]}
    {:type :ok :f :release :process 0 :time 4 :value ["job" 7]}
    {:type :invoke :f :read :process 1 :time 5 :value [3 nil]}
    {:type :ok :f :read :process 1 :time 6 :value [3 nil]}])");
  ASSERT_TRUE(found) << found.error().where;
  EXPECT_EQ(found->names, (std::vector<std::string>{"job", "3"}));
  EXPECT_EQ(found->operations[0].shown, 7U);
  EXPECT_EQ(found->operations[1].token, 7U);
  EXPECT_FALSE(found->operations[2].held);
  EXPECT_TRUE(found->lock.tokens);
}

TEST(Jepsen, keeps_what_it_is_told_of_the_lock) {
  const auto found = read_text(jepsen, {.lock = {.leases = true, .reentrant = true}});
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->lock.leases);
  EXPECT_TRUE(found->lock.reentrant);
}

TEST(Jepsen, says_what_is_wrong_and_in_which_line) {
  const std::string begun = "{:type :invoke :f :acquire :process 0 :time 5}\n";
  EXPECT_THAT(error_of(begun + begun), HasSubstr("history:2: process 0 asks again before it was answered"));
  EXPECT_THAT(error_of(begun + "{:type :ok :f :acquire :process 1 :time 6}"),
              HasSubstr("history:2: process 1 is answered, but has not asked"));
  EXPECT_THAT(error_of(begun + "{:type :ok :f :acquire :process 0 :time 4}"),
              HasSubstr("history:2: :time is 4, before that of the one above, 5"));
  EXPECT_THAT(error_of(begun + "{:type :ok :f :acquire :process 0 :ti"),
              HasSubstr("history:2: what begins here is never closed"));
  EXPECT_THAT(error_of("{:type :invoke :f :dance :process 0}"), HasSubstr("history:1: :f dance is not understood"));
  EXPECT_THAT(error_of(begun + "{:type :maybe :process 0 :time 9}"), HasSubstr(":type :maybe is none of"));
  EXPECT_THAT(error_of("{:type :invoke :f :acquire}"), HasSubstr(":process is missing"));
  EXPECT_THAT(error_of("{:f :acquire :process 0}"), HasSubstr(":type is missing"));
  EXPECT_THAT(error_of("{:type :invoke :f}"), HasSubstr("a map has a key without a value"));
  EXPECT_THAT(error_of("{:type :invoke :f \"acq"), HasSubstr("a text is never closed"));
  EXPECT_THAT(error_of("[:a 3]", Format::jepsen), HasSubstr("an operation is a map"));
  EXPECT_THAT(error_of("{:type :invoke :f :acquire :process 0 :time 99999999999999999999}"), HasSubstr("too great"));
  EXPECT_THAT(error_of("{:type :invoke :f :acquire :process 0 :time 1.5}"),
              HasSubstr(":time is not a number of nanoseconds"));
  EXPECT_THAT(error_of("; nothing", Format::jepsen), HasSubstr("there is no operation"));
  EXPECT_THAT(error_of(std::string(100, '['), Format::jepsen), HasSubstr("nested too deeply"));
  EXPECT_THAT(error_of("{:type \xff}", Format::jepsen), HasSubstr("not UTF-8"));
  EXPECT_THAT(error_of(std::string("{:type :a\0b}", 12), Format::jepsen), HasSubstr("NUL"));
}

TEST(Porcupine, is_read_in_the_shapes_that_locks_have) {
  const auto found = read_text(R"([
    {"ClientId": 1, "Input": "lock", "Call": 5, "Output": true, "Return": 9},
    {"ClientId": 0, "Input": {"op": "acquire", "key": "job"}, "Call": 3, "Output": {"ok": true, "token": 4}, "Return": 6},
    {"ClientId": 0, "Input": {"op": "release", "key": "job", "token": 4}, "Call": 7, "Output": "ok", "Return": 8},
    {"ClientId": 2, "Input": "acquire", "Call": 9, "Output": "busy", "Return": 10},
    {"ClientId": 2, "Input": "read", "Call": 11, "Output": false, "Return": 12},
    {"ClientId": 2, "Input": "unlock", "Call": 13, "Output": null, "Return": 14},
    {"ClientId": 3, "Input": "acquire", "Call": 14, "Output": null, "Return": -1}
  ])");
  ASSERT_TRUE(found) << found.error().where;
  ASSERT_EQ(found->operations.size(), 7U);
  EXPECT_EQ(found->operations[0].called, 3);  // In the order of calls.
  EXPECT_EQ(found->operations[0].shown, 4U);
  EXPECT_EQ(found->names.at(found->operations[0].name), "job");
  EXPECT_EQ(found->operations[1].outcome, Outcome::ok);
  EXPECT_EQ(found->operations[2].token, 4U);
  EXPECT_EQ(found->operations[3].outcome, Outcome::busy);
  EXPECT_FALSE(found->operations[4].held);
  EXPECT_EQ(found->operations[5].outcome, Outcome::unknown);
  EXPECT_EQ(found->operations[6].returned, never);
  EXPECT_TRUE(
      read_text(R"({"operations": [{"clientId": "x", "input": "lock", "call": 1, "output": true, "return": 2}]})"));
}

TEST(Porcupine, says_what_is_wrong_and_with_which_operation) {
  const auto one = [](const std::string& members) {
    return error_of("[{\"ClientId\": 1, " + members + "}]", Format::porcupine);
  };
  EXPECT_THAT(one(R"("Input": "lock", "Call": 5, "Output": true, "Return": 3)"),
              HasSubstr("history: operation 1: Return is before Call"));
  EXPECT_THAT(one(R"("Input": "lock", "Call": -5, "Output": true, "Return": 3)"), HasSubstr("Call is not a time"));
  EXPECT_THAT(one(R"("Input": "dance", "Call": 5, "Output": true, "Return": 6)"), HasSubstr("Input asks dance"));
  EXPECT_THAT(one(R"("Call": 5, "Output": true, "Return": 6)"), HasSubstr("Input asks nothing"));
  EXPECT_THAT(one(R"("Input": "lock", "Call": 5, "Output": 3, "Return": 6)"), HasSubstr("Output is neither"));
  EXPECT_THAT(one(R"("Input": "lock", "Call": 5, "Output": "perhaps", "Return": 6)"), HasSubstr("Output perhaps"));
  EXPECT_THAT(one(R"("Input": "lock", "Call": 5, "Output": {}, "Return": 6)"), HasSubstr("no \"ok\""));
  EXPECT_THAT(error_of("[\n{\"ClientId\"", Format::porcupine), HasSubstr("history:2: this is not JSON"));
  EXPECT_THAT(error_of("[{}]", Format::porcupine), HasSubstr("ClientId is missing"));
  EXPECT_THAT(error_of("[]", Format::porcupine), HasSubstr("there is no operation"));
  EXPECT_THAT(error_of("{}", Format::porcupine), HasSubstr("there is no array of operations"));
}

TEST(Formats, are_told_apart_and_bounded) {
  EXPECT_THAT(error_of("hello"), HasSubstr("history:1: this is not a whole line of JSON"));
  EXPECT_THAT(error_of("{\"x\": 1}"), HasSubstr("\"holdfast_recording\" is missing"));
  const auto long_one = read_text(jepsen, {.whole_bytes_max = 100});
  ASSERT_FALSE(long_one);
  EXPECT_THAT(long_one.error().where, HasSubstr("longer than 100 bytes"));
  EXPECT_EQ(*format_of("jepsen"), Format::jepsen);
  EXPECT_FALSE(format_of("yaml"));
}

}  // namespace
}  // namespace holdfast::recording
