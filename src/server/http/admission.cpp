#include "server/http/admission.h"

#include <algorithm>
#include <cctype>

#include "server/http/media.h"

namespace holdfast::server::http {
namespace {

std::string lower(std::string_view text) {
  std::string made{text};
  std::ranges::transform(made, made.begin(), [](unsigned char c) { return std::tolower(c); });
  return made;
}

/// "localhost:7420" -> "localhost", "[::1]:7420" -> "[::1]".
std::string_view without_port(std::string_view host) {
  const std::size_t colon = host.rfind(':');
  if (colon == std::string_view::npos || host.ends_with(']')) return host;
  const std::string_view port = host.substr(colon + 1);
  const bool digits = std::ranges::all_of(port, [](unsigned char c) { return std::isdigit(c) != 0; });
  return digits ? host.substr(0, colon) : host;
}

}  // namespace

Admission::Admission(std::vector<std::string> names) : names_(std::move(names)) {
  for (std::string& name : names_) name = lower(name);
  names_.insert(names_.end(), {"localhost", "127.0.0.1", "[::1]"});
}

bool Admission::own(std::string_view host) const {
  return std::ranges::find(names_, lower(without_port(host))) != names_.end();
}

std::optional<Error> Admission::refuse(const Knock& knock) const {
  if (knock.host.empty()) return Error{ErrorCode::bad_request, "the Host header is missing", "host"};
  if (!own(knock.host)) return Error{ErrorCode::foreign_host, {}, "host"};
  const bool changes = (knock.method != "GET" && knock.method != "HEAD") || knock.opens_socket;
  if (!changes) return std::nullopt;
  if (!knock.origin.empty()) {
    const std::size_t scheme = knock.origin.find("://");
    const std::string_view authority = scheme == std::string_view::npos ? "" : knock.origin.substr(scheme + 3);
    // The same authority, port included: another program on this machine is another origin.
    if (lower(authority) != lower(knock.host)) return Error{ErrorCode::foreign_origin, {}, "origin"};
  }
  if (knock.takes_file && is_plain_text(knock.content_type)) return std::nullopt;
  if (knock.has_body && !is_json(knock.content_type)) {
    return Error{ErrorCode::not_json_type,
                 knock.takes_file ? "or text/plain in UTF-8: the file itself, and the other fields in the query" : "",
                 "content-type"};
  }
  return std::nullopt;
}

}  // namespace holdfast::server::http
