#include "model/folder/module_list.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/temp_dir.h"

namespace memo {
namespace {

using nlohmann::json;

json module(const std::string& name, const std::string& path, const std::string& type) {
  return {{"idx", 9}, {"name", name}, {"path", path}, {"type", type}};
}

class ModuleListTest : public testing::Test {
 protected:
  Result<std::optional<ModuleList>> read(const json& modules) const {
    std::ofstream(folder_.file("modules.json")) << modules.dump();
    return ModuleList::read(folder_.path());
  }
  Status order(const std::vector<const char*>& kinds) const {
    json modules = json::array();
    for (const char* kind : kinds)
      modules.push_back(
          module(std::to_string(modules.size()), "", std::string("sentence_transformers.models.") + kind));
    return (*read(modules))->check_embedding_order();
  }

  test::TempDir folder_;
};

TEST_F(ModuleListTest, AFolderWithoutTheFileHasNone) {
  EXPECT_FALSE(ModuleList::read(folder_.path())->has_value());
}

TEST_F(ModuleListTest, TheOrderIsTheFilesAndIdxDoesNotCount) {
  const auto sut =
      read(json::array({module("b", "", "sentence_transformers.models.Transformer"),
                        module("a", "x/y", "sentence_transformers.sentence_transformer.modules.pooling.Pooling"),
                        module("c", "z", "sentence_transformers.base.modules.dense.Dense")}));
  ASSERT_TRUE(sut) << sut.status().message();
  ASSERT_EQ((*sut)->entries.size(), 3u);
  EXPECT_EQ((*sut)->entries[0].kind, ModuleKind::transformer);
  EXPECT_EQ((*sut)->entries[1].kind, ModuleKind::pooling);
  EXPECT_EQ((*sut)->entries[1].path, "x/y");
  EXPECT_EQ((*sut)->entries[2].kind, ModuleKind::dense);
}

TEST_F(ModuleListTest, AnotherModuleIsRefusedByItsType) {
  for (const char* type : {"sentence_transformers.models.LSTM", "my.models.Pooling", "Pooling", ""}) {
    const Status status = read(json::array({module("0", "", type)})).status();
    EXPECT_EQ(status.code(), StatusCode::unsupported) << type;
    EXPECT_NE(status.message().find(json(type).dump()), std::string::npos) << status.message();
  }
}

TEST_F(ModuleListTest, PathsThatLeaveTheFolderAreRefused) {
  for (const char* path : {"/etc", "..", "a/../../b", "../1_Pooling"}) {
    const Status status =
        read(json::array({module("0", path, "sentence_transformers.models.Transformer")})).status();
    EXPECT_EQ(status.code(), StatusCode::corrupt) << path;
    EXPECT_NE(status.message().find(path), std::string::npos) << status.message();
  }
}

TEST_F(ModuleListTest, WhatIsNoListOfModulesIsRefused) {
  const json good = module("0", "", "sentence_transformers.models.Transformer");
  json without = good;
  without.erase("path");
  json number = good;
  number["name"] = 7;
  for (const json& bad : {json::object(), json::array(), json(3), json::array({3}), json::array({without}),
                          json::array({number}), json::array({good, good})})
    EXPECT_EQ(read(bad).status().code(), StatusCode::corrupt) << bad;
}

TEST_F(ModuleListTest, EmbeddingsNeedOneTransformerAndOnePoolingFirst) {
  EXPECT_TRUE(order({"Transformer", "Pooling"}));
  EXPECT_TRUE(order({"Transformer", "Pooling", "Dense", "Normalize", "LayerNorm", "Normalize", "Dense"}));
  for (const std::vector<const char*>& kinds : {std::vector<const char*>{"Transformer"},
                                                {"Pooling"},
                                                {"Pooling", "Transformer"},
                                                {"Transformer", "Dense", "Pooling"},
                                                {"Transformer", "Pooling", "Pooling"},
                                                {"Transformer", "Pooling", "Transformer"},
                                                {"Transformer", "Normalize"}})
    EXPECT_EQ(order(kinds).code(), StatusCode::unsupported);
}

}  // namespace
}  // namespace memo
