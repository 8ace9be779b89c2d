// Config: what memod is told on its command line and in its configuration file.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "client/status.h"

namespace memo {

struct Config {
  std::string pool;
  std::uint64_t size = 0;  // bytes, of a pool that does not exist yet; 0: it must exist
  std::string listen;      // unix:PATH

  // The path in `listen`. Errors: invalid_argument.
  Result<std::string> socket_path() const;
  // Errors: invalid_argument, naming the option.
  Status validate() const;
};

// The same keys as they were given: nothing where they were not.
struct ConfigValues {
  std::optional<std::string> pool;
  std::optional<std::string> size;
  std::optional<std::string> listen;
};

// "4GiB", "512MiB", "64KiB", "1TiB", or bytes without a suffix.
// Errors: invalid_argument.
Result<std::uint64_t> parse_size(std::string_view text);

// Reads a TOML file with the keys pool, size and listen.
// Errors: invalid_argument (unreadable, not TOML, an unknown key, a value that is not a string).
Result<ConfigValues> read_config_file(const std::string& path);

// What `first` says, else what `second` says.
// Errors: invalid_argument.
Result<Config> make_config(const ConfigValues& first, const ConfigValues& second);

}  // namespace memo
