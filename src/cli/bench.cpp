#include "cli/verbs.h"
namespace holdfast::cli {
const Verb bench_verb{.name = "bench", .usage = {}, .summary = "Measure a server.", .examples = {}};
}
