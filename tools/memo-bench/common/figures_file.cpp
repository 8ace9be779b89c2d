#include "tools/memo-bench/common/figures_file.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "embed/files/output_file.h"

namespace memo {

Figures run_into_file(const std::string& path, const std::function<Figures()>& run) {
  if (path.empty()) return run();
  MEMO_ASSIGN_OR_RETURN(OutputFile file, OutputFile::create(path));
  Figures figures = run();
  if (!figures) return figures;
  MEMO_RETURN_IF_ERROR(file.write(figures->dump(2) + "\n"));
  MEMO_RETURN_IF_ERROR(file.close());
  return figures;
}

Figures figures_beside(std::initializer_list<std::string> outputs, Figures figures) {
  if (figures && std::ranges::find(outputs, "-") != outputs.end()) return nlohmann::ordered_json();
  return figures;
}

}  // namespace memo
