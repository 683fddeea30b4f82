// What a lock may do, step by step, for the search: the kinds of recording.h, with and without tokens and leases.
//
// Written apart from the sweep, and from the rules of the server.
#pragma once

#include <compare>
#include <vector>

#include "verify/wgl.h"

namespace holdfast::verify {

class LockModel {
 public:
  /// One session's part of what is held.
  struct Part {
    recording::Index session = recording::nobody;
    std::uint64_t token = 0;
    recording::Nanos lapses = recording::never;  ///< Not before.
    recording::Nanos since = 0;                  ///< The latest call that prolonged it.
    bool shared = false;
    auto operator<=>(const Part&) const = default;
  };

  struct State {
    std::uint64_t newest = 0;  ///< The greatest token that was ever given.
    std::uint64_t last = 0;    ///< The token of the newest holding, which may be over.
    std::uint64_t before = 0;  ///< And of the one before that. 0: nobody knows.
    std::vector<Part> parts;   ///< Sorted. Empty: free.
    std::vector<Part> gone;    ///< Whose lease lapsed and may be renewed late, or was the last to be released.
    bool renewable = false;    ///< `gone` may be renewed.
    auto operator<=>(const State&) const = default;
  };

  LockModel(const recording::Recording& recording, std::span<const Position> operations);

  std::vector<State> initial() const;
  void step(const State& state, Position position, recording::Nanos now, std::vector<State>& next) const;
  void by_itself(const State& state, recording::Nanos now, std::vector<State>& next) const;
  bool looks_only(Position position) const;
  bool must(Position position) const;
  bool says_nothing(Position position) const;

 private:
  using Operation = recording::Operation;

  void granted(const State& state, const Operation& operation, std::vector<State>& next) const;
  void maybe_granted(const State& state, const Operation& operation, std::vector<State>& next) const;
  void renewed(const State& state, const Operation& operation, std::vector<State>& next) const;
  void released(const State& state, const Operation& operation, bool known, std::vector<State>& next) const;
  void revoked(const State& state, const Operation& operation, std::vector<State>& next) const;
  bool refused(const State& state, const Operation& operation) const;
  bool stale(const State& state, const Operation& operation) const;
  bool seen(const State& state, const Operation& operation) const;

  bool fits(const State& state, const Part& part) const;
  bool follows(const State& state, const Operation& operation) const;
  void prolong(Part& part, const Operation& operation) const;
  bool shows(const State& state, const Operation& operation) const;
  const std::string& owner(recording::Index client) const;
  bool never_held(const Operation& operation) const;
  bool means(const Part& part, const Operation& operation) const;
  State begun(const State& state, Part part, bool instead) const;

  const recording::Recording& recording_;
  const recording::Lock& lock_;
  std::span<const Position> operations_;
  bool tokens_ = false;                ///< All grants show one.
  std::vector<Position> first_grant_;  ///< Of each client.
  std::vector<std::uint64_t> seen_;    ///< All tokens that are seen, in order.
  std::uint64_t least_granted_ = 0;
  std::vector<std::uint64_t> shared_tokens_;  ///< Of holdings that several sessions had part in.
};

}  // namespace holdfast::verify
