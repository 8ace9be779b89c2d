// ServeConfig: the settings of memo-serve, from its command line and its configuration file. One table of keys serves
// both.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "memo/status.h"
#include "model/layers/data_type.h"
#include "model/service/job_queue.h"
#include "tools/memo-serve/api/inference_call.h"
#include "tools/memo-serve/http/http_server.h"

namespace memo {

// A setting that may be said of one model: "NAME=VALUE", or "VALUE" for all of them.
struct NamedValue {
  std::string name;  // empty: all
  std::string value;
};

struct ServeConfig {
  std::vector<NamedValue> models;   // folders, each with a name of its own
  std::optional<std::string> memo;  // unix:PATH, file:PATH or none; nothing: a pool in the cache folder
  std::uint64_t pool_bytes = std::uint64_t{1} << 30;
  std::string listen = "127.0.0.1:8080";
  std::vector<NamedValue> policies;
  std::vector<NamedValue> dimensions;  // "64,128"
  DataType type = DataType::f32;
  std::uint32_t threads = 1;
  std::uint32_t length = 0;
  std::string api_key_file;
  std::vector<std::string> cors_origins;
  QueueLimits queue;
  ApiLimits api;
  HttpLimits http;

  // The value for a model; empty: none.
  static std::string value_for(const std::vector<NamedValue>& values, const std::string& model);
};

// A setting: `--NAME VALUE` on the command line, `NAME = VALUE` in the file; an array where it may be repeated.
struct ServeKey {
  const char* name;
  const char* value;  // the value's placeholder in a description
  const char* help;
  bool repeated = false;
};
std::span<const ServeKey> serve_keys();

// The given settings, by name.
using ServeValues = std::map<std::string, std::vector<std::string>>;

// Errors: invalid_argument (unreadable, not TOML, an unknown key with the nearest known one, a value of another type).
Result<ServeValues> read_serve_file(const std::string& path);

// Errors: invalid_argument, naming the setting.
Result<ServeConfig> make_serve_config(const ServeValues& values);

}  // namespace memo
