// Asking one server about leases: a call, an answer. For the command line; other programs use holdfast/client.h, which
// tries again.
#pragma once

#include "client/calls.h"
#include "client/http.h"

namespace holdfast::client {

/// The server, as far as leases go. An interface, so that tests can script it.
class Leases {
 public:
  virtual ~Leases() = default;
  virtual Answer<Holding> acquire(const AcquireCall& call) = 0;
  /// Answered when the flush window is over.
  virtual Answer<Holding> takeover(const TakeoverCall& call) = 0;
  virtual Answer<Holding> get(const std::string& name) = 0;
  /// `patience`: how long to wait for the answer.
  virtual Answer<Holding> renew(const TokenCall& call, Duration patience) = 0;
  virtual Answer<Released> release(const TokenCall& call, Duration patience) = 0;
  /// From any thread: ends the call under way at once, and every later one until reopen().
  virtual void interrupt() noexcept = 0;
  /// After an interrupt, when no call is under way: calls work again, on a new connection.
  virtual void reopen() = 0;
};

/// Over HTTP. One thread at a time, but for interrupt().
class HttpLeases final : public Leases {
 public:
  explicit HttpLeases(Url server);

  Answer<Holding> acquire(const AcquireCall& call) override;
  Answer<Holding> renew(const TokenCall& call, Duration patience) override;
  Answer<Released> release(const TokenCall& call, Duration patience) override;
  Answer<Holding> takeover(const TakeoverCall& call) override;
  /// To `to.session`.
  Answer<Holding> move(const TokenCall& to);
  /// Asks whoever holds it to give it up; the answer says who that is.
  Answer<Holding> ask_for(const AskCall& call);
  /// The answer says whose it is now.
  Answer<Holding> transfer(const TransferCall& call);
  /// The answer's `held` says whether somebody who waited has it now.
  Answer<Holding> revoke(const RevokeCall& call);
  Answer<boost::json::object> renew_session(const SessionCall& call);
  Answer<boost::json::object> end_session(const SessionCall& call);
  Answer<Holding> check(const std::string& name, std::uint64_t token);
  Answer<Holding> get(const std::string& name) override;
  Answer<Page> list(const ListCall& call);
  /// Whatever a GET of `target` answers.
  Answer<boost::json::object> look(std::string target);
  void interrupt() noexcept override { connection_.cancel(); }
  void reopen() override { connection_ = Connection(server_); }

 private:
  Answer<boost::json::object> ask(const Request& request, Duration patience);

  Url server_;
  Connection connection_;
};

}  // namespace holdfast::client
