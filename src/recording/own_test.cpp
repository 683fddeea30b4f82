#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <sstream>

#include "base/seeded_for_tests.h"
#include "recording/read.h"
#include "recording/write.h"

namespace holdfast::recording {
namespace {

using testing::HasSubstr;

const std::string header = R"({"holdfast_recording":1,"about":"a test","lock":{"kind":"mutex","tokens":true}})";

Result<Recording> read_own(const std::string& text, const ReadOptions& options = {}) {
  std::istringstream in(text);
  return read(in, "run.rec", options);
}

/// The error of the recording that has `lines` after its header.
std::string own_error(const std::string& lines) {
  const Result<Recording> found = read_own(header + "\n" + lines);
  if (found) return "no error";
  EXPECT_EQ(found.error().code, ErrorCode::recording_damaged);
  return found.error().where;
}

std::string text_of(const Recording& recording) {
  std::ostringstream out;
  EXPECT_TRUE(write(recording, out));
  return out.str();
}

TEST(ReadOwn, pairs_calls_and_returns) {
  const auto found = read_own(header + R"(
{"client":"a","owner":"alice"}
{"call":1,"at":1000,"client":"a","what":"acquire","name":"job","ttl":7}
{"call":2,"at":1500,"client":"b","what":"acquire","name":"job","ttl":9}
{"return":1,"at":2000,"outcome":"ok","shown":4,"previous":3,"ttl":5,"waited":1}
{"fault":"paused","at":1600,"until":1900,"client":"b"}
{"loss":"lapsed","at":2500,"client":"a","name":"job","token":4}
{"sighting":"granted","at":2600,"watcher":"w","name":"job","position":1,"token":4}
)");
  ASSERT_TRUE(found) << found.error().where;
  EXPECT_EQ(found->about, "a test");
  EXPECT_TRUE(found->lock.tokens);
  ASSERT_EQ(found->operations.size(), 2U);
  const Operation& grant = found->operations[0];
  EXPECT_EQ(grant.called, 1000);
  EXPECT_EQ(grant.returned, 2000);
  EXPECT_EQ(grant.outcome, Outcome::ok);
  EXPECT_EQ(grant.shown, 4U);
  EXPECT_EQ(grant.previous, 3U);
  EXPECT_EQ(grant.ttl, 5);
  EXPECT_EQ(grant.waited, 1);
  const Operation& unknown = found->operations[1];
  EXPECT_EQ(unknown.outcome, Outcome::unknown);
  EXPECT_EQ(unknown.returned, never);
  EXPECT_EQ(unknown.ttl, 9);  // What was asked for.
  ASSERT_EQ(found->clients.size(), 3U);
  EXPECT_EQ(found->clients[0].owner, "alice");
  EXPECT_EQ(found->names, std::vector<std::string>{"job"});
  ASSERT_EQ(found->losses.size(), 1U);
  EXPECT_EQ(found->losses[0].why, "lapsed");
  ASSERT_EQ(found->sightings.size(), 1U);
  EXPECT_EQ(found->sightings[0].kind, Sighting::Kind::granted);
  ASSERT_EQ(found->faults.size(), 1U);
  EXPECT_EQ(found->faults[0].until, 1900);
}

TEST(ReadOwn, takes_one_call_for_a_set_of_names) {
  const auto found = read_own(header + R"(
{"call":1,"at":1,"client":"a","what":"acquire","name":"x"}
{"call":1,"at":1,"client":"a","what":"acquire","name":"y"}
{"return":1,"at":2,"outcome":"ok","name":"y","shown":4}
{"return":1,"at":2,"outcome":"ok","name":"x","shown":4}
)");
  ASSERT_TRUE(found) << found.error().where;
  ASSERT_EQ(found->operations.size(), 2U);
  EXPECT_EQ(found->operations[0].call, found->operations[1].call);
  EXPECT_EQ(found->operations[1].outcome, Outcome::ok);
  EXPECT_THAT(own_error(R"({"call":1,"at":1,"client":"a","what":"acquire","name":"x"}
{"call":1,"at":1,"client":"a","what":"acquire","name":"y"}
{"return":1,"at":2,"outcome":"ok"})"),
              HasSubstr("run.rec:4: \"name\" is missing, and the call is for several"));
}

TEST(ReadOwn, says_what_is_wrong_and_in_which_line) {
  const std::string call = R"({"call":1,"at":5,"client":"a","what":"acquire","name":"x"})";
  const struct {
    std::string lines, error;
  } cases[] = {
      {R"({"return":1,"at":2,"outcome":"ok"})", "run.rec:2: \"return\" 1 was never called"},
      {call + "\n" + call, "run.rec:3: \"call\" 1 is used twice"},
      {call + "\n" + R"({"return":1,"at":6,"outcome":"ok"})" + "\n" + R"({"return":1,"at":7,"outcome":"ok"})",
       "run.rec:4: \"return\" 1 has returned already"},
      {call + "\n" + R"({"return":1,"at":4,"outcome":"ok"})",
       "run.rec:3: \"at\" is 4, before that of the line above, 5"},
      {call + "\n" + R"({"return":1,"at":6,"outco)", "run.rec:3: this is not a whole line of JSON"},
      {call + "\n" + R"({"return":1,"at":6,"outcome":"ok","name":"y"})", "\"name\" is not what call 1 was about"},
      {R"({"call":1,"at":5,"client":"a","what":"grab","name":"x"})", "\"what\" is nothing that can be asked"},
      {R"({"call":1,"at":5,"client":"a","what":"acquire"})", "\"name\" is missing"},
      {R"({"call":1,"at":5,"what":"acquire","name":"x"})", "\"client\" is missing"},
      {R"({"call":1,"client":"a","what":"acquire","name":"x"})", "\"at\" is missing"},
      {R"({"call":1,"at":5,"client":"a","what":"acquire","name":"x","colour":3})",
       "\"colour\" is not a field of this line"},
      {R"({"call":1,"at":5,"at":6,"client":"a","what":"acquire","name":"x"})", "a field is given twice"},
      {R"({"call":1,"at":-5,"client":"a","what":"acquire","name":"x"})", "\"at\" is not a whole number from 0 on"},
      {R"({"call":1,"at":5.5,"client":"a","what":"acquire","name":"x"})", "\"at\" is not a whole number from 0 on"},
      {R"({"call":1,"at":9223372036854775807,"client":"a","what":"acquire","name":"x"})", "\"at\" is greater than"},
      {R"({"call":1,"at":99999999999999999999,"client":"a","what":"acquire","name":"x"})", "\"at\" is not a whole"},
      {R"({"call":4294967296,"at":5,"client":"a","what":"acquire","name":"x"})", "\"call\" is greater than"},
      {R"({"call":"1","at":5,"client":"a","what":"acquire","name":"x"})", "\"call\" is not a number"},
      {R"({"call":1,"at":5,"client":7,"what":"acquire","name":"x"})", "\"client\" is not a text"},
      {R"({"call":1,"at":5,"client":"a\u0000b","what":"acquire","name":"x"})", "\"client\" has a NUL in it"},
      {R"({"call":1,"at":5,"client":"a","what":"acquire","name":"x","shared":1})", "neither true nor false"},
      {std::string("{\"call\":1,\"at\":5,\0}", 18), "run.rec:2: this is not a whole line of JSON"},
      {"{\"call\":1,\"at\":5,\"client\":\"\xff\"}", "run.rec:2: the line is not UTF-8"},
      {"[1]", "run.rec:2: the line is not an object"},
      {"", "no error"},
      {"\n" + call, "run.rec:2: the line is empty"},
      {R"({"dance":1})", "run.rec:2: nobody knows what this line is"},
      {R"({"client":"a"})"
       "\n"
       R"({"client":"a"})",
       "run.rec:3: \"client\" is declared twice"},
      {R"({"name":"a"})"
       "\n"
       R"({"name":"a"})",
       "run.rec:3: \"name\" is declared twice"},
      {R"({"fault":"paused","at":5,"until":4})", "\"until\" is before \"at\""},
      {R"({"sighting":"dreamt","at":5,"name":"x"})", "\"sighting\" is none of"},
      {R"({"sighting":"granted","at":5})", "\"name\" is missing"},
      {R"({"loss":"lapsed","at":5,"client":"a"})", "\"name\" is missing"},
  };
  for (const auto& [lines, error] : cases) EXPECT_THAT(own_error(lines), HasSubstr(error)) << lines;
}

TEST(ReadOwn, says_what_is_wrong_with_the_header) {
  const struct {
    std::string header, error;
  } cases[] = {
      {"", "run.rec:0: there is no recording"},
      {R"({"call":1,"at":5,"client":"a","what":"acquire","name":"x"})", "\"holdfast_recording\" is missing"},
      {R"({"holdfast_recording":2,"lock":{"kind":"mutex"}})", "is 2; this program reads version 1"},
      {R"({"holdfast_recording":1})", "\"lock\" is missing"},
      {R"({"holdfast_recording":1,"lock":{}})", "in \"lock\": \"kind\" is missing"},
      {R"({"holdfast_recording":1,"lock":{"kind":"door"}})", "\"kind\" is none of mutex, shared, permits"},
      {R"({"holdfast_recording":1,"lock":{"kind":"permits","permits":0}})", "\"permits\" is 0"},
      {R"({"holdfast_recording":1,"lock":{"kind":"mutex","drift":2}})", "\"drift\" is not a number from 0 to 1"},
      {R"({"holdfast_recording":1,"lock":{"kind":"mutex","tokns":true}})", "\"tokns\" is not a field"},
  };
  for (const auto& [text, error] : cases) {
    const auto found = read_own(text, {.format = Format::own});
    ASSERT_FALSE(found) << text;
    EXPECT_EQ(found.error().code, ErrorCode::recording_damaged);
    EXPECT_THAT(found.error().where, HasSubstr(error)) << text;
  }
}

TEST(ReadOwn, bounds_a_line) {
  const std::string line = R"({"fault":")" + std::string(2'000, 'x') + R"(","at":5})";
  EXPECT_TRUE(read_own(header + "\n" + line, {.line_bytes_max = 2'100}));
  const auto found = read_own(header + "\n" + line, {.line_bytes_max = 2'000});
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().where, "run.rec:2: the line is longer than 2000 bytes");
}

TEST(ReadOwn, says_that_a_file_is_not_there) {
  const auto found = read(std::filesystem::path("/nowhere/run.rec"));
  ASSERT_FALSE(found);
  EXPECT_EQ(found.error().code, ErrorCode::recording_io);
  EXPECT_THAT(found.error().where, HasSubstr("open /nowhere/run.rec: No such file"));
}

TEST(WriterTest, leaves_calls_that_have_not_returned_to_be_read_as_unknown) {
  Recording head;
  head.clients = {{"a", ""}};
  head.names = {"job"};
  std::ostringstream out;
  Writer writer(out, head);
  Operation one{.called = 1, .call = 7, .client = 0};
  writer.call(one);
  head.clients.push_back({"b", "bob"});  // Comes later.
  writer.call({.called = 2, .call = 8, .client = 1});
  one.returned = 3;
  one.outcome = Outcome::busy;
  one.holder = 1;
  writer.ret(one);
  EXPECT_TRUE(writer.written());
  const auto found = read_own(out.str());
  ASSERT_TRUE(found) << found.error().where;
  EXPECT_EQ(found->operations.at(0).outcome, Outcome::busy);
  EXPECT_EQ(found->operations.at(0).holder, 1U);
  EXPECT_EQ(found->operations.at(1).outcome, Outcome::unknown);
  EXPECT_EQ(found->operations.at(1).returned, never);
  EXPECT_EQ(found->clients.at(1).owner, "bob");
}

TEST(WriterTest, says_that_it_could_not_write) {
  std::ostringstream out;
  const Recording head;
  Writer writer(out, head);
  EXPECT_TRUE(writer.written());
  out.setstate(std::ios::badbit);
  EXPECT_EQ(writer.written().error().code, ErrorCode::recording_io);
  EXPECT_EQ(write(Recording{}, std::filesystem::path("/nowhere/run.rec")).error().code, ErrorCode::recording_io);
}

// What was written is what is read.

template <class Value>
Value any(Value below) {
  return *rc::gen::inRange<Value>(0, below);
}

std::string any_text() {
  static const std::vector<std::string> texts{
      "", "a", "caf\u00e9", "\"quoted\\\"", "tab\tnewline\n", "\u2713 \U0001f512"};
  return *rc::gen::elementOf(texts) + std::to_string(any(1000));
}

Index some(std::size_t size) {
  return any(4) == 0 ? nobody : any(static_cast<Index>(size));
}

Recording any_recording() {
  Recording made;
  made.about = any_text();
  made.lock = {.kind = static_cast<Lock::Kind>(any(3)),
               .permits = static_cast<std::uint32_t>(1 + any(5)),
               .tokens = any(2) == 0,
               .dense = any(2) == 0,
               .leases = any(2) == 0,
               .late_renewal = any(2) == 0,
               .joins = any(2) == 0,
               .reentrant = any(2) == 0,
               .fifo = any(2) == 0,
               .drift = any(1000) / 1000.0};
  for (int i = 0; i < 4; ++i) made.clients.push_back({"client " + std::to_string(i) + any_text(), any_text()});
  for (int i = 0; i < 2; ++i) made.names.push_back("name " + std::to_string(i) + any_text());
  Nanos now = 0;
  const int count = any(30);
  for (int i = 0; i < count; ++i) {
    now += any(10);
    Operation one{.called = now, .call = static_cast<std::uint32_t>(i), .client = any(4U), .name = any(2U)};
    one.what = static_cast<What>(any(10));
    one.token = any(std::uint64_t{1} << 53);
    one.shared = any(2) == 0;
    one.ttl = any(1000);
    one.waited = any(1000);
    one.holder = some(4);
    if (one.what == What::write) one.value = any(1000U);
    if (any(5) != 0) {
      one.returned = now + any(100);
      one.outcome = static_cast<Outcome>(any(6));
      one.held = any(2) == 0;
      one.joined = any(2) == 0;
      one.shown = any(2) == 0 ? std::numeric_limits<std::uint64_t>::max() : 0;
      one.previous = any(100U);
      if (one.what == What::read) one.value = any(1000U);
    }
    made.operations.push_back(one);
  }
  for (int i = any(4); i > 0; --i) made.losses.push_back({now += any(5), some(4), any(2U), any(9U), any_text()});
  for (int i = any(4); i > 0; --i) {
    made.sightings.push_back({now += any(5), some(4), any(2U), static_cast<Sighting::Kind>(any(4)), any(9U), any(9U)});
  }
  for (int i = any(4); i > 0; --i) {
    now += any(5);
    made.faults.push_back({now, any(3) == 0 ? never : now + any(5), some(4), any_text()});
  }
  return made;
}

/// Every field of it, to compare.
std::string everything(const Recording& r) {
  std::ostringstream out;
  const Lock& l = r.lock;
  out << r.about << '|' << int(l.kind) << l.permits << l.tokens << l.dense << l.leases << l.late_renewal << l.joins
      << l.reentrant << l.fifo << l.drift << '\n';
  for (const Client& c : r.clients) out << c.name << '/' << c.owner << '\n';
  for (const std::string& n : r.names) out << n << '\n';
  for (const Operation& o : r.operations) {
    out << o.called << ' ' << o.returned << ' ' << o.call << ' ' << o.client << ' ' << o.name << ' ' << o.holder << ' '
        << int(o.what) << ' ' << int(o.outcome) << o.held << o.joined << o.shared << ' ' << o.token << ' ' << o.shown
        << ' ' << o.previous << ' ' << o.value << ' ' << o.ttl << ' ' << o.waited << '\n';
  }
  for (const Loss& x : r.losses) out << x.at << ' ' << x.client << ' ' << x.name << ' ' << x.token << x.why << '\n';
  for (const Sighting& s : r.sightings) {
    out << s.at << ' ' << s.watcher << ' ' << s.name << ' ' << int(s.kind) << ' ' << s.position << ' ' << s.token
        << '\n';
  }
  for (const Fault& f : r.faults) out << f.at << ' ' << f.until << ' ' << f.client << ' ' << f.what << '\n';
  return out.str();
}

RC_GTEST_PROP(OwnFormat, reads_what_was_written, ()) {
  const Recording made = any_recording();
  const std::string text = text_of(made);
  const auto found = read_own(text);
  if (!found) RC_FAIL(found.error().where + "\n" + text);
  RC_ASSERT(everything(*found) == everything(made));
  RC_ASSERT(text_of(*found) == text);
}

RC_GTEST_PROP(OwnFormat, takes_no_text_that_was_cut_or_changed_for_another_recording, ()) {
  std::string text = text_of(any_recording());
  // Whatever becomes of it, it is read or refused, and what is read can be written.
  const std::size_t at = any(text.size());
  if (any(2) == 0) {
    text.resize(at);
  } else {
    text[at] = static_cast<char>(any(256));
  }
  if (const auto found = read_own(text)) RC_ASSERT(read_own(text_of(*found)).has_value());
}

}  // namespace
}  // namespace holdfast::recording
