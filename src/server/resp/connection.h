// One connection of this door: commands in, answers out in the same order.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "api/operations.h"
#include "base/fd.h"
#include "core/commands.h"
#include "core/rules.h"
#include "server/loop.h"
#include "server/resp/connection_commands.h"
#include "server/resp/key_commands.h"
#include "server/resp/reader.h"
#include "server/resp/writer.h"

namespace holdfast::server::resp {

class IoThread;

/// Everything here runs on its thread.
class Connection final : public Peer {
 public:
  /// Known to the service from here to the end of its life. It has been counted when it was accepted.
  Connection(IoThread& io, Fd socket, std::uint64_t client, std::string peer);
  ~Connection() override;

  std::uint64_t client() const { return client_; }
  /// The answer to one of its commands. What it does not know any more is taken back.
  void answered(core::Answer& answer);
  void look_at_time(Loop::Clock::time_point now);
  /// Takes no more commands.
  void begin_closing();
  /// Goes to those who watch, if that is what it waits for.
  void leave();
  bool owes() const override { return !asked_.empty(); }

 private:
  struct LeaseAsked {
    const api::Operation* operation = nullptr;
    api::Context context;
    core::Command rest;    ///< Of one that is done in steps: what is left.
    std::size_t done = 0;  ///< By the steps before.
  };
  /// A command that was given, until it has been answered and so have all before it.
  struct Asked {
    enum class Kind : std::uint8_t { take, program, lease, said } kind = Kind::said;
    bool answered = false;
    bool untold = false;  ///< Some of `untold_` is told by what it says when its turn comes.
    Loop::Clock::time_point since{};
    std::size_t asker = 0;                ///< Of a take or an acquire: see Retries. Else 0.
    std::shared_ptr<KeyProgram> program;  ///< Of a program.
    std::unique_ptr<LeaseAsked> lease;    ///< Of one of the catalogue's operations.
    std::string said;                     ///< Once it has been answered while others before it have not.
  };
  /// A grant whose answer has not been handed to the kernel yet.
  struct Untold {
    std::uint64_t end = 0;  ///< Where its answer ends, counted from the connection's first byte; not_said: nowhere yet.
    core::Address to;
    std::string name;
    core::Token token;
    core::Who who;
  };

  Taken take(std::string_view bytes) override;
  void gone() override;
  void flushed() override;
  void half_closed() override;

  bool may_take_more() const;
  void handle(std::span<const std::string_view> words);
  void operate(std::span<const std::string_view> words);
  void watch(const api::Operation& operation, api::WatchRequest& wanted);
  void leave_when_all_is_told();
  void look_up_apart(api::Call call);
  void tell_history(const api::HistoryRequest& request);
  /// Nothing more is taken before what has been asked last is answered.
  void block();
  void run_script(std::span<const std::string_view> words, bool by_sha, bool only_looks);
  void manage_scripts(std::span<const std::string_view> words);
  void ask(std::shared_ptr<KeyProgram> program);
  /// Answers a command that needs nobody's decision: `write` appends to the text it is given.
  template <class Write>
  void say(Write&& write);
  void refuse(const Error& error);
  void refuse(std::string_view text);

  static constexpr std::uint64_t not_said = std::numeric_limits<std::uint64_t>::max();
  void note_untold(core::Answer& answer, bool in_turn);
  void conclude(Asked& asked, core::Answer& answer, std::string& out);
  void conclude_lease(Asked& asked, const core::Reply& reply, Duration took, Writer& writer);
  /// True: there is a further step, which has been asked for.
  bool go_on(Asked& asked, const core::Answer& answer);
  void written(std::uint64_t request, const api::Written& written);
  std::uint64_t newest_request() const { return head_request_ + (asked_.size() - 1); }
  /// It has been answered: where it is its turn, that is said.
  void finish(Asked& asked);
  void go_on_saying();
  Asked* asked_at(std::uint64_t request);

  IoThread& io_;
  const std::uint64_t client_;
  Caller caller_;
  Conversation conversation_;
  Reader reader_;
  bool spoke_ = false;  ///< It has given a command that there is.
  Loop::Clock::time_point came_;
  std::deque<Asked> asked_;         ///< In the order in which they came.
  std::uint64_t head_request_ = 1;  ///< The number of the first of them.
  std::uint64_t handed_ = 0;        ///< Bytes that the kernel has, but for those that are in `out_` still.
  std::vector<Untold> untold_;
  std::uint64_t blocking_ = 0;                  ///< The request that is waited for before more is taken; 0: none is.
  std::unique_ptr<api::WatchRequest> leaving_;  ///< It takes nothing more: it is to watch. Its place is reserved.
  bool queued_ = false;                         ///< That request may wait for a name: whoever closes leaves its queue.
  std::size_t unread_before_ = 0;               ///< What lay unread at the last look,
  Loop::Clock::time_point unread_since_{};      ///< and since when nothing of it was taken.
};

}  // namespace holdfast::server::resp
