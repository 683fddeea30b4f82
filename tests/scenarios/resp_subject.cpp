#include "tests/scenarios/resp_subject.h"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cctype>
#include <stdexcept>

#include "tests/scenarios/door_subject.h"
#include "tests/scenarios/door_words.h"
#include "tests/scenarios/text_words.h"
#include "tests/scenarios/words.h"
#include "tests/support/http_talk.h"

namespace holdfast::scenarios {
namespace {

namespace json = boost::json;
using Texts = std::vector<std::string>;

// --- Questions, as commands.

std::string bytes_of(const Texts& words) {
  std::string bytes = fmt::format("*{}\r\n", words.size());
  for (const std::string& word : words) bytes += fmt::format("${}\r\n{}\r\n", word.size(), word);
  return bytes;
}

std::string capitals(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return text;
}

Texts with_fields(Texts words, const json::object& fields) {
  for (const auto& [key, value] : fields) {
    words.push_back(capitals(std::string(key)));
    words.push_back(value.is_string() ? std::string(value.as_string()) : json::serialize(value));
  }
  return words;
}

Texts list_of(const Ask& ask) {
  Texts words{"LEASE.LIST", "LIMIT", ask.has("limit") ? ask.text("limit") : "1000"};
  for (const char* key : {"prefix", "owner", "after"}) {
    if (ask.has(key)) words.insert(words.end(), {capitals(key), ask.text(key)});
  }
  for (const char* key : {"contended", "unsettled"}) {
    if (ask.text(key) == "yes") words.insert(words.end(), {capitals(key), "1"});
  }
  return words;
}

/// With a word for how long, where it is not for ever.
Texts with_ttl(Texts words, const Ask& ask) {
  if (ask.text("ttl") == "forever") return words;
  words.insert(words.end(), {"PX", fmt::to_string(ceil_ms(ask.duration("ttl", std::chrono::seconds(30))))});
  return words;
}

Texts command_on_key(const Ask& ask) {
  const std::string ttl = fmt::to_string(ceil_ms(ask.duration("ttl", std::chrono::seconds(30))));
  const std::string was = ask.text("was");
  if (ask.verb == "acquire") return with_ttl({"SET", ask.name, ask.session, "NX"}, ask);
  if (ask.verb == "set" && was.empty()) return with_ttl({"SET", ask.name, ask.session}, ask);
  if (ask.verb == "set") return with_ttl({"SET", ask.name, ask.session, "IFEQ", was}, ask);
  if (was.empty() && ask.verb == "end") return {"DEL", ask.name};
  if (was.empty()) return {"PEXPIRE", ask.name, ttl};
  const std::string act = ask.verb == "end" ? "redis.call('DEL', KEYS[1])" : "redis.call('PEXPIRE', KEYS[1], ARGV[2])";
  return {"EVAL", "if redis.call('GET', KEYS[1]) == ARGV[1] then return " + act + " end return 0", "1", ask.name, was,
          ttl};
}

/// With those words of the table that are fields of the same name.
Texts with_arguments(Texts words, const Ask& ask, std::initializer_list<const char*> keys) {
  for (const char* key : keys) {
    if (ask.has(key)) words.insert(words.end(), {capitals(key), ask.text(key)});
  }
  return words;
}

Texts command_on_text(const Ask& ask) {
  if (ask.verb == "read") return with_arguments({"BUFFER.GET", ask.name, "OWNER", ask.owner}, ask, {"revision"});
  if (ask.verb == "changes") return with_arguments({"BUFFER.CHANGES", ask.name}, ask, {"after", "limit", "buffer"});
  if (ask.verb == "texts") return with_arguments({"BUFFER.LIST"}, ask, {"prefix", "after", "limit"});
  if (ask.verb == "draft") return {"DRAFT.GET", ask.text("draft")};
  if (ask.verb == "drafts") return ask.name.empty() ? Texts{"DRAFT.LIST"} : Texts{"DRAFT.LIST", "NAME", ask.name};
  const json::object fields = body_of(ask);
  if (ask.verb == "apply" || ask.verb == "discard") {
    return with_fields({"DRAFT." + capitals(ask.verb), ask.text("draft")}, fields);
  }
  if (ask.verb == "keep") return with_fields({"DRAFT.KEEP", ask.name}, fields);
  return with_fields({"BUFFER." + (ask.verb == "remove" ? "DELETE" : capitals(ask.verb)), ask.name}, fields);
}

Texts command_of(const Ask& ask) {
  if (is_text_verb(ask.verb)) return command_on_text(ask);
  if (asks_without_reentry(ask) || is_key_verb(ask.verb)) return command_on_key(ask);
  if (ask.verb == "list") return list_of(ask);
  if (ask.verb == "get") {
    Texts words{"LEASE.GET", ask.name};
    if (ask.has("unsettled")) words.insert(words.end(), {"UNSETTLED", "1"});
    return words;
  }
  if (ask.verb == "renew_session") return with_fields({"SESSION.RENEW", ask.session}, body_of(ask));
  if (ask.verb == "end_session") return with_fields({"SESSION.END", ask.session}, body_of(ask));
  return with_fields({"LEASE." + capitals(ask.verb), ask.name}, body_of(ask));
}

// --- Answers.

/// What comes in RESP3, value by value. An error is an object with its `code`, in small letters, and its `field`.
class Values {
 public:
  void add(std::string_view bytes) { bytes_ += bytes; }
  /// The next one; none: it is not whole yet.
  std::optional<json::value> next() {
    at_ = 0;
    std::optional<json::value> value = read();
    if (value) bytes_.erase(0, at_);
    return value;
  }

 private:
  std::optional<std::string> line() {
    const std::size_t end = bytes_.find("\r\n", at_);
    if (end == std::string::npos) return std::nullopt;
    std::string found = bytes_.substr(at_, end - at_);
    at_ = end + 2;
    return found;
  }
  std::optional<json::value> read() {
    const std::optional<std::string> head = line();
    if (!head) return std::nullopt;
    const std::string rest = head->substr(1);
    switch (head->front()) {
      case '+':
        return json::string(rest);
      case '-':
        return error(rest);
      case ':':
        return json::value(std::stoll(rest));
      case ',':
        return json::value(std::stod(rest));
      case '_':
        return json::value(nullptr);
      case '#':
        return json::value(rest == "t");
      case '$':
        return text(std::stoull(rest));
      case '*':
        return list(std::stoull(rest));
      case '%':
        return map(std::stoull(rest));
      default:
        throw std::runtime_error("no RESP3: " + *head);
    }
  }
  std::optional<json::value> text(std::size_t size) {
    if (bytes_.size() < at_ + size + 2) return std::nullopt;
    json::string found(bytes_.data() + at_, size);
    at_ += size + 2;
    return found;
  }
  std::optional<json::value> list(std::size_t size) {
    json::array items;
    for (; size > 0; --size) {
      std::optional<json::value> item = read();
      if (!item) return std::nullopt;
      items.push_back(*std::move(item));
    }
    return items;
  }
  std::optional<json::value> map(std::size_t size) {
    json::object members;
    for (; size > 0; --size) {
      std::optional<json::value> key = read();
      std::optional<json::value> value = key ? read() : std::nullopt;
      if (!value) return std::nullopt;
      members[key->as_string()] = *std::move(value);
    }
    return members;
  }
  static json::value error(const std::string& text) {
    std::string code = text.substr(0, text.find(' '));
    std::ranges::transform(code, code.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    json::object object{{"code", code}, {"error", true}};
    constexpr std::string_view before = "(field: ";
    if (const std::size_t field = text.find(before); field != std::string::npos) {
      const std::size_t begin = field + before.size();
      object["field"] = text.substr(begin, text.find_first_of(";)", begin) - begin);
    }
    return object;
  }

  std::string bytes_;
  std::size_t at_ = 0;
};

bool is_error(const json::value& value) {
  return value.is_object() && value.as_object().contains("error");
}

/// What a command on a key answered, and what LEASE.GET showed behind it, in the same batch.
json::object told_of_key(const Ask& ask, const json::value& answer, json::object shown) {
  if (is_error(answer)) {
    shown["code"] = answer.at("code");
  } else if (answer.is_null()) {
    shown["code"] = ask.verb == "set"                          ? "nothing_held"
                    : shown["owner"] == json::value(ask.owner) ? "held_by_you"
                                                               : "held";
  } else if (answer == json::value(0)) {
    shown["code"] = "nothing_held";
  }
  return shown;
}

// --- The subject.

class RespWire final : public Wire {
 public:
  RespWire(std::uint16_t port, const std::string& owner) : talk_(port) {
    talk_.send(bytes_of({"HELLO", "3", "SETNAME", owner}));
    pollfd wanted{socket(), POLLIN, 0};
    while (!next()) {
      if (::poll(&wanted, 1, 20'000) <= 0) throw std::runtime_error("nobody says hello");
    }
  }
  void send(const Ask& ask) override {
    on_key_ = asks_without_reentry(ask) || is_key_verb(ask.verb);
    std::string bytes = bytes_of(command_of(ask));
    if (on_key_) bytes += bytes_of({"LEASE.GET", ask.name});
    talk_.send(bytes);
  }
  int socket() const override { return talk_.socket(); }
  std::optional<Told> answer(const Ask& ask, WallTime wall_began) override {
    if (on_key_ && !of_key_ && !(of_key_ = next())) return std::nullopt;
    const std::optional<json::value> value = next();
    if (!value) return std::nullopt;
    json::object body = value->as_object();
    if (on_key_) body = told_of_key(ask, *std::exchange(of_key_, std::nullopt), std::move(body));
    return to_told(ask, body, wall_began);
  }

 private:
  std::optional<json::value> next() {
    char bytes[4 << 10];
    for (ssize_t got = 0; (got = ::recv(socket(), bytes, sizeof bytes, MSG_DONTWAIT)) > 0;) {
      values_.add({bytes, static_cast<std::size_t>(got)});
    }
    return values_.next();
  }

  support::Talk talk_;
  Values values_;
  bool on_key_ = false;
  std::optional<json::value> of_key_;
};

class RespSubject final : public DoorSubject {
 public:
  explicit RespSubject(const Options& options) : DoorSubject(options, "127.0.0.1:0") {}
  bool can(std::string_view need) const override { return need == "keys" || need == "texts" || DoorSubject::can(need); }

 protected:
  std::unique_ptr<Wire> connect(const cli::Instance& server, const Ask& first) override {
    return std::make_unique<RespWire>(*server.resp_port(), first.owner);
  }
};

}  // namespace

std::unique_ptr<Subject> server_over_resp(const Options& options) {
  return std::make_unique<RespSubject>(options);
}

}  // namespace holdfast::scenarios
