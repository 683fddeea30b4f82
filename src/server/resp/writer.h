// Answers as bytes, in RESP2 or RESP3.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "script/value.h"

namespace holdfast::server::resp {

/// Appends to a buffer of the caller's, which outlives it.
class Writer {
 public:
  enum class Version { resp2 = 2, resp3 = 3 };
  Writer(std::string& out, Version version) : out_(out), version_(version) {}

  Version version() const { return version_; }
  /// Without line breaks: those become spaces.
  void status(std::string_view text);
  void error(std::string_view text);
  void integer(std::int64_t value);
  void text(std::string_view text);
  void null();
  void boolean(bool value);  ///< RESP2: 1 or 0.
  void real(double value);   ///< RESP2: text.
  void list(std::size_t count);
  void map(std::size_t pairs);   ///< RESP2: a list of twice as many.
  void push(std::size_t count);  ///< RESP2: a list.
  void verbatim(std::string_view text);
  /// As Redis shows a script's value: false and nil are null, a number loses its fraction.
  void value(const script::Value& value);

 private:
  std::string& out_;
  Version version_;
};

}  // namespace holdfast::server::resp
