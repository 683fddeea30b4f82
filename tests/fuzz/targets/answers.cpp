// What comes back to a client that asked over HTTP: an answer, or an error that says whether it may have happened.
//
// The first byte says what was asked, and how.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <condition_variable>
#include <mutex>
#include <thread>

#include "client/calls.h"
#include "client/stream.h"
#include "tests/fuzz/target.h"

namespace holdfast::fuzz {
namespace {

using namespace client;

/// Gives each connection the bytes that it was told, and closes.
class Peer {
 public:
  static Peer& of_process() {
    static auto* const peer = new Peer;  // Its thread runs until the process ends.
    return *peer;
  }
  Url url() const { return {"127.0.0.1", port_}; }
  void say(std::string_view bytes) {
    const std::lock_guard lock(mutex_);
    bytes_ = bytes;
  }

 private:
  Peer() : listening_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    socklen_t size = sizeof address;
    auto* const generic = reinterpret_cast<sockaddr*>(&address);
    HF_FUZZ_CHECK(::bind(listening_, generic, size) == 0 && ::listen(listening_, 64) == 0);
    HF_FUZZ_CHECK(::getsockname(listening_, generic, &size) == 0);
    port_ = ntohs(address.sin_port);
    std::thread([this] { serve(); }).detach();
  }
  void serve() {
    for (;;) {
      const int socket = ::accept4(listening_, nullptr, nullptr, SOCK_CLOEXEC);
      if (socket < 0) continue;
      std::string bytes;
      {
        const std::lock_guard lock(mutex_);
        bytes = bytes_;
      }
      static_cast<void>(!::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL));
      ::shutdown(socket, SHUT_WR);
      char sink[4096];
      while (::recv(socket, sink, sizeof sink, 0) > 0) continue;
      // No trace of it is kept: thousands a second would use up the ports.
      const linger at_once{.l_onoff = 1, .l_linger = 0};
      ::setsockopt(socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
      ::close(socket);
    }
  }

  int listening_;
  std::uint16_t port_ = 0;
  std::mutex mutex_;
  std::string bytes_;
};

/// Every field that is made of an answer, whatever is in it.
void look_at(Response response) {
  HF_FUZZ_CHECK(response.status >= 100 && response.status <= 999);
  HF_FUZZ_CHECK(!response.retry_after || response.retry_after->count() >= 0);
  if (const auto* object = response.body.if_object()) {
    const Holding holding = holding_of(*object);
    HF_FUZZ_CHECK(holding.json == *object);
    static_cast<void>(page_of(*object));
  }
  Response copy = response;
  const auto answer = object_of(Result<Response>(std::move(copy)));
  HF_FUZZ_CHECK(!answer || response.status == 200);
  const Problem problem = problem_of(std::move(response));
  static_cast<void>(problem.is_contention() && problem.means_lost());
}

Taken failed(const Error& error) {
  const bool known = error.code == ErrorCode::unreachable || error.code == ErrorCode::answer_lost ||
                     error.code == ErrorCode::bad_answer;
  HF_FUZZ_CHECK(known);
  HF_FUZZ_CHECK(error.code == ErrorCode::unreachable || error.fate() == Fate::maybe_done);
  return Taken::no;
}

Taken read_stream(const Request& request) {
  Stream stream(Peer::of_process().url());
  const Deadline deadline = BootTime::now() + std::chrono::seconds(20);
  auto opened = stream.open(request, deadline);
  if (!opened) return failed(opened.error());
  if (opened->refusal) {
    look_at(*std::move(opened->refusal));
    return Taken::yes;
  }
  for (;;) {
    const auto more = stream.more(deadline);
    if (!more) return failed(more.error());
    if (more->empty()) return Taken::yes;
  }
}

}  // namespace

HF_FUZZ_TARGET(answers, .variants = 5'000) {
  Input input(bytes);
  const std::size_t how = input.below(4);
  Peer::of_process().say(input.rest());
  Request request{.method = how == 1 ? "HEAD" : how == 2 ? "POST" : "GET", .target = "/v1/leases/a"};
  if (how == 3) return read_stream(request);
  Connection connection(Peer::of_process().url());
  auto response = connection.request(request, BootTime::now() + std::chrono::seconds(20));
  if (!response) return failed(response.error());
  look_at(*std::move(response));
  return Taken::yes;
}

}  // namespace holdfast::fuzz
