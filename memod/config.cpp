#include "memod/config.h"

#include <charconv>
#include <exception>
#include <filesystem>
#include <limits>
#include <toml.hpp>
#include <utility>

#include <fmt/format.h>

#include "client/attach.h"
#include "client/protocol/packet_socket.h"

namespace memo {
namespace {

Status invalid(std::string message) {
  return {StatusCode::invalid_argument, std::move(message)};
}

std::optional<std::uint64_t> unit_bytes(std::string_view unit) {
  if (unit.empty()) return 1;
  if (unit == "KiB") return std::uint64_t{1} << 10;
  if (unit == "MiB") return std::uint64_t{1} << 20;
  if (unit == "GiB") return std::uint64_t{1} << 30;
  if (unit == "TiB") return std::uint64_t{1} << 40;
  return std::nullopt;
}

std::optional<std::string>* slot_of(const std::string& key, ConfigValues* values) {
  if (key == "pool") return &values->pool;
  if (key == "size") return &values->size;
  if (key == "listen") return &values->listen;
  return nullptr;
}

// toml11 explains over several lines; the first says what is wrong.
std::string first_line(std::string_view text) {
  return std::string(text.substr(0, text.find('\n')));
}

std::string pick(const std::optional<std::string>& first, const std::optional<std::string>& second) {
  return first ? *first : second.value_or("");
}

Status read_entries(const std::string& path, const toml::value& file, ConfigValues* values) {
  for (const auto& [key, value] : file.as_table()) {
    std::optional<std::string>* slot = slot_of(key, values);
    if (slot == nullptr)
      return invalid(fmt::format("{}: unknown key \"{}\"; known are pool, size and listen", path, key));
    if (!value.is_string()) return invalid(fmt::format("{}: {} must be a string in quotes", path, key));
    *slot = value.as_string().str;
  }
  return Status::ok();
}

}  // namespace

Result<std::uint64_t> parse_size(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const auto unit = unit_bytes(text.substr(static_cast<std::size_t>(end - text.data())));
  if (error != std::errc{} || !unit || number > std::numeric_limits<std::int64_t>::max() / *unit)
    return invalid(fmt::format("size must be a number with KiB, MiB, GiB or TiB, such as 4GiB, not \"{}\"", text));
  return number * *unit;
}

Result<ConfigValues> read_config_file(const std::string& path) {
  std::error_code ignored;
  if (!std::filesystem::is_regular_file(path, ignored)) return invalid(fmt::format("{}: no such file", path));
  ConfigValues values;
  try {
    MEMO_RETURN_IF_ERROR(read_entries(path, toml::parse(path), &values));
  } catch (const std::exception& error) {  // the seam to toml11, which throws several unrelated types
    return invalid(fmt::format("{}: {}", path, first_line(error.what())));
  }
  return values;
}

Result<Config> make_config(const ConfigValues& first, const ConfigValues& second) {
  Config config{.pool = pick(first.pool, second.pool), .size = 0, .listen = pick(first.listen, second.listen)};
  if (first.size || second.size) {
    const auto size = parse_size(pick(first.size, second.size));
    if (!size) return size.status();
    config.size = *size;
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

Status Config::validate() const {
  if (pool.empty()) return invalid("--pool PATH is missing");
  if (listen.empty()) return invalid("--listen unix:PATH is missing");
  return socket_path().status();
}

}  // namespace memo
