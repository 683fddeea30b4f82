#include <fmt/format.h>

#include "cli/asking.h"
#include "cli/text.h"
#include "client/http.h"

namespace holdfast::cli {
namespace {

int run_ready(const Verb& self, const Words& words) {
  Caller caller;
  bool live = false;
  Duration patience = std::chrono::seconds(2);
  Options options{self};
  options.flag("--live", live, "Only whether the process is there, not whether it serves")
      .duration("--timeout", patience, "How long to wait for the answer")
      .server(caller.server);
  if (const auto end = options.parse(words)) return *end;
  const Result<client::Url> url = client::parse_url(caller.server);
  if (!url) return options.wrong(shown(url.error().where));

  client::Connection connection(*url);
  // The status says it all, and what /readyz says besides is for people.
  const Result<client::Response> answer =
      connection.request({.method = "HEAD", .target = live ? "/livez" : "/readyz"}, BootTime::now() + patience);
  if (!answer) {
    say(self, shown(answer.error().text()));
    return status(Exit::unreachable);
  }
  if (answer->status == 200) return status(Exit::done);
  say(self, fmt::format("{} answers with {}: it does not serve now", shown(caller.server), answer->status));
  return status(Exit::refused);
}

}  // namespace

const Verb ready_verb{.name = "ready",
                      .usage = "holdfast ready [--live] [--timeout 2s] [--server URL]",
                      .summary = "Does the server serve? For health checks: says nothing if it does.",
                      .examples = "holdfast ready && echo yes\nholdfast ready --live --server http://127.0.0.1:7500",
                      .run = run_ready,
                      .details = "Ends with 0 if it serves, 1 if it answers and does not, 69 if it cannot be reached."};

}  // namespace holdfast::cli
