#include "api/operations.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <cctype>
#include <set>

namespace holdfast::api {
namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

const Context context{"s-fresh", "", 7};

std::string routed(std::string_view method, std::string_view path) {
  const Routed found = route(method, path);
  if (found.operation) return std::string{found.operation->name} + " " + std::string{found.rest};
  return found.path_known ? "405" : "404";
}
Call read(std::string_view method, std::string_view path, std::string_view body) {
  const Routed found = route(method, path);
  const Operation& operation = *found.operation;
  Form form = (operation.changes() ? Form::from_json(operation.fields, body) : Form::from_query(operation.fields, body))
                  .value();
  form.path_name = found.rest;
  return operation.read(form, context).value();
}
template <class Command>
Command command(std::string_view method, std::string_view path, std::string_view body) {
  return std::get<Command>(read(method, path, body).command);
}

// --- Routes.

TEST(Route, takes_the_rest_of_the_path_for_the_name_slashes_and_all) {
  EXPECT_EQ(routed("POST", "/v1/acquire/docs/plan"), "lease.acquire docs/plan");
  EXPECT_EQ(routed("POST", "/v1/renew/a%2Fb"), "lease.renew a%2Fb") << "still encoded";
  EXPECT_EQ(routed("GET", "/v1/leases/a"), "lease.get a");
  EXPECT_EQ(routed("GET", "/v1/leases"), "lease.list ");
  EXPECT_EQ(routed("POST", "/api/buffers/acquire"), "buffer.acquire ");
  EXPECT_EQ(routed("POST", "/api/projects/atlas/buffers"), "buffer.acquire_in_project atlas");
  EXPECT_EQ(routed("POST", "/v1/acquire"), "lease.acquire_set ");
}

TEST(Route, knows_a_path_with_another_method_from_no_path) {
  EXPECT_EQ(routed("GET", "/v1/acquire/job"), "405");
  EXPECT_EQ(routed("DELETE", "/v1/leases/job"), "405");
  EXPECT_EQ(routed("post", "/v1/acquire/job"), "405") << "methods are not words: their case counts";
  EXPECT_EQ(routed("GET", "/api/buffers/acquire"), "405");
  for (const char* nothing : {"", "/", "/v1", "/v2/acquire/job", "/v1/steal/job", "v1/acquire/job",
                              "/api/projects/buffers", "/V1/acquire/job"}) {
    EXPECT_EQ(routed("POST", nothing), "404") << nothing;
  }
}

TEST(Route, leads_to_every_operation_of_the_catalogue) {
  for (const Operation& operation : operations()) {
    std::string path{operation.path};
    if (const std::size_t open = path.find('{'); open != std::string::npos) {
      path.replace(open, path.find('}') - open + 1, "some/name");
    }
    const Routed found = route(operation.method, path);
    ASSERT_NE(found.operation, nullptr) << operation.name;
    EXPECT_EQ(found.operation->name, operation.name);
  }
}

// --- The catalogue.

TEST(Catalogue, has_an_entry_for_every_command_that_a_client_can_give) {
  std::set<std::size_t> commands;
  for (const Operation& operation : operations()) commands.insert(operation.command);
  commands.erase(std::variant_npos);
  EXPECT_EQ(commands.size(), std::variant_size_v<core::Command> - 3) << "all but Leave, TakeBack and RunProgram";
}

TEST(Catalogue, is_complete_in_every_entry) {
  std::set<std::string_view> names;
  for (const Operation& operation : operations()) {
    EXPECT_TRUE(names.insert(operation.name).second) << operation.name;
    if (!operation.supported()) continue;
    const bool makes_command = !operation.asks_history && !operation.asks_server && !operation.streams;
    EXPECT_EQ(operation.write != nullptr, makes_command) << operation.name;
    EXPECT_TRUE(operation.summary.ends_with('.')) << operation.name;
    EXPECT_EQ(operation.command != std::variant_npos, makes_command) << operation.name;
    for (const Field& field : operation.fields) EXPECT_FALSE(field.about.empty()) << operation.name << field.name;
  }
}

TEST(Catalogue, has_examples_that_work) {
  for (const Operation& operation : operations()) {
    if (!operation.supported() || operation.example.empty()) continue;
    Result<Form> form = operation.changes() ? Form::from_json(operation.fields, operation.example)
                                            : Form::from_query(operation.fields, operation.example);
    ASSERT_TRUE(form) << operation.name << form.error().text();
    form->path_name = operation.path_kind == FieldKind::number ? "7" : "name";
    const Result<Call> call = operation.read(*form, context);
    ASSERT_TRUE(call) << operation.name;
    EXPECT_EQ(call->watch.has_value(), operation.streams) << operation.name;
    EXPECT_EQ(call->history.has_value(), operation.asks_history) << operation.name;
    EXPECT_EQ(call->server, operation.asks_server) << operation.name;
    const bool makes_command = !operation.asks_history && !operation.asks_server && !operation.streams;
    EXPECT_TRUE(!makes_command || call->command.index() == operation.command) << operation.name;
  }
}

TEST(Catalogue, says_of_what_is_planned_that_it_is_not_supported_yet) {
  const Routed found = route("POST", "/v1/acquire");
  ASSERT_NE(found.operation, nullptr);
  EXPECT_FALSE(found.operation->supported());
  const Written written = problem(Error{ErrorCode::not_supported_yet});
  EXPECT_EQ(written.status, 422);
  EXPECT_NE(written.body.find(R"("code":"not_supported_yet")"), std::string::npos);
}

// --- How requests become commands.

TEST(ReadTree, takes_a_prefix_and_a_page_and_needs_neither) {
  const Call all = read("GET", "/v1/tree", "");
  EXPECT_EQ(all.tree->prefix, "");
  EXPECT_EQ(all.tree->limit, 100U);
  EXPECT_TRUE(all.looks_up());
  EXPECT_FALSE(std::get<core::Show>(all.command).unsettled);
  const Call some = read("GET", "/v1/tree", "prefix=a%2Fb&after=a%2Fb%2Fc&limit=5&unsettled=1");
  EXPECT_EQ(some.tree->prefix, "a/b");
  EXPECT_EQ(some.tree->after, "a/b/c");
  EXPECT_EQ(some.tree->limit, 5U);
  EXPECT_TRUE(std::get<core::Show>(some.command).unsettled);
}

TEST(ReadSessions, goes_on_behind_the_session_that_a_page_ended_with) {
  const core::Who last{"7:al/ice", ":tab 1"};  // Whatever is in the names.
  const std::string cursor = session_cursor(last);
  const Operation& list = *route("GET", "/v1/sessions").operation;
  const std::string body = R"({"after": ")" + cursor + R"(", "owner": "bob", "limit": 7})";
  const JsonMembers members = JsonMembers::read(body).value();
  Result<Form> form = Form::from_members(list.fields, members);
  ASSERT_TRUE(form);
  const Result<Call> call = list.read(*form, context);
  ASSERT_TRUE(call);
  EXPECT_EQ(call->sessions->after, last);
  EXPECT_EQ(call->sessions->owner, "bob");
  EXPECT_EQ(call->sessions->limit, 7U);
}

TEST(ReadSessions, refuses_what_no_page_ended_with) {
  const Operation& list = *route("GET", "/v1/sessions").operation;
  for (const char* const cursor : {"alice", ":", "x:alice", "6:alice", "-1:alice", "99999999999999999999:a", "5"}) {
    Result<Form> form = Form::from_query(list.fields, std::string{"after="} + cursor);
    ASSERT_TRUE(form) << cursor;
    const Result<Call> call = list.read(*form, context);
    ASSERT_FALSE(call) << cursor;
    EXPECT_EQ(call.error().code, ErrorCode::bad_field);
    EXPECT_EQ(call.error().field, "after");
  }
}

TEST(ReadWatch, takes_a_prefix_and_a_position_and_needs_neither) {
  const WatchRequest all = *read("GET", "/v1/events", "").watch;
  EXPECT_EQ(all.prefix, "");
  EXPECT_FALSE(all.after);
  const WatchRequest some = *read("GET", "/v1/events", "prefix=a%2Fb&after=7.12").watch;
  EXPECT_EQ(some.prefix, "a/b");
  EXPECT_EQ(some.after, (GivenPosition{7, {12}}));
}

TEST(ReadWatch, refuses_a_position_that_is_none_by_its_field) {
  const Operation& watch = *route("GET", "/v1/events").operation;
  for (const char* query : {"after=12", "after=x.1", "prefix=a&after=1.2.3", "after=%0a"}) {
    const Result<Form> form = Form::from_query(watch.fields, query);
    ASSERT_FALSE(form) << query;
    EXPECT_EQ(form.error().code, ErrorCode::bad_field) << query;
    EXPECT_EQ(form.error().field, "after") << query;
  }
}

TEST(ReadAcquire, takes_everything_that_can_be_said) {
  const auto acquire = command<core::Acquire>(
      "POST", "/v1/acquire/job",
      R"({"owner":"alice","session":"tab1","ttl_ms":500,"wait_ms":7,"holder":"owner","note":"n","metadata":{"a":1}})");
  EXPECT_EQ(acquire.name, "job");
  EXPECT_EQ(acquire.who, (core::Who{"alice", "tab1"}));
  EXPECT_EQ(acquire.ttl, 500ms);
  EXPECT_EQ(acquire.wait, 7ms);
  EXPECT_EQ(acquire.holder, core::HolderKind::owner);
  EXPECT_EQ(acquire.note, "n");
  EXPECT_EQ(acquire.metadata, R"({"a":1})");
  EXPECT_FALSE(acquire.numbered);
}

TEST(ReadAcquire, has_the_defaults_that_are_documented) {
  const auto acquire = command<core::Acquire>("POST", "/v1/acquire/job", R"({"owner":"alice"})");
  EXPECT_EQ(acquire.who.session, "s-fresh");
  EXPECT_EQ(acquire.ttl, 30s);
  EXPECT_EQ(acquire.wait, 0s);
  EXPECT_EQ(acquire.holder, core::HolderKind::session);
}

TEST(ReadRenew, means_the_only_session_and_the_ttl_as_before_unless_told) {
  const auto bare = command<core::Renew>("POST", "/v1/renew/job", R"({"owner":"alice","token":7})");
  EXPECT_EQ(bare.token, core::Token{7});
  EXPECT_EQ(bare.who, (core::Who{"alice", ""})) << "no fresh session";
  EXPECT_EQ(bare.ttl, std::nullopt);
  const auto full =
      command<core::Renew>("POST", "/v1/renew/job", R"({"owner":"a","session":"s","token":7,"ttl_ms":100})");
  EXPECT_EQ(full.who.session, "s");
  EXPECT_EQ(full.ttl, Duration{100ms});
}

TEST(ReadTakeover, leaves_the_window_to_the_rules_where_it_does_not_say_it) {
  const auto read_takeover = [](const std::string& more) {
    return command<core::Takeover>("POST", "/v1/takeover/job", R"({"owner":"bob","reason":"r","token":7)" + more + "}");
  };
  EXPECT_TRUE(read_takeover("").flush_by_default);
  EXPECT_TRUE(may_wait(read_takeover("")));
  EXPECT_FALSE(read_takeover(R"(,"flush_ms":0)").flush_by_default);
  EXPECT_FALSE(may_wait(read_takeover(R"(,"flush_ms":0)")));
  EXPECT_EQ(read_takeover(R"(,"flush_ms":100)").flush, 100ms);
  EXPECT_TRUE(may_wait(read_takeover(R"(,"flush_ms":100)")));
}

TEST(ReadOthers, take_what_they_need) {
  EXPECT_EQ(command<core::Release>("POST", "/v1/release/job", R"({"owner":"a","token":7})").who.session, "");
  EXPECT_EQ(command<core::Check>("POST", "/v1/check/job", R"({"token":7})").token, core::Token{7});
  EXPECT_TRUE(command<core::Get>("GET", "/v1/leases/job", "unsettled=1").unsettled);
  const Call list = read("GET", "/v1/leases", "prefix=a/b&after=a/b/c&limit=5&owner=alice&contended=1");
  EXPECT_EQ(list.page->prefix, "a/b");
  EXPECT_EQ(list.page->after, "a/b/c");
  EXPECT_EQ(list.page->limit, 5U);
  EXPECT_EQ(std::get<core::List>(list.command).owner, "alice");
  EXPECT_TRUE(std::get<core::List>(list.command).contended);
  EXPECT_EQ(read("GET", "/v1/leases", "").page->limit, 100U);
}

TEST(ReadBuffer, makes_a_name_of_project_and_path_and_asks_for_a_number) {
  const auto acquire = command<core::Acquire>("POST", "/api/buffers/acquire",
                                              R"({"project":"atlas","path":"src/main.c","user":"alice"})");
  EXPECT_EQ(acquire.name, "projects/atlas/src/main.c");
  EXPECT_EQ(acquire.who.owner, "alice");
  EXPECT_TRUE(acquire.numbered);
  EXPECT_EQ(acquire.ttl, 30s);
  EXPECT_EQ(command<core::Acquire>("POST", "/api/projects/atlas/buffers", R"({"path":"a","user":"u"})").name,
            "projects/atlas/a");
  EXPECT_EQ(command<core::Acquire>("POST", "/api/buffers/acquire", R"({"buffer_id":7,"user":"u"})").buffer, 7U);
}

TEST(ReadBuffer, refuses_what_names_no_buffer_or_two) {
  const Operation& operation = *route("POST", "/api/buffers/acquire").operation;
  const auto refusal = [&](std::string_view body) {
    Form form = Form::from_json(operation.fields, body).value();
    const Result<Call> call = operation.read(form, context);
    return call ? "accepted" : std::string{call.error().name()} + " " + call.error().field;
  };
  EXPECT_EQ(refusal(R"({"user":"u"})"), "missing_field project");
  EXPECT_EQ(refusal(R"({"user":"u","project":"p"})"), "missing_field path");
  EXPECT_EQ(refusal(R"({"user":"u","project":"p","path":"a","buffer_id":1})"), "bad_field buffer_id");
  EXPECT_EQ(refusal(R"({"user":"u","project":"p","path":")" + std::string(510, 'x') + "\"}"), "bad_name path");
}

// --- Commands of words.

using Words = std::vector<std::string_view>;

TEST(OperationOfCommand, knows_what_the_catalogue_has_in_any_case) {
  for (const char* word :
       {"LEASE.ACQUIRE", "lease.acquire",  "Lease.Renew",  "LEASE.RELEASE", "LEASE.TAKEOVER", "LEASE.MOVE",
        "LEASE.REQUEST", "LEASE.TRANSFER", "LEASE.REVOKE", "LEASE.CHECK",   "LEASE.GET",      "LEASE.LIST",
        "LEASE.WATCH",   "SESSION.RENEW",  "SESSION.END",  "HISTORY.GET",   "HISTORY.LIST",   "BUFFER.PUT",
        "BUFFER.GET",    "BUFFER.EDIT",    "BUFFER.UNDO",  "DRAFT.LIST",    "DRAFT.APPLY"}) {
    EXPECT_NE(operation_of_command(word), nullptr) << word;
  }
  EXPECT_EQ(operation_of_command("LEASE.WATCH")->name, "events.watch");
}

TEST(OperationOfCommand, knows_nothing_else) {
  for (const char* word : {"", "LEASE", "LEASE.", "ACQUIRE", "LEASE.ACQUIRE_SET", "LIVE.CONNECT", "WORKSPACE.GET",
                           "EVENTS.WATCH", "BUFFER.ACQUIRE", "LEASE.ACQUIRES"}) {
    EXPECT_EQ(operation_of_command(word), nullptr) << word;
  }
}

TEST(OperationOfCommand, finds_every_command_under_its_own_name) {
  std::size_t commands = 0;
  for (const Operation& operation : operations()) {
    if (operation.command_name().empty()) continue;
    ++commands;
    EXPECT_EQ(operation_of_command(operation.command_name()), &operation) << operation.name;
  }
  EXPECT_EQ(commands, 32U);
}

TEST(FormOfWordsOfAnOperation, has_the_subject_first_as_it_is) {
  const Operation& acquire = *operation_of_command("LEASE.ACQUIRE");
  EXPECT_EQ(form_of_words(acquire, Words{"docs/plan", "OWNER", "a"}, "").value().path_name, "docs/plan");
  EXPECT_EQ(form_of_words(acquire, Words{"50%25", "OWNER", "a"}, "").value().path_name, "50%25") << "no URL";
  EXPECT_EQ(form_of_words(acquire, Words{"cafe\xcc\x81", "OWNER", "a"}, "").value().path_name, "caf\xc3\xa9")
      << "one spelling of each name";
  const Operation& list = *operation_of_command("LEASE.LIST");
  EXPECT_EQ(form_of_words(list, Words{"PREFIX", "a"}, "").value().text("prefix"), "a") << "it has none";
  const Operation& end = *operation_of_command("SESSION.END");
  EXPECT_EQ(form_of_words(end, Words{"tab1"}, "alice").value().path_name, "tab1");
}

TEST(FormOfWordsOfAnOperation, says_what_is_wrong_with_its_subject) {
  const auto refusal = [](std::string_view command, const Words& words) {
    const Result<Form> form = form_of_words(*operation_of_command(command), words, "alice");
    return form ? "accepted" : std::string{form.error().name()} + " " + form.error().field;
  };
  EXPECT_EQ(refusal("LEASE.GET", {}), "missing_field name");
  EXPECT_EQ(refusal("LEASE.GET", {""}), "bad_name name");
  EXPECT_EQ(refusal("LEASE.GET", {"a//b"}), "bad_name name");
  EXPECT_EQ(refusal("LEASE.GET", {"a\n"}), "bad_name name");
  EXPECT_EQ(refusal("SESSION.END", {}), "missing_field session");
  EXPECT_EQ(refusal("SESSION.END", {"a\n"}), "bad_field session");
}

// --- The OpenAPI document.

/// Under which its path has it there.
std::string key_of(const Operation& operation) {
  std::string key{operation.method};
  for (char& c : key) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return key;
}

TEST(OpenApi, is_json_of_version_3_1_with_every_route_that_is_supported_and_no_other) {
  const json::value document = json::parse(openapi());
  EXPECT_EQ(document.at("openapi").as_string(), "3.1.0");
  EXPECT_EQ(document.at("info").at("version").as_string(), HOLDFAST_VERSION);
  const json::object& paths = document.at("paths").as_object();
  std::set<std::string_view> supported;
  std::size_t described_in_all = 0;
  for (const Operation& operation : operations()) {
    if (!operation.supported()) continue;
    supported.insert(operation.path);
    ++described_in_all;
    ASSERT_TRUE(paths.contains(operation.path)) << operation.path;
    const json::object& described = paths.at(operation.path).at(key_of(operation)).as_object();
    EXPECT_EQ(described.at("operationId").as_string(), operation.name);
    EXPECT_EQ(described.contains("requestBody"), operation.changes());
    for (const ErrorCode refusal : operation.refusals) {
      const json::object& responses = described.at("responses").as_object();
      const std::string status = std::to_string(info_of(refusal).http_status);
      ASSERT_TRUE(responses.contains(status)) << operation.name << status;
      EXPECT_NE(responses.at(status).at("description").as_string().find(info_of(refusal).name), json::string::npos);
    }
  }
  EXPECT_EQ(paths.size(), supported.size());
  std::size_t entries = 0;
  for (const json::key_value_pair& path : paths) entries += path.value().as_object().size();
  EXPECT_EQ(entries, described_in_all);
}

TEST(OpenApi, describes_every_field_where_it_is_given) {
  const json::value document = json::parse(openapi());
  for (const Operation& operation : operations()) {
    if (!operation.supported()) continue;
    const json::value& described = document.at("paths").at(operation.path).at(key_of(operation));
    for (const Field& field : operation.fields) {
      if (operation.changes()) {
        const json::value& schema = described.at("requestBody").at("content").at("application/json").at("schema");
        EXPECT_TRUE(schema.at("properties").as_object().contains(field.name)) << operation.name << field.name;
        continue;
      }
      bool found = false;
      for (const json::value& parameter : described.at("parameters").as_array()) {
        found = found || parameter.at("name").as_string() == field.name;
      }
      EXPECT_TRUE(found) << operation.name << field.name;
    }
  }
}

}  // namespace
}  // namespace holdfast::api
