#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <optional>

#include "recording/edn.h"
#include "recording/foreign.h"
#include "recording/lines.h"
#include "recording/registry.h"

namespace holdfast::recording {
namespace {

/// Times that leave room for a ttl.
constexpr Nanos time_max = never / 4;

struct Asked {
  What what;
  std::string_view word;
};
constexpr Asked functions[] = {{What::acquire, "acquire"}, {What::acquire, "lock"}, {What::release, "release"},
                               {What::release, "unlock"},  {What::renew, "renew"},  {What::renew, "keep-alive"},
                               {What::query, "read"},      {What::query, "query"},  {What::takeover, "takeover"}};

class JepsenReader {
 public:
  JepsenReader(std::string_view text, const std::string& file, const Lock& lock) : edn_(text, file) {
    recording_.lock = lock;
    recording_.about = "a Jepsen history";
  }

  Result<Recording> read() {
    Edn form;
    while (true) {
      HF_TRY(any, edn_.next(form));
      if (!any) break;
      if (form.kind == Edn::Kind::sequence) {
        for (const Edn& item : form.items) HF_TRY_VOID(take(item));
      } else {
        HF_TRY_VOID(take(form));
      }
    }
    if (!any_) return edn_.damaged("there is no operation in it");
    if (recording_.names.empty()) recording_.names.emplace_back("lock");
    std::ranges::stable_sort(recording_.faults, {}, &Fault::at);
    return std::move(recording_);
  }

 private:
  Result<void> take(const Edn& map) {
    any_ = true;
    if (map.kind != Edn::Kind::map) return edn_.damaged(map.line, "an operation is a map");
    const Edn* type = map.at("type");
    const Edn* process = map.at("process");
    if (!type || type->kind != Edn::Kind::keyword) return edn_.damaged(map.line, ":type is missing, or no keyword");
    if (!process) return edn_.damaged(map.line, ":process is missing");
    HF_TRY(at, time(map));
    if (process->kind != Edn::Kind::integer) return take_fault(map, *type, at);
    if (process->integer < 0) return edn_.damaged(map.line, ":process is negative");
    if (type->text == "invoke") return take_invocation(map, *process, at);
    return take_completion(map, *type, *process, at);
  }

  /// The time of an operation; without any, its place.
  Result<Nanos> time(const Edn& map) {
    const Edn* time = map.at("time");
    Nanos at = now_ + 1;
    if (time && time->kind != Edn::Kind::nil) {
      if (time->kind != Edn::Kind::integer || time->integer < 0 || time->integer > time_max) {
        return edn_.damaged(map.line, ":time is not a number of nanoseconds from 0 on");
      }
      at = time->integer;
    }
    if (at < now_)
      return edn_.damaged(map.line, fmt::format(":time is {}, before that of the one above, {}", at, now_));
    now_ = at;
    return at;
  }

  /// What the nemesis does.
  Result<void> take_fault(const Edn& map, const Edn& type, Nanos at) {
    if (type.text == "invoke") return {};  // It is told again when it is done.
    const Edn* function = map.at("f");
    Fault fault{.at = at, .until = at, .what = function ? function->text : "fault"};
    recording_.faults.push_back(std::move(fault));
    return {};
  }

  Result<void> take_invocation(const Edn& map, const Edn& process, Nanos at) {
    const Edn* function = map.at("f");
    const std::string_view word = function ? std::string_view(function->text) : std::string_view{};
    const auto found = std::ranges::find(functions, word, &Asked::word);
    if (found == std::end(functions)) return edn_.damaged(map.line, fmt::format(":f {} is not understood", word));
    if (open_.contains(process.integer)) {
      return edn_.damaged(map.line, fmt::format("process {} asks again before it was answered", process.integer));
    }
    Operation operation{.called = at, .call = static_cast<std::uint32_t>(recording_.operations.size())};
    operation.client = registry_.client(std::to_string(process.integer));
    operation.what = found->what;
    operation.name = name_of(map);
    operation.token = token_of(map);
    open_[process.integer] = recording_.operations.size();
    recording_.operations.push_back(operation);
    return {};
  }

  Result<void> take_completion(const Edn& map, const Edn& type, const Edn& process, Nanos at) {
    const auto found = open_.find(process.integer);
    if (found == open_.end()) {
      return edn_.damaged(map.line, fmt::format("process {} is answered, but has not asked", process.integer));
    }
    Operation& operation = recording_.operations[found->second];
    open_.erase(found);
    operation.returned = at;
    if (type.text == "ok") {
      operation.outcome = Outcome::ok;
      const std::uint64_t token = token_of(map);
      if (operation.what == What::acquire || operation.what == What::takeover) operation.shown = token;
      if (operation.what == What::query) show_holder(map, operation);
      if (operation.shown != 0) recording_.lock.tokens = true;
    } else if (type.text == "fail") {
      operation.outcome = failed(map, operation.what);
    } else if (type.text == "info") {
      operation.outcome = Outcome::unknown;
      operation.returned = never;
    } else {
      return edn_.damaged(map.line, fmt::format(":type :{} is none of :invoke, :ok, :fail, :info", type.text));
    }
    return {};
  }

  /// A failure certainly did not happen. That somebody else holds, it only says if its error does.
  static Outcome failed(const Edn& map, What what) {
    const Edn* error = map.at("error");
    const std::string_view text = error ? std::string_view(error->text) : std::string_view{};
    if (text == "held" || text == "busy" || text == "locked" || text == "already-locked") return Outcome::busy;
    if (text == "not-held" || text == "not-owner" || text == "stale") return Outcome::stale;
    if (text == "timeout" || text == "wait-over") return what == What::acquire ? Outcome::over : Outcome::error;
    return Outcome::error;
  }

  static void show_holder(const Edn& map, Operation& operation) {
    const Edn* value = map.at("value");
    if (value && value->kind == Edn::Kind::sequence && value->items.size() == 2) value = &value->items[1];
    operation.held = value && value->kind != Edn::Kind::nil && !(value->kind == Edn::Kind::boolean && !value->boolean);
  }

  /// `:value [key v]` is about that key, unless it is a vector of something else.
  Index name_of(const Edn& map) {
    const Edn* value = map.at("value");
    const bool pair = value && value->kind == Edn::Kind::sequence && value->items.size() == 2;
    if (!pair) return registry_.name("lock");
    const Edn& key = value->items[0];
    return registry_.name(key.kind == Edn::Kind::integer ? std::to_string(key.integer) : key.text);
  }

  /// A whole number as the value, or under :token or :fence of one that is a map.
  static std::uint64_t token_of(const Edn& map) {
    const Edn* value = map.at("value");
    if (value && value->kind == Edn::Kind::sequence && value->items.size() == 2) value = &value->items[1];
    if (value && value->kind == Edn::Kind::map) {
      const Edn* token = value->at("token");
      value = token ? token : value->at("fence");
    }
    return value && value->kind == Edn::Kind::integer && value->integer > 0 ? static_cast<std::uint64_t>(value->integer)
                                                                            : 0;
  }

  EdnReader edn_;
  Recording recording_;
  Registry registry_{recording_};
  std::map<std::int64_t, std::size_t> open_;  ///< Of each process, the operation that is not answered yet.
  Nanos now_ = 0;
  bool any_ = false;
};

}  // namespace

Result<Recording> read_jepsen(std::string_view text, const std::string& file, const Lock& lock) {
  if (!is_utf8(text)) return fail(ErrorCode::recording_damaged, file + ":1: this is not UTF-8");
  return JepsenReader(text, file, lock).read();
}

}  // namespace holdfast::recording
