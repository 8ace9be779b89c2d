// profile.json: what is written is read, and what somebody else wrote is checked.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <fstream>
#include <limits>

#include "tests/support/profile_samples.h"
#include "tests/support/temp_dir.h"
#include "tools/memo-profile/report/document/profile_json.h"

namespace memo {
namespace {

using Json = nlohmann::json;
using Pointer = Json::json_pointer;

Json as_read(const ProfileResult& profile) {
  return Json::parse(to_json(profile).dump());
}

const Json& small_profile() {
  static const Json kJson = as_read(test::full_profile({.layers = 2, .heads = 3, .map_size = 2}));
  return kJson;
}

// Calls visit with the pointer to every value, those inside of others too.
void for_each_value(const Json& json, const Pointer& at, const std::function<void(const Pointer&)>& visit) {
  for (const auto& [key, value] : json.items()) {
    const Pointer inside = json.is_array() ? at / static_cast<std::size_t>(std::stoul(key)) : at / key;
    visit(inside);
    if (value.is_structured()) for_each_value(value, inside, visit);
  }
}

bool may_be_absent(const Pointer& at) {
  const std::string name = at.back();
  if (name == "test") return at.parent_pointer() != Pointer();  // a candidate's
  return name == "lost" || name == "plain_accuracy" || name == "memoized_accuracy" || name == "net_us" ||
         name == "embedder_texts" || name == "judged_texts";
}

TEST(ProfileJson, IsReadAsItWasWritten) {
  for (const auto& [name, profile] : test::profile_samples()) {
    const Result<ProfileResult> read = profile_from_json(as_read(profile));
    ASSERT_TRUE(read) << name << ": " << read.status().message();
    // Texts that are not UTF-8 are mended when they are written, so of these the second time counts.
    const bool valid = name == "bare" || name == "empty";
    EXPECT_TRUE(!valid || *read == profile) << name;
    const Result<ProfileResult> again = profile_from_json(as_read(*read));
    ASSERT_TRUE(again) << name;
    EXPECT_TRUE(*again == *read) << name;
    EXPECT_EQ(to_json(*again).dump(), to_json(profile).dump()) << name;
  }
}

TEST(ProfileJson, PicturesKeepFourDecimals) {
  ProfileResult profile = test::full_profile();
  profile.examples[0].text = profile.examples[3].text = "valid";
  EXPECT_TRUE(*profile_from_json(as_read(profile)) == profile);
  profile.examples[0].stored.values[3] = 0.123456f;
  EXPECT_NEAR(profile_from_json(as_read(profile))->examples[0].stored.values[3], 0.1235, 1e-6);
}

TEST(ProfileJson, ValuesOfAnotherTypeAreRefusedByName) {
  for_each_value(small_profile(), Pointer(), [](const Pointer& at) {
    Json json = small_profile();
    json[at] = json[at].is_structured() ? Json("text") : Json::array({"text"});
    const Status status = profile_from_json(json).status();
    if (at.back() == "net_us") return;
    EXPECT_EQ(status.code(), StatusCode::invalid_argument) << at.to_string();
    EXPECT_NE(status.message().find(at.back()), std::string::npos) << at.to_string() << ": " << status.message();
  });
}

TEST(ProfileJson, EveryKeyIsNeededOrMayBeAbsent) {
  for_each_value(small_profile(), Pointer(), [](const Pointer& at) {
    Json json = small_profile();
    if (json[at.parent_pointer()].is_array()) return;
    json[at.parent_pointer()].erase(at.back());
    const Result<ProfileResult> read = profile_from_json(json);
    EXPECT_EQ(read.is_ok(), may_be_absent(at)) << at.to_string();
    EXPECT_TRUE(read || read.status().message().ends_with(at.back() + " is missing")) << read.status().message();
  });
}

TEST(ProfileJson, WhatDoesNotFitIsRefusedByName) {
  struct Case {
    const char* at;
    Json value;
    const char* said;
  };
  const Case kCases[] = {
      {"/format", "memo-policy", "format is \"memo-policy\", must be \"memo-profile\""},
      {"/version", 2, "version is 2, must be 1"},
      {"/setting/layers", -1, "setting.layers is -1, must be an integer from 0 to 4294967295"},
      {"/setting/heads", 5'000'000'000, "setting.heads is 5000000000"},
      {"/setting/heads", 2.5, "setting.heads is 2.5"},
      {"/setting/layers", 1025, "1025 layers"},
      {"/setting", Json::object(), "setting.model is missing"},
      {"/setting/layers", 3, "candidates[0]: has 2 layers, this model has 3"},
      {"/similarities/2/head", 3, "similarities[2]: head is 3, this model has 3"},
      {"/thresholds/0/layer", 2, "thresholds[0]: layer is 2"},
      {"/thresholds/0/max_distance", 1e300, "thresholds[0].max_distance is 1e+300"},
      {"/candidates/1/layers/0/mode", "guess",
       "candidates[1].layers[0].mode is \"guess\", must be compute, lookup or"},
      {"/candidates/1/layers/0/fixed_heads", {0, 3}, "candidates[1]: layer 0: fixed_heads has 3"},
      {"/candidates/1/layers/1/lookup_heads", {1, 1}, "head 1 is listed twice"},
      {"/candidates/1/layers/1/lookup_heads", {-4}, "candidates[1].layers[1].lookup_heads[0] is -4"},
      {"/examples/0/computed/size", 3, "examples[0]: a picture of 3 x 3 has 4 values, must have 9"},
      {"/examples/0/computed/size", 4'000'000'000u, "examples[0]: a picture"},
      {"/examples/1/layer", 9, "examples[1]: layer is 9"},
      {"/verdict", nullptr, "verdict is null, must be a string"},
      {"/test/saved/low", nullptr, "test.saved.low is null, must be a number"},
  };
  for (const Case& one : kCases) {
    Json json = small_profile();
    json[Pointer(one.at)] = one.value;
    const Status status = profile_from_json(json).status();
    EXPECT_EQ(status.code(), StatusCode::invalid_argument) << one.at;
    EXPECT_NE(status.message().find(one.said), std::string::npos) << one.at << ": " << status.message();
  }
}

TEST(ProfileJson, ModelsWithMoreMapsThanAPageCanShowAreRefused) {
  Json json = as_read(test::empty_profile());
  json["setting"]["layers"] = json["setting"]["heads"] = 1024;
  EXPECT_NE(profile_from_json(json).status().message().find("1048576 maps"), std::string::npos);
}

TEST(ProfileJson, TwoChosenCandidatesAreRefused) {
  Json json = small_profile();
  for (Json& candidate : json["candidates"]) candidate["chosen"] = true;
  EXPECT_EQ(profile_from_json(json).status().message(), "candidates: more than one is chosen");
}

TEST(ProfileJson, OfAnythingElseIsRefused) {
  for (const Json& json : {Json(nullptr), Json::array(), Json("profile"), Json(3), Json::object()})
    EXPECT_EQ(profile_from_json(json).status().code(), StatusCode::invalid_argument) << json.dump();
}

TEST(ProfileJson, NumbersThatAreNoneAreNotReadAsNumbers) {
  ProfileResult profile = test::full_profile();
  profile.test.cosine = std::numeric_limits<double>::quiet_NaN();
  EXPECT_EQ(profile_from_json(as_read(profile)).status().message(), "test.cosine is null, must be a number");
}

TEST(ProfileFile, IsReadAsItWasWritten) {
  const test::TempDir folder;
  const ProfileResult profile = test::full_profile({.layers = 24, .heads = 32});
  ASSERT_TRUE(write_profile(profile, folder.file("profile.json")));
  const Result<ProfileResult> read = read_profile(folder.file("profile.json"));
  ASSERT_TRUE(read) << read.status().message();
  EXPECT_EQ(to_json(*read).dump(), to_json(profile).dump());
}

TEST(ProfileFile, ErrorsNameTheFile) {
  const test::TempDir folder;
  const auto status_of = [&](const std::string& name, const std::string& text) {
    std::ofstream(folder.file(name)) << text;
    const Status status = read_profile(folder.file(name)).status();
    EXPECT_NE(status.message().find(name), std::string::npos) << status.message();
    return status.code();
  };
  const std::string whole = small_profile().dump();
  EXPECT_EQ(status_of("half.json", whole.substr(0, whole.size() / 2)), StatusCode::corrupt);
  EXPECT_EQ(status_of("deep.json", std::string(100'000, '[')), StatusCode::corrupt);
  EXPECT_EQ(status_of("huge-number.json", "{\"format\": 1e999}"), StatusCode::corrupt);
  EXPECT_EQ(status_of("twice.json", "{\"format\": 1, \"format\": 2}"), StatusCode::corrupt);
  EXPECT_EQ(status_of("empty.json", "{}"), StatusCode::invalid_argument);
  EXPECT_EQ(read_profile(folder.file("none.json")).status().code(), StatusCode::not_found);
}

}  // namespace
}  // namespace memo
