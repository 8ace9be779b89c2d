#include "model/folder/module_list.h"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <filesystem>
#include <set>
#include <string_view>
#include <utility>

#include "embed/json/json_text.h"

namespace memo {
namespace {

using Json = nlohmann::json;

constexpr std::size_t kMaxListBytes = std::size_t{1} << 20;
constexpr std::size_t kMaxModules = 64;
// Modules have moved between packages of the library; their own names have stayed.
constexpr std::string_view kPackage = "sentence_transformers.";

constexpr std::pair<std::string_view, ModuleKind> kKinds[] = {{"Transformer", ModuleKind::transformer},
                                                              {"Pooling", ModuleKind::pooling},
                                                              {"Dense", ModuleKind::dense},
                                                              {"Normalize", ModuleKind::normalize},
                                                              {"LayerNorm", ModuleKind::layer_norm}};

std::string known_kinds() {
  std::vector<std::string_view> names;
  for (const auto& [name, kind] : kKinds) names.push_back(name);
  return fmt::format("{}", fmt::join(names, ", "));
}

const std::pair<std::string_view, ModuleKind>* find_kind(std::string_view type) {
  if (!type.starts_with(kPackage)) return nullptr;
  const std::string_view name = type.substr(type.rfind('.') + 1);
  const auto* found = std::ranges::find(kKinds, name, [](const auto& known) { return known.first; });
  return found == std::end(kKinds) ? nullptr : found;
}

// The file is not trusted: it may name only folders inside its own.
bool stays_inside(const std::string& path) {
  const std::filesystem::path relative(path);
  return !relative.has_root_path() && path.find('\0') == std::string::npos &&
         std::ranges::none_of(relative, [](const auto& part) { return part == ".."; });
}

// Reads the entries one by one and remembers their names, which must differ.
class EntryReader {
 public:
  explicit EntryReader(std::string file) : file_(std::move(file)) {}

  Result<ModuleEntry> read(const Json& json, std::size_t index) {
    for (const char* field : {"name", "path", "type"}) {
      if (!json.is_object() || !json.contains(field))
        return error(StatusCode::corrupt, index, fmt::format("{} is missing", field));
      if (!json[field].is_string())
        return error(StatusCode::corrupt, index,
                     fmt::format("{} is {}, must be a string", field, json[field].dump()));
    }
    if (!names_.insert(json["name"].get<std::string>()).second)
      return error(StatusCode::corrupt, index, fmt::format("name {} is there twice", json["name"].dump()));
    const auto path = json["path"].get<std::string>();
    if (!stays_inside(path))
      return error(StatusCode::corrupt, index,
                   fmt::format("path {} leads out of the folder", json["path"].dump()));
    const auto* kind = find_kind(json["type"].get_ref<const std::string&>());
    if (kind == nullptr)
      return error(StatusCode::unsupported, index,
                   fmt::format("type is {}, known modules of sentence_transformers are {}", json["type"].dump(),
                               known_kinds()));
    return ModuleEntry{kind->second, path};
  }

 private:
  Status error(StatusCode code, std::size_t index, const std::string& what) const {
    return {code, fmt::format("{}: [{}].{}", file_, index, what)};
  }

  std::string file_;
  std::set<std::string> names_;
};

}  // namespace

Result<std::optional<ModuleList>> ModuleList::read(const std::string& folder) {
  ModuleList list;
  list.file = folder + "/modules.json";
  MEMO_ASSIGN_OR_RETURN(const auto json, read_optional_json_file(list.file, kMaxListBytes));
  if (!json.has_value()) return std::optional<ModuleList>();
  const Json& modules = *json;
  if (!modules.is_array() || modules.empty() || modules.size() > kMaxModules)
    return Status(StatusCode::corrupt,
                  fmt::format("{}: is not a list of 1 to {} modules", list.file, kMaxModules));
  EntryReader reader(list.file);
  for (std::size_t i = 0; i < modules.size(); ++i) {
    MEMO_ASSIGN_OR_RETURN(auto entry, reader.read(modules[i], i));
    list.entries.push_back(std::move(entry));
  }
  return std::optional<ModuleList>(std::move(list));
}

Status ModuleList::check_embedding_order() const {
  const auto kind_at = [&](std::size_t i) { return i < entries.size() ? entries[i].kind : ModuleKind::normalize; };
  bool in_order = kind_at(0) == ModuleKind::transformer && kind_at(1) == ModuleKind::pooling;
  for (std::size_t i = 2; i < entries.size(); ++i)
    in_order = in_order && entries[i].kind != ModuleKind::transformer && entries[i].kind != ModuleKind::pooling;
  if (in_order) return Status::ok();
  return {StatusCode::unsupported,
          fmt::format(
              "{}: must begin with one Transformer and one Pooling, followed by Dense, Normalize and LayerNorm "
              "only",
              file)};
}

}  // namespace memo
