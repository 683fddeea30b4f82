#include "recording/write.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <cerrno>
#include <fstream>
#include <ostream>
#include <tuple>
#include <vector>

#include "recording/words.h"

namespace holdfast::recording {
namespace {

/// One line, put together field by field.
class Line {
 public:
  /// Any JSON value as it is.
  Line& raw(std::string_view key, std::string_view value) {
    text_ += text_.empty() ? '{' : ',';
    text_ += '"';
    text_ += key;
    text_ += "\":";
    text_ += value;
    return *this;
  }
  Line& text(std::string_view key, std::string_view value) {
    return raw(key, boost::json::serialize(boost::json::string_view(value.data(), value.size())));
  }
  template <class Number>
  Line& number(std::string_view key, Number value) {
    return raw(key, fmt::format_int(value).c_str());
  }
  /// Leaves out what is zero: the reader takes it for that.
  template <class Number>
  Line& some(std::string_view key, Number value) {
    return value == 0 ? *this : number(key, value);
  }
  Line& flag(std::string_view key, bool value) { return value ? raw(key, "true") : *this; }
  std::string& done() { return text_ += "}\n"; }

 private:
  std::string text_;
};

std::string header(const Recording& head) {
  const Lock& lock = head.lock;
  Line properties;
  properties.text("kind", word(lock.kind));
  if (lock.permits != 1) properties.number("permits", lock.permits);
  properties.flag("tokens", lock.tokens)
      .flag("dense", lock.dense)
      .flag("leases", lock.leases)
      .flag("late_renewal", lock.late_renewal)
      .flag("joins", lock.joins)
      .flag("reentrant", lock.reentrant)
      .flag("fifo", lock.fifo)
      .raw("drift", fmt::format("{}", lock.drift));
  std::string text = properties.done();
  text.pop_back();
  Line line;
  line.number("holdfast_recording", 1).text("about", head.about).raw("lock", text);
  return line.done();
}

}  // namespace

Writer::Writer(std::ostream& out, const Recording& head) : out_(out), head_(head) {
  out_ << header(head);
  declare();
}

void Writer::declare() {
  for (; clients_ < head_.clients.size(); ++clients_) {
    Line line;
    line.text("client", head_.clients[clients_].name);
    if (!head_.clients[clients_].owner.empty()) line.text("owner", head_.clients[clients_].owner);
    out_ << line.done();
  }
  for (; names_ < head_.names.size(); ++names_) {
    Line line;
    out_ << line.text("name", head_.names[names_]).done();
  }
}

const std::string& Writer::client(Index index) {
  declare();
  return head_.clients.at(index).name;
}

const std::string& Writer::name(Index index) {
  declare();
  return head_.names.at(index);
}

void Writer::line(std::string& text) {
  out_.write(text.data(), static_cast<std::streamsize>(text.size()));
}

void Writer::call(const Operation& operation) {
  Line one;
  one.number("call", operation.call).number("at", operation.called);
  if (operation.client != nobody) one.text("client", client(operation.client));
  one.text("what", word(operation.what)).text("name", name(operation.name)).some("token", operation.token);
  one.flag("shared", operation.shared);
  if (operation.what == What::write) one.some("value", operation.value);
  if (operation.outcome == Outcome::unknown) {  // What was asked for; where there is an answer, the answer tells it.
    one.some("ttl", operation.ttl).some("waited", operation.waited);
    if (operation.holder != nobody) one.text("holder", client(operation.holder));
  }
  line(one.done());
}

void Writer::ret(const Operation& operation) {
  if (operation.returned == never) return;
  Line one;
  one.number("return", operation.call).number("at", operation.returned).text("name", name(operation.name));
  one.text("outcome", word(operation.outcome)).flag("held", operation.held).flag("joined", operation.joined);
  if (operation.outcome != Outcome::unknown && operation.holder != nobody) one.text("holder", client(operation.holder));
  one.some("shown", operation.shown).some("previous", operation.previous);
  if (operation.what != What::write) one.some("value", operation.value);
  if (operation.outcome != Outcome::unknown) one.some("ttl", operation.ttl).some("waited", operation.waited);
  line(one.done());
}

void Writer::loss(const Loss& loss) {
  Line one;
  one.text("loss", loss.why).number("at", loss.at);
  if (loss.client != nobody) one.text("client", client(loss.client));
  line(one.text("name", name(loss.name)).some("token", loss.token).done());
}

void Writer::sighting(const Sighting& sighting) {
  Line one;
  one.text("sighting", word(sighting.kind)).number("at", sighting.at);
  if (sighting.watcher != nobody) one.text("watcher", client(sighting.watcher));
  if (sighting.name != nobody) one.text("name", name(sighting.name));
  line(one.some("position", sighting.position).some("token", sighting.token).done());
}

void Writer::fault(const Fault& fault) {
  Line one;
  one.text("fault", fault.what).number("at", fault.at).number("until", fault.until);
  if (fault.client != nobody) one.text("client", client(fault.client));
  line(one.done());
}

Result<void> Writer::written() {
  out_.flush();
  if (!out_) return fail(ErrorCode::recording_io, "the recording could not be written");
  return {};
}

Result<void> write(const Recording& recording, std::ostream& out) {
  struct Event {
    Nanos at;
    int kind;  ///< Of events at one time: calls, then what else there is, then returns.
    std::size_t index;
  };
  std::vector<Event> events;
  events.reserve(recording.operations.size() * 2);
  for (std::size_t i = 0; i < recording.operations.size(); ++i) {
    events.push_back({recording.operations[i].called, 0, i});
    if (recording.operations[i].returned != never) events.push_back({recording.operations[i].returned, 4, i});
  }
  for (std::size_t i = 0; i < recording.losses.size(); ++i) events.push_back({recording.losses[i].at, 1, i});
  for (std::size_t i = 0; i < recording.sightings.size(); ++i) events.push_back({recording.sightings[i].at, 2, i});
  for (std::size_t i = 0; i < recording.faults.size(); ++i) events.push_back({recording.faults[i].at, 3, i});
  std::ranges::sort(events, {}, [](const Event& e) { return std::tuple(e.at, e.kind, e.index); });

  Writer writer(out, recording);
  for (const Event& event : events) {
    switch (event.kind) {
      case 0:
        writer.call(recording.operations[event.index]);
        break;
      case 1:
        writer.loss(recording.losses[event.index]);
        break;
      case 2:
        writer.sighting(recording.sightings[event.index]);
        break;
      case 3:
        writer.fault(recording.faults[event.index]);
        break;
      default:
        writer.ret(recording.operations[event.index]);
    }
  }
  return writer.written();
}

Result<void> write(const Recording& recording, const std::filesystem::path& file) {
  std::ofstream out(file, std::ios::binary | std::ios::trunc);
  if (!out) return fail(ErrorCode::recording_io, system_words("open " + file.string(), errno));
  HF_TRY_VOID(write(recording, out));
  out.close();
  if (!out) return fail(ErrorCode::recording_io, system_words("write " + file.string(), errno));
  return {};
}

}  // namespace holdfast::recording
