// Waits in the queue for a name; Ctrl-C gives the place up:   wait_for_it NAME SECONDS
//
// Nobody polls: the server hands the name to whoever has waited longest. A std::stop_token ends the wait from any
// thread, here from one that waits for the signal.
#include <holdfast/held_lease.h>

#include <csignal>
#include <cstdlib>
#include <iostream>
#include <stop_token>
#include <thread>

int main(int count, char** words) {
  if (count != 3) return std::cerr << "usage: wait_for_it NAME SECONDS\n", 64;
  const auto client = holdfast::Client::open({});
  if (!client) return std::cerr << client.problem().detail << '\n', 64;

  sigset_t interrupt;
  sigemptyset(&interrupt);
  sigaddset(&interrupt, SIGINT);
  pthread_sigmask(SIG_BLOCK, &interrupt, nullptr);  // In this thread, and in all that it starts.
  std::stop_source stop;
  std::thread([stop, interrupt]() mutable {
    int signal = 0;
    sigwait(&interrupt, &signal);
    stop.request_stop();
  }).detach();

  const auto lease = holdfast::HeldLease::acquire(
      *client, {.name = words[1], .wait = std::chrono::seconds(std::atoi(words[2])), .stop = stop.get_token()});
  if (lease) {
    std::cout << "held under token " << lease->token() << std::endl;
    return 0;  // And released again.
  }
  const holdfast::Problem& problem = lease.problem();
  if (problem.cancelled) return std::cerr << "not waiting any more\n", 2;
  if (problem.held_by_other()) return std::cerr << "still held by " << problem.holder.owner << '\n', 1;
  return std::cerr << problem.detail << '\n', 3;
}
