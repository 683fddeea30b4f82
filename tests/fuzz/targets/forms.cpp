// Bodies and queries of every operation: a command within its bounds, or what is wrong with it, as JSON.
//
// The first word is the name of the operation.
#include <algorithm>

#include "api/form.h"
#include "api/json_text.h"
#include "api/names.h"
#include "api/operations.h"
#include "tests/fuzz/refused.h"
#include "tests/fuzz/target.h"
#include "text/utf8.h"

namespace holdfast::fuzz {
namespace {

void check(const core::Acquire& acquire) {
  HF_FUZZ_CHECK(api::is_plain_text(acquire.who.owner, api::owner_bytes_max));
  HF_FUZZ_CHECK(api::is_plain_text(acquire.who.session, api::owner_bytes_max));
  HF_FUZZ_CHECK(acquire.ttl >= std::chrono::milliseconds(api::ttl_ms_min));
  HF_FUZZ_CHECK(acquire.ttl <= std::chrono::milliseconds(api::ttl_ms_max) || acquire.ttl == core::forever);
  HF_FUZZ_CHECK(acquire.wait >= Duration::zero());
  HF_FUZZ_CHECK(acquire.wait <= std::chrono::milliseconds(api::wait_ms_max));
  HF_FUZZ_CHECK(acquire.note.size() <= api::note_bytes_max);
  HF_FUZZ_CHECK(acquire.metadata.size() <= api::metadata_bytes_max);
}

void check(const core::Edit& edit) {
  HF_FUZZ_CHECK(!edit.changes.empty() && edit.changes.size() <= api::changes_max);
  HF_FUZZ_CHECK(edit.base <= core::token_max && edit.seq <= core::token_max);
  for (const text::ChangeSet& change : edit.changes) {
    HF_FUZZ_CHECK(change.length_before() <= text::units_max && change.length_after() <= text::units_max);
    HF_FUZZ_CHECK(!text::fault_in_utf8(change.inserted()));
  }
}

void check(const api::Call& call, const api::Operation& operation) {
  if (call.page) HF_FUZZ_CHECK(call.page->limit >= 1 && call.page->limit <= 1'000);
  if (call.history) HF_FUZZ_CHECK(call.history->limit >= 1 && call.history->limit <= 1'000);
  if (operation.command == std::variant_npos) return;  // It reads the history, or watches.
  HF_FUZZ_CHECK(call.command.index() == operation.command);
  if (const auto* acquire = std::get_if<core::Acquire>(&call.command)) check(*acquire);
  if (const auto* edit = std::get_if<core::Edit>(&call.command)) check(*edit);
  if (const auto* keep = std::get_if<core::KeepDraft>(&call.command)) check(keep->edit);
  if (const auto* create = std::get_if<core::CreateBuffer>(&call.command)) HF_FUZZ_CHECK(create->file != nullptr);
  if (const auto* takeover = std::get_if<core::Takeover>(&call.command)) {
    HF_FUZZ_CHECK(takeover->flush >= Duration::zero());
    HF_FUZZ_CHECK(takeover->flush <= std::chrono::milliseconds(api::flush_ms_max));
  }
}

}  // namespace

HF_FUZZ_TARGET(forms, .variants = 100'000) {
  Input input(bytes);
  const auto found = std::ranges::find(api::operations(), input.word(), &api::Operation::name);
  if (found == api::operations().end() || !found->supported()) return Taken::no;
  const api::Operation& operation = *found;
  const std::string_view text = input.rest();
  Result<api::Form> form = operation.changes() ? api::Form::from_json(operation.fields, text)
                                               : api::Form::from_query(operation.fields, text);
  if (!form) return refused(form.error());
  form->path_name = operation.path_kind == api::FieldKind::number ? "7" : "name";
  const Result<api::Call> call = operation.read(*form, {"s-fresh", "127.0.0.1", 1});
  if (!call) return refused(call.error());
  check(*call, operation);
  return Taken::yes;
}

}  // namespace holdfast::fuzz
