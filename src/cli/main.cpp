#include "cli/verbs.h"

int main(int argc, char** argv) {
  return holdfast::cli::main_with(holdfast::cli::Words(argv + (argc > 0 ? 1 : 0), argv + argc));
}
