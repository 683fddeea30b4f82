#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "verify/drawing.h"
#include "verify/words.h"

namespace holdfast::verify {

using recording::Nanos;
using recording::Operation;
using recording::Outcome;
using recording::Recording;

namespace {

// In units of the picture, which the page scales to its width.
constexpr double width = 1000;
constexpr double label_width = 120;
constexpr double lane_height = 64;
constexpr double top = 34;
constexpr double bar_height = 16;
constexpr double band_height = 32;
constexpr double letter = 7.2;
constexpr double right_margin = 12;

class Canvas {
 public:
  Canvas(const Recording& recording, const Picture& picture) : recording_(recording), picture_(picture) {}

  std::string draw() {
    axis();
    for (std::size_t i = 0; i < picture_.lanes.size(); ++i) lane(i);
    for (const std::size_t i : picture_.faults) fault(recording_.faults[i]);
    both();
    const double height = bottom() + 16;
    return fmt::format(
        "<svg viewBox=\"0 0 {:.0f} {:.0f}\" role=\"img\" aria-label=\"What each client did, over time\">\n{}</svg>\n",
        width, height, out_);
  }

 private:
  double x(Nanos at) const {
    const Nanos inside = std::clamp(at, picture_.from, picture_.until) - picture_.from;
    const double share = static_cast<double>(inside) / static_cast<double>(picture_.until - picture_.from);
    return label_width + share * (width - label_width - right_margin);
  }
  static double y(std::size_t lane) { return top + static_cast<double>(lane) * lane_height; }
  double bottom() const { return y(picture_.lanes.size()); }
  /// Where `client` has its lane; behind the last one if it has none.
  std::size_t lane_of(recording::Index client) const {
    const auto found = std::ranges::find(picture_.lanes, client, &Picture::Lane::client);
    return static_cast<std::size_t>(found - picture_.lanes.begin());
  }

  void text(double at_x, double at_y, std::string_view kind, std::string_view words) {
    out_ += fmt::format("<text x=\"{:.1f}\" y=\"{:.1f}\" class=\"{}\">{}</text>\n", at_x, at_y, kind, escaped(words));
  }
  /// A box that says more when it is pointed at.
  void box(double from, double until, double at_y, double height, std::string_view kind, std::string_view title) {
    out_ += fmt::format(
        "<rect x=\"{:.1f}\" y=\"{:.1f}\" width=\"{:.1f}\" height=\"{:.1f}\" rx=\"3\" class=\"{}\"><title>{}</title>"
        "</rect>\n",
        from, at_y, std::max(2.0, until - from), height, kind, escaped(title));
  }

  void axis() {
    const double span = static_cast<double>(picture_.until - picture_.from);
    double step = std::pow(10, std::floor(std::log10(span / 4)));
    if (span / step > 10) step *= 2.5;
    const auto tick = std::max<Nanos>(1, static_cast<Nanos>(step));
    for (Nanos at = (picture_.from / tick + 1) * tick; at < picture_.until; at += tick) {
      out_ += fmt::format("<line x1=\"{0:.1f}\" y1=\"{1:.1f}\" x2=\"{0:.1f}\" y2=\"{2:.1f}\" class=\"tick\"/>\n", x(at),
                          top - 8, bottom());
      text(x(at) + 3, top - 14, "time", told_moment(at, tick));
    }
  }

  void lane(std::size_t number) {
    const Picture::Lane& lane = picture_.lanes[number];
    const double middle = y(number) + lane_height / 2 + 4;  // Above it is room for words.
    std::string label = told_client(recording_, lane.client);
    if (label.size() > 15) label = label.substr(0, 14) + "~";
    text(8, middle + 4, "who", label);
    out_ += fmt::format("<line x1=\"{:.0f}\" y1=\"{:.1f}\" x2=\"{:.0f}\" y2=\"{:.1f}\" class=\"lane\"/>\n", label_width,
                        middle, width - right_margin, middle);
    for (const Ownership& owned : lane.owned) {
      if (!marked(owned)) band(owned, middle, "owns");
    }
    for (const Ownership& marked : picture_.marked) {
      if (marked.client == lane.client) band(marked, middle, "owns marked");
    }
    for (const std::size_t i : lane.operations) call(i, middle);
  }

  /// Drawn as one of the two that cannot both be.
  bool marked(const Ownership& owned) const {
    return std::ranges::any_of(picture_.marked, [&](const Ownership& one) {
      return one.client == owned.client && one.from <= owned.until && one.until >= owned.from;
    });
  }

  void band(const Ownership& owned, double middle, std::string_view kind) {
    const Nanos step = picture_.until - picture_.from;
    box(x(owned.from), x(owned.until), middle - band_height / 2, band_height, kind,
        fmt::format("{} believes that it owns {}{} from {} to {}", told_client(recording_, owned.client),
                    printable(recording_.names[picture_.name]),
                    owned.token == 0 ? "" : fmt::format(" under token {}", owned.token), told_moment(owned.from, step),
                    told_moment(owned.until, step)));
    const std::string words = owned.token == 0 ? "owns it" : fmt::format("token {}", owned.token);
    const double room = x(owned.until) - x(owned.from);
    if (room > (static_cast<double>(words.size()) + 2) * letter) {
      text(x(owned.from) + 6, middle + 4, "beside", words);
    }
  }

  void call(std::size_t i, double middle) {
    const Operation& operation = recording_.operations[i];
    const double from = x(operation.called);
    const double until = x(operation.returned);
    const bool witness = std::ranges::find(picture_.witness, i) != picture_.witness.end();
    const std::string kind = fmt::format("call {}{}", word(operation.outcome), witness ? " witness" : "");
    const std::string answer = told_answer(recording_, operation);
    const std::string title = fmt::format("{}: {} - {}", told_moment(operation.called, picture_.until - picture_.from),
                                          told_call(recording_, operation), answer);
    box(from, until, middle - bar_height / 2, bar_height, kind, title);
    const std::string words =
        witness ? fmt::format("{}: {}", word(operation.what), answer) : std::string{word(operation.what)};
    const double needed = static_cast<double>(words.size()) * letter;
    if (until - from > needed) {
      text(from + 4, middle + 4, "on", words);
    } else if (witness) {
      // Beside its bar, where it would not fit; left of it where the picture ends.
      const bool fits = until + needed < width - right_margin;
      text(fits ? until + 4 : std::max(label_width, from - needed), middle - band_height / 2 - 2, "beside", words);
    }
  }

  void fault(const recording::Fault& fault) {
    const std::size_t number = lane_of(fault.client);
    const bool of_all = number == picture_.lanes.size();
    box(x(fault.at), x(fault.until), of_all ? top : y(number) + 4, of_all ? bottom() - top : lane_height - 4, "fault",
        fmt::format("{}: {}", told_client(recording_, fault.client), printable(fault.what)));
    text(x(fault.at) + 2, of_all ? bottom() + 10 : y(number) + lane_height - 2, "beside", printable(fault.what));
  }

  void both() {
    if (picture_.marked.size() != 2) return;
    const Nanos from = std::max(picture_.marked[0].from, picture_.marked[1].from);
    const Nanos until = std::min(picture_.marked[0].until, picture_.marked[1].until);
    if (from >= until) return;
    const auto [upper, lower] = std::minmax({lane_of(picture_.marked[0].client), lane_of(picture_.marked[1].client)});
    box(x(from), x(until), y(upper), y(lower + 1) - y(upper), "both",
        fmt::format("Two owners from {} to {}", told_moment(from, until - from), told_moment(until, until - from)));
  }

  const Recording& recording_;
  const Picture& picture_;
  std::string out_;
};

}  // namespace

std::string drawn_in_svg(const Recording& recording, const Picture& picture) {
  return Canvas(recording, picture).draw();
}

std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&':
        out += "&amp;";
        break;
      case '<':
        out += "&lt;";
        break;
      case '>':
        out += "&gt;";
        break;
      case '"':
        out += "&quot;";
        break;
      case '\'':
        out += "&#39;";
        break;
      default:
        out += c;
    }
  }
  return out;
}

}  // namespace holdfast::verify
