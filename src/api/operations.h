// The catalogue: the one place where an operation is declared. Routes, the OpenAPI document, the reference pages and
// the refusals of bad fields are all derived from it.
//
// To add one: its Command in core, an entry here with how it is read and written, and a scenario.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "api/events.h"
#include "api/form.h"
#include "base/error.h"
#include "core/commands.h"
#include "core/replies.h"

namespace holdfast::api {

/// From where clients are connected.
class Addresses {
 public:
  virtual ~Addresses() = default;
  /// Empty: nobody knows any more.
  virtual std::string address_of(std::uint64_t client) const = 0;
};

/// What a door needs to know besides the request: whatever core must not make up itself.
struct Context {
  std::string fresh_session;             ///< For a request that names none.
  std::string from;                      ///< The client's network address, for the history.
  std::uint64_t incarnation = 0;         ///< Of this start of the server, for positions.
  bool as_file = false;                  ///< A text is wanted as the bytes of its file, not as JSON about it.
  const Addresses* addresses = nullptr;  ///< Null: nobody knows.
};

/// Where a page of a list begins and how long it may be.
struct PageRequest {
  std::string prefix;
  std::string after;
  std::size_t limit = 100;
};

/// Which sessions are asked for.
struct SessionsRequest {
  std::string owner;  ///< Not empty: of this owner only.
  core::Who after;    ///< Behind this one.
  std::size_t limit = 100;
};

/// What is asked of the history, which is no command: the holdings of a name, or of all at and below a prefix.
struct HistoryRequest {
  std::string name;
  std::string prefix;
  std::string owner;
  std::optional<WallTime> from{}, to{};
  std::string after_name;         ///< Behind the holding of this name (where it is a list)
  std::uint64_t after_token = 0;  ///< with this token; 0 of a list: behind all of the name.
  std::size_t limit = 100;
};

/// What somebody wants to be told of, and from where on.
struct WatchRequest {
  std::string prefix;                  ///< Empty: every name.
  std::optional<GivenPosition> after;  ///< None: from now on.
};

/// A request that was understood.
struct Call {
  core::Command command;                      ///< Of a watch or of a question to the history, nobody's.
  std::optional<PageRequest> page;            ///< Set for lists: the door looks up the names before it submits.
  std::optional<HistoryRequest> history{};    ///< Set: nothing is submitted, the history is asked.
  std::optional<WatchRequest> watch{};        ///< Set where events are asked for: nothing is submitted either.
  std::optional<PageRequest> tree{};          ///< Set: it looks up what lies right below the prefix,
  std::optional<SessionsRequest> sessions{};  ///< or who is there.
  bool server = false;                        ///< The server itself is asked for: nor here.

  /// Whether something is to be looked up before `command` is submitted, on a thread that nobody waits for.
  bool looks_up() const { return page || tree || sessions; }
};

/// An answer in the words of HTTP.
struct Written {
  int status = 200;
  std::string body;  ///< JSON; problem+json when `status` is 400 or above and `problem` is set.
  bool problem = false;
  std::int64_t retry_after_s = 0;    ///< 0: no such header.
  bool file = false;                 ///< `body` is no JSON, but the bytes of a file of text.
  ErrorCode code = ErrorCode::none;  ///< Of a problem: which it is.
};

/// One operation.
struct Operation {
  std::string_view name;                ///< "lease.acquire"
  std::string_view method;              ///< "POST", "GET", "PUT" or "DELETE"
  std::string_view path;                ///< "/v1/acquire/{name}": the name is the rest of the path, slashes and all.
  std::string_view summary;             ///< One sentence.
  std::string_view example;             ///< The body of a request that works, or the query; may be empty.
  std::span<const Field> fields;        ///< Of the query for GET, else of the body.
  std::span<const ErrorCode> refusals;  ///< What it may answer besides what every operation may.
  /// Null: not supported yet. Takes what is large out of the form.
  Result<Call> (*read)(Form& form, const Context& context) = nullptr;
  void (*write)(const core::Reply& reply, const Context& context, Written& out) = nullptr;
  std::size_t command = std::variant_npos;  ///< The alternative of core::Command it makes.
  FieldKind path_kind = FieldKind::name;    ///< Of what stands for the {...} in the path.
  /// Makes `asked` the command that does what `reply` says is left to do; false: it is done. Null: always done at once.
  bool (*go_on)(const core::Reply& reply, core::Command& asked) = nullptr;

  bool asks_history = false;  ///< It makes no command, but a HistoryRequest.
  bool asks_server = false;   ///< Nor that: the server answers as it stands, and waits for nothing.
  bool streams = false;       ///< Answers with events, without an end, instead of by `write`.

  /// Its body may be nothing but the bytes of a file, for the field `text`; then the other fields are in the query.
  bool takes_file = false;
  /// It may answer with the bytes of a file, to whoever asks for that: see Context.
  bool gives_file = false;
  /// A whole text may be in its request or its answer: neither is for a thread that has others to serve.
  bool bulky = false;

  /// Its name as a command of words, where that is not `name`.
  std::string_view spoken{};

  bool changes() const { return method != "GET"; }
  /// How long its body may be, where the door takes `usual` from others.
  std::size_t body_bytes_max(std::size_t usual) const;
  bool supported() const { return read != nullptr; }
  /// Whether a request that names no session is given a fresh one.
  bool makes_sessions() const;
  /// What stands in the braces of the path: "name". Empty: there are none.
  std::string_view subject() const;
  /// As a command of words, in small letters: "lease.acquire". Empty: it is none, as the calls of the systems that
  /// Holdfast replaces are.
  std::string_view command_name() const;
};

/// Of the body with which a text is created: 10 MiB, and what JSON adds to that.
inline constexpr std::size_t creation_bytes_max = 11U << 20U;

/// All of them, those that are planned included.
std::span<const Operation> operations();

/// The operation that `method` and `path` (without the query, still encoded) mean, and what stands for {name}.
struct Routed {
  const Operation* operation = nullptr;
  std::string_view rest;    ///< Of the path, for {name}; or the {project}.
  bool path_known = false;  ///< Some operation has this path, with another method.
};
Routed route(std::string_view method, std::string_view path);

/// The operation whose command is `word`, in any case: "LEASE.ACQUIRE". Null: none.
const Operation* operation_of_command(std::string_view word);

/// Whether somebody else may have to act before `command` is answered: it waits in a queue, or for a flush window to
/// end.
bool may_wait(const core::Command& command);

/// A command of words: `operation`'s subject, if it has one, and then pairs of FIELD value. The form's `path_name` is
/// the subject. `owner`: see Form::from_words. Errors: missing_field where the subject is missing, bad_name, bad_field;
/// those of Form::from_words.
Result<Form> form_of_words(const Operation& operation, std::span<const std::string_view> words, std::string_view owner);

/// The problem+json of `error`, for what never reached the rules.
Written problem(const Error& error);

/// The `next` of a list of holdings that ends with `token` of `name`; see HistoryRequest.
std::string history_cursor(std::string_view name, std::uint64_t token);

/// The `next` of a list of sessions that ends with `who`; see SessionsRequest.
std::string session_cursor(const core::Who& who);

/// `reply` to `operation`, be it done or refused.
Written write_reply(const Operation& operation, const core::Reply& reply, const Context& context);

/// The problem+json of a refusal that the rules gave.
Written problem(const core::Reply& reply, const Context& context);

/// The OpenAPI 3.1 document of the catalogue.
std::string openapi();

}  // namespace holdfast::api
