#include "memod/daemon/config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <functional>
#include <utility>

#include "client/protocol/packet_socket.h"
#include "client/settings/setting_values.h"
#include "client/settings/toml_table.h"
#include "memo/attach.h"
#include "memod/daemon/cores.h"

namespace memo {
namespace {

using Milliseconds = std::chrono::milliseconds;

Status invalid(std::string message) {
  return {StatusCode::invalid_argument, std::move(message)};
}

// Puts a parsed value where it belongs; a status when it cannot be parsed.
template <typename Value, typename Target>
Status take(Result<Value> value, Target* target) {
  if (!value) return value.status();
  *target = std::move(value).value();
  return Status::ok();
}

struct Setting {
  ConfigKey key;
  Status (*set)(const std::string& text, Config* config);
};

Status set_half_life(const std::string& text, Config* config) {
  Milliseconds half_life{};
  MEMO_RETURN_IF_ERROR(take(parse_duration(text), &half_life));
  config->eviction.half_life = std::chrono::duration_cast<std::chrono::minutes>(half_life);
  return Status::ok();
}

Status set_index_features(const std::string& text, Config* config) {
  const auto format = parse_feature_format(text);
  if (!format) return invalid(fmt::format("must be f32, f16 or s8, not \"{}\"", text));
  config->index_features = *format;
  return Status::ok();
}

Status set_search_threads(const std::string& text, Config* config) {
  return take(parse_count(text), &config->search_threads);
}

constexpr std::array kSettings = {
    Setting{
        {"pool", "PATH", "The pool's file; made when it does not exist"},
        [](const std::string& text, Config* config) { return take(Result<std::string>(text), &config->pool); }},
    Setting{{"size", "SIZE", "Size of a new pool: a number with KiB, MiB, GiB or TiB"},
            [](const std::string& text, Config* config) { return take(parse_size(text), &config->size); }},
    Setting{
        {"listen", "unix:PATH", "Where clients attach, of at most 107 bytes"},
        [](const std::string& text, Config* config) { return take(Result<std::string>(text), &config->listen); }},
    Setting{{"sync", "TIME", "Off DAX: write the pool to its storage so often, such as 10s; default 0, never"},
            [](const std::string& text, Config* config) { return take(parse_duration(text), &config->sync); }},
    Setting{{"snapshot", "TIME", "Save the similarity indexes so often, and at the end; default 5min; 0: never"},
            [](const std::string& text, Config* config) { return take(parse_duration(text), &config->snapshot); }},
    Setting{{"index-features", "f32|f16|s8", "How indexes keep features in memory; default f32"},
            set_index_features},
    Setting{{"search-threads", "COUNT", "Cores that search for one batch of lookups; default: half, at most 8"},
            set_search_threads},
    Setting{{"evict", "on|off", "Make room in a full pool; default on. Off: new memos are refused"},
            [](const std::string& text, Config* config) {
              return take(parse_switch(text), &config->eviction.enabled);
            }},
    Setting{{"high-watermark", "SHARE", "Of a full space's slots: evict when more are in use; default 98%"},
            [](const std::string& text, Config* config) {
              return take(parse_share(text), &config->eviction.high_watermark);
            }},
    Setting{{"low-watermark", "SHARE", "... until only so many are; default 95%"},
            [](const std::string& text, Config* config) {
              return take(parse_share(text), &config->eviction.low_watermark);
            }},
    Setting{{"half-life", "TIME", "After this time a hit counts half, when memos are weighed; default 1h"},
            set_half_life},
    Setting{
        {"lease-limit", "TIME", "A view held longer may lose its memo; default 30s"},
        [](const std::string& text, Config* config) { return take(parse_duration(text), &config->lease_limit); }},
    Setting{{"cores", "LIST", "Run on these cores only, such as 0,2-3; default all"},
            [](const std::string& text, Config* config) { return take(parse_cores(text), &config->cores); }},
    Setting{{"prefault", "on|off", "Map the whole pool in at the start, in the background; default on"},
            [](const std::string& text, Config* config) { return take(parse_switch(text), &config->prefault); }},
    Setting{{"huge-pages", "on|off", "Gather the pool in huge pages where the system has them; default on"},
            [](const std::string& text, Config* config) { return take(parse_switch(text), &config->huge_pages); }},
    Setting{{"numa", "NODE|interleave|default", "Memory node of the pool and of what memod keeps beside it"},
            [](const std::string& text, Config* config) { return take(parse_numa_policy(text), &config->numa); }},
    Setting{{"restart-grace", "TIME", "After a start, reuse no slot for so long; default 1s"},
            [](const std::string& text, Config* config) {
              return take(parse_duration(text), &config->restart_grace);
            }},
};

constexpr auto kKeys = [] {
  std::array<ConfigKey, kSettings.size()> keys{};
  std::transform(kSettings.begin(), kSettings.end(), keys.begin(),
                 [](const Setting& setting) { return setting.key; });
  return keys;
}();

const Setting* find_setting(const std::string& name) {
  const auto found = std::find_if(kSettings.begin(), kSettings.end(),
                                  [&name](const Setting& setting) { return setting.key.name == name; });
  return found == kSettings.end() ? nullptr : &*found;
}

Result<ConfigValues> read_entries(const TomlTable& file) {
  ConfigValues values;
  for (const std::string& name : file.keys()) {
    if (find_setting(name) == nullptr)
      return invalid(fmt::format("{}: unknown key \"{}\"; memod --help lists the settings", file.path(), name));
    MEMO_ASSIGN_OR_RETURN(values[name], file.as_text(name));
  }
  return values;
}

}  // namespace

std::span<const ConfigKey> config_keys() {
  return kKeys;
}

Result<ConfigValues> read_config_file(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return invalid(fmt::format("{}: no such file", path));
  MEMO_ASSIGN_OR_RETURN(const TomlTable file, TomlTable::load(path));
  return read_entries(file);
}

Result<Config> make_config(const ConfigValues& values) {
  Config config;
  for (const auto& [name, text] : values) {
    const Setting* setting = find_setting(name);
    if (setting == nullptr) return invalid(fmt::format("there is no setting {}", name));
    if (const Status set = setting->set(text, &config); !set)
      return invalid(fmt::format("{} {}", name, set.message()));
  }
  MEMO_RETURN_IF_ERROR(config.validate());
  return config;
}

Result<std::string> Config::socket_path() const {
  auto endpoint = Endpoint::parse(listen);
  if (!endpoint || endpoint->scheme != Endpoint::Scheme::unix_socket)
    return invalid(fmt::format("--listen must be unix:PATH, not \"{}\"", listen));
  if (const auto address = make_socket_address(endpoint->path); !address) return address.status();
  return std::move(endpoint->path);
}

StoreOptions Config::store_options(std::span<const int> nodes) const {
  return {.path = pool,
          .create_bytes = size,
          .memory = {.prefault = prefault,
                     .huge_pages = huge_pages,
                     .numa = numa,
                     .numa_nodes = {nodes.begin(), nodes.end()}},
          .eviction = eviction,
          .lease_limit = lease_limit,
          .restart_grace = restart_grace,
          .sync_interval = sync,
          .snapshot_interval = snapshot,
          .index_features = index_features,
          .search_threads = search_threads};
}

Status Config::validate() const {
  if (pool.empty()) return invalid("--pool PATH is missing");
  if (listen.empty()) return invalid("--listen unix:PATH is missing");
  MEMO_RETURN_IF_ERROR(eviction.validate());
  return socket_path().status();
}

}  // namespace memo
