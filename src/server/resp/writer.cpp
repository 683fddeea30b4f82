#include "server/resp/writer.h"

#include <array>
#include <charconv>
#include <cmath>
#include <limits>

namespace holdfast::server::resp {
namespace {

/// `mark`, `number` and the end of the line, in one append: most answers are little else.
void append_number(std::string& out, char mark, std::int64_t number) {
  std::array<char, 24> line;
  line[0] = mark;
  char* end = std::to_chars(line.data() + 1, line.data() + line.size() - 2, number).ptr;
  *end++ = '\r';
  *end++ = '\n';
  out.append(line.data(), static_cast<std::size_t>(end - line.data()));
}

void append_count(std::string& out, char mark, std::size_t count) {
  append_number(out, mark, static_cast<std::int64_t>(count));
}

void append_line(std::string& out, char mark, std::string_view text) {
  out += mark;
  const std::size_t begin = out.size();
  out.append(text);
  for (std::size_t i = begin; i < out.size(); ++i) {
    if (out[i] == '\r' || out[i] == '\n') out[i] = ' ';
  }
  out.append("\r\n");
}

/// The shortest text that reads back as `value`.
std::string_view shortest(double value, std::array<char, 32>& room) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value > 0 ? "inf" : "-inf";
  return {room.data(), static_cast<std::size_t>(std::to_chars(room.begin(), room.end(), value).ptr - room.data())};
}

/// Without its fraction. What no integer is becomes the nearest one.
std::int64_t whole(double value) {
  constexpr double bound = 9223372036854775808.0;
  if (std::isnan(value)) return 0;
  if (value >= bound) return std::numeric_limits<std::int64_t>::max();
  if (value < -bound) return std::numeric_limits<std::int64_t>::min();
  return static_cast<std::int64_t>(value);
}

}  // namespace

void Writer::status(std::string_view text) {
  if (text == "OK") {
    out_.append("+OK\r\n", 5);
  } else {
    append_line(out_, '+', text);
  }
}

void Writer::error(std::string_view text) {
  append_line(out_, '-', text);
}

void Writer::integer(std::int64_t value) {
  append_number(out_, ':', value);
}

void Writer::text(std::string_view text) {
  append_count(out_, '$', text.size());
  out_.append(text).append("\r\n");
}

void Writer::null() {
  out_.append(version_ == Version::resp3 ? "_\r\n" : "$-1\r\n");
}

void Writer::boolean(bool value) {
  if (version_ == Version::resp2) return integer(value ? 1 : 0);
  out_.append(value ? "#t\r\n" : "#f\r\n");
}

void Writer::real(double value) {
  std::array<char, 32> room;
  const std::string_view shown = shortest(value, room);
  if (version_ == Version::resp2) return text(shown);
  append_line(out_, ',', shown);
}

void Writer::list(std::size_t count) {
  append_count(out_, '*', count);
}

void Writer::map(std::size_t pairs) {
  version_ == Version::resp3 ? append_count(out_, '%', pairs) : append_count(out_, '*', 2 * pairs);
}

void Writer::push(std::size_t count) {
  append_count(out_, version_ == Version::resp3 ? '>' : '*', count);
}

void Writer::verbatim(std::string_view text) {
  if (version_ == Version::resp2) return this->text(text);
  append_count(out_, '=', text.size() + 4);
  out_.append("txt:").append(text).append("\r\n");
}

void Writer::value(const script::Value& value) {
  struct Show {
    Writer& to;
    void operator()(script::Nil) const { to.null(); }
    void operator()(bool truth) const { truth ? to.integer(1) : to.null(); }
    void operator()(std::int64_t number) const { to.integer(number); }
    void operator()(double number) const { to.integer(whole(number)); }
    void operator()(const script::Text& shown) const { to.text(shown.text); }
    void operator()(const script::Status& shown) const { to.status(shown.text); }
    void operator()(const script::Failure& shown) const { to.error(shown.text); }
    void operator()(const script::List& items) const {
      to.list(items.size());
      for (const script::Value& item : items) to.value(item);
    }
  };
  std::visit(Show{*this}, value.is);
}

}  // namespace holdfast::server::resp
