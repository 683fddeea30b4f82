// The figures of a run: what was measured in each round, and what it must be.
#pragma once

#include <boost/json/value.hpp>
#include <optional>
#include <string>
#include <vector>

namespace holdfast::bench {

enum class Must { be_told, be_at_least, be_at_most };  ///< `be_told`: there is no bound, it is for comparison.

struct Figure {
  std::string part;  ///< Of the program: `durable`.
  std::string what;  ///< A few words: "acquire, 1 client, median".
  std::string unit;  ///< Behind the number: "us".
  Must must = Must::be_told;
  double bound = 0;
  std::vector<double> rounds;
  std::string note{};  ///< Where the bound comes from, if that is not plain.

  double median() const;
  std::optional<bool> met() const;  ///< None where there is no bound.
};

/// What was measured on, and when.
struct Machine {
  std::string cpu;
  unsigned cores = 0;
  std::string kernel;
  std::string file_system;  ///< Of the directory that was written to: type and device.
  std::string time;         ///< UTC.
  std::string commit;
};
Machine this_machine(const std::string& directory, const std::string& commit);

/// In the order in which they are added.
class Figures {
 public:
  void add(Figure figure) { all_.push_back(std::move(figure)); }
  const std::vector<Figure>& all() const { return all_; }
  std::size_t missed() const;
  /// A table for a page, which reads well on a terminal too.
  std::string markdown(const Machine& machine) const;
  boost::json::value json(const Machine& machine) const;

 private:
  std::vector<Figure> all_;
};

/// Three digits that matter, and no exponent: 8.93, 89.3, 893, 12300.
std::string told(double value);

}  // namespace holdfast::bench
