// Holds a name while it works, and stops working when it is lost:   hold_a_lease NAME SECONDS
//
// The lease renews itself. Before each piece of work the program asks still_held(), which costs a look at the clock and
// is never true when somebody else can have the name already.
#include <holdfast/held_lease.h>

#include <chrono>
#include <cstdlib>
#include <iostream>
#include <thread>

int main(int count, char** words) {
  using namespace std::chrono_literals;
  if (count != 3) return std::cerr << "usage: hold_a_lease NAME SECONDS\n", 64;

  const auto client = holdfast::Client::open({});  // $HOLDFAST_SERVER, as user@host.
  if (!client) return std::cerr << client.problem().detail << '\n', 64;

  auto lease = holdfast::HeldLease::acquire(
      *client, {.name = words[1], .ttl = 10s, .note = "an example at work", .on_lost = [](const holdfast::Loss& loss) {
                  std::cerr << "lost: " << to_text(loss.reason) << ' ' << loss.by << '\n';
                }});
  if (!lease) {
    const holdfast::Problem& problem = lease.problem();
    if (problem.held_by_other()) std::cerr << "held by " << problem.holder.owner << '\n';
    return std::cerr << problem.detail << '\n', 1;
  }

  std::cout << "held under token " << lease->token() << std::endl;
  const auto done = std::chrono::steady_clock::now() + std::chrono::seconds(std::atoi(words[2]));
  while (std::chrono::steady_clock::now() < done) {
    if (!lease->still_held()) return 1;
    std::this_thread::sleep_for(100ms);  // A piece of work.
  }
  const auto released = lease->release();  // Its destructor would do so too, without a word.
  std::cout << (released ? "released" : released.problem().detail) << std::endl;
}
