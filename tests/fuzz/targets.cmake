# holdfast_fuzz_targets(PROGRAM): adds every target, found and never listed.
function(holdfast_fuzz_targets PROGRAM)
  file(GLOB targets CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/tests/fuzz/targets/*.cpp)
  target_sources(${PROGRAM} PRIVATE ${targets})
  target_compile_definitions(${PROGRAM} PRIVATE HOLDFAST_FUZZ_SEEDS="${CMAKE_SOURCE_DIR}/tests/fuzz/seeds")
endfunction()
