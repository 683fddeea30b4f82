// Which requests are let in at all: Host, Origin and content type, so that no web page can reach in.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace holdfast::server::http {

/// What admission looks at. Views into the request.
struct Knock {
  std::string_view method;
  std::string_view host;          ///< Empty: none was given.
  std::string_view origin;        ///< Empty: none was given.
  std::string_view content_type;  ///< Empty: none was given.
  bool has_body = false;
  /// The body may be a file. Never so of a method that a web page's form could send.
  bool takes_file = false;
  bool opens_socket = false;  ///< By which everything may be changed, whatever the method.
};

class Admission {
 public:
  /// `names`: what a Host may say, without the port. localhost and the loopback addresses always may.
  explicit Admission(std::vector<std::string> names);

  /// The refusal, if there is one: bad_request (no Host), foreign_host, foreign_origin, not_json_type.
  std::optional<Error> refuse(const Knock& knock) const;

 private:
  bool own(std::string_view host) const;
  std::vector<std::string> names_;
};

}  // namespace holdfast::server::http
