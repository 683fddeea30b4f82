// JSON bodies: an object that can be written and read again, or refused.
#include <boost/json/serialize.hpp>

#include "api/json_text.h"
#include "tests/fuzz/target.h"

namespace holdfast::fuzz {

HF_FUZZ_TARGET(json) {
  const auto object = api::read_object(bytes);
  if (!object) {
    const ErrorCode code = object.error().code;
    HF_FUZZ_CHECK(code == ErrorCode::bad_json || code == ErrorCode::duplicate_field);
    return Taken::no;
  }
  const auto again = api::read_object(boost::json::serialize(*object));
  HF_FUZZ_CHECK(again);
  // The same members; a float may differ in its last digit, as the library reads it.
  HF_FUZZ_CHECK(again->size() == object->size());
  for (const auto& member : *object) {
    HF_FUZZ_CHECK(again->contains(member.key()));
    HF_FUZZ_CHECK(again->at(member.key()).kind() == member.value().kind());
    if (!member.value().is_string()) continue;
    const std::string_view text = member.value().get_string();
    std::string ours = "{\"k\":";  // What we write by hand says the same as what we read.
    api::append_json_string(ours, text);
    const auto read = api::read_object(ours + "}");
    HF_FUZZ_CHECK(read && read->at("k").get_string() == text);
  }
  return Taken::yes;
}

}  // namespace holdfast::fuzz
