#include "tools/memo-bench/paper/ground/map_pool.h"

#include <fmt/format.h>

#include "memod/store/local_store.h"
#include "tools/memo-bench/common/machine.h"

namespace memo {
namespace {

constexpr double kGiB = 1 << 30;

Status check_room(const std::string& folder, std::uint64_t bytes, std::size_t texts) {
  const std::uint64_t room = room_in(folder);
  if (bytes <= room) return Status::ok();
  return {StatusCode::invalid_argument,
          fmt::format("the maps of {} texts need {:.1f} GiB, {} has {:.1f}: pass a smaller --stored, or --folder",
                      texts, static_cast<double>(bytes) / kGiB, folder, static_cast<double>(room) / kGiB)};
}

Policy filling_policy(std::uint32_t length, std::size_t layers) {
  Policy policy = Policy::defaults(length, static_cast<std::int64_t>(layers));
  policy.selection = Selection::fixed;
  for (LayerPolicy& layer : policy.layers) layer.max_distance = 0;
  return policy;
}

}  // namespace

std::uint64_t map_pool_bytes(const ModelConfig& config, std::uint32_t length, std::size_t texts) {
  constexpr std::uint64_t kBeside = 8192;       // feature, header, rounding
  constexpr std::uint64_t kLeast = 256u << 20;  // for extents that are not full
  const MapShape shape{static_cast<std::uint32_t>(config.heads), length, MapEncoding::u8};
  const std::uint64_t maps = texts * static_cast<std::uint64_t>(config.layers);
  return maps * (shape.payload_bytes() + kBeside) * 5 / 4 + kLeast;
}

Result<std::unique_ptr<MapPool>> MapPool::make(PaperGround& ground, DataType type, std::size_t texts) {
  std::unique_ptr<MapPool> pool(new MapPool(ground));
  MEMO_RETURN_IF_ERROR(pool->folder_.status());
  StoreOptions options;
  options.path = pool->folder_.path() + "/pool";
  options.create_bytes = map_pool_bytes(ground.model().checkpoint.config, ground.length(), texts);
  options.eviction.enabled = false;
  MEMO_RETURN_IF_ERROR(check_room(ground.options().folder, options.create_bytes, texts));
  MEMO_ASSIGN_OR_RETURN(pool->store_, Store::open(options));
  pool->memo_store_ = make_local_store(pool->store_);
  const std::string path = pool->folder_.path() + "/policy.toml";
  MEMO_RETURN_IF_ERROR(filling_policy(ground.length(), ground.layers()).save(path));
  MEMO_ASSIGN_OR_RETURN(pool->model_, TextModel::memoized(ground.model(), path, {type, ground.options().threads},
                                                          *pool->memo_store_));
  MEMO_RETURN_IF_ERROR(pool->model_->plan()->space_status());
  return pool;
}

Status MapPool::fill(const TextList& texts, std::size_t count) {
  const TextList wanted = first(texts, count);
  if (wanted.size() <= filled_) return Status::ok();
  const TextList missing(wanted.begin() + static_cast<std::ptrdiff_t>(filled_), wanted.end());
  Progress progress(fmt::format("storing the maps of {} texts", wanted.size()));
  run_texts(model_->engine(), model_->attention(), missing, ground_.options().batch, ground_.advance(progress));
  filled_ = wanted.size();
  const MemoStore::PublishCounts counts = memo_store_->publish_counts();
  if (counts.refused + counts.dropped == 0) return Status::ok();
  return {StatusCode::internal, fmt::format("the store took {} maps and refused {}", counts.acknowledged,
                                            counts.refused + counts.dropped)};
}

}  // namespace memo
