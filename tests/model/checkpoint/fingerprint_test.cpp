// What tells checkpoints apart.
#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "tests/model/golden.h"
#include "tests/support/model_folder.h"

namespace memo {
namespace {

using test::ModelFolder;

Digest fingerprint_of(const std::string& name) {
  return Checkpoint::load(test::data_path(name)).value().fingerprint;
}

TEST(Fingerprint, OfABertIsWhatItAlwaysWas) {
  EXPECT_EQ(fingerprint_of("tiny-bert").hex(), "baa8d6fe46f0bfa62b50fd285a24e44e");
}

TEST(Fingerprint, IsTheSameInEveryVersion) {
  const std::pair<const char*, const char*> cases[] = {
      {"distilbert-classifier", "cf0b787bea41a7a32a12076b1a82867f"},
      {"roberta-classifier", "738770d8c60c61d6acbb05d3e87594bd"},
      {"deberta-v3-classifier", "4f146586d5126c8dd4bb75c96229c38e"},
      {"deberta-v2", "e186a4e5014d41c1057202fd882f3ee0"},
      {"gpt2", "3bb2ff5be6773b9e455b84604675b1a0"},
      {"mpnet", "be78b347a4639a5fd598dc0142687e44"}};
  for (const auto& [name, fingerprint] : cases)
    EXPECT_EQ(fingerprint_of(std::string("families/") + name).hex(), fingerprint) << name;
}

TEST(Fingerprint, ChangesWithWeightsAndArchitectureButNotWithHeads) {
  ModelFolder folder("families/deberta-v3-classifier");
  const Digest before = folder.load()->fingerprint;
  folder.tensors["classifier.bias"] = at::ones({3});
  EXPECT_EQ(folder.load()->fingerprint, before);
  const at::Tensor embeddings = folder.tensors["deberta.encoder.rel_embeddings.weight"];
  folder.tensors["deberta.encoder.rel_embeddings.weight"] = embeddings + 0.5 * at::rand_like(embeddings);
  EXPECT_NE(folder.load()->fingerprint, before);
  folder.tensors["deberta.encoder.rel_embeddings.weight"] = embeddings;
  folder.config["pos_att_type"] = "c2p";
  EXPECT_NE(folder.load()->fingerprint, before);
}

TEST(Fingerprint, ChangesWithBiasesByDistance) {
  ModelFolder folder("families/mpnet");
  const Digest before = folder.load()->fingerprint;
  folder.tensors["encoder.relative_attention_bias.weight"] += 0.5;
  EXPECT_NE(folder.load()->fingerprint, before);
}

}  // namespace
}  // namespace memo
