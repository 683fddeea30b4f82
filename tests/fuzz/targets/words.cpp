// The small things that people type and machines hand back: durations, addresses, times, positions, cursors,
// injections.
//
// The first word chooses which.
#include <algorithm>

#include "api/events.h"
#include "api/operations.h"
#include "base/time.h"
#include "cli/durations.h"
#include "cli/settings.h"
#include "client/url.h"
#include "engine/faulty/faulty_engine.h"
#include "tests/fuzz/target.h"

namespace holdfast::fuzz {
namespace {

Taken as_taken(bool taken) {
  return taken ? Taken::yes : Taken::no;
}

Taken duration(std::string_view text) {
  const auto read = cli::parse_duration(text);
  if (!read) return Taken::no;
  HF_FUZZ_CHECK(*read >= Duration::zero() && *read <= std::chrono::hours(24 * 366 * 100));
  HF_FUZZ_CHECK(!cli::told(*read).empty() && !cli::told_remaining(*read).empty());
  const auto again = cli::parse_duration(cli::typed(*read));
  HF_FUZZ_CHECK(again);
  HF_FUZZ_CHECK(cli::typed(*again) == cli::typed(*read));
  return Taken::yes;
}

Taken url(std::string_view text) {
  const auto all = client::parse_urls(text);
  if (!all) {
    HF_FUZZ_CHECK(all.error().code == ErrorCode::bad_configuration);
    return Taken::no;
  }
  HF_FUZZ_CHECK(!all->empty());
  for (const client::Url& each : *all) {
    HF_FUZZ_CHECK(!each.host.empty() && each.port != 0);
    HF_FUZZ_CHECK(each.authority().find_first_of(" \r\n/@") == std::string::npos);  // It goes into a header.
    const auto again = client::parse_url(each.text());
    HF_FUZZ_CHECK(again && *again == each);
  }
  return Taken::yes;
}

Taken time(std::string_view text) {
  const auto read = parse_rfc3339(text);
  if (!read) return Taken::no;
  const auto again = parse_rfc3339(rfc3339(*read));
  HF_FUZZ_CHECK(again);
  const bool shown_as_it_is =
      *read - *again >= std::chrono::milliseconds(0) && *read - *again < std::chrono::milliseconds(1);
  const auto year = std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(*read)).year();
  HF_FUZZ_CHECK(shown_as_it_is || year < std::chrono::year{0} || year > std::chrono::year{9999});
  return Taken::yes;
}

Taken position(std::string_view text) {
  const auto read = api::parse_position(text);
  if (!read) {
    HF_FUZZ_CHECK(read.error().code == ErrorCode::bad_field);
    return Taken::no;
  }
  HF_FUZZ_CHECK(api::parse_position(api::position_text(*read)) == *read);
  return Taken::yes;
}

/// For a query.
std::string escaped(std::string_view text) {
  std::string out;
  for (const unsigned char c : text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    out += {'%', digits[c >> 4], digits[c & 15]};
  }
  return out;
}

/// The `next` of a page of the history, which comes back as `after`.
Taken cursor(std::string_view text) {
  const auto operation = std::ranges::find_if(api::operations(), [](const api::Operation& each) {
    return each.asks_history && each.path.find('{') == std::string_view::npos;
  });
  HF_FUZZ_CHECK(operation != api::operations().end());
  auto form = api::Form::from_query(operation->fields, "after=" + std::string{text});
  if (!form) return Taken::no;
  const auto call = operation->read(*form, {"s-fresh", "127.0.0.1", 1});
  if (!call || !call->history) return Taken::no;
  const api::HistoryRequest& asked = *call->history;
  if (asked.after_name.empty()) return Taken::no;
  const std::string again = escaped(api::history_cursor(asked.after_name, asked.after_token));
  auto form_again = api::Form::from_query(operation->fields, "after=" + again);
  HF_FUZZ_CHECK(form_again);
  const auto call_again = operation->read(*form_again, {"s-fresh", "127.0.0.1", 1});
  HF_FUZZ_CHECK(call_again && call_again->history->after_name == asked.after_name);
  HF_FUZZ_CHECK(call_again->history->after_token == asked.after_token);
  return Taken::yes;
}

/// The same of a page of sessions.
Taken session_cursor(std::string_view text) {
  const auto operation = std::ranges::find(api::operations(), "session.list", &api::Operation::name);
  HF_FUZZ_CHECK(operation != api::operations().end());
  auto form = api::Form::from_query(operation->fields, "after=" + escaped(text));
  if (!form) return Taken::no;
  const auto call = operation->read(*form, {"s-fresh", "127.0.0.1", 1});
  if (!call) return Taken::no;
  const core::Who& after = call->sessions->after;
  auto form_again = api::Form::from_query(operation->fields, "after=" + escaped(api::session_cursor(after)));
  HF_FUZZ_CHECK(form_again);
  const auto call_again = operation->read(*form_again, {"s-fresh", "127.0.0.1", 1});
  HF_FUZZ_CHECK(call_again && call_again->sessions->after == after);
  return Taken::yes;
}

Taken listen(std::string_view text) {
  const auto read = cli::parse_listen(text);
  HF_FUZZ_CHECK(read || read.error().code == ErrorCode::bad_configuration);
  return as_taken(read.has_value());
}

Taken injection(std::string_view text) {
  return as_taken(engine::Injection::parse(text).has_value());
}

}  // namespace

HF_FUZZ_TARGET(words, .variants = 100'000) {
  struct Reader {
    std::string_view name;
    Taken (*read)(std::string_view);
  };
  static constexpr Reader readers[] = {
      {"duration", duration}, {"url", url},       {"time", time},           {"position", position},
      {"cursor", cursor},     {"listen", listen}, {"injection", injection}, {"sessions", session_cursor}};
  Input input(bytes);
  const std::string_view name = input.word();
  const auto reader = std::ranges::find(readers, name, &Reader::name);
  return reader == std::end(readers) ? Taken::no : reader->read(input.rest());
}

}  // namespace holdfast::fuzz
