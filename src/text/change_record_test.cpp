#include "text/change_record.h"

#include <gtest/gtest.h>

namespace holdfast::text {
namespace {

using namespace std::string_literals;

TEST(ChangeRecord, of_a_typed_letter_takes_five_bytes_and_itself) {
  std::string record;
  write_record(record, ChangeSet::replace(100'000, 50'000, 0, "x"));
  EXPECT_EQ(record.size(), 6U);
  record.clear();
  write_record(record, ChangeSet::unchanged(100));
  EXPECT_EQ(record, "");
  EXPECT_EQ(read_record("", 100).value(), ChangeSet::unchanged(100));
}

TEST(ChangeRecord, is_refused_where_it_fits_no_text_of_that_length) {
  const std::string all[] = {
      "\x05"s,                      // It breaks off.
      "\x05\x01"s,                  // Something comes, but what?
      "\x05\x01\x03"s + "ab",       // Less than it says.
      "\x0b\x02"s,                  // Behind the end.
      "\x09\x04"s,                  // Beyond the end.
      "\x05\x00"s,                  // Nothing happens.
      "\x05\x01\x00"s,              // Nothing comes.
      "\x85\x00\x02"s,              // A number with a zero too many.
      "\x05\x01\x01\xff"s,          // No UTF-8.
      "\x05\x01\x03\xed\xa0\x80"s,  // A surrogate.
      "\x05\x01\x01\r"s,            // A carriage return.
      "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x02"s,
  };
  for (const std::string& bytes : all) {
    const auto read = read_record(bytes, 10);
    ASSERT_FALSE(read) << testing::PrintToString(bytes);
    EXPECT_EQ(read.error().code, ErrorCode::record_damaged);
  }
  EXPECT_TRUE(read_record("\x05\x02"s, 10));
}

}  // namespace
}  // namespace holdfast::text
