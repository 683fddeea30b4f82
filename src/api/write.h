// How replies are written as JSON. One function for each shape of answer; the catalogue names them.
#pragma once

#include "api/operations.h"

namespace holdfast::api {

void write_grant(const core::Reply& reply, const Context& context, Written& out);
void write_released(const core::Reply& reply, const Context& context, Written& out);
void write_requested(const core::Reply& reply, const Context& context, Written& out);
void write_transferred(const core::Reply& reply, const Context& context, Written& out);
void write_revoked(const core::Reply& reply, const Context& context, Written& out);
void write_session_renewed(const core::Reply& reply, const Context& context, Written& out);
void write_session_ended(const core::Reply& reply, const Context& context, Written& out);
void write_current(const core::Reply& reply, const Context& context, Written& out);
void write_lease(const core::Reply& reply, const Context& context, Written& out);
void write_page(const core::Reply& reply, const Context& context, Written& out);
/// The shape of the systems that Holdfast replaces: {acquired, buffer_id, ...}, for refusals too.
void write_buffer(const core::Reply& reply, const Context& context, Written& out);

/// Appends a lease as `lease.get` shows it, without the position: for messages that have it as a part.
void append_lease(std::string& out, const core::LeaseView& lease);

}  // namespace holdfast::api
