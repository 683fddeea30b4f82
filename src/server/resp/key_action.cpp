#include "server/resp/key_action.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <optional>

#include "api/form.h"
#include "api/names.h"
#include "server/resp/connection_commands.h"

namespace holdfast::server::resp {
namespace {

using core::Key;
using core::Proof;
using script::Value;
using Words = std::span<const std::string_view>;
using namespace std::chrono_literals;

constexpr std::size_t many = std::numeric_limits<std::size_t>::max();

Value ok() {
  return {script::Status{"OK"}};
}
Value number(std::int64_t n) {
  return {n};
}
Value nil() {
  return {script::Nil{}};
}
Value value_of(const Key& key, const std::string& name) {
  if (!key.held) return nil();
  return {script::Text{key.value, name}};
}
Value refused(ErrorCode code, const std::string& name) {
  return failure_of(Error{code, "key " + name});
}

std::unexpected<Error> no_such_option(std::string_view command, std::string_view word) {
  return fail(ErrorCode::bad_request,
              fmt::format("{} does not have the option '{}' here", command, word.substr(0, 64)));
}

Result<std::int64_t> read_integer(std::string_view field, std::string_view digits) {
  std::int64_t read = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), read);
  if (error == std::errc{} && end == digits.data() + digits.size()) return read;
  return fail(ErrorCode::bad_field, fmt::format("{} must be a whole number, and is '{}'", field, digits.substr(0, 64)),
              std::string{field});
}

Result<std::string> read_text(std::string_view text) {
  return std::string{text};
}

/// The words from `first` on, as names.
Result<std::vector<std::string>> read_names(Words words) {
  std::vector<std::string> names;
  names.reserve(words.size());
  for (const std::string_view word : words) {
    HF_TRY(name, api::canonical_name(word));
    names.push_back(std::move(name));
  }
  return names;
}

Proof proof_of(const KeyRun& run, const std::string& name) {
  return run.proved.contains(name) ? Proof::value : Proof::connection;
}

/// How long the key will still be there: not the moment longer that leases have against slow clocks.
Duration left_of(const Key& key) {
  return std::min(key.ends_in, key.ttl);
}

// --- SET and its relatives.

struct Set {
  enum class When { always, free, held, equal };
  enum class Answer { words, number };  ///< OK or nil; 1 or 0.
  std::string name;
  std::string value;
  Duration ttl = core::forever;
  bool keep_ttl = false;
  When when = When::always;
  std::string expected;
  bool get = false;
  Answer answer = Answer::words;

  Value operator()(KeyRun& run) const {
    const Key now = run.keys.look(name);
    const bool meant = when == When::always || (when == When::free && !now.held) || (when == When::held && now.held) ||
                       (when == When::equal && now.held && now.value == expected);
    const ErrorCode code = !meant ? ErrorCode::held : now.held ? replace(run, now) : begin(run);
    const bool done = code == ErrorCode::none;
    if (!done && meant && !(code == ErrorCode::held && when == When::free)) return refused(code, name);
    if (get) return value_of(now, name);
    if (answer == Answer::number) return number(done ? 1 : 0);
    return done ? ok() : nil();
  }

 private:
  core::Acquire want(const KeyRun& run, Duration for_time) const {
    return {.name = name, .who = {run.caller.owner, value}, .ttl = for_time, .from = run.caller.from, .anew = true};
  }
  ErrorCode begin(KeyRun& run) const {
    run.proved.erase(name);
    return run.keys.take(want(run, ttl));
  }
  ErrorCode replace(KeyRun& run, const Key& now) const {
    const Proof proof = when == When::equal ? Proof::value : proof_of(run, name);
    if (now.value == value) return keep_ttl ? run.keys.may_touch(name, proof) : run.keys.renew(name, ttl, proof);
    const ErrorCode code = run.keys.pass_on(want(run, keep_ttl ? left_of(now) : ttl), proof);
    if (code == ErrorCode::none) run.proved.erase(name);
    return code;
  }
};

std::int64_t wall_now_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

/// One of the words that say how long, with the word behind it. None: it is not one of them.
struct Expiry {
  std::string_view word;
  Duration unit;
  bool at;  ///< A time of day, instead of a time from now.
};
constexpr std::array expiries{Expiry{"ex", 1s, false}, Expiry{"px", 1ms, false}, Expiry{"exat", 1s, true},
                              Expiry{"pxat", 1ms, true}};

Result<Duration> read_time_of_day(std::string_view field, std::string_view digits, Duration unit) {
  HF_TRY(at, read_integer(field, digits));
  const std::int64_t to_ms = unit / 1ms;
  const bool sane = at > 0 && at < std::numeric_limits<std::int64_t>::max() / to_ms;
  // A time that is over, or too far away, is out of the bounds of a ttl like any other.
  return read_ttl(field, std::to_string(sane ? at * to_ms - wall_now_ms() : 0), 1ms);
}

Result<KeyAction> read_set(Words words) {
  Set set;
  HF_TRY(name, api::canonical_name(words[1]));
  HF_TRY(value, read_value(words[2]));
  set.name = std::move(name);
  set.value = std::move(value);
  bool conditional = false, timed = false;
  for (std::size_t i = 3; i < words.size(); ++i) {
    const auto condition = [&](Set::When when) {
      set.when = when;
      return !std::exchange(conditional, true);
    };
    const auto expiry =
        std::ranges::find_if(expiries, [&](const Expiry& each) { return is_word(words[i], each.word); });
    bool fits = true;
    if (is_word(words[i], "nx")) {
      fits = condition(Set::When::free);
    } else if (is_word(words[i], "xx")) {
      fits = condition(Set::When::held);
    } else if (is_word(words[i], "ifeq") && i + 1 < words.size()) {
      fits = condition(Set::When::equal);
      set.expected = words[++i];
    } else if (is_word(words[i], "get")) {
      set.get = true;
    } else if (is_word(words[i], "keepttl")) {
      fits = !std::exchange(timed, true);
      set.keep_ttl = true;
    } else if (expiry != expiries.end() && i + 1 < words.size()) {
      fits = !std::exchange(timed, true);
      const std::string_view digits = words[++i];
      HF_TRY(ttl, expiry->at ? read_time_of_day(expiry->word, digits, expiry->unit)
                             : read_ttl(expiry->word, digits, expiry->unit));
      set.ttl = ttl;
    } else {
      return no_such_option("SET", words[i]);
    }
    if (!fits) {
      return fail(ErrorCode::bad_request,
                  fmt::format("SET: '{}' does not go with an option before it", words[i].substr(0, 64)));
    }
  }
  return set;
}

Result<KeyAction> read_setnx(Words words) {
  HF_TRY(name, api::canonical_name(words[1]));
  HF_TRY(value, read_value(words[2]));
  return Set{
      .name = std::move(name), .value = std::move(value), .when = Set::When::free, .answer = Set::Answer::number};
}

template <bool seconds>
Result<KeyAction> read_setex(Words words) {
  HF_TRY(name, api::canonical_name(words[1]));
  HF_TRY(ttl, read_ttl(words[0], words[2], seconds ? Duration{1s} : Duration{1ms}));
  HF_TRY(value, read_value(words[3]));
  return Set{.name = std::move(name), .value = std::move(value), .ttl = ttl};
}

// --- Looks.

Result<KeyAction> read_get(Words words) {
  HF_TRY(name, api::canonical_name(words[1]));
  return [name = std::move(name)](KeyRun& run) { return value_of(run.keys.look(name), name); };
}

Result<KeyAction> read_mget(Words words) {
  HF_TRY(names, read_names(words.subspan(1)));
  return [names = std::move(names)](KeyRun& run) {
    script::List values;
    for (const std::string& name : names) values.push_back(value_of(run.keys.look(name), name));
    return Value{std::move(values)};
  };
}

Result<KeyAction> read_exists(Words words) {
  HF_TRY(names, read_names(words.subspan(1)));
  return [names = std::move(names)](KeyRun& run) {
    return number(std::ranges::count_if(names, [&](const std::string& name) { return run.keys.look(name).held; }));
  };
}

Result<KeyAction> read_type(Words words) {
  HF_TRY(name, api::canonical_name(words[1]));
  return [name = std::move(name)](KeyRun& run) {
    return Value{script::Status{run.keys.look(name).held ? "string" : "none"}};
  };
}

template <bool seconds>
Result<KeyAction> read_pttl(Words words) {
  HF_TRY(name, api::canonical_name(words[1]));
  return [name = std::move(name)](KeyRun& run) {
    const Key key = run.keys.look(name);
    if (!key.held) return number(-2);
    if (key.ends_in == core::forever) return number(-1);
    const std::int64_t ms = (left_of(key) + 999us) / 1ms;
    return number(seconds ? (ms + 500) / 1000 : ms);
  };
}

// --- Ends.

/// All of `names`, or none where one of them may not be touched.
Value end_all(KeyRun& run, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    const ErrorCode code = run.keys.may_touch(name, proof_of(run, name));
    if (code != ErrorCode::none && code != ErrorCode::nothing_held) return refused(code, name);
  }
  std::int64_t ended = 0;
  for (const std::string& name : names) {
    const ErrorCode code = run.keys.end(name, proof_of(run, name));
    if (code != ErrorCode::none && code != ErrorCode::nothing_held) return refused(code, name);
    if (code == ErrorCode::none) ++ended;
    run.proved.erase(name);
  }
  return number(ended);
}

Result<KeyAction> read_del(Words words) {
  HF_TRY(names, read_names(words.subspan(1)));
  return [names = std::move(names)](KeyRun& run) { return end_all(run, names); };
}

Result<KeyAction> read_getdel(Words words) {
  HF_TRY(names, read_names(words.subspan(1)));
  return [names = std::move(names)](KeyRun& run) {
    const Value before = value_of(run.keys.look(names[0]), names[0]);
    const Value ended = end_all(run, names);
    return std::holds_alternative<script::Failure>(ended.is) ? ended : before;
  };
}

/// Ends what holds `expected`.
struct EndIfEqual {
  std::string name;
  std::string expected;
  Value operator()(KeyRun& run) const {
    const Key now = run.keys.look(name);
    if (!now.held || now.value != expected) return number(0);
    const ErrorCode code = run.keys.end(name, Proof::value);
    run.proved.erase(name);
    return code == ErrorCode::none ? number(1) : refused(code, name);
  }
};

Result<KeyAction> read_delifeq(Words words) {
  HF_TRY(name, api::canonical_name(words[1]));
  HF_TRY(expected, read_text(words[2]));
  return EndIfEqual{std::move(name), std::move(expected)};
}

Result<KeyAction> read_delex(Words words) {
  if (words.size() == 2) return read_del(words);
  if (words.size() != 4 || !is_word(words[2], "ifeq")) return no_such_option("DELEX", words[2]);
  HF_TRY(name, api::canonical_name(words[1]));
  HF_TRY(expected, read_text(words[3]));
  return EndIfEqual{std::move(name), std::move(expected)};
}

// --- Deadlines.

struct Expire {
  enum class When { always, endless, ending, later, sooner };
  std::string name;
  std::optional<Duration> ttl;  ///< None: it ends now.
  When when = When::always;

  Value operator()(KeyRun& run) const {
    const Key now = run.keys.look(name);
    if (!now.held) return number(0);
    const Proof proof = proof_of(run, name);
    const ErrorCode may = run.keys.may_touch(name, proof);
    if (may != ErrorCode::none) return refused(may, name);
    if (!meant(now)) return number(0);
    if (!ttl) return end_all(run, {name});
    const ErrorCode code = run.keys.renew(name, *ttl, proof);
    return code == ErrorCode::none ? number(1) : refused(code, name);
  }

 private:
  bool meant(const Key& now) const {
    const Duration next = ttl.value_or(Duration::zero());
    if (when == When::endless) return now.ends_in == core::forever;
    if (when == When::ending) return now.ends_in != core::forever;
    if (when == When::later) return next > left_of(now);
    if (when == When::sooner) return next < left_of(now);
    return true;
  }
};

template <bool seconds, bool at>
Result<KeyAction> read_expire(Words words) {
  constexpr Duration unit = seconds ? Duration{1s} : Duration{1ms};
  Expire expire;
  HF_TRY(name, api::canonical_name(words[1]));
  expire.name = std::move(name);
  HF_TRY(given, read_integer(words[0], words[2]));
  const bool over = given <= (at ? wall_now_ms() / (unit / 1ms) : 0);
  if (!over) {
    HF_TRY(ttl, at ? read_time_of_day(words[0], words[2], unit) : read_ttl(words[0], words[2], unit));
    expire.ttl = ttl;
  }
  if (words.size() == 4) {
    const std::string_view word = words[3];
    if (is_word(word, "nx")) {
      expire.when = Expire::When::endless;
    } else if (is_word(word, "xx")) {
      expire.when = Expire::When::ending;
    } else if (is_word(word, "gt")) {
      expire.when = Expire::When::later;
    } else if (is_word(word, "lt")) {
      expire.when = Expire::When::sooner;
    } else {
      return no_such_option(words[0], word);
    }
  }
  return expire;
}

Result<KeyAction> read_persist(Words words) {
  HF_TRY(name, api::canonical_name(words[1]));
  return [name = std::move(name)](KeyRun& run) {
    const Key now = run.keys.look(name);
    if (!now.held || now.ends_in == core::forever) return number(0);
    const ErrorCode code = run.keys.renew(name, core::forever, proof_of(run, name));
    return code == ErrorCode::none ? number(1) : refused(code, name);
  };
}

constexpr std::array commands{
    KeyCommand{"set", 3, many, true, false, read_set},
    KeyCommand{"get", 2, 2, false, true, read_get},
    KeyCommand{"del", 2, many, false, false, read_del},
    KeyCommand{"pexpire", 3, 4, false, false, read_expire<false, false>},
    KeyCommand{"exists", 2, many, false, true, read_exists},
    KeyCommand{"pttl", 2, 2, false, true, read_pttl<false>},
    KeyCommand{"setnx", 3, 3, true, false, read_setnx},
    KeyCommand{"setex", 4, 4, true, false, read_setex<true>},
    KeyCommand{"psetex", 4, 4, true, false, read_setex<false>},
    KeyCommand{"unlink", 2, many, false, false, read_del},
    KeyCommand{"delifeq", 3, 3, false, false, read_delifeq},
    KeyCommand{"delex", 2, 4, false, false, read_delex},
    KeyCommand{"getdel", 2, 2, false, false, read_getdel},
    KeyCommand{"mget", 2, many, false, true, read_mget},
    KeyCommand{"type", 2, 2, false, true, read_type},
    KeyCommand{"ttl", 2, 2, false, true, read_pttl<true>},
    KeyCommand{"expire", 3, 4, false, false, read_expire<true, false>},
    KeyCommand{"expireat", 3, 4, false, false, read_expire<true, true>},
    KeyCommand{"pexpireat", 3, 4, false, false, read_expire<false, true>},
    KeyCommand{"persist", 2, 2, false, false, read_persist},
};

}  // namespace

const KeyCommand* find_key_command(std::string_view command) {
  const auto found =
      std::ranges::find_if(commands, [&](const KeyCommand& each) { return is_word(command, each.name); });
  return found == commands.end() ? nullptr : &*found;
}

Result<KeyAction> read_key_command(const KeyCommand& command, Words words) {
  if (words.size() < command.words_min || words.size() > command.words_max) {
    return fail(ErrorCode::bad_request, fmt::format("wrong number of arguments for '{}'", command.name));
  }
  return command.read(words);
}

Value failure_of(const Error& error) {
  std::string text{error.name()};
  std::ranges::transform(text, text.begin(),
                         [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; });
  return {script::Failure{text + ' ' + error.text()}};
}

Result<Duration> read_ttl(std::string_view field, std::string_view digits, Duration unit) {
  std::int64_t units = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), units);
  const bool whole = error == std::errc{} && end == digits.data() + digits.size();
  const std::int64_t most = Duration{std::chrono::milliseconds{api::ttl_ms_max}} / unit;
  if (whole && units > 0 && units <= most && units * unit >= std::chrono::milliseconds{api::ttl_ms_min}) {
    return units * unit;
  }
  return fail(ErrorCode::bad_field,
              fmt::format("{} '{}': a lease lasts {} ms to {} ms, or without any expiry until somebody ends it", field,
                          digits.substr(0, 32), api::ttl_ms_min, api::ttl_ms_max),
              std::string{field});
}

Result<std::string> read_value(std::string_view value) {
  if (api::is_plain_text(value, api::owner_bytes_max)) return std::string{value};
  return fail(
      ErrorCode::bad_field,
      fmt::format("the value says who holds: 1 to {} bytes of UTF-8 without control characters", api::owner_bytes_max),
      "value");
}

}  // namespace holdfast::server::resp
