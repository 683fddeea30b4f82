// The manual pages, made of what the verbs declare: one for holdfast, one for each verb.
#pragma once

#include <string>
#include <vector>

#include "cli/verbs.h"

namespace holdfast::cli {

/// A page in troff, section 1.
struct ManualPage {
  std::string file;  ///< "holdfast-acquire.1"
  std::string text;
};

/// All of them, holdfast.1 first. Hidden verbs have none, nor have those that are only planned.
std::vector<ManualPage> manual_pages();

}  // namespace holdfast::cli
