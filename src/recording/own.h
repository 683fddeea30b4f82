// Holdfast's own form of a recording.
#pragma once

#include "recording/lines.h"
#include "recording/recording.h"

namespace holdfast::recording {

/// Errors: recording_damaged, recording_io.
Result<Recording> read_own(Lines& lines);

}  // namespace holdfast::recording
