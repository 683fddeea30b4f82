#include "cli/settings.h"

#include <fmt/format.h>

#include <toml++/toml.h>
#include <algorithm>
#include <cctype>
#include <charconv>
#include <functional>

#include "api/json_text.h"

#if HOLDFAST_INJECTIONS
#include "engine/faulty/faulty_engine.h"
#endif

namespace holdfast::cli {
namespace {

constexpr std::uint16_t default_port = 7420;
constexpr std::uint16_t default_resp_port = 7421;

/// One setting: its key, and where it lives. The one list that reading and printing go through.
struct Key {
  std::string_view name;
  std::string_view kind;
  std::function<bool(const toml::node&, Settings&)> read;  ///< False: not of this kind.
  std::function<std::string(const Settings&)> show;        ///< As TOML, which for these types is JSON too.
};

std::string in_quotes(std::string_view text) {
  std::string out;
  api::append_json_string(out, text);
  // The one character that JSON lets stand and TOML does not.
  for (auto at = out.find('\x7f'); at != std::string::npos; at = out.find('\x7f', at)) out.replace(at, 1, "\\u007f");
  return out;
}

Key text(std::string_view name, std::string Settings::*field) {
  return {name, "a text in quotes",
          [field](const toml::node& node, Settings& settings) {
            const auto value = node.value_exact<std::string>();
            if (value) settings.*field = *value;
            return value.has_value();
          },
          [field](const Settings& settings) { return in_quotes(settings.*field); }};
}

Key number(std::string_view name, std::uint64_t Settings::*field) {
  return {name, "a whole number above 0",
          [field](const toml::node& node, Settings& settings) {
            const auto value = node.value_exact<std::int64_t>();
            const bool good = value && *value > 0;  // No setting means anything at zero or below.
            if (good) settings.*field = static_cast<std::uint64_t>(*value);
            return good;
          },
          [field](const Settings& settings) { return std::to_string(settings.*field); }};
}

Key flag(std::string_view name, bool Settings::*field) {
  return {name, "true or false",
          [field](const toml::node& node, Settings& settings) {
            const auto value = node.value_exact<bool>();
            if (value) settings.*field = *value;
            return value.has_value();
          },
          [field](const Settings& settings) { return std::string{settings.*field ? "true" : "false"}; }};
}

Key list(std::string_view name, std::vector<std::string> Settings::*field) {
  return {name, "a list of texts",
          [field](const toml::node& node, Settings& settings) {
            const toml::array* values = node.as_array();
            if (!values) return false;
            std::vector<std::string> read;
            for (const toml::node& item : *values) {
              const auto value = item.value_exact<std::string>();
              if (!value) return false;
              read.push_back(*value);
            }
            settings.*field = std::move(read);
            return true;
          },
          [field](const Settings& settings) {
            std::string out = "[";
            for (const std::string& item : settings.*field) out += (out.size() > 1 ? ", " : "") + in_quotes(item);
            return out + "]";
          }};
}

const std::vector<Key>& keys() {
  static const std::vector<Key> all{
      text("data", &Settings::data),
      text("listen", &Settings::listen),
      text("resp", &Settings::resp),
      text("journal", &Settings::journal),
      number("io_threads", &Settings::io_threads),
      list("names", &Settings::names),
      text("web_root", &Settings::web_root),
      list("inject", &Settings::inject),
      flag("demonstration", &Settings::demonstration),
      list("shown_in", &Settings::shown_in),
      flag("insecure", &Settings::insecure),
      text("log_level", &Settings::log_level),
      text("log_format", &Settings::log_format),
      flag("quiet", &Settings::quiet),
      number("connections_max", &Settings::connections_max),
      number("body_bytes_max", &Settings::body_bytes_max),
      number("waiters_max", &Settings::waiters_max),
      number("sessions_max", &Settings::sessions_max),
      number("remembered_max", &Settings::remembered_max),
      number("buffers_max", &Settings::buffers_max),
      number("pending_bytes_max", &Settings::pending_bytes_max),
      number("watchers_max", &Settings::watchers_max),
      number("events_bytes_max", &Settings::events_bytes_max),
      number("segment_bytes", &Settings::segment_bytes),
      number("fold_after_bytes", &Settings::fold_after_bytes),
      flag("history", &Settings::history),
      number("history_days", &Settings::history_days),
      number("history_holdings_max", &Settings::history_holdings_max),
      number("history_bytes_max", &Settings::history_bytes_max),
  };
  return all;
}

std::unexpected<Error> bad(std::string why) {
  return fail(ErrorCode::bad_configuration, std::move(why));
}

bool one_of(std::string_view text, const std::vector<std::string>& words) {
  return std::ranges::find(words, text) != words.end();
}

}  // namespace

std::optional<std::string> Settings::directory() const {
  if (journal == "file") return data;
  if (journal.starts_with("file:")) return journal.substr(5);
  return std::nullopt;
}

namespace {

Result<Listen> parse_address(std::string_view key, std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos)
    return bad(fmt::format("{} = {}: write HOST:PORT, e.g. 127.0.0.1:7420", key, text));
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
  const std::string_view digits = text.substr(colon + 1);
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc{} || end != digits.data() + digits.size()) {
    return bad(fmt::format("{} = {}: the port must be a number from 0 to 65535", key, text));
  }
  return Listen{host.empty() ? "127.0.0.1" : std::string{host}, port};
}

/// Without access control, only this machine may reach it.
Result<void> check_reach(std::string_view key, const Listen& listen, const Settings& settings) {
  if (listen.loopback() || settings.insecure) return {};
  return bad(
      fmt::format("{} = {}:{}: without access control anybody who reaches this address may own and release "
                  "anything. Listen on 127.0.0.1, or write --insecure to do it all the same",
                  key, listen.host, listen.port));
}

/// Labels parted by dots, as a policy for content takes a host. It takes no address of IPv6.
bool is_host(std::string_view host) {
  const auto of_label = [](unsigned char c) { return std::isalnum(c) != 0 || c == '-' || c == '_'; };
  while (true) {
    const std::size_t dot = host.find('.');
    const std::string_view label = host.substr(0, dot);
    if (label.empty() || !std::ranges::all_of(label, of_label)) return false;
    if (dot == std::string_view::npos) return true;
    host.remove_prefix(dot + 1);
  }
}

bool is_port(std::string_view digits) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  return error == std::errc{} && end == digits.data() + digits.size() && port > 0;
}

/// http or https, a host and perhaps a port, which may be *: it becomes a word of a header.
bool is_origin(std::string_view origin) {
  std::string_view authority;
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (origin.starts_with(scheme)) authority = origin.substr(scheme.size());
  }
  const std::size_t colon = authority.find(':');
  const std::string_view port = colon == std::string_view::npos ? "*" : authority.substr(colon + 1);
  return is_host(authority.substr(0, colon)) && (port == "*" || is_port(port));
}

Result<void> check_origin(std::string_view origin) {
  if (is_origin(origin)) return {};
  return bad(fmt::format("shown_in = {}: write an origin, e.g. http://127.0.0.1:7420", origin));
}

/// The demonstration is on loopback, where browsers elsewhere would not find it, and shows a fault.
Result<void> check_demonstration(bool everywhere_loopback) {
  if (!HOLDFAST_INJECTIONS) {
    return bad(
        "demonstration: it shows an injected fault, and this build has none: it was made with "
        "HOLDFAST_INJECTIONS=OFF, as packages are");
  }
  if (!everywhere_loopback) return bad("demonstration: only beside a server that listens on loopback");
  return {};
}

}  // namespace

Result<Listen> parse_listen(std::string_view text) {
  return parse_address("listen", text);
}

Result<std::optional<Listen>> resp_listen(const Settings& settings) {
  if (settings.resp == "off") return std::nullopt;
  if (settings.resp != "auto") return parse_address("resp", settings.resp);
  HF_TRY(http, parse_listen(settings.listen));
  if (http.port != default_port) return std::nullopt;
  return Listen{http.host, default_resp_port};
}

Result<void> read_file(const std::string& path, Settings& settings) {
  toml::table table;
  try {
    table = toml::parse_file(path);
  } catch (const toml::parse_error& error) {
    return bad(fmt::format("{}:{}: {}", path, error.source().begin.line, error.description()));
  }
  for (const auto& [key, node] : table) {
    const auto found = std::ranges::find(keys(), key.str(), &Key::name);
    if (found == keys().end()) {
      return bad(fmt::format("{}:{}: there is no setting '{}'; holdfast config lists them", path,
                             node.source().begin.line, key.str()));
    }
    if (!found->read(node, settings)) {
      return bad(fmt::format("{}:{}: '{}' must be {}; it is {} by default", path, node.source().begin.line, key.str(),
                             found->kind, found->show(Settings{})));
    }
  }
  return {};
}

Result<void> check(const Settings& settings) {
  HF_TRY(listen, parse_listen(settings.listen));
  HF_TRY_VOID(check_reach("listen", listen, settings));
  HF_TRY(resp, resp_listen(settings));
  if (resp) HF_TRY_VOID(check_reach("resp", *resp, settings));
  const bool everywhere_loopback = listen.loopback() && (!resp || resp->loopback());
  if (!settings.inject.empty() && !everywhere_loopback) {
    return bad("inject: faults are injected on loopback addresses only");
  }
  for (const std::string& injection : settings.inject) {
#if HOLDFAST_INJECTIONS
    HF_TRY_VOID(engine::Injection::parse(injection));
#else
    return bad("inject = " + injection + ": this build has no injected faults");
#endif
  }
  if (settings.demonstration) HF_TRY_VOID(check_demonstration(everywhere_loopback));
  for (const std::string& origin : settings.shown_in) HF_TRY_VOID(check_origin(origin));
  const bool journal = settings.journal == "memory" || settings.directory().value_or("") != "";
  if (!journal) return bad("journal = " + settings.journal + ": write file, file:DIRECTORY or memory");
  if (!one_of(settings.log_level, log_levels)) {
    return bad("log_level = " + settings.log_level + ": choose debug, info, warn or error");
  }
  if (!one_of(settings.log_format, log_formats)) {
    return bad("log_format = " + settings.log_format + ": choose auto, text or json");
  }
  if (settings.io_threads < 1 || settings.io_threads > 64)
    return bad(fmt::format("io_threads = {}: from 1 to 64", settings.io_threads));
  // More could not be counted, and each command on a shared name looks through them.
  if (settings.sessions_max > 10'000)
    return bad(fmt::format("sessions_max = {}: at most 10000", settings.sessions_max));
  if (settings.segment_bytes < 64 << 10)
    return bad(fmt::format("segment_bytes = {}: at least 65536", settings.segment_bytes));
  if (settings.history_bytes_max < 1 << 20)
    return bad(fmt::format("history_bytes_max = {}: at least 1048576; to keep none, history = false",
                           settings.history_bytes_max));
  if (settings.history_days > 36'500)
    return bad(fmt::format("history_days = {}: at most 36500", settings.history_days));
  if (settings.history_holdings_max > 10'000)
    return bad(fmt::format("history_holdings_max = {}: at most 10000", settings.history_holdings_max));
  return {};
}

std::vector<std::string> origins_of(const Settings& settings) {
  const Listen listen = *parse_listen(settings.listen);
  const std::string port = listen.port == 0 ? "*" : std::to_string(listen.port);
  std::vector<std::string> hosts{"127.0.0.1", "localhost"};
  const bool is_another = listen.host != hosts[0] && listen.host != hosts[1];
  if (is_another) hosts.push_back(listen.host);
  hosts.insert(hosts.end(), settings.names.begin(), settings.names.end());
  std::vector<std::string> origins;
  for (const std::string& host : hosts) {
    const std::string origin = fmt::format("http://{}:{}", host, port);
    if (is_origin(origin)) origins.push_back(origin);
  }
  return origins;
}

std::vector<std::string> injection_forms() {
#if HOLDFAST_INJECTIONS
  return engine::Injection::forms();
#else
  return {};
#endif
}

std::string to_toml(const Settings& settings) {
  std::string out;
  for (const Key& key : keys()) out += fmt::format("{} = {}\n", key.name, key.show(settings));
  return out;
}

std::string to_json(const Settings& settings) {
  std::string out;
  api::JsonWriter json(out);
  for (const Key& key : keys()) json.raw(key.name, key.show(settings));
  json.end();
  return out;
}

}  // namespace holdfast::cli
