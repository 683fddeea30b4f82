#include "journal/codec.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <random>
#include <set>

#include "journal/describe.h"
#include "journal/samples_for_tests.h"

namespace holdfast::journal {
namespace {

std::string bytes_of(const core::Effect& effect) {
  std::string out;
  encode(effect, out);
  return out;
}

TEST(Codec, gives_every_kind_of_effect_back) {
  std::set<std::size_t> kinds;
  for (const core::Effect& effect : samples()) {
    const auto back = decode(bytes_of(effect));
    ASSERT_TRUE(back.has_value()) << effect.index();
    EXPECT_EQ(*back, effect);
    kinds.insert(effect.index());
  }
  EXPECT_EQ(kinds.size(), std::variant_size_v<core::Effect>) << "add the new effect to samples_for_tests.h";
}

RC_GTEST_PROP(Codec, gives_any_grant_back,
              (const std::string& name, const std::string& owner, const std::string& note, std::uint64_t token,
               std::int64_t ttl, std::int64_t since, bool shared)) {
  const core::Effect effect = core::Granted{name,
                                            {owner, note},
                                            core::Token{token},
                                            Duration{ttl},
                                            shared ? core::HolderKind::owner : core::HolderKind::session,
                                            note,
                                            owner,
                                            WallTime{std::chrono::microseconds{since}}};
  RC_ASSERT(decode(bytes_of(effect)).value() == effect);
}

RC_GTEST_PROP(Codec, gives_any_kept_name_back,
              (const std::string& name, const std::vector<std::pair<std::string, bool>>& parts,
               const std::vector<std::uint64_t>& losses)) {
  core::Kept kept{.name = name};
  for (const auto& [session, lapsed] : parts) kept.parts.push_back({session, Duration{7}, lapsed});
  for (const std::uint64_t token : losses) kept.losses.push_back({core::Token{token}, core::Loss::moved});
  RC_ASSERT(decode(bytes_of(kept)).value() == core::Effect{kept});
}

TEST(Codec, takes_effects_off_one_after_the_other) {
  std::string bytes;
  for (const core::Effect& effect : samples()) encode(effect, bytes);
  std::string_view left = bytes;
  for (const core::Effect& effect : samples()) EXPECT_EQ(decode_front(left), effect);
  EXPECT_TRUE(left.empty());
}

TEST(Codec, refuses_an_effect_that_is_cut_short_anywhere) {
  for (const core::Effect& effect : samples()) {
    const std::string bytes = bytes_of(effect);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_EQ(decode(bytes.substr(0, size)), std::unexpected(Unreadable::malformed)) << effect.index() << " " << size;
    }
  }
}

TEST(Codec, refuses_what_stands_behind_an_effect) {
  EXPECT_EQ(decode(bytes_of(grant(1)) + '\0'), std::unexpected(Unreadable::malformed));
}

TEST(Codec, says_that_an_unknown_kind_may_be_a_newer_one) {
  EXPECT_EQ(decode("\x1f"), std::unexpected(Unreadable::newer_kind));
  EXPECT_EQ(decode("\xff"), std::unexpected(Unreadable::newer_kind));
  EXPECT_EQ(decode(std::string_view{"\0", 1}), std::unexpected(Unreadable::malformed)) << "zeros are no effect";
}

TEST(Codec, refuses_numbers_in_a_longer_form_than_needed) {
  EXPECT_TRUE(decode(std::string_view{"\x0a\x07\x00", 3}).has_value());                  // KeptTotals{7, 0}
  EXPECT_FALSE(decode(std::string_view{"\x0a\x87\x00\x00", 4}).has_value());             // 7 as two bytes
  EXPECT_FALSE(decode("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02\x01").has_value());  // 65 bits
  EXPECT_TRUE(decode("\x0a\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x01").has_value());
}

TEST(Codec, writes_what_it_always_wrote) {  // Golden: journals of released versions look like this.
  const core::Effect effect = core::Granted{"job",
                                            {"bob", "s"},
                                            core::Token{300},
                                            Duration{5},
                                            core::HolderKind::owner,
                                            "n",
                                            "{}",
                                            WallTime{std::chrono::microseconds{-1}},
                                            Duration{1},
                                            "::1"};
  EXPECT_EQ(bytes_of(effect), std::string_view("\x0b\x03job\x03"
                                               "bob\x01s\xac\x02\x0a\x01\x01n\x02{}\x01\x02\x03::1"));
}

TEST(Codec, reads_what_earlier_versions_wrote) {
  const core::Effect granted = core::Granted{"job",
                                             {"bob", "s"},
                                             core::Token{300},
                                             Duration{5},
                                             core::HolderKind::owner,
                                             "n",
                                             "{}",
                                             WallTime{std::chrono::microseconds{-1}}};
  EXPECT_EQ(decode("\x01\x03job\x03"
                   "bob\x01s\xac\x02\x0a\x01\x01n\x02{}\x01"),
            granted);
  EXPECT_EQ(decode("\x02\x03job\x01s\x07\x0a"), core::Effect(core::Joined{"job", "s", core::Token{7}, Duration{5}}));
  EXPECT_EQ(decode("\x04\x03job\x01s\x07"), core::Effect(core::Released{"job", "s", core::Token{7}}));
  EXPECT_EQ(decode("\x05\x03job\x01s\x07"), core::Effect(core::Lapsed{"job", "s", core::Token{7}}));
  EXPECT_EQ(decode("\x06\x03job\x01s\x07\x0a"), core::Effect(core::Revived{"job", "s", core::Token{7}, Duration{5}}));
  EXPECT_EQ(decode("\x04\x03job\x01s"), std::unexpected(Unreadable::malformed)) << "cut short";
}

TEST(Codec, survives_any_bytes_and_accepts_only_what_it_would_write) {
  std::mt19937_64 random(8812);
  std::size_t accepted = 0;
  const auto all = samples();
  for (int round = 0; round < 200'000; ++round) {
    std::string bytes =
        round % 2 == 0 ? bytes_of(all[random() % all.size()]).substr(0, 200) : std::string(random() % 40, '\0');
    if (round % 2 != 0) {
      for (char& c : bytes) c = static_cast<char>(random());
      if (!bytes.empty()) bytes[0] = static_cast<char>(random() % 25);
    }
    for (int flips = 0; !bytes.empty() && flips < 2; ++flips)
      bytes[random() % bytes.size()] ^= static_cast<char>(1U << random() % 8);
    std::string_view left = bytes;
    if (const auto effect = decode_front(left)) {
      ++accepted;
      const bool older = bytes_of(*effect)[0] != bytes[0];  // What an earlier version wrote is not written any more.
      if (older) continue;
      ASSERT_EQ(bytes_of(*effect), bytes.substr(0, bytes.size() - left.size()));
    }
  }
  EXPECT_GT(accepted, 1000U) << "the test has lost its point";
}

TEST(Encode, takes_no_more_room_than_was_counted_for_it) {
  for (const core::Effect& effect : samples()) {
    if (std::holds_alternative<core::Kept>(effect) || std::holds_alternative<core::KeptTotals>(effect)) continue;
    std::string bytes;
    encode(effect, bytes);
    EXPECT_LE(bytes.size(), core::size_estimate(effect)) << describe(effect, Form::text);
  }
}

}  // namespace
}  // namespace holdfast::journal
