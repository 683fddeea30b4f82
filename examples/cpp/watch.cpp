// Prints what happens to names, as it happens:   watch PREFIX COUNT
//
// Each change comes once, in order. A connection that breaks is opened again behind the last change; where the server
// no longer knows what came in between, that is said with a Gap, and the program lists the names anew.
#include <holdfast/watch.h>

#include <cstdlib>
#include <iostream>

int main(int count, char** words) {
  if (count != 3) return std::cerr << "usage: watch PREFIX COUNT\n", 64;
  const auto client = holdfast::Client::open({});
  if (!client) return std::cerr << client.problem().detail << '\n', 64;

  // Listing, and then watching from the position of the list, has no hole.
  const auto page = client->list({.prefix = words[1]});
  if (!page) return std::cerr << page.problem().detail << '\n', 3;
  for (const holdfast::Lease& lease : page->leases) std::cout << lease.name << " is held by " << lease.owner << '\n';
  std::cout << "watching" << std::endl;

  holdfast::Watch watch(*client, {.prefix = words[1], .after = page->position});
  for (int seen = 0; seen < std::atoi(words[2]);) {
    const auto event = watch.next();
    if (!event) return std::cerr << event.problem().detail << '\n', 3;
    if (std::holds_alternative<holdfast::Gap>(*event)) {
      std::cout << "changes were missed: list the names again" << std::endl;
    } else if (const auto* change = std::get_if<holdfast::Change>(&*event)) {
      std::cout << change->name << ' ' << change->type << ' ' << change->owner << std::endl;
      ++seen;
    }  // Else a Begin: from here on changes come.
  }
}
