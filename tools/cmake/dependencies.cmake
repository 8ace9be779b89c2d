# Finds every dependency, or names the Debian package that brings it. The list is tools/packages.txt.

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
memo_find(TBB libtbb-dev "oneTBB")
memo_find(BLAS libopenblas-dev "A BLAS")
memo_find(LAPACK liblapack-dev "LAPACK")
memo_find(OpenMP g++ "OpenMP")
memo_find(faiss libfaiss-dev "FAISS")
memo_find(Torch libtorch-dev "LibTorch")
memo_find(nlohmann_json nlohmann-json3-dev "nlohmann/json")
memo_find(toml11 libtoml11-dev "toml11")
memo_find(CLI11 libcli11-dev "CLI11")
memo_find(fmt libfmt-dev "fmt")
memo_find(PNG libpng-dev "libpng")

memo_pkg_config(pmem libpmem libpmem-dev "PMDK's libpmem")
memo_pkg_config(pmemobj libpmemobj libpmemobj-dev "PMDK's libpmemobj")
memo_pkg_config(capnp capnp libcapnp-dev "Cap'n Proto's library")
memo_pkg_config(xxhash libxxhash libxxhash-dev "xxHash")
memo_pkg_config(utf8proc libutf8proc libutf8proc-dev "utf8proc")

# Debian's oneDNN has a CMake package that asks for OpenCL, which its CPU engine does not need.
find_library(MEMO_DNNL_LIBRARY dnnl)
find_path(MEMO_DNNL_INCLUDE oneapi/dnnl/dnnl.hpp)
memo_require(MEMO_DNNL_LIBRARY libdnnl-dev "oneDNN's library")
memo_require(MEMO_DNNL_INCLUDE libdnnl-dev "oneDNN's headers")
add_library(memo_dnnl INTERFACE)
target_link_libraries(memo_dnnl INTERFACE ${MEMO_DNNL_LIBRARY})
target_include_directories(memo_dnnl SYSTEM INTERFACE ${MEMO_DNNL_INCLUDE})
add_library(memo_deps::dnnl ALIAS memo_dnnl)

find_program(CAPNP_COMPILER capnp)
memo_require(CAPNP_COMPILER capnproto "The Cap'n Proto compiler")

# LibTorch as one target; its headers are not ours to warn about.
add_library(memo_torch INTERFACE)
target_link_libraries(memo_torch INTERFACE ${TORCH_LIBRARIES})
target_include_directories(memo_torch SYSTEM INTERFACE ${TORCH_INCLUDE_DIRS})
add_library(memo_deps::torch ALIAS memo_torch)

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
