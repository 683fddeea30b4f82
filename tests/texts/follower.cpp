#include "tests/texts/follower.h"

#include <fmt/format.h>

#include <stdexcept>

#include "tests/texts/house.h"
#include "text/change_json.h"

namespace holdfast::texts {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;

/// Not for whoever tries again: the server said what it must not say.
struct Wrong : std::logic_error {
  using std::logic_error::logic_error;
};

}  // namespace

Follower::Follower(std::uint16_t port, std::string session)
    : port_(port), session_(std::move(session)), thread_([this](const std::stop_token& stop) { run(stop); }) {}

std::string Follower::await(text::Revision revision) {
  std::unique_lock lock(mutex_);
  const bool there = moved_.wait_for(lock, 2min, [&] { return revision_ == revision || !wrong_.empty(); });
  if (!wrong_.empty()) throw std::runtime_error(wrong_);
  if (!there) throw std::runtime_error(fmt::format("{} is at {} and not at {}", session_, revision_, revision));
  return text_.utf8();
}

Follower::Seen Follower::seen() const {
  const std::lock_guard lock(mutex_);
  return seen_;
}

void Follower::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    try {
      follow_on(stop);
    } catch (const std::logic_error& wrong) {  // Also a field that should be there.
      const std::lock_guard lock(mutex_);
      wrong_ = wrong.what();
      return moved_.notify_all();
    } catch (const std::runtime_error&) {  // The server is not there. It says nothing when it comes back.
      std::this_thread::sleep_for(20ms);
    }
  }
}

/// Until the connection is over.
void Follower::follow_on(const std::stop_token& stop) {
  support::LiveTalk talk(port_, "watcher", session_);
  {
    const std::lock_guard lock(mutex_);
    ++seen_.connections;
  }
  ask(talk);
  while (!stop.stop_requested()) {
    const std::optional<std::string> message = talk.message_within(1s);
    if (!message) {
      ask(talk);  // Throws where nobody is there; else the answer brings nothing new.
      continue;
    }
    const std::lock_guard lock(mutex_);
    take(talk, json::parse(*message).as_object());
    moved_.notify_all();
  }
}

void Follower::ask(support::LiveTalk& talk) const {
  const std::string had = buffer_ ? fmt::format(R"(,"buffer":{},"after":{})", *buffer_, revision_) : "";
  talk.send("follow", fmt::format(R"("name":"{}"{})", text_name, had));
}

void Follower::take(support::LiveTalk& talk, const json::object& message) {
  if (message.contains("id")) {
    if (message.at("status").as_int64() != 200) throw Wrong("follow was refused: " + json::serialize(message));
    return begin(message.at("body").as_object());
  }
  const std::string_view kind = message.at("push").as_string();
  if (kind == "resync") ++seen_.resyncs;
  if (kind == "resync" || kind == "created") return ask(talk);
  if (kind != "revision") return;
  text::Revision base = message.at("base").to_number<text::Revision>();
  for (const json::value& change : message.at("changes").as_array()) {
    apply(base++, change);
    ++seen_.pushed;
  }
  if (base != message.at("revision").to_number<text::Revision>()) throw Wrong("a push that counts wrongly");
}

void Follower::begin(const json::object& answer) {
  if (answer.at("buffer").is_null()) return;  // There is no text yet; we are told when there is.
  if (const json::value* whole = answer.if_contains("text")) {
    text_ = text::Text::from_utf8(std::string_view{whole->as_string()}).value();
    revision_ = answer.at("revision").to_number<text::Revision>();
    ++seen_.texts;
  } else {
    for (const json::value& change : answer.at("changes").as_array()) {
      apply(change.at("revision").to_number<text::Revision>() - 1, change.at("change"));
      ++seen_.caught_up;
    }
  }
  buffer_ = answer.at("buffer").to_number<std::uint64_t>();
  if (revision_ != answer.at("revision").to_number<text::Revision>()) throw Wrong("an answer that leads elsewhere");
}

void Follower::apply(text::Revision base, const json::value& change) {
  if (base != revision_) throw Wrong(fmt::format("a change of {} where {} was had", base, revision_));
  const auto read = text::read_changes(json::serialize(change));
  if (!read || !text_.apply(*read)) throw Wrong("a change that is none: " + json::serialize(change));
  ++revision_;
}

}  // namespace holdfast::texts
