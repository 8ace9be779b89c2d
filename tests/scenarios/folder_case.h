// FolderCase: a case of tests/data/folders, made by golden/make_folders.py: a model folder, input, and what has to come.
#pragma once

#include <nlohmann/json.hpp>
#include <ostream>
#include <string>
#include <vector>

#include "tests/support/child_process.h"
#include "tests/support/temp_dir.h"

namespace memo::test {

// How far our numbers may lie from the reference's: both are of f32, computed in another order.
inline constexpr double kToReference = 1e-4;

struct FolderCase {
  std::string name;
  nlohmann::json fields;  // case.json

  static FolderCase read(const std::string& name);
  bool may_refuse() const { return fields.contains("refused"); }
  bool must_refuse() const { return !fields.contains("output"); }
};
// The names of all cases, sorted.
std::vector<std::string> folder_case_names();
std::string folder_case_path(const std::string& name);

// A case's folder and input in a temporary folder.
class AssembledFolder {
 public:
  // Requires: no base that is based on itself.
  explicit AssembledFolder(const std::string& case_name);
  std::string model() const { return folder_.file("model"); }
  std::string output() const { return folder_.file("output.jsonl"); }

  // Runs memo-infer on the case's folder and input. What an earlier run wrote is removed before.
  Finished infer(const nlohmann::json& fields, const std::vector<std::string>& more = {}) const;

 private:
  TempDir folder_;
};

// An alteration of one JSON file of a case's folder, and what the reference makes of it: a line of
// tests/data/folder-mutations.jsonl, made by golden/fuzz_folders.py.
struct FolderMutation {
  nlohmann::ordered_json fields;

  std::string case_name() const { return fields.at("case"); }
  // Requires: `folder` holds the case.
  void apply_to(const AssembledFolder& folder) const;
  friend void PrintTo(const FolderMutation& mutation, std::ostream* out) { *out << mutation.fields.dump(); }
};
std::vector<FolderMutation> folder_mutations();

// The largest distance between numbers of two JSON values of the same form; infinite where the form, a text, or a truth
// value differs.
double largest_difference(const nlohmann::json& left, const nlohmann::json& right);

// Lines of JSON. Requires: the file is one of memo-infer's.
nlohmann::json read_lines(const std::string& path);

}  // namespace memo::test
