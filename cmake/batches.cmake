# Several files compiled as one, which reads their headers and makes their templates once: for builds that are made from
# nothing and thrown away. Whoever changes a line and builds again is better off without. docs/decisions/ says more.
set(HOLDFAST_BATCHES "none" CACHE STRING "What is compiled in batches: none, tests, or all")
set(batch_files 8)

# holdfast_batched(TARGET tests|rooms)
function(holdfast_batched TARGET KIND)
  if(HOLDFAST_BATCHES STREQUAL "all" OR (HOLDFAST_BATCHES STREQUAL "tests" AND KIND STREQUAL "tests"))
    set(launcher ${CMAKE_SOURCE_DIR}/tools/compile-batch ${CMAKE_CXX_COMPILER_LAUNCHER})
    set_target_properties(${TARGET} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE ${batch_files}
      CXX_COMPILER_LAUNCHER "${launcher}")
  endif()
endfunction()
