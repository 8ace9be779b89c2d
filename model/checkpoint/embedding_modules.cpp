#include "model/checkpoint/embedding_modules.h"

#include <algorithm>

#include "model/checkpoint/checkpoint.h"

namespace memo {

std::int64_t size_after(const EmbeddingModule& module, std::int64_t size) {
  if (const auto* dense = std::get_if<DenseModule>(&module)) return dense->linear.weight.size(0);
  if (const auto* truncate = std::get_if<TruncateModule>(&module)) return std::min(truncate->size, size);
  return size;
}

std::int64_t Checkpoint::embedding_size() const {
  std::int64_t size = config.hidden * static_cast<std::int64_t>(config.pooling.size());
  for (const EmbeddingModule& module : embedding_modules) size = size_after(module, size);
  return size;
}

}  // namespace memo
