// A picture in characters, and as SVG.
#pragma once

#include <string>

#include "recording/recording.h"
#include "verify/picture.h"

namespace holdfast::verify {

/// A line for each client: '-' a call under way, '=' it believes that it owns the name, '!' so does another one.
std::string drawn_in_text(const recording::Recording& recording, const Picture& picture, std::size_t columns);

/// The calls that a violation consists of, one a line with their times and answers, ready to read aloud.
std::string told_in_order(const recording::Recording& recording, const Picture& picture);

/// An <svg> element, styled by the classes of the page around it.
std::string drawn_in_svg(const recording::Recording& recording, const Picture& picture);

/// `text` fit for HTML, in elements and attributes.
std::string escaped(std::string_view text);

}  // namespace holdfast::verify
