// What may be done to texts, and what it does (B1, B2, B4).
#include "base/check.h"
#include "core/rules.h"

namespace holdfast::core {
namespace {
Verdict not_yet() {
  Verdict said;
  said.code = ErrorCode::not_supported_yet;
  return said;
}
}  // namespace
void Step::operate(const CreateBuffer&, Address from) {
  answer(from, "", not_yet());
}
void Step::operate(const RemoveBuffer&, Address from) {
  answer(from, "", not_yet());
}
void Step::operate(const Edit&, Address from) {
  answer(from, "", not_yet());
}
void Step::operate(const Undo&, Address from) {
  answer(from, "", not_yet());
}
void Step::operate(const GetBuffer&, Address from) {
  answer(from, "", not_yet());
}
void Step::operate(const GetChanges&, Address from) {
  answer(from, "", not_yet());
}
void Step::operate(const ListBuffers&, Address from) {
  answer(from, "", not_yet());
}
void Step::operate(const KeepDraft&, Address from) {
  answer(from, "", not_yet());
}
void Step::operate(const GetDraft&, Address from) {
  answer(from, "", not_yet());
}
void Step::operate(const ListDrafts&, Address from) {
  answer(from, "", not_yet());
}
void Step::operate(const ApplyDraft&, Address from) {
  answer(from, "", not_yet());
}
void Step::operate(const DropDraft&, Address from) {
  answer(from, "", not_yet());
}
void State::carry_out(const BufferCreated&, Now) {}
void State::carry_out(const BufferRemoved&, Now) {}
void State::carry_out(const BufferEdited&, Now) {}
void State::carry_out(const DraftKept&, Now) {}
void State::carry_out(const DraftEnded&, Now) {}
void State::carry_out(const KeptBuffer&, Now) {}
void State::carry_out(const KeptDraftBase&, Now) {}
}  // namespace holdfast::core
