// MapReplay: an AttentionSource that keeps every map of a batch, and answers the same batch with them.
#pragma once

#include <map>
#include <utility>
#include <vector>

#include "model/engine/attention_source.h"

namespace memo::test {

class MapReplay : public AttentionSource {
 public:
  // modes [heads]: of every layer. Heads of mode fixed read the first sequence's map: for batches of one.
  MapReplay(std::vector<HeadMode> modes, MapEncoding encoding) : modes_(std::move(modes)), encoding_(encoding) {}

  // From now on lookup and fixed heads are read; before, all heads are computed and kept.
  void replay() { replaying_ = true; }
  // Of these sequences the hits turn out to have changed while they were read.
  void revoke(std::vector<std::size_t> sequences) { revoked_ = std::move(sequences); }
  // Sequences that compute although others read.
  void miss(std::vector<std::size_t> sequences) { missed_ = std::move(sequences); }

  MapShape shape(std::size_t sequence) const {
    return {static_cast<std::uint32_t>(modes_.size()), lengths_[sequence], encoding_};
  }
  std::span<const std::byte> payload(std::size_t layer, std::size_t sequence) const {
    return kept_.at({layer, sequence}).bytes();
  }
  const std::vector<SequenceOutcome>& outcomes() const { return outcomes_; }  // of the last layer

  void begin(TokenSequences batch) override {
    lengths_.clear();
    for (const auto& sequence : batch) lengths_.push_back(static_cast<std::uint32_t>(sequence.size()));
  }

  LayerAttention prepare(std::size_t layer, const LayerStates&) override {
    LayerAttention attention;
    attention.sequences.resize(lengths_.size());
    if (!replaying_) {
      all_lookup_.assign(modes_.size(), HeadMode::lookup);
      attention.modes = all_lookup_;
      for (std::size_t i = 0; i < lengths_.size(); ++i) {
        attention.sequences[i].keep = kept_[{layer, i}].resize(shape(i).payload_bytes());
        attention.sequences[i].keep_shape = shape(i);
      }
      return attention;
    }
    attention.modes = modes_;
    attention.fixed = {payload(layer, 0), shape(0)};
    attention.fixed_copy = attention.fixed;
    for (std::size_t i = 0; i < lengths_.size(); ++i)
      if (const StoredMap map = lookup_heads(layer, i); map && !contains(missed_, i))
        attention.sequences[i].hit = {{map, 1}};
    return attention;
  }

  bool intact(std::size_t sequence) const override { return !contains(revoked_, sequence); }
  void finish(std::size_t, std::span<const SequenceOutcome> outcomes) override {
    outcomes_.assign(outcomes.begin(), outcomes.end());
  }

 private:
  // 64-byte aligned.
  class Payload {
   public:
    std::span<std::byte> resize(std::size_t bytes) {
      memory_.resize(bytes + 63);
      bytes_ = bytes;
      return {begin(), bytes};
    }
    std::span<const std::byte> bytes() const { return {begin(), bytes_}; }

   private:
    std::byte* begin() const {
      const auto address = reinterpret_cast<std::uintptr_t>(memory_.data());
      return reinterpret_cast<std::byte*>((address + 63) / 64 * 64);
    }
    std::vector<std::byte> memory_;
    std::size_t bytes_ = 0;
  };

  static bool contains(const std::vector<std::size_t>& list, std::size_t value) {
    for (const std::size_t item : list)
      if (item == value) return true;
    return false;
  }

  // The kept map with the heads of mode lookup only.
  StoredMap lookup_heads(std::size_t layer, std::size_t sequence) {
    const MapShape all = shape(sequence);
    MapShape some = all;
    some.heads = 0;
    for (const HeadMode mode : modes_) some.heads += mode == HeadMode::lookup ? 1 : 0;
    if (some.heads == 0) return {};
    const std::span<const std::byte> from = payload(layer, sequence);
    const std::span<std::byte> to = selected_[{layer, sequence}].resize(some.payload_bytes());
    const auto copy = [&](std::size_t source, std::size_t target, std::size_t bytes) {
      std::copy_n(from.begin() + static_cast<std::ptrdiff_t>(source), bytes,
                  to.begin() + static_cast<std::ptrdiff_t>(target));
    };
    std::size_t place = 0;
    for (std::size_t head = 0; head < modes_.size(); ++head) {
      if (modes_[head] != HeadMode::lookup) continue;
      copy(all.scales_offset(head), some.scales_offset(place), all.length * sizeof(float));
      copy(all.head_offset(head), some.head_offset(place), all.length * all.row_bytes());
      if (encoding_ == MapEncoding::u8) {
        copy(all.peaks_offset(head), some.peaks_offset(place), all.length * sizeof(float));
        copy(all.places_offset(head), some.places_offset(place), all.length * sizeof(std::uint16_t));
      }
      ++place;
    }
    return {to, some};
  }

  using Place = std::pair<std::size_t, std::size_t>;  // layer, sequence
  const std::vector<HeadMode> modes_;
  const MapEncoding encoding_;
  bool replaying_ = false;
  std::vector<HeadMode> all_lookup_;
  std::vector<std::size_t> revoked_;
  std::vector<std::size_t> missed_;
  std::vector<std::uint32_t> lengths_;
  std::map<Place, Payload> kept_;
  std::map<Place, Payload> selected_;
  std::vector<SequenceOutcome> outcomes_;
};

}  // namespace memo::test
