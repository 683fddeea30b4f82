// What a connection receives: the same requests however the bytes are cut, within their limits; then who is let in, and
// which operation is meant.
//
// The first two bytes say where the bytes are cut.
#include <algorithm>
#include <cstring>
#include <optional>

#include "api/operations.h"
#include "server/http/admission.h"
#include "server/http/media.h"
#include "server/http/wire.h"
#include "tests/fuzz/target.h"

namespace holdfast::fuzz {
namespace {

using namespace server::http;

constexpr std::size_t header_max = 2'048, body_max = 512;

/// What a connection would have made of the bytes.
struct Seen {
  std::vector<std::string> requests;
  ErrorCode end = ErrorCode::none;
};

std::string as_text(const Request& request) {
  std::string text;
  for (const std::string_view part : {request.method, request.target, request.host, request.origin,
                                      request.content_type, request.accept, request.body, request.last_event_id}) {
    text += std::string{part} + '\n';
  }
  return text + (request.keep_alive ? 'k' : '-') + (request.one_host_at_most ? '1' : 'n') +
         (request.one_last_event_id_at_most ? '1' : 'n');
}

void look_at(const Request& request) {
  HF_FUZZ_CHECK(request.method.size() + request.target.size() + request.host.size() <= header_max);
  HF_FUZZ_CHECK(request.body.size() <= body_max);
  HF_FUZZ_CHECK(request.target.find_first_of("\r\n \0") == std::string_view::npos);
  for (const std::string_view value : {request.host, request.origin, request.content_type, request.last_event_id}) {
    HF_FUZZ_CHECK(value.find_first_of("\r\n") == std::string_view::npos);
  }
  const Admission admission({"Example.org"});
  const Knock knock{.method = request.method,
                    .host = request.host,
                    .origin = request.origin,
                    .content_type = request.content_type,
                    .has_body = !request.body.empty(),
                    .takes_file = request.method == "PUT"};
  if (const auto refusal = admission.refuse(knock)) {
    HF_FUZZ_CHECK(info_of(refusal->code).http_status >= 400 && info_of(refusal->code).http_status < 500);
  } else {
    HF_FUZZ_CHECK(!request.host.empty());
    const bool changes = request.method != "GET" && request.method != "HEAD";
    const bool file = request.method == "PUT" && is_plain_text(request.content_type);
    HF_FUZZ_CHECK(!changes || request.body.empty() || is_json(request.content_type) || file);
  }
  const std::string_view path = request.target.substr(0, request.target.find('?'));
  const api::Routed routed = api::route(request.method, path);
  HF_FUZZ_CHECK(!routed.operation || routed.rest.empty() || path.find(routed.rest) != std::string_view::npos);
}

Seen read(std::string_view bytes, std::size_t first, std::size_t then) {
  Seen seen;
  RequestReader reader(header_max, body_max);
  std::size_t piece = first;
  while (true) {
    const auto step = reader.next();
    if (!step) {
      seen.end = step.error().code;
      return seen;
    }
    if (*step == RequestReader::Step::complete) {
      const Request request = reader.request();
      look_at(request);
      seen.requests.push_back(as_text(request));
      reader.begin();
    } else if (*step == RequestReader::Step::header) {
      static_cast<void>(reader.expects_continue());
    } else if (bytes.empty()) {
      return seen;
    } else {
      const std::span<char> space = reader.space();
      const std::size_t size = std::min({piece, bytes.size(), space.size()});
      std::memcpy(space.data(), bytes.data(), size);
      reader.received(size);
      bytes.remove_prefix(size);
      piece = then;
    }
  }
}

}  // namespace

HF_FUZZ_TARGET(requests) {
  Input input(bytes);
  const std::size_t first = 1 + input.byte(), then = 1 + input.byte();
  const std::string_view sent = input.rest();
  const Seen whole = read(sent, sent.size() + 1, 1);
  // How soon it is seen that a head is wrong depends on what of it is there; which requests are whole does not.
  HF_FUZZ_CHECK(read(sent, first, then).requests == whole.requests);
  HF_FUZZ_CHECK(whole.end == ErrorCode::none || whole.end == ErrorCode::bad_request ||
                whole.end == ErrorCode::headers_too_large || whole.end == ErrorCode::body_too_large);
  return whole.requests.empty() ? Taken::no : Taken::yes;
}

}  // namespace holdfast::fuzz
