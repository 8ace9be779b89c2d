#include "tools/memo-bench/common/machine.h"

#include <fmt/format.h>
#include <linux/magic.h>
#include <sys/statvfs.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string_view>
#include <thread>

#include "client/cpu/instruction_set.h"
#include "tools/memo-bench/common/proc_file.h"

namespace memo {
namespace {

using Json = nlohmann::ordered_json;

std::string first_word(const std::string& path) {
  std::ifstream file(path);
  std::string word;
  file >> word;
  return word;
}

// The caches of the first core: {"L1d": "32K", ...}
Json caches() {
  Json found = Json::object();
  for (int index = 0; index < 8; ++index) {
    const std::string cache = fmt::format("/sys/devices/system/cpu/cpu0/cache/index{}", index);
    const std::string level = first_word(cache + "/level"), type = first_word(cache + "/type");
    if (level.empty() || type == "Instruction") continue;
    found[fmt::format("L{}{}", level, type == "Data" ? "d" : "")] = first_word(cache + "/size");
  }
  return found;
}

}  // namespace

Json machine_json() {
  utsname kernel = {};
  ::uname(&kernel);
  return {{"cpu", value_in("/proc/cpuinfo", "model name")},
          {"instruction_set", to_string(best_instruction_set())},
          {"unused_instructions", unused_instructions(value_in("/proc/cpuinfo", "flags"))},
          {"cores", std::thread::hardware_concurrency()},
          {"caches", caches()},
          {"memory_bytes", bytes_in("/proc/meminfo", "MemTotal")},
          {"kernel", fmt::format("{} {}", kernel.sysname, kernel.release)},
          {"load", std::atof(first_word("/proc/loadavg").c_str())}};
}

std::vector<std::string> unused_instructions(const std::string& flags) {
  constexpr std::string_view kUnused[] = {"amx_tile",       "amx_bf16",    "amx_int8",      "amx_fp16",
                                          "amx_complex",    "avx512_fp16", "avx_vnni_int8", "avx_vnni_int16",
                                          "avx_ne_convert", "avx_ifma"};
  std::vector<std::string> unused;
  std::istringstream words(flags);
  for (std::string flag; words >> flag;)
    if (std::ranges::find(kUnused, flag) != std::end(kUnused)) unused.push_back(flag);
  return unused;
}

std::string describe_machine(const Json& machine) {
  std::string instructions;
  if (machine.contains("instruction_set"))
    instructions = fmt::format(" with {}", machine["instruction_set"].get<std::string>());
  std::string unused;
  for (const Json& name : machine.value("unused_instructions", Json::array()))
    unused += fmt::format("{}{}", unused.empty() ? ", also has " : " and ", name.get<std::string>());
  if (!unused.empty()) unused += ", which no kernel here uses";
  std::string cached;
  for (const auto& [name, size] : machine.at("caches").items())
    cached += fmt::format("{} {}, ", name, size.get<std::string>());
  return fmt::format("{}{}{}, {} cores, {}{:.0f} GiB memory, {}, load {:.2f} when it began",
                     machine.at("cpu").get<std::string>(), instructions, unused,
                     machine.at("cores").get<unsigned>(), cached,
                     machine.at("memory_bytes").get<double>() / (1 << 30), machine.at("kernel").get<std::string>(),
                     machine.at("load").get<double>());
}

std::uint64_t room_in(const std::string& folder) {
  struct statvfs room = {};
  struct statfs kind = {};
  if (::statvfs(folder.c_str(), &room) != 0 || ::statfs(folder.c_str(), &kind) != 0) return 0;
  const std::uint64_t free = std::uint64_t{room.f_bavail} * room.f_frsize;
  return kind.f_type == TMPFS_MAGIC ? std::min(free, bytes_in("/proc/meminfo", "MemAvailable")) : free;
}

}  // namespace memo
