#include "journal/describe.h"

#include <fmt/format.h>

#include <algorithm>
#include <vector>

#include "base/time.h"
#include "journal/fields.h"

namespace holdfast::journal {

namespace {

/// How many bytes of `text` from `at` are one well-formed UTF-8 sequence; 0 if they are none (RFC 3629, section 4).
std::size_t utf8_length(std::string_view text, std::size_t at) {
  const auto byte = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const auto tail = [&](std::size_t i, unsigned low = 0x80, unsigned high = 0xbf) {
    return byte(i) >= low && byte(i) <= high;
  };
  const unsigned first = byte(at);
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return tail(at + 1) ? 2 : 0;
  if (first >= 0xe0 && first <= 0xef) {
    const unsigned low = first == 0xe0 ? 0xa0 : 0x80;
    const unsigned high = first == 0xed ? 0x9f : 0xbf;
    return tail(at + 1, low, high) && tail(at + 2) ? 3 : 0;
  }
  if (first >= 0xf0 && first <= 0xf4) {
    const unsigned low = first == 0xf0 ? 0x90 : 0x80;
    const unsigned high = first == 0xf4 ? 0x8f : 0xbf;
    return tail(at + 1, low, high) && tail(at + 2) && tail(at + 3) ? 4 : 0;
  }
  return 0;
}

/// `text`, quoted only where it would otherwise be mistaken for something else.
std::string plain(std::string_view text) {
  const bool simple = !text.empty() && std::ranges::all_of(text, [](char c) {
    return c > ' ' && c < 0x7f && c != '"' && c != '\\' && c != '=' && c != '[' && c != ']' && c != ',';
  });
  return simple ? std::string{text} : json_quoted(text);
}

std::string_view word_of(core::HolderKind kind) {
  return kind == core::HolderKind::owner ? "owner" : "session";
}

std::string milliseconds(Duration duration) {
  return fmt::format("{}", std::chrono::duration<double, std::milli>(duration).count());
}

std::string bytes_of(const text::Text& text) {
  return fmt::format("{} bytes", text.extent().bytes);
}

std::string bytes_of(const std::vector<std::string>& texts) {
  std::size_t bytes = 0;
  for (const std::string& text : texts) bytes += text.size();
  return fmt::format("{} of {} bytes", texts.size(), bytes);
}

/// Collects `name=value` words, leaving out what is empty.
class TextArchive {
 public:
  explicit TextArchive(std::string& out) : out_(out) {}
  void operator()(std::string_view name, const std::string& value) {
    if (!value.empty()) put(name, plain(value));
  }
  void operator()(std::string_view name, std::uint64_t value) {
    if (value != 0) put(name, fmt::to_string(value));
  }
  void operator()(std::string_view name, core::Token token) { (*this)(name, token.value); }
  void operator()(std::string_view name, Duration value) { put(name, milliseconds(value) + "ms"); }
  void operator()(std::string_view name, WallTime time) { put(name, rfc3339(time)); }
  void operator()(std::string_view name, bool value) {
    if (value) put(name, "yes");
  }
  void operator()(std::string_view name, core::HolderKind kind) { put(name, word_of(kind)); }
  void operator()(std::string_view name, core::Loss loss) { put(name, word(loss)); }
  void operator()(std::string_view name, core::Drop drop) { put(name, word(drop)); }
  void operator()(std::string_view name, core::EditKind kind) { put(name, word(kind)); }
  void operator()(std::string_view name, core::DraftEnd how) { put(name, word(how)); }
  /// Of texts and their changes only how much there is: they are long, and the business of whoever wrote them.
  void operator()(std::string_view name, const text::Text& text) { put(name, bytes_of(text)); }
  void operator()(std::string_view name, const std::vector<std::string>& texts) { put(name, bytes_of(texts)); }
  void operator()(std::string_view, const core::Who& who) { fields(*this, who); }
  void operator()(std::string_view, const core::Granted& grant) { fields(*this, grant); }
  void operator()(std::string_view, const core::DraftKept& draft) { fields(*this, draft); }
  template <class T>
  void operator()(std::string_view name, const std::vector<T>& list) {
    if (list.empty()) return;
    std::string inner;
    for (const T& element : list) {
      std::string one;
      TextArchive archive(one);
      fields(archive, element);
      inner += (inner.empty() ? "" : ", ") + one;
    }
    put(name, "[" + inner + "]");
  }

 private:
  void put(std::string_view name, std::string_view value) {
    if (!out_.empty()) out_ += ' ';
    fmt::format_to(std::back_inserter(out_), "{}={}", name, value);
  }
  std::string& out_;
};

/// Collects `"name":value` members.
class JsonArchive {
 public:
  explicit JsonArchive(std::string& out) : out_(out) {}
  void operator()(std::string_view name, const std::string& value) { put(name, json_quoted(value)); }
  void operator()(std::string_view name, std::uint64_t value) { put(name, fmt::to_string(value)); }
  void operator()(std::string_view name, core::Token token) { put(name, fmt::to_string(token.value)); }
  void operator()(std::string_view name, Duration value) { put(std::string{name} + "_ms", milliseconds(value)); }
  void operator()(std::string_view name, WallTime time) { put(name, json_quoted(rfc3339(time))); }
  void operator()(std::string_view name, bool value) { put(name, value ? "true" : "false"); }
  void operator()(std::string_view name, core::HolderKind kind) { put(name, json_quoted(word_of(kind))); }
  void operator()(std::string_view name, core::Loss loss) { put(name, json_quoted(word(loss))); }
  void operator()(std::string_view name, core::Drop drop) { put(name, json_quoted(word(drop))); }
  void operator()(std::string_view name, core::EditKind kind) { put(name, json_quoted(word(kind))); }
  void operator()(std::string_view name, core::DraftEnd how) { put(name, json_quoted(word(how))); }
  void operator()(std::string_view name, const text::Text& text) { put(name, json_quoted(bytes_of(text))); }
  void operator()(std::string_view name, const std::vector<std::string>& texts) {
    put(name, json_quoted(bytes_of(texts)));
  }
  void operator()(std::string_view, const core::Who& who) { fields(*this, who); }
  void operator()(std::string_view, const core::Granted& grant) { fields(*this, grant); }
  void operator()(std::string_view, const core::DraftKept& draft) { fields(*this, draft); }
  template <class T>
  void operator()(std::string_view name, const std::vector<T>& list) {
    std::string inner;
    for (const T& element : list) {
      std::string one;
      JsonArchive archive(one);
      fields(archive, element);
      inner += (inner.empty() ? "{" : ",{") + one + "}";
    }
    put(name, "[" + inner + "]");
  }

 private:
  void put(std::string_view name, std::string_view value) {
    if (!out_.empty()) out_ += ',';
    fmt::format_to(std::back_inserter(out_), "\"{}\":{}", name, value);
  }
  std::string& out_;
};

}  // namespace

std::string json_quoted(std::string_view text) {
  std::string out = "\"";
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t length = utf8_length(text, at);
    const auto byte = static_cast<unsigned char>(text[at]);
    if (length == 0) {
      out += "\\ufffd";
    } else if (length > 1) {
      // C1 controls (U+0080 to U+009F) steer terminals too.
      const bool control = length == 2 && byte == 0xc2 && static_cast<unsigned char>(text[at + 1]) < 0xa0;
      out += control ? fmt::format("\\u{:04x}", static_cast<unsigned char>(text[at + 1])) : text.substr(at, length);
    } else if (byte == '"' || byte == '\\') {
      out += {'\\', static_cast<char>(byte)};
    } else if (byte < 0x20 || byte == 0x7f) {
      out += fmt::format("\\u{:04x}", byte);
    } else {
      out += static_cast<char>(byte);
    }
    at += std::max<std::size_t>(length, 1);
  }
  return out + "\"";
}

std::string describe(const core::Effect& effect, Form form) {
  return std::visit(
      [&]<class E>(const E& e) {
        std::string out;
        if (form == Form::text) {
          TextArchive archive(out);
          fields(archive, e);
          return std::string{kind_of<E>.name} + (out.empty() ? "" : " ") + out;
        }
        JsonArchive archive(out);
        fields(archive, e);
        return fmt::format("{{\"effect\":\"{}\",{}}}", kind_of<E>.name, out);
      },
      effect);
}

}  // namespace holdfast::journal
