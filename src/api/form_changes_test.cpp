// The fields of texts: changes, texts themselves, revisions and numbers, as JSON, in queries and as words.
#include <gtest/gtest.h>

#include <array>
#include <chrono>

#include "api/form.h"

namespace holdfast::api {
namespace {

constexpr std::array fields{
    Field{"changes", FieldKind::changes, true}, Field{"base", FieldKind::revision}, Field{"seq", FieldKind::number},
    Field{"anyway", FieldKind::flag},           Field{"text", FieldKind::text},
};
constexpr std::array file_fields{Field{"owner", FieldKind::owner, true}, Field{"text", FieldKind::text, true}};

std::string refusal(const std::string& changes) {
  const Result<Form> form = Form::from_json(fields, "{\"changes\":" + changes + "}");
  return form ? "accepted" : std::string{form.error().name()} + " " + form.error().field;
}

TEST(FormChanges, are_read_as_codemirror_writes_them) {
  Form form = Form::from_json(fields, R"({"base":0,"changes" : [ [5,[0,"x"],19] , [[25,"a","b"]] ], "seq":3})").value();
  const auto changes = form.take_changes();
  ASSERT_EQ(changes.size(), 2U);
  EXPECT_EQ(changes[0], text::ChangeSet::replace(24, 5, 0, "x"));
  EXPECT_EQ(changes[1], text::ChangeSet::replace(25, 0, 25, "a\nb"));
  EXPECT_EQ(form.number("base"), 0U);
  EXPECT_EQ(form.number("seq"), 3U);
  EXPECT_TRUE(form.has("changes"));
}

TEST(FormChanges, are_a_list_of_at_least_one) {
  EXPECT_EQ(refusal("[]"), "bad_changes changes");
  EXPECT_EQ(refusal("{}"), "bad_changes changes");
  EXPECT_EQ(refusal("null"), "bad_changes changes");
  EXPECT_EQ(refusal("\"[[5]]\""), "bad_changes changes");
  EXPECT_EQ(refusal("[5]"), "bad_changes changes[0][0]") << "one change, not in a list";
  EXPECT_EQ(Form::from_json(fields, "{}").error().code, ErrorCode::missing_field);
}

TEST(FormChanges, say_which_of_them_is_wrong_and_where) {
  EXPECT_EQ(refusal(R"([[5],[4,[1],[-2]]])"), "bad_changes changes[1][2]");
  EXPECT_EQ(refusal(R"([[5],[1,[2,"a","b\nc"]]])"), "bad_changes changes[1][1][2]") << "a line break within a line";
  EXPECT_EQ(refusal(R"([[[0,"\ud83d"]]])"), "bad_boundary changes[0][0][1]");
  EXPECT_EQ(refusal(R"([[5],[1.5]])"), "bad_changes changes[1][0]");
  EXPECT_EQ(refusal(R"([[4294967296]])"), "changes_too_large changes[0][0]");
  EXPECT_EQ(refusal(R"([[5],])"), "bad_changes changes[1][0]");
  EXPECT_EQ(refusal(R"([[5] [5]])"), "bad_json changes");
  EXPECT_EQ(refusal(R"([[5}])"), "bad_json changes[0][0]");
}

TEST(FormChanges, are_not_more_than_so_many) {
  const auto so_many = [](std::size_t count) {
    std::string list = "[[1]";
    for (std::size_t i = 1; i < count; ++i) list += ",[1]";
    return list + "]";
  };
  EXPECT_EQ(refusal(so_many(1000)), "accepted");
  EXPECT_EQ(refusal(so_many(1001)), "changes_too_large changes");
  EXPECT_EQ(refusal("[[[0,\"" + std::string((1 << 20) + 1, 'x') + "\"]]]"), "changes_too_large changes[0][0]");
}

TEST(FormChanges, are_json_text_in_words) {
  using Words = std::vector<std::string_view>;
  Form form = Form::from_words(fields, Words{"CHANGES", R"([[5,[0,"x"]]])", "ANYWAY", "true"}, "").value();
  EXPECT_EQ(form.take_changes().front(), text::ChangeSet::replace(5, 5, 0, "x"));
  EXPECT_TRUE(form.flag("anyway"));
  const Result<Form> wrong = Form::from_words(fields, Words{"CHANGES", "[[5,[0,\"x\"]]", "BASE", "1"}, "");
  EXPECT_EQ(wrong.error().code, ErrorCode::bad_json);
  EXPECT_EQ(Form::from_words(fields, Words{"CHANGES", "[[5]] [[5]]"}, "").error().code, ErrorCode::bad_json);
}

TEST(FormNumbers, keep_in_their_bounds) {
  const auto given = [](const std::string& members) {
    const Result<Form> form = Form::from_json(fields, R"({"changes":[[1]],)" + members + "}");
    return form ? "accepted" : std::string{form.error().name()} + " " + form.error().field;
  };
  EXPECT_EQ(given(R"("base":0)"), "accepted");
  EXPECT_EQ(given(R"("base":9007199254740991)"), "accepted");
  for (const char* wrong : {"-1", "9007199254740992", "0.5", "\"0\"", "null", "[0]"})
    EXPECT_EQ(given(std::string{"\"base\":"} + wrong), "bad_field base") << wrong;
  EXPECT_EQ(given(R"("seq":1)"), "accepted");
  EXPECT_EQ(given(R"("seq":0)"), "bad_field seq");
  EXPECT_EQ(given(R"("anyway":true)"), "accepted");
  for (const char* wrong : {"1", "0", "null", "\"true\""})
    EXPECT_EQ(given(std::string{"\"anyway\":"} + wrong), "bad_field anyway") << wrong;
}

TEST(FormText, takes_any_text_and_no_other_value) {
  Form form = Form::from_json(file_fields, R"({"owner":"a","text":"\u0000a\r\nb"})").value();
  EXPECT_EQ(form.take_text(), std::string("\0a\r\nb", 5));
  EXPECT_EQ(Form::from_json(file_fields, R"({"owner":"a","text":""})").value().take_text(), "");
  EXPECT_EQ(Form::from_json(file_fields, R"({"owner":"a","text":7})").error().field, "text");
  EXPECT_EQ(Form::from_json(file_fields, R"({"owner":"a"})").error().code, ErrorCode::missing_field);
}

TEST(FormText, may_be_the_body_itself_with_the_other_fields_in_the_query) {
  Form form = Form::from_file(file_fields, "owner=al%20ice", "a\xff\n").value();
  EXPECT_EQ(form.text("owner"), "al ice");
  EXPECT_EQ(form.take_text(), "a\xff\n") << "looked at by whoever reads the file";
  EXPECT_EQ(Form::from_file(file_fields, "", "x").error().code, ErrorCode::owner_missing);
  EXPECT_EQ(Form::from_file(file_fields, "owner=a&text=y", "x").error().code, ErrorCode::duplicate_field);
  EXPECT_EQ(Form::from_file(file_fields, "owner=a&ttl_ms=1", "x").error().code, ErrorCode::unknown_field);
}

TEST(FormChanges, of_a_batch_of_an_editor_take_a_few_microseconds) {
  std::string body = R"({"owner":"alice","session":"tab-1","token":7,"base":12345,"seq":99,"changes":[)";
  for (int i = 0; i < 16; ++i) body += (i == 0 ? "[" : ",[") + std::to_string(50'000 + i) + R"(,[0,"x"],49999])";
  body += "]}";
  constexpr std::array all{
      Field{"token", FieldKind::token, true}, Field{"owner", FieldKind::owner, true},
      Field{"session", FieldKind::session},   Field{"base", FieldKind::revision, true},
      Field{"seq", FieldKind::number},        Field{"changes", FieldKind::changes, true},
  };
  auto fastest = std::chrono::nanoseconds::max();
  for (int run = 0; run < 1000; ++run) {
    const auto begin = std::chrono::steady_clock::now();
    Form form = Form::from_json(all, body).value();
    fastest = std::min(fastest, std::chrono::nanoseconds(std::chrono::steady_clock::now() - begin));
    ASSERT_EQ(form.changes().size(), 16U);
  }
  RecordProperty("nanoseconds", std::to_string(fastest.count()));
#ifdef NDEBUG
  EXPECT_LT(fastest, std::chrono::microseconds(20));
#endif
}

}  // namespace
}  // namespace holdfast::api
