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
#include <thread>

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
          {"cores", std::thread::hardware_concurrency()},
          {"caches", caches()},
          {"memory_bytes", bytes_in("/proc/meminfo", "MemTotal")},
          {"kernel", fmt::format("{} {}", kernel.sysname, kernel.release)},
          {"load", std::atof(first_word("/proc/loadavg").c_str())}};
}

std::string describe_machine(const Json& machine) {
  std::string cached;
  for (const auto& [name, size] : machine.at("caches").items())
    cached += fmt::format("{} {}, ", name, size.get<std::string>());
  return fmt::format("{}, {} cores, {}{:.0f} GiB memory, {}, load {:.2f} when it began",
                     machine.at("cpu").get<std::string>(), machine.at("cores").get<unsigned>(), cached,
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
