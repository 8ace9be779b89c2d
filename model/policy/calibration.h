// Calibration: weights of a model refitted for one policy, so that its memoized stream reproduces the plain one.
// A safetensors file of f32 tensors with the metadata
//   format = "memo-calibration", version = "1", model = the fingerprint of the model, length = the policy's
// Tensors are named "layer.0.attention_output.weight"; qkv, attention_output, feed_forward_in, feed_forward_out
// and the norms attention_norm and feed_forward_norm have a weight and a bias. Tensors that were not refitted are
// absent.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "embed/tensor/tensor.h"
#include "memo/status.h"
#include "model/checkpoint/checkpoint.h"
#include "model/policy/policy.h"

namespace memo {

class Calibration {
 public:
  // An empty calibration of the model with this fingerprint: nothing is refitted.
  Calibration(Digest model, std::uint32_t length) : model_(model), length_(length) {}

  // Errors: as SafetensorsFile; unsupported (another format or version), corrupt (an impossible name or number).
  static Result<Calibration> load(const std::string& path);
  // Errors: as write_safetensors.
  Status save(const std::string& path) const;

  // The tensors that `calibrated` has in place of those of `original`.
  static Calibration between(const Checkpoint& original, const Checkpoint& calibrated, std::uint32_t length);

  // The model with the refitted tensors; it shares all others. It has another fingerprint, so that memos of the
  // two models never meet; its calibrated_from is the fingerprint of the original.
  // Errors: invalid_argument (made for another model, or with a layer or shape that the model does not have).
  Result<Checkpoint> apply(const Checkpoint& checkpoint) const;

  const Digest& model() const { return model_; }
  std::uint32_t length() const { return length_; }
  const std::map<std::string, Tensor>& tensors() const { return tensors_; }

 private:
  Digest model_;
  std::uint32_t length_;
  std::map<std::string, Tensor> tensors_;
};

// The checkpoint that a policy runs with: the model's, calibrated where the policy says so.
// Errors: as Calibration::load and apply; invalid_argument (made for another length).
Result<Checkpoint> checkpoint_for(const Checkpoint& checkpoint, const Policy& policy);

}  // namespace memo
