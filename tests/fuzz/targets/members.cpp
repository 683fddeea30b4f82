// The members of a JSON object, as they stand in its text: they are those that the other reader finds, with the same
// values; or neither takes it.
#include <algorithm>

#include "api/json_members.h"
#include "api/json_text.h"
#include "tests/fuzz/target.h"

namespace holdfast::fuzz {
namespace {

bool is_bracketed(std::string_view value) {
  return api::is_json_list(value) || api::is_json_object(value);
}

/// Whether whoever reads every member would take them all. Lists and objects are for readers of their own.
bool all_readable(const api::JsonMembers& members) {
  return std::ranges::all_of(members.all(), [](const api::JsonMembers::Member& member) {
    if (is_bracketed(member.value)) return api::read_object("{\"k\":" + std::string{member.value} + "}").has_value();
    return !api::is_json_text(member.value) || api::json_text(member.value).has_value();
  });
}

void check_same(const boost::json::value& theirs, std::string_view ours) {
  HF_FUZZ_CHECK(theirs.is_object() == api::is_json_object(ours));
  HF_FUZZ_CHECK(theirs.is_array() == api::is_json_list(ours));
  HF_FUZZ_CHECK(theirs.is_string() == api::is_json_text(ours));
  HF_FUZZ_CHECK(theirs.is_null() == (ours == "null"));
  HF_FUZZ_CHECK(theirs.is_bool() == api::json_flag(ours).has_value());
  HF_FUZZ_CHECK(theirs.is_int64() == api::json_integer(ours).has_value());
  if (theirs.is_int64()) HF_FUZZ_CHECK(theirs.get_int64() == api::json_integer(ours));
  if (theirs.is_bool()) HF_FUZZ_CHECK(theirs.get_bool() == api::json_flag(ours));
  if (theirs.is_string()) HF_FUZZ_CHECK(api::json_text(ours).value() == theirs.get_string());
}

}  // namespace

HF_FUZZ_TARGET(members) {
  const auto theirs = api::read_object(bytes);
  const Result<api::JsonMembers> ours = api::JsonMembers::read(bytes);
  if (!ours) {
    const ErrorCode code = ours.error().code;
    const bool too_many = theirs && theirs->size() > api::JsonMembers::members_max;
    HF_FUZZ_CHECK(!theirs || (too_many && code == ErrorCode::unknown_field));
    HF_FUZZ_CHECK(code == ErrorCode::bad_json || code == ErrorCode::duplicate_field ||
                  code == ErrorCode::unknown_field);
    return Taken::no;
  }
  if (!theirs) {
    // Numbers beyond what a double can say are no whole numbers for us, and infinite for the other.
    const bool too_great = theirs.error().where.find("exponent") != std::string::npos;
    HF_FUZZ_CHECK(!all_readable(*ours) || too_great || theirs.error().where.find("deep") != std::string::npos);
    return Taken::no;
  }
  HF_FUZZ_CHECK(ours->all().size() == theirs->size());
  for (const api::JsonMembers::Member& member : ours->all()) {
    HF_FUZZ_CHECK(theirs->contains(member.key));
    check_same(theirs->at(member.key), member.value);
  }
  return Taken::yes;
}

}  // namespace holdfast::fuzz
