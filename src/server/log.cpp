#include "server/log.h"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>
#include <utf8proc.h>

#include <chrono>
#include <iterator>

#include "api/json_text.h"
#include "base/time.h"

namespace holdfast::server {
namespace {

spdlog::level::level_enum level_of(Log::Level level) {
  switch (level) {
    case Log::Level::debug:
      return spdlog::level::debug;
    case Log::Level::info:
      return spdlog::level::info;
    case Log::Level::warn:
      return spdlog::level::warn;
    case Log::Level::error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

std::string_view word(Log::Level level) {
  switch (level) {
    case Log::Level::debug:
      return "DEBUG";
    case Log::Level::info:
      return "INFO";
    case Log::Level::warn:
      return "WARN";
    case Log::Level::error:
      return "ERROR";
  }
  return "INFO";
}

std::string now_text() {
  return rfc3339(std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now()));
}

/// Moves the cursor, ends the line, or turns the direction of what follows.
bool is_unseen(utf8proc_int32_t character) {
  const utf8proc_category_t category = utf8proc_category(character);
  return category == UTF8PROC_CATEGORY_CC || category == UTF8PROC_CATEGORY_CF || category == UTF8PROC_CATEGORY_ZL ||
         category == UTF8PROC_CATEGORY_ZP;
}

void append_escape(std::string& out, utf8proc_int32_t character) {
  if (character == '\n') {
    out += "\\n";
  } else if (character == '\t') {
    out += "\\t";
  } else if (character <= 0xFFFF) {
    fmt::format_to(std::back_inserter(out), "\\u{:04x}", character);
  } else {  // As JSON wants them: two halves.
    const auto rest = character - 0x10000;
    fmt::format_to(std::back_inserter(out), "\\u{:04x}\\u{:04x}", 0xD800 + (rest >> 10), 0xDC00 + (rest & 0x3FF));
  }
}

void append_escaped(std::string& out, std::string_view text) {
  constexpr std::string_view no_utf8 = "\uFFFD";
  while (!text.empty()) {
    utf8proc_int32_t character = 0;
    const utf8proc_ssize_t read = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                                                   static_cast<utf8proc_ssize_t>(text.size()), &character);
    const std::size_t bytes = read > 0 ? static_cast<std::size_t>(read) : 1;
    if (read <= 0) {
      out += no_utf8;
    } else if (is_unseen(character)) {
      append_escape(out, character);
    } else {
      if (character == '"' || character == '\\') out += '\\';
      out += text.substr(0, bytes);
    }
    text.remove_prefix(bytes);
  }
}

std::string in_quotes(std::string_view text) {
  std::string out = "\"";
  append_escaped(out, text);
  return out + '"';
}

std::string json_line(std::string_view time, std::string_view level, std::string_view message,
                      const Log::Fields& fields) {
  std::string line;
  api::JsonWriter json(line);
  json.text("time", time).text("level", level).raw("message", in_quotes(message));
  for (const auto& [key, value] : fields) json.raw(key, in_quotes(value));
  json.end();
  return line;
}

std::string text_line(std::string_view time, std::string_view level, std::string_view message,
                      const Log::Fields& fields) {
  std::string line = fmt::format("{} {:5} ", time, level);
  append_escaped(line, message);
  for (const auto& [key, value] : fields) line += fmt::format("  {}={}", key, in_quotes(value));
  return line;
}

}  // namespace

Log::Log(Form form, Level least)
    : form_(form),
      logger_(std::make_shared<spdlog::logger>("holdfast", std::make_shared<spdlog::sinks::stderr_sink_mt>())) {
  logger_->set_pattern("%v");
  logger_->set_level(level_of(least));
}

Log::~Log() = default;

std::string Log::line(Form form, std::string_view time, Level level, std::string_view message, const Fields& fields) {
  return form == Form::json ? json_line(time, word(level), message, fields)
                            : text_line(time, word(level), message, fields);
}

void Log::write(Level level, std::string_view message, const Fields& fields) {
  if (!logger_->should_log(level_of(level))) return;
  logger_->log(level_of(level), line(form_, now_text(), level, message, fields));
}

Log::Form Log::usual_form() {
  return ::isatty(STDERR_FILENO) ? Form::text : Form::json;
}

}  // namespace holdfast::server
