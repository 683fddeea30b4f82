// Learns by trying what nobody wants to write down, and whether a description fits.
#pragma once

#include <string>

#include "verify/player.h"

namespace holdfast::verify {

/// Two clients acquire and release `name` in peace. It is free afterwards, or lapses.
///
/// Errors: unreachable; bad_description, with the answer that was not understood.
Result<Manner> probe(Target& target, const std::string& name, Duration ttl);

}  // namespace holdfast::verify
