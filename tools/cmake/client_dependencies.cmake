# Finds what the client needs, which is all that MEMO_CLIENT_ONLY asks for.

function(memo_require condition_name package what)
  if(NOT ${condition_name})
    message(FATAL_ERROR
      "${what} is missing. On Debian: apt-get install ${package} (or run tools/test, which installs everything "
      "that tools/packages.txt lists). Elsewhere: point CMAKE_PREFIX_PATH at it.")
  endif()
endfunction()

# A macro: what a package file sets has to reach the caller.
macro(memo_find package_name debian_package what)
  find_package(${package_name} QUIET ${ARGN})
  memo_require(${package_name}_FOUND ${debian_package} "${what}")
endmacro()

# A library without a CMake package of its own, as an imported target memo_deps::NAME.
function(memo_pkg_config name module debian_package what)
  pkg_check_modules(memo_${name} QUIET IMPORTED_TARGET ${module})
  memo_require(memo_${name}_FOUND ${debian_package} "${what}")
  add_library(memo_deps::${name} ALIAS PkgConfig::memo_${name})
endfunction()

memo_find(Threads g++ "A threads library")
memo_find(PkgConfig pkg-config "pkg-config")
memo_find(fmt libfmt-dev "fmt")
memo_pkg_config(capnp capnp libcapnp-dev "Cap'n Proto's library")

find_program(CAPNP_COMPILER capnp)
memo_require(CAPNP_COMPILER capnproto "The Cap'n Proto compiler")

# memo_capnp_generate(OUT_VAR schema.capnp ...): compiles schemas to C++ beside the binary tree.
function(memo_capnp_generate out_var)
  set(sources)
  foreach(schema ${ARGN})
    get_filename_component(path ${schema} ABSOLUTE)
    file(RELATIVE_PATH relative ${PROJECT_SOURCE_DIR} ${path})
    set(generated ${PROJECT_BINARY_DIR}/generated/${relative}.c++)
    add_custom_command(
      OUTPUT ${generated} ${PROJECT_BINARY_DIR}/generated/${relative}.h
      COMMAND ${CMAKE_COMMAND} -E make_directory ${PROJECT_BINARY_DIR}/generated
      COMMAND ${CAPNP_COMPILER} compile -oc++:${PROJECT_BINARY_DIR}/generated
              --src-prefix=${PROJECT_SOURCE_DIR} ${path}
      DEPENDS ${path} VERBATIM)
    list(APPEND sources ${generated})
  endforeach()
  set(${out_var} ${sources} PARENT_SCOPE)
endfunction()
