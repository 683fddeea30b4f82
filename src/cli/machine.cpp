#include "cli/machine.h"

#include "cli/segment_frames.h"
#if HOLDFAST_INJECTIONS
#include "engine/faulty/faulty_engine.h"
#include "engine/faulty/faulty_journal.h"
#endif

namespace holdfast::cli {

Result<simulate::Machine> make_machine(const std::vector<std::string>& injections) {
  simulate::Machine machine;
  machine.frames = &segment_frames();
  machine.engine = [](Clock& clock, const core::Presence& presence, core::Limits limits, engine::Bounds bounds) {
    return std::make_unique<engine::Engine>(clock, presence, limits, bounds);
  };
  if (injections.empty()) return machine;
#if HOLDFAST_INJECTIONS
  std::vector<engine::Injection> faults;
  for (const std::string& text : injections) {
    HF_TRY(fault, engine::Injection::parse(text));
    faults.push_back(fault);
  }
  machine.engine = [faults](Clock& clock, const core::Presence& presence, core::Limits limits, engine::Bounds bounds) {
    return std::make_unique<engine::FaultyEngine>(faults, clock, presence, limits, bounds);
  };
  machine.around_journal = [faults](std::unique_ptr<journal::Journal> sound) {
    return engine::with_faults(faults, std::move(sound));
  };
  return machine;
#else
  return fail(ErrorCode::bad_configuration, "this build has no injected faults");
#endif
}

}  // namespace holdfast::cli
