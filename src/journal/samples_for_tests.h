// Effects to test journals with.
#pragma once

#include <limits>
#include <string>
#include <vector>

#include "core/effects.h"

namespace holdfast::journal {

/// Every kind of effect, with the least and the greatest values a field can have.
inline std::vector<core::Effect> samples() {
  using namespace core;
  const Duration longest = Duration::max();
  const WallTime then{std::chrono::microseconds{1'790'000'000'123'456}};
  return {
      Granted{},
      Granted{"job",
              {"bob", "tab-1"},
              Token{8},
              std::chrono::seconds{30},
              HolderKind::owner,
              "why \n \"not\"",
              R"({"a":1})",
              then},
      Granted{std::string(512, 'x'),
              {std::string(300, 'o'), ""},
              Token{token_max},
              longest,
              HolderKind::session,
              {},
              {},
              WallTime::min()},
      Joined{"job", "tab-2", Token{8}, Duration::min(), then, "bob", Duration{1}, "127.0.0.1"},
      Renewed{"job", "tab-2", Token{8}, std::chrono::milliseconds{100}},
      Released{"job", "tab-1", Token{8}, then, "bob", true},
      Lapsed{"job", "tab-2", Token{8}, then, "bob", false},
      Revived{"job", "tab-2", Token{8}, longest, then, "bob"},
      Taken{{"job", {"eve", "e1"}, Token{9}, longest, HolderKind::session, "n", "{}", then, Duration{7}, "127.0.0.1"},
            Loss::taken_over,
            "the job hangs"},
      Revoked{"job", Token{9}, {"admin", ""}, "left", then},
      TakeoverAsked{"job", Token{9}, {"bob", "b1"}, "why", std::chrono::seconds{5}, then, "::1"},
      TakeoverDropped{"job", Token{9}, {"bob", "b1"}, Drop::restart, then},
      Requested{"job", Token{9}, {"bob", ""}, "may I?", then, "::1"},
      Started{std::numeric_limits<std::uint64_t>::max(), then},
      Forgotten{"job"},
      Numbered{"projects/a/b", std::numeric_limits<std::uint64_t>::max()},
      Kept{},
      Kept{"job",
           "bob",
           Token{9},
           Token{8},
           HolderKind::owner,
           "note",
           "{}",
           then,
           7,
           Loss::lapsed,
           {{"tab-1", std::chrono::seconds{1}, true}, {"tab-2", Duration{-1}, false}},
           {{Token{7}, Loss::revoked}, {Token{6}, Loss::none}}},
      KeptWhys{"job", {{Token{8}, "eve", "why"}, {Token{7}, "bob", ""}}, {"carol", "c1"}},
      KeptStart{1'000'000, 12},
      BufferCreated{},
      BufferCreated{"notes/a",
                    {"bob", "b1"},
                    *text::Text::from_utf8("h\xc3\xa9llo\n\xf0\x9f\x98\x80"),
                    std::string(2, '\1'),
                    true,
                    then},
      BufferRemoved{"notes/a", {"bob", ""}, then},
      BufferEdited{
          "notes/a", Token{9}, {"bob", "b1"}, 12, 7, {"ab", "", std::string("\0\xff", 2)}, EditKind::draft, 5, then},
      BufferEdited{"notes/a", Token{token_max}, {"bob", ""}, 0, 0, {}, EditKind::edit, 0, WallTime::min()},
      DraftKept{},
      DraftKept{77, "notes/a", 3, {"eve", "e1"}, Token{8}, 11, 4, {"x", "y"}, Loss::taken_over, "bob", then},
      DraftEnded{77, "notes/a", DraftEnd::applied, {"eve", "e1"}, then},
      KeptBuffer{},
      KeptBuffer{"notes/a",
                 3,
                 then,
                 then,
                 "e",
                 true,
                 "log",
                 "blame",
                 {"bob", "eve"},
                 1,
                 {{"bob", "stack"}},
                 {{{"bob", "b1"}, 7, 12}},
                 {{{"eve", "e1"}, 4, 5, 77}}},
      KeptDraft{{77, "notes/a", 3, {"eve", "e1"}, Token{8}, 11, 4, {"x"}, Loss::lapsed, "", then}, "base"},
      KeptTotals{},
      KeptTotals{Token{1'000'000}, 12},
  };
}

/// A grant that is told apart by its number. Tokens rise with it.
inline core::Effect grant(std::uint64_t number) {
  return core::Granted{.name = "name/" + std::to_string(number),
                       .who = {"owner", "session-" + std::to_string(number)},
                       .token = core::Token{number},
                       .ttl = std::chrono::seconds{30}};
}

/// Grants from `first` on, `count` of them.
inline std::vector<core::Effect> grants(std::uint64_t first, std::uint64_t count) {
  std::vector<core::Effect> out;
  for (std::uint64_t i = 0; i < count; ++i) out.push_back(grant(first + i));
  return out;
}

}  // namespace holdfast::journal
