#include "text/revision_runs.h"

#include <optional>

#include "base/check.h"
#include "text/change_record.h"
#include "text/utf8.h"

namespace holdfast::text {
namespace {

/// The only part that changes something, and where. None if there are several, or none.
struct Place {
  Units at = 0;
  Part part;
};
std::optional<Place> only_place(const ChangeSet& change) {
  std::optional<Place> found;
  Units at = 0;
  for (const Part& part : change.parts()) {
    if (!part.keeps()) {
      if (found) return std::nullopt;
      found = Place{at, part};
    }
    at += part.length;
  }
  return found;
}

RevisionRun run_of(const ChangeSet& change) {
  RevisionRun run{.before = change.length_before()};
  if (const auto place = only_place(change)) {
    const bool one_character =
        !change.inserted().empty() && character_at(change.inserted(), 0) == change.inserted().size();
    run.at = place->at;
    if (place->part.length == 0 && one_character) {
      run.kind = RunKind::typing;
      run.text = change.inserted();
      return run;
    }
    if (place->part.length == 1 && place->part.deletes()) {
      run.kind = RunKind::backspace;  // Of one step it could be either; `delete` shows in the second.
      return run;
    }
  }
  run.change = change;
  return run;
}

void write_run(std::string& to, const RevisionRun& run) {
  const auto head = [&](std::uint64_t number) { put_varint(to, number << 2U | static_cast<std::uint64_t>(run.kind)); };
  if (run.kind == RunKind::change) {
    std::string record;
    write_record(record, run.change);
    head(record.size());
    to += record;
    return;
  }
  head(run.count);
  put_varint(to, run.at);
  to += run.text;
}

/// `count` characters off the front.
std::string_view take_characters(ByteReader& in, std::string_view ahead, std::uint64_t count) {
  std::size_t end = 0;
  for (; count > 0; --count) {
    const std::size_t length = end < ahead.size() ? character_at(ahead, end) : 0;
    if (length == 0 || ahead[end] == '\r') {
      in.damaged();
      return {};
    }
    end += length;
  }
  return in.take(end);
}

}  // namespace

Units RevisionRun::after() const {
  switch (kind) {
    case RunKind::change:
      return change.length_after();
    case RunKind::typing:
      return before + extent_of(text).units;
    case RunKind::backspace:
    case RunKind::del:
      return before - count;
  }
  return before;
}

ChangeSet RevisionRun::slice(std::uint32_t from, std::uint32_t to) const {
  HF_CHECK(from < to && to <= count);
  switch (kind) {
    case RunKind::change:
      return change;
    case RunKind::backspace:
      return ChangeSet::replace(before - from, at + 1 - to, to - from, {});
    case RunKind::del:
      return ChangeSet::replace(before - from, at, to - from, {});
    case RunKind::typing:
      break;
  }
  std::size_t begin = 0;
  std::size_t end = 0;
  for (std::uint32_t i = 0; i < to; ++i) {
    if (i == from) begin = end;
    end += character_at(text, end);
  }
  const Units passed = extent_of(std::string_view{text}.substr(0, begin)).units;
  return ChangeSet::replace(before + passed, at + passed, 0, std::string_view{text}.substr(begin, end - begin));
}

bool RunWriter::continues_open(const RevisionRun& one) const {
  if (!has_open_ || one.kind == RunKind::change) return false;
  if (open_.kind == RunKind::typing)
    return one.kind == RunKind::typing && one.at == open_.at + (one.before - open_.before);
  if (one.kind != RunKind::backspace) return false;
  if (open_.kind == RunKind::backspace && one.at + open_.count == open_.at) return true;
  return one.at == open_.at && (open_.kind == RunKind::del || (open_.kind == RunKind::backspace && open_.count == 1));
}

void RunWriter::add(const ChangeSet& change) {
  RevisionRun one = run_of(change);
  if (!continues_open(one)) {
    if (has_open_) write_run(closed_, open_);
    open_ = std::move(one);
    has_open_ = true;
    return;
  }
  if (open_.kind == RunKind::backspace && one.at == open_.at) open_.kind = RunKind::del;
  open_.text += one.text;
  ++open_.count;
}

std::string RunWriter::bytes() const {
  std::string out = closed_;
  if (has_open_) write_run(out, open_);
  return out;
}

Result<RevisionRun> RunReader::next() {
  const auto damaged = [] { return fail(ErrorCode::record_damaged, "a run of revisions"); };
  RevisionRun run{.before = length_};
  const std::uint64_t head = in_.number(std::uint64_t{units_max} << 4U);
  run.kind = static_cast<RunKind>(head & 3U);
  const std::uint64_t number = head >> 2U;
  if (run.kind == RunKind::change) {
    const std::string_view record = in_.take(number);
    if (!in_.ok()) return damaged();
    HF_TRY(change, read_record(record, length_));
    run.change = std::move(change);
  } else {
    run.count = static_cast<std::uint32_t>(number);
    run.at = static_cast<Units>(in_.number(length_));
    if (run.kind == RunKind::typing) run.text = take_characters(in_, in_.ahead(), number);
    const std::uint64_t most = run.kind == RunKind::typing      ? units_max
                               : run.kind == RunKind::backspace ? std::uint64_t{run.at} + 1
                                                                : length_ - run.at;
    const bool outside = run.kind == RunKind::backspace && run.at >= length_;
    if (!in_.ok() || number == 0 || number > most || outside) return damaged();
    if (run.kind == RunKind::typing && std::uint64_t{length_} + extent_of(run.text).units > units_max) return damaged();
  }
  length_ = run.after();
  return run;
}

}  // namespace holdfast::text
