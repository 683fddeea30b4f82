// A store that turns late writers away by itself:   guard_a_write NAME FILE
//
// A program may stop for a minute between looking at its lease and writing: the machine sleeps, a disk hangs. Then
// somebody else holds the name, and the late write must not land. So the store keeps the greatest token it has seen and
// compares it IN THE SAME STEP as it writes. In SQL that is `UPDATE ... SET text = :text, token = :token WHERE id = :id
// AND token <= :token`; here it is a file, and the step is what happens under its lock.
#include <holdfast/held_lease.h>

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <iostream>
#include <string>

/// A file: the greatest token in its first line, the text behind it.
class GuardedFile {
 public:
  explicit GuardedFile(std::string path) : path_(std::move(path)) {}

  /// False: a later holder has written already, and nothing was changed.
  bool write(std::uint64_t token, const std::string& text) const {
    const int lock = ::open((path_ + ".lock").c_str(), O_CREAT | O_RDWR | O_CLOEXEC, 0600);
    if (lock < 0 || ::flock(lock, LOCK_EX) != 0) return false;
    std::uint64_t greatest = 0;
    std::ifstream(path_) >> greatest;
    const bool current = token >= greatest;
    if (current) std::ofstream(path_, std::ios::trunc) << token << '\n' << text << '\n';
    ::close(lock);
    return current;
  }

 private:
  std::string path_;
};

int main(int count, char** words) {
  if (count != 3) return std::cerr << "usage: guard_a_write NAME FILE\n", 64;
  const auto client = holdfast::Client::open({});
  if (!client) return std::cerr << client.problem().detail << '\n', 64;
  const GuardedFile file(words[2]);

  // The first holder writes, and then is late with something more.
  auto first = holdfast::HeldLease::acquire(*client, {.name = words[1]});
  if (!first) return std::cerr << first.problem().detail << '\n', 1;
  const std::uint64_t old_token = first->token();
  std::cout << "the first holder writes: " << (file.write(old_token, "from the first") ? "done" : "refused") << '\n';
  (void)first->release();

  const auto second = holdfast::HeldLease::acquire(*client, {.name = words[1]});
  if (!second) return std::cerr << second.problem().detail << '\n', 1;
  std::cout << "the second holder writes: " << (file.write(second->token(), "from the second") ? "done" : "refused")
            << '\n';
  std::cout << "the first one, late, writes: " << (file.write(old_token, "too late") ? "done" : "refused") << '\n';
}
