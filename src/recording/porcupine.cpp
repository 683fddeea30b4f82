#include <fmt/format.h>

#include <algorithm>
#include <boost/json/parser.hpp>
#include <boost/json/value.hpp>
#include <optional>

#include "recording/foreign.h"
#include "recording/lines.h"
#include "recording/registry.h"

namespace holdfast::recording {
namespace {

namespace json = boost::json;

constexpr std::uint64_t stamp_max = static_cast<std::uint64_t>(never) / 4;

std::string_view text_of(const json::string& string) {
  return {string.data(), string.size()};
}

/// The member of `object` called so, in any case of letters.
const json::value* member(const json::object& object, std::string_view name) {
  for (const auto& pair : object) {
    const std::string_view key(pair.key().data(), pair.key().size());
    const bool same = std::ranges::equal(key, name, [](char a, char b) {
      const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
      return lower(a) == lower(b);
    });
    if (same) return &pair.value();
  }
  return nullptr;
}

std::optional<std::uint64_t> whole(const json::value* value) {
  if (!value) return std::nullopt;
  if (const std::int64_t* number = value->if_int64(); number && *number >= 0)
    return static_cast<std::uint64_t>(*number);
  if (const std::uint64_t* number = value->if_uint64()) return *number;
  return std::nullopt;
}

class PorcupineReader {
 public:
  PorcupineReader(std::string_view text, const std::string& file, const Lock& lock) : text_(text), file_(file) {
    recording_.lock = lock;
    recording_.about = "a history as Porcupine has it";
  }

  Result<Recording> read() {
    json::error_code error;
    json::parser parser({}, {.max_depth = 32});
    const std::size_t parsed = parser.write(text_.data(), text_.size(), error);
    if (error) {
      const auto line = 1 + std::count(text_.begin(), text_.begin() + static_cast<std::ptrdiff_t>(parsed), '\n');
      return fail(ErrorCode::recording_damaged,
                  fmt::format("{}:{}: this is not JSON: {}", file_, line, error.message()));
    }
    const json::value value = parser.release();
    const json::value* operations = &value;
    if (const json::object* outer = value.if_object()) operations = member(*outer, "operations");
    if (!operations || !operations->is_array())
      return fail(ErrorCode::recording_damaged, file_ + ":1: there is no array of operations");
    for (const json::value& one : operations->get_array()) {
      ++number_;
      HF_TRY_VOID(take(one));
    }
    if (number_ == 0) return fail(ErrorCode::recording_damaged, file_ + ":1: there is no operation in it");
    finish();
    return std::move(recording_);
  }

 private:
  /// JSON as a whole has no lines: the operation is named by its number.
  std::unexpected<Error> damaged(std::string_view what) const {
    return fail(ErrorCode::recording_damaged, fmt::format("{}: operation {}: {}", file_, number_, what));
  }

  Result<void> take(const json::value& value) {
    const json::object* one = value.if_object();
    if (!one) return damaged("it is not an object");
    Operation operation;
    HF_TRY_VOID(take_client(*one, operation));
    const auto call = whole(member(*one, "Call"));
    if (!call || *call > stamp_max) return damaged("Call is not a time");
    operation.called = static_cast<Nanos>(*call);
    const json::value* returned = member(*one, "Return");
    const bool open = !returned || returned->is_null() || (returned->is_int64() && returned->get_int64() < 0) ||
                      (whole(returned) && *whole(returned) > stamp_max);
    if (!open) {
      const auto at = whole(returned);
      if (!at) return damaged("Return is not a time");
      if (static_cast<Nanos>(*at) < operation.called) return damaged("Return is before Call");
      operation.returned = static_cast<Nanos>(*at);
    }
    HF_TRY_VOID(take_input(member(*one, "Input"), operation));
    if (!open) HF_TRY_VOID(take_output(member(*one, "Output"), operation));
    if (operation.outcome == Outcome::unknown) operation.returned = never;
    recording_.operations.push_back(operation);
    return {};
  }

  Result<void> take_client(const json::object& one, Operation& operation) {
    const json::value* client = member(one, "ClientId");
    if (const auto number = whole(client)) {
      operation.client = registry_.client(std::to_string(*number));
    } else if (client && client->is_string()) {
      operation.client = registry_.client(text_of(client->get_string()));
    } else {
      return damaged("ClientId is missing");
    }
    return {};
  }

  Result<void> take_input(const json::value* input, Operation& operation) {
    std::string_view word, key = "lock";
    if (input && input->is_string()) {
      word = text_of(input->get_string());
    } else if (const json::object* object = input ? input->if_object() : nullptr) {
      for (const char* const name : {"op", "f", "what"}) {
        if (const json::value* found = member(*object, name); found && found->is_string())
          word = text_of(found->get_string());
      }
      for (const char* const name : {"key", "name"}) {
        if (const json::value* found = member(*object, name); found && found->is_string())
          key = text_of(found->get_string());
      }
      operation.token = whole(member(*object, "token")).value_or(0);
    }
    if (word == "acquire" || word == "lock") {
      operation.what = What::acquire;
    } else if (word == "release" || word == "unlock") {
      operation.what = What::release;
    } else if (word == "renew") {
      operation.what = What::renew;
    } else if (word == "query" || word == "read") {
      operation.what = What::query;
    } else {
      return damaged(fmt::format("Input asks {}, which is not understood", word.empty() ? "nothing" : word));
    }
    operation.name = registry_.name(key);
    return {};
  }

  Result<void> take_output(const json::value* output, Operation& operation) {
    if (!output || output->is_null()) {
      operation.outcome = Outcome::unknown;
      return {};
    }
    if (output->is_bool()) {
      answer(output->get_bool(), operation);
      return {};
    }
    if (output->is_string()) return answer(text_of(output->get_string()), operation);
    const json::object* object = output->if_object();
    if (!object) return damaged("Output is neither true, false, a word, an object nor null");
    if (const json::value* unknown = member(*object, "unknown"); unknown && unknown->is_bool() && unknown->get_bool()) {
      operation.outcome = Outcome::unknown;
      return {};
    }
    const json::value* ok = member(*object, "ok");
    if (!ok || !ok->is_bool()) return damaged("Output has no \"ok\" that is true or false");
    answer(ok->get_bool(), operation);
    const std::uint64_t token = whole(member(*object, "token")).value_or(0);
    if (operation.outcome == Outcome::ok || operation.outcome == Outcome::busy) operation.shown = token;
    if (operation.outcome == Outcome::ok && operation.what == What::acquire && token != 0) tokens_ = true;
    return {};
  }

  Result<void> answer(std::string_view word, Operation& operation) {
    if (word == "ok" || word == "held") {
      answer(true, operation);
    } else if (word == "busy" || word == "stale" || word == "free") {
      answer(false, operation);
    } else if (word == "unknown") {
      operation.outcome = Outcome::unknown;
    } else if (word == "error") {
      operation.outcome = Outcome::error;
    } else {
      return damaged(fmt::format("Output {} is not understood", word));
    }
    return {};
  }

  static void answer(bool yes, Operation& operation) {
    if (operation.what == What::query) {
      operation.outcome = Outcome::ok;
      operation.held = yes;
    } else {
      operation.outcome = yes ? Outcome::ok : operation.what == What::acquire ? Outcome::busy : Outcome::stale;
    }
  }

  void finish() {
    recording_.lock.tokens = recording_.lock.tokens || tokens_;
    std::ranges::stable_sort(recording_.operations, {}, &Operation::called);
    for (std::size_t i = 0; i < recording_.operations.size(); ++i) {
      recording_.operations[i].call = static_cast<std::uint32_t>(i);
    }
  }

  std::string_view text_;
  const std::string& file_;
  Recording recording_;
  Registry registry_{recording_};
  std::size_t number_ = 0;
  bool tokens_ = false;
};

}  // namespace

Result<Recording> read_porcupine(std::string_view text, const std::string& file, const Lock& lock) {
  if (!is_utf8(text)) return fail(ErrorCode::recording_damaged, file + ":1: this is not UTF-8");
  return PorcupineReader(text, file, lock).read();
}

}  // namespace holdfast::recording
