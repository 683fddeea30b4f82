// The file journal's own bytes for a simulated disk: its frames, its checksums, and what it makes of a torn end.
#pragma once

#include "simulate/frames.h"

namespace holdfast::cli {

/// Of one segment, which goes on for ever.
const simulate::Frames& segment_frames();

}  // namespace holdfast::cli
