#include "tools/memo-bench/store/peers/peers.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <sstream>

namespace memo {
namespace {

#ifdef MEMO_PEER_REDIS
constexpr bool kRedis = true;
#else
constexpr bool kRedis = false;
#endif
#ifdef MEMO_PEER_MEMCACHED
constexpr bool kMemcached = true;
#else
constexpr bool kMemcached = false;
#endif
#ifdef MEMO_PEER_LMDB
constexpr bool kLmdb = true;
#else
constexpr bool kLmdb = false;
#endif
#ifdef MEMO_PEER_ROCKSDB
constexpr bool kRocksdb = true;
#else
constexpr bool kRocksdb = false;
#endif

constexpr std::array<PeerInfo, 4> kPeers = {{
    {"redis", "redis-server libhiredis-dev", "redis-server", kRedis},
    {"memcached", "memcached libmemcached-dev", "memcached", kMemcached},
    {"lmdb", "liblmdb-dev", nullptr, kLmdb},
    {"rocksdb", "librocksdb-dev", nullptr, kRocksdb},
}};

constexpr std::uint64_t kMiB = 1 << 20;

// The program that a shell would find in PATH; empty if there is none.
std::string program_path(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');)
    if (const std::string file = folder + "/" + name; ::access(file.c_str(), X_OK) == 0) return file;
  return {};
}

std::vector<std::string> redis_command(const std::string& program, const std::string& folder) {
  return {program,        "--port",      "0",     "--unixsocket", folder + "/socket", "--save",  "",
          "--appendonly", "no",          "--dir", folder,         "--loglevel",       "warning", "--daemonize",
          "no",           "--maxmemory", "0"};
}

std::vector<std::string> memcached_command(const std::string& program, const std::string& folder,
                                           std::uint64_t bytes) {
  // Items of up to 64 MiB; values above 512 KiB lie in several chunks. -M: refuse rather than evict. As root it
  // runs only if told to.
  std::vector<std::string> command = {
      program, "-s", folder + "/socket", "-a", "0700", "-m", fmt::format("{}", bytes / kMiB + 256), "-I",
      "64m",   "-M"};
  if (::geteuid() == 0) command.insert(command.end(), {"-u", "root"});
  return command;
}

}  // namespace

std::span<const PeerInfo> known_peers() {
  return kPeers;
}

const PeerInfo* find_peer(const std::string& name) {
  const auto found =
      std::find_if(kPeers.begin(), kPeers.end(), [&name](const PeerInfo& peer) { return name == peer.name; });
  return found == kPeers.end() ? nullptr : &*found;
}

Status check_peer(const PeerInfo& peer) {
  const std::string install = fmt::format("apt-get install {}", peer.packages);
  if (!peer.built_in)
    return {StatusCode::unsupported, fmt::format("{} is not built in; {}, then build again", peer.name, install)};
  if (peer.server != nullptr && program_path(peer.server).empty())
    return {StatusCode::not_found, fmt::format("{} is not installed; {}", peer.server, install)};
  return Status::ok();
}

Result<std::vector<std::string>> peer_server_command(const PeerInfo& peer, const std::string& folder,
                                                     std::uint64_t bytes) {
  MEMO_RETURN_IF_ERROR(check_peer(peer));
  const std::string program = program_path(peer.server);
  return std::string(peer.name) == "redis" ? redis_command(program, folder)
                                           : memcached_command(program, folder, bytes);
}

}  // namespace memo
