#include "server/resp/lease_commands.h"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <cctype>
#include <string>

#include "base/check.h"

namespace holdfast::server::resp {
namespace {

namespace json = boost::json;

/// How deep an answer may be: what a client sent along with a lease lies in it, and may be 32 deep itself.
constexpr std::size_t depth_max = 64;

std::string_view view(const json::string& text) {
  return {text.data(), text.size()};
}

void write(Writer& writer, const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      return writer.null();
    case json::kind::bool_:
      return writer.boolean(value.get_bool());
    case json::kind::int64:
      return writer.integer(value.get_int64());
    case json::kind::uint64:  // Too great to be an integer here; only what clients sent along can be.
      return writer.real(static_cast<double>(value.get_uint64()));
    case json::kind::double_:
      return writer.real(value.get_double());
    case json::kind::string:
      return writer.text(view(value.get_string()));
    case json::kind::array:
      writer.list(value.get_array().size());
      for (const json::value& item : value.get_array()) write(writer, item);
      return;
    case json::kind::object:
      writer.map(value.get_object().size());
      for (const json::key_value_pair& member : value.get_object()) {
        writer.text({member.key().data(), member.key().size()});
        write(writer, member.value());
      }
      return;
  }
}

json::value parse(std::string_view text) {
  json::parse_options options;
  options.max_depth = depth_max;
  json::error_code error;
  json::value value = json::parse({text.data(), text.size()}, error, {}, options);
  HF_CHECK(!error);  // It is our own.
  return value;
}

std::string capitals(std::string_view word) {
  std::string out{word};
  for (char& c : out) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return out;
}

/// A problem in one line: its code, its sentence, and in parentheses whatever else a program may want to know.
void write_error(Writer& writer, const api::Written& written) {
  const json::value value = parse(written.body);
  const json::object& problem = value.get_object();
  const auto text_of = [&](std::string_view key) {
    const json::value* found = problem.if_contains({key.data(), key.size()});
    return found && found->is_string() ? view(found->get_string()) : std::string_view{};
  };
  std::string line = capitals(text_of("code"));
  line.append(" ").append(text_of("detail")).append(" (");
  if (const std::string_view field = text_of("field"); !field.empty())
    line.append("field: ").append(field).append("; ");
  line.append("fate: ").append(text_of("fate"));
  if (written.retry_after_s > 0) line.append("; retry_after_ms: ").append(std::to_string(written.retry_after_s * 1000));
  line.append(")");
  writer.error(line);
}

}  // namespace

bool is_lease_command(std::string_view command) {
  return command.find('.') != std::string_view::npos && api::operation_of_command(command) != nullptr;
}

Result<LeaseCall> read_lease_command(std::span<const std::string_view> words, const api::Context& context,
                                     std::string_view owner) {
  const std::string_view command = words.empty() ? std::string_view{} : words.front();
  const api::Operation* const operation = api::operation_of_command(command);
  if (!operation) return fail(ErrorCode::unknown_command, {}, std::string{command});
  HF_TRY(form, api::form_of_words(*operation, words.subspan(1), owner));
  HF_TRY(call, operation->read(form, context));
  return LeaseCall{operation, std::move(call)};
}

void write_lease_answer(Writer& writer, const api::Operation& operation, const core::Reply& reply,
                        const api::Context& context) {
  write_answer(writer, api::write_reply(operation, reply, context));
}

void write_answer(Writer& writer, const api::Written& written) {
  constexpr int refused = 409;
  if (written.problem && written.status != refused) return write_error(writer, written);
  write_json(writer, written.body);
}

void write_problem(Writer& writer, const Error& error) {
  write_error(writer, api::problem(error));
}

void write_json(Writer& writer, std::string_view json) {
  write(writer, parse(json));
}

}  // namespace holdfast::server::resp
