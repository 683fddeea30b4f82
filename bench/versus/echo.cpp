// What reading and writing cost alone: a server that finds the commands in what it receives, as the RESP door does and
// on the same loop, and answers +OK to each without deciding anything.
//
//   holdfast_versus_echo PORT
//
// On 127.0.0.1, until it is ended.
#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "server/loop.h"
#include "server/resp/reader.h"

namespace holdfast::bench {
namespace {

using server::Loop;
using server::Peer;
using server::resp::CommandBounds;
using server::resp::Reader;

class Echo final : public Peer {
 public:
  Echo(Loop& loop, Fd socket) : Peer(std::move(socket)), loop_(loop) {}

 private:
  Taken take(std::string_view bytes) override {
    std::size_t taken = 0;
    while (true) {
      const Result<Reader::Step> step = reader_.next(bytes.substr(taken), CommandBounds{});
      if (!step || *step == Reader::Step::foreign) return {bytes.size(), Next::close};
      if (*step == Reader::Step::starved) break;
      taken += reader_.consumed();
      out_ += "+OK\r\n";
    }
    if (taken > 0) loop_.say(*this);
    return {taken, Next::read};
  }
  bool owes() const override { return false; }

  Loop& loop_;
  Reader reader_;
};

[[noreturn]] void fail(const char* what) {
  throw std::runtime_error(fmt::format("{}: {}", what, std::strerror(errno)));
}

int run(const std::vector<std::string>& words) {
  if (words.size() != 1) {
    fmt::print(stderr, "Usage: holdfast_versus_echo PORT\n");
    return 64;
  }
  const Fd listening(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  ::setsockopt(listening.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(std::stoul(words[0])));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(listening.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) != 0) fail("bind");
  if (::listen(listening.get(), SOMAXCONN) != 0) fail("listen");

  Loop loop({.round_over = [] { return true; },
             .taken = [] {},
             .removed = [](Peer&) {},
             .second = [](Loop::Clock::time_point) {}});
  const std::jthread serving([&] { loop.run(); });
  while (true) {
    const int socket = ::accept4(listening.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (socket < 0) fail("accept4");
    ::setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    loop.post([&loop, socket] { loop.add(std::make_unique<Echo>(loop, Fd(socket))); });
  }
}

}  // namespace
}  // namespace holdfast::bench

int main(int argc, char** argv) try {
  return holdfast::bench::run({argv + 1, argv + argc});
} catch (const std::exception& error) {
  fmt::print(stderr, "holdfast_versus_echo: {}\n", error.what());
  return 1;
}
