#include <holdfast/watch.h>

#include <algorithm>
#include <boost/json.hpp>
#include <chrono>
#include <utility>

#include "client/client_core.h"
#include "client/retry.h"
#include "client/sse.h"
#include "client/stream.h"

namespace holdfast {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;
using client::text_at;

/// The server says something every 10 s, if only that it is there.
constexpr auto silence_max = 30s;

Problem as_problem(const Error& error, bool cancelled = false) {
  return problem_of(client::problem_of(error), cancelled);
}

bool fit_for_header(const std::string& position) {
  return std::ranges::none_of(position, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

/// A change, or none where the data cannot be read.
std::optional<Event> event_of(const client::SseEvent& from) {
  json::error_code error;
  const json::value value = json::parse(from.data, error);
  if (from.type == "reset") {
    std::string position = from.id;
    if (!error && value.is_object() && position.empty()) position = text_at(value.get_object(), "position");
    return Gap{.position = std::move(position)};
  }
  if (error || !value.is_object()) return std::nullopt;
  const json::object& data = value.get_object();
  std::string type = text_at(data, "type");
  return Change{.position = from.id.empty() ? text_at(data, "position") : from.id,
                .type = type.empty() ? from.type : std::move(type),
                .name = text_at(data, "name"),
                .token = client::number_at(data, "token").value_or(0),
                .owner = text_at(data, "owner"),
                .session = text_at(data, "session"),
                .because = text_at(data, "because"),
                .by = text_at(data, "by"),
                .reason = text_at(data, "reason"),
                .json = from.data};
}

}  // namespace

class Watch::Following {
 public:
  Following(std::shared_ptr<client::Core> core, WatchOptions what)
      : core_(std::move(core)), what_(std::move(what)), position_(what_.after) {}

  Answer<Event> next(const std::stop_token& stop) {
    for (;;) {
      if (auto event = reader_.next()) return handed_out(*event);
      if (stop.stop_requested()) return as_problem(Error{ErrorCode::unreachable, "the watch was stopped"}, true);
      if (!stream_) {
        if (auto refusal = connect(stop)) return *std::move(refusal);
      } else if (auto fault = read_more(stop)) {
        return *std::move(fault);
      }
    }
  }

  const std::string& position() const { return position_; }

 private:
  Answer<Event> handed_out(const client::SseEvent& from) {
    auto event = event_of(from);
    const std::string position = event ? std::visit([](const auto& it) { return it.position; }, *event) : from.id;
    if (!position.empty()) position_ = position;
    backoff_ = {};
    if (!event) return as_problem(Error{ErrorCode::bad_answer, "an event at " + position + " that is not JSON"});
    return *std::move(event);
  }

  /// Waits for bytes. A stream that ended, broke or was silent for too long is dropped, with a pause: one that ends
  /// each time as soon as it began must not be opened as fast as that goes.
  std::optional<Problem> read_more(const std::stop_token& stop) {
    auto bytes = [&] {
      const std::stop_callback ends(stop, [this] { stream_->cancel(); });
      return stream_->more(BootTime::now() + silence_max);
    }();
    if (bytes && !bytes->empty()) {
      if (reader_.read(*bytes)) return std::nullopt;
      drop();
      return as_problem(Error{ErrorCode::bad_answer, "an event is larger than any should be"});
    }
    drop();
    client::Servers::paused(backoff_.pause({}, client::Servers::chance()), client::Deadline::max(), stop);
    return std::nullopt;
  }

  void drop() {
    stream_.reset();
    reader_ = {};
  }

  /// One try to open the stream behind the last position; after a failed one a pause. What the server refuses for good
  /// is returned.
  std::optional<Problem> connect(const std::stop_token& stop) {
    // Without a position, what happens until a connection that breaks is opened again would be missed in silence.
    if (position_.empty()) {
      if (auto refusal = find_position(stop)) return refusal;
      if (position_.empty()) return std::nullopt;
    }
    if (!fit_for_header(position_)) return bad_field("after", "it is not a position");

    const client::Url where = core_->servers.current();
    client::Stream stream(where);
    auto opened = [&] {
      const std::stop_callback ends(stop, [&] { stream.cancel(); });
      return stream.open(request(), BootTime::now() + core_->timeout);
    }();
    if (opened && !opened->refusal) {
      stream_ = std::move(stream);
      return std::nullopt;
    }
    client::Problem problem =
        opened ? client::problem_of(*std::move(opened->refusal)) : client::problem_of(opened.error());
    return after_failure(std::move(problem), where, stop);
  }

  /// Where "from now on" is: each answer of the server says it.
  std::optional<Problem> find_position(const std::stop_token& stop) {
    const client::Url where = core_->servers.current();
    auto page = core_->servers.once(client::list_request({.prefix = what_.prefix, .limit = 1}),
                                    BootTime::now() + core_->timeout, stop);
    if (!page) return after_failure(std::move(page).error(), where, stop);
    position_ = text_at(*page, "position");
    if (position_.empty()) return as_problem(Error{ErrorCode::bad_answer, "a list without a position"});
    return std::nullopt;
  }

  std::optional<Problem> after_failure(client::Problem problem, const client::Url& where, const std::stop_token& stop) {
    if (stop.stop_requested()) return std::nullopt;
    const client::Next next = client::next_after(problem, true);
    if (next == client::Next::answer) return problem_of(std::move(problem));
    if (next == client::Next::elsewhere && core_->servers.current() == where) core_->servers.failed(where);
    client::Servers::paused(backoff_.pause(problem, client::Servers::chance()), client::Deadline::max(), stop);
    return std::nullopt;
  }

  client::Request request() const {
    std::string target = "/v1/events";
    client::add_parameter(target, "prefix", what_.prefix);
    client::add_parameter(target, "after", position_);
    return {.target = std::move(target),
            .accept = "text/event-stream",
            .more_headers = "Cache-Control: no-cache\r\nLast-Event-ID: " + position_ + "\r\n"};
  }

  const std::shared_ptr<client::Core> core_;
  const WatchOptions what_;
  std::string position_;
  std::optional<client::Stream> stream_;
  client::SseReader reader_;
  client::Backoff backoff_;
};

Watch::Watch(const Client& client, WatchOptions what)
    : following_(std::make_unique<Following>(client.core_, std::move(what))) {}
Watch::~Watch() = default;
Watch::Watch(Watch&&) noexcept = default;
Watch& Watch::operator=(Watch&&) noexcept = default;

Answer<Event> Watch::next(std::stop_token stop) {
  return following_->next(stop);
}
const std::string& Watch::position() const {
  return following_->position();
}

}  // namespace holdfast
