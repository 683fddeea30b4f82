// What strangers send: names, queries and bodies. Whatever the bytes are, they are refused, or they are what they say.
#include <gtest/gtest.h>

#include <boost/json/serialize.hpp>

#include "api/json_text.h"
#include "api/names.h"
#include "api/operations.h"
#include "tests/fuzz/mutate.h"

namespace holdfast::fuzz {
namespace {

constexpr int rounds = 100'000;

TEST(FuzzNames, are_canonical_or_refused) {
  Mutator mutator({"docs/plan", "cafe\u0301/Gr\u00fc\u00dfe", "a%2Fb%20c", "\u1112\u1161\u11ab/x", "a/./b/../c",
                   std::string(510, 'x') + "\u0958"});
  int accepted = 0, refused = 0;
  for (int round = 0; round < rounds; ++round) {
    const Result<std::string> decoded = api::decode_percent(mutator.next());
    if (!decoded) continue;
    const Result<std::string> name = api::canonical_name(*decoded);
    if (!name) {
      ++refused;
      ASSERT_EQ(name.error().code, ErrorCode::bad_name);
      ASSERT_FALSE(name.error().where.empty());
      continue;
    }
    ++accepted;
    ASSERT_TRUE(api::is_plain_text(*name, api::name_bytes_max));
    ASSERT_EQ(api::canonical_name(*name), *name) << "canonical means that it stays as it is";
    ASSERT_EQ(("/" + *name + "/").find("//"), std::string::npos);
    ASSERT_EQ(("/" + *name + "/").find("/../"), std::string::npos);
  }
  EXPECT_GT(accepted, rounds / 20) << "the test has lost its point";
  EXPECT_GT(refused, rounds / 20);
}

TEST(FuzzJson, is_an_object_that_can_be_written_and_read_again_or_is_refused) {
  Mutator mutator(
      {R"({"owner":"alice","ttl_ms":30000,"metadata":{"a":[1,2.5e-3,null,true,{"b":"\u00e9\ud83d\ude00"}]}})",
       R"({"a":{"a":{"a":[[[[]]]]}},"b":"\\\"/"})", "{}", R"( { "x" : -0 , "y" : 1E300 } )"});
  int accepted = 0, refused = 0;
  for (int round = 0; round < rounds; ++round) {
    const std::string text = mutator.next();
    const auto object = api::read_object(text);
    if (!object) {
      ++refused;
      const ErrorCode code = object.error().code;
      ASSERT_TRUE(code == ErrorCode::bad_json || code == ErrorCode::duplicate_field) << text;
      continue;
    }
    ++accepted;
    const std::string written = boost::json::serialize(*object);
    const auto again = api::read_object(written);
    ASSERT_TRUE(again) << text << "\nwas written as\n" << written;
    // The same members; a float may differ in its last digit, as the library reads it.
    ASSERT_EQ(again->size(), object->size());
    for (const auto& member : *object) {
      ASSERT_TRUE(again->contains(member.key()));
      ASSERT_EQ(again->at(member.key()).kind(), member.value().kind()) << text;
    }
  }
  EXPECT_GT(accepted, rounds / 20);
  EXPECT_GT(refused, rounds / 20);
}

/// Every operation gets bodies or queries that are nearly its example: the command is within the documented bounds.
void check_bounds(const core::Acquire& acquire) {
  ASSERT_TRUE(api::is_plain_text(acquire.who.owner, api::owner_bytes_max));
  ASSERT_FALSE(acquire.who.session.empty());
  ASSERT_GE(acquire.ttl, std::chrono::milliseconds(api::ttl_ms_min));
  ASSERT_LE(acquire.ttl, std::chrono::milliseconds(api::ttl_ms_max));
  ASSERT_GE(acquire.wait, Duration::zero());
  ASSERT_LE(acquire.wait, std::chrono::milliseconds(api::wait_ms_max));
  ASSERT_LE(acquire.note.size(), api::note_bytes_max);
  ASSERT_LE(acquire.metadata.size(), api::metadata_bytes_max);
}

TEST(FuzzForms, make_commands_within_their_bounds_or_name_what_is_wrong) {
  const api::Context context{"s-fresh", "127.0.0.1", 1};
  for (const api::Operation& operation : api::operations()) {
    if (!operation.supported()) continue;
    std::vector<std::string> valid{std::string{operation.example}};
    if (operation.name == "lease.acquire") {
      valid.emplace_back(R"({"owner":"a","session":"s","ttl_ms":100,"wait_ms":600000,"holder":"owner","note":"n"})");
      valid.emplace_back(R"({"owner":"a","metadata":{"k":"v"},"mode":"exclusive","ttl_ms":86400000})");
    }
    Mutator mutator(std::move(valid));
    for (int round = 0; round < rounds / 10; ++round) {
      const std::string text = mutator.next();
      Result<api::Form> form = operation.changes() ? api::Form::from_json(operation.fields, text)
                                                   : api::Form::from_query(operation.fields, text);
      if (form) {
        form->path_name = "name";
        const Result<api::Call> call = operation.read(*form, context);
        if (!call) {
          ASSERT_LT(info_of(call.error().code).http_status, 500);
          continue;
        }
        const bool makes_command = operation.command != std::variant_npos;  // Else it reads the history, or watches.
        ASSERT_TRUE(!makes_command || call->command.index() == operation.command);
        const core::Acquire* acquire = makes_command ? std::get_if<core::Acquire>(&call->command) : nullptr;
        if (acquire) check_bounds(*acquire);
        continue;
      }
      ASSERT_LT(info_of(form.error().code).http_status, 500) << text;
      ASSERT_TRUE(api::read_object(api::problem(form.error()).body)) << "every refusal is JSON: " << text;
    }
  }
}

TEST(FuzzRoutes, give_a_part_of_the_path_or_nothing) {
  Mutator mutator({"/v1/acquire/docs/plan", "/api/projects/atlas/buffers", "/v1/leases", "/v1/leases/a%2Fb"});
  for (int round = 0; round < rounds; ++round) {
    const std::string path = mutator.next();
    const api::Routed routed = api::route("POST", path);
    if (!routed.operation) continue;
    ASSERT_TRUE(routed.rest.empty() || path.find(routed.rest) != std::string::npos) << path;
  }
}

}  // namespace
}  // namespace holdfast::fuzz
