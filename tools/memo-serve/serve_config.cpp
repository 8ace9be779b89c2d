#include "tools/memo-serve/serve_config.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <thread>

#include "client/settings/setting_values.h"
#include "client/settings/toml_table.h"
#include "memo/attach.h"

namespace memo {
namespace {

Status invalid(std::string message) {
  return {StatusCode::invalid_argument, std::move(message)};
}

// Puts a parsed value where it belongs; a status when it cannot be parsed.
template <typename Value, typename Target>
Status take(Result<Value> value, Target& target) {
  if (!value) return value.status();
  target = static_cast<Target>(std::move(value).value());
  return Status::ok();
}

// "NAME=VALUE" or "VALUE". What is before the first = is no name where it has a slash: paths may have a = as well.
NamedValue named_value(const std::string& text) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos || equals == 0 || text.substr(0, equals).starts_with('.') ||
      text.starts_with('/'))
    return {"", text};
  return {text.substr(0, equals), text.substr(equals + 1)};
}

std::string folder_name(const std::string& folder) {
  const std::filesystem::path path = std::filesystem::absolute(folder).lexically_normal();
  return path.has_filename() ? path.filename().string() : path.parent_path().filename().string();
}

Status add_model(const std::string& text, ServeConfig& config) {
  NamedValue model = named_value(text);
  if (model.name.empty()) model.name = folder_name(model.value);
  const auto same = [&](const NamedValue& other) { return other.name == model.name; };
  if (std::ranges::any_of(config.models, same))
    return invalid(fmt::format("names two models \"{}\"; NAME=DIR gives one another name", model.name));
  config.models.push_back(std::move(model));
  return Status::ok();
}

Status set_memo(const std::string& text, ServeConfig& config) {
  if (text != "none") MEMO_RETURN_IF_ERROR(Endpoint::parse(text).status());
  config.memo = text;
  return Status::ok();
}

Status set_type(const std::string& text, ServeConfig& config) {
  const auto type = data_type_named(text);
  if (!type) return invalid(fmt::format("must be {}, not \"{}\"", kDataTypeList, text));
  config.type = *type;
  return Status::ok();
}

struct Setting {
  ServeKey key;
  Status (*set)(const std::string& text, ServeConfig& config);
};

constexpr std::array kSettings = {
    Setting{{"model", "[NAME=]DIR", "A model's folder, and the name that clients ask for it by; may be repeated",
             true},
            add_model},
    Setting{{"memo", "unix:PATH|file:PATH|none",
             "Where memos are kept: a running memod, a pool of this process, or nowhere; default: a pool of this "
             "process "
             "in the cache folder"},
            set_memo},
    Setting{
        {"pool-size", "SIZE", "Size of a pool that this process makes; default 1GiB"},
        [](const std::string& text, ServeConfig& config) { return take(parse_size(text), config.pool_bytes); }},
    Setting{{"listen", "ADDRESS:PORT", "Where clients connect; default 127.0.0.1:8080. Port 0: any free one"},
            [](const std::string& text, ServeConfig& config) {
              config.listen = text;
              return Status::ok();
            }},
    Setting{{"policy", "[NAME=]FILE", "What is kept and what each layer does; default: whole results", true},
            [](const std::string& text, ServeConfig& config) {
              config.policies.push_back(named_value(text));
              return Status::ok();
            }},
    Setting{
        {"dimensions", "[NAME=]N,N", "Sizes that embeddings may be cut to, as the model was trained for", true},
        [](const std::string& text, ServeConfig& config) {
          config.dimensions.push_back(named_value(text));
          return Status::ok();
        }},
    Setting{{"dtype", "f32|bf16|s16|s8",
             "Number format of products: bf16 and s16 are faster, s8 is less exact; default f32"},
            set_type},
    Setting{{"threads", "COUNT", "Threads that compute; default: one a core"},
            [](const std::string& text, ServeConfig& config) { return take(parse_count(text), config.threads); }},
    Setting{{"length", "TOKENS", "The longest input; default: the policy's, else the model's own"},
            [](const std::string& text, ServeConfig& config) { return take(parse_count(text), config.length); }},
    Setting{{"auto-truncate", "on|off", "Cut texts that are too long where a request does not say; default on"},
            [](const std::string& text, ServeConfig& config) {
              return take(parse_switch(text), config.api.auto_truncate);
            }},
    Setting{{"api-key-file", "FILE", "Clients have to send the key in this file"},
            [](const std::string& text, ServeConfig& config) {
              config.api_key_file = text;
              return Status::ok();
            }},
    Setting{{"cors-origin", "ORIGIN", "Pages from here may ask; * for all; default: none", true},
            [](const std::string& text, ServeConfig& config) {
              config.cors_origins.push_back(text);
              return Status::ok();
            }},
    Setting{{"batch-tokens", "COUNT", "Tokens that are computed at a time; default 512"},
            [](const std::string& text, ServeConfig& config) {
              return take(parse_count(text), config.queue.batch_tokens);
            }},
    Setting{{"waiting-tokens", "COUNT", "When more wait, requests are answered 429; default 262144"},
            [](const std::string& text, ServeConfig& config) {
              return take(parse_count(text), config.queue.waiting_tokens);
            }},
    Setting{{"max-inputs", "COUNT", "Texts of one request; default 32768"},
            [](const std::string& text, ServeConfig& config) {
              return take(parse_count(text), config.api.request.max_inputs);
            }},
    Setting{{"max-body", "SIZE", "Bytes of one request; default 32MiB"},
            [](const std::string& text, ServeConfig& config) {
              return take(parse_size(text), config.http.body_bytes);
            }},
    Setting{{"max-connections", "COUNT", "Connections at once; default 4096"},
            [](const std::string& text, ServeConfig& config) {
              return take(parse_count(text), config.http.connections);
            }},
    Setting{{"timeout", "TIME", "How long a text may wait to be computed; default 60s"},
            [](const std::string& text, ServeConfig& config) {
              return take(parse_duration(text), config.api.timeout);
            }},
    Setting{{"header-timeout", "TIME", "How long a client may take to send a header; default 10s"},
            [](const std::string& text, ServeConfig& config) {
              return take(parse_duration(text), config.http.header_time);
            }},
    Setting{{"body-timeout", "TIME", "... and a body; default 60s"},
            [](const std::string& text, ServeConfig& config) {
              return take(parse_duration(text), config.http.body_time);
            }},
    Setting{{"idle-timeout", "TIME", "How long an idle connection stays open; default 75s"},
            [](const std::string& text, ServeConfig& config) {
              return take(parse_duration(text), config.http.idle_time);
            }},
    Setting{{"drain-timeout", "TIME", "At the end: how long open requests may take; default 30s"},
            [](const std::string& text, ServeConfig& config) {
              return take(parse_duration(text), config.http.drain_time);
            }},
};

constexpr auto kKeys = [] {
  std::array<ServeKey, kSettings.size()> keys{};
  std::transform(kSettings.begin(), kSettings.end(), keys.begin(),
                 [](const Setting& setting) { return setting.key; });
  return keys;
}();

const Setting* find_setting(const std::string& name) {
  const auto found =
      std::ranges::find_if(kSettings, [&name](const Setting& setting) { return setting.key.name == name; });
  return found == kSettings.end() ? nullptr : &*found;
}

Status check_names(const std::vector<NamedValue>& values, const char* setting, const ServeConfig& config) {
  for (const NamedValue& value : values)
    if (!value.name.empty() &&
        std::ranges::none_of(config.models, [&](const auto& model) { return model.name == value.name; }))
      return invalid(fmt::format("{}: there is no model \"{}\"", setting, value.name));
  return Status::ok();
}

}  // namespace

std::span<const ServeKey> serve_keys() {
  return kKeys;
}

std::string ServeConfig::value_for(const std::vector<NamedValue>& values, const std::string& model) {
  std::string found;
  for (const NamedValue& value : values)
    if (value.name == model || (value.name.empty() && found.empty())) found = value.value;
  return found;
}

Result<ServeValues> read_serve_file(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return invalid(fmt::format("{}: no such file", path));
  MEMO_ASSIGN_OR_RETURN(const TomlTable file, TomlTable::load(path));
  ServeValues values;
  for (const std::string& name : file.keys()) {
    const Setting* setting = find_setting(name);
    if (setting == nullptr)
      return invalid(
          fmt::format("{}: unknown key \"{}\"; memo-serve --help lists the settings", file.path(), name));
    if (setting->key.repeated) {
      MEMO_RETURN_IF_ERROR(file.texts(name, values[name]));
    } else {
      MEMO_ASSIGN_OR_RETURN(const std::string text, file.as_text(name));
      values[name] = {text};
    }
  }
  return values;
}

Result<ServeConfig> make_serve_config(const ServeValues& values) {
  ServeConfig config;
  config.threads = std::max(1u, std::thread::hardware_concurrency());
  for (const auto& [name, texts] : values) {
    const Setting* setting = find_setting(name);
    if (setting == nullptr) return invalid(fmt::format("there is no setting {}", name));
    if (texts.size() > 1 && !setting->key.repeated) return invalid(fmt::format("{} is given twice", name));
    for (const std::string& text : texts)
      if (const Status set = setting->set(text, config); !set)
        return invalid(fmt::format("{} {}", name, set.message()));
  }
  if (config.models.empty()) return invalid("--model DIR is missing: the folder of the model to serve");
  MEMO_RETURN_IF_ERROR(check_names(config.policies, "policy", config));
  MEMO_RETURN_IF_ERROR(check_names(config.dimensions, "dimensions", config));
  return config;
}

}  // namespace memo
