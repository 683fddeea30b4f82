#include "server/log.h"

#include <fmt/format.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <chrono>

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

std::string json_line(Log::Level level, std::string_view message, const Log::Fields& fields) {
  std::string line;
  api::JsonWriter json(line);
  json.text("time", now_text()).text("level", word(level)).text("message", message);
  for (const auto& [key, value] : fields) json.text(key, value);
  json.end();
  return line;
}

std::string text_line(Log::Level level, std::string_view message, const Log::Fields& fields) {
  std::string line = fmt::format("{} {:5} {}", now_text(), word(level), message);
  for (const auto& [key, value] : fields) {
    line += fmt::format("  {}=", key);
    api::append_json_string(line, value);
  }
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

void Log::write(Level level, std::string_view message, const Fields& fields) {
  if (!logger_->should_log(level_of(level))) return;
  logger_->log(level_of(level),
               form_ == Form::json ? json_line(level, message, fields) : text_line(level, message, fields));
}

Log::Form Log::usual_form() {
  return ::isatty(STDERR_FILENO) ? Form::text : Form::json;
}

}  // namespace holdfast::server
