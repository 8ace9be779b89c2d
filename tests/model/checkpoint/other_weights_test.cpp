// Folders whose weights are somewhere else, or are not what they seem.
#include <gtest/gtest.h>

#include "tests/support/model_folder.h"

namespace memo {
namespace {

class OtherWeights : public testing::Test {
 protected:
  // Of a folder that has the file `name` in the place of model.safetensors.
  Status with(const std::string& name) const {
    std::filesystem::remove(folder_.weights_path());
    folder_.write_text(name, "x");
    const Status status = Checkpoint::load(folder_.path()).status();
    std::filesystem::remove(folder_.file(name));
    return status;
  }
  Status with_text(const std::string& name, const std::string& text) const {
    folder_.write_text(name, text);
    return Checkpoint::load(folder_.path()).status();
  }

  const test::ModelFolder folder_{"families/bert-classifier"};
};

void expect_message(const Status& status, StatusCode code, std::initializer_list<std::string> parts) {
  EXPECT_EQ(status.code(), code) << status.message();
  for (const std::string& part : parts)
    EXPECT_NE(status.message().find(part), std::string::npos) << part << " in " << status.message();
}

constexpr const char* kPointer =
    "version https://git-lfs.github.com/spec/v1\n"
    "oid sha256:78c0197b6159d92658e319bc1d72e4c73a9a03dd03815e70e555c5ef05615658\nsize 437971872\n";

TEST_F(OtherWeights, WeightsOfAnotherFormatAreNamedAndHowToConvertThem) {
  const std::string load = "from_pretrained(\"" + folder_.path() + "\"";
  const std::pair<const char*, std::string> cases[] = {{"pytorch_model.bin", load + ")"},
                                                       {"pytorch_model-00001-of-00002.bin", load + ")"},
                                                       {"pytorch_model.bin.index.json", load + ")"},
                                                       {"tf_model.h5", load + ", from_tf=True)"},
                                                       {"flax_model.msgpack", load + ", from_flax=True)"}};
  for (const auto& [name, conversion] : cases)
    expect_message(with(name), StatusCode::unsupported,
                   {"/model.safetensors: is missing", name, conversion, "safe_serialization=True"});
}

TEST_F(OtherWeights, AnExportIsNamedAndThatItHasNoWayBack) {
  for (const char* name : {"model.onnx", "onnx/model.onnx", "model-q4.gguf"})
    expect_message(with(name), StatusCode::unsupported, {"/model.safetensors: is missing", name, "exported from"});
}

TEST_F(OtherWeights, WeightsThatCanBeConvertedAreNamedBeforeAnExport) {
  folder_.write_text("a.onnx", "x");
  expect_message(with("pytorch_model.bin"), StatusCode::unsupported, {"pytorch_model.bin", "save_pretrained"});
}

TEST_F(OtherWeights, OtherFilesOfATrainingAreNoWeights) {
  for (const char* name : {"training_args.bin", "optimizer.pt", "pytorch_model.txt"})
    expect_message(with(name), StatusCode::not_found, {"/model.safetensors: is missing"});
}

TEST_F(OtherWeights, APartWithoutItsIndexIsNamed) {
  expect_message(with("model-00001-of-00002.safetensors"), StatusCode::not_found,
                 {"model.safetensors.index.json", "model-00001-of-00002.safetensors"});
}

TEST_F(OtherWeights, SafetensorsAreReadWhateverIsBesideThem) {
  folder_.write_text("pytorch_model.bin", "x");
  EXPECT_TRUE(Checkpoint::load(folder_.path()).is_ok());
}

TEST_F(OtherWeights, AGitLfsPointerIsNamed) {
  expect_message(with_text("model.safetensors", kPointer), StatusCode::corrupt,
                 {"/model.safetensors: is a Git LFS pointer", "git lfs pull"});
  expect_message(with_text("config.json", kPointer), StatusCode::corrupt,
                 {"/config.json: is a Git LFS pointer", "git lfs pull"});
}

TEST_F(OtherWeights, AnAdapterIsNamedAndHowToMergeIt) {
  expect_message(with_text("adapter_config.json", "{}"), StatusCode::unsupported,
                 {"/adapter_config.json: adapters are not applied", "merge_and_unload"});
  EXPECT_EQ(ModelConfig::load(folder_.path()).status().code(), StatusCode::unsupported);
}

}  // namespace
}  // namespace memo
