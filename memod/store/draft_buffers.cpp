#include "memod/store/draft_buffers.h"

#include <algorithm>
#include <cstdlib>

namespace memo {

DraftBuffers::~DraftBuffers() {
  for (const Buffer& buffer : idle_) std::free(buffer.data);
}

std::shared_ptr<std::byte> DraftBuffers::take(std::size_t bytes) {
  const std::size_t rounded = (bytes + kAlignment - 1) / kAlignment * kAlignment;
  Buffer buffer = take_idle(rounded);
  if (buffer.data == nullptr) buffer = {static_cast<std::byte*>(std::aligned_alloc(kAlignment, rounded)), rounded};
  if (buffer.data == nullptr) return nullptr;
  return {buffer.data, [self = shared_from_this(), buffer](std::byte*) { self->give_back(buffer); }};
}

// Only a buffer of the same size is reused: the payloads of a space are alike, and a large buffer must not serve a
// small draft.
DraftBuffers::Buffer DraftBuffers::take_idle(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  const auto found =
      std::find_if(idle_.begin(), idle_.end(), [bytes](const Buffer& buffer) { return buffer.bytes == bytes; });
  if (found == idle_.end()) return {};
  const Buffer buffer = *found;
  idle_.erase(found);
  return buffer;
}

void DraftBuffers::give_back(Buffer buffer) {
  const std::lock_guard lock(mutex_);
  if (idle_.size() == kMaxIdle) {
    std::free(idle_.front().data);
    idle_.erase(idle_.begin());
  }
  idle_.push_back(buffer);
}

}  // namespace memo
