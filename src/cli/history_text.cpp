#include "cli/history_text.h"

#include <fmt/format.h>

#include <boost/json.hpp>

#include "cli/durations.h"
#include "cli/text.h"
#include "client/calls.h"

namespace holdfast::cli {
namespace {

namespace json = boost::json;

using client::flag_at;
using client::text_at;

std::uint64_t number_at(const json::object& from, std::string_view key) {
  return client::number_at(from, key).value_or(0);
}

Duration ms_at(const json::object& from, std::string_view key) {
  return client::ms_at(from, key).value_or(Duration::zero());
}

std::string line(std::string_view key, const std::string& value) {
  return fmt::format("  {:<9} {}\n", key, value);
}

/// ": why", where something was said.
std::string said(const std::string& text) {
  return text.empty() ? std::string{} : ": " + shown(text);
}

std::string told_end(const json::object& holding) {
  const std::string because = text_at(holding, "because");
  const std::string by = shown(text_at(holding, "by"));
  const std::string to = shown(text_at(holding, "to"));
  const std::string reason = said(text_at(holding, "reason"));
  if (because == "released") return "released by its holder";
  if (because == "lapsed") return "lapsed: nobody renewed it in time";
  if (because == "taken_over") return "taken over by " + by + reason;
  if (because == "transferred") return "given to " + to + reason;
  if (because == "moved") return "moved to session " + shown(text_at(holding, "to_session")) + " of the same owner";
  if (because == "revoked") return "revoked by " + by + reason;
  return because.empty() ? "why is not known" : shown(because) + reason;
}

std::string told_step(const json::object& step) {
  const std::string what = text_at(step, "what");
  const std::string owner = shown(text_at(step, "owner"));
  const std::string session = shown(text_at(step, "session"));
  const std::string who = session.empty() ? owner : owner + " (session " + session + ")";
  const std::string reason = said(text_at(step, "reason"));
  if (what == "joined") return "session " + session + " joined";
  if (what == "left") return "session " + session + " left";
  if (what == "lapsed") return "session " + session + " lapsed";
  if (what == "revived") return "session " + session + " came back in time";
  if (what == "requested") return who + " asked for it" + said(text_at(step, "message"));
  if (what == "takeover_asked") {
    return fmt::format("{} takes it over, with {} for the holder to hand in what it has{}", who,
                       told(ms_at(step, "flush_ms")), reason);
  }
  if (what == "takeover_dropped") {
    const bool restart = text_at(step, "because") == "restart";
    return "the takeover by " + who + (restart ? " was dropped: the server restarted" : " was dropped: they went away");
  }
  if (what == "given_up") return "the right to come back was given up" + reason;
  return shown(what) + " " + who + reason;
}

std::string told_time(const json::object& holding, WallTime now) {
  const std::string since = text_at(holding, "since");
  const std::string until = text_at(holding, "until");
  std::string out = since.empty() ? "from before the history begins" : "from " + told_since(since, now);
  if (flag_at(holding, "open")) {
    return out + (flag_at(holding, "uncertain") ? ", and perhaps still: what came then is missing" : ", and still");
  }
  out += " until " + told_since(until, now);
  if (holding.contains("held_ms")) out += ", for " + told(ms_at(holding, "held_ms"));
  return out;
}

std::string told_beginning(const json::object& holding) {
  const std::string began = text_at(holding, "began");
  const std::string before = shown(text_at(holding, "taken_from"));
  const std::string why = said(text_at(holding, "taken_because"));
  if (began == "taken_over") return "taken over from " + before + why;
  if (began == "transferred") return "given by " + before + why;
  if (began == "moved") return "moved from another session of the same owner" + why;
  return why.empty() ? std::string{} : "taken over when it was free already" + why;
}

}  // namespace

std::string told_past(const json::object& holding, bool with_name, WallTime now) {
  std::string out;
  if (with_name) out += shown(text_at(holding, "name")) + ": ";
  const std::string session = text_at(holding, "session");
  out += shown(text_at(holding, "owner"));
  if (!session.empty()) out += " (session " + shown(session) + ")";
  if (flag_at(holding, "open") && !flag_at(holding, "uncertain")) out += " holds it now";
  out += '\n';
  out += line("held", told_time(holding, now));
  if (!flag_at(holding, "open")) out += line("ended", told_end(holding));
  if (const std::string beginning = told_beginning(holding); !beginning.empty()) out += line("began", beginning);
  if (number_at(holding, "waited_ms") > 0) out += line("waited", told(ms_at(holding, "waited_ms")) + " for it");
  if (const std::string note = text_at(holding, "note"); !note.empty()) out += line("note", shown(note));
  if (const std::string address = text_at(holding, "address"); !address.empty()) out += line("address", shown(address));
  out += line("token", fmt::format("{}", number_at(holding, "token")));
  const json::value* steps = holding.if_contains("steps");
  if (!steps || !steps->is_array()) return out;
  for (const json::value& step : steps->get_array()) {
    if (!step.is_object()) continue;
    out += line("then", told_since(text_at(step.get_object(), "at"), now) + " " + told_step(step.get_object()));
  }
  if (const std::uint64_t left_out = number_at(holding, "steps_left_out"); left_out > 0) {
    out += line("and", fmt::format("{} more like these, which are not kept", left_out));
  }
  return out;
}

std::string told_gaps(const json::object& answer) {
  std::string out;
  const json::value* gaps = answer.if_contains("gaps");
  if (gaps && gaps->is_array()) {
    for (const json::value& value : gaps->get_array()) {
      if (!value.is_object()) continue;
      const json::object& gap = value.get_object();
      out += fmt::format("the history misses what happened at positions {} to {} (about {})\n",
                         number_at(gap, "after_position") + 1, number_at(gap, "up_to_position"),
                         shown(text_at(gap, "noticed")));
    }
  }
  if (flag_at(answer, "memory_only")) out += "this server keeps its history in memory: a restart forgets it\n";
  return out;
}

}  // namespace holdfast::cli
