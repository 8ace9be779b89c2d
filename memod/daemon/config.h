// Config: the settings of memod, from its command line and its configuration file. One table of keys serves both.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "memo/status.h"
#include "memod/store/state/options.h"

namespace memo {

struct Config {
  std::string pool;
  std::uint64_t size = 0;  // bytes, of a pool that does not exist yet; 0: it must exist
  std::string listen;      // unix:PATH
  std::chrono::milliseconds sync{0};
  std::chrono::milliseconds snapshot{std::chrono::minutes(5)};
  std::chrono::milliseconds lease_limit{std::chrono::seconds(30)};
  std::chrono::milliseconds restart_grace{std::chrono::seconds(1)};
  FeatureFormat index_features = FeatureFormat::f32;
  std::uint32_t search_threads = 0;
  EvictionOptions eviction;
  std::vector<unsigned> cores;  // cores that threads may run on; empty: all
  bool prefault = true;
  bool huge_pages = true;
  NumaPolicy numa;

  // The path in `listen`. Errors: invalid_argument.
  Result<std::string> socket_path() const;
  // `nodes`: the machine's memory nodes. Requires: numa names one of them, or none.
  StoreOptions store_options(std::span<const int> nodes) const;
  // Errors: invalid_argument, naming the option.
  Status validate() const;
};

// A setting: `--NAME VALUE` on the command line, `NAME = VALUE` in the file.
struct ConfigKey {
  const char* name;
  const char* value;  // the value's placeholder in a description
  const char* help;
};
std::span<const ConfigKey> config_keys();

// The given settings, by name.
using ConfigValues = std::map<std::string, std::string>;

// Reads a TOML file of settings.
// Errors: invalid_argument (unreadable, not TOML, an unknown key, a value that is neither text, number nor bool).
Result<ConfigValues> read_config_file(const std::string& path);

// Errors: invalid_argument, naming the setting.
Result<Config> make_config(const ConfigValues& values);

}  // namespace memo
