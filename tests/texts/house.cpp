#include "tests/texts/house.h"

#include <stdexcept>

#include "text/change_json.h"

namespace holdfast::texts {

using support::Response;
using support::Talk;

namespace {

constexpr durability::Small small{.segment_bytes = 256 << 10, .fold_after_bytes = 1 << 20};

Response expect(int status, Response response) {
  if (response.status != status) {
    throw std::runtime_error(fmt::format("{} instead of {}: {}", response.status, status, response.body));
  }
  return response;
}

}  // namespace

House::House() {
  start();
  port_ = server_->port();
}

void House::start() {
  server_.reset();
  server_ = std::make_unique<support::ServerProcess>(
      support::ServerProcess::How{.arguments = store_.arguments(small), .port = port_});
}

Response House::ask(const std::string& request) const {
  Talk talk(port_);
  talk.send(request);
  return talk.receive();
}

Response House::create(std::string_view file) const {
  return expect(201, ask(fmt::format("PUT /v1/buffers/{}?owner=alice HTTP/1.1\r\nHost: localhost\r\n"
                                     "Content-Type: text/plain\r\nContent-Length: {}\r\n\r\n{}",
                                     text_name, file.size(), file)));
}

std::string House::file(const std::string& query) const {
  return expect(200, ask(fmt::format("GET /v1/buffers/{}?{} HTTP/1.1\r\nHost: localhost\r\nAccept: text/plain\r\n\r\n",
                                     text_name, query)))
      .body;
}

text::Revision House::revision() const {
  return std::stoull(expect(200, Talk(port_).get(fmt::format("/v1/buffers/{}?text=0", text_name))).field("revision"));
}

std::uint64_t House::acquire(const std::string& owner, const std::string& session) const {
  return expect(200,
                Talk(port_).post(fmt::format("/v1/acquire/{}", text_name),
                                 fmt::format(R"({{"owner":"{}","session":"{}","ttl_ms":3600000}})", owner, session)))
      .token();
}

std::vector<Batch> batches(const std::vector<text::ChangeSet>& changes, std::size_t most) {
  constexpr std::size_t bytes_max = 512 << 10;
  std::vector<Batch> all;
  std::string one;
  for (std::size_t i = 0; i < changes.size(); ++i) {
    one.clear();
    text::write_changes(one, changes[i]);
    const bool fits = !all.empty() && all.back().count < most && all.back().changes.size() + one.size() < bytes_max;
    if (!fits) all.push_back({.from = i});
    Batch& batch = all.back();
    batch.changes += batch.count++ == 0 ? '[' : ',';
    batch.changes += one;
  }
  for (Batch& batch : all) batch.changes += ']';
  return all;
}

}  // namespace holdfast::texts
