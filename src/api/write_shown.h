// How what was looked up beside the rules is written as JSON.
#pragma once

#include "api/operations.h"
#include "api/shown.h"

namespace holdfast::api {

/// Of a `ShownTree`.
void write_tree(const core::Reply& reply, const Context& context, Written& out);
/// Of `ShownSessions`.
void write_sessions(const core::Reply& reply, const Context& context, Written& out);

/// The answer to `server.get`.
Written write_server(const ServerStanding& server, const Context& context);

}  // namespace holdfast::api
