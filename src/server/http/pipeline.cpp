// Requests that came together: they are decided as one batch, and answered in their order, with one write where the
// answers are there together.
//
// What may wait, goes on in steps, or asks another thread ends a batch, and is handled alone once those before it have
// been answered. So each request meets what those before it left, and no other order than theirs can be seen.
#include <algorithm>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "server/http/connection.h"
#include "server/http/io_thread.h"

namespace holdfast::server::http {

namespace net = boost::asio;
using net::use_awaitable;

namespace {

constexpr std::size_t requests_together = 64;
/// Of answers, that are written at once.
constexpr std::size_t bytes_together = 64 << 10;

/// Whether the lease may be over that `reply` tells of, which was decided after `asked` (L4). Lease time never runs
/// ahead of the steady clock.
bool may_be_over(const core::Reply& reply, std::chrono::steady_clock::time_point asked,
                 std::chrono::steady_clock::time_point now) {
  const bool granted = reply.code == ErrorCode::none && reply.void_after != Instant{};
  return granted && now - asked >= reply.void_after - reply.granted_at;
}

}  // namespace

net::awaitable<bool> Connection::handle_pipeline(Task& first) {
  pipeline_.push_back(std::make_unique<Piped>(std::move(first)));
  std::optional<Task> alone;
  std::optional<Error> malformed;
  while (pipeline_.size() < requests_together && pipeline_.back()->task.keep_alive) {
    Result<bool> there = another_is_there();
    if (!there) malformed = std::move(there).error();
    if (!there || !*there) break;
    Task task = understand(reader_.request());
    reader_.begin();
    if (!task.decided_at_once()) {
      alone = std::move(task);
      break;
    }
    pipeline_.push_back(std::make_unique<Piped>(std::move(task)));
  }
  const bool keep_alive = pipeline_.back()->task.keep_alive;
  const bool told = co_await answer_pipeline(alone || malformed);
  pipeline_.clear();
  if (!told || !keep_alive) co_return false;
  if (malformed) {
    Error error = *std::move(malformed);
    co_await refuse_and_end(std::move(error));
    co_return false;
  }
  if (alone) co_return co_await handle(*alone);
  co_return true;
}

/// False: the peer is gone, and what it was not told of has been taken back (L8).
net::awaitable<bool> Connection::answer_pipeline(bool more_follow) {
  pipeline_begins_ = request_ + 1;
  request_ += pipeline_.size();
  for (std::size_t place = 0; place < pipeline_.size(); ++place) {
    Task& task = pipeline_[place]->task;
    if (task.operation) io_.gather({client_, pipeline_begins_ + place}, std::move(task.call.command));
  }
  next_ = awaited_ = 0;
  std::vector<std::size_t> ends;  // Of the answers, in what is written.
  while (next_ < pipeline_.size()) {
    if (!may_answer_some()) co_await answer_awaited();
    const Time now = std::chrono::steady_clock::now();
    const bool slow = now - pipeline_.front()->task.began > patience_of_clients;
    if (slow && !io_.service.clients().present(client_)) {
      take_back_from(next_);  // It waited for the disk, and gave up: nobody is there to own anything.
      co_return false;
    }
    const std::size_t begin = next_;
    std::string out;
    ends.clear();
    may_answer_some();  // Up to where, by now.
    while (next_ < awaited_ && out.size() < bytes_together) {
      Piped& piped = *pipeline_[next_];
      const bool at_end = next_ + 1 == pipeline_.size();
      const bool last = at_end && (!piped.task.keep_alive || (io_.closing && !more_follow));
      append_answer(out, piped, now, last);
      ends.push_back(out.size());
      ++next_;
    }
    const std::size_t taken = co_await hand_over(out);
    if (taken < out.size()) {
      const auto whole = std::ranges::upper_bound(ends, taken) - ends.begin();
      take_back_from(begin + static_cast<std::size_t>(whole));
      co_return false;
    }
  }
  co_return true;
}

/// Finds whose answer is the next that has to be waited for. True: an operation before it has been answered, or there
/// is none to wait for. What needs nobody's answer is told with the answer behind it.
bool Connection::may_answer_some() {
  bool some = false;
  for (awaited_ = next_; awaited_ < pipeline_.size(); ++awaited_) {
    const Piped& piped = *pipeline_[awaited_];
    if (piped.task.operation && !piped.answered) return some;
    some = some || piped.answered;
  }
  return true;
}

net::awaitable<void> Connection::answer_awaited() {
  auto begin = [this](auto handler) {
    waiting_ = [handler = std::move(handler)](core::Answer*) mutable { std::move(handler)(); };
  };
  auto token = use_awaitable;
  return net::async_initiate<decltype(token), void()>(std::move(begin), token);
}

void Connection::answered_at(std::size_t place, core::Answer& answer) {
  pipeline_[place]->answer = std::move(answer);
  pipeline_[place]->answered = true;
  if (place != awaited_ || !waiting_) return;
  // Not at once: the answers to those behind it are on their way, too.
  net::post(io_.loop,
            [self = shared_from_this(), resume = std::exchange(waiting_, nullptr)]() mutable { resume(nullptr); });
}

void Connection::append_answer(std::string& out, Piped& piped, Time now, bool last) {
  Task& task = piped.task;
  if (task.refused) return append_response(out, task, *task.refused, last);
  if (!task.operation) return append_page(out, task, last);
  core::Reply& reply = piped.answer.reply;
  if (may_be_over(reply, task.began, now)) {
    take_back(piped.answer);
    reply.code = ErrorCode::grant_lapsed;
  }
  count(task, reply.code, now - task.began);
  append_response(out, task, api::write_reply(*task.operation, reply, task.context), last);
}

/// Nobody was told of these. What is answered later than this is taken back then.
void Connection::take_back_from(std::size_t place) {
  for (; place < pipeline_.size(); ++place) {
    if (pipeline_[place]->answered) take_back(pipeline_[place]->answer);
  }
}

}  // namespace holdfast::server::http
