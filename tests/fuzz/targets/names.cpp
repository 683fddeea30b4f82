// Names as they come in a path: canonical or refused.
#include "api/names.h"
#include "api/form.h"
#include "tests/fuzz/target.h"

namespace holdfast::fuzz {

HF_FUZZ_TARGET(names) {
  const std::string_view front = api::whole_characters(bytes, 100);
  HF_FUZZ_CHECK(front.size() <= 100 && bytes.starts_with(front));

  const Result<std::string> decoded = api::decode_percent(bytes);
  if (!decoded) {
    HF_FUZZ_CHECK(decoded.error().code == ErrorCode::bad_name);
    return Taken::no;
  }
  const Result<std::string> name = api::canonical_name(*decoded);
  if (!name) {
    HF_FUZZ_CHECK(name.error().code == ErrorCode::bad_name);
    HF_FUZZ_CHECK(!name.error().where.empty());
    return Taken::no;
  }
  HF_FUZZ_CHECK(api::is_plain_text(*name, api::name_bytes_max));
  HF_FUZZ_CHECK(api::canonical_name(*name) == *name);  // Canonical means that it stays as it is.
  const std::string segments = "/" + *name + "/";
  for (const char* const wrong : {"//", "/./", "/../"}) HF_FUZZ_CHECK(segments.find(wrong) == std::string::npos);
  HF_FUZZ_CHECK(api::whole_characters(*name, name->size()) == *name);
  HF_FUZZ_CHECK(api::path_value(api::FieldKind::name, bytes) == *name);
  return Taken::yes;
}

}  // namespace holdfast::fuzz
