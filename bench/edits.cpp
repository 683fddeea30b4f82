// Edits of a guarded text through the engine and the file journal, against the disk itself; and what its snapshot
// takes.
#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <stdexcept>

#include "bench/million.h"
#include "core/text_answer.h"
#include "engine/engine.h"
#include "journal/codec.h"
#include "journal/file/file_journal.h"
#include "journal/file/snapshot.h"
#include "tests/support/traces.h"

namespace holdfast::bench {
namespace {

using Steady = std::chrono::steady_clock;

constexpr std::size_t changes_of_edit = 16;
constexpr const char* name = "papers/crdt.md";

template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error(result.error().text());
  return *std::move(result);
}
void must(Result<void> result) {
  if (!result) throw std::runtime_error(result.error().text());
}

/// An engine on a journal, one step after the other, as the runner does where little is going on.
class Partition {
 public:
  explicit Partition(const std::filesystem::path& directory)
      : engine_(clock_, everybody_), journal_({.directory = directory}) {
    must(journal_.open({}));
    engine_.start();
  }
  ~Partition() { static_cast<void>(journal_.close()); }

  core::Reply ask(core::Command command) {
    std::vector<engine::Request> requests{{{1, ++asked_}, std::move(command)}};
    std::vector<core::Answer> leaving;
    engine_.submit(requests, leaving);
    while (engine_.pending()) {
      const engine::Batch batch = engine_.take_batch();
      must(journal_.append(batch.first, batch.effects));
      engine_.durable(batch.last(), leaving);
    }
    if (leaving.size() != 1 || leaving[0].reply.code != ErrorCode::none) throw std::runtime_error("refused");
    return std::move(leaving[0].reply);
  }
  std::uint64_t journal_bytes() const { return journal_.counters().bytes; }
  std::uint64_t commits() const { return journal_.counters().syncs; }
  const core::State& state() const { return engine_.state(); }

 private:
  SystemClock clock_;
  Everybody everybody_;
  engine::Engine engine_;
  journal::FileJournal journal_;
  std::uint64_t asked_ = 0;
};

/// A file that is written and synced as the journal's is, with frames of the same length.
class BareFile {
 public:
  BareFile(const std::filesystem::path& path, std::uint64_t bytes) : path_(path) {
    file_ = Fd(::open(path_.c_str(), O_CREAT | O_TRUNC | O_RDWR | O_CLOEXEC, 0600));
    must(journal::file::write_zeros(file_, 0, bytes, path_));
    must(journal::file::sync_data(file_, path_));
  }
  ~BareFile() { ::unlink(path_.c_str()); }
  void commit(std::size_t bytes) {
    frame_.resize(bytes, 'x');
    must(journal::file::write_at(file_, frame_, at_, path_));
    must(journal::file::sync_data(file_, path_));
    at_ += bytes;
  }

 private:
  std::string path_;
  Fd file_;
  std::string frame_;
  std::uint64_t at_ = 0;
};

void measure_edits(Run& run) {
  const auto trace = support::read_trace(support::trace_names[0]);
  if (!trace) {
    Run::say(fmt::format("there is no {}: left out", support::trace_file(support::trace_names[0]).string()));
    return;
  }
  const core::Who who{"alice", "s"};
  std::vector<double> edits, syncs, share, bytes, logged;
  for (int round = 0; round < std::min(run.rounds, 2); ++round) {
    const std::filesystem::path directory = run.scratch / fmt::format("edits-{}", round);
    Partition partition(directory);
    BareFile bare(run.scratch / "bare", std::uint64_t{32} << 20);
    const auto file = std::make_shared<const text::TextFile>(must(text::read_file(trace->start)));
    partition.ask(core::CreateBuffer{name, who, file});
    const core::Token token = partition.ask(core::Acquire{.name = name, .who = who, .ttl = core::forever}).lease.token;
    Steady::duration of_edits{}, of_syncs{};
    std::size_t count = 0;
    const std::uint64_t began_bytes = partition.journal_bytes();
    std::uint64_t last_bytes = began_bytes;
    // By turns, an edit and a bare commit as long as the edit's, so that both meet the same disk.
    for (std::size_t at = 0; at < trace->changes.size(); at += changes_of_edit) {
      const std::size_t end = std::min(at + changes_of_edit, trace->changes.size());
      core::Edit edit{.name = name, .token = token, .who = who, .base = at, .seq = at + 1};
      edit.changes.assign(trace->changes.begin() + static_cast<std::ptrdiff_t>(at),
                          trace->changes.begin() + static_cast<std::ptrdiff_t>(end));
      const Steady::time_point began = Steady::now();
      partition.ask(std::move(edit));
      const Steady::time_point ended = Steady::now();
      of_edits += ended - began;
      const std::uint64_t now_bytes = partition.journal_bytes();
      bare.commit(static_cast<std::size_t>(now_bytes - last_bytes));
      last_bytes = now_bytes;
      of_syncs += Steady::now() - ended;
      ++count;
    }
    const core::Buffer& buffer = *partition.state().buffers().find(name);
    if (buffer.log().text().utf8() != trace->end) throw std::runtime_error("it is not the text that was typed");
    const double changes = static_cast<double>(trace->changes.size());
    const auto typed = static_cast<double>(trace->typed_bytes);
    std::string folded;
    partition.state().keep([&](const core::Effect& effect) { journal::encode(effect, folded); });
    edits.push_back(us(of_edits) / static_cast<double>(count));
    syncs.push_back(us(of_syncs) / static_cast<double>(count));
    share.push_back(edits.back() / syncs.back());
    bytes.push_back((static_cast<double>(folded.size()) - typed) / changes);
    logged.push_back((static_cast<double>(last_bytes - began_bytes) - typed) / changes);
    Run::say(fmt::format("round {}: {} edits of {}, {:.0f} us each; a bare commit {:.0f} us; {} bytes folded",
                         round + 1, count, changes_of_edit, edits.back(), syncs.back(), folded.size()));
  }
  const auto add = [&](std::string what, std::string unit, std::vector<double> rounds, double bound = 0) {
    run.figures.add({.part = "edits",
                     .what = std::move(what),
                     .unit = std::move(unit),
                     .must = bound > 0 ? Must::be_at_most : Must::be_told,
                     .bound = bound,
                     .rounds = std::move(rounds)});
  };
  add("one write and fdatasync, mean", "µs", std::move(syncs));
  add("an edit of 16 changes, decided and durable, mean", "µs", std::move(edits));
  add("that, as a multiple of the bare commits by turns with it", "", std::move(share), 1.4);
  add("journal beyond what was typed, a change", "bytes", std::move(logged));
  add("the same once it is folded", "bytes", std::move(bytes), 8);
}

}  // namespace

const Part edits_part{"edits", "edits of a guarded text, durable, through the engine", measure_edits};

}  // namespace holdfast::bench
