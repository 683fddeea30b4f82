// The operations of the catalogue as commands: LEASE.ACQUIRE name OWNER bob TTL_MS 30000. Nothing here lists them;
// their names, fields and answers are those that HTTP has.
#pragma once

#include <span>
#include <string_view>

#include "api/operations.h"
#include "base/error.h"
#include "core/replies.h"
#include "server/resp/writer.h"

namespace holdfast::server::resp {

/// A command that was understood.
struct LeaseCall {
  const api::Operation* operation = nullptr;  ///< Never null in a result.
  api::Call call;                             ///< As over HTTP: `page` and `watch` are to be looked at, too.
};

/// Whether `command`, in any case, is one of the catalogue's.
bool is_lease_command(std::string_view command);

/// `words`: the command, its subject where it has one, then pairs of FIELD value, the fields in any case. Who asks is
/// `owner` where the words do not say it; empty: they have to. `context.fresh_session` is used only where
/// `Operation::makes_sessions`.
///
/// Errors, before anything is done: unknown_command; those of api::form_of_words and of the operation's own reading,
/// each with its field.
Result<LeaseCall> read_lease_command(std::span<const std::string_view> words, const api::Context& context,
                                     std::string_view owner);

/// The answer as HTTP has it, its JSON object as a map of the same fields in the same order. A refusal is an answer,
/// too (L11): where HTTP says 409, it is the map of the refusal, in which `code` says what it is. All else that failed
/// is an error, of which the first word is its code in capitals.
void write_lease_answer(Writer& writer, const api::Operation& operation, const core::Reply& reply,
                        const api::Context& context);
void write_answer(Writer& writer, const api::Written& written);

/// What never reached the rules, as an error: `-BAD_FIELD A field has ... (field: ttl_ms; fate: not_done)`.
void write_problem(Writer& writer, const Error& error);

/// `json`, which is one value in JSON, as the value that it is: a map, list, text, integer, double, boolean or null.
void write_json(Writer& writer, std::string_view json);

}  // namespace holdfast::server::resp
