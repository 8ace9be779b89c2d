#include "index/features/feature_list.h"

#include <array>
#include <bit>
#include <cassert>
#include <cstring>

namespace memo {
namespace {

constexpr std::size_t kLargeBlock = 2 << 20;
constexpr std::size_t kSmallBlock = 128 << 10;

constexpr std::size_t round_up(std::size_t bytes, std::size_t unit) {
  return (bytes + unit - 1) / unit * unit;
}

}  // namespace

FeatureList::FeatureList(const FeatureShape& shape, Blocks blocks)
    : shape_(shape),
      kind_(blocks),
      code_bytes_(shape.bytes()),
      shift_(static_cast<unsigned>(
          std::bit_width((blocks == Blocks::large ? kLargeBlock : kSmallBlock) / code_bytes_ - 1))),
      mask_((std::size_t{1} << shift_) - 1) {}

std::byte* FeatureList::next_place(std::uint64_t label) {
  const std::size_t block = size_ >> shift_;
  if (block == blocks_.size()) {
    const std::size_t labels_at = round_up((mask_ + 1) * code_bytes_, sizeof(std::uint64_t));
    // A full block may as well lie on a huge page; the kernel moves it there in its own time.
    if (block > 0 && kind_ == Blocks::large && !is_huge(block - 1))
      advise_huge_pages(blocks_.back().data(), blocks_.back().size());
    const auto pages = is_huge(block) ? MappedBlock::Pages::huge : MappedBlock::Pages::small;
    blocks_.emplace_back(labels_at + (mask_ + 1) * sizeof(std::uint64_t), pages);
    codes_.push_back(blocks_.back().data());
    labels_.push_back(reinterpret_cast<std::uint64_t*>(blocks_.back().data() + labels_at));
  }
  labels_[block][size_ & mask_] = label;
  return codes_[block] + (size_++ & mask_) * code_bytes_;
}

void FeatureList::append(std::uint64_t label, std::span<const float> feature) {
  assert(feature.size() == shape_.dimension);
  encode_feature(shape_.format, feature, next_place(label));
}

void FeatureList::append_code(std::uint64_t label, const std::byte* code) {
  std::memcpy(next_place(label), code, code_bytes_);
}

void FeatureList::replace_by_last(std::size_t position) {
  const std::size_t last = size_ - 1;
  if (position != last) {
    labels_[position >> shift_][position & mask_] = label(last);
    std::memcpy(codes_[position >> shift_] + (position & mask_) * code_bytes_, code(last), code_bytes_);
  }
  --size_;
  // One block stays in reserve, so that a list whose size swings around a border does not map and unmap it all the
  // time.
  const std::size_t used = (size_ + mask_) >> shift_;
  if (blocks_.size() <= used + 1) return;
  blocks_.pop_back();
  codes_.pop_back();
  labels_.pop_back();
}

void FeatureList::search(const float* query, NearestList& nearest) const {
  const L2Kernels& kernels = l2_kernels_for_this_cpu(shape_.format);
  std::size_t position = 0;
  for (; position + 4 <= size_; position += 4) {
    std::array<const std::byte*, 4> codes;
    std::array<float, 4> distances;
    for (std::size_t i = 0; i < 4; ++i) codes[i] = code(position + i);
    kernels.four(query, codes.data(), shape_.dimension, distances.data());
    for (std::size_t i = 0; i < 4; ++i) nearest.offer(label(position + i), distances[i]);
  }
  for (; position < size_; ++position)
    nearest.offer(label(position), kernels.one(query, code(position), shape_.dimension));
}

std::size_t FeatureList::memory_bytes() const {
  constexpr std::size_t kBlockEntry = sizeof(MappedBlock) + 2 * sizeof(void*);
  std::size_t bytes = blocks_.capacity() * kBlockEntry;
  for (std::size_t block = 0; block < blocks_.size(); ++block) {
    // In a large block on small pages, pages that were never written take no memory.
    const bool partly = kind_ == Blocks::large && !is_huge(block);
    const std::size_t used = std::min(mask_ + 1, size_ - (block << shift_));
    bytes += partly ? used * (code_bytes_ + sizeof(std::uint64_t)) : blocks_[block].size();
  }
  return bytes;
}

}  // namespace memo
