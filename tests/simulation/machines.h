// Servers to simulate: the sound one, and those with something injected.
#pragma once

#include <string_view>

#include "cli/segment_frames.h"
#include "engine/faulty/faulty_engine.h"
#include "engine/faulty/faulty_journal.h"
#include "simulate/world.h"

namespace holdfast::simulate {

inline Machine sound_machine() {
  Machine machine;
  machine.engine = [](Clock& clock, const core::Presence& presence, core::Limits limits, engine::Bounds bounds) {
    return std::make_unique<engine::Engine>(clock, presence, limits, bounds);
  };
  machine.frames = &cli::segment_frames();
  return machine;
}

inline Machine machine_with(std::string_view injection) {
  const std::vector<engine::Injection> injections{engine::Injection::parse(injection).value()};
  Machine machine = sound_machine();
  machine.engine = [=](Clock& clock, const core::Presence& presence, core::Limits limits, engine::Bounds bounds) {
    return std::make_unique<engine::FaultyEngine>(injections, clock, presence, limits, bounds);
  };
  machine.around_journal = [=](std::unique_ptr<journal::Journal> sound) {
    return engine::with_faults(injections, std::move(sound));
  };
  return machine;
}

}  // namespace holdfast::simulate
