#include "embed/embedder_set.h"

#include <fmt/format.h>
#include <xxhash.h>

namespace memo {
namespace {

bool same_shape(const EmbedderShape& a, const EmbedderShape& b) {
  return a.hidden == b.hidden && a.length_bucket == b.length_bucket && a.token_width == b.token_width &&
         a.segments == b.segments && a.feature_dimension == b.feature_dimension;
}

}  // namespace

EmbedderSet EmbedderSet::shared(Embedder embedder) {
  std::vector<LayerEmbedder> entries;
  entries.push_back({std::move(embedder), {}, {}});
  return {std::move(entries), true};
}

Result<EmbedderSet> EmbedderSet::one_a_layer(std::vector<LayerEmbedder> entries) {
  if (entries.empty()) return Status(StatusCode::invalid_argument, "a set of embedders has none");
  for (std::size_t i = 1; i < entries.size(); ++i)
    if (!same_shape(entries[0].embedder.shape(), entries[i].embedder.shape()))
      return Status(StatusCode::invalid_argument,
                    fmt::format("the embedder of layer {} has another shape than that of layer 0", i));
  for (const LayerEmbedder& entry : entries)
    if (entry.penalty) MEMO_RETURN_IF_ERROR(entry.penalty->validate(entry.embedder.shape().length_bucket));
  return EmbedderSet(std::move(entries), false);
}

Digest EmbedderSet::fingerprint() const {
  if (shared_) return entries_.front().embedder.fingerprint();
  std::vector<Digest> digests;
  for (const LayerEmbedder& entry : entries_) digests.push_back(entry.embedder.fingerprint());
  const XXH128_hash_t hash = XXH3_128bits(digests.data(), digests.size() * sizeof(Digest));
  return {hash.high64, hash.low64};
}

}  // namespace memo
