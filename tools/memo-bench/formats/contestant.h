// An engine in one number format.
#pragma once

#include <ATen/core/Tensor.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>

#include "model/checkpoint/checkpoint.h"
#include "model/engine/engine.h"
#include "model/tuning/measure/model_outputs.h"
#include "tools/memo-bench/common/peer.h"

namespace memo {

// What texts have become: token ids, all as many. Shapes: [batch][length]
using FullBatch = std::vector<const ProfileText*>;

// Threads: one at a time.
class FormatContestant {
 public:
  virtual ~FormatContestant() = default;

  virtual std::string engine() const = 0;
  virtual std::string dtype() const = 0;
  virtual std::string way() const = 0;  // of quantizing; empty: none
  // Times one pass. Errors: of a peer.
  virtual Result<PeerTiming> time(const FullBatch& batch) = 0;
  // One pass. Shapes: -> [batch, hidden] f32, each of length 1
  virtual Result<at::Tensor> embeddings(const FullBatch& batch) = 0;
};

// This engine. Errors: as Engine::make; unsupported (the CPU has not this format).
Result<std::unique_ptr<FormatContestant>> make_own(const Checkpoint& checkpoint, EngineOptions options);

// What a peer runs.
struct PeerFormat {
  PeerOptions options;
  std::string model_folder;
  std::uint32_t batch = 0;
  std::uint32_t length = 0;
  std::string way;  // static, dynamic or weights; empty: none
  std::vector<const ProfileText*> calibration;
};
// Errors: as Peer.
Result<std::unique_ptr<FormatContestant>> make_peer(const PeerFormat& format);

}  // namespace memo
