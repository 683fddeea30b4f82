// A takeover without a flush window against an acquire: both are one request, one effect and one commit.
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <stdexcept>

#include "bench/run.h"
#include "tests/support/http_talk.h"

namespace holdfast::bench {
namespace {

constexpr int pairs_a_round = 2'000;

struct Latencies {
  std::vector<double> us;
  double at(double share) {
    std::ranges::sort(us);
    return us[static_cast<std::size_t>(share * static_cast<double>(us.size() - 1))];
  }
};

/// One client on one connection. Each name is acquired by one owner, taken over by another, and released.
class Taker {
 public:
  Taker(const Server& server, std::string prefix) : talk_(server.port()), prefix_(std::move(prefix)) {}

  void measure(Latencies& acquires, Latencies& takeovers) {
    for (int pair = 0; pair < pairs_a_round; ++pair) {
      const std::string name = fmt::format("{}/{}", prefix_, pair);
      const std::uint64_t held = timed(acquires, "/v1/acquire/" + name, R"({"owner":"holder","session":"h"})").token();
      const std::uint64_t taken =
          timed(takeovers, "/v1/takeover/" + name,
                fmt::format(R"({{"owner":"taker","session":"t","token":{},"reason":"measured"}})", held))
              .token();
      ask("/v1/release/" + name, fmt::format(R"({{"owner":"taker","session":"t","token":{}}})", taken));
    }
  }

 private:
  support::Response ask(const std::string& target, const std::string& json) {
    support::Response response = talk_.post(target, json);
    if (response.status != 200) throw std::runtime_error(target + " was answered: " + response.body);
    return response;
  }
  support::Response timed(Latencies& latencies, const std::string& target, const std::string& json) {
    const auto began = std::chrono::steady_clock::now();
    support::Response response = ask(target, json);
    latencies.us.push_back(us(std::chrono::steady_clock::now() - began));
    return response;
  }

  support::Talk talk_;
  std::string prefix_;
};

void measure_takeover(Run& run) {
  const Server disk = Server::on_disk(run, "takeover");
  std::vector<double> acquire_median, acquire_p99, takeover_median, takeover_p99, ratio;
  for (int round = 0; round < run.rounds; ++round) {
    Latencies acquires, takeovers;
    Taker(disk, fmt::format("bench/takeover/{}", round)).measure(acquires, takeovers);
    acquire_median.push_back(acquires.at(0.5));
    acquire_p99.push_back(acquires.at(0.99));
    takeover_median.push_back(takeovers.at(0.5));
    takeover_p99.push_back(takeovers.at(0.99));
    ratio.push_back(takeover_p99.back() / acquire_p99.back());
    Run::say(fmt::format("round {}: acquire p99 {:.0f} us, takeover p99 {:.0f} us", round + 1, acquire_p99.back(),
                         takeover_p99.back()));
  }
  const auto told = [&](const char* what, std::vector<double>& rounds) {
    run.figures.add({.part = "takeover", .what = what, .unit = "µs", .rounds = std::move(rounds)});
  };
  told("durable acquire, 1 client, median", acquire_median);
  told("durable takeover without a window, 1 client, median", takeover_median);
  told("durable acquire, 1 client, p99", acquire_p99);
  told("durable takeover without a window, 1 client, p99", takeover_p99);
  run.figures.add({.part = "takeover",
                   .what = "takeover's p99 as a multiple of acquire's",
                   .unit = "",
                   .must = Must::be_at_most,
                   .bound = 1.5,
                   .rounds = std::move(ratio)});
}

}  // namespace

const Part takeover_part{"takeover", "takeovers over HTTP, beside acquires", measure_takeover};

}  // namespace holdfast::bench
