// A lease that is kept: renewed by itself, and lost with a word.
//
//   auto lease = holdfast::HeldLease::acquire(client, {.name = "job", .on_lost = [](const holdfast::Loss& loss)
//   {...}}); if (!lease) return lease.problem(); while (lease->still_held()) store.write(..., lease->token());
//
// What always holds:
//   * still_held() is never true when somebody else can have the name already, as long as the clocks of this machine
//     and the server's run equally fast within 0.1 %. It counts from before the last renewal was sent, on a clock that
//     goes on while the machine sleeps.
//   * One renewal is under way at a time, and all ask for the same ttl.
//   * A loss is said once, and is final: no later answer makes still_held() true again.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

#include <holdfast/answer.h>
#include <holdfast/boot_time.h>
#include <holdfast/client.h>

namespace holdfast {

/// Why it is not held any more.
struct Loss {
  enum class Reason {
    not_renewed,  ///< No renewal was answered in time. The server may be gone; nobody said that the lease is.
    lapsed,       ///< The server ended it, because no renewal reached it in time.
    released,     ///< Somebody released it under this session and token.
    taken_over,
    transferred,
    moved,  ///< Another session of the same owner took it.
    revoked,
    unknown,  ///< The server knows of no such holding, or of a reason that this version does not.
  };
  Reason reason = Reason::unknown;
  std::string by;   ///< Who took it over, transferred or revoked it, where that was said.
  std::string why;  ///< And what they gave as their reason.
  /// What it protected must have stopped by then. Now, where the server said that it is lost; still to come, by the
  /// grace, where renewing failed.
  BootTime::time_point valid_until;
  Problem problem;  ///< What the server said, or why the last renewal failed. Its code is empty where none was sent.
};

/// "taken_over", as the server spells it.
const char* to_text(Loss::Reason reason);

/// Something that somebody wants of the holder. Comes with the answers to renewals.
struct Wish {
  enum class Kind {
    /// It will be taken over in `ends_in`: hand in what you have, or release it sooner. It is believed until then only.
    takeover,
    request,  ///< Somebody asks for it: release or transfer it when it suits you.
  };
  Kind kind = Kind::request;
  std::string by;
  std::string message;                   ///< The reason of a takeover, the message of a request.
  std::chrono::milliseconds ends_in{0};  ///< Of a takeover.
};

/// How to hold. Callbacks are called on the lease's own thread, one at a time, never while a lock is held; they must
/// not throw, and should return soon, since the lease is not renewed meanwhile. They may release the lease; they must
/// not destroy it.
struct Keep {
  std::chrono::milliseconds ttl = std::chrono::seconds(30);  ///< 100 ms at least.
  /// A loss by missing renewals is said so long before the belief ends, at most half of the ttl. Always a little: a
  /// twentieth of the ttl, 5 to 250 ms.
  std::chrono::milliseconds grace{0};
  /// Exactly once if it is lost; never after a release() of one's own.
  std::function<void(const Loss&)> on_lost = {};
  /// Once for each.
  std::function<void(const Wish&)> on_wish = {};
};

/// What HeldLease::acquire asks for.
struct Hold {
  std::string name;
  std::chrono::milliseconds ttl = std::chrono::seconds(30);
  std::chrono::milliseconds wait{0};
  std::chrono::milliseconds grace{0};
  std::string session = {};  ///< Empty: a fresh one.
  std::string note = {};
  std::string metadata = {};  ///< A JSON object, as text.
  Holder holder = Holder::session;
  std::function<void(const Loss&)> on_lost = {};
  std::function<void(const Wish&)> on_wish = {};
  std::stop_token stop = {};  ///< Ends the wait, not the lease.
};

/// Movable. still_held, valid_until, lost and release may be called from any thread.
class HeldLease {
 public:
  /// Acquires, waiting if asked to, and keeps. A wait may be longer than the server lets one request wait.
  ///
  /// Where the wait is stopped or its answer is lost, it looks whether it was granted all the same, and releases that;
  /// but only under a fresh session, which nobody else can mean.
  [[nodiscard]] static Answer<HeldLease> acquire(const Client& client, const Hold& what);

  /// Keeps what another call granted: a takeover, a move, a plain acquire.
  ///
  /// Errors: bad_field, where ttl or grace are out of bounds; what was granted is then left alone.
  [[nodiscard]] static Answer<HeldLease> keep(const Client& client, const Grant& grant, const Keep& how);

  /// Releases it if that was not done, within two seconds, and waits for a callback that runs.
  ~HeldLease();
  HeldLease(HeldLease&&) noexcept;
  HeldLease& operator=(HeldLease&&) noexcept;

  const std::string& name() const;
  const std::string& session() const;
  std::uint64_t token() const;
  HoldingId id() const;

  /// Whether it may be believed now. Costs a reading of the clock.
  bool still_held() const noexcept;
  /// The first moment at which it must not be believed any more, as things are; in the past after a loss or release.
  BootTime::time_point valid_until() const noexcept;
  /// None: not lost.
  std::optional<Loss> lost() const;

  /// Belief ends first, then the server is told. Also after a loss, where the server may not know of it yet. Once only:
  /// later calls give the first answer. A failure means that it ends by itself within its ttl.
  Answer<bool> release();

 private:
  class Keeping;
  explicit HeldLease(std::unique_ptr<Keeping> keeping);
  std::unique_ptr<Keeping> keeping_;
};

}  // namespace holdfast
