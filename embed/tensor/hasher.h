// Hasher: makes digests that distinguish tensors and files.
#pragma once

#include <xxhash.h>

#include <memory>
#include <span>
#include <string_view>

#include "embed/tensor/tensor.h"
#include "memo/types.h"

namespace memo {

// XXH3-128 of everything that is added, in this order. Threads: one.
class Hasher {
 public:
  Hasher() : state_(XXH3_createState(), XXH3_freeState) { XXH3_128bits_reset(state_.get()); }

  void add(std::span<const std::byte> bytes) {
    if (!bytes.empty()) XXH3_128bits_update(state_.get(), bytes.data(), bytes.size());
  }
  void add(std::string_view text) { add(std::as_bytes(std::span(text))); }
  // Adds the tensor's elements; nothing for an undefined one.
  void add(const Tensor& tensor) {
    add(std::span(static_cast<const std::byte*>(tensor.data_ptr()), tensor.nbytes()));
  }

  Digest digest() const {
    const XXH128_hash_t hash = XXH3_128bits_digest(state_.get());
    return {hash.high64, hash.low64};
  }

 private:
  std::unique_ptr<XXH3_state_t, decltype(&XXH3_freeState)> state_;
};

}  // namespace memo
