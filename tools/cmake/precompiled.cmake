# Headers that most sources include are parsed once, for all targets together: half of the build's time otherwise goes
# into them. Each source still includes what it uses, which a build with -DMEMO_PRECOMPILED=OFF shows.
option(MEMO_PRECOMPILED "Precompile the headers that most sources include" ON)

set(memo_precompiled_base
    <algorithm> <array> <atomic> <chrono> <cmath> <condition_variable> <cstddef> <cstdint> <filesystem> <fstream>
    <functional> <limits> <map> <memory> <mutex> <numeric> <optional> <random> <span> <sstream> <string> <string_view>
    <thread> <unordered_map> <utility> <variant> <vector> <fmt/format.h>)

# memo_add_precompiled(NAME [HEADERS HEADER...] [LIBRARIES LIBRARY...])
function(memo_add_precompiled name)
  cmake_parse_arguments(arg "" "" "HEADERS;LIBRARIES" ${ARGN})
  if(NOT MEMO_PRECOMPILED OR MEMO_CLIENT_ONLY)
    return()
  endif()
  file(CONFIGURE OUTPUT ${PROJECT_BINARY_DIR}/precompiled/${name}.cpp CONTENT "" @ONLY)
  add_library(memo_precompiled_${name} OBJECT EXCLUDE_FROM_ALL ${PROJECT_BINARY_DIR}/precompiled/${name}.cpp)
  target_link_libraries(memo_precompiled_${name} PRIVATE memo_options ${arg_LIBRARIES})
  target_precompile_headers(memo_precompiled_${name} PRIVATE ${memo_precompiled_base} ${arg_HEADERS})
endfunction()

function(memo_use_precompiled target name)
  if(MEMO_PRECOMPILED AND NOT MEMO_CLIENT_ONLY)
    target_precompile_headers(${target} REUSE_FROM memo_precompiled_${name})
    # The header was compiled for libraries, and fits programs that are compiled as they are.
    get_target_property(type ${target} TYPE)
    if(type STREQUAL "EXECUTABLE")
      target_compile_options(${target} PRIVATE -fPIC)
    endif()
  endif()
endfunction()

# Which of them a folder uses follows from what it links (folder.cmake): LibTorch, JSON, or neither. CLI11 is in none: its
# header defines objects, which each source would pay for.
memo_add_precompiled(base)
memo_add_precompiled(json HEADERS <nlohmann/json.hpp> LIBRARIES nlohmann_json::nlohmann_json)
if(MEMO_TRAINING)
  memo_add_precompiled(torch HEADERS <nlohmann/json.hpp> <ATen/ATen.h>
                       LIBRARIES nlohmann_json::nlohmann_json memo_deps::torch)
endif()
