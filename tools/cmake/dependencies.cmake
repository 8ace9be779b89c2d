# Finds every dependency, or names the Debian package that brings it. The list is tools/packages.txt.
# Included after client_dependencies.cmake, which finds what the client needs and has the functions.

memo_find(TBB libtbb-dev "oneTBB")
memo_find(BLAS libopenblas-dev "A BLAS")
memo_find(LAPACK liblapack-dev "LAPACK")
memo_find(OpenMP g++ "OpenMP")
memo_find(faiss libfaiss-dev "FAISS")
memo_find(nlohmann_json nlohmann-json3-dev "nlohmann/json")
memo_find(toml11 libtoml11-dev "toml11")
memo_find(CLI11 libcli11-dev "CLI11")
memo_find(PNG libpng-dev "libpng")

# Asio and Beast, which are headers only; without its older parts, and without what prints a note about them.
memo_find(Boost libboost-dev "Boost")
add_library(memo_asio INTERFACE)
target_link_libraries(memo_asio INTERFACE Boost::headers Threads::Threads)
target_compile_definitions(memo_asio INTERFACE BOOST_ASIO_NO_DEPRECATED BOOST_BEAST_USE_STD_STRING_VIEW)
add_library(memo_deps::asio ALIAS memo_asio)

memo_pkg_config(pmem libpmem libpmem-dev "PMDK's libpmem")
memo_pkg_config(pmemobj libpmemobj libpmemobj-dev "PMDK's libpmemobj")
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

if(NOT MEMO_TRAINING)
  return()
endif()

# LibTorch as one target; its headers are not ours to warn about.
memo_find(Torch libtorch-dev "LibTorch")
add_library(memo_torch INTERFACE)
target_link_libraries(memo_torch INTERFACE ${TORCH_LIBRARIES})
target_include_directories(memo_torch SYSTEM INTERFACE ${TORCH_INCLUDE_DIRS})
add_library(memo_deps::torch ALIAS memo_torch)
