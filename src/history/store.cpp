#include "history/store.h"

#include <fmt/format.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>

#include "base/check.h"
#include "history/assemble.h"

namespace holdfast::history {
namespace {

using namespace std::chrono_literals;
using Lock = std::unique_lock<std::mutex>;

/// How long the queue may gather before somebody looks at it: waking up for every batch would cost those who own.
constexpr auto gather = 10ms;
/// What is put off is taken in for want of room no more often than this: if more comes, the oldest is dropped.
constexpr Duration catch_up_every = 10s;
/// Not yet written. Beyond them the disk is too far behind, and what comes is missed.
constexpr std::size_t frozen_max = 3;
constexpr auto retry_after = 5s;  ///< A disk that failed.
constexpr auto look_at_age = 1min;
constexpr Duration tell_again_after = 10s;
constexpr int background_niceness = 5;
constexpr std::uint64_t free_bytes_min = std::uint64_t{256} << 20;  ///< Of the disk, left to the journal,
constexpr std::uint64_t free_part = 20;                             ///< or this part of it, if it is a small one.
constexpr std::string_view damaged_suffix = ".damaged";
constexpr std::string_view foreign_suffix = ".foreign";

/// What is written at once is a small part of all.
Options fitting(Options options) {
  const std::uint64_t all = options.folder ? options.bytes_max : options.memory_bytes_max;
  options.recent_bytes_max = std::min<std::uint64_t>(options.recent_bytes_max, std::max<std::uint64_t>(all / 16, 1));
  return options;
}

void work_in_background() {
  static_cast<void>(::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), background_niceness));
}

}  // namespace

Store::Store(Options options, Clock& clock)
    : options_(fitting(std::move(options))),
      clock_(clock),
      active_(std::make_unique<Recent>(options_.bounds, options_.recent_bytes_max)) {
  if (options_.folder) folder_.emplace(*options_.folder);
  taker_ = std::jthread([this](const std::stop_token& stop) { take_loop(stop); });
  if (folder_) writer_ = std::jthread([this](const std::stop_token& stop) { write_loop(stop); });
}

Store::~Store() {
  {
    const Lock lock(mutex_);
    stopping_ = true;
    changed_.notify_all();
  }
  // The threads hold the members they use: they end first.
  taker_ = {};
  writer_ = {};
}

void Store::tell(const std::string& text) const {
  if (options_.note) options_.note(text);
}

WallTime Store::keep_from() const {
  return clock_.wall() - std::chrono::duration_cast<std::chrono::microseconds>(options_.keep_for);
}

// What comes in.

void Store::replayed(const core::Effect& effect, core::Position position) {
  open();
  Lock lock(mutex_);
  freeze_if_full(lock);
  if (!core::of_snapshot(effect)) {
    if (position > taken_) add(position, effect);
    return;
  }
  if (position > taken_) {
    // The single effects have become a snapshot before the history had them.
    add_gap(position);
    snapshot_missed_ = true;
  }
  // Who holds now is still known.
  const auto* kept = std::get_if<core::Kept>(&effect);
  if (!kept || !snapshot_missed_) return;
  const auto part = std::ranges::find(kept->parts, false, &core::KeptPart::lapsed);
  if (part == kept->parts.end()) return;
  core::Granted grant{.name = kept->name, .who = {kept->owner, part->session}, .token = kept->token, .ttl = part->ttl};
  grant.holder = kept->holder;
  grant.note = kept->note;
  grant.since = kept->since;
  active_->add(position, grant);
}

void Store::durable(std::shared_ptr<const std::vector<core::Effect>> effects, core::Position first) {
  if (effects->empty()) return;
  const std::size_t count = effects->size();
  const core::Position last{first.value + count - 1};
  const std::lock_guard lock(queue_mutex_);
  offered_ = last;
  if (queued_ + count > options_.queue_max) {
    if (!queue_.empty() && !queue_.back().effects) {
      queue_.back().last = last;
    } else {
      queue_.push_back({first, last, nullptr});
    }
  } else {
    queue_.push_back({first, last, std::move(effects)});
    queued_ += count;
  }
  if (queue_.size() == 1) queue_changed_.notify_one();
}

void Store::add(core::Position position, const core::Effect& effect) {
  if (position.value > taken_.value + 1) add_gap({position.value - 1});
  active_->add(position, effect);
  taken_ = position;
}

void Store::add_gap(core::Position up_to) {
  active_->add_gap({taken_, up_to, clock_.wall()});
  counted_.missed += up_to.value - taken_.value;
  const Duration now = clock_.steady();
  if (!told_of_gap_ || now - *told_of_gap_ > tell_again_after) {
    tell(fmt::format("the history misses positions {} to {}, and says so where it is asked", taken_.value + 1,
                     up_to.value));
    told_of_gap_ = now;
  }
  taken_ = up_to;
}

void Store::freeze_if_full(Lock& lock) {
  if (active_->bytes() < options_.recent_bytes_max) return;
  if (active_->crowded()) {
    active_ = std::make_unique<Recent>(active_->thinned_out());
    if (active_->bytes() < options_.recent_bytes_max / 2) return;
  }
  // Meanwhile the queue fills; what does not fit there is missed, and that is known.
  if (folder_) changed_.wait(lock, [&] { return frozen_.size() < frozen_max || write_failed_ || stopping_; });
  if (active_->bytes() >= options_.recent_bytes_max) freeze();  // Else somebody else did meanwhile.
}

void Store::freeze() {
  if (active_->empty()) return;
  std::shared_ptr<const Recent> full =
      std::exchange(active_, std::make_unique<Recent>(options_.bounds, options_.recent_bytes_max));
  if (!folder_) {
    frozen_.push_back(std::move(full));
    while (memory_bytes() > options_.memory_bytes_max && frozen_.size() > 1) frozen_.pop_front();
    return;
  }
  if (frozen_.size() < frozen_max) {
    frozen_.push_back(std::move(full));
    idle_ = false;
    changed_.notify_all();
    return;
  }
  taken_ = {full->first().value - 1};
  add_gap(full->last());
}

void Store::take(Queued queued) {
  if (std::exchange(replaying_, false)) {
    open();
    catch_up_with_journal(queued.first);
  }
  if (!folder_ && queued.effects) return put_off(std::move(queued));
  Lock lock(mutex_);
  catch_up(lock);
  add_all(queued, lock);
}

void Store::add_all(const Queued& queued, Lock& lock) {
  if (!queued.effects) return add_gap(queued.last);
  core::Position position = queued.first;
  for (const core::Effect& effect : *queued.effects) {
    freeze_if_full(lock);
    add(position, effect);
    ++position.value;
  }
}

void Store::put_off(Queued queued) {
  for (const core::Effect& effect : *queued.effects) queued.bytes += sizeof(core::Effect) + core::size_estimate(effect);
  std::vector<Queued> dropped;  // Freed when the mutex is.
  Lock lock(mutex_);
  put_off_bytes_ += queued.bytes;
  put_off_.push_back(std::move(queued));
  if (memory_bytes() <= options_.memory_bytes_max) return;
  const Duration now = clock_.steady();
  if (!caught_up_ || now - *caught_up_ >= catch_up_every) {
    caught_up_ = now;
    return catch_up(lock);
  }
  while (memory_bytes() > options_.memory_bytes_max && put_off_.size() > 1) {
    if (!frozen_.empty()) {
      frozen_.pop_front();
    } else if (!active_->empty()) {
      active_ = std::make_unique<Recent>(options_.bounds, options_.recent_bytes_max);
    } else {
      taken_ = put_off_.front().last;  // No gap: it was there.
      put_off_bytes_ -= put_off_.front().bytes;
      dropped.push_back(std::move(put_off_.front()));
      put_off_.pop_front();
    }
  }
}

void Store::catch_up(Lock& lock) {
  for (; !put_off_.empty(); put_off_.pop_front()) {
    put_off_bytes_ -= put_off_.front().bytes;
    add_all(put_off_.front(), lock);
  }
}

core::Position Store::taken() const {
  return put_off_.empty() ? taken_ : put_off_.back().last;
}

std::size_t Store::memory_bytes() const {
  std::size_t bytes = active_->bytes() + put_off_bytes_;
  for (const auto& frozen : frozen_) bytes += frozen->bytes();
  return bytes;
}

/// Files that know of positions which the journal has yet to give out tell of what a restored backup has undone, or of
/// another data directory.
void Store::catch_up_with_journal(core::Position first) {
  std::vector<std::string> foreign;
  {
    const Lock lock(mutex_);
    if (first > taken_) return;
    while (!files_.empty() && files_.back()->about().last >= first) {
      foreign.push_back(files_.back()->name());
      files_.pop_back();
    }
    on_disk_ = files_.empty() ? core::Position{} : files_.back()->about().last;
    active_ = std::make_unique<Recent>(options_.bounds, options_.recent_bytes_max);
    taken_ = on_disk_;
  }
  for (const std::string& name : foreign) set_aside(name, "it tells of what the journal does not have", foreign_suffix);
}

void Store::take_loop(const std::stop_token& stop) {
  const std::stop_callback wake(stop, [this] {
    const std::lock_guard lock(queue_mutex_);
    queue_changed_.notify_all();
  });
  while (true) {
    std::deque<Queued> taken;
    {
      Lock lock(queue_mutex_);
      queue_changed_.wait(lock, [&] { return !queue_.empty() || stop.stop_requested(); });
      const auto now = [&] { return wanted_now_ || queued_ >= options_.queue_max / 4 || stop.stop_requested(); };
      queue_changed_.wait_for(lock, gather, now);
      if (stop.stop_requested()) return;
      taken.swap(queue_);
      queued_ = 0;
      wanted_now_ = false;
    }
    for (Queued& queued : taken) take(std::move(queued));
    const Lock lock(mutex_);
    changed_.notify_all();
  }
}

void Store::await_taken() {
  core::Position offered;
  {
    const std::lock_guard lock(queue_mutex_);
    offered = offered_;
    wanted_now_ = !queue_.empty();
    queue_changed_.notify_all();
  }
  Lock lock(mutex_);
  changed_.wait_for(lock, 2s, [&] { return taken() >= offered; });
}

// The files.

void Store::open() {
  if (std::exchange(opened_, true) || !folder_) return;
  const auto names = folder_->names();
  if (!names) return tell("the history cannot be read: " + names.error().text());
  std::vector<std::pair<Range, std::string>> found;
  for (const std::string& name : *names) {
    if (const auto range = range_in(name)) found.emplace_back(*range, name);
    if (name.ends_with(".tmp")) static_cast<void>(folder_->remove(name));
  }
  // The longer of two that begin together first: it has what the other one has.
  std::ranges::sort(found, {}, [](const auto& f) { return std::pair(f.first.first.value, ~f.first.last.value); });
  Files files;
  for (const auto& [range, name] : found) {
    const bool merged_already = !files.empty() && range.last <= files.back()->about().last;
    if (merged_already) {
      static_cast<void>(folder_->remove(name));
      continue;
    }
    auto file = File::open(*folder_, name);
    if (file) {
      files.push_back(*std::move(file));
    } else {
      set_aside(name, file.error().text(), damaged_suffix);
    }
  }
  const Lock lock(mutex_);
  files_ = std::move(files);
  if (!files_.empty()) taken_ = on_disk_ = files_.back()->about().last;
  idle_ = false;
  changed_.notify_all();
}

void Store::set_aside(const std::string& name, const std::string& why, std::string_view suffix) {
  const std::string to = name + std::string{suffix};
  const auto renamed = folder_->rename(name, to);
  tell(renamed ? fmt::format("a file of the history is set aside as {}: {}", folder_->where(to), why)
               : fmt::format("a file of the history cannot be used: {}", why));
}

void Store::write_loop(const std::stop_token& stop) {
  work_in_background();
  const std::stop_callback wake(stop, [this] {
    const Lock lock(mutex_);
    changed_.notify_all();
  });
  Lock lock(mutex_);
  while (!stop.stop_requested()) {
    const bool to_write = !frozen_.empty();
    lock.unlock();
    const bool failed = to_write && !write_oldest(stop);
    // One thing at a time, so that what waits in memory never waits for all of the tidying.
    const bool tidied = !failed && tidy_once(stop);
    lock.lock();
    write_failed_ = failed;
    if (failed || (frozen_.empty() && !tidied)) {
      idle_ = !failed;
      changed_.notify_all();
      const auto work = [&] { return stop.stop_requested() || (!failed && !idle_); };
      changed_.wait_for(lock, failed ? std::chrono::milliseconds(retry_after) : std::chrono::milliseconds(look_at_age),
                        work);
    }
  }
}

Result<void> Store::write_oldest(const std::stop_token& stop) {
  std::shared_ptr<const Recent> oldest;
  {
    const Lock lock(mutex_);
    oldest = frozen_.front();
  }
  const auto write = [&]() -> Result<std::shared_ptr<const File>> {
    if (!has_room(oldest->bytes())) {
      return fail(ErrorCode::history_io, "the disk is nearly full; what is left is the journal's");
    }
    HF_TRY(writer, FileWriter::begin(*folder_, oldest->first(), oldest->last()));
    Result<void> written;
    oldest->in_order([&](std::string_view name, std::string_view entries) {
      written = stop.stop_requested() ? fail(ErrorCode::stopping) : writer.add(name, entries);
      return written.has_value();
    });
    const About about{oldest->first(), oldest->last(), oldest->newest(), oldest->earliest_end(), oldest->gaps()};
    if (written) written = writer.finish(about);
    if (!written) {
      writer.give_up();
      return std::unexpected(written.error());
    }
    return File::open(*folder_, file_name(about.first, about.last));
  };
  auto file = write();
  const Lock lock(mutex_);
  if (!file) {
    ++counted_.failures;
    if (!write_failed_ && file.error().code != ErrorCode::stopping) {
      tell("the history could not be written, and stays in memory for now: " + file.error().text());
    }
    return std::unexpected(file.error());
  }
  on_disk_ = (*file)->about().last;
  files_.push_back(*std::move(file));
  frozen_.pop_front();
  changed_.notify_all();
  return {};
}

/// Whether `bytes` more may be written. The oldest files go for it, if need be (H4).
bool Store::has_room(std::uint64_t bytes) {
  while (true) {
    const Result<Folder::Space> space = options_.space ? options_.space() : folder_->space();
    if (!space) return true;  // The write itself will say.
    if (space->free >= bytes + std::min(free_bytes_min, space->all / free_part)) return true;
    std::string oldest;
    {
      const Lock lock(mutex_);
      if (files_.empty()) return false;
      oldest = files_.front()->name();
    }
    tell(fmt::format("the disk is nearly full: the oldest file of the history goes ({})", folder_->where(oldest)));
    replace(Plan{.begin = 0, .end = 1, .expiry = {}, .remove = true}, nullptr);
  }
}

std::optional<Plan> Store::next_plan() const {
  const Lock lock(mutex_);
  std::vector<Size> sizes;
  for (const auto& file : files_) {
    sizes.push_back({file->bytes(), file->about().newest, file->about().earliest_end, file->damaged()});
  }
  return plan(sizes, {options_.bytes_max, keep_from()});
}

bool Store::tidy_once(const std::stop_token& stop) {
  const std::optional<Plan> next = next_plan();
  if (!next || stop.stop_requested()) return false;
  if (next->remove) {
    replace(*next, nullptr);
    return true;
  }
  Files parts;
  std::uint64_t bytes = 0;
  {
    const Lock lock(mutex_);
    parts.assign(files_.begin() + static_cast<std::ptrdiff_t>(next->begin),
                 files_.begin() + static_cast<std::ptrdiff_t>(next->end));
  }
  for (const auto& file : parts) bytes += file->bytes();
  const Result<Folder::Space> space = options_.space ? options_.space() : folder_->space();
  if (space && space->free < bytes + std::min(free_bytes_min, space->all / free_part)) return false;
  for (const auto& file : parts) {
    if (!file->damaged()) continue;
    tell(fmt::format("{}; what can be read is kept, the file itself as {}{}", file->damage(),
                     folder_->where(file->name()), damaged_suffix));
    static_cast<void>(folder_->link(file->name(), file->name() + std::string{damaged_suffix}));
  }
  auto made = merge(*folder_, parts, options_.bounds, next->expiry, stop);
  if (!made) {
    if (made.error().code != ErrorCode::stopping) tell("files of the history stay apart: " + made.error().text());
    return false;
  }
  replace(*next, *std::move(made));
  return true;
}

void Store::replace(const Plan& plan, std::shared_ptr<const File> made) {
  Files old;
  {
    const Lock lock(mutex_);
    const auto begin = files_.begin() + static_cast<std::ptrdiff_t>(plan.begin);
    const auto end = files_.begin() + static_cast<std::ptrdiff_t>(plan.end);
    old.assign(begin, end);
    const auto at = files_.erase(begin, end);
    if (made) files_.insert(at, made);
    if (made) ++counted_.merges;
  }
  for (const auto& file : old) {
    if (made && file->name() == made->name()) continue;  // The new one has taken its name.
    if (auto removed = folder_->remove(file->name()); !removed) tell(removed.error().text());
  }
}

void Store::reach_disk(core::Position up_to, const std::stop_token& stop) {
  if (!folder_) return;
  await_taken();
  const std::stop_callback wake(stop, [this] {
    const Lock lock(mutex_);
    changed_.notify_all();
  });
  Lock lock(mutex_);
  if (on_disk_ >= up_to) return;
  if (!active_->empty() && active_->first() <= up_to) {
    changed_.wait(lock, [&] { return frozen_.size() < frozen_max || write_failed_ || stop.stop_requested(); });
    if (frozen_.size() < frozen_max) freeze();
  }
  changed_.wait(lock, [&] { return on_disk_ >= up_to || write_failed_ || stop.stop_requested(); });
}

void Store::flush() {
  await_taken();
  core::Position taken;
  {
    const Lock lock(mutex_);
    taken = taken_;
  }
  reach_disk(taken, {});
}

void Store::settle() {
  await_taken();
  Lock lock(mutex_);
  if (folder_) changed_.wait(lock, [&] { return frozen_.empty() && idle_; });
}

Figures Store::figures() const {
  const Lock lock(mutex_);
  Figures now = counted_;
  now.files = files_.size();
  for (const auto& file : files_) now.bytes += file->bytes();
  now.recent_bytes = memory_bytes();
  now.taken = taken();
  now.on_disk = on_disk_;
  return now;
}

}  // namespace holdfast::history
