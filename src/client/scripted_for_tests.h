// A server that plays what a test tells it to, on as many connections as come.
#pragma once

#include <functional>
#include <list>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "client/peer_for_tests.h"

namespace holdfast::client {

class ScriptedServer {
 public:
  /// Called for each request, in the thread of its connection; `number` counts all of them from 1.
  using Play = std::function<void(PeerEnd& end, const std::string& request, int number)>;

  explicit ScriptedServer(Play play) : play_(std::move(play)), accepting_([this] { accept(); }) {}
  ~ScriptedServer() {
    over_.say();
    accepting_.join();
    {
      const std::scoped_lock lock(guarding_);
      for (PeerEnd& end : ends_) end.shut_down();
    }
    for (std::thread& thread : talking_) thread.join();
  }

  std::string address() const { return peer_.url.text(); }
  /// The first lines of the requests so far, without the version.
  std::vector<std::string> lines() const {
    std::vector<std::string> out;
    for (const std::string& request : requests()) out.push_back(request.substr(0, request.find(" HTTP/1.1")));
    return out;
  }
  std::vector<std::string> requests() const {
    const std::scoped_lock lock(guarding_);
    return requests_;
  }

 private:
  void accept() {
    for (;;) {
      pollfd watched[2] = {{over_.fd(), POLLIN, 0}, {peer_.listening(), POLLIN, 0}};
      ::poll(watched, 2, -1);
      if (watched[0].revents != 0) return;
      PeerEnd* end = nullptr;
      {
        const std::scoped_lock lock(guarding_);
        end = &ends_.emplace_back(peer_.accept());
      }
      talking_.emplace_back([this, end] { talk(*end); });
    }
  }

  void talk(PeerEnd& end) {
    for (;;) {
      const std::string request = end.read_request();
      if (request.empty()) return;
      int number = 0;
      {
        const std::scoped_lock lock(guarding_);
        requests_.push_back(request);
        number = static_cast<int>(requests_.size());
      }
      play_(end, request, number);
    }
  }

  const Play play_;
  Peer peer_;
  Cancel over_;
  mutable std::mutex guarding_;
  std::list<PeerEnd> ends_;
  std::vector<std::string> requests_;
  std::vector<std::thread> talking_;
  std::thread accepting_;
};

/// What stands behind the head of a request.
inline std::string body_of(const std::string& request) {
  return request.substr(request.find("\r\n\r\n") + 4);
}

}  // namespace holdfast::client
