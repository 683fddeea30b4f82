#include "cli/load.h"

#include <fmt/format.h>
#include <sys/epoll.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <deque>
#include <random>
#include <utility>

#include "cli/load_wire.h"

namespace holdfast::cli {
namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;
using Moment = SteadyClock::time_point;

constexpr Duration ttl_least = 30s;
constexpr Duration patience = 10s;          // Without any answer, once nothing more is asked.
constexpr Duration prepare_patience = 40s;  // A lease that is in the way may last for 30 s.

std::uint64_t token_in(std::string_view body) {
  const std::string_view text = json_field(body, "token");
  std::uint64_t token = 0;
  std::from_chars(text.data(), text.data() + text.size(), token);
  return token;
}

/// Leases that are kept until the end must outlive the measuring and the cleaning up.
Duration ttl_for(const LoadOptions& options) {
  if (options.kind != LoadKind::acquire) return ttl_least;
  return std::min<Duration>(options.time + 60s, 24h);
}

std::string fresh_load() {
  std::random_device random;
  return fmt::format("bench-{:08x}", random());
}

struct Client {
  Client(Wire to, Work does) : wire(std::move(to)), work(std::move(does)) {}
  Wire wire;
  Work work;
  std::optional<Ask> asked;  ///< The request under way.
  Moment began;              ///< When it was sent, or was due.
  bool shut = false;         ///< Has said that it will send nothing more: it need not be answered.
};

enum class Phase { prepare, measure, clean_up };

class Load {
 public:
  Load(const LoadOptions& options, Target target)
      : options_(options),
        target_(std::move(target)),
        names_(options.kind, options.names),
        text_(options.server.authority(), options.owner, fresh_load(), ttl_for(options)),
        events_(::epoll_create1(EPOLL_CLOEXEC)) {}

  Result<LoadReport> run();

 private:
  Result<void> connect_all();
  bool reconnect(Client& client);
  void drive(Phase phase);
  void begin(Phase phase);
  void give_out();
  std::optional<Ask> ask_of(Client& client);
  void send(Client& client, Ask ask, Moment began);
  void look_at_time();
  void end_measuring();
  void wait_for_events();
  void on_readable(Client& client);
  void answered(Client& client);
  void record(const Ask& ask, const HttpAnswer& answer, Duration latency);
  void lose(Client& client);
  Moment due() const;
  Moment next_look() const;

  const LoadOptions& options_;
  Target target_;
  Names names_;
  RequestText text_;
  client::Handle events_;
  std::vector<Client> clients_;
  LoadReport report_;

  Phase phase_ = Phase::prepare;
  std::deque<Client*> idle_;   ///< Those that may ask, longest idle first.
  std::size_t under_way_ = 0;  ///< Requests.
  bool over_ = false;          ///< Nothing more is to be asked in this phase.
  Moment began_;               ///< The phase.
  Moment now_;                 ///< Read once an event.
  Moment give_up_at_;          ///< What has not come until then is lost.
  std::uint64_t tickets_ = 0;  ///< Requests sent in this phase.
  std::uint64_t answers_ = 0;  ///< In this phase.
  Moment told_at_;             ///< When progress was told last,
  std::uint64_t told_ = 0;     ///< and how many answers there were then.
  Moment last_answer_;
  std::optional<Moment> released_;  ///< Of `contend`: a release was sent, and no grant has come since.
  std::string refused_;             ///< The name that could not be had before the measuring.
};

Result<void> Load::connect_all() {
  clients_.reserve(options_.clients);  // Their addresses are kept.
  for (std::size_t i = 0; i < options_.clients; ++i) {
    HF_TRY(socket, target_.connect());
    clients_.emplace_back(Wire(std::move(socket)), Work(names_, i));
    epoll_event event{.events = EPOLLIN, .data = {.ptr = &clients_.back()}};
    ::epoll_ctl(events_.get(), EPOLL_CTL_ADD, clients_.back().wire.fd(), &event);
  }
  return {};
}

bool Load::reconnect(Client& client) {
  Result<client::Handle> socket = target_.connect();
  if (!socket) return false;
  client.wire = Wire(*std::move(socket));
  client.shut = false;
  epoll_event event{.events = EPOLLIN, .data = {.ptr = &client}};
  return ::epoll_ctl(events_.get(), EPOLL_CTL_ADD, client.wire.fd(), &event) == 0;
}

Result<LoadReport> Load::run() {
  HF_TRY_VOID(connect_all());
  drive(Phase::prepare);
  if (refused_.empty()) {
    if (options_.begins) options_.begins();
    drive(Phase::measure);
    report_.took = std::max(last_answer_ - began_, Duration(1ns));
    if (options_.ended) options_.ended();
  }
  drive(Phase::clean_up);
  for (const Client& client : clients_) report_.left_behind += client.work.holds();
  if (!refused_.empty()) return fail(ErrorCode::held, refused_);
  return std::move(report_);
}

/// Sends and receives until nothing is left to be asked or answered in `phase`.
void Load::drive(Phase phase) {
  begin(phase);
  while (true) {
    look_at_time();
    give_out();
    if (under_way_ == 0 && (idle_.empty() || over_)) return;
    wait_for_events();
  }
}

void Load::begin(Phase phase) {
  phase_ = phase;
  now_ = began_ = told_at_ = last_answer_ = SteadyClock::now();
  give_up_at_ = now_ + (phase == Phase::prepare ? prepare_patience : patience);
  over_ = false;
  tickets_ = answers_ = told_ = 0;
  idle_.clear();
  for (Client& client : clients_) idle_.push_back(&client);
}

void Load::look_at_time() {
  now_ = SteadyClock::now();
  if (phase_ == Phase::measure && !over_) {
    if (options_.progress && now_ - told_at_ >= 1s) {
      options_.progress({now_ - began_, answers_ - told_, now_ - told_at_});
      told_at_ = now_;
      told_ = answers_;
    }
    if (now_ - began_ >= options_.time || (options_.give_up && options_.give_up())) end_measuring();
    return;
  }
  if (now_ < give_up_at_) return;
  over_ = true;
  for (Client& client : clients_) {
    if (client.asked) lose(client);
  }
}

/// What was asked is still answered and counted, but nobody waits in a queue any longer.
void Load::end_measuring() {
  over_ = true;
  give_up_at_ = now_ + patience;
  for (Client& client : clients_) {
    if (!client.asked || client.asked->wait == Duration::zero()) continue;
    client.shut = true;
    client.wire.shut_down();
  }
}

/// When the next request may be sent.
Moment Load::due() const {
  if (options_.rate <= 0 || phase_ != Phase::measure) return now_;
  const double seconds = static_cast<double>(tickets_) / options_.rate;
  return began_ + std::chrono::duration_cast<Duration>(std::chrono::duration<double>(seconds));
}

void Load::give_out() {
  while (!idle_.empty() && !over_) {
    const Moment at = due();
    if (at > now_) return;
    Client& client = *idle_.front();
    idle_.pop_front();
    if (std::optional<Ask> ask = ask_of(client)) send(client, *std::move(ask), at);
  }
}

std::optional<Ask> Load::ask_of(Client& client) {
  if (phase_ == Phase::prepare) return client.work.prepare();
  if (phase_ == Phase::measure) return client.work.next();
  return client.work.clean_up();
}

void Load::send(Client& client, Ask ask, Moment began) {
  const std::string_view request = text_.of(ask, static_cast<std::size_t>(&client - clients_.data()));
  bool sent = client.wire.open() && client.wire.send(request);
  if (!sent) sent = reconnect(client) && client.wire.send(request);  // It was closed while it was idle.
  ++tickets_;
  if (!sent) {
    if (phase_ == Phase::measure) ++report_.lost;
    return;  // And it asks for nothing more in this phase.
  }
  if (options_.kind == LoadKind::contend && ask.op == LoadOp::release) released_ = SteadyClock::now();
  client.asked = std::move(ask);
  client.began = began;
  ++under_way_;
}

/// When there is something to do even if nothing is answered.
Moment Load::next_look() const {
  if (over_ || phase_ != Phase::measure) return give_up_at_;
  Moment at = began_ + options_.time;
  if (!idle_.empty()) at = std::min(at, due());
  if (options_.progress) at = std::min(at, told_at_ + 1s);
  return at;
}

void Load::wait_for_events() {
  std::array<epoll_event, 256> events;
  const auto wait = std::max<Duration>(next_look() - SteadyClock::now(), Duration::zero());
  const timespec timeout{.tv_sec = wait / 1s, .tv_nsec = (wait % 1s).count()};
  const int count = ::epoll_pwait2(events_.get(), events.data(), static_cast<int>(events.size()), &timeout, nullptr);
  for (int i = 0; i < count; ++i) on_readable(*static_cast<Client*>(events[static_cast<std::size_t>(i)].data.ptr));
}

void Load::on_readable(Client& client) {
  const Wire::Got got = client.wire.receive();
  if (got == Wire::Got::nothing_yet) return;
  now_ = SteadyClock::now();
  if (got == Wire::Got::answer && client.asked) return answered(client);
  client.wire.close();
  if (!client.asked) return;  // Closed while idle: opened again when it is needed.
  if (!client.shut) return lose(client);
  client.asked.reset();
  --under_way_;
}

void Load::answered(Client& client) {
  const Ask ask = *std::exchange(client.asked, std::nullopt);
  const HttpAnswer& answer = client.wire.answer();
  --under_way_;
  ++answers_;
  last_answer_ = now_;
  if (phase_ != Phase::prepare) give_up_at_ = now_ + patience;
  record(ask, answer, now_ - client.began);
  client.work.answered(ask, answer.status, token_in(answer.body));
  if (answer.closes) client.wire.close();
  if (over_) return;
  // The busiest path: what may be asked at once is, without a turn through the queue of the idle.
  if (!idle_.empty() || due() > now_) return idle_.push_back(&client);
  if (std::optional<Ask> next = ask_of(client)) send(client, *std::move(next), due());
}

void Load::record(const Ask& ask, const HttpAnswer& answer, Duration latency) {
  const bool done = answer.status == 200;
  if (phase_ == Phase::prepare) {
    done ? void(++report_.prepared) : void(refused_ = ask.name);
    return;
  }
  if (phase_ == Phase::clean_up) {
    ++(done ? report_.cleaned_up : report_.left_behind);
    return;
  }
  OpReport& operation = report_.operations[ask.op];
  operation.latency.record(latency);
  if (done) {
    ++operation.done;
  } else {
    const std::string_view code = json_field(answer.body, "code");
    ++operation.refused[code.empty() ? fmt::format("http_{}", answer.status) : std::string(code)];
  }
  if (done && ask.op == LoadOp::acquire && released_) report_.hand_over.record(now_ - *std::exchange(released_, {}));
}

/// The answer to what `client` asked will not come. Whether it was carried out is not known.
void Load::lose(Client& client) {
  client.asked.reset();
  client.wire.close();
  --under_way_;
  if (phase_ == Phase::measure) ++report_.lost;
  if (!over_) idle_.push_back(&client);
}

}  // namespace

std::uint64_t LoadReport::requests() const {
  std::uint64_t sum = 0;
  for (const auto& [op, report] : operations) sum += report.latency.count();
  return sum;
}

std::uint64_t LoadReport::done() const {
  std::uint64_t sum = 0;
  for (const auto& [op, report] : operations) sum += report.done;
  return sum;
}

double LoadReport::rate() const {
  return static_cast<double>(requests()) / std::chrono::duration<double>(took).count();
}

Result<LoadReport> run_load(const LoadOptions& options) {
  HF_TRY(target, Target::look_up(options.server));
  return Load(options, std::move(target)).run();
}

}  // namespace holdfast::cli
