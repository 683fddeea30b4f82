# The console's built files, in the program: console/dist as it is, each file also as it was compressed. g++ 12 has no
# #embed; the assembler's .incbin takes no time, and reads nothing into the compiler.
#
# Where there is no console/dist (nobody has run tools/build-console, and this is no release archive) the table is empty, and
# the server says at / what is missing.
set(HOLDFAST_CONSOLE "${CMAKE_SOURCE_DIR}/console/dist" CACHE PATH "The built console, to be put into the program")

function(holdfast_console_assets)
  file(GLOB index CONFIGURE_DEPENDS RELATIVE ${HOLDFAST_CONSOLE} ${HOLDFAST_CONSOLE}/index.html)
  file(GLOB assets CONFIGURE_DEPENDS RELATIVE ${HOLDFAST_CONSOLE} ${HOLDFAST_CONSOLE}/assets/*)
  set(files)
  if(index)
    set(files ${index} ${assets})
  else()
    message(STATUS "The console is not built, so the program is made without it: tools/build-console builds it.")
  endif()
  set(blobs "// Written by cmake/console.cmake.\n.section .rodata\n")
  set(names "// Written by cmake/console.cmake.\n#include \"server/console/embedded.h\"\n\n")
  set(rows "")
  set(depends)
  set(number 0)
  foreach(file IN LISTS files)
    string(APPEND blobs ".global hf_console_${number}_begin, hf_console_${number}_end\n"
      "hf_console_${number}_begin:\n.incbin \"${HOLDFAST_CONSOLE}/${file}\"\nhf_console_${number}_end:\n.byte 0\n")
    string(APPEND names "extern \"C\" const char hf_console_${number}_begin[], hf_console_${number}_end[];\n")
    string(APPEND rows "    {\"/${file}\", {hf_console_${number}_begin, hf_console_${number}_end}},\n")
    list(APPEND depends ${HOLDFAST_CONSOLE}/${file})
    math(EXPR number "${number} + 1")
  endforeach()
  string(APPEND blobs ".section .note.GNU-stack,\"\",@progbits\n")
  string(APPEND names "\nnamespace holdfast::server::console {\n\nstd::vector<EmbeddedFile> embedded_files() {\n  return {\n${rows}  };\n}\n\n"
    "}  // namespace holdfast::server::console\n")
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/console/files.S CONTENT "${blobs}" @ONLY)
  file(CONFIGURE OUTPUT ${CMAKE_BINARY_DIR}/console/table.cpp CONTENT "${names}" @ONLY)
  add_library(hf_console_assets STATIC ${CMAKE_BINARY_DIR}/console/files.S ${CMAKE_BINARY_DIR}/console/table.cpp)
  target_include_directories(hf_console_assets PRIVATE ${CMAKE_SOURCE_DIR}/src)
  set_source_files_properties(${CMAKE_BINARY_DIR}/console/files.S PROPERTIES OBJECT_DEPENDS "${depends}")
endfunction()
