// Who takes part in a world, under which names.
#pragma once

#include <string>
#include <vector>

#include "core/types.h"
#include "simulate/plan.h"

namespace holdfast::simulate {

/// Clients by their number, an operator behind them, and the names of what they want.
class Cast {
 public:
  explicit Cast(const Options& options);

  std::uint32_t operator_index() const { return static_cast<std::uint32_t>(who_.size() - 1); }
  std::size_t clients() const { return who_.size(); }
  std::size_t names() const { return names_.size(); }
  const core::Who& who(recording::Index client) const { return who_[client]; }
  const std::string& name(recording::Index name) const { return names_[name]; }
  /// `nobody` where there is none.
  recording::Index client_of(const std::string& owner, const std::string& session) const;
  recording::Index name_of(std::string_view name) const;

 private:
  std::vector<core::Who> who_;
  std::vector<std::string> names_;
};

}  // namespace holdfast::simulate
