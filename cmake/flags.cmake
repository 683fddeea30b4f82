# How everything is compiled. Rooms link `holdfast_flags` and add nothing of their own.
set(CMAKE_CXX_STANDARD 23)
set(CMAKE_CXX_STANDARD_REQUIRED ON)
set(CMAKE_CXX_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)

add_library(holdfast_flags INTERFACE)
target_include_directories(holdfast_flags INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_compile_options(holdfast_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Wold-style-cast -Wno-missing-field-initializers $<$<CXX_COMPILER_ID:GNU>:-Wno-restrict>
  -fstack-protector-strong -fcf-protection)
target_compile_definitions(holdfast_flags INTERFACE _GLIBCXX_ASSERTIONS HOLDFAST_VERSION="${PROJECT_VERSION}"
  HOLDFAST_INJECTIONS=$<BOOL:${HOLDFAST_INJECTIONS}>)
if(HOLDFAST_SANITIZE)
  target_compile_options(holdfast_flags INTERFACE -fsanitize=${HOLDFAST_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(holdfast_flags INTERFACE -fsanitize=${HOLDFAST_SANITIZE})
  if(HOLDFAST_FUZZ)
    # Where an execution went, for libFuzzer. The program `holdfast` is built with it too, and takes no notice.
    target_compile_options(holdfast_flags INTERFACE -fsanitize=fuzzer-no-link)
  endif()
else()
  target_compile_definitions(holdfast_flags INTERFACE $<$<CONFIG:Release>:_FORTIFY_SOURCE=2>)
endif()
target_link_options(holdfast_flags INTERFACE -Wl,-z,relro,-z,now)
