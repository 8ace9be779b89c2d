#include "model/folder/model_folder.h"

#include <fmt/format.h>

#include <filesystem>
#include <utility>

#include "model/checkpoint/config_file.h"
#include "model/folder/module_list.h"
#include "model/folder/module_weights.h"
#include "model/folder/pooling_file.h"

namespace memo {
namespace {

std::string below(const std::string& folder, const std::string& path) {
  return path.empty() ? folder : folder + "/" + path;
}

Status pool_as(const std::string& folder, ModelFolder& model) {
  MEMO_ASSIGN_OR_RETURN(auto settings, read_pooling_file(folder, model.checkpoint.config.hidden));
  model.checkpoint.config.pooling = std::move(settings.modes);
  model.pools_prompt = settings.include_prompt;
  return Status::ok();
}

Result<EmbeddingModule> read_module(const std::string& folder, const ModuleEntry& entry, std::int64_t size) {
  if (entry.kind == ModuleKind::dense) return read_dense(below(folder, entry.path), size);
  if (entry.kind == ModuleKind::layer_norm) return read_layer_norm(below(folder, entry.path), size);
  return EmbeddingModule(NormalizeModule());
}

Status read_embedding_modules(const std::string& folder, const ModuleList& list, Checkpoint& checkpoint) {
  checkpoint.embedding_modules.clear();
  for (std::size_t i = 2; i < list.entries.size(); ++i) {
    MEMO_ASSIGN_OR_RETURN(auto module, read_module(folder, list.entries[i], checkpoint.embedding_size()));
    checkpoint.embedding_modules.push_back(std::move(module));
  }
  return Status::ok();
}

void truncate(ModelFolder& model) {
  if (model.sentence.truncate)
    model.checkpoint.embedding_modules.push_back(TruncateModule{*model.sentence.truncate});
}

Status load_transformer(const std::string& folder, const std::string& path, TaskHeads heads, ModelFolder& model) {
  model.tokenizer = below(folder, path);
  MEMO_ASSIGN_OR_RETURN(model.transformer, TransformerSettings::read(model.tokenizer));
  const bool wants_scores = heads == TaskHeads::as_published;
  if (model.transformer.scores != wants_scores)
    return {StatusCode::unsupported,
            fmt::format("{}: transformer_task does not fit {}", model.transformer.file,
                        wants_scores ? "a CrossEncoder, which needs sequence-classification"
                                     : "a SentenceTransformer, which needs feature-extraction")};
  MEMO_ASSIGN_OR_RETURN(model.checkpoint, Checkpoint::load(model.tokenizer, heads));
  return Status::ok();
}

Status load_sentence_transformer(const std::string& folder, const ModuleList& list, ModelFolder& model) {
  MEMO_RETURN_IF_ERROR(list.check_embedding_order());
  MEMO_RETURN_IF_ERROR(load_transformer(folder, list.entries[0].path, TaskHeads::none, model));
  MEMO_RETURN_IF_ERROR(pool_as(below(folder, list.entries[1].path), model));
  MEMO_RETURN_IF_ERROR(read_embedding_modules(folder, list, model.checkpoint));
  truncate(model);
  return Status::ok();
}

Status load_cross_encoder(const std::string& folder, const ModuleList& list, ModelFolder& model) {
  if (list.entries.size() != 1 || list.entries[0].kind != ModuleKind::transformer)
    return {StatusCode::unsupported, fmt::format("{}: a CrossEncoder must be one Transformer", list.file)};
  MEMO_RETURN_IF_ERROR(load_transformer(folder, list.entries[0].path, TaskHeads::as_published, model));
  ModelConfig& config = model.checkpoint.config;
  if (config.task != Task::classification)
    return {StatusCode::unsupported,
            fmt::format("{}/config.json: architectures has no ForSequenceClassification, which "
                        "a CrossEncoder needs",
                        model.tokenizer)};
  if (model.sentence.score_function) config.score_function = *model.sentence.score_function;
  return Status::ok();
}

// Files of sentence-transformers count only for embedding models: nobody reads them for other tasks.
Status load_plain(const std::string& folder, ModelFolder& model) {
  MEMO_ASSIGN_OR_RETURN(model.checkpoint, Checkpoint::load(folder));
  model.tokenizer = folder;
  if (model.checkpoint.config.task != Task::embedding) {
    model.sentence = {};
    return Status::ok();
  }
  MEMO_ASSIGN_OR_RETURN(model.transformer, TransformerSettings::read(folder));
  const std::string pooling = folder + "/1_Pooling";
  std::error_code ignored;
  model.plain = !std::filesystem::exists(config_path(pooling), ignored);
  if (!model.plain) MEMO_RETURN_IF_ERROR(pool_as(pooling, model));
  truncate(model);
  return Status::ok();
}

}  // namespace

Result<ModelFolder> ModelFolder::load(const std::string& folder) {
  ModelFolder model;
  MEMO_ASSIGN_OR_RETURN(const auto list, ModuleList::read(folder));
  MEMO_ASSIGN_OR_RETURN(model.sentence, SentenceSettings::read(folder));
  Status loaded;
  if (!list)
    loaded = load_plain(folder, model);
  else if (model.sentence.cross_encoder)
    loaded = load_cross_encoder(folder, *list, model);
  else
    loaded = load_sentence_transformer(folder, *list, model);
  if (!loaded) return loaded;
  return model;
}

}  // namespace memo
