// The answers about the history, in JSON.
#pragma once

#include "api/operations.h"
#include "history/query.h"
#include "history/store.h"

namespace holdfast::server {

/// Asks `history` (null: none is kept) and writes what it says. Takes long: not on a thread that others wait for.
api::Written answer_history(history::Store* history, const api::HistoryRequest& request, const api::Context& context);

}  // namespace holdfast::server
