# The client as other programs get it: cmake --install, then find_package(Holdfast) and Holdfast::client.
#
# One archive of the rooms that it is made of. What they use besides comes from the system, and is found by the package.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

add_library(holdfast_client STATIC $<TARGET_OBJECTS:hf_base> $<TARGET_OBJECTS:hf_client>)
set_target_properties(holdfast_client PROPERTIES EXPORT_NAME client LINKER_LANGUAGE CXX)
target_compile_features(holdfast_client INTERFACE cxx_std_20)
target_include_directories(holdfast_client INTERFACE $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
target_link_libraries(holdfast_client PRIVATE Boost::json fmt::fmt Threads::Threads)

set(package_dir ${CMAKE_INSTALL_LIBDIR}/cmake/Holdfast)
install(TARGETS holdfast_client EXPORT HoldfastTargets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR} COMPONENT client)
install(DIRECTORY src/client/public/holdfast DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT client)
install(EXPORT HoldfastTargets NAMESPACE Holdfast:: DESTINATION ${package_dir} COMPONENT client)
configure_package_config_file(cmake/HoldfastConfig.cmake.in HoldfastConfig.cmake INSTALL_DESTINATION ${package_dir})
# Before 1.0 a minor version may change what a program is compiled against.
write_basic_package_version_file(HoldfastConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/HoldfastConfig.cmake ${CMAKE_CURRENT_BINARY_DIR}/HoldfastConfigVersion.cmake
        DESTINATION ${package_dir} COMPONENT client)
