#include "client/url.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace holdfast::client {
namespace {

bool host_char(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

std::optional<std::uint16_t> port_of(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

std::unexpected<Error> refuse(std::string_view text, std::string_view why) {
  return fail(ErrorCode::bad_configuration,
              "'" + std::string{text} + "' is not a server's address: " + std::string{why} + "; say http://host:port");
}

}  // namespace

std::string Url::authority() const {
  const bool brackets = host.find(':') != std::string::npos;
  return (brackets ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

std::string Url::text() const {
  return "http://" + authority();
}

Result<Url> parse_url(std::string_view text) {
  std::string_view rest = text;
  Url url;
  if (rest.starts_with("http://")) {
    rest.remove_prefix(7);
    url.port = 80;
  } else if (const auto scheme = rest.find("://"); scheme != std::string_view::npos) {
    return refuse(text, rest.starts_with("https") ? "TLS is not in this version yet" : "only http:// is spoken");
  }
  if (rest.ends_with('/')) rest.remove_suffix(1);

  if (rest.starts_with('[')) {
    const auto close = rest.find(']');
    if (close == std::string_view::npos) return refuse(text, "a [ without its ]");
    url.host = rest.substr(1, close - 1);
    if (url.host.find(':') == std::string::npos ||
        !std::ranges::all_of(url.host, [](char c) { return c == ':' || c == '%' || host_char(c); })) {
      return refuse(text, "no IPv6 address between the brackets");
    }
    rest.remove_prefix(close + 1);
  } else {
    const auto end = std::min(rest.find(':'), rest.size());
    url.host = rest.substr(0, end);
    if (url.host.empty()) return refuse(text, "the host is missing");
    if (!std::ranges::all_of(url.host, host_char)) return refuse(text, "the host has a character that cannot be");
    rest.remove_prefix(end);
  }

  if (rest.empty()) return url;
  const auto port = rest.starts_with(':') ? port_of(rest.substr(1)) : std::nullopt;
  if (!port) return refuse(text, "the port is no number from 1 to 65535");
  url.port = *port;
  return url;
}

Result<std::vector<Url>> parse_urls(std::string_view text) {
  std::vector<Url> urls;
  for (std::string_view rest = text;;) {
    const auto comma = std::min(rest.find(','), rest.size());
    std::string_view one = rest.substr(0, comma);
    while (one.starts_with(' ')) one.remove_prefix(1);
    while (one.ends_with(' ')) one.remove_suffix(1);
    HF_TRY(url, parse_url(one));
    urls.push_back(std::move(url));
    if (comma == rest.size()) return urls;
    rest.remove_prefix(comma + 1);
  }
}

}  // namespace holdfast::client
