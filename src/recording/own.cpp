#include "recording/own.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json/monotonic_resource.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <cmath>
#include <optional>
#include <unordered_map>

#include "recording/registry.h"
#include "recording/words.h"

namespace holdfast::recording {
namespace {

namespace json = boost::json;

constexpr int version = 1;

/// Keys of the outermost object of `text`, which is valid JSON. The parser keeps only the last of equal ones.
std::size_t keys_in(std::string_view text) {
  std::size_t keys = 0;
  int depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (quoted) {
      if (c == '\\') {
        ++i;
      } else if (c == '"') {
        quoted = false;
      }
    } else if (c == '"') {
      quoted = true;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']') {
      --depth;
    } else if (c == ':' && depth == 1) {
      ++keys;
    }
  }
  return keys;
}

/// The fields of one object. The first thing that is wrong is kept; what is asked after that is made up.
class Fields {
 public:
  explicit Fields(const json::object& object) : object_(object) {}

  bool has(std::string_view key) const { return object_.if_contains(key) != nullptr; }

  std::string_view text(std::string_view key) {
    const json::value* found = take(key);
    if (!found) return {};
    const json::string* string = found->if_string();
    if (!string) {
      wrong(key, "is not a text");
      return {};
    }
    const std::string_view value(string->data(), string->size());
    if (value.find('\0') != std::string_view::npos) wrong(key, "has a NUL in it");
    return value;
  }

  template <class Number>
  Number number(std::string_view key,
                std::uint64_t max = static_cast<std::uint64_t>(std::numeric_limits<Number>::max())) {
    const json::value* found = take(key);
    if (!found) return 0;
    std::uint64_t value = 0;
    if (const std::int64_t* small = found->if_int64(); small && *small >= 0) {
      value = static_cast<std::uint64_t>(*small);
    } else if (const std::uint64_t* great = found->if_uint64()) {
      value = *great;
    } else {
      wrong(key, found->is_number() ? "is not a whole number from 0 on, or too great" : "is not a number");
      return 0;
    }
    if (value > max) {
      wrong(key, fmt::format("is greater than {}", max));
      return 0;
    }
    return static_cast<Number>(value);
  }

  bool flag(std::string_view key) {
    const json::value* found = take(key);
    if (!found) return false;
    if (!found->is_bool()) wrong(key, "is neither true nor false");
    return found->is_bool() && found->get_bool();
  }

  double share(std::string_view key, double otherwise) {
    const json::value* found = take(key);
    if (!found) return otherwise;
    const double value = found->is_number() ? found->to_number<double>() : -1;
    if (!(value >= 0 && value <= 1)) {
      wrong(key, "is not a number from 0 to 1");
      return otherwise;
    }
    return value;
  }

  const json::object* object(std::string_view key) {
    const json::value* found = take(key);
    if (found && !found->is_object()) wrong(key, "is not an object");
    return found ? found->if_object() : nullptr;
  }

  void need(std::string_view key) {
    if (!has(key)) wrong(key, "is missing");
  }
  void wrong(std::string_view key, std::string_view what) {
    if (!wrong_) wrong_ = fmt::format("\"{}\" {}", key, what);
  }
  void say(std::string what) {
    if (!wrong_) wrong_ = std::move(what);
  }

  /// What is wrong with them, if anything: also a field that nobody asked for.
  std::optional<std::string> problem() {
    if (!wrong_ && taken_ != object_.size()) {
      for (const auto& member : object_) {
        const std::string_view key(member.key().data(), member.key().size());
        if (std::ranges::find(keys_, key) == keys_.end()) {
          wrong(key, "is not a field of this line");
          break;
        }
      }
    }
    return wrong_;
  }

 private:
  const json::value* take(std::string_view key) {
    const json::value* found = object_.if_contains(key);
    if (found) {
      if (taken_ < keys_.size()) keys_[taken_] = key;
      ++taken_;
    }
    return found;
  }

  const json::object& object_;
  std::array<std::string_view, 24> keys_{};
  std::size_t taken_ = 0;
  std::optional<std::string> wrong_;
};

class OwnReader {
 public:
  explicit OwnReader(Lines& lines) : lines_(lines) {}

  Result<Recording> read() {
    std::string_view line;
    bool header = false;
    while (true) {
      HF_TRY(any, lines_.next(line));
      if (!any) break;
      if (line.find_first_not_of(" \t") == std::string_view::npos) {
        return lines_.damaged("the line is empty");
      }
      if (!is_utf8(line)) return lines_.damaged("the line is not UTF-8");
      HF_TRY_VOID(take(line, header));
      header = true;
    }
    if (!header) return lines_.damaged("there is no recording: the text is empty");
    for (std::size_t i = 0; i < recording_.operations.size(); ++i) {
      if (!answered_[i]) recording_.operations[i].outcome = Outcome::unknown;
    }
    return std::move(recording_);
  }

 private:
  Result<void> take(std::string_view line, bool header) {
    std::array<unsigned char, 4096> buffer;
    json::monotonic_resource memory(buffer.data(), buffer.size());
    json::error_code error;
    const json::value value = json::parse({line.data(), line.size()}, error, &memory);
    if (error) return lines_.damaged("this is not a whole line of JSON: " + error.message());
    if (!value.is_object()) return lines_.damaged("the line is not an object");
    const json::object& object = value.get_object();
    if (keys_in(line) != object.size()) return lines_.damaged("a field is given twice");
    Fields fields(object);
    if (!header) {
      read_header(fields);
    } else {
      read_line(fields);
    }
    if (const auto problem = fields.problem()) return lines_.damaged(*problem);
    return {};
  }

  void read_header(Fields& fields) {
    fields.need("holdfast_recording");
    const int found = fields.number<int>("holdfast_recording");
    if (found != version) {
      fields.wrong("holdfast_recording", fmt::format("is {}; this program reads version {}", found, version));
    }
    recording_.about = fields.text("about");
    fields.need("lock");
    if (const json::object* lock = fields.object("lock")) read_lock(*lock, fields);
  }

  void read_lock(const json::object& object, Fields& outer) {
    Fields fields(object);
    Lock& lock = recording_.lock;
    fields.need("kind");
    if (const auto kind = lock_kind_of(fields.text("kind"))) {
      lock.kind = *kind;
    } else {
      fields.wrong("kind", "is none of mutex, shared, permits");
    }
    if (fields.has("permits")) lock.permits = fields.number<std::uint32_t>("permits");
    if (lock.permits == 0) fields.wrong("permits", "is 0");
    lock.tokens = fields.flag("tokens");
    lock.dense = fields.flag("dense");
    lock.leases = fields.flag("leases");
    lock.late_renewal = fields.flag("late_renewal");
    lock.joins = fields.flag("joins");
    lock.reentrant = fields.flag("reentrant");
    lock.fifo = fields.flag("fifo");
    lock.drift = fields.share("drift", lock.drift);
    if (const auto problem = fields.problem()) outer.say("in \"lock\": " + *problem);
  }

  void read_line(Fields& fields) {
    if (fields.has("call")) return read_call(fields);
    if (fields.has("return")) return read_return(fields);
    if (fields.has("loss")) return read_loss(fields);
    if (fields.has("sighting")) return read_sighting(fields);
    if (fields.has("fault")) return read_fault(fields);
    if (fields.has("client")) return declare_client(fields);
    if (fields.has("name")) return declare_name(fields);
    fields.say("nobody knows what this line is: it has none of call, return, loss, sighting, fault, client, name");
  }

  void declare_client(Fields& fields) {
    const std::string_view text = fields.text("client");
    if (registry_.knows_client(text)) fields.wrong("client", "is declared twice, or after it was met");
    recording_.clients[registry_.client(text)].owner = fields.text("owner");
  }

  void declare_name(Fields& fields) {
    const std::string_view text = fields.text("name");
    if (registry_.knows_name(text)) fields.wrong("name", "is declared twice, or after it was met");
    registry_.name(text);
  }

  /// The time of a line that has its place among the others.
  Nanos time(Fields& fields) {
    fields.need("at");
    const Nanos at = fields.number<Nanos>("at", longest);
    if (at < now_) fields.wrong("at", fmt::format("is {}, before that of the line above, {}", at, now_));
    now_ = std::max(now_, at);
    return at;
  }

  Index client(Fields& fields, std::string_view key) {
    return fields.has(key) ? registry_.client(fields.text(key)) : nobody;
  }

  void read_call(Fields& fields) {
    Operation operation;
    operation.call = fields.number<std::uint32_t>("call");
    operation.called = time(fields);
    operation.client = client(fields, "client");
    fields.need("client");
    fields.need("what");
    if (const auto what = what_of(fields.text("what"))) {
      operation.what = *what;
    } else {
      fields.wrong("what", "is nothing that can be asked");
    }
    fields.need("name");
    operation.name = registry_.name(fields.text("name"));
    operation.token = fields.number<std::uint64_t>("token");
    operation.shared = fields.flag("shared");
    operation.value = fields.number<std::uint64_t>("value");
    operation.ttl = fields.number<Nanos>("ttl", longest);
    operation.waited = fields.number<Nanos>("waited", longest);
    operation.holder = client(fields, "holder");
    add(fields, operation);
  }

  void add(Fields& fields, const Operation& operation) {
    if (recording_.operations.size() >= std::numeric_limits<std::uint32_t>::max() - 1) {
      fields.say("there are more operations than can be numbered");
      return;
    }
    const auto own = static_cast<std::uint32_t>(recording_.operations.size());
    const auto [found, fresh] = calls_.try_emplace(operation.call, Call{own, 1});
    if (!fresh && !joins_set(found->second, operation)) {
      fields.wrong("call", fmt::format("{} is used twice", operation.call));
      return;
    }
    if (!fresh) ++found->second.count;
    recording_.operations.push_back(operation);
    answered_.push_back(false);
  }

  struct Call {
    std::uint32_t first;  ///< Into the operations.
    std::uint32_t count;  ///< More than one: it is for a set, whose lines follow one another.
  };

  /// Whether `operation` is about another name of a set that is asked for in one call.
  bool joins_set(const Call& call, const Operation& operation) const {
    if (call.first + call.count != recording_.operations.size()) return false;
    for (std::uint32_t i = call.first; i < call.first + call.count; ++i) {
      const Operation& other = recording_.operations[i];
      if (answered_[i] || other.name == operation.name || other.client != operation.client ||
          other.what != operation.what || other.called != operation.called) {
        return false;
      }
    }
    return true;
  }

  Operation* returning(Fields& fields) {
    const auto number = fields.number<std::uint32_t>("return");
    const auto found = calls_.find(number);
    if (found == calls_.end()) {
      fields.wrong("return", fmt::format("{} was never called", number));
      return nullptr;
    }
    const Call call = found->second;
    const bool named = fields.has("name");
    const Index name = named ? registry_.name(fields.text("name")) : nobody;
    if (!named && call.count > 1) fields.wrong("name", "is missing, and the call is for several");
    for (std::uint32_t i = call.first; i < call.first + call.count; ++i) {
      if (named && recording_.operations[i].name != name) continue;
      if (answered_[i]) {
        fields.wrong("return", fmt::format("{} has returned already", number));
        return nullptr;
      }
      answered_[i] = true;
      return &recording_.operations[i];
    }
    fields.wrong("name", fmt::format("is not what call {} was about", number));
    return nullptr;
  }

  void read_return(Fields& fields) {
    Operation* const found = returning(fields);
    Operation scratch;
    Operation& operation = found ? *found : scratch;
    operation.returned = time(fields);
    fields.need("outcome");
    if (const auto outcome = outcome_of(fields.text("outcome"))) {
      operation.outcome = *outcome;
    } else {
      fields.wrong("outcome", "is no outcome");
    }
    operation.held = fields.flag("held");
    operation.joined = fields.flag("joined");
    if (fields.flag("shared")) operation.shared = true;
    operation.shown = fields.number<std::uint64_t>("shown");
    operation.previous = fields.number<std::uint64_t>("previous");
    if (fields.has("value")) operation.value = fields.number<std::uint64_t>("value");
    if (operation.outcome != Outcome::unknown) {  // What was asked for counts only where nobody knows what was given.
      operation.ttl = fields.number<Nanos>("ttl", longest);
      operation.waited = fields.number<Nanos>("waited", longest);
      operation.holder = client(fields, "holder");
    }
  }

  void read_loss(Fields& fields) {
    Loss loss;
    loss.why = fields.text("loss");
    loss.at = time(fields);
    loss.client = client(fields, "client");
    fields.need("name");
    loss.name = registry_.name(fields.text("name"));
    loss.token = fields.number<std::uint64_t>("token");
    recording_.losses.push_back(std::move(loss));
  }

  void read_sighting(Fields& fields) {
    Sighting sighting;
    if (const auto kind = sighting_of(fields.text("sighting"))) {
      sighting.kind = *kind;
    } else {
      fields.wrong("sighting", "is none of granted, ended, other, gap");
    }
    sighting.at = time(fields);
    sighting.watcher = client(fields, "watcher");
    if (fields.has("name")) sighting.name = registry_.name(fields.text("name"));
    if (sighting.kind != Sighting::Kind::gap) fields.need("name");
    sighting.position = fields.number<std::uint64_t>("position");
    sighting.token = fields.number<std::uint64_t>("token");
    recording_.sightings.push_back(sighting);
  }

  /// A fault may be written when it is over, so it has no place among the others.
  void read_fault(Fields& fields) {
    Fault fault;
    fault.what = fields.text("fault");
    fields.need("at");
    fault.at = fields.number<Nanos>("at", longest);
    fault.until = fields.has("until") ? fields.number<Nanos>("until") : fault.at;
    if (fault.until < fault.at) fields.wrong("until", "is before \"at\"");
    fault.client = client(fields, "client");
    recording_.faults.push_back(std::move(fault));
  }

  /// Of a time, a ttl or a wait: their sum is still a time.
  static constexpr std::uint64_t longest = static_cast<std::uint64_t>(never) / 4;

  Lines& lines_;
  Recording recording_;
  Registry registry_{recording_};
  std::unordered_map<std::uint32_t, Call> calls_;
  std::vector<bool> answered_;
  Nanos now_ = 0;
};

}  // namespace

Result<Recording> read_own(Lines& lines) {
  return OwnReader(lines).read();
}

}  // namespace holdfast::recording
