#include "journal/describe.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "journal/samples_for_tests.h"

namespace holdfast::journal {
namespace {

TEST(Describe, says_what_happened_in_words) {
  EXPECT_EQ(describe(core::Released{"job", "tab-1", core::Token{8}, {}, "bob", true}, Form::text),
            "released name=job session=tab-1 token=8 at=1970-01-01T00:00:00.000Z owner=bob ends=yes");
  EXPECT_EQ(describe(grant(7), Form::text),
            "granted name=name/7 owner=owner session=session-7 token=7 ttl=30000ms holder=session "
            "since=1970-01-01T00:00:00.000Z waited=0ms");
}

TEST(Describe, makes_json_that_a_program_can_read) {
  EXPECT_EQ(describe(core::Joined{"a\"b", "s", core::Token{8}, std::chrono::microseconds{1500}}, Form::json),
            R"({"effect":"joined","name":"a\"b","session":"s","token":8,"ttl_ms":1.5,"at":"1970-01-01T00:00:00.000Z",)"
            R"("owner":"","waited_ms":0,"from":""})");
  EXPECT_EQ(describe(core::KeptTotals{core::Token{3}, 4}, Form::json),
            R"({"effect":"kept_totals","greatest":3,"buffers":4})");
}

TEST(Describe, lets_nothing_through_that_steers_a_terminal) {
  EXPECT_EQ(json_quoted("\x1b[2J\n\x7f\xc2\x9b"), R"("\u001b[2J\u000a\u007f\u009b")");
  EXPECT_EQ(json_quoted("\xff\xc3\xa4\xed\xa0\x80"), "\"\\ufffd\xc3\xa4\\ufffd\\ufffd\\ufffd\"");
  for (const core::Effect& effect : samples()) {
    for (const Form form : {Form::text, Form::json}) {
      const std::string line = describe(effect, form);
      EXPECT_TRUE(std::ranges::none_of(line, [](unsigned char c) { return c < ' ' || c == 0x7f; })) << line;
    }
  }
}

}  // namespace
}  // namespace holdfast::journal
