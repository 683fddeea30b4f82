#include "api/operations.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <memory>

#include "api/names.h"
#include "api/write.h"
#include "api/write_shown.h"
#include "api/write_text.h"
#include "text/text_file.h"

namespace holdfast::api {
namespace {

using core::Command;
using core::HolderKind;
using enum ErrorCode;

/// The place of `T` among the alternatives of core::Command.
template <class T, std::size_t I = 0>
consteval std::size_t index_of() {
  if constexpr (std::is_same_v<std::variant_alternative_t<I, Command>, T>) {
    return I;
  } else {
    return index_of<T, I + 1>();
  }
}

constexpr Field owner_field{"owner", FieldKind::owner, true, "Who asks: a user, a service, an agent."};
constexpr Field session_field{
    "session", FieldKind::session, false,
    "The tab, device, process or run of the owner. Default: a fresh one, given in the answer. "
    "Name it, and asking again after a lost answer gives the same grant."};
constexpr Field ttl_field{"ttl_ms", FieldKind::ttl, false,
                          "How long the lease lasts without a renewal. Default 30000. "
                          "null: until it is released or taken over."};
constexpr Field note_field{"note", FieldKind::note, false,
                           "Why you hold it; shown to whoever is refused. At most 1 KiB."};
constexpr Field metadata_field{"metadata", FieldKind::metadata, false, "A JSON object to carry along. At most 4 KiB."};
constexpr Field holder_field{
    "holder", FieldKind::holder, false,
    "session, the default: sessions exclude each other. owner: sessions of one owner share the holding."};
constexpr Field reason_field{"reason", FieldKind::note, false,
                             "Why: told to whoever loses the name, and kept in the history. At most 1 KiB."};
constexpr Field token_field{"token", FieldKind::token, true, "The token of the holding that is meant."};
constexpr Field held_session_field{"session", FieldKind::session, false,
                                   "The session that is meant. Default: the holding's only one."};
constexpr Field unsettled_field{"unsettled", FieldKind::flag, false,
                                "1: answer from memory at once, also what is not yet durable, and say so."};

constexpr std::array acquire_fields{
    owner_field,
    session_field,
    ttl_field,
    Field{"wait_ms", FieldKind::wait, false, "How long to wait in the queue while somebody else holds it. Default 0."},
    Field{"mode", FieldKind::mode, false, "exclusive, the default."},
    holder_field,
    note_field,
    metadata_field,
};
constexpr std::array renew_fields{
    token_field,
    owner_field,
    held_session_field,
    Field{"ttl_ms", FieldKind::ttl, false, "A new ttl. Default: as before."},
};
constexpr std::array release_fields{token_field, owner_field, held_session_field};
constexpr std::array takeover_fields{
    owner_field,
    reason_field,
    Field{"token", FieldKind::token, false, "The token of the holding that is meant. Needed where the name is held."},
    Field{"flush_ms", FieldKind::flush, false,
          "How long the holder may hand in what it has, before the name changes hands. Default 0; where the name has a "
          "text, 5000."},
    session_field,
    ttl_field,
    holder_field,
    note_field,
    metadata_field,
};
constexpr std::array move_fields{
    token_field,
    owner_field,
    Field{"session", FieldKind::session, true, "The session of yours that is to hold it."},
};
constexpr std::array request_fields{
    owner_field,
    Field{"session", FieldKind::session, false, "Which session of yours asks."},
    Field{"message", FieldKind::note, false, "Shown to the holder. At most 1 KiB."},
};
constexpr std::array transfer_fields{
    token_field,
    owner_field,
    held_session_field,
    Field{"to", FieldKind::session, true, "The owner who is to have it."},
    Field{"to_session", FieldKind::session, false,
          "Which session of that owner. Default: the first that waits for it, else a fresh one, given in the answer."},
};
constexpr std::array revoke_fields{
    owner_field,
    Field{"session", FieldKind::session, false, "Which session of yours asks."},
    reason_field,
    Field{"token", FieldKind::token, false, "The token of the holding that is meant. Default: whichever there is."},
};
constexpr std::array session_renew_fields{
    owner_field,
    Field{"ttl_ms", FieldKind::ttl, false, "A new ttl for all of them. Default: each as before."},
};
constexpr std::array session_end_fields{owner_field};
constexpr std::array check_fields{token_field};
constexpr std::array get_fields{unsettled_field};
constexpr std::array list_fields{
    Field{"prefix", FieldKind::name, false, "Only this name and those below it; whole segments."},
    Field{"owner", FieldKind::owner, false, "Only what this owner holds."},
    Field{"contended", FieldKind::flag, false, "1: only what somebody waits for."},
    Field{"after", FieldKind::name, false, "The `next` of the page before."},
    Field{"limit", FieldKind::count, false, "At most so many names are looked at. Default 100.", 1000},
    unsettled_field,
};
constexpr std::array tree_fields{
    Field{"prefix", FieldKind::name, false, "What lies right below this. Default: the first segments of all names."},
    Field{"after", FieldKind::name, false, "The `next` of the page before."},
    Field{"limit", FieldKind::count, false, "At most so many children. Default 100.", 1000},
    unsettled_field,
};
constexpr std::array sessions_fields{
    Field{"owner", FieldKind::owner, false, "Only this owner's."},
    Field{"after", FieldKind::cursor, false, "The `next` of the page before."},
    Field{"limit", FieldKind::count, false, "At most so many sessions. Default 100.", 1000},
    unsettled_field,
};
constexpr Field held_from_field{"from", FieldKind::time, false, "Only what was held at this time or later."};
constexpr Field held_to_field{"to", FieldKind::time, false, "Only what was held at this time or earlier."};
constexpr Field held_by_field{"owner", FieldKind::owner, false, "Only what this owner held."};
constexpr std::array history_fields{
    held_by_field,
    held_from_field,
    held_to_field,
    Field{"after", FieldKind::token, false, "The `next` of the page before: only holdings of lesser tokens."},
    Field{"limit", FieldKind::count, false, "At most so many holdings. Default 100.", 1000},
};
constexpr std::array histories_fields{
    Field{"prefix", FieldKind::name, false, "Only this name and those below it; whole segments."},
    held_by_field,
    held_from_field,
    held_to_field,
    Field{"after", FieldKind::cursor, false, "The `next` of the page before."},
    Field{"limit", FieldKind::count, false, "At most so many holdings. Default 100.", 1000},
};
constexpr std::array buffer_fields{
    Field{"project", FieldKind::name, false, "The project of the file."},
    Field{"path", FieldKind::name, false, "The file's path in it."},
    Field{"buffer_id", FieldKind::count, false, "Instead of both: the number that an earlier answer gave.",
          core::token_max},
    Field{"user", FieldKind::owner, true, "Who opens it."},
    session_field,
};
constexpr std::array project_buffer_fields{
    Field{"path", FieldKind::name, true, "The file's path in the project."},
    Field{"user", FieldKind::owner, true, "Who opens it."},
    session_field,
};

core::Who who(const Form& form, const Context& context, std::string_view owner = "owner") {
  core::Who who{form.text(owner), form.text("session")};
  if (who.session.empty()) who.session = context.fresh_session;
  return who;
}

Call read_acquire(const Form& form, const Context& context) {
  core::Acquire acquire;
  acquire.name = form.path_name;
  acquire.who = who(form, context);
  acquire.ttl = form.milliseconds("ttl_ms").value_or(ttl_default);
  acquire.wait = form.milliseconds("wait_ms").value_or(Duration::zero());
  acquire.holder = form.text("holder") == "owner" ? HolderKind::owner : HolderKind::session;
  acquire.note = form.text("note");
  acquire.metadata = form.text("metadata");
  acquire.from = context.from;
  return {std::move(acquire), {}};
}

core::Token token(const Form& form) {
  return {form.number("token").value_or(0)};
}

Call read_takeover(const Form& form, const Context& context) {
  core::Takeover takeover;
  takeover.want = std::get<core::Acquire>(read_acquire(form, context).command);
  takeover.token = token(form);
  takeover.flush = form.milliseconds("flush_ms").value_or(Duration::zero());
  takeover.flush_by_default = !form.has("flush_ms");
  takeover.reason = form.text("reason");
  return {std::move(takeover), {}};
}

core::Who named(const Form& form) {
  return {form.text("owner"), form.text("session")};
}

Call read_list(const Form& form, const Context&) {
  core::List list;
  list.owner = form.text("owner");
  list.contended = form.flag("contended");
  list.unsettled = form.flag("unsettled");
  return {std::move(list), PageRequest{form.text("prefix"), form.text("after"), form.number("limit").value_or(100)}};
}

Call read_tree(const Form& form, const Context&) {
  Call call{core::Show{nullptr, form.flag("unsettled")}, {}};
  call.tree = PageRequest{form.text("prefix"), form.text("after"), form.number("limit").value_or(100)};
  return call;
}

/// The reverse of session_cursor.
std::optional<core::Who> who_of_cursor(std::string_view cursor) {
  const std::size_t colon = cursor.find(':');
  std::size_t owner = 0;
  const auto [end, error] = std::from_chars(cursor.data(), cursor.data() + std::min(colon, cursor.size()), owner);
  const bool whole = error == std::errc{} && colon != std::string_view::npos && end == cursor.data() + colon;
  if (!whole || owner > cursor.size() - colon - 1) return std::nullopt;
  return core::Who{std::string{cursor.substr(colon + 1, owner)}, std::string{cursor.substr(colon + 1 + owner)}};
}

Result<Call> read_sessions(const Form& form, const Context&) {
  Call call{core::Show{nullptr, form.flag("unsettled")}, {}};
  call.sessions =
      SessionsRequest{.owner = form.text("owner"), .after = {}, .limit = form.number("limit").value_or(100)};
  if (const std::string after = form.text("after"); !after.empty()) {
    std::optional<core::Who> who = who_of_cursor(after);
    if (!who) return fail(bad_field, "must be the next of the page before", "after");
    call.sessions->after = *std::move(who);
  }
  return call;
}

Result<Call> read_history(Form& form, const Context&) {
  HistoryRequest request{.name = form.path_name,
                         .prefix = form.text("prefix"),
                         .owner = form.text("owner"),
                         .from = parse_rfc3339(form.text("from")),
                         .to = parse_rfc3339(form.text("to")),
                         .after_name = {},
                         .after_token = 0,
                         .limit = form.number("limit").value_or(100)};
  if (!request.name.empty()) {
    request.after_token = form.number("after").value_or(0);
  } else if (const std::string after = form.text("after"); !after.empty()) {
    const std::size_t colon = after.rfind(':');
    const char* const end = after.data() + after.size();
    const bool parted = colon != std::string::npos && colon > 0;
    const auto read = std::from_chars(parted ? after.data() + colon + 1 : end, end, request.after_token);
    if (read.ec != std::errc{} || read.ptr != end)
      return fail(bad_field, "must be the next of the page before", "after");
    request.after_name = after.substr(0, colon);
  }
  return Call{{}, {}, std::move(request)};
}

constexpr std::array watch_fields{
    Field{"prefix", FieldKind::name, false, "Only events of this name and those below it; whole segments."},
    Field{"after", FieldKind::position, false,
          "Only what came after this `position` of an answer or event. Default: from now on."},
};

Call read_watch(const Form& form, const Context&) {
  WatchRequest watch{.prefix = form.text("prefix"), .after = {}};
  if (const std::string after = form.text("after"); !after.empty()) watch.after = *parse_position(after);
  return {core::Leave{}, {}, {}, std::move(watch)};
}

Result<Call> read_buffer(const Form& form, const Context& context, const std::string& project) {
  core::Acquire acquire;
  acquire.who = who(form, context, "user");
  acquire.ttl = ttl_default;
  acquire.from = context.from;
  acquire.numbered = true;
  acquire.buffer = form.number("buffer_id").value_or(0);
  if (acquire.buffer != 0) {
    if (!project.empty() || form.has("path")) {
      return fail(bad_field, "give buffer_id, or project and path", "buffer_id");
    }
    return Call{std::move(acquire), {}};
  }
  if (project.empty()) return fail(missing_field, {}, "project");
  if (!form.has("path")) return fail(missing_field, {}, "path");
  Result<std::string> name = canonical_name("projects/" + project + '/' + form.text("path"));
  if (!name) return fail(bad_name, name.error().where, "path");
  acquire.name = *std::move(name);
  return Call{std::move(acquire), {}};
}

constexpr Field asking_session_field{"session", FieldKind::session, false, "Which session of yours asks."};
constexpr Field base_field{"base", FieldKind::revision, true, "The revision that the first change was made for."};
constexpr Field seq_field{"seq", FieldKind::number, false,
                          "The number of the first change among those of your session, from 1 on; the following ones "
                          "have the next. What was made already is not made again. Needs `session`."};
constexpr Field one_seq_field{"seq", FieldKind::number, false,
                              "As of an edit of one change. Sent again, it is not done again."};
constexpr Field page_limit_field{"limit", FieldKind::count, false, "At most so many. Default 100.", 1000};

constexpr std::array put_fields{
    owner_field,
    asking_session_field,
    Field{"text", FieldKind::text, true,
          "At most 10 MiB. Line ends are kept as they are. Instead of JSON, the body may be the file itself as "
          "text/plain, with the other fields in the query."},
};
constexpr std::array get_text_fields{
    Field{"revision", FieldKind::revision, false, "The text as it was then. Default: the newest."},
    Field{"text", FieldKind::flag, false, "0: not the text itself. Default 1."},
    Field{"blame", FieldKind::flag, false, "1: who wrote what of the newest text, in its order."},
    Field{"owner", FieldKind::owner, false,
          "Whose `undo` and `redo` are shown: how much may be taken back, and redone."},
};
constexpr std::array list_texts_fields{
    Field{"prefix", FieldKind::name, false, "Only this name and those below it; whole segments."},
    Field{"after", FieldKind::name, false, "The `next` of the page before."},
    page_limit_field,
};
constexpr std::array remove_text_fields{
    owner_field,
    asking_session_field,
    Field{"token", FieldKind::token, false, "Of your holding. Needed where you hold the name."},
};
constexpr std::array edit_fields{
    token_field,
    owner_field,
    held_session_field,
    base_field,
    seq_field,
    Field{"changes", FieldKind::changes, true,
          "1 to 1000 changes as CodeMirror writes them (ChangeSet.toJSON), each for the text that the one before it "
          "left. All are made, or none."},
};
constexpr std::array undo_fields{
    token_field,
    owner_field,
    held_session_field,
    one_seq_field,
    Field{"base", FieldKind::revision, false, "Refused where this is not the newest revision."},
};
constexpr std::array changes_fields{
    Field{"after", FieldKind::revision, false, "Only changes behind this revision. Default 0."},
    Field{"limit", FieldKind::count, false, "At most so many. Default 1000.", 1000},
    Field{"buffer", FieldKind::number, false,
          "The `buffer` of an earlier answer: refused where the name has another text by now."},
    Field{"text", FieldKind::flag, false, "1: where the changes are gone or too many, the newest text instead."},
};
constexpr std::array list_drafts_fields{
    Field{"name", FieldKind::name, false, "Only of this text."},
    Field{"owner", FieldKind::owner, false, "Only this owner's."},
    Field{"after", FieldKind::revision, false, "The `next` of the page before."},
    page_limit_field,
};
constexpr std::array apply_fields{
    token_field,
    owner_field,
    held_session_field,
    one_seq_field,
    Field{"anyway", FieldKind::flag, false, "true: also where others changed the same places since."},
};
constexpr std::array discard_fields{owner_field, asking_session_field};

Result<Call> read_put(Form& form, const Context&) {
  HF_TRY(file, text::read_file(form.take_text()));
  return Call{core::CreateBuffer{form.path_name, named(form), std::make_shared<const text::TextFile>(std::move(file))},
              {}};
}

Call read_get_text(Form& form, const Context& context) {
  core::GetBuffer get;
  get.name = form.path_name;
  get.revision = form.number("revision");
  get.with_text = context.as_file || form.number("text").value_or(1) != 0;
  get.with_blame = form.flag("blame");
  get.owner = form.text("owner");
  return {std::move(get), {}};
}

core::Edit read_edit(Form& form) {
  return {form.path_name,     token(form), named(form), form.number("base").value_or(0), form.number("seq").value_or(0),
          form.take_changes()};
}

template <bool redo>
Result<Call> read_undo(Form& form, const Context&) {
  return Call{
      core::Undo{form.path_name, token(form), named(form), redo, form.number("seq").value_or(0), form.number("base")},
      {}};
}

/// Of the draft in the path, which has been checked.
std::uint64_t draft_of(const Form& form) {
  std::uint64_t draft = 0;
  std::from_chars(form.path_name.data(), form.path_name.data() + form.path_name.size(), draft);
  return draft;
}

template <class OfSession>
bool go_on_with(const core::Reply& reply, Command& asked) {
  return std::get<OfSession>(asked).go_on(reply.left, reply.count);
}

constexpr std::array acquire_refusals{held,       held_by_you,   wait_over,     wait_superseded,
                                      queue_full, sessions_full, text_is_single};
constexpr std::array renew_refusals{stale, not_yours, unknown_token, nothing_held, session_needed};
constexpr std::array check_refusals{stale, unknown_token};
constexpr std::array takeover_refusals{stale,         takeover_pending, reason_missing, token_needed,
                                       unknown_token, wait_superseded,  sessions_full,  text_is_single};
constexpr std::array move_refusals{stale, takeover_pending, not_yours, unknown_token, nothing_held, to_oneself};
constexpr std::array request_refusals{nothing_held, to_oneself};
constexpr std::array transfer_refusals{stale,        takeover_pending, not_yours, unknown_token,
                                       nothing_held, session_needed,   to_oneself};
constexpr std::array revoke_refusals{stale, reason_missing, unknown_token, nothing_held};
constexpr std::array session_renew_refusals{nothing_of_session, partly_done};
constexpr std::array session_end_refusals{partly_done};
constexpr std::array history_refusals{history_off, history_busy};
constexpr std::array watch_refusals{too_many_watchers};
constexpr std::array buffer_refusals{held, held_by_you, unknown_buffer, buffers_full};
constexpr std::array put_refusals{buffer_exists, held,           held_by_you, text_is_single,
                                  bad_text,      text_too_large, texts_full};
constexpr std::array get_text_refusals{no_such_text, revision_gone, revision_future};
constexpr std::array remove_text_refusals{no_such_text, held, stale, unknown_token, token_needed, not_yours};
constexpr std::array edit_refusals{stale,          base_moved,  not_yours,       unknown_token, session_needed,
                                   no_such_text,   bad_changes, wrong_length,    bad_boundary,  changes_too_large,
                                   text_too_large, texts_full,  revision_future, revision_gone, drafts_full};
constexpr std::array undo_refusals{stale,          base_moved,   nothing_to_undo, not_yours, unknown_token,
                                   session_needed, no_such_text, text_too_large,  texts_full};
constexpr std::array changes_refusals{no_such_text, revision_gone, revision_future};
constexpr std::array keep_refusals{no_such_text,      session_needed, bad_changes,     wrong_length,  bad_boundary,
                                   changes_too_large, text_too_large, revision_future, revision_gone, drafts_full};
constexpr std::array draft_refusals{no_such_draft};
constexpr std::array apply_refusals{no_such_draft,  draft_conflicts, stale,         not_yours,      unknown_token,
                                    session_needed, no_such_text,    revision_gone, text_too_large, texts_full};
constexpr std::array discard_refusals{no_such_draft, not_your_draft};

constexpr std::array catalogue{
    Operation{.name = "lease.acquire",
              .method = "POST",
              .path = "/v1/acquire/{name}",
              .summary = "Own a name until the ttl runs out, or wait for it.",
              .example = R"({"owner": "alice", "ttl_ms": 30000})",
              .fields = acquire_fields,
              .refusals = acquire_refusals,
              .read = [](Form& f, const Context& c) -> Result<Call> { return read_acquire(f, c); },
              .write = write_grant,
              .command = index_of<core::Acquire>()},
    Operation{.name = "lease.renew",
              .method = "POST",
              .path = "/v1/renew/{name}",
              .summary = "Set the deadline anew; also after a lapse, if nobody took the name since.",
              .example = R"({"owner": "alice", "token": 7})",
              .fields = renew_fields,
              .refusals = renew_refusals,
              .read = [](Form& f, const Context&) -> Result<Call> {
                return Call{core::Renew{f.path_name, token(f), named(f), f.milliseconds("ttl_ms")}, {}};
              },
              .write = write_grant,
              .command = index_of<core::Renew>()},
    Operation{.name = "lease.release",
              .method = "POST",
              .path = "/v1/release/{name}",
              .summary = "End the holding that the token names. Repeatable while nobody else holds it.",
              .example = R"({"owner": "alice", "token": 7})",
              .fields = release_fields,
              .refusals = renew_refusals,
              .read = [](Form& f, const Context&) -> Result<Call> {
                return Call{core::Release{f.path_name, token(f), named(f)}, {}};
              },
              .write = write_released,
              .command = index_of<core::Release>()},
    Operation{.name = "lease.takeover",
              .method = "POST",
              .path = "/v1/takeover/{name}",
              .summary = "Own a name that somebody else holds, in one step; with flush_ms the holder is told first.",
              .example = R"({"owner": "bob", "token": 7, "reason": "the nightly job hangs"})",
              .fields = takeover_fields,
              .refusals = takeover_refusals,
              .read = [](Form& f, const Context& c) -> Result<Call> { return read_takeover(f, c); },
              .write = write_grant,
              .command = index_of<core::Takeover>()},
    Operation{
        .name = "lease.move",
        .method = "POST",
        .path = "/v1/move/{name}",
        .summary = "Pass what you hold on to another session of yours: a new holding, with what it carried along.",
        .example = R"({"owner": "alice", "session": "laptop", "token": 7})",
        .fields = move_fields,
        .refusals = move_refusals,
        .read = [](Form& f, const Context& c) -> Result<Call> {
          return Call{core::Move{f.path_name, token(f), named(f), c.from}, {}};
        },
        .write = write_grant,
        .command = index_of<core::Move>()},
    Operation{.name = "lease.request",
              .method = "POST",
              .path = "/v1/request/{name}",
              .summary = "Ask the holder to give it up: shown with the lease, in its renewals and to watchers.",
              .example = R"({"owner": "bob", "message": "may I have it?"})",
              .fields = request_fields,
              .refusals = request_refusals,
              .read = [](Form& f, const Context& c) -> Result<Call> {
                return Call{core::AskHolder{f.path_name, named(f), f.text("message"), c.from}, {}};
              },
              .write = write_requested,
              .command = index_of<core::AskHolder>()},
    Operation{.name = "lease.transfer",
              .method = "POST",
              .path = "/v1/transfer/{name}",
              .summary = "Give what you hold to somebody, before whoever waits for it.",
              .example = R"({"owner": "alice", "token": 7, "to": "bob"})",
              .fields = transfer_fields,
              .refusals = transfer_refusals,
              .read = [](Form& f, const Context& c) -> Result<Call> {
                return Call{core::Transfer{f.path_name, token(f), named(f), f.text("to"), f.text("to_session"),
                                           c.fresh_session},
                            {}};
              },
              .write = write_transferred,
              .command = index_of<core::Transfer>()},
    Operation{.name = "lease.revoke",
              .method = "POST",
              .path = "/v1/revoke/{name}",
              .summary = "End a holding without taking it; whoever waits is next. Its sessions cannot come back.",
              .example = R"({"owner": "admin", "reason": "left the company"})",
              .fields = revoke_fields,
              .refusals = revoke_refusals,
              .read = [](Form& f, const Context&) -> Result<Call> {
                return Call{core::Revoke{f.path_name, token(f), named(f), f.text("reason")}, {}};
              },
              .write = write_revoked,
              .command = index_of<core::Revoke>()},
    Operation{.name = "session.renew",
              .method = "POST",
              .path = "/v1/sessions/{session}/renew",
              .summary = "Renew everything the session holds, and what lapsed and nobody took since.",
              .example = R"({"owner": "alice"})",
              .fields = session_renew_fields,
              .refusals = session_renew_refusals,
              .read = [](Form& f, const Context&) -> Result<Call> {
                return Call{core::RenewSession{{f.text("owner"), f.path_name}, f.milliseconds("ttl_ms")}, {}};
              },
              .write = write_session_renewed,
              .command = index_of<core::RenewSession>(),
              .path_kind = FieldKind::session,
              .go_on = go_on_with<core::RenewSession>},
    Operation{.name = "session.end",
              .method = "POST",
              .path = "/v1/sessions/{session}/end",
              .summary = "End the session's part in everything it holds. Repeatable.",
              .example = R"({"owner": "alice"})",
              .fields = session_end_fields,
              .refusals = session_end_refusals,
              .read = [](Form& f, const Context&) -> Result<Call> {
                return Call{core::EndSession{{f.text("owner"), f.path_name}}, {}};
              },
              .write = write_session_ended,
              .command = index_of<core::EndSession>(),
              .path_kind = FieldKind::session,
              .go_on = go_on_with<core::EndSession>},
    Operation{
        .name = "lease.check",
        .method = "POST",
        .path = "/v1/check/{name}",
        .summary = "Is this token the current one? For early refusal only: check and then write is the race again.",
        .example = R"({"token": 7})",
        .fields = check_fields,
        .refusals = check_refusals,
        .read = [](Form& f, const Context&) -> Result<Call> {
          return Call{core::Check{f.path_name, token(f)}, {}};
        },
        .write = write_current,
        .command = index_of<core::Check>()},
    Operation{.name = "lease.get",
              .method = "GET",
              .path = "/v1/leases/{name}",
              .summary = "Who holds this name, since when, for how long, and who waits for it.",
              .fields = get_fields,
              .read = [](Form& f, const Context&) -> Result<Call> {
                return Call{core::Get{f.path_name, f.flag("unsettled")}, {}};
              },
              .write = write_lease,
              .command = index_of<core::Get>()},
    Operation{.name = "lease.list",
              .method = "GET",
              .path = "/v1/leases",
              .summary = "The names that are held, in order, a bounded page at a time; a page may be short.",
              .example = "prefix=projects/atlas&limit=100",
              .fields = list_fields,
              .read = [](Form& f, const Context& c) -> Result<Call> { return read_list(f, c); },
              .write = write_page,
              .command = index_of<core::List>()},
    Operation{.name = "lease.tree",
              .method = "GET",
              .path = "/v1/tree",
              .summary = "What lies right below a prefix, and how many names are held there; a page may be short.",
              .example = "prefix=projects",
              .fields = tree_fields,
              .read = [](Form& f, const Context& c) -> Result<Call> { return read_tree(f, c); },
              .write = write_tree,
              .command = index_of<core::Show>()},
    Operation{.name = "session.list",
              .method = "GET",
              .path = "/v1/sessions",
              .summary = "The sessions that hold, wait or have a live socket, by owner, a bounded page at a time.",
              .example = "owner=alice",
              .fields = sessions_fields,
              .read = [](Form& f, const Context& c) -> Result<Call> { return read_sessions(f, c); },
              .write = write_sessions,
              .command = index_of<core::Show>()},
    Operation{
        .name = "server.get",
        .method = "GET",
        .path = "/v1/server",
        .summary = "The server itself: which it is, since when, and whether its disk keeps up. Waits for nothing.",
        .read = [](Form&, const Context&) -> Result<Call> {
          Call call{core::Leave{}, {}};
          call.server = true;
          return call;
        },
        .asks_server = true},
    Operation{.name = "events.watch",
              .method = "GET",
              .path = "/v1/events",
              .summary = "Server-sent events: every change of a name as it happens, once and in order.",
              .example = "prefix=projects/atlas",
              .fields = watch_fields,
              .refusals = watch_refusals,
              .read = [](Form& f, const Context& c) -> Result<Call> { return read_watch(f, c); },
              .streams = true,
              .spoken = "lease.watch"},
    Operation{.name = "buffer.acquire",
              .method = "POST",
              .path = "/api/buffers/acquire",
              .summary = "Open a buffer for editing: 200 or 409, and nothing else under any contention.",
              .example = R"({"project": "atlas", "path": "src/main.c", "user": "alice"})",
              .fields = buffer_fields,
              .refusals = buffer_refusals,
              .read = [](Form& f, const Context& c) { return read_buffer(f, c, f.text("project")); },
              .write = write_buffer,
              .command = index_of<core::Acquire>()},
    Operation{.name = "buffer.acquire_in_project",
              .method = "POST",
              .path = "/api/projects/{project}/buffers",
              .summary = "The same, with the project in the path.",
              .example = R"({"path": "src/main.c", "user": "alice"})",
              .fields = project_buffer_fields,
              .refusals = buffer_refusals,
              .read = [](Form& f, const Context& c) { return read_buffer(f, c, f.path_name); },
              .write = write_buffer,
              .command = index_of<core::Acquire>()},
    Operation{
        .name = "history.get",
        .method = "GET",
        .path = "/v1/history/{name}",
        .summary = "Who held this name, from when to when, from where, and who took it over and why; newest first.",
        .fields = history_fields,
        .refusals = history_refusals,
        .read = read_history,
        .asks_history = true},
    Operation{.name = "history.list",
              .method = "GET",
              .path = "/v1/history",
              .summary = "The same of many names, by name and of each the newest first; a page may be short.",
              .example = "prefix=projects/atlas&from=2026-02-05T18:00:00Z",
              .fields = histories_fields,
              .refusals = history_refusals,
              .read = read_history,
              .asks_history = true},
    Operation{.name = "buffer.put",
              .method = "PUT",
              .path = "/v1/buffers/{name}",
              .summary = "Put a text under a name that has none: it is then changed by whoever holds the name, and "
                         "nobody else.",
              .example = R"({"owner": "alice", "text": "Dear all,"})",
              .fields = put_fields,
              .refusals = put_refusals,
              .read = read_put,
              .write = write_created,
              .command = index_of<core::CreateBuffer>(),
              .takes_file = true,
              .bulky = true},
    Operation{.name = "buffer.get",
              .method = "GET",
              .path = "/v1/buffers/{name}",
              .summary = "The text as it is, or as it was at a revision. As text/plain, the bytes of its file.",
              .fields = get_text_fields,
              .refusals = get_text_refusals,
              .read = [](Form& f, const Context& c) -> Result<Call> { return read_get_text(f, c); },
              .write = write_text,
              .command = index_of<core::GetBuffer>(),
              .gives_file = true,
              .bulky = true},
    Operation{.name = "buffer.delete",
              .method = "DELETE",
              .path = "/v1/buffers/{name}",
              .summary = "Take the text away, with its revisions. Drafts of it stay.",
              .example = R"({"owner": "alice"})",
              .fields = remove_text_fields,
              .refusals = remove_text_refusals,
              .read = [](Form& f, const Context&) -> Result<Call> {
                return Call{core::RemoveBuffer{f.path_name, named(f), token(f)}, {}};
              },
              .write = write_removed,
              .command = index_of<core::RemoveBuffer>()},
    Operation{.name = "buffer.list",
              .method = "GET",
              .path = "/v1/buffers",
              .summary = "The texts there are, by name, a bounded page at a time.",
              .example = "prefix=notes",
              .fields = list_texts_fields,
              .read = [](Form& f, const Context&) -> Result<Call> {
                return Call{core::ListBuffers{f.text("prefix"), f.text("after"), f.number("limit").value_or(100)}, {}};
              },
              .write = write_texts,
              .command = index_of<core::ListBuffers>()},
    Operation{
        .name = "buffer.edit",
        .method = "POST",
        .path = "/v1/edit/{name}",
        .summary = "Change the text: token, base and changes are looked at and carried out in one step. What comes "
                   "under a token that is over becomes a draft.",
        .example =
            R"({"owner": "alice", "session": "tab1", "token": 7, "base": 0, "seq": 1, "changes": [[5, [3, "Bob"], 1]]})",
        .fields = edit_fields,
        .refusals = edit_refusals,
        .read = [](Form& f, const Context&) -> Result<Call> {
          return Call{read_edit(f), {}};
        },
        .write = write_edited,
        .command = index_of<core::Edit>()},
    Operation{.name = "buffer.undo",
              .method = "POST",
              .path = "/v1/undo/{name}",
              .summary = "Take back what you changed last in the text, and nothing of anybody else's: a revision like "
                         "any other.",
              .example = R"({"owner": "alice", "token": 7})",
              .fields = undo_fields,
              .refusals = undo_refusals,
              .read = read_undo<false>,
              .write = write_changed,
              .command = index_of<core::Undo>()},
    Operation{.name = "buffer.redo",
              .method = "POST",
              .path = "/v1/redo/{name}",
              .summary = "Do again what you took back last.",
              .example = R"({"owner": "alice", "token": 7})",
              .fields = undo_fields,
              .refusals = undo_refusals,
              .read = read_undo<true>,
              .write = write_changed,
              .command = index_of<core::Undo>()},
    Operation{.name = "buffer.changes",
              .method = "GET",
              .path = "/v1/changes/{name}",
              .summary = "The changes behind a revision, oldest first: to catch up.",
              .example = "after=12",
              .fields = changes_fields,
              .refusals = changes_refusals,
              .read = [](Form& f, const Context&) -> Result<Call> {
                return Call{
                    core::GetChanges{f.path_name, f.number("after").value_or(0), f.number("limit").value_or(1000),
                                     f.number("buffer").value_or(0), f.flag("text")},
                    {}};
              },
              .write = write_catch_up,
              .command = index_of<core::GetChanges>(),
              .bulky = true},
    Operation{
        .name = "draft.keep",
        .method = "POST",
        .path = "/v1/draft/{name}",
        .summary = "Keep as a draft what could not be got in: an edit that is not made. Repeatable by its seq.",
        .example =
            R"({"owner": "alice", "session": "tab1", "token": 7, "base": 0, "seq": 1, "changes": [[5, [3, "Bob"], 1]]})",
        .fields = edit_fields,
        .refusals = keep_refusals,
        .read = [](Form& f, const Context&) -> Result<Call> {
          return Call{core::KeepDraft{read_edit(f)}, {}};
        },
        .write = write_draft,
        .command = index_of<core::KeepDraft>()},
    Operation{.name = "draft.list",
              .method = "GET",
              .path = "/v1/drafts",
              .summary = "The drafts that are kept, oldest first, a bounded page at a time.",
              .example = "owner=alice",
              .fields = list_drafts_fields,
              .read = [](Form& f, const Context&) -> Result<Call> {
                return Call{core::ListDrafts{f.text("name"), f.text("owner"), f.number("after").value_or(0),
                                             f.number("limit").value_or(100)},
                            {}};
              },
              .write = write_drafts,
              .command = index_of<core::ListDrafts>()},
    Operation{.name = "draft.get",
              .method = "GET",
              .path = "/v1/drafts/{draft}",
              .summary =
                  "A draft, the text that it was made for, and what it would do to the newest one. As text/plain, "
                  "the draft's whole text.",
              .refusals = draft_refusals,
              .read = [](Form& f, const Context&) -> Result<Call> {
                return Call{core::GetDraft{draft_of(f)}, {}};
              },
              .write = write_whole_draft,
              .command = index_of<core::GetDraft>(),
              .path_kind = FieldKind::number,
              .gives_file = true,
              .bulky = true},
    Operation{.name = "draft.discard",
              .method = "DELETE",
              .path = "/v1/drafts/{draft}",
              .summary = "Throw a draft away.",
              .example = R"({"owner": "alice"})",
              .fields = discard_fields,
              .refusals = discard_refusals,
              .read = [](Form& f, const Context&) -> Result<Call> {
                return Call{core::DropDraft{draft_of(f), named(f)}, {}};
              },
              .write = write_discarded,
              .command = index_of<core::DropDraft>(),
              .path_kind = FieldKind::number},
    Operation{.name = "draft.apply",
              .method = "POST",
              .path = "/v1/drafts/{draft}/apply",
              .summary = "Make a draft's changes in the text as it is now, and be done with the draft.",
              .example = R"({"owner": "alice", "token": 9})",
              .fields = apply_fields,
              .refusals = apply_refusals,
              .read = [](Form& f, const Context&) -> Result<Call> {
                return Call{
                    core::ApplyDraft{draft_of(f), token(f), named(f), f.number("seq").value_or(0), f.flag("anyway")},
                    {}};
              },
              .write = write_changed,
              .command = index_of<core::ApplyDraft>(),
              .path_kind = FieldKind::number},
    // Planned: answered 422 not_supported_yet, and in no document.
    Operation{.name = "lease.acquire_set", .method = "POST", .path = "/v1/acquire"},
    Operation{.name = "live.connect", .method = "GET", .path = "/v1/live"},
    Operation{.name = "workspace.put", .method = "PUT", .path = "/v1/workspaces/{name}"},
    Operation{.name = "workspace.get", .method = "GET", .path = "/v1/workspaces/{name}"},
    Operation{.name = "workspace.delete", .method = "DELETE", .path = "/v1/workspaces/{name}"},
};

/// Every command that a client can give has an entry. Leave and TakeBack are the doors' own, RunProgram is for those
/// who speak of keys.
consteval bool all_declared() {
  for (std::size_t index = 0; index < std::variant_size_v<Command>; ++index) {
    const bool of_doors = index == index_of<core::Leave>() || index == index_of<core::TakeBack>();
    if (of_doors || index == index_of<core::RunProgram>()) continue;
    bool found = false;
    for (const Operation& operation : catalogue) found = found || operation.command == index;
    if (!found) return false;
  }
  return true;
}
static_assert(all_declared(), "declare the new Command in api/operations.cpp");

/// Whether `path` is of the form `pattern`, and what stands for its {...}.
std::optional<std::string_view> match(std::string_view pattern, std::string_view path) {
  const std::size_t open = pattern.find('{');
  if (open == std::string_view::npos) return pattern == path ? std::optional(std::string_view{}) : std::nullopt;
  const std::string_view before = pattern.substr(0, open);
  const std::string_view behind = pattern.substr(pattern.find('}') + 1);
  if (!path.starts_with(before) || !path.ends_with(behind) || path.size() < before.size() + behind.size()) return {};
  return path.substr(before.size(), path.size() - before.size() - behind.size());
}

}  // namespace

bool Operation::makes_sessions() const {
  return command == index_of<core::Acquire>() || command == index_of<core::Takeover>() ||
         command == index_of<core::Transfer>();
}

std::size_t Operation::body_bytes_max(std::size_t usual) const {
  return takes_file ? std::max(usual, creation_bytes_max) : usual;
}

std::string_view Operation::subject() const {
  const std::size_t open = path.find('{');
  return open == std::string_view::npos ? std::string_view{} : path.substr(open + 1, path.find('}') - open - 1);
}

std::string_view Operation::command_name() const {
  if (!supported() || !path.starts_with("/v1/")) return {};
  return spoken.empty() ? name : spoken;
}

bool may_wait(const Command& command) {
  if (const auto* acquire = std::get_if<core::Acquire>(&command)) return acquire->wait > Duration::zero();
  if (const auto* takeover = std::get_if<core::Takeover>(&command))
    return takeover->flush_by_default || takeover->flush > Duration::zero();
  return false;
}

const Operation* operation_of_command(std::string_view word) {
  const auto found = std::ranges::find_if(catalogue, [&](const Operation& operation) {
    return !word.empty() && same_word(operation.command_name(), word);
  });
  return found == catalogue.end() ? nullptr : &*found;
}

Result<Form> form_of_words(const Operation& operation, std::span<const std::string_view> words,
                           std::string_view owner) {
  const std::string subject{operation.subject()};
  if (subject.empty()) return Form::from_words(operation.fields, words, owner);
  if (words.empty()) return fail(ErrorCode::missing_field, "it comes first", subject);
  Result<std::string> value = subject_value(operation.path_kind, words.front());
  if (!value) return fail(value.error().code, value.error().where, subject);
  HF_TRY(form, Form::from_words(operation.fields, words.subspan(1), owner));
  form.path_name = *std::move(value);
  return form;
}

std::span<const Operation> operations() {
  return catalogue;
}

std::string history_cursor(std::string_view name, std::uint64_t token) {
  return std::string{name} + ':' + std::to_string(token);
}

std::string session_cursor(const core::Who& who) {
  return std::to_string(who.owner.size()) + ':' + who.owner + who.session;
}

Routed route(std::string_view method, std::string_view path) {
  Routed routed;
  for (const Operation& operation : catalogue) {
    const std::optional<std::string_view> rest = match(operation.path, path);
    if (!rest) continue;
    routed.path_known = true;
    if (operation.method == method) return {&operation, *rest, true};
  }
  return routed;
}

}  // namespace holdfast::api
