#include "model/policy/codebook.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include "embed/safetensors/safetensors.h"
#include "tests/support/temp_dir.h"
#include "tests/support/torch_files.h"

namespace memo {
namespace {

class CodebookFile : public testing::Test {
 protected:
  test::TempDir folder_;
  const std::string path_ = folder_.file("maps.safetensors");
};

TEST_F(CodebookFile, SavedMapsAreReadBack) {
  const at::Tensor map = at::softmax(at::randn({2, 6, 6}), -1);
  Codebook codebook;
  codebook.add("layer.0", from_torch(map));
  ASSERT_TRUE(codebook.save(path_));
  const auto loaded = Codebook::load(path_, {"layer.0"}, {2, 6});
  ASSERT_TRUE(loaded) << loaded.status().message();
  EXPECT_TRUE(at::equal(to_torch(loaded->map("layer.0")), map));
}

TEST_F(CodebookFile, MissingMapAndWrongShapeAreNamed) {
  Codebook codebook;
  codebook.add("layer.0", from_torch(at::ones({2, 6, 6})));
  ASSERT_TRUE(codebook.save(path_));
  const auto missing = Codebook::load(path_, {"layer.9"}, {2, 6});
  EXPECT_NE(missing.status().message().find("layer.9"), std::string::npos);
  EXPECT_EQ(Codebook::load(path_, {"layer.0"}, {2, 7}).status().code(), StatusCode::invalid_argument);
}

TEST_F(CodebookFile, OtherSafetensorsFilesAreRefused) {
  ASSERT_TRUE(write_safetensors(path_, {{"layer.0", at::ones({2, 6, 6})}}, {}));
  EXPECT_EQ(Codebook::load(path_, {"layer.0"}, {2, 6}).status().code(), StatusCode::unsupported);
}

}  // namespace
}  // namespace memo
