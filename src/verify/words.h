// Recordings in words that a person reads.
#pragma once

#include <string>
#include <string_view>

#include "recording/recording.h"

namespace holdfast::verify {

/// Fit for a terminal or a page of text: control characters, which others may have put into a name, come as \x1b and
/// the like.
std::string printable(std::string_view text);

/// "1.204 s"; with a `step` below a millisecond "1.204318 s". `never` is "the end".
std::string told_moment(recording::Nanos at, recording::Nanos step = 1'000'000);

/// "412 us", "12.4 ms", "1.20 s", "3 min 20 s".
std::string told_span(recording::Nanos span);

/// "c3", or "somebody" for nobody.
std::string told_client(const recording::Recording& recording, recording::Index client);

/// "acquire job for 2.00 s", "release job, token 7".
std::string told_call(const recording::Recording& recording, const recording::Operation& operation);

/// "granted, token 7", "busy: held by c5, token 6", "no answer".
std::string told_answer(const recording::Recording& recording, const recording::Operation& operation);

/// `acquire`, `renew`, ...
std::string_view word(recording::What what);
/// `ok`, `busy`, ...
std::string_view word(recording::Outcome outcome);

}  // namespace holdfast::verify
