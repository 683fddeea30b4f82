#include "server/history_reader.h"

#include <boost/asio/post.hpp>
#include <future>
#include <memory>
#include <utility>

#include "server/history_answer.h"
#include "server/service.h"

namespace holdfast::server {

void HistoryReader::read(std::uint64_t client, const api::HistoryRequest& wanted, const api::Context& context,
                         Told told) {
  if (requests_.fetch_add(1) >= requests_max) {
    requests_.fetch_sub(1);
    return told(api::problem(Error{ErrorCode::history_busy}));
  }
  boost::asio::post(thread_, [this, client, wanted, context, told = std::move(told)]() mutable {
    api::Written answered = answer(client, wanted, context);
    requests_.fetch_sub(1);  // Before it is told: whoever asks again then finds room.
    told(std::move(answered));
  });
}

api::Written HistoryReader::answer(std::uint64_t client, const api::HistoryRequest& wanted,
                                   const api::Context& context) {
  if (ending_ || !clients_.open(client)) return api::problem(Error{ErrorCode::stopping});
  return answer_history(history_, wanted, context);
}

bool HistoryReader::end(std::chrono::steady_clock::time_point until) {
  ending_ = true;
  auto over = std::make_shared<std::promise<void>>();
  std::future<void> is_over = over->get_future();
  boost::asio::post(thread_, [over] { over->set_value(); });
  if (is_over.wait_until(until) != std::future_status::ready) return false;
  thread_.stop();
  thread_.join();
  return true;
}

}  // namespace holdfast::server
