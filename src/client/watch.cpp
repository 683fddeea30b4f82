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

/// None where the data cannot be read.
std::optional<Event> event_of(const client::SseEvent& from) {
  json::error_code error;
  const json::value value = json::parse(from.data, error);
  const bool readable = !error && value.is_object();
  if (!readable && from.type != "reset") return std::nullopt;  // That there is a gap is said by the type alone.
  const json::object data = readable ? value.get_object() : json::object{};
  std::string position = from.id.empty() ? text_at(data, "position") : from.id;
  if (from.type == "begin") return Begin{.position = std::move(position), .json = from.data};
  if (from.type == "reset") {
    return Gap{.position = std::move(position), .code = text_at(data, "code"), .json = from.data};
  }
  std::string type = text_at(data, "type");
  return Change{.position = std::move(position),
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
      if (const auto event = reader_.next()) {
        if (auto answer = taken(*event)) return *std::move(answer);
        continue;
      }
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
  /// What to hand out; none where only the position moved.
  std::optional<Answer<Event>> taken(const client::SseEvent& from) {
    const bool is_event = !from.type.empty();
    auto event = is_event ? event_of(from) : std::nullopt;
    const std::string position = event ? std::visit([](const auto& it) { return it.position; }, *event) : from.id;
    if (!position.empty()) position_ = position;
    const bool begins_again = event && std::holds_alternative<Begin>(*event) && begun_;
    if (begins_again) return std::nullopt;  // Whoever ends each stream so soon is not to be asked in haste.
    backoff_ = {};
    if (!is_event) return std::nullopt;
    if (!event) return as_problem(Error{ErrorCode::bad_answer, "an event at " + position + " that is not JSON"});
    begun_ = true;
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
    if (stop.stop_requested()) return std::nullopt;
    pause_for(bytes ? client::problem_of(Error{ErrorCode::answer_lost, "the server ended the stream"})
                    : client::problem_of(bytes.error()),
              stop);
    return std::nullopt;
  }

  void pause_for(client::Problem problem, const std::stop_token& stop) {
    const Duration pause = backoff_.pause(problem, client::Servers::chance());
    if (what_.on_trouble) {
      what_.on_trouble(problem_of(std::move(problem)), std::chrono::ceil<std::chrono::milliseconds>(pause));
    }
    client::Servers::paused(pause, client::Deadline::max(), stop);
  }

  void drop() {
    stream_.reset();
    reader_ = {};
  }

  /// One try to open the stream behind the last position; after a failed one a pause. What the server refuses for good
  /// is returned.
  std::optional<Problem> connect(const std::stop_token& stop) {
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

  std::optional<Problem> after_failure(client::Problem problem, const client::Url& where, const std::stop_token& stop) {
    if (stop.stop_requested()) return std::nullopt;
    const client::Next next = client::next_after(problem, true);
    if (next == client::Next::answer) return problem_of(std::move(problem));
    if (next == client::Next::elsewhere && core_->servers.current() == where) core_->servers.failed(where);
    pause_for(std::move(problem), stop);
    return std::nullopt;
  }

  client::Request request() const {
    std::string target = "/v1/events";
    client::add_parameter(target, "prefix", what_.prefix);
    client::add_parameter(target, "after", position_);
    std::string headers = "Cache-Control: no-cache\r\n";
    if (!position_.empty()) headers += "Last-Event-ID: " + position_ + "\r\n";
    return {.target = std::move(target), .accept = "text/event-stream", .more_headers = std::move(headers)};
  }

  const std::shared_ptr<client::Core> core_;
  const WatchOptions what_;
  std::string position_;
  bool begun_ = false;  ///< Something has been handed out.
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
