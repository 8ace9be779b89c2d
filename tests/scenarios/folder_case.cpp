#include "tests/scenarios/folder_case.h"

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/support/forked_infer.h"

namespace memo::test {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

constexpr double kInfinite = std::numeric_limits<double>::infinity();
constexpr auto kOver = fs::copy_options::recursive | fs::copy_options::overwrite_existing;

// What lies in `source`, a case or a plain model folder, with its base below it.
void assemble(const fs::path& source, const fs::path& target) {
  const fs::path description = source / "case.json";
  const Json fields = fs::exists(description) ? Json::parse(read_file(description)) : Json::object();
  if (fields.contains("base"))
    assemble(source / fields["base"].get<std::string>(), target / fields.value("into", std::string()));
  for (const Json& name : fields.value("without", Json::array())) fs::remove(target / name.get<std::string>());
  fs::create_directories(target);
  fs::copy(source, target, kOver);
  fs::remove(target / "case.json");
}

void write_input(const std::string& path, const Json& lines) {
  std::ofstream file(path);
  for (const Json& line : lines) file << (line.is_string() ? line.get<std::string>() : line.dump()) << "\n";
}

double greatest(const Json& left, const Json& right) {
  double difference = 0;
  for (auto part = left.begin(); part != left.end(); ++part) {
    if (left.is_object() && !right.contains(part.key())) return kInfinite;
    const Json& other =
        left.is_object() ? right[part.key()] : right[static_cast<std::size_t>(part - left.begin())];
    difference = std::max(difference, largest_difference(*part, other));
  }
  return difference;
}

using OrderedJson = nlohmann::ordered_json;

// The part of `json` that has `key`, which is text in an object and a number in a list.
OrderedJson& part_of(OrderedJson& json, const OrderedJson& key) {
  return key.is_string() ? json.at(key.get<std::string>()) : json.at(key.get<std::size_t>());
}

void remove_part(OrderedJson& json, const OrderedJson& key) {
  if (key.is_string()) {
    json.erase(key.get<std::string>());
  } else {
    json.erase(key.get<std::size_t>());
  }
}

// The value at the path is another, or gone when `mutation` has none.
OrderedJson altered(OrderedJson json, const OrderedJson& mutation) {
  const OrderedJson& path = mutation.at("path");
  OrderedJson* parent = &json;
  for (std::size_t i = 0; i + 1 < path.size(); ++i) parent = &part_of(*parent, path[i]);
  const OrderedJson& last = path.back();
  if (!mutation.contains("value")) {
    remove_part(*parent, last);
  } else if (last.is_string()) {
    (*parent)[last.get<std::string>()] = mutation["value"];
  } else {
    part_of(*parent, last) = mutation["value"];
  }
  return json;
}

}  // namespace

std::string folder_case_path(const std::string& name) {
  return std::string(MEMO_SOURCE_DIR) + "/tests/data/folders/" + name;
}

std::vector<std::string> folder_case_names() {
  std::vector<std::string> names;
  for (const auto& entry : fs::directory_iterator(folder_case_path("")))
    if (fs::exists(entry.path() / "case.json")) names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  return names;
}

FolderCase FolderCase::read(const std::string& name) {
  return {name, Json::parse(read_file(folder_case_path(name) + "/case.json"))};
}

AssembledFolder::AssembledFolder(const std::string& case_name) {
  assemble(folder_case_path(case_name), model());
}

Finished AssembledFolder::infer(const Json& fields, const std::vector<std::string>& more) const {
  fs::remove(output());
  write_input(folder_.file("input.jsonl"), fields.at("input"));
  std::vector<std::string> arguments = {"--model",  model(),  "--input", folder_.file("input.jsonl"),
                                        "--output", output(), "--memo",  "none"};
  for (const Json& argument : fields.value("arguments", Json::array())) arguments.push_back(argument);
  arguments.insert(arguments.end(), more.begin(), more.end());
  return infer_in_child(arguments, folder_.path());
}

void FolderMutation::apply_to(const AssembledFolder& folder) const {
  const std::string path = folder.model() + "/" + fields.at("file").get<std::string>();
  const std::string text = fields.contains("text") ? fields["text"].get<std::string>()
                                                   : altered(OrderedJson::parse(read_file(path)), fields).dump();
  std::ofstream(path) << text;
}

std::vector<FolderMutation> folder_mutations() {
  std::vector<FolderMutation> mutations;
  std::istringstream text(read_file(std::string(MEMO_SOURCE_DIR) + "/tests/data/folder-mutations.jsonl"));
  for (std::string line; std::getline(text, line);) mutations.push_back({OrderedJson::parse(line)});
  return mutations;
}

double largest_difference(const Json& left, const Json& right) {
  if (left.is_number() && right.is_number()) {
    const double difference = std::abs(left.get<double>() - right.get<double>());
    return std::isnan(difference) ? kInfinite : difference;
  }
  if (left.is_structured() && left.type() == right.type() && left.size() == right.size())
    return greatest(left, right);
  return left == right ? 0 : kInfinite;
}

Json read_lines(const std::string& path) {
  Json lines = Json::array();
  std::istringstream text(read_file(path));
  for (std::string line; std::getline(text, line);) lines.push_back(Json::parse(line));
  return lines;
}

}  // namespace memo::test
