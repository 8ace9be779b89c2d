// ModelFolder: reads the whole folder of a published model: what its files say besides config.json, weights and
// tokenizer.
//
// A folder of sentence-transformers has modules.json, which lists the modules that a text goes through and where
// each module's files lie. Without it a folder is a plain transformer: an embedding is then pooled as
// 1_Pooling/config.json says where there is one, else by the mean (GPT-2: the last token), and scaled to length 1.
// Source: SentenceTransformer and CrossEncoder of sentence-transformers 5.7.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "memo/status.h"
#include "model/checkpoint/checkpoint.h"
#include "model/folder/sentence_file.h"
#include "model/folder/transformer_file.h"

namespace memo {

struct ModelFolder {
  Checkpoint checkpoint;  // pooling and embedding modules as the folder says
  std::string tokenizer;  // the folder with the tokenizer's files
  TransformerSettings transformer;
  SentenceSettings sentence;
  bool pools_prompt = true;  // false: pooling leaves out the tokens of a prompt
  bool plain = false;        // an embedding of a folder without modules.json and without pooling of its own

  // Errors: as Checkpoint::load, ModuleList, TransformerSettings, SentenceSettings and the modules' files; each
  //         names file, field and value.
  static Result<ModelFolder> load(const std::string& folder);
};

}  // namespace memo
