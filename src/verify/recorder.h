// Takes down what several threads see, on one clock.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "recording/recording.h"

namespace holdfast::verify {

/// Thread-safe.
class Recorder {
 public:
  explicit Recorder(recording::Lock lock);

  recording::Nanos now() const { return (std::chrono::steady_clock::now() - begin_).count(); }

  recording::Index add_client(const std::string& name);
  recording::Index add_name(const std::string& name);
  std::string name_of(recording::Index name) const;
  /// Nobody, where no client is called so.
  recording::Index client_called(const std::string& name) const;

  /// Gives the operation a call number of its own.
  void add(recording::Operation operation);
  void add(recording::Fault fault);
  /// Nothing is noted of names that are not in the recording.
  void add_sighting(recording::Sighting sighting, const std::string& name);

  std::size_t operations() const;
  /// The recording so far, in order.
  recording::Recording take(std::string about);

 private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  mutable std::mutex mutex_;
  recording::Recording recording_;
  std::map<std::string, recording::Index> clients_, names_;
};

}  // namespace holdfast::verify
