#include <fmt/format.h>

#include <algorithm>

#include "verify/drawing.h"
#include "verify/words.h"

namespace holdfast::verify {

using recording::Nanos;
using recording::Operation;
using recording::Recording;

namespace {

constexpr std::size_t label_columns = 14;
constexpr std::size_t narrowest = 40;

/// Where a moment of the window lies on a line of `columns`.
class Scale {
 public:
  Scale(const Picture& picture, std::size_t columns) : picture_(picture), columns_(columns) {}
  std::size_t column(Nanos at) const {
    const Nanos inside = std::clamp(at, picture_.from, picture_.until) - picture_.from;
    const auto share = static_cast<double>(inside) / static_cast<double>(picture_.until - picture_.from);
    return std::min(columns_ - 1, static_cast<std::size_t>(share * static_cast<double>(columns_)));
  }

 private:
  const Picture& picture_;
  std::size_t columns_;
};

bool is_marked(const Picture& picture, const Ownership& ownership) {
  return std::ranges::any_of(picture.marked, [&](const Ownership& marked) {
    return marked.client == ownership.client && marked.token == ownership.token && marked.from <= ownership.until &&
           marked.until >= ownership.from;
  });
}

/// From when to when both marked ownerships are there; empty where they do not meet.
struct Span {
  Nanos from = 0, until = 0;
};
Span overlap(const Picture& picture) {
  if (picture.marked.size() != 2) return {};
  return {std::max(picture.marked[0].from, picture.marked[1].from),
          std::min(picture.marked[0].until, picture.marked[1].until)};
}

void put(std::string& line, std::size_t from, std::string_view text) {
  for (std::size_t i = 0; i < text.size() && from + i < line.size(); ++i) line[from + i] = text[i];
}

std::string drawn_lane(const Recording& recording, const Picture& picture, const Picture::Lane& lane,
                       std::size_t columns) {
  const Scale scale{picture, columns};
  std::string line(columns, ' ');
  const auto fill = [&](Nanos from, Nanos until, char with) {
    for (std::size_t i = scale.column(from); i <= scale.column(until); ++i) line[i] = with;
  };
  for (const std::size_t i : lane.operations) {
    fill(recording.operations[i].called, recording.operations[i].returned, '-');
  }
  for (const Ownership& ownership : lane.owned) fill(ownership.from, ownership.until, '=');
  const Span both = overlap(picture);
  for (const Ownership& marked : picture.marked) {
    if (marked.client != lane.client) continue;
    fill(marked.from, marked.until, '=');
    if (both.from < both.until) fill(both.from, both.until, '!');
  }
  for (const Ownership& ownership : lane.owned) {
    if (ownership.token == 0 || !is_marked(picture, ownership)) continue;
    put(line, scale.column(ownership.from) + 1, fmt::format(" {} ", ownership.token));
  }
  return line;
}

std::string in_columns(std::string text, std::size_t columns) {
  if (text.size() > columns) text = text.substr(0, columns - 1) + "~";
  return fmt::format("{:<{}}", text, columns);
}

}  // namespace

std::string drawn_in_text(const Recording& recording, const Picture& picture, std::size_t columns) {
  const std::size_t width = std::max(narrowest, columns > label_columns ? columns - label_columns : 0);
  const std::string begin = told_moment(picture.from, picture.until - picture.from);
  const std::string end = told_moment(picture.until, picture.until - picture.from);
  std::string out = fmt::format("{:<{}}{}{:>{}}\n", "", label_columns, begin, end, width - begin.size());
  for (const Picture::Lane& lane : picture.lanes) {
    std::string line = drawn_lane(recording, picture, lane, width);
    line.erase(line.find_last_not_of(' ') + 1);
    out += in_columns(told_client(recording, lane.client), label_columns - 2) + "  " + line + "\n";
  }
  out += fmt::format("{:<{}}- asking   = believes that it owns {}   ! two at once\n", "", label_columns,
                     printable(recording.names[picture.name]));
  return out;
}

std::string told_in_order(const Recording& recording, const Picture& picture) {
  std::string out;
  const Nanos step = (picture.until - picture.from) / 100;
  for (std::size_t i = 0; i < picture.witness.size(); ++i) {
    const Operation& operation = recording.operations[picture.witness[i]];
    out += fmt::format("{:>3}  {}  {}: {}\n", i + 1, told_moment(operation.called, step),
                       told_client(recording, operation.client), told_call(recording, operation));
    const bool returned = operation.returned != recording::never;
    out += fmt::format("     {}  {}\n", returned ? told_moment(operation.returned, step) : std::string(9, ' '),
                       told_answer(recording, operation));
  }
  return out;
}

}  // namespace holdfast::verify
