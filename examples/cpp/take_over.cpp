// Takes a name from whoever holds it, with a reason:   take_over NAME REASON
//
// It names the token of the holding that it means: if that one has ended in the meantime and somebody else holds the
// name, nothing happens to them. The one who loses it is told who did it, and why.
#include <holdfast/held_lease.h>

#include <iostream>

int main(int count, char** words) {
  using namespace std::chrono_literals;
  if (count != 3) return std::cerr << "usage: take_over NAME REASON\n", 64;
  const auto client = holdfast::Client::open({});
  if (!client) return std::cerr << client.problem().detail << '\n', 64;

  const auto holder = client->get(words[1]);
  if (!holder) return std::cerr << holder.problem().detail << '\n', 3;
  if (holder->held) std::cout << "held by " << holder->owner << " since " << holder->since << '\n';

  const auto grant = client->take_over({.name = words[1],
                                        .reason = words[2],
                                        .token = holder->held ? holder->token : 0,
                                        .flush = 2s,  // Until then the holder may hand in what it has.
                                        .ttl = 10s});
  if (!grant) {
    std::cerr << grant.problem().detail << '\n';
    return grant.problem().maybe_done ? 2 : 1;
  }
  // From here on it is kept like any other.
  const auto lease = holdfast::HeldLease::keep(*client, *grant, {.ttl = 10s});
  if (!lease) return std::cerr << lease.problem().detail << '\n', 1;
  std::cout << "held under token " << lease->token() << std::endl;
}
