// Real typing, replayed: the text that comes out is theirs to the byte, however it got there.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/traces.h"
#include "text/change_json.h"
#include "text/text.h"

namespace holdfast::text {
namespace {

using support::Trace;

/// The traces that are there, by name, and one of our own.
class Traces : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    if (GetParam() == "made-up") {
      trace_ = support::made_up_trace(8812, 20'000);
    } else if (auto found = support::read_trace(GetParam())) {
      trace_ = *std::move(found);
    } else {
      GTEST_SKIP() << "There is no " << support::trace_file(GetParam()) << "; HOLDFAST_TRACES may name another folder.";
    }
  }
  Trace trace_;
};

TEST_P(Traces, come_out_byte_for_byte_through_json) {
  Text text = Text::from_utf8(trace_.start).value();
  ChangeSet change;
  std::string json;
  for (const ChangeSet& each : trace_.changes) {
    json.clear();
    write_changes(json, each);
    ASSERT_TRUE(read_changes(json, change));
    ASSERT_EQ(change, each);
    ASSERT_TRUE(text.apply(change));
  }
  EXPECT_EQ(text.utf8(), trace_.end);
  EXPECT_LE(text.memory(), 2 * trace_.end.size() + 16 * 1024);
}

TEST_P(Traces, go_back_to_their_beginning) {
  Text text = Text::from_utf8(trace_.start).value();
  std::vector<ChangeSet> back;
  for (const ChangeSet& each : trace_.changes) {
    back.push_back(each.invert(text).value());
    ASSERT_TRUE(text.apply(each));
  }
  for (; !back.empty(); back.pop_back()) ASSERT_TRUE(text.apply(back.back()));
  EXPECT_EQ(text.utf8(), trace_.start);
}

INSTANTIATE_TEST_SUITE_P(All, Traces,
                         testing::Values("made-up", "automerge-paper", "rustcode", "sveltecomponent", "seph-blog1"),
                         [](const auto& each) {
                           std::string name = each.param;
                           std::ranges::replace(name, '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace holdfast::text
