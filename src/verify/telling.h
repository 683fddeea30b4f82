// Sentences about what clients saw.
#pragma once

#include <string>

#include "recording/recording.h"
#include "verify/judgement.h"
#include "verify/words.h"

namespace holdfast::verify {

/// Seconds: "1.204 s".
std::string told(recording::Nanos at);
std::string name_of(const recording::Recording& recording, recording::Index name);
/// " under token 7", or nothing.
std::string under(std::uint64_t token);
/// "c3 held job under token 7 from 1.204 s to 1.950 s".
std::string held(const recording::Recording& recording, recording::Index name, const Ownership& ownership);
/// "c5 was told 'granted' at 1.410 s", by its outcome.
std::string answered(const recording::Recording& recording, const recording::Operation& operation);

}  // namespace holdfast::verify
