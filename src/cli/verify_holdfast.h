// A Holdfast server as something to verify: over HTTP, as any client sees it.
#pragma once

#include <memory>

#include "client/url.h"
#include "verify/target.h"

namespace holdfast::cli {

/// What Holdfast promises, however it is asked.
verify::Traits holdfast_traits();

/// `about`: what it is called in the recording; the address where it is empty.
std::unique_ptr<verify::Target> make_holdfast_target(const client::Url& server, std::string about = {});

}  // namespace holdfast::cli
