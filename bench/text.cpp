// Texts and changes: everything that was typed into a paper, read and applied; edits of a large text; what a log of it
// takes.
#include "text/text.h"

#include <fmt/format.h>
#include <time.h>

#include <random>
#include <stdexcept>

#include "bench/run.h"
#include "tests/support/traces.h"
#include "text/blame.h"
#include "text/change_json.h"
#include "text/revision_log.h"
#include "text/undo_stack.h"

namespace holdfast::bench {
namespace {

using text::ChangeSet;
using text::Text;

double thread_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

template <class Do>
double ms_of(Do&& what) {
  const double began = thread_seconds();
  what();
  return (thread_seconds() - began) * 1e3;
}

void expect(bool holds, std::string_view what) {
  if (!holds) throw std::runtime_error(fmt::format("not so: {}", what));
}

/// All changes as a client sends them, one behind the other.
struct Sent {
  std::string json;
  std::vector<std::size_t> ends;
};

Sent sent(const support::Trace& trace) {
  Sent out;
  for (const ChangeSet& change : trace.changes) {
    text::write_changes(out.json, change);
    out.ends.push_back(out.json.size());
  }
  return out;
}

void replay(const Sent& sent, Text& into) {
  ChangeSet change;
  std::size_t begin = 0;
  for (const std::size_t end : sent.ends) {
    const std::string_view json = std::string_view{sent.json}.substr(begin, end - begin);
    expect(text::read_changes(json, change) && into.apply(change), "each change fits");
    begin = end;
  }
}

/// What a plain string would take, bytes for positions and no JSON: the least that could be written.
void replay_plainly(const support::Trace& trace, std::string& into) {
  for (const ChangeSet& change : trace.changes) {
    std::size_t at = 0;
    std::string_view inserted = change.inserted();
    for (const text::Part& part : change.parts()) {
      if (!part.keeps()) {
        into.replace(at, part.length, inserted.substr(0, part.bytes));
        inserted.remove_prefix(part.bytes);
      }
      at += part.length_after();
    }
  }
}

void measure_trace(Run& run, const support::Trace& trace, const std::string& name, bool plain_too) {
  const Sent all = sent(trace);
  std::vector<double> whole, share;
  for (int round = 0; round < run.rounds; ++round) {
    Text into = Text::from_utf8(trace.start).value();
    whole.push_back(ms_of([&] { replay(all, into); }));
    expect(into.utf8() == trace.end, "the text is the one that was typed");
    if (!plain_too) continue;
    std::string plain = trace.start;
    share.push_back(whole.back() / ms_of([&] { replay_plainly(trace, plain); }));
    expect(plain == trace.end, "the plain string's, too");
  }
  Run::say(fmt::format("{}: {} changes in {:.1f} ms", name, trace.changes.size(), whole.back()));
  const bool is_the_largest = plain_too;
  run.figures.add({.part = "text",
                   .what = fmt::format("{} edits of {} read, checked and applied", trace.changes.size(), name),
                   .unit = "ms",
                   .must = is_the_largest ? Must::be_at_most : Must::be_told,
                   .bound = 20,
                   .rounds = std::move(whole)});
  if (!plain_too) return;
  run.figures.add({.part = "text",
                   .what = "the same, as a share of a plain string's time without JSON",
                   .unit = "",
                   .must = Must::be_at_most,
                   .bound = 1,
                   .rounds = std::move(share)});
}

void measure_log(Run& run, const support::Trace& trace) {
  std::vector<double> append, bytes, catch_up, blame_time, undo_time;
  for (int round = 0; round < run.rounds; ++round) {
    text::RevisionLog log(Text::from_utf8(trace.start).value());
    append.push_back(ms_of([&] {
      for (const ChangeSet& change : trace.changes) expect(log.append(change, text::Author{1}).has_value(), "it fits");
    }));
    const auto edits = static_cast<double>(trace.changes.size());
    bytes.push_back((static_cast<double>(log.bytes()) - static_cast<double>(trace.typed_bytes)) / edits);
    const text::Revision missed = std::min<text::Revision>(50'000, log.newest());
    Text late = log.text_at(log.newest() - missed).value();
    catch_up.push_back(ms_of([&] {
      expect(late.apply(log.between(log.newest() - missed, log.newest()).value()).has_value(),
             "one change leads there");
    }));
    expect(late.utf8() == trace.end, "and nowhere else");
    text::Blame blame(Text::from_utf8(trace.start).value().length(), text::Author{0});
    std::uint32_t author = 0;
    blame_time.push_back(ms_of([&] {
      for (const ChangeSet& change : trace.changes) blame.apply(change.shape(), text::Author{++author / 100 % 5});
    }));
    Text text = Text::from_utf8(trace.start).value();
    text::UndoStack stack;
    std::uint64_t now = 0;
    undo_time.push_back(ms_of([&] {
      for (const ChangeSet& change : trace.changes) {
        stack.own(change, text, now += ++author % 50 == 0 ? 1000 : 100);
        expect(text.apply(change).has_value(), "it fits");
      }
    }));
  }
  run.figures.add({.part = "text",
                   .what = "log of them beyond what was typed, an edit",
                   .unit = "bytes",
                   .must = Must::be_at_most,
                   .bound = 8,
                   .rounds = std::move(bytes)});
  run.figures.add({.part = "text", .what = "applied and kept as revisions", .unit = "ms", .rounds = std::move(append)});
  run.figures.add({.part = "text",
                   .what = "the last 50,000 as one change, made and applied",
                   .unit = "ms",
                   .must = Must::be_at_most,
                   .bound = 200,
                   .rounds = std::move(catch_up)});
  run.figures.add(
      {.part = "text", .what = "who wrote what, five authors by turns", .unit = "ms", .rounds = std::move(blame_time)});
  run.figures.add(
      {.part = "text", .what = "applied, and kept to be taken back", .unit = "ms", .rounds = std::move(undo_time)});
}

/// Some thousand edits of a text of ten mebibytes, each at the place that `where` says.
template <class Where>
double edit_us(Text& text, Where&& where) {
  constexpr int edits = 20'000;
  return ms_of([&] {
           for (int i = 0; i < edits; ++i) {
             const bool erases = i % 2 == 1;
             const auto change = ChangeSet::replace(text.length(), where(i), erases ? 1 : 0, erases ? "" : "y");
             expect(text.apply(change).has_value(), "it fits");
           }
         }) *
         1e3 / edits;
}

void measure_large(Run& run) {
  std::string utf8(10U << 20U, 'x');
  for (std::size_t i = 80; i < utf8.size(); i += 81) utf8[i] = '\n';
  Text text = Text::from_utf8(utf8).value();
  std::mt19937_64 random(8812);
  std::vector<double> anywhere, one_place, copy, memory;
  for (int round = 0; round < run.rounds; ++round) {
    anywhere.push_back(edit_us(text, [&](int) { return static_cast<text::Units>(random() % (text.length() - 1)); }));
    one_place.push_back(edit_us(text, [&](int i) { return 5'000'000 + static_cast<text::Units>(i) / 2; }));
    Text kept;
    copy.push_back(edit_us(text, [&](int) {
      kept = text;  // Who reads has its own, and who writes goes on.
      return static_cast<text::Units>(random() % (text.length() - 1));
    }));
    memory.push_back(static_cast<double>(text.memory()) / static_cast<double>(text.extent().bytes));
  }
  const auto add = [&](std::string what, double bound, std::vector<double> rounds) {
    run.figures.add({.part = "text",
                     .what = std::move(what),
                     .unit = "µs",
                     .must = Must::be_at_most,
                     .bound = bound,
                     .rounds = std::move(rounds)});
  };
  add("10 MiB: an edit anywhere", 20, std::move(anywhere));
  add("10 MiB: an edit where the last one was", 1, std::move(one_place));
  add("10 MiB: a copy for a reader, and then an edit anywhere", 40, std::move(copy));
  run.figures.add({.part = "text",
                   .what = "its memory, as a multiple of its bytes",
                   .unit = "",
                   .must = Must::be_at_most,
                   .bound = 2,
                   .rounds = std::move(memory)});
}

void measure_text(Run& run) {
  for (const char* name : support::trace_names) {
    const auto trace = support::read_trace(name);
    if (!trace) {
      Run::say(fmt::format("there is no {}: left out", support::trace_file(name).string()));
      continue;
    }
    const bool is_the_largest = name == support::trace_names[0];
    measure_trace(run, *trace, name, is_the_largest);
    if (is_the_largest) measure_log(run, *trace);
  }
  measure_large(run);
}

}  // namespace

const Part text_part{"text", "texts and their changes, without a server", measure_text};

}  // namespace holdfast::bench
