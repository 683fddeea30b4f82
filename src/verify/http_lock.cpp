#include "verify/http_lock.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <charconv>
#include <cmath>

namespace holdfast::verify {
namespace {

namespace json = boost::json;
using recording::Outcome;
using recording::What;

constexpr std::array<std::string_view, 7> placeholders{"client", "name",  "token",  "proof",
                                                       "ttl_ms", "ttl_s", "wait_ms"};

std::unexpected<Error> bad(std::string why) {
  return fail(ErrorCode::bad_description, std::move(why));
}

/// `text` cut at its first space.
std::pair<std::string_view, std::string_view> first_word(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t\n"), text.size()));
  const std::size_t end = std::min(text.find_first_of(" \t\n"), text.size());
  std::string_view rest = text.substr(end);
  rest.remove_prefix(std::min(rest.find_first_not_of(" \t\n"), rest.size()));
  return {text.substr(0, end), rest};
}

/// The word in braces that begins at `text`; empty where there is none. What JSON has between braces never looks so.
std::string_view word_in_braces(std::string_view text) {
  if (!text.starts_with('{')) return {};
  const std::size_t end = text.find_first_not_of("abcdefghijklmnopqrstuvwxyz_", 1);
  return end == std::string_view::npos || end == 1 || text[end] != '}' ? std::string_view{} : text.substr(1, end - 1);
}

Result<void> check_placeholders(std::string_view text) {
  for (std::size_t at = text.find('{'); at != std::string_view::npos; at = text.find('{', at + 1)) {
    const std::string_view word = word_in_braces(text.substr(at));
    if (!word.empty() && std::ranges::find(placeholders, word) == placeholders.end()) {
      return bad(fmt::format("there is no {{{}}}; there are {{{}}}", word, fmt::join(placeholders, "}, {")));
    }
  }
  return {};
}

using Values = std::map<std::string, std::string, std::less<>>;

std::string filled(std::string_view text, const Values& values, std::string (*written)(const std::string&)) {
  std::string out;
  while (!text.empty()) {
    const std::string_view word = word_in_braces(text);
    if (const auto found = values.find(word); !word.empty() && found != values.end()) {
      out += written(found->second);
      text.remove_prefix(word.size() + 2);
    } else {
      out += text.front();
      text.remove_prefix(1);
    }
  }
  return out;
}

std::string in_path(const std::string& text) {
  std::string out;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       std::string_view("-._~/").find(c) != std::string_view::npos;
    plain ? out += c : out += fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return out;
}

/// Inside the quotes that the description has around it.
std::string in_json(const std::string& text) {
  const std::string quoted = json::serialize(json::string(text));
  return quoted.substr(1, quoted.size() - 2);
}

std::string as_it_is(const std::string& text) {
  return text;
}

bool looks_like_json(std::string_view body) {
  return body.starts_with('{') || body.starts_with('[');
}

std::string text_of(const json::value& value) {
  if (value.is_null()) return {};
  return value.is_string() ? std::string{value.get_string()} : json::serialize(value);
}

/// `lease.token` or `holders.0.name`; empty where there is nothing.
std::string find_in_json(std::string_view body, std::string_view path) {
  json::error_code error;
  const json::value whole = json::parse(body, error);
  if (error) return {};
  const json::value* at = &whole;
  while (!path.empty()) {
    const std::size_t dot = std::min(path.find('.'), path.size());
    const std::string_view step = path.substr(0, dot);
    path.remove_prefix(std::min(dot + 1, path.size()));
    if (const auto* object = at->if_object()) {
      at = object->if_contains(step);
    } else if (const auto* array = at->if_array()) {
      std::size_t index = array->size();
      std::from_chars(step.data(), step.data() + step.size(), index);
      at = index < array->size() ? &(*array)[index] : nullptr;
    } else {
      at = nullptr;
    }
    if (!at) return {};
  }
  return text_of(*at);
}

Result<Duration> duration_of(std::string_view text) {
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
  const double ns = unit == "ms" ? 1e6 : unit == "m" ? 60e9 : unit == "s" || unit.empty() ? 1e9 : 0;
  if (error != std::errc{} || ns == 0 || !(value > 0) || value * ns > 1e17) {
    return bad(fmt::format("'{}' is no time: write 500ms, 2s or 10m", text));
  }
  return Duration{std::llround(value * ns)};
}

class HttpLockSession final : public Session {
 public:
  HttpLockSession(const HttpLock& lock, std::string client)
      : lock_(lock), client_(std::move(client)), wire_(lock.server) {}

  Heard ask(const Ask& ask, Ticket& gate) override {
    const HttpAsk& form = form_of(ask.what);
    using std::chrono::milliseconds;
    // Half a minute: longer than what servers do on their own to save a request, shorter than people wait.
    const Result<HttpAnswer> answer =
        wire_.exchange(filled_in(form, ask), gate, ask.wait + std::chrono::seconds(30), lock_.keep_alive);
    if (!answer) {
      const bool never_sent = answer.error().fate() == Fate::not_done;
      return {.outcome = never_sent ? Outcome::error : Outcome::unknown,
              .came = never_sent || answer.error().code == ErrorCode::bad_answer,
              .unreachable = never_sent,
              .words = never_sent ? answer.error().where : answer.error().text()};
    }
    return heard(ask, *answer);
  }

  void hang_up() override { wire_.hang_up(); }

 private:
  const HttpAsk& form_of(What what) const {
    switch (what) {
      case What::renew:
        return lock_.renew;
      case What::release:
        return lock_.release;
      case What::query:
        return lock_.query;
      default:
        return lock_.acquire;
    }
  }

  HttpRequest filled_in(const HttpAsk& form, const Ask& ask) const {
    const auto ms = [](Duration d) { return std::chrono::ceil<std::chrono::milliseconds>(d).count(); };
    const Values values{{"client", client_},
                        {"name", ask.name},
                        {"token", std::to_string(ask.grip.token)},
                        {"proof", ask.grip.proof},
                        {"ttl_ms", std::to_string(ms(ask.ttl))},
                        {"ttl_s", std::to_string(std::chrono::ceil<std::chrono::seconds>(ask.ttl).count())},
                        {"wait_ms", std::to_string(ms(ask.wait))}};
    HttpRequest request{.method = form.method, .path = filled(form.path, values, in_path)};
    const bool json = looks_like_json(form.body);
    request.body = filled(form.body, values, json ? in_json : as_it_is);
    for (const auto& [name, value] : lock_.headers) request.headers[name] = filled(value, values, as_it_is);
    if (!request.body.empty()) {
      request.headers.try_emplace("Content-Type", json ? "application/json" : "application/x-www-form-urlencoded");
    }
    return request;
  }

  Heard heard(const Ask& ask, const HttpAnswer& answer) const {
    Heard heard{.words = in_short(answer)};
    heard.grip.token = number_at(answer, lock_.token);
    heard.grip.proof = find_in(answer, lock_.proof);
    heard.holder = find_in(answer, lock_.holder);
    heard.outcome = outcome_of(ask.what, answer);
    if (ask.what == What::query) {
      heard.held = means(answer, lock_.is_held, client_);
      const bool says = heard.held || (answer.status >= 200 && answer.status < 300) || answer.status == 404;
      heard.outcome = says ? Outcome::ok : Outcome::unknown;
      if (!heard.held) heard.holder.clear();
      return heard;
    }
    if (heard.outcome == Outcome::ok) heard.holder.clear();  // Whoever asked.
    if (ask.what == What::renew && heard.outcome == Outcome::ok) {
      if (heard.grip.token == 0) heard.grip.token = ask.grip.token;
      if (heard.grip.proof.empty()) heard.grip.proof = ask.grip.proof;
    }
    return heard;
  }

  Outcome outcome_of(What what, const HttpAnswer& answer) const {
    const bool refused = answer.status >= 400 && answer.status < 500;
    switch (what) {
      case What::acquire:
        if (means(answer, lock_.held, client_)) return Outcome::busy;
        if (means(answer, lock_.granted, client_)) return Outcome::ok;
        return refused ? Outcome::error : Outcome::unknown;
      case What::renew:
      case What::release:
        if (means(answer, what == What::renew ? lock_.renewed : lock_.released, client_)) return Outcome::ok;
        // A success that is not the one looked for: {"released": false}.
        return answer.status < 500 ? Outcome::stale : Outcome::unknown;
      default:
        return Outcome::unknown;
    }
  }

  static std::uint64_t number_at(const HttpAnswer& answer, const std::string& place) {
    const std::string text = find_in(answer, place);
    std::uint64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    return error == std::errc{} && end == text.data() + text.size() ? value : 0;
  }

  const HttpLock& lock_;
  std::string client_;
  HttpWire wire_;
};

class HttpLockTarget final : public Target {
 public:
  explicit HttpLockTarget(HttpLock lock) : lock_(std::move(lock)) {}

  std::string about() const override { return lock_.server.text(); }

  Traits traits() const override {
    Traits traits;
    traits.lock.tokens = !lock_.token.empty();
    traits.asks_ttl = lock_.acquire.names("ttl_ms") || lock_.acquire.names("ttl_s");
    traits.lock.leases = lock_.ttl || traits.asks_ttl;
    traits.lock.late_renewal = true;  // Most do it, and where nobody came in between no harm is done.
    traits.lock.fifo = lock_.fifo;
    traits.renews = !lock_.renew.method.empty();
    traits.queries = !lock_.query.method.empty();
    traits.waits = lock_.acquire.names("wait_ms");
    traits.ttl = lock_.ttl;
    traits.names = lock_.names;
    return traits;
  }

  std::unique_ptr<Session> session(const std::string& client) override {
    return std::make_unique<HttpLockSession>(lock_, client);
  }

 private:
  HttpLock lock_;
};

}  // namespace

Result<HttpAsk> HttpAsk::parse(std::string_view text) {
  HF_TRY_VOID(check_placeholders(text));
  const auto [method, rest] = first_word(text);
  const auto [path, body] = first_word(rest);
  if (method.empty() || method.find_first_not_of("ABCDEFGHIJKLMNOPQRSTUVWXYZ") != std::string_view::npos) {
    return bad(fmt::format("'{}' must begin with a method: 'POST /locks/{{name}} {{\"client\": ...}}'", text));
  }
  if (!path.starts_with('/')) return bad(fmt::format("'{}': after the method comes a path that begins with /", text));
  return HttpAsk{std::string{method}, std::string{path}, std::string{body}};
}

bool HttpAsk::names(std::string_view placeholder) const {
  const std::string in_braces = fmt::format("{{{}}}", placeholder);
  return path.find(in_braces) != std::string::npos || body.find(in_braces) != std::string::npos;
}

Result<HttpMeaning> HttpMeaning::parse(std::string_view text) {
  HttpMeaning meaning;
  for (auto [word, rest] = first_word(text); !word.empty(); std::tie(word, rest) = first_word(rest)) {
    const std::size_t equals = word.find('=');
    const bool status = word.size() == 3 && word[0] >= '1' && word[0] <= '5' &&
                        (word.substr(1) == "xx" || word.find_first_not_of("0123456789") == std::string_view::npos);
    if (equals != std::string_view::npos && equals > 0) {
      meaning.fields.emplace_back(word.substr(0, equals), word.substr(equals + 1));
    } else if (status && meaning.status.empty()) {
      meaning.status = word;
    } else {
      return bad(
          fmt::format("'{}': write a status (200, 2xx), a field (acquired=true), or both with a space between", text));
    }
  }
  if (meaning.status.empty() && meaning.fields.empty()) return bad("it says nothing");
  return meaning;
}

std::string find_in(const HttpAnswer& answer, const std::string& place) {
  if (place.empty()) return {};
  if (place == "body") {
    const std::size_t end = answer.body.find_last_not_of(" \r\n\t");
    return answer.body.substr(0, end == std::string::npos ? 0 : end + 1);
  }
  if (place.starts_with("header:")) {
    std::string name = place.substr(7);
    std::ranges::transform(name, name.begin(),
                           [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; });
    const auto found = answer.headers.find(name);
    return found == answer.headers.end() ? std::string{} : found->second;
  }
  return find_in_json(answer.body, place);
}

bool means(const HttpAnswer& answer, const std::vector<HttpMeaning>& meanings, const std::string& client) {
  const std::string status = std::to_string(answer.status);
  return std::ranges::any_of(meanings, [&](const HttpMeaning& meaning) {
    const bool fits = meaning.status.empty() || meaning.status == status ||
                      (meaning.status.ends_with("xx") && meaning.status[0] == status[0]);
    return fits && std::ranges::all_of(meaning.fields, [&](const auto& field) {
             return find_in(answer, field.first) == filled(field.second, {{"client", client}}, as_it_is);
           });
  });
}

namespace {

/// One key of a description, and how its values are taken in. The one list that reading and messages go through.
struct Key {
  std::string_view name;
  Result<void> (*take)(HttpLock&, std::span<const std::string>);
  bool several = false;
};

template <HttpAsk HttpLock::*field>
Result<void> take_ask(HttpLock& lock, std::span<const std::string> values) {
  HF_TRY(ask, HttpAsk::parse(values[0]));
  lock.*field = std::move(ask);
  return {};
}

template <std::vector<HttpMeaning> HttpLock::*field>
Result<void> take_meanings(HttpLock& lock, std::span<const std::string> values) {
  for (const std::string& value : values) {
    HF_TRY(meaning, HttpMeaning::parse(value));
    (lock.*field).push_back(std::move(meaning));
  }
  return {};
}

template <std::string HttpLock::*field>
Result<void> take_text(HttpLock& lock, std::span<const std::string> values) {
  if (values[0].empty()) return bad("it says nothing");
  lock.*field = values[0];
  return {};
}

template <bool HttpLock::*field>
Result<void> take_flag(HttpLock& lock, std::span<const std::string> values) {
  if (values[0] != "true" && values[0] != "false") return bad("write true or false");
  lock.*field = values[0] == "true";
  return {};
}

Result<void> take_server(HttpLock& lock, std::span<const std::string> values) {
  HF_TRY(place, parse_http_place(values[0]));
  lock.server = std::move(place);
  return {};
}

Result<void> take_ttl(HttpLock& lock, std::span<const std::string> values) {
  HF_TRY(ttl, duration_of(values[0]));
  lock.ttl = ttl;
  return {};
}

Result<void> take_headers(HttpLock& lock, std::span<const std::string> values) {
  for (const std::string& value : values) {
    HF_TRY_VOID(check_placeholders(value));
    const std::size_t colon = value.find(':');
    if (colon == std::string::npos || colon == 0 || value.find_first_of("\r\n") != std::string::npos) {
      return bad(fmt::format("'{}' is no header: write 'Name: value'", value));
    }
    const std::size_t begin = value.find_first_not_of(' ', colon + 1);
    lock.headers[value.substr(0, colon)] = begin == std::string::npos ? "" : value.substr(begin);
  }
  return {};
}

constexpr Key all_keys[] = {
    {"server", take_server},
    {"acquire", take_ask<&HttpLock::acquire>},
    {"granted", take_meanings<&HttpLock::granted>, true},
    {"held", take_meanings<&HttpLock::held>, true},
    {"release", take_ask<&HttpLock::release>},
    {"released", take_meanings<&HttpLock::released>, true},
    {"renew", take_ask<&HttpLock::renew>},
    {"renewed", take_meanings<&HttpLock::renewed>, true},
    {"query", take_ask<&HttpLock::query>},
    {"is_held", take_meanings<&HttpLock::is_held>, true},
    {"token", take_text<&HttpLock::token>},
    {"proof", take_text<&HttpLock::proof>},
    {"holder", take_text<&HttpLock::holder>},
    {"ttl", take_ttl},
    {"names", take_text<&HttpLock::names>},
    {"headers", take_headers, true},
    {"fifo", take_flag<&HttpLock::fifo>},
    {"keep_alive", take_flag<&HttpLock::keep_alive>},
};

}  // namespace

std::string HttpLock::keys() {
  std::string out;
  for (const Key& key : all_keys) out += fmt::format("{}{}", out.empty() ? "" : ", ", key.name);
  return out;
}

Result<void> HttpLock::set(std::string_view key, std::span<const std::string> values) {
  const auto found = std::ranges::find(all_keys, key, &Key::name);
  if (found == std::end(all_keys)) return bad(fmt::format("there is no '{}'; there are {}", key, keys()));
  if (values.empty() || (values.size() > 1 && !found->several)) {
    return bad(fmt::format("{}: write one value", key));
  }
  if (Result<void> taken = found->take(*this, values); !taken) {
    return bad(fmt::format("{}: {}", key, taken.error().where));
  }
  return {};
}

Result<void> HttpLock::complete() {
  if (server.host.empty()) return bad("'server' is missing: server = \"http://127.0.0.1:8080\"");
  if (acquire.method.empty()) return bad("'acquire' is missing: acquire = 'POST /locks/{name}'");
  if (release.method.empty()) return bad("'release' is missing: release = 'DELETE /locks/{name}'");
  const bool token_used = release.names("token") || renew.names("token");
  if (token_used && token.empty()) return bad("{token} is used, but 'token' does not say where it is in a grant");
  const bool proof_used = release.names("proof") || renew.names("proof");
  if (proof_used && proof.empty()) return bad("{proof} is used, but 'proof' does not say where it is in a grant");
  if (!query.method.empty() && is_held.empty()) return bad("'query' needs 'is_held': is_held = \"locked=true\"");
  const HttpMeaning success{.status = "2xx"};
  if (held.empty()) held = {{.status = "409"}, {.status = "423"}};
  for (auto* meanings : {&granted, &renewed, &released}) {
    if (meanings->empty()) *meanings = {success};
  }
  return {};
}

std::unique_ptr<Target> make_http_target(HttpLock description) {
  return std::make_unique<HttpLockTarget>(std::move(description));
}

std::string in_short(const HttpAnswer& answer) {
  std::string out = fmt::format("{} ", answer.status);
  for (const char c : answer.body.substr(0, 160)) out += static_cast<unsigned char>(c) < ' ' ? ' ' : c;
  if (answer.body.size() > 160) out += "...";
  return out;
}

}  // namespace holdfast::verify
