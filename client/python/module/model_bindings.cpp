#include <fmt/format.h>
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/map.h>
#include <nanobind/stl/optional.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/unique_ptr.h>
#include <nanobind/stl/vector.h>

#include <memory>
#include <utility>

#include "client/python/module/arguments.h"
#include "client/python/module/durations.h"
#include "client/python/module/errors.h"
#include "client/python/module/model.h"
#include "client/python/module/store.h"
#include "model/text/scores.h"

namespace memo::python {
namespace {

// Texts, or pairs of them.
class Inputs {
 public:
  Inputs(const nb::list& texts, const std::optional<nb::list>& pairs) : texts_(texts) {
    if (pairs) pairs_.emplace(*pairs);
    if (pairs_ && pairs_->size() != texts_.size())
      throw StatusError({StatusCode::invalid_argument,
                         fmt::format("{} texts need as many pairs, not {}", texts_.size(), pairs_->size())});
    for (std::size_t i = 0; i < texts_.size(); ++i) {
      inputs_.push_back({texts_[i]});
      if (pairs_) inputs_.back().pair = (*pairs_)[i];
    }
  }
  const std::vector<TextInput>& get() const { return inputs_; }

 private:
  Texts texts_;
  std::optional<Texts> pairs_;
  std::vector<TextInput> inputs_;
};

using Prompt = std::optional<std::string>;

template <typename Number>
using Matrix = nb::ndarray<nb::numpy, Number, nb::ndim<2>>;

// Takes the numbers over. Shapes: numbers [rows * columns] -> [rows, columns]
template <typename Number>
Matrix<Number> matrix_of(std::vector<Number> numbers, std::size_t rows) {
  auto* kept = new std::vector<Number>(std::move(numbers));
  const nb::capsule owner(kept, [](void* vector) noexcept { delete static_cast<std::vector<Number>*>(vector); });
  return Matrix<Number>(kept->data(), {rows, kept->size() / rows}, owner);
}

// Shapes: -> [texts, dimension]
Matrix<float> embed(PythonModel& model, const nb::list& texts, const Prompt& prompt) {
  const Inputs inputs(texts, std::nullopt);
  std::vector<float> embeddings;
  {
    const nb::gil_scoped_release released;
    const TextResults results = model.run(inputs.get(), prompt);
    embeddings.assign(results.embeddings.elements().begin(), results.embeddings.elements().end());
  }
  return matrix_of(std::move(embeddings), inputs.get().size());
}

void require_labels(const PythonModel& model) {
  const LoadedModel& loaded = model.loaded();
  if (loaded.checkpoint.config.task != Task::classification)
    throw StatusError(
        {StatusCode::unsupported, fmt::format("{} has no head that makes scores of labels", loaded.folder)});
}

// Logits as they are, or what the model's folder makes of them. Shapes: -> [texts, labels]
Matrix<double> score(PythonModel& model, const nb::list& texts, const std::optional<nb::list>& pairs,
                     const Prompt& prompt, bool raw) {
  require_labels(model);
  const Inputs inputs(texts, pairs);
  std::vector<double> scores;
  {
    const nb::gil_scoped_release released;
    const TextResults results = model.run(inputs.get(), prompt);
    const ScoreFunction function = raw ? ScoreFunction::identity : model.loaded().checkpoint.config.score_function;
    for (std::int64_t i = 0; i < results.logits.size(0); ++i) {
      const std::vector<double> of_text = scores_of(results.logits.row(i), function);
      scores.insert(scores.end(), of_text.begin(), of_text.end());
    }
  }
  return matrix_of(std::move(scores), inputs.get().size());
}

std::vector<Tokens> tokenize(PythonModel& model, const nb::list& texts, const std::optional<nb::list>& pairs,
                             const Prompt& prompt) {
  const Inputs inputs(texts, pairs);
  const nb::gil_scoped_release released;
  std::vector<Tokens> ids;
  for (PairEncoding& encoding : model.tokenize(inputs.get(), prompt)) ids.push_back(std::move(encoding.ids));
  return ids;
}

// Texts since the model was loaded.
nb::dict figures(const PythonModel& model) {
  TextModelFigures figures;
  {
    const nb::gil_scoped_release released;
    figures = model.figures();
  }
  nb::dict dict;
  dict["found"] = figures.outputs.hits;
  dict["repeated"] = figures.outputs.repeated;
  dict["computed"] = figures.outputs.computed;
  dict["published"] = figures.outputs.published;
  dict["not_admitted"] = figures.outputs.not_admitted;
  dict["tokens"] = figures.tokens;
  return dict;
}

std::unique_ptr<PythonModel> load(const ModelOptions& options, PythonStore* store) {
  const nb::gil_scoped_release released;
  return std::make_unique<PythonModel>(options, store != nullptr ? store->handle : StoreHandle());
}

void flush(PythonModel& model, double timeout_s) {
  const auto timeout = duration_of<std::chrono::milliseconds>(timeout_s);
  const nb::gil_scoped_release released;
  model.flush(timeout);
}

const char* task_of(const PythonModel& model) {
  switch (model.loaded().checkpoint.config.task) {
    case Task::embedding:
      return "embedding";
    case Task::classification:
      return "classification";
    case Task::next_token:
      return "next_token";
  }
  return "unknown";
}

void bind_properties(nb::class_<PythonModel>& model) {
  model.def_prop_ro("folder", [](const PythonModel& self) { return self.loaded().folder; });
  model.def_prop_ro("task", task_of);
  model.def_prop_ro("dtype", [](const PythonModel& self) { return name_of(self.model().type()); });
  model.def_prop_ro("threads", [](const PythonModel& self) { return self.model().threads(); });
  model.def_prop_ro("length", [](const PythonModel& self) { return self.model().length(); });
  model.def_prop_ro("dimension",
                    [](const PythonModel& self) { return self.loaded().checkpoint.embedding_size(); });
  model.def_prop_ro("labels", [](const PythonModel& self) { return self.loaded().checkpoint.config.labels; });
  model.def_prop_ro("similarity", [](const PythonModel& self) { return self.loaded().sentence.similarity; });
  model.def_prop_ro("prompts", [](const PythonModel& self) { return self.loaded().sentence.prompts.by_name; });
  model.def_prop_ro("default_prompt_name",
                    [](const PythonModel& self) { return self.loaded().sentence.prompts.default_name; });
  model.def_prop_ro("is_cross_encoder",
                    [](const PythonModel& self) { return self.loaded().sentence.cross_encoder; });
  model.def_prop_ro("assumption",
                    [](const PythonModel& self) { return self.loaded().assumption(self.model().length()); });
}

}  // namespace

void bind_model(nb::module_& module) {
  nb::class_<PythonModel> model(module, "TextModel", "What memod.TextModel stands on.");
  model.def_static(
      "load",
      [](const std::string& folder, PythonStore* store, const std::string& policy, const std::string& dtype,
         std::uint32_t threads, std::uint32_t length, const Prompt& prompt, const Prompt& prompt_name) {
        return load({folder, policy, dtype, threads, length, prompt, prompt_name}, store);
      },
      nb::arg("folder"), nb::kw_only(), nb::arg("store").none(), nb::arg("policy"), nb::arg("dtype"),
      nb::arg("threads"), nb::arg("length"), nb::arg("prompt").none(), nb::arg("prompt_name").none());
  model.def("embed", embed, nb::arg("texts"), nb::arg("prompt").none());
  model.def("score", score, nb::arg("texts"), nb::arg("pairs").none(), nb::arg("prompt").none(), nb::kw_only(),
            nb::arg("raw"));
  model.def("tokenize", tokenize, nb::arg("texts"), nb::arg("pairs").none(), nb::arg("prompt").none());
  model.def(
      "prompt_text",
      [](const PythonModel& self, const std::string& name) {
        return require(self.loaded().sentence.prompts.text(name));
      },
      nb::arg("name"));
  model.def("close", &PythonModel::close);
  model.def("figures", figures);
  model.def("flush", flush, nb::arg("timeout"));
  model.def("unavailable_reason", &PythonModel::unavailable_reason, nb::call_guard<nb::gil_scoped_release>());
  bind_properties(model);
}

}  // namespace memo::python
