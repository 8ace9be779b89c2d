#include "tools/memo-bench/paper/ground/paper_ground.h"

#include <filesystem>
#include <nlohmann/json.hpp>

#include "model/tuning/measure/map_averages.h"

namespace memo {
namespace {

ProfileOptions corpus_options(const PaperBench& options) {
  ProfileOptions corpus;
  corpus.source = options.source;
  corpus.label_field = options.label_field;
  corpus.seed = options.seed;
  corpus.threads = options.threads;
  return corpus;
}

}  // namespace

Result<std::unique_ptr<PaperGround>> PaperGround::make(const PaperBench& options) {
  std::unique_ptr<PaperGround> ground(new PaperGround(options));
  MEMO_ASSIGN_OR_RETURN(ground->model_, LoadedModel::load(options.model));
  MEMO_ASSIGN_OR_RETURN(const std::uint32_t length, ground->model_.choose_length(options.main_length()));
  ground->length_ = length;
  MEMO_ASSIGN_OR_RETURN(Corpus corpus, Corpus::read(corpus_options(options), ground->model_, length));
  ground->corpus_ = std::make_unique<Corpus>(std::move(corpus));
  const EngineOptions engine{data_type_named(options.dtypes.front()).value(), options.threads};
  MEMO_ASSIGN_OR_RETURN(ground->plain_, TextModel::plain(ground->model_, engine, length));
  const TextList& validation = ground->corpus_->validation();
  ground->probes_ = first(validation, options.probed);
  ground->stored_ = ground->corpus_->training();
  ground->stored_.insert(ground->stored_.end(),
                         validation.begin() + static_cast<std::ptrdiff_t>(ground->probes_.size()),
                         validation.end());
  ground->stored_ = first(ground->stored_, options.stored);
  return ground;
}

const std::vector<at::Tensor>& PaperGround::averages() {
  if (averages_.empty()) {
    Progress progress("averaging maps");
    averages_ = average_maps(plain_->engine(), fitting_texts(*corpus_, options_.fitted), length_, options_.batch,
                             advance(progress));
  }
  return averages_;
}

Advance PaperGround::advance(Progress& progress) const {
  return [this, &progress](std::size_t done, std::size_t of) {
    progress.update(static_cast<double>(done) / static_cast<double>(of), done);
    check();
  };
}

void PaperGround::check() const {
  if (interrupt_.wait_for(std::chrono::milliseconds(0))) throw Interrupted();
}

nlohmann::ordered_json PaperGround::setting() const {
  return {{"model", std::filesystem::path(options_.model).lexically_normal().filename().string()},
          {"fingerprint", model_.checkpoint.fingerprint.hex()},
          {"input", std::filesystem::path(options_.source.path).filename().string()},
          {"texts", corpus_->training().size() + corpus_->validation().size() + corpus_->test().size()},
          {"stored_texts", stored_.size()},
          {"probed_texts", probes_.size()},
          {"test_texts", test().size()},
          {"mean_tokens", corpus_->mean_tokens()},
          {"classes", corpus_->classes()},
          {"length", length_},
          {"dtype", name_of(plain_->engine().type())},
          {"kernels", plain_->engine().kernels()},
          {"batch", options_.batch},
          {"threads", options_.threads},
          {"seed", options_.seed}};
}

}  // namespace memo
