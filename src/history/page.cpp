// How the store is asked.
#include <algorithm>
#include <iterator>

#include "history/assemble.h"
#include "history/store.h"

namespace holdfast::history {
namespace {

constexpr std::size_t names_max = 1'000;           ///< That one page looks at.
constexpr std::size_t entries_max = 20'000;        ///< That one page looks at, about.
constexpr std::size_t page_bytes_max = 256 << 10;  ///< Of its holdings, about.

/// Whether `name` is `prefix` or lies below it: prefixes match whole segments.
bool lies_below(std::string_view name, std::string_view prefix) {
  return prefix.empty() || name == prefix ||
         (name.size() > prefix.size() && name.starts_with(prefix) && name[prefix.size()] == '/');
}

std::size_t bytes_of(const Holding& holding) {
  std::size_t bytes = 200 + holding.name.size() + holding.note.size() + holding.reason.size() +
                      holding.began_reason.size() + holding.who.owner.size() + holding.who.session.size();
  for (const Step& step : holding.steps) bytes += 120 + step.text.size() + step.who.owner.size();
  return bytes;
}

/// Where a list by `query` begins to look.
std::string first_name(const Query& query) {
  std::string from = query.prefix;
  if (!query.after_name.empty()) {
    std::string behind = query.after_name;
    if (query.after_token == 0) behind += '\0';  // The next there is.
    from = std::max(from, behind);
  }
  // Between the prefix itself and what lies below it stand names like `deploy-2`, perhaps many.
  if (!query.prefix.empty() && from > query.prefix && from < query.prefix + '/') from = query.prefix + '/';
  return from;
}

}  // namespace

bool Store::wanted(const Holding& holding, const Query& query) const {
  if (!query.owner.empty() && holding.who.owner != query.owner) return false;
  if (query.to && holding.since && *holding.since > *query.to) return false;
  return !query.from || !holding.until || *holding.until >= *query.from;
}

std::vector<Holding> Store::holdings(std::vector<Entry> entries, const std::vector<Gap>& gaps) const {
  trim(entries, options_.bounds, {keep_from()});
  std::vector<Holding> found = assemble(entries);
  doubt(found, gaps);
  return found;
}

Store::View Store::view(const Query& query, const std::string& from) {
  View view;
  std::unique_lock lock(mutex_);
  catch_up(lock);
  view.files = files_;
  view.frozen.assign(frozen_.begin(), frozen_.end());
  if (query.name.empty()) {
    view.active_list = active_->list(from, names_max + 1);
  } else {
    view.active = active_->entries(query.name);
  }
  view.taken = taken_;
  view.gaps = gaps_of(view.files);
  for (const auto& frozen : view.frozen) {
    view.gaps.insert(view.gaps.end(), frozen->gaps().begin(), frozen->gaps().end());
  }
  view.gaps.insert(view.gaps.end(), active_->gaps().begin(), active_->gaps().end());
  const WallTime keep = keep_from();
  std::erase_if(view.gaps, [&](const Gap& gap) { return gap.noticed < keep; });
  return view;
}

Page Store::page(const Query& query) {
  await_taken();
  const std::string from = first_name(query);
  while (true) {
    const View now = view(query, from);
    const auto damaged = [&] {
      return std::ranges::count_if(now.files, [](const auto& file) { return file->damaged(); });
    };
    const auto before = damaged();
    Page page = query.name.empty() ? page_of_names(query, from, now) : page_of_name(query, now);
    if (damaged() != before) continue;  // What was just found out is a gap (H2), and makes doubtful what was read.
    page.gaps.insert(page.gaps.begin(), now.gaps.begin(), now.gaps.end());
    page.position = now.taken;
    page.memory_only = memory_only();
    return page;
  }
}

Page Store::page_of_name(const Query& query, const View& view) const {
  std::vector<Entry> entries;
  bool unreadable = false;
  const auto add = [&](std::string_view bytes) { unreadable |= !decode(bytes, entries); };
  for (const auto& file : view.files) add(file->entries(query.name));
  for (const auto& frozen : view.frozen) add(frozen->entries(query.name));
  add(view.active);

  Page page;
  if (unreadable)
    page.gaps.push_back({{}, view.taken, clock_.wall()});  // A newer version wrote what this one cannot read.
  std::vector<Holding> all = holdings(std::move(entries), view.gaps);
  std::size_t bytes = 0;
  for (auto holding = all.rbegin(); holding != all.rend(); ++holding) {
    const bool behind = query.after_token == 0 || holding->token.value < query.after_token;
    if (!behind || !wanted(*holding, query)) continue;
    if (page.holdings.size() == query.limit || bytes > page_bytes_max) {
      page.more = true;
      page.next_name = query.name;
      page.next_token = page.holdings.back().token.value;
      break;
    }
    bytes += bytes_of(*holding);
    page.holdings.push_back(std::move(*holding));
  }
  return page;
}

Page Store::page_of_names(const Query& query, const std::string& from, const View& view) const {
  std::vector<std::unique_ptr<Cursor>> cursors;
  for (const auto& file : view.files) cursors.push_back(file->cursor(from));
  for (const auto& frozen : view.frozen)
    cursors.push_back(std::make_unique<ListCursor>(frozen->list(from, names_max + 1)));
  cursors.push_back(std::make_unique<ListCursor>(view.active_list));

  Page page;
  const auto stop_behind = [&](std::string_view name, std::uint64_t token) {
    page.more = true;
    page.next_name = name;
    page.next_token = token;
  };
  std::size_t looked = 0, entries_seen = 0, bytes = 0;
  std::string before;
  Merged all(std::move(cursors));
  for (; all.valid(); all.next()) {
    const std::string_view name = all.name();
    if (!query.prefix.empty() && !name.starts_with(query.prefix)) break;
    if (looked == names_max || entries_seen > entries_max) {
      stop_behind(before, 0);
      break;
    }
    ++looked;
    before = name;
    if (!lies_below(name, query.prefix)) continue;
    std::vector<Entry> entries = all.entries();
    entries_seen += entries.size();
    std::vector<Holding> found = holdings(std::move(entries), view.gaps);
    for (auto holding = found.rbegin(); holding != found.rend(); ++holding) {
      const bool shown =
          name == query.after_name && query.after_token != 0 && holding->token.value >= query.after_token;
      if (shown || !wanted(*holding, query)) continue;
      if (page.holdings.size() == query.limit || bytes > page_bytes_max) {
        const Holding& last = page.holdings.back();
        stop_behind(last.name, last.token.value);
        break;
      }
      bytes += bytes_of(*holding);
      page.holdings.push_back(std::move(*holding));
    }
    if (page.more) break;
  }
  if (all.unreadable > 0) page.gaps.push_back({{}, view.taken, clock_.wall()});
  return page;
}

}  // namespace holdfast::history
