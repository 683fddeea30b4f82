#include "api/form.h"

#include <gtest/gtest.h>

#include <array>

namespace holdfast::api {
namespace {

using namespace std::chrono_literals;

constexpr std::array fields{
    Field{"owner", FieldKind::owner, true}, Field{"session", FieldKind::session},
    Field{"note", FieldKind::note},         Field{"prefix", FieldKind::name},
    Field{"token", FieldKind::token},       Field{"ttl_ms", FieldKind::ttl},
    Field{"wait_ms", FieldKind::wait},      Field{"limit", FieldKind::count, false, "", 1000},
    Field{"holder", FieldKind::holder},     Field{"mode", FieldKind::mode},
    Field{"metadata", FieldKind::metadata}, Field{"flush_ms", FieldKind::later},
};
constexpr std::array query_fields{Field{"prefix", FieldKind::name}, Field{"owner", FieldKind::owner},
                                  Field{"limit", FieldKind::count, false, "", 1000},
                                  Field{"unsettled", FieldKind::flag}};
constexpr std::array token_required{Field{"token", FieldKind::token, true}};

/// `members` beside an owner.
Result<Form> read(const std::string& members) {
  return Form::from_json(fields, R"({"owner":"alice",)" + members + "}");
}
/// The refusal of `members` as "code field".
std::string refusal(const std::string& members) {
  const Result<Form> form = read(members);
  return form ? "accepted" : std::string{form.error().name()} + " " + form.error().field;
}
std::string of_query(std::string_view query) {
  const Result<Form> form = Form::from_query(query_fields, query);
  return form ? "accepted" : std::string{form.error().name()} + " " + form.error().field;
}
std::string text_of(const std::string& field, std::size_t bytes) {
  return '"' + field + "\":\"" + std::string(bytes, 'x') + '"';
}

TEST(Form, gives_what_was_given_and_knows_what_was_not) {
  const Form form = read(R"("ttl_ms":1500,"token":7,"note":"why\nnot","metadata":{"a":1})").value();
  EXPECT_EQ(form.text("owner"), "alice");
  EXPECT_EQ(form.milliseconds("ttl_ms"), Duration{1500ms});
  EXPECT_EQ(form.number("token"), 7U);
  EXPECT_EQ(form.text("note"), "why\nnot");
  EXPECT_EQ(form.text("metadata"), R"({"a":1})");
  EXPECT_TRUE(form.has("owner"));
  EXPECT_FALSE(form.has("session"));
  EXPECT_EQ(form.text("session"), "");
  EXPECT_EQ(form.number("limit"), std::nullopt);
  EXPECT_EQ(form.milliseconds("wait_ms"), std::nullopt);
}

TEST(Form, needs_an_owner_and_says_so) {
  for (const char* body : {"", "{}", R"({"session":"s"})"}) {
    const Result<Form> form = Form::from_json(fields, body);
    ASSERT_FALSE(form) << body;
    EXPECT_EQ(form.error().code, ErrorCode::owner_missing);
    EXPECT_EQ(form.error().field, "owner");
  }
}

TEST(Form, names_any_other_field_that_is_missing) {
  const Result<Form> form = Form::from_json(token_required, "{}");
  ASSERT_FALSE(form);
  EXPECT_EQ(form.error().code, ErrorCode::missing_field);
  EXPECT_EQ(form.error().field, "token");
}

TEST(Form, refuses_a_field_that_it_does_not_know_by_name) {
  EXPECT_EQ(refusal(R"("ttl":30)"), "unknown_field ttl");
  EXPECT_EQ(refusal(R"("Owner":"x")"), "unknown_field Owner");
  EXPECT_EQ(refusal('"' + std::string(1000, 'k') + R"(":1)"), "unknown_field " + std::string(128, 'k'));
}

TEST(Form, shows_of_an_unknown_field_only_what_is_text) {  // A refusal is JSON whatever was sent.
  EXPECT_EQ(refusal('"' + std::string(127, 'k') + R"(é":1)"), "unknown_field " + std::string(127, 'k'));
  EXPECT_EQ(of_query("a\xff=1"), "unknown_field a");
  EXPECT_EQ(of_query("\xff=1"), "unknown_field ");
}

TEST(Form, refuses_what_this_version_does_not_do_yet_instead_of_ignoring_it) {
  EXPECT_EQ(refusal(R"("flush_ms":5)"), "not_supported_yet flush_ms");
  EXPECT_EQ(refusal(R"("mode":"shared")"), "not_supported_yet mode");
}

TEST(Form, takes_a_ttl_of_null_for_one_that_never_ends) {
  const Result<Form> form = Form::from_json(fields, R"({"owner":"bob","ttl_ms":null})");
  ASSERT_TRUE(form);
  EXPECT_EQ(form->milliseconds("ttl_ms"), core::forever);
  EXPECT_EQ(refusal(R"("wait_ms":null)"), "bad_field wait_ms") << "nobody waits for ever";
}

struct NumberCase {
  const char* field;
  const char* good[2];
  std::vector<const char*> bad;
};
TEST(Form, keeps_every_number_in_its_bounds) {
  const std::vector<NumberCase> cases{
      {"ttl_ms",
       {"100", "86400000"},
       {"99", "0", "-1", "86400001", "9223372036854775807", "18446744073709551615", "1e3", "1.5", "100.0", "\"100\"",
        "true", "[]", "{}"}},
      {"wait_ms", {"0", "600000"}, {"-1", "600001", "0.5", "null", "\"0\""}},
      {"token", {"1", "9007199254740991"}, {"0", "-1", "9007199254740992", "1.0", "\"7\"", "null"}},
      {"limit", {"1", "1000"}, {"0", "1001", "null", "\"1\""}},
  };
  for (const NumberCase& each : cases) {
    const std::string field = each.field;
    for (const char* good : each.good) EXPECT_EQ(refusal('"' + field + "\":" + good), "accepted") << field << good;
    for (const char* bad : each.bad)
      EXPECT_EQ(refusal('"' + field + "\":" + bad), "bad_field " + field) << field << bad;
  }
}

TEST(Form, says_which_numbers_it_would_have_taken) {
  EXPECT_EQ(read(R"("ttl_ms":"30s")").error().where, "must be a whole number from 100 to 86400000");
  EXPECT_EQ(read(R"("limit":0)").error().where, "must be a whole number from 1 to 1000");
}

TEST(Form, keeps_every_text_in_its_bounds) {
  EXPECT_EQ(refusal(text_of("session", 256)), "accepted");
  EXPECT_EQ(refusal(text_of("session", 257)), "bad_field session");
  EXPECT_EQ(refusal(text_of("session", 0)), "bad_field session");
  EXPECT_EQ(refusal(text_of("note", 1024)), "accepted");
  EXPECT_EQ(refusal(text_of("note", 1025)), "bad_field note");
  EXPECT_EQ(refusal(text_of("note", 0)), "accepted");
  EXPECT_EQ(refusal(R"("session":"a\nb")"), "bad_field session");
  EXPECT_EQ(refusal(R"("note":"a\u0000b")"), "bad_field note");
  EXPECT_EQ(refusal(R"("note":"a\u2028b")"), "bad_field note");
  EXPECT_EQ(refusal(R"("session":7)"), "bad_field session");
  EXPECT_EQ(refusal(R"("note":null)"), "bad_field note");
}

TEST(Form, keeps_metadata_an_object_of_at_most_four_kilobytes) {
  EXPECT_EQ(refusal(R"("metadata":{)" + text_of("a", 4096 - 8) + "}"), "accepted");
  EXPECT_EQ(refusal(R"("metadata":{)" + text_of("a", 4096 - 7) + "}"), "bad_field metadata");
  EXPECT_EQ(refusal(R"("metadata":[])"), "bad_field metadata");
  EXPECT_EQ(refusal(R"("metadata":"{}")"), "bad_field metadata");
}

TEST(Form, takes_only_the_words_there_are) {
  EXPECT_EQ(refusal(R"("holder":"owner")"), "accepted");
  EXPECT_EQ(refusal(R"("holder":"session")"), "accepted");
  EXPECT_EQ(refusal(R"("holder":"Owner")"), "bad_field holder");
  EXPECT_EQ(refusal(R"("mode":"exclusive")"), "accepted");
  EXPECT_EQ(refusal(R"("mode":"")"), "bad_field mode");
  EXPECT_EQ(refusal(R"("holder":1)"), "bad_field holder");
}

TEST(Form, makes_names_canonical_and_refuses_others) {
  EXPECT_EQ(read("\"prefix\":\"cafe\u0301\"").value().text("prefix"), "caf\u00e9");
  EXPECT_EQ(refusal(R"("prefix":"a//b")"), "bad_name prefix");
  EXPECT_EQ(refusal(R"("prefix":"")"), "bad_name prefix");
}

TEST(Form, passes_on_what_the_reader_of_json_says) {
  EXPECT_EQ(Form::from_json(fields, R"({"owner":"a","owner":"b"})").error().code, ErrorCode::duplicate_field);
  EXPECT_EQ(Form::from_json(fields, R"({"owner")").error().code, ErrorCode::bad_json);
  EXPECT_EQ(Form::from_json(fields, "[]").error().code, ErrorCode::bad_json);
}

// --- Queries.

TEST(QueryForm, decodes_what_was_given) {
  const Form form = Form::from_query(query_fields, "prefix=a%2Fb%20c&limit=7&unsettled=1").value();
  EXPECT_EQ(form.text("prefix"), "a/b c");
  EXPECT_EQ(form.number("limit"), 7U);
  EXPECT_TRUE(form.flag("unsettled"));
  EXPECT_FALSE(form.has("owner"));
}

TEST(QueryForm, takes_flags_as_numbers_and_as_words) {
  EXPECT_TRUE(Form::from_query(query_fields, "unsettled=true")->flag("unsettled"));
  EXPECT_FALSE(Form::from_query(query_fields, "unsettled=false")->flag("unsettled"));
  EXPECT_FALSE(Form::from_query(query_fields, "unsettled=0")->flag("unsettled"));
  for (const char* bad : {"unsettled=2", "unsettled=", "unsettled", "unsettled=yes", "unsettled=TRUE"}) {
    EXPECT_EQ(of_query(bad), "bad_field unsettled") << bad;
  }
}

TEST(QueryForm, takes_an_empty_value_of_a_text_as_none) {
  EXPECT_EQ(Form::from_query(query_fields, "prefix=&&owner=")->text("prefix"), "");
  EXPECT_EQ(of_query(""), "accepted");
}

TEST(QueryForm, names_the_field_at_fault) {
  EXPECT_EQ(of_query("limit=0"), "bad_field limit");
  EXPECT_EQ(of_query("limit=1001"), "bad_field limit");
  EXPECT_EQ(of_query("limit=1x"), "bad_field limit");
  EXPECT_EQ(of_query("limit=%31"), "accepted");
  EXPECT_EQ(of_query("limit=99999999999999999999"), "bad_field limit");
  EXPECT_EQ(of_query("limit=5&limit=5"), "duplicate_field limit");
  EXPECT_EQ(of_query("offset=5"), "unknown_field offset");
  EXPECT_EQ(of_query("prefix=%zz"), "bad_field prefix");
  EXPECT_EQ(of_query("prefix=a/../b"), "bad_name prefix");
  EXPECT_EQ(of_query("owner=%00"), "bad_field owner");
}

// --- Words.

using Words = std::vector<std::string_view>;

/// The refusal of `words` as "code field", from a connection that has no owner.
std::string of_words(const Words& words, std::string_view owner = "") {
  const Result<Form> form = Form::from_words(fields, words, owner);
  return form ? "accepted" : std::string{form.error().name()} + " " + form.error().field;
}

TEST(FormOfWords, gives_what_was_given_whatever_the_case_of_the_fields) {
  const Form form = Form::from_words(fields,
                                     Words{"OWNER", "Alice", "ttl_ms", "1500", "Token", "7", "NOTE", "why\nnot",
                                           "METADATA", R"({"a":1})", "PREFIX", "a/b"},
                                     "")
                        .value();
  EXPECT_EQ(form.text("owner"), "Alice") << "the case of values counts";
  EXPECT_EQ(form.milliseconds("ttl_ms"), Duration{1500ms});
  EXPECT_EQ(form.number("token"), 7U);
  EXPECT_EQ(form.text("note"), "why\nnot");
  EXPECT_EQ(form.text("metadata"), R"({"a":1})");
  EXPECT_EQ(form.text("prefix"), "a/b");
  EXPECT_FALSE(form.has("session"));
}

TEST(FormOfWords, takes_a_value_that_is_the_name_of_a_field_for_a_value) {
  EXPECT_EQ(Form::from_words(fields, Words{"OWNER", "SESSION", "SESSION", "OWNER"}, "").value().text("session"),
            "OWNER");
}

TEST(FormOfWords, takes_who_asks_from_the_connection_where_the_words_do_not_say_it) {
  EXPECT_EQ(of_words({}), "owner_missing owner");
  EXPECT_EQ(Form::from_words(fields, {}, "carol").value().text("owner"), "carol");
  EXPECT_EQ(Form::from_words(fields, Words{"OWNER", "bob"}, "carol").value().text("owner"), "bob");
  EXPECT_EQ(of_words({}, "a\nb"), "bad_field owner") << "whatever a connection calls itself";
  EXPECT_FALSE(Form::from_words(query_fields, {}, "carol").value().has("owner")) << "where an owner is only looked for";
}

TEST(FormOfWords, refuses_what_is_unknown_twice_missing_or_without_a_value) {
  EXPECT_EQ(of_words({"OWNER", "a", "TTL", "30"}), "unknown_field TTL");
  EXPECT_EQ(of_words({"OWNER", "a", "owner", "a"}), "duplicate_field owner");
  EXPECT_EQ(of_words({"OWNER", "a", "TTL_MS"}), "bad_field ttl_ms");
  EXPECT_EQ(of_words({"OWNER", "a", "x\xff"}), "unknown_field x");
  EXPECT_EQ(of_words({"OWNER", "a", "", ""}), "unknown_field ");
  EXPECT_EQ(of_words({"OWNER", "a", "FLUSH_MS", "5"}), "not_supported_yet flush_ms");
  EXPECT_EQ(of_words({"OWNER", "a", "MODE", "shared"}), "not_supported_yet mode");
  const Result<Form> without = Form::from_words(token_required, {}, "carol");
  ASSERT_FALSE(without);
  EXPECT_EQ(std::string{without.error().name()} + without.error().field, "missing_fieldtoken");
}

TEST(FormOfWords, knows_a_ttl_that_never_ends_and_no_other_null) {
  EXPECT_EQ(Form::from_words(fields, Words{"OWNER", "a", "TTL_MS", "null"}, "").value().milliseconds("ttl_ms"),
            core::forever);
  EXPECT_EQ(Form::from_words(fields, Words{"OWNER", "a", "TTL_MS", "NULL"}, "").value().milliseconds("ttl_ms"),
            core::forever);
  EXPECT_EQ(of_words({"OWNER", "a", "WAIT_MS", "null"}), "bad_field wait_ms");
}

TEST(FormOfWords, takes_nothing_for_a_number_but_decimal_digits) {
  for (const std::string_view good : {"100", "86400000"}) {
    EXPECT_EQ(of_words({"OWNER", "a", "TTL_MS", good}), "accepted") << good;
  }
  for (const std::string_view bad : {"99", "86400001", "", " 100", "100 ", "+100", "1e3", "0x64", "100.0", "-100",
                                     "\"100\"", "99999999999999999999", "true"}) {
    EXPECT_EQ(of_words({"OWNER", "a", "TTL_MS", bad}), "bad_field ttl_ms") << bad;
  }
  const std::string_view with_nul{"100\0", 4};
  EXPECT_EQ(of_words({"OWNER", "a", "TTL_MS", with_nul}), "bad_field ttl_ms");
  EXPECT_EQ(Form::from_words(query_fields, Words{"UNSETTLED", "true"}, "").value().number("unsettled"), 1U);
  EXPECT_FALSE(Form::from_words(query_fields, Words{"UNSETTLED", "yes"}, ""));
}

TEST(FormOfWords, keeps_texts_and_metadata_in_the_bounds_that_json_has) {
  EXPECT_EQ(of_words({"OWNER", ""}), "bad_field owner");
  EXPECT_EQ(of_words({"OWNER", std::string(257, 'x')}), "bad_field owner");
  EXPECT_EQ(of_words({"OWNER", "a\xff"}), "bad_field owner");
  EXPECT_EQ(of_words({"OWNER", "a", "PREFIX", "a//b"}), "bad_name prefix");
  EXPECT_EQ(of_words({"OWNER", "a", "PREFIX", ""}), "bad_name prefix");
  EXPECT_EQ(of_words({"OWNER", "a", "HOLDER", "Owner"}), "bad_field holder");
  EXPECT_EQ(of_words({"OWNER", "a", "METADATA", "[]"}), "bad_field metadata");
  EXPECT_EQ(of_words({"OWNER", "a", "METADATA", R"({"a":1,"a":2})"}), "bad_field metadata");
  EXPECT_EQ(of_words({"OWNER", "a", "METADATA", R"({"a":")" + std::string(4096, 'x') + "\"}"}), "bad_field metadata");
}

}  // namespace
}  // namespace holdfast::api
