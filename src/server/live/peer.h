// One live socket: messages in, answers and pushes out. An idle one is small: there may be thousands.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/operations.h"
#include "base/fd.h"
#include "core/commands.h"
#include "core/rules.h"
#include "server/live/frames.h"
#include "server/live/hub.h"
#include "server/live/messages.h"
#include "server/loop.h"

namespace holdfast::server::live {

class LiveThread;

/// Everything here runs on its thread.
class LivePeer final : public Peer, public Member {
 public:
  /// Known to the service from here to the end of its life. `welcome` is said first.
  LivePeer(LiveThread& io, Fd socket, std::uint64_t client, std::string address, std::string welcome);
  ~LivePeer() override;

  std::uint64_t client() const { return client_; }
  const std::string& address() const { return address_; }
  /// When something came from it last.
  Loop::Clock::time_point heard() const { return heard_; }
  /// The answer to one of its requests. What it does not know any more is taken back.
  void answered(core::Answer& answer);
  void look_at_time(Loop::Clock::time_point now);
  /// Says goodbye, and is nobody from here on.
  void end(CloseCode code, std::string_view why);
  /// It owes an answer, or has something to say that has not left.
  bool busy() const { return !ended_ && (!asked_.empty() || pending() > 0); }
  /// Where each of its requests that wait is answered.
  std::vector<core::Address> waits() const;
  /// It waits for `name` at that place of the queue.
  void tell_place(std::uint64_t request, std::string_view name, std::size_t place, std::size_t waiting);
  /// It has been cancelled, and nobody granted it before.
  bool give_up(std::uint64_t request, core::Reply& present);
  void cancelled(std::uint64_t request, bool given_up);
  /// One of the renewals that its last pong brought about has been answered.
  void renewed(const core::Reply& reply, std::string_view name, core::Token token);
  /// What was written on another thread.
  void written(std::uint64_t request, const api::Written& written);
  void present_written(std::uint64_t request, std::string body);

  // As the hub sees it.
  Room room() const override;
  void push(std::string_view frame) override;
  void push_anyway(std::string_view frame) override { push(frame); }

 private:
  /// What `follow` asks for: of the lease under the next number.
  struct Following {
    FollowCall call;
    bool whole = false;  ///< The whole text was asked for.
    std::optional<core::Reply> text, lease;
  };
  struct Asked {
    enum class Kind : std::uint8_t { operation, follow, cancel } kind = Kind::operation;
    std::optional<std::uint64_t> id;
    const api::Operation* operation = nullptr;
    api::Context context;
    core::Command rest;    ///< Of one that is done in steps: what is left.
    std::size_t done = 0;  ///< By the steps before.
    Loop::Clock::time_point since{};
    std::size_t asker = 0;               ///< Of an acquire: see Retries.
    std::string name;                    ///< That it is about, where the hub has to know.
    bool waits = false;                  ///< For somebody else.
    bool heavy = false;                  ///< Its answer may be long.
    bool gives_up = false;               ///< It ends or passes on what the socket holds.
    std::size_t place = 0, waiting = 0;  ///< What it was told of the queue.
    std::uint64_t gives = 0;             ///< Of a cancel: the request that it gives up.
    std::shared_ptr<Following> following;
  };
  /// A grant whose answer has not been handed to the kernel yet.
  struct Untold {
    std::uint64_t end = 0;  ///< Where its answer ends, counted from the socket's first byte.
    core::Address to;
    std::string name;
    core::Token token;
    core::Who who;
  };
  /// Renewals under way.
  struct Renewing {
    std::size_t left = 0;
    bool told = true;  ///< Its holder is to hear of it.
    struct Lease {
      std::string name;
      core::Token token;
      Duration ttl{};
    };
    std::vector<Lease> leases;  ///< Those that were renewed.
  };

  // peer.cpp: bytes and time.
  Taken take(std::string_view bytes) override;
  bool owes() const override { return false; }
  void gone() override;
  void half_closed() override;
  void flushed() override;
  bool may_take_more() const;
  std::size_t pending() const { return out_.size() - sent_; }
  std::size_t pushed() const;
  void drop_what_has_left();
  void ping(Loop::Clock::time_point now);
  void pong(std::string_view payload);
  void renew_all(bool told);
  void expect_slowness(bool slow);

  // calls.cpp: what messages mean.
  void handle(std::string_view text);
  Result<void> call(const Message& message);
  Result<void> hello(const Message& message);
  Result<void> follow(const Message& message);
  Result<void> cursor(const Message& message);
  Result<void> decline(const Message& message);
  Result<void> cancel(const Message& message);
  Result<void> operate(const api::Operation& operation, const Message& message);
  void prepare(Asked& asked, const core::Command& command);
  void look_up_apart(std::uint64_t request, api::Call call);
  void tell_history(std::uint64_t request, const api::HistoryRequest& wanted);
  Asked& ask(const Message& message, Asked::Kind kind);
  std::uint64_t newest_request() const { return asked_.rbegin()->first; }

  // answers.cpp: what comes back.
  void say(const std::optional<std::uint64_t>& id, int status, std::string_view body);
  void refuse(const std::optional<std::uint64_t>& id, const Error& error);
  void concluded(Asked& asked, core::Answer& answer);
  void note(const Asked& asked, const core::Reply& reply);
  bool go_on(Asked& asked, const core::Answer& answer);
  void note_untold(core::Answer& answer);
  void take_text(Asked& asked, core::Answer& answer);
  void tell_present(Asked& asked, std::uint64_t request);
  void forget_asked(std::uint64_t request);

  LiveThread& io_;
  const std::uint64_t client_;
  FrameReader reader_;
  std::string address_;
  std::map<std::uint64_t, Asked> asked_;  ///< By their numbers.
  std::uint64_t next_request_ = 1;
  std::vector<Untold> untold_;
  std::unique_ptr<Renewing> renewing_;
  std::uint64_t handed_ = 0;             ///< Bytes that the kernel has, but for those that are in `out_` still.
  std::uint64_t progress_ = 0;           ///< The same with those, at the last look.
  std::size_t pushed_ = 0;               ///< Of what has not left, at most: pushes.
  std::uint32_t waits_ = 0, heavy_ = 0;  ///< Of what has been asked.
  std::uint32_t pings_ = 0;              ///< Said.
  std::uint32_t pongs_ = 0;              ///< The last of them that was answered.
  /// The first ping that was said behind the last `renewed`: whoever answers it has had that.
  std::uint32_t renew_from_ = 1;
  bool said_hello_ = false;
  bool ended_ = false;
  bool slow_ = false;  ///< Something lay there at the last look.
  Loop::Clock::time_point came_, heard_;
  Loop::Clock::time_point moved_;  ///< When something left last.
  Loop::Clock::time_point next_ping_;
};

}  // namespace holdfast::server::live
