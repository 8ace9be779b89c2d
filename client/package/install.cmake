# Installs what a user of the client needs: headers, libraries, a CMake package and a pkg-config file.
include(CMakePackageConfigHelpers)

set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/memod)
set(package_files ${CMAKE_CURRENT_BINARY_DIR}/package)

install(DIRECTORY include/memo DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} COMPONENT client FILES_MATCHING PATTERN "*.h")
install(TARGETS memo_client memo_client_c EXPORT memod COMPONENT client
        INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT memod FILE memod-targets.cmake NAMESPACE memod:: DESTINATION ${package_folder} COMPONENT client)

# The archive needs the fmt it was compiled with, up to the next major version.
string(REGEX MATCH "^[0-9]+" fmt_major ${fmt_VERSION})
math(EXPR memo_fmt_next_major "${fmt_major} + 1")

# Before 1.0 a new minor version may change the C++ interface.
write_basic_package_version_file(${package_files}/memod-config-version.cmake COMPATIBILITY SameMinorVersion)
configure_package_config_file(package/memod-config.cmake.in ${package_files}/memod-config.cmake
                              INSTALL_DESTINATION ${package_folder})
install(FILES ${package_files}/memod-config.cmake ${package_files}/memod-config-version.cmake
        DESTINATION ${package_folder} COMPONENT client)

# For the pkg-config file: the way from it to the prefix, and what C programs lack of the C++ runtime.
set(pkgconfig_folder ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig)
file(RELATIVE_PATH memo_prefix_from_pkgconfig ${pkgconfig_folder} ${CMAKE_INSTALL_PREFIX})
file(RELATIVE_PATH memo_libdir ${CMAKE_INSTALL_PREFIX} ${CMAKE_INSTALL_FULL_LIBDIR})
file(RELATIVE_PATH memo_includedir ${CMAKE_INSTALL_PREFIX} ${CMAKE_INSTALL_FULL_INCLUDEDIR})
string(REGEX REPLACE "/$" "" memo_prefix_from_pkgconfig ${memo_prefix_from_pkgconfig})
set(cxx_runtime ${CMAKE_CXX_IMPLICIT_LINK_LIBRARIES})
list(REMOVE_ITEM cxx_runtime ${CMAKE_C_IMPLICIT_LINK_LIBRARIES})
list(TRANSFORM cxx_runtime PREPEND "-l")
list(JOIN cxx_runtime " " memo_cxx_runtime)
configure_file(package/memod-client.pc.in ${package_files}/memod-client.pc @ONLY)
install(FILES ${package_files}/memod-client.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig COMPONENT client)
