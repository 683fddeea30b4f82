// One connection of the HTTP door: a loop that reads like the protocol, and what its thread asks of it.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/operations.h"
#include "base/error.h"
#include "core/commands.h"
#include "core/rules.h"
#include "server/console/files.h"
#include "server/event_streams.h"
#include "server/http/wire.h"
#include "server/live/handshake.h"

namespace holdfast::server::http {

class IoThread;

/// Lives on its thread's loop; owned by its coroutine and known to its thread while it is open. Everything here runs on
/// that thread.
class Connection : public std::enable_shared_from_this<Connection> {
 public:
  template <class T>
  using Awaitable = boost::asio::awaitable<T>;

  /// Known to the service from here to the end of its life. It has been counted when it was accepted.
  Connection(IoThread& io, boost::asio::ip::tcp::socket socket, std::uint64_t client);
  ~Connection();
  Awaitable<void> serve();
  /// The answer to the request under way.
  void answered(core::Answer& answer);
  /// Closes a connection that is over its time, or idle while the door closes.
  void look_at_time(std::chrono::steady_clock::time_point now);
  void close();
  bool idle() const { return phase_ == Phase::idle; }

 private:
  /// A client whose grant took longer than this may have given up: its connection is looked at before the grant is
  /// told.
  static constexpr std::chrono::seconds patience_of_clients{1};

  enum class Phase { idle, header, body, working };
  using Time = std::chrono::steady_clock::time_point;

  /// What is answered with text that no operation gives.
  enum class Page : std::uint8_t { none, alive, ready, metrics, specification, console };

  /// A request that was understood; needs its bytes no more.
  struct Task {
    bool keep_alive = true;
    bool only_the_head = false;
    Page page = Page::none;
    std::unique_ptr<console::Answer> file;      ///< Of the console.
    std::optional<api::Written> refused;        ///< Set: it was not understood.
    const api::Operation* operation = nullptr;  ///< Null: nobody has to be asked, the page or the refusal answers it.
    api::Context context;
    api::Call call;
    Time began;
    std::string last_event_id;  ///< Of a watch.
    bool one_last_event_id_at_most = true;
    bool begins = false;  ///< It may begin a holding.
    bool may_wait = false;
    std::optional<std::size_t> asker;    ///< Of an acquire: see Retries.
    std::unique_ptr<live::Knock> knock;  ///< Set: it wants to become a live socket.

    /// What its call is to be made of, where that takes long: not read yet.
    struct Unread {
      std::string rest;  ///< Of the path.
      std::string query;
      std::string body;
      bool is_file = false;
    };
    std::unique_ptr<Unread> unread;

    /// Whether it can be decided in one step with those before and behind it.
    bool decided_at_once() const;
  };
  /// One of several requests that came together.
  struct Piped {
    Task task;
    bool answered = false;
    core::Answer answer;
  };

  // connection.cpp: bytes and time.
  Awaitable<bool> read_request();
  Result<bool> another_is_there();
  Awaitable<bool> write(std::string response);
  /// How many bytes of `response` the kernel took: fewer where the peer is gone.
  Awaitable<std::size_t> hand_over(const std::string& response);
  Awaitable<bool> respond(const Task& task, api::Written written);
  Awaitable<void> refuse_and_end(Error error);
  void enter(Phase phase);
  /// Adds the response to `task` to `out`, `last`: the connection's last one.
  static void append_response(std::string& out, const Task& task, int status, std::string_view type,
                              std::string_view body, std::int64_t retry_after_s, bool last);
  static void append_response(std::string& out, const Task& task, const api::Written& written, bool last);

  // handling.cpp: what a request means, and who answers it.
  Task understand(const Request& request);
  static Page page_at(std::string_view path);
  Result<void> read_operation(Task& task, const Request& request, std::string_view rest);
  Result<void> take_call(Task& task, Result<api::Call> call);
  void refuse_operation(Task& task, const Error& error);
  /// Reads what is large of it, on another thread.
  Awaitable<void> read_apart(Task& task);
  /// The response to `task`, written on another thread.
  Awaitable<std::string> write_apart(const Task& task, const core::Reply& reply, bool last);
  Awaitable<bool> handle(Task& task);
  Awaitable<bool> operate(Task& task);
  void append_page(std::string& out, const Task& task, bool last);
  /// Takes `command`. Points to the answer only until the coroutine waits for something else.
  Awaitable<core::Answer*> ask(core::Command& command, bool may_wait);
  Awaitable<ErrorCode> look_up_apart(api::Call& call);
  Awaitable<api::Written> history(const api::HistoryRequest& request, const api::Context& context);
  void count(const Task& task, ErrorCode code, Duration took);
  void watch_for_close();
  void peer_has_gone();
  void take_back(const core::Answer& answer);

  // pipeline.cpp: requests that came together.
  Awaitable<bool> handle_pipeline(Task& first);
  Awaitable<bool> answer_pipeline(bool more_follow);
  bool may_answer_some();
  Awaitable<void> answer_awaited();
  void answered_at(std::size_t place, core::Answer& answer);
  void append_answer(std::string& out, Piped& piped, Time now, bool last);
  void take_back_from(std::size_t place);

  // watching.cpp: from here to the watchers' thread.
  /// Gives the connection to those who watch, or refuses. False where it has gone there.
  Awaitable<bool> watch(Task& task);
  Result<Newcomer> newcomer(Task& task);

  // upgrading.cpp: from here to the thread of live sockets.
  Awaitable<bool> upgrade(const Task& task);

  IoThread& io_;
  boost::asio::ip::tcp::socket socket_;
  std::uint64_t client_;
  std::string peer_;           ///< Its network address.
  std::uint64_t request_ = 0;  ///< The number of the request under way; of several, of the last.
  RequestReader reader_;
  Phase phase_ = Phase::idle;
  std::chrono::steady_clock::time_point deadline_;
  bool gone_ = false;       ///< The peer has closed while it waited.
  bool unwatched_ = false;  ///< It waits, and something to read hides its closing from watch_for_close.
  std::move_only_function<void(core::Answer*)> waiting_;
  bool body_begun_ = false;  ///< The header of the next request has been read already.

  std::vector<std::unique_ptr<Piped>> pipeline_;  ///< Requests that are decided together; else empty.
  std::uint64_t pipeline_begins_ = 0;             ///< The number of the first of them.
  std::size_t next_ = 0;                          ///< Which of them is to be answered next.
  std::size_t awaited_ = 0;                       ///< Whose answer is waited for.
};

}  // namespace holdfast::server::http
