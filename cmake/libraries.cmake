# Everything that comes from Debian's packages, under one name each. docs/decisions/ says why each one.
find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(CLI11 REQUIRED)
find_package(prometheus-cpp REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(prometheus_cpp_pc QUIET prometheus-cpp-core)  # For its version, which its CMake files do not say.
pkg_check_modules(utf8proc_pc REQUIRED IMPORTED_TARGET libutf8proc)
pkg_check_modules(tomlplusplus_pc REQUIRED IMPORTED_TARGET tomlplusplus)

add_library(boost_json ALIAS Boost::json)
add_library(utf8proc ALIAS PkgConfig::utf8proc_pc)
add_library(tomlplusplus ALIAS PkgConfig::tomlplusplus_pc)
add_library(cli11 ALIAS CLI11::CLI11)

# Asio and Beast are headers, and slow to compile: few files include them.
add_library(boost_asio INTERFACE)
target_link_libraries(boost_asio INTERFACE Boost::headers Threads::Threads)
target_compile_definitions(boost_asio INTERFACE BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_HAS_STD_INVOKE_RESULT)

# In place of the C library's malloc. Sanitizers bring their own.
add_library(allocator INTERFACE)
set(HOLDFAST_ALLOCATOR "the C library's")
if(NOT HOLDFAST_SANITIZE)
  find_package(mimalloc REQUIRED)
  set(HOLDFAST_ALLOCATOR "mimalloc ${mimalloc_VERSION}")
  target_link_libraries(allocator INTERFACE -Wl,--no-as-needed mimalloc -Wl,--as-needed)
endif()

if(HOLDFAST_TESTS OR HOLDFAST_FUZZ)
  find_package(rapidcheck REQUIRED)
endif()
if(HOLDFAST_TESTS)
  find_package(GTest REQUIRED)
  find_package(benchmark REQUIRED)
  find_package(ZLIB REQUIRED)  # Some of what tests read is packed.
endif()
