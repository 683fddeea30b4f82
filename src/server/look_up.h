// What is looked up for a call before it is submitted.
#pragma once

#include "api/operations.h"
#include "server/service.h"

namespace holdfast::server {

/// Makes `call` of `client`, for which something is to be looked up, fit to be submitted. May take long: not on a
/// thread that others wait for. Else what it is refused with: `stopping`, also where the client has gone meanwhile and
/// nobody hears of it, `journal_behind`, or `internal` where the thread of live sockets does not answer in time.
ErrorCode look_up(Service& service, std::uint64_t client, api::Call& call);

/// The pool of `io`, one of a door's threads, that `call` is to be looked up on.
template <class IoThread>
auto& pool_for(IoThread& io, const api::Call& call) {
  return call.sessions ? io.walker : io.lister;
}

/// The answer to a call that asks for the server itself. Waits for nobody.
api::Written answer_server(Service& service, const api::Context& context);

}  // namespace holdfast::server
