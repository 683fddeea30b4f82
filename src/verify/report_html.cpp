#include <fmt/format.h>

#include <array>

#include "verify/drawing.h"
#include "verify/report.h"
#include "verify/report_words.h"
#include "verify/words.h"

namespace holdfast::verify {

using recording::Recording;

namespace {

constexpr std::string_view style = R"(
:root { color-scheme: light dark; --ink: #1c1e21; --dim: #60646c; --page: #ffffff; --line: #d9dce1; --own: #9cc7ee;
  --ok: #2f7d4f; --no: #a9adb5; --open: #c98a1b; --bad: #c62828; --both: rgba(198, 40, 40, .28); --fault: rgba(201, 138, 27, .18); }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8eb; --dim: #9aa0a8; --page: #16181c; --line: #33373e;
  --own: #2b5580; --ok: #57b27c; --no: #5d626b; --open: #d9a441; --bad: #ef6b6b; --both: rgba(239, 107, 107, .35); } }
body { margin: 2rem auto; max-width: 66rem; padding: 0 1rem; font: 16px/1.5 system-ui, sans-serif; color: var(--ink);
  background: var(--page); }
h1 { font-size: 1.5rem; margin: 0 0 .25rem; } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; }
.holds { color: var(--ok); } .violated { color: var(--bad); } .undecided, .inconclusive { color: var(--open); }
.story { font-size: 1.1rem; border-left: 4px solid var(--bad); padding: .25rem .9rem; }
.dim { color: var(--dim); }
table { border-collapse: collapse; width: 100%; } td { padding: .35rem .6rem .35rem 0; border-top: 1px solid var(--line);
  vertical-align: top; } td:first-child { font-weight: 600; white-space: nowrap; }
pre { overflow-x: auto; background: color-mix(in srgb, var(--line) 35%, transparent); padding: .8rem; font-size: .85rem; }
svg { width: 100%; height: auto; border: 1px solid var(--line); border-radius: 6px; }
svg text { font: 12px ui-monospace, monospace; fill: var(--ink); } svg .time { fill: var(--dim); font-size: 11px; }
svg .who { font-weight: 600; } svg .on { fill: #fff; } svg .tick, svg .lane { stroke: var(--line); }
svg .owns { fill: var(--own); opacity: .75; } svg .marked { stroke: var(--bad); stroke-width: 1.5; opacity: 1; }
svg .call { fill: var(--no); } svg .ok { fill: var(--ok); } svg .unknown { fill: var(--open); }
svg .stale { fill: var(--dim); } svg .witness { stroke: var(--ink); stroke-width: 1.5; }
svg .both { fill: var(--both); stroke: var(--bad); stroke-dasharray: 5 3; } svg .fault { fill: var(--fault); }
.key span { display: inline-block; width: 1.6em; height: .8em; border-radius: 3px; margin: 0 .35em 0 1.2em; }
)";

constexpr std::string_view key = R"html(<p class="key dim">
<span style="background:var(--own)"></span>believes that it owns the name
<span style="background:var(--ok)"></span>asked, and was told yes
<span style="background:var(--no)"></span>told no
<span style="background:var(--open)"></span>never heard
<span style="background:var(--both)"></span>two owners at once</p>
)html";

std::string questions(const Judgement& judgement) {
  std::string out = "<h2>What was asked</h2>\n<table>\n";
  for (const Finding& finding : judgement.findings) {
    out += fmt::format("<tr><td class=\"{0}\">{0}</td><td>{1}<br><span class=\"dim\">{2}</span></td></tr>\n",
                       word(finding.answer), told_question(finding.question), escaped(printable(finding.because)));
  }
  return out + "</table>\n";
}

std::string seen_html(const Judgement& judgement) {
  std::string out = "<h2>What was seen</h2>\n<p>";
  std::string_view between;
  for (const auto& [what, count] : counted(judgement.coverage)) {
    if (count == 0) continue;
    out += fmt::format("{}{} {}", between, count, told_count(what));
    between = " &middot; ";
  }
  out += fmt::format("</p>\n<p>{}</p>\n", escaped(told_displaced(judgement.coverage)));
  if (judgement.not_seen.empty()) return out;
  out += "<h2>What was not seen</h2>\n<ul>\n";
  for (const std::string& missing : judgement.not_seen) out += "<li>" + escaped(printable(missing)) + "</li>\n";
  return out + "</ul>\n";
}

std::string drawn(const Recording& recording, const Picture& picture) {
  std::string out = drawn_in_svg(recording, picture) + std::string{key};
  if (picture.left_out > 0) {
    out += fmt::format("<p class=\"dim\">{} further calls in this window are not drawn.</p>\n", picture.left_out);
  }
  return out;
}

std::string shown_violation(const Recording& recording, const Finding& finding) {
  const Picture picture = picture_of(recording, *finding.witness);
  return fmt::format("<h2>{}: violated</h2>\n<p class=\"story\">{}</p>\n", told_question(finding.question),
                     escaped(printable(finding.witness->told))) +
         drawn(recording, picture) + "<p>The calls that cannot all be right:</p>\n<pre>" +
         escaped(told_in_order(recording, picture)) + "</pre>\n";
}

std::string shown_sample(const Recording& recording) {
  const Picture picture = sample_of(recording);
  if (picture.lanes.empty()) return {};
  return "<h2>A moment of it</h2>\n<p class=\"dim\">Nothing is wrong here: so it looked where several wanted one "
         "name.</p>\n" +
         drawn(recording, picture);
}

std::string drawing(const Recording& recording, const Judgement& judgement) {
  constexpr std::size_t drawn_max = 3;  // A page stays one that opens at once.
  std::string out;
  std::size_t count = 0;
  for (const Finding& finding : judgement.findings) {
    if (finding.answer != Answer::violated || !finding.witness || count == drawn_max) continue;
    out += shown_violation(recording, finding);
    ++count;
  }
  return count > 0 ? out : shown_sample(recording);
}

}  // namespace

std::string html_report(const Recording& recording, const Judgement& judgement, const ReportOptions& options) {
  constexpr std::array words{"holds", "violated", "undecided", "inconclusive"};
  std::string out = fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width\">\n<title>{}</title>\n<style>{}</style>\n</head>\n<body>\n"
      "<h1 class=\"{}\">{}</h1>\n<p class=\"dim\">{}</p>\n",
      escaped(printable(options.title)), style, words.at(static_cast<std::size_t>(verdict(judgement))),
      told_verdict(judgement), escaped(printable(options.title)));
  out += drawing(recording, judgement) + questions(judgement) + seen_html(judgement);
  if (!options.replay.empty()) {
    out += "<h2>To see it again</h2>\n<pre>" + escaped(printable(options.replay)) + "</pre>\n";
  }
  return out + "</body>\n</html>\n";
}

}  // namespace holdfast::verify
