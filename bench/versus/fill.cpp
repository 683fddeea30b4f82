// Takes many names, each once, through the RESP door, in pipelines of a thousand.
//
//   holdfast_versus_fill PORT FROM COUNT TTL_MS
//
// The names are held:FROM and those that follow. Prints one line of JSON; fails where a single one was not granted.
#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/connect.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <chrono>
#include <iterator>
#include <stdexcept>
#include <string>
#include <vector>

namespace holdfast::bench {
namespace {

using Steady = std::chrono::steady_clock;
using boost::asio::ip::tcp;

constexpr std::uint64_t pipeline = 1000;
constexpr std::string_view granted = "+OK\r\n";

int run(const std::vector<std::string>& words) {
  if (words.size() != 4) {
    fmt::print(stderr, "Usage: holdfast_versus_fill PORT FROM COUNT TTL_MS\n");
    return 64;
  }
  const std::uint64_t from = std::stoull(words[1]);
  const std::uint64_t count = std::stoull(words[2]);
  const std::string& ttl = words[3];
  boost::asio::io_context io;
  tcp::socket socket(io);
  socket.connect({boost::asio::ip::address_v4::loopback(), static_cast<std::uint16_t>(std::stoul(words[0]))});
  socket.set_option(tcp::no_delay(true));

  std::string request, answer;
  const Steady::time_point began = Steady::now();
  for (std::uint64_t at = 0; at < count; at += pipeline) {
    const std::uint64_t now = std::min(pipeline, count - at);
    request.clear();
    for (std::uint64_t i = at; i < at + now; ++i) {
      fmt::format_to(std::back_inserter(request),
                     "*6\r\n$3\r\nSET\r\n$17\r\nheld:{:012}\r\n$1\r\nv\r\n$2\r\nNX\r\n$2\r\nPX\r\n${}\r\n{}\r\n",
                     from + i, ttl.size(), ttl);
    }
    boost::asio::write(socket, boost::asio::buffer(request));
    answer.resize(now * granted.size());
    boost::asio::read(socket, boost::asio::buffer(answer));
    for (std::uint64_t i = 0; i < now; ++i) {
      const std::string_view one = std::string_view(answer).substr(i * granted.size(), granted.size());
      if (one != granted) throw std::runtime_error(fmt::format("held:{:012} was answered {}", from + at + i, one));
    }
  }
  fmt::print("{{\"seconds\": {:.3f}}}\n", std::chrono::duration<double>(Steady::now() - began).count());
  return 0;
}

}  // namespace
}  // namespace holdfast::bench

int main(int argc, char** argv) try {
  return holdfast::bench::run({argv + 1, argv + argc});
} catch (const std::exception& error) {
  fmt::print(stderr, "holdfast_versus_fill: {}\n", error.what());
  return 1;
}
