// The second opinion: texts as plain UTF-16, changes as lists of what becomes of each unit, and generators for both.
#pragma once

#include <rapidcheck.h>

#include <optional>
#include <string>
#include <vector>

#include "text/change_set.h"
#include "text/text.h"
#include "text/utf8.h"

namespace holdfast::text {

inline std::u16string utf16_of(std::string_view utf8) {
  std::u16string out;
  for (std::size_t at = 0; at < utf8.size();) {
    const std::size_t length = character_at(utf8, at);
    RC_ASSERT(length > 0U);
    std::uint32_t scalar = static_cast<unsigned char>(utf8[at]);
    if (length > 1) scalar &= 0x7FU >> length;
    for (std::size_t i = 1; i < length; ++i) scalar = scalar << 6U | (static_cast<unsigned char>(utf8[at + i]) & 0x3FU);
    if (scalar >= 0x10000) {
      out += static_cast<char16_t>(0xD800 + ((scalar - 0x10000) >> 10U));
      out += static_cast<char16_t>(0xDC00 + ((scalar - 0x10000) & 0x3FFU));
    } else {
      out += static_cast<char16_t>(scalar);
    }
    at += length;
  }
  return out;
}

inline bool within_pair(const std::u16string& text, std::size_t at) {
  return at > 0 && at < text.size() && text[at] >= 0xDC00 && text[at] <= 0xDFFF;
}

inline std::u16string applied(const std::u16string& text, const ChangeSet& changes) {
  const std::u16string inserted = utf16_of(changes.inserted());
  std::u16string out;
  std::size_t at = 0, taken = 0;
  for (const Part& part : changes.parts()) {
    if (part.keeps()) {
      out += text.substr(at, part.length);
    } else {
      out += inserted.substr(taken, static_cast<std::size_t>(part.inserted));
      taken += static_cast<std::size_t>(part.inserted);
    }
    at += part.length;
  }
  RC_ASSERT(at == text.size());
  RC_ASSERT(taken == inserted.size());
  return out;
}

inline Text text_of(std::string_view utf8) {
  return Text::from_utf8(utf8).value();
}
inline std::u16string utf16_of(const Text& text) {
  return utf16_of(text.utf8());
}

/// Letters, line breaks, characters of two, three and four bytes, combining marks, letters that run right to left, a
/// family joined by joiners, a zero byte.
inline rc::Gen<std::string> any_character() {
  using namespace std::string_literals;
  return rc::gen::weightedOneOf<std::string>(
      {{6, rc::gen::map(rc::gen::inRange('a', 'f'), [](int c) { return std::string(1, static_cast<char>(c)); })},
       {1, rc::gen::just("\n"s)},
       {2, rc::gen::element("é"s, "e\u0301"s, "ש"s, "ל"s, "中"s, "😀"s, "👩‍👧"s, "\u2028"s, "\ufeff"s,
                            std::string(1, '\0'), "\""s, "\\"s)}});
}
inline rc::Gen<std::string> any_text(std::size_t characters) {
  return rc::gen::mapcat(rc::gen::inRange<std::size_t>(0, characters + 1), [](std::size_t count) {
    return rc::gen::map(rc::gen::container<std::vector<std::string>>(count, any_character()),
                        [](const std::vector<std::string>& all) {
                          std::string out;
                          for (const auto& each : all) out += each;
                          return out;
                        });
  });
}

/// A change of `text`, at up to three places, that cuts no character.
inline ChangeSet any_change_of(const std::u16string& text) {
  const auto boundary = [&](std::size_t from) {
    std::size_t at = from + *rc::gen::inRange<std::size_t>(0, std::min<std::size_t>(text.size() - from, 12) + 1);
    while (within_pair(text, at)) ++at;
    return at;
  };
  ChangeSet changes;
  std::size_t at = 0;
  for (int left = *rc::gen::inRange(0, 4); left > 0; --left) {
    const std::size_t begin = boundary(at);
    const std::size_t end = *rc::gen::arbitrary<bool>() ? begin : boundary(begin);
    changes.keep(static_cast<Units>(begin - at));
    changes.replace_next(static_cast<Units>(end - begin), *any_text(3));
    at = end;
  }
  changes.keep(static_cast<Units>(text.size() - at));
  return changes;
}

}  // namespace holdfast::text
