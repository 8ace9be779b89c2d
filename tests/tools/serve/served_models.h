// Models as the server holds them, made of the folders in tests/data.
#pragma once

#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/temp_dir.h"
#include "tools/memo-serve/api/served_model.h"

namespace memo::test {

inline std::string data_folder(const std::string& name) {
  return std::string(MEMO_SOURCE_DIR) + "/tests/data/" + name;
}

// A classifier of the families' samples has no tokenizer of its own: it gets the first words of the tiny model's.
inline std::string make_classifier(const TempDir& folder) {
  constexpr int kWords = 90;
  for (const char* file : {"config.json", "model.safetensors"})
    std::filesystem::copy_file(data_folder("families/bert-classifier/") + file, folder.file(file));
  std::ifstream words(data_folder("tiny-bert/vocab.txt"));
  std::ofstream vocabulary(folder.file("vocab.txt"));
  std::string word;
  for (int i = 0; i < kWords && std::getline(words, word); ++i) vocabulary << word << '\n';
  return folder.path().string();
}

// Lifetime: turn outlives the model.
inline ServedModel serve(const std::string& name, const std::string& folder, std::mutex& turn) {
  ServedModel model;
  model.name = name;
  model.service =
      std::move(TextService::make(std::move(LoadedModel::load(folder)).value(), {}, nullptr, turn)).value();
  return model;
}

// The job of a request, computed.
inline std::shared_ptr<ServiceJob> compute(const ServedModel& model, const TextRequest& request) {
  const auto job = std::make_shared<ServiceJob>();
  std::promise<bool> done;
  job->inputs = std::move(model.service->tokenize(request.inputs(), {})).value();
  job->done = [&done](const auto&, const Status& status) { done.set_value(status.is_ok()); };
  model.service->submit(job);
  return done.get_future().get() ? job : nullptr;
}

}  // namespace memo::test
