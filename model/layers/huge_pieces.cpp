#include "model/layers/huge_pieces.h"

#include <algorithm>
#include <mutex>

#include "model/layers/huge_buffer.h"

namespace memo {
namespace {

constexpr std::size_t kSlabBytes = std::size_t{8} << 20;
constexpr std::size_t kAlignment = 64;

class Slab {
 public:
  explicit Slab(std::size_t bytes) : begin_(memory_.reserve(bytes)) {}
  std::size_t left() const { return memory_.bytes() - used_; }
  // Requires bytes <= left().
  std::byte* take(std::size_t bytes) {
    std::byte* piece = begin_ + used_;
    used_ += bytes;
    return piece;
  }

 private:
  HugeBuffer memory_;
  std::size_t used_ = 0;
  std::byte* begin_;
};

struct OpenSlab {
  std::mutex mutex;
  std::weak_ptr<Slab> slab;  // the one with the most room left; its pieces keep it alive
};

std::size_t aligned_size(std::size_t bytes) {
  return (bytes + kAlignment - 1) / kAlignment * kAlignment;
}

}  // namespace

std::shared_ptr<std::byte> take_huge_piece(std::size_t bytes) {
  static OpenSlab open;
  const std::size_t rounded = aligned_size(std::max(bytes, kAlignment));
  const std::lock_guard lock(open.mutex);
  std::shared_ptr<Slab> slab = open.slab.lock();
  if (slab == nullptr || slab->left() < rounded) {
    const std::shared_ptr<Slab> before = std::move(slab);
    slab = std::make_shared<Slab>(std::max(rounded, kSlabBytes));
    if (before == nullptr || slab->left() - rounded >= before->left()) open.slab = slab;
  }
  std::byte* piece = slab->take(rounded);
  return {std::move(slab), piece};
}

}  // namespace memo
